"""When a provider that can be asked is asked what became of a message that it took.

[lookups]
urgent = ["1 min", "3 min", "10 min"]      # high and imminent: so long after it was taken
other = ["10 min", "1 h", "6 h"]           # everything else
each_tick = 50                             # so many questions in one tick at most
origin = { kind = "suggestion", ref = "house default" }
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from psysafe.domain.calendar import Unit, Within, parse_within
from psysafe.domain.plan_limits import LookupRule, Origin
from psysafe.domain.tables import Table
from psysafe.errors import InvalidDataError

#: Questions about one message at most, and the latest one: what a provider does not know by then
#: it never will.
MOST: Final = 12
LATEST: Final = timedelta(days=7)
_EACH_TICK: Final = 500


def read_lookups(top: Table, origin: Callable[[Table], Origin]) -> LookupRule | None:
    """What the plan says; None where it says nothing: then nobody is asked."""
    table = top.table("lookups", needed=False)
    if table is None:
        return None
    found = LookupRule(
        urgent=_moments(table, "urgent"),
        other=_moments(table, "other"),
        each_tick=table.number("each_tick", 1, _EACH_TICK),
        origin=origin(table),
    )
    table.refuse_the_rest()
    return found


def _moments(table: Table, key: str) -> tuple[Within, ...]:
    """Spans of minutes and hours, each longer than the one before; pauses do not shrink."""
    said = table.texts(key)
    found = [one for one in (_span(text) for text in said) if one is not None]
    if len(found) < len(said) or not _grows([one.length() for one in found]):
        table.wrong(key, f"at most {MOST} times in min or h, up to 168 h, with pauses that grow")
        return ()
    return tuple(found)


def _span(text: str) -> Within | None:
    try:
        found = parse_within(text, "lookups")
    except InvalidDataError:
        return None
    return found if found.unit in (Unit.MINUTES, Unit.HOURS) else None


def _grows(spans: Sequence[timedelta]) -> bool:
    if len(spans) > MOST or any(one > LATEST for one in spans):
        return False
    before, pause = timedelta(), timedelta()
    for one in spans:
        if one - before <= timedelta() or one - before < pause:
            return False
        before, pause = one, one - before
    return True
