"""What a plan says about taking many students at once (X12): how many are many, and for how long.

[bulk.students]
value = 60
origin = { kind = "suggestion", ref = "..." }
[bulk.window]           # what was taken within this time counts together
within = "24 h"
origin = { kind = "suggestion", ref = "..." }
[bulk.answer]           # so long a second person has to answer
within = "1 school day"
origin = { kind = "suggestion", ref = "..." }
[bulk.use]              # so long an approval can be used, once
within = "24 h"
origin = { kind = "suggestion", ref = "..." }
"""

from __future__ import annotations

from collections.abc import Callable

from psysafe.domain.plan_limits import BulkRule, Deadline, Figure, Origin
from psysafe.domain.plan_signs import MOST
from psysafe.domain.tables import Table


def read_bulk(
    top: Table, origin: Callable[[Table], Origin], deadline: Callable[[Table], Deadline]
) -> BulkRule | None:
    """What the plan says; None where it says nothing. `origin`, `deadline` read such a table."""
    table = top.table("bulk", needed=False)
    if table is None:
        return None

    def limit(key: str) -> Deadline:
        inner = table.table(key)
        return deadline(inner if inner is not None else table)

    inner = table.table("students")
    students = Figure(value=1, origin=Origin("site", "not stated"))
    if inner is not None:
        # More than the largest class would be no limit at all.
        students = Figure(value=inner.number("value", 1, MOST), origin=origin(inner))
        inner.refuse_the_rest()
    found = BulkRule(
        students=students, window=limit("window"), answer=limit("answer"), use=limit("use")
    )
    table.refuse_the_rest()
    return found
