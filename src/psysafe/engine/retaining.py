"""Whose file has been kept long enough: counted every day, listed for whoever may decide it.

Nothing is erased by itself. The list says who has left and until when the file was to be kept, and
whether something stands against an erasure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from psysafe.contracts.storage import Query
from psysafe.domain.erasure import FORGET, kept_until, stands_against, time_is_up
from psysafe.domain.people import Student
from psysafe.domain.privacy import Effect
from psysafe.engine.bulk import take
from psysafe.engine.gather import Gathered, every_page, gather, record_once, roster
from psysafe.engine.reading import journal_list, journal_look
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.errors import NotFoundError, NotPermittedError, StorageError
from psysafe.ids import Actor, StudentId
from psysafe.sensitivity import ItemClass


def past_their_time(school: School, now: datetime) -> int:
    """How many files have been kept long enough; nobody's name."""
    return sum(1 for _ in _past(school, now))


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Each of them whom the actor may erase. The list is journalled, and each name that is shown.

    Raises NotPermittedError PSY002 for whoever may erase nobody, PSY154 for too many at once
    without a second person's yes, ConflictError PSY020.
    """
    found = []
    erasable = list(_erasable(school, actor, now))
    students = [one.world.student.id for one in erasable]
    rules = take(school, actor, "retention", (), students, now)
    for gathered in erasable:
        world = gathered.world
        student = world.student.id
        line: dict[str, Any] = {
            "student": student,
            "left": world.student.placement.until,
            "kept_until": kept_until(world.student, school.kept_for, school.calendar),
            "held": actor in world.barred or bool(stands_against(world.file)),
        }
        plan = sight(school, actor, world, now)
        if plan.of(ItemClass.DISPLAY_NAME).effect is Effect.ALLOW:
            line["name"] = world.student.name
            shown = (ItemClass.DISPLAY_NAME,)
            journal_look(school, actor, student, plan, shown, now, gathered.versions)
        found.append(line)
    if not found and not _may_somewhere(school, actor, now):
        raise NotPermittedError("PSY002", action=FORGET)
    journal_list(school, actor, "retention", now, rules=rules)
    return found


def whom(school: School, actor: Actor, now: datetime) -> list[StudentId]:
    """Who would stand in that list; not given yet."""
    return [one.world.student.id for one in _erasable(school, actor, now)]


def _erasable(school: School, actor: Actor, now: datetime) -> Iterator[Gathered]:
    for student in sorted(_past(school, now)):
        gathered = gather(school, student)
        world = gathered.world
        if any(world.plan.may(FORGET, one) for one in world.holders(actor, now)):
            yield gathered


def _may_somewhere(school: School, actor: Actor, now: datetime) -> bool:
    """Whether any role of the actor has the right."""
    return any(school.plan.may(FORGET, held.role) for held in roster(school).roles_of(actor, now))


def _past(school: School, now: datetime) -> Iterator[StudentId]:
    query = Query(index="kind", prefixes=(("student",),), limit=500)
    for document in every_page(school, query):
        name = document.key.partition("/")[2]
        try:
            student = record_once(school, document, name, Student)
        except (NotFoundError, StorageError):
            continue  # `audit` counts, and `verify` names, what cannot be read
        if time_is_up(student, school.kept_for, school.calendar, now):
            yield student.id
