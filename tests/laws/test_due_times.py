"""Laws of due times: never before the start, never past the cap, the same on every machine."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.domain.calendar import (
    AT_ONCE,
    CalendarDays,
    SchoolCalendar,
    Term,
    Unit,
    Within,
    parse_within,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOTHING = timedelta(0)
CLOCK_CHANGE = timedelta(hours=1)
COUNTED = [unit for unit in Unit if unit is not Unit.AT_ONCE]
WALL = [Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.WEEKS]

days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
years = st.builds(
    lambda holidays, makeup, terms: CalendarDays(
        source="invented",
        holidays=frozenset(holidays),
        makeup=frozenset(makeup) - frozenset(holidays),
        terms=tuple(Term(first, first + timedelta(days=length)) for first, length in terms),
    ),
    st.sets(days, max_size=12),
    st.sets(days, max_size=4),
    st.lists(st.tuples(days, st.integers(0, 150)), max_size=2),
)
calendars = st.builds(
    SchoolCalendar,
    st.sampled_from([SHANGHAI, BERLIN]),
    st.dictionaries(st.sampled_from([2026, 2027]), years),
)
# Around both clock changes of 2026 as well as anywhere else.
starts = st.one_of(
    [
        st.builds(
            datetime.__add__, st.just(datetime(*first, tzinfo=UTC)), st.timedeltas(NOTHING, span)
        )
        for first, span in (
            ((2026, 1, 1), timedelta(days=730)),
            ((2026, 3, 28), timedelta(days=2)),
            ((2026, 10, 24), timedelta(days=2)),
        )
    ]
)
counts = st.integers(1, 40)
withins = st.just(AT_ONCE) | st.builds(Within, st.sampled_from(COUNTED), counts)
caps = st.none() | st.just(AT_ONCE) | st.builds(Within, st.sampled_from(WALL), counts)


@contextmanager
def host_in(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        del os.environ["TZ"]
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


@given(st.just(AT_ONCE) | st.builds(Within, st.sampled_from(COUNTED), st.integers(1, 99)))
def test_a_time_limit_written_down_and_read_again_is_the_same(within: Within) -> None:
    assert parse_within(str(within)) == within


@given(calendars, starts, withins, caps)
def test_nothing_is_due_before_it_began(
    calendar: SchoolCalendar, start: datetime, within: Within, cap: Within | None
) -> None:
    assert calendar.due(start, within, cap).at >= start


@given(calendars, starts, withins, caps)
def test_nothing_is_due_after_its_cap_and_a_cap_only_tightens(
    calendar: SchoolCalendar, start: datetime, within: Within, cap: Within | None
) -> None:
    free, capped = calendar.due(start, within), calendar.due(start, within, cap)
    latest = free.at if cap is None else min(free.at, calendar.due(start, cap).at)
    assert capped.at == latest


@given(calendars, starts, st.sampled_from(COUNTED), counts, counts, caps)
def test_more_time_is_never_less_time(
    calendar: SchoolCalendar, start: datetime, unit: Unit, one: int, two: int, cap: Within | None
) -> None:
    fewer, more = sorted((one, two))
    assert (
        calendar.due(start, Within(unit, fewer), cap).at
        <= calendar.due(start, Within(unit, more), cap).at
    )


@given(calendars, starts, st.timedeltas(NOTHING, timedelta(days=40)), withins)
def test_what_began_later_is_not_due_earlier(
    calendar: SchoolCalendar, start: datetime, later: timedelta, within: Within
) -> None:
    first, second = calendar.due(start, within).at, calendar.due(start + later, within).at
    # Calendar days keep the time of day: in the hour that a clock change repeats or leaves out
    # two starts may change places by that hour. The 29th to 31st share the last day of a short
    # month, so for months and years the law holds by the day.
    slack = NOTHING
    if within.unit in (Unit.DAYS, Unit.WEEKS) and calendar.zone is BERLIN:
        slack = CLOCK_CHANGE
    elif within.unit in (Unit.MONTHS, Unit.YEARS_AFTER_SCHOOLING):
        slack = timedelta(days=1) + CLOCK_CHANGE
    assert first <= second + slack


@given(calendars, starts, withins, caps)
@settings(max_examples=50)
def test_the_machines_zone_does_not_matter(
    calendar: SchoolCalendar, start: datetime, within: Within, cap: Within | None
) -> None:
    found = set()
    for zone in ("UTC", "Asia/Shanghai", "America/St_Johns", "Pacific/Kiritimati"):
        with host_in(zone):
            found.add(calendar.due(start, within, cap))
    assert len(found) == 1


@given(calendars, starts, counts)
def test_school_days_end_at_five_local_time_on_a_school_day(
    calendar: SchoolCalendar, start: datetime, count: int
) -> None:
    due = calendar.due(start, Within(Unit.SCHOOL_DAYS, count)).at.astimezone(calendar.zone)
    assert (due.hour, due.minute, due.second) == (17, 0, 0)
    assert calendar.is_school_day(due.date())
    began = calendar.local_day(start)
    passed = sum(
        calendar.is_school_day(began + timedelta(days=n))
        for n in range(1, (due.date() - began).days + 1)
    )
    assert passed == count


@given(calendars, starts, counts)
def test_a_time_is_known_only_if_every_year_on_the_way_is(
    calendar: SchoolCalendar, start: datetime, count: int
) -> None:
    due = calendar.due(start, Within(Unit.SCHOOL_DAYS, count))
    first, last = calendar.local_day(start) + timedelta(days=1), calendar.local_day(due.at)
    assert due.known is all(calendar.knows(year) for year in range(first.year, last.year + 1))
