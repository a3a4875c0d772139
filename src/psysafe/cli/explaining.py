"""Who would be told, when, over what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.plan_words import origin
from psysafe.domain.severity import Severity

_SEVERITIES = [*(severity.value for severity in Severity), "not_assessed"]


@command(
    "explain",
    click.Argument(["student"]),
    click.Option(["--severity"], default="high", type=click.Choice(_SEVERITIES), help="程度"),
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
    for route in data["routes"]:
        text += [
            "",
            f"{route['route']}  ({origin(route['origin'], language)})",
            *_route_lines(call, route),
        ]
    return Answer(data=data, text=text)


def _route_lines(call: Call, route: Mapping[str, Any]) -> list[str]:
    language = call.language
    headings = [
        say("at", language),
        say("who", language),
        say("person", language),
        say("answer by", language),
        say("over what", language),
    ]
    rows = [_row(call, step) for step in route["steps"]]
    rows += [_row(call, {**step, "last": True}) for step in route["end"]]
    return [f"  {line}" for line in table(headings, rows)]


def _row(call: Call, step: Mapping[str, Any]) -> list[str]:
    language = call.language
    role = spoken(f"roles:{step['role']}", language)
    if step.get("last"):
        role = say("nobody answered: {role}", language, role=role)
    if "skipped" in step:
        why = (
            say("nobody: skipped at once", language)
            if step["skipped"] == "nobody"
            else say("asked before: skipped at once", language)
        )
        return ["", role, why, "", ""]
    told = ", ".join(
        dict.fromkeys(f"{t['channel']} {t.get('class') or t['missing']}" for t in step["told"])
    )
    return [
        local(step["at"], call.zone),
        role,
        ", ".join(step["people"]),
        local(step.get("answer_by"), call.zone),
        told,
    ]
