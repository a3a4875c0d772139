"""Signatures and seals are the vendors' own, on their published samples and on whatever is signed.

No vendor has a library that signs for a group's robot: DingTalk and Feishu publish the algorithm.
So three things are compared with: what they published, the libraries that most others use for it
(DingtalkChatbot, wechatpy), and HMAC written out from its standard (RFC 2104).
"""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from dingtalkchatbot.chatbot import DingtalkChatbot
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from psysafe.clock import SystemClock
from psysafe.contracts.channel import ResultClass, Secret
from psysafe.contracts.http import HttpCall
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.transport import HttpTransport
from psysafe.testing import DingTalk, Feishu
from psysafe.testing.channel_contract import message
from psysafe_chat_cn import dingtalk, feishu, opener
from psysafe_chat_cn.sealed import Callback, callback_key, element, signed

#: Text as schools write it: Chinese, emoji, percent signs, pluses, tildes, blanks, rare letters.
TEXTS = st.text(alphabet="a b~+%&=/*'()!é张𠮷😀\n-_.", max_size=20)
SECRETS = st.text(alphabet="aZ09+/=%&~ 张😀", min_size=1, max_size=40)
#: A secret as the settings take it: plain signs in one line.
PLAIN_SECRETS = st.text(alphabet="aZ09+/=%&~_-", min_size=1, max_size=40)
PLAIN = st.text(alphabet="abcXYZ0189", min_size=3, max_size=32)
MOMENTS = st.integers(1_577_836_800_000, 2_051_222_400_000).map(
    lambda ms: datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)
)


def hmac_by_its_standard(key: bytes, text: bytes) -> bytes:
    """HMAC-SHA256 as RFC 2104 writes it: two hashes around a padded key."""
    key = hashlib.sha256(key).digest() if len(key) > 64 else key
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in padded) + text).digest()
    return hashlib.sha256(bytes(one ^ 0x5C for one in padded) + inner).digest()


def in_base64(key: str, text: str) -> str:
    return base64.b64encode(hmac_by_its_standard(key.encode(), text.encode())).decode()


def call_of(use: str, moment: datetime, text: str = "", **settings: Any) -> HttpCall:
    channel = opener(use)({"use": use, "token": Secret("t"), **settings})
    call = channel.build(message(text=text or "something"), "-", moment, None)
    assert isinstance(call, HttpCall)
    return call


def test_the_published_samples_of_the_vendors() -> None:
    # DingTalk, "personal login-free scenario": the same MAC and the same encoding, another text.
    theirs = quote_plus(in_base64("testappSecret", "1546084445901"))
    assert theirs == "HCbG3xNE3vzhO%2Bu7qCUL1jS5hsu2n5r2cFhnTrtyDAE%3D"
    # Feishu, custom robot: the time and the secret of its examples, as programs in many languages
    # test themselves by.
    assert feishu.robot_sign("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@given(SECRETS, MOMENTS)
def test_a_robot_of_dingtalk_is_signed_as_others_sign_for_it(secret: str, moment: datetime) -> None:
    secret = f"SEC{secret}"
    milliseconds = round(moment.timestamp() * 1000)
    by_the_standard = in_base64(secret, f"{milliseconds}\n{secret}")
    other = DingtalkChatbot("https://oapi.dingtalk.com/robot/send?access_token=t", secret=secret)
    other.start_time = milliseconds / 1000
    other.update_webhook()
    assert dingtalk.robot_sign(secret, milliseconds) == by_the_standard
    assert parse_qs(urlsplit(other.webhook).query)["sign"] == [by_the_standard]


@given(PLAIN_SECRETS, MOMENTS, TEXTS)
def test_a_signature_is_percent_encoded_once_whatever_the_text_holds(
    secret: str, moment: datetime, text: str
) -> None:
    call = call_of("dingtalk_robot", moment, text, sign_secret=Secret(secret))
    raw = urlsplit(call.url).query
    (sign,), (stamp,) = parse_qs(raw)["sign"], parse_qs(raw)["timestamp"]
    assert abs(int(stamp) - moment.timestamp() * 1000) <= 1
    assert sign == in_base64(secret, f"{stamp}\n{secret}")
    assert f"sign={quote_plus(sign)}" in raw.split("&")
    assert "%25" not in raw, "encoded twice"
    sent = json.loads(call.body)["text"]["content"]
    assert sent.startswith(text or "something")


@given(PLAIN_SECRETS, MOMENTS, TEXTS)
def test_a_robot_of_feishu_is_signed_with_the_text_as_the_key(
    secret: str, moment: datetime, text: str
) -> None:
    seconds = int(moment.timestamp())
    assert feishu.robot_sign(secret, seconds) == in_base64(f"{seconds}\n{secret}", "")
    body = json.loads(call_of("feishu_robot", moment, text, sign_secret=Secret(secret)).body)
    assert body["sign"] == in_base64(f"{body['timestamp']}\n{secret}", "")
    assert body["timestamp"] == str(seconds), "seconds, and a text: DingTalk takes milliseconds"
    assert body["content"]["text"].startswith(text or "something")


@pytest.mark.parametrize("hours", [-26, -2, 2, 700])
@pytest.mark.parametrize(
    ("use", "provides"), [("dingtalk_robot", DingTalk), ("feishu_robot", Feishu)]
)
def test_a_clock_that_is_off_by_hours_sends_all_the_same(
    use: str, provides: Any, hours: int
) -> None:
    provider = provides(sign_secret="SECword")
    provider.ahead = timedelta(hours=hours)
    pure = opener(use)(
        {
            "use": use,
            "base": provider.base,
            "token": Secret(provides.ROBOT),
            "sign_secret": Secret("SECword"),
            "staff_only": True,
        }
    )
    with closing(OverHttp(pure, HttpTransport(), "this-machine", SystemClock())) as channel:
        assert channel.send(message(), "-", 5).cls is ResultClass.ACCEPTED
    provider.stop()
    assert len(provider.called) == 2, "refused once, and signed anew by the provider's own time"


#: The sample that WeCom publishes with its libraries for callbacks: a message of a member.
WORD = "QDG6eK"
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP = "wx5823bf96d3bd56c7"
SEALED = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj9"
    "11L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DO"
    "dnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03"
    "v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpN"
    "elZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q"
    "=="
)


def test_the_published_message_of_wecom_opens_as_published() -> None:
    stamp, nonce = "1409659813", "1372623149"
    key = callback_key(KEY)
    assert key is not None
    assert signed(WORD, stamp, nonce, SEALED) == "477715d11cdb4164915debcba66cb864d751f3e6"
    query = {
        "timestamp": stamp,
        "nonce": nonce,
        "msg_signature": signed(WORD, stamp, nonce, SEALED),
    }
    found = Callback(WORD, key, CORP).opened(query, SEALED, datetime.fromtimestamp(int(stamp), UTC))
    assert found is not None
    assert [
        element(found, name) for name in ("ToUserName", "FromUserName", "Content", "MsgId")
    ] == [
        CORP,
        "mycreate",
        "hello",
        "4561255354251345929",
    ]


@given(TEXTS, PLAIN, st.binary(min_size=32, max_size=32), PLAIN, PLAIN)
def test_what_another_library_seals_is_opened_and_only_with_its_signature(
    text: str, word: str, key: bytes, owner: str, nonce: str
) -> None:
    shown = base64.b64encode(key).decode().rstrip("=")
    stamp = "1793579400"
    xml = WeChatCrypto(word, shown, owner).encrypt_message(text, nonce, stamp)
    sealed, signature = element(xml, "Encrypt"), element(xml, "MsgSignature")
    assert sealed is not None
    assert signature == signed(word, stamp, nonce, sealed)
    held = callback_key(shown)
    assert held == key
    callback = Callback(word, key, owner)
    when = datetime.fromtimestamp(int(stamp), UTC)
    query = {"timestamp": stamp, "nonce": nonce, "msg_signature": signature}
    assert callback.opened(query, sealed, when) == text
    assert callback.opened({**query, "nonce": f"{nonce}0"}, sealed, when) is None
    assert callback.opened(query, sealed, when + timedelta(minutes=11)) is None


@given(TEXTS, TEXTS, TEXTS)
def test_the_signature_of_wechats_events_is_that_of_another_library(
    word: str, stamp: str, nonce: str
) -> None:
    other = WeChatSigner()
    other.add_data(word, stamp, nonce)
    assert signed(word, stamp, nonce) == other.signature
