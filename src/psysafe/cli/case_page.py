"""One case as a page that a teacher can read from top to bottom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from psysafe.catalogue import say, sentence
from psysafe.cli import caring_page, flag_words, protected_page, referral_page
from psysafe.cli.calling import Call
from psysafe.cli.output import local, pairs, spoken
from psysafe.cli.policy_words import item_words
from psysafe.errors import N_

#: What the events of a case's timeline are called.
HAPPENED: Final[Mapping[str, str]] = {
    "observation": N_("something about what was seen"),
    "scale_level": N_("something about a screening"),
    "risk_level": N_("something about level and duties"),
    "crisis_flag": N_("something about the crisis"),
    "contact_log": N_("something about telling a guardian"),
    "exposure": N_("something about exposure"),
    "supervision": N_("something about where the student is"),
    "safety_plan": N_("something about a plan for a break"),
    "exposure_recorded": N_("exposure was written down"),
    "exposure_ended": N_("exposure ended"),
    "support_started": N_("one-to-one support began"),
    "support_ended": N_("one-to-one support ended"),
    "contact_logged": N_("a teacher reached out"),
    "responded": N_("somebody talked with the student, or answered"),
    "place_learned": N_("somebody said where the student is"),
    "duty_replanned": N_("a duty was brought forward"),
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
    "referral_summary": N_("something about advice, a referral or a report"),
    "supervision_changed": N_("somebody said who is with the student"),
    "care_advised": N_("medical care was advised"),
    "access_requested": N_("somebody asked for what is held"),
    "access_reviewed": N_("what is held was looked over for them"),
    "hold_placed": N_("nothing may be erased"),
    "hold_lifted": N_("it may be erased again"),
    "glass_broken": N_("somebody looked for a stated reason"),
    "glass_reviewed": N_("that look was reviewed"),
    "holiday_ahead": N_("a break comes: a plan was asked for"),
    "holiday_planned": N_("a plan for a break was made"),
    "hospital_stated": N_("a hospital's word was entered"),
    "report_fell_due": N_("a report to the authority fell due"),
    "report_advanced": N_("the report to the authority went a step on"),
    "followed_up": N_("the student was followed up"),
    "supervisor_named": N_("a supervisor was named"),
    "supervisor_lapsed": N_("whoever leads has no supervisor any more"),
    "lead_offered": N_("somebody was asked to lead"),
    "lead_accepted": N_("the lead was accepted"),
    "student_went_away": N_("the student went away"),
    "student_returned": N_("the student came back"),
    "closure_rejected": N_("the closure was rejected"),
    "case_reopened": N_("the case was reopened"),
    "case_transferred": N_("the case went to another school"),
    "case_stood_down": N_("the alarm was called off"),
    "case_voided": N_("the case was voided"),
    "dismissed_read": N_("what was dismissed was read"),
    "duty_settled": N_("a duty outside was done"),
    "student_bereaved": N_("the student's death was entered"),
    "reported_after_death": N_("a report came in after the death was entered"),
    "death_taken_back": N_("the death was taken back: entered in error"),
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
    **referral_page.HAPPENED,
    **protected_page.HAPPENED,
}


#: What became of a call to the people of a route.
CALLS: Final[Mapping[str, str]] = {
    "running": N_("is being called"),
    "stopped": N_("stopped: somebody has it"),
    "exhausted": N_("ended unheard: telephone"),
}
#: How a flag stands.
FLAGS: Final[Mapping[str, str]] = {
    "open": N_("waits for review"),
    "reviewed": N_("reviewed"),
}


def who(data: Mapping[str, Any], person: str) -> str:
    """A member of staff by name, beside the id that commands take; anybody else by id."""
    name = data.get("people", {}).get(person)
    return f"{name} {person}" if name else person


def due(call: Call, line: Mapping[str, Any]) -> str:
    """When the next thing is due, and whether it is late."""
    late = " " + say("LATE", call.language) if line.get("overdue") else ""
    return local(line.get("due"), call.zone) + late


def case_lines(call: Call, data: Mapping[str, Any]) -> list[str]:
    """The page of a case; what its reader may not see has no line."""
    language = call.language
    titled: list[tuple[str, Iterable[str]]] = [
        (say("Why", language), (_reason(call, r) for r in data.get("reasons", ()))),
        (say("Signals", language), (_signal(call, s) for s in data.get("signals", ()))),
        (say("Screening flags", language), (_flag(call, f) for f in data.get("flags", ()))),
        (say("Owed", language), (_duty(call, data, d) for d in data.get("duties", ()))),
        (say("Who is called", language), (_route(call, r) for r in data.get("routes", ()))),
        (say("Guardians", language), (_guardian(call, g) for g in data.get("guardians", ()))),
        (
            say("Guardians told", language),
            (_attempt(call, data, a) for a in data.get("guardian_attempts", ())),
        ),
        (say("Beside the case", language), caring_page.lines(call, data)),
        *referral_page.sections(call, data),
        *protected_page.sections(call, data),
        (say("What happened", language), _happened(call, data)),
        (
            say("The journal cannot be written", language),
            [say("You see what a crisis needs; your look is written down later.", language)]
            if data.get("journal")
            else [],
        ),
        (say("Withheld from you", language), [item_words(data.get("withheld", ()), language)]),
    ]
    lines = pairs(_facts(call, data))
    for title, section in titled:
        kept = [line for line in section if line]
        if kept:
            lines += ["", title, *[f"  {line}" for line in kept]]
    return lines


def _facts(call: Call, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    language = call.language
    labels = {
        "case": say("case", language),
        "student": say("student", language),
        "name": say("name", language),
        "class": say("class", language),
        "severity": say("severity", language),
        "state": say("state", language),
        "lead": say("lead", language),
        "supervisor": say("supervisor", language),
        "place": say("place", language),
        "due": say("due", language),
        "what_to_watch": say("watch for", language),
        "what_to_do": say("what to do", language),
        "help": say("help", language),
        "supervision": say("supervision", language),
        "guardian": say("guardian", language),
        "advice": say("advice", language),
        "summary": say("advice and report", language),
        "consent": say("consent", language),
        "source_kind": say("source", language),
        "protection": say("protection", language),
    }
    found = [(labels[key], _value(call, key, data)) for key in labels if key in data]
    crisis = data.get("crisis")
    if isinstance(crisis, Mapping) and crisis.get("declared"):
        danger = spoken(f"dangers:{crisis['danger']}", language)
        about = f"{local(crisis['at'], call.zone)}  {danger}  {crisis['proposal']}"
        found.append((say("crisis", language), about))
    return found


def _value(call: Call, key: str, data: Mapping[str, Any]) -> str:
    value = data[key]
    if key == "due":
        return due(call, data)
    if key == "state":
        return spoken(f"lifecycle:{value}", call.language)
    if key == "severity":
        mark = " " + say("(provisional)", call.language) if data.get("provisional") else ""
        return spoken(f"severity:{value}", call.language) + mark
    if key == "place":
        return spoken(f"places:{value}", call.language)
    if key in ("lead", "supervisor"):
        return who(data, value)
    return str(value)


def _reason(call: Call, reason: Mapping[str, Any]) -> str:
    said = flag_words.rule(reason["rule"], reason["text"], call.language)
    return f"{reason['rule']}  {said}".rstrip()


def _signal(call: Call, signal: Mapping[str, Any]) -> str:
    language = call.language
    said = [
        spoken(f"symptoms:{code} degrees:{degree}", language)
        for code, degree in signal["symptoms"].items()
    ]
    said += [spoken(f"needs:{code}", language) for code in signal["needs"]]
    said += [spoken(f"danger_facts:{code}", language) for code in signal["dangers"]]
    source = spoken(f"sources:{signal['source']}", language)
    when = local(signal["at"], call.zone)
    return f"{when}  {source}  {', '.join(said)}  {signal['note']}".rstrip()


def _flag(call: Call, flag: Mapping[str, Any]) -> str:
    state = sentence(FLAGS.get(flag["state"]) or str(flag["state"]), call.language)
    said = flag_words.flag(flag["code"], call.language)
    return f"{flag['flag']}  {flag['scale']}  {said}  {state}"


def _duty(call: Call, data: Mapping[str, Any], duty: Mapping[str, Any]) -> str:
    kind = spoken(f"duties:{duty['kind']}", call.language)
    return f"{due(call, duty)}  {kind}  {who(data, duty['owner'])}  {duty['duty']}"


def _route(call: Call, route: Mapping[str, Any]) -> str:
    state = sentence(CALLS.get(route["state"]) or str(route["state"]), call.language)
    until = local(route.get("due"), call.zone) if route["state"] == "running" else ""
    line = f"{route['route']}  {state}  {until}".rstrip()
    levels = "; ".join(_level(call, one) for one in route.get("levels", ()))
    return f"{line}  {levels}" if levels else line


def _level(call: Call, told: Mapping[str, Any]) -> str:
    """One level of the warning network, and when it answered."""
    role = spoken(f"roles:{told['role']}", call.language)
    if "answered" not in told:
        return say("{role}: told, no answer yet", call.language, role=role)
    at = local(told["answered"], call.zone)
    return say("{role}: answered {at}", call.language, role=role, at=at)


def _guardian(call: Call, guardian: Mapping[str, Any]) -> str:
    telephones = ", ".join(guardian["telephones"])
    line = f"{guardian['guardian']}  {guardian['name']}  {guardian['relation']}"
    return f"{line}  {telephones}".rstrip() + protected_page.not_to_be_told(call, guardian)


def _attempt(call: Call, data: Mapping[str, Any], attempt: Mapping[str, Any]) -> str:
    outcome = spoken(f"guardian_outcomes:{attempt['outcome']}", call.language)
    by = who(data, attempt["by"])
    return f"{local(attempt['at'], call.zone)}  {attempt['guardian']}  {outcome}  {by}"


def _happened(call: Call, data: Mapping[str, Any]) -> Iterator[str]:
    """The timeline in words; what happened several times in a row stands once, with its number."""
    lines = (_line(call, data, one) for one in data.get("timeline", ()))
    for line, alike in groupby(lines):
        number = len(list(alike))
        yield line if number == 1 else f"{line}  x{number}"


def _line(call: Call, data: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    kind = sentence(HAPPENED.get(one["kind"]) or str(one["kind"]), call.language)
    return f"{local(one['at'], call.zone)}  {who(data, one.get('actor', '-'))}  {kind}"
