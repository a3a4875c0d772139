"""No duty stays with somebody who is gone while a person is there who could do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from psysafe.desk.screenings import SheetRow
from psysafe.engine.gather import gather, roster
from psysafe.engine.verify import verify
from psysafe.engine.worklist import open_notes, open_surveys
from psysafe.ids import PersonId
from psysafe.testing.schools import STAFF, InventedSchool, open_school, staff_id, student_id

CLASSMATE = f"student:{student_id(2)}"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        proof = verify(opened.school)
        assert proof.ok, proof.findings


def flagged(school: InventedSchool) -> None:
    answered = datetime(2026, 11, 1, 8, tzinfo=UTC)
    row = SheetRow(student=school.number(1), answered_at=answered, answers=(*([0] * 8), 3))
    school.desk("counselor-a").screenings.apply("phq9", [row], dry_run=False)


def accompanied(school: InventedSchool) -> None:
    school.desk("homeroom-1").support.start(school.number(1))


def asked(school: InventedSchool) -> None:
    school.student_desk(1).signals.ask_to_talk("please")


def noted(school: InventedSchool) -> None:
    school.desk(CLASSMATE).signals.leave_note("my desk mate", {"fear": "some"})


def surveyed(school: InventedSchool) -> None:
    school.desk("counselor-a").surveys.start(("g10",))


def owners(school: InventedSchool) -> set[PersonId]:
    """Everybody who owes something about student 1, a note or the survey of class 1."""
    found = {duty.owner for duty in gather(school.school, student_id(1)).world.file.duties}
    found |= {note.duty.owner for note in open_notes(school.school)}
    for name in STAFF:
        surveys = open_surveys(school.school, staff_id(name))
        found |= {s.duty.owner for s in surveys if s.school_class == "cl-000000000001"}
    return found


@pytest.mark.clause("C0")
@pytest.mark.parametrize("begins", [flagged, accompanied, asked, noted, surveyed])
def test_whoever_leaves_with_a_duty_is_followed_by_somebody_who_is_there(
    school: InventedSchool, begins: Callable[[InventedSchool], None]
) -> None:
    """It is passed on till nobody new is left; then whoever has it leaves."""
    begins(school)
    for _ in range(60):
        school.tick(days=1)
    (last,) = owners(school)
    name = last.removeprefix("staff:")
    school.leaves(name)
    for _ in range(15):
        school.tick(days=1)
    found = owners(school)
    assert found, "it is owed by nobody"
    people, now = roster(school.school), school.clock.now()
    assert all(people.there(owner, now) for owner in found), found


@pytest.mark.clause("A2.2", "C0")
def test_over_a_long_weekend_and_a_clock_set_back_support_is_told_once_and_not_forgotten(
    school: InventedSchool,
) -> None:
    accompanied(school)
    for step in ({"days": 3}, {"hours": -1}, {"hours": 1}, {"days": 3}, {"days": 2}):
        school.tick(**step)
    (duty,) = gather(school.school, student_id(1)).world.file.owed("one_to_one")
    assert duty.passed == 1, "it was due once in this time"
    before = len(school.desk(duty.owner).inbox.list())
    school.tick(hours=-2)
    school.tick(hours=2)
    assert len(school.desk(duty.owner).inbox.list()) == before
