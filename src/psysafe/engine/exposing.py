"""What is known of the epidemic, class by class, for whoever may see it (C5.1).

In lists and counts a student stands only where that person may see the student's exposure in
full, so a count tells nobody more than a list would. Whoever may have figures and no more gets a
table of grades with small counts hidden. Nothing is shown after its purpose has closed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from psysafe.contracts.storage import Query
from psysafe.domain.exposure import COUNTED, Exposure, holding
from psysafe.domain.figures import K_INSIDE, K_OUTSIDE, Figures, Shown
from psysafe.domain.files import StudentFile
from psysafe.domain.people import OUTSIDE_VIEWERS, SchoolClass, Standing, hats
from psysafe.domain.privacy import Action, DecisionPlan, Effect, plan_decisions
from psysafe.domain.world import World
from psysafe.engine.bulk import take
from psysafe.engine.gather import gather, readable, roster
from psysafe.engine.reading import journal_list, journal_look
from psysafe.engine.releasing import release
from psysafe.engine.school import School
from psysafe.engine.sight import sight, states_of
from psysafe.ids import Actor, StudentId
from psysafe.sensitivity import ItemClass

#: More students than any class has.
MOST: Final = 1000
_SHOWN: Final = (ItemClass.DISPLAY_NAME, ItemClass.EXPOSURE)
#: Effects that let a student be counted.
_COUNTS: Final = (Effect.STATISTICS, Effect.REDACT, Effect.ALLOW)
#: The column of students of whom nothing is written down.
NOTHING: Final = "none"
_NOBODY: Final = StudentId("s-000000000000")


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


def figures(school: School, actor: Actor, now: datetime) -> Shown | None:
    """Grade by grade, how many are confirmed, suspected, feverish, close contacts, or none of it.

    For whoever has a right to figures and perhaps to no more (C0, C1.6, C5.1). Each student counts
    once, under the gravest fact, so a row adds up to its grade; one whose exposure this person may
    not even count stands under `none`. Small counts are hidden, and larger ones too from whoever is
    no part of the school; what was shown before is looked at. None where this actor has a right to
    no figures at all.
    """
    rows: dict[str, dict[str, int]] = {}
    allowed = {x: _may_count(school, actor, x, now) for x in classes_of(school, actor, now)}
    classes = [one for one, viewers in allowed.items() if viewers]
    k = K_INSIDE if all(allowed[one] - OUTSIDE_VIEWERS for one in classes) else K_OUTSIDE
    for one in classes:
        row = rows.setdefault(one.grade, dict.fromkeys((*COUNTED, NOTHING), 0))
        row[NOTHING] += _size(school, one)
        for effect, facts in _counted(school, actor, one, now):
            gravest = next((fact for fact in COUNTED if fact in facts), None)
            if gravest is not None and effect in _COUNTS:
                row[gravest] += 1
                row[NOTHING] -= 1
    if not rows:
        return None
    grades = tuple(sorted(rows))
    columns = (*COUNTED, NOTHING)
    lines = tuple(tuple(rows[grade][column] for column in columns) for grade in grades)
    harmless = frozenset({NOTHING})
    table = Figures(rows=grades, columns=columns, counts=lines, harmless=harmless)
    # A right to other classes makes another table, so each choice has releases of its own.
    whom = hashlib.sha256("/".join(x.id for x in classes).encode()).hexdigest()[:12]
    return release(school, actor, f"exposure-{whom}-{k}", table, k, now)


def _may_count(school: School, actor: Actor, one: SchoolClass, now: datetime) -> frozenset[str]:
    """In which roles the actor has a right to figures about students of this class."""
    anybody = Standing(student=_NOBODY, grade=one.grade, class_id=one.id, since=now)
    worn = hats(actor, anybody, roster(school), frozenset(), now)
    states = states_of("none", None, False, None, now)
    plans = {
        hat.viewer: plan_decisions(
            school.policy, [hat], states, purpose="care", at=now, action=Action.COUNT
        )
        for hat in worn
    }
    found = {v for v, plan in plans.items() if plan.of(ItemClass.EXPOSURE).effect in _COUNTS}
    return frozenset(found)


def _size(school: School, one: SchoolClass) -> int:
    """How many students are in a class."""
    query = Query(index="placement", prefixes=(("student", one.id),), limit=MOST)
    return len(school.storage.query(school.part, query).documents)


def _counted(
    school: School, actor: Actor, one: SchoolClass, now: datetime
) -> Iterator[tuple[Effect, frozenset[str]]]:
    """What the actor may do with the exposure of each exposed student, and what holds now."""
    query = Query(index="placement", prefixes=(("file", one.id),), limit=MOST)
    page = school.storage.query(school.part, query)
    for _, file in readable(school, page.documents, StudentFile):
        if holding(file.exposure, now):
            world = gather(school, file.student).world
            plan = sight(school, actor, world, now, action=Action.COUNT)
            yield plan.of(ItemClass.EXPOSURE).effect, holding(file.exposure, now)


def whom(school: School, actor: Actor, now: datetime) -> list[StudentId]:
    """Who would stand in that list; not given yet."""
    return [seen.world.student.id for seen in _exposed_to(school, actor, now)]


def _exposed_to(school: School, actor: Actor, now: datetime) -> list[_Seen]:
    classes = classes_of(school, actor, now)
    return [s for one in classes for s in _exposed(school, actor, one, now, Action.READ)]


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Each student whose exposure the actor may see, with the facts and when they hold.

    Raises NotPermittedError PSY154 for too many at once without a second person's yes.
    """
    found = []
    exposed = _exposed_to(school, actor, now)
    students = [seen.world.student.id for seen in exposed]
    rules = take(school, actor, "exposure", (), students, now)
    for seen in exposed:
        student = seen.world.student
        line: dict[str, Any] = {"student": student.id, "class": student.placement.class_id}
        shown = [i for i in _SHOWN if seen.plan.of(i).effect is Effect.ALLOW]
        if ItemClass.DISPLAY_NAME in shown:
            line["name"] = student.name
        line["facts"] = [_fact(x, now) for x in seen.facts]
        journal_look(school, actor, student.id, seen.plan, tuple(shown), now, seen.versions)
        found.append(line)
    journal_list(school, actor, "exposure", now, rules=rules)
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
