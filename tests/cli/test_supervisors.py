"""The supervisor of a teacher who leads, at the command line: named, shown, refused, missed."""

from __future__ import annotations

from typing import Any

import pytest

TEACHER, COUNSELOR, OTHER, HEAD = "staff:t-017", "staff:t-002", "staff:t-012", "staff:t-001"
TRAINED = """
[rights.lead_case]
holders = ["counselor", "homeroom_teacher"]
origin = { kind = "site", ref = "one of our teachers was trained" }
"""


@pytest.fixture
def trained(school: Any) -> Any:
    plan = school.folder / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + TRAINED, encoding="utf-8")
    return school


def taken(school: Any) -> str:
    words = ("report", "no:2026030117", "--source", "peer", "--symptom", "self_harm=some")
    school.done(*words, by=TEACHER)
    (line,) = school.done("cases", by=COUNSELOR)
    school.done("ack", line["case"], by=COUNSELOR)
    return str(line["case"])


@pytest.mark.clause("A2.4")
def test_a_case_is_opened_with_the_supervisor_of_its_lead(trained: Any) -> None:
    case = taken(trained)
    refused = trained.type(
        "open", case, "--lead", TEACHER, "--supervisor", TEACHER, by=COUNSELOR, lang="zh"
    )
    assert (refused.code, refused.codes) == (3, ["PSY065"])
    trained.done("open", case, "--lead", TEACHER, "--supervisor", OTHER, by=COUNSELOR)
    assert trained.done("case", case, by=COUNSELOR)["supervisor"] == OTHER
    page = trained.type("case", case, by=COUNSELOR, plain=True, lang="zh").out
    assert "督导老师" in page
    assert f"孙老师 {OTHER}" in page
    assert "已指定督导老师" in page


def test_a_supervisor_who_is_missing_is_late_and_named_in_one_step(trained: Any) -> None:
    case = taken(trained)
    trained.done("open", case, "--lead", TEACHER, by=COUNSELOR)
    page = trained.type("case", case, by=COUNSELOR, plain=True, lang="zh").out
    assert "为个案负责人指定督导老师" in page
    assert "PSY066" in trained.type("check").codes
    assert "PSY066" in trained.type("audit", by="operator:it").codes
    trained.done("supervisor", case, COUNSELOR, by=HEAD)
    assert trained.done("case", case, by=COUNSELOR)["supervisor"] == COUNSELOR
    assert "PSY066" not in trained.type("check").codes


def test_a_lead_is_offered_with_a_supervisor(trained: Any) -> None:
    case = taken(trained)
    trained.done("open", case, by=COUNSELOR)
    assert trained.type("lead", case, "--supervisor", OTHER, by=TEACHER).code == 2
    trained.done("lead", case, TEACHER, "--supervisor", OTHER, by=COUNSELOR)
    trained.done("lead", case, by=TEACHER)
    found = trained.done("case", case, by=COUNSELOR)
    assert (found["lead"], found["supervisor"]) == (TEACHER, OTHER)
