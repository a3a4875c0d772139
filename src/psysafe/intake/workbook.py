"""Workbooks, .xlsx and .xls: checked, then read by python-calamine (extra `sheets`).

Cells become the text that a person would type: a whole number without a point, a date in ISO form.
What would have to be guessed refuses its row with the address of the cell: a calculated cell, an
error, a number so long that the spreadsheet has lost its last digits.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from psysafe.errors import Fact, Finding
from psysafe.intake.archive import Archive
from psysafe.intake.delimited import NO_TEXT
from psysafe.intake.formula_cells import restored
from psysafe.intake.grid import CELL_LIMIT, Merge, Row, Source, letters, refusal, too_long
from psysafe.intake.sheet_marks import WORKBOOK_LIMIT, Checked, SheetMarks
from psysafe.intake.workbook_xls import check_xls
from psysafe.intake.workbook_xlsx import check_xlsx

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

#: Numbers in a spreadsheet are floats of 15 digits that can be trusted (IEEE 754 binary64).
_LOST: Final = 10.0**15

Value = int | float | str | bool | time | date | datetime | timedelta


def workbook_sources(data: bytes, file: str, archive: Archive | None) -> tuple[Source, ...]:
    """The sheets of a workbook that hold anything and are not hidden.

    `archive`: the workbook as a zip; None for an .xls. Raises InvalidDataError: PSY242 the extra
    is not installed, PSY248 damaged, PSY021 above a limit, and what `check_xlsx` and `check_xls`
    raise. Findings of the first source are about the whole workbook.
    """
    where: dict[str, Fact] = {"file": file}
    if len(data) > WORKBOOK_LIMIT:
        raise too_long(file, WORKBOOK_LIMIT, "bytes", where)
    checked = check_xls(data, file) if archive is None else check_xlsx(archive)
    book = _opened(data, where)
    notes = []
    if checked.macros:
        notes.append(Finding(code="PSY249", severity="warning", where=where))
    sources = []
    kind = "xls" if archive is None else "xlsx"
    for marks in checked.sheets:
        place: dict[str, Fact] = {**where, "sheet": marks.name}
        if marks.hidden:
            if marks.rows:
                notes.append(Finding(code="PSY250", severity="warning", where=place))
            continue
        if marks.rows:
            sources.append(_source(book, marks, file, kind, checked))
    if not sources:
        raise refusal("PSY219", where)
    first = sources[0]
    return (attrs.evolve(first, findings=(*notes, *first.findings)), *sources[1:])


def _opened(data: bytes, where: dict[str, Fact]) -> CalamineWorkbook:
    try:
        import python_calamine
    except ImportError:
        raise refusal("PSY242", where) from None
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError:
        raise refusal("PSY247", where) from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise refusal("PSY248", where) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise refusal("PSY248", where) from None


def _source(
    book: CalamineWorkbook, marks: SheetMarks, file: str, kind: str, checked: Checked
) -> Source:
    import python_calamine

    where: dict[str, Fact] = {"file": file, "sheet": marks.name}
    try:
        sheet = book.get_sheet_by_name(marks.name)
        merges = tuple(
            Merge(first_row=r0 + 1, first_column=c0, last_row=r1 + 1, last_column=c1)
            for (r0, c0), (r1, c1) in sheet.merged_cell_ranges or ()
        )
    except (python_calamine.CalamineError, OSError, ValueError):
        raise refusal("PSY248", where) from None
    findings: tuple[Finding, ...] = ()
    if marks.hidden_rows:
        facts: dict[str, Fact] = {"count": marks.hidden_rows}
        findings = (Finding(code="PSY251", severity="warning", where=where, facts=facts),)
    return Source(
        file=file,
        sheet=marks.name,
        encoding=kind,
        delimiter="",
        rectangular=True,
        merges=merges,
        findings=findings,
        date_system=checked.date_system,
        records=lambda: _records(sheet, marks, where),
    )


def _records(sheet: CalamineSheet, marks: SheetMarks, where: dict[str, Fact]) -> Iterator[Row]:
    start = sheet.start
    if start is None:
        return
    # The reader leaves out empty columns before the first that holds anything, rows it does not.
    before = ("",) * start[1]
    for number, values in enumerate(_values(sheet), 1):
        if values is None:
            fault = Finding(code="PSY244", where={**where, "row": number})
            yield Row(number=number, cells=("",) * marks.columns, findings=(fault,))
            continue
        if not any(value != "" for value in values) and not _marked(marks, number):
            continue
        cells = (*before, *(_text(value) for value in values))
        faults = [
            Finding(
                code=code,
                where={**where, "row": number, "cell": f"{letters(column)}{number}"},
                facts=facts,
            )
            for column, code, facts in _faults(marks, number, start[1], values, cells)
        ]
        yield Row(number=number, cells=cells, findings=tuple(faults))


def _values(sheet: CalamineSheet) -> Iterator[list[Value] | None]:
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
            # The reader is written in Rust: a panic there is raised as something no Exception is.
            if type(error).__name__ != "PanicException":
                raise
            yield None


def _marked(marks: SheetMarks, row: int) -> bool:
    return any((row, column) in marks.faults for column in range(marks.columns))


def _faults(
    marks: SheetMarks, row: int, before: int, values: list[Value], cells: tuple[str, ...]
) -> Iterator[tuple[int, str, dict[str, Fact]]]:
    for column, cell in enumerate(cells):
        value = values[column - before] if column >= before else ""
        if code := marks.faults.get((row, column)):
            yield column, code, {}
        elif isinstance(value, (int, float)) and abs(value) >= _LOST:
            yield column, "PSY203", {}
        elif len(cell) > CELL_LIMIT:
            address = f"{letters(column)}{row}"
            yield column, "PSY021", {"field": address, "limit": CELL_LIMIT, "unit": "letters"}
        elif isinstance(value, str) and NO_TEXT.search(cell):
            yield column, "PSY217", {}


def _text(value: Value) -> str:
    """A cell as a person would type it."""
    if isinstance(value, str):
        return restored(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        whole = value.is_integer() if isinstance(value, float) else True
        # A number that has lost digits must not look like one that has them all.
        return str(int(value)) if whole and abs(value) < _LOST else repr(value)
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value.replace(microsecond=0).isoformat()
