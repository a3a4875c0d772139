"""Bad input is refused with code, place, cause and cure in both languages, and changes nothing."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

TEACHER, COUNSELOR = "staff:t-017", "staff:t-002"
STUDENT = "no:2026030117"
REPORT = ("report", STUDENT, "--source", "peer")
NEWER = "format = 2\n"


def _explained(ran: Any, code: str, place: dict[str, object]) -> None:
    """The JSON object holds the finding with its place; words are there."""
    found = [f for f in ran.whole["findings"] if f["code"] == code]
    assert found, ran
    assert found[0]["where"].items() >= place.items()
    assert all(found[0][part] for part in ("what", "why", "cure"))


def _in_both_languages(school: Any, words: tuple[str, ...], code: str, exit_code: int) -> None:
    """People read the same refusal in Chinese and in English."""
    for lang, labels in (("zh", ("原因：", "处理：")), ("en", ("why: ", "cure: "))):
        ran = school.type(*words, by=None, plain=True, lang=lang)
        assert ran.code == exit_code
        text = ran.err if exit_code > 1 else ran.out
        assert code in text
        assert all(label in text for label in labels), text
        chinese = any("\u4e00" <= letter <= "\u9fff" for letter in text.splitlines()[-1])
        assert chinese == (lang == "zh"), text


def test_an_unknown_student_answers_as_one_that_is_not_for_you(school: Any) -> None:
    before = school.position()
    unknown = school.type("report", "no:999", "--source", "peer", by=TEACHER)
    other = school.type("report", STUDENT, "--source", "peer", by="staff:t-099")
    assert (unknown.code, unknown.codes) == (3, ["PSY001"])
    assert unknown.whole["findings"] == other.whole["findings"]
    assert unknown.out == other.out
    for lang in ("zh", "en"):
        said = [
            school.type("case", who, by="staff:t-099", plain=True, lang=lang)
            for who in ("no:999", STUDENT, "case-000000000000")
        ]
        assert {(ran.code, ran.out, ran.err) for ran in said} == {(3, "", said[0].err)}
    # A refusal of somebody who is nobody here leaves at most its own line, and no student's.
    assert school.position() <= before + 2


def test_a_staff_file_with_a_role_that_does_not_exist(school: Any) -> None:
    text = "staff_id,姓名,角色,范围\nt-100,甲,心理教师,全校\nt-101,乙,火星大使,全校\n"
    file = str(school.write("staff.csv", text))
    before = school.position()
    dry = school.type("import", "staff", file)
    assert (dry.code, dry.data["applied"]) == (1, False)
    ran = school.type("import", "staff", file, "--apply")
    assert (ran.code, ran.data["applied"]) == (4, False)
    _explained(ran, "PSY202", {"file": "staff.csv", "row": 3, "column": "角色", "cell": "C3"})
    assert "火星大使" not in ran.out
    _in_both_languages(school, ("import", "staff", file, "--apply"), "PSY202", 4)
    assert school.position() == before


def test_a_plan_with_a_role_that_nobody_holds(school: Any) -> None:
    school.write(
        "plan.toml",
        'format = 1\nextends = "three-tier@1"\n'
        "[routes.linkage]\n"
        '[[routes.linkage.steps]]\nrole = "school_doctor"\nrelation = "of_school"\n'
        'channels = ["inbox"]\norigin = { kind = "site", ref = "a test" }\n',
    )
    before = school.position()
    ran = school.type("check")
    assert ran.code == 1
    _explained(ran, "PSY106", {"path": "routes.linkage.steps[0]"})
    _in_both_languages(school, ("check",), "PSY106", 1)
    assert school.position() == before


def test_a_deadline_without_origin(school: Any) -> None:
    school.write(
        "plan.toml",
        'format = 1\nextends = "three-tier@1"\n'
        '[deadlines.acknowledge.imminent]\nwithin = "8 min"\n',
    )
    before = school.position()
    ran = school.type("check")
    assert ran.code == 1
    _explained(ran, "PSY105", {"file": "plan.toml", "path": "deadlines.acknowledge.imminent"})
    _in_both_languages(school, ("check",), "PSY105", 1)
    assert school.position() == before


def test_a_missing_storage_plugin(school: Any) -> None:
    settings = (school.folder / "psysafe.toml").read_text()
    school.write("psysafe.toml", settings.replace('use = "sqlite"', 'use = "cloud"'))
    ran = school.type("cases", by=COUNSELOR)
    assert (ran.code, ran.codes) == (5, ["PSY510"])
    _explained(ran, "PSY510", {})
    _in_both_languages(school, ("check",), "PSY510", 5)
    school.write("psysafe.toml", settings)
    assert school.done("verify")["chain"] == "whole"


def test_a_missing_channel_plugin_is_named_and_stops_no_alarm(school: Any) -> None:
    settings = (school.folder / "psysafe.toml").read_text()
    school.write("psysafe.toml", settings + '\n[channels.pager]\nuse = "pager"\n')
    ran = school.type("check")
    assert ran.code == 1
    _explained(ran, "PSY113", {"path": "channels.pager"})
    school.done(*REPORT, "--symptom", "self_harm=marked", by=TEACHER)
    assert school.done("tick")["sent"] == 2
    assert len(school.done("inbox", by=COUNSELOR)) == 1


def _change(school: Any, statement: str, *values: object) -> None:
    with sqlite3.connect(school.folder / "psysafe.db") as connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


def test_a_damaged_record_is_named_and_the_rest_stays_readable(school: Any, case: str) -> None:
    """One body of the journal is overwritten, as a failing disk does."""
    position = school.position()
    _change(school, "UPDATE journal SET body = x'00ff' WHERE position = ?", 2)
    ran = school.type("verify")
    assert ran.code == 1
    assert ran.data["chain"] == "broken"
    assert [damage["record"] for damage in ran.data["damaged"]] != []
    assert "2" in ran.data["damaged"][0]["record"]
    _in_both_languages(school, ("verify",), "PSY403", 1)
    assert school.position() == position
    assert school.done("case", case, by=COUNSELOR)["case"] == case


def test_a_file_that_is_no_database(school: Any) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{school.folder}/psysafe.db{suffix}").unlink(missing_ok=True)
    school.write("psysafe.db", "this is no database\n" * 400)
    before = (school.folder / "psysafe.db").read_bytes()
    ran = school.type("cases", by=COUNSELOR)
    assert ran.code == 5
    assert ran.codes == ["PSY401"]
    _in_both_languages(school, ("verify",), "PSY401", 5)
    assert (school.folder / "psysafe.db").read_bytes() == before


def test_a_newer_database(school: Any) -> None:
    connection = sqlite3.connect(school.folder / "psysafe.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    ran = school.type("cases", by=COUNSELOR)
    assert (ran.code, ran.codes) == (5, ["PSY402"])
    _in_both_languages(school, ("verify",), "PSY402", 5)


@pytest.mark.parametrize("file", ["psysafe.toml", "plan.toml", "calendar.toml"])
def test_a_newer_file_format(school: Any, file: str) -> None:
    text = (school.folder / file).read_text()
    school.write(file, text.replace("format = 1\n", NEWER, 1))
    ran = school.type("cases", by=COUNSELOR)
    assert ran.code == 4
    _explained(ran, "PSY108", {})
    _in_both_languages(school, ("check",), "PSY108", 4)
    school.write(file, text)
    assert school.done("verify")["chain"] == "whole"


def test_a_settings_file_with_faults_names_each_with_its_path(school: Any) -> None:
    text = (school.folder / "psysafe.toml").read_text()
    bad = text.replace("[storage]", 'colour = "red"\n[storage]').replace(
        "Asia/Shanghai", "Moon/Base"
    )
    school.write("psysafe.toml", bad)
    ran = school.type("check")
    assert ran.code == 4
    assert {"PSY102", "PSY103"} <= set(ran.codes)
    school.write("psysafe.toml", "this is = = no TOML\n")
    ran = school.type("check")
    assert (ran.code, ran.codes) == (4, ["PSY101"])


def test_a_folder_without_a_school(tmp_path: Path, school: Any) -> None:
    school.folder = tmp_path
    ran = school.type("cases", by=COUNSELOR, at=None)
    assert (ran.code, ran.codes) == (4, ["PSY019"])


@pytest.mark.parametrize(
    "words",
    [
        ("report", STUDENT, "--source", "peer"),
        ("cases",),
        ("case", STUDENT),
        ("inbox",),
        ("ack", "case-000000000000"),
        ("flags",),
        ("explain", STUDENT),
        ("screen", "phq9", "nowhere.csv"),
    ],
)
def test_whatever_touches_a_student_is_done_by_somebody(
    school: Any, words: tuple[str, ...]
) -> None:
    ran = school.type(*words)
    assert (ran.code, ran.codes) == (3, ["PSY015"])


def test_an_operator_sees_no_student(school: Any, case: str) -> None:
    by = "operator:setup"
    assert school.done("cases", by=by) == []
    assert school.done("inbox", by=by) == []
    for words in (("case", case), ("case", STUDENT), ("report", STUDENT, "--source", "peer")):
        ran = school.type(*words, by=by)
        assert (ran.code, ran.codes) == (3, ["PSY001"])


def test_only_an_operator_works_the_machine(school: Any) -> None:
    for words in (("verify",), ("check",), ("rebuild", "roster"), ("tick",)):
        ran = school.type(*words, by=COUNSELOR)
        assert (ran.code, ran.codes) == (3, ["PSY002"])


@pytest.mark.parametrize(
    "words",
    [
        ("report", STUDENT, "--source", "gossip"),
        ("report", STUDENT, "--source", "peer", "--symptom", "张三很难过=some"),
        ("report", STUDENT, "--source", "peer", "--place", "on the moon"),
    ],
)
def test_an_unknown_code_is_refused_without_repeating_it(
    school: Any, words: tuple[str, ...]
) -> None:
    ran = school.type(*words, by=TEACHER)
    assert (ran.code, ran.codes) == (4, ["PSY013"])
    assert "张三很难过" not in ran.out + ran.err
    assert school.done("cases", by=COUNSELOR) == []


def test_a_second_answer_to_one_notice_is_refused(school: Any) -> None:
    school.done(*REPORT, "--symptom", "self_harm=marked", by=TEACHER)
    notice = school.done("inbox", by=COUNSELOR)[0]["notice"]
    school.done("ack", notice, by=COUNSELOR)
    ran = school.type("ack", notice, by=COUNSELOR)
    assert (ran.code, ran.codes) == (3, ["PSY023"])
    other = school.type("ack", notice, by=TEACHER)
    assert (other.code, other.codes) == (3, ["PSY001"])


@pytest.mark.parametrize(
    "words",
    [
        ("declare", "case-000000000000"),
        ("nonsense",),
        ("report", STUDENT, "--source", "peer", "--symptom", "insomnia"),
        ("verify", "--no-such-option"),
        ("explain", STUDENT, "--severity", "terrible"),
    ],
)
def test_wrong_usage_is_exit_2(school: Any, words: tuple[str, ...]) -> None:
    ran = school.type(*words, by=TEACHER)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err


def test_a_roster_with_a_bad_row_lets_the_others_in_only_when_applied(school: Any) -> None:
    text = (
        "姓名,学号,年级,班级,班主任\n"
        "王五,2026030201,高一,3班,王老师\n"
        "赵六,2.02603E+09,高一,3班,王老师\n"
    )
    file = str(school.write("more.csv", text))
    before = school.position()
    dry = school.type("import", "roster", file)
    assert dry.code == 1
    assert (dry.data["new"], dry.data["refused"], dry.data["applied"]) == (1, 1, False)
    _explained(dry, "PSY203", {"file": "more.csv", "row": 3, "column": "学号", "cell": "B3"})
    assert school.position() == before
    ran = school.type("import", "roster", file, "--apply")
    assert (ran.code, ran.data["applied"]) == (1, True)
    assert school.position() > before


@pytest.mark.parametrize(("name", "code"), [("nowhere.csv", "PSY212"), (".", "PSY254")])
def test_a_table_that_cannot_be_read(school: Any, name: str, code: str) -> None:
    ran = school.type("import", "roster", str(school.folder / name))
    assert (ran.code, ran.codes) == (4, [code])


def test_a_table_above_the_limit_is_refused_before_it_is_understood(school: Any) -> None:
    file = school.folder / "huge.csv"
    with file.open("wb") as stream:
        os.truncate(stream.fileno(), 64 * 1024 * 1024 + 1)
    ran = school.type("import", "roster", str(file))
    assert (ran.code, ran.codes) == (4, ["PSY021"])
    for missing in ("学号", "姓名"):
        text = "姓名,学号,年级,班级\n".replace(missing, "什么")
        ran = school.type("import", "roster", str(school.write("odd.csv", text)))
        assert (ran.code, ran.codes[0]) == (4, "PSY201")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET body = x'' WHERE position = 3",
        "UPDATE journal SET header = x'7b7d' WHERE position = 3",
        "UPDATE journal SET header = x'ffff' WHERE position = 3",
        "DELETE FROM journal WHERE position = 1",
        "DELETE FROM journal WHERE position = 3",
        "DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)",
        "UPDATE journal SET stream = 'file/s-000000000000' WHERE position = 1",
        "UPDATE document SET body = x'00' WHERE key = 'roster'",
        "UPDATE document SET body = x'7b7d' WHERE key LIKE 'file/%'",
        "UPDATE document SET body = x'ff' WHERE key LIKE 'student/%' LIMIT 1",
        "UPDATE document SET places = replace(places, 'triage', 'closed') WHERE key LIKE 'case/%'",
        "DELETE FROM document WHERE key LIKE 'case/%'",
        "UPDATE head SET link = zeroblob(32)",
    ],
)
def test_verify_names_every_sort_of_damage_and_mends_nothing(
    school: Any, case: str, statement: str
) -> None:
    with sqlite3.connect(school.folder / "psysafe.db") as connection:
        if statement.endswith(" LIMIT 1"):
            bare = statement.removesuffix(" LIMIT 1")
            statement = (
                f"{bare} AND key = (SELECT min(key) FROM document WHERE key LIKE 'student/%')"
            )
        assert connection.execute(statement).rowcount == 1
    connection.close()
    first = school.type("verify")
    assert first.code == 1, first
    assert {"PSY403", "PSY404", "PSY405"} & set(first.codes)
    assert all(f["what"] and f["cure"] for f in first.whole["findings"])
    assert school.type("verify").out == first.out


def test_what_a_damaged_roster_keeps_from_being_read_is_a_failure_of_storage(
    school: Any, case: str
) -> None:
    _change(school, "UPDATE document SET body = x'00' WHERE key = 'roster'")
    ran = school.type("cases", by=COUNSELOR)
    assert ran.code == 5
    assert ran.codes[0] == "PSY712"
    school.done("rebuild", "roster")
    assert len(school.done("cases", by=COUNSELOR)) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--zone", "Moon/Base"), "PSY103"),
        (("--zone", "localtime"), "PSY103"),
        (("--part", "No 3"), "PSY103"),
        (("--name", ""), "PSY103"),
        (("--plan", "none"), "PSY109"),
    ],
)
def test_init_refuses_what_it_cannot_use_and_makes_nothing(
    school: Any, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    folder = tmp_path / "fresh"
    ran = school.type("init", str(folder), *words)
    assert (ran.code, ran.codes) == (4, [code])
    assert not folder.exists()
