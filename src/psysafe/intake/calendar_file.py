"""The school's calendar.toml: public holidays, make-up days and terms, by year.

A year that is not listed has no data. A library that merely extrapolates does not count as data,
so each year names its source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from psysafe.domain.calendar import CalendarDays, Term
from psysafe.domain.tables import Faults, Table

_YEAR = re.compile(r"(?:19|20|21)\d\d")


def read_calendar(data: Mapping[str, object], faults: Faults) -> dict[int, CalendarDays]:
    """The years of a parsed calendar file; faults are added to `faults` with their path."""
    top = Table(data, "", faults)
    top.check_format()
    years = {}
    for name, table in top.named_tables("year"):
        if _YEAR.fullmatch(name):
            years[int(name)] = _year(int(name), table)
        else:
            faults.add("PSY103", table.path, expected="a year such as 2026")
    top.refuse_the_rest()
    return years


def _year(year: int, table: Table) -> CalendarDays:
    holidays, makeup = table.days("holidays"), table.days("makeup")
    for key, days in (("holidays", holidays), ("makeup", makeup)):
        if any(day.year != year for day in days):
            table.wrong(key, f"days of {year}")
    if set(holidays) & set(makeup):
        table.wrong("makeup", "days that are no holidays at the same time")
    data = CalendarDays(
        source=table.text("source"),
        holidays=frozenset(holidays),
        makeup=frozenset(makeup),
        terms=tuple(_terms(year, table)),
    )
    table.refuse_the_rest()
    return data


def _terms(year: int, table: Table) -> list[Term]:
    terms = []
    for entry in table.tables("terms"):
        first, last = entry.day("from"), entry.day("to")
        for key in ("from", "to"):
            if not entry.has(key):
                table.faults.add("PSY116", entry.at(key))
        entry.refuse_the_rest()
        if first is None or last is None:
            continue
        if not first <= last or first.year > year or last.year < year:
            entry.wrong("to", f"a term that touches {year} and ends after its first day")
        terms.append(Term(first, last))
    return terms
