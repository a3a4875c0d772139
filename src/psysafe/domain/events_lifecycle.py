"""What can have happened to a case as a whole: its lead, a pause, its end, its reopening.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.severity import Level
from psysafe.ids import CaseId, DutyId, PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class LeadOffered:
    case: CaseId = ref()
    lead: PersonId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    supervisor: PersonId | None = ref(default=None)
    """who supervises them, from the moment in which they accept"""


@record
class LeadAccepted:
    case: CaseId = ref()
    lead: PersonId = ref()
    before: PersonId | None = ref(default=None)
    """who led until now"""
    at: datetime = ref()


@record
class StudentWentAway:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    place: str = item(ItemClass.SUPERVISION)


@record
class StudentReturned:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    meeting: str = item(ItemClass.SAFETY_PLAN)


@record
class ClosureRejected:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class CaseReopened:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class CaseTransferred:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    school: str = item(ItemClass.REFERRAL_SUMMARY)
    acknowledged_by: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class CaseStoodDown:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)
    level: Level = item(ItemClass.RISK_LEVEL)


@record
class CaseVoided:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class DismissedRead:
    student: StudentId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class DutySettled:
    """Whoever owed something that is done outside said that it is done."""

    student: StudentId = ref()
    duty: DutyId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    note: str = item(ItemClass.COUNSELING_NOTES)


@record
class StudentBereaved:
    """The student has died; the file is frozen."""

    student: StudentId = ref()
    case: CaseId | None = ref(default=None)
    """the case that was live"""
    by: PersonId = ref()
    at: datetime = ref()


OfLifecycle = (
    CaseReopened
    | CaseStoodDown
    | CaseTransferred
    | CaseVoided
    | ClosureRejected
    | DismissedRead
    | DutySettled
    | LeadAccepted
    | LeadOffered
    | StudentBereaved
    | StudentReturned
    | StudentWentAway
)
