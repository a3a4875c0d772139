"""Exposure facts of students, and one-to-one support of those whom a teacher accompanies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.domain.figures import TOTAL
from psysafe.engine import exposing, rounds
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.errors import NotPermittedError
from psysafe.ids import CommandId


class Exposures:
    """What is known of students and the epidemic (A2.1, C5.1)."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def record(
        self,
        student: str,
        fact: str,
        *,
        since: datetime,
        closes: datetime,
        until: datetime | None = None,
        purpose: str = "epidemic_care",
        command: CommandId | None = None,
    ) -> Receipt:
        """Write a fact down (codes: exposures), corrected where the same one still holds.

        Times are aware: `until` is the first moment at which it holds no more, `closes` the one
        from which the purpose is closed and the fact is used for nothing. Raises NotFoundError,
        NotPermittedError, InvalidDataError PSY013, PSY033.
        """
        wish = c.RecordExposure(
            student=find_student(self._seat.school, student),
            fact=fact,
            since=since,
            until=until,
            purpose=purpose,
            closes=closes,
        )
        return self._seat.do(wish, command)

    def end(self, student: str, fact: str, until: datetime) -> Receipt:
        """The fact holds no more from `until` on. Raises NotFoundError where it does not hold."""
        found = find_student(self._seat.school, student)
        return self._seat.do(c.EndExposure(student=found, fact=fact, until=until))

    def facts(self) -> list[dict[str, Any]]:
        """The students whose exposure this actor may see, with the facts."""
        seat = self._seat
        return [seat.plain(x) for x in exposing.listed(seat.school, seat.actor, seat.now())]

    def counts(self) -> list[dict[str, Any]]:
        """Per class: how many are confirmed, suspected, feverish, close contacts now (C5.1)."""
        seat = self._seat
        return [seat.plain(x) for x in exposing.counts(seat.school, seat.actor, seat.now())]

    def figures(self) -> dict[str, Any]:
        """Grade by grade, for whoever may have figures: `rows`, `columns`, `counts`, `totals`.

        None stands for a count that is hidden because it, or what it would betray, is small.
        Raises NotPermittedError PSY002 for whoever has a right to no figures.
        """
        shown = exposing.figures(self._seat.school, self._seat.actor, self._seat.now())
        if shown is None:
            raise NotPermittedError("PSY002", action="figures")
        width = range(len(shown.columns))
        return {
            "k": shown.k,
            "rows": list(shown.rows),
            "columns": list(shown.columns),
            "counts": [[shown.cells[r, c] for c in width] for r in range(len(shown.rows))],
            "totals": [shown.cells[TOTAL, c] for c in width],
        }


class SupportDesk:
    """One-to-one support (一对一服务): reach out every week, and say what came of it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def start(self, student: str, closes: datetime | None = None) -> Receipt:
        """Begin; nothing happens where it is under way."""
        found = find_student(self._seat.school, student)
        return self._seat.do(c.StartSupport(student=found, closes=closes))

    def end(self, student: str) -> Receipt:
        """No more is owed. Raises InvalidMoveError PSY032 where none is under way."""
        found = find_student(self._seat.school, student)
        return self._seat.do(c.EndSupport(student=found))

    def log(
        self,
        student: str,
        means: str,
        outcome: str = "reached",
        symptoms: Mapping[str, str] | None = None,
        *,
        needs: tuple[str, ...] = (),
        dangers: tuple[str, ...] = (),
        place: str = "unknown",
        note: str = "",
        command: CommandId | None = None,
    ) -> Receipt:
        """Say what came of reaching out: by which `means`, `reached` or `not_reached`, and how
        the student is. A symptom or a danger is a report as well; two tries in vain are, too.
        """
        wish = c.LogContact(
            student=find_student(self._seat.school, student),
            means=means,
            outcome=outcome,
            symptoms=dict(symptoms or {}),
            needs=needs,
            dangers=dangers,
            place=place,
            note=note,
        )
        return self._seat.do(wish, command)

    def owed(self) -> list[dict[str, Any]]:
        """Whom this actor is to reach: by when, how often in vain, how it was the last times."""
        seat = self._seat
        return [seat.plain(x) for x in rounds.accompanied(seat.school, seat.actor, seat.now())]
