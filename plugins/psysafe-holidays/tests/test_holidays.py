"""The calendar of China: what is announced is data, what is worked out is none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from psysafe.hooks import Plugins
from psysafe.net import SafetyNet
from psysafe.testing import FixedClock, open_school
from psysafe_holidays import year_of_china

#: The notice of the State Council for 2026: days off besides weekends, and the worked weekends.
HOLIDAYS_2026 = (date(2026, 1, 1), date(2026, 2, 17), date(2026, 10, 1), date(2026, 9, 25))
WORKED_2026 = (date(2026, 2, 14), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10))


def test_a_year_that_was_announced_has_its_holidays_and_its_worked_weekends() -> None:
    year = year_of_china(2026)
    assert year is not None
    assert set(HOLIDAYS_2026) <= year.holidays
    assert set(WORKED_2026) <= year.makeup
    assert not year.holidays & year.makeup
    assert all(day.weekday() >= 5 for day in year.makeup)
    assert year.source.startswith("holidays ")


@pytest.mark.parametrize("year", [2030, 2044])
def test_a_year_that_is_only_worked_out_has_no_data(year: int) -> None:
    assert year_of_china(year) is None


def test_a_school_knows_the_year_from_the_library_and_its_own_file_comes_first(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        own = school.school.calendar.years
    settings = tmp_path / "school" / "psysafe.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'{text}\n[calendar]\nuse = "holidays-cn"\n', encoding="utf-8")
    clock = FixedClock(datetime(2025, 9, 1, tzinfo=UTC))
    with SafetyNet.open(tmp_path / "school", clock=clock) as net:
        calendar = net._school.calendar
    assert calendar.knows(2025)
    assert not calendar.is_school_day(date(2025, 10, 6))
    assert calendar.is_school_day(date(2025, 9, 28)), "a Sunday that is worked"
    for year, days in own.items():
        assert calendar.years[year] == days
    assert not calendar.knows(2027)


def test_the_plugin_is_sound() -> None:
    found = Plugins.installed()
    (report,) = (one for one in found.report if one.name == "holidays")
    assert not report.findings
