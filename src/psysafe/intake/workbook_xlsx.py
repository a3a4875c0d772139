"""An .xlsx looked through before it is parsed: is it honest, how large, which cells are no values.

Every part is inflated under limits (see `archive`), every part of XML is read for a document type
(entities are never expanded), and the sheets are read for calculated cells and errors, which the
reader of workbooks cannot tell from values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final
from xml.parsers import expat

from psysafe.errors import Fact
from psysafe.intake.archive import Archive
from psysafe.intake.grid import column_of, refusal, too_long
from psysafe.intake.sheet_marks import (
    CELLS_LIMIT,
    SHEET_LIMIT,
    TEXT_LIMIT,
    Checked,
    SheetMarks,
    check_size,
)

Start = Callable[[str, Mapping[str, str]], None]

_WORKBOOK: Final = "xl/workbook.xml"
_LINKS: Final = "xl/_rels/workbook.xml.rels"
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_FEW: Final = re.compile(r"[1-9]\d{0,4}", re.ASCII)
_HIDDEN: Final = frozenset({"hidden", "veryHidden"})
_TRUE: Final = frozenset({"1", "true"})


def check_xlsx(archive: Archive) -> Checked:
    """Look through a workbook.

    Raises InvalidDataError: PSY245 a bomb, PSY246 a document type, PSY247 encrypted, PSY248
    damaged, PSY252 links to other files, PSY021 above a limit.
    """
    names = {name.casefold(): name for name in archive.members}
    if any(n.startswith("xl/externallinks/") or n == "xl/connections.xml" for n in names):
        raise refusal("PSY252", archive.where)
    if _WORKBOOK not in archive.members or _LINKS not in archive.members:
        raise refusal("PSY248", archive.where)
    book = _Book()
    _parse(archive, _WORKBOOK, book.start)
    _parse(archive, _LINKS, book.link)
    sheets = book.sheets(archive)
    read = {_WORKBOOK, _LINKS}
    for part, marks in sheets.items():
        _parse(archive, part, _SheetParts(marks, archive.where).start)
        read.add(part)
    for name in archive.members:
        if name not in read:
            _look(archive, name)
    marked = list(sheets.values())
    check_size(marked, archive.where)
    return Checked(
        sheets=tuple(marked),
        macros="xl/vbaproject.bin" in names,
        date_system=1904 if book.since_1904 else 1900,
    )


def _look(archive: Archive, name: str) -> None:
    """Inflate a part, as XML where it is meant to be."""
    if name.endswith((".xml", ".rels")):
        counted = _Counted(archive.where)
        _parse(archive, name, counted.start)
        return
    for _ in archive.pieces(name):
        pass


def _parse(archive: Archive, name: str, start: Start) -> None:
    """Read a part's elements. A text is never handed over: only how long it runs is looked at."""
    parser = expat.ParserCreate()
    whole = _Runs(archive.where)

    def no_type(*_: object) -> None:
        raise refusal("PSY246", archive.where)

    def cdata() -> None:
        # A text in which < stands for itself, so that its length shows only here.
        parser.CharacterDataHandler = whole.add

    def end_cdata() -> None:
        parser.CharacterDataHandler = None
        whole.reset()

    parser.StartDoctypeDeclHandler = no_type
    parser.EntityDeclHandler = no_type
    parser.StartElementHandler = start
    parser.StartCdataSectionHandler = cdata
    parser.EndCdataSectionHandler = end_cdata
    runs = _Runs(archive.where)
    try:
        for piece in archive.pieces(name):
            runs.look(piece)
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):  # an encoding that is none
        raise refusal("PSY248", archive.where) from None


class _Runs:
    """How far a text runs; one beyond TEXT_LIMIT is refused (PSY021)."""

    def __init__(self, where: dict[str, Fact]) -> None:
        self._where = where
        self._run = 0

    def reset(self) -> None:
        self._run = 0

    def add(self, text: str | bytes) -> None:
        self._run += len(text)
        if self._run > TEXT_LIMIT:
            raise too_long(str(self._where["file"]), TEXT_LIMIT, "bytes", self._where)

    def look(self, piece: bytes) -> None:
        """Look at the bytes between one tag and the next."""
        first, *rest = piece.split(b"<")
        self.add(first)
        if rest:
            self.reset()
            self.add(max(rest, key=len))
            self.reset()
            self.add(rest[-1])


class _Counted:
    """Any other part: elements are counted, so that none grows into millions of objects."""

    def __init__(self, where: dict[str, Fact]) -> None:
        self._where = where
        self._elements = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > CELLS_LIMIT:
            raise too_long(str(self._where["file"]), CELLS_LIMIT, "elements", self._where)


class _Book:
    """The workbook's own part: which sheets there are, and in which parts they stand."""

    def __init__(self) -> None:
        self.since_1904 = False
        self._sheets: list[tuple[str, str, bool]] = []
        self._targets: dict[str, str] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "workbookPr":
            self.since_1904 = attributes.get("date1904", "") in _TRUE
        elif tag == "sheet":
            link = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            hidden = attributes.get("state", "") in _HIDDEN
            self._sheets.append((attributes.get("name", ""), link, hidden))

    def link(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            part = target[1:] if target.startswith("/") else f"xl/{target}"
            self._targets[attributes.get("Id", "")] = part

    def sheets(self, archive: Archive) -> dict[str, SheetMarks]:
        """The sheets by their parts. A chart sheet holds no table and is left out."""
        if len(self._sheets) > SHEET_LIMIT:
            raise too_long(str(archive.where["file"]), SHEET_LIMIT, "sheets", archive.where)
        found: dict[str, SheetMarks] = {}
        for name, link, hidden in self._sheets:
            part = self._targets.get(link, "")
            if part.startswith(("xl/chartsheets/", "xl/dialogsheets/", "xl/macrosheets/")):
                continue
            if part not in archive.members or part in found:
                raise refusal("PSY248", archive.where)
            found[part] = SheetMarks(name=name, hidden=hidden)
        return found


class _SheetParts:
    """One sheet's part: how far its cells reach, which of them are calculated or errors."""

    def __init__(self, marks: SheetMarks, where: dict[str, Fact]) -> None:
        self._marks = marks
        self._where: dict[str, Fact] = {**where, "sheet": marks.name}
        self._row = 0
        self._column = -1
        self._cells = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "v":
            return  # most of all elements
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag == "row":
            self._begin_row(attributes)
        elif tag == "col":
            self._begin_column(attributes)
        elif tag == "mergeCell":
            self._count()
        elif tag == "f":
            self._marks.faults.setdefault((self._row, self._column), "PSY243")

    def _count(self) -> None:
        self._cells += 1
        if self._cells > CELLS_LIMIT:
            raise too_long(str(self._where["file"]), CELLS_LIMIT, "cells", self._where)

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        given = attributes.get("r", "")
        self._row = int(given) if given.isascii() and given.isdigit() else self._row + 1
        self._column = -1
        if attributes.get("hidden", "") in _TRUE:
            self._marks.hidden_rows += 1

    def _begin_column(self, attributes: Mapping[str, str]) -> None:
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if attributes.get("hidden", "") in _TRUE and _FEW.fullmatch(first) and _FEW.fullmatch(last):
            self._marks.hide(int(first) - 1, int(last) - 1)

    def _cell(self, attributes: Mapping[str, str]) -> None:
        self._count()
        place = attributes.get("r", "")
        if not place:
            self._column += 1
        elif found := _REFERENCE.fullmatch(place):
            self._column = _numbered(found[1])
            self._row = int(found[2])
        else:
            raise refusal("PSY248", self._where)
        self._marks.cell(self._row, self._column, self._where)
        if attributes.get("t") == "e":
            self._marks.faults.setdefault((self._row, self._column), "PSY244")


@cache
def _numbered(name: str) -> int:
    return column_of(name)


def is_xlsx(archive: Archive) -> bool:
    """Whether an archive is meant to be a workbook of this sort."""
    return _WORKBOOK in archive.members
