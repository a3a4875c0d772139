"""To write down what a hospital stated. A room of `commands`."""

from __future__ import annotations

from psysafe.ids import CaseId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class RecordHospitalStatement:
    """What the hospital stated, and its document: the only form of a diagnosis here (X14)."""

    student: StudentId = ref()
    case: CaseId = ref()
    institution: str = item(ItemClass.COUNSELING_NOTES)
    diagnosis: str = item(ItemClass.COUNSELING_NOTES)
    document: str = item(ItemClass.COUNSELING_NOTES)
