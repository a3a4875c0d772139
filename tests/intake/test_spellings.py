"""How schools write grades, classes, dates, telephones and families: each read as one thing."""

from __future__ import annotations

from datetime import date

import pytest

from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.classes import class_key, grade_key, school_year
from psysafe.intake.guardians import guardian_kind, relatives

AUTUMN = school_year(date(2026, 11, 26), ["g10", "g12"])


@pytest.mark.parametrize(
    ("grade", "text"),
    [
        *(
            ("高一", word)
            for word in ("3", "03", "3班", "(3)班", "（3）班", "三班", "3.0", "Class 3")
        ),
        *((word, "3班") for word in ("10", "10.0", "十年级", "10年级", "高中一年级", "高1", "G10")),
        *((word, "3班") for word in ("2026级", "高2026级", "高中2026级", "2029届", "Grade 10")),
        *(
            ("", word)
            for word in ("高一(3)班", "高一3班", "高一三班", "高一年级3班", "10.3", "10-3")
        ),
        *(
            ("", word)
            for word in (
                "2026级3班",
                "高2026级(3)班",
                "g10.3",
                "Grade 10 Class 3",
                " 高一（３）班 ",
            )
        ),
    ],
)
def test_every_way_of_writing_a_class_is_one_class(grade: str, text: str) -> None:
    assert class_key(grade, text, AUTUMN) == ("g10", "高一(3)班")


@pytest.mark.parametrize(
    ("grade", "text", "name"),
    [
        ("", "七(3)班", "初一(3)班"),
        ("", "七3班", "初一(3)班"),
        ("", "十二(3)班", "高三(3)班"),
        ("初2024级", "2", "初三(2)班"),
        ("五年级", "实验班", "五年级(实验)班"),
        ("高一", "a班", "高一(A)班"),
        ("", "高一十二班", "高一(12)班"),
        ("", "10.10", "高一(10)班"),
    ],
)
def test_other_classes_keep_their_names(grade: str, text: str, name: str) -> None:
    key = class_key(grade, text, AUTUMN)
    assert isinstance(key, tuple)
    assert key[1] == name


@pytest.mark.parametrize(
    ("grade", "text"),
    [
        ("", "3班"),
        ("高一", "后勤"),
        ("高二", "高一3班"),
        ("2020级", "1"),
        ("", "301班"),
        ("", "g103"),
    ],
)
def test_what_could_be_several_classes_is_refused(grade: str, text: str) -> None:
    assert class_key(grade, text, AUTUMN) == Fault("PSY226")


def test_a_year_of_entry_moves_up_with_the_school_year() -> None:
    keys = ["g10", "g11"]
    assert grade_key("2026级", school_year(date(2026, 7, 31), keys)) is None
    assert grade_key("2026级", school_year(date(2026, 8, 1), keys)) == "g10"
    assert grade_key("2026级", school_year(date(2027, 3, 1), keys)) == "g10"
    assert grade_key("2026级", school_year(date(2027, 9, 1), keys)) == "g11"


def test_a_year_of_entry_says_nothing_in_a_school_of_several_stages() -> None:
    year = school_year(date(2026, 9, 1), ["g7", "g10"])
    assert grade_key("2026级", year) is None
    assert (grade_key("初2026级", year), grade_key("高2026级", year)) == ("g7", "g10")


@pytest.mark.parametrize(
    "text",
    [
        "20100301",
        "2010/3/3",
        "2010.3.4",
        "2010年3月5日",
        "2010-03-01",
        "40238",
        "40238.0",
        "２０１０年３月１日",
    ],
)
def test_a_day_is_read_in_each_of_its_forms(text: str) -> None:
    found = cells.day(text)
    assert isinstance(found, date)
    assert (found.year, found.month) == (2010, 3)


def test_a_workbook_of_the_other_epoch_counts_from_its_own_day() -> None:
    assert cells.day("38776", epoch=cells.EPOCHS[1]) == date(2010, 3, 1)


@pytest.mark.parametrize(
    "text", ["2010", "201003", "10-3-1", "2010年3月", "20101301", "99999", "1"]
)
def test_half_a_day_is_no_day(text: str) -> None:
    assert cells.day(text) == Fault("PSY215")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("１３８００００００００", ("13800000000",)),
        ("+86 138-0000-0000", ("13800000000",)),
        ("0086 13800000000", ("13800000000",)),
        ("(0591)8765 4321", ("059187654321",)),
        ("+86 10 8888 7777", ("01088887777",)),
        ("+86 0755-12345678", ("075512345678",)),
        ("13800000000 / 010-88887777", ("13800000000", "01088887777")),
        ("138–0000–0000", ("13800000000",)),
    ],
)
def test_one_telephone_has_one_form(text: str, numbers: tuple[str, ...]) -> None:
    assert cells.telephones(text) == numbers


@pytest.mark.parametrize("text", ["打不通", "1", "87654321-8001", "0591-87654321转8001"])
def test_what_nobody_can_dial_is_refused(text: str) -> None:
    assert cells.telephones(text) == Fault("PSY227")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *(
            (w, "legal_guardian")
            for w in ("父子", "母女", "父亲", "妈妈", "养母", "监护人", "51", "52")
        ),
        *((w, "legal_guardian") for w in ("legal_guardian", "Father", "家长", " 父 亲 ")),
        *((w, "carer") for w in ("爷爷", "祖孙", "外婆", "继父", "61", "64", "57", "58")),
        *((w, "emergency_contact") for w in ("叔叔", "邻居", "71", "97", "99", "姐姐")),
        *((w, None) for w in ("", "父亲的同事", "01", "20", "班长")),
    ],
)
def test_a_relation_makes_nobody_more_than_it_says(word: str, kind: str | None) -> None:
    assert guardian_kind(word) == kind


FATHER, MOTHER = (
    ("张大", "legal_guardian", ("13800000000",)),
    ("李四", "legal_guardian", ("13900000000",)),
)


@pytest.mark.parametrize(
    ("names", "relation", "telephone", "people"),
    [
        ("张大、李四", "父子、母子", "13800000000/13900000000", (FATHER, MOTHER)),
        ("父亲：张大 13800000000；母亲：李四 13900000000", "", "", (FATHER, MOTHER)),
        ("张大(父)13800000000 李四(母)13900000000", "", "", (FATHER, MOTHER)),
        ("张大/李四", "父亲/母亲", "父：13800000000；母：13900000000", (FATHER, MOTHER)),
        (
            "张大 李四",
            "父母",
            "13800000000",
            (FATHER, ("李四", "legal_guardian", ("13800000000",))),
        ),
        ("张 大", "51", "138 0000 0000", (("张 大", "legal_guardian", ("13800000000",)),)),
        (
            "张大",
            "父子",
            "13800000000;010-88887777",
            (("张大", "legal_guardian", ("13800000000", "01088887777")),),
        ),
        ("阿依古丽·买买提", "母女", "", (("阿依古丽·买买提", "legal_guardian", ()),)),
    ],
)
def test_the_people_of_a_cell_are_told_apart(
    names: str, relation: str, telephone: str, people: tuple[object, ...]
) -> None:
    found = relatives(names, relation, telephone, "", "监护人1姓名")
    assert not isinstance(found, Fault)
    assert tuple((r.name, r.kind, r.telephones) for r in found) == people


def test_what_somebody_is_may_stand_in_a_column_of_its_own() -> None:
    (one,) = relatives("张大", "叔叔", "", "监护人", "监护人1姓名")  # type: ignore[misc]
    assert (one.kind, one.relation) == ("legal_guardian", "叔叔")


@pytest.mark.parametrize(
    ("names", "relation", "telephone", "code"),
    [
        ("张大、李四", "父子", "", "PSY261"),
        ("张大、李四", "父母", "13800000000/13900000000/010-88887777", "PSY261"),
        ("", "父子", "13800000000", "PSY208"),
        ("张大", "父子", "1.38E+10", "PSY203"),
    ],
)
def test_it_is_never_guessed_whose_telephone_it_is(
    names: str, relation: str, telephone: str, code: str
) -> None:
    found = relatives(names, relation, telephone, "", "监护人1姓名")
    assert isinstance(found, Fault)
    assert found.code == code
