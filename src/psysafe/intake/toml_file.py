"""Reading one TOML file of a school's folder: small, UTF-8, or refused with the line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from psysafe.errors import PlanError

#: Bytes of a file of settings. Larger than any that a person writes, small enough to parse.
FILE_LIMIT: Final = 1024 * 1024

_LINE = re.compile(r"\(at line (\d+)")


def read_toml(file: Path) -> dict[str, Any]:
    """The parsed file. A byte order mark is allowed.

    Raises PlanError: PSY101 with the line where it is no TOML or no UTF-8, PSY021 where it is
    larger than `FILE_LIMIT`, PSY212 where it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(FILE_LIMIT + 1)
    except (OSError, ValueError):
        raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
    if len(content) > FILE_LIMIT:
        raise PlanError("PSY021", field=file.name, limit=FILE_LIMIT, unit="bytes")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line: int | str = content.count(b"\n", 0, error.start) + 1
    except tomllib.TOMLDecodeError as error:
        # The parser's own sentence may quote the file, which may quote a person.
        found = _LINE.search(str(error))
        line = int(found[1]) if found else content.count(b"\n") + 1
    except (ValueError, RecursionError):
        # A number of thousands of digits, a list in a list in a list: the parser gives no line.
        line = "unknown"
    raise PlanError("PSY101", file=file.name, line=line)
