"""Breaks: stretches without school. A room of `calendar`.

Everything here counts the school's own local days, so neither the host's zone nor a change of the
clocks moves a break. A year without data has weekends and no more; `check` says that it is missing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import attrs

from psysafe.domain.calendar import CLOSE_OF_SCHOOL_DAY, FURTHEST, SchoolCalendar

_DAY = timedelta(days=1)


@attrs.frozen
class Break:
    """A stretch of days without school, from its first to its last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


def break_at(calendar: SchoolCalendar, day: date) -> Break | None:
    """The stretch without school around a day; None on a school day.

    It is looked for as far as a vacation can reach, in both directions.
    """
    if calendar.is_school_day(day):
        return None
    first = last = day
    for _ in range(FURTHEST):
        if calendar.is_school_day(first - _DAY):
            break
        first -= _DAY
    for _ in range(FURTHEST):
        if calendar.is_school_day(last + _DAY):
            break
        last += _DAY
    return Break(first, last)


def next_break(
    calendar: SchoolCalendar, day: date, until: date, *, longer_than: int
) -> Break | None:
    """The break of more days than that which runs on a day, or else begins until another one."""
    here = day
    while here <= until:
        found = break_at(calendar, here)
        if found is not None and found.days > longer_than:
            return found
        here = found.last + _DAY if found is not None else here + _DAY
    return None


def closes_before(calendar: SchoolCalendar, day: date, count: int) -> datetime | None:
    """When the Nth school day before a day is over (UTC); None where there are not so many."""
    here, found = day, 0
    for _ in range(FURTHEST):
        here -= _DAY
        found += calendar.is_school_day(here)
        if found == count:
            return datetime.combine(here, CLOSE_OF_SCHOOL_DAY, calendar.zone).astimezone(UTC)
    return None
