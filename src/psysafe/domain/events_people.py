"""What can have happened to the people of a school: who came, who answers for whom, who left.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.people import (
    Guardian,
    HandOver,
    Placement,
    RoleHeld,
    SchoolClass,
    Staff,
    Student,
)
from psysafe.ids import PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class ClassAdded:
    school_class: SchoolClass = item(ItemClass.CLASS_PLACEMENT)


@record
class PersonAdded:
    """A student or a member of staff came into the roster, or what is written of them changed."""

    staff: Staff | None = item(ItemClass.CONTACT, default=None)
    student: Student | None = item(ItemClass.CIVIL_IDENTITY, default=None)


@record
class RelationStarted:
    """A role of staff, a placement or a guardian's relation began."""

    staff: PersonId | None = ref(default=None)
    role: RoleHeld | None = ref(default=None)
    student: StudentId | None = ref(default=None)
    placement: Placement | None = ref(default=None)
    guardian: Guardian | None = item(ItemClass.CONTACT, default=None)


@record
class RelationEnded:
    """The relation that equals the given one ended at a time."""

    at: datetime = ref()
    staff: PersonId | None = ref(default=None)
    role: RoleHeld | None = ref(default=None)
    student: StudentId | None = ref(default=None)
    guardian: PersonId | None = ref(default=None)
    placement: Placement | None = ref(default=None)
    """a student's place in the school: they have left"""
    why: str = ref(default="")
    """left, transferred or graduated"""


@record
class HandOverListed:
    """A file would take a student with a live case from those who answer: it waits for them."""

    student: StudentId = ref()
    hand_over: HandOver = item(ItemClass.RISK_LEVEL)


@record
class HandOverAccepted:
    """One of those who must accept did; the change is made when nobody is missing any more."""

    student: StudentId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class HandOverSettled:
    """A hand-over waits no more: accepted, or withdrawn by a later file."""

    student: StudentId = ref()
    outcome: str = item(ItemClass.RISK_LEVEL)
    """accepted, decided (by the grade head), over (no live case any more) or withdrawn"""
    at: datetime = ref()
