"""WeCom: the robot of a group, the application's message to a member, the notice to a parent.

Facts from the provider's documents (developer.work.weixin.qq.com): errcode 0 with a list of invalid
users is a partial failure; ids come back in lower case; a member gets 30 messages a minute and
1000 an hour of one application, and what is over is dropped without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

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
from psysafe_chat_cn.saying import by_code, marked, number, post, result, room_trust
from psysafe_chat_cn.sealed import Callback, callback_key, element

BASE: Final = "https://qyapi.weixin.qq.com"
TEXT_BYTES: Final = 2_048
CODES: Final[Mapping[int, ResultClass]] = {
    -1: ResultClass.TRANSIENT,
    40001: ResultClass.AUTH_REFRESH,
    40014: ResultClass.AUTH_REFRESH,
    42001: ResultClass.AUTH_REFRESH,
    41001: ResultClass.AUTH_REFRESH,
    40013: ResultClass.MISCONFIGURED,
    40056: ResultClass.MISCONFIGURED,
    48002: ResultClass.MISCONFIGURED,
    60020: ResultClass.MISCONFIGURED,  # this machine's address is not on the list
    93000: ResultClass.MISCONFIGURED,  # no such robot
    301002: ResultClass.MISCONFIGURED,
    45009: ResultClass.RATE_LIMITED,
    45033: ResultClass.RATE_LIMITED,
    40003: ResultClass.PERMANENT_RECIPIENT,
    60111: ResultClass.PERMANENT_RECIPIENT,
    81013: ResultClass.PERMANENT_RECIPIENT,
    82001: ResultClass.PERMANENT_RECIPIENT,
    44004: ResultClass.PERMANENT_CONTENT,
    45002: ResultClass.PERMANENT_CONTENT,
    40008: ResultClass.PERMANENT_CONTENT,
}
PAUSE: Final = 60.0
#: Within which the provider knows a repeat, in seconds (at most four hours).
REPEAT: Final = 1800
_USER: Final = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_PARENT: Final = re.compile(r"(parent|student):[A-Za-z0-9_.@-]{1,64}")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
NOBODY: Final = "-"
#: What the button of a card says of itself when it is pressed.
HAVE_IT: Final = "have_it"


class WeComRobot:
    """`use = "wecom_robot"`: a group. Settings: `key` (the robot's only secret), `staff_only`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        table = Table(settings, ("key", "staff_only"), "a WeCom robot")
        self._base = table.base(BASE)
        self._key = table.secret("key")
        self._trust = room_trust(table)
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            provider="wecom",
            audience="group",
            trust=self._trust,
            max_units=TEXT_BYTES,
            unit="bytes",
            receipts="accepted",
            rate=(Rate(count=20, seconds=60, penalty=PAUSE),),
        )

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        """A mobile number to be called by in the group, or `-` for nobody in particular."""
        if text == NOBODY or _MOBILE.fullmatch(text):
            return text
        return Problem(field="address", problem="a mobile number, or -, is expected")

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall | Problem:
        text = marked(message, TEXT_BYTES)
        if isinstance(text, Problem):
            return text
        body: dict[str, Any] = {"content": text}
        if address != NOBODY:
            body["mentioned_mobile_list"] = [address]
        url = f"{self._base}/cgi-bin/webhook/send?{urlencode({'key': self._key})}"
        return post(url, {"msgtype": "text", "text": body})

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        code = number(answer.json(), "errcode")
        if code == 0:
            return result(ResultClass.ACCEPTED, 0)
        found = by_code(code, CODES, answer, PAUSE)
        if found.cls is ResultClass.AUTH_REFRESH:
            return result(ResultClass.MISCONFIGURED, code)  # a robot has no token to renew
        return found


class _Application:
    """What the application's message and the school notice share: corp, secret, token, repeats."""

    def __init__(self, settings: Mapping[str, Any], more: Sequence[str], what: str) -> None:
        table = Table(settings, ("corp_id", "secret", "agent_id", *more), what)
        self._base = table.base(BASE)
        self._corp = table.plain("corp_id")
        self._secret = table.secret("secret")
        self._agent = table.plain("agent_id")
        if self._agent and not self._agent.isdigit():
            table.wrong("agent_id", "a number is expected")
        self._read(table)
        self._problems = tuple(table.problems)

    def _read(self, table: Table) -> None:
        """The settings of one sort only."""

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def token_call(self, moment: datetime) -> HttpCall:
        query = urlencode({"corpid": self._corp, "corpsecret": self._secret})
        return HttpCall(url=f"{self._base}/cgi-bin/gettoken?{query}", method="GET")

    def read_token(self, answer: HttpAnswer) -> Token | SendResult:
        found = answer.json()
        code, value = number(found, "errcode"), found.get("access_token")
        seconds = number(found, "expires_in")
        if code == 0 and isinstance(value, str) and value and seconds:
            return Token(value=Secret(value), seconds=seconds)
        return by_code(code, CODES, answer, PAUSE)

    def _post(self, path: str, token: Token | None, body: Mapping[str, Any]) -> HttpCall:
        value = quote(token.value.reveal(), safe="") if token is not None else ""
        whole = {
            **body,
            "agentid": int(self._agent),
            "enable_duplicate_check": 1,
            "duplicate_check_interval": REPEAT,
        }
        return post(f"{self._base}{path}?access_token={value}", whole)


class WeComApp(_Application):
    """`use = "wecom_app"`: a message to one member.

    Settings: `corp_id`, `secret`, `agent_id`. With `button = true` the message is a card with a
    button, which comes back as a signed call: `callback_token` and `callback_key` open it.
    """

    _callback: Callback | None = None

    def __init__(self, settings: Mapping[str, Any]) -> None:
        more = ("button", "callback_token", "callback_key")
        super().__init__(settings, more, "a WeCom application")

    def _read(self, table: Table) -> None:
        if not table.yes("button"):
            return
        word, key = table.secret("callback_token"), callback_key(table.secret("callback_key"))
        if key is None:
            table.wrong("callback_key", "the 43 signs of the application's page are expected")
        else:
            self._callback = Callback(word, key, self._corp)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            provider="wecom",
            audience="person",
            trust=Trust.PERSONAL,
            max_units=TEXT_BYTES,
            unit="bytes",
            receipts="accepted",
            idempotent=True,
            ack="button" if self._callback is not None else "none",
            rate=(
                Rate(count=30, seconds=60, scope="address"),
                Rate(count=1000, seconds=3600, scope="address"),
            ),
        )

    def parse_address(self, text: str) -> str | Problem:
        if _USER.fullmatch(text) and text != "@all":
            return text
        return Problem(field="address", problem="a member's user id is expected")

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall | Problem:
        text = marked(message, TEXT_BYTES)
        if isinstance(text, Problem):
            return text
        body: dict[str, Any] = {"touser": address, "msgtype": "text", "text": {"content": text}}
        if self._callback is not None:
            body = {
                "touser": address,
                "msgtype": "template_card",
                "template_card": _card(message, text),
            }
        return self._post("/cgi-bin/message/send", token, body)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        found = answer.json()
        code = number(found, "errcode")
        if code != 0:
            return by_code(code, CODES, answer, PAUSE)
        for key in ("invaliduser", "unlicenseduser"):
            if address.lower() in _members(found.get(key)):
                return result(ResultClass.PERMANENT_RECIPIENT, key)
        name = found.get("msgid")
        ref = name if isinstance(name, str) else None
        return SendResult(cls=ResultClass.ACCEPTED, provider_code="0", provider_ref=ref)

    def receive(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str], moment: datetime
    ) -> tuple[Sequence[Receipt], HttpAnswer]:
        """A pressed button, or the provider's first question whether this address is ours."""
        nothing: tuple[Sequence[Receipt], HttpAnswer] = ((), HttpAnswer(status=403))
        if self._callback is None:
            return nothing
        question = query.get("echostr")
        if question is not None:
            echo = self._callback.opened(query, question, moment)
            return nothing if echo is None else ((), HttpAnswer(status=200, body=echo.encode()))
        sealed = element(body[:65536].decode("utf-8", "replace"), "Encrypt")
        told = self._callback.opened(query, sealed, moment) if sealed is not None else None
        if told is None:
            return nothing
        return _pressed(told), HttpAnswer(status=200)


class WeComSchool(_Application):
    """`use = "wecom_school"`: a school notice to a parent or student account.

    An address is `parent:ID` or `student:ID`. Settings: `corp_id`, `secret`, `agent_id`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings, (), "a WeCom school notice")

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            provider="wecom",
            audience="person",
            trust=Trust.PERSONAL,
            max_units=TEXT_BYTES,
            unit="bytes",
            receipts="accepted",
            idempotent=True,
        )

    def parse_address(self, text: str) -> str | Problem:
        if _PARENT.fullmatch(text):
            return text
        return Problem(field="address", problem="parent:ID or student:ID is expected")

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall | Problem:
        text = marked(message, TEXT_BYTES)
        if isinstance(text, Problem):
            return text
        kind, _, name = address.partition(":")
        body = {
            f"to_{kind}_userid": [name],
            "toall": 0,
            "msgtype": "text",
            "text": {"content": text},
        }
        return self._post("/cgi-bin/externalcontact/message/send", token, body)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        found = answer.json()
        code = number(found, "errcode")
        if code != 0:
            return by_code(code, CODES, answer, PAUSE)
        kind, _, name = address.partition(":")
        key = f"invalid_{kind}_userid"
        if name.lower() in _members(found.get(key)):
            return result(ResultClass.PERMANENT_RECIPIENT, key)
        return result(ResultClass.ACCEPTED, 0)


def _members(given: object) -> frozenset[str]:
    """The members in a list of the provider, `a|b` or a list, in lower case."""
    if isinstance(given, str):
        return frozenset(name.lower() for name in given.split("|") if name)
    if isinstance(given, list):
        return frozenset(str(name).lower() for name in given)
    return frozenset()


def _card(message: Message, text: str) -> dict[str, Any]:
    title, button = ("有一件事需要您", "我来处理")
    if message.language != "zh":
        title, button = ("Something needs you", "I have it")
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title},
        "sub_title_text": text,
        "task_id": message.key.replace("/", "@"),
        "button_list": [{"text": button, "style": 1, "key": HAVE_IT}],
    }


def _pressed(xml: str) -> tuple[Receipt, ...]:
    task, user = element(xml, "TaskId"), element(xml, "FromUserName")
    pressed = element(xml, "Event") == "template_card_event" and element(xml, "EventKey") == HAVE_IT
    if not pressed or not task or not user:
        return ()
    return (
        Receipt(
            provider_ref=task,
            state="acknowledged",
            address=user,
            signed=True,
            key=task.replace("@", "/"),
        ),
    )
