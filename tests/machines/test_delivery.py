"""How urgently a notice goes follows from its severity: which channels, at once or later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from psysafe.builtin.inbox import Inbox
from psysafe.contracts.channel import ResultClass
from psysafe.testing import InventedSchool, open_school
from psysafe.testing.channels import RecordingChannel

FRIDAY_NIGHT = datetime(2026, 11, 6, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai
PLAN = """
[delivery]
channels = ["inbox", "mail", "sms"]
"""


@attrs.frozen
class Lines:
    """The invented school with two channels besides the inbox."""

    school: InventedSchool
    mail: RecordingChannel
    sms: RecordingChannel

    def report(self, **symptoms: str) -> None:
        """A report about student 1: both counselors of the grade are asked.

        At imminent the adult nearest to the child is told to go to them as well.
        """
        teacher = self.school.desk("homeroom-1")
        teacher.signals.report(self.school.number(1), "one_to_one", symptoms)
        self.school.tick()

    def counts(self) -> tuple[int, int]:
        """How many letters and how many short messages were tried."""
        return len(self.mail.calls), len(self.sms.calls)

    def inbox(self) -> int:
        return len(self.school.desk("counselor-a").inbox.list())


def opened(folder: Path, plan: str = PLAN, now: datetime = FRIDAY_NIGHT) -> Lines:
    mail, sms = RecordingChannel(), RecordingChannel()
    channels = {"inbox": Inbox({}), "mail": mail, "sms": sms}
    return Lines(open_school(folder, now=now, channels=channels, plan=plan), mail, sms)


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    found = opened(tmp_path / "school")
    with found.school:
        yield found


def test_an_imminent_notice_goes_over_every_channel_at_once(lines: Lines) -> None:
    lines.report(self_harm="severe")
    assert lines.counts() == (3, 3)
    assert lines.inbox() == 1


def test_where_one_fails_at_imminent_the_others_were_not_waiting_for_it(lines: Lines) -> None:
    lines.mail.behave(ResultClass.PERMANENT_RECIPIENT)
    lines.report(self_harm="severe")
    assert lines.counts() == (3, 3)
    lines.school.tick(minutes=1)
    assert lines.counts() == (3, 3)


def test_at_high_the_first_channel_beside_the_inbox_goes_at_once(lines: Lines) -> None:
    lines.report(insomnia="severe")
    assert lines.counts() == (2, 0)
    assert lines.inbox() == 1


def test_at_high_the_next_channel_goes_where_the_first_has_failed(lines: Lines) -> None:
    lines.mail.behave(ResultClass.PERMANENT_RECIPIENT)
    lines.report(insomnia="severe")
    lines.school.tick()
    assert lines.counts() == (2, 2)
    lines.school.tick(minutes=1)
    assert lines.counts() == (2, 2)


def test_a_moderate_notice_lies_in_the_inbox_and_is_sent_on_the_next_school_morning(
    lines: Lines,
) -> None:
    lines.report(insomnia="marked")
    assert (lines.counts(), lines.inbox()) == ((0, 0), 1)
    monday = datetime(2026, 11, 9, 0, 0, tzinfo=UTC)
    lines.school.clock.set(monday - timedelta(seconds=1))
    lines.school.tick()
    assert lines.counts() == (0, 0)
    lines.school.clock.set(monday)
    lines.school.tick()
    assert lines.counts() == (2, 0)


def test_in_school_hours_a_moderate_notice_is_sent_at_once(tmp_path: Path) -> None:
    found = opened(tmp_path / "school", now=FRIDAY_NIGHT - timedelta(hours=8))
    with found.school:
        found.report(insomnia="marked")
        assert found.counts() == (2, 0)


def test_a_holiday_longer_than_the_time_to_answer_holds_nothing_back(tmp_path: Path) -> None:
    holiday = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
    found = opened(tmp_path / "school", now=holiday)
    with found.school:
        found.report(insomnia="marked")
        assert found.counts() == (2, 0)


def test_a_school_adds_a_channel_for_everything_by_one_line(tmp_path: Path) -> None:
    found = opened(tmp_path / "school", '[delivery]\nchannels = ["inbox", "sms"]\n')
    with found.school:
        found.report(self_harm="severe")
        assert found.counts() == (0, 3)


def test_imminent_may_have_channels_of_its_own(tmp_path: Path) -> None:
    plan = '[delivery.imminent]\nchannels = ["inbox", "mail", "sms"]\n'
    found = opened(tmp_path / "school", plan)
    with found.school:
        found.report(insomnia="severe")
        assert found.counts() == (0, 0)
        found.report(self_harm="severe")
        assert found.counts() == (3, 3)
