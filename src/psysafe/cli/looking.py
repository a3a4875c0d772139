"""Who looked at what; looking for a stated reason; the review of that."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say, sentence
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, local, table
from psysafe.cli.policy_words import ITEMS, VIEWERS
from psysafe.cli.steps import done
from psysafe.cli.supporting import group

looked = group("looked", "查阅记录与凭理由查阅 · who looked; looking for a stated reason")
_STUDENT: Final = click.Argument(["student"])


@command("looked list", _STUDENT, help="谁查阅过该生 · who looked at a student", writes=True)
def listed(call: Call, student: str) -> Answer:
    found = call.desk.looked.list(student)
    language = call.language
    headings = [say("when", language), say("who", language), say("at what", language)]
    return Answer(data=found, text=table(headings, [_row(call, line) for line in found]))


def _row(call: Call, line: dict[str, Any]) -> list[str]:
    language = call.language
    role = VIEWERS.get(line["viewer"])
    who = sentence(role, language) if role else line["viewer"]
    items = [sentence(ITEMS[item], language) if item in ITEMS else item for item in line["items"]]
    by = f"{line['by']} ({who})" if "by" in line else who
    return [local(line["at"], call.zone), by, ("、" if language == "zh" else ", ").join(items)]


@command(
    "looked break",
    _STUDENT,
    click.Option(
        ["--reason"], callback=words, required=True, help="理由（- 为标准输入） · why; - is stdin"
    ),
    click.Option(
        ["--hours"],
        type=click.FloatRange(0, 24, min_open=True),
        default=4.0,
        show_default=True,
        help="几小时 · for how many hours",
    ),
    help="凭理由查阅（限时，须复核） · look for a stated reason: told, and reviewed",
    writes=True,
)
def broken(call: Call, student: str, reason: str, hours: float) -> Answer:
    return done(call, call.desk.looked.break_glass(student, reason, hours))


@command(
    "looked review",
    _STUDENT,
    click.Option(["--finding"], callback=words, required=True, help="结论 · what you found"),
    help="复核一次凭理由的查阅 · review that somebody looked",
    writes=True,
)
def reviewed(call: Call, student: str, finding: str) -> Answer:
    return done(call, call.desk.looked.review(student, finding))


for each in (listed, broken, reviewed):
    looked.add_command(each)
