"""Tencent Cloud SMS: SendSms of version 2021-01-11, signed with TC3-HMAC-SHA256.

Facts from the provider's documents (cloud.tencent.com): the whole call may fail (`Response.Error`)
or one number of it (`SendStatusSet[].Code`, where only `Ok` is success); the signature is good for
five minutes; the very bytes that are signed must be sent. What went to a number can be asked for
seven days; our own name for a message stands there only where the provider has been asked to give
it back (`SessionContext`), and only once the carrier has said what became of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit

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

BASE: Final = "https://sms.tencentcloudapi.com"
VERSION: Final = "2021-01-11"
SERVICE: Final = "sms"
CONTENT_TYPE: Final = "application/json"
KEYS: Final = frozenset(
    {
        "secret_id",
        "secret_key",
        "app_id",
        "sign_name",
        "template",
        "template_urgent",
        "fields",
        "region",
    }
)
#: The longest beginning of a code that is known decides.
CODES: Final[Mapping[str, ResultClass]] = {
    "LimitExceeded.AppCountryOrRegionDailyLimit": ResultClass.MISCONFIGURED,
    "LimitExceeded.AppDailyLimit": ResultClass.MISCONFIGURED,
    "LimitExceeded.AppGlobalDailyLimit": ResultClass.MISCONFIGURED,
    "LimitExceeded.PhoneNumber": ResultClass.RATE_LIMITED,
    "LimitExceeded.DailyLimit": ResultClass.MISCONFIGURED,
    "RequestLimitExceeded": ResultClass.RATE_LIMITED,
    "FailedOperation.PhoneNumberInBlacklist": ResultClass.PERMANENT_RECIPIENT,
    "FailedOperation.PhoneNumberOnBlacklist": ResultClass.PERMANENT_RECIPIENT,
    "InvalidParameterValue.IncorrectPhoneNumber": ResultClass.PERMANENT_RECIPIENT,
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": ResultClass.PERMANENT_CONTENT,
    "InvalidParameterValue.TemplateParameter": ResultClass.PERMANENT_CONTENT,
    "InvalidParameterValue.TemplateWordLimitExceeded": ResultClass.PERMANENT_CONTENT,
    "FailedOperation.ContainSensitiveWord": ResultClass.PERMANENT_CONTENT,
    "FailedOperation.InsufficientBalanceInSmsPackage": ResultClass.MISCONFIGURED,
    "FailedOperation.SignatureIncorrectOrUnapproved": ResultClass.MISCONFIGURED,
    "FailedOperation.TemplateIncorrectOrUnapproved": ResultClass.MISCONFIGURED,
    "FailedOperation.TemplateUnapprovedOrNotExist": ResultClass.MISCONFIGURED,
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": ResultClass.MISCONFIGURED,
    "FailedOperation.MissingSignature": ResultClass.MISCONFIGURED,
    "InvalidParameterValue.SdkAppIdNotExist": ResultClass.MISCONFIGURED,
    "UnauthorizedOperation": ResultClass.MISCONFIGURED,
    # The time in the signature: tried once more with the provider's own clock.
    "AuthFailure.SignatureExpire": ResultClass.AUTH_REFRESH,
    "AuthFailure": ResultClass.MISCONFIGURED,
    "InternalError": ResultClass.TRANSIENT,
}
#: How long a number that had too much is left alone: half a minute, an hour, a day.
PAUSES: Final[Mapping[str, timedelta]] = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": timedelta(seconds=30),
    "LimitExceeded.PhoneNumberOneHourLimit": timedelta(hours=1),
    "LimitExceeded.PhoneNumberDailyLimit": timedelta(days=1),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": timedelta(days=1),
}


#: How far back a number is asked about; the provider keeps seven days.
ASKED_BACK: Final = timedelta(days=1)
#: For how long the provider knows what became of a message.
KNOWN_FOR: Final = timedelta(days=7)
#: By how much its clock and ours may differ.
_APART: Final = timedelta(minutes=5)


def meaning(code: str) -> ResultClass | None:
    """What a code means, by the longest beginning that is known."""
    known = [start for start in CODES if code.startswith(start)]
    return CODES[max(known, key=len)] if known else None


def authorization(host: str, body: bytes, moment: datetime, secret_id: str, secret_key: str) -> str:
    """The header `authorization` over a POST of JSON to `/`."""
    digest = hashlib.sha256(body).hexdigest()
    lines = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    request = f"POST\n/\n\n{lines}\ncontent-type;host\n{digest}"
    utc = moment.astimezone(UTC)
    day, seconds = utc.strftime("%Y-%m-%d"), int(utc.timestamp())
    scope = f"{day}/{SERVICE}/tc3_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{seconds}\n{scope}\n{hashed}"
    key = f"TC3{secret_key}".encode()
    for part in (day, SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return (
        f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, "
        f"SignedHeaders=content-type;host, Signature={signature}"
    )


class TencentSms:
    """`use = "tencent_sms"`. Settings: `secret_id`, `secret_key`, `app_id`, `sign_name`,
    `template`, `fields`; `template_urgent`, `region`.

    The template's places are numbered, so the order of `fields` counts and its names do not.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        table = Table(settings, KEYS, "Tencent SMS")
        self._base = table.base(BASE)
        self._host = urlsplit(self._base).netloc
        self._id = table.plain("secret_id")
        self._key = table.secret("secret_key")
        self._app = table.plain("app_id")
        self._sign = table.text("sign_name", needed=True)
        self._template = table.plain("template")
        self._urgent = table.plain("template_urgent", needed=False) or self._template
        self._region = table.plain("region", usual="ap-guangzhou")
        self._fields = tuple(table.names("fields", FILLINGS).items())
        self._problems = tuple(table.problems)

    @property
    def capabilities(self) -> Capabilities:
        rate = Rate(count=1, seconds=30, scope="address")
        asked = Asked(tells="delivered", within=KNOWN_FOR, rate=(Rate(count=20, seconds=1),))
        return capabilities("tencent_cloud", (rate,), asked, receipts_by_ref=True)

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        return telephone(text)

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        said_here = {
            "PhoneNumberSet": [address],
            "SmsSdkAppId": self._app,
            "SignName": self._sign,
            "TemplateId": self._urgent if message.urgent else self._template,
            "TemplateParamSet": [filling(message, of) for _, of in self._fields],
            "SessionContext": _name(message),
        }
        return self._call("SendSms", said_here, moment)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        response = answer.json().get("Response")
        if not isinstance(response, dict):
            return in_doubt(answer, None)
        error = response.get("Error")
        if error is not None:
            return _refused(answer, error.get("Code") if isinstance(error, dict) else None)
        lines = response.get("SendStatusSet")
        line = lines[0] if isinstance(lines, list) and len(lines) == 1 else None
        if not isinstance(line, dict):
            return in_doubt(answer, None)
        code, serial = named(line.get("Code")), line.get("SerialNo")
        if code == "Ok" and isinstance(serial, str) and serial:
            return SendResult(cls=ResultClass.ACCEPTED, provider_code=code, provider_ref=serial)
        return _refused(answer, None if code == "Ok" else code)

    def lookup(
        self,
        provider_ref: str,
        address: str,
        sent: datetime,
        moment: datetime,
        token: Token | None,
    ) -> HttpCall:
        body = self._since(address, sent - _APART, moment)
        return self._call("PullSmsSendStatusByPhoneNumber", body, moment)

    def read_lookup(self, answer: HttpAnswer, address: str) -> Sequence[Receipt]:
        found = []
        for line in _statuses(answer):
            serial, status = line.get("SerialNo"), line.get("ReportStatus")
            state: Literal["delivered", "failed"] = "delivered" if status == "SUCCESS" else "failed"
            if not isinstance(serial, str) or status not in ("SUCCESS", "FAIL"):
                continue
            code = None if state == "delivered" else named(line.get("Description")) or "failed"
            found.append(
                Receipt(
                    provider_ref=serial,
                    state=state,
                    address=address,
                    provider_code=code,
                    signed=True,
                )
            )
        return tuple(found)

    def trace(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        """What went to this telephone since the message was written."""
        since = max(message.queued, moment - ASKED_BACK)
        body = self._since(address, since, moment)
        return self._call("PullSmsSendStatusByPhoneNumber", body, moment)

    def read_trace(self, answer: HttpAnswer, message: Message, address: str) -> SendResult:
        for line in _statuses(answer):
            ours = line.get("SessionContext") == _name(message)
            if ours and line.get("ReportStatus") == "SUCCESS":
                return SendResult(cls=ResultClass.ACCEPTED, provider_code="traced")
        return SendResult(cls=ResultClass.AMBIGUOUS, provider_code="not_seen")

    def _since(self, address: str, since: datetime, moment: datetime) -> dict[str, Any]:
        return {
            "BeginTime": int(since.timestamp()),
            "EndTime": int(moment.timestamp()),
            "Offset": 0,
            "Limit": 100,
            "PhoneNumber": address,
            "SmsSdkAppId": self._app,
        }

    def examine(self, moment: datetime) -> Mapping[str, HttpCall]:
        """What can be asked ahead: whether the templates are approved."""
        asked = {}
        for field, code in (("template", self._template), ("template_urgent", self._urgent)):
            if code.isdigit() and (field == "template" or code != self._template):
                body = {"International": 0, "TemplateIdSet": [int(code)]}
                asked[field] = self._call("DescribeSmsTemplateList", body, moment)
        return asked

    def read_examination(self, field: str, answer: HttpAnswer) -> Problem | None:
        response = answer.json().get("Response")
        lines = response.get("DescribeTemplateStatusSet") if isinstance(response, dict) else None
        status: Any = None
        if isinstance(lines, list) and lines and isinstance(lines[0], dict):
            status = lines[0].get("StatusCode")
        if status == 0:
            return None
        told = {1: "it is still being looked at", -1: "the provider refused it"}
        return Problem(field=field, problem=told.get(status, "the provider knows no such template"))

    def receive(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str], moment: datetime
    ) -> tuple[Sequence[Receipt], HttpAnswer]:
        """What the provider pushes. Anybody could, so each of them is a hint."""
        answer = HttpAnswer(
            status=200,
            headers={"content-type": "application/json"},
            body=b'{"result":0,"errmsg":"OK"}',
        )
        try:
            given = json.loads(body[:262_144])
        except (ValueError, RecursionError):
            return (), HttpAnswer(status=400)
        lines = given if isinstance(given, list) else []
        return tuple(r for line in lines[:1000] for r in _pushed(line)), answer

    def _call(self, action: str, body: Mapping[str, Any], moment: datetime) -> HttpCall:
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", errors="replace")
        headers = {
            "host": self._host,
            "content-type": CONTENT_TYPE,
            "x-tc-action": action,
            "x-tc-version": VERSION,
            "x-tc-region": self._region,
            "x-tc-timestamp": str(int(moment.timestamp())),
            "authorization": authorization(self._host, content, moment, self._id, self._key),
        }
        return HttpCall(url=f"{self._base}/", headers=headers, body=content)


def _name(message: Message) -> str:
    """Our own name for a message at the provider, the same at every try."""
    return hashlib.blake2b(message.key.encode(), digest_size=16).hexdigest()


def _statuses(answer: HttpAnswer) -> Sequence[Mapping[str, Any]]:
    response = answer.json().get("Response")
    if not isinstance(response, dict) or response.get("Error") is not None:
        return ()
    lines = response.get("PullSmsSendStatusSet")
    if not isinstance(lines, list):
        return ()
    return [line for line in lines if isinstance(line, dict)]


def _refused(answer: HttpAnswer, given: object) -> SendResult:
    code = named(given)
    cls = meaning(code) if code is not None else None
    if cls is None or code is None:
        return in_doubt(answer, code)
    pause = PAUSES.get(code, timedelta(minutes=1)) if cls is ResultClass.RATE_LIMITED else None
    alone = code.startswith("LimitExceeded.PhoneNumber")
    return SendResult(
        cls=cls,
        provider_code=code,
        retry_after=pause,
        limit="address" if alone else "account",
    )


def _pushed(line: object) -> Sequence[Receipt]:
    if not isinstance(line, dict):
        return ()
    serial, mobile, status = line.get("sid"), line.get("mobile"), line.get("report_status")
    if not isinstance(serial, str) or not isinstance(mobile, str):
        return ()
    address = telephone(f"+{line.get('nationcode', '86')}{mobile}")
    if isinstance(address, Problem):
        return ()
    if status == "SUCCESS":
        return (Receipt(provider_ref=serial, state="delivered", address=address),)
    if status == "FAIL":
        code = named(line.get("errmsg")) or "failed"
        return (Receipt(provider_ref=serial, state="failed", address=address, provider_code=code),)
    return ()
