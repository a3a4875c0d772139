"""Hand-overs: changes of class and departures that a live case stands against."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, local, spoken, table

#: As what somebody accepts, where that is no role of staff.
_PARTS: Final = {"lead": "step_relations:lead"}


@command(
    "handover",
    click.Argument(["student"], required=False),
    click.Option(["--accept"], is_flag=True, help="接受移交 · accept it"),
    help="等待移交的学生 · students with a live case whom a roster would move",
    writes=True,
)
def handover(call: Call, student: str | None, accept: bool) -> Answer:
    desk = call.desk
    language = call.language
    if accept:
        if student is None:
            raise click.UsageError("write it as handover STUDENT --accept")
        made = desk.hand_overs.accept(student)
        said = (
            say("Accepted: the change is made.", language)
            if made
            else say("Accepted: it still waits for somebody else.", language)
        )
        return Answer(data={"student": student, "made": made}, text=[said])
    found = desk.hand_overs.list()
    if not found:
        return Answer(data=found, text=[say("Nothing waits to be handed over.", language)])
    headings = [
        say("student", language),
        say("change", language),
        say("until", language),
        say("still to accept", language),
    ]
    rows = [_row(call, line) for line in found if "unreadable" not in line]
    damaged = [
        say(
            "Hand-overs that cannot be read: {count}. Tell whoever keeps the store.",
            language,
            count=line["unreadable"],
        )
        for line in found
        if "unreadable" in line
    ]
    return Answer(data=found, text=[*(table(headings, rows) if rows else ()), *damaged])


def _row(call: Call, line: dict[str, Any]) -> list[str]:
    language = call.language
    leaves = spoken(f"departures:{line.get('why') or 'left'}", language)
    if line["kind"] == "teacher":
        leaves = say("the homeroom teacher's role has ended", language)
    until = local(line["due"], call.zone)
    late = say("LATE", language) if line["overdue"] else ""
    waits = [spoken(_PARTS.get(part, f"roles:{part}"), language) for part in line["missing"]]
    change = line.get("class_id", leaves)
    return [line["student"], change, f"{until} {late}".strip(), ", ".join(waits) or "-"]
