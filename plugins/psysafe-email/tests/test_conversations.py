"""Each way in which a conversation with a mail server can end, and what is said of it."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import trustme

from psysafe.contracts.channel import Message, ResultClass, Secret
from psysafe_email import open_email
from psysafe_email.channel import EmailChannel
from psysafe_email.testing import (
    CUT,
    DRIBBLE,
    OFFERS,
    SILENT,
    TAKE_AND_CUT,
    MailServer,
)

ADDRESS = "wang@school.example"
ACCEPTED, TRANSIENT = ResultClass.ACCEPTED, ResultClass.TRANSIENT
RECIPIENT, CONTENT = ResultClass.PERMANENT_RECIPIENT, ResultClass.PERMANENT_CONTENT
MISCONFIGURED, AMBIGUOUS = ResultClass.MISCONFIGURED, ResultClass.AMBIGUOUS

#: A server that takes sender, receiver and letter one after the other, and in one go (RFC 2920).
BOTH = pytest.mark.parametrize(
    "server",
    [tuple(one for one in OFFERS if one != "PIPELINING"), OFFERS],
    ids=["one after the other", "in one go"],
    indirect=True,
)
STAGES = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT")


@BOTH
def test_a_letter_is_taken_encrypted_and_logged_in(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    result = channel.send(message, ADDRESS, 5)
    assert (result.cls, result.provider_code) == (ACCEPTED, "DOT 250")
    (letter,) = server.taken
    assert (letter.encrypted, letter.user) == (True, "psysafe")
    assert (letter.sender, letter.receivers) == ("psysafe@school.example", (ADDRESS,))
    assert message.text.encode() in letter.content


@BOTH
@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_asks_to_come_back_later_is_transient(
    stage: str, channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer(stage, "451 4.7.1 come back later")
    result = channel.send(message, ADDRESS, 5)
    assert (result.cls, result.provider_code) == (TRANSIENT, f"{stage} 451 4.7.1")
    assert server.taken == []


@BOTH
@pytest.mark.parametrize(
    ("stage", "reply", "cls"),
    [
        ("CONNECT", "554 no service for you", MISCONFIGURED),
        ("EHLO", "550 not you", MISCONFIGURED),
        ("STARTTLS", "502 5.5.1 not today", MISCONFIGURED),
        ("AUTH", "535 5.7.8 wrong", MISCONFIGURED),
        ("MAIL", "550 5.7.1 not from that address", MISCONFIGURED),
        ("MAIL", "550 5.1.8 no such sender", MISCONFIGURED),
        ("MAIL", "552 5.3.4 too large", CONTENT),
        ("MAIL", "552 too large", CONTENT),
        ("RCPT", "550 5.1.1 nobody here", RECIPIENT),
        ("RCPT", "550 nobody here", RECIPIENT),
        ("RCPT", "552 5.2.2 full", RECIPIENT),
        ("RCPT", "552 full", RECIPIENT),
        ("RCPT", "550 5.4.4 no way there", RECIPIENT),
        ("RCPT", "554 5.7.1 relaying denied", MISCONFIGURED),
        ("RCPT", "530 log in first", MISCONFIGURED),
        ("RCPT", "550 5.99.1 a subject that is not known", RECIPIENT),
        ("RCPT", "550 4.1.1 an enhanced code of another class", RECIPIENT),
        ("DATA", "554 5.5.1 no valid recipients", MISCONFIGURED),
        ("DOT", "552 5.3.4 too large", CONTENT),
        ("DOT", "552 too large", CONTENT),
        ("DOT", "554 5.6.0 cannot be read", CONTENT),
        ("DOT", "550 5.1.1 nobody here after all", RECIPIENT),
        ("DOT", "550 5.7.1 not from that network", MISCONFIGURED),
        ("DOT", "554 no", CONTENT),
    ],
)
def test_a_permanent_refusal_says_whose_fault_it_is(
    stage: str,
    reply: str,
    cls: ResultClass,
    channel: EmailChannel,
    server: MailServer,
    message: Message,
) -> None:
    server.answer(stage, reply)
    result = channel.send(message, ADDRESS, 5)
    assert result.cls is cls
    assert server.taken == []
    assert result.provider_code is not None
    assert set(result.provider_code.split()) <= {stage, *reply.split()}


@BOTH
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("reply", ["299 pardon", "pardon?", ""])
def test_an_answer_that_nobody_knows_is_never_accepted(
    stage: str, reply: str, channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer(stage, reply)
    result = channel.send(message, ADDRESS, 5)
    assert result.cls is (AMBIGUOUS if stage == "DOT" else TRANSIENT)


@BOTH
@pytest.mark.parametrize("stage", STAGES)
def test_a_line_that_breaks_is_transient_until_the_final_dot(
    stage: str, channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer(stage, CUT)
    result = channel.send(message, ADDRESS, 5)
    assert result.cls is (AMBIGUOUS if stage == "DOT" else TRANSIENT)
    assert result.provider_code == f"{stage} cut"


@BOTH
def test_a_line_cut_after_the_final_dot_is_ambiguous_and_the_repeat_has_the_same_name(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer_once("DOT", TAKE_AND_CUT)
    assert channel.send(message, ADDRESS, 5).cls is AMBIGUOUS
    assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
    first, second = server.taken
    assert first.content == second.content
    assert b"\r\nMessage-ID: <" in first.content


@pytest.mark.parametrize("stage", ["CONNECT", "STARTTLS", "AUTH", "DOT"])
@pytest.mark.parametrize("how", [SILENT, DRIBBLE])
def test_a_slow_server_costs_no_more_than_the_attempt_may_take(
    stage: str, how: str, channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer(stage, how)
    begin = time.monotonic()
    result = channel.send(message, ADDRESS, 0.5)
    assert time.monotonic() - begin < 1.5
    assert result.cls is (AMBIGUOUS if stage == "DOT" else TRANSIENT)
    assert result.provider_code == f"{stage} timeout"


def test_a_server_that_is_slow_in_the_handshake_is_transient(
    settings: dict[str, Any], message: Message
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        channel = open_email({**settings, "port": port, "tls": "implicit"})
        result = channel.send(message, ADDRESS, 0.1)
    assert (result.cls, result.provider_code) == (TRANSIENT, "TLS timeout")


@BOTH
def test_greylisting_is_waited_for_and_then_the_letter_is_taken(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer_once("RCPT", "451 4.7.1 greylisted")
    assert channel.send(message, ADDRESS, 5).cls is TRANSIENT
    assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
    assert (len(server.taken), server.lines) == (1, 1)


def test_nothing_listens_there(settings: dict[str, Any], message: Message) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    result = open_email({**settings, "port": port}).send(message, ADDRESS, 5)
    assert (result.cls, result.provider_code) == (TRANSIENT, "CONNECT refused")


# -- encryption -----------------------------------------------------------------------------


def test_a_server_that_offers_no_encryption_gets_no_letter_and_no_password(
    settings: dict[str, Any], message: Message
) -> None:
    with MailServer(login=("psysafe", "CANARY-PASSWORD-1")) as plain:
        result = open_email({**settings, "port": plain.port}).send(message, ADDRESS, 5)
        assert (result.cls, result.provider_code) == (MISCONFIGURED, "STARTTLS missing")
        assert plain.asked == ["EHLO"]


def test_words_put_behind_the_consent_to_encrypt_end_the_attempt(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer("STARTTLS", "220 go ahead\r\n250 AUTH PLAIN")
    result = channel.send(message, ADDRESS, 5)
    assert (result.cls, result.provider_code) == (MISCONFIGURED, "STARTTLS injected")


def test_a_certificate_of_an_unknown_authority_is_refused(
    settings: dict[str, Any],
    server_side: Callable[..., ssl.SSLContext],
    message: Message,
) -> None:
    with MailServer(server_side("127.0.0.1", by=trustme.CA())) as other:
        result = open_email({**settings, "port": other.port}).send(message, ADDRESS, 5)
        assert result.cls is MISCONFIGURED
        assert (result.provider_code or "").startswith("TLS certificate ")
        assert other.asked == ["EHLO", "STARTTLS"]


def test_the_systems_authorities_do_not_vouch_for_a_certificate_of_ones_own(
    settings: dict[str, Any], message: Message
) -> None:
    without = {key: value for key, value in settings.items() if key != "ca"}
    result = open_email(without).send(message, ADDRESS, 5)
    assert result.cls is MISCONFIGURED


def test_a_certificate_for_another_host_is_refused(
    settings: dict[str, Any],
    server_side: Callable[..., ssl.SSLContext],
    message: Message,
) -> None:
    with MailServer(server_side("mail.elsewhere.example")) as other:
        result = open_email({**settings, "port": other.port}).send(message, ADDRESS, 5)
        assert (result.cls, other.taken) == (MISCONFIGURED, [])


def test_encryption_from_the_start(
    settings: dict[str, Any],
    server_side: Callable[..., ssl.SSLContext],
    message: Message,
) -> None:
    login = ("psysafe", "CANARY-PASSWORD-1")
    with MailServer(server_side("127.0.0.1"), implicit=True, login=login) as sealed:
        channel = open_email({**settings, "port": sealed.port, "tls": "implicit"})
        assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
        assert sealed.taken[0].encrypted
        assert "STARTTLS" not in sealed.asked
        channel.close()


def test_a_server_without_encryption_on_the_encrypted_port_is_the_operators_to_mend(
    settings: dict[str, Any], message: Message
) -> None:
    with MailServer() as plain:
        channel = open_email({**settings, "port": plain.port, "tls": "implicit"})
        result = channel.send(message, ADDRESS, 5)
    assert (result.cls, result.provider_code) == (MISCONFIGURED, "TLS handshake")


def test_a_test_on_this_machine_may_go_unencrypted(
    settings: dict[str, Any], message: Message
) -> None:
    with MailServer(login=("psysafe", "CANARY-PASSWORD-1")) as plain:
        channel = open_email({**settings, "port": plain.port, "tls": "off-for-tests"})
        assert channel.validate() == ()
        assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
        channel.close()


# -- logging in -----------------------------------------------------------------------------


def test_a_wrong_password_is_the_operators_to_mend_and_is_tried_once(
    settings: dict[str, Any], server: MailServer, message: Message
) -> None:
    wrong = open_email({**settings, "password": Secret("CANARY-WRONG")})
    result = wrong.send(message, ADDRESS, 5)
    assert (result.cls, result.provider_code) == (MISCONFIGURED, "AUTH 535 5.7.8")
    assert server.asked.count("AUTH") == 1


def test_a_server_that_lets_nobody_log_in_is_the_operators_to_mend(
    settings: dict[str, Any],
    server_side: Callable[..., ssl.SSLContext],
    message: Message,
) -> None:
    with MailServer(server_side("127.0.0.1")) as open_to_all:
        result = open_email({**settings, "port": open_to_all.port}).send(message, ADDRESS, 5)
        assert (result.cls, result.provider_code) == (MISCONFIGURED, "AUTH missing")


# -- one line for many letters ----------------------------------------------------------------


def other(message: Message, number: int) -> Message:
    return attrs.evolve(message, key=f"notice-{number:012d}/mail")


def test_letters_of_one_tick_go_over_one_line(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    for number in range(5):
        assert channel.send(other(message, number), ADDRESS, 5).cls is ACCEPTED
    assert (len(server.taken), server.lines) == (5, 1)


@BOTH
def test_a_refused_letter_leaves_the_line_open_for_the_next(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    server.answer_once("RCPT", "550 5.1.1 nobody here")
    assert channel.send(message, ADDRESS, 5).cls is RECIPIENT
    assert channel.send(other(message, 2), ADDRESS, 5).cls is ACCEPTED
    assert (server.lines, server.taken[0].receivers) == (1, (ADDRESS,))


@BOTH
def test_a_line_that_the_server_closed_meanwhile_is_opened_again_once(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
    server.hang_up()
    assert channel.send(other(message, 2), ADDRESS, 5).cls is ACCEPTED
    assert (len(server.taken), server.lines) == (2, 2)


@BOTH
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("how", [CUT, "421 4.4.2 this line was open for too long"])
def test_an_old_line_that_ends_before_the_letter_was_handed_over_is_opened_again_once(
    stage: str, how: str, channel: EmailChannel, server: MailServer, message: Message
) -> None:
    assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
    server.answer_once(stage, how)
    assert channel.send(other(message, 2), ADDRESS, 5).cls is ACCEPTED
    assert (len(server.taken), server.lines) == (2, 2)
    server.answer(stage, how)
    assert channel.send(other(message, 3), ADDRESS, 5).cls is TRANSIENT
    assert server.lines == 3


@BOTH
def test_an_old_line_cut_after_the_final_dot_is_not_tried_again_by_the_channel(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
    server.answer_once("DOT", TAKE_AND_CUT)
    assert channel.send(other(message, 2), ADDRESS, 5).cls is AMBIGUOUS
    assert len(server.taken) == 2


def test_a_line_is_changed_after_many_letters(
    channel: EmailChannel,
    server: MailServer,
    message: Message,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("psysafe_email.lines.MOST_LETTERS", 2)
    for number in range(5):
        assert channel.send(other(message, number), ADDRESS, 5).cls is ACCEPTED
    assert server.lines == 3


def test_a_line_that_lay_idle_is_not_trusted(
    channel: EmailChannel,
    server: MailServer,
    message: Message,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
    monkeypatch.setattr("psysafe_email.lines.IDLE", 0.0)
    assert channel.send(other(message, 2), ADDRESS, 5).cls is ACCEPTED
    assert (server.lines, "RSET" in server.asked) == (2, False)


def test_another_process_does_not_speak_on_its_parents_line(
    channel: EmailChannel,
    server: MailServer,
    message: Message,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
    ((parents, _),) = channel._lines._idle
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert channel.send(other(message, 2), ADDRESS, 5).cls is ACCEPTED
    assert server.lines == 2
    assert parents is not None
    assert parents.sock is not None
    channel.close()
    assert parents.sock is not None
    parents.drop()


def test_threads_send_at_once_and_no_letter_is_lost_or_mixed(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    results: list[ResultClass] = []

    def write(number: int) -> None:
        address = f"t{number}@school.example"
        results.append(channel.send(other(message, number), address, 5).cls)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [ACCEPTED] * 8
    reached = {letter.receivers for letter in server.taken}
    assert reached == {(f"t{n}@school.example",) for n in range(8)}
    assert all(f"To: {one.receivers[0]}".encode() in one.content for one in server.taken)


def test_whoever_waits_for_a_line_in_use_waits_no_longer_than_the_attempt(
    settings: dict[str, Any], server: MailServer, message: Message
) -> None:
    channel = open_email({**settings, "lines": 1})
    server.answer("MAIL", SILENT)
    slow = threading.Thread(target=channel.send, args=(message, ADDRESS, 1))
    slow.start()
    while "MAIL" not in server.asked:
        time.sleep(0.01)
    result = channel.send(other(message, 2), ADDRESS, 0.1)
    assert (result.cls, result.provider_code) == (TRANSIENT, "BUSY")
    server.stop()
    slow.join()
    channel.close()


# -- what is asked of the server --------------------------------------------------------------


def test_a_delivery_report_is_asked_for_where_it_is_offered(
    settings: dict[str, Any],
    server_side: Callable[..., ssl.SSLContext],
    message: Message,
) -> None:
    offers = ("SIZE 1000000", "8BITMIME", "DSN")
    login = ("psysafe", "CANARY-PASSWORD-1")
    with MailServer(server_side("127.0.0.1"), offers=offers, login=login) as server:
        channel = open_email({**settings, "port": server.port})
        channel.send(message, ADDRESS, 5)
        channel.send(message, ADDRESS, 5)
        channel.close()
        options = set(server.taken[0].options)
        assert {"RET=HDRS", "NOTIFY=SUCCESS,FAILURE,DELAY", "BODY=8BITMIME"} <= options
        (name,) = [one.removeprefix("ENVID=") for one in options if one.startswith("ENVID=")]
        assert f"Message-ID: <{name}@school.example>".encode() in server.taken[0].content
        assert server.taken[0].options == server.taken[1].options


def test_nothing_is_asked_of_a_server_that_offers_nothing(
    settings: dict[str, Any],
    server_side: Callable[..., ssl.SSLContext],
    message: Message,
) -> None:
    login = ("psysafe", "CANARY-PASSWORD-1")
    with MailServer(server_side("127.0.0.1"), offers=(), login=login) as server:
        channel = open_email({**settings, "port": server.port})
        assert channel.send(message, ADDRESS, 5).cls is ACCEPTED
        channel.close()
        assert server.taken[0].options == ()
        assert server.taken[0].content.isascii()


def test_one_message_has_one_receiver_so_that_no_refusal_hides_behind_another(
    channel: EmailChannel, server: MailServer, message: Message
) -> None:
    both = "wang@school.example,li@school.example"
    assert channel.send(message, both, 5).cls is RECIPIENT
    assert (server.lines, server.taken) == (0, [])
