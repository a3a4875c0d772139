"""Time passes, and the journal proves itself."""

from __future__ import annotations

import sys
from typing import Any

import attrs
import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, local, pairs
from psysafe.clock import to_wire


@command("tick", help="到点的事现在办 · do what is due now", writes=True)
def tick(call: Call) -> Answer:
    report = call.operator.tick()
    data: dict[str, Any] = {
        key: to_wire(value) if key in ("at", "next_due") else value
        for key, value in attrs.asdict(report).items()
        if value is not None
    }
    language, zone = call.language, call.zone
    text = pairs(
        [
            (say("at", language), local(report.at, zone)),
            (say("sent", language), str(report.sent)),
            (say("failed", language), str(report.failed)),
            (say("ambiguous", language), str(report.ambiguous)),
            (say("gone on to the next", language), str(report.escalated)),
            (say("found late", language), str(report.overdue)),
            (say("next due", language), local(report.next_due, zone) or "-"),
        ]
    )
    return Answer(data=data, text=text)


@command(
    "verify",
    click.Option(["--head"], metavar="FILE", help="以前导出的链头 · a head exported earlier"),
    click.Option(["--export-head"], is_flag=True, help="导出链头 · export the head"),
    help="核对日志链与记录 · prove journal and documents",
)
def verify(call: Call, head: str | None, export_head: bool) -> Answer:
    language = call.language

    def progress(count: int) -> None:
        if sys.stderr.isatty():
            click.echo(say("{count} records", language, count=count), err=True)

    found = call.operator.verify(head, progress)
    data: dict[str, Any] = {
        "records": found.records,
        "position": found.position,
        "head": found.head,
        "chain": "whole" if found.chain_whole else "broken",
        "replay": "equal" if found.replay_equal else "different",
        "damaged": [
            {"record": f.facts["record"], "cause": f.facts["problem"]}
            for f in found.findings
            if f.code == "PSY403"
        ],
    }
    whole = say("whole", language) if found.chain_whole else say("broken", language)
    equal = say("equal", language) if found.replay_equal else say("different", language)
    entries = [
        (say("records", language), str(found.records)),
        (say("head", language), f"{found.position} {found.head}"),
        (say("chain", language), whole),
        (say("replay", language), equal),
    ]
    if export_head and found.ok:
        file = call.operator.export_head()
        data["exported"] = str(file)
        entries.append((say("exported", language), str(file)))
    return Answer(
        data=data, text=pairs(entries), findings=found.findings, code=0 if found.ok else 1
    )


@command(
    "rebuild",
    click.Argument(["key"]),
    help="由日志重建一份记录 · fold one document again",
    writes=True,
)
def rebuild(call: Call, key: str) -> Answer:
    call.operator.rebuild(key)
    text = [say("{record} was folded again from its journal.", call.language, record=key)]
    return Answer(data={"rebuilt": key}, text=text)
