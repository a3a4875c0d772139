"""Sheets of answers from a screening: whose, when, which answer to which item.

An empty cell is an item that was not answered; it is never read as 0. A row that cannot be used is
refused with its place, and the others can go in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.headings import Vocabulary
from psysafe.intake.sheet import Sheet, places
from psysafe.intake.tables import Row, Table, plain

ANSWERED_AT: Final = "answered_at"
INFORMANT: Final = "informant"
_RANGE: Final = re.compile(r"(\D{0,20}?)(\d{1,3})-(\D{0,20}?)(\d{1,3})")


@attrs.frozen(kw_only=True)
class AnswerRow:
    """One sheet. `answers` has one entry an item, by item number; None: not answered."""

    row: int
    number: str = attrs.field(repr=False)
    answered_at: datetime
    answers: tuple[int | None, ...] = attrs.field(repr=False)
    informant: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class AnswersImport:
    """The sheets that can go in, by their rows, and what stands against the others."""

    rows: tuple[AnswerRow, ...]
    refused: int
    findings: tuple[Finding, ...]

    @property
    def sheets(self) -> tuple[tuple[int, str, datetime, tuple[int | None, ...]], ...]:
        """Row, student number, time and answers of every sheet."""
        return tuple((r.row, r.number, r.answered_at, r.answers) for r in self.rows)


def read_answers(
    table: Table,
    *,
    scale: str,
    items: int,
    responses: Collection[int],
    zone: ZoneInfo,
    items_map: str | None = None,
    number_column: str = "student_no",
    answered_at: datetime | None = None,
    known: Collection[str] | None = None,
) -> AnswersImport:
    """Read the sheets of a scale with `items` items and the answers `responses`.

    Items stand under the headings 1, 2, ...; `items_map` names others, in the order of the items:
    `D1-D9`, or `Q1,Q2,Q5-Q7`. `answered_at` (aware) is the time of every sheet where the file has
    no such column; times in the file without an offset are in `zone`. `known`: the student numbers
    that exist; None where somebody else looks them up.

    Two sheets of one student and time that are equal are one; where they differ both are refused
    (PSY210). Raises InvalidDataError where a column is missing (PSY201) or stands twice (PSY218),
    and where `items_map` names another number of columns (PSY233). Rows are refused by PSY021,
    PSY203 to PSY206, PSY208 to PSY210 and PSY230.
    """
    headings = item_headings(items_map, items)
    number_heading = plain(number_column)
    if number_heading not in table.heading:
        number_heading = Vocabulary("answers").name(number_column) or number_heading
    timed = ANSWERED_AT in table.heading or answered_at is None
    needed = (number_heading, *([ANSWERED_AT] if timed else []), *headings)
    sheet = Sheet(table, places(table, needed, [INFORMANT]))
    read: list[AnswerRow] = []
    for row in sheet.rows():
        number = sheet.read(row, number_heading, cells.student_number, needed=True)
        if number is not None and known is not None and number not in known:
            sheet.refuse("PSY204", row.number, number_heading)
        when = answered_at
        if timed:
            when = sheet.read(row, ANSWERED_AT, lambda text: cells.moment(text, zone), needed=True)
        answers = _answers(sheet, row, headings, responses)
        informant = sheet.text(row, INFORMANT) or None
        if sheet.good(row.number) and number is not None and when is not None:
            found = AnswerRow(
                row=row.number,
                number=number,
                answered_at=when,
                answers=answers,
                informant=informant,
            )
            read.append(found)
    rows = _once_each(sheet, scale, read, number_heading)
    return AnswersImport(rows=rows, refused=sheet.refused, findings=sheet.in_order())


def item_headings(items_map: str | None, items: int) -> tuple[str, ...]:
    """The headings of the items, in their order. Raises InvalidDataError PSY233."""
    if items_map is None:
        return tuple(str(number) for number in range(1, items + 1))
    found = columns_of(items_map)
    if len(found) != items or len(set(found)) != items or "" in found:
        facts: Mapping[str, Fact] = {"found": len(set(found) - {""}), "expected": items}
        raise InvalidDataError([Finding(code="PSY233", facts=facts)])
    return found


def columns_of(items_map: str) -> tuple[str, ...]:
    """The columns that `D1-D9` or `Q1,Q2,Q5-Q7` names, in their order."""
    found: list[str] = []
    for part in re.split(r"[,;，；]", plain(items_map)):
        ends = _RANGE.fullmatch(part)
        if ends is None:
            found.append(part)
            continue
        prefix, first, again, last = ends.groups()
        # A range that names two things, or runs backwards, names no columns at all.
        same = again in ("", prefix) and int(first) <= int(last)
        found += [f"{prefix}{n}" for n in range(int(first), int(last) + 1)] if same else []
    return tuple(found)


def _answers(
    sheet: Sheet, row: Row, headings: tuple[str, ...], responses: Collection[int]
) -> tuple[int | None, ...]:
    allowed = ", ".join(str(code) for code in sorted(responses))
    found: list[int | None] = []
    for item, heading in enumerate(headings, 1):

        def one(text: str, item: int = item) -> int | Fault:
            value = cells.answer(text)
            if value is None or value not in responses:
                return Fault("PSY205", {"item": item, "allowed": allowed})
            return value

        found.append(sheet.read(row, heading, one))
    return tuple(found)


def _once_each(
    sheet: Sheet, scale: str, read: list[AnswerRow], column: str
) -> tuple[AnswerRow, ...]:
    first: dict[tuple[str, datetime], AnswerRow] = {}
    differ: set[tuple[str, datetime]] = set()
    for sheet_row in read:
        key = (sheet_row.number, sheet_row.answered_at)
        before = first.setdefault(key, sheet_row)
        said = (sheet_row.answers, sheet_row.informant)
        if said != (before.answers, before.informant):
            differ.add(key)
    for sheet_row in read:
        key = (sheet_row.number, sheet_row.answered_at)
        if key in differ:
            sheet.refuse("PSY210", sheet_row.row, column)
        elif first[key] is not sheet_row:
            sheet.note("PSY216", sheet_row.row, column, scale=scale)
    return tuple(row for key, row in first.items() if key not in differ)
