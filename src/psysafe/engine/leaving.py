"""When somebody goes: the end of a shift, an absence, the end of a role, as wake-ups of the outbox.

Each is left in the same commit that says so, with the person's id and the moment; at that moment
what the person owes is looked at (`owners`). In the same way a wake-up is left for every moment at
which what a referral rests on may end of itself: a birthday, the day of a guardian or a consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from psysafe.clock import to_wire
from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.consenting import turns
from psysafe.domain.duty_roster import (
    DutyRoster,
    DutyRosterStopped,
    ShiftRemoved,
    ShiftsAssigned,
    ShiftsReplaced,
    ShiftsSwapped,
)
from psysafe.domain.people import Roster
from psysafe.domain.world import World
from psysafe.ids import PersonId

GONE: Final = "gone"
LAPSE: Final = "lapse"
#: Before what is only told, after what is asked in a crisis.
_URGENCY: Final = 1

Goings = Iterator[tuple[PersonId, datetime]]


def off_duty(events: Sequence[e.Event], after: DutyRoster) -> tuple[Entry, ...]:
    """When whoever stands in a changed shift is off duty."""
    return _entries(_ends_of_shifts(events, after))


def away(events: Sequence[e.Event], after: Roster, now: datetime) -> tuple[Entry, ...]:
    """When whoever these events are about is away, or holds a role no more."""
    goings = (*_ends_of_relations(events, now), *_ends_of_standing_in(events, after, now))
    return _entries((who, at) for who, at in goings if at >= now)


def _entries(goings: Iterable[tuple[PersonId, datetime]]) -> tuple[Entry, ...]:
    found = (Entry(f"gone/{who}/{to_wire(at)}", GONE, who, at, _URGENCY) for who, at in goings)
    return tuple({entry.key: entry for entry in found}.values())


def lapses(world: World, now: datetime, *, at_once: bool = False) -> tuple[Entry, ...]:
    """When the referrals of a student may end of themselves; `at_once`: perhaps they have."""
    moments = turns(world, now)
    if at_once and any(one.live_offers() for one in world.file.referrals):
        moments = (now, *moments)
    who = world.student.id
    return tuple(Entry(f"lapse/{who}/{to_wire(at)}", LAPSE, who, at, _URGENCY) for at in moments)


def _ends_of_shifts(events: Iterable[object], after: DutyRoster) -> Goings:
    for event in events:
        if isinstance(event, ShiftsAssigned | ShiftsReplaced):
            yield from ((s.person, s.until) for s in event.shifts)
        elif isinstance(event, ShiftRemoved | DutyRosterStopped):
            yield from ((s.person, s.until) for s in after.shifts if s.until == event.at)
        elif isinstance(event, ShiftsSwapped):
            swapped = (after.shift(one) for one in (event.one, event.other))
            yield from ((s.person, s.until) for s in swapped if s is not None)


def _ends_of_standing_in(events: Iterable[e.Event], after: Roster, now: datetime) -> Goings:
    """Whoever stood in goes when whom they stood in for is back.

    Where a deputy is away too, their deputy stands in: so each of the chain is looked at.
    """
    told = {v.staff.id for v in events if isinstance(v, e.PersonAdded) and v.staff is not None}
    for someone in after.staff.values():
        ends = [a.until for a in someone.absences if a.until > now]
        chain = after.deputies(someone) if ends else ()
        if told & {someone.id, *chain}:
            yield from ((deputy, end) for deputy in chain for end in ends)


def _ends_of_relations(events: Iterable[e.Event], now: datetime) -> Goings:
    for event in events:
        if isinstance(event, e.PersonAdded) and event.staff is not None:
            someone = event.staff
            ends = (r.until for r in someone.roles if r.until is not None)
            begins = (max(a.since, now) for a in someone.absences if a.until > now)
            yield from ((someone.id, at) for at in (*ends, *begins))
        elif isinstance(event, e.RelationEnded) and event.staff is not None:
            yield event.staff, max(event.at, now)
        elif isinstance(event, e.RelationStarted) and event.staff is not None:
            until = event.role.until if event.role is not None else None
            if until is not None:
                yield event.staff, until
