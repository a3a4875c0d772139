"""From plain data to a checked definition: nothing wrong gets through, nothing is ignored.

A shared band edge, a factor made of the wrong items or an item reversed twice has been seen in
scorers that schools use. So a definition is read strictly and then checked against itself: bands
cover exactly the scores that can be reached, item lists agree with the declared range,
thresholds are answers that can be given.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from psysafe.domain.scale_checks import check_definition_whole, shortest_sheet
from psysafe.domain.scale_definition import (
    KINDS_NOT_YET,
    NOT_YET,
    Band,
    BandTable,
    CriticalRule,
    Cutoff,
    Definition,
    Identity,
    Item,
    Licence,
    MissingRule,
    Option,
    ResponseScale,
    Reversal,
    Score,
    ScoreKind,
    Vector,
)
from psysafe.domain.scale_reading import Table, canonical, plain, refuse

FORMAT: Final = 1
_SEMVER: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_DAY: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def load_definition(data: Mapping[str, Any]) -> Definition:
    """Read and check a definition given as plain data (from TOML, JSON or a plugin).

    Raises ScaleError PSY302 with the path of the first thing that is wrong, unknown, or beyond
    what this version can score.
    """
    if not isinstance(data, Mapping):
        refuse("", "", "a table expected")
    name = _name(data)
    whole = plain(name, data)
    top = Table(name, "", whole)
    if top.whole("format") != FORMAT:
        top.refuse("format", f"this version reads format {FORMAT}")
    for key, problem in NOT_YET.items():
        if top.has(key):
            top.refuse(key, problem)
    identity = _identity(top.table("identity"))
    licence = _licence(top.table("licence"))
    sources = top.texts("sources")
    items = _items(top, identity, licence)
    reversal = _reversal(top)
    scores = tuple(_score(table, sources) for table in top.tables("scores"))
    definition = Definition(
        identity=identity,
        licence=licence,
        sources=sources,
        items=items,
        reversal=reversal,
        scores=scores,
        tables=tuple(_band_table(table, sources) for table in top.tables("bands", [])),
        cutoffs=tuple(_cutoff(table, sources) for table in top.tables("cutoffs", [])),
        critical=tuple(
            _critical(table, sources, identity.languages) for table in top.tables("critical", [])
        ),
        vectors=tuple(_vector(table, len(items)) for table in top.tables("vectors", [])),
        sha256=hashlib.sha256(canonical(whole)).hexdigest(),
        shortest=len(items),
    )
    top.done()
    check_definition_whole(definition)
    return shortest_sheet(definition)


def _name(data: Mapping[str, Any]) -> str:
    """The id for error texts, before anything has been checked."""
    identity = data.get("identity")
    name = identity.get("id") if isinstance(identity, Mapping) else None
    return name if isinstance(name, str) else "?"


def _identity(table: Table) -> Identity:
    languages = tuple(table.entries("languages"))
    if not languages or len(set(map(str, languages))) != len(languages):
        table.refuse("languages", "at least one language expected, none twice")
    for i, language in enumerate(languages):
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            table.refuse(f"languages[{i}]", "a language code such as zh expected")
    version = table.text("version")
    if not _SEMVER.fullmatch(version):
        table.refuse("version", "a version such as 1.0.0 expected")
    identity = Identity(
        id=table.code("id"),
        version=version,
        edition=table.text("edition"),
        title=table.words("title", languages, every=True),
        informants=table.codes("informants"),
        languages=languages,
        ages=_ages(table.table("ages")),
        grades=table.text("grades", ""),
        recall=table.text("recall"),
        wording=table.words("wording", languages, every=True),
    )
    table.done()
    return identity


def _ages(table: Table) -> tuple[int, int | None]:
    youngest, oldest = table.whole("from"), table.whole_or_none("to")
    if youngest < 0 or (oldest is not None and oldest < youngest):
        table.refuse("", "ages run from the younger to the older, in years")
    table.done()
    return youngest, oldest


def _licence(table: Table) -> Licence:
    checked = table.text("checked")
    if not _DAY.fullmatch(checked):
        table.refuse("checked", "a day such as 2026-11-02 expected")
    licence = Licence(
        status=table.text("status"),
        holder=table.text("holder"),
        source=table.text("source"),
        checked=checked,
        text_shippable=table.flag("text_shippable"),
        commercial_use=table.flag("commercial_use") if table.has("commercial_use") else None,
        texts=table.text("texts"),
    )
    table.done()
    return licence


def _items(top: Table, identity: Identity, licence: Licence) -> tuple[Item, ...]:
    responses: dict[str, ResponseScale] = {}
    for table in top.tables("responses"):
        response = _response(table, identity, licence)
        if response.id in responses:
            table.refuse("id", "stands twice")
        responses[response.id] = response
    items: list[Item] = []
    for table in top.tables("items"):
        name = table.text("response")
        if name not in responses:
            table.refuse("response", "no such response scale")
        number = table.whole("number")
        items.append(
            Item(
                number=number,
                id=table.code("id"),
                use=table.choice("use", ("required", "optional", "unscored")),
                response=responses[name],
                position=table.whole("position", number),
                text=_shippable(table, identity, licence),
            )
        )
        table.done()
    unused = responses.keys() - {item.response.id for item in items}
    if unused:
        top.refuse("responses", f"no item uses {', '.join(sorted(unused))}")
    return tuple(items)


def _response(table: Table, identity: Identity, licence: Licence) -> ResponseScale:
    options: list[Option] = []
    for entry in table.tables("options"):
        option = Option(
            code=entry.code("code"),
            score=entry.whole("score"),
            text=_shippable(entry, identity, licence),
        )
        if any(o.code == option.code for o in options):
            entry.refuse("code", "stands twice")
        if any(o.score == option.score for o in options):
            entry.refuse("score", "stands twice")
        options.append(option)
        entry.done()
    if len(options) < 2:
        table.refuse("options", "at least two answers expected")
    response = ResponseScale(
        id=table.code("id"),
        options=tuple(options),
        scores=frozenset(option.score for option in options),
    )
    table.done()
    return response


def _shippable(table: Table, identity: Identity, licence: Licence) -> dict[str, str]:
    text = table.words("text", identity.languages, every=False)
    if text and not licence.text_shippable:
        table.refuse("text", "the licence record says that texts may not be shipped")
    return text


def _reversal(top: Table) -> Reversal | None:
    coding = top.table("coding")
    coding.choice("stored", ("raw",))
    reversal = None
    if coding.has("reverse"):
        table = coding.table("reverse")
        numbers = table.wholes("items")
        if not numbers or len(set(numbers)) != len(numbers):
            table.refuse("items", "at least one item expected, none twice")
        reversal = Reversal(
            items=frozenset(numbers), low=table.whole("low"), high=table.whole("high")
        )
        table.done()
    coding.done()
    return reversal


def _score(table: Table, sources: Mapping[str, str]) -> Score:
    named = table.take("kind")
    if isinstance(named, str) and named in KINDS_NOT_YET:
        table.refuse("kind", KINDS_NOT_YET[named])
    kind: ScoreKind = table.choice("kind", ("sum", "mean", "count"))
    edges = [table.exact("range", edge) for edge in table.entries("range")]
    if len(edges) != 2:
        table.refuse("range", "the lowest and the highest score expected")
    score = Score(
        id=table.code("id"),
        kind=kind,
        items=table.wholes("items"),
        count_at_least=table.whole("count_at_least") if kind == "count" else None,
        multiply=table.number("multiply", 1),
        add=table.number("add", 0),
        rounding=table.choice("rounding", ("exact", "down", "half_up"), "exact"),
        direction=table.choice("direction", ("higher_is_worse", "higher_is_better")),
        low=edges[0],
        high=edges[1],
        missing=_missing(table.table("missing"), sources),
    )
    table.done()
    return score


def _missing(table: Table, sources: Mapping[str, str]) -> MissingRule:
    if table.has("at_most_share"):
        table.refuse("at_most_share", "shares are not counted yet; write at_most")
    rule = MissingRule(
        at_most=table.whole("at_most"),
        fill=table.choice("fill", ("none", "mean", "ignore"), "none"),
        beyond=table.choice("beyond", ("incomplete", "invalid"), "incomplete"),
        source=_source(table, sources),
        verified=table.flag("verified"),
    )
    if rule.at_most < 0:
        table.refuse("at_most", "no negative number of items can be missing")
    if (rule.at_most == 0) != (rule.fill == "none"):
        table.refuse("fill", "needed where items may be missing, and only there")
    table.done()
    return rule


def _source(table: Table, sources: Mapping[str, str]) -> str:
    source = table.text("source")
    if source not in sources:
        table.refuse("source", "not among the sources of this definition")
    return source


def _band_table(table: Table, sources: Mapping[str, str]) -> BandTable:
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
        ages=_ages(table.table("ages")) if table.has("ages") else None,
        default=table.flag("default", False),
        source=_source(table, sources),
        verified=table.flag("verified"),
        convention=table.flag("convention"),
        bands=tuple(bands),
    )
    table.done()
    return result


def _cutoff(table: Table, sources: Mapping[str, str]) -> Cutoff:
    cutoff = Cutoff(
        name=table.code("name"),
        score=table.code("score"),
        population=table.text("population"),
        ages=_ages(table.table("ages")) if table.has("ages") else None,
        at_least=table.number_or_none("at_least"),
        at_most=table.number_or_none("at_most"),
        source=_source(table, sources),
        verified=table.flag("verified"),
    )
    if (cutoff.at_least is None) == (cutoff.at_most is None):
        table.refuse("at_least", "either at_least or at_most expected")
    table.done()
    return cutoff


def _critical(table: Table, sources: Mapping[str, str], languages: tuple[str, ...]) -> CriticalRule:
    if table.has("urgency"):
        table.refuse("urgency", NOT_YET["triage"])
    rule = CriticalRule(
        code=table.code("code"),
        item=table.whole("item"),
        at_least=table.whole_or_none("at_least"),
        at_most=table.whole_or_none("at_most"),
        action=table.words("action", languages, every=True),
        source=_source(table, sources),
        verified=table.flag("verified"),
    )
    if (rule.at_least is None) == (rule.at_most is None):
        table.refuse("at_least", "either at_least or at_most expected")
    table.done()
    return rule


def _vector(table: Table, items: int) -> Vector:
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
        flags=tuple(table.codes("flags")) if table.entries("flags") else (),
    )
    table.done()
    return vector
