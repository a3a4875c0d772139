"""Signals from every source: a report, a wish to talk, a question; exposure; one-to-one support.

A report begins a case, or joins the live one. A question and a wish to talk begin none: each is a
duty of its own, unless a symptom or a danger stands in it, because then it is a report as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from psysafe.domain import codes, risk
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import HARM
from psysafe.domain.cases import deciding_bars, guards
from psysafe.domain.duties import Duty
from psysafe.domain.exposure import Exposure
from psysafe.domain.routing import handed_on
from psysafe.domain.severity import Provisional, severity_of
from psysafe.domain.signals import Contact, Signal, faults
from psysafe.domain.world import World
from psysafe.errors import (
    Fact,
    Finding,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.ids import Actor, CaseId, CommandIds, ExposureId, PersonId, SignalId

Events = list[e.Event]

#: Who is neither staff nor system reports by one way only: a child for itself, a guardian for
#: their own child. What they know of somebody else they leave as a note that a person checks.
OWN_SOURCE: Final[Mapping[str, str]] = {"student": "self_report", "guardian": "guardian"}
#: Kinds of duty that an answer meets.
RESPONDED: Final = ("talk", "question")
#: After how many tries in a row somebody is not reached (suggestion house default, A2.2).
TRIES: Final = 2


def report(w: World, command: c.Report, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    guards.permitted(w, actor, "report", now, "report")
    codes.known("signal_kinds", command.kind)
    own = w.holders(actor, now) & set(OWN_SOURCE)
    if own and command.source not in {OWN_SOURCE[holder] for holder in own}:
        raise NotPermittedError("PSY026")
    if command.kind == "talk" and "student" not in own:
        raise NotPermittedError("PSY002", action="talk")
    if command.reporter is not None:
        guards.permitted(w, actor, "check_note", now, "check_note")
    _coded(command)
    signal = Signal(
        id=SignalId(ids.next("sig")),
        source=command.source,
        at=now,
        told=command.told,
        reporter=command.reporter or actor,
        symptoms=command.symptoms,
        needs=command.needs,
        dangers=command.dangers,
        place=command.place,
        note=command.note,
        kind=command.kind,
        entered_by=PersonId(actor) if command.reporter is not None else None,
    )
    found = signalled(w, signal, now, ids)
    if command.accused is None:
        return found
    if HARM not in command.dangers:
        raise InvalidMoveError("PSY084")
    # What was reported stays an observation: more people may read what is said of a bar.
    wish = c.SetBar(student=w.student.id, person=command.accused, also=command.accused_also)
    # Barred before anything follows from the report, so that nobody who is accused is asked.
    return [*found[:1], *deciding_bars.barring(w, wish, actor, now), *found[1:]]


def _coded(command: c.Report | c.LogContact) -> None:
    """Raises InvalidDataError with every code that no register has."""
    source = command.source if isinstance(command, c.Report) else "one_to_one"
    given = (source, command.symptoms, command.needs, command.dangers, command.place)
    wrong = list(faults(*given))
    if wrong:
        raise InvalidDataError(wrong)


def signalled(w: World, signal: Signal, now: datetime, ids: CommandIds) -> Events:
    """A signal, and what becomes of the case: it begins, it rises, or the signal only joins it."""
    severity, reasons = risk.judge(w.plan, signal.symptoms, signal.dangers)
    if w.file.frozen is not None:
        # Kept until the death is taken back; until then it asks whether the entry is right.
        return [e.ReportedAfterDeath(student=w.student.id, signal=signal, severity=severity)]
    reported = e.SignalReported(
        student=w.student.id, signal=signal, severity=severity, reasons=reasons
    )
    level = Provisional(severity=severity, rule=reasons[0].rule)
    case = w.file.live_case
    worry = signal.kind == "worry" or bool(signal.symptoms) or bool(signal.dangers)
    if case is None:
        if not worry:
            return [reported]
        started = e.CaseSignalled(
            student=w.student.id,
            case=CaseId(ids.next("case")),
            at=now,
            level=level,
            reasons=reasons,
            signal=signal.id,
        )
        return [reported, started]
    before = severity_of(case.level)
    if worry and (before is None or severity > before):
        # It rises at once; only a person's assessment brings it down again.
        changed = e.SeverityChanged(case=case.id, level=level, reasons=reasons, at=now)
        return [reported, changed]
    return [reported]


def respond(w: World, command: c.Respond, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    duty = w.file.duty(command.duty)
    may = any(w.plan.may("respond", holder) for holder in w.holders(actor, now))
    if duty is None or duty.kind not in RESPONDED or not (may or _owed_by(duty, actor)):
        # Whoever answers nobody does not learn from a refusal that somebody asked.
        raise NotFoundError
    by = PersonId(actor)
    return [
        e.Responded(student=w.student.id, duty=duty.id, by=by, at=now, note=command.note),
    ]


def _owed_by(duty: Duty, actor: Actor) -> bool:
    """Whether it is theirs, or was: whoever is a minute late may still have been the one."""
    return actor in (duty.owner, *duty.had_by)


def learn_place(
    w: World, command: c.LearnPlace, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "report", now, "whereabouts")
    guards.in_state(case, "whereabouts", "signalled", "triage", "open", "closing")
    codes.known("places", command.place)
    return [e.PlaceLearned(case=case.id, place=command.place, by=PersonId(actor), at=now)]


# -- exposure ---------------------------------------------------------------------------------


def record_exposure(
    w: World, command: c.RecordExposure, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "record_exposure", now, "record_exposure")
    codes.known("exposures", command.fact)
    codes.known("exposure_purposes", command.purpose)
    _in_order(command, now)
    exposure = Exposure(
        id=ExposureId(ids.next("exp")),
        fact=command.fact,
        since=command.since,
        until=command.until,
        purpose=command.purpose,
        closes=command.closes,
    )
    by = PersonId(actor)
    return [e.ExposureRecorded(student=w.student.id, exposure=exposure, by=by, at=now)]


def _in_order(command: c.RecordExposure, now: datetime) -> None:
    """A fact ends after it began, and its purpose is still open. Raises InvalidDataError PSY033."""
    wrong = []
    if command.until is not None and command.until <= command.since:
        wrong.append("until")
    if command.closes <= max(now, command.since):
        wrong.append("closes")
    if wrong:
        facts: dict[str, Fact] = {"field": ", ".join(wrong)}
        raise InvalidDataError([Finding(code="PSY033", where={"field": wrong[0]}, facts=facts)])


def end_exposure(
    w: World, command: c.EndExposure, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "record_exposure", now, "record_exposure")
    codes.known("exposures", command.fact)
    held = [x for x in w.file.exposure if x.fact == command.fact and x.until is None]
    if not held or not held[-1].usable(now):
        raise NotFoundError
    if command.until <= held[-1].since:
        facts: dict[str, Fact] = {"field": "until"}
        raise InvalidDataError([Finding(code="PSY033", where={"field": "until"}, facts=facts)])
    return [
        e.ExposureEnded(
            student=w.student.id,
            exposure=held[-1].id,
            until=command.until,
            by=PersonId(actor),
            at=now,
        )
    ]


# -- one-to-one support -----------------------------------------------------------------------


def start_support(
    w: World, command: c.StartSupport, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "support", now, "support")
    if w.file.support is not None and not w.file.support.over(now):
        return []
    # Support that exposure gave rise to ends with the purpose for which exposure is kept.
    closes = command.closes or max(
        (x.closes for x in w.file.exposure if x.holds(now)), default=None
    )
    by = PersonId(actor)
    return [e.SupportStarted(student=w.student.id, by=by, at=now, closes=closes)]


def end_support(
    w: World, command: c.EndSupport, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "support", now, "support")
    if w.file.support is None:
        raise InvalidMoveError("PSY032")
    return [e.SupportEnded(student=w.student.id, by=actor, at=now, why="a_person")]


def log_contact(
    w: World, command: c.LogContact, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "support", now, "support")
    codes.known("means", command.means)
    codes.known("contact_outcomes", command.outcome)
    _coded(command)
    by = PersonId(actor)
    contact = Contact(
        at=now,
        by=by,
        means=command.means,
        outcome=command.outcome,
        symptoms=command.symptoms,
        needs=command.needs,
        note=command.note,
    )
    found: Events = []
    support = w.file.support
    if support is None or support.over(now):
        # Whoever has reached out, or tried to, has begun.
        found += start_support(w, c.StartSupport(student=w.student.id), actor, now, ids)
        support = None
    found.append(e.ContactLogged(student=w.student.id, contact=contact))
    if contact.reached:
        return [*found, *_told_in_talk(w, command, actor, now, ids)]
    tries = 1 + (support.tries if support is not None else 0)
    if tries >= TRIES and not (support is not None and support.told_unreached):
        found += [handed_on(w, duty, now) for duty in w.file.owed("not_reached")]
        found += unreached(w, actor, now, ids)
    return found


def _told_in_talk(
    w: World, command: c.LogContact, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    """What the teacher heard: a symptom or a danger is a report; a wish to talk is handed on."""
    talk = "somebody_to_talk_to" in command.needs
    if not (command.symptoms or command.dangers or talk):
        return []
    signal = Signal(
        id=SignalId(ids.next("sig")),
        source="one_to_one",
        at=now,
        reporter=actor,
        symptoms=command.symptoms,
        needs=command.needs,
        dangers=command.dangers,
        place=command.place,
        note=command.note,
        kind="talk" if talk else "worry",
    )
    return signalled(w, signal, now, ids)


def unreached(w: World, reporter: Actor, now: datetime, ids: CommandIds) -> Events:
    """That nobody reaches a student is a signal of its own (A2.2)."""
    signal = Signal(
        id=SignalId(ids.next("sig")),
        source="one_to_one",
        at=now,
        reporter=reporter,
        symptoms={"not_reached": "marked"},
    )
    return signalled(w, signal, now, ids)
