"""What follows from a flag: who reads it, by when, and what the reading brings about."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import events as e
from psysafe.domain.people import LEADING_GROUP, roles_for
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError
from psysafe.ids import CommandIds, PersonId
from psysafe.sensitivity import changed

Events = list[e.Event]


def flagged(ev: e.FlagRaised, w: World, now: datetime, ids: CommandIds) -> Events:
    """A flag asks a person to look, by the time that the plan gives for just this answer."""
    flag = ev.flag
    triage = w.plan.triage_of(flag.scale, flag.code, flag.answer)
    role = triage.review_by if triage else "counselor"
    owner = _reader(ev.readers, w, now) or w.first_of((role, "counselor", *LEADING_GROUP), now)
    if owner is None:
        # Whoever applies a screening must have refused before: a flag that nobody reads is the
        # harm that this library exists to prevent.
        raise InvalidMoveError("PSY024", role=role)
    opened = duty_opened("review_flag", owner, flag.severity, w, now, ids, flag=flag.id)
    if triage is None:
        return [opened]
    cap = w.plan.deadline("review_flag", flag.severity).cap  # no holiday holds a flag for longer
    due = w.calendar.due(now, triage.review_within, cap).at
    return [e.DutyOpened(duty=changed(opened.duty, due=due, origin=str(triage.origin)))]


def _reader(readers: tuple[PersonId, ...], w: World, now: datetime) -> PersonId | None:
    """The first of a campaign's readers, or who stands in for them, who may review it now."""
    for reader in readers:
        named = w.roster.staff.get(reader)
        there = w.roster.standing_in(named, now) if named is not None else None
        if there is None or there.id in w.barred:
            continue
        roles = roles_for(there.id, w.standing, w.roster, now)
        if any(w.plan.may("review_flag", role) for role in roles):
            return there.id
    return None


def reviewed(ev: e.FlagReviewed, w: World, now: datetime, ids: CommandIds) -> Events:
    """The review is done. Whoever invited the student to an interview owes that, and no less."""
    found: Events = [
        e.DutyMet(duty=d.id, by=ev.reviewer, at=now) for d in w.file.duties if d.flag == ev.flag
    ]
    flag = w.file.flag(ev.flag)
    if ev.outcome == "second_stage" and flag is not None:
        severity = flag.severity
        found.append(duty_opened("second_stage", ev.reviewer, severity, w, now, ids, flag=flag.id))
    return found
