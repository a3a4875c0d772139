"""Feishu: the robot of a group, and the application's message to one person.

Facts from the provider's documents (open.feishu.cn): the robot signs with the text as the *key* and
an empty message, unlike DingTalk; 100 messages a minute and 5 a second; the full and the half
hour are crowded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from psysafe.contracts.channel import (
    Asked,
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
from psysafe_chat_cn.saying import by_code, dedup_key, marked, number, post, result, room_trust

BASE: Final = "https://open.feishu.cn"
ROBOT_BYTES: Final = 18_000
APP_BYTES: Final = 30_000
ROBOT_CODES: Final[Mapping[int, ResultClass]] = {
    19021: ResultClass.AUTH_REFRESH,  # signature or clock
    19022: ResultClass.MISCONFIGURED,  # the address list
    19024: ResultClass.MISCONFIGURED,  # the keyword
    19001: ResultClass.MISCONFIGURED,  # no such robot
    9499: ResultClass.PERMANENT_CONTENT,
    11232: ResultClass.RATE_LIMITED,
}
APP_CODES: Final[Mapping[int, ResultClass]] = {
    99991661: ResultClass.AUTH_REFRESH,
    99991663: ResultClass.AUTH_REFRESH,
    99991664: ResultClass.AUTH_REFRESH,
    99991665: ResultClass.AUTH_REFRESH,
    99991668: ResultClass.AUTH_REFRESH,
    99991400: ResultClass.RATE_LIMITED,
    99991672: ResultClass.MISCONFIGURED,  # the application may not do this
    10003: ResultClass.MISCONFIGURED,
    10014: ResultClass.MISCONFIGURED,
    230001: ResultClass.PERMANENT_RECIPIENT,
    230002: ResultClass.PERMANENT_RECIPIENT,
    230006: ResultClass.MISCONFIGURED,  # the application's robot is switched off
    230013: ResultClass.PERMANENT_RECIPIENT,
    230020: ResultClass.RATE_LIMITED,
    230025: ResultClass.PERMANENT_CONTENT,
}
#: The wait that goes with a refusal for too much, where the provider names none.
PAUSE: Final = 60.0
_OPEN_ID: Final = re.compile(r"ou_[A-Za-z0-9_-]{1,64}")
NOBODY: Final = "-"


def robot_sign(secret: str, seconds: int) -> str:
    """The robot's signature: the time and the secret are the key, the message is empty."""
    key = f"{seconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


class FeishuRobot:
    """`use = "feishu_robot"`: a group, with the settings of the robot of DingTalk."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        known = ("token", "sign_secret", "keyword", "staff_only")
        table = Table(settings, known, "a Feishu robot")
        self._base = table.base(BASE)
        self._token = table.secret("token")
        self._secret = table.secret("sign_secret", needed=False)
        self._keyword = table.text("keyword")
        self._trust = room_trust(table)
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            provider="feishu",
            audience="group",
            trust=self._trust,
            max_units=ROBOT_BYTES,
            unit="bytes",
            receipts="accepted",
            rate=(Rate(count=100, seconds=60, penalty=PAUSE), Rate(count=5, seconds=1)),
        )

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        """An open id to be called by in the group, or `-` for nobody in particular."""
        if text == NOBODY or _OPEN_ID.fullmatch(text):
            return text
        return Problem(field="address", problem="an open id (ou_...), or -, is expected")

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall | Problem:
        text = marked(message, ROBOT_BYTES)
        if isinstance(text, Problem):
            return text
        if self._keyword and self._keyword not in text:
            text = f"{text} {self._keyword}"
        if address != NOBODY:
            text = f'<at user_id="{address}"></at> {text}'
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if self._secret:
            when = int(moment.timestamp())
            body |= {"timestamp": str(when), "sign": robot_sign(self._secret, when)}
        return post(f"{self._base}/open-apis/bot/v2/hook/{quote(self._token, safe='')}", body)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        code = number(answer.json(), "code")
        if code == 0:
            return result(ResultClass.ACCEPTED, 0)
        return by_code(code, ROBOT_CODES, answer, PAUSE)


class FeishuApp:
    """`use = "feishu_app"`: a message to one person. Settings: `app_id`, `app_secret`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        table = Table(settings, ("app_id", "app_secret"), "a Feishu application")
        self._base = table.base(BASE)
        self._id = table.plain("app_id")
        self._secret = table.secret("app_secret")
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            provider="feishu",
            audience="person",
            trust=Trust.PERSONAL,
            max_units=APP_BYTES,
            unit="bytes",
            receipts="read",
            idempotent=True,
            rate=(Rate(count=50, seconds=1), Rate(count=5, seconds=1, scope="address")),
            asked=Asked(tells="read", within=timedelta(days=7), rate=(Rate(count=20, seconds=1),)),
        )

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        if _OPEN_ID.fullmatch(text):
            return text
        return Problem(field="address", problem="an open id (ou_...) is expected")

    def token_call(self, moment: datetime) -> HttpCall:
        body = {"app_id": self._id, "app_secret": self._secret}
        return post(f"{self._base}/open-apis/auth/v3/tenant_access_token/internal", body)

    def read_token(self, answer: HttpAnswer) -> Token | SendResult:
        found = answer.json()
        value, seconds = found.get("tenant_access_token"), number(found, "expire")
        if number(found, "code") == 0 and isinstance(value, str) and value and seconds:
            return Token(value=Secret(value), seconds=seconds)
        return by_code(number(found, "code"), APP_CODES, answer, PAUSE)

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall | Problem:
        text = marked(message, APP_BYTES)
        if isinstance(text, Problem):
            return text
        body = {
            "receive_id": address,
            "msg_type": "text",
            "content": json.dumps({"text": text}, ensure_ascii=False),
            "uuid": dedup_key(message),
        }
        url = f"{self._base}/open-apis/im/v1/messages?receive_id_type=open_id"
        return post(url, body, _bearer(token))

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        found = answer.json()
        code, data = number(found, "code"), found.get("data")
        name = data.get("message_id") if isinstance(data, dict) else None
        if code == 0 and isinstance(name, str) and name:
            return SendResult(cls=ResultClass.ACCEPTED, provider_code="0", provider_ref=name)
        return by_code(None if code == 0 else code, APP_CODES, answer, _wait(answer))

    def lookup(
        self,
        provider_ref: str,
        address: str,
        sent: datetime,
        moment: datetime,
        token: Token | None,
    ) -> HttpCall:
        path = f"/open-apis/im/v1/messages/{quote(provider_ref, safe='')}/read_users"
        url = f"{self._base}{path}?user_id_type=open_id"
        return HttpCall(url=url, method="GET", headers=_bearer(token))

    def read_lookup(self, answer: HttpAnswer, address: str) -> Sequence[Receipt]:
        found = answer.json()
        data = found.get("data")
        items = data.get("items") if isinstance(data, dict) else None
        if number(found, "code") != 0 or not isinstance(items, list):
            return ()
        read = any(isinstance(one, dict) and one.get("user_id") == address for one in items)
        if not read:
            return ()
        return (Receipt(provider_ref="", state="read", address=address, signed=True),)


def _bearer(token: Token | None) -> dict[str, str]:
    return {"authorization": f"Bearer {token.value.reveal()}"} if token is not None else {}


def _wait(answer: HttpAnswer) -> float:
    text = answer.headers.get("x-ogw-ratelimit-reset", "")
    return float(text) if re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) else PAUSE
