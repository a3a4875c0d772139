"""A case as a whole: its lead, a pause and a return, its end, its being taken up again."""

from __future__ import annotations

from typing import Final

import click

from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer
from psysafe.cli.steps import coded, done

_CASE: Final = click.Argument(["case"], metavar="CASE")
_REASON: Final = click.Option(["--reason"], callback=words, default="", help="理由 · why")


@command(
    "lead",
    _CASE,
    click.Argument(["person"], metavar="PERSON", required=False),
    click.Option(["--supervisor"], metavar="PERSON", help="督导老师 · who supervises them"),
    help="指定或接手负责人 · offer the lead, or accept it",
    writes=True,
)
def lead(call: Call, case: str, person: str | None, supervisor: str | None) -> Answer:
    cases = call.desk.cases
    if person is None:
        if supervisor is not None:
            raise click.UsageError("write it as lead CASE PERSON --supervisor PERSON")
        return done(call, cases.accept_lead(case))
    return done(call, cases.assign_lead(case, person, supervisor))


@command(
    "supervisor",
    _CASE,
    click.Argument(["person"], metavar="PERSON"),
    help="指定督导老师 · say who supervises whoever leads",
    writes=True,
)
def supervisor(call: Call, case: str, person: str) -> Answer:
    return done(call, call.desk.cases.supervisor(case, person))


@command(
    "away",
    _CASE,
    click.Argument(["place"]),
    click.Option(["--adult"], callback=words, required=True, help="由谁看护 · who has them"),
    help="学生暂离学校 · the student is away",
    writes=True,
)
def away(call: Call, case: str, place: str, adult: str) -> Answer:
    return done(call, call.desk.cases.away(case, coded("places", place), adult))


@command(
    "return",
    _CASE,
    click.Option(["--meeting"], callback=words, required=True, help="返校会谈 · who met, what"),
    help="决定返校 · decide that the student returns",
    writes=True,
)
def decide_return(call: Call, case: str, meeting: str) -> Answer:
    return done(call, call.desk.cases.decide_return(case, meeting))


@command("reject", _CASE, _REASON, help="驳回结案 · reject a closure", writes=True)
def reject(call: Call, case: str, reason: str) -> Answer:
    return done(call, call.desk.cases.reject_closure(case, reason))


@command("reopen", _CASE, _REASON, help="重新立案 · reopen a closed case", writes=True)
def reopen(call: Call, case: str, reason: str) -> Answer:
    return done(call, call.desk.cases.reopen(case, reason))


@command(
    "transfer",
    _CASE,
    click.Option(["--to"], callback=words, required=True, help="接收学校 · which school"),
    click.Option(["--by"], callback=words, required=True, help="由谁确认 · who acknowledged"),
    help="转出，对方学校已确认 · hand over to a school that has acknowledged",
    writes=True,
)
def transfer(call: Call, case: str, to: str, by: str) -> Answer:
    return done(call, call.desk.cases.transfer(case, to, by))


@command(
    "stand-down",
    _CASE,
    _REASON,
    click.Option(["--severity"], default="attention", help="更正后的程度 · the corrected level"),
    click.Option(["--second"], metavar="PERSON", help="第二评估人 · the second assessor"),
    help="解除警报并告知所有被通知的人 · call an alarm off, tell everybody who was told",
    writes=True,
)
def stand_down(call: Call, case: str, reason: str, severity: str, second: str | None) -> Answer:
    found = call.desk.cases.stand_down(case, reason, coded("severity", severity), second)
    return done(call, found)


@command("void", _CASE, _REASON, help="误录作废 · void what was entered in error", writes=True)
def void(call: Call, case: str, reason: str) -> Answer:
    return done(call, call.desk.cases.void(case, reason))


@command(
    "read-dismissed",
    click.Argument(["student"], metavar="STUDENT"),
    help="已复查排除的信息 · what was dismissed has been read",
    writes=True,
)
def read_dismissed(call: Call, student: str) -> Answer:
    return done(call, call.desk.cases.read_dismissed(student))


@command(
    "bereavement",
    click.Argument(["student"], metavar="STUDENT"),
    click.Option(["--yes"], is_flag=True, help="确认 · confirm: the file is frozen"),
    help="学生去世：停止一切自动通知 · a student has died: everything automatic stops",
    writes=True,
)
def bereavement(call: Call, student: str, yes: bool) -> Answer:
    if not yes:
        raise click.UsageError("confirm with --yes: the file is frozen")
    return done(call, call.desk.cases.bereavement(student))


@command(
    "alive",
    click.Argument(["student"], metavar="STUDENT"),
    click.Option(["--reason"], callback=words, default="", help="如何得知 · how it is known"),
    help="学生在世：撤回误录的去世登记 · a death was entered in error",
    writes=True,
)
def alive(call: Call, student: str, reason: str) -> Answer:
    return done(call, call.desk.cases.alive(student, reason))
