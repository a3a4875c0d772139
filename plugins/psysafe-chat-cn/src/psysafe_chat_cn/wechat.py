"""WeChat: the template message of a service account to one follower.

Facts from the provider's documents (developers.weixin.qq.com): the provider holds the text and
fills in fields; `client_msg_id` keeps a repeat of ten minutes from being told twice; what became
of a message comes back as an event whose status is a sentence.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from psysafe.contracts.channel import (
    Capabilities,
    Message,
    Problem,
    Rate,
    ResultClass,
    Secret,
    SendResult,
    Trust,
)
from psysafe.contracts.http import HttpAnswer, HttpCall, Receipt, Token
from psysafe.contracts.settings import Table
from psysafe_chat_cn.saying import by_code, dedup_key, mark, number, post
from psysafe_chat_cn.sealed import element, fresh, signed

BASE: Final = "https://api.weixin.qq.com"
CODES: Final[Mapping[int, ResultClass]] = {
    -1: ResultClass.TRANSIENT,
    40001: ResultClass.AUTH_REFRESH,
    40014: ResultClass.AUTH_REFRESH,
    42001: ResultClass.AUTH_REFRESH,
    40125: ResultClass.MISCONFIGURED,
    40013: ResultClass.MISCONFIGURED,
    40164: ResultClass.MISCONFIGURED,  # this machine's address is not on the list
    40037: ResultClass.MISCONFIGURED,
    48001: ResultClass.MISCONFIGURED,
    50002: ResultClass.MISCONFIGURED,
    40003: ResultClass.PERMANENT_RECIPIENT,
    43004: ResultClass.PERMANENT_RECIPIENT,
    43101: ResultClass.PERMANENT_RECIPIENT,
    43117: ResultClass.RATE_LIMITED,
    45009: ResultClass.RATE_LIMITED,
    45011: ResultClass.RATE_LIMITED,
    47003: ResultClass.PERMANENT_CONTENT,
}
PAUSE: Final = 3600.0
#: Too much for one follower, and for nobody else.
OF_ONE: Final = frozenset({43117})
#: What a template's field may be filled with. None of it is about anybody.
FILLINGS: Final = ("what", "answer_by", "number", "mark")
_OPEN_ID: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")
#: Letters that a field of a template takes; what is longer is refused by the provider.
_FIELD: Final = 20
_FAILURES: Final = {
    "failed:user block": "user block",
    "failed: system failed": "system failed",
    "failed:system failed": "system failed",
    "failed:freq limit": "freq limit",
}


class WeChatAccount:
    """`use = "wechat_oa"`. Settings: `app_id`, `app_secret`, `template`, `fields`; `event_token`.

    `fields = { thing1 = "what", time2 = "answer_by", phone_number3 = "number" }` says of each
    field of the template what fills it.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        known = ("app_id", "app_secret", "template", "fields", "event_token")
        table = Table(settings, known, "a WeChat account")
        self._base = table.base(BASE)
        self._id = table.plain("app_id")
        self._secret = table.secret("app_secret")
        self._template = table.plain("template")
        self._fields = table.names("fields", FILLINGS)
        if not self._fields:
            table.wrong("fields", "at least one field is expected")
        self._event_token = table.secret("event_token", needed=False)
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        # The provider shows the template's fields on a locked screen.
        return Capabilities(
            audience="person",
            trust=Trust.SHARED,
            receipts="delivered",
            idempotent=True,
            content="template",
            rate=(Rate(count=100_000, seconds=86_400),),
            receipts_by_ref=True,
            provider="wechat",
        )

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        if _OPEN_ID.fullmatch(text):
            return text
        return Problem(field="address", problem="a follower's open id is expected")

    def token_call(self, moment: datetime) -> HttpCall:
        # The stable one: another program of the school that asks too does not end ours.
        body = {"grant_type": "client_credential", "appid": self._id, "secret": self._secret}
        return post(f"{self._base}/cgi-bin/stable_token", body)

    def read_token(self, answer: HttpAnswer) -> Token | SendResult:
        found = answer.json()
        value, seconds = found.get("access_token"), number(found, "expires_in")
        if "errcode" not in found and isinstance(value, str) and value and seconds:
            return Token(value=Secret(value), seconds=seconds)
        return by_code(number(found, "errcode"), CODES, answer, PAUSE)

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        filled = {
            name: {"value": _filling(message, of)[:_FIELD]} for name, of in self._fields.items()
        }
        body = {
            "touser": address,
            "template_id": self._template,
            "client_msg_id": dedup_key(message),
            "data": filled,
        }
        value = quote(token.value.reveal(), safe="") if token is not None else ""
        return post(f"{self._base}/cgi-bin/message/template/send?access_token={value}", body)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        found = answer.json()
        code, name = number(found, "errcode"), number(found, "msgid")
        if code == 0 and name is not None:
            return SendResult(cls=ResultClass.ACCEPTED, provider_code="0", provider_ref=str(name))
        return by_code(None if code == 0 else code, CODES, answer, PAUSE, OF_ONE)

    def receive(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str], moment: datetime
    ) -> tuple[Sequence[Receipt], HttpAnswer]:
        """What became of a message, as the event TEMPLATESENDJOBFINISH says it (in the clear)."""
        when, nonce = query.get("timestamp", ""), query.get("nonce", "")
        good = signed(self._event_token, when, nonce)
        given = query.get("signature", "").encode("utf-8", "replace")
        ours = self._event_token and hmac.compare_digest(good.encode(), given)
        if not ours or not fresh(when, moment):
            return (), HttpAnswer(status=403)
        if "echostr" in query:
            return (), HttpAnswer(status=200, body=query["echostr"].encode())
        return _finished(body[:65536].decode("utf-8", "replace")), HttpAnswer(
            status=200, body=b"success"
        )


def _filling(message: Message, of: str) -> str:
    if of == "answer_by":
        by = message.answer_by
        local = by.astimezone(message.queued.tzinfo) if by is not None else message.queued
        return local.strftime("%Y-%m-%d %H:%M")
    if of == "number":
        return message.number or "-"  # an empty field is refused
    if of == "mark":
        return mark(message)
    if message.language == "zh":
        return "有一件急事需要您" if message.urgent else "有一件事需要您"
    return "Something urgent" if message.urgent else "Something needs you"


def _finished(xml: str) -> tuple[Receipt, ...]:
    if element(xml, "Event") != "TEMPLATESENDJOBFINISH":
        return ()
    name, user, status = (element(xml, key) for key in ("MsgID", "FromUserName", "Status"))
    if not name or not user or status is None:
        return ()
    if status == "success":
        return (Receipt(provider_ref=name, state="delivered", address=user, signed=True),)
    code = _FAILURES.get(status, "failed")
    return (
        Receipt(provider_ref=name, state="failed", address=user, provider_code=code, signed=True),
    )
