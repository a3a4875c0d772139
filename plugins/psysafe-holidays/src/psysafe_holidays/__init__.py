"""Public holidays and make-up days of China as a calendar of psysafe.

The library is imported when a year is asked for, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import psysafe
from psysafe.contracts.extras import CalendarRecord, CalendarYear

__all__ = ["psysafe_calendars", "year_of_china"]


def year_of_china(year: int) -> CalendarYear | None:
    """The holidays of a year, and the days off that are worked; None where they are not announced.

    The State Council announces each year's make-up days late in the year before. For a year of
    which the library holds none it only works out the dates, which is a guess and no data.
    """
    import holidays

    china = holidays.country_holidays("CN", years=year)
    makeup = frozenset(day for day in china.weekend_workdays if day.year == year)
    if not makeup:
        return None
    return CalendarYear(
        year=year,
        source=f"holidays {version('holidays')}",
        holidays=frozenset(day for day in china if day.year == year),
        makeup=makeup,
    )


@psysafe.hookimpl
def psysafe_calendars() -> Sequence[CalendarRecord]:
    """The one calendar of this plugin: `use = "holidays-cn"`."""
    return [CalendarRecord("holidays-cn", year_of_china)]
