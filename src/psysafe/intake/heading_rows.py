"""Where a table's headings stand, and the rows below them.

Schools put titles, notes and counts around a table and merge headings over two rows. The heading
is the row, or the two rows, in which most words are known; nothing but the words decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import attrs

from psysafe.errors import Fact, Finding
from psysafe.intake.grid import (
    ROW_LIMIT,
    Merge,
    Row,
    Source,
    Table,
    column_of,
    plain,
    refusal,
    trimmed,
)
from psysafe.intake.headings import (
    Derived,
    Heading,
    Understood,
    Vocabulary,
    canonical_names,
    shown,
    word,
)

#: Rows among which the heading is looked for.
SEARCHED: Final = 60
#: Columns whose merged cells stand for each of their rows.
FILLED_DOWN: Final = frozenset({"年级", "班级", "班主任", "校区"})

# A first cell that begins so is about the table and no row of it.
_ABOUT = re.compile(
    r"(?:说明|填表说明|填写说明|备注|注|填表人|制表人|制表|审核人|审核|note|notes)(?:[:;,.()]|\d|$)",
    re.IGNORECASE,
)
#: Nobody is called so, whatever number stands beside it.
_SUM = re.compile(
    r"(?:合计|小计|总计|共计|总人数|total|subtotal)[:.]?(?:\d+[人名]?)?|共\d+[人名]", re.IGNORECASE
)
#: The letters with which such a cell can begin at all; every row is asked.
_BEGINS = frozenset("说填备注制审合小总共nNtTsS")
CLASS_NAME = re.compile(
    r"(?:.*\d|.*[一二三四五六七八九十]|[^\W\d_]{1,12})\)?班|(?:[初高]?[一二三四五六七八九\d]{1,2})[.(]\d{1,2}\)?"
)
_GRADE_NAME = re.compile(
    r"[初高]中?[一二三123]|(?:[一二三四五六七八九]|十[一二]?|\d{1,2})年级|20\d\d[级届]"
)


@attrs.frozen(kw_only=True)
class _Found:
    """One way to read the headings: its rows, and what they were understood as."""

    rows: tuple[Row, ...]
    headings: tuple[Heading, ...]
    understood: Understood
    score: int


def first_rows(source: Source) -> list[Row]:
    """The rows among which the heading is looked for."""
    rows: list[Row] = []
    for row in source.records():
        rows.append(row)
        if len(rows) == SEARCHED:
            break
    return rows


def heading_score(rows: Sequence[Row], vocabulary: Vocabulary, wanted: Collection[str]) -> int:
    """How many headings are known in the best row of these; 0 where no row is a heading."""
    found = _candidates(rows, (), vocabulary, wanted)
    return max((one.score for one in found), default=0)


def table_of(source: Source, vocabulary: Vocabulary, wanted: Collection[str] = ()) -> Table:
    """Find the headings of a table and name its columns. `wanted`: headings that count as known.

    Raises InvalidDataError: PSY219 no row at all, PSY236 no row of headings, PSY237 two that are
    equally good.
    """
    rows = first_rows(source)
    if not rows:
        raise refusal("PSY219", source.place)
    best = _best(source, _candidates(rows, source.merges, vocabulary, wanted), rows)
    columns = len(best.headings)
    derived = list(best.understood.derived)
    names = best.understood.names
    findings = list(source.findings)
    known = canonical_names("roster") if vocabulary.kind == "roster" else frozenset()
    filled = {names[column] for _, column in _tops(source, names, best.rows[-1].number)}
    for name in sorted(filled):
        where: dict[str, Fact] = {**source.place, "column": name}
        findings.append(Finding(code="PSY253", severity="note", where=where))
    if vocabulary.kind == "roster" and source.sheet is not None:
        for name in _said_by_sheet(source.sheet, names):
            derived.append(Derived(heading=name, text=source.sheet.strip()))
            where = {**source.place, "column": name}
            findings.append(Finding(code="PSY239", severity="note", where=where))
    return Table(
        file=source.file,
        sheet=source.sheet,
        encoding=source.encoding,
        delimiter=source.delimiter,
        heading_row=best.rows[-1].number,
        heading=(*names, *(one.heading for one in derived)),
        printed=tuple(_printed(heading) for heading in best.headings),
        rows=_Below(source, best, names, tuple(derived), columns, known),
        date_system=source.date_system,
        findings=tuple(findings),
    )


def _printed(heading: Heading) -> str:
    both = [heading.label, heading.text] if heading.label != heading.text else [heading.text]
    return " ".join(part for part in both if part)


def _said_by_sheet(sheet: str, names: Collection[str]) -> list[str]:
    """Which of 年级 and 班级 a sheet's name carries where no column does."""
    name = plain(sheet)
    if "班级" not in names and CLASS_NAME.fullmatch(name):
        return ["班级"]
    if "年级" not in names and _GRADE_NAME.fullmatch(name):
        return ["年级"]
    return []


# -- which rows ---------------------------------------------------------------------------------


def _best(source: Source, found: list[_Found], rows: Sequence[Row]) -> _Found:
    facts: dict[str, Fact] = {"first": rows[0].number, "last": rows[-1].number}
    score = max((one.score for one in found), default=0)
    if not score:
        raise refusal("PSY236", source.place, **facts)
    best = [one for one in found if one.score == score]
    # A heading that is repeated further down is the same heading; one row goes before two.
    best.sort(key=lambda one: (len(one.rows), one.rows[0].number))
    others = {one.rows[-1].number for one in best if _said(one) != _said(best[0])}
    if others:
        numbers = ", ".join(str(n) for n in sorted({best[0].rows[-1].number, *others}))
        raise refusal("PSY237", {**source.place, "row": best[0].rows[-1].number}, rows=numbers)
    return best[0]


def _said(found: _Found) -> tuple[str, ...]:
    return tuple(word(_printed(heading)) for heading in found.headings if _printed(heading))


def _candidates(
    rows: Sequence[Row],
    merges: Sequence[Merge],
    vocabulary: Vocabulary,
    wanted: Collection[str],
) -> list[_Found]:
    found = []
    for place, row in enumerate(rows):
        single = tuple(Heading(text=cell.strip()) for cell in trimmed(row.cells))
        found.append(_scored((row,), single, vocabulary, wanted, first=place == 0))
        below = rows[place + 1] if place + 1 < len(rows) else None
        if below is not None and (two := _two_rows(row, below, merges)):
            found.append(_scored((row, below), two, vocabulary, wanted, first=False))
    return [one for one in found if one.score]


def _scored(
    rows: tuple[Row, ...],
    headings: tuple[Heading, ...],
    vocabulary: Vocabulary,
    wanted: Collection[str],
    *,
    first: bool,
) -> _Found:
    understood = vocabulary.understand(headings)
    asked = {shown(name) for name in wanted}
    names = {
        name
        for name, heading in zip(understood.names, headings, strict=True)
        if shown(heading.text) in asked
    }
    score = understood.known + len(names)
    if vocabulary.kind == "answers" and (len(rows) == 1 or understood.known):
        # Two rows of answers look like numbers under a label; they hold no word that is known.
        score += _items(headings)
    # One word that is known may stand anywhere; in the first row of a file it is a heading.
    least = 1 if first else 2
    return _Found(
        rows=rows,
        headings=headings,
        understood=understood,
        score=score if score >= least else 0,
    )


def _items(headings: Sequence[Heading]) -> int:
    """How many headings are the numbers 1, 2, 3 ... of items, in their order, label by label."""
    by_label: dict[str, list[str]] = {}
    for heading in headings:
        # A number over a number is one answer over another, and no heading.
        if heading.text.isdecimal() and not heading.label.isdecimal():
            by_label.setdefault(heading.label, []).append(heading.text)
    found = 0
    for numbers in by_label.values():
        expected = [str(number) for number in range(1, len(numbers) + 1)]
        found += len(numbers) if len(numbers) > 1 and numbers == expected else 0
    return found


def _two_rows(row: Row, below: Row, merges: Sequence[Merge]) -> tuple[Heading, ...] | None:
    """A heading of two rows: labels over headings; None where the lower row cannot be one.

    A label reaches over the cells to its right that are empty, or as far as it is merged.
    """
    upper = [cell.strip() for cell in trimmed(row.cells)]
    lower = [cell.strip() for cell in trimmed(below.cells)]
    if len({cell for cell in upper if cell}) < 2:
        return None  # a title over a heading of one row
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    reach = {
        column: merge.first_column
        for merge in merges
        if merge.last_row == row.number
        for column in range(merge.first_column, merge.last_column + 1)
    }
    found: list[Heading] = []
    label, start = "", 0
    labelled = False
    for column in range(width):
        if upper[column]:
            label, start = upper[column], column
        elif merges and reach.get(column) != start:
            label = ""
        own = lower[column]
        if not own:
            found.append(Heading(text=upper[column]))
            continue
        labelled = labelled or bool(label)
        found.append(Heading(text=own, label=label, begins=bool(label) and column == start))
    return tuple(found) if labelled else None


# -- the rows below -----------------------------------------------------------------------------


class _Below:
    """The rows of a table, without what is no row of it; walked as often as needed."""

    def __init__(
        self,
        source: Source,
        found: _Found,
        names: tuple[str, ...],
        derived: tuple[Derived, ...],
        columns: int,
        known: frozenset[str],
    ) -> None:
        self._source = source
        self._heading_row = found.rows[-1].number
        self._repeated = [_compared(row.cells) for row in found.rows]
        self._names = names
        self._derived = derived
        self._columns = columns
        self._headed = [i for i, name in enumerate(names) if name]
        self._telling = [i for i, name in enumerate(names) if name in _TELLING]
        self._tops = _tops(source, names, self._heading_row)
        # Of a roster only columns with a known name are ever read: a fault elsewhere is no fault.
        self._read = {i for i, name in enumerate(names) if name and (not known or name in known)}

    def __iter__(self) -> Iterator[Row]:
        filled = {column for _, column in self._tops}
        seen: dict[tuple[int, int], str] = {}
        for row in self._source.records():
            if row.number <= self._heading_row or self._is_heading(row.cells):
                continue
            cells = list(row.cells)
            for column in filled:
                if column < len(cells):
                    top = self._tops.get((row.number, column))
                    if top is not None:
                        cells[column] = cells[column] or seen.get((top, column), "")
                    else:
                        seen = {k: v for k, v in seen.items() if k[1] != column}
                        seen[row.number, column] = cells[column]
            if self._is_about(cells):
                continue
            fitted = self._fitted(row, cells)
            if fitted.findings or any(fitted.cells[column].strip() for column in self._headed):
                yield fitted

    def _is_heading(self, cells: Sequence[str]) -> bool:
        """Whether a row repeats one of the headings' rows, as pages of a print do."""
        for heading in self._repeated:
            place = next((i for i, text in enumerate(heading) if text), len(cells))
            if place < len(cells) and word(cells[place]) == heading[place]:
                return _compared(cells) in self._repeated
        return False

    def _is_about(self, cells: Sequence[str]) -> bool:
        """Whether a row is a sum or a note. A note that names a person and a number is a row."""
        first = next((cell for cell in cells if cell.strip()), "").strip()
        if first[:1] not in _BEGINS:
            return False
        if _SUM.fullmatch(plain(first)):
            return True
        if not _ABOUT.match(plain(first)):
            return False
        told = [cells[i] for i in self._telling if i < len(cells) and cells[i].strip()]
        return all(cell.strip() == first for cell in told)

    def _concerning(self, finding: Finding) -> Finding | None:
        """A finding about a cell with its column's name; None where nobody reads the column."""
        cell = finding.where.get("cell")
        if not isinstance(cell, str):
            return finding
        column = column_of(cell)
        if column not in self._read:
            return None
        return attrs.evolve(finding, where={**finding.where, "column": self._names[column]})

    def _fitted(self, row: Row, cells: list[str]) -> Row:
        findings = tuple(found for f in row.findings if (found := self._concerning(f)))
        width = self._columns
        kept = cells if len(cells) <= width else cells[: max(width, len(trimmed(cells)))]
        if len(kept) != width and not self._source.rectangular:
            where: dict[str, Fact] = {**self._source.place, "row": row.number}
            facts: dict[str, Fact] = {"found": len(kept), "expected": width}
            findings = (*findings, Finding(code="PSY206", where=where, facts=facts))
        whole = [*kept[:width], *[""] * (width - len(kept))]
        for one in self._derived:
            beside = [whole[column] for column in one.beside]
            whole.append(one.text if not one.beside or any(b.strip() for b in beside) else "")
        return Row(number=row.number, cells=tuple(whole), findings=findings)


def _tops(source: Source, names: Sequence[str], heading_row: int) -> dict[tuple[int, int], int]:
    """For each cell under the first of merged ones, in a column where it counts, the first's row.

    Raises InvalidDataError PSY248 where merged cells overlap, which no spreadsheet program writes.
    """
    found: dict[tuple[int, int], int] = {}
    covered = 0
    for merge in source.merges:
        column = merge.first_column
        if column >= len(names) or names[column] not in FILLED_DOWN:
            continue
        covered += merge.last_row - merge.first_row
        if covered > ROW_LIMIT * len(FILLED_DOWN):
            raise refusal("PSY248", source.place)
        for row in range(max(merge.first_row, heading_row) + 1, merge.last_row + 1):
            found[row, column] = merge.first_row
    return found


#: Columns that show that a row is about somebody.
_TELLING: Final = frozenset({"姓名", "学号", "学籍号", "身份证号", "staff_id", "student_no"})


def _compared(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(word(cell) for cell in trimmed(cells))
