"""The yardstick of bulk work: the least that makes a batch durable, written by hand on sqlite3.

It commits the very rows that psysafe commits, batch by batch and byte by byte: journal with
positions, chain and receipts, documents with the indexes that lists need, outbox. It looks up the
command id, compares the expected versions and moves the head; it reads no facts, decides nothing,
scores nothing, encodes nothing and seals nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from psysafe.contracts.storage import Changes, commit_digest

_SCHEMA = """
CREATE TABLE head (part TEXT PRIMARY KEY, position INTEGER, link BLOB) WITHOUT ROWID;
CREATE TABLE journal (part TEXT, position INTEGER, stream TEXT, actor TEXT, command TEXT,
    header BLOB, body BLOB, link BLOB, content BLOB, receipt BLOB);
CREATE UNIQUE INDEX journal_position ON journal (part, position);
CREATE INDEX journal_stream ON journal (part, stream, position);
CREATE UNIQUE INDEX journal_command ON journal (part, actor, command) WHERE link IS NOT NULL;
CREATE TABLE document (part TEXT, key TEXT, version INTEGER, body BLOB, kind TEXT, subject TEXT,
    class_id TEXT, grade TEXT, lifecycle TEXT, tier TEXT, owner TEXT, severity TEXT, due TEXT);
CREATE UNIQUE INDEX document_key ON document (part, key);
CREATE INDEX document_owner ON document (part, kind, owner, lifecycle, severity, due, key)
    WHERE owner <> '';
CREATE INDEX document_subject ON document (part, kind, subject, due, key) WHERE subject <> '';
CREATE INDEX document_placement ON document
    (part, kind, class_id, lifecycle, severity, due, key) WHERE class_id <> '';
CREATE INDEX document_board ON document (part, kind, lifecycle, severity, due, key)
    WHERE lifecycle <> '';
CREATE TABLE outbox (part TEXT, key TEXT, topic TEXT, reference TEXT, due INTEGER,
    urgency INTEGER, PRIMARY KEY (part, key)) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (part, urgency, due, key);
"""
_FIELDS = ("subject", "class_id", "grade", "lifecycle", "tier", "owner", "severity", "due")
_PART = "school"
_FIRST = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BulkYardstick:
    """One file, one writer, the same pragmas as the embedded store."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._db.execute(f"PRAGMA {pragma}").fetchone()
        synchronous = self._db.execute("PRAGMA synchronous").fetchone()[0]
        if synchronous != 2:
            raise SystemExit(f"the yardstick is not durable: synchronous={synchronous}")
        self._db.executescript(_SCHEMA)
        self._db.execute("INSERT INTO head VALUES (?, 0, ?)", (_PART, _FIRST))

    def commit(self, batch: Changes) -> None:
        """Make one batch durable. Ends the program where a version is not the expected one."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        position, link, earlier = db.execute(
            "SELECT h.position, h.link, j.position FROM head h LEFT JOIN journal j "
            "ON j.part = h.part AND j.actor = ? AND j.command = ? AND j.link IS NOT NULL "
            "WHERE h.part = ?",
            (batch.actor, batch.command, _PART),
        ).fetchone()
        keys = list(dict.fromkeys([*batch.expect, *(put.key for put in batch.put)]))
        held: dict[str, int] = {}
        for start in range(0, len(keys), 900):
            some = keys[start : start + 900]
            marks = ", ".join("?" * len(some))
            held.update(
                db.execute(
                    f"SELECT key, version FROM document WHERE part = ? AND key IN ({marks})",  # noqa: S608
                    (_PART, *some),
                )
            )
        wrong = any(held.get(key, 0) != version for key, version in batch.expect.items())
        if earlier is not None or wrong:
            raise SystemExit("the yardstick met a command twice, or another version")
        link = hashlib.sha256(link + commit_digest(batch.events)).digest()
        last = position + len(batch.events)
        own = (link, batch.content, batch.receipt)
        none = (None, None, None)
        db.executemany(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(_PART, at, event.stream, batch.actor, batch.command),
                    *(event.header, event.body),
                    *(own if at == last else none),
                )
                for at, event in enumerate(batch.events, position + 1)
            ],
        )
        fresh = [put for put in batch.put if put.key not in held]
        db.executemany(
            "INSERT INTO document VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(_PART, put.key, put.body, put.key.partition("/")[0]),
                    *(put.index.get(field, "") for field in _FIELDS),
                )
                for put in fresh
            ],
        )
        db.executemany(
            "UPDATE document SET version = version + 1, body = ?, subject = ?, class_id = ?, "
            "grade = ?, lifecycle = ?, tier = ?, owner = ?, severity = ?, due = ? "
            "WHERE part = ? AND key = ?",
            [
                (put.body, *(put.index.get(field, "") for field in _FIELDS), _PART, put.key)
                for put in batch.put
                if put.key in held
            ],
        )
        db.executemany(
            "DELETE FROM document WHERE part = ? AND key = ?",
            [(_PART, key) for key in batch.delete],
        )
        db.executemany(
            "INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    *(_PART, one.key, one.topic, one.reference),
                    *((one.due - _EPOCH).total_seconds() * 1e6, one.urgency),
                )
                for one in batch.outbox
            ],
        )
        db.execute("UPDATE head SET position = ?, link = ? WHERE part = ?", (last, link, _PART))
        db.execute("COMMIT")

    def counted(self) -> tuple[int, int, int]:
        """Rows of journal, documents and outbox."""
        one, two, three = (
            self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("journal", "document", "outbox")
        )
        return one, two, three

    def close(self) -> None:
        self._db.close()
