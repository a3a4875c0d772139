"""The host's people against the school's: looked at first, brought up to date when told to.

It goes the way of every file, with the same guards: nobody is ended by being left out, no live case
loses its student, a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from psysafe.contracts.directory import Directory
from psysafe.desk.importing import StaffImport
from psysafe.desk.roster_import import Options, RosterImport
from psysafe.desk.seat import Seat
from psysafe.errors import Finding
from psysafe.intake.directory_tables import roster_table, staff_table
from psysafe.intake.roster import Progress
from psysafe.intake.settings import Settings


class Reconciling:
    """A directory that was looked at. `apply()` brings the school up to date with it.

    A fault in the staff holds the whole staff back, as with a file, because half a staff is a net
    with a hole; students go in all the same. A finding's row is the place in the directory's walk.
    """

    def __init__(
        self,
        seat: Seat,
        settings: Settings,
        directory: Directory,
        options: Options | None = None,
        progress: Progress | None = None,
    ) -> None:
        channels = list(settings.channels)
        self._staff = StaffImport(seat, settings, [staff_table(directory, channels)])
        self._roster = RosterImport(seat, [roster_table(directory)], options, progress)

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Of `staff` and of `roster`: new, changed, ended, unchanged, refused, and more."""
        return {"staff": self._staff.counts, "roster": self._roster.counts}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands against single people: codes and places, fit for a log."""
        return (*self._staff.findings, *self._roster.findings)

    @property
    def refused(self) -> bool:
        """Whether the staff is held back as a whole."""
        return self._staff.refused

    def apply(self) -> Mapping[str, Mapping[str, int]]:
        """Bring the school up to date and answer the counts. A second time changes nothing.

        Raises ConflictError where the same people kept changing meanwhile; running it again does
        the rest.
        """
        if not self._staff.refused:
            self._staff.apply()
        self._roster.apply()
        return self.counts
