"""A definition held against itself: item lists, ranges, bands and rules must agree.

All of it raises ScaleError PSY302 with the path of what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import attrs

from psysafe.domain.scale_definition import BandTable, Definition, Item, Score
from psysafe.domain.scale_reading import refuse


def check_definition_whole(definition: Definition) -> None:
    """Refuse a definition whose parts do not agree with each other."""
    _check_items(definition)
    if not definition.scores and not definition.critical:
        refuse(definition.id, "scores", "neither a score nor a critical rule: nothing is judged")
    _check_reversal(definition)
    _check_unique(definition, "scores", [score.id for score in definition.scores])
    for i, score in enumerate(definition.scores):
        _check_score(definition, score, f"scores[{i}]")
    _check_use(definition)
    _check_tables(definition)
    _check_cutoffs(definition)
    _check_critical(definition)
    _check_vectors(definition)


def shortest_sheet(definition: Definition) -> Definition:
    """The definition, knowing how many answers a sheet must have at least.

    Only items at the end that are unscored and not critical may be left off: a sheet without a
    critical item must never look complete.
    """
    critical = {rule.item for rule in definition.critical}
    shortest = len(definition.items)
    while shortest > 1:
        last = definition.items[shortest - 1]
        if last.use != "unscored" or last.number in critical:
            break
        shortest -= 1
    return attrs.evolve(definition, shortest=shortest)


def reachable(definition: Definition, score: Score) -> tuple[Fraction, Fraction]:
    """The lowest and highest value that answers can give this score, after its transform."""
    chosen = [definition.items[number - 1].response for number in score.items]
    if score.kind == "count":
        low, high = Fraction(0), Fraction(len(chosen))
    else:
        low = Fraction(sum(response.lowest for response in chosen))
        high = Fraction(sum(response.highest for response in chosen))
        if score.kind == "mean":
            low, high = low / len(chosen), high / len(chosen)
    return Fraction(score.finish(low)), Fraction(score.finish(high))


def _check_unique(definition: Definition, path: str, names: Iterable[object]) -> None:
    seen: set[object] = set()
    for i, name in enumerate(names):
        if name in seen:
            refuse(definition.id, f"{path}[{i}]", "stands twice")
        seen.add(name)


def _check_items(definition: Definition) -> None:
    if not definition.items:
        refuse(definition.id, "items", "at least one item expected")
    for i, item in enumerate(definition.items):
        if item.number != i + 1:
            refuse(definition.id, f"items[{i}].number", f"{i + 1} expected: no gap, none twice")
    _check_unique(definition, "items", [item.id for item in definition.items])
    _check_unique(definition, "items", [item.position for item in definition.items])
    for i, item in enumerate(definition.items):
        if not 1 <= item.position <= len(definition.items):
            refuse(definition.id, f"items[{i}].position", "not a place on this form")


def _item(definition: Definition, number: int, path: str) -> Item:
    if not 1 <= number <= len(definition.items):
        refuse(definition.id, path, f"there is no item {number}")
    return definition.items[number - 1]


def _check_reversal(definition: Definition) -> None:
    reversal = definition.reversal
    if reversal is None:
        return
    scored = {number for score in definition.scores for number in score.items}
    for number in sorted(reversal.items):
        path = "coding.reverse.items"
        response = _item(definition, number, path).response
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
    chosen = [_item(definition, n, f"{path}.items[{i}]") for i, n in enumerate(score.items)]
    _check_unique(definition, f"{path}.items", score.items)
    for i, item in enumerate(chosen):
        if item.use == "unscored":
            refuse(definition.id, f"{path}.items[{i}]", f"item {item.number} is unscored")
        if item.use == "optional" and score.kind != "mean":
            refuse(
                definition.id,
                f"{path}.items[{i}]",
                "an optional item would count as nothing; it may only enter a mean",
            )
    if score.multiply <= 0:
        refuse(definition.id, f"{path}.multiply", "more than 0 expected; else worse is better")
    _check_count(definition, score, chosen, path)
    _check_missing(definition, score, chosen, path)
    low, high = reachable(definition, score)
    if (low, high) != (score.low, score.high):
        refuse(definition.id, f"{path}.range", f"the items give {low} to {high}")


def _check_count(definition: Definition, score: Score, chosen: list[Item], path: str) -> None:
    edge = score.count_at_least
    for item in chosen if edge is not None else ():
        if not item.response.lowest < (edge or 0) <= item.response.highest:
            refuse(
                definition.id,
                f"{path}.count_at_least",
                f"item {item.number} would always count, or never",
            )


def _check_missing(definition: Definition, score: Score, chosen: list[Item], path: str) -> None:
    rule = score.missing
    required = [item for item in chosen if item.use == "required"]
    if not required:
        refuse(definition.id, f"{path}.items", "at least one required item expected")
    if rule.at_most >= len(required):
        refuse(definition.id, f"{path}.missing.at_most", "an empty sheet would have a score")
    alike = len({(item.response.lowest, item.response.highest) for item in chosen}) == 1
    if not alike and (rule.fill == "mean" or len(required) < len(chosen)):
        refuse(definition.id, f"{path}.missing", "items with different ranges have no common mean")
    if rule.fill == "ignore" and score.kind == "mean":
        refuse(definition.id, f"{path}.missing.fill", "a mean is filled by the mean")
    if rule.fill == "ignore" and score.kind == "sum" and any(i.response.lowest for i in chosen):
        refuse(definition.id, f"{path}.missing.fill", "an empty answer would lie off the scale")


def _check_use(definition: Definition) -> None:
    used = {number for score in definition.scores for number in score.items}
    used |= {rule.item for rule in definition.critical}
    for i, item in enumerate(definition.items):
        if item.use != "unscored" and item.number not in used:
            refuse(
                definition.id, f"items[{i}].use", "in no score and no critical rule: say unscored"
            )


def _score_of(definition: Definition, name: str, path: str) -> Score:
    found = next((score for score in definition.scores if score.id == name), None)
    if found is None:
        refuse(definition.id, path, f"there is no score {name}")
    return found


def _check_tables(definition: Definition) -> None:
    _check_unique(definition, "bands", [(t.score, t.name) for t in definition.tables])
    for i, table in enumerate(definition.tables):
        score = _score_of(definition, table.score, f"bands[{i}].score")
        same = [other for other in definition.tables if other.score == table.score]
        if sum(other.default for other in same) != 1:
            refuse(definition.id, f"bands[{i}].default", "one table of each score is the default")
        _check_bands(definition, score, table, f"bands[{i}].bands")


def _check_bands(definition: Definition, score: Score, table: BandTable, path: str) -> None:
    """Half-open, one after the other, from the lowest score to just beyond the highest."""
    if not table.bands:
        refuse(definition.id, path, "at least one band expected")
    _check_unique(definition, path, [band.code for band in table.bands])
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
    _check_unique(definition, "cutoffs", [(c.score, c.name) for c in definition.cutoffs])
    for i, cutoff in enumerate(definition.cutoffs):
        score = _score_of(definition, cutoff.score, f"cutoffs[{i}].score")
        if cutoff.reached(score.low) == cutoff.reached(score.high):
            refuse(definition.id, f"cutoffs[{i}]", "everybody reaches it, or nobody")


def _check_critical(definition: Definition) -> None:
    _check_unique(definition, "critical", [rule.code for rule in definition.critical])
    for i, rule in enumerate(definition.critical):
        response = _item(definition, rule.item, f"critical[{i}].item").response
        key = "at_least" if rule.at_least is not None else "at_most"
        edge = rule.at_least if rule.at_least is not None else rule.at_most
        if edge not in response.scores:
            refuse(definition.id, f"critical[{i}].{key}", "not an answer that can be given")
        if all(rule.raised(answer) for answer in response.scores):
            refuse(definition.id, f"critical[{i}].{key}", "every answer would alarm")
        if rule.code.endswith("_unanswered"):
            refuse(definition.id, f"critical[{i}].code", "_unanswered is added by the engine")


def _check_vectors(definition: Definition) -> None:
    bands = {table.score for table in definition.tables}
    least = shortest_sheet(definition).shortest
    for i, vector in enumerate(definition.vectors):
        if len(vector.answers) < least:
            refuse(definition.id, f"vectors[{i}].answers", f"at least {least} answers expected")
        for name in vector.scores:
            _score_of(definition, name, f"vectors[{i}].scores.{name}")
        for name in vector.bands:
            if name not in bands:
                refuse(definition.id, f"vectors[{i}].bands.{name}", "this score has no bands")
