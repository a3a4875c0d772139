"""The store in memory: for tests and demonstrations, and the model other stores are held against.

It is written to be read: every rule of the contract stands in one plain place. Nothing survives
the process.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

import attrs

from psysafe.contracts.forgetting import Whom, concerns
from psysafe.contracts.storage import (
    FIRST_LINK,
    INDEXES,
    Changes,
    Claimed,
    Committed,
    Conflict,
    Document,
    Duplicate,
    Entry,
    Page,
    Put,
    Query,
    Record,
    Settlement,
    Snapshot,
    StorageRecord,
    Walk,
    check_changes,
    document_kind,
    next_link,
    walk,
)
from psysafe.contracts.storage_abilities import check_kept
from psysafe.ids import Part


@attrs.frozen
class _Waiting:
    """An outbox entry: `token` and `until` stand while somebody holds its lease."""

    entry: Entry
    attempt: int = 0
    token: int | None = None
    until: datetime | None = None

    @property
    def free(self) -> datetime:
        """When it can be claimed."""
        return self.entry.due if self.until is None else max(self.entry.due, self.until)

    def can_be_claimed(self, now: datetime, lease: timedelta) -> bool:
        """Due and not held. A lease longer than any that begins now was taken by a wrong clock."""
        held = self.until is not None and now < self.until <= now + lease
        return self.entry.due <= now and not held

    def claimed(self, part: Part) -> Claimed:
        entry = self.entry
        if self.token is None:
            raise ValueError("nobody holds the lease")
        return Claimed(
            part=part,
            key=entry.key,
            topic=entry.topic,
            reference=entry.reference,
            due=entry.due,
            urgency=entry.urgency,
            token=self.token,
            attempt=self.attempt,
            ambiguous=False,
        )


@attrs.define
class _School:
    """What one part holds."""

    position: int = 0
    link: bytes = FIRST_LINK
    documents: dict[str, Document] = attrs.field(factory=dict)
    journal: list[Record] = attrs.field(factory=list)
    receipts: dict[tuple[str, str], Duplicate] = attrs.field(factory=dict)
    outbox: dict[str, _Waiting] = attrs.field(factory=dict)

    def version(self, key: str) -> int:
        found = self.documents.get(key)
        return found.version if found else 0


class MemoryStorage:
    """All six methods over plain dictionaries, behind one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._schools: dict[Part, _School] = {}
        self._claims = 0

    def read(self, part: Part, keys: Sequence[str]) -> Snapshot:
        with self._lock:
            school = self._school(part)
            found = {key: school.documents[key] for key in keys if key in school.documents}
            return Snapshot(school.position, school.link, found)

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        check_changes(changes)
        with self._lock:
            return self._committed(self._school(part), changes, settle)

    def forget(self, part: Part, changes: Changes, whom: Whom) -> Committed | Conflict | Duplicate:
        check_changes(changes)
        with self._lock:
            school = self._school(part)
            outcome = self._committed(school, changes, ())
            if isinstance(outcome, Committed):
                self._empty(school, whom)
            return outcome

    def compact(self) -> None:
        """What is deleted here is gone at once."""

    def query(self, part: Part, query: Query) -> Page:
        plan = walk(query)
        with self._lock:
            rows = islice(self._rows(self._school(part), query, plan), query.limit + 1)
            found = list(rows)
        shown = found[: query.limit]
        cursor = plan.cursor(*shown[-1][:2]) if len(found) > query.limit else None
        return Page(tuple(document for _, _, document in shown), cursor)

    def journal(
        self, part: Part, after: int, limit: int, stream: str | None = None
    ) -> tuple[Record, ...]:
        with self._lock:
            records = self._school(part).journal
            start = bisect_right(records, after, key=lambda record: record.position)
            found = (r for r in records[start:] if stream is None or r.stream == stream)
            return tuple(islice(found, max(limit, 0)))

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        with self._lock:
            due = [
                (waiting, part)
                for part in dict.fromkeys(parts)
                for waiting in self._school(part).outbox.values()
                if waiting.can_be_claimed(now, lease)
            ]
            due.sort(key=lambda w: (w[0].entry.urgency, w[0].entry.due, w[0].entry.key, w[1]))
            return tuple(self._take(part, w, now + lease) for w, part in due[: max(limit, 0)])

    def settle(self, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
        with self._lock:
            return self._settle(self._school(part), results)

    def next_due(self, parts: Sequence[Part]) -> datetime | None:
        with self._lock:
            waiting = (w for part in parts for w in self._school(part).outbox.values())
            return min((w.free for w in waiting), default=None)

    def keep(
        self, part: Part, put: Sequence[Put], expect: Mapping[str, int], delete: Sequence[str] = ()
    ) -> bool:
        check_kept(put, delete)
        with self._lock:
            school = self._school(part)
            if self._stale(school, expect):
                return False
            for one in put:
                school.documents[one.key] = self._document(school, one)
            for key in delete:
                school.documents.pop(key, None)
            return True

    def close(self) -> None:
        """Nothing is held outside the process."""

    # The steps of a commit, each a place where a broken store can go wrong (testing/faulty.py).

    def _school(self, part: Part) -> _School:
        return self._schools.setdefault(part, _School())

    def _committed(
        self, school: _School, changes: Changes, settle: Sequence[Settlement]
    ) -> Committed | Conflict | Duplicate:
        earlier = school.receipts.get((changes.actor, changes.command))
        if earlier is not None:
            return earlier
        stale = self._stale(school, changes.expect)
        if stale:
            return Conflict(stale)
        self._write(school, changes)
        self._settle(school, settle)
        self._queue(school, changes.outbox)
        return Committed(school.position, school.link)

    def _empty(self, school: _School, whom: Whom) -> None:
        for at, record in enumerate(school.journal):
            if record.stream in whom.streams and record.emptied is None:
                school.journal[at] = self._emptied(record)
                named = (record.actor, record.command)
                if record.link is not None and named in school.receipts:
                    school.receipts[named] = Duplicate(record.position, b"", b"")
        for key, document in list(school.documents.items()):
            if document.index.get("subject") in whom.subjects:
                del school.documents[key]
        references = frozenset(whom.references)
        for key, waiting in list(school.outbox.items()):
            if concerns(waiting.entry.reference, references):
                del school.outbox[key]

    def _emptied(self, record: Record) -> Record:
        return attrs.evolve(record, body=b"", emptied=sha256(record.body).digest())

    def _stale(self, school: _School, expect: Mapping[str, int]) -> tuple[str, ...]:
        return tuple(key for key, version in expect.items() if school.version(key) != version)

    def _write(self, school: _School, changes: Changes) -> None:
        school.link = self._chain(school, changes)
        for left, event in enumerate(changes.events, start=1 - len(changes.events)):
            school.position = self._next_position(school)
            school.journal.append(
                Record(
                    position=school.position,
                    stream=event.stream,
                    actor=changes.actor,
                    command=changes.command,
                    header=event.header,
                    body=event.body,
                    link=school.link if left == 0 else None,
                )
            )
        for put in changes.put:
            school.documents[put.key] = self._document(school, put)
        for key in changes.delete:
            school.documents.pop(key, None)
        school.receipts[changes.actor, changes.command] = Duplicate(
            school.position, changes.content, changes.receipt
        )

    def _chain(self, school: _School, changes: Changes) -> bytes:
        return next_link(school.link, changes.digest)

    def _next_position(self, school: _School) -> int:
        return school.position + 1

    def _document(self, school: _School, put: Put) -> Document:
        index = {"kind": document_kind(put.key), **put.index}
        kept = {field: value for field, value in index.items() if value}
        return Document(put.key, school.version(put.key) + 1, put.body, kept)

    def _queue(self, school: _School, entries: Iterable[Entry]) -> None:
        for entry in entries:
            school.outbox.setdefault(entry.key, _Waiting(entry))

    def _settle(self, school: _School, results: Iterable[Settlement]) -> tuple[str, ...]:
        return tuple(r.key for r in results if self._settle_one(school, r))

    def _settle_one(self, school: _School, result: Settlement) -> bool:
        waiting = school.outbox.get(result.key)
        if waiting is None or waiting.token != result.token:
            return False
        if result.again is None:
            del school.outbox[result.key]
        else:
            entry = attrs.evolve(waiting.entry, due=result.again)
            school.outbox[result.key] = _Waiting(entry, waiting.attempt)
        return True

    def _take(self, part: Part, waiting: _Waiting, until: datetime) -> Claimed:
        taken = _Waiting(waiting.entry, waiting.attempt + 1, self._next_token(), until)
        self._school(part).outbox[waiting.entry.key] = taken
        return attrs.evolve(taken.claimed(part), ambiguous=waiting.token is not None)

    def _next_token(self) -> int:
        self._claims += 1
        return self._claims

    def _rows(
        self, school: _School, query: Query, plan: Walk
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Document]]:
        """Prefix, order values and document of every row that the query still has to show."""
        after = plan.after
        for prefix in plan.prefixes:
            rows = []
            for document in school.documents.values():
                if document.index["kind"] != prefix[0]:
                    continue  # most are of another kind, and every index begins with it
                equal, order = _places(document, query, plan)
                if equal != prefix or not _within(order[0], query):
                    continue
                if after is None or order > after:
                    rows.append((prefix, order, document))
            after = None
            yield from sorted(rows, key=lambda row: row[1])


def _places(
    document: Document, query: Query, plan: Walk
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """A document's values of the query's prefix and order; no prefix: not in this index."""
    values = {**document.index, "key": document.key}
    order = tuple(values.get(field, "") for field in plan.order)
    if not all(values.get(field) for field in INDEXES[query.index][:2]):
        return None, order
    return tuple(values.get(field, "") for field in plan.equal), order


def _within(value: str, query: Query) -> bool:
    return (query.low is None or value >= query.low) and (query.high is None or value < query.high)


def _open(settings: Mapping[str, Any], folder: Path) -> MemoryStorage:
    return MemoryStorage()


RECORD = StorageRecord(name="memory", open=_open)
