"""Commits and outbox entries for tests of a storage: made of small values, so that runs collide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from psysafe.contracts.storage import (
    Changes,
    Claimed,
    Committed,
    Conflict,
    Document,
    Duplicate,
    Entry,
    NewEvent,
    Put,
    Query,
    Record,
    Settlement,
    Storage,
    commit_digest,
)
from psysafe.ids import Part

NOW: Final = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
LEASE: Final = timedelta(seconds=30)
ACTOR: Final = "staff:t-002"


def minutes(number: float) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=number)


def put(key: str, body: bytes = b"body", **index: str) -> Put:
    """A document to write, with its index values by name."""
    return Put(key=key, body=body, index=index)


def event(number: int = 1, stream: str = "student/s-1", body: bytes = b"sealed") -> NewEvent:
    """An event whose header tells it from others."""
    return NewEvent(stream=stream, header=b'{"number":%d}' % number, body=body)


def entry(key: str, due: datetime = NOW, urgency: int = 1, reference: str = "ref") -> Entry:
    """An outbox entry."""
    return Entry(key=key, topic="notice", reference=reference, due=due, urgency=urgency)


def changes(
    command: str,
    *,
    actor: str = ACTOR,
    expect: Mapping[str, int] | None = None,
    events: Sequence[NewEvent] | None = None,
    puts: Iterable[Put] = (),
    delete: Iterable[str] = (),
    outbox: Iterable[Entry] = (),
    content: bytes = b"content",
    receipt: bytes = b"receipt",
) -> Changes:
    """A command's changes with their digest made."""
    told = tuple(events) if events is not None else (event(),)
    return Changes(
        actor=actor,
        command=command,
        content=content,
        expect=expect or {},
        events=told,
        digest=commit_digest(told),
        receipt=receipt,
        put=tuple(puts),
        delete=tuple(delete),
        outbox=tuple(outbox),
    )


class School:
    """One part of a store under test, with commands numbered by themselves."""

    def __init__(self, store: Storage, part: Part) -> None:
        self.store = store
        self.part = part
        self._numbers = count(1)

    def attempt(
        self,
        *puts: Put,
        expect: Mapping[str, int] | None = None,
        events: Sequence[NewEvent] | None = None,
        delete: Iterable[str] = (),
        outbox: Iterable[Entry] = (),
        settle: Sequence[Settlement] = (),
    ) -> Committed | Conflict | Duplicate:
        """Commit under a new command id."""
        made = changes(
            f"cmd-{next(self._numbers)}",
            expect=expect,
            events=events,
            puts=puts,
            delete=delete,
            outbox=outbox,
        )
        return self.store.commit(self.part, made, settle)

    def keep(
        self,
        *puts: Put,
        events: Sequence[NewEvent] | None = None,
        delete: Iterable[str] = (),
        outbox: Iterable[Entry] = (),
        settle: Sequence[Settlement] = (),
    ) -> Committed:
        """Commit without expectation; it must succeed."""
        done = self.attempt(*puts, events=events, delete=delete, outbox=outbox, settle=settle)
        assert isinstance(done, Committed), done
        return done

    def document(self, key: str) -> Document | None:
        return self.store.read(self.part, [key]).documents.get(key)

    def version(self, key: str) -> int:
        return self.store.read(self.part, [key]).version(key)

    def journal(self) -> tuple[Record, ...]:
        return self.store.journal(self.part, 0, 1_000_000)

    def claim(self, now: datetime = NOW, limit: int = 100) -> tuple[Claimed, ...]:
        return self.store.claim([self.part], now, limit, LEASE)

    def keys(self, query: Query) -> list[str]:
        return [document.key for document in self.store.query(self.part, query).documents]

    def everything(self, keys: Sequence[str]) -> tuple[object, ...]:
        """All that a refused commit must leave as it was, the outbox apart."""
        return self.store.read(self.part, keys), self.journal()


def only(claimed: Sequence[Claimed]) -> Claimed:
    """The one entry that was to be claimed."""
    assert len(claimed) == 1, [one.key for one in claimed]
    return claimed[0]


def done(claimed: Claimed) -> Settlement:
    """The settlement of whoever holds the lease."""
    return Settlement(claimed.key, claimed.token)
