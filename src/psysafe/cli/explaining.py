"""Who would be told, when, over what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli import plan_words as words
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, folded, local, spoken
from psysafe.domain.severity import Severity

#: As wide as a local time in front of a step.
_MARGIN: Final = " " * 20
_SEVERITIES = [*(severity.value for severity in Severity), "not_assessed"]


@command(
    "explain",
    click.Argument(["student"]),
    click.Option(
        ["--severity"], default="high", type=click.Choice(_SEVERITIES), help="程度 · how bad"
    ),
    help="若出事会通知谁 · who would be told, when, over what",
)
def explain(call: Call, student: str, severity: str) -> Answer:
    data = call.desk.cases.explain(student, severity)
    language = call.language
    text = [
        say(
            "If it happened now ({at}) at severity {severity}, and nobody answered:",
            language,
            at=local(data["at"], call.zone),
            severity=spoken(f"severity:{severity}", language),
        )
    ]
    who = call.named(data)
    for route in data["routes"]:
        text += ["", f"{route['route']}  ({words.origin(route['origin'], language)})"]
        text += _route_lines(call, route, who)
    if "collective_sign" in data:
        text += ["", *_sign_lines(call, data["collective_sign"], who)]
    return Answer(data=data, text=text)


def _sign_lines(call: Call, sign: Mapping[str, Any], who: Callable[[str], str]) -> Iterator[str]:
    """From when on several of the class are a sign, whose it is, who answers, who else hears."""
    language = call.language
    yield say(
        "collective sign: {moderate} of the class at moderate, {high} at high or {death} dead, "
        "within {within}",
        language,
        **{name: sign[name] for name in ("moderate", "high", "death")},
        within=words.within(sign["within"], language),
    )
    nobody = say("NOBODY", language)
    lines = (
        (say("proposes by {by}", language, by=local(sign["propose_by"], call.zone)), "owes"),
        (say("answers by {by}", language, by=local(sign["answer_by"], call.zone)), "answers"),
        (say("told at once", language), "told"),
        (say("told in figures alone", language), "in_figures"),
    )
    for what, key in lines:
        yield from folded(f"  {what}: {', '.join(map(who, sign[key])) or nobody}", _MARGIN)


def _route_lines(call: Call, route: Mapping[str, Any], who: Callable[[str], str]) -> Iterator[str]:
    """Each step in two or more short lines: when and who, then what they get, over what."""
    for step in route["steps"]:
        yield from _step_lines(call, step, who)
    if route["end"]:
        at = local(route["end_at"], call.zone)
        yield "  " + say("{at}  nobody has answered; told at once:", call.language, at=at)
    for step in route["end"]:
        yield from _step_lines(call, step, who)


def _step_lines(call: Call, step: Mapping[str, Any], who: Callable[[str], str]) -> Iterator[str]:
    language = call.language
    role = spoken(f"roles:{step['role']}", language)
    if "skipped" in step:
        why = (
            say("nobody: skipped at once", language)
            if step["skipped"] == "nobody"
            else say("asked before: skipped at once", language)
        )
        yield f"{_MARGIN}{role}: {why}"
        return
    head = f"  {local(step['at'], call.zone)}  "
    yield from folded(f"{head}{role}: {', '.join(map(who, step['people']))}", _MARGIN)
    told = "; ".join(_over(call, step))
    if step.get("answer_by"):
        by = local(step["answer_by"], call.zone)
        told = say("answer by {by}; {told}", language, by=by, told=told)
    yield from folded(f"{_MARGIN}{told}", _MARGIN)


def _over(call: Call, step: Mapping[str, Any]) -> Iterator[str]:
    """`inbox K2`, `mail K0 at 2026-11-03 07:30`, `sms K0 if mail fails`: each once."""
    language = call.language
    seen: set[str] = set()
    for told in step["told"]:
        what = f"{told['channel']} {told.get('class') or _missing(told['missing'], language)}"
        if "after" in told:
            what = say("{what} if {channel} fails", language, what=what, channel=told["after"])
        elif told["send_at"] != step["at"]:
            at = local(told["send_at"], call.zone)
            what = say("{what} at {at}, when there is school", language, what=what, at=at)
        if what not in seen:
            seen.add(what)
            yield what


def _missing(code: str, language: str) -> str:
    """Why nothing goes over a channel."""
    if code == "no_channel":
        return say("(this channel is not there)", language)
    if code == "public_channel":
        return say("(a public channel: carries nothing)", language)
    return say("(this channel does not work)", language)
