"""Time can be set in a rehearsal only, and never runs backwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

TEACHER, COUNSELOR = "staff:t-017", "staff:t-002"
REPORT = ("report", "no:2026030117", "--source", "peer", "--symptom", "self_harm=marked")


@pytest.fixture
def real(tmp_path: Path, empty: Any) -> Any:
    """A real school: its time is the machine's."""
    console = attrs.evolve(empty, folder=tmp_path / "real", at=None)
    console.done("init", str(console.folder))
    return console


@pytest.mark.parametrize(
    "words",
    [
        ("import", "staff", "staff.csv", "--apply"),
        ("tick",),
        ("rebuild", "roster"),
        ("cases",),
        REPORT,
    ],
)
def test_a_real_school_refuses_time_travel(real: Any, words: tuple[str, ...]) -> None:
    by = TEACHER if words[0] in ("cases", "report") else None
    real.write("staff.csv", "staff_id,姓名,角色,范围\n")
    ran = real.type(*words, by=by, at="2026-11-02T20:00")
    assert (ran.code, ran.codes) == (3, ["PSY016"])
    assert real.position() == 0


def test_a_real_school_may_ask_what_would_be_at_another_time(real: Any) -> None:
    ran = real.type("check", at="2031-03-01T08:00")
    assert "PSY110" in ran.codes
    found = next(f for f in ran.whole["findings"] if f["code"] == "PSY110")
    assert "2031" in found["what"]


def test_a_rehearsal_never_goes_back_behind_its_last_commit(school: Any) -> None:
    school.done(*REPORT, by=TEACHER, at="2026-11-02T21:00")
    before = school.position()
    for words in (("cases",), REPORT):
        ran = school.type(*words, by=TEACHER, at="2026-11-02T20:59")
        assert (ran.code, ran.codes) == (4, ["PSY017"])
        assert "21:00" in ran.whole["findings"][0]["cure"]
    ran = school.type("tick", at="2026-11-02T20:59")
    assert (ran.code, ran.codes) == (4, ["PSY017"])
    assert school.position() == before
    assert school.type("cases", by=TEACHER, at="2026-11-02T21:00").code == 0


def test_a_time_without_offset_is_the_schools(school: Any) -> None:
    first = school.done("tick", at="2026-11-02T20:30")["at"]
    assert first == "2026-11-02T12:30:00.000000Z"
    assert school.done("tick", at="2026-11-02T12:30+00:00")["at"] == first
    assert school.done("tick", at="2026-11-02T14:00+01:00")["at"] == "2026-11-02T13:00:00.000000Z"


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01", "25:00", ""])
def test_a_time_that_is_none_is_wrong_usage(school: Any, at: str) -> None:
    ran = school.type("tick", "--at", at or " ")
    assert ran.code == 2


def test_a_rehearsal_played_ahead_stays_where_it_is(school: Any) -> None:
    school.done("tick", at="2099-01-01T00:00")
    school.done(*REPORT, by=TEACHER, at="2099-01-01T00:00")
    school.at = None
    assert school.done("tick")["at"] == "2098-12-31T16:00:00.000000Z"
    case = school.done("cases", by=COUNSELOR)[0]["case"]
    school.done("ack", case, by=COUNSELOR)
    line = school.done("case", case, by=COUNSELOR)["timeline"][0]
    assert datetime.fromisoformat(line["at"]).year == 2098


def test_the_silent_teacher_is_followed_by_the_grade_head_at_the_due_minute(
    school: Any, case: str
) -> None:
    words = ("--danger", "self", "--place", "dormitory", "--proposal", "今晚送医")
    school.done("declare", case, *words, "--severity", "imminent", by=COUNSELOR)
    school.done("tick")
    school.done("tick", at="2026-11-02T20:09")
    assert school.done("inbox", by="staff:t-003", at="2026-11-02T20:09") == []
    assert school.done("tick", at="2026-11-02T20:10")["escalated"] >= 1
    assert school.done("inbox", by="staff:t-003", at="2026-11-02T20:10")
