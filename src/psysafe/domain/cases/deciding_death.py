"""A death that is entered, what is reported after it, and its taking back.

Taking it back owes again what was owed, from now: what is late meanwhile is due within the time
of an answer, a route goes on at the step that was being asked, and what was reported meanwhile is
reported now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import guards
from psysafe.domain.cases.deciding_signals import signalled
from psysafe.domain.duties import Duty, Run
from psysafe.domain.duties_death import IN_ERROR, DeathEntered
from psysafe.domain.files_folding import evolve
from psysafe.domain.notes import TAKEN_UP
from psysafe.domain.referrals import ANSWER, DECIDE, UNMET
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError
from psysafe.ids import Actor, CommandIds, DutyId, PersonId, RunId, SignalId
from psysafe.sensitivity import changed

Events = list[e.Event]
#: What is owed about a request that waits: it follows again from the request being on hold.
_OF_REQUEST: Final = (ANSWER, UNMET, DECIDE)


def _bereave(w: World, command: c.Bereave, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    guards.permitted(w, actor, "bereave", now, "bereavement")
    live = w.file.live_case
    return [
        e.StudentBereaved(
            student=command.student,
            case=live.id if live is not None else None,
            by=PersonId(actor),
            at=now,
        )
    ]


def _take_back(
    w: World, command: c.TakeBackDeath, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "take_back_death", now, "alive")
    if w.file.frozen is None:
        raise InvalidMoveError("PSY081")
    guards.reasoned(command.reason, "alive")
    by = PersonId(actor)
    death = w.file.death or DeathEntered(by=by, at=w.file.frozen)
    case = w.file.case if death.lifecycle else None
    found: Events = [
        e.DeathTakenBack(
            student=command.student,
            case=case.id if case is not None else None,
            by=by,
            at=now,
            reason=command.reason,
            told=death.told,
        ),
        *_owed_again(w, death, by, now, ids),
    ]
    here = _after(w, found)
    for signal in death.signals:
        reported = signalled(here, signal, now, ids)
        here = _after(here, reported)
        found += reported
    return found


def _after(w: World, events: Events) -> World:
    file = w.file
    for event in events:
        file = evolve(file, event)
    return attrs.evolve(w, file=file)


def _owed_again(
    w: World, death: DeathEntered, by: PersonId, now: datetime, ids: CommandIds
) -> Events:
    found: Events = [
        e.DutyCancelled(duty=d.id, at=now, why=IN_ERROR) for d in _answered_twice(w, death)
    ]
    names: dict[DutyId, DutyId] = {}
    for duty in death.duties:
        if duty.kind in _OF_REQUEST:
            continue
        names[duty.id] = DutyId(ids.next("duty"))
        due = duty.due if duty.due > now else w.due("acknowledge", duty.severity, now)
        found.append(e.DutyOpened(duty=changed(duty, id=names[duty.id], due=due)))
    for run in (w.file.run(one) for one in death.runs):
        if run is not None:
            found.append(_goes_on(run, names, now, ids))
    found += [
        e.ReferralHeld(student=w.student.id, referral=one, why=IN_ERROR, by=by, at=now)
        for one in death.referrals
    ]
    return found


def _answered_twice(w: World, death: DeathEntered) -> list[Duty]:
    """What is owed to reporters who wait already for the answer to what they said before."""
    teller: dict[SignalId | None, Actor] = {
        s.id: s.reporter for s in (*w.file.signals, *death.signals)
    }
    waiting = {teller.get(d.signal) for d in death.duties if d.kind == TAKEN_UP} - {None}
    return [d for d in w.file.owed(TAKEN_UP) if teller.get(d.signal) in waiting]


def _goes_on(
    run: Run, names: Mapping[DutyId, DutyId], now: datetime, ids: CommandIds
) -> e.RouteStarted:
    """The route from the step that was being asked: whoever was asked then is asked again.

    It keeps the steps before: a route that has gone past the first is not one that calls them.
    """
    again = changed(
        run,
        id=RunId(ids.next("run")),
        started=now,
        index=max(run.index, 0) - 1,
        due=None,
        asked=(),
        state="running",
        rearmed=names.get(run.rearmed) if run.rearmed is not None else None,
    )
    return e.RouteStarted(run=again)


OF_DEATH: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {c.Bereave: _bereave, c.TakeBackDeath: _take_back}
)
