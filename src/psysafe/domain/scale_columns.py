"""Many sheets at once: answers as one byte string an item, scored without a loop over the sheets.

A column holds one byte a sheet: the raw answer, or 255 where it is empty. Columns are added up as
whole numbers of a million bytes (a byte lane cannot overflow below 256) and banded by one
`bytes.translate`. What that cannot do, sheets with gaps and instruments with branching, levels,
validity rules or made scores, goes through `scales.score` sheet by sheet: slower, never different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Final

from psysafe.domain.scale_choice import check_choice, choose
from psysafe.domain.scale_columns_mended import mended, one_by_one
from psysafe.domain.scale_definition import CriticalRule, Definition, Score
from psysafe.domain.scale_results import Respondent
from psysafe.domain.scale_scored import EMPTY, Coded, ScoredColumns, marked
from psysafe.errors import ScaleError

_NOBODY: Final = Respondent()
#: Answers 0 to a highest one below which every bit can be set.
_UP_TO: Final = {highest: frozenset(range(highest + 1)) for highest in (1, 3, 7)}


class Numbers:
    """Columns as whole numbers with a byte lane a sheet, each made once."""

    def __init__(self, *, gaps_as_nothing: bool = False) -> None:
        self._made: dict[tuple[int, bytes | None], int] = {}
        self._usual = _WITHOUT_GAPS if gaps_as_nothing else None

    def of(self, column: bytes, table: bytes | None = None) -> int:
        """The column as a number, its bytes replaced by the table first."""
        key = (id(column), table)
        if key not in self._made:
            by = self._usual if table is None else table
            self._made[key] = _number(column if by is None else column.translate(by))
        return self._made[key]


def columns_of(definition: Definition, sheets: Iterable[Sequence[int | None]]) -> list[bytes]:
    """Columns from sheets of answers in canonical order; short sheets are filled with gaps.

    Raises ScaleError PSY303 for a sheet of a wrong length, PSY304 for an answer that is no byte.
    """
    items = len(definition.items)
    columns = [bytearray() for _ in range(items)]
    for row, sheet in enumerate(sheets):
        if not definition.shortest <= len(sheet) <= items:
            where = {"row": row}
            raise ScaleError("PSY303", where=where, found=len(sheet), expected=definition.shortest)
        for place, column in enumerate(columns):
            answer = sheet[place] if place < len(sheet) else None
            if answer is not None and (type(answer) is not int or not 0 <= answer < EMPTY):
                raise _off_scale(definition, place + 1, row)
            column.append(EMPTY if answer is None else answer)
    return [bytes(column) for column in columns]


def columns_from_packed(definition: Definition, packed: bytes) -> list[bytes]:
    """Columns from sheets packed one after the other, one byte an item.

    Raises ScaleError PSY303 where the bytes are no whole number of sheets.
    """
    items = len(definition.items)
    if len(packed) % items:
        raise ScaleError("PSY303", found=len(packed) % items, expected=items)
    return [packed[place::items] for place in range(items)]


def score_columns(
    definition: Definition,
    columns: Sequence[bytes],
    population: str | None = None,
    respondent: Respondent | None = None,
) -> ScoredColumns:
    """Score many sheets, given as one byte string an item, equal to `score` sheet by sheet.

    `columns[i][row]` is the raw answer of sheet `row` to item i + 1, 255 where it is empty; columns
    of unscored items at the end may be left off. `population` and `respondent` choose the tables
    for all sheets alike: call it once a group where ages differ. Whole sheets of an instrument of
    sums, means and counts take well under a microsecond for about ten items; a sheet with a gap
    is scored by itself (some 20 microseconds).

    Raises ScaleError: PSY303 for a wrong number of columns or unequal lengths, PSY304 for an
    answer off the response scale (with item and row), PSY305 and PSY307 as `score`.
    """
    about = respondent or _NOBODY
    check_choice(definition, population, about)
    filled, rows = _filled(definition, columns)
    numbers = Numbers()
    gaps = _checked(definition, filled, numbers)
    if not _adds_up(definition):
        return one_by_one(definition, filled, rows, population, about)
    if gaps is not None:
        numbers = Numbers(gaps_as_nothing=True)
    scored = _added_up(definition, filled, numbers, population, about)
    if gaps is None:
        return scored
    return mended(scored, list(marked(gaps)), population, about)


def _filled(definition: Definition, columns: Sequence[bytes]) -> tuple[tuple[bytes, ...], int]:
    expected = len(definition.items)
    if not definition.shortest <= len(columns) <= expected:
        raise ScaleError("PSY303", found=len(columns), expected=definition.shortest)
    rows = len(columns[0])
    for column in columns:
        if len(column) != rows:
            raise ScaleError("PSY303", found=len(column), expected=rows)
    missing = bytes([EMPTY]) * rows
    given = tuple(bytes(column) for column in columns)
    return given + (missing,) * (expected - len(columns)), rows


def _checked(definition: Definition, columns: Sequence[bytes], numbers: Numbers) -> bytes | None:
    """The rows with an empty item that could count, 1 a row; None where there is none.

    Raises ScaleError PSY304 at the first answer off its response scale.
    """
    rows = len(columns[0])
    gaps = 0
    whole = _surely_whole(definition, columns, numbers)
    for item, column in zip(definition.items, columns, strict=True):
        if item.number in whole:
            continue
        allowed = bytes(score for score in item.response.scores if 0 <= score < EMPTY)
        stray = column.translate(None, allowed)
        if stray.count(EMPTY) != len(stray):
            off = next(byte for byte in stray if byte != EMPTY)
            raise _off_scale(definition, item.number, column.index(off))
        if stray and (item.use != "unscored" or item.number in definition.alarming):
            gaps |= _number(column.translate(_table(lambda byte: int(byte == EMPTY))))
    return gaps.to_bytes(rows, "little") if gaps else None


def _surely_whole(
    definition: Definition, columns: Sequence[bytes], numbers: Numbers
) -> frozenset[int]:
    """Items whose answers all lie on their scale, none empty, as one look at all of them shows.

    Only for answers 0 to 1, 3 or 7, where a wrong answer or a gap sets a bit above them.
    """
    found: frozenset[int] = frozenset()
    for highest, scores in _UP_TO.items():
        alike = [
            item.number
            for item in definition.items
            if item.response.scores == scores
            and (item.use != "unscored" or item.number in definition.alarming)
        ]
        if not alike:
            continue
        together = 0
        for number in alike:
            together |= numbers.of(columns[number - 1])
        above = int.from_bytes(bytes([EMPTY ^ highest]) * len(columns[0]), "little")
        if not together & above:
            found |= frozenset(alike)
    return found


def _off_scale(definition: Definition, number: int, row: int) -> ScaleError:
    allowed = ", ".join(map(str, sorted(definition.items[number - 1].response.scores)))
    where = {"item": number, "row": row}
    return ScaleError("PSY304", where=where, item=number, value="the number given", allowed=allowed)


def _adds_up(definition: Definition) -> bool:
    """Whether whole sheets can be scored by adding up bytes."""
    if definition.branching or definition.levels is not None or definition.validity:
        return False
    return all(
        one.kind in ("sum", "mean", "count")
        and _highest(definition, one) < EMPTY
        and all(definition.items[n - 1].response.lowest >= 0 for n in one.items)
        for one in definition.scores
    )


def _added_up(
    definition: Definition,
    columns: tuple[bytes, ...],
    numbers: Numbers,
    population: str | None,
    about: Respondent,
) -> ScoredColumns:
    """All sheets as if they were whole; gaps count 0 here and are mended afterwards."""
    rows = len(columns[0])
    scores: dict[str, Coded] = {}
    bands: dict[str, Coded] = {}
    cutoffs: dict[tuple[str, str], bytes] = {}
    for one in definition.scores:
        total = sum(
            numbers.of(columns[number - 1], _turned(definition, one, number))
            for number in one.items
        )
        raw = total.to_bytes(rows, "little")
        values = [one.finish(_raw(one, byte)) for byte in range(_highest(definition, one) + 1)]
        scores[one.id] = Coded(codes=raw, meanings=[float(value) for value in values])
        table, edges, _ = choose(definition, one, population, about)
        if table is not None:
            names = [band.code for band in table.bands]
            found = [table.band(value) for value in values]
            by_raw = _table_of([EMPTY if name is None else names.index(name) for name in found])
            bands[one.id] = Coded(codes=raw.translate(by_raw), meanings=names)
        for edge in edges:
            by_raw = _table_of([int(edge.reached(value)) for value in values])
            cutoffs[one.id, edge.name] = raw.translate(by_raw)
    flags: dict[str, bytes] = {}
    for rule in definition.critical:
        flags[rule.code] = _raised(rule, columns, rows)
        flags[rule.unanswered] = bytes(rows)
    return ScoredColumns(
        definition=definition,
        columns=columns,
        rows=rows,
        status=bytes(rows),
        scores=scores,
        bands=bands,
        cutoffs=cutoffs,
        flags=flags,
    )


def _highest(definition: Definition, one: Score) -> int:
    """The highest sum or count of a score before its transform."""
    if one.kind == "count":
        return len(one.items)
    return sum(definition.items[number - 1].response.highest for number in one.items)


def _raw(one: Score, byte: int) -> Fraction | int:
    return Fraction(byte, len(one.items)) if one.kind == "mean" else byte


def _turned(definition: Definition, one: Score, number: int) -> bytes | None:
    """How the bytes of an item enter a score; None: as they are. Gaps enter as 0."""
    reversal = definition.reversal

    def turn(byte: int) -> int:
        if reversal is not None and number in reversal.items:
            byte = reversal.low + reversal.high - byte
        return int(one.counts(number, byte)) if one.kind == "count" else byte

    if one.kind != "count" and (reversal is None or number not in reversal.items):
        return None
    allowed = definition.items[number - 1].response.scores
    return _table(lambda byte: turn(byte) if byte in allowed else 0)


def _raised(rule: CriticalRule, columns: Sequence[bytes], rows: int) -> bytes:
    fitting = _table(lambda byte: int(byte != EMPTY and rule.when.fits(byte)))
    masks = [columns[number - 1].translate(fitting) for number in rule.when.items]
    if len(masks) == 1:
        return masks[0]
    total = sum(map(_number, masks)).to_bytes(rows, "little")
    return total.translate(_table(lambda byte: int(byte >= rule.when.count)))


def _number(column: bytes) -> int:
    return int.from_bytes(column, "little")


def _table(made: Callable[[int], int]) -> bytes:
    return bytes(made(byte) for byte in range(256))


def _table_of(codes: Sequence[int]) -> bytes:
    return bytes(codes) + bytes([EMPTY]) * (256 - len(codes))


_WITHOUT_GAPS: Final = bytes(range(EMPTY)) + b"\0"
