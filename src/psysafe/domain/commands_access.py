"""To ask for what the school holds, to look it over; to hold records. A room of `commands`."""

from __future__ import annotations

from psysafe.ids import PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class RequestAccess:
    """Ask for what the school holds about a student, for the student or for a guardian."""

    student: StudentId = ref()
    person: PersonId = ref()


@record
class ReviewAccess:
    """Say that it was looked over, and what is told of the counselor's notes."""

    student: StudentId = ref()
    person: PersonId = ref()
    notes: str = item(ItemClass.COUNSELING_NOTES, default="")


@record
class PlaceHold:
    """Say why nothing about a student may be erased."""

    student: StudentId = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)


@record
class LiftHold:
    """Say why everything about a student may be erased again."""

    student: StudentId = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)


OfAccess = LiftHold | PlaceHold | RequestAccess | ReviewAccess
