"""Views: built from what a person may see, never trimmed from a full record.

A view asks the privacy decision for each item class and builds that item's part, in full or in
its fixed redacted form. What is denied is never built, so it cannot slip through. Keys of denied
items are absent, and `withheld` names their classes to those who may know that the case exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from psysafe.domain import codes
from psysafe.domain.duties import Run
from psysafe.domain.files import Case
from psysafe.domain.privacy import DecisionPlan, Effect
from psysafe.domain.reactions_care import TOLD
from psysafe.domain.severity import Provisional, severity_of
from psysafe.domain.world import World
from psysafe.engine import views_care as care
from psysafe.engine import views_referral as referral
from psysafe.engine import words
from psysafe.engine.cards import CaseCard
from psysafe.engine.sight import line_of
from psysafe.engine.words import Phrase, Written, phrase
from psysafe.sensitivity import ItemClass

_I = ItemClass


@attrs.frozen
class View:
    """What one person may see of one thing, as plain data; phrases are still to be translated."""

    data: Mapping[str, Any] = attrs.field(repr=False)
    withheld: tuple[str, ...] = ()


#: The national psychological-support line, where nobody of the school has given a number.
NATIONAL_LINE: Final = "12356"
#: What can be dialled. The number goes into texts of class K0, so nothing else may stand in it,
#: whatever a host's directory gives.
_DIALLED: Final = re.compile(r"[+(]?[0-9][0-9 ()-]{2,30}")


def number_to_call(world: World) -> str:
    """Whom to telephone: the counselor who has the case, else the national line."""
    case = world.file.live_case
    for person in (case.lead, case.acknowledged_by) if case is not None else ():
        someone = world.roster.staff.get(person) if person else None
        number = someone.addresses.get("mobile", "") if someone is not None else ""
        if _DIALLED.fullmatch(number):
            return number
    return NATIONAL_LINE


def _level(case: Case) -> str:
    severity = severity_of(case.level)
    return severity.value if severity is not None else "not_assessed"


def _duties(world: World, case: Case, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "duty": d.id,
            "kind": d.kind,
            "owner": d.owner,
            "due": d.due,
            "overdue": d.late_from <= now,
            "fallback": d.fallback,
            "origin": d.origin,
        }
        for d in sorted(world.file.duties, key=lambda d: d.due)
        if d.case == case.id
    ]


def _route(run: Run) -> dict[str, Any]:
    """How far a route is; of the warning network also which levels were told, which answered."""
    line: dict[str, Any] = {"route": run.route, "state": run.state, "step": run.index}
    if run.due is not None:
        line["due"] = run.due
    if run.goes_on:
        line["levels"] = [_level_told(run, index) for index in sorted({a.step for a in run.asked})]
    return line


def _level_told(run: Run, index: int) -> dict[str, Any]:
    told = [a for a in run.asked if a.step == index]
    step = (*run.steps, *run.end)[index]
    answered = min((a.answered for a in told if a.answered is not None), default=None)
    return {"role": step.role} | ({"answered": answered} if answered is not None else {})


def _risk(world: World, case: Case, now: datetime) -> dict[str, Any]:
    duties = _duties(world, case, now)
    found: dict[str, Any] = {
        "severity": _level(case),
        "provisional": isinstance(case.level, Provisional),
        "state": case.lifecycle,
        "overdue": any(d["overdue"] for d in duties),
        "duties": duties,
        "routes": [_route(r) for r in world.file.runs],
    }
    if case.lead:
        found["lead"] = case.lead
    if case.supervisor:
        found["supervisor"] = case.supervisor
    if duties:
        found["due"] = duties[0]["due"]
    return found


def _reasons(plan: DecisionPlan, case: Case) -> list[dict[str, str]]:
    """The reasons whose own item the viewer may see in full.

    A level may be known to more people than the report or the sheet behind it.
    """
    behind = {"S": _I.OBSERVATION, "T": _I.SCALE_LEVEL}
    return [
        {"rule": r.rule, "text": _reason(r.code, r.degree)}
        for r in case.reasons
        if plan.of(behind.get(r.rule[:1], _I.RISK_LEVEL)).effect is Effect.ALLOW
    ]


def _reason(code: str, degree: str) -> str:
    return f"symptoms:{code} degrees:{degree}".strip() if degree else code


def _crisis(world: World, case: Case, now: datetime) -> dict[str, Any]:
    if case.declared is None:
        return {"crisis": {"declared": False}}
    return {
        "crisis": {
            "declared": True,
            "at": case.declared,
            "danger": case.danger,
            "proposal": case.proposal,
        }
    }


def _observations(world: World, case: Case, now: datetime) -> dict[str, Any]:
    return {
        "signals": [
            {
                "signal": s.id,
                "at": s.at,
                "source": s.source,
                "symptoms": dict(s.symptoms),
                "needs": list(s.needs),
                "dangers": list(s.dangers),
                "note": s.note,
            }
            for s in world.file.signals
            if s.id in case.signals
        ]
    }


def _contacts(world: World, case: Case, now: datetime) -> dict[str, Any]:
    return {
        "guardians": [
            {
                "guardian": g.id,
                "kind": g.kind,
                "name": g.name,
                "relation": g.relation,
                # Whoever is barred is not to be told, so nobody is given the number.
                "telephones": [] if g.id in world.barred else list(g.telephones),
            }
            | ({"barred": True} if g.id in world.barred else {})
            for g in world.student.guardians
            if g.holds(now)
        ]
    }


def _allegation(world: World, case: Case, now: datetime) -> dict[str, Any]:
    return bars_data(world) if world.file.bars else {}


def _stated(world: World, case: Case, now: datetime) -> dict[str, Any]:
    """What hospitals stated; a school writes no diagnosis of its own (X14)."""
    accounts = referral.accounts_of(world, case)
    if not world.file.hospital:
        return accounts
    return accounts | {
        "hospital": [
            {
                "at": one.at,
                "by": one.by,
                "institution": one.institution,
                "diagnosis": one.diagnosis,
                "document": one.document,
            }
            for one in world.file.hospital
        ]
    }


def _glass(world: World) -> dict[str, Any]:
    """Who looked for a stated reason, and what the review of it found (X9)."""
    if not world.file.glass:
        return {}
    return {
        "broken_glass": [
            {"by": one.by, "at": one.at, "until": one.until, "reason": one.reason}
            | ({"reviewed_by": one.reviewed_by, "finding": one.finding} if one.reviewed_by else {})
            for one in world.file.glass
        ]
    }


def bars_data(world: World, *, words: bool = True) -> dict[str, Any]:
    """Who is barred and to whom the suspicion was handed over; `words`: what was said of it too."""
    return {
        "bars": [
            {
                "person": bar.person,
                "also": list(bar.also),
                "state": bar.state,
                "since": bar.at,
            }
            | ({"why": bar.why} if words else {})
            for bar in world.file.bars
        ],
        "handed_over": [
            {"receiver": one.receiver, "by": one.by, "at": one.at}
            | ({"how": one.how} if words else {})
            for one in world.file.handed_over
        ],
    }


def _contact_log(world: World, case: Case, now: datetime) -> dict[str, Any]:
    return {
        "guardian_attempts": [
            {"guardian": a.guardian, "at": a.at, "by": a.by, "outcome": a.outcome}
            for a in case.guardian_attempts
        ]
    } | care.family_of(world, case, now)


def class_name(world: World) -> str:
    """What the student's class is called; the grade where the class is not known."""
    found = world.roster.classes.get(world.student.placement.class_id)
    return found.name if found else world.student.placement.grade


_Build = Callable[[World, Case, datetime], dict[str, Any]]

#: How each item of a case is built in full. Items that are not kept yet have no entry.
_FULL: Final[Mapping[ItemClass, _Build]] = MappingProxyType(
    {
        _I.DISPLAY_NAME: lambda w, c, n: {"name": w.student.name},
        _I.CIVIL_IDENTITY: lambda w, c, n: {"identities": [list(i) for i in w.student.identities]},
        _I.CONTACT: _contacts,
        _I.CLASS_PLACEMENT: lambda w, c, n: {"class": class_name(w)},
        _I.OBSERVATION: _observations,
        _I.REPORTER: lambda w, c, n: {
            "reporters": [
                {"signal": s.id, "reporter": s.reporter}
                | ({"barred": True} if s.reporter in w.barred else {})
                for s in w.file.signals
                if s.id in c.signals
            ]
        },
        _I.SCALE_LEVEL: lambda w, c, n: {
            "flags": [
                {"flag": f.id, "scale": f.scale, "code": f.code, "state": f.state}
                for f in w.file.flags
            ]
        },
        _I.RISK_LEVEL: _risk,
        _I.CRISIS_FLAG: _crisis,
        _I.SUPERVISION: care.supervision,
        _I.REFERRAL_SUMMARY: care.referral_summary,
        _I.CONTACT_LOG: _contact_log,
        _I.CONSENT: referral.consents_of,
        _I.ALLEGATION: _allegation,
        _I.COUNSELING_NOTES: _stated,
        _I.SAFETY_PLAN: care.safety_plan,
    }
)
_REDACTED_KEY: Final = MappingProxyType(
    {
        _I.DISPLAY_NAME: "name",
        _I.CLASS_PLACEMENT: "class",
        _I.OBSERVATION: "what_to_watch",
        _I.REPORTER: "source_kind",
        _I.SCALE_LEVEL: "advice",
        _I.RISK_LEVEL: "what_to_do",
        _I.CRISIS_FLAG: "help",
        _I.SUPERVISION: "supervision",
        _I.CONTACT_LOG: "guardian",
        _I.ALLEGATION: "protection",
        _I.REFERRAL_SUMMARY: "summary",
        _I.CONSENT: "consent",
    }
)


def redacted_form(item: ItemClass, world: World) -> list[Phrase]:
    """An item's fixed redacted form as sentences. It holds nothing that the form does not name."""
    case = world.file.case
    place = world.student.placement
    facts: dict[str, object] = {"grade": f"grade:{place.grade}"}
    if item is _I.DISPLAY_NAME:
        facts["case"] = case.id if case is not None else "-"
    elif item is _I.CRISIS_FLAG:
        facts["number"] = number_to_call(world)
    elif item is _I.SUPERVISION:
        facts["accompanied"] = phrase(care.whereabouts(case))
    elif item is _I.CONTACT_LOG:
        tried = case.guardian_attempts if case is not None else ()
        reached = any(a.outcome in TOLD for a in tried)
        facts["reached"] = phrase(words.REACHED if reached else words.NOT_REACHED)
    elif item is _I.REPORTER:
        sources = sorted({s.source for s in world.file.signals})
        facts["source"] = tuple(f"sources:{source}" for source in sources) or "-"
    elif item is _I.CONSENT:
        facts["purposes"] = referral.consented_to(world.file) or phrase(words.NO_CONSENT)
    elif item is _I.REFERRAL_SUMMARY and world.file.referred:
        return [phrase(words.HANDED_ON)]
    return [Phrase(words.REDACTED[item.value], facts)]


def full_form(item: ItemClass, world: World) -> list[Phrase]:
    """An item in full as sentences of a notice."""
    case = world.file.case
    if item is _I.DISPLAY_NAME:
        return [phrase(words.SAY_NAME, name=Written(world.student.name))]
    if item is _I.CLASS_PLACEMENT:
        return [phrase(words.SAY_CLASS, name=Written(class_name(world)))]
    if case is None:
        return []
    if item is _I.RISK_LEVEL:
        severity = severity_of(case.level)
        code = f"severity:{severity.value if severity is not None else 'not_assessed'}"
        return [phrase(words.SAY_SEVERITY, severity=code)]
    if item is _I.SUPERVISION:
        return [phrase(words.SAY_PLACE, place=f"places:{case.place}")]
    if item is _I.CRISIS_FLAG and case.declared is not None:
        danger = f"dangers:{case.danger}"
        return [phrase(words.SAY_CRISIS, danger=danger, proposal=Written(case.proposal))]
    return []


def full_of(item: ItemClass, world: World, now: datetime) -> dict[str, Any]:
    """What an item holds in full, as on a case's page."""
    case, build = world.file.case, _FULL.get(item)
    return build(world, case, now) if build is not None and case is not None else {}


def redacted_of(item: ItemClass, world: World) -> dict[str, Any]:
    """The redacted form of an item, as on a case's page."""
    key = _REDACTED_KEY.get(item)
    return {key: redacted_form(item, world)[0]} if key is not None else {}


def case_view(
    plan: DecisionPlan,
    world: World,
    case: Case,
    now: datetime,
    timeline: list[dict[str, Any]],
    *,
    signs: bool = False,
) -> View:
    """One case as one person may see it. `timeline`: the journal's lines, made for that person.

    `signs`: they approve or submit the report to the authority, and so read it whole.
    """
    data = line_of(plan, case.id, world.student.id)
    for item in ItemClass:
        made = plan.of(item)
        if not made.shown:
            continue
        if item is _I.AUDIT_TRAIL:
            data["timeline"] = timeline
            if made.form is None:
                data |= _glass(world)
        elif made.form is None:
            build = _FULL.get(item)
            data.update(build(world, case, now) if build else {})
            if item is _I.RISK_LEVEL:
                data["reasons"] = _reasons(plan, case)
        elif item in _REDACTED_KEY and _tells_something(item, world):
            data[_REDACTED_KEY[item]] = redacted_form(item, world)[0]
            if signs and item is _I.REFERRAL_SUMMARY:
                data |= care.authority_report(case)
    named = world.roster.names_in(data)
    if named:
        data["people"] = named
    return View(data, tuple(item.value for item in plan.withheld()))


def _tells_something(item: ItemClass, world: World) -> bool:
    """Whether there is anything behind a form that would tell by standing there alone."""
    if item is _I.ALLEGATION:
        return bool(world.file.bars)
    return item is not _I.CONSENT or bool(world.file.consents)


def card_view(plan: DecisionPlan, card: CaseCard, now: datetime) -> dict[str, Any]:
    """One line of a list of cases: codes only, and only what the viewer may see."""
    data = line_of(plan, card.case, card.student)
    if plan.of(_I.RISK_LEVEL).form is None and plan.of(_I.RISK_LEVEL).shown:
        severity = severity_of(card.level)
        data["severity"] = severity.value if severity is not None else "not_assessed"
        data["state"] = card.lifecycle
        if card.lead:
            data["lead"] = card.lead
        if card.due:
            data["due"] = card.due
            data["overdue"] = card.due <= now
    elif plan.of(_I.CRISIS_FLAG).shown and card.declared:
        data["crisis"] = True
    return data


def rules_of(plan: DecisionPlan, items: Iterable[ItemClass]) -> tuple[str, ...]:
    """The rule ids behind what was shown, each once."""
    return tuple(sorted({plan.of(item).rule for item in items}))


def known_words(text: str, language: str) -> str:
    """A `register:code` pair in the reader's words; any other text as it is."""
    register, _, code = text.partition(":")
    if register in codes.REGISTERS and code in codes.REGISTERS[register]:
        return codes.word(register, code, language)
    return text
