"""What a table is made of, whatever file it came from: rows of text with their places, and limits.

Nothing is interpreted here: a cell stays the text that it was. Every size has a limit, so that one
file cannot stop the school.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import attrs

from psysafe.errors import Fact, Finding, InvalidDataError

#: Bytes of a file, rows, columns, letters of a cell: far above any school's table.
FILE_LIMIT: Final = 64 * 1024 * 1024
ROW_LIMIT: Final = 300_000
COLUMN_LIMIT: Final = 500
CELL_LIMIT: Final = 10_000


@attrs.frozen(kw_only=True)
class Row:
    """One row: its number as a spreadsheet shows it (the first row is 1), and its cells.

    `cells` has at least one text for each heading. A finding of severity error in `findings`
    refuses the row.
    """

    number: int
    cells: tuple[str, ...] = attrs.field(repr=False)
    findings: tuple[Finding, ...] = ()


@attrs.frozen(kw_only=True)
class Table:
    """A table with its headings understood. `findings` are about the table, not about one row."""

    file: str
    sheet: str | None = None
    encoding: str
    """utf-8, utf-8-sig, utf-16 or gb18030; xlsx or xls for a workbook"""
    delimiter: str
    """of a file of text; empty for a workbook"""
    heading_row: int
    """the last of the rows that hold headings"""
    heading: tuple[str, ...] = attrs.field(repr=False)
    """canonical names (see `headings`) where one is known, else the heading after NFKC, without
    spaces and stars; names of derived columns, which do not stand in the file, come last"""
    printed: tuple[str, ...] = attrs.field(repr=False)
    """the headings as they stand, one a column of the file: shorter than `heading` by the derived
    columns; a heading of two rows is joined by a space"""
    rows: Iterable[Row] = attrs.field(repr=False)
    """walked as often as needed; a file of text is read anew each time"""
    date_system: int = 1900
    """of a workbook: from which year, 1900 or 1904, the serial numbers of days count"""
    findings: tuple[Finding, ...] = ()

    def where(self, row: int, column: int | None = None) -> dict[str, Fact]:
        """The place of a finding: file, sheet, row, and the cell where the column has one."""
        place: dict[str, Fact] = {"file": self.file}
        if self.sheet is not None:
            place["sheet"] = self.sheet
        place["row"] = row
        if column is not None and column < len(self.printed):
            place["cell"] = f"{letters(column)}{row}"
        return place


@attrs.frozen(kw_only=True)
class Merge:
    """Merged cells: the first and the last row (from 1) and column (from 0), both included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@attrs.frozen(kw_only=True)
class Source:
    """A table before its headings are known: its rows that are not empty, walked repeatedly."""

    file: str
    encoding: str
    delimiter: str
    records: Callable[[], Iterator[Row]] = attrs.field(repr=False)
    sheet: str | None = None
    merges: tuple[Merge, ...] = ()
    rectangular: bool = False
    """every row is as wide as the sheet, so that a short or long one has lost nothing"""
    date_system: int = 1900
    findings: tuple[Finding, ...] = ()

    @property
    def place(self) -> dict[str, Fact]:
        """File and sheet, for a finding."""
        return {"file": self.file, **({"sheet": self.sheet} if self.sheet is not None else {})}


def letters(column: int) -> str:
    """A column's letters in a spreadsheet; the first, A, is 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def plain(text: str) -> str:
    """A text for comparing: NFKC, without any spaces."""
    if text.isascii():
        # NFKC leaves it as it is.
        return text if text.isalnum() else "".join(text.split())
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(text.split())


def column_of(address: str) -> int:
    """The column of a cell's address: 1 for B17."""
    number = 0
    for letter in address.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    """The cells without empty ones at the end, which spreadsheets leave behind."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[:end])


def refusal(code: str, where: dict[str, Fact], **facts: Fact) -> InvalidDataError:
    """The error that refuses a whole file for one reason."""
    return InvalidDataError([Finding(code=code, where=where, facts=facts)])


def too_long(field: str, limit: int, unit: str, where: dict[str, Fact]) -> InvalidDataError:
    """The error that refuses a file beyond a limit (PSY021)."""
    return refusal("PSY021", where, field=field, limit=limit, unit=unit)
