"""Lines of JSON from stdin, one object a line, each within a limit."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final

import click

from psysafe.cli.calling import INPUT_REFUSED, Call, findings_of
from psysafe.cli.output import Answer, finding_data, finding_lines
from psysafe.errors import PsysafeError
from psysafe.written import in_json, on_a_terminal

#: Bytes of one line: far above any instrument and any question.
LINE_LIMIT: Final = 64 * 1024


def lines(stream: BinaryIO | None = None) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers; a long one comes cut."""
    source: BinaryIO = sys.stdin.buffer if stream is None else stream
    number = 0
    while line := source.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT and not line.endswith(b"\n"):
            while (rest := source.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                pass
        if line.strip():
            yield number, line


def answered(
    call: Call, made: Callable[[int, bytes], Mapping[str, Any]], stream: BinaryIO | None = None
) -> Answer:
    """Answer each line with a line. One that is refused says why, and the next one is read."""
    failed = False
    for number, line in lines(stream):
        try:
            said = {"line": number, **made(number, line)}
        except PsysafeError as error:
            failed = True
            found = findings_of(error)[0]
            said = {"line": number, "error": finding_data(found, call.language)}
            for text in finding_lines(found, call.language):
                click.echo(on_a_terminal(text), err=True)
        click.echo(in_json(json.dumps(said, ensure_ascii=False, separators=(", ", ": "))))
    return Answer(data=None, code=INPUT_REFUSED if failed else 0)
