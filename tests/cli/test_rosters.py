"""Rosters on the command line: looked at, put in, handed over, written out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psysafe.intake.tables import open_tables

MESSY = """\
某某中学学生名册,,,,,,
2026年9月,,,,,,
姓名,学号,班级,家长,与学生关系,家长手机,状态
王五,2026030201,高一3班,王大、王二,父母,13800000011,在读
赵六,2.03E+09,高一3班,赵大,父子,13800000012,在读
钱七,2026030203,十年级三班,钱大,51,１３８００００００１３,在读
孙八,,高一(3)班,孙大,母子,13800000014,在读
"""


@pytest.mark.clause("A2.1")
def test_a_schools_own_roster_goes_in_and_what_was_left_out_is_written_down(school: Any) -> None:
    file = str(school.write("messy.csv", MESSY))
    looked = school.type("import", "roster", file)
    assert looked.data["applied"] is False
    assert {(c["written"], c["class"], c["rows"]) for c in looked.data["classes"]} == {
        ("高一3班", "高一(3)班", 2),
        ("十年级三班", "高一(3)班", 1),
        ("高一(3)班", "高一(3)班", 1),
    }
    ran = school.type("import", "roster", file, "--apply")
    assert (ran.data["new"], ran.data["refused"], ran.data["applied"]) == (2, 2, True)
    (refusals,) = [Path(name) for name in ran.data["refusals"]]
    assert refusals == school.folder / "out" / "refused-messy.xlsx"
    (table,) = open_tables(refusals, "roster", wanted=("cause", "cure"))
    assert [row.cells[2] for row in table.rows] == ["5", "7"]
    again = school.type("import", "roster", file, "--apply")
    assert (again.data["new"], again.data["changed"], again.data["unchanged"]) == (0, 0, 2)


def test_a_roster_that_was_written_out_changes_nothing_when_it_comes_in(school: Any) -> None:
    school.done("import", "staff", str(school.write("more.csv", KEEPER)), "--apply")
    school.type("import", "roster", str(school.write("messy.csv", MESSY)), "--apply")
    for name in ("out.csv", "out.xlsx"):
        file = str(school.folder / name)
        assert school.done("export", "roster", file, by="staff:t-020")["lines"] == 4
        found = school.done("import", "roster", file, "--apply")
        assert (found["new"], found["changed"], found["unchanged"]) == (0, 0, 4)
        staff = str(school.folder / f"staff-{name}")
        school.done("export", "staff", staff)
        found = school.done("import", "staff", staff, "--apply")
        assert (found["new"], found["changed"], found["ended"]) == (0, 0, 0)


KEEPER = "staff_id,姓名,角色,范围\nt-020,秦老师,学籍管理员,全校\n"


@pytest.mark.parametrize("who", ["staff:t-017", "staff:t-002", "operator:it", "staff:nobody"])
def test_only_a_registrar_takes_the_roster_out_of_the_house(school: Any, who: str) -> None:
    file = school.folder / "out.csv"
    ran = school.type("export", "roster", str(file), by=who)
    assert (ran.code, ran.codes, file.exists()) == (3, ["PSY002"], False)


def test_several_files_are_one_roster(school: Any) -> None:
    one = school.write("one.csv", "姓名,学号,班级\n甲,31,高一3班\n")
    two = school.write("two.csv", "姓名,学号,班级\n乙,32,高一3班\n丙,31,高一3班\n")
    ran = school.type("import", "roster", str(one), str(two), "--apply")
    assert (ran.data["new"], ran.data["refused"]) == (1, 2)
    assert len(ran.data["refusals"]) == 2


def test_a_class_change_of_a_student_in_a_crisis_waits_at_the_desks(school: Any, case: str) -> None:
    school.done("open", case, by="staff:t-002")
    moved = "姓名,学号,班级\n张三,2026030117,高一(4)班\n"
    staff = "staff_id,姓名,角色,范围\nt-018,孙老师,班主任,高一(4)班\n"
    school.done("import", "staff", str(school.write("new.csv", staff)), "--apply")
    ran = school.type("import", "roster", str(school.write("moved.csv", moved)), "--apply")
    assert (ran.data["changed"], ran.codes) == (1, ["PSY274"])
    (line,) = school.done("handover", by="staff:t-018")
    accept = ("handover", line["student"], "--accept")
    assert school.done(*accept, by="staff:t-018")["made"] is False
    assert school.done(*accept, by="staff:t-002")["made"] is True
    assert "张三" not in school.type("handover", by="staff:t-018", plain=True).out
