"""Who is on duty: hotline, counselor on call, duty leader, dormitory staff.

A *shift* says that one person stands in one roster from a time until a time. A roster is *kept*
from its first shift on; before that, and after somebody has said that it is kept no longer, all
present holders of the role count as on duty. In a roster that is kept an hour without a shift is
empty: nobody is on duty then, and whatever asks for them goes on at once.

A school with several campuses may put people on duty on each. For a student whoever stands on
their campus is on duty, and where nobody does, whoever stands there for the whole school.

The document is the fold of its events. Shifts of the past drop out after a month; the journal
keeps all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from psysafe.domain.people import Roster, Staff, Standing
from psysafe.ids import Actor, PersonId, ShiftId, SwapId
from psysafe.sensitivity import REFERENCE, changed, item, record, ref

#: Which role's holders may stand in a roster. Practice: counselors answer a hotline too.
FITTING: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "hotline": ("hotline_volunteer", "counselor"),
        "counselor_on_call": ("counselor",),
        "duty_leader": ("duty_adult",),
        "dormitory": ("duty_adult",),
    }
)
#: The rosters that say who of a role is on duty.
ROSTERS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "hotline_volunteer": ("hotline",),
        "counselor": ("counselor_on_call",),
        "duty_adult": ("duty_leader", "dormitory"),
    }
)
#: How many people stand in a roster at once where nobody has said otherwise. Practice: one person
#: leads a night and one counselor is called; a hotline has some lines, a dormitory some houses.
PLACES: Final[Mapping[str, int]] = MappingProxyType(
    {"hotline": 10, "counselor_on_call": 1, "duty_leader": 1, "dormitory": 30}
)
#: How long a shift of the past stays in the document, and how many shifts it holds at most: four
#: rosters with a shift a day for a year.
KEPT_FOR: Final = timedelta(days=30)
MOST_SHIFTS: Final = 1500


@record
class Shift:
    """One person in one roster, from a time until a time."""

    id: ShiftId = ref()
    roster: str = ref()
    person: PersonId = ref()
    since: datetime = ref()
    until: datetime = ref()
    campus: str = ref(default="")
    """the campus's name; empty: for the whole school"""

    def runs(self, now: datetime) -> bool:
        """Whether it is under way at that moment."""
        return self.since <= now < self.until

    def overlaps(self, since: datetime, until: datetime) -> bool:
        """Whether it shares a moment with an interval."""
        return self.since < until and since < self.until


@record
class Swap:
    """One person proposes to another that they change places; until that is accepted, it is only
    proposed, and both stand where they stood."""

    id: SwapId = ref()
    one: ShiftId = ref()
    """the shift of whoever proposes it"""
    other: ShiftId = ref()
    by: PersonId = ref()
    to: PersonId = ref()
    at: datetime = ref()
    until: datetime = ref()
    """when the first of the two shifts begins: then it is over"""


@record
class Kept:
    """How the school keeps one roster: since when, and how many people it has places for."""

    since: datetime | None = ref(default=None)
    """when its first shift begins; None: there was none yet, so it does not count"""
    places: int = ref()
    opens: str = ref(default="")
    """from which local time on each day somebody must be there, `17:00`; empty: day and night"""
    closes: str = ref(default="")
    campuses: dict[str, datetime] = ref(factory=dict)
    """where people are put on duty for one campus, and since when"""

    def begins(self, campus: str) -> datetime | None:
        """When it is kept there first; an empty campus is the whole school."""
        return self.campuses.get(campus) if campus else self.since

    def counts(self, now: datetime, campus: str) -> bool:
        """Whether the roster decides who is on duty there at that moment."""
        begins = self.begins(campus)
        return begins is not None and begins <= now

    @property
    def places_kept(self) -> tuple[str, ...]:
        """The whole school, as an empty name, and each campus for which it is kept."""
        return (*(("",) if self.since is not None else ()), *sorted(self.campuses))


@record
class DutyRoster:
    """Everybody's shifts, by time; and the rosters that the school keeps, by code."""

    shifts: tuple[Shift, ...] = ref(default=())
    kept: dict[str, Kept] = item(REFERENCE, factory=dict)
    swaps: tuple[Swap, ...] = ref(default=())
    """what is proposed, and not answered yet"""

    def proposed(self, now: datetime) -> tuple[Swap, ...]:
        """The swaps that can still be accepted."""
        return tuple(swap for swap in self.swaps if now < swap.until)

    def running(self, roster: str, campus: str, now: datetime) -> Iterator[Shift]:
        """The shifts of one roster that are under way there."""
        return (s for s in self.shifts if (s.roster, s.campus) == (roster, campus) and s.runs(now))

    def shift(self, shift: str) -> Shift | None:
        """A shift by its id."""
        return next((s for s in self.shifts if s.id == shift), None)

    def there(
        self, roster: str, people: Roster, now: datetime, campus: str = ""
    ) -> tuple[Staff, ...]:
        """Who is on duty in one roster: whoever stands in it, or a present deputy.

        Somebody who holds no fitting role any more, or is away without a deputy, is not there.
        """
        return _in_order(self._there(roster, campus, people, None, now))

    def on_duty(
        self,
        role: str,
        people: Roster,
        about: Standing,
        now: datetime,
        besides: Collection[PersonId] = (),
    ) -> tuple[PersonId, ...] | None:
        """Who of a role is on duty for such a student; None where no roster says so.

        In the order of ids, as `Roster.holders`. Whoever is in `besides` counts as not there.
        """
        counting = self.kept_at(now)
        found: dict[str, Staff] = {}
        says_so = False
        for code in ROSTERS_OF.get(role, ()):
            for campus in dict.fromkeys((about.campus, "")):
                if (code, campus) not in counting:
                    continue
                says_so = True
                there = self._there(code, campus, people, about, now)
                there = {key: one for key, one in there.items() if one.id not in besides}
                found |= there
                if there:
                    break
        return tuple(PersonId(one.id) for one in _in_order(found)) if says_so else None

    def kept_at(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """The rosters that count at that moment, each with its campus, empty: the whole school."""
        return tuple(
            (code, campus)
            for code, kept in sorted(self.kept.items())
            for campus in kept.places_kept
            if kept.counts(now, campus)
        )

    def _there(
        self, roster: str, campus: str, people: Roster, about: Standing | None, now: datetime
    ) -> dict[str, Staff]:
        """Who is there, by the id of whoever stands in the roster."""
        found: dict[str, Staff] = {}
        for shift in self.running(roster, campus, now):
            someone = people.staff.get(shift.person)
            if someone is None or not fits(someone, roster, now, about):
                continue
            present = people.standing_in(someone, now)
            if present is not None:
                found[someone.id] = present
        return found


def _in_order(found: Mapping[str, Staff]) -> tuple[Staff, ...]:
    """By the ids of those who stand there, each who is present once."""
    return tuple({found[key].id: found[key] for key in sorted(found)}.values())


def fits(someone: Staff, roster: str, now: datetime, about: Standing | None = None) -> bool:
    """Whether somebody holds a role of that roster then, for a student where one is meant."""
    return any(
        held.role in FITTING[roster]
        and held.holds(now)
        and (about is None or held.scope.covers(about.grade, about.class_id))
        for held in someone.roles
    )


# -- what happens to it -----------------------------------------------------------------------


@record
class DutyRosterKept:
    """The school says how it keeps a roster."""

    roster: str = ref()
    places: int = ref()
    opens: str = ref(default="")
    closes: str = ref(default="")
    by: Actor = ref()
    at: datetime = ref()


@record
class DutyRosterStopped:
    """The school keeps this roster no longer: its coming shifts fall away."""

    roster: str = ref()
    by: Actor = ref()
    at: datetime = ref()
    campus: str = ref(default="")
    """on this campus only; empty: the whole roster"""


@record
class ShiftsAssigned:
    shifts: tuple[Shift, ...] = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class ShiftRemoved:
    """A shift that was to come falls away; one under way ends now."""

    shift: ShiftId = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class ShiftsReplaced:
    """Somebody else for some time: what is left of the shifts before, and the new one."""

    gone: tuple[ShiftId, ...] = ref()
    shifts: tuple[Shift, ...] = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class SwapProposed:
    swap: Swap = ref()


@record
class SwapEnded:
    """Nothing comes of a proposal: both stand where they stood."""

    swap: SwapId = ref()
    outcome: str = ref()
    """declined, withdrawn or expired"""
    by: Actor = ref()
    at: datetime = ref()


@record
class ShiftsSwapped:
    """Two people have changed places. `agreed`: who of them said so at their own desk."""

    one: ShiftId = ref()
    other: ShiftId = ref()
    agreed: tuple[PersonId, ...] = ref()
    by: Actor = ref()
    at: datetime = ref()


DutyRosterEvent = (
    DutyRosterKept
    | DutyRosterStopped
    | ShiftsAssigned
    | ShiftRemoved
    | ShiftsReplaced
    | ShiftsSwapped
    | SwapProposed
    | SwapEnded
)


def evolve(held: DutyRoster | None, event: object) -> DutyRoster:
    """The rosters after one more event.

    Raises ValueError for an event that is none of theirs, or is about a shift that is not there.
    """
    before = held or DutyRoster()
    match event:
        case DutyRosterKept(roster=roster, places=places, opens=opens, closes=closes):
            known = before.kept.get(roster) or Kept(places=places)
            new = changed(known, places=places, opens=opens, closes=closes)
            return _as_of(before, event.at, before.shifts, {**before.kept, roster: new})
        case DutyRosterStopped(roster=roster, campus=campus, at=at):
            return _as_of(before, at, *_stopped(before, roster, campus, at))
        case ShiftsAssigned(shifts=shifts, at=at):
            return _as_of(before, at, (*before.shifts, *shifts), _begun(before.kept, shifts))
        case ShiftRemoved(shift=shift, at=at):
            removed = _known(before, shift)
            ended = _ended(removed, at)
            rest = tuple(s for s in before.shifts if s.id != shift)
            return _as_of(before, at, rest if ended is None else (*rest, ended), before.kept)
        case ShiftsReplaced(gone=gone, shifts=shifts, at=at):
            for one in gone:
                _known(before, one)
            rest = tuple(s for s in before.shifts if s.id not in gone)
            return _as_of(before, at, (*rest, *shifts), _begun(before.kept, shifts))
        case ShiftsSwapped(one=one, other=other, at=at):
            return _as_of(before, at, swapped(before, one, other), before.kept)
        case SwapProposed(swap=swap):
            held_too = changed(before, swaps=(*before.swaps, swap))
            return _as_of(held_too, swap.at, before.shifts, before.kept)
        case SwapEnded(swap=ended_swap, at=at):
            left_open = tuple(s for s in before.swaps if s.id != ended_swap)
            return _as_of(changed(before, swaps=left_open), at, before.shifts, before.kept)
    raise ValueError(f"{type(event).__name__} does not belong to the rosters of duty")


def swapped(held: DutyRoster, one: str, other: str) -> tuple[Shift, ...]:
    """The shifts after two of them have changed people. Raises ValueError where one is missing."""
    first, second = _known(held, one), _known(held, other)
    people = {first.id: second.person, second.id: first.person}
    return tuple(changed(s, person=people[s.id]) if s.id in people else s for s in held.shifts)


def _known(held: DutyRoster, shift: str) -> Shift:
    found = held.shift(shift)
    if found is None:
        raise ValueError("a shift that is not there")
    return found


def _ended(shift: Shift, at: datetime) -> Shift | None:
    """What is left of a shift that ends now: nothing of one that was to come."""
    if shift.since >= at:
        return None
    return changed(shift, until=min(shift.until, at))


def _stopped(
    before: DutyRoster, roster: str, campus: str, at: datetime
) -> tuple[tuple[Shift, ...], dict[str, Kept]]:
    """What is left where a roster is kept no longer, on one campus or at all."""
    shifts = (
        _ended(s, at) if s.roster == roster and campus in ("", s.campus) else s
        for s in before.shifts
    )
    kept = {code: one for code, one in before.kept.items() if code != roster}
    if campus and roster in before.kept:
        known = before.kept[roster]
        left = {name: since for name, since in known.campuses.items() if name != campus}
        kept[roster] = changed(known, campuses=left)
    return tuple(s for s in shifts if s is not None), kept


def _begun(kept: Mapping[str, Kept], shifts: tuple[Shift, ...]) -> dict[str, Kept]:
    """The rosters with the beginning of their first shift."""
    found = dict(kept)
    for shift in shifts:
        known = found.get(shift.roster) or Kept(places=PLACES[shift.roster])
        since = min(known.begins(shift.campus) or shift.since, shift.since)
        if shift.campus:
            found[shift.roster] = changed(known, campuses={**known.campuses, shift.campus: since})
        else:
            found[shift.roster] = changed(known, since=since)
    return found


def _as_of(
    before: DutyRoster, at: datetime, shifts: tuple[Shift, ...], kept: Mapping[str, Kept]
) -> DutyRoster:
    """In one order, without what is long over, and without proposals about what has changed."""
    still = sorted(
        (s for s in shifts if s.until > at - KEPT_FOR), key=lambda s: (s.since, s.roster, s.id)
    )
    owners = {s.id: s.person for s in still}
    open_still = (
        s for s in before.swaps if (owners.get(s.one), owners.get(s.other)) == (s.by, s.to)
    )
    return changed(before, shifts=tuple(still), kept=dict(kept), swaps=tuple(open_still))
