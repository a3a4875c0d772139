"""Two people change places: one proposes it, the other accepts it, each at their own desk.

    proposed --accept--> swapped
       |------- decline, withdraw, or a shift begins --> ended; both stand where they stood

Until it is accepted the roster holds as it was, and what is accepted takes effect whole or not at
all; so no swap leaves an hour empty. What stood against two shifts when it was proposed is looked
at again when it is accepted. A proposal falls away when either shift changes meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from psysafe.domain import duty_roster as d
from psysafe.domain.duty_roster import DutyRoster, Shift, Swap
from psysafe.domain.duty_roster_deciding import RIGHT, WantedShift, coming, faults, may, refuse
from psysafe.domain.people import Roster, SchoolClass
from psysafe.domain.plan import Plan
from psysafe.errors import Fact, Finding, InvalidDataError, InvalidMoveError, NotPermittedError
from psysafe.ids import Actor, CommandIds, PersonId, ShiftId, SwapId
from psysafe.sensitivity import changed, record, ref

DECLINED, WITHDRAWN, EXPIRED = "declined", "withdrawn", "expired"
#: What is done with a proposal: by whoever was asked, by whoever proposed it.
ACCEPT: Final = "accept"
_ANSWERS: Final = (ACCEPT, "decline")


@record
class ProposeSwap:
    """Ask somebody to change places: `one` is one's own shift, `other` is theirs."""

    one: ShiftId = ref()
    other: ShiftId = ref()


@record
class AnswerSwap:
    """Say something to a proposal: `accept`, `decline`, `withdraw`."""

    swap: SwapId = ref()
    answer: str = ref()


@record
class SwapShifts:
    """Whoever makes up the rosters lets two people change places, without asking them."""

    one: ShiftId = ref()
    other: ShiftId = ref()


@record
class SwapIsOver:
    """A shift begins of which a swap was proposed; only time says so."""

    swap: SwapId = ref()


SwapWish = ProposeSwap | AnswerSwap | SwapShifts | SwapIsOver


def decide(
    held: DutyRoster,
    wish: SwapWish,
    people: Roster,
    plan: Plan,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> list[d.DutyRosterEvent]:
    """The events of a wish; none where it is so already.

    Raises NotPermittedError PSY002 and PSY139, NotFoundError for a shift that is not there,
    InvalidDataError PSY051 to PSY054, InvalidMoveError PSY058 and PSY140.
    """
    match wish:
        case ProposeSwap():
            return _propose(held, wish, people, actor, now, ids)
        case AnswerSwap():
            return _answer(held, wish, people, actor, now)
        case SwapShifts(one=one, other=other):
            if not may(people, plan, actor, now):
                raise NotPermittedError("PSY002", action=RIGHT)
            first, second = _two(held, one, other, now)
            return [_swapped(held, first, second, people, (), actor, now)]
        case SwapIsOver(swap=swap):
            over = any(s.id == swap and s.until <= now for s in held.swaps)
            return [d.SwapEnded(swap=swap, outcome=EXPIRED, by=actor, at=now)] if over else []


def _propose(
    held: DutyRoster,
    wish: ProposeSwap,
    people: Roster,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> list[d.DutyRosterEvent]:
    if not people.roles_of(actor, now):
        raise NotPermittedError("PSY002", action="duty")
    one, other = _two(held, wish.one, wish.other, now)
    if one.person != actor:
        raise NotPermittedError("PSY139", action="swap")
    mine = next((s for s in held.proposed(now) if s.one == one.id), None)
    if mine is not None and mine.other == other.id:
        return []
    if mine is not None:
        raise InvalidMoveError("PSY058")
    _sound(held, one, other, people, now)
    swap = Swap(
        id=SwapId(ids.next("swap")),
        one=one.id,
        other=other.id,
        by=one.person,
        to=other.person,
        at=now,
        until=min(one.since, other.since),
    )
    return [d.SwapProposed(swap=swap)]


def _answer(
    held: DutyRoster, wish: AnswerSwap, people: Roster, actor: Actor, now: datetime
) -> list[d.DutyRosterEvent]:
    if not people.roles_of(actor, now):
        raise NotPermittedError("PSY002", action="duty")
    found = next((s for s in held.proposed(now) if s.id == wish.swap), None)
    if found is None:
        raise InvalidMoveError("PSY140")
    if actor != (found.to if wish.answer in _ANSWERS else found.by):
        raise NotPermittedError("PSY139", action=wish.answer)
    if wish.answer == ACCEPT:
        one, other = _two(held, found.one, found.other, now)
        agreed = tuple(sorted((found.by, found.to)))
        return [_swapped(held, one, other, people, agreed, actor, now)]
    outcome = DECLINED if wish.answer in _ANSWERS else WITHDRAWN
    return [d.SwapEnded(swap=found.id, outcome=outcome, by=actor, at=now)]


def _two(held: DutyRoster, one: ShiftId, other: ShiftId, now: datetime) -> tuple[Shift, Shift]:
    """Two shifts of two people, both to come. Raises NotFoundError, InvalidMoveError PSY058."""
    first, second = coming(held, one, now), coming(held, other, now)
    if first.person == second.person or min(first.since, second.since) <= now:
        # What has begun was somebody's already; for that there is an override.
        raise InvalidMoveError("PSY058")
    return first, second


def _swapped(
    held: DutyRoster,
    one: Shift,
    other: Shift,
    people: Roster,
    agreed: tuple[PersonId, ...],
    actor: Actor,
    now: datetime,
) -> d.ShiftsSwapped:
    _sound(held, one, other, people, now)
    return d.ShiftsSwapped(one=one.id, other=other.id, agreed=agreed, by=actor, at=now)


def _sound(held: DutyRoster, one: Shift, other: Shift, people: Roster, now: datetime) -> None:
    """Whether each can stand where the other stood, and for everybody for whom the other stood."""
    rest = changed(held, shifts=tuple(s for s in held.shifts if s.id not in (one.id, other.id)))
    both = [
        WantedShift(roster=s.roster, person=person, since=s.since, until=s.until, campus=s.campus)
        for s, person in ((one, other.person), (other, one.person))
    ]
    refuse(faults(rest, both, people, now))
    for shift, person in ((one, other.person), (other, one.person)):
        if not set(_stands_for(shift, shift.person, people)) <= set(
            _stands_for(shift, person, people)
        ):
            facts: dict[str, Fact] = {"person": person, "roster": shift.roster}
            raise InvalidDataError([Finding(code="PSY053", facts=facts)])


def _stands_for(shift: Shift, person: PersonId, people: Roster) -> Iterator[str]:
    """The classes for which somebody would be on duty in a shift from its beginning to its end."""
    someone = people.staff.get(person)
    whole = [
        held.scope
        for held in (someone.roles if someone is not None else ())
        if held.role in d.FITTING[shift.roster]
        and held.since <= shift.since
        and (held.until is None or held.until >= shift.until)
    ]
    classes: list[SchoolClass] = list(people.classes.values())
    return (c.id for c in classes if any(scope.covers(c.grade, c.id) for scope in whole))
