"""What stands beside a case, as lines of its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psysafe.catalogue import say, sentence
from psysafe.cli.calling import Call
from psysafe.cli.output import local, spoken
from psysafe.engine.words import FAMILY


def lines(call: Call, data: Mapping[str, Any]) -> Iterator[str]:
    """Who is with the student, what the family says, advice, hospital, report."""
    language = call.language
    held = data.get("with")
    if isinstance(held, Mapping):
        state = spoken(f"supervision:{held['state']}", language)
        to = spoken(f"handed_to:{held['to']}", language) if "to" in held else ""
        yield f"{local(held['since'], call.zone)}  {state}  {to} {held['adult']}".rstrip()
    if "family" in data:
        yield sentence(FAMILY[data["family"]], language)
    for row in data.get("guardian_rows", ()):
        state = {"attempting": "not_reached", "told": "reached"}.get(row["state"], row["state"])
        outcome = spoken(f"guardian_outcomes:{state}", language)
        yield f"{row['guardian']}  {outcome}  {row['tries']}"
    following = data.get("next_try")
    if following is not None:
        yield say(
            "To be tried next: {guardian}, by {by}",
            language,
            guardian=following["guardian"],
            by=local(following["by"], call.zone),
        )
    for one in data.get("care_advice", ()):
        answer = spoken(f"advice_answers:{one['answer']}", language)
        yield f"{local(one['at'], call.zone)}  {one['advice']}  {answer}"
    for one in data.get("hospital", ()):
        stated = f"{one['institution']}  {one['diagnosis']}  {one['document']}"
        yield f"{local(one['at'], call.zone)}  {stated}"
    plan = data.get("holiday_plan")
    if isinstance(plan, Mapping):
        yield say(
            "break {first} to {last}: {contact}; then {next}; covered by {covers}",
            language,
            first=plan["first"],
            last=plan["last"],
            contact=plan["contact"],
            next=plan["next_contact"],
            covers=plan["covers"],
        )
    report = data.get("authority_report")
    if isinstance(report, Mapping):
        state = spoken(f"report_steps:{report['state']}", language)
        why = spoken(f"report_triggers:{report['trigger']}", language)
        title = say("report to the authority", language)
        yield f"{title}  {state}  {why}"
        yield from _text_of(call, report)


def _text_of(call: Call, report: Mapping[str, Any]) -> Iterator[str]:
    """What the report says, for whoever may read it: they draft it, or put their name under it."""
    for text in (report["text"], *(one["text"] for one in report["supplements"])):
        yield from (f"  {line}" for line in str(text).splitlines())
