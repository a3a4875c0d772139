"""School days and due times."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from psysafe.domain.calendar import (
    AT_ONCE,
    CalendarDays,
    SchoolCalendar,
    Term,
    Unit,
    Within,
    parse_within,
)
from psysafe.errors import InvalidDataError

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
AUTUMN = CalendarDays(
    source="State Council notice of 2025-11",
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    makeup=frozenset({date(2026, 10, 10)}),
)
DAY_ONE = date(2026, 1, 5)
SCHOOL = SchoolCalendar(SHANGHAI, {2026: AUTUMN})


def local(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, zone: ZoneInfo = SHANGHAI
) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "unit", "count"),
    [
        ("at once", Unit.AT_ONCE, 0),
        ("10 min", Unit.MINUTES, 10),
        ("4 h", Unit.HOURS, 4),
        ("1 school day", Unit.SCHOOL_DAYS, 1),
        ("1 school days", Unit.SCHOOL_DAYS, 1),
        ("2 school days", Unit.SCHOOL_DAYS, 2),
        ("7 days", Unit.DAYS, 7),
        ("1 week", Unit.WEEKS, 1),
        ("3 months", Unit.MONTHS, 3),
        ("end of schooling + 3 years", Unit.YEARS_AFTER_SCHOOLING, 3),
    ],
)
def test_each_way_of_writing_a_time_limit_is_read(text: str, unit: Unit, count: int) -> None:
    assert parse_within(text) == Within(unit, count)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "0 min",
        "-1 h",
        "010 min",
        "1.5 h",
        "10min",
        "10  min",
        " 10 min",
        "10 min ",
        "10 min\n",
        "10 MIN",
        "10 minutes",
        "2 school day",
        "2 week",
        "1 mins",
        "1 year",
        "2 years",
        "10000 h",
        "١٠ min",
        "at  once",
        "end of schooling",
        "end of schooling + 100 years",
        "end of schooling + 0 years",
        "end of schooling + 3 months",
    ],
)
def test_anything_else_is_no_time_limit(text: str) -> None:
    with pytest.raises(InvalidDataError) as refused:
        parse_within(text, "deadlines.triage.high.within")
    assert refused.value.code == "PSY104"
    assert refused.value.finding.where["path"] == "deadlines.triage.high.within"


def test_a_time_limit_counts_at_least_one() -> None:
    for unit in Unit:
        with pytest.raises(ValueError, match="counts"):
            Within(unit, 3 if unit is Unit.AT_ONCE else 0)
    assert str(AT_ONCE) == "at once"


def test_holidays_are_out_and_makeup_saturdays_are_in() -> None:
    assert SCHOOL.is_school_day(date(2026, 9, 30))
    assert not SCHOOL.is_school_day(date(2026, 10, 1))
    assert not SCHOOL.is_school_day(date(2026, 10, 11))
    assert SCHOOL.is_school_day(date(2026, 10, 10))


def test_vacations_are_out_where_the_year_lists_terms() -> None:
    year = CalendarDays(source="school", terms=(Term(date(2026, 9, 1), date(2027, 1, 22)),))
    next_year = CalendarDays(source="school", terms=(Term(date(2027, 2, 22), date(2027, 7, 9)),))
    school = SchoolCalendar(SHANGHAI, {2026: year, 2027: next_year})
    assert not school.is_school_day(date(2026, 8, 31))
    assert school.is_school_day(date(2026, 9, 1))
    assert school.is_school_day(date(2027, 1, 22))
    assert not school.is_school_day(date(2027, 1, 25))
    assert school.is_school_day(date(2027, 2, 22))


def test_a_year_without_data_counts_weekdays_and_says_that_it_is_not_known() -> None:
    due = SCHOOL.due(local(2026, 12, 31, 9), Within(Unit.SCHOOL_DAYS, 1))
    assert not SCHOOL.knows(2027)
    week = [SCHOOL.is_school_day(date(2027, 1, day)) for day in range(4, 11)]
    assert week == [True, True, True, True, True, False, False]
    assert due.at == local(2027, 1, 1, 17)
    assert not due.known
    assert SCHOOL.due(local(2026, 12, 30, 9), Within(Unit.SCHOOL_DAYS, 1)).known


def test_a_cap_that_comes_before_the_unknown_year_makes_the_time_certain() -> None:
    due = SCHOOL.due(local(2026, 12, 30, 9), Within(Unit.SCHOOL_DAYS, 3), Within(Unit.HOURS, 24))
    assert due.at == local(2026, 12, 31, 9)
    assert due.known


def test_school_days_end_at_five_on_the_nth_day_after_the_start() -> None:
    friday = local(2026, 9, 18, 10)
    assert SCHOOL.due(friday, Within(Unit.SCHOOL_DAYS, 1)).at == local(2026, 9, 21, 17)
    assert SCHOOL.due(friday, Within(Unit.SCHOOL_DAYS, 3)).at == local(2026, 9, 23, 17)


def test_the_autumn_holiday_holds_nothing_longer_than_its_cap() -> None:
    start = local(2026, 9, 30, 20)
    one_day = Within(Unit.SCHOOL_DAYS, 1)
    assert SCHOOL.due(start, one_day).at == local(2026, 10, 8, 17)
    assert SCHOOL.due(start, one_day, Within(Unit.HOURS, 72)).at == local(2026, 10, 3, 20)


def test_the_day_is_the_schools_day_and_not_that_of_utc() -> None:
    # 23:30 UTC on Sunday is Monday morning in Shanghai: the next school day is Tuesday.
    start = datetime(2026, 9, 20, 23, 30, tzinfo=UTC)
    assert SCHOOL.due(start, Within(Unit.SCHOOL_DAYS, 1)).at == local(2026, 9, 22, 17)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("at once", (2026, 1, 31, 22, 15)),
        ("10 min", (2026, 1, 31, 22, 25)),
        ("4 h", (2026, 2, 1, 2, 15)),
        ("2 days", (2026, 2, 2, 22, 15)),
        ("2 weeks", (2026, 2, 14, 22, 15)),
        ("1 month", (2026, 2, 28, 22, 15)),
        ("end of schooling + 3 years", (2029, 1, 31, 22, 15)),
    ],
)
def test_wall_time_runs_at_night_and_on_sundays(text: str, due: tuple[int, ...]) -> None:
    found = SCHOOL.due(local(2026, 1, 31, 22, 15), parse_within(text))
    assert found.at == local(*due)
    assert found.known


def test_minutes_are_elapsed_minutes_when_the_clock_is_put_back() -> None:
    school = SchoolCalendar(BERLIN, {})
    start = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # 02:50, ten minutes before it is 02:00 again
    assert school.due(start, Within(Unit.MINUTES, 30)).at == start + timedelta(minutes=30)


def test_a_day_keeps_the_local_time_of_day_over_a_clock_change() -> None:
    school = SchoolCalendar(BERLIN, {})
    start = local(2026, 10, 24, 12, zone=BERLIN)
    due = school.due(start, Within(Unit.DAYS, 1)).at
    assert due == local(2026, 10, 25, 12, zone=BERLIN)
    assert due - start == timedelta(hours=25)


def test_a_cap_in_school_days_is_no_cap() -> None:
    with pytest.raises(ValueError, match="wall time"):
        SCHOOL.due(local(2026, 9, 18), Within(Unit.HOURS, 1), Within(Unit.SCHOOL_DAYS, 1))


def test_a_start_without_zone_is_refused() -> None:
    with pytest.raises(InvalidDataError) as refused:
        SCHOOL.due(datetime(2026, 9, 18), Within(Unit.HOURS, 1))  # noqa: DTZ001
    assert refused.value.code == "PSY014"


def test_every_due_time_is_in_utc() -> None:
    for text in ("at once", "5 min", "1 school day", "1 day", "1 month"):
        due = SCHOOL.due(datetime(2026, 9, 18, 9, tzinfo=SHANGHAI), parse_within(text)).at
        assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (local(2026, 11, 6, 10), local(2026, 11, 6, 10)),
        (local(2026, 11, 6, 7, 59), local(2026, 11, 6, 8)),
        (local(2026, 11, 6, 17), local(2026, 11, 9, 8)),
        (local(2026, 11, 7, 12), local(2026, 11, 9, 8)),
        (local(2026, 9, 30, 20), local(2026, 10, 8, 8)),
        (local(2026, 10, 9, 20), local(2026, 10, 10, 8)),
    ],
)
def test_what_can_wait_waits_for_the_next_hour_with_school(
    moment: datetime, expected: datetime
) -> None:
    assert SCHOOL.school_hour(moment) == expected


def test_where_no_school_day_comes_nothing_waits_for_one() -> None:
    over = CalendarDays(source="a school that has closed", terms=(Term(DAY_ONE, DAY_ONE),))
    closed = SchoolCalendar(SHANGHAI, {2026: over, 2027: over})
    assert closed.school_hour(local(2026, 11, 6, 20)) == local(2026, 11, 6, 20)
