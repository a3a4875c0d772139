"""The parts of a definition that judge, from plain data: scores, bands, cut-offs, rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from psysafe.domain.scale_definition import (
    Ages,
    Band,
    BandTable,
    Condition,
    CriticalRule,
    Cutoff,
    Item,
    Level,
    Levels,
    MissingRule,
    NormRow,
    Reversal,
    Score,
    ScoreKind,
    ValidityRule,
    Vector,
)
from psysafe.domain.scale_reading import Table

Sources = Mapping[str, str]
_KINDS: Final[tuple[ScoreKind, ...]] = (
    "sum",
    "mean",
    "count",
    "weighted",
    "of_scores",
    "algorithm",
    "norm",
)
#: Kinds made of other scores; the others are made of items.
_OF_SCORES: Final = ("of_scores", "norm")
#: Facts of a respondent that an example may name, and whether they are whole numbers.
FACTS: Final[Mapping[str, bool]] = {
    "age": True,
    "seconds": True,
    "informant": False,
    "sex": False,
    "grade": False,
}


def read_ages(table: Table) -> Ages:
    """From the youngest to the oldest, in years."""
    youngest, oldest = table.whole("from"), table.whole_or_none("to")
    if youngest < 0 or (oldest is not None and oldest < youngest):
        table.refuse("", "ages run from the younger to the older, in years")
    table.done()
    return youngest, oldest


def read_condition(table: Table) -> Condition:
    """One condition on answers: `item` or `any_of`, with `at_least` or `at_most`."""
    if table.has("item") == table.has("any_of"):
        table.refuse("item", "either item or any_of expected")
    items = (table.whole("item"),) if table.has("item") else table.wholes("any_of")
    condition = Condition(
        items=items,
        at_least=table.whole_or_none("at_least"),
        at_most=table.whole_or_none("at_most"),
        count=table.whole("count", 1),
    )
    if (condition.at_least is None) == (condition.at_most is None):
        table.refuse("at_least", "either at_least or at_most expected")
    if not items or len(set(items)) != len(items):
        table.refuse("any_of", "at least one item expected, none twice")
    if not 1 <= condition.count <= len(items):
        table.refuse("count", f"from 1 to {len(items)} expected")
    return condition


def read_source(table: Table, sources: Sources) -> str:
    """The key of a listed source."""
    source = table.text("source")
    if source not in sources:
        table.refuse("source", "not among the sources of this definition")
    return source


def read_reversal(table: Table, sources: Sources) -> Reversal:
    """Which items count from the other end, over which range."""
    numbers = table.wholes("items")
    if not numbers or len(set(numbers)) != len(numbers):
        table.refuse("items", "at least one item expected, none twice")
    reversal = Reversal(
        items=frozenset(numbers),
        low=table.whole("low"),
        high=table.whole("high"),
        source=read_source(table, sources),
        verified=table.flag("verified"),
    )
    table.done()
    return reversal


def read_score(table: Table, sources: Sources, items: Sequence[Item]) -> Score:
    """One score."""
    kind: ScoreKind = table.choice("kind", _KINDS)
    edges = [table.exact("range", edge) for edge in table.entries("range")]
    if len(edges) != 2:
        table.refuse("range", "the lowest and the highest score expected")
    made = kind in _OF_SCORES
    numbers = () if made else table.wholes("items")
    of = table.codes("of") if made else ()
    if kind == "norm" and len(of) != 1:
        table.refuse("of", "one score expected")
    score = Score(
        id=table.code("id"),
        kind=kind,
        items=numbers,
        of=of,
        weights=_weights(table, kind, len(of) if made else len(numbers)),
        count_at_least=table.whole("count_at_least") if kind in ("count", "algorithm") else None,
        count_from=_count_from(table) if kind in ("count", "algorithm") else {},
        symptoms=table.whole("symptoms") if kind == "algorithm" else None,
        core=frozenset(table.wholes("core")) if kind == "algorithm" else frozenset(),
        norms=_norms(table) if kind == "norm" else (),
        multiply=table.number("multiply", 1),
        add=table.number("add", 0),
        rounding=table.choice("rounding", ("exact", "down", "half_up"), "exact"),
        direction=table.choice("direction", ("higher_is_worse", "higher_is_better")),
        low=edges[0],
        high=edges[1],
        missing=None if made else _missing(table.table("missing"), sources, numbers, items),
        source=read_source(table, sources),
        verified=table.flag("verified"),
    )
    table.done()
    return score


def _weights(table: Table, kind: ScoreKind, size: int) -> tuple[Fraction, ...]:
    if kind not in ("weighted", "of_scores"):
        return ()
    if kind == "of_scores" and not table.has("weights"):
        return (Fraction(1),) * size
    weights = tuple(table.exact("weights", weight) for weight in table.entries("weights"))
    if len(weights) != size or any(weight <= 0 for weight in weights):
        table.refuse("weights", f"{size} numbers above 0 expected")
    return weights


def _count_from(table: Table) -> dict[int, int]:
    found: dict[int, int] = {}
    for entry in table.tables("count_from", []):
        number = entry.whole("item")
        if number in found:
            entry.refuse("item", "stands twice")
        found[number] = entry.whole("at_least")
        entry.done()
    return found


def _norms(table: Table) -> tuple[NormRow, ...]:
    rows: list[NormRow] = []
    for entry in table.tables("norms"):
        values = tuple(entry.exact("values", value) for value in entry.entries("values"))
        rows.append(NormRow(sex=entry.code("sex"), grades=_texts(entry, "grades"), values=values))
        entry.done()
    return tuple(rows)


def _texts(table: Table, key: str) -> tuple[str, ...]:
    values = table.entries(key)
    if not values or not all(isinstance(value, str) and value for value in values):
        table.refuse(key, "at least one text expected")
    return tuple(values)


def _missing(
    table: Table, sources: Sources, numbers: Sequence[int], items: Sequence[Item]
) -> MissingRule:
    if table.has("at_most_share") == table.has("at_most"):
        table.refuse("at_most", "either at_most or at_most_share expected")
    if table.has("at_most"):
        at_most = table.whole("at_most")
    else:
        share = table.number("at_most_share")
        if not 0 < share < 1:
            table.refuse("at_most_share", "a share between 0 and 1 expected")
        known = {item.number for item in items if item.use == "required"}
        at_most = int(share * len(known & set(numbers)))
    rule = MissingRule(
        at_most=at_most,
        fill=table.choice("fill", ("none", "mean", "ignore", "zero"), "none"),
        rounding=table.choice("rounding", ("exact", "down", "half_up"), "exact"),
        beyond=table.choice("beyond", ("incomplete", "invalid"), "incomplete"),
        source=read_source(table, sources),
        verified=table.flag("verified"),
    )
    if rule.at_most < 0:
        table.refuse("at_most", "no negative number of items can be missing")
    if (rule.at_most == 0) != (rule.fill == "none"):
        table.refuse("fill", "needed where items may be missing, and only there")
    if rule.rounding != "exact" and rule.fill != "mean":
        table.refuse("rounding", "only a filled mean gives fractions")
    table.done()
    return rule


def read_band_table(table: Table, sources: Sources, informants: Sequence[str]) -> BandTable:
    """The bands of one score for one population."""
    bands: list[Band] = []
    for entry in table.tables("bands"):
        bands.append(
            Band(code=entry.code("code"), low=entry.number("from"), below=entry.number("below"))
        )
        entry.done()
    result = BandTable(
        name=table.code("table"),
        score=table.code("score"),
        population=table.text("population"),
        ages=read_ages(table.table("ages")) if table.has("ages") else None,
        informants=table.codes("informants") if table.has("informants") else (),
        edition=table.text("edition", ""),
        default=table.flag("default", False),
        source=read_source(table, sources),
        verified=table.flag("verified"),
        convention=table.flag("convention"),
        bands=tuple(bands),
    )
    if not set(result.informants) <= set(informants):
        table.refuse("informants", "not among the informants of this definition")
    table.done()
    return result


def read_cutoff(table: Table, sources: Sources) -> Cutoff:
    """A cut-off of one score for one population."""
    cutoff = Cutoff(
        name=table.code("name"),
        score=table.code("score"),
        population=table.text("population"),
        ages=read_ages(table.table("ages")) if table.has("ages") else None,
        at_least=table.number_or_none("at_least"),
        at_most=table.number_or_none("at_most"),
        source=read_source(table, sources),
        verified=table.flag("verified"),
    )
    if (cutoff.at_least is None) == (cutoff.at_most is None):
        table.refuse("at_least", "either at_least or at_most expected")
    table.done()
    return cutoff


def read_critical(table: Table, sources: Sources, languages: tuple[str, ...]) -> CriticalRule:
    """Answers that alarm by themselves."""
    rule = CriticalRule(
        code=table.code("code"),
        when=read_condition(table),
        urgency=table.choice("urgency", ("at_once", "within_a_day", "with_the_result")),
        action=table.words("action", languages, every=True),
        source=read_source(table, sources),
        verified=table.flag("verified"),
    )
    table.done()
    return rule


def read_validity(table: Table, sources: Sources) -> ValidityRule:
    """When a sheet is not to be believed."""
    kind = table.choice("kind", ("score", "same_answer", "time"))
    rule = ValidityRule(
        code=table.code("code"),
        kind=kind,  # type: ignore[arg-type]
        score=table.code("score") if kind == "score" else "",
        at_least=table.number("at_least"),
        effect=table.choice("effect", ("void", "doubt")),
        source=read_source(table, sources),
        verified=table.flag("verified"),
    )
    table.done()
    return rule


def read_levels(table: Table, sources: Sources) -> Levels:
    """A result that is a level and no total."""
    steps: list[Level] = []
    for entry in table.tables("steps"):
        conditions: list[Condition] = []
        for each in entry.tables("when"):
            conditions.append(read_condition(each))
            each.done()
        steps.append(Level(code=entry.code("code"), when=tuple(conditions)))
        entry.done()
    levels = Levels(
        steps=tuple(steps),
        source=read_source(table, sources),
        verified=table.flag("verified"),
        convention=table.flag("convention"),
    )
    table.done()
    return levels


def read_vector(table: Table, items: int) -> Vector:
    """TOML has no null, so a vector's answers are one text: `1 0 0 1 0 0 0 0 -`."""
    answers: list[int | None] = []
    for word in table.text("answers").split():
        if word == "-":
            answers.append(None)
        elif re.fullmatch(r"-?[0-9]{1,4}", word):
            answers.append(int(word))
        else:
            table.refuse("answers", "numbers and - for an empty answer expected")
    if len(answers) > items:
        table.refuse("answers", "more answers than items")
    scores, bands = table.table("scores"), table.table("bands")
    vector = Vector(
        answers=tuple(answers),
        status=table.choice("status", ("complete", "prorated", "incomplete", "invalid")),
        scores={key: scores.number(key) for key in scores.data},
        bands={key: bands.code(key) for key in bands.data},
        flags=_some_codes(table, "flags"),
        cutoffs=_some_codes(table, "cutoffs") if table.has("cutoffs") else None,
        facts=_facts(table.table("facts")) if table.has("facts") else {},
    )
    table.done()
    return vector


def _some_codes(table: Table, key: str) -> tuple[str, ...]:
    return table.codes(key) if table.entries(key) else ()


def _facts(table: Table) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for name, whole in FACTS.items():
        if table.has(name):
            found[name] = table.whole(name) if whole else table.text(name)
    table.done()
    return found
