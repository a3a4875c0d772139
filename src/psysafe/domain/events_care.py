"""What can have happened beside a case: who is with the child, advice, a report, a talk afterwards.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.care import CareAdvice, Supervision
from psysafe.ids import CaseId, PersonId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class SupervisionChanged:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    supervision: Supervision = item(ItemClass.SUPERVISION)
    place: str = item(ItemClass.SUPERVISION, default="unknown")


@record
class CareAdvised:
    case: CaseId = ref()
    advice: CareAdvice = item(ItemClass.REFERRAL_SUMMARY)


@record
class ReportFellDue:
    """Something happened that the authority must be told of (C6.3)."""

    case: CaseId = ref()
    trigger: str = item(ItemClass.REFERRAL_SUMMARY)
    at: datetime = ref()


@record
class ReportAdvanced:
    """Somebody took the authority report one step on."""

    case: CaseId = ref()
    step: str = ref()
    by: PersonId = ref()
    at: datetime = ref()
    text: str = item(ItemClass.REFERRAL_SUMMARY, default="")


@record
class FollowedUp:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    note: str = item(ItemClass.COUNSELING_NOTES)


OfCare = CareAdvised | FollowedUp | ReportAdvanced | ReportFellDue | SupervisionChanged
