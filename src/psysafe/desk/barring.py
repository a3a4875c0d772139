"""Bars at a desk: who is kept from a student, and to whom a suspicion of harm was handed over."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from psysafe.contracts.storage import Query
from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.domain.people import Student
from psysafe.engine import barring
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import every_page, readable
from psysafe.errors import NotPermittedError
from psysafe.ids import Actor, PersonId, StudentId

_PAGE: Final = 200


def _person(name: str) -> PersonId:
    return PersonId(Actor(name))


class Bars:
    """Persons who are suspected of harm, and what is owed about it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> builtins.list[dict[str, Any]]:
        """Each student of whom this actor may know that somebody is barred, or owes something.

        `bars`, `handed_over`, `owed`; each line is journalled.
        """
        seat = self._seat
        return [seat.plain(line) for line in barring.listed(seat.school, seat.actor, seat.now())]

    def set(
        self, student: str, person: str, *, also: tuple[str, ...] = (), why: str = ""
    ) -> Receipt:
        """Bar a person, provisionally and at once, with declared relatives and household."""
        names = tuple(_person(one) for one in also)
        return self._do(c.SetBar, student, person=_person(person), also=names, why=why)

    def confirm(self, student: str, person: str, why: str = "") -> Receipt:
        """Confirm a provisional bar. It never ends by time."""
        return self._do(c.ConfirmBar, student, person=_person(person), why=why)

    def lift(self, student: str, person: str, why: str) -> Receipt:
        """Lift a bar, with the reason: the safeguarding lead alone, or who decides instead."""
        return self._do(c.LiftBar, student, person=_person(person), why=why)

    def hand_over(self, student: str, receiver: str, how: str) -> Receipt:
        """Say that the suspicion was handed over to `police`, `civil_affairs`, ..., and how."""
        return self._do(c.HandOverAllegation, student, receiver=receiver, how=how)

    def first(self, student: str, note: str = "") -> Receipt:
        """Say that another adult has been with the student first."""
        return self._do(c.GoFirst, student, note=note)

    def pause(self, class_id: str, until: datetime) -> int:
        """Let the one-to-one rounds of a whole class wait; of how many students.

        Raises NotPermittedError PSY002 for whoever may not, InvalidMoveError PSY086.
        """
        students = builtins.list(self._students(class_id))
        if not students:
            raise NotPermittedError("PSY002", action="pause_round")
        for student in students:
            self._seat.do(c.PauseRound(student=student, until=until))
        return len(students)

    def _students(self, class_id: str) -> Iterator[StudentId]:
        school = self._seat.school
        query = Query(index="placement", prefixes=(("student", class_id),), limit=_PAGE)
        yield from (one.id for _, one in readable(school, every_page(school, query), Student))

    def _do(self, command: type[Any], student: str, **fields: Any) -> Receipt:
        found = find_student(self._seat.school, student)
        return self._seat.do(command(student=found, **fields))
