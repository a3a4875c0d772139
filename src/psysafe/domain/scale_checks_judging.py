"""The judging parts of a definition held against its items and scores: bands, rules, levels."""

from __future__ import annotations

from collections.abc import Iterable

from psysafe.domain.scale_definition import (
    LEVEL,
    Ages,
    BandTable,
    Condition,
    Definition,
    Item,
    Score,
    ValidityRule,
    Vector,
)
from psysafe.domain.scale_reading import refuse


def check_judging(definition: Definition, shortest: int) -> None:
    """Refuse bands, cut-offs, rules, levels and examples that do not fit items and scores."""
    _check_tables(definition)
    _check_cutoffs(definition)
    _check_critical(definition)
    _check_branching(definition)
    _check_validity(definition)
    _check_levels(definition)
    for i, vector in enumerate(definition.vectors):
        _check_vector(definition, vector, shortest, f"vectors[{i}]")


def check_unique(definition: Definition, path: str, names: Iterable[object]) -> None:
    """Refuse the second of two equal entries of a list."""
    seen: set[object] = set()
    for i, name in enumerate(names):
        if name in seen:
            refuse(definition.id, f"{path}[{i}]", "stands twice")
        seen.add(name)


def item_of(definition: Definition, number: int, path: str) -> Item:
    """The item of a number. Refused where there is none."""
    if not 1 <= number <= len(definition.items):
        refuse(definition.id, path, f"there is no item {number}")
    return definition.items[number - 1]


def score_of(definition: Definition, name: str, path: str) -> Score:
    """The score of a name. Refused where there is none."""
    found = next((score for score in definition.scores if score.id == name), None)
    if found is None:
        refuse(definition.id, path, f"there is no score {name}")
    return found


def _check_tables(definition: Definition) -> None:
    check_unique(definition, "bands", [(t.score, t.name) for t in definition.tables])
    for i, table in enumerate(definition.tables):
        score = score_of(definition, table.score, f"bands[{i}].score")
        same = [other for other in definition.tables if other.score == table.score]
        if sum(other.default for other in same) != 1:
            refuse(definition.id, f"bands[{i}].default", "one table of each score is the default")
        _check_bands(definition, score, table, f"bands[{i}].bands")
        for other in definition.tables[:i]:
            if other.score == table.score and _rivals(other, table):
                problem = f"{other.name} fits the same people: which one is to be taken?"
                refuse(definition.id, f"bands[{i}]", problem)


def _rivals(one: BandTable, other: BandTable) -> bool:
    """Whether two tables that say as much about whom they are for can fit the same person."""
    told = (one.ages is not None) + bool(one.informants)
    if not told or told != (other.ages is not None) + bool(other.informants):
        return False
    ages = one.ages is None or other.ages is None or _overlap(one.ages, other.ages)
    informants = not one.informants or not other.informants
    return ages and (informants or bool(set(one.informants) & set(other.informants)))


def _overlap(one: Ages, other: Ages) -> bool:
    return (other[1] is None or one[0] <= other[1]) and (one[1] is None or other[0] <= one[1])


def _check_bands(definition: Definition, score: Score, table: BandTable, path: str) -> None:
    """Half-open, one after the other, from the lowest score to just beyond the highest."""
    if not table.bands:
        refuse(definition.id, path, "at least one band expected")
    check_unique(definition, path, [band.code for band in table.bands])
    expected = score.low
    for i, band in enumerate(table.bands):
        if band.low > expected:
            refuse(definition.id, f"{path}[{i}].from", f"a gap: {expected} expected")
        if band.low < expected:
            refuse(definition.id, f"{path}[{i}].from", f"an overlap: {expected} expected")
        if band.below <= band.low:
            refuse(definition.id, f"{path}[{i}].below", "the band is empty")
        if band.low > score.high:
            refuse(definition.id, f"{path}[{i}].from", "no score is as high")
        expected = band.below
    last = f"{path}[{len(table.bands) - 1}].below"
    if expected <= score.high:
        refuse(definition.id, last, f"the score {score.high} has no band")
    if expected - score.high > 1:
        refuse(definition.id, last, f"scores end at {score.high}")


def _check_cutoffs(definition: Definition) -> None:
    check_unique(definition, "cutoffs", [(c.score, c.name) for c in definition.cutoffs])
    for i, cutoff in enumerate(definition.cutoffs):
        score = score_of(definition, cutoff.score, f"cutoffs[{i}].score")
        if cutoff.reached(score.low) == cutoff.reached(score.high):
            refuse(definition.id, f"cutoffs[{i}]", "everybody reaches it, or nobody")


def _check_condition(definition: Definition, condition: Condition, path: str) -> None:
    key = "at_least" if condition.at_least is not None else "at_most"
    edge = condition.at_least if condition.at_least is not None else condition.at_most
    for i, number in enumerate(condition.items):
        place = f"{path}.item" if len(condition.items) == 1 else f"{path}.any_of[{i}]"
        response = item_of(definition, number, place).response
        if edge not in response.scores:
            refuse(definition.id, f"{path}.{key}", "not an answer that can be given")
        if all(condition.fits(answer) for answer in response.scores):
            refuse(definition.id, f"{path}.{key}", "every answer would fit")


def _check_critical(definition: Definition) -> None:
    check_unique(definition, "critical", [rule.code for rule in definition.critical])
    for i, rule in enumerate(definition.critical):
        _check_condition(definition, rule.when, f"critical[{i}]")
        if rule.code.endswith("_unanswered"):
            refuse(definition.id, f"critical[{i}].code", "_unanswered is added by the engine")


def _check_branching(definition: Definition) -> None:
    for i, item in enumerate(definition.items):
        if item.asked_if is None:
            continue
        path = f"items[{i}].asked_if"
        _check_condition(definition, item.asked_if, path)
        if any(definition.items[n - 1].position >= item.position for n in item.asked_if.items):
            refuse(definition.id, path, "it must look at items that come before on the form")


def _check_validity(definition: Definition) -> None:
    check_unique(definition, "validity", [rule.code for rule in definition.validity])
    for i, rule in enumerate(definition.validity):
        _check_validity_rule(definition, rule, f"validity[{i}]")


def _check_validity_rule(definition: Definition, rule: ValidityRule, path: str) -> None:
    if rule.kind == "score":
        score = score_of(definition, rule.score, f"{path}.score")
        if not score.low < rule.at_least <= score.high:
            refuse(definition.id, f"{path}.at_least", "every sheet would be void, or none")
    elif rule.kind == "same_answer":
        scored = sum(item.use != "unscored" for item in definition.items)
        if not 2 <= rule.at_least <= scored or rule.at_least.denominator != 1:
            refuse(definition.id, f"{path}.at_least", f"a whole number from 2 to {scored} expected")
        if rule.effect == "void" and definition.reversal is None:
            problem = "without a reversed item, answers that are all alike may be true"
            refuse(definition.id, f"{path}.effect", problem)
    elif rule.at_least <= 0:
        refuse(definition.id, f"{path}.at_least", "seconds above 0 expected")


def _check_levels(definition: Definition) -> None:
    if definition.levels is None:
        return
    steps = definition.levels.steps
    if len(steps) < 2 or steps[-1].when:
        refuse(definition.id, "levels.steps", "the last step must hold always, with when = []")
    for i, step in enumerate(steps[:-1]):
        if not step.when:
            refuse(definition.id, f"levels.steps[{i}].when", "no step after it could be reached")
        for j, condition in enumerate(step.when):
            path = f"levels.steps[{i}].when[{j}]"
            _check_condition(definition, condition, path)
            for number in condition.items:
                if definition.items[number - 1].use != "required":
                    refuse(definition.id, path, f"item {number} could be left empty: say required")


def _check_vector(definition: Definition, vector: Vector, shortest: int, path: str) -> None:
    bands = {table.score for table in definition.tables}
    if definition.levels is not None:
        bands.add(LEVEL)
    if len(vector.answers) < shortest:
        refuse(definition.id, f"{path}.answers", f"at least {shortest} answers expected")
    for name in vector.scores:
        score_of(definition, name, f"{path}.scores.{name}")
    for name in vector.bands:
        if name not in bands:
            refuse(definition.id, f"{path}.bands.{name}", "this score has no bands")
    known = {cutoff.name for cutoff in definition.cutoffs}
    for name in vector.cutoffs or ():
        if name not in known:
            refuse(definition.id, f"{path}.cutoffs", f"there is no cut-off {name}")
