"""People into the store: the roster's events committed in bulk, and students found by number.

A bulk commit holds few enough rows that a crisis can pass between two of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from psysafe import wire
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Entry,
    NewEvent,
    Put,
    commit_digest,
)
from psysafe.domain import events as e
from psysafe.domain import handovers
from psysafe.domain.files import StudentFile
from psysafe.domain.grants import GrantsRequired
from psysafe.domain.people import Roster, Student, standing
from psysafe.domain.rosters import fold_roster, fold_student
from psysafe.domain.world import World
from psysafe.engine.cards import (
    Stored,
    case_document,
    file_document,
    hand_over_wake,
    student_document,
)
from psysafe.engine.cards_grants import asked_to_sign
from psysafe.engine.committing import Receipt, seal_document, seal_events
from psysafe.engine.gather import ROSTER, gather, record_of, record_once, roster_in
from psysafe.engine.leaving import away, lapses
from psysafe.engine.school import School
from psysafe.errors import ConflictError, Fact, Finding, InvalidDataError, NotFoundError
from psysafe.ids import Actor, CommandId, StudentId, lookup_key
from psysafe.sensitivity import record, ref

NUMBER = "student_no"
#: Students in one bulk commit: each makes two documents and a few events.
BATCH = 150


@record
class Identity:
    """Whose outside identity this is; found under a keyed digest, never under the number."""

    student: StudentId = ref()


def identity_key(school: School, source: str, external: str) -> str:
    return f"identity/{lookup_key(school.part_key, source, external)}"


def find_student(school: School, text: str) -> StudentId:
    """The student of `s-...`, `student:s-...` or `no:NUMBER`. Raises NotFoundError."""
    if text.startswith("no:"):
        return find_numbers(school, [text[3:]])[text[3:]]
    student = StudentId(text.removeprefix("student:"))
    key = f"student/{student}"
    if key not in school.storage.read(school.part, [key]).documents:
        raise NotFoundError
    return student


class _Found(dict[str, StudentId]):
    def __missing__(self, key: str) -> StudentId:
        raise NotFoundError


def find_numbers(school: School, numbers: Iterable[str]) -> Mapping[str, StudentId]:
    """Students by student number; looking up one that is unknown raises NotFoundError."""
    keys = {identity_key(school, NUMBER, number): number for number in numbers}
    found = _Found()
    wanted = list(keys)
    for start in range(0, len(wanted), 500):
        snapshot = school.storage.read(school.part, wanted[start : start + 500])
        for key, document in snapshot.documents.items():
            found[keys[key]] = record_once(school, document, "school", Identity).student
    return found


def students(school: School, ids: Sequence[StudentId]) -> Mapping[StudentId, Student]:
    """The roster's records of some students."""
    found: dict[StudentId, Student] = {}
    for start in range(0, len(ids), 500):
        keys = {f"student/{one}": one for one in ids[start : start + 500]}
        snapshot = school.storage.read(school.part, list(keys))
        for key, document in snapshot.documents.items():
            found[keys[key]] = record_of(school, document, keys[key], Student)
    return found


def commit_roster(
    school: School, events: Sequence[e.Event], actor: Actor, now: datetime, command: CommandId
) -> None:
    """Commit events about classes and staff. Raises ConflictError where somebody was faster.

    Where the settings say that roles are signed, the first of these commits says it in the store.
    """
    if not events:
        return
    snapshot = school.storage.read(school.part, [ROSTER])
    after: Roster = roster_in(school, snapshot)
    if school.roles_signed and after.grants is None:
        events = (*events, GrantsRequired(by=actor, at=now))
    for event in events:
        after = fold_roster(after, event)
    stored = Stored(key=ROSTER, record=after, subject="school", index={})
    new = seal_events(school, ROSTER, "school", events, actor, now, command)
    put = (seal_document(school, stored),)
    expect = {ROSTER: snapshot.version(ROSTER)}
    told = (*away(events, after, now), *asked_to_sign(after, school.plan, now))
    _commit(school, new, put, expect, actor, command, told)


def commit_students(
    school: School,
    batch: Sequence[tuple[StudentId, Sequence[e.Event]]],
    actor: Actor,
    now: datetime,
    command: CommandId,
    *,
    seen: Mapping[str, int] | None = None,
) -> None:
    """Commit events about at most BATCH students, together or not at all.

    `seen`: the versions of documents by which the events were decided, such as the files that
    told that no case is live. Raises ConflictError where one of them changed meanwhile.
    """
    keys = [key for student, _ in batch for key in (f"student/{student}", f"file/{student}")]
    snapshot = school.storage.read(school.part, keys)
    expect = {key: snapshot.version(key) for key in keys} | dict(seen or {})
    school.sealer.make_ready([student for student, _ in batch])
    new: list[NewEvent] = []
    put: list[Stored] = []
    people: list[Student] = []
    ends: list[Entry] = []
    for student, events in batch:
        key = f"student/{student}"
        document = snapshot.documents.get(key)
        person = record_once(school, document, student, Student) if document else None
        for event in events:
            person = fold_student(person, event)
        if person is None:
            continue
        new += seal_events(school, key, student, events, actor, now, command, len(new))
        put.append(student_document(person))
        held = snapshot.documents.get(f"file/{student}")
        if held is not None:
            file = record_once(school, held, student, StudentFile)
            put += _moved(file, person)
            ends += _ends(school, file, person, now)
        people.append(person)
    put += _identities(school, people, expect)
    told = (*_asked(school, batch, now), *ends)
    put_now = tuple(seal_document(school, stored) for stored in put)
    if new:
        _commit(school, tuple(new), put_now, expect, actor, command, told)


def _asked(
    school: School, batch: Sequence[tuple[StudentId, Sequence[e.Event]]], now: datetime
) -> Iterator[Entry]:
    """Whoever must accept a hand-over is told: one list a person, however many students move."""
    for student, events in batch:
        for event in events:
            if isinstance(event, e.HandOverListed):
                world = gather(school, student).world
                for who, at in handovers.asked(world, event.hand_over, now):
                    yield hand_over_wake(who, at)


def _ends(school: School, file: StudentFile, person: Student, now: datetime) -> tuple[Entry, ...]:
    """When what the student's referrals rest on is looked at: now, and when it may end."""
    people, plan, calendar = Roster(), school.plan, school.calendar
    world = World(file=file, student=person, roster=people, plan=plan, calendar=calendar)
    return lapses(world, now, at_once=True)


def _moved(file: StudentFile, person: Student) -> list[Stored]:
    """What lists find by class moves with the student: the file, and the card of the case."""
    here = standing(person)
    case = [case_document(file, file.case, here)] if file.case is not None else []
    return [file_document(file, here), *case]


def _identities(school: School, people: Sequence[Student], expect: dict[str, int]) -> list[Stored]:
    """The outside identities under which these students are found, as far as they are new.

    Raises InvalidDataError PSY235 where one of them is another student's.
    """
    wanted: dict[str, Student] = {}
    for person in people:
        for source, key in _keys_of(school, person):
            if wanted.setdefault(key, person) is not person:
                raise _taken(source, person)
    held = school.storage.read(school.part, list(wanted)).documents
    for person in people:
        for source, key in _keys_of(school, person):
            document = held.get(key)
            expect[key] = document.version if document is not None else 0
            if document is None:
                continue
            if record_once(school, document, "school", Identity).student != person.id:
                raise _taken(source, person)
    return [
        one for person in people for one in identities_of(school, person) if one.key not in held
    ]


def identities_of(school: School, person: Student) -> list[Stored]:
    """The documents by which somebody is found by the numbers that they have now."""
    about = Identity(student=person.id)
    keys = dict.fromkeys(key for _, key in _keys_of(school, person))
    return [Stored(key=key, record=about, subject="school", index={}) for key in keys]


def _keys_of(school: School, person: Student) -> list[tuple[str, str]]:
    return [(source, identity_key(school, source, no)) for source, no in person.identities]


def _taken(source: str, person: Student) -> InvalidDataError:
    facts: dict[str, Fact] = {"source": source, "student": person.id}
    return InvalidDataError([Finding(code="PSY235", facts=facts)])


def _commit(
    school: School,
    new: tuple[NewEvent, ...],
    put: tuple[Put, ...],
    expect: Mapping[str, int],
    actor: Actor,
    command: CommandId,
    told: tuple[Entry, ...] = (),
) -> None:
    digest = commit_digest(new)
    changes = Changes(
        actor=actor,
        command=command,
        content=hashlib.sha256(digest).digest(),
        expect=expect,
        events=new,
        digest=digest,
        receipt=wire.encode_document(Receipt(command=command)),
        put=put,
        outbox=tuple({entry.key: entry for entry in told}.values()),
    )
    outcome = school.storage.commit(school.part, changes)
    if not isinstance(outcome, Committed):
        raise ConflictError("PSY003")
