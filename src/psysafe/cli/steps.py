"""The steps of a case: opened, dismissed, declared a crisis, assessed, closed; guardians told."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer
from psysafe.clock import to_wire
from psysafe.domain import codes
from psysafe.engine.committing import Receipt

_CASE: Final = click.Argument(["case"], metavar="CASE")


def coded(register: str, text: str) -> str:
    """The code for a code or one of its words; what is unknown stays, and is refused inside."""
    return codes.from_word(register, text) or text


def receipt_data(receipt: Receipt) -> dict[str, Any]:
    """A receipt as plain data; what it does not hold is absent."""
    found = {
        "command": receipt.command,
        "signal": receipt.signal,
        "flag": receipt.flag,
        "case": receipt.case,
        "campaign": receipt.campaign,
        "consent": receipt.consent,
        "referral": receipt.referral,
        "offer": receipt.offer,
        "answered_by": to_wire(receipt.answered_by) if receipt.answered_by else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def done(call: Call, receipt: Receipt) -> Answer:
    """The answer to a step that was taken."""
    data = receipt_data(receipt)
    text = say("Done. {ids}", call.language, ids=" ".join(data.values())).strip()
    return Answer(data=data, text=[text])


@command(
    "open",
    _CASE,
    click.Option(["--lead"], metavar="PERSON", help="负责人 · who leads"),
    click.Option(["--supervisor"], metavar="PERSON", help="督导老师 · who supervises the lead"),
    help="立案 · open a case after triage",
    writes=True,
)
def open_case(call: Call, case: str, lead: str | None, supervisor: str | None) -> Answer:
    return done(call, call.desk.cases.open(case, lead, supervisor))


@command(
    "dismiss",
    _CASE,
    click.Option(["--reason"], callback=words, default="", help="理由 · why"),
    help="不立案 · dismiss a case",
    writes=True,
)
def dismiss(call: Call, case: str, reason: str) -> Answer:
    return done(call, call.desk.cases.dismiss(case, reason))


@command(
    "declare",
    _CASE,
    click.Option(
        ["--danger"], required=True, help="危及谁 · who is in danger [self, others, society]"
    ),
    click.Option(["--place"], required=True, help="在何处 · where [dormitory, ...]"),
    click.Option(["--proposal"], callback=words, required=True, help="处置建议 · what is proposed"),
    click.Option(["--severity"], default="high", help="程度 · how bad [high, imminent]"),
    help="宣布危机，立即接力 · declare a crisis",
    writes=True,
)
def declare(call: Call, case: str, danger: str, place: str, proposal: str, severity: str) -> Answer:
    receipt = call.desk.cases.declare(
        case,
        danger=coded("dangers", danger),
        place=coded("places", place),
        proposal=proposal,
        severity=coded("severity", severity),
    )
    return done(call, receipt)


@command(
    "assess",
    _CASE,
    click.Argument(["severity"]),
    click.Option(["--rationale"], callback=words, default="", help="依据 · why"),
    click.Option(["--second"], metavar="PERSON", help="第二评估人 · the second assessor"),
    help="评估程度 · judge how bad it is",
    writes=True,
)
def assess(call: Call, case: str, severity: str, rationale: str, second: str | None) -> Answer:
    return done(call, call.desk.cases.assess(case, coded("severity", severity), rationale, second))


@command(
    "close",
    _CASE,
    click.Option(["--reason"], callback=words, default="", help="理由 · why"),
    help="申请或批准结案 · ask for the closure, or approve it",
    writes=True,
)
def close(call: Call, case: str, reason: str) -> Answer:
    return done(call, call.desk.cases.close(case, reason))


@command(
    "guardian",
    _CASE,
    click.Argument(["guardian"]),
    click.Option(
        ["--outcome"],
        required=True,
        help="结果 · what came of it [agrees, undecided, refuses, not_reached, unreachable]",
    ),
    click.Option(["--note"], callback=words, default="", help="备注 · note"),
    help="记录联系监护人 · log one try to tell a guardian",
    writes=True,
)
def guardian(call: Call, case: str, guardian: str, outcome: str, note: str) -> Answer:
    receipt = call.desk.cases.guardian(case, guardian, coded("guardian_outcomes", outcome), note)
    return done(call, receipt)


@command(
    "place",
    _CASE,
    click.Argument(["place"]),
    help="学生现在何处 · say where the student is",
    writes=True,
)
def place(call: Call, case: str, place: str) -> Answer:
    return done(call, call.desk.cases.place(case, coded("places", place)))
