"""Hand-overs that wait: listed for those who answer for the student, and accepted by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from psysafe.clock import to_wire
from psysafe.contracts.storage import Document, Query
from psysafe.domain import events as e
from psysafe.domain import handovers
from psysafe.domain.files import LIVE, new_file
from psysafe.domain.people import LEADING_GROUP, Student, roles_for, standing
from psysafe.domain.privacy import may_know
from psysafe.domain.world import World
from psysafe.engine.cards import HAND_OVER, CaseCard
from psysafe.engine.committing import TRIES, refuse
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import every_page, gather, is_unreadable, readable, roster
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.errors import ConflictError, NotFoundError, PsysafeError, StorageError
from psysafe.ids import Actor, ClassId, PersonId, StudentId
from psysafe.sensitivity import changed

MOST = 500
#: Who hears that a hand-over cannot be read: whoever is told of a damaged record anyway.
_TOLD: Final = frozenset({"counselor", *LEADING_GROUP})


def list_hand_overs(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The hand-overs that wait for this actor, or of whose case the actor knows, the oldest first.

    Whoever gets a student with a live case must know that there is one to be taken over; more
    than that the line does not say. It holds codes only. One line of audit for the page.
    Where the files of some cannot be read, the last line says how many (`unreadable`), and of whom
    not: who is barred stands in them.
    """
    query = Query(index="board", prefixes=(("student", HAND_OVER),), limit=MOST)
    found: list[dict[str, Any]] = []
    unread = 0
    while True:
        page = school.storage.query(school.part, query)
        for _, person in readable(school, page.documents, Student):
            try:
                world = gather(school, person.id).world
            except StorageError as error:
                if not is_unreadable(error):
                    raise
                unread += bool(_TOLD & roles_for(actor, standing(person), roster(school), now))
                continue
            line = _line(school, world, actor, now)
            if line is not None:
                found.append(line)
        if page.cursor is None:
            break
        query = attrs.evolve(query, cursor=page.cursor)
    journal_list(school, actor, "hand_overs", now)
    found.sort(key=lambda line: (line["due"], line["student"]))
    return [*found, {"unreadable": unread}] if unread else found


def _line(school: School, world: World, actor: Actor, now: datetime) -> dict[str, Any] | None:
    hand_over = world.student.hand_over
    if hand_over is None or not _concerns(school, world, actor, now):
        return None
    line: dict[str, Any] = {
        "student": world.student.id,
        "kind": hand_over.kind,
        "listed": hand_over.listed,
        "due": hand_over.due,
        "overdue": hand_over.due <= now,
        "missing": list(handovers.missing(world, hand_over, now)),
        "yours": handovers.waits_for(world, actor, now),
    }
    if hand_over.placement is not None:
        line["class_id"] = hand_over.placement.class_id
    if hand_over.why:
        line["why"] = hand_over.why
    return line


def _as_known(world: World, actor: Actor) -> World:
    """The world as an actor may know it: for whoever is barred, nothing waits or is live."""
    if actor not in world.barred:
        return world
    person = changed(world.student, hand_over=None)
    return attrs.evolve(world, file=new_file(person.id), student=person)


def _concerns(school: School, world: World, actor: Actor, now: datetime) -> bool:
    return handovers.waits_for(world, actor, now) or may_know(sight(school, actor, world, now))


def list_for_ended(school: School, events: Sequence[e.Event], actor: Actor, now: datetime) -> None:
    """List the students with a live case whose homeroom teacher's role a file has ended.

    Whoever had the role keeps what a crisis needs until the lead and whoever has the class now
    have accepted. One who waits for another hand-over already is in good hands.
    """
    ended = [
        (event.role.scope, event.staff)
        for event in events
        if isinstance(event, e.RelationEnded)
        and event.role is not None
        and event.staff is not None
        and event.role.role == "homeroom_teacher"
        and event.at > event.role.since
    ]
    if not ended:
        return
    query = Query(index="board", prefixes=tuple(("case", lc) for lc in LIVE), limit=MOST)
    cards = [card for _, card in readable(school, every_page(school, query), CaseCard)]
    for card in cards:
        keeping = tuple(who for scope, who in ended if scope.covers(card.grade, _class(card)))
        if keeping:
            _list(school, card.student, keeping, actor, now)


def _class(card: CaseCard) -> ClassId:
    return ClassId(card.class_id)


def _list(
    school: School,
    student: StudentId,
    keeping: tuple[PersonId, ...],
    actor: Actor,
    now: datetime,
) -> None:
    for _ in range(TRIES):
        gathered = gather(school, student)
        world = gathered.world
        if world.student.hand_over is not None or world.file.live_case is None:
            return
        waits = handovers.teacher_ended(now, school.plan, school.calendar, keeping)
        event = e.HandOverListed(student=student, hand_over=waits)
        command = school.ids.command()
        try:
            commit_students(
                school, [(student, [event])], actor, now, command, seen=gathered.versions
            )
        except ConflictError:
            continue
        return
    raise ConflictError("PSY020", action="import")


def accept(school: School, student: StudentId, actor: Actor, now: datetime) -> bool:
    """Accept what waits for this actor; whether the change was made with it.

    Raises NotFoundError for whoever may not know of it, NotPermittedError PSY271,
    InvalidMoveError PSY272, ConflictError PSY020.
    """
    for _ in range(TRIES):
        gathered = gather(school, student)
        world = _as_known(gathered.world, actor)
        try:
            if not _concerns(school, world, actor, now):
                raise NotFoundError
            events = handovers.accept(world, actor, now)
        except PsysafeError as refusal:
            refuse(
                school,
                e.DecisionRefused(
                    student=student, by=actor, action="AcceptHandOver", code=refusal.code, at=now
                ),
            )
            raise
        command = school.ids.command()
        try:
            commit_students(
                school, [(student, events)], actor, now, command, seen=gathered.versions
            )
        except ConflictError:
            continue
        return any(isinstance(event, e.HandOverSettled) for event in events)
    raise ConflictError("PSY020", action="accept")


def overdue(school: School, now: datetime) -> int:
    """How many hand-overs have waited longer than they may."""
    query = Query(
        index="board", prefixes=(("student", HAND_OVER, ""),), high=to_wire(now), limit=MOST
    )
    found: list[Document] = []
    while True:
        page = school.storage.query(school.part, query)
        found += page.documents
        if page.cursor is None:
            return len(found)
        query = attrs.evolve(query, cursor=page.cursor)
