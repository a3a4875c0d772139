"""Bars: who is suspected of harm and kept from a student; to whom it was handed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.protected_page import state_of
from psysafe.cli.steps import coded, done
from psysafe.cli.supporting import day, group

_STUDENT: Final = click.Argument(["student"])
_PERSON: Final = click.Argument(["person"])
_WHY: Final = click.Option(["--why"], callback=words, default="", help="理由 · why")

bar = group("bar", "回避：疑似加害人 · who is suspected of harm and kept from a student")


@command(
    "bar set",
    _STUDENT,
    _PERSON,
    click.Option(
        ["--also"], multiple=True, metavar="PERSON", help="其亲属与同住者 · relatives, household"
    ),
    _WHY,
    help="立即回避（暂定） · bar a person at once, provisionally",
    writes=True,
)
def set_bar(call: Call, student: str, person: str, also: tuple[str, ...], why: str) -> Answer:
    return done(call, call.desk.bars.set(student, person, also=also, why=why))


@command(
    "bar confirm", _STUDENT, _PERSON, _WHY, help="确认回避 · confirm a provisional bar", writes=True
)
def confirm(call: Call, student: str, person: str, why: str) -> Answer:
    return done(call, call.desk.bars.confirm(student, person, why))


@command(
    "bar lift", _STUDENT, _PERSON, _WHY, help="解除回避 · lift a bar, with the reason", writes=True
)
def lift(call: Call, student: str, person: str, why: str) -> Answer:
    return done(call, call.desk.bars.lift(student, person, why))


@command(
    "bar told",
    _STUDENT,
    click.Argument(["receiver"]),
    click.Option(["--how"], callback=words, required=True, help="经何人何法 · to whom, how"),
    help="登记强制报告的移交 · the suspicion was handed over to a receiver",
    writes=True,
)
def told(call: Call, student: str, receiver: str, how: str) -> Answer:
    found = call.desk.bars.hand_over(student, coded("harm_receivers", receiver), how)
    return done(call, found)


@command(
    "bar first",
    _STUDENT,
    click.Option(["--note"], callback=words, default="", help="说明 · in words"),
    help="另一位成年人已先行接触 · another adult has been with the student first",
    writes=True,
)
def first(call: Call, student: str, note: str) -> Answer:
    return done(call, call.desk.bars.first(student, note))


@command(
    "bar pause",
    click.Argument(["class_id"]),
    click.Option(["--until"], required=True, metavar="DAY", help="至 · the last day of the pause"),
    help="全班的一对一暂缓 · let the rounds of a whole class wait",
    writes=True,
)
def pause(call: Call, class_id: str, until: str) -> Answer:
    number = call.desk.bars.pause(class_id, day(call, until, "--until", last=True))
    text = say("The rounds of {number} students wait.", call.language, number=number)
    return Answer(data={"students": number}, text=[text])


@command("bar list", help="我可知的回避 · the bars of which you may know", writes=True)
def listed(call: Call) -> Answer:
    found = call.desk.bars.list()
    language = call.language
    if not found:
        return Answer(data=found, text=[say("Nobody is barred.", language)])
    headings = [
        say("student", language),
        say("barred", language),
        say("handed over to", language),
        say("still owed", language),
    ]
    who = call.named(found)
    return Answer(data=found, text=table(headings, [_row(call, line, who) for line in found]))


def _row(call: Call, line: dict[str, Any], who: Callable[[str], str]) -> list[str]:
    language = call.language
    barred = [
        f"{', '.join(map(who, [one['person'], *one['also']]))} ({state_of(one['state'], language)})"
        for one in line["bars"]
    ]
    to = [spoken(f"harm_receivers:{one['receiver']}", language) for one in line["handed_over"]]
    owed = [
        f"{spoken('duties:' + one['kind'], language)} {local(one['due'], call.zone)}"
        + (" " + say("LATE", language) if one["overdue"] else "")
        for one in line["owed"]
    ]
    return [line["student"], "; ".join(barred), ", ".join(to) or "-", "; ".join(owed) or "-"]


for one in (set_bar, confirm, lift, told, first, pause, listed):
    bar.add_command(one)
