"""Instruments without any school: scoring lines of answers, and what scales are installed."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from psysafe.builtin import plugin as builtin
from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, findings_of, take_options
from psysafe.cli.json_lines import LINE_LIMIT, answered
from psysafe.cli.output import Answer, pairs, table
from psysafe.domain.scale_definition import Words
from psysafe.domain.scales import (
    Definition,
    Respondent,
    explanation_to_plain,
    load_definition,
    result_to_plain,
)
from psysafe.domain.scales import score as score_answers
from psysafe.errors import Finding, PlanError, PsysafeError, ScaleError
from psysafe.hooks import Plugins

_TEXTS: Final = ("population", "informant", "sex", "grade")
_NUMBERS: Final = ("age", "seconds")


def _records(call: Call) -> dict[str, Any]:
    """The definitions of all installed scales as plain data, by id."""
    try:
        disabled = call.settings.disabled_plugins
    except PlanError as error:
        if error.code != "PSY019":
            raise
        disabled = ()
    found = Plugins.installed(disabled=disabled, builtins=[builtin]).scales()
    return {name: found[name].definition for name in sorted(found)}


def _definition(call: Call, scale: str) -> Definition:
    """The definition of an installed scale. Raises ScaleError PSY301, InvalidDataError PSY302."""
    records = _records(call)
    if scale not in records:
        raise ScaleError("PSY301", scale=scale)
    return load_definition(records[scale])


@command(
    "score",
    click.Argument(["scale"]),
    click.Option(["--population"], help="人群 · of whom [adult, adolescent, ...]"),
    click.Option(["--age"], type=click.IntRange(0, 150), help="年龄 · age in whole years"),
    click.Option(["--informant"], help="填写人 · who filled it in [self, parent, teacher]"),
    click.Option(["--explain"], is_flag=True, help="说明来由 · how each result came about"),
    help="逐行计分，JSON 进出 · score lines of JSON from stdin",
)
def score(
    call: Call, scale: str, population: str | None, age: int | None, informant: str, explain: bool
) -> Answer:
    definition = _definition(call, scale)
    told = {"population": population, "age": age, "informant": informant}
    return answered(call, lambda number, line: _scored(definition, line, number, told, explain))


def _scored(
    definition: Definition, line: bytes, number: int, told: dict[str, Any], explain: bool
) -> dict[str, Any]:
    answers, facts = _sheet(line, number)
    facts = {**{key: fact for key, fact in told.items() if fact is not None}, **facts}
    population = facts.pop("population", None)
    result = score_answers(definition, answers, population, Respondent(**facts))
    made = result_to_plain(result)
    if explain:
        made["explanation"] = explanation_to_plain(result)
        made["wording"] = dict(definition.identity.wording)
    return made


def _sheet(line: bytes, number: int) -> tuple[list[int | None], dict[str, Any]]:
    """Answers and told facts of a line. Raises ScaleError PSY306, PSY021."""
    if len(line) > LINE_LIMIT:
        raise ScaleError(
            "PSY021", where={"line": number}, field="line", limit=LINE_LIMIT, unit="bytes"
        )
    wrong = ScaleError("PSY306", where={"line": number}, line=number)
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        raise wrong from None
    match read:
        case {"answers": list(answers), **facts}:
            if all(_is_fact(str(key), fact) for key, fact in facts.items()):
                return answers, {str(key): f for key, f in facts.items() if f is not None}
    raise wrong


def _is_fact(key: str, fact: object) -> bool:
    if key in _TEXTS:
        return fact is None or isinstance(fact, str)
    return key in _NUMBERS and (fact is None or (type(fact) is int and fact >= 0))


@click.group("scales", cls=Group, help="量表：清单与说明 · the instruments installed")
@click.pass_context
def scales(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


@command("scales list", help="已装量表、许可与语言 · installed scales, licence, languages")
def listed(call: Call) -> Answer:
    language = call.language
    data: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for record in _records(call).values():
        try:
            data.append(_short(load_definition(record)))
        except PsysafeError as error:
            findings += findings_of(error)
    headings = [
        say("scale", language),
        say("version", language),
        say("title", language),
        say("languages", language),
        say("texts", language),
        say("numbers checked", language),
    ]
    rows = [
        [
            one["scale"],
            one["version"],
            _said(one["title"], language),
            ", ".join(one["languages"]),
            ", ".join(one["texts"]) or "-",
            say("yes", language)
            if not one["unverified"]
            else say("{number} not checked", language, number=len(one["unverified"])),
        ]
        for one in data
    ]
    code = 1 if findings else 0
    return Answer(data=data, text=table(headings, rows), findings=tuple(findings), code=code)


@command("scales show", click.Argument(["scale"]), help="一份量表的全部说明 · all about one scale")
def shown(call: Call, scale: str) -> Answer:
    definition = _definition(call, scale)
    language = call.language
    data = _whole(definition)
    licence = definition.licence
    title = _said(definition.identity.title, language)
    text = [
        f"{definition.id} {definition.version}  {title}",
        _said(definition.identity.wording, language),
        "",
        *pairs(
            [
                (say("edition", language), definition.identity.edition),
                (say("licence", language), licence.status),
                (say("holder", language), licence.holder),
                (say("source", language), licence.source),
                (say("checked", language), licence.checked),
                (say("texts", language), licence.texts),
                (say("definition hash", language), definition.sha256),
            ]
        ),
        "",
        *_judging_lines(definition, language),
    ]
    return Answer(data=data, text=text)


def _said(words: Words, language: str) -> str:
    """A text of a definition in a language, or in the first that it has."""
    return words.get(language) or next(iter(words.values()))


def _judging_lines(definition: Definition, language: str) -> list[str]:
    """Scores, bands, cut-offs and critical rules, each marked where nobody checked its number."""

    def mark(verified: bool) -> str:
        return "" if verified else "  (" + say("not checked against its source", language) + ")"

    lines = [f"{one.id}: {one.low} - {one.high}{mark(one.verified)}" for one in definition.scores]
    for bands in definition.tables:
        steps = " | ".join(f"{band.code} {band.low}" for band in bands.bands)
        lines.append(f"{bands.score} / {bands.name}: {steps}{mark(bands.verified)}")
    for cutoff in definition.cutoffs:
        edge = f">= {cutoff.at_least}" if cutoff.at_least is not None else f"<= {cutoff.at_most}"
        lines.append(f"{cutoff.score} / {cutoff.name} {edge}{mark(cutoff.verified)}")
    for rule in definition.critical:
        when = rule.when
        edge = f">= {when.at_least}" if when.at_least is not None else f"<= {when.at_most}"
        numbers = ", ".join(map(str, when.items))
        action = _said(rule.action, language)
        lines.append(f"! {rule.code}: {numbers} {edge}  {action}{mark(rule.verified)}")
    return lines


def _short(definition: Definition) -> dict[str, Any]:
    """A scale in one line of a list."""
    identity = definition.identity
    shipped = [
        language
        for language in identity.languages
        if all(item.text.get(language) for item in definition.items)
    ]
    return {
        "scale": definition.id,
        "version": definition.version,
        "title": dict(identity.title),
        "languages": list(identity.languages),
        "texts": shipped,
        "licence": definition.licence.status,
        "unverified": list(definition.unverified),
    }


def _whole(definition: Definition) -> dict[str, Any]:
    """All about a scale, without its item texts."""
    identity, licence = definition.identity, definition.licence
    return {
        **_short(definition),
        "edition": identity.edition,
        "informants": list(identity.informants),
        "ages": list(identity.ages),
        "recall": identity.recall,
        "wording": dict(identity.wording),
        "items": len(definition.items),
        "form": list(definition.form),
        "licence": {
            "status": licence.status,
            "holder": licence.holder,
            "source": licence.source,
            "checked": licence.checked,
            "text_shippable": licence.text_shippable,
            "commercial_use": licence.commercial_use,
            "texts": licence.texts,
        },
        "sources": dict(definition.sources),
        "populations": list(definition.populations),
        "sha256": definition.sha256,
    }


scales.add_command(listed)
scales.add_command(shown)
