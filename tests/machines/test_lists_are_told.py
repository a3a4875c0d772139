"""Whoever has a list to go through hears of it outside the program too, and is not flooded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from psysafe.contracts.channel import ResultClass
from psysafe.desk.screenings import SheetRow
from psysafe.domain import events as e
from psysafe.engine.troubles import troubles
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.sensitivity import ContentClass, Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import STUDENTS, InventedSchool, open_school, student_id

PLAN = """
[delivery]
channels = ["inbox", "mail"]

[delivery.imminent]
channels = ["inbox", "mail", "sms"]
"""
CLASSMATE = f"student:{student_id(2)}"


@attrs.frozen
class Post:
    """A school whose plan names a letter for everything, and a text message at imminent."""

    school: InventedSchool
    mail: RecordingChannel
    sms: RecordingChannel

    def screen(self, answer: int, *students: int) -> None:
        """Sheets with this answer to item 9: 3 is high, 1 is moderate."""
        now = self.school.clock.now()
        rows = [
            SheetRow(student=self.school.number(one), answered_at=now, answers=(*([0] * 8), answer))
            for one in students
        ]
        self.school.desk("counselor-a").screenings.apply("phq9", rows, dry_run=False)

    def events(self) -> list[e.Event]:
        parts = self.school.school
        return [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    mail, sms = RecordingChannel(Trust.PERSONAL), RecordingChannel(Trust.SHARED)
    channels = {"mail": mail, "sms": sms}
    with open_school(tmp_path / "s", plan=PLAN, channels=channels) as school:
        yield Post(school, mail, sms)
        proof = verify(school.school)
        assert proof.ok, proof.findings


@pytest.mark.clause("C4.3")
def test_many_high_flags_are_one_neutral_letter_at_once_also_at_night(post: Post) -> None:
    post.school.clock.advance(hours=14)
    post.screen(3, 1, 2, 3, 4)
    post.school.tick()
    (letter,) = post.mail.calls
    assert letter.message.urgent
    assert letter.message.content is ContentClass.K0
    assert not any(name in letter.message.text for name in STUDENTS.values())
    assert [n["purpose"] for n in post.school.desk("counselor-a").inbox.list()] == ["worklist"]
    post.school.tick(minutes=30)
    assert len(post.mail.calls) == 1


@pytest.mark.clause("C4.3")
def test_lesser_flags_of_the_evening_are_one_letter_in_the_next_school_hour(post: Post) -> None:
    post.school.clock.advance(hours=10)  # Monday, 18:30
    post.screen(1, 1)
    post.school.tick()
    post.screen(1, 2)
    post.school.tick(minutes=20)
    assert post.mail.calls == []
    assert len(post.school.desk("counselor-a").inbox.list()) == 1
    post.school.tick(hours=14)
    assert len(post.mail.calls) == 1


@pytest.mark.clause("C4.3")
def test_a_notice_that_nobody_opened_does_not_keep_silent_about_what_has_come_since(
    post: Post,
) -> None:
    post.screen(3, 1)
    post.school.tick()
    for student in (2, 3, 4):
        post.screen(3, student)
        post.school.tick(minutes=10)
    assert len(post.mail.calls) == 1, "a letter each"
    post.school.tick(minutes=30)
    assert len(post.mail.calls) == 2
    post.school.tick(hours=5)
    assert len(post.mail.calls) == 2, "nothing new has come"


@pytest.mark.clause("C4.3")
def test_what_is_worse_is_said_at_once_also_in_the_pause_of_something_lesser(post: Post) -> None:
    post.screen(1, 1)
    post.school.tick()
    post.screen(1, 2)
    post.school.tick(minutes=1)
    post.screen(3, 4)
    post.school.tick(minutes=1)
    assert [call.message.urgent for call in post.mail.calls] == [False, True]


@pytest.mark.clause("A2.2")
def test_a_class_survey_reaches_the_homeroom_teacher_by_letter(post: Post) -> None:
    post.school.desk("counselor-a").surveys.start(grades=("g10",))
    post.school.tick()
    assert len(post.mail.calls) == 2
    assert all(call.message.content is ContentClass.K0 for call in post.mail.calls)


def test_no_letter_goes_about_a_list_that_was_gone_through_before_its_time_came(
    post: Post,
) -> None:
    post.school.clock.advance(hours=10)
    post.screen(1, 1)
    post.school.tick()
    desk = post.school.desk("counselor-a")
    (line,) = desk.flags.list()
    desk.flags.review(line["flag"], "no_concern")
    post.school.tick(hours=14)
    assert post.mail.calls == []


# -- calls about a note -----------------------------------------------------------------------


def test_a_calls_unknown_end_is_journalled_also_where_it_is_about_no_student(post: Post) -> None:
    post.school.desk(CLASSMATE).signals.leave_note("my desk mate", dangers=("act",))
    parts = post.school.school
    claims = parts.storage.claim([parts.part], post.school.clock.now(), 50, timedelta(seconds=60))
    assert any(one.topic == "send" for one in claims)
    # The process dies here: nobody knows what became of these.
    post.school.tick(minutes=2)
    started = [one for one in post.events() if isinstance(one, e.AttemptStarted)]
    assert {one.channel for one in started} == {"inbox", "mail", "sms"}


def test_a_call_that_died_and_is_no_longer_wanted_leaves_a_line_too(post: Post) -> None:
    post.school.desk(CLASSMATE).signals.leave_note("my desk mate", dangers=("act",))
    parts = post.school.school
    parts.storage.claim([parts.part], post.school.clock.now(), 50, timedelta(seconds=60))
    desk = post.school.desk("counselor-a").signals
    (note,) = desk.notes()
    desk.set_aside(note["note"])
    post.school.tick(minutes=2)
    assert any(isinstance(one, e.AttemptStarted) for one in post.events())
    assert post.mail.calls == []


def test_a_channel_that_refuses_everything_stands_on_the_operators_list_after_a_call_about_a_note(
    post: Post,
) -> None:
    post.mail.behave(ResultClass.MISCONFIGURED)
    post.school.desk(CLASSMATE).signals.leave_note("my desk mate", dangers=("act",))
    post.school.tick()
    assert [(t.channel, t.person) for t in troubles(post.school.school)] == [("mail", None)]
    post.mail.behave(ResultClass.ACCEPTED)
    post.school.desk(CLASSMATE).signals.leave_note("another one", dangers=("act",))
    post.school.tick()
    assert troubles(post.school.school) == ()


def test_to_have_seen_a_note_is_not_to_have_checked_it(post: Post) -> None:
    post.school.desk(CLASSMATE).signals.leave_note("my desk mate", dangers=("act",))
    post.school.tick()
    for who in ("counselor-a", "counselor-b", "counselor-c"):
        desk = post.school.desk(who)
        desk.inbox.acknowledge(desk.inbox.list()[0]["notice"])
    before = len(post.sms.calls)
    post.school.tick(minutes=10)
    assert len(post.sms.calls) > before, "nobody has checked it: it is passed on, and called about"
