"""How much goes over a channel: less than its provider takes, and with room for what is urgent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.contracts.channel import Capabilities, Message, Rate, ResultClass, SendResult
from psysafe.domain.severity import Severity
from psysafe.engine import pacing
from psysafe.engine.verify import verify
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school, staff_id


class Limited(RecordingChannel):
    """A channel whose provider takes so much and no more."""

    def __init__(self, *rate: Rate) -> None:
        super().__init__(Trust.PERSONAL)
        self.rate = rate

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(audience="person", trust=Trust.PERSONAL, rate=self.rate)


class HadEnough(Limited):
    """A channel whose provider has had enough for one person, for a day."""

    of = ""

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        if address.partition("@")[0] != self.of:
            return super().send(message, address, seconds)
        self.next_behave(ResultClass.RATE_LIMITED)
        found = super().send(message, address, seconds)
        return attrs.evolve(found, retry_after=timedelta(days=1), limit="address")


TWENTY = Rate(count=20, seconds=60.0, penalty=600.0)


@pytest.fixture
def mail() -> Limited:
    return Limited(TWENTY)


@pytest.fixture
def sms() -> RecordingChannel:
    return RecordingChannel(Trust.SHARED)


@pytest.fixture
def school(tmp_path: Path, mail: Limited, sms: RecordingChannel) -> Iterator[InventedSchool]:
    channels = {"mail": mail, "sms": sms}
    with open_school(tmp_path / "s", storage="sqlite", channels=channels) as made:
        yield made
        assert verify(made.school).ok


def test_what_is_too_much_waits_and_nothing_of_it_is_an_attempt(
    school: InventedSchool, mail: Limited
) -> None:
    queue(school, 30)
    school.tick()
    assert len(mail.calls) == 14
    school.tick(seconds=59)
    assert len(mail.calls) == 14
    for _ in range(3):
        school.tick(minutes=1)
    assert len(mail.received) == len(mail.calls) == 30


def test_the_room_that_is_kept_free_is_for_what_is_urgent(
    school: InventedSchool, mail: Limited, sms: RecordingChannel
) -> None:
    queue(school, 30)
    school.tick()
    queue(school, 5, severity=Severity.HIGH, channels=("mail", "sms"))
    school.tick(seconds=1)
    assert (len(mail.calls), len(sms.calls)) == (18, 1), "four over it, and one another way"


def test_a_program_that_was_started_anew_has_not_forgotten_what_went_out(
    school: InventedSchool, mail: Limited
) -> None:
    queue(school, 30)
    school.tick()
    school.reopen()
    queue(school, 5)
    school.tick(seconds=1)
    assert len(mail.calls) == 14


def test_a_provider_that_said_too_much_is_left_alone_as_long_as_its_penalty_lasts(
    school: InventedSchool, mail: Limited, sms: RecordingChannel
) -> None:
    mail.next_behave(ResultClass.RATE_LIMITED)
    queue(school, 3)
    school.tick()
    assert len(mail.calls) == 1
    shut = [f for f in school.net.operator().check() if f.code == "PSY612"]
    assert [f.facts["until"] for f in shut] == ["2026-11-02 08:40"]
    queue(school, 1, severity=Severity.HIGH, channels=("mail", "sms"))
    school.tick(seconds=1)
    assert (len(mail.calls), len(sms.received)) == (1, 1)
    school.tick(minutes=11)
    school.tick(minutes=11)
    assert len(mail.received) == 3
    assert not [f for f in school.net.operator().check() if f.code == "PSY612"]


def test_a_provider_that_had_enough_for_one_person_takes_all_others(tmp_path: Path) -> None:
    mail = HadEnough(Rate(count=4, seconds=60.0, scope="address"), Rate(count=100, seconds=60.0))
    with open_school(tmp_path / "s", channels={"mail": mail}) as school:
        mail.of = "homeroom-1"
        queue(school, 1)
        school.tick()
        assert len(mail.calls) == 1
        mail.of = ""
        queue(school, 1)
        queue(school, 1, who="homeroom-2")
        school.tick(seconds=1)
        to = [call.address.partition("@")[0] for call in mail.received.values()]
        assert to == ["homeroom-2"], "the day is the first one's alone"
        assert not [f for f in school.net.operator().check() if f.code == "PSY612"]


def test_a_limit_for_one_address_holds_up_nobody_else(tmp_path: Path) -> None:
    mail = Limited(Rate(count=4, seconds=60.0, scope="address"))
    with open_school(tmp_path / "s", channels={"mail": mail}) as school:
        queue(school, 6)
        queue(school, 2, who="homeroom-2")
        school.tick()
        to = [call.address.partition("@")[0] for call in mail.calls]
        assert sorted(to) == ["homeroom-1", "homeroom-1", "homeroom-2", "homeroom-2"]


def test_the_list_of_channels_says_what_room_is_left_and_what_became_of_messages(
    school: InventedSchool, mail: Limited
) -> None:
    mail.next_behave(ResultClass.MISCONFIGURED)
    queue(school, 3, severity=Severity.HIGH)
    school.tick()
    (line,) = [one for one in school.net.operator().channels.list() if one["channel"] == "mail"]
    assert line["rate"]["limits"] == [{"count": 18, "seconds": 60.0, "left": 15}]
    assert line["results"] == {"misconfigured": 1, "accepted": 2}
    assert line["breaker"] == "closed"
    mail.behave(ResultClass.MISCONFIGURED)
    queue(school, 1)
    school.tick()
    assert _breaker(school) == "open"
    school.tick(minutes=5)
    assert _breaker(school) == "half_open"


def _breaker(school: InventedSchool) -> str:
    lines = {one["channel"]: one for one in school.net.operator().channels.list()}
    return str(lines["mail"]["breaker"])


WISHES = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(WISHES, st.integers(1, 12))
def test_no_window_ever_holds_more_than_is_used_and_urgent_messages_have_the_whole(
    wishes: list[tuple[int, bool]], count: int
) -> None:
    rate = Rate(count=count, seconds=60.0)
    mail = Limited(rate)
    most = pacing.usable(rate)
    window = timedelta(seconds=rate.seconds)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_school(Path(folder) / "s", channels={"mail": mail}) as school,
    ):
        sent = []
        for seconds, urgent in wishes:
            now = school.clock.advance(seconds=seconds)
            lately = [one for one in sent if now - window < one]
            held = pacing.admit(school.school, "mail", mail, staff_id("head"), urgent, now)
            if held is None:
                sent.append(now)
                assert len(lately) < (most if urgent else pacing.ordinary(rate))
            else:
                assert now < held.until <= now + window
                spare = timedelta(seconds=rate.seconds / 20)
                counted = [one for one in sent if now - window - spare < one]
                assert len(counted) >= (most if urgent else pacing.ordinary(rate))
