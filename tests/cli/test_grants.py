"""Standing grants at the command line: the first list, one signed, one withdrawn, all listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from psysafe.cli import main

TEACHER, COUNSELOR, OTHER = "staff:t-017", "staff:t-002", "staff:t-012"
HEAD, DEPUTY = "staff:t-001", "staff:t-005"
STAFF = """\
staff_id,姓名,角色,范围,起
t-017,王老师,班主任,高一(3)班,2026-09-01
t-002,李老师,心理教师,全校,2026-09-01
t-012,孙老师,心理教师,高二,2026-09-01
t-001,陈校长,领导小组组长,全校,2026-09-01
t-005,林校长,领导小组副组长,全校,2026-09-01
"""
ROSTER = "姓名,学号,年级,班级\n张三,2026030117,高一,3班\n"
WHY = ("--reason", "本学年名单", "--until", "2027-07-10")


@pytest.fixture
def school(empty: Any) -> Any:
    """A school in which roles are signed, with staff, a student and an alarm."""
    settings = empty.folder / "psysafe.toml"
    text = settings.read_text(encoding="utf-8")
    said = 'source = "signed"\nsigner = "staff:t-001"\n# '
    settings.write_text(text.replace('source = "directory"', said), encoding="utf-8")
    empty.done("import", "staff", str(empty.write("staff.csv", STAFF)), "--apply")
    empty.done("import", "roster", str(empty.write("roster.csv", ROSTER)), "--apply")
    words = ("report", "no:2026030117", "--source", "peer", "--symptom", "self_harm=marked")
    empty.done(*words, by=TEACHER)
    return empty


def test_nobody_sees_by_a_role_before_the_first_list_and_everybody_is_called(school: Any) -> None:
    assert school.done("cases", by=COUNSELOR) == []
    (line,) = school.done("inbox", by=COUNSELOR)
    assert "urgent" in line["text"]
    assert "PSY749" in school.type("check").codes
    school.done("grants", "begin", *WHY, by=HEAD)
    assert len(school.done("cases", by=COUNSELOR)) == 1


def test_one_is_signed_and_withdrawn_again(school: Any) -> None:
    school.done("grants", "begin", *WHY, by=HEAD)
    refused = school.type("grants", "sign", HEAD, *WHY, by=HEAD)
    assert (refused.code, refused.codes) == (3, ["PSY739"])
    school.done("grants", "sign", HEAD, "领导小组组长", *WHY, by=DEPUTY)
    (own,) = school.done("grants", "list", by=COUNSELOR)
    assert (own["role"], own["by"], own["state"]) == ("counselor", HEAD, "signed")
    assert school.type("grants", "withdraw", own["grant"], by=OTHER).code == 3
    school.done("grants", "withdraw", own["grant"], "--reason", "休假", by=COUNSELOR)
    assert school.done("cases", by=COUNSELOR) == []
    states = {(line["person"], line["state"]) for line in school.done("grants", "list", by=HEAD)}
    assert (COUNSELOR, "waiting") in states
    assert (HEAD, "signed") in states
    (found,) = [f for f in school.type("check").whole["findings"] if f["code"] == "PSY749"]
    assert COUNSELOR in str(found)


def test_the_list_is_read_in_chinese(school: Any) -> None:
    school.done("grants", "begin", *WHY, by=HEAD)
    said = school.type("grants", "list", by=HEAD, lang="zh", plain=True).out
    for word in ("待署名", "已署名", "心理教师", "全校", "高二", "本学年名单", "2027-07-11"):
        assert word in said, word
    refused = school.type("grants", "begin", *WHY, by=HEAD, lang="zh", plain=True)
    assert refused.code == 3
    assert "本校已有人可以署名" in refused.out + refused.err
    found = school.type("check", lang="zh", plain=True)
    assert "角色无人署名" in found.out + found.err


def test_init_makes_a_school_that_signs_except_for_a_rehearsal(tmp_path: Path) -> None:
    for name, words, source in (
        ("real", (), "signed"),
        ("played", ("--rehearsal",), "directory"),
        ("both", ("--rehearsal", "--grants", "signed"), "signed"),
        ("host", ("--grants", "directory"), "directory"),
    ):
        folder = tmp_path / name
        done = CliRunner().invoke(main, ["init", str(folder), "--no-vault", *words])
        assert done.exit_code == 0, done.output
        assert f'source = "{source}"' in (folder / "psysafe.toml").read_text(encoding="utf-8")
        assert ("grants begin" in done.output) == (source == "signed")


@pytest.mark.parametrize(
    "wrong", ['source = "me"', 'signer = "staff:t-001"', 'source = "signed"\nsigner = "Zhang"']
)
def test_a_setting_that_says_something_else_is_refused(empty: Any, wrong: str) -> None:
    settings = empty.folder / "psysafe.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('source = "directory"', wrong + "\n# "), encoding="utf-8")
    ran = empty.type("check")
    assert ran.code == 4
    assert set(ran.codes) <= {"PSY103", "PSY102", "PSY116"}
