"""A signal in: a report, a wish to talk; and who waits for an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import attrs
import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.steps import coded, done, receipt_data
from psysafe.engine.committing import Receipt
from psysafe.errors import Finding

SYMPTOM: Final = click.Option(
    ["--symptom"], multiple=True, metavar="CODE=DEGREE", help="症状=程度 · a symptom and its degree"
)
NEED: Final = click.Option(["--need"], multiple=True, help="需求 · what is needed")
DANGER: Final = click.Option(["--danger"], multiple=True, help="危险事实 · a fact of danger")
PLACE: Final = click.Option(["--place"], default="unknown", help="在何处 · where the student is")
ACCUSED: Final = click.Option(
    ["--accused"], metavar="PERSON", help="被指认的成年人 · who is said to do harm"
)
ALSO: Final = click.Option(
    ["--also"], multiple=True, metavar="PERSON", help="其亲属与同住者 · relatives, household"
)
_ASKS: Final = {"place": "PSY034", "accused": "PSY705"}
NOTE: Final = click.Option(["--note"], callback=words, default="", help="说明 · in words")


def symptoms_of(given: Iterable[str]) -> dict[str, str]:
    """Symptoms and degrees as typed, `失眠=明显` or `insomnia=marked`. A wrong form is usage."""
    found: dict[str, str] = {}
    for one in given:
        code, equals, degree = one.partition("=")
        if not equals:
            raise click.BadParameter("write it as CODE=DEGREE", param_hint="--symptom")
        found[coded("symptoms", code.strip())] = coded("degrees", degree.strip())
    return found


def codes_of(register: str, given: Iterable[str]) -> tuple[str, ...]:
    """Codes for codes or their words."""
    return tuple(coded(register, one) for one in given)


def reported(call: Call, receipt: Receipt) -> Answer:
    """The receipt, and what a grave report still has to say."""
    by = local(receipt.answered_by, call.zone)
    text = say(
        "Reported. It is taken up by {by}. {signal}", call.language, by=by, signal=receipt.signal
    )
    return Answer(data=receipt_data(receipt), text=[text], findings=_asks(receipt))


def _asks(receipt: Receipt) -> tuple[Finding, ...]:
    return tuple(Finding(code=_ASKS[one], severity="note") for one in receipt.asks)


@command(
    "report",
    click.Argument(["student"]),
    click.Option(["--source"], required=True, help="来源 · where it comes from"),
    SYMPTOM,
    NEED,
    DANGER,
    PLACE,
    NOTE,
    click.Option(["--question"], is_flag=True, help="是提问 · it is a question"),
    ACCUSED,
    ALSO,
    help="报告学生情况 · tell the net about a student",
    writes=True,
)
def report(
    call: Call,
    student: str,
    source: str,
    symptom: tuple[str, ...],
    need: tuple[str, ...],
    danger: tuple[str, ...],
    place: str,
    note: str,
    question: bool,
    accused: str | None,
    also: tuple[str, ...],
) -> Answer:
    receipt = call.desk.signals.report(
        student,
        coded("sources", source),
        symptoms_of(symptom),
        needs=codes_of("needs", need),
        dangers=codes_of("danger_facts", danger),
        place=coded("places", place),
        note=note,
        question=question,
        accused=accused,
        accused_also=also,
    )
    return reported(call, receipt)


@command(
    "talk",
    click.Argument(["words_"], metavar="[WORDS]", required=False, default="", callback=words),
    SYMPTOM,
    DANGER,
    PLACE,
    help="我想找人谈谈 · I want to talk with somebody",
    writes=True,
)
def talk(
    call: Call, words_: str, symptom: tuple[str, ...], danger: tuple[str, ...], place: str
) -> Answer:
    found = call.desk.signals.ask_to_talk(
        words_,
        symptoms=symptoms_of(symptom),
        dangers=codes_of("danger_facts", danger),
        place=coded("places", place),
    )
    text = [found["text"], "  ".join(found["call"])]
    return Answer(data=found, text=text)


@command("waiting", help="等我答复的学生 · who waits for your answer", writes=True)
def waiting(call: Call) -> Answer:
    found = call.desk.signals.waiting()
    language = call.language
    headings = [
        say("duty", language),
        say("what", language),
        say("student", language),
        say("name", language),
        say("due", language),
    ]
    rows = [
        [
            line["duty"],
            spoken(f"signal_kinds:{line['kind']}", language),
            line["student"],
            line.get("name", ""),
            _due(call, line),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("Nobody waits for your answer.", language)]
    return Answer(data=found, text=text)


def _due(call: Call, line: dict[str, Any]) -> str:
    late = " " + say("LATE", call.language) if line.get("overdue") else ""
    return local(line["due"], call.zone) + late


@command(
    "answer",
    click.Argument(["student"]),
    click.Argument(["duty"]),
    NOTE,
    help="已谈过或已答复 · you have talked, or answered",
    writes=True,
)
def answer(call: Call, student: str, duty: str, note: str) -> Answer:
    return done(call, call.desk.signals.respond(student, duty, note))


@command(
    "note",
    click.Argument(["about"], required=False, default=""),
    click.Option(["--source"], help="来源（教职工填写） · for staff [hotline, telephone, ...]"),
    SYMPTOM,
    NEED,
    DANGER,
    PLACE,
    NOTE,
    help="留言：说一说某位同学 · tell of somebody; a person checks who is meant",
    writes=True,
)
def note(
    call: Call,
    about: str,
    source: str | None,
    symptom: tuple[str, ...],
    need: tuple[str, ...],
    danger: tuple[str, ...],
    place: str,
    note: str,
) -> Answer:
    receipt = call.desk.signals.leave_note(
        about,
        symptoms_of(symptom),
        source=coded("sources", source) if source else None,
        needs=codes_of("needs", need),
        dangers=codes_of("danger_facts", danger),
        place=coded("places", place),
        note=note,
    )
    return reported(call, receipt)


@command(
    "notes",
    click.Option(["--kept"], is_flag=True, help="还不知道是谁的 · those kept for later"),
    help="待核实的留言 · notes that wait to be checked",
    writes=True,
)
def notes(call: Call, kept: bool) -> Answer:
    found = call.desk.signals.notes(kept=kept)
    language = call.language
    headings = [
        say("note left", language),
        say("about", language),
        say("severity", language),
        say("what", language),
        say("due", language),
    ]
    rows = [
        [
            line["note"],
            line["about"] or say("caller unknown", language),
            spoken(f"severity:{line['severity']}", language),
            line["text"],
            _due(call, line),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("No note waits.", language)]
    return Answer(data=found, text=text)


@command(
    "link",
    click.Argument(["note"]),
    click.Argument(["student"]),
    ACCUSED,
    ALSO,
    help="留言说的是这名学生 · a note is about this student",
    writes=True,
)
def link(call: Call, note: str, student: str, accused: str | None, also: tuple[str, ...]) -> Answer:
    receipt = call.desk.signals.link(note, student, accused=accused, accused_also=also)
    return attrs.evolve(done(call, receipt), findings=_asks(receipt))


@command(
    "unknown",
    click.Argument(["note"]),
    help="还不知道说的是谁，先留着 · nobody knows yet who is meant: keep it",
    writes=True,
)
def unknown(call: Call, note: str) -> Answer:
    return done(call, call.desk.signals.keep(note))


@command(
    "aside",
    click.Argument(["note"]),
    help="留言已核实，无须处理 · a note was checked, nothing to do",
    writes=True,
)
def aside(call: Call, note: str) -> Answer:
    return done(call, call.desk.signals.set_aside(note))
