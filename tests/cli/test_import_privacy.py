"""Nothing of a cell leaves an import: no finding, repr, log, exception or line of output says it.

Every cell of these files that is somebody's holds a canary. What is looked through is everything
that an import says; that the look sees a leak is shown by planting one.
"""

from __future__ import annotations

import io
import logging
import traceback
import zipfile
from typing import Any

import pytest
import xlsxwriter

from psysafe import SafetyNet
from psysafe.errors import PsysafeError
from psysafe.intake.roster_rows import RosterSheet

#: Parts of every private text below, in the forms in which one could come out.
CANARIES = ("卡娜丽", "金丝雀", "77190", "canary", "hunter")
HEADING = (
    "姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话,班主任,状态,"
    "身份证号,出生日期,住址,健康状况"
)
ROWS = (
    "卡娜丽甲,77190001,高一,3班,金丝雀大,父子,13977190001,金丝雀师,在读,350102201003077190,2010-03-01,金丝雀路,38",
    "卡娜丽乙,7.7190E+16,高一,3班,金丝雀大,父子,13977190001,,,,,,",
    "卡娜丽丙,77190003,金丝雀年级,3班,金丝雀大,父子,13977190001,,,,,,",
    "卡娜丽丁,77190004,高一,3班,金丝雀大、金丝雀小,金丝雀,canary77190,,,,,,",
    "卡娜丽戊,77190 05金丝雀,高一,3班,,,,,死亡,,,,",
    ",77190006,高一,3班,,,,,金丝雀,,,,",
    "卡娜丽己,,高一,3班,,,,,,,,,",
    "卡娜丽庚,77190007,高一,3班,金丝雀大,金丝雀亲,1397719000金,,,,金丝雀日,,抑郁金丝雀",
    "卡娜丽辛,77190008,高一,3班,,,,,,,,,",
    "金丝雀辛,77190008,高一,3班,,,,,,,,,",
    "卡娜丽壬,77190009,高一,3班",
    "卡娜丽癸,77190010,高一,3班,,,,,,,," + "金丝雀" * 100 + ",",
    "卡娜丽\x01子,77190011,高一,3班,,,,,,,,,",
)
STAFF = (
    "staff_id,姓名,角色,范围,邮箱,手机,起,止,代理",
    "t-71,金丝雀师,金丝雀长,高一,canary@77190,13977190002,,,",
    "t-72,金丝雀师,班主任,金丝雀班,canary77190,1397719金,金丝雀日,,金丝雀代",
)


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADING.split(","))
        for number, row in enumerate(ROWS[:-1], 1):
            sheet.write_row(number, 0, row.split(","))
        sheet.write_number(20, 1, 7.7190771907719077e17)
        sheet.write_formula(20, 0, '="卡娜丽"&"癸"', value="卡娜丽癸")
    return out.getvalue()


def bundle() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("orgs.csv", "sourcedId,name,type\no1,学校,school\n")
        made.writestr(
            "users.csv",
            "sourcedId,status,role,identifier,givenName,familyName,agentSourcedIds,password\n"
            "canary1,,student,77190021,娜丽,卡,canary9,hunter2\n"
            "canary2,,student,77190022,娜丽,卡,,hunter3,more\n",
        )
        made.writestr(
            "enrollments.csv", "classSourcedId,userSourcedId,role\ncanary7,canary1,student\n"
        )
    return out.getvalue()


def files() -> dict[str, bytes]:
    text = "\n".join((HEADING, *ROWS)) + "\n"
    return {
        "text.csv": text.replace("\x01", "").encode(),
        "control.csv": text.encode(),
        "odd.csv": text.encode("gb18030")[:-3] + b"\xff\xff\n",
        "quotes.csv": (text + '"卡娜丽,77190\n').encode(),
        "headless.csv": "\n".join(ROWS[:3]).encode(),
        "book.xlsx": workbook(),
        "cut.xlsx": workbook()[:-200],
        "bundle.zip": bundle(),
        "page.xls": "<html><table><tr><td>卡娜丽</td></tr></table>".encode(),
    }


FILES = files()


def leaks(*said: str) -> set[str]:
    return {canary for canary in CANARIES for text in said if canary in text}


def everything_said(school: Any, kind: str, file: str, caplog: pytest.LogCaptureFixture) -> str:
    """All that two runs of the command and the library say about a file."""
    said: list[str] = []
    for words in ((), ("--apply",)):
        for ran in (
            school.type("import", kind, file, *words),
            school.type("import", kind, file, *words, plain=True),
        ):
            said += [ran.out, ran.err]
    net = SafetyNet.open(school.folder)
    try:
        tables = getattr(net.operator(), kind)
        try:
            found = tables.load(file)
            said += [repr(found), repr(found.findings), repr(found.tables), repr(found.counts)]
            said += [repr(row) for table in found.tables for row in table.rows]
        except PsysafeError as error:
            said += [str(error), repr(error), *traceback.format_exception(error)]
            said += [repr(getattr(error, "findings", ()))]
    finally:
        net.close()
    said += [record.getMessage() + repr(record.__dict__) for record in caplog.records]
    return "\n".join(said)


@pytest.mark.parametrize("name", FILES)
def test_an_import_says_nothing_that_stands_in_a_cell(
    school: Any, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = school.folder / name
    file.write_bytes(FILES[name])
    said = everything_said(school, "roster", str(file), caplog)
    assert "PSY" in said
    assert leaks(said) == set()


def test_a_staff_import_says_nothing_that_stands_in_a_cell(
    school: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = str(school.write("people.csv", "\n".join(STAFF) + "\n"))
    assert leaks(everything_said(school, "staff", file, caplog)) == set()


@pytest.mark.parametrize("way", ["log", "stderr", "exception"])
def test_a_leak_that_is_planted_is_seen(
    school: Any, way: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    real = RosterSheet.pupil

    def leaking(self: RosterSheet, row: Any) -> Any:
        if way == "log":
            logging.getLogger("psysafe.intake").info("row of %s", row.cells[0])
        elif way == "stderr":
            import click

            click.echo(row.cells[0], err=True)
        else:
            raise ValueError(row.cells[0])
        return real(self, row)

    monkeypatch.setattr(RosterSheet, "pupil", leaking)
    file = school.folder / "text.csv"
    file.write_bytes(FILES["text.csv"])
    try:
        said = everything_said(school, "roster", str(file), caplog)
    except ValueError as error:
        said = "".join(traceback.format_exception(error)) + repr(error)
    assert "卡娜丽" in leaks(said)
