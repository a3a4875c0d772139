"""Every command does its work, in the shapes that are agreed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TEACHER, COUNSELOR, SECOND = "staff:t-017", "staff:t-002", "staff:t-012"
GRADE_HEAD, PRINCIPAL = "staff:t-003", "staff:t-001"
STUDENT = "no:2026030117"
DECLARE = (
    "--danger",
    "self",
    "--place",
    "宿舍",
    "--proposal",
    "今晚送医",
    "--severity",
    "imminent",
)


def test_init_makes_a_school_and_says_what_comes_next(tmp_path: Path, empty: Any) -> None:
    ran = empty.type("init", str(tmp_path / "other"), plain=True, lang="zh")
    assert ran.code == 0
    assert "psysafe.toml" in ran.out
    assert "import staff" in ran.out
    assert (tmp_path / "other" / "keys" / "part.key").stat().st_mode & 0o777 == 0o600


def test_init_never_writes_over_a_school(school: Any) -> None:
    before = (school.folder / "psysafe.toml").read_bytes()
    ran = school.type("init", str(school.folder))
    assert (ran.code, ran.codes) == (4, ["PSY018"])
    assert (school.folder / "psysafe.toml").read_bytes() == before


def test_an_import_is_a_dry_run_until_somebody_applies_it(empty: Any) -> None:
    text = "staff_id,姓名,角色,范围\nt-1,甲,心理教师,全校\n"
    file = str(empty.write("staff.csv", text))
    dry = empty.done("import", "staff", file)
    assert dry == {
        "applied": False,
        "new": 1,
        "changed": 0,
        "ended": 0,
        "unchanged": 0,
        "refused": 0,
    }
    assert empty.position() == 0
    assert empty.done("import", "staff", file, "--apply")["applied"] is True
    assert empty.position() > 0


def test_the_same_tables_a_second_time_change_nothing(school: Any) -> None:
    before = school.position()
    for kind in ("staff", "roster"):
        data = school.done("import", kind, str(school.folder / f"{kind}.csv"), "--apply")
        assert (data["new"], data["changed"], data["ended"]) == (0, 0, 0)
        assert data["unchanged"] > 0
    assert school.position() == before


@pytest.mark.clause("A2.2")
def test_a_report_answers_with_a_receipt_and_nothing_else(school: Any) -> None:
    words = ("report", STUDENT, "--source", "one_to_one", "--symptom", "失眠=明显")
    first = school.done(*words, by=TEACHER)
    assert first.keys() == {"command", "signal", "answered_by"}
    assert first["answered_by"].endswith("Z")
    again = school.done(*words, by=TEACHER)
    assert again.keys() == first.keys()


def test_the_list_of_cases_holds_only_what_the_reader_may_see(school: Any, case: str) -> None:
    line = school.done("cases", by=COUNSELOR)[0]
    assert line.keys() <= {
        "case",
        "student",
        "severity",
        "state",
        "lead",
        "due",
        "overdue",
        "crisis",
    }
    assert (line["case"], line["severity"], line["state"]) == (case, "high", "triage")
    assert None not in line.values()
    ran = school.type("cases", by="staff:t-099")
    assert (ran.code, ran.data) == (0, [])


def test_a_case_shows_reasons_duties_timeline_and_what_is_withheld(school: Any, case: str) -> None:
    data = school.done("case", case, by=COUNSELOR)
    assert data["reasons"][0]["rule"] == "S:symptom:self_harm:marked"
    assert [duty["kind"] for duty in data["duties"]] == ["whereabouts", "triage"]
    assert {"at", "kind", "actor"} <= data["timeline"][0].keys()
    assert not {"name", "signals"} & set(data["withheld"])
    assert school.done("case", STUDENT, by=COUNSELOR)["case"] == case


def test_what_is_withheld_is_absent_and_named(school: Any, case: str) -> None:
    school.done("declare", case, *DECLARE, by=COUNSELOR)
    data = school.done("case", case, by=GRADE_HEAD)
    assert "scale_items" in data["withheld"]
    assert "手臂上有伤" not in json.dumps(data, ensure_ascii=False)
    assert set(data) & {"signals", "reporters"} == set()


def test_a_case_reads_as_a_page_in_chinese(school: Any, case: str) -> None:
    ran = school.type("case", case, by=COUNSELOR, plain=True, lang="zh")
    assert ran.code == 0
    for word in ("张三", "高危", "自伤", "明显", "初步研判", "2026-11-02 20:00", "收到报告"):
        assert word in ran.out
    assert ran.err == ""


@pytest.mark.clause("C6.2", "C3.2")
def test_a_crisis_is_declared_told_answered_and_played_to_its_end(school: Any, case: str) -> None:
    school.done("declare", case, *DECLARE, by=COUNSELOR, at="2026-11-02T20:10")
    ticked = school.done("tick", at="2026-11-02T20:10")
    assert ticked.keys() == {
        "at",
        "sent",
        "failed",
        "ambiguous",
        "escalated",
        "overdue",
        "passed_on",
        "next_due",
    }
    assert ticked["sent"] >= 2
    told = school.done("inbox", by=TEACHER, at="2026-11-02T20:11")
    assert told[0].keys() >= {"notice", "class", "step", "text", "due", "acknowledged"}
    assert school.done("inbox", by=GRADE_HEAD, at="2026-11-02T20:11") == []
    school.done("ack", told[0]["notice"], by=TEACHER, at="2026-11-02T20:12")
    guardian = school.done("case", case, by=TEACHER, at="2026-11-02T20:12")["guardians"][0]
    words = ("guardian", case, guardian["guardian"], "--outcome")
    school.done(*words, "not_reached", by=TEACHER, at="2026-11-02T20:13")
    school.done(*words, "已联系上", by=TEACHER, at="2026-11-02T20:15")
    school.done("open", case, by=COUNSELOR, at="2026-11-02T21:00")
    report = school.done("inbox", by=PRINCIPAL, at="2026-11-02T21:00")
    school.done("ack", report[0]["notice"], by=PRINCIPAL, at="2026-11-02T21:01")
    _calm(school, case)
    assert school.done("cases", by=COUNSELOR, at="2026-12-01T10:00") == []
    proof = school.done("verify", at="2026-12-01T10:00")
    assert (proof["chain"], proof["replay"], proof["damaged"]) == ("whole", "equal", [])


def _calm(school: Any, case: str) -> None:
    """Two weeks in which two assessors have judged it calm; then two people close it."""
    down = ("assess", case, "attention", "--rationale", "安全计划已落实")
    alone = school.type(*down, by=COUNSELOR, at="2026-11-10T09:00")
    assert (alone.code, alone.codes) == (3, ["PSY007"])
    school.done(*down, "--second", SECOND, by=COUNSELOR, at="2026-11-10T09:00")
    early = school.type("close", case, "--reason", "平稳", by=COUNSELOR, at="2026-11-11T09:00")
    assert (early.code, early.codes) == (3, ["PSY008"])
    school.done("close", case, "--reason", "平稳", by=COUNSELOR, at="2026-11-30T09:00")
    own = school.type("close", case, by=COUNSELOR, at="2026-11-30T09:01")
    assert (own.code, own.codes) == (3, ["PSY009"])
    school.done("close", case, by=SECOND, at="2026-11-30T09:02")


@pytest.mark.clause("C4.3")
def test_a_case_that_is_none_is_dismissed_with_a_reason_only(school: Any) -> None:
    school.done("report", STUDENT, "--source", "peer", "--symptom", "insomnia=some", by=TEACHER)
    case = school.done("cases", by=COUNSELOR)[0]["case"]
    school.done("ack", case, by=COUNSELOR)
    bare = school.type("dismiss", case, by=COUNSELOR)
    assert (bare.code, bare.codes) == (3, ["PSY006"])
    school.done("dismiss", case, "--reason", "已面谈，无风险", by=COUNSELOR)
    assert school.done("cases", by=COUNSELOR) == []


def test_explain_says_who_is_told_when_and_over_what(school: Any) -> None:
    data = school.done("explain", STUDENT, "--severity", "imminent", by=TEACHER)
    routes = {route["route"]: route for route in data["routes"]}
    first = routes["crisis"]["steps"][0]
    assert (first["role"], first["people"]) == ("homeroom_teacher", [TEACHER])
    (told,) = first["told"]
    assert (told["person"], told["channel"], told["class"]) == (TEACHER, "inbox", "K2")
    assert told["send_at"] == first["at"]
    assert first["within"] == "10 min"
    second = routes["crisis"]["steps"][1]
    assert second["at"] == first["answer_by"]
    assert {step["role"] for step in routes["crisis"]["steps"] if "skipped" in step} == {
        "duty_adult"
    }


def test_explain_says_over_which_channels_in_which_order_and_what_is_held(
    school: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # whoever runs this may have a narrow terminal
    settings = (school.folder / "psysafe.toml").read_text()
    for name in ("second", "third"):
        settings += f'\n[channels.{name}]\nuse = "inbox"\n'
    school.write("psysafe.toml", settings)
    plan = 'format = 1\nextends = "three-tier@1"\n[delivery]\n'
    school.write("plan.toml", plan + 'channels = ["inbox", "second", "third"]\n')

    def page(severity: str) -> str:
        words = ("explain", STUDENT, "--severity", severity)
        return str(school.type(*words, by=TEACHER, plain=True).out)

    assert "inbox K2; second K2; third K2\n" in page("imminent")
    assert "inbox K2; second K2; third K2 if second fails\n" in page("high")
    held = page("moderate")  # eight in the evening: it waits for the morning
    assert "second K2 at 2026-11-03 08:00, when there is school" in held
    monkeypatch.setenv("COLUMNS", "80")
    for severity in ("imminent", "high", "moderate"):
        assert all(len(line) <= 80 for line in page(severity).splitlines())


def test_explain_says_the_same_with_and_without_a_case(school: Any, request: Any) -> None:
    words = ("explain", STUDENT, "--severity", "high")
    before = school.done(*words, by=TEACHER)
    request.getfixturevalue("case")
    assert school.done(*words, by=TEACHER) == before


@pytest.mark.parametrize("who", ["staff:t-099", "operator:setup"])
def test_explain_tells_nothing_to_whoever_has_no_relation(school: Any, who: str) -> None:
    ran = school.type("explain", STUDENT, by=who)
    assert (ran.code, ran.codes) == (3, ["PSY001"])


def test_why_gives_the_page_of_a_code_in_both_languages(school: Any) -> None:
    data = school.done("why", "psy012")
    assert "nobody acknowledged" in data["en"]["what"]
    assert data["zh"]["what"] != data["en"]["what"]
    shown = [text for language in ("zh", "en") for text in data[language].values()]
    assert not any("{" in text for text in shown)
    page = school.type("why", "PSY012", plain=True, lang="zh").out
    assert data["zh"]["cure"] in page
    assert data["en"]["cure"] in page


def test_why_explains_rules_and_things_that_the_asker_may_know(school: Any, case: str) -> None:
    assert school.done("why", "M:counselor_assigned:display_name:crisis")["effect"] == "allow"
    for rule in ("X2", "X10", "P1", "S:symptom:self_harm:marked"):
        assert school.done("why", rule)["text"]
    triage = school.done("why", "T:phq9:self_harm:high")
    assert (triage["severity"], triage["review_within"]) == ("high", "24 h")
    assert triage["origin"].startswith("suggestion")
    duty = school.done("case", case, by=COUNSELOR)["duties"][0]
    why = school.done("why", duty["duty"], by=COUNSELOR)
    assert (why["origin"], why["case"]) == (duty["origin"], case)
    assert school.done("why", case, by=COUNSELOR)["reasons"]
    nothing = ("duty-000000000000", "M:nobody:x:y", "T:phq9:joy:high", "PSY999", "nonsense")
    for thing in (case, duty["duty"], *nothing):
        ran = school.type("why", thing, by="staff:t-099")
        assert (ran.code, ran.codes) == (3, ["PSY001"]), thing


def test_plugins_lists_what_is_built_in(school: Any) -> None:
    found = {line["name"]: line for line in school.done("plugins")}
    assert found["psysafe-builtin"]["state"] == "ok"
    assert found["psysafe-builtin"]["contract"] == 1


def test_doctor_describes_the_school_and_the_register_of_codes(school: Any) -> None:
    data = school.done("doctor")
    assert data["storage"]["use"] == "sqlite"
    assert data["calendar"] == {"year": 2026, "known": True}
    assert "duty_adult" in data["roles_without_people"]
    codes = school.done("doctor", "--codes", lang="zh")
    assert codes["roles"]["counselor"] == "心理教师"


def test_doctor_works_where_there_is_no_school(tmp_path: Path, school: Any) -> None:
    school.folder = tmp_path / "nowhere"
    ran = school.type("doctor", at=None)
    assert (ran.code, ran.codes) == (1, ["PSY019"])
    assert ran.data["python"]


def test_a_head_that_was_exported_holds_later_and_another_does_not(school: Any, case: str) -> None:
    file = Path(school.done("verify", "--export-head")["exported"])
    head = json.loads(file.read_text())
    assert head.keys() == {"format", "part", "position", "link", "at"}
    school.done("cases", by=COUNSELOR)
    assert school.done("verify", "--head", str(file))["chain"] == "whole"
    file.write_text(json.dumps({**head, "link": "0" * 64}))
    ran = school.type("verify", "--head", str(file))
    assert (ran.code, ran.data["chain"]) == (1, "broken")
    assert "PSY404" in ran.codes


def test_rebuild_folds_a_document_again_under_a_journalled_command(school: Any, case: str) -> None:
    student = school.done("cases", by=COUNSELOR)[0]["student"]
    before = school.position()
    assert school.done("rebuild", f"file/{student}") == {"rebuilt": f"file/{student}"}
    assert school.position() == before + 1
    assert school.done("verify")["replay"] == "equal"
    ran = school.type("rebuild", "file/s-000000000000")
    assert (ran.code, ran.codes) == (3, ["PSY001"])


def test_every_command_has_a_line_of_help_in_both_languages(school: Any) -> None:
    for lang, heading in (("zh", "命令:"), ("en", "Commands:")):
        ran = school.type("--help", plain=True, lang=lang)
        lines = ran.out.partition(heading)[2].splitlines()
        listed = [line.split(maxsplit=1) for line in lines if line.startswith("  ")]
        told = [entry for entry in listed if len(entry) == 2 and entry[0] != "psysafe"]
        assert len(told) > 70
        for name, text in told:
            chinese = any("\u4e00" <= letter <= "\u9fff" for letter in text)
            assert chinese == (lang == "zh"), name


def test_what_explain_foretells_is_what_then_happens(school: Any) -> None:
    foretold = {
        route["on"]: route["steps"][0]
        for route in school.done("explain", STUDENT, "--severity", "high", by=TEACHER)["routes"]
        if route["purpose"] != "leading_group_report"
    }
    school.done("report", STUDENT, "--source", "peer", "--symptom", "self_harm=marked", by=TEACHER)
    school.done("tick")
    for person in foretold["signal"]["people"]:
        line = school.done("inbox", by=person)[0]
        assert line["due"] == foretold["signal"]["answer_by"]
        assert line["class"] == foretold["signal"]["told"][0]["class"]
    case = school.done("cases", by=COUNSELOR)[0]["case"]
    school.done("declare", case, *DECLARE[:-1], "high", by=COUNSELOR)
    school.done("tick")
    assert foretold["crisis"]["people"] == [TEACHER]
    line = school.done("inbox", by=TEACHER)[0]
    assert line["due"] == foretold["crisis"]["answer_by"]
    assert line["class"] == foretold["crisis"]["told"][0]["class"]
