"""What members of staff are called, for those who are of the school themselves."""

from __future__ import annotations

from typing import Any

from psysafe.desk.seat import Seat
from psysafe.engine.gather import roster
from psysafe.ids import kind_of


def names_in(seat: Seat, data: Any) -> dict[str, str]:
    """The names of the colleagues whose ids stand in what the actor was shown, by their ids.

    Whoever is of the school knows their colleagues. Students, guardians, houses outside and the
    operator of the machine get no name by this: where they may have one, it is in the data.
    """
    people = roster(seat.school)
    if kind_of(seat.actor) != "staff" or not people.inside(seat.actor, seat.now()):
        return {}
    return people.names_in(data)
