"""A signal in, a case read, a notice answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.case_page import case_lines, due
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.steps import coded, done, receipt_data


def _symptoms(given: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        code, equals, degree = one.partition("=")
        if not equals:
            raise click.BadParameter("CODE=DEGREE", param_hint="--symptom")
        found[coded("symptoms", code.strip())] = coded("degrees", degree.strip())
    return found


@command(
    "report",
    click.Argument(["student"]),
    click.Option(["--source"], required=True, help="来源 · where it comes from"),
    click.Option(["--symptom"], multiple=True, metavar="CODE=DEGREE", help="症状=程度"),
    click.Option(["--need"], multiple=True, help="需求 · what is needed"),
    click.Option(["--danger"], multiple=True, help="危险事实 · a fact of danger"),
    click.Option(["--place"], default="unknown", help="在何处 · where"),
    click.Option(["--note"], callback=words, default="", help="说明 · in words"),
    help="报告学生情况 · tell the net about a student",
    writes=True,
)
def report(
    call: Call,
    student: str,
    source: str,
    symptom: tuple[str, ...],
    need: tuple[str, ...],
    danger: tuple[str, ...],
    place: str,
    note: str,
) -> Answer:
    receipt = call.desk.signals.report(
        student,
        coded("sources", source),
        _symptoms(symptom),
        needs=tuple(coded("needs", one) for one in need),
        dangers=tuple(coded("danger_facts", one) for one in danger),
        place=coded("places", place),
        note=note,
    )
    by = local(receipt.answered_by, call.zone)
    text = say(
        "Reported. It is taken up by {by}. {signal}", call.language, by=by, signal=receipt.signal
    )
    return Answer(data=receipt_data(receipt), text=[text])


@command("cases", help="我可见的个案 · the cases that you may see", writes=True)
def cases(call: Call) -> Answer:
    found = call.desk.cases.list()
    language = call.language
    headings = [
        say("case", language),
        say("student", language),
        say("severity", language),
        say("state", language),
        say("lead", language),
        say("due", language),
    ]
    rows = [
        [
            line["case"],
            line["student"],
            _severity(line, language),
            spoken(f"lifecycle:{line['state']}", language) if "state" in line else "",
            line.get("lead", ""),
            due(call, line),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("No case.", language)]
    return Answer(data=found, text=text)


def _severity(line: Mapping[str, Any], language: str) -> str:
    """How bad it is, as far as the reader may see; that there is a crisis, where only that."""
    if "severity" in line:
        return spoken(f"severity:{line['severity']}", language)
    return say("crisis", language) if line.get("crisis") else ""


@command(
    "case",
    click.Argument(["case_id"], metavar="CASE|STUDENT"),
    help="一个个案 · one case",
    writes=True,
)
def case(call: Call, case_id: str) -> Answer:
    desk = call.desk.cases
    view = desk.get(case_id) if case_id.startswith("case-") else desk.about(case_id)
    return Answer(data=view.data, text=case_lines(call, view.data))


@command("inbox", help="等我答复的 · what waits for your answer", writes=True)
def inbox(call: Call) -> Answer:
    found = call.desk.inbox.list()
    language = call.language
    text: list[str] = [] if found else [say("Nothing waits for you.", language)]
    for line in found:
        urgent = say("URGENT", language) + " " if line.get("urgent") else ""
        by = (
            say("answer by {due}", language, due=local(line["due"], call.zone))
            if "due" in line
            else ""
        )
        text += [f"{urgent}{line['notice']}  {by}".rstrip(), f"  {line['text']}"]
        if "case" in line:
            text.append(f"  {line['case']}")
    return Answer(data=found, text=text)


@command(
    "ack",
    click.Argument(["what"], metavar="NOTICE|CASE"),
    help="我来处理 · say: I have it",
    writes=True,
)
def ack(call: Call, what: str) -> Answer:
    desk = call.desk
    if what.startswith("notice-"):
        return done(call, desk.inbox.acknowledge(what))
    return done(call, desk.cases.acknowledge(what))
