"""A roster of students into the school: looked at first, put in when somebody says so.

Whatever the size of the files, one batch of students is looked at at a time: who they are, whether
a case is live, what changes. A batch is one commit, and a crisis passes between two of them. What
was decided by a file that changed meanwhile is decided again; a run that was interrupted is begun
again and does the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

import attrs

from psysafe.desk.seat import Seat
from psysafe.domain.people import Roster
from psysafe.engine.enrolling import BATCH, commit_roster, commit_students
from psysafe.engine.gather import roster
from psysafe.engine.recognising import Recognised, of_class, recognise
from psysafe.engine.school import School
from psysafe.errors import ConflictError, Finding, FindingSeverity
from psysafe.ids import (
    Actor,
    ClassId,
    PersonId,
    StudentId,
    derived_command,
    make_id,
)
from psysafe.intake.classes import ClassIds, SchoolYear, folded, known_classes, school_year
from psysafe.intake.roster import Findings, Progress, RosterFiles, Spelling
from psysafe.intake.roster_changes import (
    Change,
    Making,
    class_events,
    homeroom_events,
    known_as,
    student_change,
)
from psysafe.intake.roster_rows import NUMBER, Pupil, Reading, RosterSheet
from psysafe.intake.tables import Table, plain

#: How often a batch is decided again when somebody was faster. A crisis changes one student.
TRIES: Final = 6
COUNTS: Final = ("new", "changed", "ended", "unchanged", "refused", "review", "homeroom")


@attrs.frozen(kw_only=True)
class Options:
    """What whoever imports says about the files.

    `pad`: the full width of a column of numbers (学号 to 8). `keep`: further columns to keep.
    `stage`: primary, junior or senior, where grades are written by year of entry (2026级).
    """

    pad: Mapping[str, int] = attrs.field(factory=dict)
    keep: frozenset[str] = frozenset()
    stage: str | None = None


class RosterImport:
    """Tables of one roster that were looked at. `apply()` puts them in; until then nothing changes.

    The counts: `new`, `changed` and `unchanged` students, `ended` places in a class, `refused`
    rows, rows for `review` by a person, `homeroom` roles given by the column 班主任.
    """

    refused = False
    """rows that cannot be used are left out; the others go in"""

    def __init__(
        self,
        seat: Seat,
        tables: Sequence[Table],
        options: Options | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._seat = seat
        self._tables = tuple(tables)
        self._options = options or Options()
        self._progress = progress
        self._done: _Run | None = None

    @cached_property
    def _looked(self) -> _Run:
        run = _Run(self._seat, self._tables, self._options, self._progress)
        run.through(commit=False)
        return run

    @property
    def _run(self) -> _Run:
        return self._done or self._looked

    @property
    def counts(self) -> Mapping[str, int]:
        return self._run.counts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found in the tables, each with its place."""
        return self._run.findings.all()

    @property
    def spellings(self) -> tuple[Spelling, ...]:
        """Every way in which a class is written, and the class that it was taken for."""
        return self._run.files.spellings

    @property
    def tables(self) -> tuple[Table, ...]:
        return self._tables

    def apply(self) -> Mapping[str, int]:
        """Put the tables in and answer the counts. A second time changes nothing.

        Raises ConflictError PSY003 where the same people kept changing meanwhile: what was
        committed before stays, and running it again does the rest.
        """
        run = _Run(self._seat, self._tables, self._options, self._progress)
        run.through(commit=True)
        self._done = run
        return run.counts


class _Run:
    """One walk through the tables, with or without commits."""

    def __init__(
        self, seat: Seat, tables: Sequence[Table], options: Options, progress: Progress | None
    ) -> None:
        school = seat.school
        self._seat, self._progress = seat, progress
        self._now = seat.now()
        self._roster = roster(school)
        reading = Reading(
            year=known_year(school, self._roster, self._now, options.stage),
            roster=self._roster,
            class_id=class_ids(school, self._roster),
            pad=options.pad,
            keep=options.keep,
        )
        self.files = RosterFiles(
            tables, reading, lambda source, number: _digest(school, source, number)
        )
        self.counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
        self._last_class: tuple[str, frozenset[str]] = ("", frozenset())
        self._making = Making(
            now=self._now,
            plan=school.plan,
            calendar=school.calendar,
            student_id=lambda source, number: student_id(school, source, number),
            guardian_id=lambda student, name: guardian_id(school, student, name),
        )

    @property
    def findings(self) -> Findings:
        return self.files.findings

    def through(self, *, commit: bool) -> None:
        self.files.survey(self._progress)
        self._school(commit=commit)
        batch: list[tuple[RosterSheet, Pupil]] = []
        for one in self.files.pupils(self._progress):
            batch.append(one)
            if len(batch) == BATCH:
                self._batch(batch, commit=commit)
                batch = []
        self._batch(batch, commit=commit)
        self.counts["refused"] = self.findings.refused
        if self.counts["ended"]:
            # The same sentence whether a case is live or not.
            self.findings.add(Finding(code="PSY274", severity="note"))

    def _school(self, *, commit: bool) -> None:
        """Classes and homeroom teachers first, so that no student comes into an unknown class."""
        classes = class_events(self.files.classes(), self._roster)
        homeroom, said = homeroom_events(self.files.homeroom(), self._roster, self._now)
        self.counts["homeroom"] = len(homeroom)
        for named, code in said:
            sheet = self.files.sheet(named.table)
            self.findings.note(code, "warning", sheet, named.row, "班主任")
        if commit:
            school, seat = self._seat.school, self._seat
            commit_roster(
                school, [*classes, *homeroom], seat.actor, self._now, school.ids.command()
            )

    def _batch(self, batch: Sequence[tuple[RosterSheet, Pupil]], *, commit: bool) -> None:
        if not batch:
            return
        school = self._seat.school
        for attempt in range(TRIES):
            known = recognise(school, [x for _, p in batch for x in p.identities.items()])
            decided = [(sheet, pupil, self._decided(pupil, known)) for sheet, pupil in batch]
            try:
                if commit:
                    self._commit(decided, known)
                break
            except ConflictError:
                if attempt == TRIES - 1:
                    raise
        for sheet, pupil, change in decided:
            self._count(sheet, pupil, change)

    def _decided(self, pupil: Pupil, known: Recognised) -> Change:
        if not pupil.identities:
            return self._nameless(pupil)
        who = known_as(pupil, known.students)
        if isinstance(who, Change):
            return who
        live = who is not None and who.id in known.live
        return student_change(pupil, who, live, self._making)

    def _nameless(self, pupil: Pupil) -> Change:
        """A row without any number: never imported, for a name is no identity."""
        maybe = pupil.school_class is not None and plain(pupil.name) in self._names(
            pupil.school_class.id
        )
        if maybe:
            return Change(outcome="review", said=(("PSY260", "姓名"),))
        return Change(outcome="refused", said=(("PSY208", "学号"),))

    def _names(self, of: ClassId) -> frozenset[str]:
        """The names in one class; the last class is remembered, for rows stand class by class."""
        if self._last_class[0] != of:
            people = of_class(self._seat.school, of)
            self._last_class = (of, frozenset(plain(one.name) for one in people))
        return self._last_class[1]

    def _commit(
        self, decided: Sequence[tuple[RosterSheet, Pupil, Change]], known: Recognised
    ) -> None:
        seat = self._seat
        wanted = sorted(
            (change.student, change.events)
            for _, _, change in decided
            if change.student is not None and change.events
        )
        seen = {
            key: version
            for student, _ in wanted
            for key, version in known.versions.get(student, {}).items()
        }
        if wanted:
            command = seat.school.ids.command()
            commit_students(seat.school, wanted, seat.actor, self._now, command, seen=seen)

    def _count(self, sheet: RosterSheet, pupil: Pupil, change: Change) -> None:
        for code, column in change.said:
            severity: FindingSeverity = "error" if change.outcome == "refused" else "warning"
            self.findings.note(code, severity, sheet, pupil.row, column)
        if change.outcome != "refused":
            self.counts[change.outcome] += 1
        self.counts["ended"] += change.moves


# -- what is made of the school's own key -------------------------------------------------------


def known_year(
    school: School, people: Roster, now: datetime, stage: str | None = None
) -> SchoolYear:
    """The school year of today, and the stage of the grades that the school is known to have."""
    grades = {of.grade for of in people.classes.values()}
    for someone in people.staff.values():
        grades |= {v for r in someone.roles if r.scope.kind == "grade" for v in r.scope.values}
    found = school_year(school.calendar.local_day(now), grades)
    return attrs.evolve(found, stage=stage) if stage else found


def _digest(school: School, source: str, number: str) -> bytes:
    """What a walk remembers of a number: eight bytes under the school's own key."""
    text = f"{source}\0{number}".encode()
    return hashlib.blake2b(text, key=school.part_key, digest_size=8).digest()


def class_ids(school: School, people: Roster) -> ClassIds:
    """How classes get their ids: one that the school has keeps its own, by grade and name."""
    known = known_classes(people)

    def identity(grade: str, name: str) -> ClassId:
        of = known.get((grade, folded(name)))
        return of.id if of is not None else class_id(school, grade, folded(name))

    return identity


def class_id(school: School, grade: str, name: str) -> ClassId:
    """The id of a class by grade key and folded name: the same every time."""
    key = school.part_key
    return ClassId(make_id(key, derived_command(key, "class", grade, name), "cl", 0))


def student_id(school: School, source: str, number: str) -> StudentId:
    """The id that a new student of this outside identity gets: the same every time."""
    key = school.part_key
    content = ("student", number) if source == NUMBER else ("student", source, number)
    return StudentId(make_id(key, derived_command(key, *content), "s", 0))


def guardian_id(school: School, student: StudentId, name: str) -> PersonId:
    """The id that a new guardian of this name gets for this student."""
    key = school.part_key
    made = make_id(key, derived_command(key, "guardian", student, name), "g", 0)
    return PersonId(Actor(f"guardian:{made}"))
