"""What can wait goes out once a school day, in one message a person; nothing grave ever waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.builtin.inbox import Inbox
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duties import Notice
from psysafe.domain.plan import Daily, Origin
from psysafe.domain.severity import Severity
from psysafe.engine.daily import gathered_at
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError
from psysafe.ids import Actor, NoticeId, PersonId
from psysafe.testing import InventedSchool, open_school
from psysafe.testing.channels import RecordingChannel

MONDAY_MORNING = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
TOLD = datetime(2026, 11, 2, 7, 50, tzinfo=UTC)  # 15:50
CALENDAR = SchoolCalendar(zone=ZoneInfo("Asia/Shanghai"))
PLAN = """
[delivery]
channels = ["inbox", "mail"]
"""


@attrs.frozen
class Line:
    """The invented school with a channel besides the inbox."""

    school: InventedSchool
    mail: RecordingChannel

    def report(self, student: int = 1, **symptoms: str) -> None:
        teacher = self.school.desk("homeroom-1")
        teacher.signals.report(self.school.number(student), "one_to_one", symptoms)
        self.school.tick()

    def inbox(self, name: str = "counselor-a") -> list[str]:
        return [n["purpose"] for n in self.school.desk(name).inbox.list()]

    def letters(self) -> int:
        return len(self.mail.calls)

    def at(self, moment: datetime) -> None:
        self.school.clock.set(moment)
        self.school.tick()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    mail = RecordingChannel()
    channels = {"inbox": Inbox({}), "mail": mail}
    opened = open_school(tmp_path / "s", now=MONDAY_MORNING, channels=channels, plan=PLAN)
    with opened as school:
        yield Line(school, mail)


def test_two_reports_that_can_wait_are_one_letter_a_person_in_the_afternoon(line: Line) -> None:
    for student in (1, 2):
        line.report(student, insomnia="some")
    assert line.inbox() == ["linkage"] * 2, "each lies in the inbox at once"
    assert line.letters() == 0
    line.at(TOLD - timedelta(minutes=1))
    assert line.letters() == 0
    line.at(TOLD)
    assert line.letters() == 2, "one for each of the two counselors who are asked"
    line.at(TOLD + timedelta(hours=1))
    assert line.letters() == 2
    assert verify(line.school.school).ok


def test_a_rise_is_never_held(line: Line) -> None:
    """Whatever waits for the afternoon: what has become grave goes in the same moment."""
    line.report(insomnia="some")
    assert line.letters() == 0
    line.report(self_harm="marked")
    assert line.letters() >= 2


def test_nothing_is_sent_where_all_was_answered_before(line: Line) -> None:
    line.report(insomnia="some")
    inbox = line.school.desk("counselor-a").inbox
    inbox.acknowledge(inbox.list()[0]["notice"])
    line.at(TOLD)
    assert line.letters() == 0


def test_what_comes_after_school_is_told_on_the_next_school_day(line: Line) -> None:
    line.at(TOLD + timedelta(minutes=1))
    line.report(insomnia="some")
    line.at(TOLD + timedelta(hours=20))
    assert line.letters() == 0
    line.at(TOLD + timedelta(days=1))
    assert line.letters() == 2


def test_the_message_of_the_day_says_that_something_waits_and_nothing_more(line: Line) -> None:
    line.report(insomnia="some")
    line.at(TOLD)
    assert "daily" in line.inbox()
    sent = repr([vars(call) if hasattr(call, "__dict__") else call for call in line.mail.calls])
    assert "insomnia" not in sent
    for notice in line.school.desk("counselor-a").inbox.list():
        if notice["purpose"] == "linkage":
            line.school.desk("counselor-a").inbox.acknowledge(notice["notice"])
    assert "daily" not in line.inbox(), "nothing waits any more"


def test_a_plan_that_would_hold_what_is_grave_is_refused(tmp_path: Path) -> None:
    held = '[daily]\nfor = ["high"]\nat = "15:50"\norigin = { kind = "site", ref = "principal" }\n'
    with pytest.raises(InvalidDataError, match=r"daily\.for"):
        open_school(tmp_path / "s", plan=held)


def test_a_time_of_day_that_is_none_is_refused(tmp_path: Path) -> None:
    held = '[daily]\nat = "25:00"\n'
    with pytest.raises(InvalidDataError, match=r"daily\.at"):
        open_school(tmp_path / "s", plan=held)


@given(
    severity=st.sampled_from(Severity),
    waits=st.timedeltas(timedelta(0), timedelta(days=20)),
    hours=st.integers(0, 24 * 20),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_nothing_grave_is_gathered_and_nothing_is_told_after_its_answer_is_due(
    severity: Severity, waits: timedelta, hours: int, at: time
) -> None:
    """Whatever the plan says, read or not: high and imminent go by themselves."""
    queued = MONDAY_MORNING + timedelta(hours=hours)
    notice = Notice(
        id=NoticeId("notice-1"),
        purpose="linkage",
        receiver=PersonId(Actor("staff:t-1")),
        role="counselor",
        severity=severity,
        queued=queued,
        answer_by=queued + waits,
        channels=("inbox", "mail"),
    )
    every = Daily(severities=frozenset(Severity), at=at, origin=Origin("site", "x"))
    found = gathered_at(notice, CALENDAR, every)
    if severity >= Severity.HIGH:
        assert found is None
    if found is not None:
        assert queued < found < queued + waits
        assert CALENDAR.is_school_day(CALENDAR.local_day(found))
        assert found.astimezone(CALENDAR.zone).time() == at
