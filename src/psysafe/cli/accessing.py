"""Subject access: asked for, looked over, written; holds on a student's records."""

from __future__ import annotations

from typing import Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer
from psysafe.cli.steps import done
from psysafe.cli.supporting import group
from psysafe.ids import Actor, kind_of

subject_access = group(
    "subject-access", "本人查阅 · what the school holds, for whoever it is about"
)
hold = group("hold", "暂停删除 · nothing about a student may be erased")
_STUDENT: Final = click.Argument(["student"])
_REASON: Final = click.Option(["--reason"], callback=words, required=True, help="理由 · why")


def _for(*, required: bool = False) -> click.Option:
    return click.Option(
        ["--for", "person"],
        metavar="PERSON",
        required=required,
        help="为谁 · for whom [student:s-..., guardian:g-...]",
    )


def _said_for_whom(call: Call, person: str | None) -> None:
    """Staff hold nothing of their own here: they write it down, and hand it over, for somebody."""
    if person is None and call.actor is not None and kind_of(Actor(call.actor)) == "staff":
        raise click.UsageError("write it as --for student:s-... | --for guardian:g-...")


@command(
    "subject-access request",
    _STUDENT,
    _for(),
    help="申请查阅 · ask for what the school holds",
    writes=True,
)
def request(call: Call, student: str, person: str | None) -> Answer:
    _said_for_whom(call, person)
    return done(call, call.desk.access.request(student, person))


@command(
    "subject-access review",
    _STUDENT,
    _for(required=True),
    click.Option(
        ["--notes"],
        callback=words,
        default="",
        help="可告知的记录（- 为标准输入） · what is told of the notes; - is stdin",
    ),
    help="已逐项审阅 · it was looked over by a person",
    writes=True,
)
def review(call: Call, student: str, person: str, notes: str) -> Answer:
    return done(call, call.desk.access.review(student, person, notes))


@command(
    "subject-access write",
    _STUDENT,
    click.Argument(["file"], metavar="FILE"),
    _for(),
    help="写成文件 · write what may be given",
    writes=True,
)
def write(call: Call, student: str, file: str, person: str | None) -> Answer:
    _said_for_whom(call, person)
    path = call.desk.access.write(student, file, person)
    said = say(
        "Written: {file}. It holds private matters; hand it over yourself.",
        call.language,
        file=str(path),
    )
    return Answer(data={"file": str(path)}, text=[said])


@command("hold place", _STUDENT, _REASON, help="暂停删除 · nothing may be erased", writes=True)
def place(call: Call, student: str, reason: str) -> Answer:
    return done(call, call.desk.access.hold(student, reason))


@command("hold lift", _STUDENT, _REASON, help="恢复 · it may be erased again", writes=True)
def lift(call: Call, student: str, reason: str) -> Answer:
    return done(call, call.desk.access.release(student, reason))


for _one in (request, review, write):
    subject_access.add_command(_one)
for _one in (place, lift):
    hold.add_command(_one)
