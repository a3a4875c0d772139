"""The embedded store: one SQLite file, durable, for one process or several on one machine.

`[storage]` takes `path` (relative to the school's folder), `synchronous` ("full", the default:
what was answered survives a power cut; "normal" may lose the last alerts) and `busy_timeout` in
seconds. The file must not lie on a network file system: its write-ahead log does not work there.

This module is imported only when storages are collected, so that the face stays light.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from psysafe.builtin import sqlite_statements as sql
from psysafe.builtin.sqlite_file import File, Synchronous
from psysafe.builtin.sqlite_places import Places, write_places
from psysafe.contracts.forgetting import Whom, concerns
from psysafe.contracts.storage import (
    FIRST_LINK,
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
    check_changes,
    document_kind,
    next_link,
    walk,
)
from psysafe.contracts.storage_abilities import check_kept
from psysafe.errors import StorageError
from psysafe.ids import Part

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: Keys in one statement; SQLite before 3.32 took 999 parameters.
_KEYS_AT_ONCE: Final = 900
#: The head row of no part counts the claims of all parts: a token is never given twice.
_CLAIMS_OF_ALL: Final = ""

_Row = tuple[Any, ...]
_NOWHERE: Final = [""] * len(sql.OWN_FIELDS)
_NEW_SCHOOL: Final[_Row] = (0, FIRST_LINK, None)


class SqliteStorage:
    """All six methods over one SQLite file. Thread-safe; lives through a fork on both sides."""

    def __init__(
        self, path: Path, *, synchronous: Synchronous = "full", busy_timeout: float = 5.0
    ) -> None:
        self._file = File(path, synchronous, busy_timeout)

    def read(self, part: Part, keys: Sequence[str]) -> Snapshot:
        if len(keys) > _KEYS_AT_ONCE:
            return self._read_many(part, keys)
        with self._file.reading() as db:
            # One statement sees one moment, without the cost of a transaction around it.
            rows = db.execute(sql.read(len(keys)), (part, *keys)).fetchall()
        position, link = rows[0][:2] if rows[0][1] is not None else (0, FIRST_LINK)
        found = {row[2]: _document(row[2:]) for row in rows if row[2] is not None}
        return Snapshot(position, link, found)

    def _read_many(self, part: Part, keys: Sequence[str]) -> Snapshot:
        found: dict[str, Document] = {}
        position, link = 0, FIRST_LINK
        with self._file.reading(one_moment=True) as db:
            for some in _chunks(keys):
                rows = db.execute(sql.read(len(some)), (part, *some)).fetchall()
                if rows[0][1] is not None:
                    position, link = rows[0][:2]
                found.update((row[2], _document(row[2:])) for row in rows if row[2] is not None)
        return Snapshot(position, link, found)

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        check_changes(changes)
        with self._file.writing() as db:
            return _committed(db, part, changes, settle)

    def forget(self, part: Part, changes: Changes, whom: Whom) -> Committed | Conflict | Duplicate:
        check_changes(changes)
        with self._file.writing() as db:
            outcome = _committed(db, part, changes, ())
            if isinstance(outcome, Committed):
                _forget(db, part, whom)
        return outcome

    def compact(self) -> None:
        self._file.compact()

    def copy_to(self, file: Path) -> None:
        self._file.copy_to(file)

    def move_to(self, file: Path) -> None:
        self._file.move_to(file)

    def query(self, part: Part, query: Query) -> Page:
        plan = walk(query)
        rows: list[_Row] = []
        after = plan.after
        with self._file.reading(one_moment=len(plan.prefixes) > 1) as db:
            for prefix in plan.prefixes:
                wanted = query.limit + 1 - len(rows)
                if not wanted:
                    break
                text, values = sql.page(part, query, plan, prefix, after)
                rows += db.execute(text, (*values, wanted))
                after = None
        shown = tuple(_document(row) for row in rows[: query.limit])
        if len(rows) <= query.limit:
            return Page(shown, None)
        place = {**dict.fromkeys(plan.order, ""), **shown[-1].index, "key": shown[-1].key}
        prefix = tuple(place.get(field, "") for field in plan.equal)
        return Page(shown, plan.cursor(prefix, [place[field] for field in plan.order]))

    def journal(
        self, part: Part, after: int, limit: int, stream: str | None = None
    ) -> tuple[Record, ...]:
        limit = max(limit, 0)
        with self._file.reading() as db:
            if stream is None:
                rows = db.execute(sql.JOURNAL, (part, after, limit)).fetchall()
            else:
                rows = db.execute(sql.STREAM, (part, stream, after, limit)).fetchall()
        return tuple(Record(*row) for row in rows)

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        parts = tuple(dict.fromkeys(parts))
        moment, until = _number(now), _number(now + lease)
        with self._file.reading() as db:
            if limit < 1 or not _due(db, parts, moment, until, 1):
                return ()
        with self._file.writing() as db:
            rows = sorted(_due(db, parts, moment, until, limit))[:limit]
            if not rows:
                return ()
            last = db.execute(sql.COUNT_CLAIMS, (_CLAIMS_OF_ALL, len(rows))).fetchone()[0]
            first = last - len(rows) + 1
            claimed = tuple(_claimed(row, token) for token, row in enumerate(rows, first))
            db.executemany(sql.LEASE, [(c.attempt, c.token, until, c.part, c.key) for c in claimed])
        return claimed

    def settle(self, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
        if not results:
            return ()
        with self._file.writing() as db:
            return _settle(db, part, results)

    def keep(
        self, part: Part, put: Sequence[Put], expect: Mapping[str, int], delete: Sequence[str] = ()
    ) -> bool:
        check_kept(put, delete)
        with self._file.writing() as db:
            present = _present(db, part, [*expect, *(one.key for one in put)])
            if _other_versions(expect, present):
                return False
            _put(db, part, put, present)
            if delete:
                db.executemany(sql.DELETE_DOCUMENT, [(part, key) for key in delete])
        return True

    def together(self, part: Part) -> AbstractContextManager[None]:
        """Writes of this thread that become durable together. One file has one writer anyway."""
        return self._file.together()

    def next_due(self, parts: Sequence[Part]) -> datetime | None:
        """When the next entry can be claimed: it is due, or the lease on it ends."""
        with self._file.reading(one_moment=True) as db:
            free = [
                moment
                for part in parts
                for urgency in _urgencies(db, part)
                for moment in _first_free(db, part, urgency)
            ]
        return _moment(min(free)) if free else None

    def flaws(self, part: Part) -> tuple[str, ...]:
        """Documents whose index values are not those that stand in them; `file` for the file."""
        with self._file.reading(one_moment=True) as db:
            found = tuple(row[0] for row in db.execute(sql.FLAWS, (part,)))
            whole = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        return found if whole else (*found, "file")

    def close(self) -> None:
        self._file.close()


def _committed(
    db: sqlite3.Connection, part: Part, changes: Changes, settle: Sequence[Settlement]
) -> Committed | Conflict | Duplicate:
    named = (changes.actor, changes.command, part)
    head: _Row = db.execute(sql.DUPLICATE_AND_HEAD, named).fetchone() or _NEW_SCHOOL
    if head[2] is not None:
        return Duplicate(head[2], head[3], head[4])
    present = _present(db, part, [*changes.expect, *(put.key for put in changes.put)])
    stale = _other_versions(changes.expect, present)
    if stale:
        return Conflict(stale)
    link = next_link(head[1], changes.digest)
    position = _add_events(db, part, changes, head[0], link)
    _put(db, part, changes.put, present)
    if changes.delete:
        db.executemany(sql.DELETE_DOCUMENT, [(part, key) for key in changes.delete])
    if settle:
        _settle(db, part, settle)
    if changes.outbox:
        db.executemany(sql.QUEUE, [_waiting(part, entry) for entry in changes.outbox])
    db.execute(sql.MOVE_HEAD, (part, position, link))
    return Committed(position, link)


def _forget(db: sqlite3.Connection, part: Part, whom: Whom) -> None:
    for stream in whom.streams:
        bodies = db.execute(sql.BODIES, (part, stream)).fetchall()
        digests = [(sha256(body).digest(), part, position) for position, body in bodies]
        db.executemany(sql.EMPTY, digests)
    db.executemany(sql.FORGET_DOCUMENTS, [(part, subject) for subject in whom.subjects if subject])
    references = frozenset(whom.references)
    waiting = db.execute(sql.REFERENCES, (part,)).fetchall()
    gone = [(part, key) for key, reference in waiting if concerns(reference, references)]
    db.executemany(sql.FORGET_ENTRY, gone)


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[at : at + _KEYS_AT_ONCE] for at in range(0, len(keys), _KEYS_AT_ONCE))


def _document(row: _Row) -> Document:
    """A row of key, version, body and places."""
    key, version, body, places = row
    return Document(key, version, body, Places(key, places))


def _other_versions(expect: Mapping[str, int], present: Mapping[str, _Row]) -> tuple[str, ...]:
    """The documents that have another version than is expected; 0: it must not be there."""
    return tuple(
        key
        for key, version in expect.items()
        if (present[key][1] if key in present else 0) != version
    )


def _present(db: sqlite3.Connection, part: Part, concerned: Sequence[str]) -> dict[str, _Row]:
    """Key, version and places of every document there is among those concerned."""
    return {
        row[0]: row
        for some in _chunks(list(dict.fromkeys(concerned)))
        for row in db.execute(sql.versions(len(some)), (part, *some))
    }


def _add_events(
    db: sqlite3.Connection, part: Part, changes: Changes, position: int, link: bytes
) -> int:
    """Write the events after `position`; the last of them carries what is the commit's own."""
    actor, command = changes.actor, changes.command
    *earlier, last = changes.events
    if earlier:
        db.executemany(
            sql.ADD_EVENT,
            [
                (part, at, e.stream, actor, command, e.header, e.body, None, None, None)
                for at, e in enumerate(earlier, position + 1)
            ],
        )
    position += len(changes.events)
    own = (link, changes.content, changes.receipt)
    db.execute(
        sql.ADD_EVENT, (part, position, last.stream, actor, command, last.header, last.body, *own)
    )
    return position


def _put(
    db: sqlite3.Connection, part: Part, puts: Iterable[Put], present: Mapping[str, _Row]
) -> None:
    """Write documents; one whose index values stay the same leaves the indexes alone."""
    added: list[_Row] = []
    changed: list[_Row] = []
    bodies: list[_Row] = []
    for put in puts:
        found = present.get(put.key)
        index = put.index
        values = [index.get(field, "") for field in sql.OWN_FIELDS] if index else _NOWHERE
        places = write_places(values)
        if found is None:
            added.append((1, put.body, places, *values, document_kind(put.key), part, put.key))
        elif found[2] == places:
            bodies.append((found[1] + 1, put.body, part, put.key))
        else:
            changed.append((found[1] + 1, put.body, places, *values, part, put.key))
    for text, rows in (
        (sql.ADD_DOCUMENT, added),
        (sql.CHANGE_DOCUMENT, changed),
        (sql.CHANGE_BODY, bodies),
    ):
        if rows:
            db.executemany(text, rows)


def _waiting(part: Part, entry: Entry) -> _Row:
    due = _number(entry.due)
    return (part, entry.key, entry.topic, entry.reference, due, entry.urgency)


def _settle(db: sqlite3.Connection, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
    settled = []
    for result in results:
        if result.again is None:
            done = db.execute(sql.DONE, (part, result.key, result.token))
        else:
            done = db.execute(sql.AGAIN, (_number(result.again), part, result.key, result.token))
        if done.rowcount:
            settled.append(result.key)
    return tuple(settled)


def _urgencies(db: sqlite3.Connection, part: Part) -> list[int]:
    """The urgencies that wait, by leaps over the index: they are few, the entries may be many."""
    found = []
    row = db.execute(sql.FIRST_URGENCY, (part,)).fetchone()
    while row is not None:
        found.append(row[0])
        row = db.execute(sql.NEXT_URGENCY, (part, row[0])).fetchone()
    return found


def _due(
    db: sqlite3.Connection, parts: Sequence[Part], moment: int, until: int, limit: int
) -> list[_Row]:
    """What can be claimed, at least the first `limit` of it, starting with urgency.

    A lease that runs beyond `until`, the end of one that begins now, was taken by a wrong clock
    and holds nobody up.
    """
    rows: list[_Row] = []
    for part in parts:
        wanted = limit
        for urgency in _urgencies(db, part):
            found = db.execute(sql.DUE, (part, urgency, moment, moment, until, wanted)).fetchall()
            rows += found
            wanted -= len(found)
            if not wanted:
                break
    return rows


def _first_free(db: sqlite3.Connection, part: Part, urgency: int) -> Iterable[int]:
    """When the first entries of an urgency are free: the leased ones, up to one that is not."""
    for due, until in db.execute(sql.FREE, (part, urgency)):
        if until is None:
            yield due
            return
        yield max(due, until)


def _claimed(row: _Row, token: int) -> Claimed:
    urgency, due, key, part, topic, reference, attempt, earlier = row
    return Claimed(
        part=part,
        key=key,
        topic=topic,
        reference=reference,
        due=_moment(due),
        urgency=urgency,
        token=token,
        attempt=attempt + 1,
        ambiguous=earlier is not None,
    )


def _number(moment: datetime) -> int:
    """Microseconds since 1970: exact, and compared as time is."""
    return (moment - _EPOCH) // _MICROSECOND


def _moment(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND


def _open(settings: Mapping[str, Any], folder: Path) -> SqliteStorage:
    path, synchronous = settings.get("path", "psysafe.db"), settings.get("synchronous", "full")
    seconds = settings.get("busy_timeout", 5.0)
    if not isinstance(path, str) or not path:
        raise StorageError("PSY401", problem="[storage] path is not a file's name")
    if synchronous not in ("full", "normal"):
        raise StorageError("PSY401", problem="[storage] synchronous is neither full nor normal")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 600:
        raise StorageError("PSY401", problem="[storage] busy_timeout is not 0 to 600 seconds")
    unknown = sorted(settings.keys() - {"use", "path", "synchronous", "busy_timeout"})
    if unknown:
        raise StorageError("PSY401", problem=f"[storage] {unknown[0]} is not known here")
    return SqliteStorage(folder / path, synchronous=synchronous, busy_timeout=float(seconds))


RECORD = StorageRecord(name="sqlite", open=_open, abilities=frozenset({"durable"}))
