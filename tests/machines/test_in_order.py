"""Several messages at once, and those to one person one after the other; none behind a closed
school."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest

from psysafe.contracts.channel import Capabilities, Message, ResultClass, SendResult
from psysafe.errors import PsysafeError
from psysafe.hooks.calling import Gate
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school

FIRST, OTHER = "homeroom-1@school.example", "homeroom-2@school.example"


class Together(RecordingChannel):
    """Takes four at once. The first message to the first person waits for what else begins."""

    at_once = 4

    def __init__(self, in_order: bool) -> None:
        super().__init__(Trust.PERSONAL)
        self.in_order = in_order
        self.closed = 0
        self.began = {"second": threading.Event(), OTHER: threading.Event()}
        self.seen: list[bool] = []
        self.on = threading.Event()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(audience="person", trust=Trust.PERSONAL, in_order=self.in_order)

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        result = super().send(message, address, seconds)
        mine = sum(call.address == address for call in self.calls)
        if address == FIRST and mine == 1:
            self.on.set()
            self.seen.append(self.began[OTHER].wait(5))
            self.seen.append(self.began["second"].wait(0.2))
        elif address == FIRST:
            self.began["second"].set()
        else:
            self.began[address].set()
        return result

    def close(self) -> None:
        self.closed += 1


def three_due(school: InventedSchool) -> None:
    """One to the first person, one to another, and one more to the first."""
    for who in ("homeroom-1", "homeroom-2", "homeroom-1"):
        queue(school, 1, who=who)
        school.clock.advance(seconds=1)


@pytest.mark.parametrize("in_order", [True, False])
def test_two_messages_to_one_person_go_one_after_the_other_where_the_channel_says_so(
    tmp_path: Path, in_order: bool
) -> None:
    channel = Together(in_order)
    with open_school(tmp_path / "s", storage="sqlite", channels={"mail": channel}) as school:
        three_due(school)
        assert school.tick().sent == 3
    another, second = channel.seen
    assert another, "somebody else's goes meanwhile"
    assert second is not in_order


def test_no_message_goes_out_behind_a_school_that_is_closed(tmp_path: Path) -> None:
    channel = Together(in_order=True)
    with open_school(tmp_path / "s", storage="sqlite", channels={"mail": channel}) as school:
        three_due(school)

        def work() -> None:
            with contextlib.suppress(PsysafeError):  # its store is closed under it
                school.tick()

        ticking = threading.Thread(target=work)
        ticking.start()
        assert channel.on.wait(5)
        school.close()
        out = len(channel.calls)
        ticking.join(10)
        assert not ticking.is_alive()
    assert len(channel.calls) == out < 3
    assert channel.closed >= 2, "asked again, because a message was out when it was closed"


def test_a_gate_lets_nobody_in_once_it_is_shut_and_waits_for_whoever_is_inside() -> None:
    gate = Gate()
    assert not gate.shut()
    gate = Gate()
    assert gate.enter()
    assert gate.shut()
    assert not gate.enter()
    gate.wait(0.01)
    threading.Timer(0.01, gate.leave).start()
    gate.wait(5)
    assert not gate.shut()


def test_what_was_refused_because_the_school_was_closed_comes_back(tmp_path: Path) -> None:
    channel = RecordingChannel(Trust.PERSONAL)
    with open_school(tmp_path / "s", storage="sqlite", channels={"mail": channel}) as school:
        queue(school, 1)
        school.school.messages.shut()
        report = school.tick()
        assert (report.sent, report.failed, channel.calls) == (0, 1, [])
        school.reopen()
        school.tick(minutes=16)
        assert [call.behaviour for call in channel.calls] == [ResultClass.ACCEPTED]
