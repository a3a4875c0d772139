"""Time passes, and the journal proves itself."""

from __future__ import annotations

import sys
from typing import Any

import attrs
import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, exit_code, findings_of
from psysafe.cli.output import Answer, local, pairs
from psysafe.clock import to_wire
from psysafe.errors import Finding, NotPermittedError, PsysafeError
from psysafe.net import SafetyNet


@command("tick", help="到点的事现在办 · do what is due now", writes=True)
def tick(call: Call) -> Answer:
    try:
        report = call.operator.tick()
    except NotPermittedError:
        raise
    except Exception as error:
        found = _nobody_called(call)
        if not isinstance(error, PsysafeError):
            raise
        return Answer(findings=(*findings_of(error), *found), code=exit_code(error))
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
            (say("passed on from who is gone", language), str(report.passed_on)),
            (say("next due", language), local(report.next_due, zone) or "-"),
        ]
    )
    return Answer(data=data, text=text)


def _nobody_called(call: Call) -> tuple[Finding, ...]:
    """Time cannot pass, so the staff on the emergency list are called, where it can be read."""
    try:
        if call.settings.rehearsal:
            call.clock.moment = call.clock.moment or call.moment
        return SafetyNet.call_for_help(call.place, clock=call.clock).findings
    except PsysafeError:
        return ()  # the settings cannot be read, and the error itself says so


@command(
    "audit",
    help="自查：职责与呼叫是否都在继续 · does everything that is owed still go on?",
    writes=True,
)
def audit(call: Call) -> Answer:
    found = call.operator.audit()
    language = call.language
    text = pairs([(say("made up for", language), str(found.mended))])
    data = {"mended": found.mended}
    code = 1 if found.findings else 0
    return Answer(data=data, text=text, findings=found.findings, code=code)


@command(
    "heartbeat",
    click.Option(
        ["--within"],
        type=click.IntRange(1, 7 * 24 * 60),
        default=15,
        show_default=True,
        metavar="MINUTES",
        help="多少分钟内算正常 · for so many minutes all is well",
    ),
    help="供外部监控：时间是否仍在推进 · for a monitor: does time still pass here?",
)
def heartbeat(call: Call, within: int) -> Answer:
    """Exit code 1 where time has not passed for so long, or the last look over found something."""
    beat = dict(call.operator.heartbeat())
    silent = call.operator.silent_for()
    language = call.language
    minutes = None if silent is None else silent.total_seconds() / 60
    # A heartbeat from far ahead is a clock that was set, and says nothing of now.
    well = minutes is not None and abs(minutes) <= within and not beat.get("findings")
    ago = "-" if minutes is None else str(round(minutes))
    text = pairs(
        [
            (say("minutes since the last tick", language), ago),
            (say("found when last looked over", language), ", ".join(beat.get("findings", []))),
        ]
    )
    data = {"minutes": None if minutes is None else round(minutes, 1), **beat}
    return Answer(data=data, text=text, code=0 if well else 1)


@command(
    "verify",
    click.Option(["--head"], metavar="FILE", help="以前导出的链头 · a head exported earlier"),
    click.Option(["--key"], metavar="KEY", help="签名者的公钥 · the public key on paper"),
    click.Option(["--export-head"], is_flag=True, help="导出链头 · export the head"),
    help="核对日志链与记录 · prove journal and documents",
)
def verify(call: Call, head: str | None, key: str | None, export_head: bool) -> Answer:
    language = call.language

    def progress(count: int) -> None:
        if sys.stderr.isatty():
            click.echo(say("{count} records", language, count=count), err=True)

    found = call.operator.verify(head, progress, key=key)
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
        files = [str(file) for file in call.operator.export_heads()]
        data["exported"] = files[0]
        entries += [(say("exported", language), file) for file in files]
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
