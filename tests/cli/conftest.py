"""An invented school in a folder, and its command line as somebody would type it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

from psysafe import SafetyNet
from psysafe.cli import main

STAFF = """\
staff_id,姓名,角色,范围,邮箱,手机,起,止
t-017,王老师,班主任,高一(3)班,,13800000017,2026-09-01,
t-002,李老师,心理教师,全校,,13800000002,2026-09-01,
t-012,孙老师,心理教师,全校,,,2026-09-01,
t-003,赵老师,年段长,高一,,,2026-09-01,
t-004,周老师,政教处负责人,全校,,,2026-09-01,
t-001,陈校长,领导小组组长,全校,,,2026-09-01,
t-005,林校长,领导小组副组长,全校,,,2026-09-01,
"""
ROSTER = """\
姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话,班主任
张三,2026030117,高一,3班,张大,父子,13800000000,王老师
李四,2026030118,高一,3班,李大,母子,13800000001,王老师
"""
EVENING = "2026-11-02T20:00"


@attrs.frozen
class Ran:
    """What one call of the command line came to."""

    code: int
    out: str
    err: str

    @property
    def whole(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def data(self) -> Any:
        return self.whole["data"]

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.whole["findings"]]


@attrs.define
class Console:
    """A terminal in front of one school. Times count from the evening of 2 November 2026."""

    folder: Path
    at: str | None = EVENING

    def type(
        self,
        *words: str,
        by: str | None = None,
        at: str | None = None,
        lang: str = "en",
        plain: bool = False,
        stdin: bytes | None = None,
    ) -> Ran:
        """Run a command; with JSON unless `plain`."""
        line = ["--school", str(self.folder), "--lang", lang]
        line += ["--as", by] if by else []
        when = at or self.at
        line += ["--at", when] if when else []
        line += [] if plain else ["--json"]
        found = CliRunner().invoke(main, [*line, *words], input=stdin, prog_name="psysafe")
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Ran(found.exit_code, found.stdout, found.stderr)

    def done(self, *words: str, **more: Any) -> Any:
        """Run a command that must succeed, and answer its data."""
        ran = self.type(*words, **more)
        assert ran.code == 0, ran
        return ran.data

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def position(self) -> int:
        """How far the journal has come."""
        with SafetyNet.open(self.folder) as net:
            return net.operator().position()


@pytest.fixture
def empty(tmp_path: Path) -> Console:
    """A rehearsal school without people."""
    console = Console(tmp_path / "school", at=None)
    words = ("init", str(console.folder), "--rehearsal", "--part", "no3-middle")
    made = console.done(*words, lang="zh")
    assert made["rehearsal"] is True
    return attrs.evolve(console, at=EVENING)


@pytest.fixture
def school(empty: Console) -> Console:
    """A rehearsal school with staff and two students, at eight in the evening."""
    empty.done("import", "staff", str(empty.write("staff.csv", STAFF)), "--apply")
    empty.done("import", "roster", str(empty.write("roster.csv", ROSTER)), "--apply")
    return empty


@pytest.fixture
def case(school: Console) -> str:
    """A case that a homeroom teacher's report made and the counselor has taken up."""
    words = ("--source", "one_to_one", "--symptom", "self_harm=marked", "--note", "手臂上有伤")
    school.done("report", "no:2026030117", *words, by="staff:t-017")
    found = school.done("cases", by="staff:t-002")
    school.done("ack", found[0]["case"], by="staff:t-002")
    return str(found[0]["case"])
