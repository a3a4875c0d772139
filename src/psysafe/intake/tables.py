"""A table that comes in as text: bytes to headings and rows, or a fault with its place.

Nothing is interpreted here and nothing is guessed: encoding and delimiter follow fixed rules,
a cell stays the text that it was. Every size has a limit, so that one file cannot stop the
school; what a limit or a rule refuses is named with file, row and cell as a spreadsheet
program shows them.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from psysafe.errors import Fact, Finding, InvalidDataError

#: Bytes of a file, rows, columns, letters of a cell: far above any school's table.
FILE_LIMIT: Final = 32 * 1024 * 1024
ROW_LIMIT: Final = 200_000
COLUMN_LIMIT: Final = 500
CELL_LIMIT: Final = 10_000

DELIMITERS: Final = (",", "\t", ";")

# Control characters other than tab and line ends, and halves of surrogate pairs.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_QUOTED = re.compile('"[^"]*"?')
#: Delimiters in one line of text, quoted ones included, before the line is parsed at all.
_LINE_LIMIT: Final = 20 * COLUMN_LIMIT


@attrs.frozen(kw_only=True)
class Row:
    """One row: its number as a spreadsheet shows it (the heading is row 1), and its cells."""

    number: int
    cells: tuple[str, ...] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Table:
    """A table as it stood in the file. `findings` names the rows that were left out as ragged."""

    file: str
    encoding: str
    """utf-8, utf-8-sig, utf-16 or gb18030"""
    delimiter: str
    heading_row: int
    heading: tuple[str, ...] = attrs.field(repr=False)
    """the headings after NFKC, without spaces and stars"""
    rows: tuple[Row, ...] = attrs.field(repr=False)
    findings: tuple[Finding, ...] = ()


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
    return "".join(unicodedata.normalize("NFKC", text).split())


def read_table(data: bytes, file: str) -> Table:
    """Read the bytes of a file named `file`.

    Encodings: what a byte order mark says (UTF-8, UTF-16), else strict UTF-8, else GB18030.
    The delimiter is the one of comma, tab and semicolon that stands most often in the first
    line with text, outside quotation marks. A row longer or shorter than the heading is left out
    and named in `findings` (PSY206); empty cells after the last heading do not count, empty rows
    are passed over.

    Raises InvalidDataError: PSY207 unknown encoding, PSY217 a control character or half a
    surrogate pair, PSY219 no heading, PSY220 quotation marks, PSY021 too large (FILE_LIMIT,
    ROW_LIMIT, COLUMN_LIMIT, CELL_LIMIT).
    """
    if len(data) > FILE_LIMIT:
        raise _too_long(file, FILE_LIMIT, "bytes", file)
    encoding, text = _decoded(data, file)
    damaged = _NO_TEXT.search(text)
    if damaged:
        where: dict[str, Fact] = {"file": file, "row": text.count("\n", 0, damaged.start()) + 1}
        raise InvalidDataError([Finding(code="PSY217", where=where)])
    delimiter = _delimiter(text)
    records = _records(text, delimiter, file)
    for heading_row, cells in records:
        heading = tuple(_heading(cell) for cell in _trimmed(cells))
        rows, findings = _rows(records, len(heading), file)
        return Table(
            file=file,
            encoding=encoding,
            delimiter=delimiter,
            heading_row=heading_row,
            heading=heading,
            rows=rows,
            findings=findings,
        )
    raise InvalidDataError([Finding(code="PSY219", where={"file": file})])


def _too_long(field: str, limit: int, unit: str, file: str, row: int = 0) -> InvalidDataError:
    where: dict[str, Fact] = {"file": file, **({"row": row} if row else {})}
    if field != file:
        where["cell"] = field
    facts: dict[str, Fact] = {"field": field, "limit": limit, "unit": unit}
    return InvalidDataError([Finding(code="PSY021", where=where, facts=facts)])


def _decoded(data: bytes, file: str) -> tuple[str, str]:
    if data.startswith(BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            return encoding, data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidDataError([Finding(code="PSY207", where={"file": file})])


def _delimiter(text: str) -> str:
    for line in io.StringIO(text):
        if line.strip():
            bare = _QUOTED.sub("", line)
            return max(DELIMITERS, key=bare.count)
    return DELIMITERS[0]


def _heading(cell: str) -> str:
    return plain(cell).replace("*", "").replace("★", "")


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The cells without empty ones at the end, which spreadsheets leave behind."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _bounded(text: str, delimiter: str, file: str) -> Iterator[str]:
    """The lines of the text; one with too many columns is refused before it becomes a list."""
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        found = line.count(delimiter)
        if found >= _LINE_LIMIT or (found >= COLUMN_LIMIT and '"' not in line):
            raise _too_long(file, COLUMN_LIMIT, "columns", file, number)
        yield line


def _records(text: str, delimiter: str, file: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Number and cells of every row that is not empty."""
    reader = csv.reader(_bounded(text, delimiter, file), delimiter=delimiter, strict=True)
    for number in range(1, ROW_LIMIT + 2):
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _broken(error, number, file) from None
        if cells is None:
            return
        if len(cells) > COLUMN_LIMIT:
            raise _too_long(file, COLUMN_LIMIT, "columns", file, number)
        for column, cell in enumerate(cells):
            if len(cell) > CELL_LIMIT:
                raise _too_long(f"{letters(column)}{number}", CELL_LIMIT, "letters", file, number)
        if any(cell.strip() for cell in cells):
            yield number, tuple(cells)
    if next(reader, None) is not None:
        raise _too_long(file, ROW_LIMIT, "rows", file)


def _broken(error: csv.Error, row: int, file: str) -> InvalidDataError:
    # The parser's own limit is far above ours; only its text tells that fault from the others.
    if "field limit" in str(error):
        return _too_long(file, CELL_LIMIT, "letters", file, row)
    return InvalidDataError([Finding(code="PSY220", where={"file": file, "row": row})])


def _rows(
    records: Iterable[tuple[int, tuple[str, ...]]], width: int, file: str
) -> tuple[tuple[Row, ...], tuple[Finding, ...]]:
    rows, findings = [], []
    for number, cells in records:
        kept = cells if len(cells) == width else cells[: max(width, len(_trimmed(cells)))]
        if len(kept) == width:
            rows.append(Row(number=number, cells=kept))
            continue
        facts: dict[str, Fact] = {"found": len(kept), "expected": width}
        where: dict[str, Fact] = {"file": file, "row": number}
        findings.append(Finding(code="PSY206", where=where, facts=facts))
    return tuple(rows), tuple(findings)
