"""The storage contract: documents, journal and outbox, one atomic commit, six methods.

A *part* is one school: the scope of journal, chain and order. Documents are bounded and carry
a version; the journal is append-only and chained; the outbox holds what is due, by reference,
without text. A store sees bytes, opaque keys and the declared index values, nothing else.

Times are passed in; a store never asks its own clock.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol

import attrs

from psysafe.errors import StorageError
from psysafe.ids import Part

CONTRACT: Final = 1
FIRST_LINK: Final = bytes(32)
#: The only kind of document that may be written outside the chain (see `Keeping`).
KEPT_KIND: Final = "channel"

#: The plain values by which documents can be found. All are opaque codes, ids or wire times.
INDEX_FIELDS: Final = (
    "kind",
    "subject",
    "class_id",
    "grade",
    "lifecycle",
    "tier",
    "owner",
    "severity",
    "due",
)

#: The declared indexes. A query gives equality prefixes over the leading fields of one of them
#: and a range over the field that follows; the fields after it and `key` close the order.
#: A document stands in an index when it has a value for the index's second field; a value that
#: is missing further on sorts and compares as the empty text.
INDEXES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "kind": ("kind",),
        "owner": ("kind", "owner", "lifecycle", "severity", "due"),
        "subject": ("kind", "subject", "due"),
        "placement": ("kind", "class_id", "lifecycle", "severity", "due"),
        "board": ("kind", "lifecycle", "severity", "due"),
    }
)

_FIELDS: Final = frozenset(INDEX_FIELDS)


@attrs.frozen
class Document:
    """A bounded record: its body as it was put, its version (1, 2, ...), its index values.

    `index` holds `kind` and every other field that has a value; an empty value is as none.
    """

    key: str
    version: int
    body: bytes = attrs.field(repr=False)
    index: Mapping[str, str] = attrs.field(repr=False)


@attrs.frozen
class Snapshot:
    """Documents and the journal's head, read at one moment. A key that is absent is not there."""

    position: int
    link: bytes
    documents: Mapping[str, Document]

    def version(self, key: str) -> int:
        """The version of a document; 0 where there is none."""
        found = self.documents.get(key)
        return found.version if found else 0


@attrs.frozen
class NewEvent:
    """An event on its way in: plain header (no name, no free text), sealed body."""

    stream: str
    header: bytes
    body: bytes = attrs.field(repr=False)


@attrs.frozen
class Put:
    """A document to write.

    `index` holds only INDEX_FIELDS. `kind` need not be given: it is the key up to its first slash.
    """

    key: str
    body: bytes = attrs.field(repr=False)
    index: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Entry:
    """Something that is due at a time. An entry whose key is already waiting changes nothing."""

    key: str
    topic: str
    reference: str
    due: datetime
    urgency: int
    """0 goes first."""


@attrs.frozen
class Settlement:
    """What became of a claimed entry: done (`again` is None), or due again at a time.

    An entry that is due again keeps its attempts and loses its lease.
    """

    key: str
    token: int
    again: datetime | None = None


@attrs.frozen
class Changes:
    """Everything that one command makes durable, together or not at all."""

    actor: str
    command: str
    content: bytes
    """SHA-256 of the command's own content: the same id with other content is a conflict."""
    expect: Mapping[str, int]
    """The versions of every document decided upon, also of those only read; 0: must not exist."""
    events: tuple[NewEvent, ...]
    """At least one: whoever acts leaves a line in the journal."""
    digest: bytes
    """`commit_digest(events)`, made by the caller."""
    receipt: bytes = attrs.field(repr=False)
    put: tuple[Put, ...] = ()
    delete: tuple[str, ...] = ()
    outbox: tuple[Entry, ...] = ()


@attrs.frozen
class Committed:
    """Durable. `position` is that of the last event; `link` the chain's new head."""

    position: int
    link: bytes


@attrs.frozen
class Conflict:
    """Nothing was changed: these documents have another version than expected."""

    keys: tuple[str, ...]


@attrs.frozen
class Duplicate:
    """Nothing was changed: this actor's command id was committed before, with this receipt."""

    position: int
    content: bytes
    receipt: bytes = attrs.field(repr=False)


@attrs.frozen
class Record:
    """One event of the journal. The last event of a commit carries its link, the others None."""

    position: int
    stream: str
    actor: str
    command: str
    header: bytes
    body: bytes = attrs.field(repr=False)
    link: bytes | None
    emptied: bytes | None = None
    """SHA-256 of the body where whoever it is about was erased; the body is empty then"""


@attrs.frozen
class Query:
    """A page of documents over one declared index.

    `prefixes` are equality prefixes of equal length (at least one field) over the index's leading
    fields, answered one after the other in the order given, each once; `low` (inclusive) and
    `high` (exclusive) bound the field that follows. Each prefix is ordered by that field, the
    fields after it, then the key. Where the prefix names every field (as with the index `kind`)
    the range is over the key itself. `cursor` comes from an earlier page and names its last row;
    that row need not be there any more.
    """

    index: str
    prefixes: tuple[tuple[str, ...], ...]
    low: str | None = None
    high: str | None = None
    limit: int = 50
    cursor: str | None = None


@attrs.frozen
class Page:
    """Documents in index order, and the cursor of the next page, None at the end."""

    documents: tuple[Document, ...]
    cursor: str | None


@attrs.frozen
class Claimed:
    """An entry handed to one worker until its lease ends.

    `attempt` counts from 1; `ambiguous`: the attempt before this one was started and never
    settled, so nobody knows whether it took effect.
    """

    part: Part
    key: str
    topic: str
    reference: str
    due: datetime
    urgency: int
    token: int
    attempt: int
    ambiguous: bool


class Storage(Protocol):
    """Six methods. All raise StorageError (PSY4xx) when the store itself fails."""

    def read(self, part: Part, keys: Sequence[str]) -> Snapshot:
        """Head and documents of one moment."""
        ...

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        """All or nothing. Position and link are assigned here, inside the transaction.

        First the command id is looked up (Duplicate), then the expected versions (Conflict).
        Every document put gets the version after its present one. Entries are settled before new
        ones are queued; those settled with a stale token stay as they are and the rest of the
        commit goes on. Raises StorageError PSY409 for what `check_changes` refuses.
        """
        ...

    def query(self, part: Part, query: Query) -> Page:
        """One page over a declared index. Raises StorageError PSY407 for anything else."""
        ...

    def journal(
        self, part: Part, after: int, limit: int, stream: str | None = None
    ) -> tuple[Record, ...]:
        """Events with a position above `after`, in order; positions are contiguous from 1."""
        ...

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        """What is due at `now` and not leased, by urgency, then due time, then key.

        A lease that ends after `now + lease` was taken by a clock that ran ahead: it counts as
        none, or one wrong clock would silence what it took for as long as it was wrong.

        Each gets a lease until `now + lease`, a started attempt and a token that no other claim
        has. Takes no write lock when nothing is due.
        """
        ...

    def settle(self, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
        """Settle what needs no commit of its own; gives the keys that were settled."""
        ...

    def close(self) -> None:
        """Give back what the store holds. Calling it twice does no harm."""
        ...


StorageAbility = Literal["durable"]


@attrs.frozen
class StorageRecord:
    """A storage that a plugin gives: `open(settings, folder)` makes or opens the store.

    `settings` is the `[storage]` table; paths in it are relative to `folder`.
    """

    name: str
    open: Callable[[Mapping[str, Any], Path], Storage]
    abilities: frozenset[StorageAbility] = frozenset()
    contract: int = CONTRACT


def document_kind(key: str) -> str:
    """The kind of a document: its key up to the first slash."""
    return key.partition("/")[0]


def check_changes(changes: Changes) -> None:
    """What every store refuses, so that no store keeps what another could not find again.

    Raises StorageError PSY409: no event; one document twice among `put` and `delete`; an index
    value outside INDEX_FIELDS; a kind that is not the key's.
    """
    if not changes.events:
        raise StorageError("PSY409", problem="a commit without an event")
    touched = [put.key for put in changes.put]
    touched += changes.delete
    if len(set(touched)) != len(touched):
        raise StorageError("PSY409", problem="one document twice in a commit")
    for put in changes.put:
        if put.index:
            if not put.index.keys() <= _FIELDS:
                raise StorageError("PSY409", problem="an index value that is not declared")
            kind = document_kind(put.key)
            if put.index.get("kind", kind) != kind:
                raise StorageError("PSY409", problem="a kind that is not the key's")


@attrs.frozen(kw_only=True)
class Walk:
    """A query made ready for a store: what is equal, in which order, and where to go on.

    `equal` names the fields of a prefix, `order` those that follow and `key` last; the query's
    range is over `order[0]`. `prefixes` are those still to be answered; `after` holds the values
    of `order` in the last row seen of the first of them, None at its beginning.
    """

    equal: tuple[str, ...]
    order: tuple[str, ...]
    prefixes: tuple[tuple[str, ...], ...]
    after: tuple[str, ...] | None

    def cursor(self, prefix: Sequence[str], values: Sequence[str]) -> str:
        """The cursor that names a row: its prefix and its values of `order`."""
        text = json.dumps([list(prefix), list(values)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode("ascii")


def walk(query: Query) -> Walk:
    """Check a query against INDEXES and read its cursor.

    Raises StorageError PSY407 for an index, a prefix or a cursor that is not of this contract.
    """
    refused = StorageError("PSY407", index=query.index)
    fields = INDEXES.get(query.index)
    lengths = {len(prefix) for prefix in query.prefixes}
    if fields is None or query.limit < 1 or len(lengths) > 1:
        raise refused
    length = lengths.pop() if lengths else 1
    if not 1 <= length <= len(fields):
        raise refused
    prefixes = tuple(dict.fromkeys(query.prefixes))
    order = (*fields[length:], "key")
    after = None
    if query.cursor is not None:
        prefix, after = _read_cursor(query.cursor, refused)
        if prefix not in prefixes or len(after) != len(order):
            raise refused
        prefixes = prefixes[prefixes.index(prefix) :]
    return Walk(equal=fields[:length], order=order, prefixes=prefixes, after=after)


def _read_cursor(cursor: str, refused: StorageError) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        prefix, values = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        whole = (tuple(prefix), tuple(values))
    except (ValueError, TypeError):
        raise refused from None
    if not all(isinstance(value, str) for side in whole for value in side):
        raise refused
    return whole


def commit_digest(events: Iterable[NewEvent | Record]) -> bytes:
    """SHA-256 over each event's length-prefixed header bytes and the SHA-256 of its body, in order.

    Bodies enter by their digest only, so that erasing one leaves the chain provable.
    """
    whole = hashlib.sha256()
    for event in events:
        whole.update(len(event.header).to_bytes(4, "big"))
        whole.update(event.header)
        emptied = event.emptied if isinstance(event, Record) else None
        whole.update(emptied or hashlib.sha256(event.body).digest())
    return whole.digest()


def next_link(previous: bytes, digest: bytes) -> bytes:
    """The chain's next link: SHA-256(previous link ‖ commit digest)."""
    return hashlib.sha256(previous + digest).digest()
