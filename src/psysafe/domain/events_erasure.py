"""That somebody was erased, or a note. A room of `events`."""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import Actor
from psysafe.sensitivity import record, ref


@record
class StudentErased:
    """The receipt of an erasure: that it was done, by whom and why; whose it was is not in it."""

    mark: str = ref()
    """a keyed digest: it recognises the student in an old backup, and tells nobody who it was"""
    basis: str = ref()
    by: Actor = ref()
    at: datetime = ref()
    notes: tuple[str, ...] = ref(default=())
    """streams of notes that were about the student, and went too"""
    again: bool = ref(default=False)
    """done again, because a backup from before it was put back"""


@record
class NoteErased:
    """The receipt of a note whose time was up: that it went, and when; not what stood in it."""

    mark: str = ref()
    """a keyed digest: it recognises the note in an old backup, and tells nobody what it was"""
    by: Actor = ref()
    at: datetime = ref()
    again: bool = ref(default=False)
    """done again, because a backup from before it was put back"""


OfErasure = StudentErased | NoteErased
