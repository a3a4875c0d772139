"""Figures leave the school's records here: small counts hidden, each release kept beside the next.

Two tables a week apart could betray by their difference what neither says alone. So the last
release of a name is kept, as it was counted and as it was shown, with the number that was shown
last of each place that it hides, and the next one is made against all of these. Showing figures is
journalled before they are shown.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from psysafe import wire
from psysafe.contracts.storage import Changes, Committed, commit_digest
from psysafe.domain import events as e
from psysafe.domain.figures import Entry, Figures, Shown, suppressed
from psysafe.engine.cards import figures_document
from psysafe.engine.committing import TRIES, Receipt, seal_document, seal_events
from psysafe.engine.gather import record_of
from psysafe.engine.school import School
from psysafe.errors import ConflictError
from psysafe.ids import Actor


def release(
    school: School, actor: Actor, name: str, figures: Figures, k: int, now: datetime
) -> Shown:
    """The table as it may be shown now; journalled, and kept for the next time.

    A table with other rows or columns than the last of its name begins anew. Raises
    InvalidDataError PSY704 for a table that cannot be protected, ConflictError PSY020 where
    others kept releasing.
    """
    key = f"figures/{name}"
    for _ in range(TRIES):
        snapshot = school.storage.read(school.part, [key])
        document = snapshot.documents.get(key)
        last = (
            record_of(school, document, "school", e.FiguresReleased)
            if document is not None
            else None
        )
        before, was = _last(last, figures)
        known = _known(last) if was is not None else {}
        shown = suppressed(figures, k, before=before, was=was, known=known)
        released = e.FiguresReleased(
            name=name,
            by=actor,
            at=now,
            k=k,
            rows=figures.rows,
            columns=figures.columns,
            counts=figures.counts,
            hidden=tuple(sorted(shown.hidden)),
            known=tuple((*x, known[x]) for x in sorted(shown.hidden & known.keys())),
        )
        if _committed(school, released, {key: snapshot.version(key)}, now):
            return shown
    raise ConflictError("PSY020", action="figures")


def _last(last: e.FiguresReleased | None, figures: Figures) -> tuple[Shown | None, Figures | None]:
    if last is None or (last.rows, last.columns) != (figures.rows, figures.columns):
        return None, None
    was = Figures(rows=last.rows, columns=last.columns, counts=last.counts)
    hidden = frozenset(last.hidden)
    cells = {x: None if x in hidden else was.value(x) for x in was.entries()}
    return Shown(rows=last.rows, columns=last.columns, k=last.k, cells=cells), was


def _known(last: e.FiguresReleased | None) -> dict[Entry, int]:
    """What readers know of each place: the number that was shown there last."""
    if last is None:
        return {}
    was = Figures(rows=last.rows, columns=last.columns, counts=last.counts)
    earlier = {(row, column): number for row, column, number in last.known}
    return earlier | {x: was.value(x) for x in was.entries() if x not in set(last.hidden)}


def _committed(
    school: School, released: e.FiguresReleased, expect: dict[str, int], now: datetime
) -> bool:
    command = school.ids.command()
    stream = f"figures/{released.name}"
    new = seal_events(school, stream, "school", [released], released.by, now, command)
    digest = commit_digest(new)
    changes = Changes(
        actor=released.by,
        command=command,
        content=hashlib.sha256(digest).digest(),
        expect=expect,
        events=new,
        digest=digest,
        receipt=wire.encode_document(Receipt(command=command)),
        put=(seal_document(school, figures_document(released)),),
    )
    return isinstance(school.storage.commit(school.part, changes), Committed)
