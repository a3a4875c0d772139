"""Beside the case: supervision, advice, what a hospital states, the authority report, follow-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import codes
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.care import REPORT_STEPS, CareAdvice, Supervision
from psysafe.domain.cases import guards
from psysafe.domain.files import LIVE
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotPermittedError
from psysafe.ids import Actor, CommandIds, PersonId

Events = list[e.Event]


def _supervise(
    w: World, command: c.Supervise, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "supervise", now, "supervise")
    guards.in_state(case, "supervise", *LIVE)
    codes.known("supervision", command.state)
    codes.known("places", command.place)
    if not command.adult.strip():
        raise InvalidMoveError("PSY060", field="adult")
    if command.state == "handed_to":
        codes.known("handed_to", command.to)
    if command.state == "ended" and case.supervision is None:
        raise InvalidMoveError("PSY005", action="supervise", state=case.lifecycle)
    supervision = Supervision(
        state=command.state,
        adult=command.adult,
        to=command.to if command.state == "handed_to" else "",
        since=now,
        called=command.called or (case.supervision is not None and case.supervision.called),
    )
    return [
        e.SupervisionChanged(
            case=case.id,
            by=PersonId(actor),
            at=now,
            supervision=supervision,
            place=command.place,
        )
    ]


def _advise(
    w: World, command: c.AdviseCare, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "advise", now, "advise")
    guards.in_state(case, "advise", *LIVE[1:])
    codes.known("advice_answers", command.answer)
    guards.reasoned(command.advice, "advise")
    advice = CareAdvice(at=now, by=PersonId(actor), advice=command.advice, answer=command.answer)
    return [e.CareAdvised(case=case.id, advice=advice)]


def _report(
    w: World, command: c.AdvanceReport, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    step = command.step
    if step not in REPORT_STEPS:
        codes.known("report_steps", "")
    guards.permitted(w, actor, f"report_{step}", now, "authority-report")
    guards.in_state(case, "authority-report", *LIVE)
    report = case.report
    state = report.state if report is not None else "none"
    if report is None or state not in REPORT_STEPS[step][0]:
        raise InvalidMoveError("PSY061", step=step, state=state)
    if step in ("draft", "supplement"):
        guards.reasoned(command.text, "authority-report")
    if step == "approve":
        _second_hand(w, report.drafted_by, actor, now)
    return [
        e.ReportAdvanced(case=case.id, step=step, by=PersonId(actor), at=now, text=command.text)
    ]


def _second_hand(w: World, drafted: PersonId | None, actor: Actor, now: datetime) -> None:
    """The head approves; the deputy where the head is not there; nobody what they wrote."""
    if drafted == actor:
        raise NotPermittedError("PSY063")
    heads = w.people(LEADING_GROUP[0], "of_school", now)
    owes = any(d.owner == actor for d in w.file.owed("authority_report"))
    if actor not in heads and any(h != drafted for h in heads) and not owes:
        raise NotPermittedError("PSY002", action="authority-report")


def _follow_up(
    w: World, command: c.FollowUp, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "follow_up", now, "follow-up")
    guards.in_state(case, "follow-up", "open", "away", "closing")
    guards.reasoned(command.note, "follow-up")
    guards.undiagnosed(command.note)
    return [e.FollowedUp(case=case.id, by=PersonId(actor), at=now, note=command.note)]


OF_CARE: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        c.Supervise: _supervise,
        c.AdviseCare: _advise,
        c.AdvanceReport: _report,
        c.FollowUp: _follow_up,
    }
)
