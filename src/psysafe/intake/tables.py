"""A school's own file, as it is, to tables whose headings are understood.

`open_tables` is the one door for whatever comes in as a table. It answers every table of a file
with the place of each fault as a spreadsheet program shows it; what stands in the cells is read by
the rooms that know what a cell may say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from psysafe.errors import InvalidDataError
from psysafe.intake.delimited import DELIMITERS, Text, text_of_bytes, text_of_file
from psysafe.intake.grid import (
    CELL_LIMIT,
    COLUMN_LIMIT,
    FILE_LIMIT,
    ROW_LIMIT,
    Row,
    Source,
    Table,
    letters,
    plain,
)
from psysafe.intake.heading_rows import first_rows, heading_score, table_of
from psysafe.intake.headings import Kind, Vocabulary

__all__ = [
    "CELL_LIMIT",
    "COLUMN_LIMIT",
    "FILE_LIMIT",
    "ROW_LIMIT",
    "Kind",
    "Row",
    "Table",
    "letters",
    "open_tables",
    "plain",
    "read_table",
]


def open_tables(
    path: str | Path,
    kind: Kind,
    *,
    aliases: Mapping[str, Sequence[str]] | None = None,
    wanted: Collection[str] = (),
) -> tuple[Table, ...]:
    """Every table of a file.

    `kind` says which words the headings may be; `aliases` are a school's own, by canonical name
    (`[import.aliases]`); `wanted` are headings that the caller asks for by their own text, so that
    a row which holds them counts as a heading.

    The whole file is looked through before anything is answered, so that a damaged one is refused
    whole. Raises InvalidDataError: PSY212 it cannot be read, PSY207 unknown encoding, PSY217 a
    control character or half a surrogate pair, PSY219 no row at all, PSY220 quotation marks,
    PSY236 and PSY237 no heading, PSY021 above a limit. A row that is ragged carries PSY206.
    """
    text = text_of_file(Path(path))
    return (_table_of_text(text, Vocabulary(kind, aliases), wanted),)


def read_table(
    data: bytes,
    file: str,
    kind: Kind,
    *,
    aliases: Mapping[str, Sequence[str]] | None = None,
    wanted: Collection[str] = (),
) -> Table:
    """The table in the bytes of a text file named `file`, as `open_tables` reads it from disk."""
    return _table_of_text(text_of_bytes(data, file), Vocabulary(kind, aliases), wanted)


def _table_of_text(text: Text, vocabulary: Vocabulary, wanted: Collection[str]) -> Table:
    """The table in a text, by the delimiter with which most headings are known."""
    best, score = _source(text, DELIMITERS[0]), 0
    for delimiter in DELIMITERS:
        source = _source(text, delimiter)
        try:
            found = heading_score(first_rows(source), vocabulary, wanted)
        except InvalidDataError:
            continue  # with this delimiter it is no table; the one that is chosen says why
        if found > score:
            best, score = source, found
    for _ in best.records():
        pass  # what is damaged further down is refused now, not when half of it is read
    return table_of(best, vocabulary, wanted)


def _source(text: Text, delimiter: str) -> Source:
    return Source(
        file=text.file,
        encoding=text.encoding,
        delimiter=delimiter,
        records=lambda: text.records(delimiter),
    )
