"""How reactions open a duty and start the routes of the plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.duties import RUNNING, Duty
from psysafe.domain.routing import start
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.ids import CommandIds, DutyId, PersonId

Events = list[e.Event]
LINKAGE: Final = "linkage"
CRISIS: Final = "crisis"


def duty_opened(
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


def routes_started(
    trigger: str, severity: Severity, world: World, now: datetime, ids: CommandIds, anew: bool
) -> Events:
    case = world.file.live_case
    if case is None:
        return []
    running = {r.route for r in world.file.runs if r.state == RUNNING and r.rearmed is None}
    return [
        started
        for route in world.plan.routes_on(trigger, severity)
        if anew or route.name not in running
        for started in start(route, case.id, severity, world, now, ids)
    ]


def calling(w: World, severity: Severity) -> bool:
    """Whether people are being called at this moment, for the first time, about as bad a thing."""
    return any(
        r.state == RUNNING and r.purpose == LINKAGE and r.severity >= severity and r.index <= 0
        for r in w.file.runs
        if r.rearmed is None
    )
