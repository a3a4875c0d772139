"""The desk of the person at the machine: imports, checks, proofs. It shows no student's data."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from psysafe import wire
from psysafe.clock import to_wire
from psysafe.contracts.directory import Directory
from psysafe.desk import heartbeat
from psysafe.desk.backing_up import Backup, backup
from psysafe.desk.checking import check, doctor
from psysafe.desk.duty_rosters import DutyTables
from psysafe.desk.exporting import StaffExport
from psysafe.desk.heartbeat import ticked
from psysafe.desk.importing import RosterTables, StaffTables
from psysafe.desk.papers import Templates
from psysafe.desk.reaching import Channels
from psysafe.desk.reconciling import Reconciling
from psysafe.desk.roster_import import Options
from psysafe.desk.seat import Seat
from psysafe.domain.tables import Faults
from psysafe.engine.auditing import Audited, audit
from psysafe.engine.gather import roster
from psysafe.engine.rebuilding import rebuild
from psysafe.engine.tick import TickReport
from psysafe.engine.verify import Verified, verify
from psysafe.errors import Fact, Finding, InvalidDataError, NotPermittedError, PlanError
from psysafe.ids import kind_of
from psysafe.intake.settings import Settings

FORMAT = 1
#: Bytes of an exported head; more is another file.
HEAD_LIMIT = 4096


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
        return ticked(seat.school, self._settings.folder, seat.speaker, seat.now(), budget)

    def audit(self) -> Audited:
        """Look the school over: are all duties and calls still going on? Makes up for lost ones."""
        return audit(self._seat.school, self._seat.now())

    def heartbeat(self) -> Mapping[str, Any]:
        """When time last passed here, and what the last look over the school found."""
        return heartbeat.read(self._settings.folder)

    def silent_for(self) -> timedelta | None:
        """How long ago time last passed here; None where it never did."""
        return heartbeat.age(self._settings.folder, self._seat.now())

    def check(self) -> tuple[Finding, ...]:
        """Look the school over before it is needed: plan, people, calendar, channels, plugins."""
        return check(self._seat.school, self._settings, self._seat.now())

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
    ) -> Verified:
        """Prove the journal and compare every document with it. Mends nothing.

        `head_file`: a head exported earlier. Raises InvalidDataError where it is none of this
        school's.
        """
        known = self._read_head(Path(head_file)) if head_file is not None else None
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
        """Write the chain's head to a file and answer it; keep it where nobody here can change it.

        Raises PlanError PSY212 where it cannot be written.
        """
        school = self._seat.school
        snapshot = school.storage.read(school.part, [])
        place = Path(folder) if folder is not None else self._settings.folder / "heads"
        file = place / f"head-{snapshot.position}.json"
        head = {
            "format": FORMAT,
            "part": school.part,
            "position": snapshot.position,
            "link": snapshot.link.hex(),
            "at": to_wire(self._seat.now()),
        }
        try:
            place.mkdir(parents=True, exist_ok=True)
            aside = place / f".{file.name}.new"
            aside.write_text(json.dumps(head, sort_keys=True) + "\n", encoding="utf-8")
            os.replace(aside, file)
        except OSError:
            raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
        return file

    def _read_head(self, file: Path) -> Mapping[int, str]:
        faults = Faults(file.name)
        try:
            with file.open("rb") as stream:
                content = stream.read(HEAD_LIMIT + 1)
        except OSError:
            raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
        try:
            head = json.loads(content) if len(content) <= HEAD_LIMIT else None
        except ValueError:
            head = None
        match head:
            case {"format": int(found)} if found > FORMAT:
                facts: dict[str, Fact] = {"file": file.name, "found": found, "known": FORMAT}
                raise InvalidDataError([Finding(code="PSY108", facts=facts)])
            case {
                "format": 1,
                "part": str(part),
                "position": int(position),
                "link": str(link),
            } if part == self._seat.school.part:
                return {position: link}
        faults.add("PSY103", file.name, expected="an exported head of this school")
        raise InvalidDataError(faults.found)

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
