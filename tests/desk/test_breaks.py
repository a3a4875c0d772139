"""Before a break longer than three days every live case has a plan: who is there, who covers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.desk.checking import check
from psysafe.domain.duties import Duty
from psysafe.domain.files import Case, StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import Finding, InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.testing.schools import (
    MONDAY,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

CALENDAR = """format = 1
[year.2026]
source = "invented"
holidays = [2026-10-01, 2026-10-02, 2026-10-05, 2026-10-06, 2026-10-07]
makeup = [2026-10-10]
terms = [{ from = 2026-09-01, to = 2027-01-22 }]
[year.2027]
source = "invented"
terms = [{ from = 2027-02-22, to = 2027-07-09 }]
"""
#: Friday, 22 January 2027 is the last day of the term, the 18th five school days before.
FIRST, LAST = "2027-01-23", "2027-02-21"
DUE = datetime(2027, 1, 18, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai
MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with opened(tmp_path, datetime(2027, 1, 4, 1, 0, tzinfo=UTC)) as found:
        yield found
        assert verify(found.school).ok


def opened(folder: Path, now: datetime) -> InventedSchool:
    """The invented school with a calendar: once to have its folder, then with the file in it."""
    open_school(folder / "school").close()
    (folder / "school" / "calendar.toml").write_text(CALENDAR, encoding="utf-8")
    return open_school(folder / "school", now=now)


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def case_of(school: InventedSchool) -> Case:
    case = file_of(school).live_case
    assert case is not None
    return case


def owed(school: InventedSchool, kind: str = "holiday_plan") -> Duty | None:
    return next(iter(file_of(school).owed(kind)), None)


def a_case(school: InventedSchool, lead: str = "counselor-a") -> str:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "marked"})
    case = school.desk(lead).cases.about(school.number(1))
    case.acknowledge()
    case.open()
    return str(case.id)


def plans(school: InventedSchool, case: str, who: str = "counselor-a", **other: Any) -> None:
    given = {
        "contact": "her aunt",
        "next_contact": "12356",
        "covers": staff_id("counselor-b"),
        "informed": [MOTHER],
    }
    school.desk(who).cases.holiday_plan(case, **{**given, **other})


def found(school: InventedSchool) -> list[Finding]:
    checked = check(school.school, school.net.settings, school.clock.now())
    return [f for f in checked if f.code == "PSY142"]


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def test_three_weeks_before_a_break_whoever_leads_is_asked_for_a_plan(tmp_path: Path) -> None:
    with opened(tmp_path, datetime(2026, 12, 28, 1, 0, tzinfo=UTC)) as school:
        a_case(school)
        school.tick()
        assert owed(school) is None
        school.tick(days=6)  # the third of January: the look of that day finds the break near
        duty = owed(school)
        assert duty is not None
        assert (duty.owner, duty.due) == (staff_id("counselor-a"), DUE)
        school.tick()
        assert "rounds" in told(school, "counselor-a")


def test_a_case_that_opens_near_a_break_is_asked_in_the_same_moment(school: InventedSchool) -> None:
    a_case(school)
    duty = owed(school)
    assert duty is not None
    assert duty.due == DUE


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2027, 1, 20, 1, 0, tzinfo=UTC), datetime(2027, 1, 22, 9, 0, tzinfo=UTC)),
        (datetime(2027, 1, 25, 1, 0, tzinfo=UTC), datetime(2027, 1, 26, 1, 0, tzinfo=UTC)),
    ],
)
def test_too_late_for_that_it_is_due_before_the_break_and_in_it_within_a_day(
    tmp_path: Path, now: datetime, due: datetime
) -> None:
    with opened(tmp_path, now) as school:
        a_case(school)
        duty = owed(school)
        assert duty is not None
        assert duty.due == due


def test_a_plan_meets_the_duty_and_whoever_covers_is_told(school: InventedSchool) -> None:
    case = a_case(school)
    plans(school, case)
    assert owed(school) is None
    school.tick()
    assert told(school, "counselor-b").count("holiday_cover") == 1
    for name in ("counselor-c", "homeroom-2", "head", "spare"):
        assert "holiday_cover" not in told(school, name)
    school.tick(days=1)
    assert owed(school) is None, "asked again although there is a plan"


def test_a_plan_is_seen_by_those_whom_the_policy_lets_see_it(school: InventedSchool) -> None:
    case = a_case(school)
    plans(school, case)
    for name in ("counselor-a", "counselor-b"):
        seen = school.desk(name).cases.about(school.number(1)).data["holiday_plan"]
        assert (seen["contact"], seen["covers"]) == ("her aunt", staff_id("counselor-b"))
    assert "holiday_plan" not in school.desk("homeroom-1").cases.about(school.number(1)).data
    for name in ("counselor-c", "homeroom-2"):
        with pytest.raises(NotFoundError):
            school.desk(name).cases.about(school.number(1))
    kinds = {
        line["kind"]
        for line in school.desk("counselor-a").cases.about(school.number(1)).data["timeline"]
    }
    assert "holiday_planned" in kinds


def test_a_late_plan_goes_to_the_center_and_on_to_the_leading_group(school: InventedSchool) -> None:
    a_case(school)
    school.clock.set(DUE)
    school.tick()
    duty = owed(school)
    assert duty is not None
    assert duty.owner == staff_id("counselor-b")
    assert "rounds" in told(school, "counselor-b")
    school.clock.set(duty.due)
    school.tick()
    duty = owed(school)
    assert duty is not None
    assert duty.owner == staff_id("head")


def test_check_counts_the_live_cases_without_a_plan_and_names_none(school: InventedSchool) -> None:
    case = a_case(school)
    (finding,) = found(school)
    assert dict(finding.facts) == {"first": FIRST, "last": LAST, "count": 1}
    assert case not in repr(finding)
    plans(school, case)
    assert found(school) == []


def test_a_plan_whose_cover_leaves_is_asked_for_again(school: InventedSchool) -> None:
    case = a_case(school)
    plans(school, case)
    school.leaves("counselor-b")
    assert len(found(school)) == 1
    school.tick(days=1)
    assert owed(school) is not None
    plans(school, case, covers=staff_id("counselor-a"))
    assert owed(school) is None
    assert found(school) == []


def test_a_plan_whose_cover_is_accused_is_asked_for_again_at_once(school: InventedSchool) -> None:
    case = a_case(school)
    plans(school, case)
    school.desk("safeguarding").bars.set(
        school.number(1), staff_id("counselor-b"), why="she says that she was hurt"
    )
    duty = owed(school)
    assert duty is not None
    assert duty.owner == staff_id("counselor-a")
    with pytest.raises(InvalidMoveError) as refused:
        plans(school, case)
    assert refused.value.code == "PSY144"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"contact": " "}, "PSY143"),
        ({"next_contact": ""}, "PSY143"),
        ({"covers": staff_id("counselor-c")}, "PSY144"),
        ({"covers": staff_id("nobody")}, "PSY144"),
        ({"informed": []}, "PSY145"),
        ({"informed": [guardian_id(2)]}, "PSY001"),
    ],
)
def test_a_plan_that_would_help_nobody_is_refused(
    school: InventedSchool, wrong: dict[str, Any], code: str
) -> None:
    case = a_case(school)
    with pytest.raises((InvalidMoveError, NotFoundError)) as refused:
        plans(school, case, **wrong)
    assert refused.value.code == code
    assert owed(school) is not None


def test_whoever_is_away_over_the_break_covers_only_with_a_deputy(school: InventedSchool) -> None:
    case = a_case(school)
    school.clock.set(datetime(2027, 1, 22, 9, 0, tzinfo=UTC))
    school.absent("counselor-b", days=10)
    with pytest.raises(InvalidMoveError) as refused:
        plans(school, case)
    assert refused.value.code == "PSY144"
    school.absent("counselor-b", "counselor-c", days=10)
    plans(school, case)


def test_where_every_guardian_was_tried_on_all_numbers_nobody_at_home_need_know(
    school: InventedSchool,
) -> None:
    case = a_case(school)
    school.desk("counselor-a").cases.declare(
        case, danger="self", place="home", proposal="a talk", severity="high"
    )
    school.tick()
    (notice,) = (
        n["notice"] for n in school.desk("homeroom-1").inbox.list() if n["purpose"] == "crisis"
    )
    school.desk("homeroom-1").inbox.acknowledge(notice)
    for guardian in (MOTHER, FATHER):
        with pytest.raises(InvalidMoveError):
            plans(school, case, informed=[])
        school.desk("homeroom-1").cases.guardian(case, guardian, "unreachable")
    plans(school, case, informed=[])


def test_a_barred_guardian_is_not_informed_and_need_not_be(school: InventedSchool) -> None:
    case = a_case(school)
    for guardian in (MOTHER, FATHER):
        school.desk("safeguarding").bars.set(school.number(1), guardian, why="he hurts her")
    with pytest.raises(InvalidMoveError) as refused:
        plans(school, case)
    assert refused.value.code == "PSY083"
    plans(school, case, informed=[])


def test_a_plan_is_written_by_whoever_has_the_right(school: InventedSchool) -> None:
    case = a_case(school)
    for name, error in (("homeroom-1", NotPermittedError), ("homeroom-2", NotFoundError)):
        with pytest.raises(error):
            plans(school, case, who=name)


def test_without_a_break_near_there_is_nothing_to_plan(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", now=MONDAY) as school:
        case = a_case(school)
        with pytest.raises(InvalidMoveError) as refused:
            plans(school, case)
        assert refused.value.code == "PSY146"
        assert owed(school) is None


def test_a_weekend_and_a_long_weekend_are_no_break(tmp_path: Path) -> None:
    with opened(tmp_path, datetime(2026, 11, 2, 1, 0, tzinfo=UTC)) as school:
        a_case(school)
        school.tick(days=1)
        assert owed(school) is None


def test_a_duty_whose_break_is_over_goes_and_the_next_break_is_planned(
    school: InventedSchool,
) -> None:
    case = a_case(school)
    school.clock.set(datetime(2027, 2, 22, 1, 0, tzinfo=UTC))
    school.tick()
    assert owed(school) is None
    school.clock.set(datetime(2027, 6, 25, 1, 0, tzinfo=UTC))
    school.tick()
    assert case_of(school).id == case
    assert owed(school) is not None
    assert case_of(school).break_ahead is not None
    assert case_of(school).break_ahead.first == "2027-07-10"  # type: ignore[union-attr]


# -- a sudden closure -------------------------------------------------------------------------


def test_a_sudden_closure_makes_a_hand_over_to_home_for_every_live_case_the_same_day(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, MONDAY) as school:
        case = a_case(school)
        school.desk("affairs").closures.begin(date(2026, 11, 15))
        home, plan = owed(school, "hand_over_home"), owed(school)
        assert home is not None
        assert plan is not None
        assert (home.owner, plan.owner) == (staff_id("homeroom-1"), staff_id("counselor-a"))
        assert home.due == MONDAY + timedelta(hours=4)
        school.tick()
        for name in ("homeroom-1", "counselor-a"):
            assert "rounds" in told(school, name)
        for name in ("homeroom-2", "homeroom-3", "counselor-c", "registrar"):
            assert told(school, name) == []
        # Nobody takes it up: the same day it is the grade head's.
        school.tick(hours=4)
        home = owed(school, "hand_over_home")
        assert home is not None
        assert home.owner == staff_id("grade-head-10")
        school.desk("grade-head-10").cases.supervise(
            case, "handed_to", "her grandmother", place="home", to="guardian"
        )
        assert owed(school, "hand_over_home") is None
        plans(school, case)
        assert owed(school) is None
        assert case_of(school).holiday.last == "2026-11-15"  # type: ignore[union-attr]


def test_whoever_a_family_has_already_is_not_handed_over_again(tmp_path: Path) -> None:
    with opened(tmp_path, MONDAY) as school:
        case = a_case(school)
        school.desk("counselor-a").cases.away(case, "home", "her mother")
        school.desk("head").closures.begin(date(2026, 11, 15))
        assert owed(school, "hand_over_home") is None
        assert owed(school) is not None


def test_whoever_closes_the_school_learns_of_no_case(tmp_path: Path) -> None:
    answers = []
    for cases in (0, 1):
        folder = tmp_path / str(cases)
        folder.mkdir()
        with opened(folder, MONDAY) as school:
            for _ in range(cases):
                a_case(school)
            receipt = school.desk("affairs").closures.begin(date(2026, 11, 15))
            answers.append([receipt.case, receipt.refused, receipt.asks])
    assert answers[0] == answers[1]


def test_a_closure_is_said_by_whoever_may_and_ends_within_a_year(school: InventedSchool) -> None:
    a_case(school)
    with pytest.raises(NotPermittedError):
        school.desk("homeroom-1").closures.begin(date(2027, 1, 10))
    for last in (date(2027, 1, 3), date(2029, 1, 1)):
        with pytest.raises(InvalidMoveError) as refused:
            school.desk("affairs").closures.begin(last)
        assert refused.value.code == "PSY149"
    assert owed(school, "hand_over_home") is None
