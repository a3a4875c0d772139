"""How the ages of consent of a plan are read: `[consent.guardian_below]` and its fellow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from psysafe.domain.plan import ConsentAges, Figure, Origin
from psysafe.domain.tables import Table

#: No law makes anybody older than this ask their parents.
OLDEST: Final = 30


def read_consent(top: Table, origin: Callable[[Table], Origin]) -> ConsentAges | None:
    """The plan's ages of consent; None where it has none. `origin` reads an origin."""
    table = top.table("consent", needed=False)
    if table is None:
        return None

    def age(key: str) -> Figure:
        inner = table.table(key)
        if inner is None:
            return Figure(value=OLDEST, origin=Origin("site", "not stated"))
        found = Figure(value=inner.number("value", 0, OLDEST), origin=origin(inner))
        inner.refuse_the_rest()
        return found

    found = ConsentAges(
        guardian_below=age("guardian_below"),
        guardian_always_below=age("guardian_always_below"),
    )
    table.refuse_the_rest()
    return found
