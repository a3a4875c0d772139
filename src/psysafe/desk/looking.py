"""Who looked at what, and looking for a stated reason where the policy only offers it."""

from __future__ import annotations

import builtins
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.engine import looking
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student


class Looking:
    """The trail of looks at a student, and the glass that somebody may break."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self, student: str) -> builtins.list[dict[str, Any]]:
        """Who looked at this student, when, in which role, at which items: oldest first.

        In full for whoever may see the audit trail; for student and guardian the role, the time
        and those items of which they may know. Looking here is itself a look, and journalled.
        Raises NotFoundError for whoever may not know.
        """
        seat = self._seat
        found = find_student(seat.school, student)
        lines = looking.looks(seat.school, seat.actor, found, seat.now())
        return [seat.plain(line) for line in lines]

    def break_glass(self, student: str, reason: str, hours: float = 4) -> Receipt:
        """Say why what the policy offers must be looked at now; open for these hours, at most 24.

        The counselor in charge and the leading group are told, and one of them reviews it.
        Raises NotPermittedError PSY002 where nothing is offered to the actor, PSY006 without a
        reason, PSY730 for the hours.
        """
        seat = self._seat
        found = find_student(seat.school, student)
        looking.offered(seat.school, seat.actor, found, seat.now())
        minutes = round(hours * 60)
        return seat.do(c.BreakGlass(student=found, reason=reason, minutes=minutes))

    def review(self, student: str, finding: str) -> Receipt:
        """Say what the review found: for whoever owes it, and did not look themselves."""
        found = find_student(self._seat.school, student)
        return self._seat.do(c.ReviewGlass(student=found, finding=finding))
