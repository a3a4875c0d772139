"""Collective signs: seen, looked at, proposed for, answered, taken back; and circles declared."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.engine import signs, signs_listing
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.ids import CommandId


class Signs:
    """Several students of one class, dormitory or circle of friends at once (C3.2)."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> builtins.list[dict[str, Any]]:
        """The signs that this actor may see: with names of groups, or in figures alone."""
        seat = self._seat
        found = signs_listing.listed(seat.school, seat.actor, seat.now())
        return [seat.plain(line) for line in found]

    def propose(
        self, sign: str, measures: Sequence[str], note: str = "", command: CommandId | None = None
    ) -> Receipt:
        """Propose what is done; the leading group owes the answer.

        Raises NotFoundError, NotPermittedError PSY002, InvalidMoveError PSY078, PSY027,
        InvalidDataError PSY013, PSY021, PSY080.
        """
        seat = self._seat
        return signs.propose(
            seat.school, seat.actor, sign, tuple(measures), note, seat.now(), command
        )

    def answer(
        self, sign: str, approved: bool, note: str = "", command: CommandId | None = None
    ) -> Receipt:
        """Approve what is proposed, or ask for something else.

        Raises NotFoundError, NotPermittedError PSY002, InvalidMoveError PSY006, PSY078, PSY079.
        """
        seat = self._seat
        return signs.answer(seat.school, seat.actor, sign, approved, note, seat.now(), command)

    def take_back(self, sign: str, reason: str, command: CommandId | None = None) -> Receipt:
        """It was no sign: everybody who was told is told. Raises as `answer`."""
        seat = self._seat
        return signs.take_back(seat.school, seat.actor, sign, reason, seat.now(), command)

    def declare(
        self, kind: str, name: str, students: Sequence[str], command: CommandId | None = None
    ) -> Receipt:
        """Say who shares a dormitory or who are friends: all of them; nobody: it is no more.

        Raises NotFoundError, NotPermittedError PSY002, InvalidDataError PSY013, PSY103.
        """
        seat = self._seat
        members = tuple(find_student(seat.school, one) for one in students)
        return signs_listing.declare(
            seat.school, seat.actor, kind, name, members, seat.now(), command
        )

    def circles(self) -> builtins.list[dict[str, Any]]:
        """The declared circles for which this actor may speak."""
        seat = self._seat
        found = signs_listing.circles(seat.school, seat.actor, seat.now())
        return [seat.plain(line) for line in found]
