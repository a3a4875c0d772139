"""What is known of a workbook's sheet before its cells are read, and the limits of a workbook.

The reader of workbooks gives values only; that a value was calculated, or is an error, or that the
sheet is hidden, is found out from the file itself, while it is checked.
"""

from __future__ import annotations

from typing import Final

import attrs

from psysafe.errors import Fact
from psysafe.intake.grid import COLUMN_LIMIT, ROW_LIMIT, letters, too_long

#: Bytes of a workbook as it lies on disk; a year of a large school has a tenth of it.
WORKBOOK_LIMIT: Final = 32 * 1024 * 1024
#: Bytes of all parts of an archive together once inflated, and how often a part may grow.
INFLATED_LIMIT: Final = 256 * 1024 * 1024
RATIO_LIMIT: Final = 200
SHEET_LIMIT: Final = 200
#: Cells of a whole workbook, empty ones inside a sheet's rectangle included: what memory is taken.
CELLS_LIMIT: Final = 6_000_000
#: Bytes of one text before the workbook is refused. A spreadsheet's cell has at most 32,767
#: letters; a row with one above CELL_LIMIT is refused by itself.
TEXT_LIMIT: Final = 200_000


@attrs.define(kw_only=True)
class SheetMarks:
    """One sheet as the check saw it. `faults`: the code for a cell, by row (from 1) and column."""

    name: str
    hidden: bool = False
    rows: int = 0
    columns: int = 0
    hidden_rows: int = 0
    hidden_columns: set[int] = attrs.field(factory=set)
    faults: dict[tuple[int, int], str] = attrs.field(factory=dict)

    def hide(self, first: int, last: int) -> None:
        """Note that columns are hidden, both ends included; beyond the limit none is looked at."""
        self.hidden_columns.update(range(first, min(last, COLUMN_LIMIT) + 1))

    def cell(self, row: int, column: int, where: dict[str, Fact]) -> None:
        """Note that a cell stands here. Raises InvalidDataError PSY021 beyond the limits."""
        if row <= self.rows and column < self.columns:
            return
        if row > ROW_LIMIT:
            raise too_long(str(where["file"]), ROW_LIMIT, "rows", where)
        if column >= COLUMN_LIMIT:
            place = {**where, "cell": f"{letters(column)}{row}"}
            raise too_long(str(where["file"]), COLUMN_LIMIT, "columns", place)
        self.rows = max(self.rows, row)
        self.columns = max(self.columns, column + 1)


@attrs.frozen(kw_only=True)
class Checked:
    """A workbook that may be parsed: its sheets in their order."""

    sheets: tuple[SheetMarks, ...]
    macros: bool = False
    date_system: int = 1900
    """1900 or 1904: from which year the serial numbers of days count"""


def check_size(sheets: list[SheetMarks], where: dict[str, Fact]) -> None:
    """Raise InvalidDataError PSY021 where the sheets together would take too much memory."""
    if len(sheets) > SHEET_LIMIT:
        raise too_long(str(where["file"]), SHEET_LIMIT, "sheets", where)
    if sum(one.rows * one.columns for one in sheets) > CELLS_LIMIT:
        raise too_long(str(where["file"]), CELLS_LIMIT, "cells", where)
