"""The tables of the embedded store, and the steps from an earlier format to this one."""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 2
#: "PSYF": what `file(1)` and we ourselves know the file by.
APPLICATION_ID: Final = 0x50535946

#: Part stands first in every key. The indexes are partial: a document that has no owner, say,
#: costs nothing in the index by owner. `places` holds a document's index values once more, as one
#: text: a list reads one column instead of nine.
SCHEMA: Final = (
    """CREATE TABLE head (
        part TEXT NOT NULL PRIMARY KEY,
        position INTEGER NOT NULL,
        link BLOB NOT NULL,
        claims INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE journal (
        part TEXT NOT NULL,
        position INTEGER NOT NULL,
        stream TEXT NOT NULL,
        actor TEXT NOT NULL,
        command TEXT NOT NULL,
        header BLOB NOT NULL,
        body BLOB NOT NULL,
        link BLOB,
        content BLOB,
        receipt BLOB,
        emptied BLOB
    ) STRICT""",
    "CREATE UNIQUE INDEX journal_position ON journal (part, position)",
    "CREATE INDEX journal_stream ON journal (part, stream, position)",
    """CREATE UNIQUE INDEX journal_command ON journal (part, actor, command)
        WHERE link IS NOT NULL""",
    """CREATE TABLE document (
        part TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        body BLOB NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        class_id TEXT NOT NULL,
        grade TEXT NOT NULL,
        lifecycle TEXT NOT NULL,
        tier TEXT NOT NULL,
        owner TEXT NOT NULL,
        severity TEXT NOT NULL,
        due TEXT NOT NULL,
        places TEXT NOT NULL
    ) STRICT""",
    # Serves the declared index `kind` too: a kind is how the key begins.
    "CREATE UNIQUE INDEX document_kind ON document (part, key)",
    """CREATE INDEX document_owner
        ON document (part, kind, owner, lifecycle, severity, due, key) WHERE owner <> ''""",
    """CREATE INDEX document_subject
        ON document (part, kind, subject, due, key) WHERE subject <> ''""",
    """CREATE INDEX document_placement
        ON document (part, kind, class_id, lifecycle, severity, due, key) WHERE class_id <> ''""",
    """CREATE INDEX document_board
        ON document (part, kind, lifecycle, severity, due, key) WHERE lifecycle <> ''""",
    """CREATE TABLE outbox (
        part TEXT NOT NULL,
        key TEXT NOT NULL,
        topic TEXT NOT NULL,
        reference TEXT NOT NULL,
        due INTEGER NOT NULL,
        urgency INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        token INTEGER,
        until INTEGER,
        PRIMARY KEY (part, key)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX outbox_due ON outbox (part, urgency, due, key)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

#: What makes a file of each earlier version one of the next.
STEPS: Final = (
    SCHEMA,
    ("ALTER TABLE journal ADD COLUMN emptied BLOB", "PRAGMA user_version = 2"),
)
