"""What a person wrote is shown by each provider as these letters: no tag, no link, no call to all.

The readers here take a text apart as the providers' documents say that they do: tags of Feishu
and WeCom, links and styles of Feishu, calls of a group by a list beside the text.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.contracts.channel import Message, Problem, Secret
from psysafe.contracts.http import HttpCall, Token
from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.engine import words
from psysafe.engine.words import Written, phrase
from psysafe.testing import DingTalk, Feishu, WeChat, WeCom
from psysafe.testing.channel_contract import message
from psysafe.written import told
from psysafe_chat_cn import opener
from psysafe_chat_cn.saying import mark, plain

MOBILE = "13800000000"
NOW = datetime(2026, 11, 2, tzinfo=UTC)
SPEAKER = CatalogueSpeaker(("zh",), ZoneInfo("Asia/Shanghai"))
APP = {"corp_id": "c", "secret": Secret("s"), "agent_id": "1"}
CHANNELS: dict[str, tuple[dict[str, Any], str]] = {
    "dingtalk_robot": ({"token": Secret("t"), "staff_only": True}, MOBILE),
    "dingtalk_work": (
        {"app_key": "k", "app_secret": Secret("s"), "agent_id": "1"},
        DingTalk.KNOWN,
    ),
    "wecom_robot": ({"key": Secret("k"), "staff_only": True}, MOBILE),
    "wecom_app": (APP, WeCom.KNOWN),
    "wecom_school": (APP, f"parent:{WeCom.KNOWN}"),
    "feishu_robot": ({"token": Secret("t"), "staff_only": True}, Feishu.KNOWN),
    "feishu_app": ({"app_id": "a", "app_secret": Secret("s")}, Feishu.KNOWN),
}
HOSTILE = (
    '<a href="http://evil.example">x</a>',
    '<at user_id="all"></at>',
    "<b>x</b>",
    "[x](http://evil.example)",
    "[x] (y)",
    "&lt;at user_id=&quot;all&quot;&gt;",
    "&#60;b&#62;",
    "**x**",
    "~~x~~",
    "@all",
    "@13900000000",
    "a\nb",
    "\u2028x",
    "\u202ex",
    "https://evil.example/x",
    "evil.example",
)
TEXTS = st.text(max_size=30) | st.lists(
    st.sampled_from(HOSTILE) | st.text(max_size=3), max_size=4
).map("".join)
#: What one of the four would make something of.
MARKUP = re.compile(
    r"<|>|\]\s*\(|\*\*|~~|&#?\w+;|@|[A-Za-z0-9+.-]://|\w\.[A-Za-z]{2}|[\n\r\u2028\u2029]"
)
OURS = re.compile(rf'^<at user_id="{Feishu.KNOWN}"></at> | @{MOBILE}$')


def said_of(name: str) -> Message:
    text = SPEAKER.say([phrase(words.SAY_NAME, name=Written(name))], "zh")
    return attrs.evolve(message(), text=text)


def built(use: str, said: Message) -> dict[str, Any]:
    options, address = CHANNELS[use]
    channel = opener(use)({"use": use, **options})
    assert not channel.validate()
    call = channel.build(said, address, NOW, Token(value=Secret("t"), seconds=7200))
    assert isinstance(call, HttpCall), call
    assert call.body is not None
    body: dict[str, Any] = json.loads(call.body)
    return body


def text_of(body: dict[str, Any]) -> str:
    """The text that the provider shows, without the call that the channel itself puts to it."""
    content = body.get("content") or body.get("text") or body["msg"]["text"]
    if isinstance(content, str):
        content = json.loads(content)
    text = content.get("text") or content["content"]
    return OURS.sub("", text)


@pytest.mark.parametrize("use", CHANNELS)
def test_any_name_is_shown_as_it_was_cleaned_and_nothing_is_made_of_it(use: str) -> None:
    @settings(max_examples=60, deadline=None, database=None)
    @given(TEXTS)
    def holds(name: str) -> None:
        said = said_of(name)
        body = built(use, said)
        text = text_of(body)
        assert text == f"学生：{plain(told(name))}。 [{mark(said)}]"
        assert not MARKUP.search(text), ascii(text)
        # Who is called stands beside the text, and a name changes nothing of it.
        assert _beside(body) == _beside(built(use, said_of("林小满")))

    holds()


def _beside(body: dict[str, Any]) -> dict[str, Any]:
    left = {key: value for key, value in body.items() if key not in ("content", "text", "msg")}
    text = body.get("text")
    if isinstance(text, dict):
        left["calls"] = {key: value for key, value in text.items() if key != "content"}
    return left


def test_markup_is_seen_where_nothing_keeps_it_out() -> None:
    assert all(MARKUP.search(text) for text in HOSTILE if text != "\u202ex")


def test_a_card_shows_the_same_as_a_text() -> None:
    key = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP0"
    options = {**APP, "button": True, "callback_token": Secret("t"), "callback_key": Secret(key)}
    channel = opener("wecom_app")({"use": "wecom_app", **options})
    said = said_of('<a href="http://evil.example">x</a>')
    call = channel.build(said, WeCom.KNOWN, NOW, Token(value=Secret("t"), seconds=7200))
    card = json.loads(call.body)["template_card"]
    assert not MARKUP.search(card["sub_title_text"])
    assert "x" not in card["main_title"]["title"]


@pytest.mark.parametrize("use", CHANNELS)
def test_our_own_link_arrives_as_it_is(use: str) -> None:
    link = "https://school.example/answer?a=b&t=aZ_-~__0.x"
    assert link in text_of(built(use, attrs.evolve(message(), text=f"要回应：{link}")))


def test_a_template_of_wechat_is_filled_with_nothing_that_a_person_wrote() -> None:
    options = {
        "app_id": "a",
        "app_secret": Secret("s"),
        "template": "t",
        "fields": {"thing1": "what", "time2": "answer_by", "phone3": "number", "x4": "mark"},
    }
    channel = opener("wechat_oa")({"use": "wechat_oa", **options})
    token = Token(value=Secret("t"), seconds=7200)
    bodies = [
        json.loads(channel.build(said_of(name), WeChat.KNOWN, NOW, token).body)
        for name in ("林小满", *HOSTILE)
    ]
    assert all(body == bodies[0] for body in bodies)


def test_escaping_counts_before_the_length_is_measured() -> None:
    said = attrs.evolve(message(), text="<" * 1900)
    options, address = CHANNELS["wecom_app"]
    channel = opener("wecom_app")({"use": "wecom_app", **options})
    found = channel.build(said, address, NOW, Token(value=Secret("t"), seconds=7200))
    assert isinstance(found, Problem)
