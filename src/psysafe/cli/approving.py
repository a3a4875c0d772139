"""Many students at once: asked for, approved or refused by a second person."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.steps import coded, done
from psysafe.cli.supporting import group
from psysafe.desk.approving import OF_ONE

_REQUEST: Final = click.Argument(["request"], metavar="REQUEST")
_REASON: Final = click.Option(["--reason"], callback=words, required=True, help="理由 · why")

approve = group("approve", "一次取用多名学生 · many students at once, by a second person's yes")


@command(
    "approve ask",
    click.Argument(["what"], metavar="LIST"),
    click.Option(
        ["--of"],
        default="",
        help="哪次筛查、哪个个案 · of which campaign or case [missing, papers]",
    ),
    _REASON,
    click.Option(
        ["--second"],
        metavar="PERSON",
        help="电话同意的人（本校别无他人可批时） · who said yes by telephone, if nobody else can",
    ),
    help="申请一份名单 · ask for a list [roster, missing, exposure, retention, circles, papers]",
    writes=True,
)
def ask(call: Call, what: str, of: str, reason: str, second: str | None) -> Answer:
    found = call.desk.approvals.ask(coded("bulk_lists", what), reason, of=of, second=second)
    said = say("Asked: {request}. See psysafe approve list.", call.language, request=found)
    return Answer(data={"request": found}, text=[said])


@command("approve list", help="我的申请和等我答复的 · asked, and waiting for you", writes=True)
def listed(call: Call) -> Answer:
    found = call.desk.approvals.list()
    language = call.language
    named = call.named(found)
    headings = [
        say("request", language),
        say("by whom", language),
        say("list", language),
        say("students", language),
        say("state", language),
        say("until", language),
        say("reason", language),
    ]
    rows = [
        [
            line["request"],
            named(line["by"]),
            _which(line, language),
            str(line["students"]),
            spoken(f"bulk_states:{line['state']}", language),
            local(_until(line), call.zone),
            line["reason"],
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("Nothing is asked.", language)]
    return Answer(data=found, text=text)


def _which(line: dict[str, Any], language: str) -> str:
    """Which list; of which screening or case, where it is of one."""
    said = spoken(f"bulk_lists:{line['list']}", language)
    return " ".join([said, *line["of"]]) if line["list"] in OF_ONE else said


def _until(line: dict[str, Any]) -> Any:
    return line.get("until") or line["answer_by"]


@command(
    "approve give", _REQUEST, _REASON, help="同意，可用一次 · say yes, for one use", writes=True
)
def give(call: Call, request: str, reason: str) -> Answer:
    return done(call, call.desk.approvals.approve(request, reason))


@command("approve refuse", _REQUEST, _REASON, help="不同意 · say no", writes=True)
def refuse(call: Call, request: str, reason: str) -> Answer:
    return done(call, call.desk.approvals.refuse(request, reason))


@command("approve withdraw", _REQUEST, help="撤回申请 · ask no more", writes=True)
def withdraw(call: Call, request: str) -> Answer:
    return done(call, call.desk.approvals.withdraw(request))


for _one in (ask, listed, give, refuse, withdraw):
    approve.add_command(_one)
