"""To break the glass, and to review that somebody did. A room of `commands`."""

from __future__ import annotations

from psysafe.ids import StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class BreakGlass:
    """Say why what is only offered must be looked at now, and for how long."""

    student: StudentId = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)
    minutes: int = ref()
    """for how long"""


@record
class ReviewGlass:
    """Say what a review of it found."""

    student: StudentId = ref()
    finding: str = item(ItemClass.AUDIT_TRAIL)


OfGlass = BreakGlass | ReviewGlass
