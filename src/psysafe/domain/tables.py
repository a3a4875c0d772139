"""Reading a table of plain data strictly: every fault is named with its path, none is ignored.

A school's files are written by hand. A misspelt key that is ignored is a deadline that nobody
keeps, so a key that nobody asked for is a fault, and so is a value of another type; nothing is
converted. All faults of a file are collected, so that it is mended in one go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime

from psysafe.errors import Fact, Finding

#: What `format` this version reads in every file of a school's folder.
FORMAT = 1

_WORD = re.compile(r"[A-Za-z0-9_-]{1,60}")


class Faults:
    """The faults of one file, in the order in which they were met."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []

    def add(self, code: str, path: str, **facts: Fact) -> None:
        """Note one fault at a path of the file."""
        where = {"file": self.file, "path": path}
        self.found.append(Finding(code=code, where=where, facts=facts))


def _shown(key: str) -> str:
    # A key that is no word may hold anything, also a name: its place is shown instead.
    return key if _WORD.fullmatch(key) else "(a key that is no word)"


class Table:
    """One table of a file. Each reader takes a key; `refuse_the_rest` names what nobody took.

    A reader that meets a fault notes it and answers something harmless of the right type: whoever
    reads must look at the faults before using what was read.
    """

    def __init__(self, data: object, path: str, faults: Faults) -> None:
        self.path = path
        self.faults = faults
        self._data: Mapping[str, object] = {}
        self._taken: set[str] = set()
        if isinstance(data, Mapping):
            self._data = data
        else:
            faults.add("PSY103", path, expected="a table")

    def at(self, key: str) -> str:
        """The path of a key of this table."""
        return f"{self.path}.{_shown(key)}" if self.path else _shown(key)

    def has(self, key: str) -> bool:
        return key in self._data

    def wrong(self, key: str, expected: str) -> None:
        """Note that the value under a key is of another form."""
        self.faults.add("PSY103", self.at(key), expected=expected)

    def _take(self, key: str, *, needed: bool) -> object | None:
        self._taken.add(key)
        if key not in self._data and needed:
            self.faults.add("PSY116", self.at(key))
        return self._data.get(key)

    def text(self, key: str, default: str | None = None, *, limit: int = 200) -> str:
        """A text that is not empty, of at most `limit` letters."""
        value = self._take(key, needed=default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, "a text")
            return default or ""
        if len(value) > limit:
            self.faults.add("PSY021", self.at(key), field=self.at(key), limit=limit, unit="letters")
        return value

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of the allowed words."""
        value = self.text(key, default)
        if value and value not in allowed:
            self.wrong(key, "one of " + ", ".join(sorted(allowed)))
        return value

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`, both included. True is no number."""
        value = self._take(key, needed=default is None)
        if value is None:
            return low if default is None else default
        if type(value) is not int or not low <= value <= high:
            self.wrong(key, f"a whole number from {low} to {high}")
            return low
        return value

    def day(self, key: str) -> date | None:
        """A calendar date, without time; None where the key is absent."""
        return self._day(self._take(key, needed=False), key)

    def days(self, key: str) -> tuple[date, ...]:
        """A list of calendar dates; empty where the key is absent."""
        found = (self._day(value, key) for value in self._list(key))
        return tuple(day for day in found if day is not None)

    def _day(self, value: object | None, key: str) -> date | None:
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        self.wrong(key, "a date such as 2026-09-01")
        return None

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._take(key, needed=False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, "true or false")
            return default
        return value

    def _list(self, key: str, *, needed: bool = False) -> list[object]:
        value = self._take(key, needed=needed)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, "a list")
            return []
        return value

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts, none empty; empty where the key is absent."""
        values = self._list(key, needed=needed)
        if needed and self.has(key) and not values:
            self.wrong(key, "a list that is not empty")
        if not all(isinstance(v, str) and v for v in values):
            self.wrong(key, "a list of texts")
        return tuple(v for v in values if isinstance(v, str))

    def table(self, key: str, *, needed: bool = True) -> Table | None:
        """The table under a key; None where it is absent."""
        value = self._take(key, needed=needed)
        return None if value is None else Table(value, self.at(key), self.faults)

    def tables(self, key: str) -> tuple[Table, ...]:
        """An array of tables; empty where the key is absent."""
        return tuple(
            Table(value, f"{self.at(key)}[{index}]", self.faults)
            for index, value in enumerate(self._list(key))
        )

    def named_tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """The tables inside the table under a key, by names that the file chose."""
        inside = self.table(key, needed=False)
        if inside is not None:
            yield from inside.entries()

    def entries(self) -> Iterator[tuple[str, Table]]:
        """Every key of this table, each holding a table of its own."""
        for key, value in self._data.items():
            self._taken.add(key)
            yield key, Table(value, self.at(key), self.faults)

    def rest(self) -> Mapping[str, object]:
        """Whatever was not taken yet, taken as it is; somebody else reads it."""
        left = {k: v for k, v in self._data.items() if k not in self._taken}
        self._taken.update(left)
        return left

    def check_format(self) -> None:
        """Refuse a file of a newer format; note one without a format."""
        found = self.number("format", 1, 10**6)
        if found > FORMAT:
            facts: dict[str, Fact] = {"found": found, "known": FORMAT}
            self.faults.add("PSY108", self.at("format"), **facts)

    def refuse_the_rest(self) -> None:
        """Note every key that nobody took as unknown."""
        for key in self._data:
            if key not in self._taken:
                self.faults.add("PSY102", self.at(key))
