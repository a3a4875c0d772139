"""What being on duty means: who is asked at night, who sees a student, who talks with a child."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain import events as e
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.engine.handle import Receipt
from psysafe.engine.rebuilding import rebuild
from psysafe.engine.verify import event_of, verify
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school", now=MONDAY) as opened:
        yield opened


def on_duty(
    school: InventedSchool, roster: str, who: str, begin: float = 0, end: float = 12
) -> Receipt:
    since, until = MONDAY + timedelta(hours=begin), MONDAY + timedelta(hours=end)
    turn = Turn(roster=roster, person=staff_id(who), since=since, until=until)
    return school.desk("affairs").duty.assign([turn])


def crisis(school: InventedSchool) -> str:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "marked"})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="dormitory", proposal="hospital", severity="high")
    return str(case.id)


def steps(school: InventedSchool) -> list[e.RouteStepDue]:
    parts = school.school
    found = (event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 2000))
    return [event for event in found if isinstance(event, e.RouteStepDue)]


@pytest.mark.clause("C6.2")
def test_an_empty_shift_never_delays_a_step(school: InventedSchool) -> None:
    """The route goes on in the same moment, and the journal says that nobody was on duty."""
    on_duty(school, "dormitory", "duty", 0, 1)
    school.absent("homeroom-1")
    school.absent("grade-head-10")
    school.clock.advance(hours=2)
    crisis(school)
    (skipped,) = [s for s in steps(school) if s.index == 2 and s.skipped == "nobody"]
    after = [s for s in steps(school) if s.run == skipped.run and s.index == 3]
    assert [s.people for s in after] == [(staff_id("affairs"),)]
    assert after[0].at == skipped.at


@pytest.mark.clause("C6.2")
def test_whoever_is_on_duty_is_asked_and_without_a_roster_all_who_are_present(
    school: InventedSchool,
) -> None:
    school.takes("doctor", "duty_adult")
    school.absent("homeroom-1")
    school.absent("grade-head-10")
    on_duty(school, "dormitory", "duty", 3, 9)
    school.clock.advance(hours=1)
    told = school.desk("counselor-a").cases.explain(school.number(1), "high")
    assert asked(told) == [staff_id("doctor"), staff_id("duty")]
    school.clock.advance(hours=3)
    told = school.desk("counselor-a").cases.explain(school.number(1), "high")
    assert asked(told) == [staff_id("duty")]


def asked(told: dict[str, Any]) -> list[str]:
    (route,) = [r for r in told["routes"] if r["purpose"] == "crisis"]
    (step,) = [s for s in route["steps"] if s["role"].endswith("duty_adult")]
    return list(step["people"])


def sees(school: InventedSchool, who: str) -> Any:
    """What somebody sees of the case and of the list, or that nothing is there for them."""
    desk = school.desk(who)
    try:
        seen = desk.cases.about(school.number(1)).data
    except NotFoundError as refusal:
        return (refusal.code, desk.cases.list())
    return (sorted(seen), len(desk.cases.list()))


def test_a_duty_adult_sees_a_student_only_during_their_shift(tmp_path: Path) -> None:
    """Outside it everything answers as in a world where there is no case."""
    with (
        open_school(tmp_path / "one", now=MONDAY) as school,
        open_school(tmp_path / "other", now=MONDAY) as calm,
    ):
        for one in (school, calm):
            on_duty(one, "duty_leader", "duty", 2, 4)
        # Of the case, not of being told of it: nobody asks the duty adult here.
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"self_harm": "severe"}
        )
        seen = []
        for hour in range(6):
            there, not_there = sees(school, "duty"), sees(calm, "duty")
            assert (there != not_there) is (hour in (2, 3))
            seen.append(there[0])
            school.clock.advance(hours=1)
            calm.clock.advance(hours=1)
        assert "case" in seen[2]
        assert seen[0] == seen[5] == "PSY001"


def test_a_hotline_volunteer_on_duty_sees_no_student(school: InventedSchool) -> None:
    on_duty(school, "hotline", "spare")
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}
    )
    assert sees(school, "spare") == ("PSY001", [])


def talk(school: InventedSchool, number: int) -> str:
    """A child wants to talk; who owes the answer."""
    school.student_desk(number).signals.ask_to_talk()
    parts = school.school
    found = [event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 2000)]
    opened = [ev.duty for ev in found if isinstance(ev, e.DutyOpened) and ev.duty.kind == "talk"]
    return opened[-1].owner


@pytest.mark.clause("B1.1")
def test_a_child_who_wants_to_talk_is_answered_by_the_counselor_on_call(
    school: InventedSchool,
) -> None:
    assert talk(school, 1) == staff_id("counselor-a")
    on_duty(school, "counselor_on_call", "counselor-b")
    assert talk(school, 2) == staff_id("counselor-b")


def test_a_swap_needs_both_and_says_who_agreed(school: InventedSchool) -> None:
    school.takes("doctor", "duty_adult")
    school.clock.advance(hours=1)
    on_duty(school, "duty_leader", "duty", 5, 10)
    on_duty(school, "duty_leader", "doctor", 24, 30)
    desk = school.desk("affairs").duty
    one, other = [s["shift"] for s in desk.show()["shifts"]]
    with pytest.raises(InvalidMoveError) as refused:
        desk.swap(one, other, [staff_id("duty")])
    assert refused.value.code == "PSY058"
    desk.swap(one, other, [staff_id("duty"), staff_id("doctor")])
    assert [s["person"] for s in desk.show()["shifts"]] == [staff_id("doctor"), staff_id("duty")]


@pytest.mark.parametrize("who", ["homeroom-1", "duty", "spare", "operator:it"])
def test_only_who_makes_up_the_rosters_changes_them(school: InventedSchool, who: str) -> None:
    with pytest.raises(NotPermittedError):
        school.desk(who).duty.keep("hotline", places=3)


def test_a_damaged_roster_is_named_and_folded_again(school: InventedSchool) -> None:
    on_duty(school, "duty_leader", "duty")
    assert verify(school.school).ok
    held = school.desk("affairs").duty.show()
    rebuild(school.school, "duty_roster", Actor("operator:it"), school.clock.now())
    assert school.desk("affairs").duty.show() == held
