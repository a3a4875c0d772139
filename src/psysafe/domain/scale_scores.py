"""From answers to numbers: conditions, items rightly not asked, and each kind of score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from psysafe.domain.scale_definition import Condition, Definition, NormRow, Score, rounded
from psysafe.domain.scale_results import Respondent, ScoreParts, Status

Sheet = Sequence[int | None]
"""One checked raw answer an item, in canonical order; None: empty."""
Number = Fraction | int


def holds(condition: Condition, sheet: Sheet, not_asked: frozenset[int]) -> bool | None:
    """Whether a condition holds; None where empty answers leave it open.

    An item that was rightly not asked does not fit. An empty one might.
    """
    fitting = sum(
        answer is not None and condition.fits(answer)
        for answer in (sheet[number - 1] for number in condition.items)
    )
    if fitting >= condition.count:
        return True
    open_items = sum(sheet[n - 1] is None and n not in not_asked for n in condition.items)
    return None if fitting + open_items >= condition.count else False


def rightly_not_asked(definition: Definition, sheet: Sheet) -> frozenset[int]:
    """The empty items whose condition surely does not hold.

    Where the condition is open, because an earlier answer is missing, the item counts as asked:
    what nobody answered never reads as a "no".
    """
    found: frozenset[int] = frozenset()
    if not definition.branching:
        return found
    for number in definition.form:
        condition = definition.items[number - 1].asked_if
        if condition is None or sheet[number - 1] is not None:
            continue
        if holds(condition, sheet, found) is False:
            found |= {number}
    return found


def make_score(
    definition: Definition,
    one: Score,
    sheet: Sheet,
    not_asked: frozenset[int],
    made: Mapping[str, Number],
    respondent: Respondent,
) -> tuple[Status, Number | None, ScoreParts]:
    """Status, value (None where there is none) and what made it."""
    if one.of:
        parts = ScoreParts(score=one.id, items=(), reversed=(), filled=(), of=one.of)
        return "complete", _of_scores(definition, one, made, respondent), parts
    reversal = definition.reversal
    counted: dict[int, int] = {}
    turned: list[int] = []
    empty: list[int] = []
    for number in one.items:
        answer = sheet[number - 1]
        if answer is None:
            if number not in not_asked and definition.items[number - 1].use == "required":
                empty.append(number)
            continue
        if reversal is not None and number in reversal.items:
            answer = reversal.low + reversal.high - answer
            turned.append(number)
        counted[number] = answer
    parts = ScoreParts(
        score=one.id,
        items=tuple(counted),
        reversed=tuple(turned),
        filled=tuple(empty),
        not_asked=tuple(n for n in one.items if n in not_asked),
    )
    rule = one.missing
    if rule is None or len(empty) > rule.at_most:
        return ("incomplete" if rule is None else rule.beyond), None, parts
    if rule.fill == "zero":
        for number in empty:
            flips = reversal is not None and number in reversal.items
            counted[number] = reversal.low + reversal.high if reversal and flips else 0
    raw = _put_together(one, counted)
    if empty and rule.fill == "mean" and one.kind != "mean":
        size = len(counted) + len(empty)
        raw = rounded(Fraction(raw * size, len(counted)), rule.rounding)
    return "prorated" if empty else "complete", one.finish(raw), parts


def _put_together(one: Score, counted: Mapping[int, int]) -> Number:
    """What the answers come to, turned where they are reversed, before the transform."""
    if one.kind == "mean":
        return Fraction(sum(counted.values()), len(counted))
    if one.kind == "weighted":
        weights = dict(zip(one.items, one.weights, strict=True))
        return sum((weights[n] * answer for n, answer in counted.items()), Fraction(0))
    if one.kind == "sum":
        return sum(counted.values())
    counting = {number for number, answer in counted.items() if one.counts(number, answer)}
    if one.symptoms is None:
        return len(counting)
    return int(len(counting) >= one.symptoms and bool(counting & one.core))


def _of_scores(
    definition: Definition, one: Score, made: Mapping[str, Number], respondent: Respondent
) -> Number | None:
    """A sum of scores or a norm; None where a part is missing or there are no norms."""
    if not made.keys() >= set(one.of):
        return None
    if one.kind == "norm":
        row = norm_row(one, respondent)
        if row is None:
            return None
        base = next(score for score in definition.scores if score.id == one.of[0])
        return one.finish(row.values[int(made[base.id] - base.low)])
    total = sum(
        (weight * made[name] for name, weight in zip(one.of, one.weights, strict=True)),
        Fraction(0),
    )
    return one.finish(total)


def norm_row(one: Score, respondent: Respondent) -> NormRow | None:
    """The norms of this sex and grade; None where there are none or they were not told."""
    for row in one.norms:
        if row.sex == respondent.sex and respondent.grade in row.grades:
            return row
    return None
