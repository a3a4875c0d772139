"""The roster of students: who is in which class, whose guardians are whom, who is homeroom teacher.

A student is known by the student number, never by name. A row that is missing ends nothing; the
same file a second time changes nothing; the order of its rows means nothing. What an old file says
of a relation that has ended since is left out and named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from psysafe.domain import events as e
from psysafe.domain.codes import from_word
from psysafe.domain.people import (
    Guardian,
    Placement,
    RoleHeld,
    Roster,
    SchoolClass,
    Scope,
    Staff,
    Student,
)
from psysafe.errors import Finding
from psysafe.ids import ClassId, PersonId, StudentId
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.classes import ClassIds, class_key
from psysafe.intake.headings import GUARDIANS
from psysafe.intake.sheet import Sheet, places
from psysafe.intake.tables import Row, Table, plain
from psysafe.sensitivity import changed

#: The source of a student number among a student's outside identities.
NUMBER: Final = "student_no"
NEEDED: Final = ("姓名", "学号", "班级")
OPTIONAL: Final = ("年级", "班主任")

#: Parents are the guardians of a minor (Civil Code of the PRC, article 27); adoptive parents
#: stand as parents (article 1111).
LEGAL: Final = frozenset(
    "父子 父女 母子 母女 父亲 母亲 爸爸 妈妈 父 母 爸 妈 父母 养父 养母 监护人 法定监护人".split()
)
#: Who cares for a child at hand without being its guardian by that alone: grandparents, and a
#: parent's spouse.
CARERS: Final = frozenset(
    """爷爷 奶奶 祖父 祖母 外公 外婆 姥爷 姥姥 外祖父 外祖母 祖孙 祖父母 外祖父母 爷孙 继父 继母
    实际照护人""".split()
)

StudentIds = Callable[[str], StudentId]
GuardianIds = Callable[[str, str], PersonId]


@attrs.frozen(kw_only=True)
class StudentEvents:
    """What a row changes for one student, in the order to fold."""

    student: StudentId
    events: tuple[e.Event, ...] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class RosterImport:
    """What a roster comes to: `school` for the roster's document, `students` one by one.

    `new`, `changed` and `unchanged` count students, `ended` placements that a move to another
    class ends, `refused` rows that do not go in, `homeroom` roles given by the column 班主任.
    """

    school: tuple[e.Event, ...] = attrs.field(repr=False)
    students: tuple[StudentEvents, ...]
    new: int
    changed: int
    ended: int
    unchanged: int
    refused: int
    homeroom: int
    findings: tuple[Finding, ...]


@attrs.frozen(kw_only=True)
class _Relative:
    """A guardian as a row names them."""

    name: str = attrs.field(repr=False)
    relation: str = attrs.field(repr=False)
    kind: str
    telephones: tuple[str, ...] = attrs.field(repr=False)
    column: str


@attrs.frozen(kw_only=True)
class _Pupil:
    """One row as it was understood."""

    row: int
    number: str = attrs.field(repr=False)
    name: str = attrs.field(repr=False)
    school_class: SchoolClass
    relatives: tuple[_Relative, ...] = attrs.field(repr=False)
    teacher: Staff | None


@attrs.frozen(kw_only=True)
class _GuardianColumns:
    """The columns of one guardian, by the names under which the sheet knows them."""

    name: str
    relation: str
    telephone: str


def read_roster(
    table: Table,
    roster: Roster,
    students: Mapping[str, Student],
    now: datetime,
    *,
    class_id: ClassIds,
    student_id: StudentIds,
    guardian_id: GuardianIds,
    live: Collection[StudentId] = (),
) -> RosterImport:
    """What the roster file changes. `students` holds those that are known, by student number.

    New relations begin `now`: the file has no dates. `class_id(grade, name)`,
    `student_id(number)` and `guardian_id(number, name)` make ids, the same every time. The move
    to another class of a student in `live`, whose case is live, is left out (PSY231). Somebody in
    班主任 becomes homeroom teacher of the class where they are not yet.

    Raises InvalidDataError where a column is missing (PSY201) or stands twice (PSY218). Rows are
    refused by PSY021, PSY203, PSY206, PSY208, PSY213, PSY214, PSY226, PSY227 and PSY230; PSY228,
    PSY229, PSY231, PSY232 and PSY234 are warnings.
    """
    columns, guardians = _columns(table)
    sheet = Sheet(table, columns)
    called = _by_id_and_name(roster)
    read = [_row(sheet, row, guardians, called, class_id) for row in sheet.rows()]
    pupils = _once_each(sheet, [pupil for pupil in read if pupil is not None])
    school = _school_events(sheet, pupils, roster, now)
    counts = {"new": 0, "changed": 0, "unchanged": 0, "ended": 0}
    per_student = []
    for pupil in pupils:
        known = students.get(pupil.number)
        if known is None:
            person = _new_student(pupil, student_id(pupil.number), guardian_id, now)
            events: list[e.Event] = [e.PersonAdded(student=person)]
        else:
            person = known
            events = _student_events(sheet, pupil, known, guardian_id, now, known.id in live)
        counts["new" if known is None else "changed" if events else "unchanged"] += 1
        counts["ended"] += sum(
            isinstance(x, e.RelationStarted) and bool(x.placement) for x in events
        )
        if events:
            per_student.append(StudentEvents(student=person.id, events=tuple(events)))
    return RosterImport(
        school=tuple(school),
        students=tuple(sorted(per_student, key=lambda one: one.student)),
        refused=sheet.refused,
        homeroom=sum(isinstance(event, e.RelationStarted) for event in school),
        findings=sheet.in_order(),
        **counts,
    )


# -- columns and rows -------------------------------------------------------------------------


def _columns(table: Table) -> tuple[dict[str, int], tuple[_GuardianColumns, ...]]:
    """All columns that are read, and the guardians among them."""
    guardians = [
        _GuardianColumns(name=f"{who}姓名", relation=f"{who}关系", telephone=f"{who}电话")
        for who in (f"监护人{n}" for n in range(1, GUARDIANS + 1))
    ]
    optional = [column for one in guardians for column in (one.name, one.relation, one.telephone)]
    columns = places(table, NEEDED, (*OPTIONAL, *optional))
    return columns, tuple(one for one in guardians if one.name in columns)


def _row(
    sheet: Sheet,
    row: Row,
    guardians: tuple[_GuardianColumns, ...],
    called: Mapping[str, Sequence[Staff]],
    class_id: ClassIds,
) -> _Pupil | None:
    name = sheet.text(row, "姓名", needed=True)
    number = sheet.read(row, "学号", cells.student_number, needed=True)
    grade = sheet.text(row, "年级")
    key = sheet.read(row, "班级", lambda text: class_key(grade, text), needed=True)
    relatives = [_relative(sheet, row, columns) for columns in guardians]
    if key is None or number is None:
        return None
    school_class = SchoolClass(id=class_id(*key), grade=key[0], name=key[1])
    teacher = sheet.read(row, "班主任", lambda text: _teacher(text, school_class, called))
    if not sheet.good(row.number):
        return None
    return _Pupil(
        row=row.number,
        number=number,
        name=name,
        school_class=school_class,
        relatives=tuple(relative for relative in relatives if relative),
        teacher=teacher,
    )


def _relative(sheet: Sheet, row: Row, columns: _GuardianColumns) -> _Relative | None:
    name = sheet.text(row, columns.name)
    relation = sheet.text(row, columns.relation)
    telephones = sheet.read(row, columns.telephone, cells.telephones) or ()
    if not name:
        if relation or telephones:
            sheet.refuse("PSY208", row.number, columns.name)
        return None
    kind = guardian_kind(relation)
    if kind is None:
        sheet.warn("PSY232", row.number, columns.relation)
    return _Relative(
        name=name,
        relation=relation,
        kind=kind or "emergency_contact",
        telephones=telephones,
        column=columns.name,
    )


def guardian_kind(relation: str) -> str | None:
    """The kind of guardian that a word for a relation means; None where the word is not known.

    Unknown words never make a legal guardian: that relation gives sight of the student.
    """
    word = plain(relation)
    if word in LEGAL:
        return "legal_guardian"
    if word in CARERS:
        return "carer"
    return from_word("guardian_kinds", word)


def _by_id_and_name(roster: Roster) -> dict[str, list[Staff]]:
    """The staff by what a file may call them; an id goes before a name that looks like it."""
    found: dict[str, list[Staff]] = {}
    for someone in roster.staff.values():
        found.setdefault(plain(someone.name), []).append(someone)
    return found | {key.removeprefix("staff:"): [roster.staff[key]] for key in roster.staff}


def _teacher(
    text: str, school_class: SchoolClass, called: Mapping[str, Sequence[Staff]]
) -> Staff | Fault:
    """The member of staff of this id, else of this name: the one who already has the class, else
    the only homeroom teacher, else the only person called so.
    """
    named = called.get(plain(text), ())
    of_class = [s for s in named if _homeroom(s, school_class)]
    of_any = [s for s in named if any(r.role == "homeroom_teacher" for r in s.roles)]
    for group in (of_class, of_any, named):
        if len(group) == 1:
            return group[0]
    return Fault("PSY214")


def _homeroom(someone: Staff, school_class: SchoolClass) -> list[RoleHeld]:
    return [
        held
        for held in someone.roles
        if held.role == "homeroom_teacher"
        and held.scope.covers(school_class.grade, school_class.id)
    ]


def _once_each(sheet: Sheet, pupils: list[_Pupil]) -> list[_Pupil]:
    """The rows whose number stands once; the others are refused, each of them."""
    rows: dict[str, list[int]] = {}
    for pupil in pupils:
        rows.setdefault(pupil.number, []).append(pupil.row)
    for pupil in pupils:
        if len(rows[pupil.number]) > 1:
            sheet.refuse("PSY213", pupil.row, "学号")
    return [pupil for pupil in pupils if sheet.good(pupil.row)]


# -- what it changes --------------------------------------------------------------------------


def _school_events(
    sheet: Sheet, pupils: list[_Pupil], roster: Roster, now: datetime
) -> list[e.Event]:
    """Classes that are new, and homeroom teachers who are not yet theirs."""
    classes = {p.school_class.id: p.school_class for p in pupils}
    added: list[e.Event] = [
        e.ClassAdded(school_class=classes[key])
        for key in sorted(classes)
        if roster.classes.get(key) != classes[key]
    ]
    first: dict[tuple[ClassId, PersonId], _Pupil] = {}
    for pupil in sorted(pupils, key=lambda one: one.row):
        if pupil.teacher is not None:
            first.setdefault((pupil.school_class.id, pupil.teacher.id), pupil)
    for class_id, teacher in sorted(first):
        pupil = first[class_id, teacher]
        held = _homeroom(roster.staff[teacher], pupil.school_class)
        if any(h.until is None or h.until > now for h in held):
            continue
        if held:
            sheet.warn("PSY229", pupil.row, "班主任")
            continue
        others = {who for key, who in first if key == class_id} | {
            s.id
            for s in roster.holders("homeroom_teacher", pupil.school_class.grade, class_id, now)
        }
        if others - {teacher}:
            sheet.warn("PSY228", pupil.row, "班主任")
        role = RoleHeld(
            role="homeroom_teacher", scope=Scope(kind="class", values=(class_id,)), since=now
        )
        added.append(e.RelationStarted(staff=teacher, role=role))
    return added


def _guardian(relative: _Relative, identity: PersonId, since: datetime) -> Guardian:
    return Guardian(
        id=identity,
        kind=relative.kind,
        name=relative.name,
        relation=relative.relation,
        telephones=relative.telephones,
        since=since,
    )


def _new_student(
    pupil: _Pupil, identity: StudentId, guardian_id: GuardianIds, now: datetime
) -> Student:
    place = pupil.school_class
    guardians = {
        (who := guardian_id(pupil.number, plain(r.name))): _guardian(r, who, now)
        for r in pupil.relatives
    }
    return Student(
        id=identity,
        name=pupil.name,
        identities=((NUMBER, pupil.number),),
        placement=Placement(class_id=place.id, grade=place.grade, since=now),
        guardians=tuple(guardians.values()),
    )


def _student_events(
    sheet: Sheet,
    pupil: _Pupil,
    known: Student,
    guardian_id: GuardianIds,
    now: datetime,
    live: bool,
) -> list[e.Event]:
    events: list[e.Event] = []
    if plain(known.name) != plain(pupil.name):
        events.append(e.PersonAdded(student=changed(known, name=pupil.name)))
    place = pupil.school_class
    if known.placement.class_id != place.id:
        if live:
            sheet.warn("PSY231", pupil.row, "班级")
        else:
            next_place = Placement(class_id=place.id, grade=place.grade, since=now)
            events.append(e.RelationStarted(student=known.id, placement=next_place))
    for relative in pupil.relatives:
        same = next((g for g in known.guardians if plain(g.name) == plain(relative.name)), None)
        if same is None:
            who = guardian_id(pupil.number, plain(relative.name))
            written = _guardian(relative, who, now)
        elif same.until is not None and same.until <= now:
            sheet.warn("PSY234", pupil.row, relative.column)
            continue
        else:
            written = changed(_guardian(relative, same.id, same.since), until=same.until)
        if written != same:
            events.append(e.RelationStarted(student=known.id, guardian=written))
    return events
