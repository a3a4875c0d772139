"""Laws of the rosters of duty: places, gaps that tile, turns by the school's own clocks, swaps."""

from __future__ import annotations

import time as clocks
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duty_roster import (
    KEPT_FOR,
    DutyRoster,
    Kept,
    Shift,
    ShiftRemoved,
    ShiftsAssigned,
    ShiftsSwapped,
    evolve,
)
from psysafe.domain.duty_roster_rotation import Turn, at_local, gaps, rotation
from psysafe.domain.people import Absence, RoleHeld, Roster, Scope, Staff, Standing
from psysafe.ids import Actor, ClassId, PersonId, ShiftId, StudentId

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
SHANGHAI = SchoolCalendar(ZoneInfo("Asia/Shanghai"))
BERLIN = SchoolCalendar(ZoneInfo("Europe/Berlin"))
PEOPLE = tuple(PersonId(Actor(f"staff:d-{n}")) for n in range(3))
BY = Actor("staff:head")
ABOUT = Standing(student=StudentId("s-0"), grade="g10", class_id=ClassId("cl-0"), since=NOW)


def somebody(person: PersonId, *away: Absence, deputy: PersonId | None = None) -> Staff:
    held = RoleHeld(role="duty_adult", scope=Scope(kind="school"), since=NOW - timedelta(days=90))
    return Staff(id=person, name="甲", roles=(held,), absences=away, deputy=deputy)


SCHOOL = Roster(staff={person: somebody(person) for person in PEOPLE})


def shift(number: int, person: int, begin: float, end: float, roster: str = "dormitory") -> Shift:
    return Shift(
        id=ShiftId(f"shift-{number:012d}"),
        roster=roster,
        person=PEOPLE[person],
        since=NOW + timedelta(hours=begin),
        until=NOW + timedelta(hours=end),
    )


def held(*shifts: Shift) -> DutyRoster:
    return evolve(None, ShiftsAssigned(shifts=shifts, by=BY, at=NOW))


hours = st.integers(0, 7 * 24)
drawn = st.lists(st.tuples(st.integers(0, 2), hours, st.integers(1, 30)), min_size=1, max_size=8)


@given(drawn, hours, st.integers(1, 100), st.none() | st.tuples(hours, st.integers(1, 40)))
def test_gaps_and_hours_with_somebody_on_duty_tile_the_window(
    made: list[tuple[int, int, int]], begin: int, long: int, away: tuple[int, int] | None
) -> None:
    roster = held(*(shift(n, who, at, at + for_) for n, (who, at, for_) in enumerate(made)))
    absences = ()
    if away is not None:
        gone = NOW + timedelta(hours=away[0])
        absences = (Absence(since=gone, until=gone + timedelta(hours=away[1])),)
    people = Roster(staff={**SCHOOL.staff, PEOPLE[0]: somebody(PEOPLE[0], *absences)})
    since, until = NOW + timedelta(hours=begin), NOW + timedelta(hours=begin + long)
    kept = roster.kept["dormitory"].since
    assert kept is not None
    found = gaps(roster, people, SHANGHAI, "dormitory", since, until)
    for one, after in pairwise(found):
        assert one.until < after.since
    for hour in range(begin, begin + long):
        moment = NOW + timedelta(hours=hour, minutes=30)
        empty = moment >= kept and not roster.there("dormitory", people, moment)
        assert any(g.since <= moment < g.until for g in found) is empty


@given(st.integers(0, 400), st.integers(1, 60), st.sampled_from(["day", "week"]), st.times())
def test_turns_follow_on_each_other_and_fall_to_everybody_in_order(
    ahead: int, days: int, every: str, at: time
) -> None:
    first = date(2026, 1, 1) + timedelta(days=ahead)
    at = at.replace(tzinfo=None)
    turns = rotation(
        BERLIN,
        "dormitory",
        PEOPLE,
        every=every,
        first=first,
        last=first + timedelta(days=days),
        at=at,
    )
    assert turns[0].since == at_local(first, at, BERLIN.zone)
    for one, after in pairwise(turns):
        assert one.until == after.since
        assert after.person == PEOPLE[(PEOPLE.index(one.person) + 1) % 3]
    assert turns[-1].until == at_local(first + timedelta(days=days), at, BERLIN.zone)


def test_a_night_on_which_the_clocks_change_is_an_hour_longer_and_handed_over_on_time() -> None:
    turns = rotation(
        BERLIN,
        "dormitory",
        PEOPLE,
        every="day",
        first=date(2026, 10, 23),
        last=date(2026, 10, 26),
        at=time(17),
    )
    assert [t.until - t.since for t in turns] == [timedelta(hours=h) for h in (24, 25, 24)]
    assert {t.since.astimezone(BERLIN.zone).hour for t in turns} == {17}


def test_a_rotation_does_not_ask_the_machines_own_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> tuple[Turn, ...]:
        return rotation(
            SHANGHAI,
            "dormitory",
            PEOPLE,
            every="week",
            first=date(2026, 11, 2),
            last=date(2026, 12, 1),
            at=time(22),
            ends=time(7),
        )

    found = []
    for zone in ("America/New_York", "Asia/Shanghai"):
        monkeypatch.setenv("TZ", zone)
        clocks.tzset()
        found.append(made())
    monkeypatch.undo()
    clocks.tzset()
    assert found[0] == found[1]
    assert {t.person for t in found[0][:7]} == {PEOPLE[0]}
    assert all(t.until - t.since == timedelta(hours=9) for t in found[0])


@given(drawn)
def test_swapping_twice_is_as_if_nobody_had_swapped(made: list[tuple[int, int, int]]) -> None:
    roster = held(*(shift(n, who, at, at + for_) for n, (who, at, for_) in enumerate(made)))
    one, other = roster.shifts[0].id, roster.shifts[-1].id
    swap = ShiftsSwapped(one=one, other=other, agreed=PEOPLE[:2], by=BY, at=NOW)
    assert evolve(evolve(roster, swap), swap) == roster


def test_a_roster_decides_from_its_first_shift_on_and_an_hour_without_one_is_empty() -> None:
    roster = held(shift(1, 0, 10, 20))

    def asked(hour: float) -> tuple[PersonId, ...] | None:
        when = NOW + timedelta(hours=hour)
        return roster.on_duty("duty_adult", SCHOOL, ABOUT, when)

    assert asked(9.9) is None
    assert asked(10) == (PEOPLE[0],)
    assert asked(20) == ()
    gone = evolve(
        roster, ShiftRemoved(shift=roster.shifts[0].id, by=BY, at=NOW + timedelta(hours=12))
    )
    assert gone.shifts[0].until == NOW + timedelta(hours=12)
    assert gone.on_duty("duty_adult", SCHOOL, ABOUT, NOW + timedelta(hours=13)) == ()


def test_a_deputy_stands_in_for_whoever_is_away_on_duty() -> None:
    away = Absence(since=NOW, until=NOW + timedelta(days=2))
    people = Roster(staff={**SCHOOL.staff, PEOPLE[0]: somebody(PEOPLE[0], away, deputy=PEOPLE[2])})
    found = held(shift(1, 0, 0, 5)).on_duty("duty_adult", people, ABOUT, NOW)
    assert found == (PEOPLE[2],)


def test_shifts_that_are_long_over_drop_out_and_the_roster_stays_kept() -> None:
    roster = held(shift(1, 0, 0, 5))
    late = NOW + KEPT_FOR + timedelta(days=1)
    after = evolve(roster, ShiftsAssigned(shifts=(), by=BY, at=late))
    assert after.shifts == ()
    assert after.on_duty("duty_adult", SCHOOL, ABOUT, late) == ()
    assert after.kept["dormitory"] == Kept(since=NOW, places=30)
