"""What can have happened about a death that was entered: a report since then, its taking back.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.severity import Severity
from psysafe.domain.signals import Signal
from psysafe.ids import CaseId, PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class ReportedAfterDeath:
    """Something was reported about a student whose death is entered: is the entry right?"""

    student: StudentId = ref()
    signal: Signal = item(ItemClass.OBSERVATION)
    severity: Severity = item(ItemClass.RISK_LEVEL)


@record
class DeathTakenBack:
    """The student is alive; the death was entered in error. The file is live again."""

    student: StudentId = ref()
    case: CaseId | None = ref(default=None)
    """the case that is live again"""
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)
    """how it is known"""
    told: tuple[PersonId, ...] = ref(default=())
    """who had been told of the death"""


OfDeath = DeathTakenBack | ReportedAfterDeath
