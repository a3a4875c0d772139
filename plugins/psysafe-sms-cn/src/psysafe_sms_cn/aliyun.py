"""Aliyun SMS: SendSms of version 2017-05-25, signed with ACS3-HMAC-SHA256.

Facts from the provider's documents (help.aliyun.com): the answer's `Code` decides, whatever the
HTTP status; a template and a signature must be approved; a number takes 50 messages of one
template in 24 hours; what became of a message is pushed without a signature, or can be asked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

from psysafe.contracts.channel import (
    Asked,
    Capabilities,
    Message,
    Problem,
    Rate,
    ResultClass,
    SendResult,
)
from psysafe.contracts.http import HttpAnswer, HttpCall, Receipt, Token
from psysafe.contracts.settings import Table
from psysafe_sms_cn.telephones import (
    FILLINGS,
    capabilities,
    filling,
    in_doubt,
    named,
    telephone,
)

BASE: Final = "https://dysmsapi.aliyuncs.com"
VERSION: Final = "2017-05-25"
KEYS: Final = frozenset(
    {"key_id", "key_secret", "sign_name", "template", "template_urgent", "fields"}
)
#: The day by which the provider files what it sent.
CHINA: Final = timezone(timedelta(hours=8))
#: How far back it can be asked what became of a message.
ASKED_BACK: Final = timedelta(days=30)
_ALGORITHM: Final = "ACS3-HMAC-SHA256"
_NOTHING: Final = hashlib.sha256(b"").hexdigest()

#: Too much for one number; every other one gets its messages.
OF_ONE_NUMBER: Final = "isv.BUSINESS_LIMIT_CONTROL"
CODES: Final[Mapping[str, ResultClass]] = {
    OF_ONE_NUMBER: ResultClass.RATE_LIMITED,
    "Throttling.User": ResultClass.RATE_LIMITED,
    "Throttling": ResultClass.RATE_LIMITED,
    "isv.DAY_LIMIT_CONTROL": ResultClass.MISCONFIGURED,
    "isv.MONTH_LIMIT_CONTROL": ResultClass.MISCONFIGURED,
    "isv.OUT_OF_SERVICE": ResultClass.MISCONFIGURED,
    "isv.AMOUNT_NOT_ENOUGH": ResultClass.MISCONFIGURED,
    "isv.PRODUCT_UN_SUBSCRIPT": ResultClass.MISCONFIGURED,
    "isv.ACCOUNT_NOT_EXISTS": ResultClass.MISCONFIGURED,
    "isv.ACCOUNT_ABNORMAL": ResultClass.MISCONFIGURED,
    "isp.RAM_PERMISSION_DENY": ResultClass.MISCONFIGURED,
    "isv.SIGN_STATE_ILLEGAL": ResultClass.MISCONFIGURED,
    "isv.SMS_SIGNATURE_ILLEGAL": ResultClass.MISCONFIGURED,
    "isv.SMS_TEMPLATE_ILLEGAL": ResultClass.MISCONFIGURED,
    "isv.TEMPLATE_MISSING_PARAMETERS": ResultClass.MISCONFIGURED,
    "SignatureDoesNotMatch": ResultClass.MISCONFIGURED,
    "InvalidAccessKeyId.NotFound": ResultClass.MISCONFIGURED,
    "InvalidAccessKeyId.Inactive": ResultClass.MISCONFIGURED,
    "isv.MOBILE_NUMBER_ILLEGAL": ResultClass.PERMANENT_RECIPIENT,
    "isv.SMS_CONTENT_ILLEGAL": ResultClass.PERMANENT_CONTENT,
    "isv.BLACK_KEY_CONTROL_LIMIT": ResultClass.PERMANENT_CONTENT,
    "isv.PARAM_LENGTH_LIMIT": ResultClass.PERMANENT_CONTENT,
    "isv.PARAM_NOT_SUPPORT_URL": ResultClass.PERMANENT_CONTENT,
    "isp.SYSTEM_ERROR": ResultClass.TRANSIENT,
    "ServiceUnavailable": ResultClass.TRANSIENT,
    # The time in the signature: tried once more with the provider's own clock.
    "InvalidTimeStamp.Expired": ResultClass.AUTH_REFRESH,
}
#: A number that has had too much is closed for a minute, an hour or a day; nobody says which.
PAUSE: Final = timedelta(minutes=1)
_STATES: Final[Mapping[int, Literal["failed", "delivered"]]] = {2: "failed", 3: "delivered"}


def authorization(
    method: str, query: Mapping[str, str], headers: Mapping[str, str], key_id: str, secret: str
) -> str:
    """The header `authorization` of version 3, over the path `/` and an empty body."""
    signed = sorted(
        name for name in headers if name.startswith("x-acs-") or name in ("host", "content-type")
    )
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in signed)
    names = ";".join(signed)
    request = f"{method}\n/\n{encoded(query)}\n{lines}\n{names}\n{_NOTHING}"
    text = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"


def encoded(query: Mapping[str, str]) -> str:
    """A query by RFC 3986, its names in order."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(query[name], safe='~', errors='replace')}"
        for name in sorted(query)
    )


class AliyunSms:
    """`use = "aliyun_sms"`. Settings: `key_id`, `key_secret`, `sign_name`, `template`, `fields`.

    `template_urgent` is the template for high and imminent, where the school has one of its own.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        table = Table(settings, KEYS, "Aliyun SMS")
        self._base = table.base(BASE)
        self._host = urlsplit(self._base).netloc
        self._key_id = table.plain("key_id")
        self._secret = table.secret("key_secret")
        self._sign = table.text("sign_name", needed=True)
        self._template = table.plain("template")
        self._urgent = table.plain("template_urgent", needed=False) or self._template
        self._fields = tuple(table.names("fields", FILLINGS).items())
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        asked = Asked(tells="delivered", within=ASKED_BACK, rate=(Rate(count=20, seconds=1),))
        per_number = (Rate(count=50, seconds=86_400, scope="address"),)
        return capabilities("aliyun", per_number, asked)

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        return telephone(text)

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        filled = {name: filling(message, of) for name, of in self._fields}
        query = {
            "PhoneNumbers": address.removeprefix("+86").removeprefix("+"),
            "SignName": self._sign,
            "TemplateCode": self._urgent if message.urgent else self._template,
            "TemplateParam": json.dumps(filled, ensure_ascii=False),
            "OutId": message.key,
        }
        return self._call("SendSms", query, moment)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        found = answer.json()
        code = named(found.get("Code"))
        biz = found.get("BizId")
        if code == "OK" and isinstance(biz, str) and biz:
            return SendResult(cls=ResultClass.ACCEPTED, provider_code=code, provider_ref=biz)
        cls = CODES.get(code) if code is not None else None
        if cls is None:
            return in_doubt(answer, None if code == "OK" else code)
        pause = PAUSE if cls is ResultClass.RATE_LIMITED else None
        return SendResult(
            cls=cls,
            provider_code=code,
            retry_after=pause,
            limit="address" if code == OF_ONE_NUMBER else "account",
        )

    def lookup(
        self,
        provider_ref: str,
        address: str,
        sent: datetime,
        moment: datetime,
        token: Token | None,
    ) -> HttpCall:
        query = {**self._day_of(address, sent), "BizId": provider_ref}
        return self._call("QuerySendDetails", query, moment)

    def trace(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        """What went to this telephone today: our own name for a message stands with each."""
        return self._call("QuerySendDetails", self._day_of(address, moment), moment)

    def read_trace(self, answer: HttpAnswer, message: Message, address: str) -> SendResult:
        for line in _details(answer):
            if line.get("OutId") == message.key and line.get("SendStatus") in (1, 3):
                return SendResult(cls=ResultClass.ACCEPTED, provider_code="traced")
        return SendResult(cls=ResultClass.AMBIGUOUS, provider_code="not_seen")

    def _day_of(self, address: str, moment: datetime) -> dict[str, str]:
        return {
            "PhoneNumber": address.removeprefix("+86").removeprefix("+"),
            "SendDate": moment.astimezone(CHINA).strftime("%Y%m%d"),
            "PageSize": "50",
            "CurrentPage": "1",
        }

    def read_lookup(self, answer: HttpAnswer, address: str) -> Sequence[Receipt]:
        for line in _details(answer):
            status: Any = line.get("SendStatus")
            state = _STATES.get(status) if type(status) is int else None
            if state is None:
                continue
            code = None if state == "delivered" else named(line.get("ErrCode")) or "failed"
            given = line.get("OutId")
            return (
                Receipt(
                    provider_ref="",
                    state=state,
                    address=address,
                    provider_code=code,
                    signed=True,
                    key=given if isinstance(given, str) else None,
                ),
            )
        return ()

    def examine(self, moment: datetime) -> Mapping[str, HttpCall]:
        """What can be asked ahead: whether template and signature are approved."""
        asked = {"sign_name": self._call("QuerySmsSign", {"SignName": self._sign}, moment)}
        for field, code in (("template", self._template), ("template_urgent", self._urgent)):
            query = {"TemplateCode": code}
            if field == "template" or code != self._template:
                asked[field] = self._call("QuerySmsTemplate", query, moment)
        return asked

    def read_examination(self, field: str, answer: HttpAnswer) -> Problem | None:
        found = answer.json()
        key = "SignStatus" if field == "sign_name" else "TemplateStatus"
        code = named(found.get("Code"))
        status: Any = found.get(key)
        if code == "OK" and status == 1:
            return None
        if code == "OK":
            told = {0: "it is still being looked at", 2: "the provider refused it"}
            return Problem(field=field, problem=told.get(status, "it is not approved"))
        return Problem(field=field, problem=f"the provider says: {code or 'nothing known'}")

    def receive(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str], moment: datetime
    ) -> tuple[Sequence[Receipt], HttpAnswer]:
        """What the provider pushes. Anybody could, so each of them is a hint."""
        answer = HttpAnswer(
            status=200, headers={"content-type": "application/json"}, body=b'{"code":0}'
        )
        try:
            given = json.loads(body[:262_144])
        except (ValueError, RecursionError):
            return (), HttpAnswer(status=400)
        lines = given if isinstance(given, list) else []
        return tuple(r for line in lines[:1000] for r in _pushed(line)), answer

    def _call(self, action: str, query: Mapping[str, str], moment: datetime) -> HttpCall:
        stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"{action} {encoded(query)} {moment.timestamp():.6f}"
        headers = {
            "host": self._host,
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": stamp,
            "x-acs-signature-nonce": hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
            "x-acs-content-sha256": _NOTHING,
        }
        headers["authorization"] = authorization("POST", query, headers, self._key_id, self._secret)
        return HttpCall(url=f"{self._base}/?{encoded(query)}", headers=headers)


def _details(answer: HttpAnswer) -> Sequence[Mapping[str, Any]]:
    found = answer.json()
    held = found.get("SmsSendDetailDTOs")
    lines = held.get("SmsSendDetailDTO") if isinstance(held, dict) else None
    if found.get("Code") != "OK" or not isinstance(lines, list):
        return ()
    return [line for line in lines if isinstance(line, dict)]


def _pushed(line: object) -> Sequence[Receipt]:
    if not isinstance(line, dict):
        return ()
    biz, number, success = line.get("biz_id"), line.get("phone_number"), line.get("success")
    if not isinstance(biz, str) or not isinstance(number, str) or not isinstance(success, bool):
        return ()
    address = telephone(number)
    if isinstance(address, Problem):
        return ()
    code = None if success else named(line.get("err_code")) or "failed"
    state = "delivered" if success else "failed"
    given = line.get("out_id")
    key = given if isinstance(given, str) else None
    if state == "delivered":
        return (Receipt(provider_ref=biz, state="delivered", address=address, key=key),)
    return (
        Receipt(provider_ref=biz, state="failed", address=address, provider_code=code, key=key),
    )
