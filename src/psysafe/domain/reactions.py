"""What follows from an event: routes that start and stop, duties, notices.

Reactions run once, before the commit, and their outcomes are events themselves; a replay never
runs one. Each looks at the world as it is after everything that the command itself decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.duties import ANSWER_UNHEARD, RUNNING, Duty, Run
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.routing import UNHEARD, ask_next, notice, start
from psysafe.domain.severity import Assessed, Severity, severity_of
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError
from psysafe.ids import CommandIds, DutyId, PersonId
from psysafe.sensitivity import changed

Events = list[e.Event]
LATE_ANSWER: Final = "late_answer"
DUTY_PASSED: Final = "duty_passed_on"
CRISIS: Final = "crisis"
LINKAGE: Final = "linkage"
JOINED: Final = "joined_signal"


def _duty(
    kind: str,
    owner: PersonId,
    severity: Severity,
    world: World,
    now: datetime,
    ids: CommandIds,
    **about: Any,
) -> e.DutyOpened:
    """A duty by the plan's deadline for its kind and severity."""
    deadline = world.plan.deadline(kind, severity)
    return e.DutyOpened(
        duty=Duty(
            id=DutyId(ids.next("duty")),
            kind=kind,
            owner=owner,
            due=world.due(kind, severity, now),
            fallback=deadline.fallback or "leading_group_head",
            origin=str(deadline.origin),
            severity=severity,
            opened=now,
            **about,
        )
    )


def _start_routes(
    trigger: str, severity: Severity, world: World, now: datetime, ids: CommandIds, anew: bool
) -> Events:
    case = world.file.live_case
    if case is None:
        return []
    running = {r.route for r in world.file.runs if r.state == RUNNING}
    return [
        started
        for route in world.plan.routes_on(trigger, severity)
        if anew or route.name not in running
        for started in start(route, case.id, severity, world, now, ids)
    ]


def _signalled(ev: e.CaseSignalled, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    severity = severity_of(ev.level)
    if case is None or case.lifecycle != "signalled" or severity is None:
        return []
    return _start_routes("signal", severity, w, now, ids, anew=False)


def _reported(ev: e.SignalReported, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    began_it = case is not None and case.signals == (ev.signal.id,) and not case.flags
    if case is None or began_it:
        return []
    found: Events = []
    if ev.signal.dangers and not _calling(w, ev.severity):
        # A danger fact is never "only one more signal": somebody is called again.
        found += _start_routes("signal", ev.severity, w, now, ids, anew=True)
    if case.lifecycle != "signalled":
        owner = case.lead or case.acknowledged_by
        if owner is not None:
            about = {"case": case.id, "signal": ev.signal.id}
            review = _duty("review_signal", owner, ev.severity, w, now, ids, **about)
            # One review covers all that came in before it is due; only a tighter one is added.
            if all(d.due > review.duty.due for d in w.file.owed("review_signal")):
                found += [review, _joined(review.duty, w, now, ids)]
    return found


def _calling(w: World, severity: Severity) -> bool:
    """Whether people are being called at this moment, for the first time, about as bad a thing."""
    return any(
        r.state == RUNNING and r.purpose == LINKAGE and r.severity >= severity and r.index <= 0
        for r in w.file.runs
    )


def _joined(duty: Duty, w: World, now: datetime, ids: CommandIds) -> e.NoticeQueued:
    """Whoever has the case hears at once that something new came in."""
    return notice(
        ids,
        w,
        now,
        purpose=JOINED,
        receiver=duty.owner,
        role="counselor",
        severity=duty.severity,
        case=duty.case,
        answer_by=duty.due,
        duty=duty.id,
    )


def _severity(ev: e.SeverityChanged, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    severity = severity_of(ev.level)
    if case is None or severity is None:
        return []
    if not isinstance(ev.level, Assessed):
        # A rise reaches somebody at once, also when the case is in hand: at high or above by a
        # route of its own, because one person who has it may not be looking.
        grave = severity >= Severity.HIGH and case.declared is None
        rises = (case.lifecycle == "signalled" or grave) and not _calling(w, severity)
        return _start_routes("signal", severity, w, now, ids, anew=True) if rises else []
    if not ev.rationale:
        return []
    met = ("full_analysis", "review_signal", "reassess")
    found: Events = [
        e.DutyMet(duty=d.id, by=ev.level.assessor, at=now)
        for d in w.file.duties
        if d.kind in met and d.case == case.id
    ]
    if case.lead is not None and severity > Severity.ATTENTION:
        found.append(_duty("reassess", case.lead, severity, w, now, ids, case=case.id))
    return found


def _opened(ev: e.CaseOpened, w: World, now: datetime, ids: CommandIds) -> Events:
    """An open case is looked at again by a time, or it would lie there for ever."""
    found = _settled("triage")(ev, w, now, ids)
    case = w.file.live_case
    if case is not None:
        severity = severity_of(case.level) or Severity.HIGH
        found.append(_duty("reassess", ev.lead, severity, w, now, ids, case=case.id))
    return found


def _route_started(ev: e.RouteStarted, w: World, now: datetime, ids: CommandIds) -> Events:
    run = w.file.run(ev.run.id)
    return ask_next(run, w, now, ids) if run is not None else []


def _taken(ev: e.CaseAcknowledged, w: World, now: datetime, ids: CommandIds) -> Events:
    found: Events = [
        e.RouteStopped(run=run.id, by=ev.by, at=now)
        for run in w.file.runs
        if run.state == RUNNING and run.purpose == LINKAGE
    ]
    for duty in w.file.owed(ANSWER_UNHEARD):
        run = w.file.run(duty.run)
        if run is None or not run.being_called():
            # The end of that route reached nobody, so nobody else can answer for it.
            found.append(e.DutyMet(duty=duty.id, by=ev.by, at=now))
    case = w.file.live_case
    severity = severity_of(case.level) if case is not None else None
    if case is not None and case.lifecycle == "triage":
        about = {"case": case.id}
        found.append(_duty("triage", ev.by, severity or Severity.HIGH, w, now, ids, **about))
    return found


def _settled(kind: str) -> Callable[[Any, World, datetime, CommandIds], Events]:
    def settle(ev: Any, w: World, now: datetime, ids: CommandIds) -> Events:
        by = ev.lead if isinstance(ev, e.CaseOpened) else ev.by
        return [e.DutyMet(duty=d.id, by=by, at=now) for d in w.file.owed(kind)]

    return settle


def _over(ev: e.CaseDismissed | e.CaseClosed, w: World, now: datetime, ids: CommandIds) -> Events:
    """No duty and no route lives on when a case has ended (law 6)."""
    found: Events = []
    for duty in w.file.duties:
        if duty.case != ev.case:
            continue
        if duty.kind == "triage":
            found.append(e.DutyMet(duty=duty.id, by=ev.by, at=now))
        else:
            found.append(e.DutyCancelled(duty=duty.id, at=now, why="case_ended"))
    found += [
        e.RouteStopped(run=run.id, by=ev.by, at=now, why="case_ended")
        for run in w.file.runs
        if run.state == RUNNING and run.case == ev.case
    ]
    return found


def _declared(ev: e.CrisisDeclared, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    if case is None:
        return []
    severity = severity_of(case.level) or Severity.HIGH
    owed = {d.kind for d in w.file.duties if d.case == case.id}
    found: Events = []
    met = [d for d in w.file.duties if d.kind == "triage" and case.lifecycle != "triage"]
    found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in met]
    for kind in ("tell_homeroom_teacher", "leading_group_report", "full_analysis"):
        if kind not in owed:
            owner = (case.lead or ev.by) if kind == "full_analysis" else ev.by
            found.append(_duty(kind, owner, severity, w, now, ids, case=case.id))
    return found + _start_routes("crisis", severity, w, now, ids, anew=False)


def _answered(ev: e.NoticeAcknowledged, w: World, now: datetime, ids: CommandIds) -> Events:
    run = w.file.run(ev.run)
    if run is None:
        return []
    if run.state == RUNNING and ev.late:
        return _shown_late(run, ev, w, now, ids)
    found: Events = []
    if run.state == RUNNING:
        step = run.steps[run.index]
        if step.answer == "all" and any(a.answered is None for a in run.being_called()):
            return []
        found.append(e.RouteStopped(run=run.id, by=ev.by, at=now))
    else:
        found += [
            e.DutyMet(duty=d.id, by=ev.by, at=now)
            for d in w.file.owed(ANSWER_UNHEARD)
            if d.run == run.id
            and (d.owner == ev.by or any(a.person == ev.by for a in run.being_called()))
        ]
    return found + _heard(run.purpose, ev, w, now, ids)


def _shown_late(
    run: Run, ev: e.NoticeAcknowledged, w: World, now: datetime, ids: CommandIds
) -> Events:
    """A late answer silences nothing; those being called see it at once and may stop the run.

    It is shown once: only the answer to one's own call counts, not a second one to a notice that
    told of somebody else's late answer. A homeroom teacher who answers late has been told all the
    same (C6.2).
    """
    own = next((asked for asked in run.asked if asked.notice == ev.notice), None)
    if own is None:
        return []
    role = run.steps[own.step].role
    told: Events = []
    if run.purpose == CRISIS and role == "homeroom_teacher":
        owed = w.file.owed("tell_homeroom_teacher")
        told = [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in owed]
    return told + [
        notice(
            ids,
            w,
            now,
            purpose=LATE_ANSWER,
            receiver=asked.person,
            role=run.steps[asked.step].role,
            severity=run.severity,
            channels=run.steps[asked.step].channels,
            case=run.case,
            run=run.id,
            step=run.index,
            answer_by=run.due,
            concerning=ev.by,
        )
        for asked in run.being_called()
        if asked.answered is None
    ]


def _heard(
    purpose: str, ev: e.NoticeAcknowledged, w: World, now: datetime, ids: CommandIds
) -> Events:
    """What an answer brings about, by what the run was for."""
    case = w.file.live_case
    if case is None:
        return []
    if case.lifecycle == "signalled":
        return [e.CaseAcknowledged(case=case.id, by=ev.by, at=now)]
    found: Events = []
    if purpose == "leading_group_report":
        met = w.file.owed("leading_group_report")
        found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in met]
    if purpose == CRISIS:
        met = w.file.owed("tell_homeroom_teacher")
        found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in met]
        legal = _legal_guardians(w, now)
        since = case.declared or case.signalled
        reached = any(
            a.outcome == "reached" and a.guardian in legal and a.at >= since
            for a in case.guardian_attempts
        )
        if not w.file.owed("tell_guardian") and not reached:
            severity = severity_of(case.level) or Severity.HIGH
            # The homeroom teacher tells the guardian (C6.2); where somebody else answered in
            # their place, that person does, because waiting costs more than the order.
            found.append(_duty("tell_guardian", ev.by, severity, w, now, ids, case=case.id))
    return found


def _legal_guardians(w: World, now: datetime) -> frozenset[str]:
    return frozenset(
        g.id for g in w.student.guardians if g.kind == "legal_guardian" and g.holds(now)
    )


def _guardian(ev: e.GuardianContacted, w: World, now: datetime, ids: CommandIds) -> Events:
    if ev.outcome != "reached" or ev.guardian not in _legal_guardians(w, now):
        return []
    return [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed("tell_guardian")]


def _flagged(ev: e.FlagRaised, w: World, now: datetime, ids: CommandIds) -> Events:
    """A flag asks a person to look, by the time that the plan gives for just this answer."""
    flag = ev.flag
    triage = w.plan.triage_of(flag.scale, flag.code, flag.answer)
    role = triage.review_by if triage else "counselor"
    owner = w.first_of((role, "counselor", *LEADING_GROUP), now)
    if owner is None:
        # Whoever applies a screening must have refused before: a flag that nobody reads is the
        # harm that this library exists to prevent.
        raise InvalidMoveError("PSY024", role=role)
    opened = _duty("review_flag", owner, flag.severity, w, now, ids, flag=flag.id)
    if triage is None:
        return [opened]
    due = w.calendar.due(now, triage.review_within).at
    return [e.DutyOpened(duty=changed(opened.duty, due=due, origin=str(triage.origin)))]


def _reviewed(ev: e.FlagReviewed, w: World, now: datetime, ids: CommandIds) -> Events:
    return [
        e.DutyMet(duty=d.id, by=ev.reviewer, at=now) for d in w.file.duties if d.flag == ev.flag
    ]


def _passed_on(ev: e.DutyPassedOn, w: World, now: datetime, ids: CommandIds) -> Events:
    """Whoever owes it now is told. Where nobody could take it over, it is said again."""
    duty = w.file.duty(ev.duty)
    if duty is None:
        return []
    receiver = ev.to or duty.owner
    if duty.flag is not None:
        if ev.to is not None:
            # Reviews of flags reach a person as one worklist, never as a message each.
            return []
        # Nobody else may read it. The leading group hears that something is not being read.
        receiver = w.first_of(LEADING_GROUP, now) or duty.owner
    return [
        notice(
            ids,
            w,
            now,
            purpose=DUTY_PASSED,
            receiver=receiver,
            role=duty.fallback,
            severity=duty.severity,
            case=duty.case,
            answer_by=ev.due,
            duty=duty.id,
        )
    ]


_REACT: Final[Mapping[type, Callable[[Any, World, datetime, CommandIds], Events]]] = (
    MappingProxyType(
        {
            e.CaseSignalled: _signalled,
            e.SignalReported: _reported,
            e.SeverityChanged: _severity,
            e.RouteStarted: _route_started,
            e.CaseAcknowledged: _taken,
            e.CaseOpened: _opened,
            e.CaseDismissed: _over,
            e.CaseClosed: _over,
            e.CrisisDeclared: _declared,
            e.NoticeAcknowledged: _answered,
            e.GuardianContacted: _guardian,
            e.FlagRaised: _flagged,
            e.FlagReviewed: _reviewed,
            e.DutyPassedOn: _passed_on,
        }
    )
)
__all__ = ["CRISIS", "DUTY_PASSED", "LATE_ANSWER", "UNHEARD", "react"]


def react(event: e.Event, world: World, now: datetime, ids: CommandIds) -> Events:
    """What follows from one event, in the world after it."""
    reaction = _REACT.get(type(event))
    return reaction(event, world, now, ids) if reaction is not None else []
