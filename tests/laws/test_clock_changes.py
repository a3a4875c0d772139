"""Where clocks are put forward and back, no shift is lost or doubled, no message of the day either.

Hand-overs and messages are at local times. An hour that the clocks repeat belongs to whoever begins
in it first; an hour that they leave out is nobody's: what was to begin in it begins when the clocks
are put forward.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psysafe.domain import events as e
from psysafe.domain.calendar import CalendarDays, SchoolCalendar
from psysafe.domain.duties import Notice
from psysafe.domain.duty_roster import DutyRoster, Kept, Shift
from psysafe.domain.duty_roster_rotation import asked_hours, at_local, gaps, rotation
from psysafe.domain.people import RoleHeld, Roster, Scope, Staff
from psysafe.domain.plan import Daily, Origin
from psysafe.domain.severity import Severity
from psysafe.engine.cards import sends
from psysafe.engine.daily import DAILY, gathering
from psysafe.ids import Actor, NoticeId, PersonId, ShiftId

DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)
#: Zones and the days on which something happens to their clocks: an hour in the small hours, at
#: midnight, on a working day, half an hour, none at all, and a whole day that never was.
CHANGES: Final = {
    "Asia/Shanghai": (date(2026, 3, 29),),
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "America/Santiago": (date(2026, 4, 4), date(2026, 9, 6)),
    "Africa/Cairo": (date(2026, 4, 24), date(2026, 10, 29)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "America/St_Johns": (date(2026, 3, 8), date(2026, 11, 1)),
    "Asia/Gaza": (date(2026, 3, 28), date(2026, 10, 24)),
    "Pacific/Apia": (date(2011, 12, 30),),
}
PEOPLE: Final = tuple(PersonId(Actor(f"staff:d-{n}")) for n in range(3))

#: A zone, and a day not far from a change of its clocks.
near: Final = st.sampled_from(
    [(ZoneInfo(name), day) for name, days in CHANGES.items() for day in days]
).flatmap(
    lambda one: st.tuples(st.just(one[0]), st.integers(-4, 2).map(lambda n: one[1] + n * DAY))
)
#: Rather the small hours, in which clocks are changed.
hours: Final = st.one_of(
    st.times(), st.builds(time, st.sampled_from([22, 23, 0, 1, 2, 3]), st.integers(0, 59))
).map(lambda at: at.replace(microsecond=0, tzinfo=None))


# -- local times ------------------------------------------------------------------------------


@given(near, hours, hours)
def test_a_later_local_time_is_never_an_earlier_moment(
    where: tuple[ZoneInfo, date], one: time, other: time
) -> None:
    zone, day = where
    earlier, later = sorted((one, other))
    assert at_local(day, earlier, zone) <= at_local(day, later, zone)
    assert at_local(day, later, zone) <= at_local(day + DAY, earlier, zone)


@given(near, hours)
def test_a_local_time_that_there_is_is_met_the_first_time_and_else_the_next_moment_there_is(
    where: tuple[ZoneInfo, date], at: time
) -> None:
    zone, day = where
    found, wall = at_local(day, at, zone), datetime.combine(day, at)
    there = found.astimezone(zone).replace(tzinfo=None)
    before = (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    if there != wall:
        assert before < wall < there, "the clocks leave it out, and go on from there"
    else:
        assert found.astimezone(zone).fold == 0


# -- shifts -----------------------------------------------------------------------------------


@given(near, st.integers(1, 8), hours, st.sampled_from(["day", "week"]))
def test_turns_from_hand_over_to_hand_over_neither_leave_a_minute_out_nor_double_one(
    where: tuple[ZoneInfo, date], days: int, at: time, every: str
) -> None:
    zone, first = where
    last = first + days * DAY
    turns = rotation(
        SchoolCalendar(zone), "dormitory", PEOPLE, every=every, first=first, last=last, at=at
    )
    begins, ends = at_local(first, at, zone), at_local(last, at, zone)
    if begins == ends:
        assert turns == (), "a day that never was"
        return
    assert [turns[0].since, turns[-1].until] == [begins, ends]
    assert all(one.until == after.since for one, after in pairwise(turns))
    assert all(one.since < one.until for one in turns)


@given(near, st.integers(1, 8), hours, hours)
@example((ZoneInfo("Europe/Berlin"), date(2026, 3, 28)), 3, time(2, 30), time(3, 10))
@example((ZoneInfo("Europe/Berlin"), date(2026, 10, 24)), 3, time(22), time(2, 30))
def test_a_night_shift_and_the_day_shift_between_tile_the_days_of_a_change(
    where: tuple[ZoneInfo, date], days: int, night: time, morning: time
) -> None:
    zone, first = where
    if night == morning:
        return
    calendar, last = SchoolCalendar(zone), first + days * DAY
    nights = rotation(
        calendar, "dormitory", PEOPLE, every="day", first=first, last=last, at=night, ends=morning
    )
    mornings = rotation(
        calendar, "dormitory", PEOPLE, every="day", first=first, last=last, at=morning, ends=night
    )
    if not (nights and mornings):
        return  # a day that never was
    both = sorted((*nights, *mornings), key=lambda turn: turn.since)
    # From the first night on, until the last of the two is over.
    inside = [turn for turn in both if turn.since >= max(nights[0].since, mornings[0].since)]
    for one, after in pairwise(inside):
        assert one.until == after.since, (one, after)
    begun = Counter(turn.since for turn in nights)
    for day in (first + n * DAY for n in range(days)):
        begins = at_local(day, night, zone)
        there = begins.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, night)
        # Only what is to begin in an hour or on a day that never was may have nothing left.
        assert begun[begins] == 1 or not there


@given(near, st.integers(1, 6), hours, hours)
def test_the_hours_in_which_somebody_must_be_there_and_the_others_tile_a_window(
    where: tuple[ZoneInfo, date], days: int, opens: time, closes: time
) -> None:
    zone, first = where
    if opens.strftime("%H:%M") == closes.strftime("%H:%M"):
        return
    calendar = SchoolCalendar(zone)
    since, until = at_local(first, time(12), zone), at_local(first + days * DAY, time(12), zone)
    if since >= until:
        return

    def asked(one: time, other: time) -> list[tuple[datetime, datetime]]:
        kept = Kept(
            since=since, places=1, opens=one.strftime("%H:%M"), closes=other.strftime("%H:%M")
        )
        return list(asked_hours(kept, calendar, since, until))

    both = sorted((*asked(opens, closes), *asked(closes, opens)))
    assert both[0][0] == since
    assert both[-1][1] == until
    assert all(one[1] == after[0] for one, after in pairwise(both))


@given(near, st.integers(1, 6), hours, hours)
def test_a_rotation_over_the_hours_that_are_asked_leaves_no_gap(
    where: tuple[ZoneInfo, date], days: int, opens: time, closes: time
) -> None:
    zone, first = where
    opens, closes = opens.replace(second=0), closes.replace(second=0)
    if opens == closes:
        return
    calendar, last = SchoolCalendar(zone), first + days * DAY
    turns = rotation(
        calendar, "dormitory", PEOPLE, every="day", first=first, last=last, at=opens, ends=closes
    )
    held = (
        DutyRoster(
            shifts=tuple(
                Shift(
                    id=ShiftId(f"shift-{n}"),
                    roster=t.roster,
                    person=t.person,
                    since=t.since,
                    until=t.until,
                )
                for n, t in enumerate(turns)
            ),
            kept={
                "dormitory": Kept(
                    since=turns[0].since,
                    places=1,
                    opens=opens.strftime("%H:%M"),
                    closes=closes.strftime("%H:%M"),
                )
            },
        )
        if turns
        else DutyRoster()
    )
    end = at_local(last, min(opens, closes), zone)
    role = RoleHeld(
        role="duty_adult",
        scope=Scope(kind="school"),
        since=datetime(2000, 1, 1, tzinfo=UTC),
    )
    people = Roster(staff={p: Staff(id=p, name="甲", roles=(role,)) for p in PEOPLE})
    if turns:
        assert gaps(held, people, calendar, "dormitory", turns[0].since, end) == ()


# -- the message of the day -------------------------------------------------------------------

WHOM: Final = PersonId(Actor("staff:t-1"))


def told(number: int, at: datetime) -> e.NoticeQueued:
    return e.NoticeQueued(
        notice=Notice(
            id=NoticeId(f"notice-{number:012d}"),
            purpose="linkage",
            receiver=WHOM,
            role="counselor",
            severity=Severity.ATTENTION,
            queued=at,
            answer_by=at + 30 * DAY,
            channels=("inbox", "mail"),
        )
    )


@given(
    near,
    hours,
    st.lists(st.integers(0, 8 * 24 * 60), min_size=1, max_size=40),
    st.sets(st.integers(0, 8), max_size=2),
)
@example(
    (ZoneInfo("Africa/Cairo"), date(2026, 4, 22)), time(2, 10), list(range(0, 5760, 60)), set()
)
@example(
    (ZoneInfo("Africa/Cairo"), date(2026, 10, 27)), time(23, 30), list(range(0, 5760, 60)), set()
)
def test_what_can_wait_goes_out_once_on_every_school_day_whatever_the_clocks_do(
    where: tuple[ZoneInfo, date], at: time, minutes: list[int], free: set[int]
) -> None:
    zone, first = where
    days_off = CalendarDays(source="", holidays=frozenset(first + n * DAY for n in free))
    calendar = SchoolCalendar(zone, {first.year: days_off})
    daily = Daily(at=at, severities=(Severity.ATTENTION,), origin=Origin("suggestion", "house"))
    begins = at_local(first, time(0), zone)
    queued = sorted(begins + minute * MINUTE for minute in minutes)
    outbox = {}
    for number, moment in enumerate(queued):
        event = told(number, moment)
        found = gathering(sends(event.notice, calendar), [event], calendar, daily)
        for entry in found:
            # As every store does: what waits under a key is not put there twice.
            outbox.setdefault(entry.key, entry)
    wakes = [entry for entry in outbox.values() if entry.topic == DAILY]
    dates = [entry.due.astimezone(zone).date() for entry in wakes]
    assert len(set(dates)) == len(dates), "never twice a day"
    for moment in queued:
        due = [entry.due for entry in wakes if entry.due > moment]
        assert due, "and never lost"
        between = at_days(calendar, moment, min(due), at)
        assert between == [], "nor a day later than it could"


def at_days(calendar: SchoolCalendar, since: datetime, until: datetime, at: time) -> list[datetime]:
    """The moments strictly between two at which a school day has a local time."""
    day, found = calendar.local_day(since), []
    while day <= calendar.local_day(until):
        moment = datetime.combine(day, at, calendar.zone).astimezone(UTC)
        if since < moment < until and calendar.is_school_day(day):
            found.append(moment)
        day += DAY
    return found


@pytest.mark.parametrize("zone", CHANGES)
def test_each_zone_does_what_is_said_of_it(zone: str) -> None:
    """Data of zones change; a law over days on which nothing happens would hold nothing."""
    here = ZoneInfo(zone)
    for day in CHANGES[zone]:
        offsets = {datetime.combine(day + n * DAY, time(12), here).utcoffset() for n in (-1, 0, 1)}
        assert (len(offsets) > 1) is (zone != "Asia/Shanghai")
