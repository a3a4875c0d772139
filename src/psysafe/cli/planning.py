"""The plan: what it does on a day, what is shipped, what this school says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from psysafe.builtin.plans import shipped_plans
from psysafe.catalogue import say
from psysafe.cli import plan_page
from psysafe.cli import plan_words as words
from psysafe.cli.calling import Call, Group, command, take_options
from psysafe.cli.output import Answer, table
from psysafe.clock import SystemClock
from psysafe.desk.planning import differences, listed, show
from psysafe.domain.codes import from_word
from psysafe.domain.plan import Plan
from psysafe.domain.plan_merging import Layer, chain
from psysafe.domain.plan_reading import read_plan
from psysafe.domain.tables import Faults
from psysafe.errors import PlanError
from psysafe.intake.school_files import pinned


@click.group("plan", cls=Group, help="方案：查看、列出、比较 · the plan: shown, listed, compared")
@click.pass_context
def plan(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


def _shipped(name: str) -> tuple[Plan, tuple[Layer, ...]]:
    """A shipped plan as it is without a school's changes. Raises PlanError PSY109."""
    known = shipped_plans()
    chosen = pinned(name, known)
    data = {"format": 1, "extends": chosen}
    found, _ = read_plan(data, known, chosen)
    return found, chain(data, known, Faults(chosen))[1:]


def _day(call: Call, *, shipped: bool) -> date:
    """The local date that is asked about: that of --at, else today."""
    if not shipped:
        return call.settings.calendar.local_day(call.moment or SystemClock().now())
    # Without a school there is no zone: the date counts as it is written.
    try:
        return date.fromisoformat(call.at[:10]) if call.at else SystemClock().now().date()
    except ValueError:
        raise click.BadParameter("write it as 2026-09-01", param_hint="--at") from None


@command(
    "plan show",
    click.Argument(["name"], required=False, metavar="[PLAN]"),
    click.Option(["--campus"], help="校区 · of this campus"),
    click.Option(["--grade"], help="年级 · of this grade [g10, 高一]"),
    click.Option(
        ["--whole"], is_flag=True, help="附条文和未启用的工作 · with clauses, and what is off"
    ),
    help="某日的方案（--at） · the plan on a day",
)
def show_plan(
    call: Call, name: str | None, campus: str | None, grade: str | None, whole: bool
) -> Answer:
    settings = None if name else call.settings
    found, layers = (
        _shipped(name or "") if settings is None else (settings.plan, settings.plan_layers)
    )
    data = show(
        found,
        layers,
        _day(call, shipped=settings is None),
        campus=campus,
        grade=(from_word("grade", grade) or grade) if grade else "",
    )
    return Answer(data=data, text=list(plan_page.lines(data, call.language, whole=whole)))


@command("plan list", help="随附的方案 · the plans that are shipped")
def list_plans(call: Call) -> Answer:
    own = ""
    try:
        layers = call.settings.plan_layers
        own = layers[1].name if len(layers) > 1 else ""
    except PlanError as error:
        if error.code != "PSY019":
            raise
    language = call.language
    data = listed({name: _shipped(name) for name in shipped_plans()}, own)
    headings = [
        say("plan", language),
        say("stands on", language),
        say("clauses", language),
        say("activities", language),
        "",
    ]
    rows = [
        [
            entry["plan"],
            ", ".join(entry["stands_on"]),
            _span(entry["clauses"]),
            str(entry["activities"]),
            say("in use here", language) if entry["in_use"] else "",
        ]
        for entry in data
    ]
    return Answer(data=data, text=table(headings, rows))


def _span(clauses: list[str]) -> str:
    """`A0-A4, C0-C6.3`: the first and the last clause of each school plan."""
    by_letter: dict[str, list[str]] = {}
    for clause in clauses:
        by_letter.setdefault(clause[0], []).append(clause)
    return ", ".join(f"{found[0]}-{found[-1]}" for found in by_letter.values())


@command("plan diff", help="本校改了什么 · what this school says otherwise")
def diff(call: Call) -> Answer:
    layers = call.settings.plan_layers
    language = call.language
    data = differences(layers)
    if not data:
        base = (layers[1:2] or layers)[0].name
        same = say("Nothing differs from {plan}.", language, plan=base)
        return Answer(data=data, text=[same])
    headings = [
        say("where", language),
        say("shipped", language),
        say("this school", language),
        say("why", language),
    ]
    rows = [
        [
            entry["path"],
            plan_page.brief(entry.get("before")),
            plan_page.brief(entry.get("after")),
            _why(entry.get("origin"), language),
        ]
        for entry in data
    ]
    return Answer(data=data, text=table(headings, rows))


def _why(origin: Mapping[str, str] | None, language: str) -> str:
    if origin is None:
        return ""
    return words.origin(f"{origin['kind']} {origin['ref']}", language)


plan.add_command(show_plan)
plan.add_command(list_plans)
plan.add_command(diff)
