"""Somebody is erased; whose time is up."""

from __future__ import annotations

from typing import Final

import attrs
import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, local, pairs, table
from psysafe.cli.steps import coded

_STUDENT: Final = click.Argument(["student"])


@command(
    "forget",
    _STUDENT,
    click.Option(["--basis"], required=True, help="理由 · why [retention, request]"),
    click.Option(["--apply"], is_flag=True, help="真的删除，不可恢复 · do it; nobody can undo it"),
    help="永久删除一名学生的资料 · erase a student for good",
    writes=True,
)
def forget(call: Call, student: str, basis: str, apply: bool) -> Answer:
    desk, language = call.desk.erasures, call.language
    why = coded("erasure_bases", basis)
    found = desk.forget(student, why) if apply else desk.preview(student, why)
    text = pairs(
        [
            (say("entries of the journal", language), str(found.events)),
            (say("records", language), str(found.documents)),
            (say("notes", language), str(found.notes)),
        ]
    )
    if not apply:
        text.append(say("Nothing was changed. With --apply it is done.", language))
    elif found.finished:
        text.append(say("Erased. Old backups still hold it until they are gone.", language))
    else:
        text.append(say("Erased. What is left on the disk goes by itself later.", language))
    return Answer(data={"applied": apply, **attrs.asdict(found)}, text=text)


@command(
    "retention",
    click.Option(
        ["--notes"], is_flag=True, help="无法对应学生的留言 · notes that go by themselves, and when"
    ),
    help="保存期限已满的学生 · whose file has been kept long enough",
    writes=True,
)
def retention(call: Call, notes: bool) -> Answer:
    if notes:
        return _notes(call)
    found = call.desk.erasures.list()
    language, zone = call.language, call.zone
    headings = [
        say("student", language),
        say("name", language),
        say("left", language),
        say("kept until", language),
        say("something stands against it", language),
    ]
    rows = [
        [
            line["student"],
            line.get("name", ""),
            local(line["left"], zone),
            local(line["kept_until"], zone),
            say("yes", language) if line["held"] else say("no", language),
        ]
        for line in found
    ]
    return Answer(data=found, text=table(headings, rows))


def _notes(call: Call) -> Answer:
    found = call.desk.erasures.notes()
    language, zone = call.language, call.zone
    headings = [
        say("note left", language),
        say("looked at", language),
        say("kept until", language),
        say("something stands against it", language),
    ]
    rows = [
        [
            line["note"],
            local(line["checked"], zone),
            local(line["kept_until"], zone),
            say("yes", language) if line["held"] else say("no", language),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("No note goes by itself.", language)]
    return Answer(data=found, text=text)
