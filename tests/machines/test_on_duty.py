"""What being on duty means: who is asked at night, who sees a student, who talks with a child."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.clock import to_wire
from psysafe.domain import events as e
from psysafe.domain.duty_roster import MOST_SHIFTS, ShiftsSwapped, SwapEnded
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.domain.people import Scope
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather, people_and_duty
from psysafe.engine.rebuilding import rebuild
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError, InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id, student_id


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


def asked_to_swap(school: InventedSchool) -> tuple[str, str, str]:
    """The duty adult proposes to the doctor that they change places: swap, and both shifts."""
    school.takes("doctor", "duty_adult")
    school.clock.advance(hours=1)
    on_duty(school, "duty_leader", "duty", 5, 10)
    on_duty(school, "duty_leader", "doctor", 24, 30)
    one, other = (s["shift"] for s in school.desk("duty").duty.show()["shifts"])
    school.desk("duty").duty.propose_swap(one, other)
    (swap,) = school.desk("head").duty.show()["swaps"]
    return swap["swap"], one, other


def there_in_turn(school: InventedSchool) -> list[str]:
    return [s["person"] for s in school.desk("affairs").duty.show()["shifts"]]


DUTY, DOCTOR = staff_id("duty"), staff_id("doctor")


def calls_of(school: InventedSchool, who: str) -> list[str]:
    return [notice["purpose"] for notice in school.desk(who).inbox.list()]


def test_a_swap_is_proposed_by_one_and_holds_when_the_other_has_accepted_it(
    school: InventedSchool,
) -> None:
    swap, _, _ = asked_to_swap(school)
    assert there_in_turn(school) == [DUTY, DOCTOR], "until then everybody stands where they stood"
    school.tick()
    assert calls_of(school, "doctor") == ["swap_asked"]
    # Nobody speaks for somebody else: neither whoever proposed it nor who makes up the rosters.
    for who in ("duty", "affairs", "counselor-a"):
        with pytest.raises(NotPermittedError) as refused:
            school.desk(who).duty.accept_swap(swap)
        assert refused.value.code == "PSY139"
    school.desk("doctor").duty.accept_swap(swap)
    assert there_in_turn(school) == [DOCTOR, DUTY]
    assert school.desk("duty").duty.show()["swaps"] == []
    school.tick()
    assert calls_of(school, "doctor") == []
    assert calls_of(school, "duty") == ["swap_over"]
    (swapped,) = [x for x in journalled(school) if isinstance(x, ShiftsSwapped)]
    assert (swapped.agreed, swapped.by) == ((DOCTOR, DUTY), DOCTOR)
    with pytest.raises(InvalidMoveError) as again:
        school.desk("doctor").duty.accept_swap(swap)
    assert again.value.code == "PSY140"
    assert verify(school.school).ok


def journalled(school: InventedSchool) -> list[object]:
    parts = school.school
    return [event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 2000)]


@pytest.mark.parametrize(("who", "answer"), [("doctor", "decline"), ("duty", "withdraw")])
def test_a_swap_that_is_declined_or_withdrawn_changes_nothing_and_the_other_hears_of_it(
    school: InventedSchool, who: str, answer: str
) -> None:
    swap, _, _ = asked_to_swap(school)
    other = "duty" if who == "doctor" else "doctor"
    with pytest.raises(NotPermittedError) as refused:
        getattr(school.desk(other).duty, f"{answer}_swap")(swap)
    assert refused.value.code == "PSY139"
    getattr(school.desk(who).duty, f"{answer}_swap")(swap)
    school.tick()
    assert there_in_turn(school) == [DUTY, DOCTOR]
    assert school.desk("duty").duty.show()["swaps"] == []
    assert calls_of(school, other) == ["swap_over"]
    assert calls_of(school, who) == []
    assert verify(school.school).ok


def test_a_swap_that_nobody_answers_is_over_when_the_first_shift_begins(
    school: InventedSchool,
) -> None:
    swap, _, _ = asked_to_swap(school)
    school.clock.advance(hours=4)  # the duty adult's shift begins; no tick has said so yet
    assert school.desk("duty").duty.show()["swaps"] == []
    with pytest.raises(InvalidMoveError) as late:
        school.desk("doctor").duty.accept_swap(swap)
    assert late.value.code == "PSY140"
    school.tick()
    (over,) = [x for x in journalled(school) if isinstance(x, SwapEnded)]
    assert (over.outcome, over.by) == ("expired", "system:tick")
    assert calls_of(school, "duty") == ["swap_over"]
    assert calls_of(school, "doctor") == []
    (there,) = school.desk("duty").duty.now()
    assert there["people"] == [DUTY]
    assert verify(school.school).ok


def test_what_stands_against_a_swap_is_looked_at_again_when_it_is_accepted(
    school: InventedSchool,
) -> None:
    """Meanwhile whoever asked was put on duty at that time elsewhere."""
    swap, _, _ = asked_to_swap(school)
    on_duty(school, "dormitory", "duty", 26, 28)
    with pytest.raises(InvalidDataError) as refused:
        school.desk("doctor").duty.accept_swap(swap)
    assert [f.code for f in refused.value.findings] == ["PSY051"]
    assert there_in_turn(school)[:2] == [DUTY, DOCTOR]
    school.absent("doctor", starts=5, days=1)
    school.desk("affairs").duty.remove(school.desk("duty").duty.show()["shifts"][-1]["shift"])
    with pytest.raises(InvalidDataError) as away:
        school.desk("doctor").duty.accept_swap(swap)
    assert "PSY054" in [f.code for f in away.value.findings]


def test_a_proposal_falls_away_when_one_of_the_shifts_becomes_somebody_elses(
    school: InventedSchool,
) -> None:
    swap, _, other = asked_to_swap(school)
    school.desk("affairs").duty.remove(other)
    assert school.desk("duty").duty.show()["swaps"] == []
    with pytest.raises(InvalidMoveError):
        school.desk("doctor").duty.accept_swap(swap)
    school.tick()
    assert calls_of(school, "duty") == calls_of(school, "doctor") == ["swap_over"]


def test_nobody_swaps_into_a_shift_in_which_they_would_stand_for_fewer_classes(
    school: InventedSchool,
) -> None:
    """An accepted swap would leave an hour empty for all the others."""
    school.takes("doctor", "duty_adult", scope=Scope(kind="grade", values=("g10",)))
    on_duty(school, "duty_leader", "duty", 5, 10)
    on_duty(school, "dormitory", "doctor", 24, 30)
    one, other = (s["shift"] for s in school.desk("duty").duty.show()["shifts"])
    with pytest.raises(InvalidDataError) as refused:
        school.desk("duty").duty.propose_swap(one, other)
    assert [f.code for f in refused.value.findings] == ["PSY053"]


def test_whoever_makes_up_the_rosters_swaps_without_asking_and_both_are_told(
    school: InventedSchool,
) -> None:
    _, one, other = asked_to_swap(school)
    with pytest.raises(NotPermittedError):
        school.desk("duty").duty.swap(one, other)
    school.desk("affairs").duty.swap(one, other)
    assert there_in_turn(school) == [DOCTOR, DUTY]
    school.tick()
    assert calls_of(school, "duty") == calls_of(school, "doctor") == ["swap_over"]
    (swapped,) = [x for x in journalled(school) if isinstance(x, ShiftsSwapped)]
    assert swapped.agreed == (), "nobody said so at their own desk"


# -- several campuses -------------------------------------------------------------------------


def on_campus(
    school: InventedSchool, roster: str, who: str, campus: str, begin: float = 0, end: float = 12
) -> None:
    since, until = MONDAY + timedelta(hours=begin), MONDAY + timedelta(hours=end)
    turn = Turn(roster, staff_id(who), since, until, campus)
    school.desk("affairs").duty.assign([turn])


def lives_on(school: InventedSchool, number: int, campus: str) -> None:
    """The roster of students names a campus."""
    parts, who = school.school, student_id(number)
    held = gather(parts, who).world.student
    placed = changed(held.placement, campus=campus)
    corrected = e.RelationStarted(student=who, placement=placed)
    actor, now = Actor("operator:setup"), school.clock.now()
    commit_students(parts, [(who, [corrected])], actor, now, school.ids.command())


def two_campuses(school: InventedSchool) -> None:
    """East and west have a duty adult each, the school as a whole the leader of the night."""
    for name in ("doctor", "expert"):
        school.takes(name, "duty_adult")
    school.clock.advance(hours=1)
    for number, campus in ((1, "east"), (2, "west")):
        lives_on(school, number, campus)
    on_campus(school, "duty_leader", "duty", "east", 1, 5)
    on_campus(school, "duty_leader", "doctor", "west", 1, 3)
    on_duty(school, "duty_leader", "expert", 1, 9)


def asked_for(school: InventedSchool, number: int) -> list[str]:
    """The duty adults whom a crisis of a student would ask now."""
    told = school.desk("counselor-a").cases.explain(school.number(number), "high")
    return [person.removeprefix("staff:") for person in asked(told)]


@pytest.mark.clause("C6.2")
def test_a_step_asks_whoever_is_on_duty_on_the_students_campus(school: InventedSchool) -> None:
    two_campuses(school)
    assert asked_for(school, 1) == ["duty"]
    assert asked_for(school, 2) == ["doctor"]
    assert asked_for(school, 3) == ["expert"], "of whom no campus is known"


def test_where_nobody_is_on_duty_on_a_campus_whoever_stands_for_the_school_is_asked(
    school: InventedSchool,
) -> None:
    two_campuses(school)
    school.clock.advance(hours=2.4)  # the step comes up within the hour after
    assert (asked_for(school, 1), asked_for(school, 2)) == (["duty"], ["expert"])
    school.absent("duty")
    assert asked_for(school, 1) == ["expert"], "whoever is away is not there"
    school.desk("affairs").duty.stop("duty_leader", "east")
    assert [line.get("campus") for line in school.desk("head").duty.now()] == [None, "west"]
    assert verify(school.school).ok


def test_a_campus_that_nobody_keeps_a_roster_for_asks_as_the_school_does(
    school: InventedSchool,
) -> None:
    school.takes("doctor", "duty_adult")
    lives_on(school, 1, "east")
    on_campus(school, "dormitory", "duty", "west")
    assert asked_for(school, 1) == ["doctor", "duty"], "no roster says who is on duty there"
    school.clock.advance(hours=13)
    lives_on(school, 2, "west")
    told = school.desk("counselor-a").cases.explain(school.number(2), "high")
    (route,) = [r for r in told["routes"] if r["purpose"] == "crisis"]
    (step,) = [s for s in route["steps"] if s["role"].endswith("duty_adult")]
    assert step["skipped"] == "nobody", "an hour without a shift, in a roster that is kept"


def test_a_barred_duty_adult_of_a_campus_is_passed_by_for_the_schools(
    school: InventedSchool,
) -> None:
    two_campuses(school)
    school.desk("counselor-b").signals.report(
        school.number(1),
        "one_to_one",
        {"fear": "marked"},
        dangers=("harm_by_adult",),
        accused=DUTY,
    )
    world = gather(school.school, student_id(1)).world
    assert world.on_duty("duty_adult", school.clock.now()) == (staff_id("expert"),)
    (line,) = school.desk("expert").cases.list()
    assert line["case"]
    assert school.desk("duty").cases.list() == []


def test_a_duty_adult_sees_a_case_of_their_campus_in_lists_and_none_of_another(
    school: InventedSchool,
) -> None:
    two_campuses(school)
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}
    )
    assert len(school.desk("duty").cases.list()) == 1
    for other in ("doctor", "expert"):
        assert "duty_adult" not in str(school.desk(other).cases.list())
    lives_on(school, 1, "west")
    assert school.desk("duty").cases.list() == [], "moved to the other campus"
    assert verify(school.school).ok


def test_gaps_are_looked_for_on_each_campus_and_places_are_its_own(
    school: InventedSchool,
) -> None:
    two_campuses(school)
    found = {(g["roster"], g.get("campus")) for g in school.desk("affairs").duty.show()["gaps"]}
    assert found == {("duty_leader", campus) for campus in (None, "east", "west")}
    first = next(g for g in school.desk("affairs").duty.show()["gaps"] if g.get("campus") == "west")
    assert first["since"] == to_wire(MONDAY + timedelta(hours=3))
    on_campus(school, "duty_leader", "expert", "west", 10, 12)
    with pytest.raises(InvalidDataError) as crowded:
        on_campus(school, "duty_leader", "doctor", "west", 11, 12)
    assert [f.code for f in crowded.value.findings] == ["PSY052"]


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


def test_an_override_of_several_people_says_in_whose_place(school: InventedSchool) -> None:
    school.takes("doctor", "duty_adult")
    school.takes("expert", "duty_adult")
    school.desk("affairs").duty.keep("duty_leader", places=2)
    for who in ("duty", "doctor"):
        on_duty(school, "duty_leader", who, 4, 10)
    since, until = MONDAY + timedelta(hours=6), MONDAY + timedelta(hours=8)
    override = school.desk("affairs").duty.override
    with pytest.raises(InvalidMoveError) as refused:
        override("duty_leader", staff_id("expert"), since, until)
    assert refused.value.code == "PSY059"
    assert sorted(there_in_turn(school)) == sorted([DUTY, DOCTOR]), "nobody was sent home"
    override("duty_leader", staff_id("expert"), since, until, instead_of=DUTY)
    shifts = school.desk("affairs").duty.show()["shifts"]
    assert [s["person"] for s in shifts].count(DUTY) == 2, "before and after"
    assert [s["person"] for s in shifts].count(DOCTOR) == 1, "who was not meant stays"


def test_rosters_have_an_end_so_that_every_step_stays_quick(school: InventedSchool) -> None:
    def turns(first: int, count: int) -> list[Turn]:
        times = [MONDAY + timedelta(hours=hour) for hour in range(first, first + count)]
        return [
            Turn(roster="duty_leader", person=DUTY, since=at, until=at + timedelta(minutes=30))
            for at in times
        ]

    desk = school.desk("affairs").duty
    desk.assign(turns(4, MOST_SHIFTS))
    with pytest.raises(InvalidDataError) as full:
        desk.assign(turns(4 + MOST_SHIFTS, 1))
    assert [f.code for f in full.value.findings] == ["PSY057"]
    assert len(people_and_duty(school.school)[1].shifts) == MOST_SHIFTS
    # What is over falls away after thirty days, and then there is room again.
    school.clock.advance(days=31)
    desk.assign(turns(24 * 31 + MOST_SHIFTS, 1))
