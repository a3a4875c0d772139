"""What a screening's counts tell, and to whom: no more than a list of the same students would."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.events import RelationStarted
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather, roster
from psysafe.errors import NotFoundError
from psysafe.ids import Actor
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id, student_id

CALM, GRAVE = [0] * 9, [*[0] * 8, 3]
OWN = """
[screening.own_rate_from]
value = 2
origin = { kind = "site", ref = "a test" }
"""


def screened(
    school: InventedSchool, sheets: dict[int, list[int]], by: str = "counselor-a", **who: Any
) -> str:
    """A campaign with PHQ-9 that is planned, opened, answered and closed."""
    desk = school.desk(by).screenings
    times = {"opens": school.clock.now(), "closes": school.clock.now() + timedelta(hours=8)}
    readers = [(f"staff:{by}", None, None)]
    campaign = desk.plan(("phq9",), **times, readers=readers, **who).campaign
    assert campaign is not None
    desk.open(campaign)
    file = school.folder / f"{campaign}.csv"
    heading = ["学号", "作答时间", *(f"{n}" for n in range(1, 10))]
    rows = [
        [school.number(n).removeprefix("no:"), "2026-11-02 08:30", *map(str, answers)]
        for n, answers in sheets.items()
    ]
    file.write_text("\n".join(",".join(line) for line in [heading, *rows]) + "\n", encoding="utf-8")
    came = desk.answers(
        campaign, file, items={"phq9": [str(n) for n in range(1, 10)]}, dry_run=False
    )
    assert came.scored == len(sheets), came.findings
    return str(campaign)


@pytest.mark.clause("B0.3", "C3.1")
def test_who_was_picked_by_a_counselor_is_known_to_counselors_alone(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        pair = [school.number(1), school.number(2)]
        picked = screened(school, {1: CALM}, students=pair)
        whole = screened(school, {2: CALM}, grades=("g10",))
        assert school.desk("counselor-b").screenings.progress(picked)["invited"] == 2
        for who in ("homeroom-1", "grade-head-10"):
            desk = school.desk(who).screenings
            assert [line["campaign"] for line in desk.list()] == [whole]
            assert desk.progress(whole)["answered"] == 1
            for missing in (False, True):
                with pytest.raises(NotFoundError):
                    desk.progress(picked, missing=missing)


def test_a_relative_counts_no_flag_of_a_student_of_whom_they_read_none(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        campaign = screened(school, {1: GRAVE, 3: GRAVE}, grades=("g10",))
        assert raised(school, "counselor-b", campaign) == 2
        line = roster(school.school).staff[staff_id("counselor-b")].addresses["mobile"]
        guardian = gather(school.school, student_id(1)).world.student.guardians[0]
        kin = changed(guardian, telephones=(line,))
        entered = RelationStarted(student=student_id(1), guardian=kin)
        batch = [(student_id(1), [entered])]
        commit_students(school.school, batch, Actor("operator:setup"), MONDAY, school.ids.command())
        assert raised(school, "counselor-b", campaign) == 1
        assert raised(school, "counselor-a", campaign) == 2


def test_whoever_is_accused_counts_on_as_if_they_had_not_been(tmp_path: Path) -> None:
    """A number that fell by one that day would tell them."""
    with open_school(tmp_path / "school") as school:
        campaign = screened(school, {1: GRAVE, 3: GRAVE}, grades=("g10",))
        before = school.desk("counselor-b").screenings.progress(campaign)
        school.desk("core").signals.report(
            school.number(1),
            "hotline",
            {"fear": "severe"},
            dangers=("harm_by_adult",),
            accused=str(staff_id("counselor-b")),
        )
        school.tick(minutes=1)
        assert school.desk("counselor-b").screenings.progress(campaign) == before


def raised(school: InventedSchool, who: str, campaign: str) -> int:
    found = school.desk(who).screenings.progress(campaign)["flags"]
    return sum(count["raised"] for count in found.values())


def test_a_forecast_tells_nothing_of_classes_whose_flags_one_may_not_review(
    tmp_path: Path,
) -> None:
    """Counselor C reads for grade 11: the rates of grade 10 are none of theirs."""
    with open_school(tmp_path / "school", plan=OWN) as school:
        before = school.desk("counselor-c").screenings.forecast(scales=("phq9",), grades=("g11",))
        tenth = screened(school, {1: GRAVE, 2: GRAVE, 3: GRAVE}, grades=("g10",))
        school.desk("counselor-a").screenings.close(tenth)
        own = school.desk("counselor-a").screenings.forecast(scales=("phq9",), grades=("g10",))
        assert own.data["origins"] == ["own campaigns"]
        after = school.desk("counselor-c").screenings.forecast(scales=("phq9",), grades=("g11",))
        assert after.data == before.data
        eleventh = screened(school, {5: CALM, 6: CALM}, by="counselor-c", grades=("g11",))
        school.desk("counselor-c").screenings.close(eleventh)
        mine = school.desk("counselor-c").screenings.forecast(scales=("phq9",), grades=("g11",))
        assert (mine.data["origins"], mine.data["flags"]) == ([], 0.0)
