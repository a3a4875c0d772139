"""Who is on duty: hotline, counselor on call, duty leader, dormitory staff.

A *shift* says that one person stands in one roster from a time until a time. A roster is *kept*
from its first shift on; before that, and after somebody has said that it is kept no longer, all
present holders of the role count as on duty. In a roster that is kept an hour without a shift is
empty: nobody is on duty then, and whatever asks for them goes on at once.

The document is the fold of its events. Shifts of the past drop out after a month; the journal
keeps all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from psysafe.domain.people import Roster, Staff
from psysafe.ids import Actor, ClassId, PersonId, ShiftId
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

    def runs(self, now: datetime) -> bool:
        """Whether it is under way at that moment."""
        return self.since <= now < self.until

    def overlaps(self, since: datetime, until: datetime) -> bool:
        """Whether it shares a moment with an interval."""
        return self.since < until and since < self.until


@record
class Kept:
    """How the school keeps one roster: since when, and how many people it has places for."""

    since: datetime | None = ref(default=None)
    """when its first shift begins; None: there was none yet, so it does not count"""
    places: int = ref()
    opens: str = ref(default="")
    """from which local time on each day somebody must be there, `17:00`; empty: day and night"""
    closes: str = ref(default="")

    def counts(self, now: datetime) -> bool:
        """Whether the roster decides who is on duty at that moment."""
        return self.since is not None and self.since <= now


@record
class DutyRoster:
    """Everybody's shifts, by time; and the rosters that the school keeps, by code."""

    shifts: tuple[Shift, ...] = ref(default=())
    kept: dict[str, Kept] = item(REFERENCE, factory=dict)

    def running(self, roster: str, now: datetime) -> Iterator[Shift]:
        """The shifts of one roster that are under way."""
        return (s for s in self.shifts if s.roster == roster and s.runs(now))

    def shift(self, shift: str) -> Shift | None:
        """A shift by its id."""
        return next((s for s in self.shifts if s.id == shift), None)

    def there(self, roster: str, people: Roster, now: datetime) -> tuple[Staff, ...]:
        """Who is on duty in one roster: whoever stands in it, or a present deputy.

        Somebody who holds no fitting role any more, or is away without a deputy, is not there.
        """
        return self._there((roster,), people, None, now)

    def on_duty(
        self, role: str, people: Roster, grade: str, class_id: ClassId, now: datetime
    ) -> tuple[PersonId, ...] | None:
        """Who of a role is on duty for such a student; None where no roster says so.

        In the order of ids, as `Roster.holders`.
        """
        counting = tuple(code for code in ROSTERS_OF.get(role, ()) if code in self.kept_at(now))
        if not counting:
            return None
        found = self._there(counting, people, (grade, class_id), now)
        return tuple(PersonId(someone.id) for someone in found)

    def kept_at(self, now: datetime) -> tuple[str, ...]:
        """The rosters that count at that moment."""
        return tuple(code for code in sorted(self.kept) if self.kept[code].counts(now))

    def _there(
        self,
        codes: tuple[str, ...],
        people: Roster,
        about: tuple[str, ClassId] | None,
        now: datetime,
    ) -> tuple[Staff, ...]:
        named: dict[str, Staff] = {}
        for shift in self.shifts:
            someone = people.staff.get(shift.person)
            if shift.roster not in codes or not shift.runs(now) or someone is None:
                continue
            if fits(someone, shift.roster, now, about):
                named[someone.id] = someone
        found: dict[str, Staff] = {}
        for key in sorted(named):
            present = people.standing_in(named[key], now)
            if present is not None:
                found[present.id] = present
        return tuple(found.values())


def fits(
    someone: Staff, roster: str, now: datetime, about: tuple[str, ClassId] | None = None
) -> bool:
    """Whether somebody holds a role of that roster then, for a student where one is meant."""
    return any(
        held.role in FITTING[roster]
        and held.holds(now)
        and (about is None or held.scope.covers(*about))
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
class ShiftsSwapped:
    """Two people have changed places, and both have agreed."""

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
)


def evolve(held: DutyRoster | None, event: object) -> DutyRoster:
    """The rosters after one more event.

    Raises ValueError for an event that is none of theirs, or is about a shift that is not there.
    """
    before = held or DutyRoster()
    match event:
        case DutyRosterKept(roster=roster, places=places, opens=opens, closes=closes):
            known = before.kept.get(roster)
            new = Kept(
                since=known.since if known else None, places=places, opens=opens, closes=closes
            )
            return _as_of(before, event.at, before.shifts, {**before.kept, roster: new})
        case DutyRosterStopped(roster=roster, at=at):
            cut = (_ended(s, at) if s.roster == roster else s for s in before.shifts)
            left = {code: kept for code, kept in before.kept.items() if code != roster}
            return _as_of(before, at, tuple(s for s in cut if s is not None), left)
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


def _begun(kept: Mapping[str, Kept], shifts: tuple[Shift, ...]) -> dict[str, Kept]:
    """The rosters with the beginning of their first shift."""
    found = dict(kept)
    for shift in shifts:
        known = found.get(shift.roster) or Kept(places=PLACES[shift.roster])
        since = shift.since if known.since is None else min(known.since, shift.since)
        found[shift.roster] = changed(known, since=since)
    return found


def _as_of(
    before: DutyRoster, at: datetime, shifts: tuple[Shift, ...], kept: Mapping[str, Kept]
) -> DutyRoster:
    """In one order, without what is long over."""
    still = sorted(
        (s for s in shifts if s.until > at - KEPT_FOR), key=lambda s: (s.since, s.roster, s.id)
    )
    return changed(before, shifts=tuple(still), kept=dict(kept))
