"""Breaks and closures at the command line."""

from __future__ import annotations

from typing import Any

import pytest

HEAD, COUNSELOR, TEACHER = "staff:t-001", "staff:t-002", "staff:t-017"
CHILD = "no:2026030117"


@pytest.mark.clause("B2.2")
def test_a_closure_is_said_and_a_plan_is_written(school: Any) -> None:
    school.done("report", CHILD, "--source", "hotline", "--symptom", "恐惧=明显", by=COUNSELOR)
    (line,) = school.done("cases", by=COUNSELOR)
    case = line["case"]
    school.done("ack", case, by=COUNSELOR)
    school.done("open", case, by=COUNSELOR)
    wrong = school.type("closure", "--until", "soon", by=HEAD)
    assert wrong.code == 2
    refused = school.type("closure", "--until", "2026-11-20", by=TEACHER)
    assert refused.codes == ["PSY002"]
    said = school.type("closure", "--until", "2026-11-20", by=HEAD, plain=True, lang="zh")
    assert said.code == 0
    assert "已登记" in said.out
    kinds = {d["kind"] for d in school.done("case", case, by=COUNSELOR)["duties"]}
    assert {"hand_over_home", "holiday_plan"} <= kinds
    assert "PSY142" in school.type("check").codes
    guardian = school.done("case", case, by=COUNSELOR)["guardians"][0]["guardian"]
    school.done(
        *("holiday-plan", case, "--contact", "姑姑", "--next", "12356"),
        *("--covers", COUNSELOR, "--informed", guardian),
        by=COUNSELOR,
    )
    assert school.done("case", case, by=COUNSELOR)["holiday_plan"]["contact"] == "姑姑"
    page = school.type("case", case, by=COUNSELOR, plain=True, lang="zh")
    assert "先找姑姑，再找12356" in page.out
    assert "PSY142" not in school.type("check").codes
