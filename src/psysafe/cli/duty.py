"""Who is on duty: shown, put on duty in turn, changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import INPUT_REFUSED, Call, Group, command, take_options
from psysafe.cli.output import Answer, local, pairs, spoken, table
from psysafe.cli.steps import coded, receipt_data
from psysafe.clock import to_wire
from psysafe.engine.committing import Receipt

_ROSTER: Final = click.Argument(["roster"], metavar="ROSTER")
_FROM: Final = click.Option(["--from", "since"], required=True, help="起 · from when")
_UNTIL: Final = click.Option(["--until"], required=True, help="止 · until when")
_CAMPUS: Final = click.Option(
    ["--campus"], default="", help="校区；不写则为全校 · on which campus; else for the whole school"
)
#: Shifts of a rotation that are printed; all of them are in --json.
_MOST_SHOWN: Final = 40


@click.group("duty", cls=Group, help="值班表 · who is on duty")
@click.pass_context
def duty(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


def _done(call: Call, receipt: Receipt) -> Answer:
    return Answer(data=receipt_data(receipt), text=[say("Done.", call.language)])


def _name(line: Mapping[str, Any], call: Call) -> str:
    """The roster of a line, with its campus where it has one."""
    found = spoken(f"duty_roster:{line['roster']}", call.language)
    return f"{found} ({line['campus']})" if line.get("campus") else found


@command("duty now", help="现在谁值班 · who is on duty now", writes=True)
def now(call: Call) -> Answer:
    found = call.desk.duty.now()
    nobody, who = say("NOBODY", call.language), call.named(found)
    lines = []
    for line in found:
        people = ", ".join(map(who, line["people"])) or nobody
        lines.append((_name(line, call), f"{people}  {local(line['until'], call.zone)}".rstrip()))
    text = pairs(lines) if lines else [say("No roster of duty is kept.", call.language)]
    return Answer(data=found, text=text)


@command(
    "duty show",
    click.Option(["--days"], type=click.IntRange(1, 400), default=7, help="几天 · how many days"),
    help="今后几天的值班 · the coming days",
    writes=True,
)
def show(call: Call, days: int) -> Answer:
    found = call.desk.duty.show(days)
    language = call.language
    text = _shifts(found["shifts"], call)
    who = call.named(found)
    for line in found["swaps"]:
        text.append(
            say(
                "proposed: {by} and {to} swap {one} and {other}, open until {until}: {swap}",
                language,
                **line
                | {"until": local(line["until"], call.zone)}
                | {side: who(line[side]) for side in ("by", "to")},
            )
        )
    for gap in found["gaps"]:
        text.append(
            say(
                "nobody: {roster}, {since} to {until}",
                language,
                roster=_name(gap, call),
                since=local(gap["since"], call.zone),
                until=local(gap["until"], call.zone),
            )
        )
    return Answer(data=found, text=text or [say("No roster of duty is kept.", language)])


def _shifts(shifts: list[dict[str, Any]], call: Call) -> list[str]:
    language = call.language
    named = any(line.get("shift") for line in shifts)
    who = call.named(shifts)
    headings = [
        say("from", language),
        say("until", language),
        say("roster of duty", language),
        say("person", language),
        *([say("shift", language)] if named else []),
    ]
    rows = [
        [
            local(line["since"], call.zone),
            local(line["until"], call.zone),
            _name(line, call),
            who(line["person"]),
            *([line["shift"]] if named else []),
        ]
        for line in shifts
    ]
    return table(headings, rows) if rows else []


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("write it as 2026-11-02", param_hint=option) from None


def _hour(text: str, option: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None or len(text) != len("17:00"):
        raise click.BadParameter("write it as 17:00", param_hint=option)
    return found


@command(
    "duty rotate",
    _ROSTER,
    click.Option(["--people"], required=True, metavar="A,B,C", help="轮值人员 · who, in turn"),
    click.Option(
        ["--every"],
        type=click.Choice(["day", "week"]),
        required=True,
        help="每轮 · how long a turn is",
    ),
    _FROM,
    _UNTIL,
    click.Option(["--begins"], required=True, metavar="17:00", help="交接时间 · hand-over"),
    click.Option(["--ends"], metavar="07:30", help="每班结束 · when each shift ends"),
    _CAMPUS,
    click.Option(["--apply"], is_flag=True, help="写入 · put it in"),
    help="排轮值，默认只试算 · in turn; a dry run by default",
    writes=True,
)
def rotate(
    call: Call,
    roster: str,
    people: str,
    every: str,
    since: str,
    until: str,
    begins: str,
    ends: str | None,
    campus: str,
    apply: bool,
) -> Answer:
    turns, findings = call.desk.duty.turns(
        coded("duty_roster", roster),
        [one.strip() for one in people.split(",") if one.strip()],
        every=every,
        first=_day(since, "--from"),
        last=_day(until, "--until"),
        at=_hour(begins, "--begins"),
        ends=_hour(ends, "--ends") if ends else None,
        campus=campus.strip(),
    )
    language = call.language
    shifts = [
        {
            "roster": t.roster,
            "person": t.person,
            "since": to_wire(t.since),
            "until": to_wire(t.until),
            **({"campus": t.campus} if t.campus else {}),
        }
        for t in turns
    ]
    applied = apply and not findings
    if applied:
        call.desk.duty.assign(turns)
    text = _shifts(shifts[:_MOST_SHOWN], call)
    if len(shifts) > _MOST_SHOWN:
        text.append(say("and {count} more", language, count=len(shifts) - _MOST_SHOWN))
    if applied:
        text.append(say("It is in.", language))
    elif findings:
        text.append(say("Nothing was changed: these shifts cannot all be.", language))
    else:
        text.append(say("Nothing was changed: this was a dry run; add --apply.", language))
    return Answer(
        data={"applied": applied, "shifts": shifts},
        text=text,
        findings=findings,
        code=INPUT_REFUSED if apply and findings else None,
    )


@command(
    "duty override",
    _ROSTER,
    click.Argument(["person"], metavar="PERSON"),
    _FROM,
    _UNTIL,
    click.Option(["--instead-of"], metavar="PERSON", help="替换谁 · instead of whom"),
    _CAMPUS,
    help="临时由他人值班 · somebody else for some time",
    writes=True,
)
def override(
    call: Call,
    roster: str,
    person: str,
    since: str,
    until: str,
    instead_of: str | None,
    campus: str,
) -> Answer:
    receipt = call.desk.duty.override(
        coded("duty_roster", roster),
        person,
        call.time(since, "--from"),
        call.time(until, "--until"),
        instead_of=instead_of,
        campus=campus.strip(),
    )
    return _done(call, receipt)


@command(
    "duty swap",
    click.Argument(["one"], metavar="SHIFT"),
    click.Argument(["other"], metavar="SHIFT"),
    click.Option(
        ["--override"], is_flag=True, help="排班者直接调换 · by whoever makes up the rosters"
    ),
    help="提出换班：自己的班换对方的班 · propose a swap: one's own shift for theirs",
    writes=True,
)
def swap(call: Call, one: str, other: str, override: bool) -> Answer:
    if override:
        return _done(call, call.desk.duty.swap(one, other))
    receipt = call.desk.duty.propose_swap(one, other)
    said = say("Proposed. Until it is accepted, everybody stands where they stood.", call.language)
    return Answer(data=receipt_data(receipt), text=[said])


def _answer(name: str, words: str) -> click.Command:
    """A command that answers a proposal."""

    @command(f"duty {name}", click.Argument(["swap"], metavar="SWAP"), help=words, writes=True)
    def answer(call: Call, swap: str) -> Answer:
        desk = call.desk.duty
        ways = {
            "accept": desk.accept_swap,
            "decline": desk.decline_swap,
            "withdraw": desk.withdraw_swap,
        }
        return _done(call, ways[name](swap))

    return answer


accept = _answer("accept", "同意换班 · say yes to a swap")
decline = _answer("decline", "不同意换班 · say no to a swap")
withdraw = _answer("withdraw", "撤回换班 · take a proposal back")


@command(
    "duty remove",
    click.Argument(["shift"], metavar="SHIFT"),
    help="取消一班 · take a shift away",
    writes=True,
)
def remove(call: Call, shift: str) -> Answer:
    return _done(call, call.desk.duty.remove(shift))


@command(
    "duty keep",
    _ROSTER,
    click.Option(["--places"], type=int, help="同时几人 · how many at once"),
    click.Option(["--opens"], default="", metavar="17:00", help="须有人值班，起 · needed from"),
    click.Option(["--closes"], default="", metavar="07:30", help="止 · needed until"),
    help="怎样保持一份值班表 · how a roster is kept",
    writes=True,
)
def keep(call: Call, roster: str, places: int | None, opens: str, closes: str) -> Answer:
    code = coded("duty_roster", roster)
    return _done(call, call.desk.duty.keep(code, places=places, opens=opens, closes=closes))


@command("duty stop", _ROSTER, _CAMPUS, help="不再保持 · keep it no longer", writes=True)
def stop(call: Call, roster: str, campus: str) -> Answer:
    return _done(call, call.desk.duty.stop(coded("duty_roster", roster), campus.strip()))


for step in (now, show, rotate, override, swap, accept, decline, withdraw, remove, keep, stop):
    duty.add_command(step)
