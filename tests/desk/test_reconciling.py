"""The host's people, handed in by a directory: they go the way of every file, with its guards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs
import pytest

import psysafe
from psysafe.contracts.directory import DirectoryGuardian, DirectoryRole, DirectoryStudent
from psysafe.engine.gather import roster
from psysafe.engine.verify import verify
from psysafe.errors import PlanError
from psysafe.intake.school_files import write_school
from psysafe.testing import FixedClock
from psysafe.testing.schools import MONDAY

CANARIES = ("张三丰", "张翠山", "13912345678", "王重阳", "wang@host.example")


@attrs.define
class Host:
    """A school-management system with its own idea of people."""

    pupils: list[DirectoryStudent] = attrs.field(factory=list)
    roles: list[DirectoryRole] = attrs.field(factory=list)

    def students(self) -> Iterable[DirectoryStudent]:
        return iter(self.pupils)

    def staff(self) -> Iterable[DirectoryRole]:
        return iter(self.roles)


def host() -> Host:
    father = DirectoryGuardian(name="张翠山", relation="父子", telephones=("13912345678",))
    return Host(
        pupils=[
            DirectoryStudent(
                number="2026030117",
                name="张三丰",
                grade="高一",
                class_name="3班",
                guardians=(father,),
            ),
            DirectoryStudent(number="2026030118", name="林小雨", grade="高一", class_name="3班"),
        ],
        roles=[
            DirectoryRole(
                staff_id="t-017",
                name="王重阳",
                role="homeroom_teacher",
                scope="高一(3)班",
                addresses={"email": "wang@host.example", "mobile": "13800000017"},
            ),
            DirectoryRole(staff_id="t-002", name="李老师", role="心理教师", scope="高一"),
        ],
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_school(tmp_path / "school", rehearsal=True)
    return tmp_path / "school"


def open_with(folder: Path, directory: Host) -> psysafe.SafetyNet:
    return psysafe.SafetyNet.open(folder, clock=FixedClock(MONDAY), directory=directory)


@pytest.mark.clause("A2.1", "C4.1")
def test_a_teacher_of_the_host_reports_on_a_pupil_of_the_host(folder: Path) -> None:
    with open_with(folder, host()) as net:
        counts = net.operator().reconcile().apply()
        assert counts["staff"]["new"] == 2
        assert counts["roster"]["new"] == 2
        receipt = net.desk("staff:t-017").signals.report(
            "no:2026030117", "one_to_one", {"self_harm": "some"}
        )
        assert receipt.signal is not None
        net.tick()
        counselor = net.desk("staff:t-002")
        counselor.cases.about("no:2026030117").acknowledge()
        case = counselor.cases.about("no:2026030117")
        assert [guardian["relation"] for guardian in case.data["guardians"]] == ["父子"]
        assert verify(net._school).ok


def test_looking_changes_nothing_and_a_second_run_changes_nothing(folder: Path) -> None:
    with open_with(folder, host()) as net:
        operator = net.operator()
        before = operator.position()
        assert operator.reconcile().counts["roster"]["new"] == 2
        assert operator.position() == before
        operator.reconcile().apply()
        after = operator.position()
        again = operator.reconcile()
        assert again.apply()["roster"] == {**again.counts["roster"], "new": 0, "unchanged": 2}
        assert operator.position() == after


def test_somebody_whom_the_host_leaves_out_stays(folder: Path) -> None:
    directory = host()
    with open_with(folder, directory) as net:
        net.operator().reconcile().apply()
        directory.pupils, directory.roles = [], []
        net.operator().reconcile().apply()
        assert len(roster(net._school).staff) == 2
        assert net.desk("staff:t-002").signals.report("no:2026030118", "teacher_observation")


def test_a_class_without_a_teacher_is_answered_by_the_fallbacks(folder: Path) -> None:
    directory = host()
    directory.roles = [role for role in directory.roles if role.role != "homeroom_teacher"]
    with open_with(folder, directory) as net:
        found = net.operator().reconcile()
        assert not found.refused
        assert found.apply()["roster"]["new"] == 2
        assert "PSY112" in {f.code for f in net.operator().check()}


def test_a_pupil_in_no_class_is_named_by_place_and_the_others_go_in(folder: Path) -> None:
    directory = host()
    directory.pupils.insert(0, DirectoryStudent(number="2026030199", name="新同学", grade="高一"))
    with open_with(folder, directory) as net:
        found = net.operator().reconcile()
        assert [f.where.get("row") for f in found.findings if f.severity == "error"] == [1]
        assert found.apply()["roster"]["new"] == 2


def test_a_fault_in_the_staff_holds_the_staff_back_and_no_student(folder: Path) -> None:
    directory = host()
    directory.roles.append(
        DirectoryRole(staff_id="t-100", name="某某", role="wizard", scope="全校")
    )
    with open_with(folder, directory) as net:
        found = net.operator().reconcile()
        assert found.refused
        assert found.apply()["roster"]["new"] == 2
        assert roster(net._school).staff == {}


def test_more_guardians_than_there_are_columns_refuse_the_row_instead_of_losing_one(
    folder: Path,
) -> None:
    directory = host()
    many = tuple(
        DirectoryGuardian(name=f"家长{n}", relation="母子", telephones=(f"1390000000{n}",))
        for n in range(10)
    )
    directory.pupils[0] = attrs.evolve(directory.pupils[0], guardians=many)
    with open_with(folder, directory) as net:
        found = net.operator().reconcile()
        assert "PSY021" in {f.code for f in found.findings}
        assert found.apply()["roster"]["new"] == 1


def test_no_finding_and_no_value_says_a_name_or_a_telephone(folder: Path) -> None:
    directory = host()
    directory.pupils.append(directory.pupils[0])
    directory.pupils.append(attrs.evolve(directory.pupils[1], grade="", class_name=""))
    with open_with(folder, directory) as net:
        found = net.operator().reconcile()
        said = "".join(f"{f!r}{f.what}{f.why}{f.cure}" for f in found.findings)
        said += f"{directory.pupils!r}{directory.roles!r}{found!r}{found.counts!r}"
        assert said
        assert [canary for canary in CANARIES if canary in said] == []


def test_a_school_without_a_directory_says_so(folder: Path) -> None:
    with (
        psysafe.SafetyNet.open(folder, clock=FixedClock(MONDAY)) as net,
        pytest.raises(PlanError) as refused,
    ):
        net.operator().reconcile()
    assert refused.value.code == "PSY046"
