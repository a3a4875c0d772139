"""A few lines that are kept: never more than so many, and none outlives its channel."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.contracts.channel import Message, ResultClass, SendResult
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school
from psysafe_email import open_email
from psysafe_email.channel import EmailChannel
from psysafe_email.settings import LINES
from psysafe_email.testing import CUT, OFFERS, SILENT, MailServer

TEACHERS = ("homeroom-1", "homeroom-2", "counselor-a", "counselor-b")
STAGES = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT")


BOTH = pytest.mark.parametrize(
    "server",
    [tuple(one for one in OFFERS if one != "PIPELINING"), OFFERS],
    ids=["one after the other", "in one go"],
    indirect=True,
)


def open_to(server: MailServer) -> list[socket.socket]:
    """Every socket of this process that is open to the server, whoever holds it."""
    found = []
    for one in gc.get_objects():
        if isinstance(one, socket.socket) and one.fileno() != -1:
            try:
                there = one.getpeername()
            except OSError:
                continue
            if there == ("127.0.0.1", server.port):
                found.append(one)
    return found


def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        threading.Event().wait(0.005)


def other(message: Message, number: int) -> Message:
    return attrs.evolve(message, key=f"notice-{number:012d}/mail")


def all_at_once(
    channel: EmailChannel, message: Message, number: int, seconds: float = 5
) -> list[SendResult]:
    results: list[SendResult] = []

    def write(n: int) -> None:
        results.append(channel.send(other(message, n), f"t{n}@school.example", seconds))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_many_letters_at_once_take_no_more_lines_than_there_may_be(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    assert channel.at_once == LINES == 4
    results = all_at_once(channel, message, 20)
    assert {one.cls for one in results} == {ResultClass.ACCEPTED}
    assert len({letter.receivers for letter in server.taken}) == 20
    assert server.most_lines <= LINES
    assert 0 < len(open_to(server)) <= LINES
    channel.close()
    assert open_to(server) == []


@BOTH
def test_lines_that_break_under_many_letters_leave_no_socket_and_lose_no_letter(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    all_at_once(channel, message, 8)
    server.answer_once("MAIL", CUT, CUT)
    server.answer_once("RCPT", "421 4.4.2 closing", CUT)
    server.hang_up()
    results = all_at_once(channel, message, 8)
    good = sum(one.cls is ResultClass.ACCEPTED for one in results)
    assert good >= 4, "each of the four breaks costs one letter at most"
    assert {one.cls for one in results} <= {ResultClass.ACCEPTED, ResultClass.TRANSIENT}
    assert server.most_lines <= LINES
    channel.close()
    assert open_to(server) == []


@BOTH
@pytest.mark.parametrize("stage", STAGES)
def test_a_line_in_use_ends_with_its_channel_and_no_other_is_opened_for_its_letter(
    stage: str, channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer(stage, SILENT)
    results: list[SendResult] = []
    slow = threading.Thread(
        target=lambda: results.append(channel.send(message, "t@school.example", 30))
    )
    slow.start()
    word = {"CONNECT": "", "DOT": "DATA"}.get(stage, stage)
    until(lambda: word in server.asked if word else server.lines)
    channel.close()
    slow.join(2)
    assert not slow.is_alive(), "whoever spoke over it hears of it at once"
    assert open_to(server) == []
    assert server.lines == 1
    (result,) = results
    assert result.cls in (ResultClass.TRANSIENT, ResultClass.AMBIGUOUS)


@BOTH
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_kept_line_that_is_cut_by_the_end_is_not_tried_again_over_a_new_one(
    stage: str, channel: EmailChannel, server: MailServer, message: Message
) -> None:
    channel.send(message, "t@school.example", 5)
    server.answer(stage, SILENT)
    slow = threading.Thread(target=channel.send, args=(other(message, 2), "t@school.example", 30))
    before = server.asked.count(stage)
    slow.start()
    until(lambda: server.asked.count(stage) > before)
    channel.close()
    slow.join(2)
    assert not slow.is_alive()
    assert (open_to(server), server.lines) == ([], 1)


def test_a_letter_after_the_end_gets_a_line_of_its_own_and_that_can_be_closed_too(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    channel.send(message, "t@school.example", 5)
    channel.close()
    assert channel.send(other(message, 2), "t@school.example", 5).cls is ResultClass.ACCEPTED
    channel.close()
    channel.close()
    assert (open_to(server), server.lines) == ([], 2)


def test_where_the_server_takes_no_further_line_the_letter_waits_for_one_that_there_is(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.most_at_once = 1
    results = all_at_once(channel, message, 6)
    assert [one.cls for one in results] == [ResultClass.ACCEPTED] * 6
    assert len(server.taken) == 6
    refused = server.lines
    all_at_once(channel, message, 6)
    assert server.lines == refused, "it is not asked for another for a while"


@BOTH
def test_a_letter_that_was_refused_leaves_nothing_on_the_line_for_the_next(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    channel.send(message, "t@school.example", 5)
    server.answer_once("RCPT", "550 5.1.1 nobody here")
    refused = channel.send(other(message, 2), "gone@school.example", 5)
    assert refused.cls is ResultClass.PERMANENT_RECIPIENT
    channel.send(other(message, 3), "t@school.example", 5)
    assert [one.receivers for one in server.taken] == [("t@school.example",)] * 2
    assert (server.lines, server.asked.count("RSET")) == (1, 1)


@BOTH
def test_a_server_that_would_take_a_letter_after_it_refused_the_receiver_gets_none(
    settings: dict[str, Any], server: MailServer, message: Message
) -> None:
    server.lenient = True
    channel = open_email(settings)
    server.answer_once("RCPT", "550 5.1.1 nobody here")
    assert channel.send(message, "t@school.example", 5).cls is ResultClass.PERMANENT_RECIPIENT
    assert server.taken == []
    assert channel.send(other(message, 2), "t@school.example", 5).cls is ResultClass.ACCEPTED
    assert len(server.taken) == 1
    channel.close()


@pytest.fixture
def school(tmp_path: Path, channel: EmailChannel) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "s", storage="sqlite", channels={"mail": channel}) as made:
        yield made


def due_in_turn(school: InventedSchool, rounds: int) -> None:
    """A letter to each of the four, again and again, a minute apart."""
    for _ in range(rounds):
        for who in TEACHERS:
            queue(school, 1, who=who)
        school.clock.advance(minutes=1)


def test_a_school_that_is_closed_leaves_no_line_open(
    school: InventedSchool, server: MailServer
) -> None:
    for who in TEACHERS:
        queue(school, 5, who=who)
    assert school.tick().sent == 20
    assert 1 < server.most_lines <= LINES
    assert len(open_to(server)) == len(server.open_lines)
    assert verify(school.school).ok
    school.close()
    assert open_to(server) == []


@pytest.mark.parametrize("stage", ["MAIL", "DOT"])
def test_a_school_that_is_closed_while_letters_are_out_leaves_no_line_open(
    stage: str, school: InventedSchool, server: MailServer
) -> None:
    due_in_turn(school, 2)
    assert school.tick().sent == 8
    due_in_turn(school, 5)
    before = server.asked.count("MAIL")
    server.answer(stage, SILENT)

    def work() -> None:
        with contextlib.suppress(PsysafeError):  # its store is closed under it
            school.tick()

    ticking = threading.Thread(target=work)
    ticking.start()
    until(lambda: server.asked.count("MAIL") >= before + 2)
    school.close()
    lines = server.lines
    ticking.join(20)
    assert not ticking.is_alive()
    assert open_to(server) == []
    assert server.lines == lines, "nor was another one opened behind it"


def test_two_letters_to_one_person_arrive_in_the_order_in_which_they_were_due(
    school: InventedSchool, server: MailServer
) -> None:
    due_in_turn(school, 6)
    assert school.tick().sent == 24
    for who in TEACHERS:
        mine = [one for one in server.taken if one.receivers == (f"{who}@school.example",)]
        times = [_date(one.content) for one in mine]
        assert len(times) == 6
        assert times == sorted(times)


def _date(content: bytes) -> bytes:
    return content.partition(b"\r\nDate: ")[2].partition(b"\r\n")[0]
