"""Who is barred for a student, by whom; who confirms and lifts it; to whom it was handed over.

Whoever is barred decides nothing here, and is answered as if nobody were barred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import codes, owing
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import (
    CONFIRM_BAR,
    PROVISIONAL,
    REPORT_HARM,
    SECOND_ADULT,
    Bar,
    HandedOver,
)
from psysafe.domain.cases import guards
from psysafe.domain.codes import ROLES
from psysafe.domain.duties import ROUNDS
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, CommandIds, PersonId

Events = list[e.Event]


def set_bar(w: World, command: c.SetBar, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    guards.permitted(w, actor, "set_bar", now, "set_bar")
    return barring(w, command, actor, now)


def barring(w: World, command: c.SetBar, actor: Actor, now: datetime) -> Events:
    """A bar from now on; more people where one stands already, nothing where all of it stands.

    Raises InvalidMoveError PSY082 where somebody who is named is neither of the school nor one of
    the student's guardians.
    """
    guardians = {g.id for g in w.student.guardians}
    for name in (command.person, *command.also):
        if name not in w.roster.staff and name not in guardians:
            raise InvalidMoveError("PSY082")
    held = _bar(w, command.person)
    also = frozenset(command.also) | frozenset(held.also if held is not None else ())
    if held is not None and also == frozenset(held.also):
        return []
    bar = Bar(
        person=command.person,
        also=tuple(sorted(also)),
        by=actor,
        at=now,
        why=command.why,
        state=held.state if held is not None else PROVISIONAL,
        authority_told=held.authority_told if held is not None else None,
    )
    return [e.BarSet(student=w.student.id, bar=bar)]


def confirm(
    w: World, command: c.ConfirmBar, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    bar = _to_decide(w, command.person, actor, now, "confirm_bar")
    if bar.state != PROVISIONAL:
        raise InvalidMoveError("PSY085")
    by = PersonId(actor)
    return [e.BarConfirmed(student=w.student.id, person=bar.person, by=by, at=now, why=command.why)]


def lift(w: World, command: c.LiftBar, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    guards.reasoned(command.why, "lift_bar")
    bar = _to_decide(w, command.person, actor, now, "lift_bar")
    by = PersonId(actor)
    return [e.BarLifted(student=w.student.id, person=bar.person, by=by, at=now, why=command.why)]


def _bar(w: World, person: PersonId) -> Bar | None:
    return next((bar for bar in w.file.bars if bar.person == person), None)


def _to_decide(w: World, person: PersonId, actor: Actor, now: datetime, action: str) -> Bar:
    """The bar that the actor decides on: the safeguarding lead, else who stands in for that.

    Where no safeguarding lead is there who is not barred, or the time of the duty has passed, the
    head of the leading group decides (plan: `lift_bar_instead`).
    """
    here = w.without_bars if actor in w.barred else w
    may = owing.may(here, actor, "lift_bar", now)
    if not may and owing.may(here, actor, "lift_bar_instead", now):
        first = tuple(role for role in ROLES if w.plan.may("lift_bar", role))
        owed = here is w and any(d.owner == actor for d in w.file.owed(CONFIRM_BAR))
        may = owed or here.first_of(first, now) is None
    if not may:
        raise NotPermittedError("PSY002", action=action)
    found = _bar(here, person)
    if found is None:
        raise NotFoundError
    return found


def hand_over(
    w: World, command: c.HandOverAllegation, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    """Whoever owes it says to whom it was handed over, and so may those who may know of it."""
    codes.known("harm_receivers", command.receiver)
    owed = w.file.owed(REPORT_HARM)
    mine = any(actor in (d.owner, *d.had_by) for d in owed)
    may = any(w.plan.may("hand_over_allegation", holder) for holder in w.holders(actor, now))
    if actor in w.barred or not (mine or may) or not (owed or w.file.bars):
        raise NotFoundError
    guards.reasoned(command.how, "hand_over_allegation")
    handed = HandedOver(receiver=command.receiver, by=PersonId(actor), at=now, how=command.how)
    return [e.AllegationHandedOver(student=w.student.id, handed=handed)]


def go_first(w: World, command: c.GoFirst, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    owed = w.file.owed(SECOND_ADULT)
    may = owing.may(w, actor, "go_first", now)
    mine = any(actor in (d.owner, *d.had_by) for d in owed)
    if actor in w.barred or not owed or not (may or mine):
        raise NotFoundError
    by = PersonId(actor)
    return [e.SecondAdultWent(student=w.student.id, by=by, at=now, note=command.note)]


def pause(w: World, command: c.PauseRound, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    guards.permitted(w, actor, "pause_round", now, "pause_round")
    if command.until <= now:
        raise InvalidMoveError("PSY086")
    return [
        e.DutyReplanned(duty=duty.id, due=command.until, severity=duty.severity, at=now)
        for duty in w.file.duties
        if duty.kind in ROUNDS and duty.due < command.until
    ]


DECIDE: Final[Mapping[type, Callable[[World, Any, Actor, datetime, CommandIds], Events]]] = (
    MappingProxyType(
        {
            c.ConfirmBar: confirm,
            c.GoFirst: go_first,
            c.HandOverAllegation: hand_over,
            c.LiftBar: lift,
            c.PauseRound: pause,
            c.SetBar: set_bar,
        }
    )
)
