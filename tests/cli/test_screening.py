"""A whole screening: real answer sheets in, every student in danger before a person's eyes."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import xlsxwriter

from psysafe import SafetyNet
from psysafe.engine.enrolling import find_numbers

COUNSELOR, SECOND, TEACHER, PRINCIPAL = "staff:t-002", "staff:t-012", "staff:t-017", "staff:t-001"
SCREEN = ("--items", "D1-D9", "--number-column", "学号", "--answered-at", "2026-11-02T08:30")
MORNING = "2026-11-03T08:00"


@attrs.frozen
class Sheets:
    """The screening's file, and what is known of its sheets without psysafe."""

    file: Path
    answers: dict[str, list[int]]

    def numbers(self, least: int, most: int = 3) -> set[str]:
        """The students whose answer to item 9 lies between."""
        return {number for number, found in self.answers.items() if least <= found[8] <= most}


@pytest.fixture
def sheets(shared_data: Path, school: Any) -> Sheets:
    """The 223 real sheets, each with an invented student of the roster."""
    source = shared_data / "student-screening" / "ukm_students_phq9_gad7_pss10.csv"
    lines = source.read_text(encoding="utf-8-sig").splitlines()
    rows = [row for row in csv.reader(lines) if row]
    numbers = [f"20260500{n:03}" for n in range(1, len(rows))]
    roster = ["姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话,班主任"]
    for n, number in enumerate(numbers):
        roster.append(f"学生{n},{number},高一,{n % 6 + 1}班,家长{n},父子,1390000{n:04},王老师")
    file = school.write("all.csv", "\n".join(roster) + "\n")
    school.done("import", "roster", str(file), "--apply")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*rows[0], "学号"])
    writer.writerows([*row, number] for row, number in zip(rows[1:], numbers, strict=True))
    answers = {n: [int(a) for a in row[:9]] for row, n in zip(rows[1:], numbers, strict=True)}
    return Sheets(school.write("sheets.csv", out.getvalue()), answers)


@pytest.mark.clause("C3.1", "C4.3")
def test_every_student_in_danger_is_flagged_and_nobody_else_is_told(
    school: Any, sheets: Sheets
) -> None:
    assert len(sheets.answers) == 223
    before = school.position()
    words = ("screen", "phq9", str(sheets.file), *SCREEN)
    dry = school.done(*words, by=COUNSELOR)
    # 65 by item 9, and five whose total says more than their answer to item 9.
    assert (dry["applied"], dry["flags"], dry["refused"]) == (False, 70, 0)
    assert school.position() == before
    done = school.done(*words, "--apply", by=COUNSELOR)
    assert done["by_severity"] == {"moderate": 37, "high": 28 + 5}
    assert (done["rows"], done["scored"], done["flags"], done["duties"]) == (223, 223, 70, 70)
    _flags_are_right(school, sheets)
    assert school.done("cases", by=COUNSELOR) == []
    school.done("tick")
    assert school.done("inbox", by=TEACHER) == []
    assert school.done("cases", by=TEACHER) == []
    position = school.position()
    again = school.done(*words, "--apply", by=COUNSELOR)
    assert (again["unchanged"], again["scored"], again["flags"]) == (223, 0, 0)
    assert school.position() == position
    assert school.done("verify")["replay"] == "equal"


def _flags_are_right(school: Any, sheets: Sheets) -> None:
    flags = school.done("flags", by=COUNSELOR)
    with SafetyNet.open(school.folder) as net:
        ids = find_numbers(net._school, sheets.answers)
    severity = {flag["student"]: flag["severity"] for flag in flags}
    grave = {n for n, found in sheets.answers.items() if sum(found) >= 20}
    assert len(sheets.numbers(1, 1)) == 37
    assert len(sheets.numbers(2)) == 28
    assert {s for s, word in severity.items() if word == "high"} == {
        ids[n] for n in sheets.numbers(2) | grave
    }
    assert severity.keys() == {ids[n] for n in sheets.numbers(1) | grave}
    assert len(flags) == len(severity) == 66
    low = [n for n in sheets.numbers(1) if sum(sheets.answers[n]) < 10]
    assert len(low) == 15
    assert {ids[n] for n in low} <= severity.keys()
    evening = datetime(2026, 11, 2, 12, tzinfo=UTC)
    for flag in flags:
        due = datetime.fromisoformat(flag["due"])
        by_total = flag["student"] not in {ids[n] for n in sheets.numbers(1)}
        assert evening < due <= evening + timedelta(hours=24 if not by_total else 72)
        assert flag["overdue"] is False


@pytest.mark.clause("C4.3", "C6.2")
def test_a_flag_is_reviewed_joined_declared_and_played_to_its_end(
    school: Any, sheets: Sheets
) -> None:
    school.done("screen", "phq9", str(sheets.file), *SCREEN, "--apply", by=COUNSELOR)
    flags = school.done("flags", by=COUNSELOR)
    other = school.type("review", flags[0]["flag"], "--outcome", "joined_case", by=TEACHER)
    assert other.code == 3
    calm = school.done("review", flags[-1]["flag"], "--outcome", "暂无明显风险", by=COUNSELOR)
    assert "case" not in calm
    joined = school.done("review", flags[0]["flag"], "--outcome", "joined_case", by=COUNSELOR)
    case = joined["case"]
    assert len(school.done("flags", by=COUNSELOR)) == 64
    words = ("--danger", "self", "--place", "hospital", "--proposal", "今晚送医")
    school.done("declare", case, *words, by=COUNSELOR, at=MORNING)
    school.done("tick", at=MORNING)
    told = school.done("inbox", by=TEACHER, at=MORNING)
    assert "今晚送医" in told[0]["text"]
    school.done("ack", told[0]["notice"], by=TEACHER, at=MORNING)
    view = school.done("case", case, by=TEACHER, at=MORNING)
    assert "scale_items" in view["withheld"]
    words = ("guardian", case, view["guardians"][0]["guardian"], "--outcome", "reached")
    school.done(*words, by=TEACHER, at=MORNING)
    # Beside the report there is what was late in the meantime.
    waiting = school.done("inbox", by=PRINCIPAL, at=MORNING)
    (report,) = [one for one in waiting if one["purpose"] == "leading_group_report"]
    school.done("ack", report["notice"], by=PRINCIPAL, at=MORNING)
    school.done("open", case, by=COUNSELOR, at=MORNING)
    calmer = ("assess", case, "attention", "--rationale", "已就医")
    school.done(*calmer, "--second", SECOND, by=COUNSELOR, at="2026-11-04T09:00")
    school.done("close", case, "--reason", "平稳", by=COUNSELOR, at="2026-11-25T09:00")
    school.done("close", case, by=SECOND, at="2026-11-25T09:05")
    again = school.type("close", case, by=SECOND, at="2026-11-25T09:06")
    assert again.code == 3
    for who in (COUNSELOR, SECOND, TEACHER, PRINCIPAL):
        assert school.done("cases", by=who, at="2026-11-25T09:06") == []
    proof = school.done("verify", at="2026-11-25T09:06")
    assert (proof["chain"], proof["replay"]) == ("whole", "equal")


def test_a_sheet_that_cannot_be_used_is_named_and_the_others_go_in(school: Any) -> None:
    text = (
        "student_no,answered_at,1,2,3,4,5,6,7,8,9\n"
        "2026030117,2026-11-02T08:30,1,0,0,1,0,0,0,0,1\n"
        "2026030118,2026-11-02T08:31,1,0,,1,0,0,0,0,0\n"
        "2026039999,2026-11-02T08:31,1,0,0,1,0,0,0,0,0\n"
        "2026030118,2026-11-02T09:31,1,0,0,7,0,0,0,0,0\n"
    )
    file = str(school.write("sheets.csv", text))
    before = school.position()
    dry = school.type("screen", "phq9", file, by=COUNSELOR)
    assert dry.code == 1
    assert school.position() == before
    ran = school.type("screen", "phq9", file, "--apply", by=COUNSELOR)
    assert ran.code == 1
    assert (
        ran.data.items()
        >= {
            "applied": True,
            "rows": 4,
            "scored": 2,
            "incomplete": 1,
            "flags": 1,
            "refused": 2,
        }.items()
    )
    places = {f["code"]: f["where"] for f in ran.whole["findings"]}
    assert places["PSY204"].items() >= {"file": "sheets.csv", "row": 4}.items()
    assert places["PSY205"].items() >= {"row": 5, "column": "4", "cell": "F5"}.items()


def test_other_answers_for_the_same_time_are_refused(school: Any) -> None:
    head = "student_no,answered_at,1,2,3,4,5,6,7,8,9\n2026030117,2026-11-02T08:30,"
    first = str(school.write("first.csv", head + "1,0,0,1,0,0,0,0,1\n"))
    other = str(school.write("other.csv", head + "0,0,0,0,0,0,0,0,0\n"))
    school.done("screen", "phq9", first, "--apply", by=COUNSELOR)
    before = school.position()
    ran = school.type("screen", "phq9", other, "--apply", by=COUNSELOR)
    assert (ran.code, ran.codes) == (1, ["PSY210"])
    assert school.position() == before


def test_a_screening_nobody_may_do_or_that_does_not_exist(school: Any) -> None:
    text = "student_no,answered_at,1,2,3,4,5,6,7,8,9\n2026030117,2026-11-02T08:30" + ",0" * 9
    file = str(school.write("sheets.csv", text + "\n"))
    ran = school.type("screen", "phq9", file, "--apply", by=TEACHER)
    assert (ran.code, ran.codes) == (3, ["PSY002"])
    ran = school.type("screen", "mood", file, "--apply", by=COUNSELOR)
    assert (ran.code, ran.codes) == (4, ["PSY301"])
    ran = school.type("screen", "phq9", file, "--items", "D1-D7", by=COUNSELOR)
    assert (ran.code, ran.codes) == (4, ["PSY233"])


def _scored(school: Any, *lines: str, more: tuple[str, ...] = ()) -> tuple[int, list[Any]]:
    ran = school.type("score", "phq9", *more, stdin="\n".join(lines).encode(), at=None)
    return ran.code, [json.loads(line) for line in ran.out.splitlines()]


def test_score_answers_each_line_with_one_object(school: Any) -> None:
    answers = [1, 0, 0, 1, 0, 0, 0, 0, 1]
    code, found = _scored(school, json.dumps({"answers": answers, "population": "adult"}))
    assert code == 0
    assert (
        found[0].items()
        >= {
            "line": 1,
            "status": "complete",
            "scores": {"total": 3},
            "bands": {"total": {"code": "minimal", "table": "adult"}},
            "flags": [{"code": "self_harm", "item": 9, "answer": 1}],
            "missing": [],
        }.items()
    )
    assert found[0]["definition"].keys() == {"id", "version", "sha256"}


def test_a_bad_line_is_named_and_the_next_is_read(school: Any) -> None:
    good = json.dumps({"answers": [0] * 8 + [None]})
    bad = [
        "nonsense",
        "[1, 2]",
        '{"answers": [1, 2]}',
        '{"answers": [9, 0, 0, 0, 0, 0, 0, 0, 0]}',
        '{"answers": [true, 0, 0, 0, 0, 0, 0, 0, 0]}',
        '{"answers": [0, 0, 0, 0, 0, 0, 0, 0, 0], "population": "martians"}',
        '{"answers": [0, 0, 0, 0, 0, 0, 0, 0, 0], "name": "x"}',
        "[" * 100_000,
    ]
    code, found = _scored(school, *bad, "", good)
    assert code == 4
    assert [line["line"] for line in found] == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert all(line["error"]["cure"] for line in found[:-1])
    assert found[-1]["status"] == "incomplete"
    assert "total" not in found[-1]["bands"]
    assert found[-1]["flags"] == [{"code": "self_harm_unanswered", "item": 9, "answer": None}]


def test_score_needs_no_school_and_no_actor(tmp_path: Path, school: Any) -> None:
    school.folder, school.at = tmp_path, None
    assert _scored(school, '{"answers": [0, 0, 0, 0, 0, 0, 0, 0, 0]}')[0] == 0
    ran = school.type("score", "unknown", stdin=b"")
    assert (ran.code, ran.codes) == (4, ["PSY301"])


def test_every_sheet_of_a_workbook_is_screened_and_a_refused_one_is_named_by_its_sheet(
    school: Any,
) -> None:
    file = school.write("sheets.xlsx", "")
    with xlsxwriter.Workbook(file) as book:
        for name, number, last in (("高一(3)班", "2026030117", 0), ("高一(4)班", "2026030118", 7)):
            into = book.add_worksheet(name)
            into.merge_range("A1:K1", "心理筛查")
            into.write_row(1, 0, ["学号", "作答时间", *(str(n) for n in range(1, 10))])
            into.write_row(2, 0, [number, "2026-11-02T08:30", *[0] * 8, last])
    ran = school.type("screen", "phq9", str(file), by=COUNSELOR)
    assert (ran.data["rows"], ran.data["scored"], ran.data["refused"]) == (2, 1, 1)
    (refused,) = [f for f in ran.whole["findings"] if f["code"] == "PSY205"]
    assert (refused["where"]["sheet"], refused["where"]["cell"]) == ("高一(4)班", "K3")
