"""When the time of a note is up: listed for whoever may still link it, swept by the daily look.

A note that nobody linked is about nobody whom the school knows, so nobody asks for it to be erased
and no file takes it along. The clock does, by the school's own `[retention] notes`, counted from
the last time that somebody looked at it. What still waits to be checked, and whoever is still to be
answered about it, holds it. A note that was linked goes with its student and not by this.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from psysafe import wire
from psysafe.contracts.forgetting import Forgetting
from psysafe.domain import notes
from psysafe.domain.duties_notes import OPEN, Note
from psysafe.domain.erasure import answers_wait
from psysafe.domain.world import Around
from psysafe.engine.erasing import forget_notes
from psysafe.engine.erasing_whom import documents_of, linked, notices_of
from psysafe.engine.gather import readable, roster
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.engine.unsealing import records_of
from psysafe.errors import NotFoundError, StorageError
from psysafe.ids import Actor

#: How long a note may lie beyond its time, so that the file is written anew once for several
#: (practice: a file is written anew while nobody can write to it).
TOGETHER: Final = timedelta(days=7)
_log = logging.getLogger("psysafe.engine")


@attrs.frozen(kw_only=True)
class Ending:
    """A note that nobody linked, and until when it is kept."""

    stream: str
    version: int
    note: Note = attrs.field(repr=False)
    checked: datetime
    until: datetime
    held: bool
    """whether somebody is still to be answered about it"""


def sweep(school: School, now: datetime) -> int:
    """Erase the notes whose time is up, all of them once one has lain a week beyond; how many.

    Where it fails it is tried again at the next look: no alarm waits for it.
    """
    if school.notes_for is None or school.ledger is None:
        return 0
    if not isinstance(school.storage, Forgetting):
        return 0  # `check` says that this store cannot forget
    try:
        over = [one for one in _ending(school, now, now) if one.until <= now and not one.held]
        if not any(one.until + TOGETHER <= now for one in over):
            return 0
        return forget_notes(school, {one.stream: one.version for one in over}, now)
    except StorageError as error:
        _log.error("notes could not be swept", extra={"code": error.code})
        return 0


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Notes that go by themselves and when, the next first, for whoever checks notes.

    What stands in a note is not shown; nothing is listed for anybody else, and nothing where the
    school has set no time. Raises ConflictError PSY020.
    """
    around = Around(roster=roster(school), plan=school.plan, calendar=school.calendar)
    found = []
    for one in sorted(_ending(school, now), key=lambda one: (one.until, one.stream)):
        try:
            notes.readable_by(around, one.note, actor, now)
        except NotFoundError:
            continue
        line = {
            "note": one.note.id,
            "state": one.note.state,
            "told": one.note.signal.at,
            "checked": one.checked,
            "kept_until": one.until,
            "held": one.held,
        }
        found.append(line)
    journal_list(school, actor, "notes_retention", now)
    return found


def _ending(school: School, now: datetime, over: datetime | None = None) -> Iterator[Ending]:
    """Every note that goes by itself; with `over` not those whose time cannot be up by then."""
    if school.notes_for is None:
        return
    for document, note in readable(school, documents_of(school, "note"), Note):
        told = school.calendar.due(note.signal.at, school.notes_for).at
        if note.state == OPEN or (over is not None and told > over):
            continue
        checked = _last_checked(school, document.key)
        if checked is None or linked(school, document.key) is not None:
            continue
        yield Ending(
            stream=document.key,
            version=document.version,
            note=note,
            checked=checked,
            until=school.calendar.due(checked, school.notes_for).at,
            held=answers_wait(notices_of(school, document.key), now),
        )


def _last_checked(school: School, stream: str) -> datetime | None:
    headers = [wire.read_header(one.header) for one in records_of(school, stream)]
    return max((one.at for one in headers if one.kind == "note_checked"), default=None)
