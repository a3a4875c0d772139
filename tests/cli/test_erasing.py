"""Forgetting, backing up and putting back, as somebody types it."""

from __future__ import annotations

import json
from typing import Any

import pytest

HEAD = "staff:t-001"


@pytest.fixture
def backup(school: Any) -> str:
    """Where a backup is to lie."""
    return str(school.folder.parent / "b.db")


def test_it_shows_what_would_go_and_does_it_when_it_is_told(school: Any) -> None:
    words = ("forget", "no:2026030117", "--basis", "申请")
    shown = school.done(*words, by=HEAD)
    assert not shown["applied"]
    assert shown["documents"] >= 2
    assert school.done(*words, by=HEAD)["events"] == shown["events"]
    done = school.done(*words, "--apply", by=HEAD)
    assert done["applied"]
    assert done["finished"]
    assert school.type(*words, by=HEAD).codes == ["PSY001"]
    assert school.type("verify").code == 0
    plain = school.type("forget", "no:2026030118", "--basis", "request", by=HEAD, plain=True)
    assert "--apply" in plain.out


def test_who_may_not_is_refused_and_nobody_is_erased_without_a_name(school: Any) -> None:
    words = ("forget", "no:2026030117", "--basis", "request", "--apply")
    assert school.type(*words, by="staff:t-017").code == 3
    assert school.type(*words).codes == ["PSY015"]
    assert school.type("retention", by="staff:t-017").codes == ["PSY002"]
    assert school.done("retention", by=HEAD) == []


def test_a_backup_comes_back_and_whoever_was_erased_does_not(school: Any, backup: str) -> None:
    made = school.done("backup", backup)
    school.done("forget", "no:2026030117", "--basis", "request", "--apply", by=HEAD)
    refused = school.type("restore", backup)
    assert refused.code == 4
    assert refused.codes == ["PSY729"]
    found = school.done("restore", backup, "--over")
    assert found["before"] == made["position"] + 1
    assert found["position"] == made["position"] + 1, "the erasure, done again"
    assert (school.folder / found["aside"]).is_file()
    gone = school.type("forget", "no:2026030117", "--basis", "request", by=HEAD)
    assert gone.codes == ["PSY001"]
    there = school.done("forget", "no:2026030118", "--basis", "request", by=HEAD)
    assert there["documents"] >= 2


def test_what_is_said_names_nobody(school: Any, backup: str) -> None:
    told = [
        school.type("forget", "no:2026030117", "--basis", "request", by=HEAD, plain=True),
        school.type("backup", backup, plain=True),
        school.type("forget", "no:2026030117", "--basis", "request", "--apply", by=HEAD),
        school.type("restore", backup, "--over", plain=True, lang="zh"),
    ]
    for ran in told:
        assert ran.code == 0, ran
        assert "张三" not in ran.out + ran.err
    assert json.loads(told[2].out)["data"]["applied"]


def test_it_lists_the_notes_that_go_by_themselves_and_not_what_they_say(school: Any) -> None:
    counselor = "staff:t-002"
    told = "那个常坐在操场边的女生"
    assert school.done("retention", "--notes", by=HEAD) == []
    plain = school.type("retention", "--notes", by=HEAD, plain=True)
    assert plain.out == "No note goes by itself.\n"
    teacher = ("--source", "hotline", "--symptom", "fear=some")
    school.done("note", told, *teacher, by="staff:t-017")
    (line,) = school.done("notes", by=counselor)
    school.done("unknown", line["note"], by=counselor)
    (found,) = school.done("retention", "--notes", by=HEAD)
    assert found["note"] == line["note"]
    assert found["kept_until"] > found["checked"]
    plain = school.type("retention", "--notes", by=HEAD, plain=True)
    assert line["note"] in plain.out
    assert told not in plain.out
