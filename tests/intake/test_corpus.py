"""Rosters as schools have them: each file is read exactly, or the row is refused with its place."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest
import xlsxwriter

from psysafe.intake.tables import Kind, Table, open_tables

FILES = Path(__file__).parent / "files"

HEAD = ("姓名", "学号", "班级")
ZHANG = ("张三", "2026030117", "高一(3)班")
LI = ("李四", "0017", "高一(3)班")
TWO = [dict(zip(HEAD, row, strict=True)) for row in (ZHANG, LI)]

#: One read row by canonical heading, without empty cells; or the code that refuses it, and where.
Expected = dict[str, str] | tuple[str, str]


def lines(*rows: Sequence[str], by: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=by, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def text(content: str, encoding: str = "utf-8", bom: bytes = b"") -> bytes:
    return bom + content.encode(encoding)


Fill = Callable[[xlsxwriter.Workbook], None]


def book(fill: Fill, **options: object) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    fill(made)
    made.close()
    return out.getvalue()


def sheet(*rows: Sequence[object], name: str = "Sheet1") -> Fill:
    def fill(made: xlsxwriter.Workbook) -> None:
        write(made.add_worksheet(name), rows)

    return fill


def write(into: xlsxwriter.worksheet.Worksheet, rows: Sequence[Sequence[object]]) -> None:
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, str):
                into.write_string(r, c, cell)
            elif cell is not None:
                into.write(r, c, cell)


@attrs.frozen
class Case:
    """One file of the corpus."""

    name: str
    data: bytes
    expected: list[Expected]
    findings: tuple[str, ...] = ()
    kind: Kind = "roster"
    file: str = "roster.csv"


def of(name: str, data: bytes, expected: list[Expected], *findings: str, **more: str) -> Case:
    return Case(name, data, expected, tuple(sorted(findings)), **more)  # type: ignore[arg-type]


def xlsx(
    name: str, fill: Fill, expected: list[Expected], *findings: str, **options: object
) -> Case:
    return of(name, book(fill, **options), expected, *findings, file="roster.xlsx")


def one_guardian(**cells: str) -> dict[str, str]:
    return {"姓名": "张三", "学号": "1", **cells}


PLAIN = lines(HEAD, ZHANG, LI)
RARE = [
    {"姓名": "㐀𠮷䶮", "学号": "1", "班级": "高一(3)班"},
    {"姓名": "\u9fb4华", "学号": "2", "班级": "高一(3)班"},
]
RARE_TEXT = lines(HEAD, ("㐀𠮷䶮", "1", "高一(3)班"), ("\ue81e华", "2", "高一(3)班"))


def merged(made: xlsxwriter.Workbook) -> None:
    """Two title rows, headings over two rows, guardians twice, sums and notes below."""
    into = made.add_worksheet("Sheet1")
    into.merge_range("A1:I1", "第三中学2026级学生花名册")
    into.merge_range("A2:I2", "填表说明：带*的必填")
    for column, head in (("A", "*姓名"), ("B", "*学号"), ("C", "班 级")):
        into.merge_range(f"{column}3:{column}4", head)
    into.merge_range("D3:F3", "监护人信息")
    into.merge_range("G3:I3", "监护人信息")
    into.write_row("D4", ["姓名", "与学生关系", "联系电话"] * 2)
    into.merge_range("C5:C6", "高一(3)班")
    into.write_row("A5", ["张三", "2026030117"])
    into.write_row("D5", ["张大", "父子", "13800000000", "王二", "母子", "13800000001"])
    into.write_row("A6", ["李四", "0017"])
    into.write_row("A8", ["合计", "2"])
    into.write_row("A9", ["说明：以学籍为准"])


def classes(made: xlsxwriter.Workbook) -> None:
    """A sheet for each class, one sheet of explanations, one empty."""
    write(made.add_worksheet("高一(3)班"), [("姓名", "学号"), ("张三", "1")])
    write(made.add_worksheet("高一(4)班"), [("学号", "姓名"), ("2", "李四")])
    write(made.add_worksheet("填写说明"), [("请如实填写",), ("不要合并单元格",)])
    made.add_worksheet("Sheet4")


def dates(made: xlsxwriter.Workbook) -> None:
    into = made.add_worksheet("Sheet1")
    write(into, [("姓名", "学号", "出生日期", "班级")])
    day = made.add_format({"num_format": "yyyy/m/d"})
    write(into, [("姓名", "学号", "出生日期", "班级"), ("张三", 2026030117, None, 3)])
    into.write_datetime(1, 2, datetime.datetime(2010, 3, 5), day)  # noqa: DTZ001


def faulty(made: xlsxwriter.Workbook) -> None:
    into = made.add_worksheet("高一(3)班")
    rows = [("姓名", "学号", "年龄"), ("张三", "1"), ("李四", None), ("王五", 110101201003050017)]
    write(into, [*rows, ("赵六", None), ("钱七", "5")])
    into.write_formula("C2", "=2026-2010", None, 16)
    into.write_formula("B3", "=1+1", None, 2)
    into.write_formula("B5", "=NA()", None, "#N/A")


def no_dates(made: xlsxwriter.Workbook) -> None:
    """Numbers under a date's format that are no dates: a telephone, an identity number."""
    into = made.add_worksheet("Sheet1")
    write(into, [HEAD, ZHANG, ("李四", None, "高一(3)班"), ("王五", None, "高一(3)班")])
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    into.write_number("B3", 13800000000, day)
    into.write_number("B4", 110101201003050017, day)
    into.write_number("B5", -1e300, day)


def hidden(made: xlsxwriter.Workbook) -> None:
    into = made.add_worksheet("Sheet1")
    write(into, [HEAD, ZHANG, LI])
    into.set_row(1, None, None, {"hidden": True})
    old = made.add_worksheet("旧")
    write(old, [HEAD, ("周九", "9", "高一(3)班")])
    old.hide()


def at_b3(made: xlsxwriter.Workbook) -> None:
    into = made.add_worksheet("Sheet1")
    for r, row in enumerate([HEAD, ZHANG]):
        into.write_row(r + 2, 1, row)


CORPUS = [
    of("UTF-8", text(PLAIN), TWO),
    of("UTF-8 with a mark", text(PLAIN, "utf-8-sig"), TWO),
    of("GB18030", text(PLAIN, "gb18030"), TWO),
    of("UTF-16 LE", text(PLAIN, "utf-16-le", b"\xff\xfe"), TWO),
    of("UTF-16 BE", text(PLAIN, "utf-16-be", b"\xfe\xff"), TWO),
    of("rare characters in UTF-8", text(RARE_TEXT.replace("\ue81e", "\u9fb4")), RARE),
    of("rare characters in GB18030", text(RARE_TEXT, "gb18030"), RARE),
    of("tabs", text(lines(HEAD, ZHANG, LI, by="\t")), TWO),
    of("semicolons", text(lines(HEAD, ZHANG, LI, by=";")), TWO),
    of(
        "semicolons under a title with commas",
        text("高一,高二\r\n" + lines(HEAD, ZHANG, by=";")),
        TWO[:1],
    ),
    of("lines of Unix", text(PLAIN.replace("\r\n", "\n")), TWO),
    of("lines of old Macs", text(PLAIN.replace("\r\n", "\r")), TWO),
    of(
        "title and note rows",
        text(lines(["学生名册"], ["说明：姓名必填"], [], HEAD, ZHANG, LI)),
        TWO,
    ),
    of(
        "stars, spaces, hints",
        text(lines(["*姓 名", "★学号(必填)", "班级（如：3班）"], ZHANG, LI)),
        TWO,
    ),
    of(
        "sums and notes below",
        text(lines(HEAD, ZHANG, LI, ["合计", "2", ""], ["注：", "", ""])),
        TWO,
    ),
    of("repeated headings", text(lines(HEAD, ZHANG, HEAD, LI)), TWO),
    of("empty rows", text(lines(["", "", ""], HEAD, ["", " ", ""], ZHANG, LI, [])), TWO),
    of(
        "headings over two rows as a CSV keeps them",
        text(
            lines(
                ["姓名", "学号", "监护人信息", "", "", "母亲信息", ""],
                ["", "", "姓名", "关系", "电话", "姓名", "手机号码"],
                ["张三", "1", "张大", "父子", "138", "王二", "139"],
                ["李四", "2", "李大", "", "", "", ""],
            )
        ),
        [
            one_guardian(
                监护人1姓名="张大",
                监护人1关系="父子",
                监护人1电话="138",
                监护人2姓名="王二",
                监护人2电话="139",
                监护人2关系="母亲",
            ),
            {"姓名": "李四", "学号": "2", "监护人1姓名": "李大"},
        ],
    ),
    of(
        "father and mother",
        text(
            lines(
                ["学生姓名", "学号", "父亲姓名", "父亲联系电话", "母亲姓名", "母亲电话"],
                ["张三", "1", "张大", "138", "", ""],
            )
        ),
        [one_guardian(监护人1姓名="张大", 监护人1电话="138", 监护人1关系="父亲")],
    ),
    of(
        "relations and telephones after each guardian",
        text(
            lines(
                [
                    "姓名",
                    "学号",
                    "监护人",
                    "与学生关系",
                    "联系电话",
                    "监护人",
                    "与学生关系",
                    "联系电话",
                ],
                ["张三", "1", "张大", "父子", "138", "王二", "母子", "139"],
            )
        ),
        [
            one_guardian(
                监护人1姓名="张大",
                监护人1关系="父子",
                监护人1电话="138",
                监护人2姓名="王二",
                监护人2关系="母子",
                监护人2电话="139",
            )
        ],
    ),
    of(
        "numbered guardians, an emergency contact, who cares at hand",
        text(
            lines(
                [
                    "姓名",
                    "学号",
                    "第二监护人姓名",
                    "家长1电话",
                    "紧急联系人",
                    "紧急联系人电话",
                    "实际照护人",
                ],
                ["张三", "1", "王二", "138", "赵姨", "139", "奶奶"],
            )
        ),
        [
            one_guardian(
                监护人2姓名="王二",
                监护人1电话="138",
                监护人3姓名="赵姨",
                监护人3电话="139",
                监护人3身份="紧急联系人",
                监护人4姓名="奶奶",
                监护人4身份="实际照护人",
            )
        ],
    ),
    of(
        "English headings",
        text(
            lines(
                [
                    "Student Name",
                    "student_no",
                    "Class",
                    "Date of Birth",
                    "Guardian 1 Name",
                    "Mother's phone",
                ],
                ["Zhang San", "1", "3", "2010-03-05", "Zhang Da", "139"],
            )
        ),
        [
            {
                "姓名": "Zhang San",
                "学号": "1",
                "班级": "3",
                "出生日期": "2010-03-05",
                "监护人1姓名": "Zhang Da",
                "监护人2电话": "139",
                "监护人2关系": "母亲",
            }
        ],
    ),
    of(
        "an exam number beside the student number",
        text(lines(["姓名", "考号", "学号"], ["张三", "9001", "1"])),
        [one_guardian(考号="9001")],
    ),
    of("an exam number alone", text(lines(["姓名", "考号"], ["张三", "1"])), [one_guardian()]),
    of(
        "the student's own telephone is nobody else's",
        text(lines(["姓名", "学号", "本人电话", "电话"], ["张三", "1", "137", "136"])),
        [one_guardian(本人电话="137", 电话="136")],
    ),
    of(
        "national number, identity number, boarding",
        text(
            lines(
                [
                    "姓名",
                    "全国学籍号",
                    "证件号码",
                    "性别码",
                    "所在年级",
                    "行政班",
                    "家庭住址",
                    "走读住宿",
                ],
                ["张三", "G110", "1101", "1", "高一", "3", "某街1号", "住校"],
            )
        ),
        [
            {
                "姓名": "张三",
                "学籍号": "G110",
                "身份证号": "1101",
                "性别": "1",
                "年级": "高一",
                "班级": "3",
                "住址": "某街1号",
                "就读方式": "住校",
            }
        ],
    ),
    of(
        "same names",
        text(lines(HEAD, ZHANG, ("张三", "2", "高一(4)班"))),
        [TWO[0], {"姓名": "张三", "学号": "2", "班级": "高一(4)班"}],
    ),
    of("a number twice", text(lines(HEAD, ZHANG, ZHANG)), [TWO[0], TWO[0]]),
    of("leading zeros", text(lines(HEAD, LI)), TWO[1:]),
    of(
        "a line break in a cell",
        text(lines(HEAD, ("张\n三", "1", "3"))),
        [{"姓名": "张\n三", "学号": "1", "班级": "3"}],
    ),
    of(
        "a ragged row",
        text(lines(HEAD, ZHANG, ("王五", "3"), LI)),
        [TWO[0], ("PSY206", "row 3"), TWO[1]],
    ),
    of(
        "a note about a student is not a note",
        text(lines(HEAD, ("说明", "8", "高一(3)班"))),
        [{"姓名": "说明", "学号": "8", "班级": "高一(3)班"}],
    ),
    of("text that is called a workbook", text(PLAIN), TWO, "PSY240", file="roster.xls"),
    of(
        "staff with other words",
        text(
            lines(
                ["工号", "教师姓名", "职务", "所带班级", "手机号"],
                ["t-1", "王老师", "班主任", "3班", "1"],
            )
        ),
        [{"staff_id": "t-1", "姓名": "王老师", "角色": "班主任", "范围": "3班", "手机": "1"}],
        kind="staff",
    ),
    of(
        "answers of a form",
        text(
            lines(
                ["提交答卷时间", "1、您的姓名", "2、学号", "1", "2", "3"],
                ["2026/11/2 8:30", "张三", "0017", "0", "1", "2"],
            )
        ),
        [
            {
                "answered_at": "2026/11/2 8:30",
                "姓名": "张三",
                "student_no": "0017",
                "1": "0",
                "2": "1",
                "3": "2",
            }
        ],
        kind="answers",
    ),
    xlsx("a workbook", sheet(HEAD, ZHANG, LI), TWO),
    of("a workbook called CSV", book(sheet(HEAD, ZHANG, LI)), TWO, "PSY240"),
    xlsx("numbers as numbers", sheet(HEAD, ("张三", 2026030117, "高一(3)班")), TWO[:1]),
    xlsx("a table that begins in B3", at_b3, TWO[:1]),
    xlsx(
        "cells of true and false and a half",
        sheet(HEAD, ("张三", True, 1.5)),
        [{"姓名": "张三", "学号": "TRUE", "班级": "1.5"}],
    ),
    xlsx(
        "titles, merged headings, merged classes, sums",
        merged,
        [
            {
                **TWO[0],
                "监护人1姓名": "张大",
                "监护人1关系": "父子",
                "监护人1电话": "13800000000",
                "监护人2姓名": "王二",
                "监护人2关系": "母子",
                "监护人2电话": "13800000001",
            },
            TWO[1],
        ],
        "PSY253",
    ),
    xlsx(
        "a sheet for each class",
        classes,
        [
            {"姓名": "张三", "学号": "1", "班级": "高一(3)班"},
            {"姓名": "李四", "学号": "2", "班级": "高一(4)班"},
        ],
        "PSY236",
        "PSY239",
        "PSY239",
    ),
    xlsx(
        "a sheet for a grade",
        sheet(("姓名", "学号"), ("张三", "1"), name="高一"),
        [one_guardian(年级="高一")],
        "PSY239",
    ),
    *(
        xlsx(
            f"dates since {'1904' if since else '1900'}",
            dates,
            [{"姓名": "张三", "学号": "2026030117", "出生日期": "2010-03-05", "班级": "3"}],
            date_1904=since,
        )
        for since in (False, True)
    ),
    xlsx(
        "formulas, errors and lost digits",
        faulty,
        [
            {"姓名": "张三", "学号": "1", "年龄": "16", "班级": "高一(3)班"},
            ("PSY243", "B3"),
            ("PSY203", "B4"),
            ("PSY244", "B5"),
            {"姓名": "钱七", "学号": "5", "班级": "高一(3)班"},
        ],
        "PSY239",
    ),
    xlsx(
        "numbers formatted as dates",
        no_dates,
        [
            TWO[0],
            {"姓名": "李四", "学号": "13800000000", "班级": "高一(3)班"},
            ("PSY203", "B4"),
            ("PSY244", "row 5"),
        ],
    ),
    xlsx("hidden rows and sheets", hidden, TWO, "PSY250", "PSY251"),
    xlsx("control characters in a cell", sheet(HEAD, ("张\x1b三", "1", "3")), [("PSY217", "A2")]),
    xlsx("a long cell", sheet(HEAD, ("x" * 10_001, "1", "3")), [("PSY021", "A2")]),
    of(
        "the old format",
        (FILES / "roster.xls").read_bytes(),
        [
            {
                **TWO[0],
                "出生日期": "2010-03-05",
                "监护人1姓名": "张大",
                "监护人1电话": "13800000000",
            },
            {
                **TWO[1],
                "出生日期": "2010-12-31",
                "监护人1姓名": "李大",
                "监护人1电话": "13800000001",
            },
            {"姓名": "王五", "学号": "2026030119", "出生日期": "2011-01-01", "班级": "高一(3)班"},
            ("PSY243", "B6"),
            ("PSY244", "B7"),
            ("PSY203", "B8"),
        ],
        "PSY239",
        "PSY250",
        file="roster.xls",
    ),
    of(
        "the old format, days since 1904",
        (FILES / "roster-1904.xls").read_bytes(),
        [{"姓名": "张三", "学号": "0017", "班级": "高一3班", "出生日期": "2010-03-05"}],
        file="roster-1904.xls",
    ),
]


def read(tables: Sequence[Table]) -> list[Expected]:
    found: list[Expected] = []
    for table in tables:
        for row in table.rows:
            assert len(row.cells) == len(table.heading)
            if row.findings:
                where = row.findings[0].where
                found.append((row.findings[0].code, str(where.get("cell", f"row {where['row']}"))))
                assert where["file"] == table.file
                assert where["row"] == row.number
                assert where.get("sheet") == table.sheet
                assert row.findings[0].cure
                continue
            cells = zip(table.heading, row.cells, strict=True)
            found.append({name: cell for name, cell in cells if name and cell})
    return found


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_file_as_schools_have_it_is_read_exactly_or_refused_with_its_place(
    case: Case, tmp_path: Path
) -> None:
    path = tmp_path / case.file
    path.write_bytes(case.data)
    tables = open_tables(path, case.kind)
    assert read(tables) == case.expected
    assert sorted(f.code for table in tables for f in table.findings) == list(case.findings)
    assert read(tables) == case.expected, "a second walk sees the same rows"


def test_the_corpus_is_as_large_as_it_is_meant_to_be() -> None:
    assert len(CORPUS) >= 40


@pytest.mark.parametrize("by", [",", "\t"])
def test_the_order_of_rows_does_not_matter(by: str, tmp_path: Path) -> None:
    rows = [("张三", "1", "3"), ("李四", "2", "4"), ("王五", "3", "5")]
    path = tmp_path / "roster.csv"
    seen = set()
    for turn in range(3):
        path.write_text(lines(HEAD, *rows[turn:], *rows[:turn], by=by), encoding="utf-8")
        (table,) = open_tables(path, "roster")
        seen.add(frozenset(row.cells for row in table.rows))
    assert len(seen) == 1


def test_a_school_adds_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(lines(["孩子", "编码", "妈妈手机"], ["张三", "1", "139"]), encoding="utf-8")
    own = {"姓名": ("孩子",), "学号": ("编 码",)}
    (table,) = open_tables(path, "roster", aliases=own)
    assert table.heading == ("姓名", "学号", "监护人1电话", "监护人1关系")
    assert table.printed == ("孩子", "编码", "妈妈手机")


def test_a_derived_column_has_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(lines(["姓名", "母亲姓名"], ["张三", "王二"]), encoding="utf-8")
    (table,) = open_tables(path, "roster")
    assert table.heading == ("姓名", "监护人1姓名", "监护人1关系")
    assert table.where(2, 1) == {"file": "roster.csv", "row": 2, "cell": "B2"}
    assert table.where(2, 2) == {"file": "roster.csv", "row": 2}
