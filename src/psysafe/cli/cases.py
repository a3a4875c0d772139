"""A signal in, a case read, a notice answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import click

from psysafe.catalogue import say, sentence
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, local, pairs, spoken, table
from psysafe.cli.steps import coded, done, receipt_data
from psysafe.errors import N_

#: What the events of a case's timeline are called.
HAPPENED: Final[Mapping[str, str]] = {
    "signal_reported": N_("a report came in"),
    "answers_scored": N_("answers were scored"),
    "flag_raised": N_("a flag was raised"),
    "flag_reviewed": N_("a flag was reviewed"),
    "case_signalled": N_("the case began"),
    "case_acknowledged": N_("somebody took it up"),
    "case_opened": N_("the case was opened"),
    "closure_requested": N_("the closure was asked for"),
    "case_closed": N_("the case was closed"),
    "case_dismissed": N_("the case was dismissed"),
    "severity_changed": N_("the severity changed"),
    "crisis_declared": N_("a crisis was declared"),
    "guardian_contacted": N_("a guardian was called"),
    "duty_opened": N_("a duty began"),
    "duty_met": N_("a duty was met"),
    "duty_passed_on": N_("a duty was passed on"),
    "duty_cancelled": N_("a duty was cancelled"),
    "route_started": N_("a route began"),
    "route_step_due": N_("the next step of a route came up"),
    "route_stopped": N_("a route stopped: somebody has it"),
    "route_exhausted": N_("a route ended unheard"),
    "notice_queued": N_("somebody is to be told"),
    "attempt_started": N_("an attempt to tell was lost"),
    "attempt_finished": N_("an attempt to tell was made"),
    "notice_acknowledged": N_("somebody answered"),
}


def _symptoms(given: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        code, equals, degree = one.partition("=")
        if not equals:
            raise click.BadParameter("CODE=DEGREE", param_hint="--symptom")
        found[coded("symptoms", code.strip())] = coded("degrees", degree.strip())
    return found


@command(
    "report",
    click.Argument(["student"]),
    click.Option(["--source"], required=True, help="来源 · where it comes from"),
    click.Option(["--symptom"], multiple=True, metavar="CODE=DEGREE", help="症状=程度"),
    click.Option(["--need"], multiple=True, help="需求 · what is needed"),
    click.Option(["--danger"], multiple=True, help="危险事实 · a fact of danger"),
    click.Option(["--place"], default="unknown", help="在何处 · where"),
    click.Option(["--note"], default="", help="说明 · in words"),
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
) -> Answer:
    receipt = call.desk.signals.report(
        student,
        coded("sources", source),
        _symptoms(symptom),
        needs=tuple(coded("needs", one) for one in need),
        dangers=tuple(coded("danger_facts", one) for one in danger),
        place=coded("places", place),
        note=note,
    )
    by = local(receipt.answered_by, call.zone)
    text = say(
        "Reported. It is taken up by {by}. {signal}", call.language, by=by, signal=receipt.signal
    )
    return Answer(data=receipt_data(receipt), text=[text])


@command("cases", help="我可见的个案 · the cases that you may see", writes=True)
def cases(call: Call) -> Answer:
    found = call.desk.cases.list()
    language = call.language
    headings = [
        say("case", language),
        say("student", language),
        say("severity", language),
        say("state", language),
        say("lead", language),
        say("due", language),
    ]
    rows = [
        [
            line["case"],
            line["student"],
            spoken(f"severity:{line['severity']}", language) if "severity" in line else "",
            spoken(f"lifecycle:{line['state']}", language) if "state" in line else "",
            line.get("lead", ""),
            _due(call, line),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("No case.", language)]
    return Answer(data=found, text=text)


def _due(call: Call, line: Mapping[str, Any]) -> str:
    late = " " + say("LATE", call.language) if line.get("overdue") else ""
    return local(line.get("due"), call.zone) + late


@command(
    "case",
    click.Argument(["case_id"], metavar="CASE|STUDENT"),
    help="一个个案 · one case",
    writes=True,
)
def case(call: Call, case_id: str) -> Answer:
    desk = call.desk.cases
    view = desk.get(case_id) if case_id.startswith("case-") else desk.about(case_id)
    return Answer(data=view.data, text=_case_lines(call, view.data))


def _case_lines(call: Call, data: Mapping[str, Any]) -> list[str]:
    language = call.language
    labels = {
        "case": say("case", language),
        "student": say("student", language),
        "name": say("name", language),
        "class": say("class", language),
        "severity": say("severity", language),
        "state": say("state", language),
        "lead": say("lead", language),
        "place": say("place", language),
        "due": say("due", language),
        "what_to_watch": say("watch for", language),
        "what_to_do": say("what to do", language),
        "help": say("help", language),
        "supervision": say("supervision", language),
        "guardian": say("guardian", language),
        "advice": say("advice", language),
        "source_kind": say("source", language),
    }
    entries = [(labels[key], _value(call, key, data)) for key in labels if key in data]
    crisis = data.get("crisis")
    if isinstance(crisis, Mapping) and crisis.get("declared"):
        about = f"{local(crisis['at'], call.zone)} {crisis['proposal']}"
        entries.append((say("crisis", language), about))
    lines = pairs(entries)
    lines += _section(
        say("Why", language),
        [f"{r['rule']}  {spoken(r['text'], language)}" for r in data.get("reasons", ())],
    )
    lines += _section(say("Signals", language), [_signal(call, s) for s in data.get("signals", ())])
    lines += _section(say("Owed", language), [_duty(call, d) for d in data.get("duties", ())])
    lines += _section(
        say("Guardians", language),
        [
            f"{g['guardian']}  {g['name']}  {g['relation']}  {', '.join(g['telephones'])}".rstrip()
            for g in data.get("guardians", ())
        ],
    )
    lines += _section(
        say("What happened", language),
        [_line(call, one) for one in data.get("timeline", ())],
    )
    lines += _section(say("Withheld from you", language), [", ".join(data.get("withheld", ()))])
    return lines


def _value(call: Call, key: str, data: Mapping[str, Any]) -> str:
    value = data[key]
    if key == "due":
        return _due(call, data)
    if key == "state":
        return spoken(f"lifecycle:{value}", call.language)
    if key == "severity":
        mark = " " + say("(provisional)", call.language) if data.get("provisional") else ""
        return spoken(f"severity:{value}", call.language) + mark
    if key == "place":
        return spoken(f"places:{value}", call.language)
    return str(value)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    kept = [line for line in lines if line]
    return ["", title, *[f"  {line}" for line in kept]] if kept else []


def _signal(call: Call, signal: Mapping[str, Any]) -> str:
    language = call.language
    symptoms = ", ".join(
        spoken(f"symptoms:{code} degrees:{degree}", language)
        for code, degree in signal["symptoms"].items()
    )
    source = spoken(f"sources:{signal['source']}", language)
    return f"{local(signal['at'], call.zone)}  {source}  {symptoms}  {signal['note']}".rstrip()


def _line(call: Call, one: Mapping[str, Any]) -> str:
    """One line of the timeline, in words."""
    kind = sentence(HAPPENED.get(one["kind"], one["kind"]), call.language)
    return f"{local(one['at'], call.zone)}  {one['actor']}  {kind}"


def _duty(call: Call, duty: Mapping[str, Any]) -> str:
    kind = spoken(f"duties:{duty['kind']}", call.language)
    return f"{_due(call, duty)}  {kind}  {duty['owner']}  {duty['duty']}"


@command("inbox", help="等我答复的 · what waits for your answer", writes=True)
def inbox(call: Call) -> Answer:
    found = call.desk.inbox.list()
    language = call.language
    text: list[str] = [] if found else [say("Nothing waits for you.", language)]
    for line in found:
        urgent = say("URGENT", language) + " " if line.get("urgent") else ""
        by = (
            say("answer by {due}", language, due=local(line["due"], call.zone))
            if "due" in line
            else ""
        )
        text += [f"{urgent}{line['notice']}  {by}".rstrip(), f"  {line['text']}"]
        if "case" in line:
            text.append(f"  {line['case']}")
    return Answer(data=found, text=text)


@command(
    "ack",
    click.Argument(["what"], metavar="NOTICE|CASE"),
    help="我来处理 · say: I have it",
    writes=True,
)
def ack(call: Call, what: str) -> Answer:
    desk = call.desk
    if what.startswith("notice-"):
        return done(call, desk.inbox.acknowledge(what))
    return done(call, desk.cases.acknowledge(what))
