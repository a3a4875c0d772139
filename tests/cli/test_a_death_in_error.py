"""A death that was entered, and taken back, at the command line."""

from __future__ import annotations

from typing import Any

import pytest

COUNSELOR, CHILD = "staff:t-002", "no:2026030117"


@pytest.fixture
def with_child(school: Any) -> Any:
    pupils = "姓名,学号,年级,班级\n张三,2026030117,高一,3班\n"
    school.done("import", "roster", str(school.write("pupils.csv", pupils)), "--apply")
    return school


@pytest.mark.clause("C1.1")
def test_a_death_is_entered_doubted_and_taken_back_by_hand(with_child: Any) -> None:
    unsure = with_child.type("bereavement", CHILD, by=COUNSELOR)
    assert unsure.code == 2
    nobody = with_child.type("alive", CHILD, "--reason", "刚通过电话", by=COUNSELOR)
    assert nobody.codes == ["PSY081"]
    with_child.done("bereavement", CHILD, "--yes", by=COUNSELOR)
    with_child.done(*("report", CHILD, "--source", "peer", "--danger", "farewell"), by=COUNSELOR)
    frozen = with_child.type("support", "start", CHILD, by=COUNSELOR)
    assert frozen.codes == ["PSY044"]
    told = with_child.type("why", "PSY044", plain=True, lang="zh")
    assert "psysafe alive" in told.out
    silent = with_child.type("alive", CHILD, by=COUNSELOR)
    assert silent.codes == ["PSY006"]
    with_child.done("alive", CHILD, "--reason", "刚通过电话", by=COUNSELOR)
    (case,) = with_child.done("cases", by=COUNSELOR)
    assert case["severity"] == "imminent"
    page = with_child.type("case", case["case"], by=COUNSELOR, plain=True, lang="zh")
    assert "刚通过电话" not in page.out
