"""The words of a plan: time limits, origins, holders of rights, what is permitted, what is owed.

A plan is data with codes; a head teacher reads words. The shipped plans' own remarks on where a
figure comes from are sentences of the catalogue; a school's remarks are printed as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe import catalogue
from psysafe.catalogue import say, sentence
from psysafe.domain.calendar import Unit, parse_within
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.errors import N_

_ORIGINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "clause": N_("clause {ref}"),
        "law": N_("the law: {ref}"),
        "practice": N_("practice: {ref}"),
        "suggestion": N_("{ref} (a suggestion)"),
        "site": N_("this school's own: {ref}"),
    }
)
#: Words that the shipped plans use for where a rule or a figure comes from.
REMARKS: Final = (
    N_("house default"),
    N_("figure for clause C6.2, which says at once"),
    N_("figure for clause C6.2"),
    N_("figure for clause C3.2, which says promptly"),
    N_("figure for clause B2.2; cap as for moderate"),
    N_("the adult present at night"),
    N_("house default, where the school's plan names no route"),
    N_("schools screen; no clause asks for it by this name"),
    N_("whoever asks for help is answered first"),
    N_("whoever is asked answers"),
    N_("a second pair of eyes"),
    N_("a trained teacher who leads has a named supervisor"),
    N_("who was trained for it supervises"),
    N_("who keeps the roll"),
    N_("who makes up the rosters of duty"),
    N_("who is accused decides nothing about it"),
    N_("the whole class waits, so that it betrays nobody"),
    N_("mental health law: a school does not diagnose"),
    N_("figure for clause A2.2"),
    N_("figure for clause A2.2, which names none"),
    N_("figure for clause A2.2, A2.3"),
    N_("figure for clause B1.1, which says in time"),
    N_("police at 15 minutes"),
    N_("nobody in danger is left alone"),
    N_("what a hospital says is asked for"),
    N_("weekly for two months, then every two to four weeks (WHO mhGAP)"),
    N_("care for those who are left begins the same day"),
    N_("a living child must not stay silenced"),
    N_("whoever was told of an alarm is told that it is over"),
    N_("nobody is second to themselves"),
    N_("no child of a live case goes home unannounced"),
    N_("the adult who is there"),
    N_("who answers for what leaves the school"),
    N_("by telephone, recorded by name"),
    N_("a missing child cannot wait"),
    N_("minors' protection law: suspected harm is reported at once"),
    N_("rules on minors' data online, art. 36: a look needs leave and leaves a trace"),
    N_("who hands the forms out"),
    N_("one screening of 223 university students, not of pupils"),
    N_("who was passed over for a life in danger is told afterwards"),
    N_("minors' consent to what is passed on"),
    N_("clusters are looked for over two weeks"),
    N_("after one death others are in danger"),
    N_("who is told of a collective sign by name of the class"),
    N_("when the power is cut somebody must still be called"),
    N_("PIPL 45: whoever is asked about is told what is held"),
    N_("PIPL 47: what is not needed any more is erased, by a person who answers for it"),
    N_("one class, as large as classes are"),
    N_("not stated"),
)
_UNITS: Final[Mapping[Unit, str]] = MappingProxyType(
    {
        Unit.AT_ONCE: N_("at once"),
        Unit.MINUTES: N_("{count} min"),
        Unit.HOURS: N_("{count} h"),
        Unit.SCHOOL_DAYS: N_("{count} school days"),
        Unit.DAYS: N_("{count} days"),
        Unit.WEEKS: N_("{count} weeks"),
        Unit.MONTHS: N_("{count} months"),
        Unit.YEARS_AFTER_SCHOOLING: N_("end of schooling + {count} years"),
    }
)
#: Times of a plan that are no duty of one person.
_TIMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "acknowledge": N_("answer to a call"),
        "hand_over": N_("acceptance of a hand-over"),
        "tell_guardian_try": N_("first try to reach a guardian"),
        "taken_up": N_("answer to whoever reported"),
        "holiday_ahead": N_("how long before a break a plan for it is asked for"),
        "holiday_break": N_("a break is what is longer than"),
        "holiday_late": N_("a plan for a break that is here already"),
        "holiday_plan": N_("plan for a break, before it begins"),
    }
)
#: Holders of rights who are no role of the school.
_HOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "student": N_("the student"),
        "guardian": N_("a guardian"),
        "route_target": N_("whoever is being asked"),
        "duty_owner": N_("whoever owes something about the case"),
        "owes_it": N_("whoever owes what this meets"),
        "lead": N_("whoever leads the case"),
        "supervisor": N_("whoever supervises whoever leads the case"),
    }
)
_COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "report": N_("report on a student"),
        "acknowledge": N_("take up a case"),
        "open": N_("open a case"),
        "dismiss": N_("dismiss a case below high"),
        "dismiss_high": N_("dismiss a case at high or above"),
        "assess": N_("judge how bad it is"),
        "declare": N_("declare a crisis"),
        "declare_unanswered": N_("declare a crisis when no counselor answers"),
        "request_closure": N_("ask for a case to be closed"),
        "approve_closure": N_("approve that a case is closed"),
        "assign_lead": N_("say who leads a case"),
        "lead_case": N_("lead a case"),
        "lead_alone": N_("lead a case without a supervisor"),
        "supervise_lead": N_("supervise whoever leads a case"),
        "guardian_log": N_("log a try to reach a guardian"),
        "review_flag": N_("review a screening flag"),
        "screen": N_("apply a screening"),
        "screen_progress": N_("see how far a screening has come"),
        "import": N_("import the roll"),
        "record_exposure": N_("record who is away, returned, in contact or ill"),
        "survey": N_("start a class survey"),
        "support": N_("give one-to-one support"),
        "respond": N_("talk with a student who asked, answer a question"),
        "check_note": N_("check a note about somebody"),
        "supervise": N_("say who is with a student"),
        "advise": N_("advise medical care, and write down the answer"),
        "report_draft": N_("draft the report to the authority"),
        "report_approve": N_("approve the report to the authority"),
        "report_submit": N_("submit the report to the authority"),
        "report_acknowledge": N_("enter that the authority has received the report"),
        "report_supplement": N_("add to a report that was submitted"),
        "follow_up": N_("follow a student up after a crisis"),
        "away": N_("say that a student is away"),
        "decide_return": N_("decide that a student returns"),
        "transfer": N_("hand a case over to another school"),
        "void": N_("void a case that was entered in error"),
        "bereave": N_("enter that a student has died"),
        "take_back_death": N_("take back a death that was entered in error"),
        "assess_second": N_("be the second assessor where there is one counselor"),
        "duty_roster": N_("make up the rosters of duty"),
        "set_bar": N_("bar a person who is suspected of harm"),
        "lift_bar": N_("confirm or lift a bar"),
        "lift_bar_instead": N_("confirm or lift a bar where no safeguarding lead can"),
        "hand_over_allegation": N_("hand a suspicion of harm over"),
        "go_first": N_("be with a student first"),
        "pause_round": N_("let the rounds of a class wait"),
        "hospital_statement": N_("write down what a hospital stated"),
        "consent": N_("write down a consent, or take it back"),
        "refer": N_("hand a student on to another helper"),
        "refer_by_duty": N_("hand a student on by a statutory duty"),
        "holiday_plan": N_("plan for a student over a break"),
        "sudden_closure": N_("close the school from one day to the next"),
        "declare_circle": N_("say who shares a dormitory, who are friends"),
        "see_sign": N_("see collective signs"),
        "see_sign_figures": N_("see collective signs in figures, without names"),
        "propose_for_sign": N_("propose what is done about a collective sign"),
        "answer_sign": N_("answer what is proposed for a collective sign"),
        "take_back_sign": N_("take a collective sign back"),
        "print_cards": N_("print whom to call, for a power cut"),
        "forget": N_("erase a student for good"),
        "hold": N_("say that nothing about a student may be erased"),
        "request_access": N_("ask for what the school holds about a student"),
        "widen_policy": N_("sign that the school shows more than the shipped table"),
        "approve_bulk": N_("approve that many students' records are taken at once"),
        "approve_bulk_by_telephone": N_("the same by telephone, where nobody else can"),
        "sign_grant": N_("sign that somebody sees by a role"),
        "sign_grant_by_telephone": N_(
            "agree by telephone that who signs sees, where nobody else can sign"
        ),
    }
)
_FORECAST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "minutes_per_review": N_("a counselor's minutes for one review"),
        "minutes_per_interview": N_("a counselor's minutes for one interview"),
        "interviews_per_100": N_("interviews for 100 flagged students"),
        "hours_per_day": N_("a counselor's hours a day for it"),
        "own_rate_from": N_("sheets from which the school's own rate counts"),
    }
)
_CONSENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "guardian_below": N_("age below which a guardian consents to receivers outside"),
        "guardian_always_below": N_("age below which a guardian consents to every receiver"),
    }
)
_BULK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "students": N_("students that one person may take without asking"),
        "window": N_("what counts together"),
        "answer": N_("time to answer"),
        "use": N_("time to use an approval, once"),
    }
)
_TRIGGERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "signal": N_("when something is reported"),
        "crisis": N_("when a crisis is declared"),
        "guardian": N_("when guardians must be told"),
        "opened": N_("when a case is opened, or judged to be worse"),
    }
)


def within(text: str, language: str) -> str:
    """A time limit of a plan, such as `10 min`, in people's words."""
    found = parse_within(text)
    if catalogue.choose(language) == "en":
        return text
    return sentence(_UNITS[found.unit], language).format(count=found.count)


def origin(text: str, language: str) -> str:
    """Where a rule or a figure comes from: `clause C6.2`, `suggestion house default`."""
    kind, _, ref = text.partition(" ")
    if kind not in _ORIGINS:
        return text
    return say(_ORIGINS[kind], language, ref=sentence(ref, language))


def _word(words: Mapping[str, str], registers: tuple[str, ...], code: str, language: str) -> str:
    if code in words:
        return sentence(words[code], language)
    for register in registers:
        if code in REGISTERS[register]:
            return code_word(register, code, language)
    return code


def owed(code: str, language: str) -> str:
    """What a deadline of a plan is for."""
    return _word(_TIMES, ("duties",), code, language)


def holder(code: str, language: str) -> str:
    """Who may hold a right, who takes over: a role or a place."""
    if code == "next_step":
        return say("the next step", language)
    return _word(_HOLDERS, ("roles",), code, language)


def permitted(code: str, language: str) -> str:
    """What a right permits."""
    return _word(_COMMANDS, (), code, language)


def trigger(code: str, language: str) -> str:
    """What sets a route off."""
    return _word(_TRIGGERS, (), code, language)


def consent(code: str, language: str) -> str:
    """Which age of consent a figure is."""
    return _word(_CONSENT, (), code, language)


def bulk(code: str, language: str) -> str:
    """What a rule on many students at once is about."""
    return _word(_BULK, (), code, language)


def forecast(code: str, language: str) -> str:
    """What a forecast of a screening counts with."""
    return _word(_FORECAST, (), code, language)
