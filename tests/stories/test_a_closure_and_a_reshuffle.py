"""A school that closes from one day to the next, and a September in which classes are mixed anew.

Two cases are live all the while: a girl in a crisis, and a boy of another class who is afraid.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.testing.schools import (
    InventedSchool,
    class_id,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

MONDAY = datetime(2027, 6, 14, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
SEPTEMBER = datetime(2027, 9, 1, 1, 0, tzinfo=UTC)
CALENDAR = """format = 1
[year.2027]
source = "invented"
terms = [{ from = 2027-02-22, to = 2027-07-09 }, { from = 2027-09-01, to = 2028-01-21 }]
[year.2028]
source = "invented"
terms = [{ from = 2028-02-21, to = 2028-07-07 }]
"""
GIRL, BOY = 1, 3


def opened(folder: Path) -> InventedSchool:
    open_school(folder / "school").close()
    (folder / "school" / "calendar.toml").write_text(CALENDAR, encoding="utf-8")
    return open_school(folder / "school", now=MONDAY)


def file_of(school: InventedSchool, number: int) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def owner(school: InventedSchool, number: int, kind: str) -> str | None:
    duty = next(iter(file_of(school, number).owed(kind)), None)
    return duty and str(duty.owner).partition(":")[2]


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def a_case(school: InventedSchool, number: int, teacher: str, **symptoms: str) -> str:
    school.desk(teacher).signals.report(school.number(number), "one_to_one", symptoms)
    case = school.desk("counselor-a").cases.about(school.number(number))
    case.acknowledge()
    case.open()
    return str(case.id)


def plan(school: InventedSchool, number: int, case: str) -> None:
    school.desk("counselor-a").cases.holiday_plan(
        case,
        contact="her aunt",
        next_contact="12356",
        covers=staff_id("counselor-b"),
        informed=[guardian_id(number)],
    )


def imports(school: InventedSchool, *rows: tuple[int, str, str]) -> None:
    lines = ["姓名,学号,班级,状态"]
    for number, place, status in rows:
        name = gather(school.school, student_id(number)).world.student.name
        lines.append(f"{name},{school.number(number)[3:]},{place},{status}")
    file = school.folder.parent / "september.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    school.net.operator().roster.load(file).apply()


def class_of(school: InventedSchool, number: int) -> str:
    placement = gather(school.school, student_id(number)).world.student.placement
    assert placement is not None
    return placement.class_id


def test_a_sudden_closure_and_a_september_reshuffle_with_live_cases(tmp_path: Path) -> None:
    with opened(tmp_path) as school:
        hers = a_case(school, GIRL, "homeroom-1", self_harm="marked")
        his = a_case(school, BOY, "homeroom-2", fear="marked")
        school.tick(minutes=5)

        # 08:05. The school closes until Friday. Both children are to be handed over to home today.
        school.desk("affairs").closures.begin(date(2027, 6, 18))
        school.tick(minutes=1)
        assert owner(school, GIRL, "hand_over_home") == "homeroom-1"
        assert owner(school, BOY, "hand_over_home") == "homeroom-2"
        for number in (GIRL, BOY):
            assert owner(school, number, "holiday_plan") == "counselor-a"
        for name in ("homeroom-1", "homeroom-2"):
            assert told(school, name).count("rounds") == 1
        # Whoever said it, and whoever has no live case, learns of none.
        for name in ("affairs", "homeroom-3", "counselor-c", "registrar", "spare"):
            assert told(school, name) == []

        # Her teacher hands her over. His does nothing: after four hours it is the grade head's.
        school.tick(minutes=40)
        school.desk("homeroom-1").cases.supervise(
            hers, "handed_to", "her mother", place="home", to="guardian"
        )
        assert owner(school, GIRL, "hand_over_home") is None
        school.tick(hours=4)
        assert owner(school, BOY, "hand_over_home") == "grade-head-10"
        school.desk("grade-head-10").cases.supervise(
            his, "handed_to", "his father", place="home", to="guardian"
        )
        assert file_of(school, BOY).owed("hand_over_home") == ()
        for number, case in ((GIRL, hers), (BOY, his)):
            plan(school, number, case)
            assert owner(school, number, "holiday_plan") is None
        school.tick()
        assert told(school, "counselor-b").count("holiday_cover") == 2
        for name in ("homeroom-3", "counselor-c", "registrar", "spare"):
            assert told(school, name) == []

        # The summer comes: a break of its own, for which both need a plan of its own.
        school.clock.set(datetime(2027, 6, 25, 1, 0, tzinfo=UTC))
        school.tick()
        for number, case in ((GIRL, hers), (BOY, his)):
            assert owner(school, number, "holiday_plan") == "counselor-a"
            plan(school, number, case)
        assert "PSY142" not in [f.code for f in school.net.operator().check()]

        # September. She is put into another class, he has gone away in the file, two others move.
        school.clock.set(SEPTEMBER)
        school.tick()
        imports(
            school, (GIRL, "高一2班", ""), (BOY, "", "转出"), (2, "高一2班", ""), (4, "高一1班", "")
        )
        assert class_of(school, 2) == class_id(2)
        assert class_of(school, 4) == class_id(1)
        assert class_of(school, GIRL) == class_id(1), "it waits"
        assert not gather(school.school, student_id(BOY)).world.student.gone, "it waits"
        for number, case in ((GIRL, hers), (BOY, his)):
            live = file_of(school, number).live_case
            assert live is not None
            assert live.id == case

        # Who answers for her stays who it was, until the new teacher and the lead have accepted.
        assert school.desk("homeroom-1").cases.about(school.number(GIRL)).id == hers
        assert school.desk("homeroom-2").hand_overs.accept(student_id(GIRL)) is False
        assert class_of(school, GIRL) == class_id(1)
        assert school.desk("counselor-a").hand_overs.accept(student_id(GIRL)) is True
        assert class_of(school, GIRL) == class_id(2)
        assert school.desk("homeroom-2").cases.about(school.number(GIRL)).id == hers

        # Nobody accepts that he is gone: after ten school days the grade head decides.
        school.clock.advance(days=20)
        (waits,) = school.desk("grade-head-10").hand_overs.list()
        assert (waits["kind"], waits["overdue"]) == ("departure", True)
        assert school.desk("grade-head-10").hand_overs.accept(student_id(BOY)) is True
        school.clock.advance(minutes=1)
        school.net.tick()
        assert verify(school.school).ok
