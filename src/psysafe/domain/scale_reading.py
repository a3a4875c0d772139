"""Plain data, read strictly: every key named, every wrong value refused with its path.

A definition that is half understood could hide a danger, so nothing is guessed, converted or
passed over. Whatever is wrong is a `ScaleError` PSY302 with the path of the value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final, NoReturn, TypeVar

from psysafe.errors import ScaleError

Choice = TypeVar("Choice", bound=str)

_DEPTH: Final = 8
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MISSING: Final = object()


def refuse(scale: str, path: str, problem: str) -> NoReturn:
    """Raise ScaleError PSY302 for one place of a definition."""
    raise ScaleError(
        "PSY302", where={"path": path}, scale=scale or "?", path=path or "(top)", problem=problem
    )


def plain(scale: str, value: object, path: str = "", depth: int = 0) -> Any:
    """A copy of the value as JSON knows it: days become text, tuples lists, the rest is refused."""
    if depth > _DEPTH:
        refuse(scale, path, f"nested deeper than {_DEPTH}")
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            refuse(scale, path, "not a finite number")
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                refuse(scale, path, "a key that is no text")
        return {k: plain(scale, v, _join(path, k), depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(scale, v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
    refuse(scale, path, f"{type(value).__name__} cannot stand in a definition")


def canonical(data: Mapping[str, Any]) -> bytes:
    """The one spelling that the hash is taken over: JSON, keys sorted, no spaces, UTF-8."""
    text = json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8", "surrogatepass")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


class Table:
    """One table of a definition: each key is asked for, `done` refuses what nobody asked for."""

    __slots__ = ("_asked", "data", "path", "scale")

    def __init__(self, scale: str, path: str, data: object) -> None:
        if not isinstance(data, dict):
            refuse(scale, path, "a table expected")
        self.scale = scale
        self.path = path
        self.data: dict[str, Any] = data
        self._asked: set[str] = set()

    def refuse(self, key: str, problem: str) -> NoReturn:
        """Raise PSY302 at one key of this table."""
        refuse(self.scale, _join(self.path, key) if key else self.path, problem)

    def done(self) -> None:
        """Refuse the first key that was never asked for."""
        for key in self.data:
            if key not in self._asked:
                self.refuse(key, "unknown key")

    def has(self, key: str) -> bool:
        self._asked.add(key)
        return key in self.data

    def take(self, key: str, default: object = _MISSING) -> Any:
        """The raw value; refused where it is absent and has no default."""
        if self.has(key):
            return self.data[key]
        if default is _MISSING:
            self.refuse(key, "missing")
        return default

    def text(self, key: str, default: object = _MISSING) -> str:
        value = self.take(key, default)
        if not isinstance(value, str) or (not value.strip() and value is not default):
            self.refuse(key, "a text expected")
        return value

    def code(self, key: str) -> str:
        """A register code: small letters, digits, underscore."""
        value = self.text(key)
        if not _CODE.fullmatch(value):
            self.refuse(key, "a code expected: a-z, 0-9 and _, at most 40 letters")
        return value

    def codes(self, key: str) -> tuple[str, ...]:
        """At least one code, none twice."""
        values = self.entries(key)
        for i, value in enumerate(values):
            if not isinstance(value, str) or not _CODE.fullmatch(value):
                self.refuse(f"{key}[{i}]", "a code expected: a-z, 0-9 and _, at most 40 letters")
        if not values or len(set(values)) != len(values):
            self.refuse(key, "at least one code expected, none twice")
        return tuple(values)

    def choice(self, key: str, known: Sequence[Choice], default: object = _MISSING) -> Choice:
        value = self.take(key, default)
        chosen = next((word for word in known if value == word), None)
        if chosen is None:
            self.refuse(key, f"one of {', '.join(known)} expected")
        return chosen

    def flag(self, key: str, default: object = _MISSING) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "true or false expected")
        return value

    def whole(self, key: str, default: object = _MISSING) -> int:
        value = self.take(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(key, "a whole number expected")
        return value

    def whole_or_none(self, key: str) -> int | None:
        return self.whole(key) if self.has(key) else None

    def number(self, key: str, default: object = _MISSING) -> Fraction:
        """An exact number: 1.25 means five quarters, not the float next to it."""
        return self.exact(key, self.take(key, default))

    def exact(self, key: str, value: object) -> Fraction:
        """A value of this table as an exact number."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.refuse(key, "a number expected")
        return Fraction(str(value))

    def number_or_none(self, key: str) -> Fraction | None:
        return self.number(key) if self.has(key) else None

    def entries(self, key: str, default: object = _MISSING) -> list[Any]:
        value = self.take(key, default)
        if not isinstance(value, list):
            self.refuse(key, "a list expected")
        return value

    def wholes(self, key: str) -> tuple[int, ...]:
        values = self.entries(key)
        for i, value in enumerate(values):
            if not isinstance(value, int) or isinstance(value, bool):
                self.refuse(f"{key}[{i}]", "a whole number expected")
        return tuple(values)

    def texts(self, key: str, default: object = _MISSING) -> dict[str, str]:
        """A table of texts."""
        value = self.take(key, default)
        if not isinstance(value, dict):
            self.refuse(key, "a table of texts expected")
        for name, text in value.items():
            if not isinstance(text, str) or not text.strip():
                self.refuse(f"{key}.{name}", "a text expected")
        return dict(value)

    def words(self, key: str, languages: Sequence[str], *, every: bool) -> dict[str, str]:
        """Texts by language; with `every`, one for each language of the definition."""
        texts = self.texts(key, _MISSING if every else {})
        for language in texts:
            if language not in languages:
                self.refuse(f"{key}.{language}", "not a language of this definition")
        for language in languages if every else ():
            if language not in texts:
                self.refuse(f"{key}.{language}", "missing")
        return texts

    def table(self, key: str) -> Table:
        return Table(self.scale, _join(self.path, key), self.take(key))

    def tables(self, key: str, default: object = _MISSING) -> list[Table]:
        values = self.entries(key, default)
        path = _join(self.path, key)
        return [Table(self.scale, f"{path}[{i}]", value) for i, value in enumerate(values)]
