"""The channels of a school from the command line: what they may carry, and a test about nobody."""

from __future__ import annotations

from typing import Any

import pytest


def test_the_inbox_is_listed_with_what_it_may_carry(school: Any) -> None:
    assert school.done("channels", "list") == [
        {
            "channel": "inbox",
            "use": "inbox",
            "trust": "sealed",
            "carries": "K2",
            "troubles": 0,
        }
    ]


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
