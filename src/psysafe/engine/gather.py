"""The facts of one command, in one read: file, student, roster, and the notice it is about.

Every version that was read is kept and expected again at the commit, so a decision never stands
on facts that changed in between.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import attrs

from psysafe import wire
from psysafe.contracts.storage import Document, Query, Snapshot
from psysafe.domain.duties import Notice
from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.files import StudentFile, new_file
from psysafe.domain.people import Roster, Student
from psysafe.domain.world import World
from psysafe.engine.cards import CaseCard, FlagCard
from psysafe.engine.cards_offers import OfferCard
from psysafe.engine.school import School
from psysafe.errors import InvalidDataError, NotFoundError, StorageError
from psysafe.ids import NoticeId, StudentId
from psysafe.sealing import ERASED, ONE_BODY

T = TypeVar("T")
_log = logging.getLogger("psysafe.engine")
ROSTER = "roster"
DUTY = "duty_roster"


@attrs.frozen(kw_only=True)
class Gathered:
    """A world and the versions of the documents that it was read from."""

    world: World
    versions: Mapping[str, int]


def record_of(school: School, document: Document, subject: str, cls: type[T]) -> T:
    """The record in a document, unsealed and decoded."""

    return school.decoded.get(
        document.key, document.body, lambda _: record_once(school, document, subject, cls)
    )


def record_once(school: School, document: Document, subject: str, cls: type[T]) -> T:
    """As `record_of`, for what is read once: it does not push out what is read all the time."""
    sealer, sealed = school.sealer, document.body
    body = unsealed(lambda: sealer.open(school.part, subject, document.key, sealed))
    return _decoded(document.key, body, cls)


def unsealed(opening: Callable[[], bytes]) -> bytes:
    """A body. Raises NotFoundError where it is of somebody erased: as if they had never been."""
    try:
        return opening()
    except StorageError as error:
        if error.code != ERASED:
            raise
    raise NotFoundError


def _decoded(key: str, body: bytes, cls: type[T]) -> T:
    """The record in a body. Raises StorageError PSY403: what we wrote ourselves is no input."""
    try:
        return wire.decode_document(body, cls)
    except InvalidDataError as error:
        raise StorageError("PSY403", record=key, problem=error.code) from None


def is_unreadable(error: BaseException) -> bool:
    """Whether one body is damaged, changed or without its key, and every other one is well."""
    return isinstance(error, StorageError) and error.code in ONE_BODY


def gather(school: School, student: StudentId, notice: NoticeId | None = None) -> Gathered:
    """The world around one student. Raises NotFoundError where there is no such student."""
    keys = [f"file/{student}", f"student/{student}", ROSTER, DUTY]
    if notice is not None:
        keys.append(f"notice/{notice}")
    snapshot = school.storage.read(school.part, keys)
    person = snapshot.documents.get(f"student/{student}")
    if person is None:
        raise NotFoundError
    file = snapshot.documents.get(f"file/{student}")
    told = snapshot.documents.get(f"notice/{notice}") if notice else None
    world = World(
        file=record_of(school, file, student, StudentFile) if file else new_file(student),
        student=record_of(school, person, student, Student),
        roster=roster_in(school, snapshot),
        plan=school.plan,
        calendar=school.calendar,
        duty=duty_in(school, snapshot),
        notice=record_of(school, told, student, Notice) if told else None,
        outside=tuple(school.outside),
    )
    return Gathered(world=world, versions={key: snapshot.version(key) for key in keys})


def gather_many(school: School, students: Iterable[StudentId]) -> Mapping[StudentId, World]:
    """The worlds around some students, in one read, for lists. One that is damaged is left out."""
    wanted = list(dict.fromkeys(students))
    keys = [key for one in wanted for key in (f"file/{one}", f"student/{one}")]
    snapshot = school.storage.read(school.part, [ROSTER, DUTY, *keys])
    people, duty = roster_in(school, snapshot), duty_in(school, snapshot)
    found: dict[StudentId, World] = {}
    for one in wanted:
        person, file = (snapshot.documents.get(f"{kind}/{one}") for kind in ("student", "file"))
        if person is None:
            continue
        try:
            found[one] = World(
                file=record_of(school, file, one, StudentFile) if file else new_file(one),
                student=record_of(school, person, one, Student),
                roster=people,
                plan=school.plan,
                calendar=school.calendar,
                duty=duty,
                outside=tuple(school.outside),
            )
        except NotFoundError:
            continue
        except StorageError as error:
            if not is_unreadable(error):
                raise
            _log.error("a record is damaged and left out", extra={"record": f"file/{one}"})
    return found


def roster_in(school: School, snapshot: Snapshot) -> Roster:
    """The roster of a snapshot; an empty one before the first import."""
    found = snapshot.documents.get(ROSTER)
    return record_of(school, found, "school", Roster) if found else Roster()


def duty_in(school: School, snapshot: Snapshot) -> DutyRoster:
    """The rosters of duty of a snapshot; empty ones where the school keeps none."""
    found = snapshot.documents.get(DUTY)
    return record_of(school, found, "school", DutyRoster) if found else DutyRoster()


def people_and_duty(school: School) -> tuple[Roster, DutyRoster]:
    """The roster and the rosters of duty as they are now, in one read."""
    snapshot = school.storage.read(school.part, [ROSTER, DUTY])
    return roster_in(school, snapshot), duty_in(school, snapshot)


def roster(school: School) -> Roster:
    """The roster as it is now."""
    return roster_in(school, school.storage.read(school.part, [ROSTER]))


def card(school: School, key: str, cls: type[T]) -> T:
    """One card by its key. Raises NotFoundError.

    Cards of students are sealed to their subject; the store's index tells which that is.
    """
    found = school.storage.read(school.part, [key]).documents.get(key)
    if found is None:
        raise NotFoundError
    return opened(school, found, cls)


def opened(school: School, document: Document, cls: type[T]) -> T:
    """The record in a document whose subject only the index names."""
    subject = document.index.get("subject", "school")

    def decode(sealed: bytes) -> T:
        place = (school.part, subject, document.key)
        body = unsealed(lambda: school.sealer.open_stored(*place, sealed))
        return _decoded(document.key, body, cls)

    return school.decoded.get(document.key, document.body, decode)


def every_page(school: School, query: Query) -> Iterator[Document]:
    """The documents of a query, page after page: what a limit cut off would be out of sight."""
    while True:
        page = school.storage.query(school.part, query)
        yield from page.documents
        if page.cursor is None:
            return
        query = attrs.evolve(query, cursor=page.cursor)


def readable(
    school: School, documents: Iterable[Document], cls: type[T]
) -> Iterator[tuple[Document, T]]:
    """The records of a list's documents. One that is damaged is logged and left out.

    A list that failed as a whole would hide every other student too; `verify` names the damage.
    """
    for document in documents:
        try:
            yield document, opened(school, document, cls)
        except NotFoundError:
            continue
        except StorageError as error:
            if not is_unreadable(error):
                raise
            _log.error("a record is damaged and left out", extra={"record": document.key})


def student_of_case(school: School, case: str) -> StudentId:
    """Whose case it is. Raises NotFoundError."""
    return card(school, f"case/{case}", CaseCard).student


def student_of_flag(school: School, flag: str) -> StudentId:
    """Whose flag it is. Raises NotFoundError."""
    return card(school, f"flag/{flag}", FlagCard).student


def student_of_offer(school: School, offer: str) -> StudentId:
    """About whom an offer is. Raises NotFoundError."""
    return card(school, f"offer/{offer}", OfferCard).student


def campus_of(school: School, class_id: str) -> str | None:
    """Where a class is: the campus of the first of its students. Asked only where a phase asks."""
    if not any(phase.campus for phase in school.plan.phases):
        return None
    return place_of(school, class_id)


def place_of(school: School, class_id: str) -> str | None:
    """The campus of the first student of a class; None where none is known."""
    first = Query(index="placement", prefixes=(("student", class_id),), limit=1)
    page = school.storage.query(school.part, first)
    found = [one.placement.campus for _, one in readable(school, page.documents, Student)]
    return found[0] or None if found else None
