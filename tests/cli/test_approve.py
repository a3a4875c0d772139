"""Asking for a list of many students at the command line, and a second person's answer (X12)."""

from __future__ import annotations

from typing import Any

import pytest

REGISTRAR, COUNSELOR, TEACHER = "staff:t-020", "staff:t-002", "staff:t-017"
HEAD, DEPUTY = "staff:t-001", "staff:t-005"
WHY = ("--reason", "区教育局要名册")
SEEN = ("--reason", "看过来函")
NOON, NEXT_DAY, NEXT_WEEK = "2026-11-03T12:00", "2026-11-04T12:00", "2026-11-09T12:00"
MORE = """\
staff_id,姓名,角色,范围,起
t-020,吴老师,学籍管理员,全校,2026-09-01
"""
PLAN = """
[bulk.students]
value = 1
origin = { kind = "site", ref = "a small school" }
"""


@pytest.fixture
def small(school: Any) -> Any:
    """From two students on somebody else says yes."""
    plan = school.folder / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + PLAN, encoding="utf-8")
    school.done("import", "staff", str(school.write("more.csv", MORE)), "--apply")
    return school


def export(small: Any, **more: Any) -> Any:
    (small.folder / "out.csv").unlink(missing_ok=True)
    return small.type("export", "roster", str(small.folder / "out.csv"), by=REGISTRAR, **more)


def asked(small: Any, at: str | None = None) -> str:
    return str(small.done("approve", "ask", "roster", *WHY, by=REGISTRAR, at=at)["request"])


def state(small: Any, request: str, at: str | None = None) -> str:
    lines = small.done("approve", "list", by=REGISTRAR, at=at)
    return next(str(line["state"]) for line in lines if line["request"] == request)


def test_a_long_list_is_had_once_after_a_second_person_said_yes(small: Any) -> None:
    refused = export(small)
    assert (refused.code, refused.codes) == (3, ["PSY154"])
    assert not (small.folder / "out.csv").exists()
    request = asked(small)
    (line,) = small.done("approve", "list", by=HEAD)
    assert (line["request"], line["by"], line["students"]) == (request, REGISTRAR, 2)
    assert "张三" not in str(line)
    small.done("approve", "give", request, *SEEN, by=HEAD)
    assert small.done("approve", "list", by=HEAD) == []
    assert export(small).data["lines"] == 2
    assert state(small, request) == "used"
    again = export(small)
    assert (again.code, again.codes) == (3, ["PSY154"])
    assert small.type("verify").code == 0


@pytest.mark.parametrize(
    ("lang", "refusal", "waits", "ready", "used"),
    [
        ("en", "the roster of students", "waits for an answer", "approved, for one use", "used"),
        ("zh", "学生名册", "等待答复", "已同意，可用一次", "已使用"),
    ],
)
def test_whoever_asks_and_whoever_answers_reads_it_in_the_own_language(
    small: Any, lang: str, refusal: str, waits: str, ready: str, used: str
) -> None:
    words = {"plain": True, "lang": lang}
    refused = export(small, **words)
    assert refused.code == 3
    assert "PSY154" in refused.err
    assert refusal in refused.err
    assert "(roster)" not in refused.err.replace("（", "(").replace("）", ")")
    told = small.type("approve", "ask", "学生名册", *WHY, by=REGISTRAR, **words).out
    request = small.done("approve", "list", by=HEAD)[0]["request"]
    assert request in told
    page = small.type("approve", "list", by=HEAD, **words).out
    for part in (request, "吴老师 staff:t-020", refusal, waits, "区教育局要名册"):
        assert part in page
    for student in ("张三", "2026030117"):
        assert student not in page
    assert small.type("approve", "give", request, *SEEN, by=HEAD, **words).code == 0
    assert ready in small.type("approve", "list", by=REGISTRAR, **words).out
    assert export(small, **words).code == 0
    assert used in small.type("approve", "list", by=REGISTRAR, **words).out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_that_there_is_not_is_refused(small: Any, lang: str) -> None:
    for what in ("everything", "张三"):
        ran = small.type("approve", "ask", what, *WHY, by=REGISTRAR, lang=lang)
        assert (ran.code, ran.codes) == (4, ["PSY013"])
        assert "张三" not in ran.out + ran.err
    for words in (("roster", "--of", "case-000000000000"), ("papers",), ("missing",)):
        ran = small.type("approve", "ask", *words, *WHY, by=COUNSELOR, lang=lang)
        assert (ran.code, ran.codes) == (4, ["PSY103"])
    assert small.type("approve", "ask", "roster", by=REGISTRAR, lang=lang).code == 2
    unsaid = small.type("approve", "ask", "roster", "--reason", " ", by=REGISTRAR, lang=lang)
    assert (unsaid.code, unsaid.codes) == (3, ["PSY006"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_request_that_there_is_not_for_you_answers_like_none(small: Any, lang: str) -> None:
    request = asked(small)
    for by, wanted in ((HEAD, "bulk-000000000000"), (TEACHER, request), (TEACHER, "bulk-none")):
        for answer in ("give", "refuse"):
            ran = small.type("approve", answer, wanted, *SEEN, by=by, lang=lang)
            assert (ran.code, ran.codes) == (3, ["PSY001"]), (by, wanted)
    small.done("approve", "list", by=TEACHER)
    assert state(small, request) == "waiting"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nobody_says_yes_to_the_own_asking(small: Any, lang: str) -> None:
    own = "staff_id,姓名,角色,范围,起\nt-005,林校长,学籍管理员,全校,2026-09-01\n"
    small.done("import", "staff", str(small.write("own.csv", own)), "--apply")
    request = small.done("approve", "ask", "roster", *WHY, by=DEPUTY)["request"]
    for answer in ("give", "refuse"):
        ran = small.type("approve", answer, request, *SEEN, by=DEPUTY, lang=lang)
        assert (ran.code, ran.codes) == (3, ["PSY155"])
    second = small.type("approve", "ask", "roster", *WHY, "--second", DEPUTY, by=DEPUTY, lang=lang)
    assert (second.code, second.codes) == (3, ["PSY155"])
    small.done("approve", "give", request, *SEEN, by=HEAD)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_over_is_answered_no_more(small: Any, lang: str) -> None:
    """Unanswered in time, withdrawn, refused, used: each is over, and says so."""
    late = asked(small)
    small.done("tick", at=NEXT_WEEK)
    assert state(small, late, NEXT_WEEK) == "expired"
    withdrawn = asked(small, NEXT_WEEK)
    small.done("approve", "withdraw", withdrawn, by=REGISTRAR, at=NEXT_WEEK)
    no = asked(small, NEXT_WEEK)
    small.done("approve", "refuse", no, *SEEN, by=HEAD, at=NEXT_WEEK)
    used = asked(small, NEXT_WEEK)
    small.done("approve", "give", used, *SEEN, by=HEAD, at=NEXT_WEEK)
    assert export(small, at=NEXT_WEEK).code == 0
    for request in (late, withdrawn, no, used):
        for answer in ("give", "refuse"):
            ran = small.type("approve", answer, request, *SEEN, by=DEPUTY, at=NEXT_WEEK, lang=lang)
            assert (ran.code, ran.codes) == (3, ["PSY738"]), request
    assert export(small, at=NEXT_WEEK).codes == ["PSY154"]


def test_a_yes_that_is_not_used_in_time_is_used_no_more(small: Any) -> None:
    request = asked(small)
    small.done("approve", "give", request, *SEEN, by=HEAD, at=NOON)
    late = export(small, at=NEXT_DAY)
    assert (late.code, late.codes) == (3, ["PSY154"])
    assert state(small, request, NEXT_DAY) == "expired"


def test_a_yes_is_taken_back_by_a_no_of_the_other_deputy(small: Any) -> None:
    request = asked(small)
    small.done("approve", "give", request, *SEEN, by=HEAD)
    small.done("approve", "refuse", request, "--reason", "来函是假的", by=DEPUTY)
    assert export(small).codes == ["PSY154"]
    assert state(small, request) == "refused"


def test_a_place_that_cannot_be_written_leaves_the_yes_as_it_is(small: Any) -> None:
    request = asked(small)
    small.done("approve", "give", request, *SEEN, by=HEAD)
    nowhere = str(small.folder / "nowhere" / "out.csv")
    ran = small.type("export", "roster", nowhere, by=REGISTRAR)
    assert (ran.code, ran.codes) == (4, ["PSY212"])
    assert state(small, request) == "approved"
    assert export(small).code == 0
