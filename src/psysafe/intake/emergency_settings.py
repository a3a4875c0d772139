"""`[emergency]`: whom of the staff psysafe calls where it cannot open the school.

[emergency]
after = "15 min"           # so long after the last tick that went well
again = "2 h"              # and again, as long as it lasts
number = "0571-0000 0000"  # whom they telephone

[emergency.call]           # channel = addresses of the staff, of nobody else
sms = ["138 0000 0000"]

It lies open, for it must be read when no key is there: telephones of duty, and no student's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import attrs

from psysafe.domain.calendar import Unit, Within
from psysafe.domain.plan_reading import duration
from psysafe.domain.tables import Table


@attrs.frozen(kw_only=True)
class Emergency:
    """The emergency call list. `call`: addresses by channel."""

    after: timedelta
    again: timedelta
    number: str = attrs.field(repr=False)
    call: Mapping[str, tuple[str, ...]] = attrs.field(repr=False)


def read_emergency(top: Table, channels: Iterable[str]) -> Emergency | None:
    """The list, or None where there is none; what is wrong is noted among the faults."""
    table = top.table("emergency", needed=False)
    if table is None:
        return None
    after, again = _wall(table, "after"), _wall(table, "again")
    number = table.text("number", limit=40)
    call = table.table("call")
    table.refuse_the_rest()
    found: dict[str, tuple[str, ...]] = {}
    if call is not None:
        found = {name: call.texts(name) for name in channels if call.has(name)}
        call.refuse_the_rest()
        if not any(found.values()):
            table.wrong("call", "a channel of the school = addresses")
    return Emergency(after=after, again=again, number=number, call=found)


def _wall(table: Table, key: str) -> timedelta:
    """A span by the wall clock: no calendar can be asked then."""
    found: Within = duration(table, key)
    span = {Unit.MINUTES: timedelta(minutes=1), Unit.HOURS: timedelta(hours=1)}.get(found.unit)
    if span is None and table.text(key, "", limit=60):
        table.wrong(key, "minutes or hours, such as 15 min")
    return (span or timedelta()) * found.count
