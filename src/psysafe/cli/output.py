"""How an answer is written: one JSON object for programs, aligned lines for people.

Chinese characters take two columns of a terminal, so widths are counted, not lengths. Times are
shown as the school's clocks show them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from psysafe import catalogue
from psysafe.catalogue import say
from psysafe.cli import blocking_words, fact_words, plan_words
from psysafe.cli.policy_words import item_words
from psysafe.clock import from_wire
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.errors import N_, Fact, Finding

FORMAT: Final = 1
#: Columns between which texts are folded, whatever the terminal has.
NARROWEST: Final = 60
WIDEST: Final = 100

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
#: Facts that are codes of a register, or begin with one, and of which register.
_CODED: Final[Mapping[str, str]] = {
    "holders": "roles",
    "severity": "severity",
    "severities": "severity",
    "phase": "phases",
    "list": "bulk_lists",
}
#: Facts that are said by a room of their own.
_WORDED: Final[Mapping[str, Callable[[str, str], str]]] = {
    "blocking": blocking_words.blocking,
    "expected": fact_words.expected,
    "kept": fact_words.kept,
    "origin": plan_words.origin,
    "problem": fact_words.problem,
    "register": fact_words.register,
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


def folded(text: str, margin: str = "") -> list[str]:
    """A text in lines that fit the terminal; those after the first begin with `margin`.

    It is broken at a space, or beside a Chinese character, but never before a punctuation mark.
    Where nobody looks (a file, a pipe) it stays one line, for whoever searches in it; COLUMNS in
    the environment counts as a terminal.
    """
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return [text]
    most = max(NARROWEST, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns))
    lines: list[str] = []
    while width(text) > most:
        end = _break(text, most, len(margin) if lines else 0)
        lines.append(text[:end].rstrip())
        text = margin + text[end:].lstrip()
    return [*lines, text]


def _break(text: str, most: int, after: int) -> int:
    """Where to break a line that is wider than `most`: the last good place, else where it ends."""
    columns, good, fits = 0, 0, 1
    start = max(after, len(text) - len(text.lstrip()))
    for place, letter in enumerate(text):
        wide = unicodedata.east_asian_width(letter) in "WF"
        near = wide or unicodedata.east_asian_width(text[place - 1]) in "WF"
        mark = unicodedata.category(letter).startswith("P") or letter == " "
        if place > start and (text[place - 1] == " " or (near and not mark)):
            good = place
        columns += width(letter)
        if columns > most:
            break
        fits = place + 1
    return good or max(fits, start + 1)


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
    """The finding with its codes for people in words: roles, severities, where a figure is from."""
    said = {key: _fact_words(key, value, language) for key, value in finding.facts.items()}
    if "codes" in said:
        register = str(finding.facts["register"])
        said["codes"] = fact_words.codes_of(str(said["codes"]), register, language)
    return attrs.evolve(finding, facts=said)


def _fact_words(key: str, value: Fact, language: str) -> Fact:
    if key == "role" and value in REGISTERS["roles"]:
        word = code_word("roles", str(value), language)
        return f"{word} ({value})" if word != value else value
    if key == "items":
        return item_words(str(value).split(", "), language)
    if key in _WORDED:
        return _WORDED[key](str(value), language)
    if key == "state" and value in REGISTERS["lifecycle"]:
        return code_word("lifecycle", str(value), language)
    if key in _CODED and value is not None:
        entries = (entry.partition(" ") for entry in str(value).split(", "))
        register = _CODED[key]
        return ", ".join(
            f"{code_word(register, code, language)}{space}{rest}" for code, space, rest in entries
        )
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
    return findings_lines([finding], language)


def findings_lines(findings: Sequence[Finding], language: str) -> list[str]:
    """Findings for people. Those that follow one another and have one cure share it."""
    lines: list[str] = []
    shared: tuple[str, ...] = ()
    end: list[str] = []
    for finding in findings:
        said = catalogue.describe(in_words(finding, language), language)
        same = (finding.code, finding.severity, said.why, said.cure)
        if same != shared:
            lines += end
        lines += _head(finding, said, language)
        shared = same
        end = [
            "  " + say("why: {why}", language, why=said.why),
            "  " + say("cure: {cure}", language, cure=said.cure),
        ]
    return [part for line in (*lines, *end) for part in folded(line, "    ")]


def _head(finding: Finding, said: catalogue.Description, language: str) -> Iterator[str]:
    gravity = catalogue.sentence(_GRAVITY[finding.severity], language)
    yield f"{finding.code} ({gravity}) {said.what}"
    # A place that stands in the sentence already is not said twice.
    places = {key: value for key, value in finding.where.items() if str(value) not in said.what}
    if places:
        place = ", ".join(
            f"{catalogue.sentence(_PLACES.get(key, key), language)} {value}"
            for key, value in places.items()
        )
        yield "  " + say("where: {place}", language, place=place)


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
