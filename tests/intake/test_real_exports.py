"""What registers and school programs write out, with their own headings and habits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from psysafe.intake.tables import open_tables

ZHANG = ("张三", "张大", "13800000000")

EXPORTS = {
    # 全国中小学生学籍信息管理系统
    "register": (
        "学籍号*,学生姓名*,性别*,年级名称*,班级名称*,成员1姓名,成员1关系,成员1联系电话\n"
        "G350102201003010017,张三,男,高一,高一(3)班,张大,父亲,13800000000\n"
    ),
    "register, older": (
        "学校名称,姓名,身份证件类型,身份证件号,学籍号,年级,班级,家庭成员或监护人姓名,关系,联系电话\n"
        "某中学,张三,居民身份证,350102201003010017,G350102201003010017,高一年级,3班,张大,父亲,"
        "13800000000\n"
    ),
    "钉钉": (
        "学生姓名,学号,班级,家长1姓名,家长1关系,家长1手机号,备注\n"
        "张三,17,高一3班,张大,爸爸,+86-13800000000,\n"
    ),
    "钉钉, a row for each parent": (
        "姓名,班级,学号,与学生关系,家长姓名,家长手机号\n张三,高一3班,17,爸爸,张大,13800000000\n"
    ),
    "企业微信": (
        "填写须知：1、请勿改动表头\n学生姓名,学号,所在班级,家长1姓名,家长1手机号,家长1关系\n"
        "张三,17,高一/3班,张大,13800000000,爸爸\n"
    ),
    "正方": (
        "序号,学号,姓名,性别,行政班,年级,学院,家长姓名,家长关系,家长电话\n"
        "1,17,张三,男,高一(3)班,2026,高中部,张大,父亲,13800000000\n"
    ),
    "青果": (
        "学号,姓名,性别,所在年级,行政班级,学生当前状态,家长姓名,与学生关系,联系电话\n"
        "17,张三,男,高一,3班,在读,张大,父亲,13800000000\n"
    ),
    "智学": (
        "学生姓名,智学号,校内学号,年级,行政班,准考证号,家长姓名,与学生关系,联系电话\n"
        "张三,12345678,17,高一,3,001,张大,父亲,13800000000\n"
    ),
    "title, blank rows, sum and signature": (
        "某中学名册,,,,,\n\n姓名,学号,班级,家长姓名,与学生关系,联系电话\n,,,,,\n"
        "张三,17,高一3班,张大,父亲,13800000000\n合计,,1人,,,\n制表人：王老师,,,,,\n"
    ),
    "semicolons": (
        "姓名;学号;班级;家长姓名;与学生关系;联系电话\n张三;17;高一3班;张大;父亲;13800000000\n"
    ),
    "wide letters": (
        "姓　名,学　号,班　级,家长姓名,与学生关系,联系电话\n"
        "张　三,１７,高一（３）班,张大,父亲,１３８００００００００\n"
    ),
}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("text", EXPORTS.values(), ids=EXPORTS)
def test_an_export_comes_to_the_student_with_class_and_father(
    office: Any, text: str, encoding: str
) -> None:
    file = office.folder / "export.csv"
    file.write_bytes(text.encode(encoding))
    found = office.open(file, stage="senior")
    assert [f.code for f in found.findings if f.severity == "error"] == []
    assert (found.apply()["new"], found.counts["refused"]) == (1, 0)
    (student,) = office.people()
    assert student.name.replace("\u3000", "") == "张三"
    (father,) = student.guardians
    assert (father.name, father.telephones) == ("张大", ("13800000000",))
    assert father.kind == "legal_guardian"
    # Sorted, renamed, in another encoding: the same people, so nothing to do.
    again = office.folder / "再存.txt"
    again.write_bytes(text.encode("gb18030" if encoding == "utf-8" else "utf-8-sig"))
    counts = office.open(again, stage="senior").apply()
    assert (counts["new"], counts["changed"], counts["ended"], counts["unchanged"]) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("姓名,学号,班级,姓名,学号,班级\n张三,17,高一3班,李四,18,高一3班\n", "PSY218"),
        ("姓名,学号,年级,班级\n张三,17,2019,3班\n", "PSY226"),
        ('姓名,学号,班级\n张三,"=""0017""",高一3班\n', "PSY230"),
        ("姓名,学号,班级\n张三,2.02603E+09,高一3班\n", "PSY203"),
        ("姓名,学号,班级\n张三,17,高一/二3班\n", "PSY226"),
        (
            "与学生关系,家长姓名,与学生关系,姓名,学号,班级\n父亲,张大,母亲,张三,17,高一3班\n",
            "PSY218",
        ),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(office: Any, text: str, code: str) -> None:
    from psysafe.errors import InvalidDataError

    file = office.folder / "export.csv"
    file.write_text(text, encoding="utf-8")
    try:
        found = office.open(file, stage="senior").findings
    except InvalidDataError as error:
        found = error.findings
    assert {f.code for f in found if f.severity == "error"} == {code}


@pytest.mark.parametrize("name", ["名册.et", "名册.xls", "名册.xlsx"])
def test_a_workbook_of_wps_with_merged_cells_and_a_hidden_column_is_read(
    office: Any, name: str
) -> None:
    file: Path = office.folder / name
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("高一(3)班")
        sheet.merge_range("A1:C1", "学生名单")
        sheet.write_row(1, 0, ["姓名", "学号", "年级"])
        sheet.merge_range("C3:C4", "高一")
        sheet.write_row(2, 0, ["张三", "17"])
        sheet.write_row(3, 0, ["李四", "18"])
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.set_column(9, 12, None, None, {"hidden": True})
    (table,) = open_tables(file, "roster")
    (hidden,) = [f for f in table.findings if f.code == "PSY278"]
    assert hidden.facts["count"] == 1
    assert office.open(file).apply()["new"] == 2
    assert [s.name for s in office.people()] == ["张三", "李四"]
