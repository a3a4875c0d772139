"""Rosters of duty at a desk: who is on duty, put on duty, changed; and the file of shifts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain.codes import DUTY_ROSTERS
from psysafe.domain.duty_roster import ROSTERS_OF, DutyRoster
from psysafe.domain.duty_roster_deciding import (
    AssignShifts,
    DutyWish,
    KeepRoster,
    OverrideShifts,
    RemoveShift,
    StopRoster,
    faults,
    wanted,
)
from psysafe.domain.duty_roster_rotation import TURNS, Gap, Turn, gaps, rotation
from psysafe.domain.duty_roster_swaps import AnswerSwap, ProposeSwap, SwapShifts, SwapWish
from psysafe.domain.people import Roster
from psysafe.engine.committing import Receipt
from psysafe.engine.duty_rosters import change
from psysafe.engine.gather import people_and_duty, place_of
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.errors import Fact, Finding, InvalidDataError, NotPermittedError
from psysafe.ids import CommandId, ShiftId, SwapId, kind_of, person
from psysafe.intake.duty import DutyFile, read_duty
from psysafe.intake.settings import Settings
from psysafe.intake.tables import open_tables

Lines = list[dict[str, Any]]

#: Days ahead that are looked at for hours in which nobody is on duty.
AHEAD = 7


class Duty:
    """The rosters of duty. Everybody of the staff may see who is on duty; some may change it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    # -- what can be seen ---------------------------------------------------------------------

    def now(self) -> Lines:
        """Who is on duty in each roster that is kept; an empty `people`: nobody."""
        people, held = self._facts()
        now = self._seat.now()
        lines = [
            {
                "roster": roster,
                "people": [someone.id for someone in held.there(roster, people, now, campus)],
                "until": max((s.until for s in held.running(roster, campus, now)), default=None),
                **_on(campus),
            }
            for roster, campus in held.kept_at(now)
        ]
        return [self._seat.plain(line) for line in lines]

    def show(self, days: int = AHEAD) -> dict[str, Any]:
        """The shifts of the coming days, what swaps are proposed, how each roster is kept, and the
        hours left empty."""
        people, held = self._facts()
        now = self._seat.now()
        until = now + timedelta(days=days)
        data = {
            "shifts": [
                {
                    "shift": s.id,
                    "roster": s.roster,
                    "person": s.person,
                    "since": s.since,
                    "until": s.until,
                    **_on(s.campus),
                }
                for s in held.shifts
                if s.overlaps(now, until)
            ],
            "swaps": [
                {
                    "swap": swap.id,
                    "by": swap.by,
                    "to": swap.to,
                    "one": swap.one,
                    "other": swap.other,
                    "until": swap.until,
                }
                for swap in held.proposed(now)
            ],
            "kept": [
                {"roster": code, "places": k.places, "opens": k.opens, "closes": k.closes}
                for code, k in sorted(held.kept.items())
            ],
            "gaps": [
                {
                    "roster": gap.roster,
                    "since": gap.since,
                    "until": gap.until,
                    **_on(gap.campus),
                }
                for gap in _all_gaps(self._seat.school, held, people, now, until)
            ],
        }
        plain: dict[str, Any] = self._seat.plain(data)
        return plain

    def _facts(self) -> tuple[Roster, DutyRoster]:
        """Raises NotPermittedError PSY002 for whoever does not work at the school."""
        seat = self._seat
        people, held = people_and_duty(seat.school)
        if kind_of(seat.actor) != "operator" and not people.roles_of(seat.actor, seat.now()):
            raise NotPermittedError("PSY002", action="duty")
        journal_list(seat.school, seat.actor, "duty_roster", seat.now())
        return people, held

    # -- what can be done ---------------------------------------------------------------------

    def turns(
        self,
        roster: str,
        people: Sequence[str],
        *,
        every: str,
        first: date,
        last: date,
        at: time,
        ends: time | None = None,
        campus: str = "",
    ) -> tuple[tuple[Turn, ...], tuple[Finding, ...]]:
        """The shifts of people in turn, and what stands against them. Changes nothing.

        Raises InvalidDataError PSY050 for a roster or turn that is none, or too many days.
        """
        if roster not in DUTY_ROSTERS or every not in TURNS or not 0 < (last - first).days <= 400:
            raise InvalidDataError([Finding(code="PSY050")])
        seat = self._seat
        named = tuple(person(one) for one in people)
        made = rotation(
            seat.school.calendar,
            roster,
            named,
            every=every,
            first=first,
            last=last,
            at=at,
            ends=ends,
            campus=campus,
        )
        around, held = self._facts()
        found = faults(held, wanted(made), around, seat.now())
        return made, tuple(one.finding for one in found)

    def assign(self, turns: Sequence[Turn], command: CommandId | None = None) -> Receipt:
        """Put people on duty, all of the shifts or none. Raises InvalidDataError PSY050 to PSY057,
        NotPermittedError PSY002."""
        return self._do(AssignShifts(shifts=wanted(turns)), command)

    def override(
        self,
        roster: str,
        somebody: str,
        since: datetime,
        until: datetime,
        *,
        instead_of: str | None = None,
        campus: str = "",
        command: CommandId | None = None,
    ) -> Receipt:
        """Somebody else for some time. Raises InvalidMoveError PSY059, and as `assign`."""
        wish = OverrideShifts(
            roster=roster,
            person=person(somebody),
            since=since,
            until=until,
            instead_of=person(instead_of) if instead_of else None,
            campus=campus,
        )
        return self._do(wish, command)

    def propose_swap(self, own: str, theirs: str, command: CommandId | None = None) -> Receipt:
        """Ask somebody to change places: their shift for one's own. Until they accept, nothing
        has changed. Raises InvalidMoveError PSY058, NotPermittedError PSY139, and as
        `assign`."""
        return self._do(ProposeSwap(one=ShiftId(own), other=ShiftId(theirs)), command)

    def accept_swap(self, swap: str, command: CommandId | None = None) -> Receipt:
        """Whoever was asked says yes, and both have changed places. Raises InvalidMoveError
        PSY140, and as `propose_swap`: what stands against it is looked at again."""
        return self._do(AnswerSwap(swap=SwapId(swap), answer="accept"), command)

    def decline_swap(self, swap: str, command: CommandId | None = None) -> Receipt:
        """Whoever was asked says no. Raises InvalidMoveError PSY140, NotPermittedError PSY139."""
        return self._do(AnswerSwap(swap=SwapId(swap), answer="decline"), command)

    def withdraw_swap(self, swap: str, command: CommandId | None = None) -> Receipt:
        """Whoever proposed it takes it back. Raises as `decline_swap`."""
        return self._do(AnswerSwap(swap=SwapId(swap), answer="withdraw"), command)

    def swap(self, one: str, other: str, command: CommandId | None = None) -> Receipt:
        """Whoever makes up the rosters lets two people change places without asking; both are
        told. Raises NotPermittedError PSY002, InvalidMoveError PSY058, and as `assign`."""
        return self._do(SwapShifts(one=ShiftId(one), other=ShiftId(other)), command)

    def remove(self, shift: str, command: CommandId | None = None) -> Receipt:
        """Take a shift away; one under way ends now. Raises NotFoundError."""
        return self._do(RemoveShift(shift=ShiftId(shift)), command)

    def keep(
        self,
        roster: str,
        *,
        places: int | None = None,
        opens: str = "",
        closes: str = "",
        command: CommandId | None = None,
    ) -> Receipt:
        """Say how many people stand in a roster, and in which hours somebody must be there."""
        wish = KeepRoster(roster=roster, places=places, opens=opens, closes=closes)
        return self._do(wish, command)

    def stop(self, roster: str, campus: str = "", command: CommandId | None = None) -> Receipt:
        """Keep a roster no longer, at all or on one campus: whoever counted before counts again."""
        return self._do(StopRoster(roster=roster, campus=campus), command)

    def _do(self, wish: DutyWish | SwapWish, command: CommandId | None) -> Receipt:
        seat = self._seat
        return change(seat.school, wish, seat.actor, seat.now(), command)


class DutyImport:
    """A file of shifts that was looked at. `apply()` puts it in, whole or not at all."""

    def __init__(self, seat: Seat, settings: Settings, paths: Sequence[str | Path]) -> None:
        self._seat = seat
        self._settings = settings
        self.tables = tuple(
            table for path in paths for table in open_tables(path, "duty", aliases=settings.aliases)
        )
        self._found = self._read()

    @property
    def counts(self) -> Mapping[str, int]:
        """new and unchanged shifts, those that are over, refused rows."""
        found = self._found
        return {
            "new": len(found.shifts),
            "changed": 0,
            "ended": found.past,
            "unchanged": found.unchanged,
            "refused": found.refused,
        }

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self._found.findings

    @property
    def refused(self) -> bool:
        """Whether `apply` would refuse the whole file."""
        return any(f.severity == "error" for f in self.findings)

    def apply(self) -> Mapping[str, int]:
        """Put the file in and answer the counts. Raises InvalidDataError where it is refused."""
        self._found = self._read()
        if self.refused:
            raise InvalidDataError([f for f in self.findings if f.severity == "error"])
        seat = self._seat
        change(seat.school, AssignShifts(shifts=self._found.shifts), seat.actor, seat.now())
        return self.counts

    def _read(self) -> DutyFile:
        people, held = people_and_duty(self._seat.school)
        return read_duty(self.tables, held, people, self._settings.zone, self._seat.now())


class DutyTables:
    """The files of shifts of this school."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def load(self, *paths: str | Path) -> DutyImport:
        """Look at files: what they would change and what is wrong with them. Changes nothing."""
        return DutyImport(self._seat, self._settings, paths)


def _on(campus: str) -> dict[str, str]:
    """The campus of a line; nothing where it is for the whole school."""
    return {"campus": campus} if campus else {}


def _all_gaps(
    school: School, held: DutyRoster, people: Roster, now: datetime, until: datetime
) -> Iterator[Gap]:
    """The hours left empty in every roster that is kept, for the school and on each campus."""
    for code, kept in sorted(held.kept.items()):
        for campus in kept.places_kept:
            yield from gaps(held, people, school.calendar, code, now, until, campus)


def check_duty(school: School, now: datetime) -> Iterator[Finding]:
    """Hours of the coming week in which nobody is on duty (PSY055, on one campus PSY147), rosters
    that a plan asks for and nobody keeps (PSY056), campuses on which no class is (PSY148)."""
    people, held = people_and_duty(school)
    zone = school.calendar.zone
    for gap in _all_gaps(school, held, people, now, now + timedelta(days=AHEAD)):
        facts: dict[str, Fact] = {
            "roster": gap.roster,
            "since": gap.since.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            "until": gap.until.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        }
        if gap.campus:
            facts["campus"] = gap.campus
        code = "PSY147" if gap.campus else "PSY055"
        yield Finding(code=code, severity="warning", facts=facts)
    named = {campus for kept in held.kept.values() for campus in kept.campuses}
    known = {place_of(school, class_id) for class_id in people.classes} if named else set()
    for campus in sorted(named - known):
        yield Finding(code="PSY148", severity="warning", facts={"campus": campus})
    asked = {
        step.role
        for route in school.plan.routes
        for step in (*route.steps, *route.end)
        if step.relation == "on_duty"
    }
    for role in sorted(asked):
        if not any(code in held.kept for code in ROSTERS_OF.get(role, ())):
            yield Finding(code="PSY056", severity="note", facts={"role": role})
