"""The desk of the person at the machine: imports, checks, proofs. It shows no student's data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from psysafe import wire
from psysafe.contracts.directory import Directory
from psysafe.desk import heads, heartbeat
from psysafe.desk.backing_up import Backup, backup
from psysafe.desk.checking import check, doctor
from psysafe.desk.duty_rosters import DutyTables
from psysafe.desk.exporting import StaffExport
from psysafe.desk.heartbeat import ticked
from psysafe.desk.importing import RosterTables, StaffTables
from psysafe.desk.numberless import LookedOver, looked_over, numberless
from psysafe.desk.own_policy import PolicyDesk
from psysafe.desk.papers import Templates
from psysafe.desk.reaching import Channels
from psysafe.desk.reconciling import Reconciling
from psysafe.desk.roster_import import Options
from psysafe.desk.seat import Seat
from psysafe.engine.auditing import audit
from psysafe.engine.gather import roster
from psysafe.engine.rebuilding import rebuild
from psysafe.engine.tick import TickReport
from psysafe.engine.verify import Verified, verify
from psysafe.errors import Finding, NotPermittedError, PlanError
from psysafe.ids import kind_of
from psysafe.intake.settings import Settings


class OperatorDesk:
    """What the operator can do. Made by `SafetyNet.operator`; only `operator:NAME` gets one."""

    def __init__(self, seat: Seat, settings: Settings, directory: Directory | None = None) -> None:
        """Raises NotPermittedError PSY002 for anybody else."""
        if kind_of(seat.actor) != "operator":
            raise NotPermittedError("PSY002", action="operate")
        self._seat = seat
        self._settings = settings
        self._directory = directory

    @cached_property
    def staff(self) -> StaffTables:
        """The staff file: who works here, in which roles, how they are reached."""
        return StaffTables(self._seat, self._settings)

    @cached_property
    def roster(self) -> RosterTables:
        """The rosters of students, with classes and guardians."""
        return RosterTables(self._seat, self._settings)

    @cached_property
    def duty(self) -> DutyTables:
        """The files of shifts: who is on duty when."""
        return DutyTables(self._seat, self._settings)

    def reconcile(
        self, options: Options | None = None, progress: Callable[[int], None] | None = None
    ) -> Reconciling:
        """Look at the host's people: what is new, what changed. Changes nothing until `apply()`.

        Raises PlanError PSY046 where the school was opened without a directory.
        """
        if self._directory is None:
            raise PlanError("PSY046")
        return Reconciling(self._seat, self._settings, self._directory, options, progress)

    @cached_property
    def export_staff(self) -> StaffExport:
        """The staff file as it would be written now; it holds nothing about a student."""
        return StaffExport(self._seat, self._settings)

    @cached_property
    def policy(self) -> PolicyDesk:
        """The school's own rows of the privacy matrix: looked over, adopted, listed."""
        return PolicyDesk(self._seat, self._settings)

    @cached_property
    def templates(self) -> Templates:
        """The forms behind the papers, to be copied and edited."""
        return Templates(self._settings)

    @cached_property
    def channels(self) -> Channels:
        """The ways in which messages go out: listed, and tried out with one about nobody."""
        return Channels(self._seat, self._settings)

    def tick(self, budget: int = 1000) -> TickReport:
        """Let time pass: see `SafetyNet.tick`."""
        seat = self._seat
        return ticked(seat.school, self._settings, seat.speaker, seat.now(), budget)

    def audit(self) -> LookedOver:
        """Look the school over: are all duties and calls still going on? Makes up for lost ones."""
        return looked_over(audit(self._seat.school, self._seat.now()))

    def heartbeat(self) -> Mapping[str, Any]:
        """When time last passed here, and what the last look over the school found."""
        return heartbeat.read(self._settings.folder)

    def silent_for(self) -> timedelta | None:
        """How long ago time last passed here; None where it never did."""
        return heartbeat.age(self._settings.folder, self._seat.now())

    def check(self) -> tuple[Finding, ...]:
        """Look the school over before it is needed: plan, people, calendar, channels, plugins."""
        return numberless(check(self._seat.school, self._settings, self._seat.now()))

    def class_names(self) -> Mapping[str, str]:
        """What each class is called, by its id: findings hold ids, people read names."""
        classes = roster(self._seat.school).classes
        return {key: classes[key].name for key in sorted(classes)}

    def doctor(self) -> Mapping[str, Any]:
        """How this installation stands, in plain values."""
        return doctor(self._seat.school, self._settings, self._seat.now())

    def verify(
        self,
        head_file: str | Path | None = None,
        progress: Callable[[int], None] | None = None,
        *,
        key: str | None = None,
    ) -> Verified:
        """Prove the journal and compare every document with it. Mends nothing.

        `head_file`: a head exported earlier; `key`: the public key that signed it, as it stands on
        paper. Raises InvalidDataError where it is none of this school's, or PSY732 not genuine.
        """
        known: dict[int, str] = {}
        if head_file is not None:
            part = self._seat.school.part
            head = heads.read(part, self._settings, Path(head_file), key)
            known[head.position] = head.link
        return verify(self._seat.school, known_heads=known, progress=progress)

    def backup(self, file: str | Path) -> Backup:
        """Copy the database into a new file while others go on, and prove the copy.

        The keys are no part of it. Raises PlanError PSY742 where there is a file, StorageError.
        """
        return backup(self._seat.school, self._settings, Path(file))

    def rebuild(self, key: str) -> None:
        """Fold one document again from its journal. Raises NotFoundError, ConflictError."""
        rebuild(self._seat.school, key, self._seat.actor, self._seat.now())

    def export_head(self, folder: str | Path | None = None) -> Path:
        """Write the chain's head to a file and answer it, as `export_heads` writes the first."""
        return self.export_heads(folder)[0]

    def export_heads(self, folder: str | Path | None = None) -> tuple[Path, ...]:
        """Write the chain's head, signed where there is a key, and answer the files.

        Into the folder; without one into the school's own and into the second places that
        `[heads] to` names, where nobody at this machine can change them. Raises PlanError PSY212
        where it cannot be written, PSY732 where the key cannot be used.
        """
        seat, place = self._seat, Path(folder) if folder is not None else None
        return heads.export(seat.school, self._settings, seat.now(), place)

    def make_head_key(self) -> str:
        """Make the key that signs heads; answers the public one. Raises PlanError PSY732."""
        return heads.make_key(self._settings)

    def position(self) -> int:
        """The position of the last event in the journal; 0 where nothing has happened."""
        school = self._seat.school
        return school.storage.read(school.part, []).position

    def last_commit(self) -> datetime | None:
        """When the last thing happened; None in a school where nothing has."""
        school = self._seat.school
        position = self.position()
        last = school.storage.journal(school.part, position - 1, 1) if position else ()
        return wire.read_header(last[0].header).at if last else None
