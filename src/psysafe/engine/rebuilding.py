"""One document folded again from its journal, under a journalled command and somebody's name."""

from __future__ import annotations

import hashlib
from datetime import datetime

from psysafe import wire
from psysafe.contracts.storage import Changes, Committed, commit_digest
from psysafe.domain import events as e
from psysafe.domain.people import Student
from psysafe.engine.committing import Receipt, seal_document, seal_events
from psysafe.engine.enrolling import identities_of
from psysafe.engine.folds import Folds
from psysafe.engine.gather import opened
from psysafe.engine.school import School
from psysafe.engine.unsealing import event_of, records_of
from psysafe.errors import ConflictError, NotFoundError
from psysafe.ids import Actor


def rebuild(school: School, key: str, actor: Actor, now: datetime) -> None:
    """Fold one document again from its journal and write it, under a journalled command.

    `key`: `file/...`, `student/...` or `roster`. Raises NotFoundError where no stream of that
    name exists, ConflictError where somebody wrote meanwhile.
    """
    folds, last = Folds(), 0
    for one in records_of(school, key):
        folds.take(one.stream, event_of(school, one))
        last = one.position
    if key.startswith("file/"):
        student = key.partition("/")[2]
        snapshot = school.storage.read(school.part, [f"student/{student}"])
        document = snapshot.documents.get(f"student/{student}")
        if document is not None:
            folds.students[student] = opened(school, document, Student)
    made = [s for s in folds.documents() if s.key != f"student/{key.partition('/')[2]}"]
    if key.startswith("student/"):
        made = [s for s in folds.documents() if s.key == key]
        made += [one for who in folds.students.values() for one in identities_of(school, who)]
    if not made:
        raise NotFoundError
    snapshot = school.storage.read(school.part, [s.key for s in made])
    if school.storage.journal(school.part, last, 1, key):
        # It came in between, so these versions are not those of what was folded.
        raise ConflictError("PSY003")
    event = e.DocumentRebuilt(record=key, by=actor, at=now)
    command = school.ids.command()
    new = seal_events(school, "audit/rebuild", "school", [event], actor, now, command)
    digest = commit_digest(new)
    changes = Changes(
        actor=actor,
        command=command,
        content=hashlib.sha256(digest).digest(),
        expect={s.key: snapshot.version(s.key) for s in made},
        events=new,
        digest=digest,
        receipt=wire.encode_document(Receipt(command=command)),
        put=tuple(seal_document(school, s) for s in made),
    )
    if not isinstance(school.storage.commit(school.part, changes), Committed):
        raise ConflictError("PSY003")
