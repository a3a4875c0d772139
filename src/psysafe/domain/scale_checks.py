"""A definition held against itself: item lists, ranges and the way scores are made must agree.

All of it raises ScaleError PSY302 with the path of what is wrong.
"""

from __future__ import annotations

from fractions import Fraction

import attrs

from psysafe.domain.scale_checks_judging import check_judging, check_unique, item_of, score_of
from psysafe.domain.scale_definition import LEVEL, Definition, Item, Score
from psysafe.domain.scale_reading import refuse


def check_definition_whole(definition: Definition) -> None:
    """Refuse a definition whose parts do not agree with each other."""
    _check_items(definition)
    if not definition.scores and not definition.critical and definition.levels is None:
        refuse(definition.id, "scores", "neither a score, a level nor a critical rule")
    _check_reversal(definition)
    check_unique(definition, "scores", [score.id for score in definition.scores])
    for i, score in enumerate(definition.scores):
        path = f"scores[{i}]"
        if score.id == LEVEL:
            refuse(definition.id, f"{path}.id", "this name is kept for levels without a total")
        if score.multiply <= 0:
            refuse(definition.id, f"{path}.multiply", "more than 0 expected; else worse is better")
        if score.of:
            _check_of_scores(definition, score, i)
        else:
            _check_score(definition, score, path)
        low, high = reachable(definition, score)
        if (low, high) != (score.low, score.high):
            refuse(definition.id, f"{path}.range", f"the items give {low} to {high}")
    _check_use(definition)
    check_judging(definition, measured(definition).shortest)


def measured(definition: Definition) -> Definition:
    """The definition, knowing which items alarm and how many answers a sheet must have at least.

    Only items at the end that nothing needs may be left off: a sheet without a critical item
    must never look complete.
    """
    alarming = frozenset(n for rule in definition.critical for n in rule.when.items)
    needed = alarming | _in_conditions(definition)
    shortest = len(definition.items)
    while shortest > 1:
        last = definition.items[shortest - 1]
        if last.use != "unscored" or last.number in needed:
            break
        shortest -= 1
    return attrs.evolve(definition, shortest=shortest, alarming=alarming)


def reachable(definition: Definition, score: Score) -> tuple[Fraction, Fraction]:
    """The lowest and highest value that answers can give this score, after its transform."""
    low, high = _before_transform(definition, score)
    return Fraction(score.finish(low)), Fraction(score.finish(high))


def _before_transform(definition: Definition, score: Score) -> tuple[Fraction, Fraction]:
    if score.kind == "norm":
        values = [value for row in score.norms for value in row.values]
        return min(values), max(values)
    if score.kind == "of_scores":
        parts = [score_of(definition, name, "") for name in score.of]
        pairs = list(zip(score.weights, parts, strict=True))
        low = sum((weight * part.low for weight, part in pairs), Fraction(0))
        return low, sum((weight * part.high for weight, part in pairs), Fraction(0))
    if score.kind in ("count", "algorithm"):
        return Fraction(0), Fraction(1 if score.kind == "algorithm" else len(score.items))
    weights = score.weights or (Fraction(1),) * len(score.items)
    chosen = [definition.items[number - 1].response for number in score.items]
    pairs_ = list(zip(weights, chosen, strict=True))
    low = sum((weight * response.lowest for weight, response in pairs_), Fraction(0))
    high = sum((weight * response.highest for weight, response in pairs_), Fraction(0))
    size = len(chosen) if score.kind == "mean" else 1
    return low / size, high / size


def _in_conditions(definition: Definition) -> set[int]:
    """The items that levels and branching look at."""
    conditions = [item.asked_if for item in definition.items if item.asked_if is not None]
    if definition.levels is not None:
        conditions += [when for step in definition.levels.steps for when in step.when]
    return {number for condition in conditions for number in condition.items}


def _check_items(definition: Definition) -> None:
    if not definition.items:
        refuse(definition.id, "items", "at least one item expected")
    for i, item in enumerate(definition.items):
        if item.number != i + 1:
            refuse(definition.id, f"items[{i}].number", f"{i + 1} expected: no gap, none twice")
    check_unique(definition, "items", [item.id for item in definition.items])
    check_unique(definition, "items", [item.position for item in definition.items])
    for i, item in enumerate(definition.items):
        if not 1 <= item.position <= len(definition.items):
            refuse(definition.id, f"items[{i}].position", "not a place on this form")


def _check_reversal(definition: Definition) -> None:
    reversal = definition.reversal
    if reversal is None:
        return
    scored = {number for score in definition.scores for number in score.items}
    for number in sorted(reversal.items):
        path = "coding.reverse.items"
        response = item_of(definition, number, path).response
        if (response.lowest, response.highest) != (reversal.low, reversal.high):
            refuse(definition.id, path, f"item {number} has another range of answers")
        turned = {reversal.low + reversal.high - answer for answer in response.scores}
        if turned != response.scores:
            refuse(definition.id, path, f"item {number} reversed leaves its response scale")
        if number not in scored:
            refuse(definition.id, path, f"item {number} is in no score")


def _check_score(definition: Definition, score: Score, path: str) -> None:
    if not score.items:
        refuse(definition.id, f"{path}.items", "at least one item expected")
    chosen = [item_of(definition, n, f"{path}.items[{i}]") for i, n in enumerate(score.items)]
    check_unique(definition, f"{path}.items", score.items)
    for i, item in enumerate(chosen):
        place = f"{path}.items[{i}]"
        if item.use == "unscored":
            refuse(definition.id, place, f"item {item.number} is unscored")
        if item.use == "optional" and score.kind != "mean":
            problem = "an optional item would count as nothing; it may only enter a mean"
            refuse(definition.id, place, problem)
        if item.asked_if is not None:
            _check_not_asked(definition, score, item, place)
    _check_count(definition, score, chosen, path)
    _check_missing(definition, score, chosen, path)


def _check_not_asked(definition: Definition, score: Score, item: Item, place: str) -> None:
    """An item that was not asked counts as nothing, so nothing must be its lowest answer."""
    reversal = definition.reversal
    if item.response.lowest != 0 or (reversal is not None and item.number in reversal.items):
        refuse(definition.id, place, "not asked counts 0, which is not its lowest answer")
    if score.kind == "mean" or (score.missing and score.missing.fill == "mean"):
        refuse(definition.id, place, "an item that may not be asked has no part in a mean")


def _check_count(definition: Definition, score: Score, chosen: list[Item], path: str) -> None:
    if score.count_at_least is None:
        return
    for i, number in enumerate(score.count_from):
        if number not in score.items:
            refuse(definition.id, f"{path}.count_from[{i}].item", "not an item of this score")
    for item in chosen:
        edge = score.count_from.get(item.number, score.count_at_least)
        if not item.response.lowest < edge <= item.response.highest:
            key = "count_from" if item.number in score.count_from else "count_at_least"
            problem = f"item {item.number} would always count, or never"
            refuse(definition.id, f"{path}.{key}", problem)
    if score.kind == "algorithm":
        _check_algorithm(definition, score, path)


def _check_algorithm(definition: Definition, score: Score, path: str) -> None:
    if not score.core or not score.core <= set(score.items):
        refuse(definition.id, f"{path}.core", "some items of this score expected")
    if not 1 <= (score.symptoms or 0) <= len(score.items):
        refuse(definition.id, f"{path}.symptoms", f"from 1 to {len(score.items)} expected")
    if score.missing is None or score.missing.at_most:
        problem = "an empty answer could hide a symptom; 0 expected"
        refuse(definition.id, f"{path}.missing.at_most", problem)


def _check_missing(definition: Definition, score: Score, chosen: list[Item], path: str) -> None:
    rule = score.missing
    if rule is None:
        return
    required = [item for item in chosen if item.use == "required"]
    if not required:
        refuse(definition.id, f"{path}.items", "at least one required item expected")
    if rule.at_most >= len(required):
        refuse(definition.id, f"{path}.missing.at_most", "an empty sheet would have a score")
    alike = len({(item.response.lowest, item.response.highest) for item in chosen}) == 1
    if not alike and (rule.fill == "mean" or len(required) < len(chosen)):
        refuse(definition.id, f"{path}.missing", "items with different ranges have no common mean")
    fill = f"{path}.missing.fill"
    if rule.fill == "mean" and score.kind == "weighted":
        refuse(definition.id, fill, "items of different weight have no common mean")
    if rule.fill == "ignore" and score.kind == "mean":
        refuse(definition.id, fill, "a mean is filled by the mean")
    sums = score.kind in ("sum", "weighted")
    if rule.fill == "ignore" and sums and any(i.response.lowest for i in chosen):
        refuse(definition.id, fill, "an empty answer would lie off the scale")
    if rule.fill == "zero" and any(0 not in i.response.scores for i in required):
        refuse(definition.id, fill, "0 is not an answer of every item")


def _check_of_scores(definition: Definition, score: Score, place: int) -> None:
    path = f"scores[{place}].of"
    earlier = {one.id for one in definition.scores[:place]}
    for name in score.of:
        part = score_of(definition, name, path)
        if name not in earlier:
            refuse(definition.id, path, f"{name} must stand before it")
        if part.direction != score.direction:
            refuse(definition.id, path, f"{name} runs in the other direction")
    if score.kind == "norm":
        _check_norms(definition, score, f"scores[{place}].norms")


def _check_norms(definition: Definition, score: Score, path: str) -> None:
    base = score_of(definition, score.of[0], path)
    if not _whole(base):
        refuse(definition.id, path, f"{base.id} must be a whole number to be looked up")
    if not score.norms:
        refuse(definition.id, path, "at least one group expected")
    groups = [(row.sex, grade) for row in score.norms for grade in row.grades]
    check_unique(definition, path, groups)
    for i, row in enumerate(score.norms):
        if len(row.values) != base.high - base.low + 1:
            problem = f"one norm for each score from {base.low} to {base.high} expected"
            refuse(definition.id, f"{path}[{i}].values", problem)
        if list(row.values) != sorted(row.values):
            refuse(definition.id, f"{path}[{i}].values", "a higher score has a lower norm")


def _whole(base: Score) -> bool:
    """Whether every value of a score is a whole number."""
    if base.rounding != "exact":
        return True
    filled = base.missing is not None and base.missing.fill == "mean"
    fractions = filled and base.missing is not None and base.missing.rounding == "exact"
    whole = base.multiply.denominator == 1 and base.add.denominator == 1
    return base.kind in ("sum", "count") and whole and not fractions


def _check_use(definition: Definition) -> None:
    used = {number for score in definition.scores for number in score.items}
    used |= {number for rule in definition.critical for number in rule.when.items}
    used |= _in_conditions(definition)
    for i, item in enumerate(definition.items):
        if item.use != "unscored" and item.number not in used:
            problem = "in no score, level or critical rule: say unscored"
            refuse(definition.id, f"items[{i}].use", problem)
