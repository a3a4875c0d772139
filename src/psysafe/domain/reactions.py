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
from psysafe.domain import (
    reactions_access,
    reactions_bars,
    reactions_care,
    reactions_death,
    reactions_glass,
    reactions_holidays,
    reactions_lifecycle,
    reactions_rearm,
    reactions_referral,
    reactions_screening,
    reactions_standdown,
    reactions_supervisor,
    reactions_warning,
)
from psysafe.domain import reactions_signals as signals
from psysafe.domain.duties import ANSWER_UNHEARD, LISTED, RUNNING
from psysafe.domain.owing import CANNOT, passes_on
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_answers import LATE_ANSWER, answered
from psysafe.domain.reactions_opening import (
    CRISIS,
    LINKAGE,
    calling,
    duty_opened,
    routes_started,
)
from psysafe.domain.routing import UNHEARD, ask_next, notice
from psysafe.domain.severity import Assessed, Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import CommandIds

Events = list[e.Event]
DUTY_PASSED: Final = "duty_passed_on"
DUTY_YOURS: Final = "duty_yours"
#: A duty is late and stays where it is: nobody else could do it.
DUTY_LATE: Final = "duty_late"
#: A flag is not read in time; whoever hears of it sees that somebody does who may.
FLAG_UNREAD: Final = "flag_unread"


def _signalled(ev: e.CaseSignalled, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    severity = severity_of(ev.level)
    if case is None or case.lifecycle != "signalled" or severity is None:
        return []
    return routes_started("signal", severity, w, now, ids, anew=False)


def _severity(ev: e.SeverityChanged, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    severity = severity_of(ev.level)
    if case is None or severity is None:
        return []
    if not isinstance(ev.level, Assessed):
        # A rise reaches somebody at once, also when the case is in hand: at high or above by a
        # route of its own, because one person who has it may not be looking.
        grave = severity >= Severity.HIGH and case.declared is None
        rises = (case.lifecycle == "signalled" or grave) and not calling(w, severity)
        found = signals.replanned(case.id, severity, w, now)
        found += signals.where_is_the_child(severity, w, now, ids)
        if rises:
            found += routes_started("signal", severity, w, now, ids, anew=True)
        return found
    found = signals.replanned(case.id, severity, w, now)
    found += signals.where_is_the_child(severity, w, now, ids)
    found += reactions_warning.told(ev.level.assessor, w, now, ids)
    if not ev.rationale:
        return found
    met = ("full_analysis", "review_signal", "reassess")
    settled = [d for d in w.file.duties if d.kind in met and d.case == case.id]
    found = [
        f
        for f in found
        if not (isinstance(f, e.DutyReplanned) and f.duty in {d.id for d in settled})
    ]
    found += [e.DutyMet(duty=d.id, by=ev.level.assessor, at=now) for d in settled]
    if case.lead is not None:
        found.append(duty_opened("reassess", case.lead, severity, w, now, ids, case=case.id))
    return found


def _opened(ev: e.CaseOpened, w: World, now: datetime, ids: CommandIds) -> Events:
    """An open case is looked at again by a time, or it would lie there for ever."""
    found = _settled("triage")(ev, w, now, ids)
    case = w.file.live_case
    if case is not None:
        severity = severity_of(case.level) or Severity.HIGH
        found.append(duty_opened("reassess", ev.lead, severity, w, now, ids, case=case.id))
        if severity >= Severity.HIGH:
            found += reactions_care.follow_up_owed(w, now, ids)
        found += reactions_warning.told(ev.lead, w, now, ids)
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
        found.append(duty_opened("triage", ev.by, severity or Severity.HIGH, w, now, ids, **about))
        found += signals.where_is_the_child(severity or Severity.HIGH, w, now, ids)
    return found


def _settled(kind: str) -> Callable[[Any, World, datetime, CommandIds], Events]:
    def settle(ev: Any, w: World, now: datetime, ids: CommandIds) -> Events:
        by = ev.lead if isinstance(ev, e.CaseOpened) else ev.by
        return [e.DutyMet(duty=d.id, by=by, at=now) for d in w.file.owed(kind)]

    return settle


def _dismissed(ev: e.CaseDismissed, w: World, now: datetime, ids: CommandIds) -> Events:
    """What was dismissed is read by somebody again, in one list a week."""
    read = reactions_lifecycle.dismissed_to_read(ev, w, now, ids)
    return [*_over(ev, w, now, ids), *read]


_Over = e.CaseDismissed | e.CaseClosed | e.CaseTransferred | e.CaseVoided


def _over(ev: _Over, w: World, now: datetime, ids: CommandIds) -> Events:
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
    return found + reactions_referral.revoked("case_ended", ev.by, w, now)


def _declared(ev: e.CrisisDeclared, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    if case is None:
        return []
    severity = severity_of(case.level) or Severity.HIGH
    owed = {d.kind for d in w.file.duties if d.case == case.id}
    found: Events = []
    met = [d for d in w.file.duties if d.kind == "triage" and case.lifecycle != "triage"]
    found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in met]
    found += signals.where_is_the_child(severity, w, now, ids)
    for kind in ("tell_homeroom_teacher", "leading_group_report", "full_analysis"):
        if kind == "tell_homeroom_teacher" and w.kept_out("homeroom_teacher", "of_class", now):
            continue
        if kind not in owed:
            owner = (case.lead or ev.by) if kind == "full_analysis" else ev.by
            found.append(duty_opened(kind, owner, severity, w, now, ids, case=case.id))
    found += reactions_care.follow_up_owed(w, now, ids)
    found += reactions_warning.ended("crisis", ev.by, w, now)
    return found + routes_started("crisis", severity, w, now, ids, anew=False)


def _passed_on(ev: e.DutyPassedOn, w: World, now: datetime, ids: CommandIds) -> Events:
    """Whoever owes it now is told. Where nobody could take it over, it is said again."""
    duty = w.file.duty(ev.duty)
    if duty is None or duty.kind in LISTED or ev.why == reactions_rearm.ANSWERED:
        return []  # a list reaches a person as one; whoever has just answered knows
    receiver, purpose = ev.to or duty.owner, DUTY_PASSED if ev.to is not None else DUTY_LATE
    if duty.flag is not None:
        if ev.to is not None:
            # Reviews of flags reach a person as one worklist, never as a message each.
            return []
        # Nobody else may read it. The leading group hears that something is not being read.
        head = w.first_of(LEADING_GROUP, now)
        if head is not None:
            receiver, purpose = head, FLAG_UNREAD
    return [
        notice(
            ids,
            w,
            now,
            purpose=DUTY_YOURS if ev.why == CANNOT else purpose,
            receiver=receiver,
            role=duty.fallback,
            severity=duty.severity,
            case=duty.case,
            answer_by=ev.due,
            duty=duty.id,
        ),
        *reactions_rearm.rearmed(ev, duty, w, now, ids),
    ]


def _owed(ev: e.DutyOpened, w: World, now: datetime, ids: CommandIds) -> Events:
    """What somebody cannot do who owes it goes in the same moment to somebody who can."""
    duty = w.file.duty(ev.duty.id)
    passed = passes_on(w, duty, now) if duty is not None else None
    return [passed] if passed is not None else []


_REACT: Final[Mapping[type, Callable[[Any, World, datetime, CommandIds], Events]]] = (
    MappingProxyType(
        {
            e.CaseSignalled: _signalled,
            e.SignalReported: signals.reported,
            e.SeverityChanged: _severity,
            e.RouteStarted: _route_started,
            e.CaseAcknowledged: _taken,
            e.CaseOpened: _opened,
            e.CaseDismissed: _dismissed,
            e.CaseClosed: _over,
            e.CaseTransferred: _over,
            e.CaseVoided: _over,
            e.CrisisDeclared: _declared,
            e.NoticeAcknowledged: answered,
            e.FlagRaised: reactions_screening.flagged,
            e.FlagReviewed: reactions_screening.reviewed,
            e.DutyOpened: _owed,
            e.DutyPassedOn: _passed_on,
            e.DutyMet: reactions_rearm.done,
            e.Responded: signals.responded,
            e.PlaceLearned: signals.place_learned,
            e.SupportStarted: signals.support_started,
            e.SupportEnded: signals.support_ended,
            e.ContactLogged: signals.contacted,
            **reactions_bars.REACT,
            **reactions_care.OF_CARE,
            **reactions_access.OF_ACCESS,
            **reactions_death.OF_DEATH,
            **reactions_glass.OF_GLASS,
            **reactions_lifecycle.OF_LIFECYCLE,
            **reactions_referral.OF_REFERRAL,
            e.CaseStoodDown: reactions_standdown.stood_down,
        }
    )
)
__all__ = ["CRISIS", "DUTY_PASSED", "LATE_ANSWER", "UNHEARD", "react"]


def react(event: e.Event, world: World, now: datetime, ids: CommandIds) -> Events:
    """What follows from one event, in the world after it."""
    reaction = _REACT.get(type(event))
    found = reaction(event, world, now, ids) if reaction is not None else []
    found = [*found, *signals.taken_up(event, world, now, ids)]
    found += reactions_care.alone(event, world, now, ids)
    found += reactions_standdown.heard_or_alarmed(event, world, now)
    found += reactions_holidays.follows(event, world, now, ids)
    found += reactions_supervisor.follows(event, world, now, ids)
    found += reactions_referral.danger_over(event, world, now)
    return [follows for follows in found if not reactions_bars.kept_back(follows, world)]
