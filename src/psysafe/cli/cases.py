"""A case read, a notice answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command
from psysafe.cli.case_page import case_lines, due
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.steps import done


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
    who = call.named(found)
    rows = [
        [
            line["case"],
            line.get("student", ""),
            _severity(line, language),
            spoken(f"lifecycle:{line['state']}", language) if "state" in line else "",
            who(line.get("lead", "")),
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
    click.Argument(["what"], metavar="NOTICE|CASE|CODE"),
    help="我来处理 · say: I have it",
    writes=True,
)
def ack(call: Call, what: str) -> Answer:
    desk = call.desk
    if what.startswith("notice-"):
        return done(call, desk.inbox.acknowledge(what))
    if what.startswith("case-"):
        return done(call, desk.cases.acknowledge(what))
    receipt = desk.inbox.acknowledge_code(what)
    if receipt is None:
        return Answer(data={}, text=[say("You have answered that already.", call.language)])
    return done(call, receipt)
