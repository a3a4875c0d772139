"""What a hospital stated is written down by the counselor or the lead, with its document."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import guards
from psysafe.domain.diagnoses import HospitalStatement
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError
from psysafe.ids import Actor, CommandIds, PersonId


def stated(
    w: World, command: c.RecordHospitalStatement, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    """Raises InvalidMoveError PSY706 where the hospital or its document is not named."""
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "hospital_statement", now, "hospital_statement")
    for field in ("institution", "diagnosis", "document"):
        if not getattr(command, field).strip():
            raise InvalidMoveError("PSY706", field=field)
    statement = HospitalStatement(
        at=now,
        by=PersonId(actor),
        institution=command.institution,
        diagnosis=command.diagnosis,
        document=command.document,
    )
    return [e.HospitalStated(student=w.student.id, case=case.id, statement=statement)]
