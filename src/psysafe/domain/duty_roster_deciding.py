"""What may be done with the rosters of duty: a wish, the facts, and events or a refusal.

Pure: the same rosters, wish, facts, actor, time and ids give the same events. Nobody stands in two
rosters at once, no roster holds more people than it has places for, and whoever holds no fitting
role or is away is not put on duty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.domain import duty_roster as d
from psysafe.domain.duty_roster import DutyRoster, Shift
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.domain.people import Roster
from psysafe.domain.plan import Plan
from psysafe.errors import (
    Finding,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.ids import Actor, CommandIds, PersonId, ShiftId, kind_of
from psysafe.sensitivity import changed, record, ref

#: Limits of one shift and of how far ahead it may lie: more is a mistake (practice).
LONGEST: Final = timedelta(days=31)
FURTHEST: Final = timedelta(days=400)
MOST_PLACES: Final = 100
#: Letters of a campus's name.
CAMPUS_LIMIT: Final = 40
RIGHT: Final = "duty_roster"
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@record
class KeepRoster:
    """Say how a roster is kept: places, and the local hours in which somebody must be there."""

    roster: str = ref()
    places: int | None = ref(default=None)
    opens: str = ref(default="")
    closes: str = ref(default="")


@record
class StopRoster:
    """Keep a roster no longer: all present holders of the role count again."""

    roster: str = ref()
    campus: str = ref(default="")
    """on this campus only"""


@record
class WantedShift:
    """A shift as somebody wishes for it."""

    roster: str = ref()
    person: PersonId = ref()
    since: datetime = ref()
    until: datetime = ref()
    campus: str = ref(default="")


@record
class AssignShifts:
    """Put people on duty. Shifts that are there already are left as they are."""

    shifts: tuple[WantedShift, ...] = ref()


@record
class RemoveShift:
    shift: ShiftId = ref()


@record
class OverrideShifts:
    """Somebody else for some time. `instead_of` where several people stand there."""

    roster: str = ref()
    person: PersonId = ref()
    since: datetime = ref()
    until: datetime = ref()
    instead_of: PersonId | None = ref(default=None)
    campus: str = ref(default="")


DutyWish = KeepRoster | StopRoster | AssignShifts | RemoveShift | OverrideShifts


def wanted(turns: Iterable[Turn]) -> tuple[WantedShift, ...]:
    """The shifts of a rotation, as a wish."""
    return tuple(
        WantedShift(roster=t.roster, person=t.person, since=t.since, until=t.until, campus=t.campus)
        for t in turns
    )


def may(people: Roster, plan: Plan, actor: Actor, now: datetime) -> bool:
    """Whether somebody may change the rosters of duty."""
    return any(plan.may(RIGHT, held.role) for held in people.roles_of(actor, now))


def decide(
    held: DutyRoster,
    wish: DutyWish,
    people: Roster,
    plan: Plan,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> list[d.DutyRosterEvent]:
    """The events of a wish; none where it is so already.

    Raises NotPermittedError PSY002, NotFoundError for a shift that is not there, InvalidDataError
    PSY050 to PSY054 and PSY057 with one finding a shift, InvalidMoveError PSY059.
    """
    # Whoever runs the machine may put a file in, as with staff, and nothing besides.
    operator = kind_of(actor) == "operator" and isinstance(wish, AssignShifts)
    if not operator and not may(people, plan, actor, now):
        raise NotPermittedError("PSY002", action=RIGHT)
    match wish:
        case KeepRoster():
            return _keep(held, wish, actor, now)
        case StopRoster(roster=roster, campus=campus):
            _known(roster)
            kept = held.kept.get(roster)
            if kept is None or (campus and campus not in kept.campuses):
                return []
            return [d.DutyRosterStopped(roster=roster, campus=campus, by=actor, at=now)]
        case AssignShifts():
            return _assign(held, wish, people, actor, now, ids)
        case RemoveShift(shift=shift):
            coming(held, shift, now)
            return [d.ShiftRemoved(shift=shift, by=actor, at=now)]
        case OverrideShifts():
            return _override(held, wish, people, actor, now, ids)


@attrs.frozen
class Fault:
    """What stands against one shift; `index` is its place among those that were wished for."""

    index: int
    finding: Finding


def faults(
    held: DutyRoster, shifts: Sequence[WantedShift], people: Roster, now: datetime
) -> list[Fault]:
    """What stands against some shifts beside those that are there, one fault each at most."""
    found: list[Fault] = []
    so_far = list(held.shifts)
    for index, wish in enumerate(shifts):
        wrong = _form(wish, now) or _person(wish, people) or _room(held, wish, so_far)
        if wrong is None:
            so_far.append(_shift(wish, ShiftId("")))
            continue
        # Numbers count from 1, as people count.
        found.append(Fault(index, attrs.evolve(wrong, where={"shift": index + 1})))
    return found


# -- one shift --------------------------------------------------------------------------------


def _shift(wish: WantedShift, shift: ShiftId) -> Shift:
    return Shift(
        id=shift,
        roster=wish.roster,
        person=wish.person,
        since=wish.since,
        until=wish.until,
        campus=wish.campus,
    )


def _form(wish: WantedShift, now: datetime) -> Finding | None:
    """PSY050: no such roster, an end before the beginning, too long, over, or too far ahead."""
    lasts = wish.until - wish.since
    good = wish.roster in d.FITTING and timedelta() < lasts <= LONGEST
    good = good and now < wish.until <= now + FURTHEST and sound_campus(wish.campus)
    return None if good else Finding(code="PSY050")


def sound_campus(campus: str) -> bool:
    """Whether it may be a campus's name at all; empty is the whole school."""
    return len(campus) <= CAMPUS_LIMIT and campus == campus.strip() and campus.isprintable()


def _person(wish: WantedShift, people: Roster) -> Finding | None:
    """PSY053: nobody of the staff, or no fitting role all the time; PSY054: away in that time."""
    someone = people.staff.get(wish.person)
    held = [r for r in someone.roles if r.role in d.FITTING[wish.roster]] if someone else []
    whole = (r.since <= wish.since and (r.until is None or r.until >= wish.until) for r in held)
    if someone is None or not any(whole):
        return Finding(code="PSY053", facts={"person": wish.person, "roster": wish.roster})
    if any(a.since < wish.until and wish.since < a.until for a in someone.absences):
        return Finding(code="PSY054", facts={"person": wish.person})
    return None


def _room(held: DutyRoster, wish: WantedShift, shifts: Iterable[Shift]) -> Finding | None:
    """PSY051: on duty already then; PSY052: no place left at some moment of it."""
    beside = [s for s in shifts if s.overlaps(wish.since, wish.until)]
    if any(s.person == wish.person for s in beside):
        return Finding(code="PSY051", facts={"person": wish.person})
    same = [s for s in beside if (s.roster, s.campus) == (wish.roster, wish.campus)]
    kept = held.kept.get(wish.roster)
    places = kept.places if kept is not None else d.PLACES[wish.roster]
    # The most people stand there at a moment at which somebody begins.
    edges = [max(s.since, wish.since) for s in same]
    if any(sum(s.runs(edge) for s in same) >= places for edge in edges):
        return Finding(code="PSY052", facts={"roster": wish.roster, "places": places})
    return None


def refuse(found: Sequence[Fault]) -> None:
    """Raises InvalidDataError where something stands against a shift."""
    if found:
        raise InvalidDataError([one.finding for one in found])


def _known(roster: str) -> None:
    if roster not in d.FITTING:
        raise InvalidDataError([Finding(code="PSY050", where={"field": "roster"})])


def coming(held: DutyRoster, shift: str, now: datetime) -> Shift:
    """A shift that is not over. Raises NotFoundError."""
    found = held.shift(shift)
    if found is None or found.until <= now:
        raise NotFoundError
    return found


def _room_left(held: DutyRoster, more: int, now: datetime) -> None:
    # What is long over falls away with the next change: it must not be in the way of that change.
    kept = sum(1 for shift in held.shifts if shift.until > now - d.KEPT_FOR)
    if kept + more > d.MOST_SHIFTS:
        raise InvalidDataError([Finding(code="PSY057", facts={"limit": d.MOST_SHIFTS})])


# -- each wish --------------------------------------------------------------------------------


def _keep(
    held: DutyRoster, wish: KeepRoster, actor: Actor, now: datetime
) -> list[d.DutyRosterEvent]:
    _known(wish.roster)
    places = wish.places if wish.places is not None else d.PLACES[wish.roster]
    hours = (wish.opens, wish.closes)
    good = all(_HOUR.fullmatch(hour) for hour in hours) and wish.opens != wish.closes
    if not 0 < places <= MOST_PLACES or not (good or hours == ("", "")):
        raise InvalidDataError([Finding(code="PSY050", where={"field": "hours"})])
    known = held.kept.get(wish.roster)
    if known is not None and (known.places, known.opens, known.closes) == (places, *hours):
        return []
    crowd = _room_kept(held, wish.roster, places, now)
    if crowd is not None:
        raise InvalidDataError([crowd])
    return [
        d.DutyRosterKept(
            roster=wish.roster,
            places=places,
            opens=wish.opens,
            closes=wish.closes,
            by=actor,
            at=now,
        )
    ]


def _room_kept(held: DutyRoster, roster: str, places: int, now: datetime) -> Finding | None:
    """PSY052 where more people than that are on duty at once, now or later."""
    same = [s for s in held.shifts if s.roster == roster and s.until > now]
    crowds = (
        sum(s.campus == one.campus and s.runs(max(one.since, now)) for s in same) for one in same
    )
    if any(crowd > places for crowd in crowds):
        return Finding(code="PSY052", facts={"roster": roster, "places": places})
    return None


def _same(shift: Shift | WantedShift) -> tuple[str, str, str, datetime, datetime]:
    """By what two shifts are the same."""
    return (shift.roster, shift.campus, shift.person, shift.since, shift.until)


def _assign(
    held: DutyRoster,
    wish: AssignShifts,
    people: Roster,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> list[d.DutyRosterEvent]:
    there = {_same(s) for s in held.shifts}
    new = [w for w in wish.shifts if _same(w) not in there]
    _room_left(held, len(new), now)
    refuse(faults(held, new, people, now))
    made = tuple(_shift(w, ShiftId(ids.next("shift"))) for w in new)
    return [d.ShiftsAssigned(shifts=made, by=actor, at=now)] if made else []


def _override(
    held: DutyRoster,
    wish: OverrideShifts,
    people: Roster,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> list[d.DutyRosterEvent]:
    # What has been cannot be changed: it begins now at the earliest.
    since = max(wish.since, now)
    asked = WantedShift(
        roster=wish.roster,
        person=wish.person,
        since=since,
        until=wish.until,
        campus=wish.campus,
    )
    _known(wish.roster)
    meant = [
        s
        for s in held.shifts
        if (s.roster, s.campus) == (wish.roster, wish.campus)
        and s.overlaps(since, wish.until)
        and wish.instead_of in (None, s.person)
    ]
    if len({s.person for s in meant}) > 1 and wish.instead_of is None:
        raise InvalidMoveError("PSY059", roster=wish.roster)
    left: list[Shift] = []
    for s in meant:
        if s.since < since:
            left.append(changed(s, id=ShiftId(ids.next("shift")), until=since))
        if wish.until < s.until:
            left.append(changed(s, id=ShiftId(ids.next("shift")), since=wish.until))
    gone = tuple(s.id for s in meant)
    rest = changed(held, shifts=(*(s for s in held.shifts if s.id not in gone), *left))
    _room_left(rest, 1, now)
    refuse(faults(rest, [asked], people, now))
    new = _shift(asked, ShiftId(ids.next("shift")))
    return [d.ShiftsReplaced(gone=gone, shifts=(*left, new), by=actor, at=now)]
