"""Many sheets of answers in few commits, with what one sheet at a time would have brought about.

A screening hands in hundreds of sheets at once. Each is decided for itself, under a command id of
its own, by the same rules as any other command; only the commit is shared. So the events, the
documents, the duties and the wake-ups are those of `handle`, and a sheet that is refused holds up
no other. A commit holds few enough rows that a crisis can pass between two of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import attrs

from psysafe import wire
from psysafe.contracts.extras import Observed
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Document,
    Entry,
    NewEvent,
    Snapshot,
    commit_digest,
)
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.files import StudentFile, new_file
from psysafe.domain.people import Roster, Student
from psysafe.domain.world import World
from psysafe.engine import cards
from psysafe.engine.committing import (
    TRIES,
    Receipt,
    pause,
    refusal_events,
    seal_document,
    seal_encoded,
)
from psysafe.engine.gather import DUTY, ROSTER, duty_in, record_of, record_once, roster_in
from psysafe.engine.grouping import observed
from psysafe.engine.handle import decided, refusal_event
from psysafe.engine.outcome import Made, made_of, sheet_key
from psysafe.engine.school import School
from psysafe.errors import ConflictError, Finding, NotFoundError, PsysafeError, ScaleError
from psysafe.ids import Actor, CommandId, FlagId, StudentId, derived_command

#: Sheets that are decided together at most.
BATCH: Final = 200
#: Rows (events, documents, entries) that one commit holds at most, so that a crisis passes soon.
ROWS: Final = 1000
#: How often a batch is decided again where somebody was faster, before it goes one by one.
TRIES_TOGETHER: Final = 3


@attrs.frozen(kw_only=True)
class Kept:
    """What became of one sheet. `known`: this very sheet was kept before, nothing changed."""

    outcome: Literal["kept", "known", "refused"]
    command: CommandId
    """the sheet's own command: the same for the same student, scale and time"""
    flags: tuple[FlagId, ...] = ()
    finding: Finding | None = None
    """why it was refused"""


def sheet_command(school: School, command: c.RecordAnswers) -> CommandId:
    """The command id of a sheet, made of what identifies it: so a second run is a repetition."""
    key = sheet_key(command.student, command.scale, command.answered_at)
    return derived_command(school.part_key, key)


def keep_sheets(
    school: School, commands: Sequence[c.RecordAnswers], actor: Actor, now: datetime
) -> tuple[Kept, ...]:
    """Keep scored sheets with their flags, duties and wake-ups; gives one `Kept` for each.

    Up to BATCH sheets and ROWS rows share one commit; what goes beyond that is kept in the next
    one. A sheet that may not be kept (PSY001 no such student for this actor, PSY002 not permitted,
    PSY021 too long, PSY024 nobody could review its flag), one of which another version is held
    (PSY210), and one whose student's file kept changing (PSY020) is refused alone; refusals are
    journalled as `handle` does. Raises StorageError when nothing could be kept: what earlier
    commits held stays, and running it again does the rest.
    """
    kept: list[Kept] = []
    rest = list(commands)
    while rest:
        some = _together(school, rest[:BATCH], actor, now, TRIES_TOGETHER)
        if some is None:
            some = [_alone(school, command, actor, now) for command in rest[:BATCH]]
        kept += some
        rest = rest[len(some) :]
    return tuple(kept)


def _alone(school: School, command: c.RecordAnswers, actor: Actor, now: datetime) -> Kept:
    found = _together(school, [command], actor, now, TRIES)
    if found is not None:
        return found[0]
    busy = ConflictError("PSY020", action=type(command).__name__).finding
    return Kept(outcome="refused", command=sheet_command(school, command), finding=busy)


def _together(
    school: School, commands: Sequence[c.RecordAnswers], actor: Actor, now: datetime, tries: int
) -> list[Kept] | None:
    """Keep the first of these sheets, as many as one commit holds; None where others were faster.

    At least one is dealt with.
    """
    batch_command = school.ids.command()
    for attempt in range(tries):
        batch = _Batch(school, commands, actor, now)
        for command in commands:
            if not batch.take(command):
                break
        if not batch.events:
            return batch.kept
        outcome = school.storage.commit(school.part, batch.changes(batch_command))
        if isinstance(outcome, Committed):
            batch.tell(outcome.position)
            return batch.kept
        pause(batch_command, attempt)
    return None


class _Batch:
    """Sheets on their way into one commit: facts read once, changes put together."""

    def __init__(
        self, school: School, commands: Sequence[c.RecordAnswers], actor: Actor, now: datetime
    ) -> None:
        self._school, self._actor, self._now = school, actor, now
        self._read: Snapshot = school.storage.read(school.part, _keys(commands))
        self._roster: Roster = roster_in(school, self._read)
        self._duty = duty_in(school, self._read)
        self._files: dict[StudentId, StudentFile] = {}
        self._students: dict[StudentId, Student] = {}
        self._held: dict[str, tuple[int | None, ...]] = {}
        self._expect: dict[str, int] = {}
        self._stored: dict[str, cards.Stored] = {}
        self._gone: dict[str, None] = {}
        self._entries: dict[str, Entry] = {}
        self._told: list[tuple[StudentId, list[e.Event]]] = []
        self._refusals: list[NewEvent] = []
        self._new: list[NewEvent] = []
        self.kept: list[Kept] = []

    @property
    def events(self) -> tuple[NewEvent, ...]:
        """The sheets' own events first, then the lines that refusals leave."""
        return (*self._new, *self._refusals)

    def take(self, command: c.RecordAnswers) -> bool:
        """Decide one sheet and add what comes of it; False where the commit has no room for it."""
        own = sheet_command(self._school, command)
        try:
            world = self._world(command.student)
            if self._known(world, command):
                self.kept.append(Kept(outcome="known", command=own))
                return True
        except PsysafeError as refusal:
            # Nothing was decided: there is no such student, or what is held cannot be used.
            return self._refuse(own, refusal)
        try:
            events, after = decided(self._school, world, command, self._actor, self._now, own)
        except PsysafeError as refusal:
            self._journal_refusal(command, refusal)
            return self._refuse(own, refusal)
        try:
            encoded = [wire.encode_event(event) for event in events]
            stream = f"file/{command.student}"
            new = seal_encoded(
                self._school, stream, command.student, encoded, self._actor, self._now, own
            )
        except PsysafeError as refusal:
            return self._refuse(own, refusal)
        made = made_of(world, events, encoded, after, self._now)
        if self._rows and self._rows + len(new) + made.rows > ROWS:
            return False
        self._add(command, events, after, new, made)
        flags = tuple(ev.flag.id for ev in events if isinstance(ev, e.FlagRaised))
        self.kept.append(Kept(outcome="kept", command=own, flags=flags))
        return True

    @property
    def _rows(self) -> int:
        return (
            len(self._new)
            + len(self._refusals)
            + len(self._stored)
            + len(self._gone)
            + len(self._entries)
        )

    def _world(self, student: StudentId) -> World:
        """The facts about one student as the sheets before this one left them."""
        school, documents = self._school, self._read.documents
        person = self._students.get(student)
        if person is None:
            held = documents.get(f"student/{student}")
            if held is None:
                raise NotFoundError
            # Whoever hands in a file of answers has read the student just now.
            person = record_of(school, held, student, Student)
            kept = documents.get(f"file/{student}")
            file = record_once(school, kept, student, StudentFile) if kept else new_file(student)
            self._students[student], self._files[student] = person, file
        return World(
            file=self._files[student],
            student=person,
            roster=self._roster,
            plan=school.plan,
            calendar=school.calendar,
            duty=self._duty,
        )

    def _known(self, world: World, command: c.RecordAnswers) -> bool:
        """Whether this very sheet is held. Raises ScaleError PSY210 where another is.

        Whoever may not screen does not learn from the answer that there is one.
        """
        key = sheet_key(command.student, command.scale, command.answered_at)
        held = self._held.get(key)
        if held is None:
            document: Document | None = self._read.documents.get(key)
            if document is None:
                return False
            scored = record_once(self._school, document, command.student, e.AnswersScored)
            held = self._held[key] = scored.answers
        if not any(world.plan.may("screen", h) for h in world.holders(self._actor, self._now)):
            # Decided as any new sheet is, and refused as one.
            return False
        if held != command.answers:
            raise ScaleError("PSY210")
        return True

    def _refuse(self, own: CommandId, refusal: PsysafeError) -> bool:
        self.kept.append(Kept(outcome="refused", command=own, finding=refusal.finding))
        return True

    def _journal_refusal(self, command: c.RecordAnswers, refusal: PsysafeError) -> None:
        own = self._school.ids.command()
        event = refusal_event(command, self._actor, self._now, refusal.code)
        self._refusals += refusal_events(self._school, event, own)

    def _add(
        self,
        command: c.RecordAnswers,
        events: list[e.Event],
        after: StudentFile,
        new: Sequence[NewEvent],
        made: Made,
    ) -> None:
        student = command.student
        for key in (f"file/{student}", f"student/{student}", ROSTER, DUTY):
            self._expect[key] = self._read.version(key)
        self._expect.update(dict.fromkeys(made.fresh, 0))
        for stored in made.stored:
            self._stored[stored.key] = stored
            self._gone.pop(stored.key, None)
        for key in made.gone:
            self._stored.pop(key, None)
            self._gone[key] = None
        for entry in made.entries:
            self._entries.setdefault(entry.key, entry)
        self._held[sheet_key(student, command.scale, command.answered_at)] = command.answers
        self._files[student] = after
        self._told.append((student, events))
        self._new += new

    def changes(self, command: CommandId) -> Changes:
        """All of it as one commit under the batch's own command id."""
        digest = commit_digest(self.events)
        return Changes(
            actor=self._actor,
            command=command,
            content=hashlib.sha256(digest).digest(),
            expect=self._expect,
            events=self.events,
            digest=digest,
            receipt=wire.encode_document(Receipt(command=command)),
            put=tuple(seal_document(self._school, stored) for stored in self._stored.values()),
            delete=tuple(self._gone),
            outbox=tuple(self._entries.values()),
        )

    def tell(self, last: int) -> None:
        """Tell observers, once for the whole batch; `last` is the position of the last event."""
        if not self._school.plugins.observed:
            return
        position = last - len(self.events) + 1
        seen: list[Observed] = []
        for student, events in self._told:
            seen += observed(student, events, self._now, position)
            position += len(events)
        self._school.plugins.observe(seen)


def _keys(commands: Sequence[c.RecordAnswers]) -> list[str]:
    keys: dict[str, None] = {ROSTER: None, DUTY: None}
    for command in commands:
        keys[f"file/{command.student}"] = None
        keys[f"student/{command.student}"] = None
        keys[sheet_key(command.student, command.scale, command.answered_at)] = None
    return list(keys)
