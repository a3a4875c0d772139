"""Exposure facts, and one-to-one support."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, take_options
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.signals import DANGER, NEED, NOTE, PLACE, SYMPTOM, codes_of, symptoms_of
from psysafe.cli.steps import coded, done
from psysafe.domain.exposure import COUNTED
from psysafe.engine.exposing import NOTHING

_STUDENT: Final = click.Argument(["student"])
_FACT: Final = click.Argument(["fact"])


def group(name: str, help: str) -> click.Group:
    """An empty group of commands that knows the common options."""

    @click.group(name, cls=Group, help=help)
    @click.pass_context
    def made(context: click.Context, /, **given: Any) -> None:
        take_options(context.ensure_object(Call), given)

    return made


def day(call: Call, text: str, option: str, *, last: bool = False) -> datetime:
    """The first moment of a school's day, or, of a last day, the first moment after it."""
    found = call.time(text, option)
    return found + timedelta(days=1) if last and "T" not in text else found


exposure = group("exposure", "疫情接触情况 · exposure facts of students")
support = group("support", "一对一服务 · one-to-one support")


@command(
    "exposure record",
    _STUDENT,
    _FACT,
    click.Option(["--from", "since"], required=True, metavar="DAY", help="起 · the first day"),
    click.Option(["--until"], metavar="DAY", help="止 · the last day"),
    click.Option(["--closes"], required=True, metavar="DAY", help="用途截止 · last day of use"),
    click.Option(["--purpose"], default="epidemic_care", help="用途 · for what it is kept"),
    help="登记一项 · write a fact down",
    writes=True,
)
def record(
    call: Call, student: str, fact: str, since: str, until: str | None, closes: str, purpose: str
) -> Answer:
    receipt = call.desk.exposure.record(
        student,
        coded("exposures", fact),
        since=day(call, since, "--from"),
        until=day(call, until, "--until", last=True) if until else None,
        closes=day(call, closes, "--closes", last=True),
        purpose=coded("exposure_purposes", purpose),
    )
    return done(call, receipt)


@command(
    "exposure end",
    _STUDENT,
    _FACT,
    click.Option(["--until"], required=True, metavar="DAY", help="止 · the last day"),
    help="已解除 · a fact holds no more",
    writes=True,
)
def end(call: Call, student: str, fact: str, until: str) -> Answer:
    last = day(call, until, "--until", last=True)
    return done(call, call.desk.exposure.end(student, coded("exposures", fact), last))


@command("exposure list", help="我可见的学生 · the students whom you may see", writes=True)
def listed(call: Call) -> Answer:
    found = call.desk.exposure.facts()
    language = call.language
    headings = [say("student", language), say("name", language), say("exposure", language)]
    rows = [
        [
            line["student"],
            line.get("name", ""),
            ", ".join(spoken(f"exposures:{x['fact']}", language) for x in line["facts"]),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("Nothing is written down.", language)]
    return Answer(data=found, text=text)


@command("exposure counts", help="各班人数 · figures per class", writes=True)
def counts(call: Call) -> Answer:
    found = call.desk.exposure.counts()
    language = call.language
    headings = [
        say("class", language),
        *[spoken(f"exposures:{fact}", language) for fact in COUNTED],
    ]
    rows = [[line["name"], *[str(line["counts"][fact]) for fact in COUNTED]] for line in found]
    text = table(headings, rows) if rows else [say("Nothing is written down.", language)]
    return Answer(data=found, text=text)


@command(
    "exposure figures", help="各年级人数，小数目隐去 · by grade, small counts hidden", writes=True
)
def figures(call: Call) -> Answer:
    found = call.desk.exposure.figures()
    language = call.language
    nothing = say("none of these", language)
    headings = [
        say("grade", language),
        *[
            nothing if column == NOTHING else spoken(f"exposures:{column}", language)
            for column in found["columns"]
        ],
    ]
    rows = [
        [spoken(f"grade:{grade}", language), *map(_figure, counts)]
        for grade, counts in zip(found["rows"], found["counts"], strict=True)
    ]
    rows.append([say("together", language), *map(_figure, found["totals"])])
    return Answer(data=found, text=[*table(headings, rows), hidden(found["k"], language)])


def hidden(k: int, language: str) -> str:
    """What stands below a table with hidden counts."""
    return say("* is hidden: fewer than {k}, or it would betray such a count.", language, k=k)


def _figure(count: int | None) -> str:
    return "*" if count is None else str(count)


for one in (record, end, listed, counts, figures):
    exposure.add_command(one)


@command("support start", _STUDENT, help="开始服务 · begin", writes=True)
def start(call: Call, student: str) -> Answer:
    return done(call, call.desk.support.start(student))


@command("support end", _STUDENT, help="结束服务 · no more is owed", writes=True)
def finish(call: Call, student: str) -> Answer:
    return done(call, call.desk.support.end(student))


@command(
    "support log",
    _STUDENT,
    click.Option(
        ["--by"], required=True, metavar="MEANS", help="方式 · by what [wechat, telephone, ...]"
    ),
    click.Option(
        ["--outcome"], default="reached", help="结果 · what came of it [reached, not_reached]"
    ),
    SYMPTOM,
    NEED,
    DANGER,
    PLACE,
    NOTE,
    help="记录一次联系 · what came of reaching out",
    writes=True,
)
def log(
    call: Call,
    student: str,
    by: str,
    outcome: str,
    symptom: tuple[str, ...],
    need: tuple[str, ...],
    danger: tuple[str, ...],
    place: str,
    note: str,
) -> Answer:
    receipt = call.desk.support.log(
        student,
        coded("means", by),
        coded("contact_outcomes", outcome),
        symptoms_of(symptom),
        needs=codes_of("needs", need),
        dangers=codes_of("danger_facts", danger),
        place=coded("places", place),
        note=note,
    )
    return done(call, receipt)


@command("support list", help="我要联系的学生 · whom you are to reach", writes=True)
def owed(call: Call) -> Answer:
    found = call.desk.support.owed()
    language = call.language
    headings = [
        say("student", language),
        say("name", language),
        say("what", language),
        say("tries", language),
        say("due", language),
    ]
    rows = [
        [
            line["student"],
            line.get("name", ""),
            spoken(f"duties:{line['kind']}", language),
            str(line.get("tries", "")),
            local(line["due"], call.zone)
            + (" " + say("LATE", language) if line["overdue"] else ""),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("Nobody waits for you to reach out.", language)]
    return Answer(data=found, text=text)


for one in (start, finish, log, owed):
    support.add_command(one)
