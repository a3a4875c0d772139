"""A school's own file, as it is, to tables whose headings are understood.

`open_tables` is the one door for whatever comes in as a table. It answers every table of a file
with the place of each fault as a spreadsheet program shows it; what stands in the cells is read by
the rooms that know what a cell may say.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import attrs

from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake.archive import Archive
from psysafe.intake.bundles import bundle_tables
from psysafe.intake.bundles_reading import bundle_of_archive, bundle_of_folder, is_bundle
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
    refusal,
    too_long,
)
from psysafe.intake.heading_rows import first_rows, heading_score, table_of
from psysafe.intake.headings import Kind, Vocabulary
from psysafe.intake.sheet_marks import WORKBOOK_LIMIT
from psysafe.intake.workbook import workbook_sources
from psysafe.intake.workbook_xls import SIGNATURE as XLS
from psysafe.intake.workbook_xlsx import is_xlsx

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
    today: date | None = None,
) -> tuple[Table, ...]:
    """Every table of a file: of a workbook one for each sheet that is not hidden; of a bundle,
    OneRoster 1.1 and 1.2 or SDS 2.1 as a folder or zip, the one that `kind` asks for.

    `kind` says which words the headings may be; `aliases` are a school's own, by canonical name
    (`[import.aliases]`); `wanted` are headings that the caller asks for by their own text, so that
    a row which holds them counts as a heading; `today`, the local day, says which end dates of a
    bundle are over (None: none is).

    The whole file is looked through before anything is answered, so that a damaged one is refused
    whole. Raises InvalidDataError: PSY212 it cannot be read, PSY207 unknown encoding, PSY217 a
    control character or half a surrogate pair, PSY219 no row at all, PSY220 quotation marks,
    PSY236 and PSY237 no heading, PSY241 no table but HTML or the like, PSY021 above a limit; of a
    workbook what `workbook_sources` raises. A row that is ragged carries PSY206; of a workbook,
    one with a calculated cell PSY243, an error PSY244, a number that has lost digits PSY203.
    """
    file = Path(path)
    vocabulary = Vocabulary(kind, aliases)
    if file.is_dir():
        return bundle_tables(bundle_of_folder(file), kind, today)
    begin = _begin(file)
    if begin.startswith(XLS):
        return _of_workbook(file, _whole(file), None, vocabulary, wanted)
    if begin.startswith(b"PK\x03\x04"):
        data = _whole(file)
        archive = Archive(data, file.name)
        if is_xlsx(archive):
            return _of_workbook(file, data, archive, vocabulary, wanted)
        bundle = bundle_of_archive(archive, file.name)
        if is_bundle(bundle):
            return bundle_tables(bundle, kind, today)
        raise refusal("PSY241", {"file": file.name}, found="zip")
    if found := _no_table(begin):
        raise refusal("PSY241", {"file": file.name}, found=found)
    table = _table_of_text(text_of_file(file), vocabulary, wanted)
    return (_named_otherwise(table, file, "text"),)


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


def _begin(file: Path) -> bytes:
    """The first bytes of a file; a workbook is told by them and not by its name."""
    try:
        if not file.is_file():
            raise refusal("PSY212", {"file": file.name}, file=file.name)
        with file.open("rb") as stream:
            return stream.read(1024)
    except (OSError, ValueError):
        raise refusal("PSY212", {"file": file.name}, file=file.name) from None


def _whole(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            # Reading up to a limit would take the limit's memory at once, however short the file.
            size = min(os.fstat(stream.fileno()).st_size, WORKBOOK_LIMIT)
            data = stream.read(size + 1)
    except OSError:
        raise refusal("PSY212", {"file": file.name}, file=file.name) from None
    if len(data) > WORKBOOK_LIMIT:
        raise too_long(file.name, WORKBOOK_LIMIT, "bytes", {"file": file.name})
    return data


def _no_table(begin: bytes) -> str:
    """What a file is that only looks like a table to the program that wrote it; empty: text."""
    text = begin.decode("utf-8", "ignore").replace("\0", "").lstrip("\ufeff \t\r\n").lower()
    if text.startswith(("<!doctype html", "<html", "<table", "<head", "<meta", "<style")):
        return "HTML"
    if text.startswith(("<?xml", "<workbook")):
        return "XML"
    if text.startswith(("%pdf", "{\\rtf")):
        return text[1:4].upper()
    return ""


def _named_otherwise(table: Table, file: Path, held: str) -> Table:
    """The table, with a note where the file's name promises something else than it holds."""
    suffix = file.suffix.lower()
    promised = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls"}.get(suffix, "text")
    if promised == held:
        return table
    facts: dict[str, Fact] = {"suffix": suffix[:10] or "-", "found": held}
    note = Finding(code="PSY240", severity="note", where={"file": file.name}, facts=facts)
    return attrs.evolve(table, findings=(note, *table.findings))


def _of_workbook(
    file: Path,
    data: bytes,
    archive: Archive | None,
    vocabulary: Vocabulary,
    wanted: Collection[str],
) -> tuple[Table, ...]:
    """The tables of a workbook's sheets. A sheet without headings is said, the others are read."""
    tables: list[Table] = []
    without: list[Finding] = []
    for source in workbook_sources(data, file.name, archive):
        try:
            tables.append(table_of(source, vocabulary, wanted))
        except InvalidDataError as error:
            if error.code not in ("PSY219", "PSY236"):
                raise
            without += [*source.findings, *error.findings]
    if not tables:
        raise InvalidDataError([finding for finding in without if finding.severity == "error"])
    said = [attrs.evolve(finding, severity="warning") for finding in without]
    first = _named_otherwise(tables[0], file, tables[0].encoding)
    tables[0] = attrs.evolve(first, findings=(*said, *first.findings))
    return tuple(tables)


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
