"""A plan for a break, and what time or a closure decides about one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import guards
from psysafe.domain.duties_holidays import BreakAhead, HolidayPlan
from psysafe.domain.files import LIVE
from psysafe.domain.holidays import can_cover, informed_enough, lacking, needed
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError
from psysafe.ids import Actor, CommandIds, PersonId

Events = list[e.Event]


def plan(w: World, command: c.PlanHoliday, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    """Raises InvalidMoveError PSY143 to PSY146, PSY083 for a guardian who is barred."""
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "holiday_plan", now, "holiday-plan")
    guards.in_state(case, "holiday-plan", *LIVE)
    ahead = needed(w, now)
    if ahead is None:
        raise InvalidMoveError("PSY146")
    for field in ("contact", "next_contact"):
        if not getattr(command, field).strip():
            raise InvalidMoveError("PSY143", field=field)
    if not can_cover(w, command.covers, ahead, now):
        raise InvalidMoveError("PSY144")
    at_home = {g.id for g in w.student.guardians if g.holds(now)}
    if not set(command.informed) <= at_home:
        raise NotFoundError
    if set(command.informed) & w.barred:
        raise InvalidMoveError("PSY083")
    if not informed_enough(w, command.informed, now):
        raise InvalidMoveError("PSY145")
    planned = HolidayPlan(
        first=ahead.first,
        last=ahead.last,
        contact=command.contact,
        next_contact=command.next_contact,
        informed=command.informed,
        covers=command.covers,
        by=PersonId(actor),
        at=now,
    )
    return [e.HolidayPlanned(case=case.id, plan=planned)]


def ahead(
    w: World, command: c.HolidayIsAhead, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    """Ask for a plan that is missing; let go of a duty whose break is over."""
    case = w.file.live_case
    if case is None or case.id != command.case:
        return []
    owed, wanted = w.file.owed("holiday_plan"), lacking(w, now)
    same = wanted is not None and case.break_ahead == wanted
    if owed and same:
        return []
    found: Events = [e.DutyCancelled(duty=d.id, at=now, why="break_over") for d in owed]
    if wanted is not None:
        found.append(e.HolidayAhead(case=case.id, ahead=wanted, by=actor, at=now))
    return found


def closes(
    w: World, command: c.SchoolCloses, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = w.file.live_case
    if case is None or case.id != command.case:
        return []
    sudden = BreakAhead(
        first=date.fromisoformat(command.first).isoformat(), last=command.last, sudden=True
    )
    owed = w.file.owed("holiday_plan")
    over: Events = [e.DutyCancelled(duty=d.id, at=now, why="closure") for d in owed]
    return [*over, e.HolidayAhead(case=case.id, ahead=sudden, by=Actor(command.by), at=now)]


DECIDE: Final[Mapping[type, Callable[[World, Any, Actor, datetime, CommandIds], Events]]] = (
    MappingProxyType({c.PlanHoliday: plan, c.HolidayIsAhead: ahead, c.SchoolCloses: closes})
)
