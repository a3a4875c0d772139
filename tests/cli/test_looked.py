"""Who looked, and looking for a stated reason, at the command line."""

from __future__ import annotations

from typing import Any

import pytest

COUNSELOR, OTHER, TEACHER = "staff:t-002", "staff:t-003", "staff:t-017"
MORE = """\
staff_id,姓名,角色,范围,起
t-003,林老师,心理教师,全校,2026-09-01
"""
CHILD = "no:2026030117"
WHY = "夜间值班，需核对医院的用药嘱咐"


@pytest.fixture
def crisis(school: Any) -> Any:
    """A declared crisis in which a hospital's statement stands; another counselor has no part."""
    school.done("import", "staff", str(school.write("more.csv", MORE)), "--apply")
    school.done("report", CHILD, "--source", "peer", "--symptom", "恐惧=严重", by=TEACHER)
    case = school.done("cases", by=COUNSELOR)[0]["case"]
    school.done(
        *("declare", case, "--danger", "self", "--place", "dormitory", "--proposal", "送医"),
        by=COUNSELOR,
    )
    school.done("open", case, by=COUNSELOR)
    school.done(
        *("hospital", case, "--institution", "市第七医院", "--diagnosis", "抑郁发作"),
        *("--document", "门诊 1234"),
        by=COUNSELOR,
    )
    return school, case


@pytest.mark.clause("B0.3")
def test_a_reason_opens_is_listed_and_reviewed(crisis: Any) -> None:
    school, case = crisis
    assert "hospital" not in school.done("case", case, by=OTHER)
    school.done("looked", "break", CHILD, "--reason", WHY, "--hours", "2", by=OTHER)
    assert school.done("case", case, by=OTHER)["hospital"]
    looks = school.done("looked", "list", CHILD, by=COUNSELOR)
    assert OTHER in {look["by"] for look in looks}
    told = school.type("looked", "list", CHILD, by=COUNSELOR, plain=True, lang="zh")
    assert OTHER in told.out
    assert "何时" in told.out
    school.done("looked", "review", CHILD, "--finding", "与值班相符", by=COUNSELOR)
    (line,) = school.done("case", case, by=COUNSELOR)["broken_glass"]
    assert line["finding"] == "与值班相符"
    assert school.type("verify").code == 0


def test_what_cannot_be_is_refused_with_its_code(crisis: Any) -> None:
    school, _ = crisis
    asked = ("looked", "break", CHILD, "--reason")
    assert school.type(*asked, WHY, "--hours", "25", by=OTHER).code == 2
    assert school.type(*asked, " ", by=OTHER).codes == ["PSY006"]
    assert school.type(*asked, WHY, by=COUNSELOR).codes == ["PSY002"]
    assert school.type("looked", "review", CHILD, "--finding", "x", by=OTHER).codes == ["PSY002"]
    assert school.type("looked", "list", CHILD, by="operator:it").code != 0
