"""The reader of workbooks, as a program of its own: it may die, and the school goes on.

`workbook_process` starts it for one file and takes from it lines of JSON. It imports nothing of
psysafe, so that it starts at once; it is given no settings, no keys and no file, only the bytes of
one workbook on its standard input. Where the system can limit a process, it limits itself before
the first byte is looked at.

Its input is one line of JSON, {"sheets": [names], "path": [where libraries lie], "memory": bytes,
"seconds": of the processor, "letters": of a cell}, and then the workbook. Its output, a line each:

    ["sheet", number, first column, [[first row, first column, last row, last column], ...]]
    ["row", number from 1, [texts] or null, [places of numbers that have lost digits]]
    ["error", code]
    ["end"]
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

#: Numbers in a spreadsheet are floats of 15 digits that can be trusted (IEEE 754 binary64).
_LOST = 10.0**15


def _limit(memory: int, seconds: int) -> None:
    """No more memory and time than that, no file, and no core dump with people's names in it."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock and its bound on the output remain
        return
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):  # macOS knows no limit of memory
            continue


def _say(*line: Any) -> None:
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")


def _read(asked: dict[str, Any], data: bytes) -> str | None:
    """Say the sheets; the code of an error where it cannot be done."""
    try:
        import python_calamine
    except ImportError:
        return "PSY242"
    damaged = (python_calamine.CalamineError, OSError, ValueError)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for number, name in enumerate(asked["sheets"]):
            _sheet(number, book.get_sheet_by_name(name), asked["letters"])
    except python_calamine.PasswordError:
        return "PSY247"
    except damaged:
        return "PSY248"
    except BaseException as error:
        if not _panic(error):
            raise
        return "PSY248"
    return None


def _sheet(index: int, sheet: Any, letters: int) -> None:
    merges = [[r0 + 1, c0, r1 + 1, c1] for (r0, c0), (r1, c1) in sheet.merged_cell_ranges or ()]
    start = sheet.start
    # The reader leaves out empty columns before the first that holds anything, rows it does not.
    _say("sheet", index, start[1] if start else 0, merges)
    if start is None:
        return
    for number, values in enumerate(_values(sheet), 1):
        if values is None:
            _say("row", number, None, [])
            continue
        lost = [
            place
            for place, value in enumerate(values)
            if isinstance(value, (int, float)) and abs(value) >= _LOST
        ]
        # One letter more than may stand there, so that a cell that is too long is seen.
        texts = [
            value[: letters + 1] if isinstance(value, str) else _text(value) for value in values
        ]
        if any(texts) or lost:
            _say("row", number, texts, lost)


def _values(sheet: Any) -> Iterator[list[Any] | None]:
    """The rows; None for one that holds a number that is formatted as a date and is none."""
    rows = sheet.iter_rows()
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except (OverflowError, ValueError):
            yield None
        except BaseException as error:
            if not _panic(error):
                raise
            yield None


def _panic(error: BaseException) -> bool:
    """The reader is written in Rust: a panic there is raised as something no Exception is."""
    return type(error).__name__ == "PanicException"


def _text(value: float | bool | time | date | datetime | timedelta) -> str:
    """A cell as a person would type it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        whole = value.is_integer() if isinstance(value, float) else True
        # A number that has lost digits must not look like one that has them all.
        return str(int(value)) if whole and abs(value) < _LOST else repr(value)
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, (datetime, time)):
        return value.replace(microsecond=0).isoformat()
    return value.isoformat()


def main() -> None:
    """Answer one question and end."""
    asked = json.loads(sys.stdin.buffer.readline())
    _limit(asked["memory"], asked["seconds"])
    sys.path += asked["path"]
    code = _read(asked, sys.stdin.buffer.read())
    _say("error", code) if code else _say("end")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
