"""Beside a case: who is with the student, advice, what a hospital states, the authority report."""

from __future__ import annotations

from typing import Final

import click

from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer
from psysafe.cli.steps import coded, done

_CASE: Final = click.Argument(["case"], metavar="CASE")


@command(
    "supervise",
    _CASE,
    click.Argument(["state"], metavar="in_person|handed_to|ended"),
    click.Option(["--adult"], callback=words, required=True, help="何人 · who it is"),
    click.Option(["--place"], default="unknown", help="在何处 · where"),
    click.Option(["--to"], default="", help="移交给 · handed over to [guardian, hospital, police]"),
    click.Option(["--called"], is_flag=True, help="已拨120或110 · 120 or 110 was telephoned"),
    help="谁陪着学生 · say who is with the student",
    writes=True,
)
def supervise(
    call: Call, case: str, state: str, adult: str, place: str, to: str, called: bool
) -> Answer:
    receipt = call.desk.cases.supervise(
        case,
        coded("supervision", state),
        adult,
        place=coded("places", place),
        to=coded("handed_to", to) if to else "",
        called=called,
    )
    return done(call, receipt)


@command(
    "advise",
    _CASE,
    click.Option(["--advice"], callback=words, required=True, help="建议 · what was advised"),
    click.Option(
        ["--answer"], required=True, help="答复 · the answer [accepted, undecided, declined]"
    ),
    help="建议就医及家庭答复 · advice to see a hospital, and the answer",
    writes=True,
)
def advise(call: Call, case: str, advice: str, answer: str) -> Answer:
    return done(call, call.desk.cases.advise(case, advice, coded("advice_answers", answer)))


@command(
    "authority-report",
    _CASE,
    click.Argument(["step"], metavar="draft|approve|submit|acknowledge|supplement"),
    click.Option(["--text"], callback=words, default="", help="内容 · the text"),
    help="向教育主管部门的报告 · the report to the education authority",
    writes=True,
)
def authority_report(call: Call, case: str, step: str, text: str) -> Answer:
    return done(call, call.desk.cases.report(case, coded("report_steps", step), text))


@command(
    "follow-up",
    _CASE,
    click.Option(["--note"], callback=words, required=True, help="情况 · how it is"),
    help="危机后随访 · the student was seen again",
    writes=True,
)
def follow_up(call: Call, case: str, note: str) -> Answer:
    return done(call, call.desk.cases.follow_up(case, note))


@command(
    "settle",
    click.Argument(["student"], metavar="STUDENT"),
    click.Argument(["duty"], metavar="DUTY"),
    click.Option(["--note"], callback=words, required=True, help="结果 · what came of it"),
    help="系统外的事已办 · what you owe outside the program is done",
    writes=True,
)
def settle(call: Call, student: str, duty: str, note: str) -> Answer:
    return done(call, call.desk.cases.settle(student, duty, note))
