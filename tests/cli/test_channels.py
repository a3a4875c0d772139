"""The channels of a school from the command line: what they may carry, and a test about nobody."""

from __future__ import annotations

from typing import Any

import pytest

from psysafe import SafetyNet, catalogue
from psysafe.desk import reviewing
from psysafe.engine.links import code_of


def test_the_inbox_is_listed_with_what_it_may_carry(school: Any) -> None:
    assert school.done("channels", "list") == [
        {
            "channel": "inbox",
            "use": "inbox",
            "trust": "sealed",
            "carries": "K2",
            "in_doubt": "once",
            "asked": {},
            "troubles": 0,
            "breaker": "closed",
            "rate": {"limits": []},
            "results": {},
            "receipts": {},
        }
    ]


def test_what_was_sent_lately_is_a_line_a_message_with_ids_and_codes_only(school: Any) -> None:
    assert school.done("channels", "sent") == []
    assert "Nothing was sent lately" in school.type("channels", "sent", plain=True).out
    told = ("report", "no:2026030117", "--source", "message", "--danger", "plan")
    school.done(*told, by="staff:t-017")
    school.done("tick")
    line, *_ = school.done("channels", "sent")
    assert set(line) == {
        *("notice", "channel", "at", "result", "code", "receipt", "hint", "answered"),
    }
    assert (line["channel"], line["result"], line["receipt"]) == ("inbox", "accepted", "")
    assert line["answered"] is False
    shown = school.type("channels", "sent", plain=True).out
    assert line["notice"] in shown
    assert "张三" not in shown


def test_a_test_message_is_a_dry_run_unless_it_is_asked_for(school: Any) -> None:
    before = school.position()
    words = ("channels", "test", "inbox", "--to", "staff:t-002")
    shown = school.done(*words)
    assert "result" not in shown
    assert shown["to"] == "staff:t-002"
    sent = school.done(*words, "--apply")
    assert sent["result"] == "accepted"
    assert "test" in sent["text"] or "测试" in sent["text"]
    assert school.position() == before


@pytest.mark.parametrize(
    ("words", "code"),
    [(("mail", "--to", "x"), "PSY605"), (("inbox", "--to", "李老师"), "PSY606")],
)
def test_what_cannot_be_tried_is_refused_by_its_code(
    words: tuple[str, ...], code: str, school: Any
) -> None:
    ran = school.type("channels", "test", *words, "--apply")
    assert ran.code == 4
    assert code in ran.err
    assert "李老师" not in ran.err


def test_a_channel_whose_plugin_is_missing_is_listed_as_unknown(school: Any) -> None:
    settings = school.folder / "psysafe.toml"
    with settings.open("a", encoding="utf-8") as more:
        more.write('[channels.pager]\nuse = "pager"\n')
    pager = next(c for c in school.done("channels", "list") if c["channel"] == "pager")
    assert (pager["trust"], pager["carries"]) == ("unknown", "nothing")


def test_a_test_without_an_address_is_wrong_usage(school: Any) -> None:
    assert school.type("channels", "test", "inbox").code == 2


def test_the_key_of_links_is_renewed_and_two_before_it_are_kept(school: Any) -> None:
    words = ("channels", "renew-links")
    assert [school.done(*words)["keys"] for _ in range(3)] == [2, 3, 3]
    lines = (school.folder / "keys" / "links.key").read_text(encoding="ascii").split("\n")
    assert [line.partition(" ")[0] for line in lines] == ["3", "2", "1", ""]


@pytest.mark.clause("C6.2")
def test_a_code_is_entered_as_ack_and_one_that_is_nobodys_is_not_found(school: Any) -> None:
    settings = school.folder / "psysafe.toml"
    with settings.open("a", encoding="utf-8") as more:
        more.write('[acknowledgement]\nurl = "https://h.example/{token}"\nvalid = "24 h"\n')
    words = ("--source", "one_to_one", "--symptom", "self_harm=marked")
    school.done("report", "no:2026030117", *words, by="staff:t-017")
    (line, *_) = school.done("inbox", by="staff:t-002")
    with SafetyNet.open(school.folder) as net:
        keys, part = net._school.answering.keys, net._school.part
    code = code_of(keys, part, line["notice"], "staff:t-002")
    assert school.type("ack", code, by="staff:t-017").code == 3
    assert "answered" not in school.done("ack", code, by="staff:t-002")
    again = school.type("ack", code, by="staff:t-002", plain=True, lang="en")
    assert (again.code, again.out.strip()) == (0, "You have answered that already.")


def test_templates_are_listed_beside_their_reviews_and_what_differs_is_shown(
    school: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = school.done("channels", "templates")
    assert {line["language"] for line in lines} == {"zh", "en"}
    assert all(line["stands"] and line["by"] == "rules" for line in lines)
    nothing = school.type("channels", "templates", plain=True).out
    assert "Every template is as it was reviewed." in nothing
    usual = catalogue.sentence

    def other(text: str, language: str | None) -> str:
        return usual(text, language).replace("学生：", "孩子：")

    monkeypatch.setattr(reviewing, "sentence", other)
    found = school.type("channels", "templates", plain=True)
    assert found.code == 1
    assert "full.display_name (zh, K1)" in found.out
    assert "  - 学生：" in found.out
    assert "  + 孩子：" in found.out
    assert "full.display_name (en, K1)" not in found.out
