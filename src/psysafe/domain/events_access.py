"""That access was asked for and looked over; that records are held. A room of `events`."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.access import AccessRequest, Hold
from psysafe.ids import PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class AccessRequested:
    student: StudentId = ref()
    request: AccessRequest = ref()


@record
class AccessReviewed:
    student: StudentId = ref()
    person: PersonId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    notes: str = item(ItemClass.COUNSELING_NOTES, default="")


@record
class HoldPlaced:
    student: StudentId = ref()
    hold: Hold = item(ItemClass.AUDIT_TRAIL)


@record
class HoldLifted:
    """Every hold is lifted."""

    student: StudentId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)


OfAccess = AccessRequested | AccessReviewed | HoldLifted | HoldPlaced
