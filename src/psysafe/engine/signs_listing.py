"""Collective signs as one person may see them: with the class's name, or in figures alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from psysafe.contracts.storage import Query
from psysafe.domain import events as e
from psysafe.domain import signs, signs_circles
from psysafe.domain.duties import Duty
from psysafe.domain.duties_signs import Circle, Heard, Watch
from psysafe.domain.figures import K_INSIDE, TOTAL, Figures
from psysafe.domain.privacy import may_know
from psysafe.domain.signs_counting import Group, counts_of
from psysafe.domain.world import Around
from psysafe.engine import cards_signs as cards
from psysafe.engine.boards import Board, Decided, Read, carry_out
from psysafe.engine.bulk import take
from psysafe.engine.cards import BarCard
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import every_page, gather, people_and_duty, readable
from psysafe.engine.reading import journal_list
from psysafe.engine.releasing import release
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.engine.signs import OPEN, declared_circles, group_of
from psysafe.engine.worklist import open_watches
from psysafe.errors import NotFoundError
from psysafe.ids import (
    Actor,
    CircleId,
    ClassId,
    CommandId,
    PersonId,
    StudentId,
    derived_command,
    make_id,
)

_SOME: Final = "students"


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The signs of which the actor may know: those that ask first, then the answered ones.

    A line names the class or circle for whoever answers for it, and the students of whom the actor
    may know anyway; for the epidemic leading group it is figures, without a name and without a
    count that is small or would betray a small one: `students` is None there.
    """
    found: list[dict[str, Any]] = []
    barred = _barred(school)
    people, _ = people_and_duty(school)
    names = {one.id: one for one in declared_circles(school)}
    for watch in open_watches(school, *OPEN):
        group = group_of(school, watch, None, barred, people, now)
        if group is None:
            continue
        try:
            signs.visible(group, actor, now)
        except NotFoundError:
            if group.may("see_sign_figures", actor, now) and group.shown_to(actor):
                found.append(_figures(school, watch, group.shown_to(actor), actor, now))
            continue
        found.append(_line(school, group, watch, names, actor, now))
    journal_list(school, actor, "signs", now, tuple(line["sign"] for line in found))
    return found


def _barred(school: School) -> dict[str, frozenset[PersonId]]:
    """Who is barred for whom, of the whole school: that somebody is, is rare."""
    query = Query(index="kind", prefixes=(("bar",),), limit=200)
    cards_found = readable(school, every_page(school, query), BarCard)
    return {card.student: frozenset(card.barred) for _, card in cards_found}


def _line(
    school: School,
    group: Group,
    watch: Watch,
    names: dict[CircleId, Circle],
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    shown = group.shown_to(actor)
    counts = counts_of(shown)
    classes = group.plan_around.roster.classes
    circle = names.get(CircleId(watch.group))
    one = classes.get(watch.group)
    line: dict[str, Any] = {
        **_common(watch, shown),
        "name": circle.name if circle is not None else one.name if one is not None else "",
        "students": counts.moderate,
        "high": counts.high,
        "dead": counts.dead,
        "known": _known(school, shown, actor, now),
        "note": watch.note,
    }
    if watch.proposed_by is not None:
        line["proposed_by"] = watch.proposed_by
    if watch.duty is not None:
        due = _due(group, watch, watch.duty, actor)
        line |= {
            "duty": watch.duty.kind,
            "owner": watch.duty.owner,
            "due": due,
            "overdue": due <= now,
        }
    return line


def _due(group: Group, watch: Watch, duty: Duty, actor: Actor) -> datetime:
    """By when it is owed; for whoever is barred for somebody counted, from when they were told."""
    told = next((one for one in watch.told if one.person == actor), None)
    if told is None or not any(actor in people for people in group.barred.values()):
        return duty.due
    return group.plan_around.due(duty.kind, signs.severity_of(group.shown_to(actor)), told.since)


def _common(watch: Watch, shown: Sequence[Heard]) -> dict[str, Any]:
    return {
        "sign": watch.sign,
        "group": watch.kind,
        "grade": watch.grade,
        "state": watch.state,
        "since": min(one.at for one in shown),
        "measures": list(watch.measures),
    }


def _figures(
    school: School, watch: Watch, shown: Sequence[Heard], actor: Actor, now: datetime
) -> dict[str, Any]:
    """What the epidemic leading group sees (C3.2): no name; a count from k on, else none."""
    counts = counts_of(shown)
    table = Figures(
        rows=(watch.kind,),
        columns=(_SOME,),
        counts=((counts.moderate,),),
        harmless=frozenset({_SOME}),  # that all who are counted are counted says nothing of them
    )
    # Each person has releases of their own: who is barred counts others, and must not see it by
    # what somebody else was shown.
    whom = hashlib.sha256(actor.encode()).hexdigest()[:12]
    released = release(school, actor, f"{watch.sign}-{whom}", table, K_INSIDE, now)
    line = _common(watch, shown)
    del line["since"]
    return line | {"students": released.cells[TOTAL, TOTAL], "k": K_INSIDE}


def _known(school: School, shown: Sequence[Heard], actor: Actor, now: datetime) -> list[StudentId]:
    """The counted students of whose case the actor may know."""
    found = []
    for student in dict.fromkeys(one.student for one in shown):
        try:
            world = gather(school, student).world
        except NotFoundError:
            continue
        if world.file.case is not None and may_know(sight(school, actor, world, now)):
            found.append(student)
    return sorted(found)


# -- circles ----------------------------------------------------------------------------------


def declare(
    school: School,
    actor: Actor,
    kind: str,
    name: str,
    members: Sequence[StudentId],
    now: datetime,
    command_id: CommandId | None = None,
) -> Receipt:
    """Say who belongs together. Raises as `domain.signs_circles.declare`.

    A circle is known by its kind and name: said again, it is the same circle with other members.
    """
    own = derived_command(school.part_key, "circle", kind, name.strip())
    circle = CircleId(make_id(school.part_key, own, "circle", 0))
    board = Board[Circle](
        key=f"circle/{circle}",
        record=Circle,
        stored=cards.circle_document,
        entries=cards.circle_wakes,
        evolve=_evolve,
    )

    def decide(here: Read[Circle], _: object) -> Decided:
        before = here.state.members if here.state is not None else ()
        around = _around(school, here, (*members, *before))
        events = signs_circles.declare(around, circle, kind, name, members, actor, now)
        return Decided(events=events)

    receipt, _ = carry_out(
        school,
        board,
        decide,
        actor,
        now,
        what="declare_circle",
        content="\0".join(["circle", kind, name, *members]).encode(),
        command_id=command_id,
    )
    return receipt


def _evolve(circle: Circle | None, event: e.Event) -> Circle:
    if isinstance(event, e.CircleDeclared):
        return event.circle
    raise ValueError(f"{type(event).__name__} does not belong to a circle")


def _around(school: School, here: Read[Circle], members: Sequence[StudentId]) -> list[Around]:
    placed = set(_placed(school, members).values())
    return [
        Around(
            roster=here.roster,
            plan=school.plan,
            calendar=school.calendar,
            school_class=here.roster.classes.get(one),
        )
        for one in sorted(placed)
    ]


def _placed(school: School, members: Sequence[StudentId]) -> Mapping[StudentId, ClassId]:
    """The members who were not erased since, and the class of each."""
    found: dict[StudentId, ClassId] = {}
    for one in members:
        with suppress(NotFoundError):
            found[one] = gather(school, one).world.standing.class_id
    return found


def circles(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The circles for all of whose members the actor may declare one.

    Raises NotPermittedError PSY154 for too many students at once without a second person's yes.
    """
    found = _circles_of(school, actor, now)
    students = [one for line in found for one in line["members"]]
    rules = take(school, actor, "circles", (), students, now)
    journal_list(school, actor, "circles", now, rules=rules)
    return found


def whom(school: School, actor: Actor, now: datetime) -> list[StudentId]:
    """Who would stand in that list; not given yet."""
    return [one for line in _circles_of(school, actor, now) for one in line["members"]]


def _circles_of(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    people, _ = people_and_duty(school)
    found = []
    for one in declared_circles(school):
        placed = _placed(school, one.members)
        around = (
            Around(
                roster=people,
                plan=school.plan,
                calendar=school.calendar,
                school_class=people.classes.get(placed_in),
            )
            for placed_in in set(placed.values())
        )
        if placed and all(there.may(signs_circles.RIGHT, actor, now) for there in around):
            line = {"circle": one.id, "kind": one.kind, "name": one.name}
            found.append({**line, "members": list(placed)})
    return found
