"""A roster and a screening from their files, over the command line, killed half-way and resumed.

    python bench/bulk_files.py                     100,000 students, 100,000 sheets
    python bench/bulk_files.py --students 5000

Each command runs in a process of its own, so its peak memory is its own. The import of the sheets
is killed (SIGKILL) in its middle and run again; the proof at the end says that nothing shows of it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

_SOURCE: Final = str(Path(__file__).parents[1] / "src")
_COUNSELOR: Final = "staff:t-002"
_STAFF: Final = """\
staff_id,姓名,角色,范围,邮箱,手机,起,止
t-017,王老师,班主任,高一(1)班,,13800000017,2026-09-01,
t-002,李老师,心理教师,全校,,13800000002,2026-09-01,
t-001,陈校长,领导小组组长,全校,,,2026-09-01,
"""


class School:
    """A school's folder and its command line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(
        self, at: str, *words: str, by: str = "", kill_at: int | None = None
    ) -> tuple[Any, str]:
        """A command's data, and what it took. Ends the program where it fails.

        `kill_at`: it is killed once it has told so many steps of its progress; then there is None.
        """
        program = [sys.executable, "-c", "from psysafe.cli import main; main()"]
        program += ["--school", str(self._folder), "--json", *(["--at", at] if at else [])]
        program += [*(["--as", by] if by else []), *words]
        began = time.perf_counter()
        with tempfile.TemporaryFile() as out:
            environment = {**os.environ, "PYTHONPATH": _SOURCE}
            child = subprocess.Popen(program, stdout=out, stderr=subprocess.PIPE, env=environment)
            said: list[bytes] = []
            for line in child.stderr or ():
                said.append(line)
                if len(said) == kill_at:
                    os.kill(child.pid, signal.SIGKILL)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            text = out.read()
        if child.returncode and kill_at is None:
            raise SystemExit(f"{words[:3]} failed: {text[:300]!r} {said[-3:]!r}")
        wall, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
        took = f"{wall:7.1f} s, cpu {cpu:6.1f} s, peak {used.ru_maxrss / 1024:4.0f} MiB"
        return (json.loads(text)["data"] if not child.returncode else None), took


def write_files(folder: Path, students: int) -> None:
    """Staff, roster and sheets of so many students, line by line."""
    (folder / "staff.csv").write_text(_STAFF, encoding="utf-8")
    with (
        (folder / "roster.csv").open("w", encoding="utf-8") as roster,
        (folder / "sheets.csv").open("w", encoding="utf-8") as sheets,
    ):
        roster.write("姓名,学号,年级,班级,监护人1姓名,与学生关系,联系电话\n")
        sheets.write("学号,提交答卷时间," + ",".join(map(str, range(1, 10))) + "\n")
        for n in range(students):
            dice = random.Random(n)
            ninth = dice.randint(1, 3) if dice.random() < 0.3 else 0
            answers = [dice.randint(0, 3) for _ in range(8)] + [ninth]
            # A grade has at most 90 classes here, so with many students they are large.
            roster.write(f"学生{n},2026{n:07},高一,{n // 45 % 90 + 1}班,家长{n},父子,137{n:08}\n")
            clock = f"2026/11/3 {9 + n // 3600 % 10}:{n // 60 % 60:02}:{n % 60:02}"
            sheets.write(f"2026{n:07},{clock}," + ",".join(map(str, answers)) + "\n")


def measured(folder: Path, students: int) -> None:
    write_files(folder, students)
    school = School(folder / "school")
    school.run("", "init", str(folder / "school"), "--rehearsal", "--no-vault", "--part", "bench")
    school.run("2026-11-02T20:00", "import", "staff", str(folder / "staff.csv"), "--apply")
    roster = ("import", "roster", str(folder / "roster.csv"), "--apply")
    found, took = school.run("2026-11-03T07:00", *roster)
    print(f"roster: {found['new']:,} students in {took}", flush=True)
    found, took = school.run("2026-11-03T07:05", *roster)
    print(f"roster again: {found['unchanged']:,} unchanged in {took}", flush=True)
    day = ("--opens", "2026-11-03T08:00", "--closes", "2026-11-03T21:00", "--reader", _COUNSELOR)
    plan = ("campaign", "plan", "--scale", "phq9", "--grade", "高一", *day)
    campaign = school.run("2026-11-03T07:10", *plan, by=_COUNSELOR)[0]["campaign"]
    school.run("2026-11-03T07:20", "campaign", "open", campaign, by=_COUNSELOR)
    sheets = ("campaign", "answers", campaign, str(folder / "sheets.csv"), "--apply")
    # In the middle: it tells of every thousand.
    _, took = school.run("2026-11-03T21:30", *sheets, by=_COUNSELOR, kill_at=students // 2000)
    print(f"sheets, until they were killed, in {took}", flush=True)
    found, took = school.run("2026-11-03T21:30", *sheets, by=_COUNSELOR)
    whole = found["scored"] + found["unchanged"]
    print(f"sheets: {found['unchanged']:,} were in when it was killed", flush=True)
    print(f"sheets, resumed: {found['scored']:,} more in {took}", flush=True)
    if whole != students:
        raise SystemExit(f"{whole} of {students} sheets are in")
    lines, took = school.run("2026-11-03T21:40", "flags", by=_COUNSELOR)
    print(f"a page of {len(lines)} lines of the worklist in {took}", flush=True)
    found, took = school.run("2026-11-03T21:40", "verify")
    print(f"proof: {found['records']:,} records, whole, in {took}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="bulk work from files, over the command line")
    parser.add_argument("--students", type=int, default=100_000)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="psysafe-bulk-") as name:
        measured(Path(name), given.students)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
