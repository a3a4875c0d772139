"""`psysafe policy key, sign, check, adopt`: the steps of a head and of the operator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from psysafe.cli import main

pytest.importorskip("cryptography")

STAFF = "staff_id,姓名,角色,范围,起\nt-001,陈校长,领导小组组长,全校,2026-09-01\n"
ROWS = """format = 1

[[row]]
viewer = "grade_head"
item = "mood_checkin"
state = "routine"
effect = "deny"

[[row]]
viewer = "homeroom_teacher"
item = "scale_level"
state = "routine"
effect = "redact"
reason = "so the leading group has decided"
from = 2026-11-02
until = 2027-01-22
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "staff.csv").write_text(STAFF, encoding="utf-8")
    run("init", "s", "--rehearsal", "--no-vault")
    monkeypatch.setenv("PSYSAFE_SCHOOL", "s")
    run("import", "staff", "staff.csv", "--apply", at="2026-11-02T09:00")
    (tmp_path / "s" / "policy.toml").write_text(ROWS, encoding="utf-8")
    return tmp_path / "s"


def run(*words: str, at: str = "", code: int = 0, language: str = "en", stdin: str = "") -> Result:
    when = ["--at", at] if at else []
    done = CliRunner().invoke(main, [*when, "--lang", language, *words], input=stdin)
    assert done.exit_code == code, done.output
    return done


def enter_key(folder: Path) -> None:
    made = json.loads(run("--json", "--as", "staff:t-001", "policy", "key", "head.key").stdout)
    with (folder / "psysafe.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'\n[policy.signers]\n"staff:t-001" = "{made["data"]["public"]}"\n')


SIGN = ("--as", "staff:t-001", "policy", "sign", "s/policy.toml", "--key", "head.key")
ADOPT = ("policy", "adopt", "s/policy.toml")


@pytest.mark.clause("B0.3")
def test_a_head_signs_the_operator_adopts_and_everybody_is_told(folder: Path) -> None:
    first = run(*ADOPT, at="2026-11-02T10:00", code=1)
    assert "PSY152 (error) line 9: homeroom_teacher:scale_level:routine" in first.output
    enter_key(folder)
    assert "homeroom_teacher:scale_level:routine" in run(*SIGN).stdout
    dry = run(*ADOPT, at="2026-11-02T10:00")
    assert "Nothing was changed" in dry.stdout
    run(*ADOPT, "--apply", at="2026-11-02T10:00")
    later = run("cases", "--as", "staff:t-001", at="2026-11-03T10:00")
    assert "PSY747" in later.stderr
    assert "until 2027-01-23 00:00, signed by staff:t-001" in later.stderr
    page = run("policy", "show", "homeroom_teacher", at="2026-11-03T10:00").stdout
    assert "short form ▲" in page
    assert "until 2027-01-22, signed by staff:t-001: so the leading group has decided" in page
    assert " ▼" in run("policy", "show", "grade_head", language="zh").stdout
    data = json.loads(run("--json", "policy", "show", "homeroom_teacher").stdout)["data"]
    (one,) = data["own"]
    assert (one["effect"], one["shipped"], one["wider"]) == ("redact", "deny", True)
    assert data["items"]["scale_level"]["routine"] == "redact"
    assert "so the leading group has decided" in run("why", f"O:{one['row']}").stdout
    answer = json.loads(
        run(
            "policy",
            "ask",
            stdin='{"viewer": "homeroom_teacher", "item": "scale_level", "states": ["routine"]}\n',
            at="2026-11-03T10:00",
        ).stdout
    )
    assert (answer["effect"], answer["rule"]) == ("redact", f"O:{one['row']}")
    assert answer["explanation"].startswith("the school's own row: ")


def test_when_the_day_is_over_the_shipped_table_answers(folder: Path) -> None:
    enter_key(folder)
    run(*SIGN)
    run(*ADOPT, "--apply", at="2026-11-02T10:00")
    over = run("cases", "--as", "staff:t-001", at="2027-01-23T00:00")
    assert "PSY747" not in over.stderr
    assert "▲ what" not in run("policy", "show", "homeroom_teacher", at="2027-01-23T00:00").stdout
    assert run("why", "O:homeroom_teacher:scale_level:routine", code=3)
    assert run("verify").stdout.rstrip().endswith("equal")


def test_a_file_that_nobody_adopted_or_that_was_changed_is_said_at_every_start(
    folder: Path,
) -> None:
    cases = ("cases", "--as", "staff:t-001")
    assert "it was not adopted yet" in run(*cases, at="2026-11-02T09:30").stderr
    (folder / "policy.toml").write_text(ROWS.partition('[[row]]\nviewer = "home')[0])
    run(*ADOPT, "--apply", at="2026-11-02T10:00")
    assert run(*cases, at="2026-11-02T11:00").stderr == ""
    (folder / "policy.toml").write_text("format = 1\n")
    assert "放着的是另一份文件" in run(*cases, language="zh", at="2026-11-02T12:00").stderr
    assert "PSY748" in run("check", code=1).stdout


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("deny", "never"), "PSY151"),
        (("grade_head", "head_of_grade"), "PSY151"),
        (("homeroom_teacher", "class_representative"), "PSY153"),
        (("format = 1", "format = 9"), "PSY108"),
        (("reason", "because"), "PSY102"),
        (("2027-01-22", '"soon"'), "PSY103"),
        (("format = 1", "format ="), "PSY101"),
    ],
)
def test_check_names_what_is_wrong(folder: Path, change: tuple[str, str], code: str) -> None:
    (folder / "policy.toml").write_text(ROWS.replace(*change), encoding="utf-8")
    done = CliRunner().invoke(main, ["policy", "check", "s/policy.toml", "--lang", "en"])
    assert done.exit_code in (1, 4)
    assert f"{code} (error)" in done.output


def test_signing_again_leaves_what_people_wrote_and_one_signature_a_row(folder: Path) -> None:
    enter_key(folder)
    run(*SIGN)
    once = (folder / "policy.toml").read_text(encoding="utf-8")
    run(*SIGN)
    assert (folder / "policy.toml").read_text(encoding="utf-8") == once
    assert once.startswith(ROWS)
    assert once.count("[[signed]]") == 1


def test_a_key_is_not_written_over_and_nobody_signs_without_a_name(folder: Path) -> None:
    run("policy", "key", "a.key")
    assert (folder.parent / "a.key").stat().st_mode & 0o077 == 0
    assert "PSY732" in run("policy", "key", "a.key", code=4).output
    assert "PSY015" in run("policy", "sign", "s/policy.toml", "--key", "a.key", code=3).output
    (folder.parent / "b.key").write_text("x")
    wrong = ("--as", "staff:t-001", "policy", "sign", "s/policy.toml", "--key", "b.key")
    assert "PSY732" in run(*wrong, code=4).output
