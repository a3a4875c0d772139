"""Reading the settings of a plugin: one table, every fault named, no value repeated.

For plugin authors: a channel's `open` makes a `Table`, asks it for each setting in its form, and
hands `problems` out from `validate`. Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from psysafe.contracts.channel import Problem
from psysafe.contracts.secret import Secret

_LONGEST: Final = 512
_PLAIN: Final = re.compile(r"[!-~]{1,512}")


class Table:
    """A table under reading. `problems` says what is wrong; none of them repeats a value."""

    def __init__(self, given: Mapping[str, Any], known: Collection[str], what: str) -> None:
        self._given = given
        self.problems: list[Problem] = []
        for key in sorted(set(given) - {"use", "base", *known}):
            self.wrong(str(key)[:40], f"{what} has no such setting")

    def wrong(self, field: str, problem: str) -> None:
        self.problems.append(Problem(field=field, problem=problem))

    def base(self, usual: str) -> str:
        """The provider's host, which is another abroad and in a test."""
        text = self._given.get("base", usual)
        try:
            parts = urlsplit(text if isinstance(text, str) else "")
            good = parts.scheme in ("https", "http") and bool(parts.hostname)
            good = good and parts.path in ("", "/") and not (parts.query or parts.username)
        except ValueError:
            good = False
        if not good or not _PLAIN.fullmatch(str(text)):
            self.wrong("base", "https://HOST is expected")
            return usual
        return str(text).rstrip("/")

    def plain(self, key: str, *, needed: bool = True, usual: str = "") -> str:
        """A word of plain signs without spaces, such as an id."""
        given = self._given.get(key, usual)
        if isinstance(given, int) and not isinstance(given, bool):
            given = str(given)
        if not isinstance(given, str) or (given and not _PLAIN.fullmatch(given)):
            self.wrong(key, "plain letters and digits in one line are expected")
            return ""
        if needed and not given:
            self.wrong(key, "it is missing")
        return str(given)

    def text(self, key: str, *, needed: bool = False) -> str:
        """One line of any text; empty where there is none."""
        given = self._given.get(key, "")
        if not isinstance(given, str) or len(given) > _LONGEST or not given.isprintable():
            self.wrong(key, "one line of text is expected")
            return ""
        if needed and not given:
            self.wrong(key, "it is missing")
        return str(given)

    def secret(self, key: str, *, needed: bool = True) -> str:
        """The secret behind a reference; empty where there is none."""
        given = self._given.get(key)
        if given is None:
            if needed:
                self.wrong(key, "it is missing")
            return ""
        if not isinstance(given, Secret):
            self.wrong(key, 'a reference is expected: { env = "NAME" } or { file = "PATH" }')
            return ""
        said = given.reveal()
        if not _PLAIN.fullmatch(said):
            self.wrong(key, "only plain letters, digits and signs are expected, in one line")
            return ""
        return said

    def yes(self, key: str) -> bool:
        given = self._given.get(key, False)
        if not isinstance(given, bool):
            self.wrong(key, "true or false is expected")
            return False
        return given

    def names(self, key: str, allowed: Collection[str]) -> dict[str, str]:
        """A table of plain words to words of `allowed`, such as a template's fields, in order."""
        given = self._given.get(key, {})
        good = isinstance(given, Mapping) and all(
            isinstance(k, str) and re.fullmatch(r"[A-Za-z0-9_]{1,40}", k) and v in allowed
            for k, v in given.items()
        )
        if not good:
            self.wrong(key, "NAME = one of: " + ", ".join(sorted(allowed)))
            return {}
        return dict(given)
