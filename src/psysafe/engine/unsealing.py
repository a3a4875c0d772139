"""Events as they stand in the journal: one of them opened, one stream from its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from psysafe import wire
from psysafe.contracts.storage import Record
from psysafe.domain import events as e
from psysafe.engine.school import School
from psysafe.errors import NotFoundError, StorageError
from psysafe.sealing import event_place

PAGE: Final = 500


def event_of(school: School, one: Record) -> e.Event:
    """The event in a journal record. Raises StorageError or InvalidDataError where damaged,
    NotFoundError where whoever it was about was erased."""
    if one.emptied is not None:
        raise NotFoundError
    header = wire.read_header(one.header)
    if (header.stream, header.actor) != (one.stream, one.actor):
        # The chain holds the header; by these columns a record is found. The commands may differ:
        # sheets that are committed together have one each.
        raise StorageError("PSY403", record=one.stream, problem="not what its header says")
    place = event_place(header.command, header.ordinal)
    body = school.sealer.open_stored(school.part, header.subject or "school", place, one.body)
    return wire.decode_event(header.kind, header.version, body)


def records_of(school: School, stream: str) -> Iterator[Record]:
    """One stream from its beginning. Raises StorageError where a page cannot be read."""
    after = 0
    while page := school.storage.journal(school.part, after, PAGE, stream=stream):
        yield from page
        after = page[-1].position
