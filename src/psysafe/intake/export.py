"""Tables that go out: CSV in UTF-8 with its mark, or .xlsx (extra `sheets`); every cell is text.

A cell that a spreadsheet program would take for a formula is neutralised (see `formula_cells`);
importing what was exported gives back the same texts. A file is its owner's alone (0600), and no
private text passes through a temporary file.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from psysafe.catalogue import describe, say
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake.delimited import NO_TEXT
from psysafe.intake.formula_cells import neutralised
from psysafe.intake.grid import (
    CELL_LIMIT,
    COLUMN_LIMIT,
    ROW_LIMIT,
    Row,
    Table,
    letters,
    refusal,
    too_long,
)

#: Where a row stands: file, sheet, row.
_Place = tuple[Fact | None, Fact | None, Fact | None]
#: Nothing is taken for a formula, a link or a number, and nothing lies in a temporary folder.
_XLSX: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_table(path: str | Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table to a .csv or .xlsx; a file of this name is replaced.

    Every row is as wide as the heading. Raises InvalidDataError: PSY206 a row of another width,
    PSY217 a character that is no text, PSY021 above the limits of an import, PSY242 for .xlsx
    without the extra, PSY212 where the file cannot be written.
    """
    file = Path(path)
    whole = _checked(file.name, heading, rows)
    if file.suffix.lower() == ".xlsx":
        _put(file, _workbook(whole, file.name))
        return
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(whole)
    _put(file, out.getvalue().encode("utf-8-sig"))


def make_sure(path: str | Path) -> None:
    """Before anything is taken that a table or a paper shall hold: can a file stand there?

    An empty file is made beside the place and removed; one of this name stays as it is. Raises
    InvalidDataError: PSY242 for .xlsx without the extra, PSY212 where nothing can be written.
    """
    file = Path(path)
    if file.suffix.lower() == ".xlsx" and find_spec("xlsxwriter") is None:
        raise refusal("PSY242", {"file": file.name})
    try:
        if file.is_dir():
            raise IsADirectoryError
        descriptor, beside = mkstemp(prefix=".", suffix=f".{file.name}", dir=file.parent)
        os.close(descriptor)
        os.unlink(beside)
    except (OSError, ValueError):
        raise _unwritable(file) from None


def write_refusals(
    path: str | Path, tables: Sequence[Table], findings: Iterable[Finding], language: str
) -> int:
    """Write what stands against the rows of tables, each with its row as it stood in the file.

    One line a finding of severity error or warning: file, sheet, row, cell, column, cause, why it
    matters, cure, then the row's own cells under their own headings. Answers how many lines. The
    file holds people's data: it belongs into the school's own folder.

    Raises InvalidDataError as `write_table` does.
    """
    said = [f for f in findings if f.severity in ("error", "warning")]
    wanted = {_of_row(f) for f in said}
    columns: dict[tuple[str, int], int] = {}
    stood: dict[_Place, dict[int, str]] = {}
    for table in tables:
        places = _places(table, columns)
        for row in _rows_of(table, wanted):
            cells = row.cells[: len(places)]
            stood[table.file, table.sheet, row.number] = dict(zip(places, cells, strict=True))
    heading = [
        say("file", language),
        say("sheet", language),
        say("row", language),
        say("cell", language),
        say("column", language),
        say("cause", language),
        say("why it matters", language),
        say("cure", language),
        *(name for name, _ in columns),
    ]
    lines = [_line(finding, stood, len(columns), language) for finding in said]
    write_table(path, heading, lines)
    return len(lines)


def _places(table: Table, columns: dict[tuple[str, int], int]) -> list[int]:
    """Where each column of a table stands among the columns of all tables, by its heading."""
    met: dict[str, int] = {}
    places = []
    # A bundle's row comes from several files and has no headings of its own.
    for name in table.printed or table.heading:
        met[name] = met.get(name, 0) + 1
        places.append(columns.setdefault((name, met[name]), len(columns)))
    return places


def _of_row(finding: Finding) -> _Place:
    where = finding.where
    return where.get("file"), where.get("sheet"), where.get("row")


def _rows_of(table: Table, wanted: set[_Place]) -> Iterable[Row]:
    return (row for row in table.rows if (table.file, table.sheet, row.number) in wanted)


def _line(
    finding: Finding, stood: dict[_Place, dict[int, str]], width: int, language: str
) -> list[str]:
    where = finding.where
    text = describe(finding, language)
    place = [str(where.get(key) or "") for key in ("file", "sheet", "row", "cell", "column")]
    cells = stood.get(_of_row(finding), {})
    # What refused a row may be a character or a length that no file can hold.
    row = [NO_TEXT.sub("\ufffd", cells.get(i, ""))[:CELL_LIMIT] for i in range(width)]
    return [*place, text.what, text.why, text.cure, *row]


def _checked(
    file: str, heading: Sequence[str], rows: Iterable[Sequence[str]]
) -> list[tuple[str, ...]]:
    width = len(heading)
    where: dict[str, Fact] = {"file": file}
    if width > COLUMN_LIMIT:
        raise too_long(file, COLUMN_LIMIT, "columns", where)
    found: list[tuple[str, ...]] = []
    for number, row in enumerate((heading, *rows), 1):
        if number > ROW_LIMIT:
            raise too_long(file, ROW_LIMIT, "rows", where)
        if len(row) != width:
            raise refusal("PSY206", {**where, "row": number}, found=len(row), expected=width)
        for column, cell in enumerate(row):
            place: dict[str, Fact] = {**where, "row": number, "cell": f"{letters(column)}{number}"}
            if len(cell) >= CELL_LIMIT:
                raise too_long(str(place["cell"]), CELL_LIMIT, "letters", place)
            if NO_TEXT.search(cell):
                raise refusal("PSY217", place)
        found.append(tuple(neutralised(cell) for cell in row))
    return found


def _workbook(rows: Sequence[Sequence[str]], file: str) -> bytes:
    try:
        import xlsxwriter
    except ImportError:
        raise refusal("PSY242", {"file": file}) from None
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _XLSX) as book:
        sheet = book.add_worksheet()
        text = book.add_format({"num_format": "@"})
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if cell:
                    sheet.write_string(r, c, cell, text)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _put(file: Path, content: bytes) -> None:
    """Replace a file, readable by its owner only from its first byte on."""
    try:
        with suppress(FileNotFoundError):
            file.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(file, flags, 0o600), "wb") as stream:
            stream.write(content)
    except (OSError, ValueError):
        raise _unwritable(file) from None


def _unwritable(file: Path) -> InvalidDataError:
    where: dict[str, Fact] = {"file": file.name}
    return InvalidDataError([Finding(code="PSY212", where=where, facts=where)])
