"""Breaks: who is there for a student over one, and the day on which a school closes."""

from __future__ import annotations

from datetime import date

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer
from psysafe.cli.steps import done, receipt_data


@command(
    "holiday-plan",
    click.Argument(["case"], metavar="CASE"),
    click.Option(["--contact"], callback=words, required=True, help="首先联系谁 · whom to call"),
    click.Option(["--next"], callback=words, required=True, help="其次联系谁 · and then whom"),
    click.Option(["--covers"], metavar="PERSON", required=True, help="假期由谁负责 · who covers"),
    click.Option(
        ["--informed"], multiple=True, metavar="GUARDIAN", help="已告知的家长 · who knows at home"
    ),
    help="假期守护安排 · plan for a student over a break",
    writes=True,
)
def holiday_plan(
    call: Call, case: str, contact: str, next: str, covers: str, informed: tuple[str, ...]
) -> Answer:
    receipt = call.desk.cases.holiday_plan(
        case, contact=contact, next_contact=next, covers=covers, informed=informed
    )
    return done(call, receipt)


@command(
    "closure",
    click.Option(["--until"], required=True, metavar="2026-11-20", help="停课至 · its last day"),
    help="临时停课：当天交接每个在办个案 · the school closes from one day to the next",
    writes=True,
)
def closure(call: Call, until: str) -> Answer:
    try:
        last = date.fromisoformat(until)
    except ValueError:
        raise click.BadParameter("write it as 2026-11-20", param_hint="--until") from None
    receipt = call.desk.closures.begin(last)
    said = say("Done. Whoever has a live case is told what to do today.", call.language)
    return Answer(data=receipt_data(receipt), text=[said])
