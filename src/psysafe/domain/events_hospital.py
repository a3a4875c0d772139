"""That a hospital stated something: the only form in which a diagnosis is written down.

A room of `events`, under whose name everybody else knows it.
"""

from __future__ import annotations

from psysafe.domain.diagnoses import HospitalStatement
from psysafe.ids import CaseId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class HospitalStated:
    student: StudentId = ref()
    case: CaseId = ref()
    statement: HospitalStatement = item(ItemClass.COUNSELING_NOTES)
