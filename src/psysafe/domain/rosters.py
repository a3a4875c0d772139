"""Folding people: the roster and a student's record from their events.

A role is the same one where role, scope and beginning are the same; a guardian is known by id. So
an event that names it again corrects it, and one that ends it before it began takes it away.
"""

from __future__ import annotations

from psysafe.domain import events as e
from psysafe.domain.grants import GrantEvent
from psysafe.domain.grants import evolve as evolve_grants
from psysafe.domain.people import Guardian, RoleHeld, Roster, Student
from psysafe.sensitivity import changed

#: Placements of the past that a student's record keeps in sight; the journal keeps all.
LAST_PLACEMENTS = 10


def fold_roster(roster: Roster, event: e.Event) -> Roster:
    """The roster after one more event.

    Raises ValueError for an event that is not the roster's, or is about nobody of the roster.
    """
    if isinstance(event, GrantEvent):
        return changed(roster, grants=evolve_grants(roster.grants, event))
    if isinstance(event, e.ClassAdded):
        added = {event.school_class.id: event.school_class}
        return changed(roster, classes={**roster.classes, **added})
    if isinstance(event, e.PersonAdded) and event.staff is not None:
        known = roster.staff.get(event.staff.id)
        # What is written of a person changes as a whole; roles begin and end by themselves.
        staff = changed(event.staff, roles=known.roles) if known else event.staff
        return changed(roster, staff={**roster.staff, staff.id: staff})
    if isinstance(event, e.RelationStarted | e.RelationEnded) and event.staff and event.role:
        someone = roster.staff.get(event.staff)
        if someone is None:
            raise ValueError("a relation of somebody who is not in the roster")
        staff = changed(someone, roles=_roles(someone.roles, event.role, event))
        return changed(roster, staff={**roster.staff, staff.id: staff})
    raise ValueError(f"{type(event).__name__} does not belong to the roster")


def _roles(
    roles: tuple[RoleHeld, ...], role: RoleHeld, event: e.RelationStarted | e.RelationEnded
) -> tuple[RoleHeld, ...]:
    held = {_same(r): r for r in roles}
    if isinstance(event, e.RelationStarted):
        held[_same(role)] = role
    elif _same(role) not in held:
        raise ValueError("the end of a role that is not held")
    elif event.at <= role.since:
        del held[_same(role)]
    else:
        held[_same(role)] = changed(held[_same(role)], until=event.at)
    # In one order, so that the order of a file's rows leaves no trace in the document.
    return tuple(held[key] for key in sorted(held))


def _same(role: RoleHeld) -> tuple[str, str, tuple[str, ...], str]:
    return role.role, role.scope.kind, role.scope.values, role.since.isoformat()


def fold_student(student: Student | None, event: e.Event) -> Student:
    """A student's record after one more event.

    Raises ValueError for an event that is not the student's, or comes before the student.
    """
    if isinstance(event, e.PersonAdded) and event.student is not None:
        if student is None:
            return event.student
        return changed(
            event.student,
            placement=student.placement,
            past_placements=student.past_placements,
            guardians=student.guardians,
            hand_over=student.hand_over,
        )
    if student is None:
        raise ValueError("an event about a student before the student was added")
    if isinstance(event, e.RelationStarted) and event.placement is not None:
        held, begun = student.placement, event.placement
        if (begun.class_id, begun.since) == (held.class_id, held.since):
            return changed(student, placement=begun)
        old = changed(student.placement, until=student.placement.until or event.placement.since)
        past = (*student.past_placements, old)[-LAST_PLACEMENTS:]
        return changed(student, placement=event.placement, past_placements=past)
    if isinstance(event, e.RelationStarted) and event.guardian is not None:
        return changed(student, guardians=_guardians(student.guardians, event.guardian))
    if isinstance(event, e.RelationEnded) and event.guardian is not None:
        known = {g.id: g for g in student.guardians}
        if event.guardian not in known:
            raise ValueError("the end of a guardian's relation that is not known")
        ended = changed(known[event.guardian], until=event.at)
        return changed(student, guardians=_guardians(student.guardians, ended))
    if isinstance(event, e.RelationEnded) and event.placement is not None:
        return changed(student, placement=changed(student.placement, until=event.at))
    if isinstance(event, e.HandOverListed):
        return changed(student, hand_over=event.hand_over)
    if isinstance(event, e.HandOverAccepted) and student.hand_over is not None:
        accepted = (*student.hand_over.accepted, event.by)
        return changed(student, hand_over=changed(student.hand_over, accepted=accepted))
    if isinstance(event, e.HandOverSettled):
        return changed(student, hand_over=None)
    raise ValueError(f"{type(event).__name__} does not belong to a student's record")


def _guardians(known: tuple[Guardian, ...], guardian: Guardian) -> tuple[Guardian, ...]:
    """With this guardian in the place that it had, else at the end: the first is called first."""
    if any(g.id == guardian.id for g in known):
        return tuple(guardian if g.id == guardian.id else g for g in known)
    return (*known, guardian)
