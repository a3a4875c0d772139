"""The yardstick: the least that makes a command durable, written by hand on sqlite3.

One commit does all of it and nothing else: the command id looked up, expected versions compared,
positions given, a SHA-256 chain, journal rows, documents with three indexes, outbox rows. No
decision, no encoding, no policy: the bodies are ready-made. Rows and bytes are those of the real
command beside which it runs, so that the ratio says what psysafe costs on top of durability.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from psysafe.contracts.storage import Changes

_SCHEMA = """
CREATE TABLE head (part TEXT PRIMARY KEY, position INTEGER, link BLOB) WITHOUT ROWID;
CREATE TABLE journal (part TEXT, position INTEGER, stream TEXT, command TEXT, header BLOB,
    body BLOB, link BLOB, receipt BLOB);
CREATE UNIQUE INDEX journal_position ON journal (part, position);
CREATE UNIQUE INDEX journal_command ON journal (part, command) WHERE link IS NOT NULL;
CREATE TABLE document (part TEXT, key TEXT, version INTEGER, body BLOB, owner TEXT,
    severity TEXT, due TEXT);
CREATE UNIQUE INDEX document_key ON document (part, key);
CREATE INDEX document_owner ON document (part, owner, due);
CREATE INDEX document_severity ON document (part, severity, due);
CREATE TABLE outbox (part TEXT, key TEXT, topic TEXT, reference TEXT, due INTEGER,
    urgency INTEGER, PRIMARY KEY (part, key)) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (part, urgency, due);
"""
_PART = "school"
_FIRST = bytes(32)


def _named(key: str, number: int) -> str:
    """A key of the same kind with an opaque id, as every id of psysafe is."""
    digest = hashlib.blake2b(f"{key}/{number}".encode(), digest_size=8).hexdigest()
    return f"{key.partition('/')[0]}/{digest}"


class Yardstick:
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

    def repeat(self, like: Changes, number: int) -> None:
        """One commit with the rows and bytes of `like`, under names of its own, as scattered.

        What `like` only changed is created here; the pages that are touched are as many.
        """
        command = _named(like.command, number)
        expect = [_named(key, number) for key in like.expect]
        documents = [
            (
                *(_PART, _named(put.key, number), put.body),
                *(put.index.get(field, "") for field in ("owner", "severity", "due")),
            )
            for put in like.put
        ]
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        position, link, earlier = db.execute(
            "SELECT h.position, h.link, j.position FROM head h LEFT JOIN journal j "
            "ON j.part = h.part AND j.command = ? AND j.link IS NOT NULL WHERE h.part = ?",
            (command, _PART),
        ).fetchone()
        marks = ", ".join("?" * len(expect))
        versions = db.execute(
            f"SELECT key, version FROM document WHERE part = ? AND key IN ({marks})",  # noqa: S608
            (_PART, *expect),
        ).fetchall()
        if earlier is not None or versions:
            raise SystemExit("the yardstick met a command twice")
        digest = hashlib.sha256()
        for event in like.events:
            digest.update(len(event.header).to_bytes(4, "big"))
            digest.update(event.header)
            digest.update(hashlib.sha256(event.body).digest())
        link = hashlib.sha256(link + digest.digest()).digest()
        last = len(like.events)
        db.executemany(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(_PART, position + n, event.stream, command, event.header, event.body),
                    *((link, like.receipt) if n == last else (None, None)),
                )
                for n, event in enumerate(like.events, 1)
            ],
        )
        db.executemany(
            "INSERT INTO document VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT (part, key) DO UPDATE "
            "SET version = version + 1, body = excluded.body, owner = excluded.owner, "
            "severity = excluded.severity, due = excluded.due",
            documents,
        )
        db.executemany(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)",
            [
                (_PART, _named(one.key, number), one.topic, one.reference, n, one.urgency)
                for n, one in enumerate(like.outbox, number)
            ],
        )
        db.execute(
            "UPDATE head SET position = ?, link = ? WHERE part = ?", (position + last, link, _PART)
        )
        db.execute("COMMIT")

    def verify(self) -> int:
        """Walk the chain; gives the rows. Ends the program where a link does not fit."""
        link, digest, rows = _FIRST, hashlib.sha256(), 0
        records: Sequence[tuple[bytes, bytes, bytes | None]] = self._db.execute(
            "SELECT header, body, link FROM journal WHERE part = ? ORDER BY position", (_PART,)
        ).fetchall()
        for header, body, kept in records:
            digest.update(len(header).to_bytes(4, "big"))
            digest.update(header)
            digest.update(hashlib.sha256(body).digest())
            rows += 1
            if kept is None:
                continue
            link, digest = hashlib.sha256(link + digest.digest()).digest(), hashlib.sha256()
            if link != kept:
                raise SystemExit("the yardstick's chain is broken")
        return rows

    def close(self) -> None:
        self._db.close()
