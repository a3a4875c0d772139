"""An invented school's office, with rosters on its desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.desk.roster_import import Options, RosterImport, class_ids
from psysafe.domain import events as e
from psysafe.domain.people import RoleHeld, Roster, SchoolClass, Scope, Staff, Student
from psysafe.engine.enrolling import commit_roster
from psysafe.engine.gather import roster
from psysafe.engine.recognising import of_class, recognise
from psysafe.errors import Finding
from psysafe.ids import ClassId, person
from psysafe.intake.roster_rows import NUMBER
from psysafe.testing.schools import SINCE, InventedSchool, open_school

HEADING = (
    "姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话,监护人2姓名,与学生关系,联系电话,班主任"
)
ZHANG = "张三,2026030117,高一,3班,张大,父子,13800000000,李四,母子,13800000001,王老师"
ZHAO = "赵六,0017,高一,3班,赵奶奶,祖孙,13900000000,,,,王老师"
QIAN = "钱七,2026030119,高二,1班,钱阿姨,阿姨,13700000000,,,,t-018"


@attrs.define
class Office:
    """Somebody at the machine of a school, with files in a folder."""

    school: InventedSchool
    folder: Path
    HEADING = HEADING
    ZHANG, ZHAO, QIAN = ZHANG, ZHAO, QIAN

    def file(self, *rows: str, heading: str = HEADING, name: str = "roster.csv") -> Path:
        file = self.folder / name
        file.write_text("\n".join((heading, *rows)) + "\n", encoding="utf-8")
        return file

    def look(
        self, *rows: str, heading: str = HEADING, name: str = "roster.csv", **options: Any
    ) -> RosterImport:
        """What a file would come to."""
        file = self.file(*rows, heading=heading, name=name)
        return self.open(file, **options)

    def open(self, *files: Path, **options: Any) -> RosterImport:
        return self.school.net.operator().roster.load(*files, options=Options(**options))

    def put(self, *rows: str, **more: Any) -> RosterImport:
        """A file put in."""
        found = self.look(*rows, **more)
        found.apply()
        return found

    def only(self, found: RosterImport) -> Finding:
        (finding,) = found.findings
        assert finding.what
        assert finding.why
        assert finding.cure
        return finding

    def student(self, number: str, source: str = NUMBER) -> Student | None:
        return recognise(self.school.school, [(source, number)]).students.get((source, number))

    def class_id(self, grade: str, name: str) -> ClassId:
        return class_ids(self.school.school, self.roster)(grade, name)

    def people(self, grade: str = "g10", name: str = "高一(3)班") -> tuple[Student, ...]:
        return of_class(self.school.school, self.class_id(grade, name))

    @property
    def roster(self) -> Roster:
        return roster(self.school.school)

    @property
    def position(self) -> int:
        return self.school.net.operator().position()

    def staff(self, who: str, name: str, *roles: RoleHeld) -> None:
        added = e.PersonAdded(staff=Staff(id=person(f"staff:{who}"), name=name, roles=roles))
        self.enter(added)

    def enter(self, *events: e.Event) -> None:
        school = self.school
        command = school.ids.command()
        commit_roster(school.school, events, "operator:setup", school.clock.now(), command)

    def homeroom(self, grade: str, name: str, **until: Any) -> RoleHeld:
        scope = Scope(kind="class", values=(self.class_id(grade, name),))
        return RoleHeld(role="homeroom_teacher", scope=scope, since=SINCE, **until)

    def documents(self) -> dict[str, bytes]:
        """Everything that the school knows of people, by key, without versions."""
        from psysafe.contracts.storage import Query

        found: dict[str, bytes] = {}
        for kind in ("student", "roster", "file", "identity", "case"):
            query = Query(index="kind", prefixes=((kind,),), limit=1000)
            page = self.school.school.storage.query(self.school.school.part, query)
            found.update({d.key: d.body for d in page.documents})
        return found


@pytest.fixture(scope="session")
def settings_of_the_school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of settings; each time it is opened, the school in memory is a new one."""
    return tmp_path_factory.mktemp("office") / "school"


@pytest.fixture
def office(tmp_path: Path, settings_of_the_school: Path) -> Iterator[Office]:
    """The invented school with a class 高一(3)班 of 王老师, and 孙老师 without a class."""
    with open_school(settings_of_the_school) as school:
        desk = Office(school=school, folder=tmp_path)
        of = SchoolClass(id=desk.class_id("g10", "高一(3)班"), grade="g10", name="高一(3)班")
        desk.enter(e.ClassAdded(school_class=of))
        desk.staff("t-017", "王老师", desk.homeroom("g10", "高一(3)班"))
        desk.staff("t-018", "孙 老师")
        yield desk
