"""Looking the people of a plan over: for each class, would each step find somebody, also next week?

A role that somebody holds may still be held for another grade, by somebody who was asked already,
or by somebody who is away. What is found is grouped: one line a step, however many classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from psysafe.clock import to_wire
from psysafe.domain.people import Roster, SchoolClass
from psysafe.domain.plan import Plan, Route, Step
from psysafe.domain.plan_check import roles_named
from psysafe.errors import Fact, Finding
from psysafe.ids import PersonId

#: How far ahead absences are looked at (practice: a week is what a timetable is known for).
AHEAD: Final = timedelta(days=7)
#: How many classes are named in a finding; the rest is counted.
SHOWN: Final = 3
#: Relations that no class decides: who leads a case is not known before there is one.
_LATER: Final = ("lead",)


def check_reach(plan: Plan, people: Roster, now: datetime) -> Iterator[Finding]:
    """What stands between the steps of a plan and the people of a school, class by class.

    PSY123: a step finds nobody for some classes, though the role is held. PSY124: a whole route
    finds nobody for some (an error). PSY117: a step adds nobody who was not asked before. PSY125:
    a role is empty at some time of the next seven days (an error where it is now). PSY112: classes
    without homeroom teacher. PSY135: a role will be empty for some classes within seven days,
    because whoever holds it for them is away without a deputy.
    """
    yield from _homeless(people, now)
    for route in plan.routes:
        yield from _route(route, people, now)
    for role in sorted(roles_named(plan)):
        whole = tuple(_empty(role, people, now))
        yield from whole or _empty_for_some(role, people, now)


def _homeless(people: Roster, now: datetime) -> Iterator[Finding]:
    found = [key for key in _in_order(people) if not has_teacher(people, key, now)]
    if found:
        yield Finding(code="PSY112", facts=named(found))


def _in_order(people: Roster) -> list[str]:
    """The ids of the classes as people would list them: an id itself says nothing."""
    classes = people.classes
    return sorted(classes, key=lambda key: (classes[key].grade, classes[key].name, key))


def has_teacher(people: Roster, class_id: str, now: datetime) -> bool:
    """Whether somebody is a class's homeroom teacher now, there or away."""
    home = people.classes.get(class_id)
    return home is not None and any(people.holders("homeroom_teacher", home.grade, home.id, now))


def _present(people: Roster, role: str, home: SchoolClass, now: datetime) -> tuple[PersonId, ...]:
    """Who answers as a role for a class now; somebody absent is replaced by their deputy."""
    found: dict[PersonId, None] = {}
    for someone in people.holders(role, home.grade, home.id, now):
        there = people.standing_in(someone, now)
        if there is not None:
            found[there.id] = None
    return tuple(found)


def _held(people: Roster, role: str, now: datetime) -> bool:
    return any(r.role == role and r.holds(now) for s in people.staff.values() for r in s.roles)


def named(classes: list[str]) -> dict[str, Fact]:
    """How many classes there are, and the first of them."""
    more = len(classes) - SHOWN
    listed = ", ".join(classes[:SHOWN]) + (f", +{more}" if more > 0 else "")
    return {"count": len(classes), "classes": listed}


def _route(route: Route, people: Roster, now: datetime) -> Iterator[Finding]:
    nobody: dict[int, list[str]] = {}
    again: dict[int, list[str]] = {}
    silent: list[str] = []
    steps = [(n, s) for n, s in enumerate(route.steps) if s.relation not in _LATER]
    for key in _in_order(people):
        home, asked = people.classes[key], set[PersonId]()
        for number, step in steps:
            there = _present(people, step.role, home, now)
            if not there:
                nobody.setdefault(number, []).append(key)
            elif asked.issuperset(there):
                again.setdefault(number, []).append(key)
            asked.update(there)
        if steps and not asked:
            silent.append(key)
    for number, step in steps:
        yield from _step(route, number, step, nobody.get(number, []), people, now)
        if again.get(number):
            path: dict[str, Fact] = {"path": f"routes.{route.name}.steps[{number}]"}
            facts: dict[str, Fact] = {"step": number + 1}
            yield Finding(code="PSY117", severity="warning", where=path, facts=facts)
    if silent:
        where: dict[str, Fact] = {"path": f"routes.{route.name}"}
        yield Finding(code="PSY124", where=where, facts=named(silent))


def _step(
    route: Route, number: int, step: Step, classes: list[str], people: Roster, now: datetime
) -> Iterator[Finding]:
    # A role that nobody holds at all is said once, by the check of the roles; a class without
    # homeroom teacher likewise, by its own: here it is one whose teacher is away.
    if step.role == "homeroom_teacher":
        homes = [people.classes[key] for key in classes]
        classes = [h.id for h in homes if any(people.holders(step.role, h.grade, h.id, now))]
    if not classes or not _held(people, step.role, now):
        return
    path: dict[str, Fact] = {"path": f"routes.{route.name}.steps[{number}]"}
    facts = {"role": step.role, **named(classes)}
    yield Finding(code="PSY123", severity="warning", where=path, facts=facts)


def _empty(role: str, people: Roster, now: datetime) -> Iterator[Finding]:
    """The first time within a week in which a role that is held has nobody who is there."""
    if role == "homeroom_teacher" or not _held(people, role, now):
        return
    end = now + AHEAD
    holding = [(s, r) for s in people.staff.values() for r in s.roles if r.role == role]
    moments = {now, *(r.until for _, r in holding if r.until), *(r.since for _, r in holding)}
    for someone in people.staff.values():
        for away in someone.absences:
            moments |= {away.since, away.until}
    changes = sorted(moment for moment in moments if now <= moment <= end)
    empty = [m for m in changes if not _somebody(role, people, m)]
    if not empty:
        return
    first = empty[0]
    back = next((m for m in changes if m > first and _somebody(role, people, m)), end)
    facts: dict[str, Fact] = {"role": role, "since": to_wire(first), "until": to_wire(back)}
    yield Finding(code="PSY125", severity="error" if first == now else "warning", facts=facts)


def _somebody(role: str, people: Roster, moment: datetime) -> bool:
    return any(
        people.standing_in(someone, moment) is not None
        for someone in people.staff.values()
        if any(r.role == role and r.holds(moment) for r in someone.roles)
    )


def _empty_for_some(role: str, people: Roster, now: datetime) -> Iterator[Finding]:
    """Classes for which everybody who holds a role will be away within a week.

    What holds already now is said of the steps (PSY123).
    """
    end = now + AHEAD
    holding = [s for s in people.staff.values() if any(r.role == role for r in s.roles)]
    away = [(s, a) for s in holding for a in s.absences if now < a.since <= end and a.until > now]
    without: dict[str, tuple[datetime, datetime]] = {}
    whose: dict[PersonId, None] = {}
    for someone, absence in sorted(away, key=lambda each: (each[1].since, each[0].id)):
        for key in _in_order(people):
            home = people.classes[key]
            held = tuple(people.holders(role, home.grade, home.id, absence.since))
            if someone in held and not _present(people, role, home, absence.since):
                whose[someone.id] = None
                without.setdefault(key, (absence.since, absence.until))
    if without:
        facts: dict[str, Fact] = {
            "role": role,
            "since": to_wire(min(since for since, _ in without.values())),
            "until": to_wire(max(until for _, until in without.values())),
            "people": ", ".join(whose),
            **named(list(without)),
        }
        yield Finding(code="PSY135", severity="warning", facts=facts)
