"""A checker for whoever writes an instrument: does the engine score it as the definition says?

`load_definition` holds a definition against itself; `check_definition` fills in sheets and looks
at what comes out, so a fault of the engine shows as well as one of the definition.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from psysafe.domain.scale_definition import BandTable, CriticalRule, Definition, Score
from psysafe.domain.scales import Result, score
from psysafe.errors import ScaleError


def sleep_scale() -> dict[str, Any]:
    """An invented instrument as plain data, fresh each time, to change and load in tests.

    Four items answered 1 to 4; item 2 reversed, item 3 critical at 4, item 4 unscored; a total of
    3 to 12 with one band table, `teens`: low below 8, high from 8.
    """
    options = [{"code": f"a{n}", "score": n} for n in (1, 2, 3, 4)]
    items = [{"number": n, "id": f"q{n}", "use": "required", "response": "r"} for n in (1, 2, 3)]
    return {
        "format": 1,
        "identity": {
            "id": "sleep",
            "version": "1.0.0",
            "edition": "invented",
            "title": {"en": "Sleep"},
            "informants": ["self"],
            "languages": ["en"],
            "ages": {"from": 12, "to": 18},
            "recall": "1 week",
            "wording": {"en": "A screening, not a diagnosis."},
        },
        "licence": {
            "status": "free",
            "holder": "nobody",
            "source": "invented here",
            "checked": "2026-11-02",
            "text_shippable": False,
            "texts": "none",
        },
        "sources": {"here": "invented here"},
        "coding": {"stored": "raw", "reverse": {"items": [2], "low": 1, "high": 4}},
        "responses": [{"id": "r", "options": options}],
        "items": [*items, {"number": 4, "id": "comment", "use": "unscored", "response": "r"}],
        "scores": [
            {
                "id": "total",
                "kind": "sum",
                "items": [1, 2, 3],
                "direction": "higher_is_worse",
                "range": [3, 12],
                "missing": {"at_most": 0, "source": "here", "verified": True},
            }
        ],
        "bands": [
            {
                "score": "total",
                "table": "teens",
                "default": True,
                "population": "invented teens",
                "source": "here",
                "verified": False,
                "convention": True,
                "bands": [
                    {"code": "low", "from": 3, "below": 8},
                    {"code": "high", "from": 8, "below": 13},
                ],
            }
        ],
        "critical": [
            {
                "code": "no_sleep",
                "item": 3,
                "at_least": 4,
                "source": "here",
                "verified": False,
                "action": {"en": "Ask."},
            }
        ],
        "vectors": [
            {
                "answers": "1 4 1",
                "status": "complete",
                "scores": {"total": 3},
                "bands": {"total": "low"},
                "flags": [],
            }
        ],
    }


def check_definition(definition: Definition) -> list[str]:
    """Every way in which a definition does not hold up, in words; empty where it does.

    Looks at: range reached, every item used, bands cover every score once, reversed items turn
    round, critical answers and empty critical items are flagged at the lowest and the highest
    total, and the definition's own example sheets (there must be one).
    """
    problems: list[str] = []
    problems += _used(definition)
    try:
        for one in definition.scores:
            problems += _range(definition, one)
            problems += _directions(definition, one)
        for rule in definition.critical:
            problems += _alarms(definition, rule)
        problems += _examples(definition)
    except ScaleError as error:
        problems.append(f"a sheet that should score is refused: {error}")
    for table in definition.tables:
        problems += _cover(definition, table)
    return problems


def extreme_sheet(definition: Definition, *, highest: bool) -> dict[int, int | None]:
    """The whole sheet on which every score is lowest, or highest, by item number."""
    turned = definition.reversal.items if definition.reversal else frozenset()
    return {
        one.number: one.response.highest
        if highest != (one.number in turned)
        else one.response.lowest
        for one in definition.items
    }


def _value(result: Result, name: str) -> float | None:
    return next((value.value for value in result.scores if value.score == name), None)


def _used(definition: Definition) -> Iterator[str]:
    used = {number for one in definition.scores for number in one.items}
    used |= {rule.item for rule in definition.critical}
    for one in definition.items:
        if one.use == "unscored" and any(one.number in s.items for s in definition.scores):
            yield f"item {one.number} is called unscored and is in a score"
        elif one.use != "unscored" and one.number not in used:
            yield f"item {one.number} is in no score and no critical rule"


def _range(definition: Definition, one: Score) -> Iterator[str]:
    for highest, declared in ((False, one.low), (True, one.high)):
        found = _value(score(definition, extreme_sheet(definition, highest=highest)), one.id)
        if found != float(declared):
            word = "highest" if highest else "lowest"
            yield f"score {one.id}: the {word} sheet gives {found}, declared is {declared}"


def _directions(definition: Definition, one: Score) -> Iterator[str]:
    """From the lowest answer of an item to its highest: up, or down where it is reversed."""
    turned = definition.reversal.items if definition.reversal else frozenset()
    sheet = extreme_sheet(definition, highest=False)
    for number in one.items:
        response = definition.items[number - 1].response
        low = _value(score(definition, {**sheet, number: response.lowest}), one.id)
        high = _value(score(definition, {**sheet, number: response.highest}), one.id)
        if low is None or high is None or low == high:
            yield f"score {one.id}: item {number} changes nothing"
        elif (high < low) != (number in turned):
            yield f"score {one.id}: item {number} counts from the wrong end"


def _alarms(definition: Definition, rule: CriticalRule) -> Iterator[str]:
    for highest in (False, True):
        sheet = extreme_sheet(definition, highest=highest)
        for answer in sorted(definition.items[rule.item - 1].response.scores):
            codes = {flag.code for flag in score(definition, {**sheet, rule.item: answer}).flags}
            if (rule.code in codes) != rule.raised(answer):
                yield f"flag {rule.code}: wrong for the answer {answer}"
        codes = {flag.code for flag in score(definition, {**sheet, rule.item: None}).flags}
        if rule.unanswered not in codes:
            yield f"flag {rule.unanswered}: an empty item {rule.item} is passed over"
    for answer in sorted(definition.items[rule.item - 1].response.scores):
        codes = {flag.code for flag in score(definition, {rule.item: answer}).flags}
        if rule.raised(answer) and rule.code not in codes:
            yield f"flag {rule.code}: lost where everything else is empty"


def _cover(definition: Definition, table: BandTable) -> Iterator[str]:
    """Each whole score and each edge lies in one band, neither in none nor in two."""
    one = next((s for s in definition.scores if s.id == table.score), None)
    if one is None:
        yield f"bands {table.name}: there is no score {table.score}"
        return
    whole = range(-(-one.low.numerator // one.low.denominator), int(one.high) + 1)
    places = {Fraction(number) for number in whole} | {one.low, one.high}
    places |= {band.low for band in table.bands if one.low <= band.low <= one.high}
    places |= {band.below for band in table.bands if one.low <= band.below <= one.high}
    for place in sorted(places):
        holding = [band.code for band in table.bands if band.low <= place < band.below]
        if len(holding) != 1:
            yield f"bands {table.name}: {table.score} {place} lies in {len(holding)} bands"


def _examples(definition: Definition) -> Iterator[str]:
    if not definition.vectors:
        yield "there is no example sheet"
    for i, vector in enumerate(definition.vectors):
        result = score(definition, vector.answers)
        found = (
            result.status,
            {value.score: value.value for value in result.scores},
            {band.score: band.code for band in result.bands},
            tuple(flag.code for flag in result.flags),
        )
        told = (
            vector.status,
            {name: float(value) for name, value in vector.scores.items()},
            dict(vector.bands),
            vector.flags,
        )
        for what, is_so, should_be in zip(
            ("status", "scores", "bands", "flags"), found, told, strict=True
        ):
            if is_so != should_be:
                yield f"example {i + 1}: {what} {is_so}, told is {should_be}"
