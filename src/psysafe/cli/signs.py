"""Collective signs: listed, proposed for, answered, taken back; and circles declared."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.steps import coded, done
from psysafe.cli.supporting import group, hidden

_SIGN: Final = click.Argument(["sign_"], metavar="SIGN")
_NOTE: Final = click.Option(["--note"], callback=words, default="", help="说明 · in words")

sign = group("sign", "群体苗头 · collective signs")


@command("sign list", help="我能看到的群体苗头 · the signs that you may see", writes=True)
def listed(call: Call) -> Answer:
    found = call.desk.signs.list()
    language = call.language
    headings = [
        say("sign", language),
        say("group", language),
        say("students", language),
        say("state", language),
        say("proposed", language),
        say("due", language),
    ]
    rows = [
        [
            line["sign"],
            _where(line, language),
            _number(line),
            spoken(f"sign_states:{line['state']}", language),
            ", ".join(spoken(f"measures:{one}", language) for one in line["measures"]),
            _due(call, line),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("There is no collective sign.", language)]
    ks = [line["k"] for line in found if line["students"] is None]
    text += [hidden(ks[0], language)] if ks else []
    return Answer(data=found, text=text)


def _where(line: dict[str, Any], language: str) -> str:
    kind = spoken(f"circles:{line['group']}", language)
    grade = f"grade:{line['grade']}"
    return f"{kind} {line.get('name') or spoken(grade, language)}"


def _number(line: dict[str, Any]) -> str:
    return "*" if line["students"] is None else str(line["students"])


def _due(call: Call, line: dict[str, Any]) -> str:
    if "due" not in line:
        return ""
    late = " " + say("LATE", call.language) if line["overdue"] else ""
    return local(line["due"], call.zone) + late


@command(
    "sign propose",
    _SIGN,
    click.Argument(["measures"], nargs=-1, required=True),
    _NOTE,
    help="提出处置建议 · propose what is done",
    writes=True,
)
def propose(call: Call, sign_: str, measures: tuple[str, ...], note: str) -> Answer:
    known = tuple(coded("measures", one) for one in measures)
    return done(call, call.desk.signs.propose(sign_, known, note))


@command("sign approve", _SIGN, _NOTE, help="同意处置建议 · approve what is proposed", writes=True)
def approve(call: Call, sign_: str, note: str) -> Answer:
    return done(call, call.desk.signs.answer(sign_, True, note))


@command("sign return", _SIGN, _NOTE, help="退回另提建议 · ask for something else", writes=True)
def send_back(call: Call, sign_: str, note: str) -> Answer:
    return done(call, call.desk.signs.answer(sign_, False, note))


@command(
    "sign take-back",
    _SIGN,
    click.Option(["--reason"], callback=words, required=True, help="理由 · why"),
    help="撤回并告知所有被通知的人 · it was none: tell everybody who was told",
    writes=True,
)
def take_back(call: Call, sign_: str, reason: str) -> Answer:
    return done(call, call.desk.signs.take_back(sign_, reason))


@command(
    "sign circle",
    click.Argument(["kind"], metavar="dormitory|friends"),
    click.Argument(["name"]),
    click.Argument(["students"], nargs=-1, metavar="[STUDENT]..."),
    help="登记同宿舍或朋友圈 · say who shares a dormitory, who are friends",
    writes=True,
)
def circle(call: Call, kind: str, name: str, students: tuple[str, ...]) -> Answer:
    return done(call, call.desk.signs.declare(coded("circles", kind), name, students))


@command("sign circles", help="已登记的宿舍和朋友圈 · the declared circles", writes=True)
def circles(call: Call) -> Answer:
    found = call.desk.signs.circles()
    language = call.language
    headings = [say("group", language), say("name", language), say("students", language)]
    rows = [
        [spoken(f"circles:{line['kind']}", language), line["name"], ", ".join(line["members"])]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("No circle is declared.", language)]
    return Answer(data=found, text=text)


for one in (listed, propose, approve, send_back, take_back, circle, circles):
    sign.add_command(one)
