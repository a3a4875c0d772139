"""Collective signs at the command line: a circle, a sign, a proposal, an answer, a taking back."""

from __future__ import annotations

from typing import Any

import pytest

COUNSELOR, HEAD, EPIDEMIC = "staff:t-002", "staff:t-001", "staff:t-030"
MORE = """\
staff_id,姓名,角色,范围,起
t-001,陈校长,领导小组组长,全校,2026-09-01
t-030,周校长,防控工作领导小组,全校,2026-09-01
"""
THEM = ("no:2026030117", "no:2026030118")
PUPILS = """\
姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话
张三,2026030117,高一,3班,张大,父子,13800000000
李四,2026030118,高一,3班,李大,母女,13800000001
"""


@pytest.fixture
def with_sign(school: Any) -> Any:
    school.done("import", "staff", str(school.write("more.csv", MORE)), "--apply")
    school.done("import", "roster", str(school.write("pupils.csv", PUPILS)), "--apply")
    school.done("sign", "circle", "宿舍", "302", *THEM, by=COUNSELOR)
    for child in THEM:
        school.done(
            *("report", child, "--source", "one_to_one", "--symptom", "self_harm=marked"),
            by=COUNSELOR,
        )
    school.done("tick")
    return school


@pytest.mark.clause("C3.2")
def test_a_sign_is_listed_proposed_for_returned_and_approved(with_sign: Any) -> None:
    (circle,) = with_sign.done("sign", "circles", by=COUNSELOR)
    assert len(circle["members"]) == 2
    (line,) = with_sign.done("sign", "list", by=COUNSELOR)
    assert (line["group"], line["name"], line["students"]) == ("dormitory", "302", 2)
    shown = with_sign.type("sign", "list", by=COUNSELOR, plain=True, lang="zh")
    for word in ("宿舍 302", "待提出建议", "不公开发布"):
        assert word in shown.out
    with_sign.done("sign", "propose", line["sign"], "分小组谈心，不点名、不开大会", by=COUNSELOR)
    refused = with_sign.type("sign", "return", line["sign"], by=HEAD)
    assert refused.codes == ["PSY006"]
    with_sign.done("sign", "return", line["sign"], "--note", "谁来谈", by=HEAD)
    with_sign.done("sign", "propose", line["sign"], "support_staff", by=COUNSELOR)
    with_sign.done("sign", "approve", line["sign"], by=HEAD)
    (line,) = with_sign.done("sign", "list", by=HEAD)
    assert (line["state"], line["measures"]) == ("answered", ["support_staff"])


@pytest.mark.clause("C3.2")
def test_the_epidemic_leading_group_reads_no_name_and_no_small_number(with_sign: Any) -> None:
    shown = with_sign.type("sign", "list", by=EPIDEMIC, plain=True, lang="zh")
    assert "* 表示隐去：人数少于 5" in shown.out
    for private in ("302", "张三", "李四", "t-002"):
        assert private not in shown.out


@pytest.mark.clause("B0.3")
def test_who_may_see_no_sign_reads_that_there_is_none(with_sign: Any) -> None:
    shown = with_sign.type("sign", "list", by="staff:t-017", plain=True, lang="en")
    assert "There is no collective sign." in shown.out
    (line,) = with_sign.done("sign", "list", by=HEAD)
    hidden = with_sign.type("sign", "take-back", line["sign"], "--reason", "x", by="staff:t-017")
    unknown = with_sign.type(
        *("sign", "take-back", "sign-000000000000", "--reason", "x"), by="staff:t-017"
    )
    assert (hidden.code, hidden.codes) == (unknown.code, unknown.codes)
    assert hidden.code != 0
    with_sign.done("sign", "take-back", line["sign"], "--reason", "误会", by=HEAD)
    assert with_sign.done("sign", "list", by=HEAD) == []
