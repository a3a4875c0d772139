"""Several writes that become durable together: what became of many messages costs one, not many.

What a group keeps is the end of something whose beginning is durable already (a claim is the
start of an attempt). Where the group cannot be kept, those claims come back in doubt, as after a
crash, and are sent again under their own keys.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from psysafe import wire
from psysafe.contracts.extras import Observed
from psysafe.contracts.storage_abilities import Grouping
from psysafe.domain import events as e
from psysafe.engine.school import School
from psysafe.ids import StudentId


@contextmanager
def together(school: School) -> Iterator[None]:
    """Make what this thread writes durable at the end of the block, where the store can.

    Observers hear of it afterwards. Raises StorageError where it could not be kept.
    """
    storage, thread = school.storage, threading.get_ident()
    if not isinstance(storage, Grouping) or thread in school.untold:
        yield
        return
    school.untold[thread] = []
    try:
        with storage.together(school.part):
            yield
    finally:
        told = school.untold.pop(thread)
    if told:
        school.plugins.observe(told)


def tell(school: School, observed: Sequence[Observed]) -> None:
    """Tell observers of what was made durable, or will be at the end of this thread's group."""
    waiting = school.untold.get(threading.get_ident())
    if waiting is None:
        school.plugins.observe(observed)
    else:
        waiting += observed


def observed(
    student: StudentId, events: Sequence[e.Event], now: datetime, first: int
) -> list[Observed]:
    """What observers are told of a student's events, of which the first has this position."""
    return [
        Observed(
            kind=wire.kind_of(type(event)), at=now, stream=f"file/{student}", position=position
        )
        for position, event in enumerate(events, first)
    ]
