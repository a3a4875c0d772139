"""What somebody can want to do beside a case: be with the child, ask the family, advise, report.

A room of `commands`, under whose name everybody else knows these.
"""

from __future__ import annotations

from psysafe.ids import CaseId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class Supervise:
    """Say who is with the child, to whom it was handed over, or that this has ended (C1.1)."""

    student: StudentId = ref()
    case: CaseId = ref()
    state: str = item(ItemClass.SUPERVISION)
    adult: str = item(ItemClass.SUPERVISION)
    place: str = item(ItemClass.SUPERVISION, default="unknown")
    to: str = item(ItemClass.SUPERVISION, default="")
    called: bool = item(ItemClass.SUPERVISION, default=False)


@record
class AdviseCare:
    """Write down that a medical institution was advised, and what the family answered (C6.2)."""

    student: StudentId = ref()
    case: CaseId = ref()
    advice: str = item(ItemClass.REFERRAL_SUMMARY)
    answer: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class AdvanceReport:
    """Take the authority report one step on: draft, approve, submit, acknowledge, supplement."""

    student: StudentId = ref()
    case: CaseId = ref()
    step: str = ref()
    text: str = item(ItemClass.REFERRAL_SUMMARY, default="")


@record
class FollowUp:
    """Say that the student was seen or spoken to again after a crisis."""

    student: StudentId = ref()
    case: CaseId = ref()
    note: str = item(ItemClass.COUNSELING_NOTES)


OfCare = AdvanceReport | AdviseCare | FollowUp | Supervise
