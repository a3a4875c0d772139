"""The roster of students: classes, guardians, homeroom teachers, and nobody twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.domain import events as e
from psysafe.domain.people import RoleHeld, Roster, Scope, Staff, Student
from psysafe.domain.rosters import fold_roster, fold_student
from psysafe.errors import Finding, InvalidDataError
from psysafe.ids import ClassId, PersonId, StudentId, derived_command, make_id, person
from psysafe.intake.roster import RosterImport, guardian_kind, read_roster
from psysafe.intake.tables import read_table

KEY = b"k" * 32
NOW = datetime(2026, 9, 10, 2, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
HEADING = (
    "姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话,监护人2姓名,与学生关系,联系电话,班主任"
)
ZHANG = "张三,2026030117,高一,3班,张大,父子,13800000000,李四,母子,13800000001,王老师"
ZHAO = "赵六,0017,高一,3班,赵奶奶,祖孙,13900000000,,,,王老师"
QIAN = "钱七,2026030119,高二,1班,钱阿姨,邻居,13700000000,,,,t-018"


def made(prefix: str, *content: str) -> str:
    return make_id(KEY, derived_command(KEY, *content), prefix, 0)


def class_id(grade: str, name: str) -> ClassId:
    return ClassId(made("cl", "class", grade, name))


def student_id(number: str) -> StudentId:
    return StudentId(made("s", "student", number))


def guardian_id(number: str, name: str) -> PersonId:
    return person("guardian:" + made("g", "guardian", number, name))


CLASS = class_id("g10", "高一(3)班")


def homeroom(of: ClassId, until: datetime | None = None) -> RoleHeld:
    since = NOW - timedelta(days=9)
    return RoleHeld(
        role="homeroom_teacher", scope=Scope(kind="class", values=(of,)), since=since, until=until
    )


def staff(*people: tuple[str, str, tuple[RoleHeld, ...]]) -> Roster:
    made_of = [Staff(id=person(f"staff:{who}"), name=n, roles=r) for who, n, r in people]
    return Roster(staff={someone.id: someone for someone in made_of})


STAFF = staff(("t-017", "王老师", (homeroom(CLASS),)), ("t-018", "孙 老师", ()))


@attrs.frozen
class World:
    """What is known: the roster, and students by number."""

    roster: Roster = STAFF
    students: Mapping[str, Student] = attrs.field(factory=dict)

    def after(self, found: RosterImport) -> World:
        roster = self.roster
        for event in found.school:
            roster = fold_roster(roster, event)
        by_id: dict[StudentId, Student] = {s.id: s for s in self.students.values()}
        for one in found.students:
            person = by_id.get(one.student)
            for event in one.events:
                person = fold_student(person, event)
            assert person is not None
            by_id[one.student] = person
        return World(roster, {s.identities[0][1]: s for s in by_id.values()})


def imported(
    *rows: str,
    world: World | None = None,
    heading: str = HEADING,
    now: datetime = NOW,
    live: Collection[StudentId] = (),
) -> RosterImport:
    known = world or World()
    return read_roster(
        read_table("\n".join((heading, *rows)).encode(), "roster.csv", "roster"),
        known.roster,
        known.students,
        now,
        class_id=class_id,
        student_id=student_id,
        guardian_id=guardian_id,
        live=live,
    )


def only(found: RosterImport) -> Finding:
    (finding,) = found.findings
    assert finding.what
    assert finding.why
    assert finding.cure
    return finding


def test_students_come_in_with_number_class_and_guardians() -> None:
    found = imported(ZHANG, ZHAO)
    assert (found.new, found.changed, found.unchanged, found.refused) == (2, 0, 0, 0)
    assert found.findings == ()
    world = World().after(found)
    zhang = world.students["2026030117"]
    assert (zhang.name, zhang.id) == ("张三", student_id("2026030117"))
    assert zhang.identities == (("student_no", "2026030117"),)
    assert (zhang.placement.class_id, zhang.placement.grade) == (CLASS, "g10")
    assert [(g.name, g.kind, g.relation, g.telephones) for g in zhang.guardians] == [
        ("张大", "legal_guardian", "父子", ("13800000000",)),
        ("李四", "legal_guardian", "母子", ("13800000001",)),
    ]
    assert [g.kind for g in world.students["0017"].guardians] == ["carer"]
    assert world.roster.classes[CLASS].name == "高一(3)班"


def test_leading_zeros_of_a_number_stay() -> None:
    assert set(World().after(imported(ZHAO)).students) == {"0017"}


def test_no_id_is_made_of_a_number_or_name_that_could_be_read() -> None:
    student = World().after(imported(ZHANG)).students["2026030117"]
    ids = [student.id, *(guardian.id for guardian in student.guardians)]
    assert not any("2026030117" in one or "张" in one for one in ids)


@pytest.mark.parametrize(
    ("old", "new", "code", "cell"),
    [
        ("2026030117", "2.03E+09", "PSY203", "B2"),
        ("2026030117", "1.23E+17", "PSY203", "B2"),
        ("2026030117", "2026030117.0", "PSY203", "B2"),
        ("2026030117", "张三", "PSY230", "B2"),
        ("2026030117", "1" * 33, "PSY230", "B2"),
        ("2026030117", "", "PSY208", "B2"),
        ("张三,", ",", "PSY208", "A2"),
        ("3班", "", "PSY208", "D2"),
        ("3班", "后勤", "PSY226", "D2"),
        ("高一", "2026级", "PSY226", "D2"),
        ("高一,3班", "高二,高一3班", "PSY226", "D2"),
        ("13800000000", "1.38E+10", "PSY203", "G2"),
        ("13800000001", "打不通", "PSY227", "J2"),
        ("李四", "", "PSY208", "H2"),
        ("王老师", "汪老师", "PSY214", "K2"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_cell_and_changes_nothing(
    old: str, new: str, code: str, cell: str
) -> None:
    found = imported(ZHANG.replace(old, new, 1))
    finding = only(found)
    assert (finding.code, finding.severity) == (code, "error")
    assert finding.where["file"] == "roster.csv"
    assert (finding.where["row"], finding.where["cell"]) == (2, cell)
    assert (found.school, found.students, found.refused) == ((), (), 1)


def test_one_bad_row_does_not_keep_the_others_out() -> None:
    found = imported(ZHANG.replace("2026030117", "2.03E+09"), ZHAO)
    assert (found.new, found.refused) == (1, 1)


def test_a_number_that_stands_twice_makes_no_student_at_all() -> None:
    found = imported(ZHANG, ZHAO, ZHAO.replace("赵六,0017", "周八,2026030117"))
    assert [(f.code, f.where["cell"]) for f in found.findings] == [
        ("PSY213", "B2"),
        ("PSY213", "B4"),
    ]
    assert set(World().after(found).students) == {"0017"}


def test_two_students_of_one_name_are_two_students() -> None:
    found = imported(ZHANG, ZHANG.replace("2026030117", "2026030118"))
    assert (found.new, found.findings) == (2, ())


def test_nothing_private_stands_in_a_finding_or_a_repr() -> None:
    found = imported(
        ZHANG.replace("2026030117", "9.99E+09"), ZHANG.replace("3班", "张三班主任?"), ZHANG, ZHAO
    )
    said = repr(found) + "".join(
        f"{f.what}{f.why}{f.cure}{f.where}{f.facts}" for f in found.findings
    )
    assert found.refused == 2
    for private in ("张三", "张大", "王老师", "2026030117", "9.99", "13800000000", "赵六"):
        assert private not in said


@pytest.mark.parametrize("column", ["姓名,", "学号", "班级"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        imported(ZHANG, heading=HEADING.replace(column, "别的,"[: len(column)], 1))
    assert [(f.code, f.where["column"]) for f in caught.value.findings] == [
        ("PSY201", column.strip(","))
    ]


def test_grade_guardians_and_homeroom_teacher_may_be_left_out() -> None:
    found = imported("张三,2026030117,高一(3)班", heading="姓名,学号,班级")
    assert found.findings == ()
    student = World().after(found).students["2026030117"]
    assert (student.placement.class_id, student.guardians) == (CLASS, ())


def test_relation_and_telephone_belong_to_the_guardian_before_them() -> None:
    heading = "姓名,学号,班级,监护人1姓名,联系电话,监护人2姓名,与学生关系,联系电话"
    found = imported("张三,1,高一3班,张大,13800000000,李四,母子,13800000001", heading=heading)
    guardians = World().after(found).students["1"].guardians
    assert [(g.relation, g.telephones) for g in guardians] == [
        ("", ("13800000000",)),
        ("母子", ("13800000001",)),
    ]


def test_a_telephone_column_before_any_guardian_is_listed_and_not_guessed() -> None:
    found = imported("13800000000,张三,1,高一3班", heading="联系电话,姓名,学号,班级")
    finding = only(found)
    assert (finding.code, finding.facts["columns"]) == ("PSY221", "A")
    assert World().after(found).students["1"].guardians == ()


def test_one_cell_may_hold_several_telephones() -> None:
    found = imported(ZHANG.replace("13800000000", "+86 138-0000-0000；(010)8888 7777"))
    guardian = World().after(found).students["2026030117"].guardians[0]
    assert guardian.telephones == ("13800000000", "01088887777")


@pytest.mark.parametrize(
    "word", ["父子", "母女", "父亲", "妈妈", "养母", "监护人", "legal_guardian"]
)
def test_parents_are_legal_guardians(word: str) -> None:
    assert guardian_kind(word) == "legal_guardian"


@pytest.mark.parametrize("word", ["爷爷", "奶奶", "祖父", "外婆", "姥姥", "祖孙", "继父"])
def test_grandparents_and_parents_spouses_are_carers(word: str) -> None:
    assert guardian_kind(word) == "carer"


@pytest.mark.parametrize("word", ["", "邻居", "叔叔", "哥哥", "父亲的同事"])
def test_any_other_relation_is_an_emergency_contact_and_a_person_is_told(word: str) -> None:
    found = imported(QIAN.replace("邻居", word))
    finding = only(found)
    assert (finding.code, finding.severity, finding.where["cell"]) == ("PSY232", "warning", "F2")
    guardian = World().after(found).students["2026030119"].guardians[0]
    assert guardian.kind == "emergency_contact"


def test_the_same_file_a_second_time_changes_nothing() -> None:
    rows = (ZHANG, ZHAO, QIAN)
    world = World().after(imported(*rows))
    again = imported(*rows, world=world, now=LATER)
    assert (again.school, again.students) == ((), ())
    assert (again.unchanged, again.new, again.changed, again.ended) == (3, 0, 0, 0)


def test_a_row_or_a_guardian_that_is_missing_ends_nothing() -> None:
    world = World().after(imported(ZHANG, ZHAO))
    fewer = ZHANG.replace("李四,母子,13800000001", ",,")
    found = imported(fewer, world=world, now=LATER)
    assert (found.students, found.unchanged) == ((), 1)


def test_a_new_telephone_changes_the_guardian_and_keeps_id_and_beginning() -> None:
    world = World().after(imported(ZHANG))
    found = imported(ZHANG.replace("13800000000", "13800000009"), world=world, now=LATER)
    before = world.students["2026030117"].guardians
    after = world.after(found).students["2026030117"].guardians
    assert (found.changed, found.unchanged) == (1, 0)
    assert after[0].telephones == ("13800000009",)
    assert [(g.id, g.since) for g in after] == [(g.id, g.since) for g in before]


def test_a_move_to_another_class_ends_the_old_placement() -> None:
    world = World().after(imported(ZHANG))
    found = imported(ZHANG.replace("3班", "4班").replace("王老师", ""), world=world, now=LATER)
    student = world.after(found).students["2026030117"]
    assert (found.changed, found.ended) == (1, 1)
    assert student.placement.class_id == class_id("g10", "高一(4)班")
    assert [(p.class_id, p.until) for p in student.past_placements] == [(CLASS, LATER)]


def test_a_student_with_a_live_case_is_not_moved_by_a_file() -> None:
    world = World().after(imported(ZHANG))
    moved = ZHANG.replace("3班", "4班").replace("王老师", "")
    found = imported(moved, world=world, live={student_id("2026030117")})
    finding = only(found)
    assert (finding.code, finding.severity, finding.where["cell"]) == ("PSY231", "warning", "D2")
    assert found.students == ()


def test_a_corrected_name_keeps_class_and_guardians() -> None:
    world = World().after(imported(ZHANG))
    found = imported(ZHANG.replace("张三", "张叁"), world=world, now=LATER)
    student = world.after(found).students["2026030117"]
    assert student == attrs.evolve(world.students["2026030117"], name="张叁")  # type: ignore[misc]


def test_an_old_file_does_not_give_back_a_guardian_whose_relation_has_ended() -> None:
    world = World().after(imported(ZHANG))
    zhang = world.students["2026030117"]
    ended = e.RelationEnded(at=NOW, student=zhang.id, guardian=zhang.guardians[0].id)
    world = World(world.roster, {"2026030117": fold_student(zhang, ended)})
    found = imported(ZHANG, world=world, now=LATER)
    finding = only(found)
    assert (finding.code, finding.severity, finding.where["cell"]) == ("PSY234", "warning", "E2")
    assert found.students == ()


# -- the homeroom teacher ---------------------------------------------------------------------


def test_whoever_is_named_becomes_homeroom_teacher_where_they_are_not_yet() -> None:
    found = imported(ZHANG, QIAN)
    world = World().after(found)
    assert found.homeroom == 1
    other = class_id("g11", "高二(1)班")
    assert [s.id for s in world.roster.holders("homeroom_teacher", "g11", other, NOW)] == [
        "staff:t-018"
    ]
    assert world.roster.staff["staff:t-017"] == STAFF.staff["staff:t-017"]


def test_a_name_is_matched_without_spaces() -> None:
    assert imported(QIAN.replace("t-018", "孙老师")).homeroom == 1


def test_two_of_one_name_are_told_apart_by_the_class_else_refused() -> None:
    others = (homeroom(class_id("g12", "高三(9)班")),)
    roster = staff(("t-017", "王老师", (homeroom(CLASS),)), ("t-099", "王老师", others))
    assert imported(ZHANG, world=World(roster)).findings == ()
    elsewhere = imported(ZHANG.replace("3班", "5班"), world=World(roster))
    assert only(elsewhere).code == "PSY214"
    by_id = ZHANG.replace("3班", "5班").replace("王老师", "t-099")
    assert imported(by_id, world=World(roster)).homeroom == 1


def test_an_old_file_does_not_give_a_class_back_to_a_teacher_who_left_it() -> None:
    roster = staff(("t-017", "王老师", (homeroom(CLASS, until=NOW),)))
    found = imported(ZHANG, world=World(roster))
    finding = only(found)
    assert (finding.code, finding.severity) == ("PSY229", "warning")
    assert (found.homeroom, found.new) == (0, 1)


def test_a_second_homeroom_teacher_of_a_class_is_shown_to_a_person() -> None:
    found = imported(ZHANG.replace("王老师", "t-018"))
    finding = only(found)
    assert (finding.code, finding.severity, finding.where["cell"]) == ("PSY228", "warning", "K2")
    assert found.homeroom == 1


# -- laws -------------------------------------------------------------------------------------

ROWS = [
    ZHANG,
    ZHAO,
    QIAN,
    ZHANG.replace("2026030117", "2026030120").replace("3班", "5班"),
    ZHAO.replace("0017", "2026030121").replace("13900000000", "x"),
    ZHAO.replace("0017", "2026030122"),
    QIAN.replace("2026030119", "2026030122"),
]


@given(st.permutations(ROWS), st.permutations(ROWS))
def test_the_order_of_the_rows_means_nothing(one: list[str], other: list[str]) -> None:
    first, second = imported(*one), imported(*other)
    assert (first.school, first.students) == (second.school, second.students)
    world = World().after(first)
    assert world.students.keys() == {"2026030117", "0017", "2026030119", "2026030120"}
    again = imported(*other, world=world, now=LATER)
    assert (again.school, again.students) == ((), ())


_row = st.builds(
    lambda number, name, group, guardian, telephone: (
        f"{name},{number},高一,{group},{guardian},母子,{telephone},,,,"
    ),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["甲", "乙"]),
    st.sampled_from(["3班", "4班"]),
    st.sampled_from(["", "丙", "丁"]),
    st.just(""),
)


@given(st.lists(st.lists(_row, max_size=4), max_size=4))
def test_whatever_was_imported_before_the_same_file_twice_changes_nothing(
    files: list[list[str]],
) -> None:
    world = World()
    for day, rows in enumerate(files):
        now = NOW + timedelta(days=day)
        rows = [r.replace("母子", "") if ",,母子" in r else r for r in rows]
        world = world.after(imported(*rows, world=world, now=now))
        again = imported(*rows, world=world, now=now + timedelta(hours=1))
        assert (again.school, again.students) == ((), ())


# -- the folds --------------------------------------------------------------------------------


def test_the_end_of_what_is_not_known_is_no_event_of_the_roster() -> None:
    ended = e.RelationEnded(at=NOW, staff=person("staff:t-018"), role=homeroom(CLASS))
    with pytest.raises(ValueError, match="not held"):
        fold_roster(STAFF, ended)
    with pytest.raises(ValueError, match="not in the roster"):
        fold_roster(Roster(), ended)


def test_an_event_before_the_student_is_refused() -> None:
    student = World().after(imported(ZHANG)).students["2026030117"]
    gone = e.RelationEnded(at=NOW, student=student.id, guardian=guardian_id("1", "x"))
    with pytest.raises(ValueError, match="before the student"):
        fold_student(None, gone)
    with pytest.raises(ValueError, match="not known"):
        fold_student(student, gone)
