"""X8: a role that has ended gives nothing from that instant; a crisis is handed over, in silence.

The staff file says that a homeroom teacher has left. Whoever puts it in is answered alike whether
there is a case or not. Where there is one, whoever had the class keeps what a crisis needs until
somebody has accepted, for ten school days at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.errors import NotFoundError
from psysafe.testing.schools import InventedSchool, Scope, class_id, open_school, student_id

STAFF = """\
staff_id,姓名,角色,范围,起,止
homeroom-1,王文华,班主任,高一(1)班,2026-09-01,{end}
"""
CLINICAL = ("signals", "reasons", "flags", "severity")


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def crisis(school: InventedSchool, number: int = 1) -> None:
    """A declared crisis that counselor-a leads."""
    school.desk("homeroom-1").signals.report(school.number(number), "peer", {"fear": "severe"})
    case = school.desk("counselor-a").cases.about(school.number(number))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="home", proposal="a visit")


def ended(school: InventedSchool, end: str = "2026-11-02") -> tuple[Any, Any]:
    """The file goes in; what whoever put it in was told."""
    file = school.folder.parent / "staff.csv"
    file.write_text(STAFF.format(end=end), encoding="utf-8")
    looked = school.net.operator().staff.load(file)
    findings = [(f.code, f.severity) for f in looked.findings]
    return findings, dict(looked.apply())


def sees(school: InventedSchool, who: str) -> dict[str, Any]:
    return dict(school.desk(who).cases.about(school.number(1)).data)


@pytest.mark.clause("B0.3")
def test_whoever_puts_the_staff_file_in_cannot_tell_whether_there_is_a_case(
    tmp_path: Path,
) -> None:
    told = []
    for name, happens in (("one", True), ("other", False)):
        with open_school(tmp_path / name) as school:
            if happens:
                crisis(school)
            told.append(ended(school))
    assert told[0] == told[1]
    assert told[0][0] == []


@pytest.mark.clause("B0.3")
def test_without_a_case_the_relation_is_over_in_that_instant(school: InventedSchool) -> None:
    ended(school)
    assert school.desk("homeroom-1").cases.list() == []
    school.desk("counselor-a").signals.report(school.number(1), "message", {"fear": "severe"})
    with pytest.raises(NotFoundError):
        sees(school, "homeroom-1")
    assert school.desk("counselor-a").hand_overs.list() == []


@pytest.mark.clause("C6.2")
def test_in_a_crisis_whoever_had_the_class_keeps_what_it_needs_until_it_is_accepted(
    school: InventedSchool,
) -> None:
    crisis(school)
    before = sees(school, "homeroom-1")
    ended(school)
    kept = sees(school, "homeroom-1")
    assert kept["crisis"] == before["crisis"]
    assert kept["name"] == before["name"]
    assert not set(CLINICAL) & set(kept)
    (line,) = school.desk("counselor-a").hand_overs.list()
    assert (line["kind"], line["missing"]) == ("teacher", ["grade_head", "lead"])
    school.takes("homeroom-2", "homeroom_teacher", Scope(kind="class", values=(class_id(1),)))
    (line,) = school.desk("counselor-a").hand_overs.list()
    assert line["missing"] == ["homeroom_teacher", "lead"]
    assert not school.desk("counselor-a").hand_overs.accept(student_id(1))
    assert sees(school, "homeroom-1")["name"] == before["name"]
    assert school.desk("homeroom-2").hand_overs.accept(student_id(1))
    with pytest.raises(NotFoundError):
        sees(school, "homeroom-1")
    assert "crisis" in sees(school, "homeroom-2")


def test_after_ten_school_days_nothing_is_left_though_nobody_accepted(
    school: InventedSchool,
) -> None:
    crisis(school)
    ended(school)
    school.clock.advance(days=11)
    sees(school, "homeroom-1")
    school.clock.advance(days=4)
    with pytest.raises(NotFoundError):
        sees(school, "homeroom-1")
    assert school.desk("grade-head-10").hand_overs.list()[0]["overdue"]
    assert school.desk("grade-head-10").hand_overs.accept(student_id(1))


def test_with_the_end_of_the_case_it_is_over_too(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "peer", {"fear": "severe"})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    ended(school)
    sees(school, "homeroom-1")
    case.dismiss("a misunderstanding")
    with pytest.raises(NotFoundError):
        sees(school, "homeroom-1")


def test_whoever_is_barred_keeps_nothing(school: InventedSchool) -> None:
    crisis(school)
    ended(school)
    school.desk("counselor-a").bars.set(school.number(1), "staff:homeroom-1")
    with pytest.raises(NotFoundError):
        sees(school, "homeroom-1")
    assert school.desk("homeroom-1").hand_overs.list() == []


def test_a_later_roster_file_does_not_take_the_hand_over_back(school: InventedSchool) -> None:
    crisis(school)
    ended(school)
    file = school.folder.parent / "roster.csv"
    number = school.number(1)[3:]
    file.write_text(f"姓名,学号,班级\n林小满,{number},高一1班\n", encoding="utf-8")
    school.net.operator().roster.load(file).apply()
    assert len(school.desk("counselor-a").hand_overs.list()) == 1


def test_an_ended_relation_is_not_told_from_none_for_a_bystander(school: InventedSchool) -> None:
    crisis(school)
    ended(school)
    with pytest.raises(NotFoundError):
        sees(school, "homeroom-3")
