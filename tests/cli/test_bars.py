"""Bars at the command line: set with a report, listed, confirmed, lifted, handed over."""

from __future__ import annotations

from typing import Any

import pytest

LEAD, COUNSELOR, TEACHER = "staff:t-040", "staff:t-002", "staff:t-017"
MORE = """\
staff_id,姓名,角色,范围,起
t-040,沈老师,学生保护专员,全校,2026-09-01
"""
CHILD = "no:2026030117"


@pytest.fixture
def accused(school: Any) -> Any:
    school.done("import", "staff", str(school.write("more.csv", MORE)), "--apply")
    school.done(
        *("report", CHILD, "--source", "hotline", "--symptom", "恐惧=严重"),
        *("--danger", "受成人伤害", "--place", "home", "--accused", TEACHER),
        by=COUNSELOR,
    )
    return school


@pytest.mark.clause("B1.1")
def test_who_is_accused_is_barred_and_the_lead_confirms_or_lifts_it(accused: Any) -> None:
    (line,) = accused.done("bar", "list", by=LEAD)
    assert [bar["person"] for bar in line["bars"]] == [TEACHER]
    told = accused.type("bar", "list", by=LEAD, plain=True, lang="zh")
    assert "t-017" in told.out
    assert "暂定" in told.out
    assert accused.done("bar", "list", by=TEACHER) == []
    assert accused.done("cases", by=TEACHER) == []
    accused.done("bar", "confirm", CHILD, TEACHER, by=LEAD)
    (line,) = accused.done("bar", "list", by=LEAD)
    assert line["bars"][0]["state"] == "confirmed"
    refused = accused.type("bar", "lift", CHILD, TEACHER, by=LEAD)
    assert refused.codes == ["PSY006"]
    hidden = accused.type("bar", "lift", CHILD, TEACHER, "--why", "x", by=TEACHER)
    assert hidden.code != 0
    accused.done("bar", "lift", CHILD, TEACHER, "--why", "核实为误会", by=LEAD)
    assert len(accused.done("cases", by=TEACHER)) == 1


@pytest.mark.clause("C3.2")
def test_the_log_of_whom_a_suspicion_was_handed_over_to(accused: Any) -> None:
    for receiver in ("学生保护专员", "公安", "民政", "教育局"):
        accused.done("bar", "told", CHILD, receiver, "--how", "电话", by=COUNSELOR)
    (line,) = accused.done("bar", "list", by=LEAD)
    assert [one["receiver"] for one in line["handed_over"]] == [
        "safeguarding_lead",
        "police",
        "civil_affairs",
        "education_authority",
    ]
    assert "report_harm" not in {one["kind"] for one in line["owed"]}
    assert accused.type("verify").code == 0


def test_somebody_is_barred_later_with_relatives_and_another_adult_goes_first(school: Any) -> None:
    wife = "staff:t-003"
    school.done("bar", "set", CHILD, TEACHER, "--also", wife, "--why", "电话", by=COUNSELOR)
    school.done("bar", "first", CHILD, by=COUNSELOR)
    found = school.done("bar", "list", by=COUNSELOR)
    assert found
    assert found[0]["bars"][0]["also"] == [wife]
    assert school.type("bar", "pause", "cl-nothing", "--until", "2026-11-20", by=LEAD).code != 0


def test_a_report_of_harm_without_a_name_asks_for_it(school: Any) -> None:
    said = school.type(
        *("report", CHILD, "--source", "hotline", "--danger", "harm_by_adult", "--place", "home"),
        by=COUNSELOR,
    )
    assert said.codes == ["PSY705"]


@pytest.mark.clause("C6.2")
def test_what_a_hospital_stated_is_typed_in_with_its_document(school: Any) -> None:
    school.done("report", CHILD, "--source", "message", "--symptom", "fear=severe", by=COUNSELOR)
    case = school.done("cases", by=COUNSELOR)[0]["case"]
    school.done("ack", case, by=COUNSELOR)
    refused = school.type("dismiss", case, "--reason", "只是焦虑症", by=COUNSELOR)
    assert refused.codes == ["PSY707"]
    stated = ("--institution", "市医院", "--diagnosis", "焦虑障碍", "--document", "0011")
    school.done("hospital", case, *stated, by=COUNSELOR)
    assert school.done("case", case, by=COUNSELOR)["hospital"][0]["document"] == "0011"


@pytest.mark.clause("C6.2")
def test_the_page_of_the_case_says_whom_not_to_tell_and_who_is_barred(accused: Any) -> None:
    case = accused.done("cases", by=COUNSELOR)[0]["case"]
    guardian = accused.done("case", case, by=COUNSELOR)["guardians"][0]["guardian"]
    accused.done("bar", "set", CHILD, guardian, "--why", "孩子说的", by=COUNSELOR)
    accused.done("bar", "told", CHILD, "公安", "--how", "110", by=COUNSELOR)
    page = accused.type("case", case, by=COUNSELOR, plain=True, lang="zh").out
    for words in ("不得告知", "孩子说的", "公安机关", "设置了回避", "移交了疑似侵害线索"):
        assert words in page
    assert "13800000000" not in page
    teacher = accused.type("case", case, by=TEACHER, plain=True, lang="zh")
    assert teacher.code != 0
