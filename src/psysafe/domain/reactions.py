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
from psysafe.domain.duties import RUNNING, Duty, Run
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.routing import UNHEARD, ask_next, notice, start
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError
from psysafe.ids import CommandIds, DutyId, PersonId
from psysafe.sensitivity import changed

Events = list[e.Event]
LATE_ANSWER: Final = "late_answer"
DUTY_PASSED: Final = "duty_passed_on"
CRISIS: Final = "crisis"
LINKAGE: Final = "linkage"


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
    if case is None or case.signals[:1] == (ev.signal.id,):
        return []
    found: Events = []
    if ev.signal.dangers:
        # A danger fact is never "only one more signal": somebody is called again.
        found += _start_routes("signal", ev.severity, w, now, ids, anew=True)
    if case.lifecycle != "signalled":
        owner = case.lead or case.acknowledged_by
        if owner is not None:
            about = {"case": case.id, "signal": ev.signal.id}
            review = _duty("review_signal", owner, ev.severity, w, now, ids, **about)
            # One review covers all that came in before it is due; only a tighter one is added.
            if all(d.due > review.duty.due for d in w.file.owed("review_signal")):
                found.append(review)
    return found


def _severity(ev: e.SeverityChanged, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    severity = severity_of(ev.level)
    if case is None or severity is None:
        return []
    if case.lifecycle == "signalled":
        return _start_routes("signal", severity, w, now, ids, anew=False)
    if not ev.rationale:
        return []
    met = ("full_analysis", "review_signal")
    assessor = getattr(ev.level, "assessor", None)
    return [
        e.DutyMet(duty=d.id, by=assessor, at=now)
        for d in w.file.duties
        if d.kind in met and d.case == case.id and assessor is not None
    ]


def _route_started(ev: e.RouteStarted, w: World, now: datetime, ids: CommandIds) -> Events:
    run = w.file.run(ev.run.id)
    return ask_next(run, w, now, ids) if run is not None else []


def _taken(ev: e.CaseAcknowledged, w: World, now: datetime, ids: CommandIds) -> Events:
    found: Events = [
        e.RouteStopped(run=run.id, by=ev.by, at=now)
        for run in w.file.runs
        if run.state == RUNNING and run.purpose == LINKAGE
    ]
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
            for d in w.file.owed("answer_unheard_route")
            if d.run == run.id and any(a.person == ev.by for a in run.being_called())
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
        reached = any(a.outcome == "reached" for a in case.guardian_attempts)
        if not w.file.owed("tell_guardian") and not reached:
            severity = severity_of(case.level) or Severity.HIGH
            # The homeroom teacher tells the guardian (C6.2); where somebody else answered in
            # their place, that person does, because waiting costs more than the order.
            found.append(_duty("tell_guardian", ev.by, severity, w, now, ids, case=case.id))
    return found


def _guardian(ev: e.GuardianContacted, w: World, now: datetime, ids: CommandIds) -> Events:
    legal = any(g.id == ev.guardian and g.kind == "legal_guardian" for g in w.student.guardians)
    if ev.outcome != "reached" or not legal:
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
    duty = w.file.duty(ev.duty)
    # Reviews of flags reach a person as one worklist, never as a message each.
    if duty is None or ev.to is None or duty.flag is not None:
        return []
    return [
        notice(
            ids,
            w,
            now,
            purpose=DUTY_PASSED,
            receiver=ev.to,
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
            e.CaseOpened: _settled("triage"),
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
