"""A sudden closure at a desk: said once, and every live case has its hand-over the same day."""

from __future__ import annotations

from datetime import date, timedelta

from psysafe.desk.seat import Seat
from psysafe.domain.world import Around
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import roster
from psysafe.engine.holidays import close_school
from psysafe.engine.reading import journal_list
from psysafe.errors import InvalidMoveError, NotPermittedError
from psysafe.ids import CommandId, PersonId

_FURTHEST = timedelta(days=366)


class Closures:
    """The school closes from one day to the next."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def begin(self, last: date, command: CommandId | None = None) -> Receipt:
        """The school is closed from today until a day. Whoever has a live case owes, the same day,
        that the student is handed over to somebody at home by name, and a plan for the closure.

        The receipt is the same whatever cases there are. Raises NotPermittedError PSY002,
        InvalidMoveError PSY149 for a last day before today or more than a year ahead.
        """
        seat, school, now = self._seat, self._seat.school, self._seat.now()
        around = Around(roster=roster(school), plan=school.plan, calendar=school.calendar)
        if not around.may("sudden_closure", seat.actor, now):
            raise NotPermittedError("PSY002", action="closure")
        if not timedelta() <= last - school.calendar.local_day(now) <= _FURTHEST:
            raise InvalidMoveError("PSY149", last=last.isoformat())
        known = command or school.ids.command()
        journal_list(school, seat.actor, "closure", now, (last.isoformat(),))
        close_school(school, last, PersonId(seat.actor), now, known)
        return Receipt(command=known)
