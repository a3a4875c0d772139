"""What goes out: harmless in a spreadsheet program, its owner's alone, the same when it returns."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.errors import Finding, InvalidDataError
from psysafe.intake.export import write_refusals, write_table
from psysafe.intake.formula_cells import neutralised, restored
from psysafe.intake.tables import open_tables

HEAD = ("学号", "姓名", "住址")
CELLS = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters=[*map(chr, range(9)), "\x0b", "\x0c", "\x7f"]
    ).filter(lambda c: c in "\t\r\n" or (ord(c) >= 0x20 and c not in "\ufffe\uffff")),
    max_size=12,
)
WORST = [
    "=1+1",
    "'=x",
    "+8613800000000",
    "-1",
    "@a",
    "\tx",
    "\rx",
    "＝1",
    "a\r\nb",
    "_x000D_",
    "0017",
]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_what_was_exported_comes_back_letter_for_letter(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"round.{suffix}"
    whole = [
        (f"{number:04}", *row)
        for number, row in enumerate([*rows, *zip(WORST, WORST, strict=True)])
    ]
    write_table(path, HEAD, whole)
    (table,) = open_tables(path, "roster")
    assert table.heading == HEAD
    assert [row.cells for row in table.rows] == whole


@given(CELLS)
def test_no_neutralised_text_begins_a_formula_and_all_are_restored(text: str) -> None:
    safe = neutralised(text)
    assert not safe.startswith(tuple("=+-@\t\r\n"))
    assert restored(safe) == text


def test_a_csv_has_its_mark_and_a_workbook_holds_only_text(tmp_path: Path) -> None:
    rows = [("0017", "=cmd|' /C calc'!A0", "http://x.example")]
    write_table(tmp_path / "a.csv", HEAD, rows)
    assert (tmp_path / "a.csv").read_bytes().startswith("\ufeff学号,".encode())
    assert b"'=cmd" in (tmp_path / "a.csv").read_bytes()
    write_table(tmp_path / "a.xlsx", HEAD, rows)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
        assert not any("sheet1.xml.rels" in name for name in book.namelist())
    assert b"<f>" not in sheet
    assert b'<c r="A2" s="1" t="s">' in sheet


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_an_export_is_its_owners_alone_and_replaces_the_one_before(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text("old")
    path.chmod(0o644)
    write_table(path, HEAD, [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_an_export_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "a.csv").symlink_to(tmp_path / "precious")
    write_table(tmp_path / "a.csv", HEAD, [])
    assert (tmp_path / "precious").read_text() == "kept"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("1", "2")], "PSY206"),
        ([("1", "a\0b", "")], "PSY217"),
        ([("1", "\ud800", "")], "PSY217"),
        ([("1", "x" * 10_000, "")], "PSY021"),
    ],
)
def test_what_could_not_come_back_is_not_written(
    rows: list[tuple[str, ...]], code: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidDataError) as caught:
        write_table(tmp_path / "a.csv", HEAD, rows)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError) as caught:
        write_table(tmp_path / "none" / "a.csv", HEAD, [])
    assert caught.value.code == "PSY212"


@pytest.mark.parametrize(
    ("language", "head"),
    [
        ("zh", ["文件", "工作表", "行", "单元格", "列", "原因", "为何要紧", "如何补救"]),
        ("en", ["file", "sheet", "row", "cell", "column", "cause", "why it matters", "cure"]),
    ],
)
def test_the_error_workbook_holds_each_refused_row_as_it_stood(
    language: str, head: list[str], tmp_path: Path
) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("姓名,学号,关系,关系\n=张三,1.5,父,母\n李四,2,x,y\n", encoding="utf-8")
    tables = open_tables(roster, "roster")
    where = {**tables[0].where(2, 1), "column": "学号"}
    findings = [
        Finding(code="PSY203", where=where),
        Finding(code="PSY221", severity="note", facts={"count": 1, "columns": "D"}),
        Finding(
            code="PSY206",
            where={"file": "roster.csv", "row": 99},
            facts={"found": 1, "expected": 2},
        ),
    ]
    out = tmp_path / "errors.xlsx"
    assert write_refusals(out, tables, findings, language) == 2
    from python_calamine import CalamineWorkbook

    first, second, third = CalamineWorkbook.from_path(out).get_sheet_by_index(0).to_python()
    assert first == [*head, "姓名", "学号", "关系", "关系"]
    assert second[:5] == ["roster.csv", "", "2", "B2", "学号"]
    assert second[8:] == ["'=张三", "1.5", "父", "母"]
    assert all(second[5:8])
    assert (third[2], third[8:]) == ("99", ["", "", "", ""])
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_the_error_workbook_of_several_sheets_keeps_each_cell_under_its_heading(
    tmp_path: Path,
) -> None:
    import xlsxwriter

    path = tmp_path / "roster.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "高一(3)班": [["姓名", "学号"], ["张三", "1"]],
            "高一(4)班": [["学号", "姓名", "备注"], ["2", "李四", "走读"]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    tables = open_tables(path, "roster")
    findings = [Finding(code="PSY203", where=table.where(2, 0)) for table in tables]
    write_refusals(tmp_path / "errors.csv", tables, findings, "zh")
    text = (tmp_path / "errors.csv").read_text(encoding="utf-8-sig").splitlines()
    assert text[0].endswith("姓名,学号,备注")
    assert text[1].startswith("roster.xlsx,高一(3)班,2,A2,")
    assert text[1].endswith("张三,1,")
    assert text[2].endswith("李四,2,走读")


def test_rows_of_several_files_are_not_mixed_up(tmp_path: Path) -> None:
    tables = []
    for name, row in {"a.csv": "张三,1", "b.csv": "李四,2"}.items():
        (tmp_path / name).write_text(f"姓名,学号\n{row}\n", encoding="utf-8")
        tables += open_tables(tmp_path / name, "roster")
    findings = [Finding(code="PSY203", where=table.where(2, 1)) for table in tables]
    write_refusals(tmp_path / "errors.csv", tables, findings, "zh")
    _, first, second = (tmp_path / "errors.csv").read_text(encoding="utf-8-sig").splitlines()
    assert first.startswith("a.csv,")
    assert first.endswith("张三,1")
    assert second.startswith("b.csv,")
    assert second.endswith("李四,2")
