"""Subject access, from the request to the file; and holds on a student's records."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.engine import accessing
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.errors import PlanError
from psysafe.ids import Actor, PersonId


class Access:
    """What the school holds about a student, for the student or a guardian."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def request(self, student: str, person: str | None = None) -> Receipt:
        """Ask for it. `person` is for staff, who write it down for a student or guardian.

        Whoever looks after the student owes a look by the plan's `answer_access`. Raises
        NotFoundError, NotPermittedError PSY002, InvalidMoveError PSY027, PSY743.
        """
        found = find_student(self._seat.school, student)
        return self._seat.do(c.RequestAccess(student=found, person=self._of(person)))

    def review(self, student: str, person: str, notes: str = "") -> Receipt:
        """Say that all of it was looked over; `notes`: what is told of the counselor's notes, facts
        about this student only.

        Raises NotFoundError, NotPermittedError PSY002, InvalidMoveError PSY744.
        """
        found = find_student(self._seat.school, student)
        return self._seat.do(c.ReviewAccess(student=found, person=self._of(person), notes=notes))

    def read(self, student: str, person: str | None = None) -> dict[str, Any]:
        """What may be given; journalled. For whoever asked, or, with `person`, whoever looked.

        Raises NotFoundError, InvalidMoveError PSY746 while nobody has looked.
        """
        seat = self._seat
        found = find_student(seat.school, student)
        data = accessing.file_for(seat.school, seat.actor, self._of(person), found, seat.now())
        plain: dict[str, Any] = seat.plain(data)
        return plain

    def write(self, student: str, file: str | Path, person: str | None = None) -> Path:
        """The same as a file that only its owner can read. Raises PlanError PSY742 where it is."""
        path = Path(file)
        if path.exists():
            raise PlanError("PSY742", file=path.name)
        text = json.dumps(self.read(student, person), ensure_ascii=False, indent=2) + "\n"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
        except OSError:
            raise PlanError("PSY212", where={"path": str(path)}, file=path.name) from None
        return path

    def hold(self, student: str, reason: str) -> Receipt:
        """Nothing about this student may be erased, and why. Raises NotPermittedError PSY002."""
        found = find_student(self._seat.school, student)
        return self._seat.do(c.PlaceHold(student=found, reason=reason))

    def release(self, student: str, reason: str) -> Receipt:
        """It may be erased again, and why. Raises InvalidMoveError PSY745 without a hold."""
        found = find_student(self._seat.school, student)
        return self._seat.do(c.LiftHold(student=found, reason=reason))

    def _of(self, person: str | None) -> PersonId:
        return PersonId(Actor(person or self._seat.actor))
