"""Folding people: the roster and a student's record from their events."""

from __future__ import annotations

from psysafe.domain import events as e
from psysafe.domain.people import Roster, Staff, Student
from psysafe.sensitivity import changed


def _same_role(staff: Staff, event: e.RelationEnded) -> Staff:
    roles = tuple(changed(r, until=event.at) if r == event.role else r for r in staff.roles)
    return changed(staff, roles=roles)


def fold_roster(roster: Roster, event: e.Event) -> Roster:
    """The roster after one more event. Raises ValueError for an event that is not the roster's."""
    if isinstance(event, e.ClassAdded):
        added = {event.school_class.id: event.school_class}
        return changed(roster, classes={**roster.classes, **added})
    if isinstance(event, e.PersonAdded) and event.staff is not None:
        known = roster.staff.get(event.staff.id)
        # What is written of a person changes as a whole; roles begin and end by themselves.
        staff = changed(event.staff, roles=known.roles) if known else event.staff
        return changed(roster, staff={**roster.staff, staff.id: staff})
    if isinstance(event, e.RelationStarted | e.RelationEnded) and event.staff is not None:
        staff = roster.staff[event.staff]
        if isinstance(event, e.RelationEnded):
            staff = _same_role(staff, event)
        elif event.role is not None:
            staff = changed(staff, roles=(*staff.roles, event.role))
        return changed(roster, staff={**roster.staff, staff.id: staff})
    raise ValueError(f"{type(event).__name__} does not belong to the roster")


def fold_student(student: Student | None, event: e.Event) -> Student:
    """A student's record after one more event. Raises ValueError for what does not fit."""
    if isinstance(event, e.PersonAdded) and event.student is not None:
        if student is None:
            return event.student
        return changed(
            event.student,
            placement=student.placement,
            past_placements=student.past_placements,
            guardians=student.guardians,
        )
    if student is None:
        raise ValueError("an event about a student before the student was added")
    if isinstance(event, e.RelationStarted) and event.placement is not None:
        old = changed(student.placement, until=event.placement.since)
        past = (*student.past_placements, old)[-10:]
        return changed(student, placement=event.placement, past_placements=past)
    if isinstance(event, e.RelationStarted) and event.guardian is not None:
        kept = tuple(g for g in student.guardians if g.id != event.guardian.id)
        return changed(student, guardians=(*kept, event.guardian))
    if isinstance(event, e.RelationEnded) and event.guardian is not None:
        guardians = tuple(
            changed(g, until=event.at) if g.id == event.guardian else g
            for g in student.guardians
        )
        return changed(student, guardians=guardians)
    raise ValueError(f"{type(event).__name__} does not belong to a student's record")
