"""What somebody can want to do with a case as a whole: hand it on, pause it, end it, reopen it.

A room of `commands`, under whose name everybody else knows these.
"""

from __future__ import annotations

from psysafe.domain.severity import Severity
from psysafe.ids import CaseId, DutyId, PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class AssignLead:
    """Offer the lead of a case to somebody; until they accept, nothing changes hands."""

    student: StudentId = ref()
    case: CaseId = ref()
    lead: PersonId = ref()
    supervisor: PersonId | None = ref(default=None)
    """who supervises them, from the moment in which they accept"""


@record
class AcceptLead:
    student: StudentId = ref()
    case: CaseId = ref()


@record
class MarkAway:
    """The student is away: at home, in hospital, on leave. Somebody there has them."""

    student: StudentId = ref()
    case: CaseId = ref()
    place: str = item(ItemClass.SUPERVISION)
    adult: str = item(ItemClass.SUPERVISION)


@record
class DecideReturn:
    """The student comes back. `meeting`: who met before, and what was agreed."""

    student: StudentId = ref()
    case: CaseId = ref()
    meeting: str = item(ItemClass.SAFETY_PLAN)


@record
class RejectClosure:
    student: StudentId = ref()
    case: CaseId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class ReopenCase:
    student: StudentId = ref()
    case: CaseId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class TransferCase:
    """The receiving school has acknowledged that it takes the student on."""

    student: StudentId = ref()
    case: CaseId = ref()
    school: str = item(ItemClass.REFERRAL_SUMMARY)
    acknowledged_by: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class StandDown:
    """A false alarm, or it is over: whoever was told is told so, and the level is corrected."""

    student: StudentId = ref()
    case: CaseId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)
    severity: Severity = item(ItemClass.RISK_LEVEL, default=Severity.ATTENTION)
    second: PersonId | None = ref(default=None)


@record
class VoidCase:
    """Entered in error, and nothing was told to anybody outside."""

    student: StudentId = ref()
    case: CaseId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class ReadDismissed:
    """A counselor has read what was dismissed."""

    student: StudentId = ref()


@record
class SettleDuty:
    """The owner of a duty that is done outside says that it is done, and what came of it."""

    student: StudentId = ref()
    duty: DutyId = ref()
    note: str = item(ItemClass.COUNSELING_NOTES)


@record
class Bereave:
    """The student has died. Everything automatic about and to the family stops."""

    student: StudentId = ref()


OfLifecycle = (
    AcceptLead
    | AssignLead
    | Bereave
    | DecideReturn
    | MarkAway
    | ReadDismissed
    | RejectClosure
    | ReopenCase
    | SettleDuty
    | StandDown
    | TransferCase
    | VoidCase
)
