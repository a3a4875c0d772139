"""What was shown of figures: kept, so that the next release cannot be held against the last."""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import Actor
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class FiguresReleased:
    """A table of figures was shown. It is its own record: the last release of a name is kept.

    `hidden` are places of hidden counts and totals as row and column, -1 for a total.
    """

    name: str = ref()
    by: Actor = ref()
    at: datetime = ref()
    k: int = ref()
    rows: tuple[str, ...] = ref()
    columns: tuple[str, ...] = ref()
    counts: tuple[tuple[int, ...], ...] = item(ItemClass.EXPOSURE)
    hidden: tuple[tuple[int, int], ...] = ref(default=())
    known: tuple[tuple[int, int, int], ...] = item(ItemClass.EXPOSURE, default=())
    """places that are hidden now, with the number that earlier releases showed there last"""
