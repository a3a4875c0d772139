"""The reader of workbooks may die, hang or lie: the school goes on, and the file is refused."""

from __future__ import annotations

import json
import os
import sys
import tracemalloc
from pathlib import Path

import attrs
import pytest
import xlsxwriter

from psysafe.errors import InvalidDataError
from psysafe.intake import workbook_process
from psysafe.intake.tables import open_tables
from psysafe.intake.workbook_process import LIMITS, ReadSheet, read_sheets

WHERE = {"file": "roster.xls"}
SOON = attrs.evolve(LIMITS, clock=1.0)
SAYS = "import json, sys\nsay = lambda *line: print(json.dumps(line), flush=True)\n"
SHEET = SAYS + "sys.stdin.buffer.read()\nsay('sheet', 0, 0, [])\n"


def asked(child: str, folder: Path, **limits: object) -> tuple[ReadSheet, ...]:
    program = folder / "reader.py"
    program.write_text(child, encoding="utf-8")
    return read_sheets(
        b"x" * 3_000_000, ["一"], WHERE, limits=attrs.evolve(SOON, **limits), child=program
    )


def refused(child: str, folder: Path, **limits: object) -> str:
    with pytest.raises(InvalidDataError) as caught:
        asked(child, folder, **limits)
    finding = caught.value.findings[0]
    assert finding.where["file"] == "roster.xls"
    assert finding.cure
    return finding.code


@pytest.mark.parametrize(
    "child",
    [
        "import os; os.abort()",
        "import os; os._exit(0)",
        "raise SystemExit('张三')",
        SHEET + "import os; os.abort()",
        SHEET + "say('row', 1, ['张三'], [])",
        SHEET + "raise ValueError('张三')",
        "while True: pass",
        SHEET + "while True: pass",
        SHEET + "sys.stdout.close()\nwhile True: pass",
        SHEET + "sys.stdout.write('[' * 100000 + '\\n')",
        SHEET + "print('ro\\x00w')",
        SHEET + "say('row', 2, ['a'], []); say('row', 1, ['a'], []); say('end')",
        SHEET + "say('row', 1, [1], []); say('end')",
        SHEET + "say('row', 1, ['a'] * 501, []); say('end')",
        SHEET + "say('row', 1, ['a'], ['b']); say('end')",
        SHEET + "say('row', 300001, ['a'], []); say('end')",
        SHEET + "say('row', 1, ['a']); say('end')",
        SHEET + "say('sheet', 0, 0, []); say('end')",
        SHEET + "say('sheet', 1, 0, [[1, 2]]); say('end')",
        SHEET + "say('error', 'PSY001')",
        SAYS + "say('end')",
        SAYS + "say('row', 1, ['a'], []); say('end')",
    ],
)
def test_a_reader_that_dies_hangs_or_lies_refuses_the_file(
    child: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert refused(child, tmp_path) == "PSY275"
    # What it writes of its death could quote a cell.
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_says_too_much_refuses_the_file(tmp_path: Path) -> None:
    much = SHEET + "n = 0\nwhile True:\n  n += 1\n  say('row', n, ['a' * 1000], [])\n"
    assert refused(much, tmp_path, said=50_000, clock=20) == "PSY021"
    line = SHEET + "while True: sys.stdout.write('a' * 65536)"
    assert refused(line, tmp_path, said=50_000_000, clock=20) == "PSY275"


def test_the_reader_gets_nothing_of_the_schools_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSYSAFE_KEY", "canary")
    tell = "import os\n" + SHEET + "say('row', 1, sorted(os.environ), [])\nsay('end')"
    (sheet,) = asked(tell, tmp_path, clock=20)
    ((_, names, _),) = sheet.rows()
    assert names is not None
    assert "PSYSAFE_KEY" not in names


def test_without_a_python_to_start_the_cure_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_process, "get_executable", lambda: str(tmp_path / "none"))
    assert refused("", tmp_path) == "PSY276"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no process in this way")
@pytest.mark.parametrize("limit", [{"memory": 1_000_000}, {"seconds": 0}])
def test_the_reader_limits_itself(limit: dict[str, int], tmp_path: Path) -> None:
    """Too little memory or time of the processor ends the reader and nobody else."""
    rows = attrs.evolve(LIMITS, **limit, clock=20)
    path = workbook(tmp_path, 300)
    with pytest.raises(InvalidDataError) as caught:
        read_sheets(path.read_bytes(), ["Sheet1"], WHERE, limits=rows)
    assert caught.value.code in {"PSY275", "PSY242", "PSY248"}


def workbook(folder: Path, rows: int) -> Path:
    path = folder / f"{rows}.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "学号", "班级", "住址"])
        for n in range(1, rows):
            sheet.write_row(n, 0, ["张三", f"{n:08}", "高一3班", f"第{n}号" + "院" * 20])
    return path


def test_the_rows_take_little_memory_here_and_can_be_walked_twice(tmp_path: Path) -> None:
    path = workbook(tmp_path, 2_000)
    tracemalloc.start()
    try:
        (table,) = open_tables(path, "roster")
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        first = [hash(row.cells) for row in table.rows]
        assert [hash(row.cells) for row in table.rows] == first
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(first) == 1_999
    # As texts the cells alone take more than a megabyte.
    assert before < 600_000
    assert peak - before < 1_200_000


def test_nothing_of_a_workbook_shows_in_a_repr(tmp_path: Path) -> None:
    sheet = read_sheets(workbook(tmp_path, 3).read_bytes(), ["Sheet1"], WHERE)
    assert json.dumps(repr(sheet)).isascii()
    assert "00000001" not in repr(sheet)


def test_no_reader_is_left_behind(tmp_path: Path) -> None:
    tell = (
        "import os\n"
        + SHEET
        + "say('row', 1, [str(os.getpid())], [])\nsay('end')\nwhile True: pass"
    )
    (sheet,) = asked(tell, tmp_path, clock=20)
    ((_, texts, _),) = sheet.rows()
    assert texts is not None
    with pytest.raises(ProcessLookupError):
        os.kill(int(texts[0]), 0)
