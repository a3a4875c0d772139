"""Access is asked for and looked over by a person; records are held, and released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.access import ANSWER_ACCESS, GUARDED, AccessRequest, Hold, waiting
from psysafe.domain.cases import guards
from psysafe.domain.consenting import may_have_notes
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, CommandIds, PersonId, kind_of, student_person

#: Letters of what is told of notes.
NOTES_LIMIT: Final = 20_000


def _is_guardian(world: World, person: Actor, now: datetime) -> bool:
    return any(g.id == person and g.holds(now) for g in world.student.guardians)


def _request(
    w: World, command: c.RequestAccess, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    """Raises NotFoundError for anybody but the student and a guardian of theirs, NotPermittedError
    PSY002, InvalidMoveError PSY743 while a request of theirs waits, PSY027 where nobody can look.
    """
    guards.permitted(w, actor, "request_access", now, "subject-access")
    person = command.person
    theirs = person == student_person(w.student.id) or _is_guardian(w, person, now)
    if not theirs or (kind_of(actor) != "staff" and person != actor):
        raise NotFoundError
    if waiting(w.file.access, person) is not None:
        raise InvalidMoveError("PSY743")
    if w.first_of(("counselor", *LEADING_GROUP), now) is None:
        raise InvalidMoveError("PSY027")
    request = AccessRequest(person=person, taken_by=PersonId(actor), at=now)
    return [e.AccessRequested(student=w.student.id, request=request)]


def _review(
    w: World, command: c.ReviewAccess, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    """Raises NotPermittedError PSY002 for whoever does not owe it, NotFoundError where nobody
    asked, InvalidMoveError PSY744 for notes that this person may not have."""
    owed = any(actor in (d.owner, *d.had_by) for d in w.file.owed(ANSWER_ACCESS))
    if not owed or actor in w.barred or not w.present(actor, now):
        raise NotPermittedError("PSY002", action="subject-access")
    if waiting(w.file.access, command.person) is None:
        raise NotFoundError
    notes = command.notes.strip()[:NOTES_LIMIT]
    if notes and not may_have_notes(w, command.person, now):
        raise InvalidMoveError("PSY744", age=GUARDED)
    return [
        e.AccessReviewed(
            student=w.student.id,
            person=command.person,
            by=PersonId(actor),
            at=now,
            notes=notes,
        )
    ]


def _hold(
    w: World, command: c.PlaceHold, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    guards.permitted(w, actor, "hold", now, "hold")
    guards.reasoned(command.reason, "hold")
    hold = Hold(by=PersonId(actor), at=now, reason=command.reason.strip())
    return [e.HoldPlaced(student=w.student.id, hold=hold)]


def _lift(
    w: World, command: c.LiftHold, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    """Raises InvalidMoveError PSY745 where nothing is held. Nobody who is barred lifts a hold."""
    guards.permitted(w, actor, "hold", now, "hold")
    guards.reasoned(command.reason, "hold")
    if not w.file.holds or actor in w.barred:
        raise InvalidMoveError("PSY745")
    reason = command.reason.strip()
    return [e.HoldLifted(student=w.student.id, by=PersonId(actor), at=now, reason=reason)]


OF_ACCESS: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        c.RequestAccess: _request,
        c.ReviewAccess: _review,
        c.PlaceHold: _hold,
        c.LiftHold: _lift,
    }
)
