"""What becomes of documents and outbox when a command's events are kept.

All of it is a function of the world before, the events and the file after them, so one command
and a batch of many bring about the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import attrs

from psysafe import wire
from psysafe.clock import to_wire
from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.files import StudentFile
from psysafe.domain.files_notices import evolve_notice, notice_of
from psysafe.domain.world import World
from psysafe.engine import cards, daily
from psysafe.engine.cards_offers import offers_changed, offers_gone
from psysafe.engine.cards_signs import heard_wakes
from psysafe.engine.leaving import lapses
from psysafe.engine.next_channel import next_after_receipt, next_send
from psysafe.ids import NoticeId, StudentId

#: An event's kind and the bytes of its fields.
Encoded = tuple[str, bytes]
_NO_PUNCTUATION: Final = str.maketrans("", "", "-:.Z")


@attrs.frozen(kw_only=True)
class Made:
    """What becomes of documents and outbox when a command's events are kept."""

    stored: tuple[cards.Stored, ...]
    gone: tuple[str, ...]
    entries: tuple[Entry, ...]
    fresh: tuple[str, ...]
    """keys of documents that must not be there yet"""

    @property
    def rows(self) -> int:
        """How many rows of the store it touches."""
        return len(self.stored) + len(self.gone) + len(self.entries)


def made_of(
    world: World,
    events: list[e.Event],
    encoded: Sequence[Encoded],
    after: StudentFile,
    now: datetime,
) -> Made:
    """Documents, cards and wake-ups of one student's events.

    `encoded` holds each event's kind and bytes, `after` is the file after them.
    """
    sheets = _sheets(events, encoded)
    return Made(
        stored=(
            *cards.documents(world.file, after, world.standing),
            *offers_changed(world.file, after),
            *_notices(world, events),
            *sheets,
        ),
        gone=(*cards.gone(world.file, after), *offers_gone(world.file, after)),
        entries=(
            *daily.gathering(
                cards.wake_ups(events, after, world.calendar),
                events,
                world.calendar,
                world.plan.daily,
            ),
            *_next_channels(world, events),
            *heard_wakes(events, after),
            *(lapses(attrs.evolve(world, file=after), now) if after is not world.file else ()),
        ),
        fresh=tuple(s.key for s in sheets),
    )


def _notices(world: World, events: list[e.Event]) -> list[cards.Stored]:
    """The notices that these events made or changed, as they are after all of them."""
    held = {world.notice.id: world.notice} if world.notice is not None else {}
    touched: dict[NoticeId, None] = {}
    for event in events:
        name = notice_of(event)
        if name is None:
            continue
        notice = evolve_notice(held.get(NoticeId(name)), event)
        if notice is not None:
            held[notice.id] = notice
            touched[notice.id] = None
    return [cards.notice_document(held[n]) for n in touched]


def _next_channels(world: World, events: list[e.Event]) -> list[Entry]:
    """Where a channel failed for good, the notice goes over the next one at once; also where its
    provider says so later."""
    if world.notice is None:
        return []
    found: list[Entry] = []
    for event in events:
        if isinstance(event, e.AttemptFinished):
            found += next_send(world.notice, event)
        elif isinstance(event, e.ReceiptHeard):
            found += next_after_receipt(world.notice, event)
    return found


def _sheets(events: list[e.Event], encoded: Sequence[Encoded]) -> tuple[cards.Stored, ...]:
    """The sheet of answers as a document of its own: kept once for student, scale and time."""
    return tuple(
        cards.sheet_document(
            sheet_key(scored.student, scored.scale, scored.answered_at),
            scored,
            wire.event_as_document(kind, body),
        )
        for scored, (kind, body) in zip(events, encoded, strict=True)
        if isinstance(scored, e.AnswersScored)
    )


def sheet_key(student: StudentId, scale: str, answered_at: datetime) -> str:
    """The document key of a sheet; (student, scale, answered_at) is its identity."""
    return f"sheet/{student}/{scale}/{_stamp(answered_at)}"


@lru_cache(maxsize=1024)
def _stamp(moment: datetime) -> str:
    """A moment in UTC without punctuation, `20261101T080000000000`."""
    return to_wire(moment).translate(_NO_PUNCTUATION)
