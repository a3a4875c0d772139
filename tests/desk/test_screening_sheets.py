"""Sheets that go in without a campaign: who learns what, whose cut-offs count, what is void."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psysafe.contracts.extras import ScaleRecord
from psysafe.desk.screenings import Screened, SheetRow
from psysafe.domain.people import Student, age_on
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.hooks import hookimpl
from psysafe.sensitivity import changed
from psysafe.testing.scales import sleep_scale
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, student_id

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


def test_a_sheet_is_known_the_second_time_whether_or_not_it_is_a_trial(
    school: InventedSchool,
) -> None:
    rows = [row(school.number(1), 3), row(school.number(2), 0)]
    assert apply(school, "counselor-a", *rows, dry_run=False).scored == 2
    for dry_run in (True, False):
        again = apply(school, "counselor-a", *rows, row(school.number(2), 1), dry_run=dry_run)
        assert (again.unchanged, again.scored) == (2, 0)
        assert [one.code for one in again.findings] == ["PSY210"]


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


# -- a sheet that is void ---------------------------------------------------------------------


class Invented:
    """An instrument that is void where everything was answered alike, and critical at its top."""

    @hookimpl
    def psysafe_scales(self) -> list[ScaleRecord]:
        definition = sleep_scale()
        rule = {"code": "alike", "kind": "same_answer", "at_least": 3, "effect": "void"}
        definition["validity"] = [{**rule, "source": "here", "verified": True}]
        return [ScaleRecord("sleep", definition)]


@pytest.mark.clause("C3.1", "C4.3")
def test_a_void_sheet_still_alarms_by_its_critical_answer_and_one_without_is_to_be_repeated(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school", plugins=[Invented()]) as school:
        desk = school.desk("counselor-a").screenings
        campaign = desk.plan(
            ("sleep",),
            grades=("高一",),
            opens=MONDAY,
            closes=MONDAY + timedelta(hours=8),
            readers=[("staff:counselor-b", None, None)],
        ).campaign
        assert campaign is not None
        desk.open(campaign)
        file = tmp_path / "answers.csv"
        numbers = [school.number(n).removeprefix("no:") for n in (1, 2, 3)]
        lines = [f"{numbers[0]},4,4,4,1", f"{numbers[1]},2,2,2,1", f"{numbers[2]},1,2,3,1"]
        file.write_text("\n".join(["student_no,q1,q2,q3,q4", *lines]) + "\n", encoding="utf-8")
        came = desk.answers(
            campaign, file, items={"sleep": "q1,q2,q3,q4"}, answered_at=MONDAY, dry_run=False
        )
        assert (came.scored, came.incomplete, came.flags) == (3, 2, 1), came.findings
        (duty,) = gather(school.school, student_id(1)).world.file.duties
        assert (duty.kind, duty.owner) == ("review_flag", "staff:counselor-b")
        lines = desk.progress(campaign, missing=True)["classes"]
        again = {who["student"] for line in lines for who in line["again"]}
        assert again == {student_id(1), student_id(2)}
        seen = school.desk("homeroom-1").screenings.progress(campaign, missing=True)["classes"]
        assert [sorted(line) for line in seen] == [
            ["answered", "class", "invited", "missing", "name", "not_answered"]
        ]
        assert verify(school.school).ok
