"""An invented school of one class for the fault scripts: its folder, its people, its students.

A plain module, imported by the scripts beside it; those run as programs of their own, so that
what is killed or crowded is never the process that runs the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from psysafe import SafetyNet
from psysafe.clock import Clock
from psysafe.contracts.channel import Channel
from psysafe.domain import events as e
from psysafe.domain.people import (
    Guardian,
    Placement,
    RoleHeld,
    SchoolClass,
    Scope,
    Staff,
    Student,
)
from psysafe.engine.enrolling import commit_roster, commit_students
from psysafe.hooks import Plugins
from psysafe.ids import Actor, ClassId, PersonId, StudentId
from psysafe.intake.school_files import write_school

#: Monday evening in China, in the school's term.
EVENING: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
TEACHER: Final = "staff:t-017"
COUNSELOR: Final = "staff:t-002"
PART_KEY: Final = bytes(range(32))

_CLASS: Final = ClassId("cl-000000000003")
_SETUP: Final = Actor("operator:setup")
_SINCE: Final = EVENING - timedelta(days=60)
_STAFF: Final = (
    (TEACHER, "homeroom_teacher", Scope(kind="class", values=(_CLASS,))),
    (COUNSELOR, "counselor", Scope(kind="grade", values=("g10",))),
    ("staff:t-003", "grade_head", Scope(kind="grade", values=("g10",))),
    ("staff:t-001", "leading_group_head", Scope(kind="school")),
    ("staff:t-004", "student_affairs_head", Scope(kind="school")),
)


def students_of(count: int) -> tuple[StudentId, ...]:
    """The ids of the first `count` students."""
    return tuple(StudentId(f"s-{number:012d}") for number in range(count))


def make_school(
    folder: Path,
    students: int,
    clock: Clock,
    *,
    storage: str = "sqlite",
    plugins: Plugins | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> SafetyNet:
    """Write a school's folder, enrol everybody, and give the open school."""
    write_school(folder, rehearsal=True, part_key=PART_KEY)
    name_storage(folder, storage)
    net = SafetyNet.open(folder, clock=clock, plugins=plugins, channels=channels)
    school = net._school  # enrolling has no noun of its own at a desk
    roster: list[e.Event] = [
        e.ClassAdded(school_class=SchoolClass(id=_CLASS, grade="g10", name="高一(3)班"))
    ]
    roster += [e.PersonAdded(staff=_staff(*one)) for one in _STAFF]
    commit_roster(school, roster, _SETUP, EVENING, school.ids.command())
    batch = [(one, [e.PersonAdded(student=_student(one))]) for one in students_of(students)]
    commit_students(school, batch, _SETUP, EVENING, school.ids.command())
    return net


def name_storage(folder: Path, storage: str) -> None:
    """Set which storage the school uses."""
    file = folder / "psysafe.toml"
    text = file.read_text(encoding="utf-8")
    lines = [
        f'use = "{storage}"' if before == "[storage]" else line
        for before, line in zip(["", *text.splitlines()], text.splitlines(), strict=False)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _staff(who: str, role: str, scope: Scope) -> Staff:
    return Staff(
        id=PersonId(Actor(who)),
        name=f"老师{who[-2:]}",
        roles=(RoleHeld(role=role, scope=scope, since=_SINCE),),
    )


def _student(one: StudentId) -> Student:
    number = one[-4:]
    guardian = Guardian(
        id=PersonId(Actor(f"guardian:g-{one[2:]}")),
        kind="legal_guardian",
        name=f"家长{number}",
        since=_SINCE,
    )
    return Student(
        id=one,
        name=f"学生{number}",
        identities=(("student_no", f"20260301{number}"),),
        placement=Placement(class_id=_CLASS, grade="g10", since=_SINCE),
        guardians=(guardian,),
    )
