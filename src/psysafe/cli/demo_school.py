"""The invented school of `psysafe demo`: its people, its clock, its ids, and an inbox that tells.

Nobody here lives. The names are those of grammar books, the telephones lead nowhere. Clock and
ids are fixed, so the same night plays out the same way every time, to the letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.builtin import plugin as builtin
from psysafe.builtin.inbox import Inbox
from psysafe.catalogue import sentence
from psysafe.contracts.channel import Capabilities, Message, Problem, SendResult
from psysafe.domain import events as e
from psysafe.domain.people import Guardian, Placement, RoleHeld, SchoolClass, Scope, Staff, Student
from psysafe.engine.enrolling import commit_roster, commit_students
from psysafe.engine.school import School
from psysafe.errors import N_
from psysafe.hooks import Plugins
from psysafe.ids import Actor, ClassId, CommandId, PersonId, StudentId, derived_command
from psysafe.intake.school_files import write_school
from psysafe.net import SafetyNet

ZONE: Final = ZoneInfo("Asia/Shanghai")
#: Friday evening. The school day is over, and Monday is far away.
EVENING: Final = datetime(2026, 11, 6, 21, 40, tzinfo=ZONE)
#: Fixed, so that all ids are the same every time. Good for an invented school and for no other.
KEY: Final = b"psysafe demo: an invented school"
SINCE: Final = datetime(2026, 9, 1, tzinfo=ZONE).astimezone(UTC)

OPERATOR: Final = Actor("operator:demo")
HOMEROOM: Final = Actor("staff:t-301")
OTHER_TEACHER: Final = Actor("staff:t-302")
COUNSELOR: Final = Actor("staff:t-201")
SECOND_COUNSELOR: Final = Actor("staff:t-202")
GRADE_HEAD: Final = Actor("staff:t-401")
STUDENT_AFFAIRS: Final = Actor("staff:t-004")
LEADING_HEAD: Final = Actor("staff:t-001")
LEADING_DEPUTY: Final = Actor("staff:t-002")
LEADING_CORE: Final = Actor("staff:t-003")

STUDENT: Final = StudentId("s-000000000101")
STUDENT_NUMBER: Final = "2026030117"
FATHER: Final = PersonId(Actor("guardian:g-000000000101"))
MOTHER: Final = PersonId(Actor("guardian:g-000000000102"))

_A3: Final = ClassId("cl-000000000103")
_A4: Final = ClassId("cl-000000000104")
_B1: Final = ClassId("cl-000000000201")
_CLASSES: Final[Sequence[tuple[ClassId, str, str]]] = (
    (_A3, "g10", N_("Grade 10, class 3")),
    (_A4, "g10", N_("Grade 10, class 4")),
    (_B1, "g11", N_("Grade 11, class 1")),
)
_WHOLE: Final = Scope(kind="school")
_GRADE_10: Final = Scope(kind="grade", values=("g10",))
_GRADE_11: Final = Scope(kind="grade", values=("g11",))


def _class(one: ClassId) -> Scope:
    return Scope(kind="class", values=(one,))


_STAFF: Final[Sequence[tuple[Actor, str, str, Scope, str]]] = (
    (LEADING_HEAD, N_("Principal Chen"), "leading_group_head", _WHOLE, ""),
    (LEADING_DEPUTY, N_("Vice-Principal Lin"), "leading_group_deputy", _WHOLE, ""),
    (LEADING_CORE, N_("Director Sun"), "leading_group_core", _WHOLE, ""),
    (STUDENT_AFFAIRS, N_("Director Wu"), "student_affairs_head", _WHOLE, ""),
    (COUNSELOR, N_("Ms Li"), "counselor", _GRADE_10, "13800000201"),
    (SECOND_COUNSELOR, N_("Mr Zhou"), "counselor", _WHOLE, "13800000202"),
    (HOMEROOM, N_("Ms Wang"), "homeroom_teacher", _class(_A3), ""),
    (OTHER_TEACHER, N_("Mr Zheng"), "homeroom_teacher", _class(_A4), ""),
    (Actor("staff:t-303"), N_("Ms Feng"), "homeroom_teacher", _class(_B1), ""),
    (GRADE_HEAD, N_("Ms Zhao"), "grade_head", _GRADE_10, ""),
    (Actor("staff:t-402"), N_("Mr Huang"), "grade_head", _GRADE_11, ""),
    (Actor("staff:t-501"), N_("Mr He"), "duty_adult", _WHOLE, ""),
    (Actor("staff:t-601"), N_("Doctor Xu"), "school_doctor", _WHOLE, ""),
    (Actor("staff:t-701"), N_("Ms Fang"), "registrar", _WHOLE, ""),
)
_STUDENTS: Final[Sequence[tuple[StudentId, str, str, ClassId, str]]] = (
    (STUDENT, STUDENT_NUMBER, N_("Zhang San"), _A3, "g10"),
    (StudentId("s-000000000102"), "2026030118", N_("Wang Wu"), _A3, "g10"),
    (StudentId("s-000000000103"), "2026040101", N_("Zhao Liu"), _A4, "g10"),
    (StudentId("s-000000000104"), "2025010101", N_("Qian Qi"), _B1, "g11"),
)
_GUARDIANS: Final[Sequence[tuple[StudentId, PersonId, str, str, str]]] = (
    (STUDENT, FATHER, N_("Zhang Da"), N_("father"), "13800000301"),
    (STUDENT, MOTHER, N_("Li Si"), N_("mother"), "13800000302"),
    (
        StudentId("s-000000000103"),
        PersonId(Actor("guardian:g-000000000103")),
        N_("Zhao Wu"),
        N_("mother"),
        "13800000303",
    ),
)
SCHOOL_NAME: Final = N_("Invented Secondary School")


class NightClock:
    """A clock that stands until it is moved on."""

    def __init__(self, begin: datetime) -> None:
        self._moment = begin.astimezone(UTC)

    def now(self) -> datetime:
        return self._moment

    def go_on(self, minutes: int = 1) -> None:
        self._moment += timedelta(minutes=minutes)


class CountedIds:
    """Command ids that count up, keyed: the same night has the same ids."""

    def __init__(self) -> None:
        self._count = 0

    def command(self) -> CommandId:
        self._count += 1
        return derived_command(KEY, "demo", str(self._count))


class TellingInbox:
    """The in-app inbox, which also keeps what really went out, to whom, for the telling."""

    def __init__(self) -> None:
        self._inbox = Inbox({})
        self.sent: dict[str, tuple[str, Message]] = {}
        """address and message by the send's key"""

    @property
    def capabilities(self) -> Capabilities:
        return self._inbox.capabilities

    def validate(self) -> Sequence[Problem]:
        return self._inbox.validate()

    def parse_address(self, text: str) -> str | Problem:
        return self._inbox.parse_address(text)

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        result = self._inbox.send(message, address, seconds)
        self.sent[message.key] = (address, message)
        return result


@attrs.frozen(kw_only=True)
class Rehearsal:
    """An open invented school with what moves it and what it told."""

    net: SafetyNet
    school: School
    clock: NightClock
    inbox: TellingInbox
    language: str
    names: Mapping[str, str] = attrs.field(repr=False)
    """what people and roles are called, by actor"""
    roles: Mapping[str, str] = attrs.field(repr=False)


def _people(language: str) -> Iterator[e.Event]:
    for class_id, grade, name in _CLASSES:
        called = sentence(name, language)
        yield e.ClassAdded(school_class=SchoolClass(id=class_id, grade=grade, name=called))
    for who, name, role, scope, mobile in _STAFF:
        held = RoleHeld(role=role, scope=scope, since=SINCE)
        yield e.PersonAdded(
            staff=Staff(
                id=PersonId(who),
                name=sentence(name, language),
                addresses={"mobile": mobile} if mobile else {},
                roles=(held,),
            )
        )


def _students(language: str) -> Iterator[tuple[StudentId, list[e.Event]]]:
    for student, number, name, class_id, grade in _STUDENTS:
        guardians = tuple(
            Guardian(
                id=guardian,
                kind="legal_guardian",
                name=sentence(called, language),
                relation=sentence(relation, language),
                telephones=(telephone,),
                since=SINCE,
            )
            for child, guardian, called, relation, telephone in _GUARDIANS
            if child == student
        )
        made = Student(
            id=student,
            name=sentence(name, language),
            identities=(("student_no", number),),
            placement=Placement(class_id=class_id, grade=grade, since=SINCE),
            guardians=guardians,
        )
        yield student, [e.PersonAdded(student=made)]


def open_invented_school(folder: Path, language: str) -> Rehearsal:
    """Make the invented school in a folder and open it. The caller closes `net`.

    Raises PlanError PSY018 where the folder holds a school already.
    """
    languages = ("zh", "en") if language == "zh" else ("en", "zh")
    write_school(
        folder,
        name=sentence(SCHOOL_NAME, language),
        part_name="demo",
        zone=ZONE.key,
        languages=languages,
        rehearsal=True,
        part_key=KEY,
    )
    clock, inbox = NightClock(EVENING), TellingInbox()
    net = SafetyNet.open(
        folder,
        clock=clock,
        ids=CountedIds(),
        # Only what psysafe ships: what else is installed here has no part in the telling.
        plugins=Plugins.of(builtins=[builtin]),
        channels={"inbox": inbox},
    )
    school = net._school
    now = clock.now()
    commit_roster(school, list(_people(language)), OPERATOR, now, school.ids.command())
    commit_students(school, list(_students(language)), OPERATOR, now, school.ids.command())
    names: dict[str, str] = {who: sentence(name, language) for who, name, *_ in _STAFF}
    names |= {who: sentence(name, language) for _, who, name, *_ in _GUARDIANS}
    roles: dict[str, str] = {who: role for who, _, role, *_ in _STAFF}
    return Rehearsal(
        net=net,
        school=school,
        clock=clock,
        inbox=inbox,
        language=language,
        names=MappingProxyType(names),
        roles=MappingProxyType(roles),
    )
