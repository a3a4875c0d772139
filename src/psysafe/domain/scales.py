"""From a sheet of answers to scores, bands and flags, by an instrument's definition.

One engine for all instruments. Three things never give way:

* a flag on a critical answer is raised whatever the total, whatever else is empty, and on a void
  sheet as well;
* an empty critical item is a flag of its own, never "no risk";
* a sheet that is not whole enough, or void, has no band, so it can never read as low.

A score is a screening, not a diagnosis; what severity follows from a flag is the school's plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from psysafe.domain.scale_choice import check_choice, choose, within
from psysafe.domain.scale_definition import LEVEL, BandTable, CriticalRule, Definition, Score
from psysafe.domain.scale_loading import load_definition
from psysafe.domain.scale_results import (
    STATUSES,
    AnswerSheet,
    BandReached,
    Chosen,
    CutoffReached,
    RaisedFlag,
    Respondent,
    Result,
    ScoreParts,
    ScoreValue,
    Status,
    ValidityFound,
    explanation_to_plain,
    result_to_plain,
)
from psysafe.domain.scale_scores import Number, Sheet, holds, make_score, rightly_not_asked
from psysafe.errors import ScaleError

__all__ = [
    "AnswerSheet",
    "BandReached",
    "Chosen",
    "CutoffReached",
    "Definition",
    "RaisedFlag",
    "Respondent",
    "Result",
    "ScoreParts",
    "ScoreValue",
    "Status",
    "ValidityFound",
    "explanation_to_plain",
    "load_definition",
    "result_to_plain",
    "score",
]

Answers = Sequence[int | None] | Mapping[int, int | None]
"""Raw answers: in the order of the canonical item numbers, or by item number. None: empty."""

#: Under this name an age outside the definition's is doubted.
AGE_OUTSIDE: Final = "age_outside"
_NOBODY: Final = Respondent()


def score(
    definition: Definition,
    answers: Answers,
    population: str | None = None,
    respondent: Respondent | None = None,
) -> Result:
    """Score one sheet of raw answers.

    `answers` is a sequence in the order of the canonical item numbers (unscored items at the end
    may be left off) or a mapping by item number, where an absent item is an empty one. The order
    of the printed form means nothing here. `population` names a band table or a cut-off; where it
    is None or a score has no table of that name, the told facts of the `respondent` choose, else
    the score's default table is taken. `Result.chosen` says which, and why.

    Raises ScaleError: PSY303 for a wrong number of answers or an item that does not exist,
    PSY304 for an answer off the response scale, PSY305 for an unknown population, PSY307 for an
    unknown informant. No error repeats an answer.
    """
    sheet = checked_sheet(definition, answers)
    about = respondent or _NOBODY
    check_choice(definition, population, about)
    not_asked = rightly_not_asked(definition, sheet)
    status, values, parts = _scores(definition, sheet, not_asked, about)
    validity = tuple(_validity(definition, sheet, {one.id: v for one, v in values}, about))
    if any(found.effect == "void" for found in validity):
        status = "invalid"
    bands, cutoffs, chosen = _judged(definition, status, values, population, about)
    return Result(
        status=status,
        scores=tuple(
            ScoreValue(score=one.id, value=float(value), verified=one.verified)
            for one, value in values
        ),
        bands=bands + _level(definition, status, sheet, not_asked),
        cutoffs=cutoffs,
        flags=_flags(definition, sheet, not_asked),
        missing=_missing(definition, sheet, not_asked),
        explanation=parts,
        definition_id=definition.id,
        definition_version=definition.version,
        definition_sha256=definition.sha256,
        validity=validity,
        chosen=chosen,
    )


def checked_sheet(definition: Definition, answers: Answers) -> list[int | None]:
    """One raw answer an item, in canonical order. Raises ScaleError PSY303, PSY304."""
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


def _scores(
    definition: Definition, sheet: Sheet, not_asked: frozenset[int], about: Respondent
) -> tuple[Status, list[tuple[Score, Number]], tuple[ScoreParts, ...]]:
    """How whole the sheet is, the scores that can be made, and what made them."""
    status = _unscored_status(definition, sheet, not_asked)
    values: list[tuple[Score, Number]] = []
    made: dict[str, Number] = {}
    parts: list[ScoreParts] = []
    for one in definition.scores:
        its, value, its_parts = make_score(definition, one, sheet, not_asked, made, about)
        status = worst((status, its))
        if value is not None:
            values.append((one, value))
            made[one.id] = value
            parts.append(its_parts)
    return status, values, tuple(parts)


def worst(statuses: Iterable[Status]) -> Status:
    """The status furthest from complete."""
    return max(statuses, key=STATUSES.index)


def _unscored_status(definition: Definition, sheet: Sheet, not_asked: frozenset[int]) -> Status:
    """Incomplete where a required item is empty that is in no score (it is then critical)."""
    scored = {number for one in definition.scores for number in one.items}
    for one in definition.items:
        empty = sheet[one.number - 1] is None and one.number not in not_asked
        if empty and one.use == "required" and one.number not in scored:
            return "incomplete"
    return "complete"


def _validity(
    definition: Definition, sheet: Sheet, made: Mapping[str, Number], about: Respondent
) -> Iterator[ValidityFound]:
    """What speaks against believing the sheet. What was not told or not made speaks for nothing."""
    for rule in definition.validity:
        if rule.kind == "score":
            found = rule.score in made and made[rule.score] >= rule.at_least
        elif rule.kind == "same_answer":
            found = _longest_run(definition, sheet) >= rule.at_least
        else:
            found = about.seconds is not None and about.seconds < rule.at_least
        if found:
            yield ValidityFound(code=rule.code, effect=rule.effect, verified=rule.verified)
    if about.age is not None and not within(definition.identity.ages, about.age):
        yield ValidityFound(code=AGE_OUTSIDE, effect="doubt")


def _longest_run(definition: Definition, sheet: Sheet) -> int:
    """How many scored items one after the other on the form were answered alike, at most."""
    longest, run, last = 0, 0, None
    for number in definition.form:
        if definition.items[number - 1].use == "unscored":
            continue
        answer = sheet[number - 1]
        run = run + 1 if answer is not None and answer == last else int(answer is not None)
        last = answer
        longest = max(longest, run)
    return longest


def _judged(
    definition: Definition,
    status: Status,
    values: Sequence[tuple[Score, Number]],
    population: str | None,
    about: Respondent,
) -> tuple[tuple[BandReached, ...], tuple[CutoffReached, ...], tuple[Chosen, ...]]:
    """Bands and cut-offs, none of them where the sheet is incomplete or void; and the choice."""
    bands: list[BandReached] = []
    reached: list[CutoffReached] = []
    chosen: list[Chosen] = []
    made = {one.id for one, _ in values}
    for one in definition.scores:
        if one.kind == "norm" and one.id not in made and one.of[0] in made:
            chosen.append(Chosen(score=one.id, table="", reason="no_norm"))
    for one, value in values if status in ("complete", "prorated") else ():
        table, cutoffs, why = choose(definition, one, population, about)
        chosen.append(why)
        if table is not None:
            bands.append(
                BandReached(
                    score=one.id,
                    code=_band(table, value),
                    table=table.name,
                    verified=table.verified,
                    convention=table.convention,
                )
            )
        reached += [
            CutoffReached(score=one.id, cutoff=cutoff.name, verified=cutoff.verified)
            for cutoff in cutoffs
            if cutoff.reached(value)
        ]
    return tuple(bands), tuple(reached), tuple(chosen)


def _band(table: BandTable, value: Number) -> str:
    code = table.band(value)
    if code is None:
        raise ScaleError(
            "PSY302",
            where={"path": "bands"},
            scale=table.score,
            path="bands",
            problem="a score lies outside its table",
        )
    return code


def _level(
    definition: Definition, status: Status, sheet: Sheet, not_asked: frozenset[int]
) -> tuple[BandReached, ...]:
    """The level of an instrument without a total: the first, from the worst, that holds."""
    levels = definition.levels
    if levels is None or status not in ("complete", "prorated"):
        return ()
    step = next(
        step
        for step in levels.steps
        if all(holds(condition, sheet, not_asked) for condition in step.when)
    )
    return (
        BandReached(
            score=LEVEL,
            code=step.code,
            table="levels",
            verified=levels.verified,
            convention=levels.convention,
        ),
    )


def _flags(
    definition: Definition, sheet: Sheet, not_asked: frozenset[int]
) -> tuple[RaisedFlag, ...]:
    flags: list[RaisedFlag] = []
    for rule in definition.critical:
        raised = holds(rule.when, sheet, not_asked)
        if raised is False:
            continue
        if raised:
            code, items = rule.code, _fitting(rule, sheet)
        else:
            code = rule.unanswered
            items = [n for n in rule.when.items if sheet[n - 1] is None and n not in not_asked]
        flags.append(
            RaisedFlag(
                code=code,
                item=items[0],
                answer=sheet[items[0] - 1],
                items=tuple(items),
                urgency=rule.urgency,
                verified=rule.verified,
            )
        )
    return tuple(flags)


def _fitting(rule: CriticalRule, sheet: Sheet) -> list[int]:
    """The items whose answers raise a rule."""
    answered = ((number, sheet[number - 1]) for number in rule.when.items)
    return [number for number, answer in answered if answer is not None and rule.when.fits(answer)]


def _missing(definition: Definition, sheet: Sheet, not_asked: frozenset[int]) -> tuple[int, ...]:
    if None not in sheet:
        return ()
    return tuple(
        one.number
        for one in definition.items
        if sheet[one.number - 1] is None
        and one.number not in not_asked
        and (one.use == "required" or one.number in definition.alarming)
    )
