"""What becomes of a message over one channel, and when the next channel has its turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from psysafe.contracts.channel import Capabilities, Message, Problem, ResultClass, SendResult
from psysafe.domain import events as e
from psysafe.engine.gather import roster
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.sensitivity import ContentClass, Trust, changed
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import STUDENTS, InventedSchool, open_school, staff_id

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["mail", "sms"]
"""
BY_HAND = ResultClass.MISCONFIGURED


@attrs.frozen
class Ways:
    """A school whose homeroom teachers are reached by mail, and then by text message."""

    school: InventedSchool
    mail: RecordingChannel
    sms: RecordingChannel

    def declare(self, severity: str = "high", student: int = 1) -> None:
        """A crisis is declared; the homeroom teacher of that class is to be told."""
        number = self.school.number(student)
        seen = {"self_harm": "severe"} if severity == "imminent" else {"fear": "marked"}
        self.school.desk("counselor-b").signals.report(number, "message", seen)
        case = self.school.desk("counselor-a").cases.about(number)
        case.acknowledge()
        case.declare_crisis(
            danger="self", place="home", proposal="hospital tonight", severity=severity
        )

    def attempts(self) -> list[tuple[str, str, str | None]]:
        """Channel, result and code of every attempt over the two, as the journal has them."""
        parts = self.school.school
        found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
        return [
            (one.channel, one.result, one.provider_code)
            for one in found
            if isinstance(one, e.AttemptFinished) and one.channel in ("mail", "sms")
        ]

    def against(self) -> dict[str, str]:
        """What `check` says against the channels, by code."""
        found = self.school.net.operator().check()
        return {f.code: f.what for f in found if f.code in ("PSY603", "PSY604")}


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[Ways]:
    mail, sms = RecordingChannel(Trust.PERSONAL), RecordingChannel(Trust.SHARED)
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail, "sms": sms}) as school:
        yield Ways(school, mail, sms)
        assert verify(school.school).ok


@pytest.mark.clause("C6.2")
def test_at_imminent_both_channels_go_out_at_once(ways: Ways) -> None:
    ways.declare("imminent")
    ways.school.tick()
    assert (len(ways.mail.calls), len(ways.sms.calls)) == (1, 1)


def test_at_high_the_second_channel_waits_for_the_first_to_fail(ways: Ways) -> None:
    ways.declare()
    ways.school.tick()
    assert (len(ways.mail.calls), len(ways.sms.calls)) == (1, 0)


def test_a_passing_fault_is_tried_after_2_5_and_15_seconds_and_then_the_next_channel(
    ways: Ways,
) -> None:
    ways.mail.behave(ResultClass.TRANSIENT)
    ways.declare()
    tried = []
    for seconds in (0, 1, 1, 4, 1, 14, 1):
        ways.school.tick(seconds=seconds)
        tried.append(len(ways.mail.calls))
    assert tried == [1, 1, 2, 2, 3, 3, 4]
    assert len({call.message.key for call in ways.mail.calls}) == 1
    assert len(ways.sms.received) == 1


def test_a_channel_that_wants_a_pause_does_not_hold_up_a_crisis(ways: Ways) -> None:
    ways.mail.behave(ResultClass.RATE_LIMITED)
    ways.declare()
    ways.school.tick()
    assert (len(ways.mail.calls), len(ways.sms.received)) == (1, 1)
    ways.school.tick(seconds=60)
    assert len(ways.mail.calls) == 1


def test_at_imminent_a_channel_that_wants_a_pause_is_tried_again_beside_the_others(
    ways: Ways,
) -> None:
    ways.mail.next_behave(ResultClass.RATE_LIMITED)
    ways.declare("imminent")
    ways.school.tick()
    assert (ways.mail.received, len(ways.sms.received)) == ({}, 1)
    ways.school.tick(seconds=2)
    assert len(ways.mail.received) == 1


def test_the_last_channel_is_tried_again_when_it_wants_a_pause(ways: Ways) -> None:
    ways.mail.behave(BY_HAND)
    ways.sms.next_behave(ResultClass.RATE_LIMITED)
    ways.declare()
    ways.school.tick()
    assert ways.sms.received == {}
    ways.school.tick(seconds=2)
    assert len(ways.sms.received) == 1


def test_a_misconfigured_channel_is_passed_over_at_once_and_the_operator_sees_it(
    ways: Ways, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="psysafe.engine")
    ways.mail.behave(BY_HAND)
    ways.declare()
    ways.school.tick()
    assert (len(ways.mail.calls), len(ways.sms.received)) == (1, 1)
    assert "mail has taken nothing since 2026-11-02 08:30: recorded" in ways.against()["PSY603"]
    assert [r.message for r in caplog.records] == ["a channel cannot do its work"]


def test_a_misconfigured_channel_goes_behind_the_others_and_is_tried_again_after_a_while(
    ways: Ways,
) -> None:
    ways.mail.next_behave(BY_HAND)
    ways.declare()
    ways.school.tick()
    assert "PSY603" in ways.against()
    ways.declare(student=2)
    ways.school.tick(minutes=4)
    assert (len(ways.mail.calls), len(ways.sms.received)) == (1, 2)
    ways.school.tick(minutes=1)
    assert len(ways.mail.calls) == 1, "another channel took it: what went behind is not needed"
    ways.declare(student=3)
    ways.school.tick()
    assert len(ways.mail.received) == 1
    assert ways.against() == {}


class Whose(RecordingChannel):
    """A channel that says whose service it is."""

    def __init__(self, provider: str) -> None:
        super().__init__(Trust.PERSONAL)
        self._capabilities = Capabilities(
            audience="person", trust=Trust.PERSONAL, provider=provider
        )


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize("second", ["one", "another", ""])
def test_where_one_channel_takes_nothing_those_of_its_provider_go_behind_the_others(
    tmp_path: Path, second: str
) -> None:
    plan = PLAN.replace('["mail", "sms"]', '["mail", "room", "sms"]')
    assert plan != PLAN
    mail, room, sms = Whose("one"), Whose(second), Whose("third")
    channels = {"mail": mail, "room": room, "sms": sms}
    with open_school(tmp_path / "s", plan=plan, channels=channels) as school:
        told = roster(school.school).staff[staff_id("homeroom-1")]
        ways = {**told.addresses, "room": "homeroom-1"}
        school._enter(e.PersonAdded(staff=changed(told, addresses=ways)))
        mail.behave(BY_HAND)
        Ways(school, mail, sms).declare()
        school.tick()
        taken = (len(room.received), len(sms.received))
        assert taken == ((0, 1) if second == "one" else (1, 0))


@pytest.mark.parametrize(
    ("whose", "enough"), [(("one", "one"), False), (("one", "two"), True), (("", ""), True)]
)
def test_two_channels_of_one_provider_are_one_way_for_an_imminent_alarm(
    tmp_path: Path, whose: tuple[str, str], enough: bool
) -> None:
    mail, sms = Whose(whose[0]), Whose(whose[1])
    plan = '[delivery.imminent]\nchannels = ["mail", "sms"]\n'
    with open_school(tmp_path / "s", plan=plan, channels={"mail": mail, "sms": sms}) as school:
        codes = [f.code for f in school.net.operator().check()]
        assert ("PSY126" in codes) is not enough


def test_a_channel_that_went_behind_is_tried_where_the_others_fail(ways: Ways) -> None:
    ways.mail.next_behave(BY_HAND)
    ways.declare()
    ways.school.tick()
    ways.declare(student=2)
    ways.sms.behave(ResultClass.PERMANENT_RECIPIENT)
    ways.school.tick(seconds=30)
    assert len(ways.mail.received) == 0
    ways.school.tick(seconds=30)
    assert len(ways.mail.received) == 1
    assert ways.attempts()[-3:] == [
        ("mail", "misconfigured", "set_back"),
        ("sms", "permanent_recipient", "recorded"),
        ("mail", "accepted", "recorded"),
    ]


def test_at_imminent_a_channel_that_takes_nothing_is_tried_at_once_all_the_same(
    ways: Ways,
) -> None:
    ways.mail.next_behave(BY_HAND)
    ways.declare()
    ways.school.tick()
    ways.declare("imminent", student=2)
    ways.school.tick()
    assert len(ways.mail.received) == 1


def test_the_last_channel_is_never_passed_over(ways: Ways) -> None:
    ways.mail.behave(BY_HAND)
    ways.sms.behave(BY_HAND)
    ways.declare()
    ways.school.tick()
    ways.sms.behave(ResultClass.ACCEPTED)
    ways.declare(student=2)
    ways.school.tick()
    assert len(ways.sms.received) == 1


def test_an_address_that_is_refused_is_marked_and_the_next_channel_has_its_turn(
    ways: Ways,
) -> None:
    ways.mail.next_behave(ResultClass.PERMANENT_RECIPIENT)
    ways.declare()
    ways.school.tick()
    assert len(ways.sms.received) == 1
    said = ways.against()
    assert set(said) == {"PSY604"}
    assert said["PSY604"].startswith(f"{staff_id('homeroom-1')} could not be reached over mail")
    assert "@" not in said["PSY604"]


def test_a_marked_address_is_tried_again_by_the_next_message(ways: Ways) -> None:
    ways.mail.next_behave(ResultClass.PERMANENT_RECIPIENT)
    ways.declare()
    ways.school.tick()
    ways.declare(student=2)
    ways.school.tick(minutes=1)
    assert len(ways.mail.received) == 1
    assert ways.against() == {}


def test_a_text_that_is_refused_is_said_neutrally_once_under_the_same_key(ways: Ways) -> None:
    ways.mail.next_behave(ResultClass.PERMANENT_CONTENT)
    ways.declare()
    ways.school.tick()
    whole, plain = (call.message for call in ways.mail.calls)
    assert whole.key == plain.key
    assert (whole.content, plain.content) == (ContentClass.K1, ContentClass.K0)
    assert STUDENTS[1] in whole.text
    assert STUDENTS[1] not in plain.text
    assert ways.attempts() == [("mail", "accepted", "recorded")]
    assert ways.sms.calls == []


def test_a_neutral_text_that_is_refused_too_goes_over_the_next_channel(ways: Ways) -> None:
    ways.mail.behave(ResultClass.PERMANENT_CONTENT)
    ways.declare()
    ways.school.tick()
    assert len(ways.mail.calls) == 2
    assert len(ways.sms.received) == 1


def test_every_message_brings_a_neutral_text_for_what_shows_unopened(ways: Ways) -> None:
    ways.declare("imminent")
    ways.school.tick()
    for line in (ways.mail, ways.sms):
        (call,) = line.calls
        assert "13900000003" in call.message.neutral
        assert STUDENTS[1] not in call.message.neutral
        assert call.message.queued.strftime("%H:%M %z") == "08:30 +0800"


def test_a_notice_that_no_channel_takes_is_told_to_the_operator(
    ways: Ways, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="psysafe.engine")
    ways.mail.behave(ResultClass.PERMANENT_RECIPIENT)
    ways.sms.behave(ResultClass.PERMANENT_RECIPIENT)
    ways.declare()
    ways.school.tick()
    assert [r.message for r in caplog.records] == ["a notice was taken by no channel"]


@pytest.mark.clause("C6.2")
def test_a_message_that_was_taken_by_a_provider_stops_no_route(ways: Ways) -> None:
    ways.declare("imminent")
    ways.school.tick()
    assert len(ways.mail.received) == 1
    assert ways.school.tick(minutes=30).escalated >= 1


class Particular(RecordingChannel):
    """Takes nobody's address, and chokes on the head's."""

    def parse_address(self, text: str) -> str | Problem:
        if text.startswith("head@"):
            raise ValueError(text)
        return Problem(field="address", problem=f"{text} is none")


def test_check_names_whose_address_a_channel_does_not_take_and_repeats_none(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "s", channels={"mail": Particular(Trust.PERSONAL)}) as school:
        found = [f for f in school.net.operator().check() if f.code == "PSY609"]
        assert {f.facts["person"] for f in found} >= {staff_id("head"), staff_id("counselor-a")}
        assert not any("@" in f"{f!r} {f.what}" for f in found)


class Talkative(RecordingChannel):
    """Gives the provider's sentence where a code belongs."""

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        found = super().send(message, address, seconds)
        return attrs.evolve(found, provider_code=f"550 nobody here: {message.text}")


def test_a_sentence_where_a_code_belongs_is_not_kept(tmp_path: Path) -> None:
    mail = Talkative(Trust.PERSONAL)
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        ways = Ways(school, mail, mail)
        ways.declare()
        school.tick()
        assert ways.attempts() == [("mail", "accepted", "no_code")]


class Hanging(RecordingChannel):
    """Does not come back until it is let go, whatever it was told."""

    def __init__(self) -> None:
        super().__init__(Trust.PERSONAL)
        self.let_go = threading.Event()
        self.given: list[float] = []

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        self.given.append(seconds)
        self.let_go.wait(20)
        return super().send(message, address, seconds)


def test_a_channel_that_does_not_come_back_is_given_up_and_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ATTEMPT", "GRACE"):
        monkeypatch.setattr(f"psysafe.engine.sending.{name}", timedelta(seconds=0.2))
    mail, sms = Hanging(), RecordingChannel(Trust.SHARED)
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail, "sms": sms}) as school:
        ways = Ways(school, mail, sms)
        ways.declare("imminent")
        begin = time.monotonic()
        report = school.tick()
        assert time.monotonic() - begin < 5
        assert (report.ambiguous, len(sms.received)) == (1, 1)
        # While it is out it is not called again: one that hangs costs one thread.
        school.tick(seconds=2)
        assert len(mail.given) == 1
        assert [a[1:] for a in ways.attempts() if a[0] == "mail"] == [
            ("ambiguous", "overran"),
            ("transient", "still_out"),
        ]
        mail.let_go.set()
        while not mail.calls:
            time.sleep(0.01)
        # Its late answer counts for nothing; the repeat has the same key.
        school.tick(seconds=5)
        assert len(mail.calls) == 2
        assert len({call.message.key for call in mail.calls}) == 1
        assert ways.attempts()[-1] == ("mail", "accepted", "recorded")


class Closing(RecordingChannel):
    closed = 0

    def close(self) -> None:
        self.closed += 1
        raise OSError("the line was gone already")


def test_a_school_that_is_closed_lets_go_of_its_channels(tmp_path: Path) -> None:
    line = Closing()
    open_school(tmp_path / "s", channels={"line": line}).close()
    assert line.closed == 1
