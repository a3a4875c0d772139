"""Answers as forms export them: several instruments in one row, options as words or numbers.

A file is walked twice: once to see what would be decided for all of it (which sheets contradict one
another, whether numbers are points or places on the form), once to hand out its sheets. Of the
first walk only digests are kept, so a file may be as long as it likes.

An empty cell is an item that was not answered; it is never read as 0. A sheet that cannot be used
is refused by itself: the other instrument of the same row goes in, because an answer to a critical
item must not be lost to a slip in another column.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.domain.scale_definition import Definition, Item
from psysafe.errors import Fact, Finding, FindingSeverity, InvalidDataError
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.form_columns import ANSWERED_AT, NUMBER, Places, places_of
from psysafe.intake.headings import shown
from psysafe.intake.tables import Row, Table, letters, open_tables, plain

Parse = Callable[[str], Any]

#: How a number in a cell is read: what an option is worth, or its place on the form from 1.
SCORE: Final = "score"
ORDINAL: Final = "ordinal"
OPTIONS: Final = (SCORE, ORDINAL)
#: Sheets without a single lowest answer from which numbers are doubted to be points.
DOUBTED: Final = 10
#: Letters of a cell that is read at all.
CELL: Final = 400
#: What exports write for an item that was skipped or left empty.
_SKIPPED: Final = frozenset(
    shown(text).casefold() for text in ("(跳过)", "(空)", "跳过", "未作答", "-", "--")
)
_SKIPPED_NUMBERS: Final = (-3, -2)
_LETTER: Final = re.compile(r"[A-Ha-h]")
_ORDINAL: Final = re.compile(r"^(?:[A-Ha-h]|\d{1,2})[、.．:：)）]")
_WORTH: Final = re.compile(r"[(（]?\d{1,2}分[)）]?$|[(（]\d{1,2}[)）]$")
_MARKS: Final = re.compile(r"[\W_]+")
_HALF_OF_DAY: Final = re.compile(
    r"(上午|下午|AM|PM|am|pm)\s*(\d{1,2})(?=:)|(\d{1,2})(:[\d:]+)\s*(AM|PM|am|pm)"
)
_DURATION: Final = re.compile(
    r"(?:(\d{1,3})(?:小时|时|h))?(?:(\d{1,4})(?:分钟|分|min|m))?(?:(\d{1,6})(?:秒|s)?)?"
)
_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})")


@attrs.frozen(kw_only=True)
class FormSheet:
    """One sheet of one instrument. `answers` has one entry an item; None: not answered."""

    scale: str
    number: str = attrs.field(repr=False)
    answered_at: datetime
    answers: tuple[int | None, ...] = attrs.field(repr=False)
    seconds: int | None = attrs.field(default=None, repr=False)
    informant: str = ""
    where: Mapping[str, Fact] = attrs.field(factory=dict)


@attrs.define
class FormFile:
    """A file of answers, understood. `sheets` hands them out; what was found stands beside.

    `findings` and the counts are whole once `sheets` has been walked to its end.
    """

    definitions: Mapping[str, Definition]
    zone: ZoneInfo
    words: Mapping[str, Mapping[str, int]]
    options: str
    answered_at: datetime | None
    _tables: Sequence[tuple[Table, Places]] = attrs.field(alias="tables")
    _options_of: dict[str, Mapping[str, int]] = attrs.field(factory=dict, init=False)
    _contradict: set[int] = attrs.field(factory=set, init=False)
    _first: dict[int, int] = attrs.field(factory=dict, init=False)
    findings: list[Finding] = attrs.field(factory=list, init=False)
    refused: int = attrs.field(default=0, init=False)
    empty: int = attrs.field(default=0, init=False)
    """rows in which nothing at all was answered"""
    rows: int = attrs.field(default=0, init=False)

    def look_through(self) -> None:
        """The first walk. Raises InvalidDataError PSY289 where numbers seem to be places."""
        lowest: dict[str, bool] = {}
        count: dict[str, int] = {}
        beyond: dict[str, bool] = {}
        for table, places in self._tables:
            for row in table.rows:
                self.rows += 1
                for scale, columns in places.items.items():
                    numbers = self._numbers(scale, row, columns)
                    if numbers:
                        scores = self._scores(scale)
                        count[scale] = count.get(scale, 0) + 1
                        lowest[scale] = lowest.get(scale, False) or min(scores) in numbers
                        beyond[scale] = beyond.get(scale, False) or max(numbers) > max(scores)
                self._notice(table, places, row)
        for scale, sheets in count.items():
            scores = self._scores(scale)
            doubted = not lowest[scale] and (beyond[scale] or sheets >= DOUBTED)
            if self.options == "" and doubted and min(scores) != 1:
                facts: dict[str, Fact] = {"scale": scale, "most": len(scores)}
                raise InvalidDataError([Finding(code="PSY289", facts=facts)])
        self._first.clear()

    def sheets(self) -> Iterator[FormSheet]:
        """Every sheet that can be used, row by row; the second walk."""
        self.findings, self.refused, self.empty = [], 0, 0
        handed: set[int] = set()
        for table, places in self._tables:
            self.findings += table.findings
            for row in table.rows:
                spoilt = [f for f in row.findings if f.severity == "error"]
                self.findings += row.findings
                if spoilt:
                    self.refused += len(places.items)
                    continue
                for sheet in self._row(table, places, row):
                    key = _key(sheet)
                    if key in self._contradict:
                        self._refuse("PSY210", table, row, places.number, NUMBER)
                    elif key in handed:
                        self._say("PSY216", "note", table, row, places.number, scale=sheet.scale)
                    else:
                        handed.add(key)
                        yield sheet

    # -- one row ------------------------------------------------------------------------------

    def _row(self, table: Table, places: Places, row: Row) -> Iterator[FormSheet]:
        cells_of = {scale: [_cell(row, c) for c in cs] for scale, cs in places.items.items()}
        if not any(_given(text) for texts in cells_of.values() for text in texts):
            self.empty += 1
            return
        number = self._read(table, row, places.number, NUMBER, cells.student_number)
        when = self.answered_at
        if places.answered_at is not None:
            when = self._read(table, row, places.answered_at, ANSWERED_AT, self._moment)
        if number is None or when is None:
            self.refused += len(places.items)
            return
        seconds = None if places.duration is None else duration(_cell(row, places.duration))
        informant = "" if places.informant is None else _cell(row, places.informant)
        for scale, columns in places.items.items():
            answers = self._answers(table, row, scale, columns)
            if answers is None:
                self.refused += 1
                continue
            yield FormSheet(
                scale=scale,
                number=number,
                answered_at=when,
                answers=answers,
                seconds=seconds,
                informant=informant if len(informant) <= 40 else "",
                where={**table.where(row.number, places.number), "column": NUMBER},
            )

    def _answers(
        self, table: Table, row: Row, scale: str, columns: Sequence[int | None]
    ) -> tuple[int | None, ...] | None:
        """The answers to an instrument; None where one of them cannot be understood."""
        found: list[int | None] = []
        good = True
        for item, column in zip(self.definitions[scale].items, columns, strict=True):
            text = _cell(row, column)
            value = self._answer(scale, item, text) if _given(text) else None
            if value is None and _given(text):
                good = False
                allowed = ", ".join(str(code) for code in sorted(item.response.scores))
                self._say("PSY205", "error", table, row, column, item=item.number, allowed=allowed)
            found.append(value)
        return tuple(found) if good else None

    def _answer(self, scale: str, item: Item, text: str) -> int | None:
        """What an answer is stored as: by its points, its place on the form, or its words."""
        number = cells.answer(text)
        options = item.response.options
        if number is not None:
            if self.options == ORDINAL:
                return options[number - 1].score if 1 <= number <= len(options) else None
            return number if number in item.response.scores else None
        bare = plain(text)
        if _LETTER.fullmatch(bare):
            place = ord(bare.upper()) - ord("A")
            return options[place].score if place < len(options) else None
        known = self._words(scale, item)
        for form in (bare, _ORDINAL.sub("", bare), _WORTH.sub("", _ORDINAL.sub("", bare))):
            value = known.get(_word(form))
            if value is not None and value in item.response.scores:
                return value
        return None

    def _words(self, scale: str, item: Item) -> Mapping[str, int]:
        key = f"{scale}/{item.response.id}"
        if key not in self._options_of:
            found = {_word(w): value for w, value in self.words.get(scale, {}).items()}
            for option in item.response.options:
                found[_word(option.code)] = option.score
                found.update({_word(text): option.score for text in option.text.values()})
            self._options_of[key] = found
        return self._options_of[key]

    # -- what is seen before anything is handed out -------------------------------------------

    def _scores(self, scale: str) -> frozenset[int]:
        return self.definitions[scale].items[0].response.scores

    def _numbers(self, scale: str, row: Row, columns: Sequence[int | None]) -> set[int]:
        """The numbers among the answers of the items that have the first one's options."""
        first = self.definitions[scale].items[0].response
        found = set()
        for item, column in zip(self.definitions[scale].items, columns, strict=True):
            text = _cell(row, column)
            number = cells.answer(text) if _given(text) else None
            if number is not None and item.response.scores == first.scores:
                found.add(number)
        return found

    def _notice(self, table: Table, places: Places, row: Row) -> None:
        """Remember by a digest what a row says, to see whether another contradicts it."""
        number = cells.student_number(_cell(row, places.number))
        when: datetime | Fault | None = self.answered_at
        if places.answered_at is not None:
            when = self._moment(_cell(row, places.answered_at))
        if isinstance(number, Fault) or not isinstance(when, datetime):
            return
        for scale, columns in places.items.items():
            answers = []
            for item, column in zip(self.definitions[scale].items, columns, strict=True):
                text = _cell(row, column)
                answers.append(self._answer(scale, item, text) if _given(text) else None)
            key = _digest(scale, number, when)
            said = _digest(answers)
            if self._first.setdefault(key, said) != said:
                self._contradict.add(key)

    # -- cells and findings -------------------------------------------------------------------

    def _moment(self, text: str) -> datetime | Fault:
        return moment(text, self.zone)

    def _read(self, table: Table, row: Row, column: int, name: str, parse: Parse) -> Any:
        text = _cell(row, column)
        if not text:
            self._say("PSY208", "error", table, row, column, column_name=name)
            return None
        found = parse(text)
        if isinstance(found, Fault):
            facts: dict[str, Any] = {"column_name": name, **found.facts}
            self._say(found.code, "error", table, row, column, **facts)
            return None
        return found

    def _refuse(self, code: str, table: Table, row: Row, column: int, name: str) -> None:
        self.refused += 1
        self._say(code, "error", table, row, column, column_name=name)

    def _say(
        self,
        code: str,
        severity: FindingSeverity,
        table: Table,
        row: Row,
        column: int | None,
        *,
        column_name: str = "",
        **facts: Fact,
    ) -> None:
        where = table.where(row.number, column)
        where["column"] = column_name or (
            str(table.heading[column])[:60] if column is not None else ""
        )
        self.findings.append(Finding(code=code, severity=severity, where=where, facts=facts))


def open_form(
    path: str | Path,
    definitions: Mapping[str, Definition],
    *,
    zone: ZoneInfo,
    named: Mapping[str, Sequence[str]] | None = None,
    number: str = "",
    time_column: str = "",
    answered_at: datetime | None = None,
    options: str = "",
    words: Mapping[str, Mapping[str, int]] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> FormFile:
    """Open a file of answers to some instruments, and look through it.

    `named` names the columns of the items, instrument by instrument; `number` and `time_column`
    those of the student's number and the time; `answered_at` is the time of every sheet where the
    file has no such column. `options` says how numbers are read (`OPTIONS`; empty: as points,
    unless they look like places on the form). Raises what `open_tables` and `places_of` raise, and
    InvalidDataError PSY289, PSY290.
    """
    asked = dict(named or {})
    wanted = [*(name for names in asked.values() for name in names), number, time_column]
    # A heading that is word for word a question of an instrument is known too.
    wanted += [t for d in definitions.values() for item in d.items for t in item.text.values()]
    tables = open_tables(path, "answers", aliases=aliases, wanted=[name for name in wanted if name])
    found: list[tuple[Table, Places]] = []
    for table in tables:
        places = places_of(
            table,
            definitions,
            asked,
            number=number,
            answered_at=time_column,
            untimed=answered_at is not None,
        )
        if places is not None:
            found.append((_with_unread(table, places), places))
    for scale in definitions:
        if not any(scale in places.items for _, places in found):
            place: dict[str, Fact] = {"file": Path(path).name}
            raise InvalidDataError([Finding(code="PSY290", where=place, facts={"scale": scale})])
    form = FormFile(
        definitions=definitions,
        zone=zone,
        words=words or {},
        options=options,
        answered_at=answered_at,
        tables=found,
    )
    form.look_through()
    return form


def _with_unread(table: Table, places: Places) -> Table:
    """The table, saying which of its columns are not read: by letters, never by their words."""
    read = {places.number, places.answered_at, places.informant, places.duration}
    read |= {column for columns in places.items.values() for column in columns}
    rest = [letters(i) for i, text in enumerate(table.printed) if text and i not in read]
    if not rest:
        return table
    facts: dict[str, Fact] = {"count": len(rest), "columns": ", ".join(rest)}
    where = table.where(table.heading_row)
    note = Finding(code="PSY221", severity="note", where=where, facts=facts)
    return attrs.evolve(table, findings=(*table.findings, note))


def moment(text: str, zone: ZoneInfo) -> datetime | Fault:
    """A time as forms write it, also 下午 3:05 and 3:05 PM. See `cells.moment` for the rest."""

    def whole(found: re.Match[str]) -> str:
        half = (found[1] or found[5]).casefold()
        told = int(found[2] or found[3])
        if told > 12:
            # 下午 15:30 says the same twice; what is no hour is left for the fault that it is.
            return f"{told}{found[4] or ''}"
        hour = told % 12 + (12 if half in ("下午", "pm") else 0)
        return f"{hour:02}{found[4] or ''}"

    return cells.moment(_HALF_OF_DAY.sub(whole, text), zone)


def duration(text: str) -> int | None:
    """Seconds of 123秒, 2分3秒, 1小时2分, 00:02:03 or 123; None for anything else."""
    bare = plain(text)
    if not bare:
        return None
    found = _CLOCK.fullmatch(bare)
    parts = found.groups() if found else None
    if parts is None:
        whole = _DURATION.fullmatch(bare)
        parts = whole.groups() if whole else None
    if parts is None:
        return None
    hours, minutes, seconds = (int(part) if part else 0 for part in parts)
    return hours * 3600 + minutes * 60 + seconds


def _cell(row: Row, column: int | None) -> str:
    """A cell's text; one that no answer is as long as stays too long to be understood."""
    return row.cells[column].strip()[:CELL] if column is not None else ""


def _given(text: str) -> bool:
    """Whether a cell holds an answer, and not an export's word for none."""
    if text.isascii() and text.isdigit():
        return True
    bare = shown(text).casefold()
    if not bare or bare in _SKIPPED:
        return False
    return cells.answer(bare) not in _SKIPPED_NUMBERS


def _word(text: str) -> str:
    return _MARKS.sub("", plain(text)).casefold()


def _digest(*parts: object) -> int:
    text = "\0".join(map(repr, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def _key(sheet: FormSheet) -> int:
    return _digest(sheet.scale, sheet.number, sheet.answered_at)
