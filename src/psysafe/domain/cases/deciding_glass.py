"""The glass is broken for a reason and a time, while there is a case; somebody else reviews it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import guards
from psysafe.domain.glass import AT_MOST, MOST_WAITING, REVIEW_GLASS, BrokenGlass, unreviewed
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, CommandIds, PersonId


def _break(
    w: World, command: c.BreakGlass, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    """Raises NotFoundError without a live case, InvalidMoveError PSY006 without a reason, PSY730
    for a time that is none or more than a day, PSY731 while ten looks wait for their review.

    Whether anything is offered is the privacy policy's to say; this opens nothing by itself.
    """
    if w.file.live_case is None or actor in w.barred:
        raise NotFoundError
    guards.reasoned(command.reason, "break_glass")
    span = timedelta(minutes=command.minutes)
    if not timedelta(0) < span <= AT_MOST:
        raise InvalidMoveError("PSY730", most=AT_MOST // timedelta(hours=1))
    if sum(one.reviewed_by is None for one in w.file.glass) >= MOST_WAITING:
        raise InvalidMoveError("PSY731", most=MOST_WAITING)
    glass = BrokenGlass(by=PersonId(actor), at=now, until=now + span, reason=command.reason.strip())
    return [e.GlassBroken(student=w.student.id, glass=glass)]


def _review(
    w: World, command: c.ReviewGlass, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    """Raises NotPermittedError PSY002 for whoever does not owe it, or looked themselves."""
    guards.reasoned(command.finding, "review_glass")
    owed = any(actor in (d.owner, *d.had_by) for d in w.file.owed(REVIEW_GLASS))
    if not owed or not unreviewed(w.file.glass, actor):
        raise NotPermittedError("PSY002", action="review_glass")
    return [
        e.GlassReviewed(
            student=w.student.id, by=PersonId(actor), at=now, finding=command.finding.strip()
        )
    ]


OF_GLASS: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {c.BreakGlass: _break, c.ReviewGlass: _review}
)
