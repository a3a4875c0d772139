"""Somebody erased: decided under the versions that were read, done in one commit, and finished.

In this order, each step durable before the next: one commit empties every body, deletes documents,
index values and what waits in the outbox, and leaves the receipt; the ledger says that it is so;
the vault destroys the keys; what was looked at and spooled goes; the file is written anew without
the holes; the ledger says that nothing is left to do. From the commit on nobody finds the student.
Whoever is killed in between leaves a receipt or a ledger that says so, and `make_good` goes on.

The commit comes before the keys, because a report may come in while it is being decided: then the
versions have changed, nothing is committed, and nothing may be lost by then.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime

import attrs

from psysafe import wire
from psysafe.contracts.forgetting import Forgetting
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Conflict,
    NewEvent,
    commit_digest,
)
from psysafe.domain import events as e
from psysafe.domain.erasure import FORGET, may_forget
from psysafe.domain.people import Student
from psysafe.domain.surveys import OPEN, Survey
from psysafe.engine import spooling
from psysafe.engine.cards_erasure import (
    KINDS,
    is_notes,
    mark_of,
    note_mark,
    receipt_document,
    receipt_key,
)
from psysafe.engine.committing import TRIES, Receipt, pause, refuse, seal_document, seal_events
from psysafe.engine.deletion_ledger import DeletionLedger
from psysafe.engine.erasing_whom import (
    NOBODY,
    Found,
    about_note,
    about_student,
    documents_of,
    tellers_of,
)
from psysafe.engine.gather import gather, readable
from psysafe.engine.school import School
from psysafe.engine.unsealing import PAGE
from psysafe.errors import ConflictError, InvalidMoveError, PsysafeError, StorageError
from psysafe.ids import SYSTEM_TICK, Actor, CommandId, StudentId, derived_command

_log = logging.getLogger("psysafe.engine")


@attrs.frozen(kw_only=True)
class Going:
    """What goes with a student, or went: numbers, which say nothing of whom it is about."""

    events: int
    documents: int
    notes: int
    finished: bool = True
    """whether nothing is left to do; else it is made good later"""


def preview(school: School, actor: Actor, student: StudentId, basis: str, now: datetime) -> Going:
    """What would go. Raises as `forget`; changes nothing, a refusal leaves its line."""
    _able(school)
    _permitted(school, actor, student, basis, now)
    found = about_student(school, student)
    return Going(events=found.events, documents=found.documents, notes=len(found.notes))


def forget(school: School, actor: Actor, student: StudentId, basis: str, now: datetime) -> Going:
    """Erase a student for good.

    Raises what `may_forget` raises, StorageError PSY740 where the store cannot, or as it fails,
    ConflictError PSY020. What could not be finished once the student is gone is made good later.
    """
    store, _ = _able(school)
    command = school.ids.command()
    for attempt in range(TRIES):
        versions = _permitted(school, actor, student, basis, now)
        found = about_student(school, student)
        mark = mark_of(school, student)
        told = e.StudentErased(mark=mark, basis=basis, by=actor, at=now, notes=found.notes)
        changes = _changes(school, told, found, {**found.expect, **versions}, command)
        if isinstance(store.forget(school.part, changes, found.whom), Committed):
            finished = _finished(school, {mark: _Gone(student, found.whom.subjects)}, now)
            return Going(
                events=found.events,
                documents=found.documents,
                notes=len(found.notes),
                finished=finished,
            )
        pause(command, attempt)
    raise ConflictError("PSY020", action=FORGET)


def _able(school: School) -> tuple[Forgetting, DeletionLedger]:
    if not isinstance(school.storage, Forgetting) or school.ledger is None:
        raise StorageError("PSY740", what=FORGET)
    return school.storage, DeletionLedger(school.ledger)


def _permitted(
    school: School, actor: Actor, student: StudentId, basis: str, now: datetime
) -> Mapping[str, int]:
    """The versions under which it is permitted. A refusal leaves one line in the journal."""
    gathered = gather(school, student)
    try:
        may_forget(gathered.world, actor, basis, school.kept_for, now)
        surveyed = _gone_through(school, gathered.world.student)
    except PsysafeError as refusal:
        refuse(
            school,
            e.DecisionRefused(student=student, by=actor, action=FORGET, code=refusal.code, at=now),
        )
        raise
    return {**gathered.versions, **surveyed}


def _gone_through(school: School, student: Student) -> Mapping[str, int]:
    """The versions of the surveys of the student's classes.

    Raises InvalidMoveError PSY723 while one of them is open: it could never be closed without them.
    """
    places = (student.placement, *student.past_placements)
    keys = list(dict.fromkeys(f"class/{place.class_id}" for place in places))
    held = school.storage.read(school.part, keys)
    for _, survey in readable(school, held.documents.values(), Survey):
        if survey.state == OPEN and student.id in survey.students:
            raise InvalidMoveError("PSY723", blocking="class survey")
    return {key: held.version(key) for key in keys}


def _commit(
    actor: Actor, command: CommandId, new: tuple[NewEvent, ...], receipt: Receipt
) -> Changes:
    digest = commit_digest(new)
    return Changes(
        actor=actor,
        command=command,
        content=hashlib.sha256(digest).digest(),
        expect={},
        events=new,
        digest=digest,
        receipt=wire.encode_document(receipt),
    )


def _changes(
    school: School,
    told: e.StudentErased | e.NoteErased,
    found: Found,
    expect: Mapping[str, int],
    command: CommandId,
) -> Changes:
    stored = receipt_document(told)
    new = seal_events(school, stored.key, "school", [told], told.by, told.at, command)
    return attrs.evolve(
        _commit(told.by, command, new, Receipt(command=command)),
        expect=expect,
        put=(seal_document(school, stored),),
        delete=found.delete,
    )


@attrs.frozen
class _Gone:
    """What is still to be done about one mark: whose keys go, and under which names it was kept."""

    student: str | None = None
    subjects: tuple[str, ...] = ()


def _finished(school: School, gone: Mapping[str, _Gone], now: datetime) -> bool:
    """What comes after the commits, each step of which may be done again; whether it all was."""
    store, ledger = _able(school)
    let_go(school)
    try:
        for mark in gone:
            ledger.gone(mark, now)
        for one in gone.values():
            if one.student is not None:
                school.sealer.erase(one.student)
        spooling.forget(school, frozenset(s for one in gone.values() for s in one.subjects))
        store.compact()
        for mark in gone:
            ledger.done(mark, now)
    except StorageError as error:
        _log.error("an erasure could not be finished yet", extra={"code": error.code})
        return False
    return True


def let_go(school: School) -> None:
    """Let go of what was read, and of names that were asked for."""
    school.decoded.clear()
    school.sealer.let_go()


def heed_others(school: School) -> None:
    """Where another process has erased somebody, let go of what was read."""
    if school.ledger is None:
        return
    length = DeletionLedger(school.ledger).length()
    if school.ledger_seen.get(school.ledger, length) != length:
        let_go(school)
    school.ledger_seen[school.ledger] = length


# -- notes whose time is up ---------------------------------------------------------------------


def forget_notes(school: School, due: Mapping[str, int], now: datetime) -> int:
    """Erase notes, by stream with the version that was decided upon; how many went.

    Each goes in a commit of its own, so that one which somebody links meanwhile holds up no other;
    what comes after the commits is done once for all.
    """
    store, _ = _able(school)
    tellers = tellers_of(school)
    gone: dict[str, _Gone] = {}
    for stream, version in due.items():
        told = e.NoteErased(mark=note_mark(school, stream), by=SYSTEM_TICK, at=now)
        found = about_note(school, stream, tellers)
        expect = {**found.expect, stream: version, receipt_key(told.mark): 0}
        command = derived_command(school.part_key, "note erased", told.mark)
        changes = _changes(school, told, found, expect, command)
        if isinstance(store.forget(school.part, changes, found.whom), Committed):
            tellers.pop(stream, None)
            gone[told.mark] = _Gone()
    if gone:
        _finished(school, gone, now)
    return len(gone)


# -- what was begun, and what came back with a backup -------------------------------------------


def make_good(school: School, now: datetime) -> int:
    """Finish what was begun, and erase again what a backup has brought back; how many are left.

    Raises StorageError where the store cannot be read.
    """
    if not isinstance(school.storage, Forgetting) or school.ledger is None:
        return 0
    marks = DeletionLedger(school.ledger).read()
    receipts = {d.key.partition("/")[2] for kind in KINDS for d in documents_of(school, kind)}
    owed = {mark for mark in (*marks, *receipts) if not marks.get(mark) or mark not in receipts}
    if not owed:
        return 0
    streams = _streams(school)
    tellers = tellers_of(school) if any(map(is_notes, owed)) else {}
    gone: dict[str, _Gone] = {}
    for mark in sorted(owed):
        stream = streams.get(mark, "")
        student = stream.removeprefix("student/") if stream.startswith("student/") else None
        if student is not None:
            found = about_student(school, student)
        else:
            found = about_note(school, stream, tellers) if stream else NOBODY
        if mark in receipts or _emptied(school, mark, found, now):
            tellers.pop(stream, None)
            gone[mark] = _Gone(student, found.whom.subjects)
    done = not gone or _finished(school, gone, now)
    return len(owed) - len(gone) if done else len(owed)


def _emptied(school: School, mark: str, found: Found, now: datetime) -> bool:
    """Erase again what a backup has brought back. Not, where another process is at it."""
    store, _ = _able(school)
    told: e.StudentErased | e.NoteErased
    if is_notes(mark):
        told = e.NoteErased(mark=mark, by=SYSTEM_TICK, at=now, again=True)
    else:
        told = e.StudentErased(
            mark=mark, basis="", by=SYSTEM_TICK, at=now, notes=found.notes, again=True
        )
    command = derived_command(school.part_key, "erased again", mark)
    changes = _changes(school, told, found, {receipt_key(mark): 0}, command)
    return not isinstance(store.forget(school.part, changes, found.whom), Conflict)


def _streams(school: School) -> dict[str, str]:
    """By mark, the stream of every student and of every note that the store has ever known."""
    seen: set[str] = set()
    after = 0
    while page := school.storage.journal(school.part, after, PAGE):
        seen |= {one.stream for one in page if one.stream.startswith(("student/", "note/"))}
        after = page[-1].position
    return {
        note_mark(school, one) if one.startswith("note/") else mark_of(school, one[8:]): one
        for one in seen
    }
