"""Steps of a case at the command line: what each does, and what it says to whoever may not."""

from __future__ import annotations

from typing import Any

import pytest

TEACHER, COUNSELOR, OTHER, HEAD = "staff:t-017", "staff:t-002", "staff:t-012", "staff:t-001"
DEPUTY, STRANGER = "staff:t-005", "staff:t-099"
NOWHERE = "case-000000000000"
DECLARED = ("--danger", "self", "--place", "dormitory", "--proposal", "今晚送医")
HOSPITAL = "staff:h-07"
MORE = """\
staff_id,姓名,角色,范围,起
h-07,市精神卫生中心,专业医疗机构,全校,2026-09-01
"""


def opened(school: Any, case: str) -> str:
    school.done("open", case, by=COUNSELOR)
    return case


def crisis(school: Any, case: str) -> str:
    school.done("declare", case, *DECLARED, by=COUNSELOR)
    return case


def refused(ran: Any, code: int, *codes: str) -> None:
    """The answer is a refusal that says what, why and what to do."""
    assert (ran.code, ran.codes) == (code, list(codes)), ran
    for finding in ran.whole["findings"]:
        assert all(finding[part] for part in ("what", "why", "cure"))


STEPS: dict[str, tuple[str, ...]] = {
    "supervise": ("in_person", "--adult", "王老师"),
    "follow-up": ("--note", "见过了"),
    "stand-down": ("--reason", "是误会"),
    "transfer": ("--to", "第五中学", "--by", "刘老师"),
    "void": ("--reason", "录错了人"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_step_of_a_case_that_is_not_there_or_not_for_you_answers_the_same(
    school: Any, case: str, step: str, lang: str
) -> None:
    absent = school.type(step, NOWHERE, *STEPS[step], by=COUNSELOR, lang=lang)
    foreign = school.type(step, case, *STEPS[step], by=STRANGER, lang=lang)
    refused(absent, 3, "PSY001")
    assert absent.out == foreign.out
    words = school.type(step, NOWHERE, *STEPS[step], by=COUNSELOR, lang=lang, plain=True)
    assert words.out == ""
    assert "张三" not in words.err
    assert "PSY001" in words.err
    nobody = school.type(step, case, *STEPS[step], lang=lang)
    refused(nobody, 3, "PSY015")


@pytest.mark.parametrize("step", STEPS)
def test_a_step_without_what_it_needs_is_wrong_usage_or_asks_for_it(
    school: Any, case: str, step: str
) -> None:
    before = school.position()
    bare = school.type(step, case, by=COUNSELOR, lang="zh", plain=True)
    assert bare.code in (2, 3)
    assert bare.out == ""
    assert bare.err
    assert school.type(step, by=COUNSELOR).code == 2
    assert school.position() <= before + 1


@pytest.mark.clause("C3.3")
def test_who_is_with_the_student_is_said_and_handed_on_and_ended(school: Any, case: str) -> None:
    crisis(school, case)
    school.done("supervise", case, "in_person", "--adult", "王老师", "--place", "宿舍", by=TEACHER)
    page = school.type("case", case, by=COUNSELOR, plain=True, lang="zh").out
    assert "王老师" in page
    unknown = school.type("supervise", case, "asleep", "--adult", "x", by=COUNSELOR)
    refused(unknown, 4, "PSY013")
    assert "in_person" in unknown.whole["findings"][0]["cure"]
    words = ("--adult", "张大", "--to", "guardian", "--place", "home")
    school.done("supervise", case, "handed_to", *words, by=COUNSELOR)
    page = school.type("case", case, by=COUNSELOR, plain=True, lang="zh").out
    assert "张大" in page


@pytest.mark.clause("C3.3")
def test_a_follow_up_is_of_a_case_that_was_opened(school: Any, case: str) -> None:
    refused(school.type("follow-up", case, "--note", "很好", by=COUNSELOR), 3, "PSY005")
    for lang, state in (("zh", "等待初步评估"), ("en", "triage")):
        early = school.type(
            "follow-up", case, "--note", "很好", by=COUNSELOR, lang=lang, plain=True
        )
        assert "PSY005" in early.err
        assert "很好" not in early.err
        assert lang == "en" or "triage" not in early.err, state
    opened(school, case)
    school.done("follow-up", case, "--note", "很好", by=COUNSELOR)
    page = school.type("case", case, by=COUNSELOR, plain=True, lang="zh").out
    assert "随访" in page


@pytest.mark.clause("C3.3")
def test_an_alarm_is_called_off_with_a_reason_and_those_who_were_told_hear_of_it(
    school: Any, case: str
) -> None:
    crisis(school, case)
    school.done("tick")
    refused(school.type("stand-down", case, by=COUNSELOR), 3, "PSY006")
    unknown = school.type("stand-down", case, "--reason", "x", "--severity", "?", by=COUNSELOR)
    refused(unknown, 4, "PSY013")
    assert school.done("case", case, by=COUNSELOR)["severity"] == "high"
    school.done("stand-down", case, "--reason", "是误会", by=COUNSELOR)
    assert school.done("case", case, by=COUNSELOR)["severity"] == "attention"
    for told in (TEACHER, HEAD):
        assert "stood_down" in [line["purpose"] for line in school.done("inbox", by=told)]


def test_a_case_is_handed_over_to_a_school_that_has_acknowledged_and_then_ended(
    school: Any, case: str
) -> None:
    assert school.type("transfer", case, *STEPS["transfer"], by=TEACHER).code == 3
    opened(school, case)
    school.done("transfer", case, *STEPS["transfer"], by=COUNSELOR)
    for step in ("transfer", "void", "follow-up", "stand-down"):
        over = school.type(step, case, *STEPS[step], by=COUNSELOR, lang="zh")
        refused(over, 3, "PSY005")
        assert "第五中学" not in over.out + over.err
        assert "transferred" not in over.whole["findings"][0]["what"]


def test_what_was_entered_in_error_is_void_with_a_reason_and_stays_in_the_journal(
    school: Any, case: str
) -> None:
    refused(school.type("void", case, by=COUNSELOR), 3, "PSY006")
    assert school.type("void", case, "--reason", "录错了人", by=TEACHER).code == 3
    before = school.position()
    school.done("void", case, "--reason", "录错了人", by=COUNSELOR)
    assert school.position() > before
    assert [line for line in school.done("cases", by=COUNSELOR) if line["case"] == case] == []
    assert school.type("verify").code == 0


# -- handing on ----------------------------------------------------------------------------------


@pytest.fixture
def handing(school: Any, case: str) -> tuple[Any, str, str]:
    """A referral of an opened case that is active, and a hospital that has been offered nothing."""
    school.done("import", "staff", str(school.write("h.csv", MORE)), "--apply")
    opened(school, case)
    words = ("--account", "三次谈话的详细记录", "--summary", "请评估睡眠")
    referral = school.done("refer", "propose", case, *words, by=COUNSELOR)["referral"]
    school.done("refer", "opinion", case, referral, "agrees", by=COUNSELOR)
    school.done("refer", "activate", case, referral, "consent", by=COUNSELOR)
    return school, case, str(referral)


def consented(school: Any, case: str) -> str:
    guardian = school.done("case", case, by=COUNSELOR)["guardians"][0]["guardian"]
    words = ("--by", guardian, "--scope", "identity", "--scope", "situation", "--how", "纸质签字")
    student = school.done("cases", by=COUNSELOR)[0]["student"]
    found = school.done("consent", "give", student, HOSPITAL, *words, by=COUNSELOR)
    return str(found["consent"])


@pytest.mark.clause("C6.1")
def test_a_student_is_handed_on_only_with_a_consent_and_seen_when_it_is_opened(
    handing: tuple[Any, str, str],
) -> None:
    school, case, referral = handing
    words = ("refer", "offer", case, referral, HOSPITAL, "--scope", "identity")
    without = school.type(*words, "--scope", "situation", by=COUNSELOR)
    assert without.code == 3, without
    assert without.codes[0].startswith("PSY")
    consented(school, case)
    offer = school.done(*words, "--scope", "situation", by=COUNSELOR)["offer"]
    for lang in ("zh", "en"):
        listed = school.type("refer", "offers", by=HOSPITAL, lang=lang, plain=True)
        assert offer in listed.out
        assert "张三" not in listed.out
    school.done("refer", "open", offer, by=HOSPITAL)
    shown = school.type("refer", "show", offer, by=HOSPITAL, lang="zh", plain=True).out
    assert "张三" in shown
    assert "请评估睡眠" in shown
    assert "三次谈话的详细记录" not in shown
    school.done("refer", "accept", offer, by=HOSPITAL)
    school.done("refer", "start", offer, by=HOSPITAL)
    unknown = school.type("refer", "end", offer, "cured", by=HOSPITAL)
    refused(unknown, 4, "PSY013")
    school.done("refer", "end", offer, "attended", by=HOSPITAL)


@pytest.mark.clause("C6.1")
def test_a_consent_that_is_taken_back_closes_what_was_offered(
    handing: tuple[Any, str, str],
) -> None:
    school, case, referral = handing
    consent = consented(school, case)
    words = ("refer", "offer", case, referral, HOSPITAL, "--scope", "identity")
    offer = school.done(*words, by=COUNSELOR)["offer"]
    student = school.done("cases", by=COUNSELOR)[0]["student"]
    refused(school.type("consent", "withdraw", student, "consent-0", by=COUNSELOR), 3, "PSY001")
    refused(school.type("consent", "withdraw", "no:999", consent, by=COUNSELOR), 3, "PSY001")
    school.done("consent", "withdraw", student, consent, by=COUNSELOR)
    late = school.type("refer", "open", offer, by=HOSPITAL)
    assert late.code == 3
    assert "张三" not in late.out + late.err


def test_nobody_refers_or_consents_about_a_student_they_may_not_know(
    handing: tuple[Any, str, str],
) -> None:
    school, case, referral = handing
    for words in (
        ("refer", "propose", case, "--account", "x", "--summary", "y"),
        ("refer", "opinion", case, referral, "agrees"),
        ("refer", "activate", case, referral, "consent"),
        ("refer", "hold", case, referral, "--why", "x"),
        ("refer", "offer", case, referral, HOSPITAL, "--scope", "identity"),
        ("refer", "complete", case, referral),
        ("refer", "show", "offer-000000000000"),
        ("refer", "accept", "offer-000000000000"),
        ("consent", "give", "no:999", HOSPITAL, "--scope", "identity", "--how", "x"),
    ):
        refused(school.type(*words, by=STRANGER, lang="zh"), 3, "PSY001")
    for words in (
        ("refer", "opinion", case, referral, "perhaps"),
        ("refer", "activate", case, referral, "because"),
        ("refer", "offer", case, referral, HOSPITAL, "--scope", "everything"),
    ):
        unknown = school.type(*words, by=COUNSELOR, lang="zh")
        refused(unknown, 4, "PSY013")
    empty = school.type("refer", "offers", by=HOSPITAL, lang="zh", plain=True)
    assert (empty.code, empty.err) == (0, "")


# -- heads ---------------------------------------------------------------------------------------


def test_a_head_is_exported_by_the_operator_alone_and_signed_when_there_is_a_key(
    school: Any,
) -> None:
    for lang in ("zh", "en"):
        wrong = school.type("heads", "export", by=COUNSELOR, lang=lang)
        refused(wrong, 3, "PSY002")
    (bare,) = school.done("heads", "export")["exported"]
    assert bare.endswith(".json")
    school.done("heads", "init")
    (signed,) = school.done("heads", "export")["exported"]
    assert school.type("verify", "--head", signed).code in (0, 1)
    told = school.type("heads", "export", lang="zh", plain=True)
    assert (told.code, told.err) == (0, "")
    assert "已导出" in told.out
