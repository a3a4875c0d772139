"""Tables of text, CSV and its kin: bytes to rows, read from disk piece by piece.

Nothing is guessed: encoding and delimiter follow fixed rules. The file is looked through once
before anything of it is used, so that what is damaged is refused whole; after that each walk over
the rows reads the file anew, and memory stays the same however long it is.
"""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import attrs

from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake.formula_cells import restored
from psysafe.intake.grid import (
    CELL_LIMIT,
    COLUMN_LIMIT,
    FILE_LIMIT,
    ROW_LIMIT,
    Row,
    letters,
    refusal,
    too_long,
)

DELIMITERS: Final = (",", "\t", ";")

# Control characters other than tab and line ends, halves of surrogate pairs, what is no character.
NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PIECE: Final = 64 * 1024
#: Letters and delimiters of one row as it stands in the file, quotation marks included.
_RECORD_LETTERS: Final = 1_000_000
_RECORD_DELIMITERS: Final = 20 * COLUMN_LIMIT
_BEFORE_2022: Final = re.compile("[\ue78d-\ue864]")
#: GB18030-2022 has characters of their own for what the edition of 2005 put into private use;
#: Python's codec is the older one. (GB 18030-2022, annex of changed mappings.)
_SINCE_2022: Final = str.maketrans(
    dict(
        zip(
            "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796"
            "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
            "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19"
            "\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
            strict=True,
        )
    )
)


@attrs.frozen(kw_only=True)
class Text:
    """A file of text whose encoding is known, and how to open its bytes again."""

    file: str
    encoding: str
    """utf-8, utf-8-sig, utf-16 or gb18030"""
    again: Callable[[], IO[bytes]] = attrs.field(repr=False)

    def records(self, delimiter: str) -> Iterator[Row]:
        """Number and cells of every row that is not empty, as the file stands now.

        Raises InvalidDataError: PSY220 quotation marks, PSY021 above a limit, PSY238 where the
        file is not the one any more that was looked through.
        """
        with self.again() as stream:
            # The text's own line ends are kept: a cell may hold one.
            decoded = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
            lines = _Lines(decoded, delimiter, self.file, old=self.encoding == "gb18030")
            try:
                yield from _rows(lines, delimiter, self.file)
            except UnicodeDecodeError:
                raise refusal("PSY238", {"file": self.file}) from None


def text_of_bytes(data: bytes, file: str) -> Text:
    """The text in `data`. Raises InvalidDataError as `text_of_file` does."""
    if len(data) > FILE_LIMIT:
        raise too_long(file, FILE_LIMIT, "bytes", {"file": file})
    return _looked_through(file, lambda: io.BytesIO(data))


def text_of_file(path: Path) -> Text:
    """The text in a file. Its bytes are looked through once, in pieces.

    Encodings: what a byte order mark says (UTF-8, UTF-16), else strict UTF-8, else GB18030.

    Raises InvalidDataError: PSY207 unknown encoding, PSY217 a control character or half a
    surrogate pair, PSY021 above FILE_LIMIT, PSY212 where it cannot be read.
    """
    file = path.name
    first = _state(path)
    if first is None:
        raise refusal("PSY212", {"file": file}, file=file)
    if first[0] > FILE_LIMIT:
        raise too_long(file, FILE_LIMIT, "bytes", {"file": file})

    def again() -> IO[bytes]:
        # What was looked through is what is read: a file exchanged in between is refused.
        if _state(path) != first:
            raise refusal("PSY238", {"file": file})
        try:
            return path.open("rb")
        except OSError:
            raise refusal("PSY212", {"file": file}, file=file) from None

    return _looked_through(file, again)


def _state(path: Path) -> tuple[int, int, int] | None:
    """Size, time of change and number of an ordinary file; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _looked_through(file: str, again: Callable[[], IO[bytes]]) -> Text:
    with again() as stream:
        begin = stream.read(4)
    if begin.startswith(BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        with again() as stream:
            if _decodes(stream, encoding, file):
                return Text(file=file, encoding=encoding, again=again)
    raise refusal("PSY207", {"file": file})


def _decodes(stream: IO[bytes], encoding: str, file: str) -> bool:
    """Whether the bytes are of this encoding. Raises InvalidDataError PSY217 for no text."""
    decoder = getincrementaldecoder(encoding)("strict")
    line = 1
    damaged: int | None = None
    while True:
        piece = stream.read(_PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError:
            return False
        if damaged is None and (found := NO_TEXT.search(text)):
            damaged = line + text.count("\n", 0, found.start())
        line += text.count("\n")
        if not piece:
            break
    if damaged is not None:
        raise refusal("PSY217", {"file": file, "row": damaged})
    return True


class _Lines:
    """The lines of a text for the parser of rows, never more of one row than a limit."""

    def __init__(self, stream: io.TextIOBase, delimiter: str, file: str, *, old: bool) -> None:
        self._stream = stream
        self._old = old
        self._delimiter = delimiter
        self._file = file
        self._letters = self._delimiters = 0
        self.row = 1

    def begin(self, row: int) -> None:
        """Say that the next line begins this row."""
        self.row = row
        self._letters = self._delimiters = 0

    @property
    def _where(self) -> dict[str, Fact]:
        return {"file": self._file, "row": self.row}

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(_RECORD_LETTERS + 1)
        if not line:
            raise StopIteration
        self._letters += len(line)
        found = line.count(self._delimiter)
        self._delimiters += found
        whole = found >= COLUMN_LIMIT and '"' not in line
        if whole or self._delimiters >= _RECORD_DELIMITERS:
            raise too_long(self._file, COLUMN_LIMIT, "columns", self._where)
        if self._letters > _RECORD_LETTERS:
            raise too_long(self._file, CELL_LIMIT, "letters", self._where)
        return line.translate(_SINCE_2022) if self._old and _BEFORE_2022.search(line) else line


def _rows(lines: _Lines, delimiter: str, file: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for number in range(1, ROW_LIMIT + 2):
        lines.begin(number)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _broken(error, number, file) from None
        if cells is None:
            return
        if len(cells) > COLUMN_LIMIT:
            raise too_long(file, COLUMN_LIMIT, "columns", {"file": file, "row": number})
        whole = "".join(cells)
        # No cell is longer than all of them.
        for column, cell in enumerate(cells if len(whole) > CELL_LIMIT else ()):
            if len(cell) > CELL_LIMIT:
                address = f"{letters(column)}{number}"
                where: dict[str, Fact] = {"file": file, "row": number, "cell": address}
                raise too_long(address, CELL_LIMIT, "letters", where)
        if whole and not whole.isspace():
            yield Row(number=number, cells=tuple(map(restored, cells) if "'" in whole else cells))
    if next(reader, None) is not None:
        raise too_long(file, ROW_LIMIT, "rows", {"file": file})


def _broken(error: csv.Error, row: int, file: str) -> InvalidDataError:
    # The parser's own limit is far above ours; only its text tells that fault from the others.
    where: dict[str, Fact] = {"file": file, "row": row}
    if "field limit" in str(error):
        return too_long(file, CELL_LIMIT, "letters", where)
    return InvalidDataError([Finding(code="PSY220", where=where)])
