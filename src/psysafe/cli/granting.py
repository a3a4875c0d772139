"""Standing grants at the command line: the first list, one signed, one withdrawn, all listed."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.steps import coded, done
from psysafe.cli.supporting import day, group

_REASON: Final = click.Option(["--reason"], callback=words, required=True, help="理由 · why")
_UNTIL: Final = click.Option(
    ["--until"], metavar="DAY", required=True, help="止，最长 366 天 · the last day"
)

grants = group("grants", "谁凭角色可以查看：署名授权 · who sees by a role, signed by name")


@command(
    "grants begin",
    _REASON,
    _UNTIL,
    help="首次署名：一次签下全部 · sign the first list, all of it in one act",
    writes=True,
)
def begin(call: Call, reason: str, until: str) -> Answer:
    last = day(call, until, "--until", last=True)
    return done(call, call.desk.grants.begin(reason, until=last))


@command(
    "grants sign",
    click.Argument(["person"], metavar="[PERSON]", required=False),
    click.Argument(["role"], metavar="[ROLE]", required=False),
    _REASON,
    _UNTIL,
    click.Option(
        ["--second"],
        metavar="PERSON",
        help="电话同意的人（为自己署名、别无他人可签时）· who agreed by telephone that you see",
    ),
    help="署名：某人、某角色，或全部待签 · sign for a person, a role, or all that waits",
    writes=True,
)
def sign(
    call: Call, person: str | None, role: str | None, reason: str, until: str, second: str | None
) -> Answer:
    receipt = call.desk.grants.sign(
        reason,
        until=day(call, until, "--until", last=True),
        who=person,
        role=coded("roles", role) if role else None,
        second=second,
    )
    return done(call, receipt)


@command("grants list", help="待签与已签 · what waits for a signature, what is signed", writes=True)
def listed(call: Call) -> Answer:
    found = call.desk.grants.list()
    language, named = call.language, call.named(found)
    headings = [
        say("state", language),
        say("person", language),
        say("role", language),
        say("for whom", language),
        say("signed by", language),
        say("until", language),
        say("reason", language),
        say("grant", language),
    ]
    rows = [
        [
            spoken(f"grant_states:{line['state']}", language),
            named(line["person"]),
            spoken(f"roles:{line['role']}", language),
            _scope(line, language),
            _names(line, "by", "second"),
            local(line.get("until"), call.zone),
            line.get("reason", ""),
            line.get("grant", ""),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("Nothing is signed, nothing waits.", language)]
    return Answer(data=found, text=text)


def _scope(line: dict[str, Any], language: str) -> str:
    if line["scope"] == "school":
        return say("the whole school", language)
    return ", ".join(spoken(f"grade:{one}", language) for one in line["of"])


def _names(line: dict[str, Any], *keys: str) -> str:
    return ", ".join(line[key] for key in keys if key in line)


@command(
    "grants withdraw",
    click.Argument(["grant"], metavar="GRANT"),
    click.Option(["--reason"], default="", callback=words, help="理由 · why"),
    help="立即收回 · end it at once",
    writes=True,
)
def withdraw(call: Call, grant: str, reason: str) -> Answer:
    return done(call, call.desk.grants.withdraw(grant, reason))


for _one in (begin, sign, listed, withdraw):
    grants.add_command(_one)
