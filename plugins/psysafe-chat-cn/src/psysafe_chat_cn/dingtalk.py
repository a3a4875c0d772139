"""DingTalk: the robot of a group, and the work notice to one person.

Facts from the provider's documents (open.dingtalk.com): the robot's signature, 20 messages a
minute and then closed for ten; the work notice's token of 7200 s, its task id, and that its result
can be asked for 24 hours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

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
from psysafe_chat_cn.saying import by_code, marked, number, post, result, room_trust

BASE: Final = "https://oapi.dingtalk.com"
ROBOT_BYTES: Final = 18_000
NOTICE_BYTES: Final = 2_000
#: After too much the robot is closed for ten minutes.
PENALTY: Final = 600.0

ROBOT_CODES: Final[Mapping[int, ResultClass]] = {
    # Signature, keyword or address list. A clock that is off looks the same, so it is tried once
    # more with the provider's own time before the settings are to blame.
    310000: ResultClass.AUTH_REFRESH,
    130101: ResultClass.RATE_LIMITED,
    300005: ResultClass.MISCONFIGURED,
    300001: ResultClass.MISCONFIGURED,
    400402: ResultClass.PERMANENT_CONTENT,
    -1: ResultClass.TRANSIENT,
}
NOTICE_CODES: Final[Mapping[int, ResultClass]] = {
    40014: ResultClass.AUTH_REFRESH,
    42001: ResultClass.AUTH_REFRESH,
    40001: ResultClass.AUTH_REFRESH,
    40089: ResultClass.MISCONFIGURED,
    40013: ResultClass.MISCONFIGURED,
    60011: ResultClass.MISCONFIGURED,
    60020: ResultClass.MISCONFIGURED,
    400001: ResultClass.MISCONFIGURED,
    33012: ResultClass.PERMANENT_RECIPIENT,
    60121: ResultClass.PERMANENT_RECIPIENT,
    1430004: ResultClass.PERMANENT_RECIPIENT,  # DingTalk shields this member from applications
    143103: ResultClass.RATE_LIMITED,  # of the application, a minute
    143104: ResultClass.RATE_LIMITED,  # of the organisation, a minute
    143105: ResultClass.RATE_LIMITED,  # of one member, a day
    143106: ResultClass.RATE_LIMITED,  # of one member: this very text, today
    1430002: ResultClass.PERMANENT_CONTENT,
    90018: ResultClass.RATE_LIMITED,
    -1: ResultClass.TRANSIENT,
}
#: The member has had this very text today: an earlier try arrived.
HAS_IT: Final = 143106
OF_ONE: Final = frozenset({143105, HAS_IT})
#: A code that only says to look at `sub_code`.
LOOK_INSIDE: Final = 88
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_USER: Final = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
NOBODY: Final = "-"


def robot_sign(secret: str, milliseconds: int) -> str:
    """The robot's signature, before it is put into an address."""
    text = f"{milliseconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


class DingTalkRobot:
    """`use = "dingtalk_robot"`: a group in which whoever is named by mobile number is called.

    Settings: `token`, and `sign_secret` or `keyword` as the group's robot asks; `staff_only` where
    nobody but staff is in the group.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        known = ("token", "sign_secret", "keyword", "staff_only")
        table = Table(settings, known, "a DingTalk robot")
        self._base = table.base(BASE)
        self._token = table.secret("token")
        self._secret = table.secret("sign_secret", needed=False)
        self._keyword = table.text("keyword")
        self._trust = room_trust(table)
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            provider="dingtalk",
            audience="group",
            trust=self._trust,
            max_units=ROBOT_BYTES,
            unit="bytes",
            receipts="accepted",
            rate=(Rate(count=20, seconds=60, penalty=PENALTY),),
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
        text = marked(message, ROBOT_BYTES)
        if isinstance(text, Problem):
            return text
        if self._keyword and self._keyword not in text:
            text = f"{text} {self._keyword}"
        query = {"access_token": self._token}
        if self._secret:
            when = int(moment.timestamp() * 1000)
            query |= {"timestamp": str(when), "sign": robot_sign(self._secret, when)}
        at: dict[str, Any] = {"isAtAll": False}
        if address != NOBODY:
            at["atMobiles"] = [address]
            # Without the number in its text DingTalk shows no call to the person.
            text = f"{text} @{address}"
        body = {"msgtype": "text", "text": {"content": text}, "at": at}
        return post(f"{self._base}/robot/send?{urlencode(query)}", body)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        code = number(answer.json(), "errcode")
        if code == 0:
            return result(ResultClass.ACCEPTED, 0)
        return by_code(code, ROBOT_CODES, answer, PENALTY)


class DingTalkWork:
    """`use = "dingtalk_work"`: a work notice to one member, by their user id.

    Settings: `app_key`, `app_secret`, `agent_id`. Over its quota DingTalk says success and shows
    nothing: only a receipt, and in the end only an answer, says that somebody saw it.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        table = Table(settings, ("app_key", "app_secret", "agent_id"), "a DingTalk work notice")
        self._base = table.base(BASE)
        self._key = table.plain("app_key")
        self._secret = table.secret("app_secret")
        self._agent = table.plain("agent_id")
        if self._agent and not self._agent.isdigit():
            table.wrong("agent_id", "a number is expected")
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            provider="dingtalk",
            audience="person",
            trust=Trust.PERSONAL,
            max_units=NOTICE_BYTES,
            unit="bytes",
            receipts="read",
            idempotent=True,
            wakes_sleeping=False,
            rate=(Rate(count=500, seconds=86_400, scope="address"),),
            asked=Asked(
                tells="read", within=timedelta(hours=24), rate=(Rate(count=20, seconds=1),)
            ),
        )

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        if _USER.fullmatch(text):
            return text
        return Problem(field="address", problem="a user id of DingTalk is expected")

    def token_call(self, moment: datetime) -> HttpCall:
        query = urlencode({"appkey": self._key, "appsecret": self._secret})
        return HttpCall(url=f"{self._base}/gettoken?{query}", method="GET")

    def read_token(self, answer: HttpAnswer) -> Token | SendResult:
        found = answer.json()
        code, value, seconds = (
            number(found, "errcode"),
            found.get("access_token"),
            number(found, "expires_in"),
        )
        if code == 0 and isinstance(value, str) and value and seconds:
            return Token(value=Secret(value), seconds=seconds)
        return by_code(code, NOTICE_CODES, answer, 60)

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall | Problem:
        text = marked(message, NOTICE_BYTES)
        if isinstance(text, Problem):
            return text
        body = {
            "agent_id": int(self._agent),
            "userid_list": address,
            "msg": {"msgtype": "text", "text": {"content": text}},
        }
        return post(self._topapi("asyncsend_v2", token), body)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        found = answer.json()
        code = number(found, "errcode")
        task = number(found, "task_id")
        if code == 0 and task is not None:
            return SendResult(cls=ResultClass.ACCEPTED, provider_code="0", provider_ref=str(task))
        if code == LOOK_INSIDE:
            inside = str(found.get("sub_code"))
            code = int(inside) if re.fullmatch(r"-?[0-9]{1,9}", inside, re.ASCII) else code
        return by_code(None if code == 0 else code, NOTICE_CODES, answer, 60, OF_ONE)

    def lookup(
        self,
        provider_ref: str,
        address: str,
        sent: datetime,
        moment: datetime,
        token: Token | None,
    ) -> HttpCall:
        body = {"agent_id": int(self._agent), "task_id": int(provider_ref)}
        return post(self._topapi("getsendresult", token), body)

    def read_lookup(self, answer: HttpAnswer, address: str) -> Sequence[Receipt]:
        found = answer.json()
        lists = found.get("send_result")
        if number(found, "errcode") != 0 or not isinstance(lists, dict):
            return ()
        for one in _reasons(lists.get("forbidden_list")):
            if one.get("userid") == address:
                code = str(one.get("code"))[:64]
                if code == str(HAS_IT):
                    return ()  # the repeat was held back: that says nothing against the first
                return (
                    Receipt(
                        provider_ref="",
                        state="failed",
                        address=address,
                        provider_code=code,
                        signed=True,
                    ),
                )
        for key, state in _LISTS:
            if address in _strings(lists.get(key)):
                return (Receipt(provider_ref="", state=state, address=address, signed=True),)
        return ()

    def _topapi(self, name: str, token: Token | None) -> str:
        value = quote(token.value.reveal(), safe="") if token is not None else ""
        path = f"/topapi/message/corpconversation/{name}"
        return f"{self._base}{path}?access_token={value}"


_LISTS: Final[tuple[tuple[str, Literal["read", "delivered", "failed"]], ...]] = (
    ("read_user_id_list", "read"),
    ("unread_user_id_list", "delivered"),
    ("invalid_user_id_list", "failed"),
    ("failed_user_id_list", "failed"),
    ("forbidden_user_id_list", "failed"),
)


def _reasons(given: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _strings(given: object) -> Sequence[str]:
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
