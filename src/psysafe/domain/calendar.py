"""School days and due times: when something that is owed must be done.

Two clocks run in a school. A danger runs on *wall time*: minutes and hours go on at night and on
Sundays. Everything else runs on *school days*, which the school's own calendar knows. A due time
counted in school days may carry a cap in wall time, so that no holiday holds it for a week.

Nothing here reads a clock or the host's zone: the start comes in, the zone is the school's.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs
from dateutil.relativedelta import relativedelta

from psysafe.clock import utc
from psysafe.errors import Finding, InvalidDataError


class Unit(enum.Enum):
    """In what a time limit is counted; the value is the word in a plan."""

    AT_ONCE = "at once"
    MINUTES = "min"
    HOURS = "h"
    SCHOOL_DAYS = "school days"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS_AFTER_SCHOOLING = "years"


#: Units that pass at night, at weekends and in holidays alike: only these can cap a due time.
WALL_TIME: Final = frozenset({Unit.AT_ONCE, Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.WEEKS})

#: When a school day is over, in the school's local time. Practice: what comes in later is read
#: on the next morning.
CLOSE_OF_SCHOOL_DAY: Final = time(17, 0)
#: From when somebody is in school and reads what can wait. Practice.
START_OF_SCHOOL_DAY: Final = time(8, 0)
#: How far a school day is looked for: no vacation is longer, and a calendar may know none.
FURTHEST: Final = 120

_FORM = re.compile(
    r"(?P<once>at once)"
    r"|end of schooling \+ (?P<years>[1-9][0-9]?) years?"
    r"|(?P<count>[1-9][0-9]{0,3}) (?P<unit>min|h|school days?|days?|weeks?|months?)"
)
_SINGULAR: Final = {
    "school day": Unit.SCHOOL_DAYS,
    "day": Unit.DAYS,
    "week": Unit.WEEKS,
    "month": Unit.MONTHS,
}


@attrs.frozen(order=False)
class Within:
    """A time limit as plans write it: `at once`, `10 min`, `2 school days`, and so on.

    `str` gives the written form; `parse_within` reads it back to an equal value.
    """

    unit: Unit
    count: int = 0

    def __attrs_post_init__(self) -> None:
        if (self.count > 0) is (self.unit is Unit.AT_ONCE):
            raise ValueError("a time limit counts at least one of its unit; 'at once' counts none")

    def __str__(self) -> str:
        word: str = self.unit.value
        if self.unit is Unit.AT_ONCE:
            return word
        if self.count == 1 and word.endswith("s"):
            word = word[:-1]
        prefix = "end of schooling + " if self.unit is Unit.YEARS_AFTER_SCHOOLING else ""
        return f"{prefix}{self.count} {word}"

    def length(self) -> timedelta:
        """How long it is. Only minutes and hours are the same everywhere: ValueError for others."""
        if self.unit is Unit.MINUTES:
            return timedelta(minutes=self.count)
        if self.unit is Unit.HOURS:
            return timedelta(hours=self.count)
        raise ValueError("how long it is depends on the calendar")


AT_ONCE: Final = Within(Unit.AT_ONCE)


def parse_within(text: str, path: str = "within") -> Within:
    """Read a time limit; `path` names its place in the file for the error.

    Forms: `at once`, `N min`, `N h` (wall time), `N school days`, `N days`, `N weeks`, `N months`
    (N from 1 to 9999) and `end of schooling + N years` (N from 1 to 99). One of something may be
    written without the s. Raises InvalidDataError PSY104 for anything else.
    """
    found = _FORM.fullmatch(text)
    if found is None or (found["unit"] in _SINGULAR and found["count"] != "1"):
        raise InvalidDataError(
            [Finding(code="PSY104", where={"path": path}, facts={"value": repr(text[:40])})]
        )
    if found["once"]:
        return AT_ONCE
    if found["years"]:
        return Within(Unit.YEARS_AFTER_SCHOOLING, int(found["years"]))
    unit = found["unit"]
    return Within(_SINGULAR.get(unit) or Unit(unit), int(found["count"]))


@attrs.frozen
class Term:
    """A stretch of teaching, from its first to its last day, both included."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


@attrs.frozen(kw_only=True)
class CalendarDays:
    """What is known of one year: days off, make-up days, the school's terms, and who says so.

    Without `terms` nothing is known of vacations and every weekday that is no holiday counts.
    """

    source: str
    holidays: frozenset[date] = frozenset()
    makeup: frozenset[date] = frozenset()
    terms: tuple[Term, ...] = ()


@attrs.frozen(kw_only=True)
class Due:
    """When something is due (UTC), and whether the calendar knew every year that it counted."""

    at: datetime
    known: bool


_MOST_COUNTED: Final = 256


@attrs.frozen
class SchoolCalendar:
    """The school's zone and its years. A year that is not listed has no data."""

    zone: ZoneInfo
    years: Mapping[int, CalendarDays] = attrs.field(factory=dict, repr=False)
    _counted: dict[tuple[datetime, Within, Within | None], Due] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )

    def knows(self, year: int) -> bool:
        """Whether the calendar has data for this year; it never guesses one."""
        return year in self.years

    def is_school_day(self, day: date) -> bool:
        """Whether there is school on this local date.

        In a year without data Monday to Friday count: too early is better than never. A term of
        one year may reach into the next; vacations are known only in years that list terms.
        """
        data = self.years.get(day.year)
        if data is None:
            return day.weekday() < 5
        if data.terms and not any(
            term.covers(day) for listed in self.years.values() for term in listed.terms
        ):
            return False
        return day in data.makeup or (day.weekday() < 5 and day not in data.holidays)

    def local_day(self, moment: datetime) -> date:
        """The school's local date at that moment."""
        return moment.astimezone(self.zone).date()

    def closes(self, day: date) -> datetime | None:
        """When this school day is over; None where there is no school on that local date."""
        if not self.is_school_day(day):
            return None
        return datetime.combine(day, CLOSE_OF_SCHOOL_DAY, self.zone).astimezone(UTC)

    def school_hour(self, moment: datetime) -> datetime:
        """The moment itself where there is school then, else the next morning with school (UTC).

        What can wait is not sent at night. Where no school day comes, it is sent at once.
        """
        moment = utc(moment, "moment")
        here = moment.astimezone(self.zone)
        for ahead in range(FURTHEST):
            day = here.date() + timedelta(days=ahead)
            if not self.is_school_day(day) or (ahead == 0 and here.time() >= CLOSE_OF_SCHOOL_DAY):
                continue
            opens = datetime.combine(day, START_OF_SCHOOL_DAY, self.zone).astimezone(UTC)
            return max(opens, moment)
        return moment

    def next_at(self, moment: datetime, at: time) -> datetime:
        """The next time after a moment at which a school day has this local time (UTC).

        Where no school day comes, the moment itself.
        """
        moment = utc(moment, "moment")
        for ahead in range(FURTHEST):
            day = self.local_day(moment) + timedelta(days=ahead)
            found = datetime.combine(day, at, self.zone).astimezone(UTC)
            if found > moment and self.is_school_day(day):
                return found
        return moment

    def due(self, start: datetime, within: Within, cap: Within | None = None) -> Due:
        """When something that began at `start` is due; never before it, never after the cap.

        `at once` is the start itself. Minutes and hours are elapsed time. N school days end at
        17:00 local time of the Nth school day after the start's own day. Days, weeks, months and
        years keep the local time of day (31 January + 1 month is the last of February; an hour
        that a clock change repeats or leaves out moves the time by that hour at most). For `end
        of schooling + N years` the start is the end of schooling. `cap` is counted from the same
        start, in wall time. Raises InvalidDataError PSY014 where the start has no zone.
        """
        # What begins together is due together: a batch asks the same for each of its flags.
        asked = (start, within, cap)
        found = self._counted.get(asked)
        if found is None:
            if len(self._counted) >= _MOST_COUNTED:
                self._counted.clear()
            found = self._counted[asked] = self._count(start, within, cap)
        return found

    def _count(self, start: datetime, within: Within, cap: Within | None) -> Due:
        start = utc(start, "start")
        latest = None if cap is None else self._elapsed(start, cap)
        if within.unit is Unit.SCHOOL_DAYS:
            return self._school_days(start, within.count, latest)
        at = self._elapsed(start, within)
        return Due(at=at if latest is None else min(at, latest), known=True)

    def _elapsed(self, start: datetime, within: Within) -> datetime:
        match within.unit:
            case Unit.AT_ONCE:
                return start
            case Unit.MINUTES:
                return start + timedelta(minutes=within.count)
            case Unit.HOURS:
                return start + timedelta(hours=within.count)
            case Unit.SCHOOL_DAYS:
                raise ValueError("school days are no wall time")
            case Unit.DAYS:
                step = relativedelta(days=within.count)
            case Unit.WEEKS:
                step = relativedelta(weeks=within.count)
            case Unit.MONTHS:
                step = relativedelta(months=within.count)
            case Unit.YEARS_AFTER_SCHOOLING:
                step = relativedelta(years=within.count)
        there: datetime = start.astimezone(self.zone) + step
        return there.astimezone(UTC)

    def _school_days(self, start: datetime, count: int, latest: datetime | None) -> Due:
        day = self.local_day(start)
        last = None if latest is None else self.local_day(latest)
        known = True
        while count:
            day += timedelta(days=1)
            if last is not None and day > last:
                break
            known = known and self.knows(day.year)
            count -= self.is_school_day(day)
        at = datetime.combine(day, CLOSE_OF_SCHOOL_DAY, self.zone).astimezone(UTC)
        return Due(at=at if latest is None else min(at, latest), known=known)
