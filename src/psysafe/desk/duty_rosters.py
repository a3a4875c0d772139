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
    SwapShifts,
    faults,
    wanted,
)
from psysafe.domain.duty_roster_rotation import TURNS, Turn, gaps, rotation
from psysafe.domain.people import Roster
from psysafe.engine.duty_rosters import change
from psysafe.engine.gather import people_and_duty
from psysafe.engine.handle import Receipt
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.errors import Fact, Finding, InvalidDataError, NotPermittedError
from psysafe.ids import CommandId, ShiftId, kind_of, person
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
                "people": [someone.id for someone in held.there(roster, people, now)],
                "until": max((s.until for s in held.running(roster, now)), default=None),
            }
            for roster in held.kept_at(now)
        ]
        return [self._seat.plain(line) for line in lines]

    def show(self, days: int = AHEAD) -> dict[str, Any]:
        """The shifts of the coming days, how each roster is kept, and the hours left empty."""
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
                }
                for s in held.shifts
                if s.overlaps(now, until)
            ],
            "kept": [
                {"roster": code, "places": k.places, "opens": k.opens, "closes": k.closes}
                for code, k in sorted(held.kept.items())
            ],
            "gaps": [
                {"roster": gap.roster, "since": gap.since, "until": gap.until}
                for code in sorted(held.kept)
                for gap in gaps(held, people, self._seat.school.calendar, code, now, until)
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
        command: CommandId | None = None,
    ) -> Receipt:
        """Somebody else for some time. Raises InvalidMoveError PSY059, and as `assign`."""
        wish = OverrideShifts(
            roster=roster,
            person=person(somebody),
            since=since,
            until=until,
            instead_of=person(instead_of) if instead_of else None,
        )
        return self._do(wish, command)

    def swap(
        self, one: str, other: str, agreed: Sequence[str], command: CommandId | None = None
    ) -> Receipt:
        """Two people change places, who have both agreed. Raises InvalidMoveError PSY058."""
        wish = SwapShifts(
            one=ShiftId(one), other=ShiftId(other), agreed=tuple(person(a) for a in agreed)
        )
        return self._do(wish, command)

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

    def stop(self, roster: str, command: CommandId | None = None) -> Receipt:
        """Keep a roster no longer: all present holders of the role count again."""
        return self._do(StopRoster(roster=roster), command)

    def _do(self, wish: DutyWish, command: CommandId | None) -> Receipt:
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


def check_duty(school: School, now: datetime) -> Iterator[Finding]:
    """Hours of the coming week in which nobody is on duty (PSY055), rosters that a plan asks for
    and nobody keeps (PSY056)."""
    people, held = people_and_duty(school)
    zone = school.calendar.zone
    for code in sorted(held.kept):
        until = now + timedelta(days=AHEAD)
        for gap in gaps(held, people, school.calendar, code, now, until):
            facts: dict[str, Fact] = {
                "roster": code,
                "since": gap.since.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
                "until": gap.until.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            }
            yield Finding(code="PSY055", severity="warning", facts=facts)
    asked = {
        step.role
        for route in school.plan.routes
        for step in (*route.steps, *route.end)
        if step.relation == "on_duty"
    }
    for role in sorted(asked):
        if not any(code in held.kept for code in ROSTERS_OF.get(role, ())):
            yield Finding(code="PSY056", severity="note", facts={"role": role})
