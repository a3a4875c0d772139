"""A proof folds a few students at a time, and still names everything that does not fit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from psysafe.desk.screenings import SheetRow
from psysafe.engine import verify as proving
from psysafe.engine.verify import Verified, verify
from psysafe.testing.schools import InventedSchool, open_school, student_id

ONE = student_id(1)


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InventedSchool]:
    # So few that the six invented students are folded in three parts.
    monkeypatch.setattr(proving, "_TOGETHER", 2)
    with open_school(tmp_path / "school", storage="sqlite") as opened:
        opened.desk("homeroom-1").signals.report(
            opened.number(1), "one_to_one", {"self_harm": "marked"}, dangers=("plan",)
        )
        when = datetime(2026, 11, 1, 8, tzinfo=UTC)
        rows = [
            SheetRow(student=opened.number(n), answered_at=when, answers=(*([0] * 8), n - 1))
            for n in (1, 2, 3)
        ]
        opened.desk("counselor-a").screenings.apply("phq9", rows, dry_run=False)
        opened.tick(minutes=1)
        yield opened


def changed(school: InventedSchool, statement: str) -> Verified:
    """What a proof finds after somebody has changed the file behind psysafe's back."""
    school.net.close()
    with sqlite3.connect(school.folder / "psysafe.db") as file:
        assert file.execute(statement).rowcount > 0
    file.close()
    school.reopen()
    return verify(school.school)


def named(proof: Verified) -> set[tuple[str, str]]:
    return {(f.code, str(f.facts.get("record", f.facts.get("position")))) for f in proof.findings}


def test_a_school_as_it_was_left_is_proved(school: InventedSchool) -> None:
    proof = verify(school.school)
    assert proof.ok
    assert proof.records == school.school.storage.read(school.school.part, []).position


@pytest.mark.parametrize("kind", ["file", "student", "sheet", "duty", "flag", "case", "notice"])
def test_a_document_that_is_gone_is_named(school: InventedSchool, kind: str) -> None:
    (key,) = _one(school, f"SELECT key FROM document WHERE kind = '{kind}' ORDER BY key LIMIT 1")
    proof = changed(school, f"DELETE FROM document WHERE key = '{key}'")
    assert proof.chain_whole
    assert not proof.replay_equal
    assert ("PSY405", key) in named(proof)


@pytest.mark.parametrize("kind", ["file", "student", "sheet", "duty", "notice"])
def test_a_document_without_a_journal_is_named(school: InventedSchool, kind: str) -> None:
    (key,) = _one(school, f"SELECT key FROM document WHERE kind = '{kind}' ORDER BY key LIMIT 1")
    stranger = f"{kind}/s-zzzzzzzzzzzz"
    fields = "part, version, body, kind, subject, class_id, grade, lifecycle, tier, owner"
    proof = changed(
        school,
        f"INSERT INTO document ({fields}, severity, due, places, key) "
        f"SELECT {fields}, severity, due, places, '{stranger}' FROM document WHERE key = '{key}'",
    )
    assert not proof.replay_equal
    assert ("PSY408", stranger) in named(proof)


@pytest.mark.parametrize("field", ["places", "body"])
def test_a_document_that_was_changed_is_named(school: InventedSchool, field: str) -> None:
    key = f"file/{ONE}"
    before, after = ("cl-000000000001", "cl-000000000003") if field == "places" else ("林", "沈")
    if field == "body":
        before, after = "self_harm", "insomnia_"
    text = f"CAST(replace(CAST({field} AS TEXT), '{before}', '{after}') AS BLOB)"
    if field == "places":
        text = f"replace({field}, '{before}', '{after}')"
    proof = changed(school, f"UPDATE document SET {field} = {text} WHERE key = '{key}'")
    assert proof.chain_whole
    assert {record for _, record in named(proof)} == {key}


def test_an_event_that_was_moved_to_another_student_is_named(school: InventedSchool) -> None:
    other = f"file/{student_id(6)}"
    proof = changed(
        school, f"UPDATE journal SET stream = '{other}' WHERE stream = 'file/{student_id(3)}'"
    )
    assert not proof.ok
    assert ("PSY408", f"file/{student_id(3)}") in named(proof)


def _one(school: InventedSchool, query: str) -> tuple[str]:
    with sqlite3.connect(school.folder / "psysafe.db") as file:
        found: tuple[str] = file.execute(query).fetchone()
    file.close()
    return found
