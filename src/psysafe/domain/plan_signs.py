"""What a plan says about collective signs: from how many students on, and within what time.

[collective_signs]
measures = ["watch_closely"]
[collective_signs.window]
within = "14 days"
origin = { kind = "practice", ref = "..." }
[collective_signs.moderate]
value = 3
origin = { kind = "practice", ref = "..." }
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from psysafe.domain.codes_signs import MEASURES
from psysafe.domain.plan import CollectiveSigns, Deadline, Figure, Origin
from psysafe.domain.tables import Table

#: More students than any class has.
MOST: Final = 200


def read_signs(
    top: Table, origin: Callable[[Table], Origin], deadline: Callable[[Table], Deadline]
) -> CollectiveSigns | None:
    """What the plan says; None where it says nothing. `origin`, `deadline` read such a table."""
    table = top.table("collective_signs", needed=False)
    if table is None:
        return None

    def figure(key: str) -> Figure:
        inner = table.table(key)
        if inner is None:
            return Figure(value=1, origin=Origin("site", "not stated"))
        found = Figure(value=inner.number("value", 1, MOST), origin=origin(inner))
        inner.refuse_the_rest()
        return found

    measures = table.texts("measures", needed=True)
    if not set(measures) <= set(MEASURES):
        table.wrong("measures", "codes of measures")
    inner = table.table("window")
    found = CollectiveSigns(
        window=deadline(inner) if inner is not None else deadline(table),
        moderate=figure("moderate"),
        high=figure("high"),
        death=figure("death"),
        measures=measures,
    )
    table.refuse_the_rest()
    return found
