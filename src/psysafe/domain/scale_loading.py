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

from psysafe.domain.scale_checks import check_definition_whole, measured
from psysafe.domain.scale_definition import (
    ELSEWHERE,
    Condition,
    Definition,
    Identity,
    Item,
    Licence,
    Option,
    ResponseScale,
    Reversal,
)
from psysafe.domain.scale_parts import (
    read_ages,
    read_band_table,
    read_condition,
    read_critical,
    read_cutoff,
    read_levels,
    read_reversal,
    read_score,
    read_validity,
    read_vector,
)
from psysafe.domain.scale_reading import Table, canonical, plain, refuse

FORMAT: Final = 1
NOT_SHIPPABLE: Final = "the licence record says that texts may not be shipped"
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
    for key, problem in ELSEWHERE.items():
        if top.has(key):
            top.refuse(key, problem)
    identity = _identity(top.table("identity"))
    licence = _licence(top.table("licence"))
    if identity.instruction and not licence.text_shippable:
        top.refuse("identity.instruction", NOT_SHIPPABLE)
    sources = top.texts("sources")
    items = _items(top, identity, licence)
    definition = Definition(
        identity=identity,
        licence=licence,
        sources=sources,
        items=items,
        reversal=_reversal(top.table("coding"), sources),
        scores=tuple(read_score(table, sources, items) for table in top.tables("scores", [])),
        tables=tuple(
            read_band_table(table, sources, identity.informants)
            for table in top.tables("bands", [])
        ),
        cutoffs=tuple(read_cutoff(table, sources) for table in top.tables("cutoffs", [])),
        critical=tuple(
            read_critical(table, sources, identity.languages)
            for table in top.tables("critical", [])
        ),
        validity=tuple(read_validity(table, sources) for table in top.tables("validity", [])),
        levels=read_levels(top.table("levels"), sources) if top.has("levels") else None,
        vectors=tuple(read_vector(table, len(items)) for table in top.tables("vectors", [])),
        sha256=hashlib.sha256(canonical(whole)).hexdigest(),
        shortest=len(items),
        alarming=frozenset(),
        branching=any(item.asked_if is not None for item in items),
    )
    top.done()
    check_definition_whole(definition)
    return measured(definition)


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
        ages=read_ages(table.table("ages")),
        grades=table.text("grades", ""),
        recall=table.text("recall"),
        instruction=table.words("instruction", languages, every=False),
        wording=table.words("wording", languages, every=True),
    )
    table.done()
    return identity


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
                asked_if=_asked_if(table),
            )
        )
        table.done()
    unused = responses.keys() - {item.response.id for item in items}
    if unused:
        top.refuse("responses", f"no item uses {', '.join(sorted(unused))}")
    return tuple(items)


def _asked_if(table: Table) -> Condition | None:
    if not table.has("asked_if"):
        return None
    when = table.table("asked_if")
    condition = read_condition(when)
    when.done()
    return condition


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
        table.refuse("text", NOT_SHIPPABLE)
    return text


def _reversal(coding: Table, sources: Mapping[str, str]) -> Reversal | None:
    """Stored answers are always raw; which of them count from the other end."""
    coding.choice("stored", ("raw",))
    reversal = None
    if coding.has("reverse"):
        reversal = read_reversal(coding.table("reverse"), sources)
    coding.done()
    return reversal
