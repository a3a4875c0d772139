"""What the school holds, asked for and written out; records that are held; the machine's watch."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

CHILD, NOBODY = "no:2026030117", "no:404"
COUNSELOR, HEAD, TEACHER = "staff:t-002", "staff:t-001", "staff:t-017"


@pytest.fixture
def heard(school: Any) -> Any:
    """A child about whom a teacher said something, and whose id is known."""
    school.done("report", CHILD, "--source", "one_to_one", "--note", "同桌说的", by=TEACHER)
    school.done("tick")
    return school


@pytest.fixture
def person(heard: Any) -> str:
    (case,) = heard.done("cases", by=COUNSELOR)
    return f"student:{case['student']}"


@pytest.mark.clause("B0.3")
def test_a_student_asks_somebody_looks_and_the_file_is_for_its_owner_alone(
    heard: Any, person: str, tmp_path: Path
) -> None:
    file = tmp_path / "what-you-hold.json"
    early = heard.type("subject-access", "write", CHILD, str(file), by=person)
    assert (early.codes, file.exists()) == (["PSY001"], False)  # nobody asked
    heard.done("subject-access", "request", CHILD, by=person)
    unseen = heard.type("subject-access", "write", CHILD, str(file), by=person)
    assert (unseen.codes, file.exists()) == (["PSY746"], False)
    again = heard.type("subject-access", "request", CHILD, by=person)
    assert (again.code, again.codes) == (3, ["PSY743"])
    heard.done("tick")
    heard.done(
        *("subject-access", "review", CHILD, "--for", person, "--notes", "-"),
        by=COUNSELOR,
        stdin="已谈话一次".encode(),
    )
    told = heard.done("subject-access", "write", CHILD, str(file), by=person)
    assert told == {"file": str(file)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held = file.read_text(encoding="utf-8")
    assert "已谈话一次" in held
    assert "同桌说的" not in held
    assert json.loads(held)
    over = heard.type("subject-access", "write", CHILD, str(file), by=person)
    assert (over.codes, file.read_text(encoding="utf-8")) == (["PSY742"], held)
    said = heard.type(
        *("subject-access", "write", CHILD, str(tmp_path / "b.json")),
        by=person,
        lang="zh",
        plain=True,
    )
    assert "请当面" in said.out or "私" in said.out


@pytest.mark.parametrize(
    ("words", "by", "code"),
    [
        (("request", NOBODY, "--for", "student:s-nobody"), COUNSELOR, "PSY001"),
        (("request", CHILD, "--for", "student:s-nobody"), TEACHER, "PSY002"),
        (("request", CHILD, "--for", "guardian:g-nobody"), COUNSELOR, "PSY001"),
        (("review", CHILD, "--for", "guardian:g-nobody"), COUNSELOR, "PSY002"),
        (("write", CHILD, "x.json", "--for", "student:s-nobody"), COUNSELOR, "PSY001"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_writes_nothing(
    heard: Any, words: tuple[str, ...], by: str, code: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = heard.type("subject-access", *words, by=by)
    assert ran.code != 0
    assert ran.codes == [code]
    assert not Path("x.json").exists()


@pytest.mark.parametrize("words", [("request", CHILD), ("write", CHILD, "x.json")])
def test_staff_who_do_not_say_for_whom_are_told_to(heard: Any, words: tuple[str, ...]) -> None:
    ran = heard.type("subject-access", *words, by=COUNSELOR)
    assert ran.code == 2
    assert "--for" in ran.err


@pytest.mark.clause("B0.3")
def test_a_hold_stands_against_erasing_until_it_is_lifted(heard: Any) -> None:
    refused = heard.type("hold", "place", CHILD, "--reason", "法院调查", by=COUNSELOR)
    assert refused.codes == ["PSY002"]
    assert heard.type("hold", "lift", CHILD, "--reason", "没有", by=HEAD).codes == ["PSY745"]
    heard.done("hold", "place", CHILD, "--reason", "法院调查", by=HEAD)
    ran = heard.type("forget", CHILD, "--basis", "request", by=HEAD)
    assert ran.codes == ["PSY723"]
    assert "hold" in ran.out
    assert "法院调查" not in ran.out
    heard.done("hold", "lift", CHILD, "--reason", "已结案", by=HEAD)
    assert (
        "hold"
        not in heard.type("forget", CHILD, "--basis", "request", by=HEAD).whole["findings"][0][
            "what"
        ]
    )


@pytest.mark.parametrize("words", [("place", CHILD), ("lift", CHILD), ("place",)])
def test_a_hold_without_a_student_or_a_reason_is_a_wrong_call(
    heard: Any, words: tuple[str, ...]
) -> None:
    assert heard.type("hold", *words, by=HEAD).code == 2


def test_the_watch_over_the_machine_says_that_it_runs_and_counts_nobody(heard: Any) -> None:
    assert set(heard.done("audit")) == {"mended"}
    beat = heard.done("heartbeat", "--within", "15")
    assert beat["findings"] == []
    assert not {"cases", "duties"} & set(beat)
    late = heard.type("heartbeat", "--within", "15", at="2026-11-02T23:00")
    assert late.code == 1
    assert heard.type("heartbeat", "--within", "0").code == 2


@pytest.mark.clause("C5.1")
def test_figures_hide_two_children_of_a_grade_and_say_so(heard: Any) -> None:
    times = ("--from", "2026-11-01", "--closes", "2026-12-31")
    heard.done("exposure", "record", CHILD, "fever", *times, by=TEACHER)
    found = heard.done("exposure", "figures", by=HEAD)
    assert found["k"] == 5
    assert all(count in (0, None) for row in found["counts"] for count in row)
    shown = heard.type("exposure", "figures", by=HEAD, plain=True, lang="zh")
    assert "* 表示隐去" in shown.out
    assert heard.type("exposure", "figures", by="staff:t-404").codes == ["PSY002"]
