"""Carrying out what is about no one student: a class's survey, a note about somebody.

The same manner as `handle`: read with versions, decide, keep all of it in one commit, decide
again where somebody was faster; a refusal leaves one line in the journal; a command id that was
used before changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from psysafe import wire
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Duplicate,
    Entry,
    Settlement,
    Snapshot,
    commit_digest,
)
from psysafe.domain import events as e
from psysafe.domain.people import Roster
from psysafe.engine import cards
from psysafe.engine.committing import (
    TRIES,
    Receipt,
    carried_out,
    earlier,
    pause,
    refusal,
    refuse,
    seal_document,
    seal_events,
)
from psysafe.engine.gather import ROSTER, record_of, roster_in
from psysafe.engine.school import School
from psysafe.errors import ConflictError, NotFoundError, PsysafeError
from psysafe.ids import Actor, CommandId, CommandIds

T = TypeVar("T")
Stored = cards.Stored


@attrs.frozen(kw_only=True)
class Board(Generic[T]):
    """A sort of document with a stream of its own: how it is decided, folded and kept."""

    key: str
    """the document's key, and the stream's name"""
    record: type[T]
    stored: Callable[[T], Stored]
    entries: Callable[[Sequence[e.Event], T], Sequence[Entry]]
    evolve: Callable[[T | None, e.Event], T]
    also: tuple[str, ...] = ()
    """keys of documents that the decision reads besides"""


@attrs.frozen(kw_only=True)
class Read(Generic[T]):
    """What a decision may look at."""

    state: T | None
    roster: Roster
    snapshot: Snapshot


@attrs.frozen(kw_only=True)
class Decided:
    """What a decision came to: events, and documents besides the board's own."""

    events: Sequence[e.Event]
    besides: tuple[Stored, ...] = ()
    answered_by: datetime | None = None
    names: Mapping[str, str] = attrs.field(factory=dict)
    """ids for the receipt"""


def read(school: School, board: Board[T]) -> Read[T]:
    """The board's document, the roster and what stands beside, in one read."""
    snapshot = school.storage.read(school.part, [board.key, ROSTER, *board.also])
    found = snapshot.documents.get(board.key)
    state = record_of(school, found, "school", board.record) if found is not None else None
    return Read(state=state, roster=roster_in(school, snapshot), snapshot=snapshot)


def carry_out(
    school: School,
    board: Board[T],
    decide: Callable[[Read[T], CommandIds], Decided],
    actor: Actor,
    now: datetime,
    *,
    what: str,
    content: bytes,
    command_id: CommandId | None = None,
    settle: Sequence[Settlement] = (),
) -> tuple[Receipt, Sequence[e.Event]]:
    """Decide and keep. `what` names the action for a refusal, `content` what was asked.

    Raises what `decide` raises, ConflictError PSY020 or PSY004, StorageError.
    """
    known = command_id or school.ids.command()
    digest = hashlib.sha256(content).digest()
    for attempt in range(TRIES):
        here = read(school, board)
        try:
            made = decide(here, CommandIds(school.part_key, known))
        except PsysafeError as error:
            event = e.DecisionRefused(by=actor, action=what, code=error.code, at=now)
            found = refuse(school, event, known, digest)
            if found is None:
                raise
            school.storage.settle(school.part, settle)
            return earlier(found, digest, known), ()
        if not made.events:
            school.storage.settle(school.part, settle)
            return Receipt(command=known), ()
        receipt = Receipt(command=known, answered_by=made.answered_by, **made.names)  # type: ignore[arg-type]  # ids of the receipt, by their fields
        changes = _changes(school, board, here, made, receipt, actor, now, known, digest)
        outcome = school.storage.commit(school.part, changes, settle)
        if isinstance(outcome, Committed):
            return receipt, made.events
        if isinstance(outcome, Duplicate):
            school.storage.settle(school.part, settle)
            return earlier(outcome, digest, known), ()
        pause(known, attempt)
    raise ConflictError("PSY020", action=what)


def done_before(
    school: School, actor: Actor, content: bytes, now: datetime, command_id: CommandId | None
) -> Receipt:
    """The receipt of a command that ended what it was about, given again.

    Raises NotFoundError where it was not, ConflictError PSY004.
    """
    absent = NotFoundError()
    if command_id is not None:
        event = e.DecisionRefused(by=actor, action="again", code=absent.code, at=now)
        found = carried_out(school, refusal(school, event), command_id)
        if found is not None:
            return earlier(found, hashlib.sha256(content).digest(), command_id)
    raise absent


def _changes(
    school: School,
    board: Board[T],
    here: Read[T],
    made: Decided,
    receipt: Receipt,
    actor: Actor,
    now: datetime,
    known: CommandId,
    content: bytes,
) -> Changes:
    state = here.state
    for event in made.events:
        if not isinstance(event, e.NoticeQueued | e.AttemptFinished):
            state = board.evolve(state, event)
    stored = [*([board.stored(state)] if state is not None else []), *made.besides]
    keys = [board.key, ROSTER, *board.also]
    new = seal_events(school, board.key, "school", made.events, actor, now, known)
    return Changes(
        actor=actor,
        command=known,
        content=content,
        expect={key: here.snapshot.version(key) for key in keys},
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(receipt),
        put=tuple(seal_document(school, one) for one in stored),
        outbox=tuple(board.entries(made.events, state)) if state is not None else (),
    )
