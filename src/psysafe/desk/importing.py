"""Tables of people into the school: looked at first, applied when somebody says so.

Loading a file changes nothing and says what it would come to. Applying reads the school again, so
that what happened in between is not undone, and commits in batches between which a crisis passes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final

import attrs

from psysafe.contracts.storage import Query
from psysafe.desk.seat import Seat
from psysafe.domain import events as e
from psysafe.domain.files import LIVE
from psysafe.domain.people import Student
from psysafe.engine.cards import CaseCard
from psysafe.engine.enrolling import (
    BATCH,
    commit_roster,
    commit_students,
    find_numbers,
    students,
)
from psysafe.engine.gather import opened, roster
from psysafe.engine.school import School
from psysafe.errors import Finding, InvalidDataError
from psysafe.ids import (
    Actor,
    ClassId,
    CommandId,
    PersonId,
    StudentId,
    derived_command,
    make_id,
)
from psysafe.intake import cells
from psysafe.intake.roster import read_roster
from psysafe.intake.settings import Settings
from psysafe.intake.staff import read_staff
from psysafe.intake.tables import Kind, Table, open_tables

NUMBER_COLUMN: Final = "学号"
_MOST: Final = 1000


@attrs.frozen(kw_only=True)
class Wanted:
    """What a table comes to: events of the school's people, events student by student."""

    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    school: tuple[e.Event, ...] = attrs.field(default=(), repr=False)
    students: tuple[tuple[StudentId, tuple[e.Event, ...]], ...] = ()


class Import(ABC):
    """A table that was looked at. `apply()` puts it in; until then nothing has changed."""

    #: Which words its headings may be.
    table: ClassVar[Kind]

    def __init__(self, seat: Seat, settings: Settings, table: Table) -> None:
        self._seat = seat
        self._settings = settings
        self._table = table
        self._wanted = self._read(seat.now())

    @property
    def counts(self) -> Mapping[str, int]:
        """new, changed, ended, unchanged, refused (and homeroom for a roster)."""
        return self._wanted.counts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found in the table, each with its place."""
        return self._wanted.findings

    @property
    def refused(self) -> bool:
        """Whether `apply` would refuse the whole table."""
        return False

    def apply(self) -> Mapping[str, int]:
        """Put the table in and answer the counts. A second time changes nothing.

        Raises InvalidDataError where the whole table is refused, ConflictError where somebody
        changed the same people meanwhile: what was committed before stays, and running it again
        does the rest.
        """
        seat = self._seat
        now = seat.now()
        self._wanted = self._read(now)
        if self.refused:
            raise InvalidDataError([f for f in self.findings if f.severity == "error"])
        commit_roster(seat.school, self._wanted.school, seat.actor, now, _command(seat))
        for batch in _batches(self._wanted.students):
            commit_students(seat.school, batch, seat.actor, now, _command(seat))
        return self.counts

    @abstractmethod
    def _read(self, now: datetime) -> Wanted:
        """What the table comes to in the school as it is now."""


class StaffImport(Import):
    """A staff file. It goes in whole or not at all: half a staff is a net with a hole."""

    table = "staff"

    @property
    def refused(self) -> bool:
        return any(f.severity == "error" for f in self.findings)

    def _read(self, now: datetime) -> Wanted:
        school = self._seat.school
        found = read_staff(
            self._table,
            roster(school),
            self._settings.zone,
            now,
            class_id=lambda grade, name: class_id(school, grade, name),
            channels={name: chosen.use for name, chosen in self._settings.channels.items()},
            live_classes={ClassId(card.class_id) for card in live_cards(school)},
        )
        counts = {
            "new": found.new,
            "changed": found.changed,
            "ended": found.ended,
            "unchanged": found.unchanged,
            "refused": found.refused,
        }
        return Wanted(counts=counts, findings=found.findings, school=found.events)


class RosterImport(Import):
    """A roster of students. Rows that cannot be used are left out, the others go in."""

    table = "roster"

    def _read(self, now: datetime) -> Wanted:
        school = self._seat.school
        found = read_roster(
            self._table,
            roster(school),
            known_students(school, self._table),
            now,
            class_id=lambda grade, name: class_id(school, grade, name),
            student_id=lambda number: student_id(school, number),
            guardian_id=lambda number, name: guardian_id(school, number, name),
            live={card.student for card in live_cards(school)},
        )
        counts = {
            "new": found.new,
            "changed": found.changed,
            "ended": found.ended,
            "unchanged": found.unchanged,
            "refused": found.refused,
            "homeroom": found.homeroom,
        }
        return Wanted(
            counts=counts,
            findings=found.findings,
            school=found.school,
            students=tuple((one.student, one.events) for one in found.students),
        )


class Tables:
    """One sort of table of this school: `load(path)` looks at a file."""

    def __init__(self, seat: Seat, settings: Settings, kind: type[Import]) -> None:
        self._seat = seat
        self._settings = settings
        self._kind = kind

    def load(self, path: str | Path) -> Import:
        """Look at a file: what it would change and what is wrong with it. Changes nothing.

        Raises InvalidDataError where it cannot be read or is no table.
        """
        (table,) = open_tables(path, self._kind.table, aliases=self._settings.aliases)
        return self._kind(self._seat, self._settings, table)


def _command(seat: Seat) -> CommandId:
    return seat.school.ids.command()


def _batches(
    wanted: Sequence[tuple[StudentId, tuple[e.Event, ...]]],
) -> Iterable[Sequence[tuple[StudentId, tuple[e.Event, ...]]]]:
    for start in range(0, len(wanted), BATCH):
        yield wanted[start : start + BATCH]


def class_id(school: School, grade: str, name: str) -> ClassId:
    """The id of a class by grade key and name: the same every time."""
    key = school.part_key
    return ClassId(make_id(key, derived_command(key, "class", grade, name), "cl", 0))


def student_id(school: School, number: str) -> StudentId:
    """The id that a new student of this number gets: the same every time."""
    key = school.part_key
    return StudentId(make_id(key, derived_command(key, "student", number), "s", 0))


def guardian_id(school: School, number: str, name: str) -> PersonId:
    """The id that a new guardian of this name gets for the student of this number."""
    key = school.part_key
    made = make_id(key, derived_command(key, "guardian", number, name), "g", 0)
    return PersonId(Actor(f"guardian:{made}"))


def live_cards(school: School) -> tuple[CaseCard, ...]:
    """The cards of all live cases, for the guards of an import; nobody is shown them."""
    query = Query(index="board", prefixes=tuple(("case", lc) for lc in LIVE), limit=_MOST)
    found: list[CaseCard] = []
    while True:
        page = school.storage.query(school.part, query)
        found += [opened(school, document, CaseCard) for document in page.documents]
        if page.cursor is None:
            return tuple(found)
        query = attrs.evolve(query, cursor=page.cursor)


def known_students(school: School, table: Table) -> Mapping[str, Student]:
    """Those of a table's students that the school has, by student number."""
    if NUMBER_COLUMN not in table.heading:
        return {}
    place = table.heading.index(NUMBER_COLUMN)
    read = [cells.student_number(row.cells[place].strip()) for row in table.rows]
    found = find_numbers(school, [number for number in read if isinstance(number, str)])
    people = students(school, list(found.values()))
    return {number: people[student] for number, student in found.items() if student in people}
