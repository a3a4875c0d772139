"""The school cannot be opened: the staff on its emergency list are called, and nobody else."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from psysafe.builtin import plugin as builtin
from psysafe.contracts.channel import Problem, ResultClass
from psysafe.desk.emergency import FILE, HelpCalled
from psysafe.errors import InvalidDataError, StorageError
from psysafe.hooks import Plugins
from psysafe.net import SafetyNet
from psysafe.sensitivity import ContentClass, Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.clock import FixedClock
from psysafe.testing.schools import MONDAY, STAFF, STUDENTS, open_school

LIST = """
[channels.sms]
use = "sms"
[channels.mail]
use = "mail"
[emergency]
after = "15 min"
again = "2 h"
number = "0571-8800 0000"
[emergency.call]
sms = ["duty-1", "duty-2"]
mail = ["duty@example.org"]
"""
NOBODY = Plugins.of(builtins=[builtin])


class Closed:
    """A school that was open until `last` and cannot be opened any more: its database is noise."""

    def __init__(self, folder: Path, listed: str = LIST) -> None:
        self.folder = folder
        self.sms, self.mail = RecordingChannel(), RecordingChannel()
        with open_school(folder, storage="sqlite") as school:
            school.desk("homeroom-1").signals.report(
                school.number(1), "peer", {"fear": "severe"}, note="她说今晚不想活了"
            )
            school.tick(minutes=1)
            self.last = school.clock.now()
        for file in folder.glob("psysafe.db*"):
            file.write_bytes(b"noise" * 4000)
        with (folder / "psysafe.toml").open("a", encoding="utf-8") as settings:
            settings.write(listed)
        with pytest.raises(StorageError):
            SafetyNet.open(folder, plugins=NOBODY, channels=self.channels)

    @property
    def channels(self) -> Mapping[str, RecordingChannel]:
        return {"sms": self.sms, "mail": self.mail}

    def help(self, minutes: float) -> HelpCalled:
        """Somebody cannot let time pass, so many minutes after it last did."""
        now = self.last + timedelta(minutes=minutes)
        return self.help_at(now)

    def help_at(self, now: datetime) -> HelpCalled:
        return SafetyNet.call_for_help(
            self.folder, clock=FixedClock(now), plugins=NOBODY, channels=self.channels
        )

    def called(self) -> list[str]:
        """Who was called since the last time, each call once."""
        found = [one.address for line in (self.sms, self.mail) for one in line.calls]
        self.sms.calls.clear()
        self.mail.calls.clear()
        return found


ALL = ["duty-1", "duty-2", "duty@example.org"]


@pytest.fixture
def closed(tmp_path: Path) -> Closed:
    return Closed(tmp_path / "school")


def test_everybody_on_the_list_is_told_that_nobody_is_called(closed: Closed) -> None:
    found = closed.help(15)
    assert (found.listed, found.told, found.since) == (3, 3, closed.last)
    said = [one.message for line in (closed.sms, closed.mail) for one in line.calls]
    assert {message.content for message in said} == {ContentClass.K0}
    assert len({message.key for message in said}) == 3
    for message in said:
        assert "0571-8800 0000" in message.text
        assert message.neutral == message.text
        assert message.number == "0571-8800 0000"
        assert message.urgent
        for name in (*STUDENTS.values(), *(name for name, _, _ in STAFF.values())):
            assert name not in message.text
    assert [f.code for f in found.findings] == ["PSY750"]


def test_a_moment_that_passes_by_itself_wakes_nobody(closed: Closed) -> None:
    found = closed.help(14)
    assert (found.waits, found.told, closed.called()) == (True, 0, [])
    closed.help(15)
    assert closed.called() == ALL


def test_as_long_as_it_lasts_they_are_called_again_and_not_before(closed: Closed) -> None:
    seen = {}
    for minutes in range(10, 300, 5):
        closed.help(minutes)
        if found := closed.called():
            seen[minutes] = found
    assert seen == {15: ALL, 135: ALL, 255: ALL}


def test_whoever_was_not_reached_is_tried_again_and_the_others_are_not(closed: Closed) -> None:
    closed.sms.next_behave(ResultClass.TRANSIENT, "raises")
    assert closed.help(20).told == 1
    assert closed.called() == ALL
    closed.sms.next_behave(ResultClass.ACCEPTED, ResultClass.AMBIGUOUS)
    assert closed.help(21).told == 2
    assert closed.called() == ["duty-1", "duty-2"]
    assert closed.help(22).told == 3
    assert closed.called() == ["duty-2"]
    assert closed.help(23).told == 3
    assert closed.called() == []


def test_a_new_failure_is_told_at_once_though_the_last_was_told_a_moment_ago(
    closed: Closed,
) -> None:
    closed.help(15)
    closed.called()
    beat = closed.folder / "heartbeat.json"
    told = json.loads(beat.read_text())
    told["at"] = (closed.last + timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    beat.write_text(json.dumps(told))
    assert closed.help(30).waits
    assert closed.help(35).told == 3
    assert closed.called() == ALL


@pytest.mark.parametrize("beat", ["", "{}", '{"format": 1, "at": "2099-01-01T00:00:00Z"}'])
def test_where_nobody_knows_since_when_they_are_called_at_once(closed: Closed, beat: str) -> None:
    (closed.folder / "heartbeat.json").write_text(beat)
    assert closed.help(1).told == 3


@pytest.mark.parametrize("kept", ["", "[]", '{"at": "then"}', '{"at": null, "told": null}'])
def test_what_was_kept_and_cannot_be_read_silences_nobody(closed: Closed, kept: str) -> None:
    (closed.folder / FILE).write_text(kept)
    assert closed.help(15).told == 3
    assert closed.called() == ALL


def test_where_it_cannot_be_kept_they_are_called_at_each_turn(closed: Closed) -> None:
    (closed.folder / FILE).mkdir()
    for minutes in (15, 16):
        assert closed.help(minutes).told == 3
        assert closed.called() == ALL


def test_what_is_kept_holds_no_address_and_is_for_its_owner(closed: Closed) -> None:
    closed.help(15)
    kept = closed.folder / FILE
    assert "duty" not in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "duty" not in repr(SafetyNet.call_for_help.__doc__) + repr(closed.help(16))


def test_a_channel_that_may_carry_nothing_carries_nothing(tmp_path: Path) -> None:
    closed = Closed(tmp_path / "school")
    closed.mail = RecordingChannel(Trust.PUBLIC)
    assert closed.help(15).told == 2
    assert closed.called() == ["duty-1", "duty-2"]


def test_an_inbox_is_no_way_to_anybody_then(tmp_path: Path) -> None:
    listed = LIST.replace("mail = [", "inbox = [").replace("duty@example.org", "staff:t-002")
    closed = Closed(tmp_path / "school", listed)
    assert closed.help(15).told == 2


def test_without_a_list_nobody_is_called_and_nothing_is_said(tmp_path: Path) -> None:
    closed = Closed(tmp_path / "school", "")
    found = closed.help(15)
    assert (found.listed, found.findings, closed.called()) == (0, (), [])


# -- check ---------------------------------------------------------------------------------------


class Numbered(RecordingChannel):
    """A channel whose addresses end with a digit."""

    def parse_address(self, text: str) -> str | Problem:
        wrong = Problem(field="address", problem="a number is expected")
        return text if text[-1].isdigit() else wrong


def codes(folder: Path, listed: str, **channels: RecordingChannel) -> list[tuple[str, str]]:
    open_school(folder, storage="sqlite").close()
    with (folder / "psysafe.toml").open("a", encoding="utf-8") as settings:
        settings.write(listed)
    with open_school(folder, storage="sqlite", channels=channels) as school:
        found = school.net.operator("operator:it").check()
    return [
        (f.code, str(f.where["path"])) for f in found if f.code in ("PSY750", "PSY751", "PSY752")
    ]


def test_check_asks_for_the_list_where_people_are_called(tmp_path: Path) -> None:
    sms, mail = RecordingChannel(), RecordingChannel()
    assert codes(tmp_path / "a", "", sms=sms) == [("PSY751", "emergency")]
    assert codes(tmp_path / "b", "") == [], "where nobody is called, other findings say so"
    assert codes(tmp_path / "c", LIST, sms=sms, mail=mail) == []


def test_check_names_whom_the_list_would_not_reach(tmp_path: Path) -> None:
    sms, public = Numbered(), RecordingChannel(Trust.PUBLIC)
    found = codes(tmp_path / "a", LIST.replace("duty-2", "duty-x"), sms=sms)
    assert found == [("PSY752", "emergency.call.sms[1]"), ("PSY752", "emergency.call.mail[0]")]
    found = codes(tmp_path / "b", LIST, sms=sms, mail=public)
    assert found == [("PSY752", "emergency.call.mail[0]")]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('after = "15 min"', 'after = "2 school days"', "PSY103"),
        ('again = "2 h"', 'again = "often"', "PSY104"),
        ('again = "2 h"\n', "", "PSY116"),
        ('number = "0571-8800 0000"\n', "", "PSY116"),
        ("mail = [", "fax = [", "PSY102"),
        ('sms = ["duty-1", "duty-2"]\nmail = ["duty@example.org"]\n', "", "PSY103"),
        ("[emergency.call]", "who = 1\n[emergency.call]", "PSY102"),
    ],
)
def test_a_list_that_means_nothing_is_refused(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    assert old in LIST
    with pytest.raises(InvalidDataError) as caught:
        Closed(tmp_path / "school", LIST.replace(old, new))
    assert code in [f.code for f in caught.value.findings]


def test_the_last_tick_that_went_well_counts_and_not_the_last_that_was_tried(
    closed: Closed,
) -> None:
    assert closed.last > MONDAY
    before = (closed.folder / "heartbeat.json").read_bytes()
    closed.help(15)
    assert (closed.folder / "heartbeat.json").read_bytes() == before
