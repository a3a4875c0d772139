"""Naming who supervises whoever leads a case, and looking whether they still do.

A room of `commands`, under whose name everybody else knows these.
"""

from __future__ import annotations

from psysafe.ids import CaseId, PersonId, StudentId
from psysafe.sensitivity import record, ref


@record
class NameSupervisor:
    """Say by name who supervises whoever leads the case."""

    student: StudentId = ref()
    case: CaseId = ref()
    supervisor: PersonId = ref()


@record
class SupervisorIsGone:
    """Somebody has gone, or is back: is whoever leads the case still supervised?"""

    student: StudentId = ref()
