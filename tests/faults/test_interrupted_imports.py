"""A roster and a screening whose import is killed half-way, and run again: nothing shows of it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

from psysafe.cli import main
from psysafe.engine.enrolling import BATCH as ENROLLED
from psysafe.engine.sheets import BATCH as KEPT

MANY = max(ENROLLED, KEPT) + 40
STAFF = """\
staff_id,姓名,角色,范围,邮箱,手机,起,止
t-017,王老师,班主任,高一(1)班,,13800000017,2026-09-01,
t-002,李老师,心理教师,全校,,13800000002,2026-09-01,
t-001,陈校长,领导小组组长,全校,,,2026-09-01,
"""
COUNSELOR = "staff:t-002"
#: The command line in a process that is killed after its first commit of a whole batch (the next
#: is not begun), or before its second (all is decided and nothing written).
KILLED = """
import os, signal, sys
from psysafe.builtin.sqlite import SqliteStorage
from psysafe.cli import main
commit, batches, when = SqliteStorage.commit, 0, sys.argv.pop(1)
def watched(self, part, changes, settle=()):
    global batches
    batches += len(changes.put) > 20
    if batches == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    found = commit(self, part, changes, settle)
    if batches == 1 and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return found
SqliteStorage.commit = watched
main()
"""


@attrs.frozen
class Place:
    """A school's folder and its command line."""

    folder: Path

    def words(self, at: str, *words: str, by: str | None = None) -> list[str]:
        line = ["--school", str(self.folder), "--json", "--at", at]
        return [*line, *(["--as", by] if by else []), *words]

    def done(self, at: str, *words: str, by: str | None = None) -> Any:
        found = CliRunner().invoke(main, self.words(at, *words, by=by), prog_name="psysafe")
        assert found.exit_code == 0, found.output
        return json.loads(found.stdout)["data"]

    def killed(self, when: str, at: str, *words: str, by: str | None = None) -> None:
        program = [sys.executable, "-c", KILLED, when, *self.words(at, *words, by=by)]
        done = subprocess.run(program, capture_output=True, check=False, env=dict(os.environ))
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(self.folder / "psysafe.db") as file:
            found = file.execute(query).fetchall()
        file.close()
        return found

    def documents(self) -> list[Any]:
        return self.rows("SELECT key, version, body, places FROM document ORDER BY key")

    def outbox(self) -> list[Any]:
        return self.rows("SELECT key, topic, reference, due, urgency FROM outbox ORDER BY key")


@pytest.fixture
def empty(tmp_path: Path) -> Place:
    """A rehearsal school with staff, a roster file and a file of sheets, nothing of them in yet."""
    school = Place(tmp_path / "whole")
    # Unsealed, so that documents can be compared: what is sealed twice is never the same bytes.
    init = ["--json", "init", str(school.folder), "--rehearsal", "--no-vault", "--part", "no3"]
    assert CliRunner().invoke(main, init, prog_name="psysafe").exit_code == 0
    roster = ["姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话"]
    sheets = ["学号,提交答卷时间," + ",".join(map(str, range(1, 10)))]
    for n in range(MANY):
        dice = random.Random(n)
        answers = [dice.randint(0, 3) for _ in range(8)] + [max(0, dice.randint(-6, 3))]
        roster.append(f"学生{n},2026{n:06},高一,{n // 45 + 1}班,家长{n},父子,1390000{n:04}")
        time = f"2026/11/3 {9 + n // 60}:{n % 60:02}:07"
        sheets.append(f"2026{n:06},{time}," + ",".join(map(str, answers)))
    for name, lines in (("roster", roster), ("sheets", sheets)):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    staff = tmp_path / "staff.csv"
    staff.write_text(STAFF, encoding="utf-8")
    school.done("2026-11-02T20:00", "import", "staff", str(staff), "--apply")
    return school


@pytest.mark.clause("C3.1")
def test_imports_that_are_killed_and_run_again_come_to_the_same(
    empty: Place, tmp_path: Path
) -> None:
    roster = ("2026-11-03T07:00", "import", "roster", str(tmp_path / "roster.csv"), "--apply")
    other = Place(tmp_path / "killed")
    shutil.copytree(empty.folder, other.folder)

    counts = empty.done(*roster)
    other.killed("after", *roster)
    there = len(other.rows("SELECT 1 FROM document WHERE kind = 'student'"))
    assert there == ENROLLED
    again = other.done(*roster)
    assert counts["new"] == MANY
    assert again["new"] + again["unchanged"] == MANY
    assert again["unchanged"] == there
    assert other.documents() == empty.documents()

    day = ("--opens", "2026-11-03T08:00", "--closes", "2026-11-03T21:00", "--reader", COUNSELOR)
    plan = ("campaign", "plan", "--scale", "phq9", "--grade", "高一", *day)
    campaign = empty.done("2026-11-03T07:10", *plan, by=COUNSELOR)["campaign"]
    empty.done("2026-11-03T07:20", "campaign", "open", campaign, by=COUNSELOR)
    shutil.rmtree(other.folder)
    shutil.copytree(empty.folder, other.folder)

    words = ("campaign", "answers", campaign, str(tmp_path / "sheets.csv"), "--apply")
    sheets = ("2026-11-03T21:30", *words)
    whole = empty.done(*sheets, by=COUNSELOR)
    other.killed("before", *sheets, by=COUNSELOR)
    there = len(other.rows("SELECT 1 FROM document WHERE kind = 'sheet'"))
    assert there == KEPT
    again = other.done(*sheets, by=COUNSELOR)
    assert whole["scored"] == MANY
    assert (again["unchanged"], again["scored"]) == (there, MANY - there)
    assert whole["flags"] > 20
    # The campaign itself has one more hand-in to tell of; nothing else differs.
    own = f"campaign/{campaign}"
    assert [d for d in other.documents() if d[0] != own] == [
        d for d in empty.documents() if d[0] != own
    ]
    assert other.outbox() == empty.outbox()
    # Which fails where chain or documents do not fit.
    assert other.done("2026-11-03T21:40", "verify")["records"] > 2 * MANY
