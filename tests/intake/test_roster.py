"""The roster of students: classes, guardians, homeroom teachers, and nobody twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from psysafe.domain import events as e
from psysafe.domain.people import Roster
from psysafe.domain.rosters import fold_roster, fold_student
from psysafe.engine.enrolling import commit_students
from psysafe.errors import InvalidDataError
from psysafe.ids import person
from psysafe.testing.schools import MONDAY

COUNTS = ("new", "changed", "unchanged", "refused")


def counts(found: Any) -> tuple[int, ...]:
    return tuple(found.counts[name] for name in COUNTS)


def test_students_come_in_with_number_class_and_guardians(office: Any) -> None:
    found = office.put(office.ZHANG, office.ZHAO)
    assert counts(found) == (2, 0, 0, 0)
    assert found.findings == ()
    zhang = office.student("2026030117")
    assert (zhang.name, zhang.identities) == ("张三", (("student_no", "2026030117"),))
    assert zhang.placement.class_id == office.class_id("g10", "高一(3)班")
    assert [(g.name, g.kind, g.relation, g.telephones) for g in zhang.guardians] == [
        ("张大", "legal_guardian", "父子", ("13800000000",)),
        ("李四", "legal_guardian", "母子", ("13800000001",)),
    ]
    assert [g.kind for g in office.student("0017").guardians] == ["carer"]


def test_leading_zeros_of_a_number_stay_and_none_is_made_up(office: Any) -> None:
    office.put(office.ZHAO)
    assert office.student("0017") is not None
    assert office.student("17") is None


def test_lost_zeros_come_back_only_where_somebody_says_how_wide_the_column_is(office: Any) -> None:
    office.put(office.ZHAO.replace("0017", "17"), pad={"学号": 8})
    assert office.student("00000017") is not None
    with pytest.raises(InvalidDataError) as caught:
        office.look(office.ZHAO, pad={"姓名": 8}).counts  # noqa: B018
    assert [f.code for f in caught.value.findings] == ["PSY262"]


def test_no_id_is_made_of_a_number_or_name_that_could_be_read(office: Any) -> None:
    office.put(office.ZHANG)
    student = office.student("2026030117")
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
        ("张三,", ",", "PSY208", "A2"),
        ("3班", "", "PSY208", "D2"),
        ("3班", "后勤", "PSY226", "D2"),
        ("高一,3班", "高二,高一3班", "PSY226", "D2"),
        ("13800000000", "1.38E+10", "PSY203", "G2"),
        ("13800000001", "打不通", "PSY227", "J2"),
        ("李四", "", "PSY208", "H2"),
        ("张大", "张大、张二", "PSY261", "E2"),
        ("王老师", "汪老师", "PSY214", "K2"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_cell_and_changes_nothing(
    office: Any, old: str, new: str, code: str, cell: str
) -> None:
    before = office.documents()
    found = office.put(office.ZHANG.replace(old, new, 1))
    finding = office.only(found)
    assert (finding.code, finding.severity) == (code, "error")
    assert finding.where["file"] == "roster.csv"
    assert (finding.where["row"], finding.where["cell"]) == (2, cell)
    assert counts(found) == (0, 0, 0, 1)
    assert office.documents() == before


def test_one_bad_row_does_not_keep_the_others_out(office: Any) -> None:
    found = office.put(office.ZHANG.replace("2026030117", "2.03E+09"), office.ZHAO)
    assert counts(found) == (1, 0, 0, 1)


def test_two_students_of_one_name_are_two_students(office: Any) -> None:
    found = office.put(office.ZHANG, office.ZHANG.replace("2026030117", "2026030118"))
    assert (found.counts["new"], found.findings) == (2, ())


# -- one number, several rows -------------------------------------------------------------------


def test_rows_of_one_student_are_one_student_with_all_guardians(office: Any) -> None:
    mother = office.ZHANG.replace("张大,父子,13800000000,李四,母子,13800000001", "李四,母子,,,,")
    grandma = office.ZHANG.replace(
        "张大,父子,13800000000,李四,母子,13800000001", "张奶奶,祖孙,13600000000,,,"
    )
    found = office.put(mother, office.ZHAO, office.ZHANG, grandma)
    assert (counts(found), found.findings) == ((2, 0, 0, 0), ())
    assert [(g.name, g.telephones) for g in office.student("2026030117").guardians] == [
        ("张大", ("13800000000",)),
        ("李四", ("13800000001",)),
        ("张奶奶", ("13600000000",)),
    ]


@pytest.mark.parametrize(
    "other",
    ["赵六,2026030117,高一,3班,,,,,,,", "张三,2026030117,高一,4班,,,,,,,"],
    ids=["another name", "another class"],
)
def test_rows_that_contradict_each_other_are_refused_all(office: Any, other: str) -> None:
    found = office.put(office.ZHANG, office.ZHAO, other)
    assert [(f.code, f.where["cell"]) for f in found.findings] == [
        ("PSY213", "B2"),
        ("PSY213", "B4"),
    ]
    assert counts(found) == (1, 0, 0, 2)
    assert office.student("2026030117") is None


def test_a_class_that_only_contradicting_rows_name_is_not_made(office: Any) -> None:
    rows = [f"张三,2026030117,高三,{number}班,,,,,,," for number in (7, 8)]
    office.put(*rows)
    assert office.class_id("g12", "高三(7)班") not in office.roster.classes


def test_two_files_are_one_roster_in_any_order(office: Any) -> None:
    one = office.file(office.ZHANG, name="one.csv")
    two = office.file(office.ZHANG.replace("张三", "赵六"), office.ZHAO, name="two.csv")
    for files in ((one, two), (two, one)):
        found = office.open(*files)
        assert counts(found) == (1, 0, 0, 2)
        assert {(f.code, f.where["file"]) for f in found.findings} == {
            ("PSY213", "one.csv"),
            ("PSY213", "two.csv"),
        }


# -- who somebody is ----------------------------------------------------------------------------

NATIONAL = "姓名,学号,学籍号,班级"


def test_a_student_whose_number_changes_is_known_by_the_national_number(office: Any) -> None:
    office.put("张三,17,G350100200001,高一3班", heading=NATIONAL)
    known = office.student("17")
    found = office.put("张三,2027-17,G350100200001,高一3班", heading=NATIONAL)
    assert counts(found) == (0, 1, 0, 0)
    assert office.student("2027-17").id == known.id
    assert dict(office.student("2027-17").identities)["student_no"] == "2027-17"


def test_a_roster_with_national_numbers_alone_is_a_roster(office: Any) -> None:
    found = office.put("张三,G350100200001,高一3班", heading="姓名,学籍号,班级")
    assert counts(found) == (1, 0, 0, 0)
    found = office.put("张三,17,G350100200001,高一3班", heading=NATIONAL)
    assert counts(found) == (0, 1, 0, 0)
    assert office.student("17") == office.student("G350100200001", "national_no")


def test_one_row_by_either_number_is_one_student(office: Any) -> None:
    found = office.put(
        "张三,,G350100200001,高一3班", "张三,17,G350100200001,高一3班", heading=NATIONAL
    )
    assert (counts(found), found.findings) == ((1, 0, 0, 0), ())


def test_one_national_number_under_two_numbers_lets_neither_in(office: Any) -> None:
    found = office.put("张三,17,G1,高一3班", "李四,18,G1,高一3班", heading=NATIONAL)
    assert ([f.code for f in found.findings], counts(found)) == (["PSY213"] * 2, (0, 0, 0, 2))


def test_numbers_of_two_students_in_one_row_are_refused(office: Any) -> None:
    office.put("张三,17,G1,高一3班", "李四,18,G2,高一3班", heading=NATIONAL)
    found = office.put("张三,17,G2,高一3班", heading=NATIONAL)
    assert (office.only(found).code, counts(found)) == ("PSY267", (0, 0, 0, 1))


def test_a_row_without_a_number_is_for_a_person_where_the_name_is_known(office: Any) -> None:
    office.put(office.ZHANG)
    found = office.put("张三,,高一3班", "孙九,,高一3班", heading="姓名,学号,班级")
    assert [(f.code, f.where["row"]) for f in found.findings] == [("PSY260", 2), ("PSY208", 3)]
    assert (found.counts["review"], found.counts["refused"]) == (1, 1)
    assert len(office.people()) == 1


def test_a_number_that_is_given_again_to_somebody_else_is_for_a_person(office: Any) -> None:
    office.put(office.ZHANG)
    known = office.student("2026030117")
    found = office.put("孙九,2026030117,高二,5班,孙大,父子,13500000000,,,,")
    finding = office.only(found)
    assert (finding.code, finding.severity, found.counts["review"]) == ("PSY268", "warning", 1)
    assert office.student("2026030117") == known


def test_a_corrected_name_keeps_class_and_guardians(office: Any) -> None:
    office.put(office.ZHANG)
    before = office.student("2026030117")
    found = office.put(office.ZHANG.replace("张三", "张叁"))
    assert found.counts["changed"] == 1
    assert office.student("2026030117") == attrs.evolve(before, name="张叁")


# -- columns ------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["姓名", "学号", "班级"])
def test_a_missing_column_is_named(office: Any, column: str) -> None:
    heading = ",".join(h if h != column else "别的" for h in ("姓名", "学号", "年级", "班级"))
    with pytest.raises(InvalidDataError) as caught:
        office.look("张三,17,高一,3班", heading=heading).counts  # noqa: B018
    assert [(f.code, f.where["column"]) for f in caught.value.findings] == [("PSY201", column)]


def test_grade_guardians_and_homeroom_teacher_may_be_left_out(office: Any) -> None:
    found = office.put("张三,2026030117,高一(3)班", heading="姓名,学号,班级")
    assert found.findings == ()
    assert office.student("2026030117").guardians == ()


def test_what_nobody_needs_is_not_kept_unless_somebody_asks(office: Any) -> None:
    heading = "姓名,学号,班级,身份证号,出生日期,住址"
    row = "张三,17,高一3班,35010020100301001x,2010年3月1日,某路1号"
    office.put(row, heading=heading)
    assert office.student("17").details == {}
    assert b"3501002010" not in b"".join(office.documents().values())
    office.put(row, heading=heading, keep=frozenset({"身份证号", "出生日期"}))
    assert office.student("17").details == {"id_card": "35010020100301001X", "born": "2010-03-01"}


def test_a_birthday_that_is_not_understood_keeps_no_child_out(office: Any) -> None:
    heading = "姓名,学号,班级,出生日期"
    found = office.put("张三,17,高一3班,某日", heading=heading, keep=frozenset({"出生日期"}))
    assert (office.only(found).code, counts(found)) == ("PSY265", (1, 0, 0, 0))


@pytest.mark.parametrize("health", ["38", "66", "抑郁症"])
def test_psychiatric_codes_are_dropped_and_said_once_of_the_column(
    office: Any, health: str
) -> None:
    heading = "姓名,学号,班级,健康状况"
    rows = [f"张三,17,高一3班,{health}", f"李四,18,高一3班,{health}", "赵六,19,高一3班,10"]
    found = office.put(*rows, heading=heading, keep=frozenset({"健康状况"}))
    finding = office.only(found)
    assert (finding.code, finding.severity, finding.where["row"]) == ("PSY270", "note", 1)
    assert [office.student(n).details for n in ("17", "18", "19")] == [{}, {}, {"health": "10"}]


def test_the_campus_is_kept_and_may_be_added_later(office: Any) -> None:
    office.put("张三,17,高一3班", heading="姓名,学号,班级")
    before = office.student("17").placement
    found = office.put("张三,17,高一3班,东校区", heading="姓名,学号,班级,校区")
    assert found.counts["ended"] == 0
    assert office.student("17").placement == attrs.evolve(before, campus="东校区")
    office.put("张三,17,高一3班", heading="姓名,学号,班级")
    assert office.student("17").placement.campus == "东校区"


def test_every_way_of_writing_a_class_is_shown_with_what_it_was_taken_for(office: Any) -> None:
    rows = ["甲,1,高一,3班", "乙,2,十年级,三班", "丙,3,,10.3", "丁,4,2026级,03", "戊,5,高一,3班"]
    found = office.put(*rows, heading="姓名,学号,年级,班级", stage="senior")
    assert {(s.grade, s.text, s.school_class.name, s.rows) for s in found.spellings} == {
        ("高一", "3班", "高一(3)班", 2),
        ("十年级", "三班", "高一(3)班", 1),
        ("", "10.3", "高一(3)班", 1),
        ("2026级", "03", "高一(3)班", 1),
    }
    assert len(office.people()) == 5


# -- again and later ----------------------------------------------------------------------------


def test_the_same_file_a_second_time_changes_nothing(office: Any) -> None:
    rows = (office.ZHANG, office.ZHAO, office.QIAN)
    office.put(*rows)
    before = office.documents()
    office.school.clock.advance(days=30)
    found = office.put(*rows)
    assert (counts(found), found.counts["homeroom"]) == ((0, 0, 3, 0), 0)
    assert office.documents() == before


def test_a_row_or_a_guardian_that_is_missing_ends_nothing(office: Any) -> None:
    office.put(office.ZHANG, office.ZHAO)
    before = office.documents()
    found = office.put(office.ZHANG.replace("李四,母子,13800000001", ",,"))
    assert counts(found) == (0, 0, 1, 0)
    assert office.documents() == before


def test_what_a_file_does_not_say_of_a_guardian_takes_nothing_away(office: Any) -> None:
    office.put(office.ZHANG)
    before = office.student("2026030117").guardians
    office.put("张三,2026030117,高一3班,张大", heading="姓名,学号,班级,监护人1姓名")
    assert office.student("2026030117").guardians == before


def test_a_new_telephone_changes_the_guardian_and_keeps_id_and_beginning(office: Any) -> None:
    office.put(office.ZHANG)
    before = office.student("2026030117").guardians
    office.school.clock.advance(days=30)
    found = office.put(office.ZHANG.replace("13800000000", "13800000009"))
    after = office.student("2026030117").guardians
    assert counts(found) == (0, 1, 0, 0)
    assert after[0].telephones == ("13800000009",)
    assert [(g.id, g.since) for g in after] == [(g.id, g.since) for g in before]


def test_a_move_to_another_class_ends_the_old_placement(office: Any) -> None:
    office.put(office.ZHANG)
    office.school.clock.advance(days=30)
    found = office.put(office.ZHANG.replace("3班", "4班").replace("王老师", ""))
    student = office.student("2026030117")
    assert (found.counts["changed"], found.counts["ended"]) == (1, 1)
    assert student.placement.class_id == office.class_id("g10", "高一(4)班")
    (past,) = student.past_placements
    assert past.class_id == office.class_id("g10", "高一(3)班")
    assert past.until == MONDAY + timedelta(days=30)


def test_an_old_file_does_not_give_back_a_guardian_whose_relation_has_ended(office: Any) -> None:
    office.put(office.ZHANG)
    zhang = office.student("2026030117")
    school = office.school
    now = school.clock.now()
    ended = e.RelationEnded(at=now, student=zhang.id, guardian=zhang.guardians[0].id)
    batch = [(zhang.id, [ended])]
    commit_students(school.school, batch, "operator:setup", now, school.ids.command())
    before = office.documents()
    found = office.put(office.ZHANG)
    finding = office.only(found)
    assert (finding.code, finding.severity, finding.where["cell"]) == ("PSY234", "warning", "E2")
    assert office.documents() == before


# -- those who leave ----------------------------------------------------------------------------

STATUS = "姓名,学号,班级,状态"


@pytest.mark.parametrize(
    ("word", "why"), [("转出", "transferred"), ("毕业", "graduated"), ("离校", "left")]
)
def test_who_leaves_stands_in_no_class_any_more(office: Any, word: str, why: str) -> None:
    office.put("张三,17,高一3班,在读", heading=STATUS)
    found = office.put(f"张三,17,,{word}", heading=STATUS)
    assert (found.counts["changed"], found.counts["ended"]) == (1, 1)
    assert office.student("17").gone
    assert office.people() == ()
    assert counts(office.put(f"张三,17,高一3班,{word}", heading=STATUS)) == (0, 0, 1, 0)


def test_who_has_left_comes_back_only_by_a_word(office: Any) -> None:
    office.put("张三,17,高一3班,在读", heading=STATUS)
    office.put("张三,17,,转出", heading=STATUS)
    found = office.put("张三,17,高一3班", heading="姓名,学号,班级")
    assert (office.only(found).code, office.people()) == ("PSY266", ())
    office.put("张三,17,高一3班,在读", heading=STATUS)
    assert [one.name for one in office.people()] == ["张三"]


def test_nobody_unknown_comes_in_to_leave(office: Any) -> None:
    found = office.put("张三,17,高一3班,毕业", heading=STATUS)
    assert (counts(found), office.student("17")) == ((0, 0, 1, 0), None)


@pytest.mark.parametrize(("word", "code"), [("死亡", "PSY263"), ("在徒", "PSY264")])
def test_a_death_or_an_unknown_word_ends_nothing(office: Any, word: str, code: str) -> None:
    office.put("张三,17,高一3班,在读", heading=STATUS)
    found = office.put(f"张三,17,高一3班,{word}", heading=STATUS)
    assert office.only(found).code == code
    assert not office.student("17").gone


# -- classes with a name of their own ------------------------------------------------------------


def test_a_class_keeps_its_own_name_and_its_spellings_are_one_class(office: Any) -> None:
    rows = [
        "张三,1,高一,Homeroom A",
        "李四,2,g10,homeroom  a",
        "王五,3,高一,高一 ＨＯＭＥＲＯＯＭ A",
        "赵六,4,高一,启航书院",
        "钱七,5,高二,Homeroom A",
    ]
    found = office.put(*rows, heading="姓名,学号,年级,班级")
    assert (found.counts["new"], found.counts["refused"]) == (5, 0)
    names = {(o.grade, o.name) for o in office.roster.classes.values() if "(" not in o.name}
    assert {n for n in names if n[1]} == {
        ("g10", "HOMEROOM A"),
        ("g10", "启航书院"),
        ("g11", "Homeroom A"),
    }
    first = {s.school_class.name for s in found.spellings if "omeroom" in s.text}
    assert first == {"HOMEROOM A", "Homeroom A"}
    again = office.look(*reversed(rows), heading="姓名,学号,年级,班级", name="sorted.csv")
    assert again.counts["unchanged"] == 5
    place = office.position
    again.apply()
    assert office.position == place


@pytest.mark.parametrize(
    "text", ["无", "待定", "100", "N/A", "后勤", "7A", "A班、B班", "2020级1班", "a" * 31, "-"]
)
def test_what_says_no_class_is_no_class_of_its_own_name(office: Any, text: str) -> None:
    found = office.look(f"张三,1,高一,{text}", heading="姓名,学号,年级,班级")
    assert [f.code for f in found.findings] == ["PSY226"]


def test_a_class_of_its_own_name_needs_its_grade(office: Any) -> None:
    found = office.look("张三,1,Homeroom A", heading="姓名,学号,班级")
    assert [f.code for f in found.findings] == ["PSY226"]


@pytest.mark.parametrize(
    ("grade", "text", "name"),
    [("初三", "9A", "初三(A)班"), ("初三", "3-A", "初三(A)班"), ("高一", "A", "高一(A)班")],
)
def test_a_letter_beside_its_grade_is_a_class(
    office: Any, grade: str, text: str, name: str
) -> None:
    found = office.look(f"张三,1,{grade},{text}", heading="姓名,学号,年级,班级")
    assert [s.school_class.name for s in found.spellings] == [name]


# -- the homeroom teacher -----------------------------------------------------------------------


def test_whoever_is_named_becomes_homeroom_teacher_where_they_are_not_yet(office: Any) -> None:
    found = office.put(office.ZHANG, office.QIAN)
    assert found.counts["homeroom"] == 1
    other = office.class_id("g11", "高二(1)班")
    now = office.school.clock.now()
    named = [s.id for s in office.roster.holders("homeroom_teacher", "g11", other, now)]
    # The invented school has given the class a teacher before, who is not taken out by it.
    assert named == ["staff:homeroom-3", "staff:t-018"]


def test_a_name_is_matched_without_spaces(office: Any) -> None:
    assert office.put(office.QIAN.replace("t-018", "孙老师")).counts["homeroom"] == 1


def test_two_of_one_name_are_told_apart_by_the_class_else_refused(office: Any) -> None:
    office.staff("t-099", "王老师", office.homeroom("g12", "高三(9)班"))
    assert office.look(office.ZHANG).findings == ()
    elsewhere = office.look(office.ZHANG.replace("3班", "5班"))
    assert office.only(elsewhere).code == "PSY214"
    by_id = office.ZHANG.replace("3班", "5班").replace("王老师", "t-099")
    assert office.look(by_id).counts["homeroom"] == 1


def test_an_old_file_does_not_give_a_class_back_to_a_teacher_who_left_it(office: Any) -> None:
    office.staff("t-050", "周老师")
    role = office.homeroom("g10", "高一(6)班", until=MONDAY)
    office.enter(e.RelationStarted(staff=person("staff:t-050"), role=role))
    row = office.ZHANG.replace("3班", "6班").replace("王老师", "周老师")
    found = office.put(row)
    finding = office.only(found)
    assert (finding.code, finding.severity, finding.where["cell"]) == ("PSY229", "warning", "K2")
    assert (found.counts["homeroom"], found.counts["new"]) == (0, 1)


def test_a_second_homeroom_teacher_of_a_class_is_shown_to_a_person(office: Any) -> None:
    found = office.put(office.ZHANG.replace("王老师", "t-018"))
    finding = office.only(found)
    assert (finding.code, finding.severity, finding.where["cell"]) == ("PSY228", "warning", "K2")
    assert found.counts["homeroom"] == 1


# -- nothing private ----------------------------------------------------------------------------


def test_nothing_private_stands_in_a_finding_or_a_repr(office: Any) -> None:
    found = office.put(
        office.ZHANG.replace("2026030117", "9.99E+09"),
        office.ZHANG.replace("3班", "张三班主任?"),
        office.ZHANG,
        office.ZHAO,
        office.ZHAO.replace("赵六", "孙九"),
    )
    said = repr(found) + "".join(
        f"{f!r}{f.what}{f.why}{f.cure}{f.where}{f.facts}" for f in found.findings
    )
    assert found.counts["refused"] == 4
    for private in ("张三", "张大", "王老师", "2026030117", "9.99", "13800000000", "赵六", "0017"):
        assert private not in said


# -- the folds ----------------------------------------------------------------------------------


def test_the_end_of_what_is_not_known_is_no_event_of_the_roster(office: Any) -> None:
    ended = e.RelationEnded(
        at=MONDAY, staff=person("staff:t-018"), role=office.homeroom("g10", "高一(3)班")
    )
    with pytest.raises(ValueError, match="not held"):
        fold_roster(office.roster, ended)
    with pytest.raises(ValueError, match="not in the roster"):
        fold_roster(Roster(), ended)


def test_an_event_before_the_student_is_refused(office: Any) -> None:
    office.put(office.ZHANG)
    student = office.student("2026030117")
    gone = e.RelationEnded(
        at=MONDAY, student=student.id, guardian=person("guardian:g-000000000000")
    )
    with pytest.raises(ValueError, match="before the student"):
        fold_student(None, gone)
    with pytest.raises(ValueError, match="not known"):
        fold_student(student, gone)
