"""A case as a whole: its lead, a pause and a return, its end, and its being taken up again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import codes
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.care import Supervision
from psysafe.domain.cases import guards
from psysafe.domain.cases.deciding_supervisor import checked, named
from psysafe.domain.duties_death import CHECK_DEATH, CONFIRM_ALIVE, POSTVENTION, TELL_ERROR
from psysafe.domain.files import LIVE, Case
from psysafe.domain.owing import second_to
from psysafe.domain.severity import Assessed, Severity
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, CommandIds, PersonId

Events = list[e.Event]


def _assign(
    w: World, command: c.AssignLead, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "assign_lead", now, "lead")
    guards.in_state(case, "lead", "open", "away", "closing")
    able = guards.may_lead(w, command.lead, now)
    if not able or not w.roster.there(command.lead, now) or command.lead == case.lead:
        raise InvalidMoveError("PSY037")
    supervisor = checked(w, command.supervisor, command.lead, now)
    offered = e.LeadOffered(
        case=case.id, lead=command.lead, by=PersonId(actor), at=now, supervisor=supervisor
    )
    if command.lead != actor:
        return [offered]
    # Whoever takes it themselves need not be asked.
    return [offered, *_led(case, command.lead, supervisor, actor, now)]


def _led(
    case: Case, lead: PersonId, supervisor: PersonId | None, actor: Actor, now: datetime
) -> Events:
    return [
        e.LeadAccepted(case=case.id, lead=lead, before=case.lead, at=now),
        *named(case.id, supervisor, actor, now),
    ]


def _accept(
    w: World, command: c.AcceptLead, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.in_state(case, "accept-lead", *LIVE)
    # Asked as one who may lead here: whoever may no more has nothing to accept.
    if case.lead_offered != actor or not guards.may_lead(w, PersonId(actor), now):
        raise InvalidMoveError("PSY038")
    return _led(case, PersonId(actor), case.supervisor_offered, actor, now)


def _away(w: World, command: c.MarkAway, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "away", now, "away")
    guards.in_state(case, "away", "open")
    codes.known("places", command.place)
    if not command.adult.strip():
        raise InvalidMoveError("PSY060", field="adult")
    by = PersonId(actor)
    to = "hospital" if command.place == "hospital" else "guardian"
    handed = Supervision(state="handed_to", adult=command.adult, to=to, since=now)
    return [
        e.SupervisionChanged(case=case.id, by=by, at=now, supervision=handed, place=command.place),
        e.StudentWentAway(case=case.id, by=by, at=now, place=command.place),
    ]


def _return(
    w: World, command: c.DecideReturn, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    """A guardian's signature is no condition: a child is not kept from school for a paper."""
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "decide_return", now, "return")
    guards.in_state(case, "return", "away")
    if not command.meeting.strip():
        raise InvalidMoveError("PSY039")
    by = PersonId(actor)
    found: Events = [e.StudentReturned(case=case.id, by=by, at=now, meeting=command.meeting)]
    held = case.supervision
    if held is not None and held.state == "handed_to":
        ended = Supervision(state="ended", adult=held.adult, since=now, called=held.called)
        found.append(e.SupervisionChanged(case=case.id, by=by, at=now, supervision=ended))
    return found


def _reject(
    w: World, command: c.RejectClosure, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "approve_closure", now, "reject")
    guards.in_state(case, "reject", "closing")
    guards.reasoned(command.reason, "reject")
    guards.undiagnosed(command.reason)
    if case.closure_by == actor:
        raise NotPermittedError("PSY009")
    return [e.ClosureRejected(case=case.id, by=PersonId(actor), at=now, reason=command.reason)]


def _reopen(
    w: World, command: c.ReopenCase, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = w.file.case
    if case is None or case.id != command.case:
        raise NotFoundError
    guards.permitted(w, actor, "open", now, "reopen")
    guards.in_state(case, "reopen", "closed")
    guards.reasoned(command.reason, "reopen")
    return [e.CaseReopened(case=case.id, by=PersonId(actor), at=now, reason=command.reason)]


def _transfer(
    w: World, command: c.TransferCase, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "transfer", now, "transfer")
    guards.in_state(case, "transfer", "open", "away")
    if not command.school.strip() or not command.acknowledged_by.strip():
        raise InvalidMoveError("PSY040")
    return [
        e.CaseTransferred(
            case=case.id,
            by=PersonId(actor),
            at=now,
            school=command.school,
            acknowledged_by=command.acknowledged_by,
        )
    ]


def _stand_down(
    w: World, command: c.StandDown, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "assess", now, "stand-down")
    guards.in_state(case, "stand-down", *LIVE)
    guards.reasoned(command.reason, "stand-down")
    guards.undiagnosed(command.reason)
    if command.severity >= Severity.HIGH:
        raise InvalidMoveError("PSY041")
    guards.may_lower(w, case, command.severity, actor, command.second, now)
    by = PersonId(actor)
    level = Assessed(severity=command.severity, assessor=by, at=now, second=command.second)
    return [e.CaseStoodDown(case=case.id, by=by, at=now, reason=command.reason, level=level)]


def _void(w: World, command: c.VoidCase, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    case = w.file.case
    if case is None or case.id != command.case:
        raise NotFoundError
    guards.permitted(w, actor, "void", now, "void")
    guards.in_state(case, "void", *LIVE, "closed", "dismissed")
    guards.reasoned(command.reason, "void")
    told = any(row.state != "attempting" for row in case.guardians)
    held = case.supervision
    handed = held is not None and (held.state == "handed_to" or held.called)
    sent = case.report is not None and case.report.sent
    offered = any(one.opened for r in w.file.referrals if r.case == case.id for one in r.offers)
    if told or handed or sent or case.advice or offered:
        raise InvalidMoveError("PSY042")
    return [e.CaseVoided(case=case.id, by=PersonId(actor), at=now, reason=command.reason)]


def _read_dismissed(
    w: World, command: c.ReadDismissed, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "dismiss_high", now, "read-dismissed")
    if actor in w.barred or not w.file.owed("read_dismissed"):
        raise InvalidMoveError("PSY043")
    return [e.DismissedRead(student=command.student, by=PersonId(actor), at=now)]


#: Duties that are done outside, so that only whoever owes them can say that they are done.
SETTLED: Final = (
    "tell_homeroom_teacher",
    "leading_group_report",
    "answer_unheard_route",
    "family_disputed",
    "family_unreachable",
    "tell_stood_down",
    *POSTVENTION,
    CHECK_DEATH,
    TELL_ERROR,
    CONFIRM_ALIVE,
    "explain_to_student",
)


def _settle(
    w: World, command: c.SettleDuty, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    duty = w.file.duty(command.duty)
    if duty is None or actor not in (duty.owner, *duty.had_by) or not w.present(actor, now):
        raise NotFoundError
    if duty.kind not in SETTLED:
        raise InvalidMoveError("PSY045")
    if actor in second_to(w, duty):
        raise NotPermittedError("PSY009")
    guards.reasoned(command.note, "done")
    return [
        e.DutySettled(
            student=command.student,
            duty=duty.id,
            by=PersonId(actor),
            at=now,
            note=command.note,
        )
    ]


OF_LIFECYCLE: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        c.AssignLead: _assign,
        c.AcceptLead: _accept,
        c.MarkAway: _away,
        c.DecideReturn: _return,
        c.RejectClosure: _reject,
        c.ReopenCase: _reopen,
        c.TransferCase: _transfer,
        c.StandDown: _stand_down,
        c.VoidCase: _void,
        c.ReadDismissed: _read_dismissed,
        c.SettleDuty: _settle,
    }
)
