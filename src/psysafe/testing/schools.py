"""An invented school, small and always the same: for tests, demonstrations and plugin authors.

    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {...})
        school.tick()

Two classes of grade 10 and one of grade 11 with two students each; every role of the shipped
plan is held. Nobody in it is anybody; names and telephones are invented.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

import attrs

from psysafe.builtin import plugin as builtin
from psysafe.contracts.channel import Channel
from psysafe.contracts.extras import VaultRecord
from psysafe.contracts.storage import Storage
from psysafe.desk.desk import Desk
from psysafe.domain import events as e
from psysafe.domain.people import (
    Absence,
    Guardian,
    Placement,
    RoleHeld,
    SchoolClass,
    Scope,
    Staff,
    Student,
)
from psysafe.engine.enrolling import commit_roster, commit_students
from psysafe.engine.gather import roster
from psysafe.engine.school import School
from psysafe.engine.tick import TickReport
from psysafe.hooks import Plugins
from psysafe.ids import Actor, ClassId, PersonId, StudentId, student_person
from psysafe.intake.school_files import write_school
from psysafe.net import SafetyNet
from psysafe.sensitivity import changed
from psysafe.testing.clock import FixedClock
from psysafe.testing.ids import CountingIds

#: Monday, 2 November 2026, 08:30 in Shanghai: a school day in the middle of a term.
MONDAY: Final = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
#: Since when everybody is where they are.
SINCE: Final = datetime(2026, 8, 31, 16, 0, tzinfo=UTC)

_PART_KEY: Final = b"an invented school's part key, 32"[:32]
_SETUP: Final = Actor("operator:setup")

#: Class number to its grade and name. Students 1 and 2 are in class 1, 3 and 4 in class 2, ...
CLASSES: Final[Mapping[int, tuple[str, str]]] = {
    1: ("g10", "高一(1)班"),
    2: ("g10", "高一(2)班"),
    3: ("g11", "高二(1)班"),
}
STUDENTS: Final[Mapping[int, str]] = {
    1: "林小满",
    2: "周知夏",
    3: "沈星河",
    4: "顾南风",
    5: "许安然",
    6: "程远山",
}

_SCHOOL: Final = Scope(kind="school")
_G10: Final = Scope(kind="grade", values=("g10",))
_G11: Final = Scope(kind="grade", values=("g11",))


def class_id(number: int) -> ClassId:
    """The id of a class by its number."""
    return ClassId(f"cl-{number:012d}")


def _class(number: int) -> Scope:
    return Scope(kind="class", values=(class_id(number),))


#: Who works there: short name to invented name, role and scope. The id is `staff:` + short name.
STAFF: Final[Mapping[str, tuple[str, str, Scope]]] = {
    "homeroom-1": ("王文华", "homeroom_teacher", _class(1)),
    "homeroom-2": ("李思远", "homeroom_teacher", _class(2)),
    "homeroom-3": ("赵明月", "homeroom_teacher", _class(3)),
    "counselor-a": ("陈静姝", "counselor", _G10),
    "counselor-b": ("孙若兰", "counselor", _G10),
    "counselor-c": ("何清扬", "counselor", _G11),
    "grade-head-10": ("吴建国", "grade_head", _G10),
    "grade-head-11": ("郑海涛", "grade_head", _G11),
    "affairs": ("冯国强", "student_affairs_head", _SCHOOL),
    "duty": ("褚卫东", "duty_adult", _SCHOOL),
    "doctor": ("卫康宁", "school_doctor", _SCHOOL),
    "expert": ("蒋明德", "counseling_expert", _SCHOOL),
    "safeguarding": ("沈护安", "safeguarding_lead", _SCHOOL),
    "head": ("韩正平", "leading_group_head", _SCHOOL),
    "deputy-head": ("杨立新", "leading_group_deputy", _SCHOOL),
    "core": ("朱启明", "leading_group_core", _SCHOOL),
    "registrar": ("秦书成", "registrar", _SCHOOL),
    "spare": ("尤无职", "hotline_volunteer", _SCHOOL),
}


def staff_id(name: str) -> PersonId:
    """The id of a member of staff by the short name."""
    return PersonId(Actor(f"staff:{name}"))


def student_id(number: int) -> StudentId:
    """The id of a student by the number 1 to 6."""
    return StudentId(f"s-{number:012d}")


def guardian_id(number: int, which: int = 1) -> PersonId:
    """The id of a student's first or second guardian."""
    return PersonId(Actor(f"guardian:g-{number * 10 + which:012d}"))


@attrs.define
class InventedSchool:
    """The school, open. `clock` and `ids` are its own; `net` is the face that hosts use."""

    folder: Path
    net: SafetyNet
    clock: FixedClock
    ids: CountingIds
    _opened: Callable[[], SafetyNet] = attrs.field(repr=False, alias="opened")

    @property
    def school(self) -> School:
        """The engine's parts of the open school, for tests that look below the face."""
        return self.net._school

    def number(self, number: int) -> str:
        """How a desk is told which student: `no:` and the student number."""
        return f"no:{student_number(number)}"

    def desk(self, name: str, language: str | None = "en") -> Desk:
        """A desk by short name, or by actor: `homeroom-1`, `student:s-...`, `operator:it`."""
        return self.net.desk(name if ":" in name else staff_id(name), language)

    def student_desk(self, number: int) -> Desk:
        """The desk of a student."""
        return self.net.desk(student_person(student_id(number)), "en")

    def tick(self, **passed: float) -> TickReport:
        """Let time pass (`minutes=10`, ...), then do what is due."""
        self.clock.advance(**passed)
        return self.net.tick()

    def reopen(self) -> None:
        """Close and open again, as after a stop of the process. A store in memory is empty then."""
        self.net.close()
        self.net = self._opened()

    def absent(
        self, name: str, deputy: str | None = None, days: float = 365, starts: float = 0
    ) -> None:
        """Somebody is away from now on, or in some hours, with or without a deputy."""
        now = self.clock.now() + timedelta(hours=starts)
        away = Absence(since=now, until=now + timedelta(days=days))
        told = roster(self.school).staff[staff_id(name)]
        stand_in = staff_id(deputy) if deputy else None
        self._enter(e.PersonAdded(staff=changed(told, absences=(away,), deputy=stand_in)))

    def leaves(self, name: str) -> None:
        """All roles of a person end now."""
        person = roster(self.school).staff[staff_id(name)]
        now = self.clock.now()
        ended = [e.RelationEnded(staff=person.id, role=r, at=now) for r in person.roles]
        self._enter(*ended)

    def takes(self, name: str, role: str, scope: Scope = _SCHOOL) -> None:
        """A person takes a further role from now on."""
        held = RoleHeld(role=role, scope=scope, since=self.clock.now())
        self._enter(e.RelationStarted(staff=staff_id(name), role=held))

    def joins(self, name: str, role: str, scope: Scope = _SCHOOL) -> PersonId:
        """Somebody, or an institution, comes into the roster now; its id is `staff:` + name."""
        held = RoleHeld(role=role, scope=scope, since=self.clock.now())
        someone = Staff(id=staff_id(name), name=name, roles=(held,))
        self._enter(e.PersonAdded(staff=someone))
        return someone.id

    def _enter(self, *events: e.Event) -> None:
        commit_roster(self.school, events, _SETUP, self.clock.now(), self.ids.command())

    def close(self) -> None:
        """Give back the store."""
        self.net.close()

    def __enter__(self) -> InventedSchool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def student_number(number: int) -> str:
    """The student number of the students 1 to 6."""
    return f"20260301{number:02d}"


def open_school(
    folder: Path,
    *,
    storage: Literal["memory", "sqlite"] = "memory",
    now: datetime = MONDAY,
    without: Collection[str] = (),
    plugins: Collection[object] = (),
    channels: Mapping[str, Channel] | None = None,
    plan: str = "",
    wrap: Callable[[Storage], Storage] | None = None,
    vault: VaultRecord | None = None,
    signer: str = "",
) -> InventedSchool:
    """Open the invented school in a folder; it is made where the folder holds none.

    `without` leaves members of staff out; `plan` is appended to its plan.toml; `plugins` are all
    the plugins there are besides the built-in ones; `wrap` puts a store in front of the real one;
    `vault`, one of those plugins', seals what a new school writes; `signer`, a short name, makes it
    a school in which roles that see are signed for, and names who signs the first list.
    A folder may be opened many times: with `memory` each time is a new school.
    """
    clock, ids = FixedClock(now), CountingIds()
    new = not (folder / "psysafe.toml").exists()
    if new:
        _write(folder, storage, plan, vault, signer)
    found = Plugins.of(*plugins, builtins=[builtin])

    def opened() -> SafetyNet:
        net = SafetyNet.open(folder, clock=clock, ids=ids, plugins=found, channels=channels)
        if wrap is None:
            return net
        return _wrapped(net, wrap)

    school = InventedSchool(folder=folder, net=opened(), clock=clock, ids=ids, opened=opened)
    if new or storage == "memory":
        _people(school, without)
    return school


def _wrapped(net: SafetyNet, wrap: Callable[[Storage], Storage]) -> SafetyNet:
    school = attrs.evolve(net._school, storage=wrap(net._school.storage))
    return SafetyNet(school, net._speaker, net.settings)


def _write(folder: Path, storage: str, plan: str, vault: VaultRecord | None, signer: str) -> None:
    write_school(
        folder,
        name="明德中学",
        part_name="invented",
        part_key=_PART_KEY,
        vault=vault,
        signed=bool(signer),
    )
    if signer:
        named = folder / "psysafe.toml"
        text = named.read_text(encoding="utf-8").replace("# signer", "signer", 1)
        named.write_text(text.replace("staff:t-001", staff_id(signer), 1), encoding="utf-8")
    if storage == "memory":
        settings = folder / "psysafe.toml"
        text = settings.read_text(encoding="utf-8")
        start = text.index("[storage]")
        end = text.index("[plan]" if vault is None else "[vault]")
        settings.write_text(
            f'{text[:start]}[storage]\nuse = "memory"\n\n{text[end:]}', encoding="utf-8"
        )
    if plan:
        file = folder / "plan.toml"
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{plan}", encoding="utf-8")


def _people(school: InventedSchool, without: Collection[str]) -> None:
    now = school.clock.now()
    events: list[e.Event] = [
        e.ClassAdded(school_class=SchoolClass(id=class_id(number), grade=grade, name=name))
        for number, (grade, name) in CLASSES.items()
    ]
    events += [
        e.PersonAdded(staff=_staff(order, name))
        for order, name in enumerate(STAFF)
        if name not in without
    ]
    commit_roster(school.school, events, _SETUP, now, school.ids.command())
    batch = [(student_id(number), [e.PersonAdded(student=_student(number))]) for number in STUDENTS]
    commit_students(school.school, batch, _SETUP, now, school.ids.command())


def _staff(order: int, name: str) -> Staff:
    called, role, scope = STAFF[name]
    mobile = f"139000{order:05d}"
    return Staff(
        id=staff_id(name),
        name=called,
        addresses={"mobile": mobile, "sms": mobile, "mail": f"{name}@school.example"},
        roles=(RoleHeld(role=role, scope=scope, since=SINCE),),
    )


def _student(number: int) -> Student:
    home = (number + 1) // 2
    called = STUDENTS[number]
    return Student(
        id=student_id(number),
        name=called,
        identities=(("student_no", student_number(number)),),
        placement=Placement(class_id=class_id(home), grade=CLASSES[home][0], since=SINCE),
        guardians=tuple(
            Guardian(
                id=guardian_id(number, which),
                kind="legal_guardian",
                name=f"{called[0]}家长{which}",
                relation="母子" if which == 1 else "父子",
                telephones=(f"137000{number}{which}000",),
                since=SINCE,
            )
            for which in (1, 2)
        ),
    )
