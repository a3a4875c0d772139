"""What can have happened to the supervision of whoever leads a case.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import CaseId, PersonId
from psysafe.sensitivity import record, ref


@record
class SupervisorNamed:
    case: CaseId = ref()
    supervisor: PersonId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class SupervisorLapsed:
    """Whoever supervised is not there any more, or may not any more, and nobody stands in."""

    case: CaseId = ref()
    supervisor: PersonId | None = ref(default=None)
    at: datetime = ref()


OfSupervisor = SupervisorLapsed | SupervisorNamed
