"""What follows from a death that is entered, from a report after it, and from its taking back.

After a death everything that runs by itself stops, and care for those who are left begins. A
report about a student whose death is entered asks somebody whether the entry is right. Where it
was an error, everybody who was told of the death is told so, whoever owed something hears that it
is theirs again, and somebody else looks it over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.bars import HARM
from psysafe.domain.duties import LISTED, RUNNING, Duty
from psysafe.domain.duties_death import (
    BEREAVED,
    CHECK_DEATH,
    CONFIRM_ALIVE,
    GOES_ON,
    IN_DOUBT,
    IN_ERROR,
    OWED_AGAIN,
    POSTVENTION,
    TELL_ERROR,
)
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_bars import harm_to_be_reported, somebody_goes_first
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.reactions_referral import revoked
from psysafe.domain.reactions_signals import answer_owed
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.ids import CommandIds, PersonId

Events = list[e.Event]
#: What is not owed again when a death is taken back, and what reaches people as a list.
_NOT_AGAIN: Final = frozenset({*LISTED, *GOES_ON, *POSTVENTION, CHECK_DEATH})
_CENTER: Final = (*LEADING_GROUP, "counselor", "safeguarding_lead")


def _told(
    purpose: str,
    receiver: PersonId,
    w: World,
    now: datetime,
    ids: CommandIds,
    duty: Duty | None = None,
    severity: Severity = Severity.HIGH,
) -> e.NoticeQueued:
    return notice(
        ids,
        w,
        now,
        purpose=purpose,
        receiver=receiver,
        role=LEADING_GROUP[0],
        severity=severity,
        answer_by=duty.due if duty is not None else None,
        duty=duty.id if duty is not None else None,
    )


def _owner(
    kind: str, w: World, now: datetime, besides: tuple[PersonId, ...] = ()
) -> PersonId | None:
    """Who owes it first by the plan, else whoever takes it over, else the leading group."""
    deadline = w.plan.deadline(kind, Severity.HIGH)
    named = tuple(role for role in (deadline.owner, deadline.fallback) if role is not None)
    for person in w.on_duty(deadline.owner, now) or () if deadline.owner else ():
        if person not in besides:
            return person
    return w.first_of((*named, *_CENTER), now, besides)


def _bereaved(ev: e.StudentBereaved, w: World, now: datetime, ids: CommandIds) -> Events:
    """Everything that runs by itself stops; care for each of those who are left begins."""
    found: Events = [
        e.RouteStopped(run=run.id, by=ev.by, at=now, why="bereavement")
        for run in w.file.runs
        if run.state == RUNNING
    ]
    found += [
        e.DutyCancelled(duty=d.id, at=now, why="bereavement")
        for d in w.file.duties
        if d.kind not in GOES_ON
    ]
    found += revoked("bereavement", ev.by, w, now)
    owed: dict[PersonId, Duty] = {}
    for kind in POSTVENTION:
        opened = duty_opened(kind, _owner(kind, w, now) or ev.by, Severity.HIGH, w, now, ids)
        found.append(opened)
        owed.setdefault(opened.duty.owner, opened.duty)
    found += [_told(BEREAVED, person, w, now, ids, duty) for person, duty in owed.items()]
    hear = ["counselor", LEADING_GROUP[0]]
    if w.file.bars:
        hear.append("safeguarding_lead")  # whoever is suspected may say that the student is dead
    people = dict.fromkeys(p for role in hear for p in w.people(role, "of_grade", now))
    return found + [_told(BEREAVED, p, w, now, ids) for p in people if p not in owed]


def _reported(ev: e.ReportedAfterDeath, w: World, now: datetime, ids: CommandIds) -> Events:
    """Is the entry right? Somebody who can take it back finds out, and whoever entered it hears."""
    found = answer_owed(ev, w, now, ids)
    teller = ev.signal.entered_by or ev.signal.reporter
    if HARM in ev.signal.dangers:
        found += harm_to_be_reported(teller, ev.signal.id, ev.severity, w, now, ids)
    severity = max(ev.severity, Severity.HIGH)
    death = w.file.death
    entered = death.by if death is not None else None
    besides = tuple(PersonId(one) for one in (teller, entered) if one is not None)
    on_call = [p for p in w.on_duty("counselor", now) or () if p not in besides]
    asked = next(iter(on_call), None) or w.first_of(("counselor", *_CENTER), now, besides)
    owner = asked or w.first_of(_CENTER, now) or entered
    if owner is None:
        return found
    check = duty_opened(CHECK_DEATH, owner, severity, w, now, ids, signal=ev.signal.id)
    owed = w.file.owed(CHECK_DEATH)
    if all(d.due > check.duty.due for d in owed):
        found.append(check)
        duty = check.duty
    else:
        duty = min(owed, key=lambda d: d.due)
    hear = {duty.owner: None}
    if severity is Severity.IMMINENT:
        hear |= {p: None for role in _CENTER for p in w.people(role, "of_grade", now)}
    found += [
        _told(IN_DOUBT, p, w, now, ids, duty if p == duty.owner else None, severity)
        for p in hear
        if p != teller
    ]
    if entered is not None and entered not in (*hear, teller) and w.roster.there(entered, now):
        found.append(_told(IN_DOUBT, entered, w, now, ids, severity=severity))
    return found


def _taken_back(ev: e.DeathTakenBack, w: World, now: datetime, ids: CommandIds) -> Events:
    found: Events = [
        e.DutyCancelled(duty=d.id, at=now, why=IN_ERROR)
        for d in w.file.duties
        if d.kind in POSTVENTION
    ]
    found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed(CHECK_DEATH)]
    found += [_told(IN_ERROR, person, w, now, ids) for person in ev.told if person != ev.by]
    found += _owed_again(w, now, ids)
    names = frozenset(name for bar in w.file.bars for name in bar.names)
    found += somebody_goes_first(names, w, now, ids)
    for kind, besides in ((TELL_ERROR, ()), (CONFIRM_ALIVE, (ev.by,))):
        owner = _owner(kind, w, now, besides)
        if owner is None and kind == TELL_ERROR:
            owner = ev.by
        if owner is not None:
            opened = duty_opened(kind, owner, Severity.HIGH, w, now, ids)
            found += [opened, _told(OWED_AGAIN, owner, w, now, ids, opened.duty)]
    return found


def _owed_again(w: World, now: datetime, ids: CommandIds) -> Events:
    """Whoever owes something again hears of the worst of it; lists reach them as lists."""
    worst: dict[PersonId, Duty] = {}
    for duty in w.file.duties:
        if duty.kind in _NOT_AGAIN or duty.flag is not None:
            continue
        held = worst.get(duty.owner)
        if held is None or _before(duty) < _before(held):
            worst[duty.owner] = duty
    return [
        _told(OWED_AGAIN, person, w, now, ids, duty, duty.severity)
        for person, duty in worst.items()
    ]


def _before(duty: Duty) -> tuple[int, bool, datetime]:
    return -duty.severity.rank, duty.kind != "never_alone", duty.due


OF_DEATH: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        e.DeathTakenBack: _taken_back,
        e.ReportedAfterDeath: _reported,
        e.StudentBereaved: _bereaved,
    }
)
