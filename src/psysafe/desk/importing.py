"""Tables of people into the school: looked at first, applied when somebody says so.

Loading files changes nothing and says what they would come to. Applying reads the school again, so
that what happened in between is not undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import attrs

from psysafe.desk.roster_import import Options, RosterImport, class_ids, known_year
from psysafe.desk.seat import Seat
from psysafe.domain.people import SchoolClass
from psysafe.engine import handovers
from psysafe.engine.enrolling import commit_roster
from psysafe.engine.gather import roster
from psysafe.errors import Finding, InvalidDataError
from psysafe.ids import ClassId
from psysafe.intake import staff
from psysafe.intake.roster import Progress
from psysafe.intake.roster_changes import class_events
from psysafe.intake.settings import Settings
from psysafe.intake.tables import Kind, Table, open_tables


class StaffImport:
    """A staff file that was looked at. `apply()` puts it in; until then nothing has changed.

    It goes in whole or not at all: half a staff is a net with a hole.
    """

    def __init__(self, seat: Seat, settings: Settings, tables: Sequence[Table]) -> None:
        self._seat = seat
        self._settings = settings
        self.tables = tuple(tables)
        self._found = self._read(seat.now())

    @property
    def counts(self) -> Mapping[str, int]:
        """new, changed, unchanged people; ended roles; refused rows."""
        names = ("new", "changed", "ended", "unchanged", "refused")
        return {name: getattr(self._found, name) for name in names}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found in the tables, each with its place."""
        return self._found.findings

    @property
    def refused(self) -> bool:
        """Whether `apply` would refuse the whole file."""
        return any(f.severity == "error" for f in self.findings)

    def apply(self) -> Mapping[str, int]:
        """Put the file in and answer the counts. A second time changes nothing.

        Raises InvalidDataError where the file is refused, ConflictError where somebody changed
        the same people meanwhile.
        """
        seat = self._seat
        now = seat.now()
        self._found = self._read(now)
        if self.refused:
            raise InvalidDataError([f for f in self.findings if f.severity == "error"])
        commit_roster(seat.school, self._found.events, seat.actor, now, seat.school.ids.command())
        # Whoever puts the file in is told nothing of it: a case must not show through an import.
        handovers.list_for_ended(seat.school, self._found.events, seat.actor, now)
        return self.counts

    def _read(self, now: datetime) -> staff.StaffImport:
        school = self._seat.school
        people = roster(school)
        ids = class_ids(school, people)
        named: dict[ClassId, SchoolClass] = {}

        def class_id(grade: str, name: str) -> ClassId:
            of = SchoolClass(id=ids(grade, name), grade=grade, name=name)
            named[of.id] = of
            return of.id

        found = staff.read_staff(
            self.tables,
            people,
            self._settings.zone,
            now,
            class_id=class_id,
            year=known_year(school, people, now),
            channels={name: chosen.use for name, chosen in self._settings.channels.items()},
        )
        # A class that somebody answers for is a class of the school, also before its students.
        return attrs.evolve(found, events=(*class_events(named, people), *found.events))


class StaffTables:
    """The staff file of this school."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def load(self, *paths: str | Path) -> StaffImport:
        """Look at files: what they would change and what is wrong with them. Changes nothing.

        Raises InvalidDataError where one cannot be read or is no table.
        """
        return StaffImport(
            self._seat, self._settings, _tables(self._seat, self._settings, paths, "staff")
        )


class RosterTables:
    """The rosters of this school's students."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def load(
        self,
        *paths: str | Path,
        options: Options | None = None,
        progress: Progress | None = None,
    ) -> RosterImport:
        """Look at files, which are one roster together. Changes nothing.

        `progress` is told how many rows are done. Raises InvalidDataError where a file cannot be
        read or is no table.
        """
        tables = _tables(self._seat, self._settings, paths, "roster")
        return RosterImport(self._seat, tables, options, progress)


def _tables(
    seat: Seat, settings: Settings, paths: Sequence[str | Path], kind: Kind
) -> tuple[Table, ...]:
    today = seat.school.calendar.local_day(seat.now())
    return tuple(
        table
        for path in paths
        for table in open_tables(path, kind, aliases=settings.aliases, today=today)
    )
