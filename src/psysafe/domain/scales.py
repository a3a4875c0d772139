"""From a sheet of answers to scores, bands and flags, by an instrument's definition.

One engine for all instruments. Three things never give way:

* a flag on a critical answer is raised whatever the total, and whatever else is empty;
* an empty critical item is a flag of its own, never "no risk";
* a sheet that is not whole enough has no band, so it can never read as low.

A score is a screening, not a diagnosis; what severity follows from a flag is the school's plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, Literal

from psysafe.domain.scale_definition import BandTable, Definition, Score
from psysafe.domain.scale_loading import load_definition
from psysafe.errors import ScaleError
from psysafe.sensitivity import ItemClass, record, ref
from psysafe.sensitivity import item as private

__all__ = [
    "AnswerSheet",
    "BandReached",
    "CutoffReached",
    "Definition",
    "RaisedFlag",
    "Result",
    "ScoreParts",
    "ScoreValue",
    "Status",
    "load_definition",
    "result_to_plain",
    "score",
]

Status = Literal["complete", "prorated", "incomplete", "invalid"]
Answers = Sequence[int | None] | Mapping[int, int | None]
"""Raw answers: in the order of the canonical item numbers, or by item number. None: empty."""

_WORSE: Final[tuple[Status, ...]] = ("complete", "prorated", "incomplete", "invalid")
_LEVEL: Final = ItemClass.SCALE_LEVEL
_ITEMS: Final = ItemClass.SCALE_ITEMS


@record
class AnswerSheet:
    """One sheet as it was filled in: raw answers by item number from 1 on, None where empty."""

    scale: str = ref()
    definition_version: str = ref()
    informant: str = ref()
    answered_at: datetime = ref()
    answers: tuple[int | None, ...] = private(_ITEMS)


@record
class ScoreValue:
    """One score, in the points of its instrument."""

    score: str = ref()
    value: float = private(_LEVEL)


@record
class BandReached:
    """The instrument's word for a score, and in which table it was looked up.

    `verified` False: nobody has checked the table against its source. `convention`: the bands
    are customary only.
    """

    score: str = ref()
    code: str = private(_LEVEL)
    table: str = ref()
    verified: bool = ref()
    convention: bool = ref()


@record
class CutoffReached:
    """A score on the positive side of a published cut-off, named by its population."""

    score: str = ref()
    cutoff: str = private(_LEVEL)
    verified: bool = ref()


@record
class RaisedFlag:
    """An answer that a person must look at. `answer` is None where the item was left empty."""

    code: str = private(_LEVEL)
    item: int = private(_LEVEL)
    answer: int | None = private(_ITEMS)


@record
class ScoreParts:
    """Which items made a score: answered, counted from the other end, filled by the rule."""

    score: str = ref()
    items: tuple[int, ...] = private(_ITEMS)
    reversed: tuple[int, ...] = private(_ITEMS)
    filled: tuple[int, ...] = private(_ITEMS)


@record
class Result:
    """What a sheet says, and by which definition, so that it stays readable when that changes.

    `status` is one of `Status`. `missing` holds the numbers of empty items that a score or a
    critical rule needs. Scores that could not be made are absent; incomplete and invalid sheets
    have no bands and no cut-offs.
    """

    status: str = ref()
    scores: tuple[ScoreValue, ...] = private(_LEVEL)
    bands: tuple[BandReached, ...] = private(_LEVEL)
    cutoffs: tuple[CutoffReached, ...] = private(_LEVEL)
    flags: tuple[RaisedFlag, ...] = private(_LEVEL)
    missing: tuple[int, ...] = private(_ITEMS)
    explanation: tuple[ScoreParts, ...] = private(_ITEMS)
    definition_id: str = ref()
    definition_version: str = ref()
    definition_sha256: str = ref()


def score(definition: Definition, answers: Answers, population: str | None = None) -> Result:
    """Score one sheet of raw answers.

    `answers` is a sequence in the order of the canonical item numbers (unscored items at the end
    may be left off) or a mapping by item number, where an absent item is an empty one.
    `population` names a band table; None takes each score's default table. A score without a
    table of that name gets no band.

    Raises ScaleError: PSY303 for a wrong number of answers or an item that does not exist,
    PSY304 for an answer off the response scale, PSY305 for an unknown population. No error
    repeats an answer.
    """
    sheet = _sheet(definition, answers)
    tables = _tables(definition, population)
    status = _unscored_status(definition, sheet)
    values: list[tuple[Score, Fraction | int]] = []
    parts: list[ScoreParts] = []
    for one in definition.scores:
        its_status, value, its_parts = _one_score(definition, one, sheet)
        status = max(status, its_status, key=_WORSE.index)
        if value is not None:
            values.append((one, value))
            parts.append(its_parts)
    usable = values if status in ("complete", "prorated") else []
    return Result(
        status=status,
        scores=tuple(ScoreValue(score=one.id, value=float(value)) for one, value in values),
        bands=tuple(_band(tables[one.id], value) for one, value in usable if one.id in tables),
        cutoffs=tuple(
            CutoffReached(score=one.id, cutoff=cutoff.name, verified=cutoff.verified)
            for one, value in usable
            for cutoff in definition.cutoffs
            if cutoff.score == one.id and cutoff.reached(value)
        ),
        flags=_flags(definition, sheet),
        missing=_missing(definition, sheet),
        explanation=tuple(parts),
        definition_id=definition.id,
        definition_version=definition.version,
        definition_sha256=definition.sha256,
    )


def result_to_plain(result: Result) -> dict[str, Any]:
    """The result as `psysafe score` writes it, without the line number. Whole scores are ints."""
    return {
        "status": result.status,
        "scores": {
            s.score: int(s.value) if s.value.is_integer() else s.value for s in result.scores
        },
        "bands": {b.score: {"code": b.code, "table": b.table} for b in result.bands},
        "flags": [{"code": f.code, "item": f.item, "answer": f.answer} for f in result.flags],
        "missing": list(result.missing),
        "definition": {
            "id": result.definition_id,
            "version": result.definition_version,
            "sha256": result.definition_sha256,
        },
    }


def _sheet(definition: Definition, answers: Answers) -> list[int | None]:
    """One checked raw answer an item, in canonical order."""
    expected = len(definition.items)
    if isinstance(answers, Mapping):
        for number in answers:
            if isinstance(number, bool) or not isinstance(number, int):
                raise ScaleError("PSY303", found=len(answers), expected=expected)
            if not 1 <= number <= expected:
                raise ScaleError("PSY303", where={"item": number}, found=number, expected=expected)
        sheet = [answers.get(number) for number in range(1, expected + 1)]
    else:
        if isinstance(answers, (str, bytes)) or not definition.shortest <= len(answers) <= expected:
            raise ScaleError("PSY303", found=len(answers), expected=definition.shortest)
        sheet = list(answers)
        sheet.extend([None] * (expected - len(sheet)))
    for one, answer in zip(definition.items, sheet, strict=True):
        if answer is not None and (type(answer) is not int or answer not in one.response.scores):
            allowed = ", ".join(map(str, sorted(one.response.scores)))
            raise ScaleError(
                "PSY304",
                where={"item": one.number},
                item=one.number,
                value=_sort_of(answer),
                allowed=allowed,
            )
    return sheet


def _sort_of(answer: object) -> str:
    """What kind of thing stands there; never the thing itself, which may be private."""
    if isinstance(answer, bool):
        return "true or false"
    if isinstance(answer, (int, float)):
        return "the number given"
    return "something that is no number"


def _tables(definition: Definition, population: str | None) -> dict[str, BandTable]:
    if population is None:
        return {table.score: table for table in definition.tables if table.default}
    chosen = {table.score: table for table in definition.tables if table.name == population}
    if not chosen:
        # What was asked for may be any text of a sheet: it is not repeated unless it is a code.
        asked = population if population.isidentifier() and len(population) <= 40 else "given"
        known = ", ".join(definition.populations) or "none"
        raise ScaleError("PSY305", scale=definition.id, population=asked, known=known)
    return chosen


def _unscored_status(definition: Definition, sheet: Sequence[int | None]) -> Status:
    """Incomplete where a required item is empty that is in no score (it is then critical)."""
    scored = {number for one in definition.scores for number in one.items}
    for one in definition.items:
        if one.use == "required" and one.number not in scored and sheet[one.number - 1] is None:
            return "incomplete"
    return "complete"


def _one_score(
    definition: Definition, one: Score, sheet: Sequence[int | None]
) -> tuple[Status, Fraction | int | None, ScoreParts]:
    """Status, value (None where there is none) and the items that made it."""
    reversal = definition.reversal
    answered: list[int] = []
    turned: list[int] = []
    empty: list[int] = []
    counted: list[int] = []
    for number in one.items:
        answer = sheet[number - 1]
        if answer is None:
            if definition.items[number - 1].use == "required":
                empty.append(number)
            continue
        if reversal is not None and number in reversal.items:
            answer = reversal.low + reversal.high - answer
            turned.append(number)
        answered.append(number)
        counted.append(answer)
    parts = ScoreParts(
        score=one.id, items=tuple(answered), reversed=tuple(turned), filled=tuple(empty)
    )
    if len(empty) > one.missing.at_most:
        return one.missing.beyond, None, parts
    raw = _put_together(one, counted, len(counted) + len(empty))
    return "prorated" if empty else "complete", one.finish(raw), parts


def _put_together(one: Score, counted: Sequence[int], size: int) -> Fraction | int:
    """Sum, mean or count of the answers; `size` is how many items the whole would have."""
    if one.kind == "mean":
        return Fraction(sum(counted), len(counted))
    if one.count_at_least is not None:
        total = sum(answer >= one.count_at_least for answer in counted)
    else:
        total = sum(counted)
    if one.missing.fill == "mean" and size != len(counted):
        return Fraction(total * size, len(counted))
    return total


def _band(table: BandTable, value: Fraction | int) -> BandReached:
    code = table.band(value)
    if code is None:
        # Cannot happen for a loaded definition: its tables cover every reachable score.
        raise ScaleError(
            "PSY302",
            where={"path": "bands"},
            scale=table.score,
            path="bands",
            problem="a score lies outside its table",
        )
    return BandReached(
        score=table.score,
        code=code,
        table=table.name,
        verified=table.verified,
        convention=table.convention,
    )


def _flags(definition: Definition, sheet: Sequence[int | None]) -> tuple[RaisedFlag, ...]:
    flags: list[RaisedFlag] = []
    for rule in definition.critical:
        answer = sheet[rule.item - 1]
        if answer is None:
            flags.append(RaisedFlag(code=rule.unanswered, item=rule.item, answer=None))
        elif rule.raised(answer):
            flags.append(RaisedFlag(code=rule.code, item=rule.item, answer=answer))
    return tuple(flags)


def _missing(definition: Definition, sheet: Sequence[int | None]) -> tuple[int, ...]:
    if None not in sheet:
        return ()
    critical = {rule.item for rule in definition.critical}
    return tuple(
        one.number
        for one in definition.items
        if sheet[one.number - 1] is None and (one.use == "required" or one.number in critical)
    )
