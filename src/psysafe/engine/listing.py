"""Who is in the school, for those who keep its lists: student by student, as far as they may see.

The same decision guards a list that leaves the house as any view: only students whom the actor may
see in full in every item of the list stand in it, and that somebody took it is journalled first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs

from psysafe.contracts.extras import ObjectionRequest
from psysafe.contracts.storage import Query
from psysafe.domain import events as e
from psysafe.domain.files import StudentFile, new_file
from psysafe.domain.people import Roster, Student, hats, standing
from psysafe.domain.privacy import Action, DecisionPlan, Effect, plan_decisions
from psysafe.engine.bulk import take
from psysafe.engine.gather import readable, record_of, roster
from psysafe.engine.reading import journal_read
from psysafe.engine.school import School
from psysafe.engine.sight import OBJECTION_SECONDS, hat_of, states_for
from psysafe.errors import ConflictError, NotPermittedError
from psysafe.ids import Actor
from psysafe.sensitivity import ItemClass

#: What a roster that goes out holds of a student.
ITEMS: Final = (
    ItemClass.DISPLAY_NAME,
    ItemClass.CIVIL_IDENTITY,
    ItemClass.CONTACT,
    ItemClass.CLASS_PLACEMENT,
)
PURPOSE: Final = "administration"
KEEPER: Final = "registrar"
_PAGE: Final = 200


def whom(school: School, actor: Actor, now: datetime) -> list[Student]:
    """The students of every class whom a registrar may list, class by class; not given yet.

    Raises NotPermittedError PSY002 for somebody who keeps no list of anybody.
    """
    people = roster(school)
    if not any(held.role == KEEPER for held in people.roles_of(actor, now)):
        raise NotPermittedError("PSY002", action="export")
    return list(_each(school, actor, people, now))


def listed_students(school: School, actor: Actor, now: datetime) -> list[Student]:
    """Those students, to be given: taken by X12, and journalled first.

    Raises NotPermittedError PSY002 for somebody who keeps no list of anybody, PSY154 for too many
    at once without a second person's yes.
    """
    found = whom(school, actor, now)
    classes = {person.placement.class_id for person in found}
    rules = take(school, actor, "roster", classes, [person.id for person in found], now)
    read = e.ItemRead(
        by=actor,
        viewer=KEEPER,
        purpose=PURPOSE,
        items=tuple(item.value for item in ITEMS),
        rules=("export", *rules),
        at=now,
    )
    if not journal_read(school, read, "audit/lists", "school", now, {}):
        raise ConflictError("PSY003")
    return found


def _each(school: School, actor: Actor, people: Roster, now: datetime) -> Iterator[Student]:
    classes = sorted(people.classes.values(), key=lambda of: (of.grade, of.name, of.id))
    for of in classes:
        query = Query(index="placement", prefixes=(("student", of.id),), limit=_PAGE)
        while True:
            page = school.storage.query(school.part, query)
            found = [person for _, person in readable(school, page.documents, Student)]
            yield from _shown(school, actor, people, found, now)
            if page.cursor is None:
                break
            query = attrs.evolve(query, cursor=page.cursor)


def _shown(
    school: School, actor: Actor, people: Roster, found: Sequence[Student], now: datetime
) -> list[Student]:
    keys = {f"file/{person.id}": person for person in found}
    held = school.storage.read(school.part, list(keys)).documents
    seen: list[tuple[Student, DecisionPlan]] = []
    for key, person in keys.items():
        file = record_of(school, held[key], person.id, StudentFile) if key in held else None
        plan = plan_decisions(
            school.policy,
            hats(actor, standing(person), people, frozenset(), now),
            states_for(actor, file or new_file(person.id), now),
            purpose=PURPOSE,
            at=now,
            action=Action.EXPORT,
        )
        if all(plan.of(item).effect is Effect.ALLOW for item in ITEMS):
            seen.append((person, plan))
    opposed = opposed_students(school, actor, seen, ITEMS, PURPOSE)
    return [person for person, _ in seen if person.id not in opposed]


def opposed_students(
    school: School,
    actor: Actor,
    seen: Sequence[tuple[Student, DecisionPlan]],
    items: Sequence[ItemClass],
    purpose: str,
) -> frozenset[str]:
    """Those whom plugins want left out; all of them where a plugin failed."""
    requests = [
        ObjectionRequest(
            key=person.id,
            kind="view",
            receiver=actor,
            viewer=hat_of(plan),
            student=person.id,
            items=tuple(item.value for item in items),
            purpose=purpose,
        )
        for person, plan in seen
    ]
    if not requests:
        return frozenset()
    answer = school.plugins.objections(requests, seconds=OBJECTION_SECONDS)
    return frozenset(r.key for r in requests if answer.wish(r) is not None)
