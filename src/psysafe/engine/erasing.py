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
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import attrs

from psysafe import wire
from psysafe.contracts.forgetting import Forgetting, Whom
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Conflict,
    Document,
    NewEvent,
    Query,
    commit_digest,
)
from psysafe.domain import events as e
from psysafe.domain.duties_notes import Note
from psysafe.domain.erasure import FORGET, may_forget
from psysafe.domain.people import Student
from psysafe.domain.surveys import OPEN, Survey
from psysafe.engine import refs, spooling
from psysafe.engine.cards_erasure import KIND, mark_of, receipt_document, receipt_key
from psysafe.engine.committing import TRIES, Receipt, pause, refuse, seal_document, seal_events
from psysafe.engine.deletion_ledger import DeletionLedger
from psysafe.engine.enrolling import Identity
from psysafe.engine.forgotten import STREAMS
from psysafe.engine.gather import every_page, gather, readable
from psysafe.engine.school import School
from psysafe.engine.unsealing import PAGE, event_of, records_of
from psysafe.errors import ConflictError, InvalidMoveError, PsysafeError, StorageError
from psysafe.ids import SYSTEM_TICK, Actor, CommandId, StudentId, derived_command

_log = logging.getLogger("psysafe.engine")

#: Kinds of documents whose index can name a student.
_OF_STUDENTS: Final = (
    *("student", "file", "bar", "case", "duty", "flag", "offer", "notice", "sheet"),
)


@attrs.frozen(kw_only=True)
class Going:
    """What goes with a student, or went: numbers, which say nothing of whom it is about."""

    events: int
    documents: int
    notes: int
    finished: bool = True
    """whether nothing is left to do; else it is made good later"""


@attrs.frozen(kw_only=True)
class _Found:
    """Everything that is about one student, as a store is told it."""

    whom: Whom
    delete: tuple[str, ...]
    expect: Mapping[str, int]
    notes: tuple[str, ...]
    events: int
    documents: int


_NOBODY: Final = _Found(
    whom=Whom(streams=()), delete=(), expect={}, notes=(), events=0, documents=0
)


def preview(school: School, actor: Actor, student: StudentId, basis: str, now: datetime) -> Going:
    """What would go. Raises as `forget`; changes nothing, a refusal leaves its line."""
    _able(school)
    _permitted(school, actor, student, basis, now)
    found = _all_about(school, student)
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
        found = _all_about(school, student)
        mark = mark_of(school, student)
        told = e.StudentErased(mark=mark, basis=basis, by=actor, at=now, notes=found.notes)
        changes = _changes(school, told, found, {**found.expect, **versions}, command)
        if isinstance(store.forget(school.part, changes, found.whom), Committed):
            finished = _finished(school, student, found.whom.subjects, mark, now)
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
    told: e.StudentErased,
    found: _Found,
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


def _finished(
    school: School, student: str | None, subjects: Iterable[str], mark: str, now: datetime
) -> bool:
    """What comes after the commit, each step of which may be done again; whether it all was."""
    store, ledger = _able(school)
    let_go(school)
    try:
        ledger.gone(mark, now)
        if student is not None:
            school.sealer.erase(student)
        spooling.forget(school, frozenset(subjects))
        store.compact()
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


# -- what was begun, and what came back with a backup -------------------------------------------


def make_good(school: School, now: datetime) -> int:
    """Finish what was begun, and erase again whom a backup has brought back; how many are left.

    Raises StorageError where the store cannot be read.
    """
    if not isinstance(school.storage, Forgetting) or school.ledger is None:
        return 0
    marks = DeletionLedger(school.ledger).read()
    receipts = {d.key.partition("/")[2] for d in _kind(school, KIND)}
    owed = {mark for mark in (*marks, *receipts) if not marks.get(mark) or mark not in receipts}
    if not owed:
        return 0
    people = {mark_of(school, one): one for one in _everybody(school)}
    return sum(not _made_good(school, mark, people.get(mark), now) for mark in sorted(owed))


def _made_good(school: School, mark: str, student: str | None, now: datetime) -> bool:
    store, _ = _able(school)
    key = receipt_key(mark)
    found = _all_about(school, student) if student is not None else _NOBODY
    if key not in school.storage.read(school.part, [key]).documents:
        told = e.StudentErased(
            mark=mark, basis="", by=SYSTEM_TICK, at=now, notes=found.notes, again=True
        )
        command = derived_command(school.part_key, "erased again", mark)
        changes = _changes(school, told, found, {key: 0}, command)
        if isinstance(store.forget(school.part, changes, found.whom), Conflict):
            return False  # another process is at it
    return _finished(school, student, found.whom.subjects, mark, now)


def _everybody(school: School) -> Iterator[str]:
    """The id of every student the store has ever known."""
    seen: set[str] = set()
    after = 0
    while page := school.storage.journal(school.part, after, PAGE):
        seen |= {one.stream[8:] for one in page if one.stream.startswith("student/")}
        after = page[-1].position
    yield from seen


# -- what is about a student --------------------------------------------------------------------


def _all_about(school: School, student: str) -> _Found:
    """Everything that goes with a student, also where there is no key left to ask for."""
    notes, tellers = _notes_about(school, student)
    called = [notice for stream in notes for notice in _notices_of(school, stream)]
    identities = [
        document.key
        for document, found in readable(school, _kind(school, "identity"), Identity)
        if found.student == student
    ]
    subjects = _pseudonyms(school, student)
    owned = [
        document.key
        for subject in subjects
        for kind in _OF_STUDENTS
        for document in every_page(
            school, Query(index="subject", prefixes=((kind, subject),), limit=PAGE)
        )
    ]
    notices = [key.partition("/")[2] for key in owned if key.startswith("notice/")]
    streams = (*(f"{kind}/{student}" for kind in STREAMS), *notes)
    records = (one for stream in streams for one in records_of(school, stream))
    sent = refs.about(school, {*notices, *called})
    delete = (*identities, *notes, *tellers, *sent, *(f"notice/{one}" for one in called))
    told = (stream.partition("/")[2] for stream in notes)
    return _Found(
        whom=Whom(
            streams=streams, subjects=subjects, references=(student, *notices, *called, *told)
        ),
        delete=delete,
        expect=tellers,
        notes=notes,
        events=sum(one.emptied is None for one in records),
        documents=len(owned) + len(delete),
    )


def _kind(school: School, kind: str) -> Iterator[Document]:
    return every_page(school, Query(index="kind", prefixes=((kind,),), limit=PAGE))


def _pseudonyms(school: School, student: str) -> tuple[str, ...]:
    """The names under which the store knows a student."""
    found = {
        wire.read_header(one.header).subject
        for kind in STREAMS
        for one in records_of(school, f"{kind}/{student}")
    }
    return tuple(sorted(name for name in found if name))


def _notes_about(school: School, student: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """The streams of notes that were linked to this student; and the lists of those who told them
    and no other note, with the versions of these lists."""
    theirs: list[str] = []
    tellers: set[str] = set()
    others: set[str] = set()
    for document, note in readable(school, _kind(school, "note"), Note):
        about = _linked(school, document.key) == student
        (tellers if about else others).add(f"teller/{note.signal.reporter}")
        theirs += [document.key] if about else []
    only = sorted(tellers - others)
    held = school.storage.read(school.part, only)
    return tuple(theirs), {key: held.version(key) for key in only}


def _linked(school: School, stream: str) -> str | None:
    """To whom a note was linked; None where it was not."""
    for one in records_of(school, stream):
        if one.emptied is None and wire.read_header(one.header).kind == "note_checked":
            event = event_of(school, one)
            return event.student if isinstance(event, e.NoteChecked) else None
    return None


def _notices_of(school: School, stream: str) -> list[str]:
    """Who was called about a note."""
    events = [event_of(school, one) for one in records_of(school, stream) if one.emptied is None]
    return [event.notice.id for event in events if isinstance(event, e.NoticeQueued)]
