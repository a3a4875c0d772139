"""Workbooks, .xlsx and .xls: checked, then read by python-calamine (extra `sheets`), which runs in
a process of its own (see `workbook_process`).

Cells become the text that a person would type: a whole number without a point, a date in ISO form.
What would have to be guessed refuses its row with the address of the cell: a calculated cell, an
error, a number so long that the spreadsheet has lost its last digits.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from psysafe.errors import Fact, Finding
from psysafe.intake.archive import Archive
from psysafe.intake.delimited import NO_TEXT
from psysafe.intake.formula_cells import restored
from psysafe.intake.grid import CELL_LIMIT, Row, Source, letters, refusal, too_long
from psysafe.intake.sheet_marks import WORKBOOK_LIMIT, Checked, SheetMarks
from psysafe.intake.workbook_process import ReadRow, ReadSheet, read_sheets
from psysafe.intake.workbook_xls import check_xls
from psysafe.intake.workbook_xlsx import check_xlsx


def workbook_sources(data: bytes, file: str, archive: Archive | None) -> tuple[Source, ...]:
    """The sheets of a workbook that hold anything and are not hidden.

    `archive`: the workbook as a zip; None for an .xls. Raises InvalidDataError: PSY219 nothing in
    it, PSY021 above a limit, and what `check_xlsx`, `check_xls` and `read_sheets` raise. Findings
    of the first source are about the whole workbook.
    """
    where: dict[str, Fact] = {"file": file}
    if len(data) > WORKBOOK_LIMIT:
        raise too_long(file, WORKBOOK_LIMIT, "bytes", where)
    checked = check_xls(data, file) if archive is None else check_xlsx(archive)
    notes = []
    if checked.macros:
        notes.append(Finding(code="PSY249", severity="warning", where=where))
    shown = []
    kind = "xls" if archive is None else "xlsx"
    for marks in checked.sheets:
        place: dict[str, Fact] = {**where, "sheet": marks.name}
        if marks.hidden:
            if marks.rows:
                notes.append(Finding(code="PSY250", severity="warning", where=place))
            continue
        if marks.rows:
            shown.append(marks)
    if not shown:
        raise refusal("PSY219", where)
    read = read_sheets(data, [marks.name for marks in shown], where)
    sources = [
        _source(sheet, marks, file, kind, checked) for sheet, marks in zip(read, shown, strict=True)
    ]
    first = sources[0]
    return (attrs.evolve(first, findings=(*notes, *first.findings)), *sources[1:])


def _source(sheet: ReadSheet, marks: SheetMarks, file: str, kind: str, checked: Checked) -> Source:
    where: dict[str, Fact] = {"file": file, "sheet": marks.name}
    findings: tuple[Finding, ...] = ()
    hidden = {column for column in marks.hidden_columns if column < marks.columns}
    for code, count in (("PSY251", marks.hidden_rows), ("PSY278", len(hidden))):
        if count:
            facts: dict[str, Fact] = {"count": count}
            findings += (Finding(code=code, severity="warning", where=where, facts=facts),)
    return Source(
        file=file,
        sheet=marks.name,
        encoding=kind,
        delimiter="",
        rectangular=True,
        merges=sheet.merges,
        findings=findings,
        date_system=checked.date_system,
        records=lambda: _records(sheet, marks, where),
    )


def _records(sheet: ReadSheet, marks: SheetMarks, where: dict[str, Fact]) -> Iterator[Row]:
    before = ("",) * sheet.first_column
    marked = {row for row, _ in marks.faults}
    for number, texts, lost in _with_marked(sheet, marks.columns, marked):
        if texts is None:
            fault = Finding(code="PSY244", where={**where, "row": number})
            yield Row(number=number, cells=("",) * marks.columns, findings=(fault,))
            continue
        cells = (*before, *(restored(text) if text[:1] == "'" else text for text in texts))
        digits = frozenset(place + len(before) for place in lost)
        sound = not digits and number not in marked and not NO_TEXT.search("".join(cells))
        if sound and max(map(len, cells), default=0) <= CELL_LIMIT:
            yield Row(number=number, cells=cells)
            continue
        faults = [
            Finding(
                code=code,
                where={**where, "row": number, "cell": f"{letters(column)}{number}"},
                facts=facts,
            )
            for column, code, facts in _faults(marks, number, digits, cells)
        ]
        yield Row(number=number, cells=cells, findings=tuple(faults))


def _with_marked(sheet: ReadSheet, columns: int, marked: set[int]) -> Iterator[ReadRow]:
    """The rows, also those without any value that the check has something to say about."""
    missing = sorted(marked, reverse=True)
    empty = [""] * max(columns - sheet.first_column, 0)
    for row in sheet.rows():
        while missing and missing[-1] < row[0]:
            yield missing.pop(), empty, []
        if missing and missing[-1] == row[0]:
            missing.pop()
        yield row
    while missing:
        yield missing.pop(), empty, []


def _faults(
    marks: SheetMarks, row: int, lost: frozenset[int], cells: tuple[str, ...]
) -> Iterator[tuple[int, str, dict[str, Fact]]]:
    for column, cell in enumerate(cells):
        if code := marks.faults.get((row, column)):
            yield column, code, {}
        elif column in lost:
            yield column, "PSY203", {}
        elif len(cell) > CELL_LIMIT:
            address = f"{letters(column)}{row}"
            yield column, "PSY021", {"field": address, "limit": CELL_LIMIT, "unit": "letters"}
        elif NO_TEXT.search(cell):
            yield column, "PSY217", {}
