"""The privacy policy that comes with the library, as rows for `Policy.compile`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Final

from psysafe.errors import Fact, Finding, InvalidDataError

Row = tuple[str, str, str, str]

_HEADINGS: Final = ["viewer", "item", "state", "effect"]


@cache
def shipped_matrix() -> tuple[Row, ...]:
    """The rows of `data/privacy-matrix.csv`: (viewer, item, state, effect), in the file's order.

    The file is read at the first call only. Raises InvalidDataError PSY701 where a line has not
    four cells or the headings are others; whether the rows are complete and known is for
    `Policy.compile` to say.
    """
    text = (files("psysafe") / "data" / "privacy-matrix.csv").read_text(encoding="utf-8")
    lines = csv.reader(text.splitlines())
    if next(lines, None) != _HEADINGS:
        raise _wrong(1, "the headings are not viewer, item, state, effect")
    rows: list[Row] = []
    for number, cells in enumerate(lines, start=2):
        if len(cells) != len(_HEADINGS):
            raise _wrong(number, "not four cells")
        viewer, item, state, effect = cells
        rows.append((viewer, item, state, effect))
    return tuple(rows)


def _wrong(line: int, problem: str) -> InvalidDataError:
    where: dict[str, Fact] = {"file": "privacy-matrix.csv"}
    facts: dict[str, Fact] = {"row": line, "problem": problem}
    return InvalidDataError([Finding(code="PSY701", where=where, facts=facts)])
