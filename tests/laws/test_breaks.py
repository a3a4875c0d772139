"""Laws of breaks: what one is, by when a plan is there, in zones whose clocks change."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.domain.calendar import CalendarDays, SchoolCalendar, Term, Unit, Within
from psysafe.domain.calendar_breaks import break_at, closes_before, next_break

DAY = timedelta(days=1)
#: Zones with summer time in the north and in the south, by half an hour, without, and one that
#: once left out a whole day.
ZONES = [
    ZoneInfo(name)
    for name in (
        "Asia/Shanghai",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "America/Santiago",
        "America/St_Johns",
        "Pacific/Apia",
    )
]
HOSTS = ("UTC", "Asia/Shanghai", "America/St_Johns", "Pacific/Kiritimati")

dates = st.dates(date(2026, 1, 1), date(2027, 12, 31))
years = st.builds(
    lambda holidays, makeup, terms: CalendarDays(
        source="invented",
        holidays=frozenset(holidays),
        makeup=frozenset(makeup) - frozenset(holidays),
        terms=tuple(Term(first, first + timedelta(days=length)) for first, length in terms),
    ),
    st.sets(dates, max_size=12),
    st.sets(dates, max_size=4),
    st.lists(st.tuples(dates, st.integers(0, 150)), max_size=2),
)
calendars = st.builds(
    SchoolCalendar,
    st.sampled_from(ZONES),
    st.dictionaries(st.sampled_from([2026, 2027]), years),
)
#: Around the changes of clocks in the north and in the south, as well as anywhere else.
days = st.one_of(
    dates,
    *(
        st.dates(first, first + timedelta(days=8))
        for first in (
            date(2026, 3, 26),
            date(2026, 4, 2),
            date(2026, 9, 3),
            date(2026, 10, 1),
            date(2026, 10, 22),
        )
    ),
)


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


@given(calendars, days)
def test_a_break_holds_no_school_day_and_ends_where_there_is_school(
    calendar: SchoolCalendar, day: date
) -> None:
    found = break_at(calendar, day)
    if found is None:
        assert calendar.is_school_day(day)
        return
    assert found.covers(day)
    inside = (found.first + n * DAY for n in range(found.days))
    assert not any(calendar.is_school_day(one) for one in inside)
    # A school that has closed for good has a break as long as one is looked for.
    for edge, reached in ((found.first - DAY, day - found.first), (found.last + DAY, None)):
        far = reached if reached is not None else found.last - day
        assert calendar.is_school_day(edge) or far.days == 120


@given(calendars, days, st.integers(0, 60), st.integers(0, 10))
def test_the_next_break_is_the_first_that_is_long_enough(
    calendar: SchoolCalendar, day: date, ahead: int, longer_than: int
) -> None:
    until = day + ahead * DAY
    found = next_break(calendar, day, until, longer_than=longer_than)
    long_ones = [
        one
        for n in range(ahead + 1)
        if (one := break_at(calendar, day + n * DAY)) is not None and one.days > longer_than
    ]
    assert (found is None) is (not long_ones)
    if found is not None:
        assert found.days > longer_than
        assert found.first <= until
        assert found.first == min(one.first for one in long_ones)


@given(calendars, days, st.integers(1, 20))
def test_a_plan_is_due_at_the_close_of_a_school_day_before_the_break(
    calendar: SchoolCalendar, day: date, count: int
) -> None:
    due = closes_before(calendar, day, count)
    if due is None:
        return
    here = due.astimezone(calendar.zone)
    assert here.time() == clock_time(17, 0)
    assert here.date() < day
    between = (here.date() + n * DAY for n in range((day - here.date()).days))
    assert sum(calendar.is_school_day(one) for one in between) == count
    fewer = closes_before(calendar, day, count - 1) if count > 1 else None
    assert fewer is None or due < fewer


@given(calendars, days, st.integers(1, 10))
def test_counting_back_and_counting_on_agree(
    calendar: SchoolCalendar, day: date, count: int
) -> None:
    """From the close of the Nth school day before a break, N - 1 school days on is the last one."""
    due, last = closes_before(calendar, day, count), closes_before(calendar, day, 1)
    if due is None or last is None or count == 1:
        return
    assert calendar.due(due, Within(Unit.SCHOOL_DAYS, count - 1)).at == last


@given(calendars, days, st.integers(0, 40), st.integers(1, 10))
@settings(max_examples=50)
def test_the_machines_zone_moves_no_break(
    calendar: SchoolCalendar, day: date, ahead: int, count: int
) -> None:
    found = set()
    for zone in HOSTS:
        with host_in(zone):
            one = next_break(calendar, day, day + ahead * DAY, longer_than=3)
            found.add((one, closes_before(calendar, day, count)))
    assert len(found) == 1


@given(st.sampled_from(ZONES), days, st.integers(0, 86_399))
def test_a_clock_that_changes_moves_nobody_into_or_out_of_a_break(
    zone: ZoneInfo, day: date, second: int
) -> None:
    """Every moment of a local day is of that day, the hour that comes twice included."""
    calendar = SchoolCalendar(zone, {})
    begins = datetime.combine(day, clock_time(), zone).astimezone(UTC)
    ends = datetime.combine(day + DAY, clock_time(), zone).astimezone(UTC)
    moment = min(begins + timedelta(seconds=second), ends - timedelta(seconds=1))
    assert calendar.local_day(moment) == day
    assert break_at(calendar, calendar.local_day(moment)) == break_at(calendar, day)
