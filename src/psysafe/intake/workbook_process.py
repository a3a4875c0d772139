"""Workbooks are read in a process of their own, one for each file.

The reader of workbooks (python-calamine) is written in another language. A file that deceives it
can end its process at once, which no `except` can catch; here that process is not the school's. It
is started without a shell and without the environment of the school, is limited in memory and time,
and what it says is text in lines of JSON, held to a bound. If it dies, takes too long, says too
much or something else than rows, the file is refused. What it writes of its death is thrown away:
it could quote a cell.

The rows are held here compressed, a small part of what they take as texts, and walked as often as
needed. On Windows, and where a system knows no such limit, the clock and the bound remain.

The process is started with the Python that `multiprocessing.set_executable` names, else with
`sys.executable`: a program that embeds Python sets it as it would for multiprocessing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from multiprocessing.spawn import get_executable
from pathlib import Path
from typing import IO, Any, Final

import attrs

from psysafe.errors import Fact
from psysafe.intake.grid import CELL_LIMIT, COLUMN_LIMIT, ROW_LIMIT, Merge, refusal, too_long
from psysafe.intake.sheet_marks import CELLS_LIMIT

_CHILD: Final = Path(__file__).with_name("workbook_child.py")
#: Codes that the reader may answer.
_CODES: Final = frozenset({"PSY242", "PSY247", "PSY248"})
#: What a process needs to be started at all; nothing else of the school's environment goes along.
_NEEDED: Final = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP")
#: Lines that are held together, and their bytes.
_BLOCK_LINES, _BLOCK_BYTES = 512, 1 << 18
#: Bytes of one line: a full row of the longest cells.
_LINE: Final = COLUMN_LIMIT * (CELL_LIMIT + 8) * 4


@attrs.frozen(kw_only=True)
class ReaderLimits:
    """What one workbook may cost: seconds by the clock and of the processor, bytes of memory of
    the reader, bytes that it may say. The largest workbook that the check lets through takes about
    a quarter of each (measured; a suggestion of the house).
    """

    clock: float = 180
    seconds: int = 120
    memory: int = 1536 * 1024 * 1024
    said: int = 384 * 1024 * 1024


LIMITS: Final = ReaderLimits()

#: A row: its number from 1; its texts, None where a number under a date's format is no date; the
#: places of numbers that have lost digits.
ReadRow = tuple[int, list[str] | None, list[int]]


@attrs.frozen(kw_only=True)
class ReadSheet:
    """One sheet as the reader said it. The first text of a row stands in `first_column`."""

    first_column: int
    merges: tuple[Merge, ...]
    blocks: tuple[bytes, ...] = attrs.field(repr=False)

    def rows(self) -> Iterator[ReadRow]:
        for block in self.blocks:
            for _, number, texts, lost in json.loads(zlib.decompress(block)):
                yield number, texts, lost


def read_sheets(
    data: bytes,
    names: Sequence[str],
    where: Mapping[str, Fact],
    *,
    limits: ReaderLimits = LIMITS,
    child: Path = _CHILD,
) -> tuple[ReadSheet, ...]:
    """The sheets of a workbook, in the order of `names`.

    Raises InvalidDataError: PSY242 the extra is not installed, PSY247 a password, PSY248 damaged,
    PSY275 the reader died, took too long or said what is no row, PSY276 it cannot be started,
    PSY021 more text than `limits.said`.
    """
    place = dict(where)
    if find_spec("python_calamine") is None:
        raise refusal("PSY242", place)
    process = _started(child, place)
    clock = threading.Timer(limits.clock, process.kill)
    clock.daemon = True
    clock.start()
    try:
        question, answer = process.stdin, process.stdout
        if question is None or answer is None:
            raise refusal("PSY276", place)
        _ask(question, data, names, limits)
        return _Answer(place, limits).sheets(answer, len(names))
    finally:
        clock.cancel()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()


def _started(child: Path, where: dict[str, Fact]) -> subprocess.Popen[bytes]:
    program = os.fsdecode(get_executable() or sys.executable or "")
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    try:
        # -I and -S: neither the user's environment nor anything installed runs in it by itself.
        return subprocess.Popen(
            [program, "-I", "-S", "-X", "utf8", str(child)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            close_fds=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError):
        raise refusal("PSY276", where) from None


def _ask(stream: IO[bytes], data: bytes, names: Sequence[str], limits: ReaderLimits) -> None:
    question = {
        "sheets": list(names),
        "path": [entry for entry in sys.path if os.path.isabs(entry)],
        "memory": limits.memory,
        "seconds": limits.seconds,
        "letters": CELL_LIMIT,
    }
    # A reader that died before it had read everything is known by its answer.
    with suppress(OSError):
        stream.write(json.dumps(question).encode() + b"\n")
        stream.write(data)
        stream.close()


class _Answer:
    """What the reader says, looked through line by line and held compressed."""

    def __init__(self, where: dict[str, Fact], limits: ReaderLimits) -> None:
        self._where = where
        self._limits = limits
        self._said = 0
        self._cells = 0
        self._found: list[ReadSheet] = []
        self._lines: list[bytes] = []
        self._size = 0
        self._last = 0

    def sheets(self, stream: IO[bytes], count: int) -> tuple[ReadSheet, ...]:
        while True:
            raw = stream.readline(_LINE)
            self._said += len(raw)
            if self._said > self._limits.said:
                raise too_long(str(self._where["file"]), self._limits.said, "bytes", self._where)
            if not raw.endswith(b"\n"):
                raise self._refused()  # the end of the process, or a line without end
            try:
                line = json.loads(raw)
            except (ValueError, RecursionError):
                raise self._refused() from None
            if self._take(line, raw):
                break
        self._close()
        if len(self._found) != count:
            raise self._refused()
        return tuple(self._found)

    def _refused(self) -> Exception:
        return refusal("PSY275", self._where)

    def _take(self, line: Any, raw: bytes) -> bool:
        """Take a line; whether it was the last one."""
        match line:
            case ["row", int(number), None | [*_], [*_]] if self._found and self._row(line):
                self._last = number
                self._hold(raw)
            case ["sheet", int(index), int(first), [*merges]] if (
                index == len(self._found) and 0 <= first < COLUMN_LIMIT
            ):
                self._close()
                merged = tuple(self._merge(one) for one in merges)
                self._found.append(ReadSheet(first_column=first, merges=merged, blocks=()))
                self._last = 0
            case ["error", str(code)] if code in _CODES:
                raise refusal(code, self._where)
            case ["end"]:
                return True
            case _:
                raise self._refused()
        return False

    def _row(self, line: Sequence[Any]) -> bool:
        _, number, texts, lost = line
        if texts is not None:
            self._cells += len(texts)
        return (
            self._last < number <= ROW_LIMIT
            and self._cells <= CELLS_LIMIT
            and (texts is None or len(texts) <= COLUMN_LIMIT)
            and all(type(text) is str for text in texts or ())
            and all(type(place) is int for place in lost)
        )

    def _merge(self, one: Any) -> Merge:
        match one:
            case [int(first_row), int(first), int(last_row), int(last)]:
                return Merge(
                    first_row=first_row, first_column=first, last_row=last_row, last_column=last
                )
        raise self._refused()

    def _hold(self, raw: bytes) -> None:
        self._lines.append(raw.rstrip())
        self._size += len(raw)
        if len(self._lines) == _BLOCK_LINES or self._size > _BLOCK_BYTES:
            self._pack()

    def _pack(self) -> None:
        if not self._lines:
            return
        block = zlib.compress(b"[" + b",".join(self._lines) + b"]", 1)
        last = self._found[-1]
        self._found[-1] = attrs.evolve(last, blocks=(*last.blocks, block))
        self._lines, self._size = [], 0

    def _close(self) -> None:
        if self._found:
            self._pack()
