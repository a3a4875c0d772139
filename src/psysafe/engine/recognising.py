"""Whom the rows of a file mean: students by their outside identities, a batch at a time.

What is read here is remembered with its versions, so that what is decided by it is committed only
where none of it has changed: a case that begins in between stops the batch, which is then decided
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from psysafe.contracts.storage import Document, Query
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Student
from psysafe.engine.enrolling import Identity, identity_key
from psysafe.engine.gather import opened, record_of
from psysafe.engine.school import School
from psysafe.ids import ClassId, StudentId

#: Documents in one read.
PAGE = 500


@attrs.frozen(kw_only=True)
class Recognised:
    """The students behind some outside identities."""

    students: Mapping[tuple[str, str], Student] = attrs.field(repr=False)
    """source and outside id, to the student who has it"""
    live: frozenset[StudentId]
    """those with a live case"""
    versions: Mapping[StudentId, Mapping[str, int]] = attrs.field(repr=False)
    """by student, the documents that were read and their versions"""


def recognise(school: School, identities: Iterable[tuple[str, str]]) -> Recognised:
    """Who is known under these identities, and with whom a case is live."""
    keys = {identity_key(school, *one): one for one in identities}
    found = {
        keys[key]: record_of(school, document, "school", Identity).student
        for key, document in _read(school, list(keys)).items()
    }
    ids = sorted(set(found.values()))
    read = _read(school, [key for one in ids for key in (f"student/{one}", f"file/{one}")])
    people: dict[StudentId, Student] = {}
    live: set[StudentId] = set()
    versions: dict[StudentId, Mapping[str, int]] = {}
    for one in ids:
        person, file = read.get(f"student/{one}"), read.get(f"file/{one}")
        versions[one] = {
            f"student/{one}": person.version if person else 0,
            f"file/{one}": file.version if file else 0,
        }
        if person is not None:
            people[one] = record_of(school, person, one, Student)
        if file is not None and record_of(school, file, one, StudentFile).live_case is not None:
            live.add(one)
    return Recognised(
        students={key: people[one] for key, one in found.items() if one in people},
        live=frozenset(live),
        versions=versions,
    )


def _read(school: School, keys: list[str]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for start in range(0, len(keys), PAGE):
        found.update(school.storage.read(school.part, keys[start : start + PAGE]).documents)
    return found


def of_class(school: School, class_id: ClassId) -> tuple[Student, ...]:
    """Everybody who is in a class now, in the order of ids."""
    query = Query(index="placement", prefixes=(("student", class_id),), limit=PAGE)
    people: list[Student] = []
    while True:
        page = school.storage.query(school.part, query)
        people += [opened(school, document, Student) for document in page.documents]
        if page.cursor is None:
            return tuple(sorted(people, key=lambda one: one.id))
        query = attrs.evolve(query, cursor=page.cursor)
