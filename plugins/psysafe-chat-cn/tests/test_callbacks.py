"""What comes back from a provider: read where its provider signed it, and otherwise nothing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from psysafe.clock import SystemClock
from psysafe.contracts.channel import Secret, SendResult
from psysafe.contracts.http import Receipt, Token
from psysafe.domain import events as e
from psysafe.engine.gather import roster
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.transport import HttpTransport
from psysafe.sensitivity import changed
from psysafe.testing import DingTalk, Feishu, HttpProvider, WeCom
from psysafe.testing.channel_contract import message
from psysafe.testing.providers import READ
from psysafe.testing.schools import open_school, staff_id
from psysafe_chat_cn import opener
from psysafe_chat_cn.sealed import Callback, callback_key, element, signed

#: The sample that the provider publishes with its libraries.
WORD = "QDG6eK"
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP = "wx5823bf96d3bd56c7"
SAMPLE = {
    "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
    "timestamp": "1409659589",
    "nonce": "263014780",
    "echostr": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4R"
    "Pcs8TgAE7OaBO+FZXvnaqQ==",
}
NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)


SETTINGS: dict[str, Any] = {
    "use": "wecom_app",
    "corp_id": CORP,
    "secret": Secret("s"),
    "agent_id": 1,
    "button": True,
    "callback_token": Secret(WORD),
    "callback_key": Secret(KEY),
}


def wecom() -> Any:
    return opener("wecom_app")(SETTINGS)


def seal(text: str, owner: str = CORP, when: datetime = NOW) -> tuple[bytes, dict[str, str]]:
    """A call as the provider makes it."""
    key = callback_key(KEY)
    assert key is not None
    body = b"r" * 16 + len(text.encode()).to_bytes(4, "big") + text.encode() + owner.encode()
    pad = 32 - len(body) % 32
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = base64.b64encode(cipher.update(body + bytes([pad]) * pad) + cipher.finalize()).decode()
    stamp, nonce = str(int(when.timestamp())), "n1"
    query = {
        "timestamp": stamp,
        "nonce": nonce,
        "msg_signature": signed(WORD, stamp, nonce, sealed),
    }
    return f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode(), query


def pressed(key: str = "have_it", task: str = "notice-1@wecom", user: str = "WangFang") -> str:
    return (
        "<xml><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event>"
        f"<EventKey><![CDATA[{key}]]></EventKey><TaskId><![CDATA[{task}]]></TaskId>"
        f"<FromUserName><![CDATA[{user}]]></FromUserName></xml>"
    )


def test_the_published_sample_opens_as_published() -> None:
    key = callback_key(KEY)
    assert key is not None
    when = datetime.fromtimestamp(int(SAMPLE["timestamp"]), UTC)
    found = Callback(WORD, key, CORP).opened(SAMPLE, SAMPLE["echostr"], when)
    assert found == "1616140317555161061"
    receipts, answer = wecom().receive({}, b"", SAMPLE, when)
    assert (list(receipts), answer.status, answer.body) == ([], 200, b"1616140317555161061")


def test_a_pressed_button_says_who_has_it() -> None:
    body, query = seal(pressed())
    receipts, answer = wecom().receive({}, body, query, NOW)
    assert answer.status == 200
    assert list(receipts) == [
        Receipt(
            provider_ref="notice-1@wecom",
            state="acknowledged",
            address="WangFang",
            signed=True,
            key="notice-1/wecom",
        )
    ]


def test_a_card_bears_the_key_that_its_button_gives_back() -> None:
    token = Token(value=Secret("t"), seconds=7200)
    said = attrs.evolve(message(), key="notice-00000000000a/wecom-1")
    call = wecom().build(said, "WangFang", NOW, token)
    task = json.loads(call.body)["template_card"]["task_id"]
    assert re.fullmatch(r"[0-9A-Za-z_@-]{1,128}", task)
    body, query = seal(pressed(task=task))
    (receipt,) = wecom().receive({}, body, query, NOW)[0]
    assert receipt.key == said.key


CRISIS = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["wecom"]
"""


def test_whoever_presses_the_button_on_a_call_has_answered_it(tmp_path: Path) -> None:
    provider = WeCom()
    own = {**SETTINGS, "base": provider.base}
    channel = OverHttp(opener("wecom_app")(own), HttpTransport(), "this-machine", SystemClock())
    with (
        closing(channel),
        open_school(tmp_path / "s", plan=CRISIS, channels={"wecom": channel}) as school,
    ):
        teacher = roster(school.school).staff[staff_id("homeroom-1")]
        known = {**teacher.addresses, "wecom": WeCom.KNOWN}
        school._enter(e.PersonAdded(staff=changed(teacher, addresses=known)))
        school.desk("counselor-b").signals.report(school.number(1), "message", {"fear": "marked"})
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="hospital", severity="high")
        school.tick()
        (taken,) = provider.taken()
        assert taken.address == WeCom.KNOWN
        (line,) = school.desk("homeroom-1").inbox.list()
        task = f"{line['notice']}@wecom"

        def press(user: str) -> int:
            # The channel reads the clock of this machine, as WeCom stamps its calls by its own.
            body, query = seal(pressed(task=task, user=user), when=datetime.now(UTC))
            status: int = school.net.acknowledgements.called("wecom", {}, body, query).status
            return status

        assert press("somebody-else") == 200
        assert school.desk("homeroom-1").inbox.list()
        assert press(WeCom.KNOWN.upper()) == 200
        assert not school.desk("homeroom-1").inbox.list()
        assert press(WeCom.KNOWN) == 200
    provider.stop()


def _forged(how: str) -> tuple[bytes, dict[str, str], datetime]:
    body, query = seal(pressed(), owner="wx0" if how == "another owner" else CORP)
    moment = NOW + timedelta(minutes=11) if how == "old" else NOW
    if how == "another signature":
        query["msg_signature"] = "0" * 40
    if how == "no signature":
        del query["msg_signature"]
    if how == "changed":
        body = body.replace(b"CDATA[", b"CDATA[AAAA", 1)
    if how == "no xml":
        body = b"{}"
    return body, query, moment


@pytest.mark.parametrize(
    "how", ["another signature", "no signature", "changed", "another owner", "old", "no xml"]
)
def test_a_forged_call_is_nothing_at_all(how: str) -> None:
    body, query, moment = _forged(how)
    receipts, answer = wecom().receive({}, body, query, moment)
    assert not receipts
    assert answer.status == 403


def test_another_button_is_no_answer() -> None:
    body, query = seal(pressed("something_else"))
    receipts, answer = wecom().receive({}, body, query, NOW)
    assert (list(receipts), answer.status) == ([], 200)


@given(
    st.binary(max_size=300), st.dictionaries(st.sampled_from(list(SAMPLE)), st.text(max_size=40))
)
def test_no_call_breaks_the_reader(body: bytes, query: Mapping[str, str]) -> None:
    receipts, answer = wecom().receive({}, body, query, NOW)
    assert not receipts
    assert answer.status == 403


def wechat_event(status: str) -> bytes:
    return (
        "<xml><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>200163836</MsgID>"
        f"<FromUserName><![CDATA[oABC]]></FromUserName><Status><![CDATA[{status}]]></Status></xml>"
    ).encode()


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        ("success", "delivered", None),
        ("failed:user block", "failed", "user block"),
        ("failed: system failed", "failed", "system failed"),
        ("failed:freq limit", "failed", "freq limit"),
        ("failed:张三 something", "failed", "failed"),
    ],
)
def test_what_became_of_a_template_message_is_a_code_and_no_sentence(
    status: str, state: str, code: str | None
) -> None:
    channel = opener("wechat_oa")(
        {
            "use": "wechat_oa",
            "app_id": "wx1",
            "app_secret": Secret("s"),
            "template": "t",
            "fields": {"thing1": "what"},
            "event_token": Secret(WORD),
        }
    )
    stamp = str(int(NOW.timestamp()))
    query = {"timestamp": stamp, "nonce": "n", "signature": signed(WORD, stamp, "n")}
    receipts, answer = channel.receive({}, wechat_event(status), query, NOW)
    (found,) = receipts
    assert answer.body == b"success"
    assert (found.provider_ref, found.state, found.provider_code) == ("200163836", state, code)
    receipts, answer = channel.receive({}, wechat_event(status), {**query, "nonce": "m"}, NOW)
    assert not receipts
    assert answer.status == 403


def test_an_element_is_read_plain_or_wrapped_and_never_from_inside_another() -> None:
    assert element("<a>1</a>", "a") == "1"
    assert element("<a><![CDATA[<b>2</b>]]></a>", "a") == "<b>2</b>"
    assert element("<a>&lt;</a>", "a") is None
    assert element("<b>1</b>", "a") is None


@contextmanager
def reached(use: str, provider: HttpProvider, **settings: Any) -> Iterator[OverHttp]:
    pure = opener(use)({"use": use, "base": provider.base, **settings})
    with closing(OverHttp(pure, HttpTransport(), "this-machine", SystemClock())) as channel:
        yield channel
    provider.stop()


def states(channel: OverHttp, ref: str | None, address: str) -> list[str]:
    assert ref is not None
    found = channel.look_up(ref, address, timedelta(), 5)
    assert not isinstance(found, SendResult)
    return [one.state for one in found]


def test_whether_a_work_notice_was_read_can_be_asked_later() -> None:
    provider = DingTalk()
    own = {"app_key": "k", "app_secret": Secret("s"), "agent_id": 1}
    with reached("dingtalk_work", provider, **own) as channel:
        sent = channel.send(message(), DingTalk.KNOWN, 5)
        assert states(channel, sent.provider_ref, DingTalk.KNOWN) == ["delivered"]
        provider.later(READ)
        assert states(channel, sent.provider_ref, DingTalk.KNOWN) == ["read"]
        assert states(channel, sent.provider_ref, "somebody-else") == []


def test_whether_a_message_of_feishu_was_read_can_be_asked_later() -> None:
    provider = Feishu()
    with reached("feishu_app", provider, app_id="cli_1", app_secret=Secret("s")) as channel:
        sent = channel.send(message(), Feishu.KNOWN, 5)
        assert states(channel, sent.provider_ref, Feishu.KNOWN) == []
        provider.later(READ)
        assert states(channel, sent.provider_ref, Feishu.KNOWN) == ["read"]
