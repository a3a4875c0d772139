"""What somebody can want to do about a death that was entered: to take it back.

A room of `commands`, under whose name everybody else knows these.
"""

from __future__ import annotations

from psysafe.ids import StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class TakeBackDeath:
    """The student is alive: the death was entered in error. `reason`: how that is known."""

    student: StudentId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)
