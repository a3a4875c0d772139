"""Hand-overs at a desk: what a file wanted to change although a case is live."""

from __future__ import annotations

from typing import Any

from psysafe.desk.seat import Seat
from psysafe.engine import handovers
from psysafe.engine.enrolling import find_student


class HandOvers:
    """Changes of class and departures that wait until people have accepted them."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> list[dict[str, Any]]:
        """What waits for this actor, or is known to them, the oldest first."""
        found = handovers.list_hand_overs(self._seat.school, self._seat.actor, self._seat.now())
        return [self._seat.plain(line) for line in found]

    def accept(self, student: str) -> bool:
        """Accept it: as the new homeroom teacher, as lead, or after ten days as grade head.

        Whether the change was made with it, or still waits for somebody else. Raises
        NotFoundError for whoever may not know, NotPermittedError PSY271 where it does not wait
        for this actor, InvalidMoveError PSY272 where nothing waits.
        """
        seat = self._seat
        who = find_student(seat.school, student)
        return handovers.accept(seat.school, who, seat.actor, seat.now())
