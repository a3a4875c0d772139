"""The demo tells the truth, to each person only what is theirs, and leaves nothing behind.

The golden files are written by `tools/demo_golden.py` and by nothing else. What a transcript may
hold is judged here again, from the matrix file and from plain strings.
"""

from __future__ import annotations

import csv
import json
import re
import tempfile
import time
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from psysafe import SafetyNet
from psysafe.cli import main
from psysafe.errors import NotFoundError

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "demo"
TRANSCRIPTS = sorted(GOLDEN.glob("*/*.txt"))
PEOPLE = sorted({path.stem for path in TRANSCRIPTS} - {"whole"})
GRADE_HEAD = "staff:t-401"

#: Each person's row of the matrix; None: no relation to this student, and no row.
VIEWER = {
    "homeroom-teacher": "homeroom_teacher",
    "counselor": "counselor_assigned",
    "second-counselor": "counselor_unassigned",
    "leading-group-head": "leading_group",
    "leading-group-deputy": "leading_group",
    "grade-head": "grade_head",
    "student-affairs-head": "student_affairs_head",
    "other-teacher": None,
    "operator": "it_admin",
}
#: Words that stand for an item in full, in both languages.
TRACES = {
    "display_name": ("张三", "Zhang San"),
    "civil_identity": ("2026030117",),
    "contact": ("13800000301", "13800000302"),
    "class_placement": ("高一(3)班", "Grade 10, class 3"),
    "observation": ("失眠", "小臂", "insomnia", "forearm"),
    "reporter": ("报告人：", "Reported by:"),
    "risk_level": ("高危", "紧急", "全面分析", "imminent", "Severity:", "full analysis"),
    "crisis_flag": ("危及自身", "两名成人", "Crisis:", "Two adults"),
    "supervision": ("宿舍", "dormitory"),
    "contact_log": ("未联系上", "not reached,"),
}
WIDEST = ("deny", "statistics", "break_glass", "redact", "allow")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["demo", *words])


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    """The JSON object of the demo in each language."""
    return {lang: json.loads(run("--json", "--lang", lang).stdout) for lang in ("zh", "en")}


def effect(viewer: str | None, item: str) -> str:
    """What the matrix file gives for a live case in a crisis: the widest of its two states."""
    if viewer is None:
        return "deny"
    matrix = files("psysafe") / "data" / "privacy-matrix.csv"
    given = [
        row["effect"]
        for row in csv.DictReader(matrix.read_text(encoding="utf-8").splitlines())
        if (row["viewer"], row["item"]) == (viewer, item)
        and row["state"] in ("attention", "crisis")
    ]
    return max(given, key=WIDEST.index)


def received(transcript: dict[str, Any]) -> str:
    """What came to a person: sent, answered or shown; not what they said themselves."""
    lines = transcript["lines"]
    own = [line["text"] for line in lines if line["kind"] != "act"]
    return "\n".join([*own, *[text for line in lines for text in line.get("more", ())]])


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_told_is_the_golden_file_to_the_letter(path: Path) -> None:
    words = () if path.stem == "whole" else ("--for", path.stem)
    result = run("--lang", path.parent.name, *words)
    assert result.exit_code == 0
    assert result.stdout == path.read_text(encoding="utf-8")


def test_every_person_has_a_golden_file_in_both_languages(told: dict[str, Any]) -> None:
    assert set(PEOPLE) == set(VIEWER) == set(told["zh"]["data"]["transcripts"])
    assert len(TRANSCRIPTS) == 2 * (len(VIEWER) + 1)


@pytest.mark.parametrize("person", VIEWER)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nobody_is_shown_what_the_matrix_withholds(
    told: dict[str, Any], language: str, person: str
) -> None:
    came = received(told[language]["data"]["transcripts"][person])
    shown = {
        item
        for item, traces in TRACES.items()
        if effect(VIEWER[person], item) != "allow" and any(trace in came for trace in traces)
    }
    assert shown == set()


@pytest.mark.parametrize("item", TRACES)
def test_each_trace_is_really_there_for_the_counselor_who_leads(
    told: dict[str, Any], item: str
) -> None:
    for language in ("zh", "en"):
        came = received(told[language]["data"]["transcripts"]["counselor"])
        assert any(trace in came for trace in TRACES[item])


@pytest.mark.parametrize("person", ["other-teacher", "operator"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_for_whoever_has_no_relation_there_is_no_student_and_no_case(
    language: str, person: str
) -> None:
    text = (GOLDEN / language / f"{person}.txt").read_text(encoding="utf-8")
    assert not [trace for traces in TRACES.values() for trace in traces if trace in text]
    assert not re.search(r"\b(case|s|sig|duty|notice)-[0-9a-z]{12}\b", text)


def test_an_unrelated_teacher_hears_the_same_of_this_student_and_of_none(tmp_path: Path) -> None:
    assert run("--keep", str(tmp_path / "school")).exit_code == 0
    with SafetyNet.open(tmp_path / "school") as net:
        desk = net.desk("staff:t-302")
        heard = []
        for number in ("no:2026030117", "no:0000000000"):
            with pytest.raises(NotFoundError) as refused:
                desk.cases.about(number)
            heard.append((refused.value.code, str(refused.value)))
        assert heard[0] == heard[1]
        assert desk.cases.list() == []


@pytest.mark.clause("C6.2")
def test_the_grade_head_is_told_at_the_due_minute_and_not_before(told: dict[str, Any]) -> None:
    lines = told["zh"]["data"]["timeline"]
    declared = next(
        line["at"] for line in lines if line["kind"] == "act" and "宣布" in line["text"]
    )
    asked = [line["at"] for line in lines if line.get("to") == GRADE_HEAD]
    assert declared == "2026-11-06T13:58:00.000000Z"
    assert asked[0] == "2026-11-06T14:08:00.000000Z"


def test_what_is_late_is_said_and_the_books_are_right(told: dict[str, Any]) -> None:
    for language in ("zh", "en"):
        whole = told[language]
        data = whole["data"]
        assert whole["ok"]
        assert [line["at"] for line in data["late"]] == ["2026-11-06T14:13:00.000000Z"]
        assert len(data["owed"]) == 3
        assert (data["verify"]["chain"], data["verify"]["replay"]) == ("whole", "equal")


def test_with_json_there_is_one_object_and_nothing_else() -> None:
    result = run("--json")
    assert set(json.loads(result.stdout)) == {"format", "command", "ok", "data", "findings"}
    assert result.stderr == ""
    assert json.loads(result.stdout)["command"] == "demo"


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_line_fits_into_a_hundred_columns(path: Path) -> None:
    def columns(line: str) -> int:
        return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)

    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if columns(line) > 100] == []


@pytest.mark.parametrize("path", sorted((GOLDEN / "en").glob("*.txt")), ids=lambda path: path.stem)
def test_the_english_telling_holds_no_chinese(path: Path) -> None:
    assert re.findall(r"[一-鿿]+", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sorted((GOLDEN / "zh").glob("*.txt")), ids=lambda path: path.stem)
def test_the_chinese_telling_holds_no_english_sentence(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("English: psysafe demo --lang en", "")
    text = re.sub(r"^    psysafe .*$", "", text, flags=re.MULTILINE)
    assert re.findall(r"[A-Za-z]{3,} [A-Za-z]{2,}", text.replace("psysafe tick", "")) == []


def test_the_demo_takes_less_than_five_seconds_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    begin = time.monotonic()
    assert run().exit_code == 0
    assert time.monotonic() - begin < 5
    assert list(tmp_path.iterdir()) == []


def test_a_kept_school_answers_and_is_never_written_over(tmp_path: Path) -> None:
    place = tmp_path / "school"
    shown = run("--keep", str(place)).stdout
    listed = CliRunner().invoke(
        main, ["--school", str(place), "--as", "staff:t-201", "--json", "cases"]
    )
    case = json.loads(listed.stdout)["data"][0]
    assert (case["student"], case["state"]) == ("s-000000000101", "open")
    assert f"psysafe --school {place} --as staff:t-201 cases" in shown
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    again = run("--keep", str(place))
    assert again.exit_code == 4
    assert "PSY018" in again.stderr
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_the_commands_it_names_do_what_it_says(
    told: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in told["en"]["data"]["next"]:
        program, *words = command.split()
        assert program == "psysafe"
        result = CliRunner().invoke(main, words)
        # `check` has findings about a school without people: that is what it is for.
        assert result.exit_code == (1 if words[-1] == "check" else 0), result.stderr
    assert (tmp_path / "my-school" / "psysafe.toml").exists()
