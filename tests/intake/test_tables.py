"""A table that comes in: what it says, and how a damaged or hostile file is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.errors import InvalidDataError
from psysafe.intake.tables import (
    CELL_LIMIT,
    COLUMN_LIMIT,
    FILE_LIMIT,
    ROW_LIMIT,
    letters,
    read_table,
)

TEXT = "姓名,学号\n张三,2026030117\n欧阳娜娜,0017\n"


def refused(data: bytes) -> InvalidDataError:
    with pytest.raises(InvalidDataError) as caught:
        read_table(data, "roster.csv", "roster")
    return caught.value


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("gb18030"), "gb18030"),
    ],
)
def test_a_table_reads_the_same_in_every_encoding_and_says_which(
    data: bytes, encoding: str
) -> None:
    table = read_table(data, "roster.csv", "roster")
    assert table.encoding == encoding
    assert table.heading == ("姓名", "学号")
    assert [row.cells for row in table.rows] == [("张三", "2026030117"), ("欧阳娜娜", "0017")]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ('"姓名;全",学号,班级\n"a,b;c\t",1,2\n', ","),
        ('"姓名,全"\t学号\t班级\n"a,b;c\t"\t1\t2\n', "\t"),
        ('"姓名,全,";学号;班级\n"a,b;c\t";1;2\n', ";"),
    ],
)
def test_the_heading_tells_the_delimiter(text: str, delimiter: str) -> None:
    table = read_table(text.encode(), "x.csv", "roster")
    assert table.delimiter == delimiter
    assert next(iter(table.rows)).cells == ("a,b;c\t", "1", "2")


def test_headings_lose_spaces_stars_and_full_width_forms() -> None:
    table = read_table(" *姓 名,★学号,ｓｔａｆｆ＿ｉｄ\n".encode(), "x.csv", "roster")
    assert table.heading == ("姓名", "学号", "staff_id")
    assert table.printed == ("*姓 名", "★学号", "ｓｔａｆｆ＿ｉｄ")


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    data = '\n姓名,学号\n\n"张\n三",1\n李四,2\n'.encode()
    table = read_table(data, "x.csv", "roster")
    assert table.heading_row == 2
    assert [row.number for row in table.rows] == [4, 5]


def test_empty_cells_after_the_last_heading_do_not_count() -> None:
    table = read_table(b"name,class,,\n1,2,,\n3,4\n", "x.csv", "roster")
    assert table.heading == ("姓名", "班级")
    assert [row.cells for row in table.rows] == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(("row", "found"), [("张三", 1), ("张三,1,x", 3), ("张三,1,,,x,,", 5)])
def test_a_ragged_row_is_left_out_with_its_place_and_the_others_are_read(
    row: str, found: int
) -> None:
    table = read_table(f"姓名,学号\n{row}\n李四,2\n".encode(), "roster.csv", "roster")
    ragged, kept = table.rows
    assert kept.cells == ("李四", "2")
    (finding,) = ragged.findings
    assert finding.code == "PSY206"
    assert finding.where == {"file": "roster.csv", "row": 2}
    assert finding.facts == {"found": found, "expected": 2}
    assert finding.cure


@pytest.mark.parametrize("data", [b"", b"\n\n", b" , \n", "\ufeff".encode()])
def test_a_file_without_a_heading_holds_no_table(data: bytes) -> None:
    assert refused(data).code == "PSY219"


def test_a_heading_without_rows_is_an_empty_table() -> None:
    assert list(read_table("姓名,学号\n".encode(), "x.csv", "roster").rows) == []


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b"a,b\n1,\x002\n", 2),
        (b"a,b\n1,\x1b[2J\n", 2),
        ("a,b\n".encode("utf-16-le"), 1),
        ("a,b\n".encode("utf-32"), 1),
    ],
)
def test_a_character_that_is_no_text_is_refused_with_its_row(data: bytes, row: int) -> None:
    error = refused(data)
    assert error.code == "PSY217"
    assert error.finding.where == {"file": "roster.csv", "row": row}


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfa,\xff\n", b"\xff\xfea\x00\x00\xd8", b"a,\xff\xff\n", b"a,\x81\n"]
)
def test_bytes_of_no_known_encoding_and_half_surrogates_are_refused(data: bytes) -> None:
    assert refused(data).code == "PSY207"


@pytest.mark.parametrize("text", ['a,b\n"1"x,2\n', 'a,b\n"1,2\n3,4\n'])
def test_quotation_marks_that_are_not_in_pairs_are_refused(text: str) -> None:
    error = refused(text.encode())
    assert error.code == "PSY220"
    assert error.finding.where["row"] == 2


@pytest.mark.parametrize(
    ("data", "limit"),
    [
        (b"a" * (FILE_LIMIT + 1), FILE_LIMIT),
        (b"name\n" + b"1\n" * (ROW_LIMIT + 1), ROW_LIMIT),
        (b"name\n" + b"\n" * (ROW_LIMIT * 2) + b"1\n", ROW_LIMIT),
        (b"," * 1_000_000, COLUMN_LIMIT),
        (b'"",' * 1_000_000, COLUMN_LIMIT),
        (b'a\n"\n"' + b"," * 1_000_000, COLUMN_LIMIT),
        (b"a,b\n1," + b"x" * (CELL_LIMIT + 1), CELL_LIMIT),
        (b'a,b\n1,"' + b"x\n" * 500_000, CELL_LIMIT),
    ],
    ids=["bytes", "rows", "empty rows", "columns", "quoted", "hidden columns", "cell", "open cell"],
)
def test_a_file_beyond_a_limit_is_refused(data: bytes, limit: int) -> None:
    error = refused(data)
    assert error.code == "PSY021"
    assert error.finding.facts["limit"] == limit


def test_tables_at_the_limits_are_read() -> None:
    names = ",".join(["name", *(f"c{i}" for i in range(COLUMN_LIMIT - 1))])
    wide = read_table(f"{names}\n".encode(), "x", "roster")
    assert len(wide.heading) == COLUMN_LIMIT
    long = read_table(b"name\n" + b"1\n" * (ROW_LIMIT - 1), "x", "roster")
    assert sum(1 for _ in long.rows) == ROW_LIMIT - 1
    assert list(read_table(b"name\n" + b"x" * CELL_LIMIT, "x", "roster").rows)


def test_the_cell_that_is_too_long_is_named_as_in_a_spreadsheet() -> None:
    error = refused(b"a,b\n1," + b"x" * (CELL_LIMIT + 1))
    assert error.finding.where == {"file": "roster.csv", "row": 2, "cell": "B2"}


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ")])
def test_columns_are_lettered_as_in_a_spreadsheet(column: int, name: str) -> None:
    assert letters(column) == name


def test_nothing_of_a_table_shows_in_its_repr() -> None:
    table = read_table(TEXT.encode(), "roster.csv", "roster")
    shown = repr(table) + repr(next(iter(table.rows)))
    assert "张三" not in shown
    assert "2026030117" not in shown


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_code(data: bytes) -> None:
    code = ""
    try:
        table = read_table(data, "x.csv", "roster")
    except InvalidDataError as error:
        code = error.code
    else:
        assert all(len(row.cells) == len(table.heading) for row in table.rows)
    assert code in {"", "PSY207", "PSY217", "PSY219", "PSY220", "PSY236"}
