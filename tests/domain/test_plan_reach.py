"""What a check says about phases, and about the people of each class."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.builtin.plans import shipped_plans
from psysafe.domain.people import Scope
from psysafe.domain.plan import Plan
from psysafe.domain.plan_phases import check_phases
from psysafe.domain.plan_reach import check_reach
from psysafe.domain.plan_reading import read_plan
from psysafe.engine.gather import roster
from psysafe.errors import Finding
from psysafe.testing import InventedSchool, open_school
from psysafe.testing.schools import class_id

DAY = date(2026, 9, 1)


def plan_of(*phases: dict[str, Any]) -> Plan:
    data = {"format": 1, "extends": "two-phase@1", "phase": list(phases)}
    return read_plan(data, shipped_plans())[0]


def phase(name: str, first: int, last: int | None = None, **more: Any) -> dict[str, Any]:
    found = {"id": name, "from": DAY + timedelta(days=first), "situation": "low", **more}
    return found | ({"until": DAY + timedelta(days=last)} if last is not None else {})


def told(found: Iterator[Finding]) -> list[tuple[str, str]]:
    listed = list(found)
    assert all(f.what and f.why and f.cure for f in listed)
    return [(f.code, f.severity) for f in listed]


BEFORE, AFTER = "before_reopening", "after_reopening"


@pytest.mark.parametrize(
    ("phases", "codes"),
    [
        ([phase(BEFORE, -30, -1), phase(AFTER, 0)], []),
        ([phase(BEFORE, -30), phase(AFTER, 0)], []),
        ([phase(AFTER, 0), phase(BEFORE, 0, 9, campus="east")], []),
        ([], ["PSY127"]),
        ([phase(AFTER, 1)], ["PSY127"]),
        ([phase(BEFORE, -30, -9), phase(AFTER, 0)], ["PSY128"]),
        ([phase(BEFORE, -30, 3), phase(AFTER, 0)], ["PSY129"]),
        ([phase(BEFORE, 0), phase(AFTER, 0)], ["PSY129"]),
        ([phase("exams", 0)], ["PSY130"]),
        ([phase(AFTER, 0, 9, campus="east"), phase(BEFORE, 3, 5, campus="west")], []),
    ],
)
def test_gaps_and_overlaps_of_phases_are_found(phases: list[Any], codes: list[str]) -> None:
    assert [code for code, _ in told(check_phases(plan_of(*phases), DAY))] == codes


def test_a_plan_whose_activities_know_no_phase_needs_none() -> None:
    plan, _ = read_plan({"format": 1, "extends": "three-tier@1"}, shipped_plans())
    assert told(check_phases(plan, DAY)) == []


# ---- people --------------------------------------------------------------------------------------


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def reach(school: InventedSchool) -> list[Finding]:
    found = list(check_reach(school.school.plan, roster(school.school), school.clock.now()))
    assert all(f.what and f.why and f.cure for f in found)
    return found


def test_a_school_in_which_everybody_is_there_is_silent(school: InventedSchool) -> None:
    assert reach(school) == []


def test_a_role_that_is_held_for_another_grade_only_is_found_class_by_class(
    school: InventedSchool,
) -> None:
    school.leaves("counselor-c")
    found = reach(school)
    assert {f.code for f in found} == {"PSY123"}
    assert {f.facts["count"] for f in found} == {1}
    assert {f.where["path"] for f in found} == {
        "routes.linkage.steps[0]",
        "routes.linkage_daytime.steps[0]",
        "routes.warning.steps[3]",
    }


def test_a_sole_holder_who_is_away_without_deputy_leaves_the_role_empty(
    school: InventedSchool,
) -> None:
    school.absent("duty", days=3)
    (found,) = (f for f in reach(school) if f.code == "PSY125")
    assert (found.facts["role"], found.severity) == ("duty_adult", "error")
    assert found.facts["until"] == "2026-11-05T00:30:00.000000Z"


def test_an_absence_with_a_deputy_who_is_there_is_none(school: InventedSchool) -> None:
    school.absent("duty", deputy="spare", days=3)
    assert reach(school) == []


def test_an_absence_of_the_coming_week_is_found_ahead(school: InventedSchool) -> None:
    school.absent("head", days=5)
    now = school.clock.now()
    school.clock.set(now - timedelta(days=4))
    found = [f for f in reach(school) if f.code == "PSY125"]
    assert [(f.facts["role"], f.severity) for f in found] == [("leading_group_head", "warning")]
    school.clock.set(now - timedelta(days=8))
    assert [f for f in reach(school) if f.code == "PSY125"] == []


def test_a_homeroom_teacher_who_is_away_leaves_their_class_alone(school: InventedSchool) -> None:
    school.absent("homeroom-1")
    found = reach(school)
    assert {(f.code, f.facts["role"], f.facts["count"]) for f in found} == {
        ("PSY123", "homeroom_teacher", 1)
    }
    assert {f.where["path"] for f in found} == {"routes.crisis.steps[0]", "routes.warning.steps[0]"}


def test_a_step_whose_people_were_asked_before_adds_nobody(school: InventedSchool) -> None:
    school.leaves("affairs")
    school.takes("grade-head-10", "student_affairs_head", Scope(kind="school"))
    school.leaves("grade-head-11")
    school.takes("grade-head-10", "grade_head", Scope(kind="school"))
    assert ("PSY117", "warning") in told(iter(reach(school)))


def test_a_route_without_anybody_for_a_class_is_an_error(school: InventedSchool) -> None:
    for name in ("counselor-c", "grade-head-11", "affairs"):
        school.leaves(name)
    found = [f for f in reach(school) if f.code == "PSY124"]
    assert [f.where["path"] for f in found] == ["routes.linkage", "routes.linkage_daytime"]
    assert {f.severity for f in found} == {"error"}


def ahead(school: InventedSchool, days: float) -> list[Finding]:
    """What is found so long before the present."""
    now = school.clock.now()
    school.clock.set(now - timedelta(days=days))
    found = [f for f in reach(school) if f.code == "PSY135"]
    school.clock.set(now)
    return found


def test_a_class_whose_only_teacher_will_be_away_without_a_deputy(school: InventedSchool) -> None:
    school.absent("homeroom-1", days=3)
    school.absent("counselor-a", days=3)  # another counselor of the grade is there
    (found,) = ahead(school, 2)
    assert (found.facts["role"], found.severity) == ("homeroom_teacher", "warning")
    assert found.facts["people"] == "staff:homeroom-1"
    assert found.facts["classes"] == class_id(1)
    assert found.facts["until"] == "2026-11-05T00:30:00.000000Z"
    assert ahead(school, 8) == []
    school.absent("homeroom-1", deputy="spare", days=3)
    assert ahead(school, 2) == []
