"""How an answer is written: one JSON object for programs, aligned lines for people.

Chinese characters take two columns of a terminal, so widths are counted, not lengths. Times are
shown as the school's clocks show them.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from psysafe import catalogue
from psysafe.catalogue import say
from psysafe.cli import plan_words
from psysafe.clock import from_wire
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.errors import N_, Fact, Finding

FORMAT: Final = 1

#: What the places of a finding are called.
_PLACES: Final[Mapping[str, str]] = {
    "file": N_("file"),
    "sheet": N_("sheet"),
    "row": N_("row"),
    "column": N_("column"),
    "cell": N_("cell"),
    "path": N_("path"),
    "field": N_("field"),
    "line": N_("line"),
}
_GRAVITY: Final[Mapping[str, str]] = {
    "error": N_("error"),
    "warning": N_("warning"),
    "note": N_("note"),
}


@attrs.frozen(kw_only=True)
class Answer:
    """What a command came to.

    `data` goes into the JSON object, `text` to people. `findings` make the exit code 1 where one
    of them is more than a note; `code` says another one.
    """

    data: Any = attrs.field(factory=dict, repr=False)
    text: Sequence[str] = attrs.field(default=(), repr=False)
    findings: tuple[Finding, ...] = ()
    code: int | None = None

    @property
    def exit_code(self) -> int:
        if self.code is not None:
            return self.code
        return int(any(f.severity != "note" for f in self.findings))


def width(text: str) -> int:
    """The columns of a terminal that a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def padded(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows under headings, each column as wide as its widest cell."""
    lines = [list(headings), *[list(row) for row in rows]]
    columns = [max(width(line[i]) for line in lines) for i in range(len(headings))]
    made = ["  ".join(map(padded, line, columns)).rstrip() for line in lines]
    return [made[0], "  ".join("-" * n for n in columns), *made[1:]]


def pairs(entries: Iterable[tuple[str, str]]) -> list[str]:
    """`name  value` lines with the names padded to one width."""
    listed = list(entries)
    columns = max((width(name) for name, _ in listed), default=0)
    return [f"{padded(name, columns)}  {value}".rstrip() for name, value in listed]


def local(moment: datetime | str | None, zone: ZoneInfo) -> str:
    """A time as the school's clocks show it; an empty text where there is none."""
    if moment is None:
        return ""
    instant = from_wire(moment) if isinstance(moment, str) else moment
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def spoken(text: str, language: str) -> str:
    """A text in which each `register:code` is replaced by its word."""
    said = []
    for piece in text.split(" "):
        register, _, code = piece.partition(":")
        known = register in REGISTERS and code in REGISTERS[register]
        said.append(code_word(register, code, language) if known else piece)
    return " ".join(said)


def in_words(finding: Finding, language: str) -> Finding:
    """The finding with its codes for people in words: a role, and where a figure comes from."""
    said = {key: _fact_words(key, value, language) for key, value in finding.facts.items()}
    return attrs.evolve(finding, facts=said)


def _fact_words(key: str, value: Fact, language: str) -> Fact:
    if key == "role" and value in REGISTERS["roles"]:
        word = code_word("roles", str(value), language)
        return f"{word} ({value})" if word != value else value
    if key == "origin":
        return plan_words.origin(str(value), language)
    return value


def finding_data(finding: Finding, language: str) -> dict[str, Any]:
    """A finding as it stands in the JSON object."""
    said = catalogue.describe(in_words(finding, language), language)
    return {
        "code": finding.code,
        "severity": finding.severity,
        "where": dict(finding.where),
        "what": said.what,
        "why": said.why,
        "cure": said.cure,
    }


def finding_lines(finding: Finding, language: str) -> list[str]:
    """A finding for people: what, where, why, and what to do."""
    said = catalogue.describe(in_words(finding, language), language)
    gravity = catalogue.sentence(_GRAVITY[finding.severity], language)
    lines = [f"{finding.code} ({gravity}) {said.what}"]
    if finding.where:
        place = ", ".join(
            f"{catalogue.sentence(_PLACES.get(key, key), language)} {value}"
            for key, value in finding.where.items()
        )
        lines.append("  " + say("where: {place}", language, place=place))
    lines.append("  " + say("why: {why}", language, why=said.why))
    lines.append("  " + say("cure: {cure}", language, cure=said.cure))
    return lines


def envelope(command: str, answer: Answer, language: str) -> str:
    """The one JSON object of a command."""
    whole = {
        "format": FORMAT,
        "command": command,
        "ok": answer.exit_code == 0,
        "data": answer.data,
        "findings": [finding_data(f, language) for f in answer.findings],
    }
    return json.dumps(whole, ensure_ascii=False, separators=(", ", ": "))
