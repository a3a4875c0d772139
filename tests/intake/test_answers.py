"""Answer sheets of a screening: whose, when, which answers; a missing answer is never a 0."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.errors import Finding, InvalidDataError
from psysafe.intake.answers import AnswersImport, item_headings, read_answers
from psysafe.intake.tables import read_table

ZONE = ZoneInfo("Asia/Shanghai")
HEADING = "student_no,answered_at,1,2,3,4,5,6,7,8,9"
ONE = "2026030117,2026-11-02T08:30,1,0,0,1,0,0,0,0,1"
TWO = "2026030118,2026-11-02T08:31,1,0,,1,0,0,0,0,0"
KNOWN = ("2026030117", "2026030118", "0017")
WHEN = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)


def read(
    *rows: str,
    heading: str = HEADING,
    items_map: str | None = None,
    number_column: str = "student_no",
    answered_at: datetime | None = None,
    known: tuple[str, ...] | None = KNOWN,
) -> AnswersImport:
    return read_answers(
        read_table("\n".join((heading, *rows)).encode(), "sheets.csv", "answers"),
        scale="phq9",
        items=9,
        responses=range(4),
        zone=ZONE,
        items_map=items_map,
        number_column=number_column,
        answered_at=answered_at,
        known=known,
    )


def only(found: AnswersImport) -> Finding:
    (finding,) = found.findings
    assert finding.what
    assert finding.why
    assert finding.cure
    return finding


def test_sheets_are_read_in_the_schools_zone() -> None:
    found = read(ONE, TWO)
    assert found.findings == ()
    assert found.sheets == (
        (2, "2026030117", WHEN, (1, 0, 0, 1, 0, 0, 0, 0, 1)),
        (3, "2026030118", WHEN + timedelta(minutes=1), (1, 0, None, 1, 0, 0, 0, 0, 0)),
    )


def test_an_empty_cell_is_not_answered_and_never_a_zero() -> None:
    found = read("0017,2026-11-02T08:30,,,,,,,,,")
    assert found.rows[0].answers == (None,) * 9


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02T08:30",
        "2026-11-02 08:30:00",
        "2026/11/2 8:30",
        "2026年11月2日 8:30",
        "2026-11-02T08:30+08:00",
        "2026-11-02T00:30Z",
        "2026-11-02T01:30+0100",
    ],
)
def test_a_time_is_understood_with_and_without_offset(text: str) -> None:
    assert read(ONE.replace("2026-11-02T08:30", text)).rows[0].answered_at == WHEN


@pytest.mark.parametrize(
    ("old", "new", "code", "cell"),
    [
        ("2026030117", "2026030999", "PSY204", "A2"),
        ("2026030117", "2.03E+09", "PSY203", "A2"),
        ("2026030117", "张三", "PSY230", "A2"),
        ("2026030117", "", "PSY208", "A2"),
        ("2026-11-02T08:30", "", "PSY208", "B2"),
        ("2026-11-02T08:30", "2026-11-02", "PSY209", "B2"),
        ("2026-11-02T08:30", "2026-02-30T08:30", "PSY209", "B2"),
        ("2026-11-02T08:30", "9999-12-31T23:59-12:00", "PSY209", "B2"),
        ("2026-11-02T08:30", "0001-01-01T00:00", "PSY209", "B2"),
        (":30,1,", ":30,4,", "PSY205", "C2"),
        (":30,1,", ":30,-1,", "PSY205", "C2"),
        (":30,1,", ":30,0.5,", "PSY205", "C2"),
        (":30,1,", ":30,有时,", "PSY205", "C2"),
        (":30,1,", ":30,True,", "PSY205", "C2"),
    ],
)
def test_a_sheet_that_cannot_be_used_is_refused_with_its_cell_and_the_next_is_read(
    old: str, new: str, code: str, cell: str
) -> None:
    found = read(ONE.replace(old, new, 1), TWO)
    finding = only(found)
    assert (finding.code, finding.severity) == (code, "error")
    assert (finding.where["file"], finding.where["row"]) == ("sheets.csv", 2)
    assert finding.where["cell"] == cell
    assert found.refused == 1
    assert [row.number for row in found.rows] == ["2026030118"]


def test_an_answer_off_the_scale_says_what_is_on_it() -> None:
    finding = only(read(ONE.removesuffix("1") + "7"))
    assert finding.facts == {"item": 9, "allowed": "0, 1, 2, 3"}
    assert finding.where["cell"] == "K2"


def test_a_spreadsheets_whole_number_with_a_point_is_the_number() -> None:
    assert read(ONE.replace(":30,1,", ":30,1.0,")).rows[0].answers[0] == 1


def test_students_are_looked_up_elsewhere_where_nobody_says_who_is_known() -> None:
    assert read(ONE.replace("2026030117", "999"), known=None).rows[0].number == "999"


def test_other_headings_are_mapped_to_the_items() -> None:
    heading = "学号,D1,D2,D3,D4,D5,D6,D7,D8,D9,A1"
    found = read(
        "0017,1,0,0,1,0,0,0,0,2,3",
        heading=heading,
        items_map="D1-D9",
        number_column="学号",
        answered_at=WHEN,
    )
    assert found.rows[0].answers == (1, 0, 0, 1, 0, 0, 0, 0, 2)
    assert found.rows[0].answered_at == WHEN
    assert (only(found).code, only(found).severity) == ("PSY221", "note")


@pytest.mark.parametrize(
    ("text", "headings"),
    [("D1-D3", ("D1", "D2", "D3")), ("D1-3", ("D1", "D2", "D3")), ("q, r ,S7", ("q", "r", "S7"))],
)
def test_a_map_of_items_names_columns_in_the_order_of_the_items(
    text: str, headings: tuple[str, ...]
) -> None:
    assert item_headings(text, 3) == headings


@pytest.mark.parametrize("text", ["D1-D2", "D1-D4", "D3-D1", "D1-E3", "a,a,b", "", "a,,b", "1-999"])
def test_a_map_that_does_not_fit_the_items_is_refused(text: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        item_headings(text, 3)
    assert caught.value.code == "PSY233"


@pytest.mark.parametrize("column", ["student_no", "answered_at", "7"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        read(ONE, heading=HEADING.replace(column, "x"))
    assert [(f.code, f.where["column"]) for f in caught.value.findings] == [("PSY201", column)]


def test_an_item_that_stands_twice_is_refused() -> None:
    with pytest.raises(InvalidDataError) as caught:
        read(ONE + ",0", heading=HEADING + ",9")
    assert caught.value.code == "PSY218"


def test_the_time_in_the_file_counts_before_the_one_given() -> None:
    found = read(ONE, answered_at=WHEN + timedelta(days=1))
    assert found.rows[0].answered_at == WHEN


def test_different_answers_of_one_student_at_one_time_are_both_refused() -> None:
    found = read(ONE, TWO, ONE.removesuffix("1") + "0")
    assert [(f.code, f.where["row"]) for f in found.findings] == [("PSY210", 2), ("PSY210", 4)]
    assert [row.number for row in found.rows] == ["2026030118"]
    assert found.refused == 2


def test_the_same_sheet_twice_is_one_sheet() -> None:
    found = read(ONE, ONE)
    assert (only(found).code, only(found).severity, found.refused) == ("PSY216", "note", 0)
    assert len(found.rows) == 1


def test_sheets_of_one_student_at_two_times_are_two() -> None:
    assert len(read(ONE, ONE.replace("08:30", "09:30")).rows) == 2


def test_who_answered_may_stand_in_a_column_of_its_own() -> None:
    found = read(f"{ONE},parent", f"{TWO},", heading=f"{HEADING},informant")
    assert [row.informant for row in found.rows] == ["parent", None]


def test_no_answer_and_no_number_shows_in_a_finding_or_a_repr() -> None:
    bad = "2026030117,2026-11-02T08:30,1,0,0,1,0,0,0,0,77"
    found = read(bad, TWO)
    said = repr(found) + only(found).what + str(only(found).where)
    assert "77" not in said
    assert "2026030118" not in said
    assert "2026030117" not in said


@given(st.permutations([ONE, TWO, ONE.replace("2026030117", "0017"), "x,y,,,,,,,,,", ONE]))
def test_the_order_of_the_rows_means_nothing(rows: list[str]) -> None:
    found = {(r.number, r.answered_at, r.answers) for r in read(*rows).rows}
    assert found == {(r.number, r.answered_at, r.answers) for r in read(ONE, TWO).rows} | {
        ("0017", WHEN, (1, 0, 0, 1, 0, 0, 0, 0, 1))
    }


@given(st.lists(st.sampled_from([0, 1, 2, 3, None]), min_size=9, max_size=9))
def test_what_was_answered_comes_back_item_by_item(answers: list[int | None]) -> None:
    cells = ",".join("" if a is None else str(a) for a in answers)
    assert read(f"0017,2026-11-02T08:30,{cells}").rows[0].answers == tuple(answers)


def test_the_real_sheets_of_a_screening_are_read_with_an_invented_roster(
    shared_data: Path,
) -> None:
    source = (shared_data / "student-screening" / "ukm_students_phq9_gad7_pss10.csv").read_text()
    heading, *rows = source.split()
    table = read_table(
        "\n".join(
            [f"学号,{heading}", *(f"2026{i:04},{row}" for i, row in enumerate(rows))]
        ).encode(),
        "screening.csv",
        "answers",
    )
    found = read_answers(
        table,
        scale="phq9",
        items=9,
        responses=range(4),
        zone=ZONE,
        items_map="D1-D9",
        number_column="学号",
        answered_at=WHEN,
    )
    assert (len(found.rows), found.refused) == (223, 0)
    ninth = [row.answers[8] for row in found.rows]
    assert (sum(a == 1 for a in ninth), sum(bool(a and a >= 2) for a in ninth)) == (37, 28)
