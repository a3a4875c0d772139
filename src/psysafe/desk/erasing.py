"""Whose time is up, and erasing somebody: a person decides it, one student at a time."""

from __future__ import annotations

import builtins
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.engine import ending_notes, erasing, retaining
from psysafe.engine.enrolling import find_student
from psysafe.engine.erasing import Going


class Erasures:
    """Erasing students for good."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> builtins.list[dict[str, Any]]:
        """Whose file has been kept long enough, among those whom this actor may erase.

        Raises NotPermittedError PSY002 for whoever may erase nobody.
        """
        seat = self._seat
        return [seat.plain(x) for x in retaining.listed(seat.school, seat.actor, seat.now())]

    def notes(self) -> builtins.list[dict[str, Any]]:
        """Notes that nobody linked, and until when each is kept, for whoever checks notes.

        They go by themselves when that time is up; what stands in them is not in this list.
        """
        seat = self._seat
        return [seat.plain(x) for x in ending_notes.listed(seat.school, seat.actor, seat.now())]

    def preview(self, student: str, basis: str) -> Going:
        """What would go, in numbers. Raises as `forget` does; nothing is erased."""
        seat = self._seat
        found = find_student(seat.school, student)
        return erasing.preview(seat.school, seat.actor, found, basis, seat.now())

    def forget(self, student: str, basis: str) -> Going:
        """Erase a student: `basis` is `retention` or `request`. Nobody can undo it.

        Raises NotFoundError, NotPermittedError PSY002, InvalidDataError PSY013, InvalidMoveError
        PSY723 where something stands against it, PSY724 where the time is not up, StorageError
        PSY740 where the store cannot forget.
        """
        seat = self._seat
        found = find_student(seat.school, student)
        return erasing.forget(seat.school, seat.actor, found, basis, seat.now())
