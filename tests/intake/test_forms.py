"""Answers as forms export them: where the questions stand, what a cell says, what contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.builtin import plugin as builtin
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_loading import load_definition
from psysafe.errors import InvalidDataError
from psysafe.hooks import Plugins
from psysafe.intake.cells import Fault
from psysafe.intake.forms import FormFile, FormSheet, duration, moment, open_form

ZONE = ZoneInfo("Asia/Shanghai")
SCALES = Plugins.of(builtins=[builtin]).scales()
PHQ9, GAD7 = (load_definition(SCALES[name].definition) for name in ("phq9", "gad7"))
BOTH = {"phq9": PHQ9, "gad7": GAD7}
WORDS = ("完全不会", "好几天", "一半以上的天数", "几乎每天")


def csv_file(folder: Path, heading: Sequence[str], *rows: Sequence[object]) -> Path:
    lines = [",".join(f'"{cell}"' for cell in row) for row in (heading, *rows)]
    file = folder / "答卷.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return file


def read(
    file: Path, definitions: dict[str, Definition] | None = None, **more: Any
) -> tuple[FormFile, list[FormSheet]]:
    form = open_form(file, definitions or {"phq9": PHQ9}, zone=ZONE, **more)
    return form, list(form.sheets())


def questions(first: int, definition: Definition, count: int) -> list[str]:
    """Headings as a form's export writes them: the question's number and its text."""
    return [f"{first + i}、{definition.items[i].text['zh']}" for i in range(count)]


HEAD = ("序号", "提交答卷时间", "所用时间", "来自IP", "1、您的学号")
TOLD = ("1", "2026/11/2 8:30:15", "123秒", "10.0.0.7", "2026030117")


def test_an_export_with_the_questions_texts_needs_no_option(tmp_path: Path) -> None:
    heading = [*HEAD, *questions(2, PHQ9, 9), *questions(11, GAD7, 7)]
    answers = [WORDS[i % 4] for i in range(9)] + [WORDS[3]] * 7
    form, sheets = read(csv_file(tmp_path, heading, [*TOLD, *answers]), BOTH)
    assert [sheet.scale for sheet in sheets] == ["phq9", "gad7"]
    assert sheets[0].answers == (0, 1, 2, 3, 0, 1, 2, 3, 0, None)
    assert sheets[1].answers[:7] == (3,) * 7
    assert {sheet.seconds for sheet in sheets} == {123}
    assert {sheet.answered_at for sheet in sheets} == {datetime(2026, 11, 2, 0, 30, 15, tzinfo=UTC)}
    assert (form.refused, form.rows) == (0, 1)


@pytest.mark.parametrize(
    ("heading", "more"),
    [
        ([f"D{i}" for i in range(1, 10)], {"named": {"phq9": [f"D{i}" for i in range(1, 10)]}}),
        ([f"{i}、x" for i in range(2, 11)], {"named": {"phq9": [f"Q{i}" for i in range(2, 11)]}}),
        ([f"Q{i}|x" for i in range(2, 11)], {"named": {"phq9": [f"Q{i}" for i in range(2, 11)]}}),
        ([f"phq9_{i}" for i in range(1, 10)], {}),
        ([str(i) for i in range(1, 10)], {}),
    ],
)
def test_questions_are_found_as_schools_name_them(
    tmp_path: Path, heading: list[str], more: dict[str, Any]
) -> None:
    file = csv_file(tmp_path, [*HEAD, *heading], [*TOLD, *range(3), 0, 0, 0, 0, 0, 3])
    _, (sheet,) = read(file, **more)
    assert sheet.answers == (0, 1, 2, 0, 0, 0, 0, 0, 3, None)


@pytest.mark.parametrize(
    ("heading", "more", "code"),
    [
        ([f"D{i}" for i in range(1, 10)], {}, "PSY290"),
        ([f"D{i}" for i in range(1, 10)], {"named": {"phq9": ["D1", "D2"]}}, "PSY233"),
        (
            [f"D{i}" for i in range(1, 10)],
            {"named": {"phq9": [f"E{i}" for i in range(1, 10)]}},
            "PSY201",
        ),
        (
            [*(f"D{i}" for i in range(1, 9)), "D8"],
            {"named": {"phq9": [f"D{i}" for i in range(1, 10)]}},
            "PSY218",
        ),
    ],
)
def test_what_is_not_found_refuses_the_file(
    tmp_path: Path, heading: list[str], more: dict[str, Any], code: str
) -> None:
    file = csv_file(tmp_path, [*HEAD, *heading], [*TOLD, *[0] * 9])
    with pytest.raises(InvalidDataError) as refused:
        read(file, **more)
    assert refused.value.code == code


def test_one_column_for_two_instruments_refuses_the_file(tmp_path: Path) -> None:
    file = csv_file(tmp_path, [*HEAD, *(f"D{i}" for i in range(1, 10))], [*TOLD, *[0] * 9])
    named = {"phq9": [f"D{i}" for i in range(1, 10)], "gad7": [f"D{i}" for i in range(1, 8)]}
    with pytest.raises(InvalidDataError) as refused:
        read(file, BOTH, named=named)
    assert refused.value.code == "PSY291"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("完全不会", 0),
        ("A.完全不会", 0),
        ("B、好几天", 1),
        ("几乎每天(3分)", 3),
        ("几乎每天（3）", 3),
        ("Nearly every day", 3),
        ("several_days", 1),
        ("C", 2),
        ("2", 2),
        ("2.0", 2),
        ("从没有过", 0),
        ("", None),
        ("(跳过)", None),
        ("-3", None),
    ],
)
def test_a_cell_is_read_by_points_word_or_letter(
    tmp_path: Path, cell: str, value: int | None
) -> None:
    heading = [*HEAD, *(str(i) for i in range(1, 10))]
    file = csv_file(tmp_path, heading, [*TOLD, *[0] * 8, cell])
    _, (sheet,) = read(file, words={"phq9": {"从没有过": 0}})
    assert sheet.answers[8] == value


@pytest.mark.parametrize("cell", ["4", "-1", "有时", "1.5", "D1", "完全不会好几天", "9" * 500, "E"])
def test_what_is_no_answer_refuses_the_sheet_with_its_cell(tmp_path: Path, cell: str) -> None:
    heading = [*HEAD, *(str(i) for i in range(1, 10))]
    file = csv_file(tmp_path, heading, [*TOLD, *[0] * 8, cell])
    form, sheets = read(file)
    assert sheets == []
    (found,) = [f for f in form.findings if f.severity == "error"]
    assert (found.code, found.where["cell"], form.refused) == ("PSY205", "N2", 1)
    assert cell not in str(found)


def test_places_on_the_form_are_not_taken_for_points(tmp_path: Path) -> None:
    heading = [*HEAD, *(str(i) for i in range(1, 10))]
    rows = [[*TOLD[:4], f"20260301{n}", *[1 + n % 4] * 9] for n in range(12)]
    file = csv_file(tmp_path, heading, *rows)
    with pytest.raises(InvalidDataError) as refused:
        read(file)
    assert refused.value.code == "PSY289"
    _, sheets = read(file, options="ordinal")
    assert [sheet.answers[0] for sheet in sheets[:4]] == [0, 1, 2, 3]
    # Also without a single fourth place: twelve sheets without one lowest answer are doubted.
    few = csv_file(tmp_path, heading, *[[*row[:5], *[1 + n % 3] * 9] for n, row in enumerate(rows)])
    with pytest.raises(InvalidDataError):
        read(few)
    assert len(read(few, options="score")[1]) == 12


def test_sheets_that_contradict_one_another_are_both_refused_and_equal_ones_are_one(
    tmp_path: Path,
) -> None:
    heading = [*HEAD, *(str(i) for i in range(1, 10))]
    one, other = [*TOLD, *[0] * 9], [*TOLD, *[0] * 8, 1]
    form, sheets = read(csv_file(tmp_path, heading, one, other, one))
    assert sheets == []
    assert [f.code for f in form.findings if f.severity == "error"] == ["PSY210"] * 3
    form, sheets = read(csv_file(tmp_path, heading, one, one))
    assert len(sheets) == 1
    assert [f.code for f in form.findings if f.code == "PSY216"] == ["PSY216"]


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-02T08:30", 0),
        ("2026/11/2 上午8:30", 0),
        ("2026/11/2 下午 3:30:00", 7),
        ("2026年11月2日 8:30", 0),
        ("2026-11-02 3:30 PM", 7),
        ("2026/11/2 上午12:30", -8),
    ],
)
def test_times_in_local_forms(text: str, hour: int) -> None:
    found = moment(text, ZONE)
    assert isinstance(found, datetime)
    assert (found - datetime(2026, 11, 2, 0, 30, tzinfo=UTC)).total_seconds() == hour * 3600


@pytest.mark.parametrize("text", ["2026/11/2", "下午 3:30", "2026/11/2 下午 25:00", "昨天"])
def test_what_is_no_time_is_a_fault(text: str) -> None:
    assert isinstance(moment(text, ZONE), Fault)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("123秒", 123),
        ("2分3秒", 123),
        ("1小时2分", 3720),
        ("00:02:03", 123),
        ("02:03", 123),
        ("123", 123),
        ("", None),
        ("很快", None),
    ],
)
def test_how_long_it_took(text: str, seconds: int | None) -> None:
    assert duration(text) == seconds


@given(st.permutations(range(6)))
def test_the_order_of_rows_and_columns_leaves_no_trace(order: list[int]) -> None:
    import tempfile

    heading = [*HEAD, *(f"D{i}" for i in range(1, 10))]
    rows = [[*TOLD[:4], f"2026030{n}", *[n % 4] * 8, (n + 1) % 4] for n in range(6)]
    named = {"phq9": [f"D{i}" for i in range(1, 10)]}
    with tempfile.TemporaryDirectory() as folder:
        straight = read(csv_file(Path(folder), heading, *rows), named=named)[1]
        columns = [*range(5), *(5 + (i + order[0]) % 9 for i in range(9))]
        mixed = [[rows[n][c] for c in columns] for n in order]
        crooked = read(csv_file(Path(folder), [heading[c] for c in columns], *mixed), named=named)[
            1
        ]
    said = {(s.number, s.answered_at, s.answers) for s in straight}
    assert said == {(s.number, s.answered_at, s.answers) for s in crooked}
