"""The class survey: started, listed, entered, closed."""

from __future__ import annotations

from typing import Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, local, spoken, table
from psysafe.cli.signals import DANGER, NEED, NOTE, PLACE, SYMPTOM, codes_of, symptoms_of
from psysafe.cli.steps import coded, done
from psysafe.cli.supporting import group

_CLASS: Final = click.Argument(["school_class"], metavar="CLASS")

survey = group("survey", "班级摸底 · the class survey")


@command(
    "survey start",
    click.Option(["--grade"], multiple=True, help="年级 · a grade; all where none is named"),
    help="布置摸底 · start one",
    writes=True,
)
def start(call: Call, grade: tuple[str, ...]) -> Answer:
    grades = tuple(coded("grade", one) for one in grade)
    started, wrong = call.desk.surveys.start(grades)
    language = call.language
    headings = [
        say("class", language),
        say("who does it", language),
        say("students", language),
        say("due", language),
    ]
    who = call.named(started)
    rows = [
        [line["name"], who(line["owner"]), str(line["students"]), local(line["due"], call.zone)]
        for line in started
    ]
    text = table(headings, rows) if rows else [say("No survey was started.", language)]
    return Answer(data=started, text=text, findings=tuple(wrong))


@command("survey list", help="我要做的摸底 · the surveys that are yours", writes=True)
def listed(call: Call) -> Answer:
    found = call.desk.surveys.list()
    language = call.language
    text: list[str] = []
    for one in found:
        late = " " + say("LATE", language) if one["overdue"] else ""
        text.append(f"{one['name']}  {one['class']}  {local(one['due'], call.zone)}{late}")
        headings = [
            say("student", language),
            say("name", language),
            say("entered", language),
            say("away or back", language),
        ]
        rows = [
            [
                line["student"],
                line.get("name", ""),
                say("yes", language) if line["entered"] else "",
                spoken("exposures:returned_from", language) if line.get("travelled") else "",
            ]
            for line in one["students"]
        ]
        text += table(headings, rows)
    return Answer(data=found, text=text or [say("No survey is yours now.", language)])


@command(
    "survey enter",
    click.Argument(["student"]),
    click.Argument(["outcome"]),
    SYMPTOM,
    NEED,
    DANGER,
    PLACE,
    NOTE,
    click.Option(
        ["--by"], default="in_person", metavar="MEANS", help="方式 · by what [telephone, ...]"
    ),
    help="登记一名学生 · enter a student [concern, no_concern, not_reached]",
    writes=True,
)
def enter(
    call: Call,
    student: str,
    outcome: str,
    symptom: tuple[str, ...],
    need: tuple[str, ...],
    danger: tuple[str, ...],
    place: str,
    note: str,
    by: str,
) -> Answer:
    receipt = call.desk.surveys.enter(
        student,
        coded("survey_outcomes", outcome),
        symptoms_of(symptom),
        means=coded("means", by),
        needs=codes_of("needs", need),
        dangers=codes_of("danger_facts", danger),
        place=coded("places", place),
        note=note,
    )
    return done(call, receipt)


@command(
    "survey close",
    _CLASS,
    click.Option(["--nobody-else"], is_flag=True, help="其余学生无异常 · no concern about others"),
    help="完成摸底（零报告也要报） · the class has been gone through",
    writes=True,
)
def close(call: Call, school_class: str, nobody_else: bool) -> Answer:
    return done(call, call.desk.surveys.close(school_class, nobody_else=nobody_else))


for one in (start, listed, enter, close):
    survey.add_command(one)
