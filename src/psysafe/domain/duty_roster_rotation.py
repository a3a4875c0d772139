"""Shifts in turn, and the hours that nobody stands in: plain reckoning with a school's calendar.

Hand-over is at a local time. A day on which the clocks change has 23 or 25 hours, and so has the
shift of that day; an hour that is repeated is the next shift's. The host's own zone is never asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil, floor
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duty_roster import DutyRoster, Kept
from psysafe.domain.people import Roster
from psysafe.ids import PersonId

#: How long each person's turn is, in days.
TURNS: Final = {"day": 1, "week": 7}


@attrs.frozen
class Turn:
    """A person and an interval: a shift that nobody has decided yet."""

    roster: str
    person: PersonId
    since: datetime
    until: datetime
    campus: str = ""


@attrs.frozen
class Gap:
    """From a time until a time nobody is on duty in a roster; `campus` empty: for the school."""

    roster: str
    since: datetime
    until: datetime
    campus: str = ""


def at_local(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The moment (UTC) of a local time, the first one where the clocks repeat it.

    Where the clocks leave it out it is the moment at which they are put forward, so a later local
    time is never an earlier moment: of two shifts that meet there, neither loses or doubles any.
    """
    wall = datetime.combine(day, hour.replace(fold=0), zone)
    found = wall.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return found
    before, after = wall.replace(fold=1).astimezone(UTC), found
    offset = after.astimezone(zone).utcoffset()
    low, high = floor(before.timestamp()), ceil(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def rotation(
    calendar: SchoolCalendar,
    roster: str,
    people: Sequence[PersonId],
    *,
    every: str,
    first: date,
    last: date,
    at: time,
    ends: time | None = None,
    campus: str = "",
) -> tuple[Turn, ...]:
    """People in turn, from the hand-over at `at` on `first` until that on `last`.

    `every`: `day` or `week`. With `ends` each night (or day) is a shift of its own that ends at
    that local time, on the next day where it is not later than `at`; without, one shift reaches
    to the next. Empty where nobody is named or `last` does not come after `first`.
    """
    if not people:
        return ()
    length, zone = TURNS[every], calendar.zone
    step = 1 if ends is not None else length
    found: list[Turn] = []
    for passed in range(0, max((last - first).days, 0), step):
        day = first + timedelta(days=passed)
        if ends is None:
            until = at_local(min(day + timedelta(days=step), last), at, zone)
        else:
            until = at_local(day if ends > at else day + timedelta(days=1), ends, zone)
        since = at_local(day, at, zone)
        if since < until:
            person = people[passed // length % len(people)]
            found.append(Turn(roster, person, since, until, campus))
    return tuple(found)


def gaps(
    held: DutyRoster,
    people: Roster,
    calendar: SchoolCalendar,
    roster: str,
    since: datetime,
    until: datetime,
    campus: str = "",
) -> tuple[Gap, ...]:
    """When nobody would be on duty in a roster, of the hours in which somebody must be.

    On a campus only whoever stands there counts: a duty adult of the whole school is told too,
    but may be a bus ride away.

    Absences that are known, and roles that end, count: a shift of somebody who is away without a
    deputy is a gap. A roster that is not kept has none.
    """
    kept = held.kept.get(roster)
    begins = kept.begins(campus) if kept is not None else None
    if kept is None or begins is None:
        return ()
    found: list[Gap] = []
    for begin, end in asked_hours(kept, calendar, max(since, begins), until):
        edges = sorted({begin, end, *_edges(held, people, roster, campus, begin, end)})
        for one, next_one in pairwise(edges):
            if held.there(roster, people, one, campus):
                continue
            if found and found[-1].until == one:
                found[-1] = Gap(roster, found[-1].since, next_one, campus)
            else:
                found.append(Gap(roster, one, next_one, campus))
    return tuple(found)


def asked_hours(
    kept: Kept, calendar: SchoolCalendar, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The hours of a window in which somebody must be there, one after the other."""
    if since >= until:
        return
    if not kept.opens:
        yield since, until
        return
    opens, closes = time.fromisoformat(kept.opens), time.fromisoformat(kept.closes)
    day, last = calendar.local_day(since) - timedelta(days=1), calendar.local_day(until)
    while day <= last:
        begin = at_local(day, opens, calendar.zone)
        over = day if closes > opens else day + timedelta(days=1)
        end = at_local(over, closes, calendar.zone)
        if max(begin, since) < min(end, until):
            yield max(begin, since), min(end, until)
        day += timedelta(days=1)


def _edges(
    held: DutyRoster, people: Roster, roster: str, campus: str, since: datetime, until: datetime
) -> Iterator[datetime]:
    """Every moment of a window at which somebody may begin or cease to be there."""
    moments: list[datetime | None] = []
    for shift in held.shifts:
        same = (shift.roster, shift.campus) == (roster, campus)
        if same and shift.overlaps(since, until):
            moments += (shift.since, shift.until)
    for someone in people.staff.values():
        # A deputy's absence counts as much as that of whoever they stand in for.
        moments += [edge for a in someone.absences for edge in (a.since, a.until)]
        moments += [edge for r in someone.roles for edge in (r.since, r.until)]
    return (moment for moment in moments if moment is not None and since < moment < until)
