"""Who owes what about a collective sign: somebody who is there, as long as anybody is.

What is owed about a sign is met by whoever owes it, whatever role they hold. So only somebody who
has gone cannot do it, and whoever proposed cannot answer. It passes on at once, as everything that
is owed does (decision 0025), and its time stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from psysafe.domain import events as e
from psysafe.domain.duties import Duty
from psysafe.domain.owing import CANNOT
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.plan import Plan
from psysafe.domain.plan_reach import named
from psysafe.domain.signs import ANSWER, EPIDEMIC, HEAR, OWNERS, Events, left_out, news_of
from psysafe.domain.signs_counting import Group
from psysafe.domain.signs_folding import evolve
from psysafe.domain.world import Around
from psysafe.errors import Finding, FindingSeverity
from psysafe.ids import CommandIds, DutyId, PersonId

#: Who answers what is proposed, in order.
ANSWERERS = tuple(dict.fromkeys((*LEADING_GROUP, *OWNERS)))


def owner_is_gone(group: Group, duty: str, owner: str, now: datetime, ids: CommandIds) -> Events:
    """Pass on what is owed about a sign by somebody who has gone; nothing where they are there."""
    watch = group.watch
    owed = watch.duty if watch is not None else None
    if watch is None or owed is None or (owed.id, owed.owner) != (duty, owner):
        return []
    if group.plan_around.roster.there(owed.owner, now):
        return []
    heir = _heir(group, owed, now)
    if heir is None:
        return []  # nobody is there at all; the daily look asks again
    due = owed.due if owed.due > now else group.plan_around.due(owed.kind, owed.severity, now)
    moved = e.DutyPassedOn(duty=DutyId(owed.id), to=heir, due=due, at=now, why=CANNOT)
    after = attrs.evolve(group, watch=evolve(watch, moved))
    return [moved, news_of(after, owed, heir, now, ids)]


def _heir(group: Group, owed: Duty, now: datetime) -> PersonId | None:
    """Whoever stands in; then somebody who has not had it yet; then anybody who is there."""
    besides = {owed.owner, *left_out(group, owed.kind)}
    people = group.plan_around.roster
    someone = people.staff.get(owed.owner)
    there = people.standing_in(someone, now) if someone is not None else None
    if there is not None and there.id not in besides and people.there(there.id, now):
        return there.id
    chain = ANSWERERS if owed.kind == ANSWER else OWNERS
    new = group.first_of(chain, now, (*besides, *owed.had_by))
    return new if new is not None else group.first_of(chain, now, besides)


# -- before there is one ----------------------------------------------------------------------


def asked_about(around: Around, now: datetime) -> Mapping[str, tuple[PersonId, ...]]:
    """Who would owe a sign of a class, who would answer it, and who else would hear of it.

    Empty lists where there is nobody: then nobody is told, or nobody can answer.
    """
    owners = _in_turn(around, OWNERS, now)
    first = owners[:1]
    answerers = [one for one in _in_turn(around, ANSWERERS, now) if one not in first]
    hear = [one for one in _in_turn(around, (*HEAR, EPIDEMIC), now) if one not in first]
    return {"owes": tuple(first), "answers": tuple(answerers[:1]), "hear": tuple(hear)}


def _in_turn(around: Around, roles: Sequence[str], now: datetime) -> list[PersonId]:
    return list(dict.fromkeys(p for role in roles for p in around.people(role, now)))


def check_signs(plan: Plan, around: Sequence[Around], now: datetime) -> Iterator[Finding]:
    """PSY141: classes whose collective signs nobody would be told of, or nobody could answer."""
    if plan.signs is None:
        return
    silent: list[str] = []
    alone: list[str] = []
    for one in around:
        asked = asked_about(one, now)
        if one.school_class is not None and not asked["answers"]:
            (alone if asked["owes"] else silent).append(one.school_class.id)
    found: tuple[tuple[list[str], FindingSeverity], ...] = ((silent, "error"), (alone, "warning"))
    for classes, severity in found:
        if classes:
            yield Finding(
                code="PSY141",
                severity=severity,
                where={"path": "collective_signs"},
                facts=named(classes),
            )
