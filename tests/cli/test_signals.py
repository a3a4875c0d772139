"""Signals, notes, surveys and support, typed as a teacher, a child, a counselor would."""

from __future__ import annotations

from typing import Any

import pytest

STUDENT, OTHER = "no:2026030117", "no:2026030118"
TEACHER, COUNSELOR, OFFICE = "staff:t-017", "staff:t-002", "staff:t-004"


def own_id(school: Any) -> str:
    """Who the child is when it acts itself."""
    school.done("exposure", "record", STUDENT, "外出返回", *SINCE, by=TEACHER)
    found = school.done("exposure", "list", by=TEACHER)
    assert [line["name"] for line in found] == ["张三"]
    return f"student:{found[0]['student']}"


SINCE = ("--from", "2026-11-01", "--closes", "2026-12-31")


@pytest.mark.clause("B1.2", "B2.2")
def test_a_child_asks_to_talk_and_reads_who_comes_and_whom_to_call(school: Any) -> None:
    child = own_id(school)
    ran = school.type("talk", "睡不着", by=child, lang="zh", plain=True)
    assert ran.code == 0, ran.err
    assert "李老师会来找你聊聊" in ran.out
    assert all(number in ran.out for number in ("12356", "110", "120"))
    (line,) = school.done("waiting", by=COUNSELOR)
    assert (line["kind"], line["note"]) == ("talk", "睡不着")
    school.done("answer", line["student"], line["duty"], by=COUNSELOR)
    assert school.done("waiting", by=COUNSELOR) == []


@pytest.mark.clause("C5.1")
def test_the_office_reads_figures_for_each_class(school: Any) -> None:
    for student in (STUDENT, OTHER):
        school.done("exposure", "record", student, "发热", *SINCE, by=TEACHER)
    (line,) = school.done("exposure", "counts", by=OFFICE)
    assert line["counts"] == {"confirmed": 0, "suspected": 0, "fever": 2, "close_contact": 0}
    school.done("exposure", "end", OTHER, "发热", "--until", "2026-11-01", by=TEACHER)
    assert school.done("exposure", "counts", by=OFFICE)[0]["counts"]["fever"] == 1
    assert "fever" in school.type("exposure", "counts", by=OFFICE, plain=True).out


@pytest.mark.clause("A2.1", "A2.2")
def test_a_survey_from_the_office_to_the_closed_class(school: Any) -> None:
    own_id(school)
    (started,) = school.done("survey", "start", "--grade", "高一", by=OFFICE)
    assert started["owner"] == TEACHER
    assert "李四" in school.type("survey", "list", by=TEACHER, plain=True).out
    early = school.type("survey", "close", started["class"], "--nobody-else", by=TEACHER)
    assert early.code == 3
    assert "PSY029" in early.err
    school.done("survey", "enter", STUDENT, "联系不上", "--by", "电话", by=TEACHER)
    school.done("survey", "enter", OTHER, "concern", "--symptom", "恐惧=明显", by=TEACHER)
    school.done("survey", "close", started["class"], by=TEACHER)
    owed = school.done("support", "list", by=TEACHER)
    assert {line["kind"] for line in owed} == {"one_to_one", "not_reached"}
    school.done("support", "log", OTHER, "--by", "微信", "--note", "好多了", by=TEACHER)
    assert "好多了" in str(school.done("support", "list", by=TEACHER))
    assert school.type("verify").code == 0


@pytest.mark.clause("C3.1")
def test_a_classmate_leaves_a_note_and_a_counselor_links_it(school: Any) -> None:
    child = own_id(school)
    words = ("高一(3)班 李四", "--symptom", "自伤=明显", "--note", "他写了一封信")
    receipt = school.done("note", *words, by=child)
    assert set(receipt) == {"command", "signal", "answered_by"}
    assert school.done("notes", by=TEACHER) == []
    (line,) = school.done("notes", by=COUNSELOR)
    assert line["text"] == "他写了一封信"
    assert school.type("link", line["note"], OTHER, by=TEACHER).code == 3
    school.done("link", line["note"], OTHER, by=COUNSELOR)
    assert school.done("case", OTHER, by=COUNSELOR)["signals"][0]["source"] == "peer"
    assert school.type("aside", line["note"], by=COUNSELOR).code == 3
    assert "No note waits" in school.type("notes", by=COUNSELOR, plain=True).out


@pytest.mark.clause("C1.1")
def test_a_grave_report_asks_where_the_child_is_and_the_place_is_said(school: Any) -> None:
    words = ("report", STUDENT, "--source", "telephone", "--danger", "plan")
    ran = school.type(*words, by=TEACHER, plain=True)
    assert ran.code == 0
    assert "where is the student now?" in ran.out
    (case,) = school.done("cases", by=COUNSELOR)
    school.done("ack", case["case"], by=COUNSELOR)
    school.done("place", case["case"], "宿舍", by=TEACHER)
    assert school.done("case", case["case"], by=COUNSELOR)["place"] == "dormitory"
