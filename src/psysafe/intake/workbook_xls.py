"""An .xls looked through before it is parsed: the records of its workbook stream, walked once.

The file is a compound file (MS-CFB) with one stream of records (MS-XLS, BIFF8 and BIFF5); only
what is needed to bound it and to tell calculated cells and errors from values is read here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from psysafe.errors import Fact
from psysafe.intake.grid import refusal
from psysafe.intake.sheet_marks import Checked, SheetMarks, check_size

SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# MS-CFB 2.2 and 2.6: the header, an entry of the directory, numbers that are no sectors.
_LAST_SECTOR: Final = 0xFFFFFFFA
_ENTRY: Final = 128
_STREAM, _ROOT = 2, 5
_MINI_SECTOR: Final = 64
#: What a workbook's stream is called, newer and older.
_STREAMS: Final = ("workbook", "book")

# MS-XLS 2.3.2: numbers of records.
_FILEPASS, _BOUNDSHEET, _DATEMODE, _BOF, _EOF, _SUPBOOK, _ROW = 47, 133, 34, 0x809, 10, 0x1AE, 0x208
_FORMULA, _BOOLERR, _MULRK, _MULBLANK = 6, 0x205, 0xBD, 0xBE
#: One cell: NUMBER, LABEL, LABELSST, RK, BLANK, RSTRING.
_CELLS: Final = frozenset({0x203, 0x204, 0xFD, 0x27E, 0x201, 0xD6, _FORMULA, _BOOLERR})
_HIDDEN_ROW: Final = 0x20
_COLINFO: Final = 0x7D
_DIMENSIONS, _SST = 0x200, 0xFC
_MOST_ROWS, _MOST_COLUMNS = 65_536, 256


class _Compound:
    """A compound file: its streams by lower-case name."""

    def __init__(self, data: bytes, where: dict[str, Fact]) -> None:
        self._data = data
        self._where = where
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise refusal("PSY248", where)
        self._size = 1 << shift
        self._sectors = max(len(data) // self._size - 1, 0)
        (
            tables, directory, _, self._cutoff, mini, _, more, _
        ) = struct.unpack_from("<LLLLLLLL", data, 44)  # fmt: skip
        # The reader takes memory for as much as these numbers promise, so they must be true.
        counts = struct.unpack_from("<LL", data, 40) + struct.unpack_from("<12xL4xL", data, 52)
        if max(counts) > self._sectors:
            raise refusal("PSY248", where)
        self._next = self._table(tables, more)
        self.entries = self._directory(self._chain(directory))
        root = next((e for e in self.entries if e[1] == _ROOT), None)
        self._mini = b"".join(self._chain(root[2])) if root else b""
        self._mini_next = _numbers(b"".join(self._chain(mini)))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        found = self._data[start : start + self._size]
        if number > _LAST_SECTOR or not found:
            raise refusal("PSY248", self._where)
        return found

    def _table(self, tables: int, more: int) -> tuple[int, ...]:
        """Which sector follows each one. The first 109 parts of the table stand in the header."""
        parts = [n for n in struct.unpack_from("<109L", self._data, 76) if n <= _LAST_SECTOR]
        for _ in range(self._sectors):
            if more > _LAST_SECTOR:
                break
            numbers = _numbers(self._sector(more))
            parts += [n for n in numbers[:-1] if n <= _LAST_SECTOR]
            more = numbers[-1]
        parts = parts[: min(tables, self._sectors)]
        return _numbers(b"".join(self._sector(n) for n in parts))

    def _chain(self, number: int) -> list[bytes]:
        found: list[bytes] = []
        while number <= _LAST_SECTOR:
            if number >= len(self._next) or len(found) > self._sectors:
                raise refusal("PSY248", self._where)
            found.append(self._sector(number))
            number = self._next[number]
        return found

    def _directory(self, sectors: list[bytes]) -> list[tuple[str, int, int, int]]:
        """Name, type, first sector and size of each entry."""
        found = []
        whole = b"".join(sectors)
        for at in range(0, len(whole) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", whole, at + 64)
            start, size = struct.unpack_from("<LL" if self._size == 512 else "<LQ", whole, at + 116)
            if kind and size > len(self._data):
                raise refusal("PSY248", self._where)
            name = whole[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
            found.append((name.lower(), kind, start, size))
        return found

    def stream(self, name: str) -> bytes | None:
        entry = next((e for e in self.entries if e[0] == name and e[1] == _STREAM), None)
        if entry is None:
            return None
        *_, start, size = entry
        if size >= self._cutoff:
            return b"".join(self._chain(start))[:size]
        found: list[bytes] = []
        while start <= _LAST_SECTOR:
            if start >= len(self._mini_next) or len(found) > len(self._mini_next):
                raise refusal("PSY248", self._where)
            found.append(self._mini[start * _MINI_SECTOR : (start + 1) * _MINI_SECTOR])
            start = self._mini_next[start]
        return b"".join(found)[:size]


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}L", data[: len(data) // 4 * 4])


def check_xls(data: bytes, file: str) -> Checked:
    """Look through a workbook.

    Raises InvalidDataError: PSY247 with a password (also an .xlsx inside a compound file), PSY248
    damaged or no workbook at all, PSY252 links to other files, PSY021 above a limit.
    """
    where: dict[str, Fact] = {"file": file}
    try:
        compound = _Compound(data, where)
        names = {name for name, *_ in compound.entries}
        if "encryptedpackage" in names:
            raise refusal("PSY247", where)
        stream = next((s for name in _STREAMS if (s := compound.stream(name)) is not None), None)
        if stream is None:
            raise refusal("PSY248", where)
        macros = bool({"_vba_project_cur", "vba", "_vba_project"} & names)
        return _Records(stream, where).checked(macros)
    except (struct.error, IndexError):
        raise refusal("PSY248", where) from None


class _Records:
    """The records of a workbook's stream: the workbook's own, then sheet after sheet."""

    def __init__(self, stream: bytes, where: dict[str, Fact]) -> None:
        self._stream = stream
        self._where = where
        self._since_1904 = False
        self._sheets: dict[int, SheetMarks] = {}

    def _walk(self) -> Iterator[tuple[int, int, bytes]]:
        at = 0
        while at + 4 <= len(self._stream):
            kind, length = struct.unpack_from("<HH", self._stream, at)
            yield at, kind, self._stream[at + 4 : at + 4 + length]
            at += 4 + length

    def checked(self, macros: bool) -> Checked:
        sheet: SheetMarks | None = None
        for at, kind, body in self._walk():
            if kind == _FILEPASS:
                raise refusal("PSY247", self._where)
            if kind == _SUPBOOK and body[2:4] != b"\x01\x04" and body[:4] != b"\x01\x00\x01\x3a":
                raise refusal("PSY252", self._where)
            if kind in (_DIMENSIONS, _SST) and not self._honest(kind, body):
                raise refusal("PSY248", self._where)
            if kind == _BOUNDSHEET:
                self._announced(body)
            elif kind == _DATEMODE:
                self._since_1904 = body[:1] == b"\x01"
            elif kind == _BOF and at in self._sheets:
                sheet = self._sheets[at]
            elif sheet is not None:
                self._in_sheet(sheet, kind, body)
        found = list(self._sheets.values())
        check_size(found, self._where)
        return Checked(
            sheets=tuple(found), macros=macros, date_system=1904 if self._since_1904 else 1900
        )

    def _honest(self, kind: int, body: bytes) -> bool:
        """Whether a record promises no more than there can be: memory is taken by its numbers."""
        if kind == _SST:
            (strings,) = struct.unpack_from("<L", body, 4)
            return bool(strings * 3 <= len(self._stream))
        wide = "<LLHH" if len(body) >= 14 else "<HHHH"
        first_row, last_row, first, last = struct.unpack_from(wide, body)
        return bool(first_row <= last_row <= _MOST_ROWS and first <= last <= _MOST_COLUMNS)

    def _announced(self, body: bytes) -> None:
        position, state, kind, length = struct.unpack_from("<LBBB", body)
        if kind != 0:
            return  # a chart, a dialog or a macro sheet
        flag = body[7] if len(body) > 7 else 0
        name = body[8 : 8 + length * (2 if flag & 1 else 1)]
        text = name.decode("utf-16-le" if flag & 1 else "latin-1", "replace")
        self._sheets[position] = SheetMarks(name=text, hidden=bool(state & 3))

    def _in_sheet(self, sheet: SheetMarks, kind: int, body: bytes) -> None:
        if kind in _CELLS:
            row, column = struct.unpack_from("<HH", body)
            sheet.cell(row + 1, column, self._where)
            if kind == _FORMULA:
                sheet.faults[row + 1, column] = "PSY243"
            elif kind == _BOOLERR and body[7:8] == b"\x01":
                sheet.faults[row + 1, column] = "PSY244"
        elif kind in (_MULRK, _MULBLANK):
            row, _ = struct.unpack_from("<HH", body)
            (last,) = struct.unpack_from("<H", body, len(body) - 2)
            sheet.cell(row + 1, last, self._where)
        elif kind == _COLINFO:
            first, last, _, _, options = struct.unpack_from("<HHHHH", body)
            if options & 1:
                sheet.hide(first, last)
        elif kind == _ROW:
            (options,) = struct.unpack_from("<H", body, 12)
            sheet.hidden_rows += bool(options & _HIDDEN_ROW)
