"""Who supervises whoever leads: named with the lead or later, and looked at when somebody goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import guards
from psysafe.domain.supervising import NAME, able, lacking
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError
from psysafe.ids import Actor, CaseId, CommandIds, DutyId, PersonId

Events = list[e.Event]


def checked(
    w: World, supervisor: PersonId | None, lead: PersonId, now: datetime
) -> PersonId | None:
    """Whoever is named with a lead. Raises InvalidMoveError PSY065 where they cannot supervise."""
    if supervisor is not None and not able(w, supervisor, lead, now):
        raise InvalidMoveError("PSY065")
    return supervisor


def named(case: CaseId, supervisor: PersonId | None, by: Actor, now: datetime) -> Events:
    """What is to be said of whoever was named; nothing where nobody was."""
    if supervisor is None:
        return []
    return [e.SupervisorNamed(case=case, supervisor=supervisor, by=PersonId(by), at=now)]


def _name(
    w: World, command: c.NameSupervisor, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "assign_lead", now, "supervisor")
    guards.in_state(case, "supervisor", "open", "away", "closing")
    if case.lead is None or case.supervisor == command.supervisor:
        raise InvalidMoveError("PSY065")
    return named(case.id, checked(w, command.supervisor, case.lead, now), actor, now)


def _gone(
    w: World, command: c.SupervisorIsGone, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case, owed = w.file.live_case, w.file.owed(NAME)
    if case is None or lacking(w, now) == bool(owed):
        return []
    if owed:  # whoever was named is back, or none is needed any more
        return [e.DutyCancelled(duty=DutyId(d.id), at=now, why="supervised") for d in owed]
    return [e.SupervisorLapsed(case=case.id, supervisor=case.supervisor, at=now)]


OF_SUPERVISOR: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {c.NameSupervisor: _name, c.SupervisorIsGone: _gone}
)
