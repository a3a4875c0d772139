"""What follows when somebody asks for access: a person owes a look, and hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.access import ANSWER_ACCESS
from psysafe.domain.owing import has_it
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.ids import CommandIds

Events = list[e.Event]
ACCESS: Final = "access"


def _requested(ev: e.AccessRequested, w: World, now: datetime, ids: CommandIds) -> Events:
    if w.file.owed(ANSWER_ACCESS):
        return []  # one look answers all that wait, by the first one's time
    case = w.file.live_case
    owner = has_it(case, w, now) if case is not None else None
    owner = owner or w.first_of(("counselor", *LEADING_GROUP), now)
    if owner is None:
        return []
    opened = duty_opened(ANSWER_ACCESS, owner, Severity.ATTENTION, w, now, ids)
    told = notice(
        ids,
        w,
        now,
        purpose=ACCESS,
        receiver=owner,
        role="counselor",
        severity=Severity.ATTENTION,
        answer_by=opened.duty.due,
        duty=opened.duty.id,
    )
    return [opened, told]


def _reviewed(ev: e.AccessReviewed, w: World, now: datetime, ids: CommandIds) -> Events:
    if any(one.reviewed is None for one in w.file.access):
        return []
    return [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed(ANSWER_ACCESS)]


OF_ACCESS: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {e.AccessRequested: _requested, e.AccessReviewed: _reviewed}
)
