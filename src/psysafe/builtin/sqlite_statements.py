# ruff: noqa: S608 -- values are bound; what is put together are our own field names
"""The SQL of the embedded store: every statement names the index it walks.

With INDEXED BY a statement that could not use its index fails at once instead of walking the
whole school. Values are always bound; the texts are made of the contract's own field names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from psysafe.contracts.storage import INDEX_FIELDS, INDEXES, Query, Walk
from psysafe.ids import Part

#: What an index value can change in: the kind is part of the key.
OWN_FIELDS: Final = INDEX_FIELDS[1:]

DUPLICATE_AND_HEAD: Final = """
    SELECT h.position, h.link, j.position, j.content, j.receipt
    FROM head AS h LEFT JOIN journal AS j INDEXED BY journal_command
    ON j.part = h.part AND j.actor = ? AND j.command = ? AND j.link IS NOT NULL
    WHERE h.part = ?"""
ADD_EVENT: Final = """
    INSERT INTO journal
    (part, position, stream, actor, command, header, body, link, content, receipt)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
MOVE_HEAD: Final = """
    INSERT INTO head (part, position, link) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET position = excluded.position, link = excluded.link"""
ADD_DOCUMENT: Final = f"""
    INSERT INTO document (version, body, places, {", ".join(OWN_FIELDS)}, kind, part, key)
    VALUES (?, ?, ?, {", ".join("?" * len(OWN_FIELDS))}, ?, ?, ?)"""
_PLACED: Final = f"places = json_array({', '.join(OWN_FIELDS)})"
#: Documents whose own list of index values is not what the indexes have.
FLAWS: Final = f"""
    SELECT key FROM document INDEXED BY document_kind
    WHERE part = ? AND (
        NOT {_PLACED}
        OR kind <> substr(key || '/', 1, instr(key || '/', '/') - 1))
    ORDER BY key"""
CHANGE_BODY: Final = "UPDATE document SET version = ?, body = ? WHERE part = ? AND key = ?"
CHANGE_DOCUMENT: Final = f"""
    UPDATE document
    SET version = ?, body = ?, places = ?, {", ".join(f"{field} = ?" for field in OWN_FIELDS)}
    WHERE part = ? AND key = ?"""
DELETE_DOCUMENT: Final = "DELETE FROM document WHERE part = ? AND key = ?"
JOURNAL: Final = """
    SELECT position, stream, actor, command, header, body, link, emptied FROM journal
    INDEXED BY journal_position
    WHERE part = ? AND position > ? ORDER BY position LIMIT ?"""
STREAM: Final = """
    SELECT position, stream, actor, command, header, body, link, emptied FROM journal
    INDEXED BY journal_stream
    WHERE part = ? AND stream = ? AND position > ? ORDER BY position LIMIT ?"""
QUEUE: Final = """
    INSERT OR IGNORE INTO outbox (part, key, topic, reference, due, urgency)
    VALUES (?, ?, ?, ?, ?, ?)"""
NEXT_URGENCY: Final = """
    SELECT urgency FROM outbox INDEXED BY outbox_due
    WHERE part = ? AND urgency > ? ORDER BY urgency LIMIT 1"""
FIRST_URGENCY: Final = """
    SELECT urgency FROM outbox INDEXED BY outbox_due WHERE part = ? ORDER BY urgency LIMIT 1"""
DUE: Final = """
    SELECT urgency, due, key, part, topic, reference, attempt, token
    FROM outbox INDEXED BY outbox_due
    WHERE part = ? AND urgency = ? AND due <= ?
        AND (until IS NULL OR until <= ? OR until > ?)
    ORDER BY due, key LIMIT ?"""
FREE: Final = """
    SELECT due, until FROM outbox INDEXED BY outbox_due
    WHERE part = ? AND urgency = ? ORDER BY due"""
COUNT_CLAIMS: Final = """
    INSERT INTO head (part, position, link, claims) VALUES (?, 0, x'', ?)
    ON CONFLICT DO UPDATE SET claims = claims + excluded.claims RETURNING claims"""
LEASE: Final = """
    UPDATE outbox SET attempt = ?, token = ?, until = ? WHERE part = ? AND key = ?"""
DONE: Final = "DELETE FROM outbox WHERE part = ? AND key = ? AND token = ?"
AGAIN: Final = """
    UPDATE outbox SET due = ?, token = NULL, until = NULL
    WHERE part = ? AND key = ? AND token = ?"""


BODIES: Final = """
    SELECT position, body FROM journal INDEXED BY journal_stream
    WHERE part = ? AND stream = ? AND emptied IS NULL"""
#: Content and receipt stand in the last event of a commit; elsewhere they are NULL and stay it.
EMPTY: Final = """
    UPDATE journal SET body = x'', emptied = ?,
        content = substr(content, 1, 0), receipt = substr(receipt, 1, 0)
    WHERE part = ? AND position = ?"""
#: Walks the school's documents: nobody is forgotten every day.
FORGET_DOCUMENTS: Final = "DELETE FROM document WHERE part = ? AND subject = ?"
REFERENCES: Final = "SELECT key, reference FROM outbox WHERE part = ?"
FORGET_ENTRY: Final = "DELETE FROM outbox WHERE part = ? AND key = ?"


@lru_cache(maxsize=256)
def read(count: int) -> str:
    """Head and documents of a part (its name, then `count` keys); one row of Nones without any."""
    places = ", ".join("?" * count)
    return f"""
        SELECT h.position, h.link, d.key, d.version, d.body, d.places
        FROM (SELECT ? AS part) AS p
        LEFT JOIN head AS h ON h.part = p.part
        LEFT JOIN document AS d ON d.part = p.part AND d.key IN ({places})"""


@lru_cache(maxsize=256)
def versions(count: int) -> str:
    """Key, version and places of documents (part, then `count` keys).

    No places where the indexes have others: then the next write puts both right.
    """
    places = ", ".join("?" * count)
    return f"""
        SELECT key, version, CASE WHEN {_PLACED} THEN places END
        FROM document WHERE part = ? AND key IN ({places})"""


@lru_cache(maxsize=256)
def _page_text(
    index: str, equal: tuple[str, ...], order: tuple[str, ...], after: bool, low: bool, high: bool
) -> str:
    """One page of one prefix. Going on is one comparison of rows: written with OR it would walk."""
    conditions = ["part = ?", *(f"{field} = ?" for field in equal)]
    sparse = INDEXES[index][1:2]
    conditions += [f"{field} <> ''" for field in sparse]
    if after:
        conditions.append(f"({', '.join(order)}) > ({', '.join('?' * len(order))})")
    if low:
        conditions.append(f"{order[0]} >= ?")
    if high:
        conditions.append(f"{order[0]} < ?")
    return f"""
        SELECT key, version, body, places FROM document INDEXED BY document_{index}
        WHERE {" AND ".join(conditions)} ORDER BY {", ".join(order)} LIMIT ?"""


def page(
    part: Part, query: Query, plan: Walk, prefix: tuple[str, ...], after: tuple[str, ...] | None
) -> tuple[str, list[str]]:
    """The SQL of one prefix of a query and its values, the limit apart (tests explain it)."""
    low, high = query.low, query.high
    if query.index == "kind":
        # The index `kind` is the table's own order: a kind is how its keys begin, "0" follows "/".
        low = max(low or "", prefix[0])
        high = min(high, f"{prefix[0]}0") if high is not None else f"{prefix[0]}0"
    if after is not None:
        low = None
    text = _page_text(
        query.index, plan.equal, plan.order, after is not None, low is not None, high is not None
    )
    values: list[str] = [part, *prefix, *(after or ())]
    values += [bound for bound in (low, high) if bound is not None]
    return text, values
