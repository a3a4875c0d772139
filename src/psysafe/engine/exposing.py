"""What is known of the epidemic, class by class, for whoever may see it (C5.1).

A student counts for somebody only where that person may see the student's exposure in full, so a
figure tells nobody more than a list would. Nothing is shown after its purpose has closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from psysafe.contracts.storage import Query
from psysafe.domain.exposure import COUNTED, Exposure, holding
from psysafe.domain.files import StudentFile
from psysafe.domain.people import SchoolClass
from psysafe.domain.privacy import Action, DecisionPlan, Effect
from psysafe.domain.world import World
from psysafe.engine.gather import gather, readable, roster
from psysafe.engine.reading import journal_list, journal_look
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.ids import Actor
from psysafe.sensitivity import ItemClass

#: More students than any class has.
MOST: Final = 1000
_SHOWN: Final = (ItemClass.DISPLAY_NAME, ItemClass.EXPOSURE)


@attrs.frozen(kw_only=True)
class _Seen:
    """A student of whose exposure the actor may see all."""

    world: World
    versions: dict[str, int]
    plan: DecisionPlan
    facts: tuple[Exposure, ...]


def classes_of(school: School, actor: Actor, now: datetime) -> tuple[SchoolClass, ...]:
    """The classes for which the actor holds some role now, in the order of their ids."""
    people = roster(school)
    held = people.roles_of(actor, now)
    return tuple(
        one
        for _, one in sorted(people.classes.items())
        if any(role.scope.covers(one.grade, one.id) for role in held)
    )


def _exposed(
    school: School, actor: Actor, one: SchoolClass, now: datetime, action: Action
) -> Iterator[_Seen]:
    query = Query(index="placement", prefixes=(("file", one.id),), limit=MOST)
    page = school.storage.query(school.part, query)
    for _, file in readable(school, page.documents, StudentFile):
        if not any(x.usable(now) for x in file.exposure):
            continue
        gathered = gather(school, file.student)
        plan = sight(school, actor, gathered.world, now, action=action)
        if plan.of(ItemClass.EXPOSURE).effect is Effect.ALLOW:
            facts = tuple(x for x in gathered.world.file.exposure if x.usable(now))
            versions = dict(gathered.versions)
            yield _Seen(world=gathered.world, versions=versions, plan=plan, facts=facts)


def counts(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """How many students of each class are confirmed, suspected, feverish, close contacts now."""
    found = []
    for one in classes_of(school, actor, now):
        seen = [holding(s.facts, now) for s in _exposed(school, actor, one, now, Action.COUNT)]
        if seen:
            number = {fact: sum(fact in facts for facts in seen) for fact in COUNTED}
            found.append({"class": one.id, "name": one.name, "counts": number})
    journal_list(school, actor, "exposure", now)
    return found


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Each student whose exposure the actor may see, with the facts and when they hold."""
    found = []
    for one in classes_of(school, actor, now):
        for seen in _exposed(school, actor, one, now, Action.READ):
            student = seen.world.student
            line: dict[str, Any] = {"student": student.id, "class": one.id}
            shown = [i for i in _SHOWN if seen.plan.of(i).effect is Effect.ALLOW]
            if ItemClass.DISPLAY_NAME in shown:
                line["name"] = student.name
            line["facts"] = [_fact(x, now) for x in seen.facts]
            journal_look(school, actor, student.id, seen.plan, tuple(shown), now, seen.versions)
            found.append(line)
    journal_list(school, actor, "exposure", now)
    return found


def _fact(fact: Exposure, now: datetime) -> dict[str, Any]:
    made: dict[str, Any] = {
        "fact": fact.fact,
        "since": fact.since,
        "purpose": fact.purpose,
        "closes": fact.closes,
        "holds": fact.holds(now),
    }
    if fact.until is not None:
        made["until"] = fact.until
    return made
