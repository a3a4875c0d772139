"""What follows when somebody breaks the glass: those in charge hear of it, one of them reviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.glass import REVIEW_GLASS
from psysafe.domain.owing import has_it
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.ids import CommandIds, PersonId

Events = list[e.Event]
GLASS: Final = "glass"


def _in_charge(w: World, besides: PersonId, now: datetime) -> tuple[PersonId, ...]:
    """Who has the case and the leading group's first, without who looked."""
    case = w.file.live_case
    found = (
        has_it(case, w, now) if case is not None else None,
        w.first_of(LEADING_GROUP, now, (besides,)),
    )
    named = dict.fromkeys(person for person in found if person is not None and person != besides)
    if named:
        return tuple(named)
    # A school in which both are the one who looked: another counselor, else whoever protects.
    last = w.first_of(("counselor", "safeguarding_lead"), now, (besides,))
    return (last,) if last is not None else ()


def _broken(ev: e.GlassBroken, w: World, now: datetime, ids: CommandIds) -> Events:
    people = _in_charge(w, ev.glass.by, now)
    if not people:
        return []
    owed = next(iter(w.file.owed(REVIEW_GLASS)), None)
    found: Events = []
    due, known = (owed.due, owed.id) if owed is not None else (None, None)
    if owed is None:
        opened = duty_opened(REVIEW_GLASS, people[0], Severity.MODERATE, w, now, ids)
        found.append(opened)
        due, known = opened.duty.due, opened.duty.id
    return found + [
        notice(
            ids,
            w,
            now,
            purpose=GLASS,
            receiver=person,
            role="counselor" if person == people[0] else LEADING_GROUP[0],
            severity=Severity.MODERATE,
            answer_by=due,
            duty=known if person == people[0] else None,
        )
        for person in people
    ]


def _reviewed(ev: e.GlassReviewed, w: World, now: datetime, ids: CommandIds) -> Events:
    if any(one.reviewed_by is None for one in w.file.glass):
        # What the reviewer did themselves waits for another one.
        heir = w.first_of((*LEADING_GROUP, "counselor"), now, (ev.by,))
        return [
            e.DutyPassedOn(duty=d.id, to=heir, due=d.due, at=now)
            for d in w.file.owed(REVIEW_GLASS)
            if heir is not None
        ]
    return [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed(REVIEW_GLASS)]


OF_GLASS: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {e.GlassBroken: _broken, e.GlassReviewed: _reviewed}
)
