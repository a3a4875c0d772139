"""A route that was answered and led to nothing goes on: whoever answered has not done it.

An answer stops the calls, because somebody has it now. When the time of what they have is up and
it is not done, the route asks those who stood behind them, with the steps that were left. Whoever
answers has the duty from then on; when it is done by anybody, the calls end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.duties import RUNNING, STOPPED, Duty, Run
from psysafe.domain.owing import can_do
from psysafe.domain.reactions_opening import CRISIS, LINKAGE
from psysafe.domain.world import World
from psysafe.ids import CommandIds, DutyId, RunId

Events = list[e.Event]
#: Why a duty was passed on: somebody else answered the calls for whoever does it instead.
ANSWERED: Final = "answered"
#: The duty that an answer makes, and the purpose of the route that was answered.
_FOLLOWS: Final[Mapping[str, str]] = MappingProxyType({"triage": LINKAGE, "tell_guardian": CRISIS})


def rearmed(ev: e.DutyPassedOn, duty: Duty, w: World, now: datetime, ids: CommandIds) -> Events:
    """The steps that were left of the route whose answer this duty came from, where it is late."""
    purpose = _FOLLOWS.get(duty.kind)
    if ev.why or purpose is None:
        return []
    runs = [r for r in w.file.runs if r.purpose == purpose and r.case == duty.case]
    last = max(runs, key=lambda r: r.started, default=None)
    if last is None or last.state != STOPPED:
        return []  # people are being called, or a call that nobody answered is owed already
    again = Run(
        id=RunId(ids.next("run")),
        route=last.route,
        purpose=purpose,
        severity=max(last.severity, duty.severity),
        case=last.case,
        started=now,
        steps=last.steps[last.index + 1 :],
        end=last.end,
        rearmed=DutyId(duty.id),
    )
    return [e.RouteStarted(run=again)]


def taken_over(run: Run, ev: e.NoticeAcknowledged, w: World, now: datetime) -> Events:
    """Whoever answers the calls of a route that went on has what was not done."""
    duty = w.file.duty(run.rearmed) if run.rearmed is not None else None
    if duty is None or duty.owner == ev.by or not can_do(w, duty, ev.by, now):
        return []
    due = w.due(duty.kind, duty.severity, now)
    passed = e.DutyPassedOn(duty=DutyId(duty.id), to=ev.by, due=due, at=now, why=ANSWERED)
    return [passed]


def done(ev: e.DutyMet, w: World, now: datetime, ids: CommandIds) -> Events:
    """Nobody is called any more for what has been done."""
    return [
        e.RouteStopped(run=run.id, by=ev.by, at=now, why="met")
        for run in w.file.runs
        if run.state == RUNNING and run.rearmed == ev.duty
    ]
