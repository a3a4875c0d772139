"""One command, the world as it is, and what comes of it: events, or a refusal with a code.

Pure: the same world, command, actor, time and ids give the same events. Every function here is
one row of the case's table of steps.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import codes
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import (
    deciding_access,
    deciding_bars,
    deciding_care,
    deciding_death,
    deciding_glass,
    deciding_holidays,
    deciding_hospital,
    deciding_lifecycle,
    deciding_receipts,
    deciding_referral,
    deciding_screening,
    deciding_signals,
    deciding_supervisor,
    deciding_time,
    guards,
)
from psysafe.domain.duties import RUNNING
from psysafe.domain.severity import Assessed, Provisional, Severity, severity_of
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import (
    Actor,
    CommandIds,
    NoticeId,
    PersonId,
    kind_of,
)

Events = list[e.Event]


def _notice(
    w: World, command: c.AcknowledgeNotice, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    notice = w.notice
    if notice is None or notice.receiver != actor or not w.present(actor, now):
        raise NotFoundError
    if notice.acknowledged is not None:
        raise InvalidMoveError("PSY023")
    return [_answered(w, notice.id, notice.run, notice.step, actor, now)]


def _answered(
    w: World, notice: NoticeId, run_id: str | None, step: int, actor: Actor, now: datetime
) -> e.NoticeAcknowledged:
    run = w.file.run(run_id)
    late = run is not None and (run.state != RUNNING or step != run.index)
    return e.NoticeAcknowledged(
        notice=notice,
        run=run.id if run is not None else None,
        by=PersonId(actor),
        at=now,
        late=late,
    )


def _take(
    w: World, command: c.AcknowledgeCase, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "acknowledge", now, "acknowledge")
    guards.in_state(case, "acknowledge", "signalled")
    return [e.CaseAcknowledged(case=case.id, by=PersonId(actor), at=now)]


def _open(w: World, command: c.OpenCase, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "open", now, "open")
    guards.in_state(case, "open", "triage")
    lead = command.lead or PersonId(actor)
    there = lead == actor or w.roster.there(lead, now)
    if not there or not guards.may_lead(w, lead, now):
        raise InvalidMoveError("PSY022", action="open")
    supervisor = deciding_supervisor.checked(w, command.supervisor, lead, now)
    return [
        e.CaseOpened(case=case.id, lead=lead, at=now),
        *deciding_supervisor.named(case.id, supervisor, actor, now),
    ]


def _dismiss(
    w: World, command: c.DismissCase, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "dismiss", now, "dismiss")
    guards.in_state(case, "dismiss", "triage")
    guards.reasoned(command.reason, "dismiss")
    guards.undiagnosed(command.reason)
    severity = severity_of(case.level)
    grave = severity is None or severity >= Severity.HIGH
    if grave and not any(w.plan.may("dismiss_high", h) for h in w.holders(actor, now)):
        raise NotPermittedError("PSY010", severity=severity.value if severity else "not_assessed")
    return [e.CaseDismissed(case=case.id, by=PersonId(actor), at=now, reason=command.reason)]


def _declare(
    w: World, command: c.DeclareCrisis, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    unanswered = case.lifecycle == "signalled" and any(
        run.state != RUNNING or run.index > 0 for run in w.file.runs
    )
    holders = w.holders(actor, now)
    allowed = any(w.plan.may("declare", h) for h in holders) or (
        unanswered and any(w.plan.may("declare_unanswered", h) for h in holders)
    )
    if not allowed:
        raise NotPermittedError("PSY002", action="declare")
    guards.in_state(case, "declare", "signalled", "triage", "open", "away", "closing")
    codes.known("dangers", command.danger)
    codes.known("places", command.place)
    if not command.proposal.strip():
        raise InvalidMoveError("PSY011", field="a proposal")
    found: Events = []
    by = PersonId(actor)
    if case.lifecycle == "signalled":
        found.append(e.CaseAcknowledged(case=case.id, by=by, at=now))
    before = severity_of(case.level)
    after = max(command.severity, Severity.HIGH, before or Severity.HIGH)
    assesses = any(w.plan.may("assess", h) for h in holders)
    if before is None or after > before:
        rule = "D:declared"
        level = (
            Assessed(severity=after, assessor=by, at=now)
            if assesses
            else Provisional(severity=after, rule=rule)
        )
        found.append(
            e.SeverityChanged(case=case.id, level=level, reasons=(e.Reason(rule=rule),), at=now)
        )
    found.append(
        e.CrisisDeclared(
            case=case.id,
            by=by,
            at=now,
            danger=command.danger,
            place=command.place,
            proposal=command.proposal,
        )
    )
    return found


def _assess(
    w: World, command: c.AssessCase, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "assess", now, "assess")
    guards.in_state(case, "assess", "triage", "open", "away", "closing")
    guards.reasoned(command.rationale, "assess")
    if command.severity < Severity.HIGH:
        guards.undiagnosed(command.rationale)  # a danger is taken down in whatever words
    guards.may_lower(w, case, command.severity, actor, command.second, now)
    level = Assessed(
        severity=command.severity, assessor=PersonId(actor), at=now, second=command.second
    )
    return [
        e.SeverityChanged(
            case=case.id,
            level=level,
            reasons=(e.Reason(rule="A:assessed"),),
            at=now,
            rationale=command.rationale,
        )
    ]


def _close(w: World, command: c.CloseCase, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    case = guards.live_case(w, command.case)
    right = "approve_closure" if case.lifecycle == "closing" else "request_closure"
    guards.permitted(w, actor, right, now, "close")
    guards.in_state(case, "close", "open", "closing")
    by = PersonId(actor)
    if case.lifecycle == "open":
        guards.reasoned(command.reason, "close")
        guards.undiagnosed(command.reason)
        guards.closable(w, case, now)
        return [e.ClosureRequested(case=case.id, by=by, at=now, reason=command.reason)]
    if case.closure_by == by:
        raise NotPermittedError("PSY009")
    guards.closable(w, case, now)
    return [e.CaseClosed(case=case.id, by=by, at=now)]


def _guardian(
    w: World, command: c.LogGuardianContact, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    # Whoever has begun to talk with a family goes on with it, though the duty is met by then.
    began = any(a.by == actor for a in case.guardian_attempts)
    if not began or actor in w.barred or not w.present(actor, now):
        guards.permitted(w, actor, "guardian_log", now, "guardian")
    guards.in_state(case, "guardian", "signalled", "triage", "open", "away", "closing")
    codes.known("guardian_outcomes", command.outcome)
    if not any(g.id == command.guardian and g.holds(now) for g in w.student.guardians):
        raise NotFoundError
    if command.guardian in w.barred:
        raise InvalidMoveError("PSY083")
    return [
        e.GuardianContacted(
            case=case.id,
            by=PersonId(actor),
            at=now,
            guardian=command.guardian,
            outcome=command.outcome,
            note=command.note,
        )
    ]


_Decide = Callable[[World, Any, Actor, datetime, CommandIds], Events]
_DECIDE: Final[Mapping[type, _Decide]] = MappingProxyType(
    {
        c.Report: deciding_signals.report,
        c.Respond: deciding_signals.respond,
        c.LearnPlace: deciding_signals.learn_place,
        c.RecordExposure: deciding_signals.record_exposure,
        c.EndExposure: deciding_signals.end_exposure,
        c.StartSupport: deciding_signals.start_support,
        c.EndSupport: deciding_signals.end_support,
        c.LogContact: deciding_signals.log_contact,
        c.RecordAnswers: deciding_screening.answers,
        c.ReviewFlag: deciding_screening.review,
        c.AcknowledgeNotice: _notice,
        c.AcknowledgeCase: _take,
        c.OpenCase: _open,
        c.DismissCase: _dismiss,
        c.DeclareCrisis: _declare,
        c.AssessCase: _assess,
        c.CloseCase: _close,
        c.LogGuardianContact: _guardian,
        c.RecordHospitalStatement: deciding_hospital.stated,
        **deciding_bars.DECIDE,
        **deciding_care.OF_CARE,
        **deciding_access.OF_ACCESS,
        **deciding_death.OF_DEATH,
        **deciding_glass.OF_GLASS,
        **deciding_holidays.DECIDE,
        **deciding_lifecycle.OF_LIFECYCLE,
        **deciding_referral.OF_REFERRAL,
        **deciding_supervisor.OF_SUPERVISOR,
        c.StepIsDue: deciding_time.step_due,
        c.DutyIsDue: deciding_time.duty_due,
        c.OwnerIsGone: deciding_time.owner_gone,
        c.ReferralsAreDue: deciding_time.referrals_due,
        c.RecordAttempt: deciding_time.attempt,
        c.RecordLostAttempt: deciding_time.lost,
        c.RecordReceipt: deciding_receipts.receipt,
    }
)
#: What is still possible once a student's death was entered.
_AFTER_DEATH: Final = (
    c.TakeBackDeath,
    c.Report,
    c.ConfirmBar,
    c.LiftBar,
    c.HandOverAllegation,
    c.AcknowledgeNotice,
    c.SettleDuty,
    c.StepIsDue,
    c.DutyIsDue,
    c.OwnerIsGone,
    c.ReferralsAreDue,
    c.RecordAttempt,
    c.RecordLostAttempt,
    *typing.get_args(c.OfReceivers),  # to them it answers as ever: there is no offer
    c.RecordReceipt,
)
_BY_TIME: Final = typing.get_args(c.ByTime)


def decide(
    world: World, command: c.Command, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    """The events that come of a command; none where time already took care of it.

    Raises NotPermittedError, NotFoundError, InvalidMoveError or InvalidDataError with the code of
    the reason.
    """
    by_time = kind_of(actor) == "system"
    if isinstance(command, _BY_TIME) != by_time:
        raise NotPermittedError("PSY002", action=type(command).__name__)
    c.within_limits(command)
    if world.file.frozen is not None and not isinstance(command, _AFTER_DEATH):
        raise InvalidMoveError("PSY044")
    return _DECIDE[type(command)](world, command, actor, now, ids)
