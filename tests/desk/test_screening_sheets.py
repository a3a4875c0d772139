"""Sheets that go in without a campaign: who learns what, whose cut-offs count, what is void."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from psysafe.desk.screenings import Screened, SheetRow
from psysafe.domain.people import Student, age_on
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.sensitivity import changed
from psysafe.testing.schools import InventedSchool, open_school, student_id

MORNING = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        proof = verify(opened.school)
        assert proof.ok, proof.findings


def row(student: str, answer: int) -> SheetRow:
    return SheetRow(
        student=student, answered_at=MORNING, answers=(*([0] * 8), answer), where={"row": 2}
    )


def apply(school: InventedSchool, who: str, *rows: SheetRow, dry_run: bool = True) -> Screened:
    return school.desk(who).screenings.apply("phq9", rows, dry_run=dry_run)


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize("dry_run", [True, False])
def test_whoever_is_nobody_for_a_student_cannot_guess_a_sheet_by_handing_in_answers(
    school: InventedSchool, dry_run: bool
) -> None:
    """Neither that there is such a student, nor a sheet, nor what was answered."""
    apply(school, "counselor-a", row(school.number(1), 3), dry_run=False)
    said = [
        apply(school, "counselor-c", row(student, answer), dry_run=dry_run)
        for student in (school.number(1), str(student_id(1)), "no:nobody", "s-zzzzzzzzzzzz")
        for answer in (2, 3)
    ]
    assert {(one.unchanged, one.scored, one.findings[0].code) for one in said} == {(0, 0, "PSY204")}
    assert len({str(one.findings) for one in said}) == 1


def test_thousands_of_rows_are_walked_and_never_held(school: InventedSchool) -> None:
    handed = 0
    told: list[tuple[int, int]] = []

    def rows() -> Iterator[SheetRow]:
        nonlocal handed
        for number in range(650):
            handed += 1
            yield row("no:nobody", number % 4)

    done = school.desk("counselor-a").screenings.apply(
        "phq9", rows(), progress=lambda number: told.append((number, handed))
    )
    assert (done.rows, done.refused) == (650, 650)
    assert told == [(200, 200), (400, 400), (600, 600), (650, 650)]


def test_the_age_is_that_of_the_day_and_a_slip_of_a_date_is_no_age(school: InventedSchool) -> None:
    person = gather(school.school, student_id(1)).world.student

    def born(text: str) -> Student:
        return changed(person, details={"born": text})

    day = MORNING.date()
    assert age_on(born("2010-11-01"), day) == 16
    assert age_on(born("2010-11-02"), day) == 15
    assert [age_on(born(text), day) for text in ("", "1901-01-01", "2026-10-01", "soon")] == [
        None
    ] * 4
