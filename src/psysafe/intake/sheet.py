"""One table on its way in, read by the names of its columns; every fault noted with its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Final, TypeVar

from psysafe.errors import Fact, Finding, FindingSeverity, InvalidDataError
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.tables import Row, Table, letters

T = TypeVar("T")

#: Letters of a cell that people write something in: a name, an address.
TEXT_LIMIT: Final = 200


def places(table: Table, needed: Iterable[str], optional: Iterable[str]) -> dict[str, int]:
    """Where each known column stands; absent optional ones are left out.

    Raises InvalidDataError with one finding for each needed column that is missing (PSY201) and
    each known heading that stands twice (PSY218).
    """
    needed = tuple(needed)
    found: dict[str, int] = {}
    faults = []
    for name in (*needed, *optional):
        stands = [i for i, heading in enumerate(table.heading) if heading == name]
        where: dict[str, Fact] = {**table.where(table.heading_row), "column": name}
        if not stands and name in needed:
            faults.append(Finding(code="PSY201", where=where))
        elif len(stands) > 1:
            where.update(table.where(table.heading_row, stands[1]))
            faults.append(Finding(code="PSY218", where=where))
        elif stands:
            found[name] = stands[0]
    if faults:
        raise InvalidDataError(faults)
    return found


class Sheet:
    """Reads cells by column, collects findings, and knows which rows are refused."""

    def __init__(self, table: Table, columns: Mapping[str, int]) -> None:
        self.table = table
        self.findings: list[Finding] = list(table.findings)
        self._columns = columns
        self._refused: set[int] = set()
        self._say_what_is_not_read(set(columns.values()))

    def _say_what_is_not_read(self, read: Collection[int]) -> None:
        # Letters, not headings: without a known heading a line may be anybody's data.
        rest = [letters(i) for i, name in enumerate(self.table.printed) if name and i not in read]
        if rest:
            facts: dict[str, Fact] = {"count": len(rest), "columns": ", ".join(rest)}
            where = self.table.where(self.table.heading_row)
            self.findings.append(Finding(code="PSY221", severity="note", where=where, facts=facts))

    def rows(self) -> Iterator[Row]:
        """The rows that can be read. One that the file itself spoilt is noted and left out."""
        for row in self.table.rows:
            self.findings += row.findings
            if any(finding.severity == "error" for finding in row.findings):
                self._refused.add(row.number)
            else:
                yield row

    @property
    def refused_rows(self) -> frozenset[int]:
        """The rows that are refused."""
        return frozenset(self._refused)

    @property
    def refused(self) -> int:
        """How many rows are refused."""
        return len(self._refused)

    def good(self, row: int) -> bool:
        """Whether nothing was found that refuses this row."""
        return row not in self._refused

    def has(self, column: str) -> bool:
        return column in self._columns

    def peek(self, row: Row, column: str) -> str:
        """The cell without spaces around it, and without a word about it."""
        place = self._columns.get(column)
        return row.cells[place].strip() if place is not None and place < len(row.cells) else ""

    def text(self, row: Row, column: str, *, needed: bool = False) -> str:
        """The cell without spaces around it; empty where the column is absent.

        A cell above TEXT_LIMIT is refused (PSY021), an empty one that is needed too (PSY208).
        """
        place = self._columns.get(column)
        found = row.cells[place].strip() if place is not None else ""
        if len(found) > TEXT_LIMIT:
            self.refuse(
                "PSY021", row.number, column, field=column, limit=TEXT_LIMIT, unit="letters"
            )
            return ""
        if needed and not found:
            self.refuse("PSY208", row.number, column)
        return found

    def read(
        self, row: Row, column: str, parse: Callable[[str], T | Fault], *, needed: bool = False
    ) -> T | None:
        """What the cell says; None where it is empty or, then noted, not understood."""
        text = self.text(row, column, needed=needed)
        if not text:
            return None
        found = parse(text)
        if isinstance(found, Fault):
            self.refuse(found.code, row.number, column, **found.facts)
            return None
        return found

    def day(self, row: Row, column: str) -> date | None:
        """The date in a cell, as `read` answers; a number counts from the table's own epoch."""
        return self.read(row, column, self.as_day)

    def as_day(self, text: str) -> date | Fault:
        """A text of this table as a date; a serial number by the workbook's own epoch."""
        return cells.day(text, epoch=cells.EPOCHS[self.table.date_system == 1904])

    def refuse(self, code: str, row: int, column: str, **facts: Fact) -> None:
        """Note why a row cannot go in."""
        self._refused.add(row)
        self._note(code, "error", row, column, facts)

    def warn(self, code: str, row: int, column: str, **facts: Fact) -> None:
        """Note something that a person should look at; the row goes in."""
        self._note(code, "warning", row, column, facts)

    def note(self, code: str, row: int, column: str, **facts: Fact) -> None:
        """Note something that needs nothing done."""
        self._note(code, "note", row, column, facts)

    def _note(
        self, code: str, severity: FindingSeverity, row: int, column: str, facts: Mapping[str, Fact]
    ) -> None:
        where = self.where(row, column)
        self.findings.append(Finding(code=code, severity=severity, where=where, facts=facts))

    def where(self, row: int, column: str) -> dict[str, Fact]:
        """The place of a column's cell, as a spreadsheet program shows it."""
        return {**self.table.where(row, self._columns.get(column)), "column": column}

    def in_order(self) -> tuple[Finding, ...]:
        """All findings, by row and column."""

        def place(finding: Finding) -> tuple[int, int, str]:
            row = finding.where.get("row")
            column = self._columns.get(str(finding.where.get("column")), -1)
            return (row if isinstance(row, int) else 0, column, finding.code)

        return tuple(sorted(self.findings, key=place))
