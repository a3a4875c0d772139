"""The roster of students: who is in which class, whose guardians are whom, who is homeroom teacher.

A student is known by the student number, then by another number of an outside source, never by
name. A row that is missing ends nothing; the same files a second time change nothing; the order of
rows and files means nothing. What an old file says of a relation that has ended since is left out
and named.

Files are walked twice, so that memory does not grow with their rows: the survey keeps a few bytes
for each number (a keyed digest, never the number), and then the students come out one by one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from psysafe.domain.people import SchoolClass
from psysafe.errors import Fact, Finding, FindingSeverity
from psysafe.ids import ClassId, PersonId
from psysafe.intake.guardians import Relative, joined
from psysafe.intake.roster_rows import HEALTH, IDENTITIES, Pupil, Reading, RosterSheet
from psysafe.intake.tables import Table, plain

#: Findings that one import keeps, each with its place; of the others only the number.
MOST_FINDINGS: Final = 5_000
#: How often progress is told: after so many rows.
STEP: Final = 1_000

#: A digest of what it is given, under the school's own key.
Digest = Callable[[str, str], bytes]
#: Told how many rows are done.
Progress = Callable[[int], None]


class Findings:
    """What an import has to say, in the order of the files; the rows that do not go in."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._refused: set[tuple[int, int]] = set()
        self._more = 0

    def add(self, finding: Finding) -> None:
        if len(self._found) < MOST_FINDINGS:
            self._found.append(finding)
        else:
            self._more += 1

    def note(
        self,
        code: str,
        severity: FindingSeverity,
        sheet: RosterSheet,
        row: int,
        column: str,
        **facts: Fact,
    ) -> None:
        """Note something about a cell; an error refuses the row."""
        where = sheet.sheet.where(row, column)
        self.add(Finding(code=code, severity=severity, where=where, facts=facts))
        if severity == "error":
            self.refuse(sheet.index, [row])

    def refuse(self, table: int, rows: Iterable[int]) -> None:
        self._refused.update((table, row) for row in rows)

    @property
    def refused(self) -> int:
        """How many rows are refused."""
        return len(self._refused)

    def refused_rows(self, table: int) -> frozenset[int]:
        return frozenset(row for of, row in self._refused if of == table)

    def all(self) -> tuple[Finding, ...]:
        """Everything that was found, the gravest first where there is too much of it."""
        if not self._more:
            return tuple(self._found)
        more = Finding(code="PSY269", severity="warning", facts={"count": self._more})
        return (*self._found, more)


@attrs.frozen
class _Stands:
    """Where the files put a student: a class, and those who are named its homeroom teacher."""

    school_class: SchoolClass | None
    teachers: tuple[PersonId, ...]
    table: int = attrs.field(eq=False)
    row: int = attrs.field(eq=False)
    """where it was read first"""


@attrs.frozen
class _Said:
    """What the files say under one number: the same in every row, or nobody goes in."""

    content: bytes
    stands: tuple[_Stands, ...]
    rows: int


@attrs.frozen(kw_only=True)
class Named:
    """Somebody whom the files name as homeroom teacher of a class, and where they do first."""

    school_class: SchoolClass
    teacher: PersonId
    table: int
    row: int


@attrs.frozen(kw_only=True)
class Spelling:
    """How one class is written in the files, what it was taken for, and in how many rows."""

    grade: str
    text: str
    school_class: SchoolClass
    rows: int


class RosterFiles:
    """Some tables that are one roster together."""

    def __init__(self, tables: Sequence[Table], reading: Reading, digest: Digest) -> None:
        self._tables = tables
        self._reading = reading
        self._digest = digest
        self._said: dict[bytes, _Said] = {}
        self._owner: dict[bytes, bytes] = {}
        self._bad: set[bytes] = set()
        self._sheets: tuple[RosterSheet, ...] = ()
        self._named: dict[ClassId, SchoolClass] = {}
        self.findings = Findings()
        self.rows = 0
        """rows of all tables"""
        self.spellings: tuple[Spelling, ...] = ()

    def sheets(self) -> Iterator[RosterSheet]:
        for index, table in enumerate(self._tables):
            yield RosterSheet(table, index, self._reading)

    # -- the first walk -------------------------------------------------------------------------

    def survey(self, progress: Progress | None = None) -> None:
        """Read every row once: what is wrong with it, and which rows are about one student."""
        spelled: dict[tuple[str, str, SchoolClass], int] = {}
        stands: dict[_Key, tuple[_Stands]] = {}
        self._sheets = tuple(self.sheets())
        for sheet in self._sheets:
            said_of_health = False
            for row in sheet.sheet.rows():
                self.rows += 1
                if progress is not None and self.rows % STEP == 0:
                    progress(self.rows)
                if not said_of_health and sheet.holds_psychiatric_codes(row):
                    # Once, and of the column: a row number would say of whom.
                    said_of_health = True
                    self._drops_health(sheet)
                pupil = sheet.pupil(row)
                if pupil is not None:
                    self._take(pupil, stands)
            for finding in sheet.sheet.in_order():
                self.findings.add(finding)
            self.findings.refuse(sheet.index, sheet.sheet.refused_rows)
            for (grade, text), (school_class, rows) in sheet.spellings.items():
                key = (grade, text, school_class)
                spelled[key] = spelled.get(key, 0) + rows
        self._join_aliases()
        # Of two spellings of a class's own name the same one, whatever the order of the rows.
        names: dict[ClassId, SchoolClass] = {}
        for *_, of in spelled:
            names[of.id] = min(names.get(of.id, of), of, key=lambda one: one.name)
        self._named = names
        self.spellings = tuple(
            Spelling(grade=grade, text=text, school_class=names[of.id], rows=rows)
            for (grade, text, of), rows in sorted(spelled.items(), key=_by_class)
        )

    def _drops_health(self, sheet: RosterSheet) -> None:
        where = sheet.sheet.where(sheet.table.heading_row, HEALTH)
        self.findings.add(Finding(code="PSY270", severity="note", where=where))

    def _take(self, pupil: Pupil, stands: dict[_Key, tuple[_Stands]]) -> None:
        keys = self._keys(pupil)
        if not keys:
            return
        first = keys[0]
        teachers = tuple(sorted(someone.id for someone in pupil.teachers))
        school_class = None if pupil.leaves else pupil.school_class
        here = stands.setdefault(
            (school_class.id if school_class else "", teachers),
            (_Stands(school_class, teachers, pupil.table, pupil.row),),
        )
        said = self._said.get(first)
        content = _content(pupil)
        if said is None:
            self._said[first] = _Said(content, here, 1)
        else:
            self._said[first] = _together(said, _Said(content, here, 1))
            if said.content != content:
                self._bad.add(first)
        for other in keys[1:]:
            owner = self._owner.setdefault(other, first)
            if owner != first:
                # One national number under two student numbers: nobody can say whose it is.
                self._bad |= {owner, first}

    def _join_aliases(self) -> None:
        """Rows that are known by a number which another row puts beside its student number."""
        for key in [key for key in self._said if key in self._owner]:
            owner = self._owner[key]
            alias, said = self._said.pop(key), self._said[owner]
            self._said[owner] = _together(said, alias)
            if alias.content != said.content or key in self._bad:
                self._bad.add(owner)

    def _keys(self, pupil: Pupil) -> list[bytes]:
        return [self._digest(source, number) for source, number in pupil.identities.items()]

    # -- what the survey found ------------------------------------------------------------------

    def classes(self) -> Mapping[ClassId, SchoolClass]:
        """The classes of those who go in."""
        stands = {s.school_class.id for s in self._stands() if s.school_class}
        return {key: self._named[key] for key in sorted(stands)}

    def homeroom(self) -> tuple[Named, ...]:
        """Every class with everybody who is named as its homeroom teacher."""
        found: dict[tuple[ClassId, PersonId], Named] = {}
        for s in self._stands():
            if s.school_class is None:
                continue
            of = s.school_class
            for who in s.teachers:
                named = Named(school_class=of, teacher=who, table=s.table, row=s.row)
                found.setdefault((of.id, who), named)
        return tuple(found[key] for key in sorted(found))

    def sheet(self, table: int) -> RosterSheet:
        """One of the tables, for the places of its cells."""
        return self._sheets[table]

    def _stands(self) -> Iterator[_Stands]:
        seen: set[int] = set()
        for key, said in self._said.items():
            if key in self._bad:
                continue
            for one in said.stands:
                if id(one) not in seen:
                    seen.add(id(one))
                    yield one

    # -- the second walk ------------------------------------------------------------------------

    def pupils(self, progress: Progress | None = None) -> Iterator[tuple[RosterSheet, Pupil]]:
        """Every student once, those of several rows as one; rows without any number as they are.

        Rows that contradict each other are refused here, each of them.
        """
        waiting: dict[bytes, list[tuple[RosterSheet, Pupil]]] = {}
        done = 0
        for sheet in self.sheets():
            for pupil in sheet.pupils():
                done += 1
                if progress is not None and done % STEP == 0:
                    progress(done)
                if pupil is None:
                    continue
                keys = self._keys(pupil)
                group = self._owner.get(keys[0], keys[0]) if keys else b""
                if group in self._bad:
                    self._contradicted([(sheet, pupil)])
                elif not keys or self._said[group].rows == 1:
                    yield sheet, pupil
                else:
                    waiting.setdefault(group, []).append((sheet, pupil))
                    if len(waiting[group]) == self._said[group].rows:
                        yield from self._one_of(waiting.pop(group))

    def _one_of(
        self, several: list[tuple[RosterSheet, Pupil]]
    ) -> Iterator[tuple[RosterSheet, Pupil]]:
        sheet, first = several[0]
        one = merged([pupil for _, pupil in several])
        if one is None:
            self._contradicted(several)
            return
        yield sheet, attrs.evolve(one, table=first.table, row=first.row)

    def _contradicted(self, several: Iterable[tuple[RosterSheet, Pupil]]) -> None:
        for sheet, pupil in several:
            column = "学号" if "学号" in sheet.table.heading else "学籍号"
            self.findings.note("PSY213", "error", sheet, pupil.row, column)


_Key = tuple[str, tuple[PersonId, ...]]


def _by_class(item: tuple[tuple[str, str, SchoolClass], int]) -> tuple[str, str, str, str]:
    (grade, text, of), _ = item
    return of.grade, of.name, grade, text


def _content(pupil: Pupil) -> bytes:
    """What all rows of one student must say alike: name, class, and whether they leave."""
    text = "\0".join((plain(pupil.name), pupil.class_id, pupil.status or ""))
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def _together(one: _Said, other: _Said) -> _Said:
    stands = (*one.stands, *(s for s in other.stands if s not in one.stands))
    return _Said(one.content, stands, one.rows + other.rows)


def merged(pupils: Sequence[Pupil]) -> Pupil | None:
    """Several rows about one student as one, whatever their order; None where they disagree."""
    ordered = sorted(pupils, key=lambda p: (p.name, sorted(p.identities.items()), p.campus))
    first = ordered[0]
    identities: dict[str, str] = {}
    details: dict[str, str] = {}
    for pupil in ordered:
        for held, said in ((identities, pupil.identities), (details, pupil.details)):
            for key, value in said.items():
                if held.setdefault(key, value) != value:
                    return None
    campuses = {pupil.campus for pupil in ordered} - {""}
    if len(campuses) > 1 or len({pupil.status or "" for pupil in ordered}) > 1:
        return None
    statuses = [pupil.status for pupil in ordered if pupil.status is not None]
    people = one_each(r for pupil in ordered for r in pupil.relatives)
    teachers = {t.id: t for pupil in ordered for t in pupil.teachers}
    return attrs.evolve(
        first,
        identities={key: identities[key] for key in IDENTITIES.values() if key in identities},
        details=details,
        campus=next(iter(campuses), ""),
        status=statuses[0] if statuses else None,
        relatives=tuple(sorted(people, key=lambda r: r.key)),
        teachers=tuple(teachers[key] for key in sorted(teachers)),
    )


def one_each(several: Iterable[Relative]) -> tuple[Relative, ...]:
    """Everybody once, known by name, with all telephones that stand anywhere."""
    found: dict[str, list[Relative]] = {}
    for one in several:
        found.setdefault(plain(one.name), []).append(one)
    return tuple(joined(same) for same in found.values())
