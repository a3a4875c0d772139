"""A very large invented school: classes, staff, students and answer sheets, made one at a time.

Nobody in it is anybody. The same number of students gives the same school every time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from psysafe.contracts.storage import Storage
from psysafe.domain import events as e
from psysafe.domain.people import Guardian, Placement, RoleHeld, SchoolClass, Scope, Staff, Student
from psysafe.engine.enrolling import commit_roster
from psysafe.ids import Actor, ClassId, PersonId, StudentId, derived_command, make_id
from psysafe.testing.schools import MONDAY, SINCE, InventedSchool, open_school

GRADES: Final = ("g7", "g8", "g9", "g10", "g11", "g12")
CLASS_SIZE: Final = 45
SETUP: Final = Actor("operator:setup")
COUNSELOR: Final = PersonId(Actor("staff:bulk-c-1"))
ANSWERED: Final = datetime(2026, 11, 1, 8, tzinfo=UTC)
ITEMS: Final = 9
_KEY: Final = b"a large invented school's key 32"


def large_school(folder: Path, students: int, wrap: Callable[[Storage], Storage]) -> InventedSchool:
    """A school with classes and staff for so many students, and none of them enrolled yet."""
    school = open_school(folder, storage="sqlite", wrap=wrap)
    commit_roster(school.school, list(_people(students)), SETUP, MONDAY, school.ids.command())
    return school


def _people(students: int) -> Iterator[e.Event]:
    whole = Scope(kind="school")
    for number in range(1, 4):
        yield _employed(f"staff:bulk-c-{number}", "counselor", whole)
    for number in range(max(1, students // CLASS_SIZE)):
        group, grade = _class(number)
        yield e.ClassAdded(school_class=SchoolClass(id=group, grade=grade, name=f"({number})班"))
        own = Scope(kind="class", values=(group,))
        yield _employed(f"staff:bulk-h-{number}", "homeroom_teacher", own)


def _employed(name: str, role: str, scope: Scope) -> e.PersonAdded:
    held = RoleHeld(role=role, scope=scope, since=SINCE)
    mobile = {"mobile": "13900000000"}
    who = PersonId(Actor(name))
    return e.PersonAdded(staff=Staff(id=who, name="王文华", addresses=mobile, roles=(held,)))


def _class(number: int) -> tuple[ClassId, str]:
    return ClassId(f"cl-{10_000 + number:012d}"), GRADES[number % len(GRADES)]


def student_id(number: int) -> StudentId:
    """The id of a student: as scattered as any id that psysafe makes."""
    return StudentId(make_id(_KEY, derived_command(_KEY, "student", str(number)), "s", 0))


def student(number: int, students: int) -> Student:
    """One student with two guardians."""
    group, grade = _class(number // CLASS_SIZE % max(1, students // CLASS_SIZE))
    own = student_id(number)
    return Student(
        id=own,
        name="林小满",
        identities=(("student_no", f"2026{number:07d}"),),
        placement=Placement(class_id=group, grade=grade, since=SINCE),
        guardians=tuple(
            Guardian(
                id=PersonId(Actor(f"guardian:g-{number * 10 + which:012d}")),
                kind="legal_guardian",
                name=f"林家长{which}",
                relation=relation,
                telephones=(f"1370{number:07d}",),
                since=SINCE,
            )
            for which, relation in ((1, "母子"), (2, "父子"))
        ),
    )


def answers(number: int, flagged: float) -> tuple[int, ...]:
    """A sheet of PHQ-9; `flagged` of all of them answer item 9 with more than 0."""
    dice = random.Random(number)
    ninth = dice.randint(1, 3) if dice.random() < flagged else 0
    return (*(dice.choice((0, 0, 1, 1, 2, 3)) for _ in range(ITEMS - 1)), ninth)
