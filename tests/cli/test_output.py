"""What stands on the screen: aligned, in the reader's words, no private word in a log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from psysafe.cli import blocking_words, flag_words, output
from psysafe.cli.output import finding_lines, in_words, padded, spoken, table, width
from psysafe.errors import Finding
from psysafe.net import SafetyNet

TEACHER, COUNSELOR = "staff:t-017", "staff:t-002"
NOTE = "手臂上有新伤"
REPORT = ("report", "no:2026030117", "--source", "peer", "--symptom", "self_harm=marked")


def test_a_wide_character_takes_two_columns() -> None:
    assert width("张三 a") == 6
    assert width(padded("张三", 6)) == 6
    lines = table(["姓名", "b"], [["张三", "x"], ["abcdef", "y"]])
    assert len({width(line.rstrip()) for line in lines}) == 1


def test_codes_become_words_and_other_text_stays() -> None:
    assert spoken("symptoms:self_harm degrees:marked", "zh") == "自伤 明显"
    assert spoken("http://example x:y symptoms:unknown", "en") == (
        "http://example x:y symptoms:unknown"
    )


def test_the_common_options_stand_before_or_behind_the_command(school: Any) -> None:
    before = school.type("cases", by=COUNSELOR)
    school.at = None
    behind = school.type("cases", "--as", COUNSELOR, "--at", "2026-11-02T20:00", "--json")
    assert before.out == behind.out


def test_the_school_may_stand_in_the_environment(
    school: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSYSAFE_SCHOOL", str(school.folder))
    ran = _run(["--json", "doctor"], school.folder.parent)
    assert json.loads(ran.stdout)["data"]["part"] == "no3-middle"


def _run(words: list[str], folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    start = "from psysafe.cli import main; main(prog_name='psysafe')"
    return subprocess.run(
        [sys.executable, "-c", start, *words],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
        timeout=60,
    )


def test_the_school_of_this_folder_is_found_without_an_option(school: Any) -> None:
    ran = _run(["--as", COUNSELOR, "cases"], school.folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "没有个案" in ran.stdout
    ran = _run(["cases"], school.folder)
    assert ran.returncode == 3
    assert ran.stdout == ""
    assert "PSY015" in ran.stderr


def test_a_terminal_that_shows_no_chinese_loses_nothing(
    school: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    ran = _run(["--json", "--as", COUNSELOR, "explain", "no:2026030117"], school.folder)
    assert ran.returncode == 0
    ran = _run(["--json", "doctor", "--codes"], school.folder)
    assert json.loads(ran.stdout)["data"]["roles"]["counselor"] == "心理教师"
    assert "\\u5fc3" in ran.stdout


def test_free_text_may_come_from_stdin_and_so_stays_out_of_a_shells_history(school: Any) -> None:
    ran = school.type(*REPORT, "--note", "-", by=TEACHER, stdin=f"{NOTE}\n".encode())
    assert ran.code == 0
    case = school.done("cases", by=COUNSELOR)[0]["case"]
    school.done("ack", case, by=COUNSELOR)
    assert school.done("case", case, by=COUNSELOR)["signals"][0]["note"] == NOTE


def test_json_is_one_object_also_when_refused(school: Any) -> None:
    ran = _run(["--json", "cases"], school.folder)
    whole = json.loads(ran.stdout)
    assert whole.keys() == {"format", "command", "ok", "data", "findings"}
    assert (whole["format"], whole["command"], whole["ok"]) == (1, "cases", False)
    assert "PSY015" in ran.stderr
    ran = _run(["--json", "import", "staff", "staff.csv"], school.folder)
    assert json.loads(ran.stdout)["command"] == "import staff"


def test_the_log_tells_ids_and_nothing_of_what_was_said(school: Any) -> None:
    ran = school.type("-vv", *REPORT, "--note", NOTE, by=TEACHER)
    school.type("-vv", "tick")
    assert NOTE not in ran.err + ran.out
    assert "张三" not in ran.err + ran.out


def test_a_refusal_repeats_nothing_that_was_typed(school: Any) -> None:
    words = ("report", "no:2026030117", "--source", NOTE, "--note", NOTE, "--place", NOTE)
    for plain in (True, False):
        ran = school.type(*words, by=TEACHER, plain=plain)
        assert ran.code == 4
        assert NOTE not in ran.out + ran.err


def test_the_language_is_the_one_asked_for_else_the_schools(school: Any) -> None:
    assert "No case." in school.type("cases", by=COUNSELOR, plain=True, lang="en").out
    settings = (school.folder / "psysafe.toml").read_text()
    school.write("psysafe.toml", settings.replace('["zh", "en"]', '["en", "zh"]'))
    ran = _run(["--as", COUNSELOR, "cases"], school.folder)
    assert "No case." in ran.stdout


def _plugin(folder: Path, name: str, module: str, text: str) -> None:
    """An installed distribution that offers a command."""
    (folder / f"{module}.py").write_text(text, encoding="utf-8")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[psysafe.commands]\n{name} = {module}:group\n")


def test_a_plugins_command_is_offered_and_a_broken_one_fails_alone(
    school: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "site"
    place.mkdir()
    good = "import click\n@click.group(help='good')\ndef group(): ...\n"
    good += "@group.command()\ndef hello(): click.echo('hello')\n"
    _plugin(place, "drills", "drills_plugin", good)
    _plugin(place, "broken", "broken_plugin", "raise RuntimeError('张三')\n")
    _plugin(place, "odd", "odd_plugin", "group = 3\n")
    _plugin(place, "cases", "greedy_plugin", good)
    monkeypatch.setenv("PYTHONPATH", str(place))
    folder = school.folder
    assert _run(["drills", "hello"], folder).stdout == "hello\n"
    shown = _run(["--help"], folder)
    assert shown.returncode == 0
    assert "drills" in shown.stdout
    for name in ("broken", "odd"):
        ran = _run([name], folder)
        assert ran.returncode == 5
        assert "PSY501" in ran.stderr
        assert "张三" not in ran.stderr + ran.stdout
    ours = _run(["--as", COUNSELOR, "--json", "cases"], folder)
    assert json.loads(ours.stdout)["ok"] is True


def test_a_page_shows_each_reader_their_part_and_names_the_rest(school: Any, case: str) -> None:
    words = ("--danger", "self", "--place", "dormitory", "--proposal", "今晚送医")
    school.done("declare", case, *words, by=COUNSELOR)
    hers = school.type("case", case, by=COUNSELOR, plain=True, lang="zh").out
    for word in ("危及自身", "今晚送医", "张大", "13800000000", "正在通知", "自伤"):
        assert word in hers
    grade = school.type("case", case, by="staff:t-003", plain=True, lang="zh").out
    assert "对您不显示" in grade
    assert "手臂上有伤" not in grade
    assert "手臂上有伤" in hers
    # Words, not codes: a class of items, a member of staff beside the id that commands take.
    assert "scale_items" not in grade
    assert f"李老师 {COUNSELOR}" in hers


def test_the_page_shows_the_report_to_whoever_signs_it(school: Any, case: str) -> None:
    words = ("--danger", "self", "--place", "dormitory", "--proposal", "今晚送医")
    school.done("declare", case, *words, by=COUNSELOR)
    school.done("advise", case, "--advice", "请就诊", "--answer", "declined", by=COUNSELOR)
    school.done("authority-report", case, "draft", "--text", "监护人不同意就医", by=COUNSELOR)
    head = school.type("case", case, by="staff:t-001", plain=True, lang="zh").out
    assert "监护人不同意就医" in head
    assert "请就诊" not in head
    grade = school.type("case", case, by="staff:t-003", plain=True, lang="zh").out
    assert "监护人不同意就医" not in grade


def test_what_happened_several_times_in_a_row_stands_once_with_its_number(
    school: Any, case: str
) -> None:
    words = ("--danger", "self", "--place", "dormitory", "--proposal", "今晚送医")
    school.done("declare", case, *words, by=COUNSELOR)
    lines = school.type("case", case, by=COUNSELOR, plain=True, lang="zh").out.splitlines()
    assert any(re.search(r"任务开始  x[23]$", line) for line in lines)
    assert not any(line and line == other for line, other in pairwise(lines))


def test_a_fault_of_the_program_shows_its_type_and_nothing_private(
    school: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from psysafe import hookimpl\n"
        "from psysafe.contracts.storage import StorageRecord\n"
        "class Broken:\n"
        "    def read(self, part, keys): raise RuntimeError('张三 jumped')\n"
        "    def close(self): ...\n"
        "    def commit(self): ...\n    query = journal = claim = settle = commit\n"
        "class group:\n"
        "    @hookimpl\n"
        "    @staticmethod\n"
        "    def psysafe_storages():\n"
        "        return [StorageRecord(name='cracked', open=lambda settings, folder: Broken())]\n"
    )
    place = tmp_path / "site"
    place.mkdir()
    _plugin(place, "cracked", "cracked_plugin", text)
    info = place / "cracked_plugin-1.0.dist-info" / "entry_points.txt"
    info.write_text("[psysafe]\ncracked = cracked_plugin:group\n")
    monkeypatch.setenv("PYTHONPATH", str(place))
    settings = (school.folder / "psysafe.toml").read_text()
    school.write("psysafe.toml", settings.replace('use = "sqlite"', 'use = "cracked"'))
    ran = _run(["--as", COUNSELOR, "--json", "cases"], school.folder)
    assert ran.returncode == 5
    assert json.loads(ran.stdout)["findings"][0]["code"] == "PSY025"
    assert "RuntimeError" in ran.stderr
    assert "张三" not in ran.stderr + ran.stdout


def test_several_people_at_once_write_one_school(school: Any) -> None:
    start = "from psysafe.cli import main; main(prog_name='psysafe')"
    common = ["--school", str(school.folder), "--as", TEACHER, "--json", "--at", "2026-11-02T20:01"]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", start, *common, *REPORT[:1], f"no:202603011{n}", *REPORT[2:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        for n in (7, 8, 7, 8)
    ]
    receipts = [json.loads(process.communicate(timeout=60)[0])["data"] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert len({receipt["signal"] for receipt in receipts}) == 4
    assert len(school.done("cases", by=COUNSELOR, at="2026-11-02T20:02")) == 2
    assert school.done("verify")["replay"] == "equal"


def test_a_finding_says_a_role_and_an_origin_in_the_readers_words() -> None:
    role = Finding(code="PSY106", where={"path": "routes"}, facts={"role": "grade_head"})
    assert "年段长 (grade_head)" in finding_lines(role, "zh")[0]
    rates = "practice one screening of 223 university students, not of pupils"
    origin = Finding(code="PSY294", severity="note", facts={"origin": rates})
    assert "惯例：一次对 223 名大学生" in finding_lines(origin, "zh")[0]
    own = Finding(code="PSY294", severity="note", facts={"origin": "our own count"})
    assert "our own count" in finding_lines(own, "zh")[0]


def test_a_paper_that_is_refused_names_what_is_missing_in_the_readers_words() -> None:
    refused = Finding(code="PSY157", facts={"items": "display_name, risk_level"})
    assert in_words(refused, "en").facts == {"items": "name, severity, state, duties"}
    assert in_words(refused, "zh").facts == {"items": "姓名、级别、状态、任务"}


def test_a_flag_says_what_raised_it_and_a_schools_own_stays_as_it_is() -> None:
    assert flag_words.flag("self_harm", "en") == "thoughts of death or self-harm"
    assert flag_words.flag("self_harm_unanswered", "zh") == "未作答：想到死或伤害自己"
    assert flag_words.flag("total_high", "zh") == "总分达到高危"
    assert flag_words.flag("sleepless_unanswered", "zh") == "sleepless_unanswered"


def test_what_stands_against_a_closure_is_said_in_words() -> None:
    text = "case, duty taken_up, route linkage, referral active, calm for 14 days, authority report"
    english = blocking_words.blocking(text, "en")
    assert english == (
        "a live case; still owed: take up what was reported;"
        " people are being called (route linkage); a referral: active; calm for less than 14 days;"
        " a report to the authority that was not acknowledged"
    )
    chinese = blocking_words.blocking(text, "zh")
    assert chinese.startswith("有在办个案；待办：接手反映的情况；")
    assert "taken_up" not in chinese
    for code in ("PSY008", "PSY723"):
        finding = Finding(code=code, facts={"blocking": "duty taken_up"})
        assert "接手反映的情况" in output.finding_data(finding, "zh")["what"]


def test_colleagues_are_called_by_name_and_id_by_those_who_know_them(school: Any) -> None:
    number = "no:2026030117"
    school.done("report", number, "--source", "peer", "--symptom", "self_harm=marked", by=TEACHER)
    (case,) = school.done("cases", by=COUNSELOR)
    school.done("ack", case["case"], by=COUNSELOR)
    school.done("open", case["case"], by=COUNSELOR)
    listed = school.type("cases", by=COUNSELOR, plain=True).out
    assert f"李老师 {COUNSELOR}" in listed
    explained = school.type("explain", number, by=TEACHER, plain=True).out
    assert f"李老师 {COUNSELOR}" in explained
    assert f"王老师 {TEACHER}" in explained


def test_who_is_not_of_the_school_gets_no_name_by_an_id(school: Any) -> None:
    with SafetyNet.open(school.folder) as net:
        data = {"owner": COUNSELOR}
        assert net.desk(COUNSELOR, "zh").names_in(data) == {COUNSELOR: "李老师"}
        for who in ("operator:it", "guardian:g-000000000001", "student:s-000000000001", "staff:x"):
            assert net.desk(who, "zh").names_in(data) == {}
