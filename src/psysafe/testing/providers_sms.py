"""Stand-ins for the SMS services of Aliyun and Tencent Cloud, on this machine.

Each knows one account and one telephone, checks the signature that it is given against the time
that it has, and answers in the words of its provider: a refusal is mostly a 200 with a code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, Final

from psysafe.testing.channel_contract import Taken
from psysafe.testing.providers import (
    DELIVERED,
    FAILED,
    OF_OTHERS,
    READ,
    UNKNOWN,
    CallBack,
    Called,
    HttpProvider,
    Reply,
)

#: How far the time in a signature may be from the provider's own.
FRESH: Final = timedelta(minutes=5)


_CHINA: Final = timezone(timedelta(hours=8))
#: A carrier's word for what became of a message. None says that somebody read it.
_SAID: Final[Mapping[str, str]] = {
    UNKNOWN: "",
    DELIVERED: "DELIVRD",
    READ: "DELIVRD",
    FAILED: "MK:0001",
    OF_OTHERS: "DELIVRD",
}


class SmsProvider(HttpProvider):
    """What the two have in common: an account and a telephone."""

    KNOWN: ClassVar[str] = "+8613800000000"
    KEY_ID: ClassVar[str] = "AKID-school"

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.days: list[str] = []
        """the day on which it files each message, as it has them in China"""
        super().__init__()

    def call_back(self, which: int = -1, *, good: bool = True, forged: bool = False) -> CallBack:
        """The receipt for one of `taken()`: good or failed, or one of a stranger's making."""
        raise NotImplementedError("say what this provider calls back: override call_back")


def _aliyun(code: str, status: int = 200, **more: Any) -> Reply:
    return Reply(
        {"Code": code, "Message": "as the provider says", "RequestId": "r", **more}, status
    )


class Aliyun(SmsProvider):
    """`dysmsapi.aliyuncs.com`."""

    REFUSALS: ClassVar[Mapping[str, Reply]] = {
        "number is no number": _aliyun("isv.MOBILE_NUMBER_ILLEGAL"),
        "too many for one number": _aliyun("isv.BUSINESS_LIMIT_CONTROL"),
        "own day limit": _aliyun("isv.DAY_LIMIT_CONTROL"),
        "no money": _aliyun("isv.OUT_OF_SERVICE"),
        "no right": _aliyun("isp.RAM_PERMISSION_DENY", 400),
        "signature not approved": _aliyun("isv.SIGN_STATE_ILLEGAL"),
        "content refused": _aliyun("isv.SMS_CONTENT_ILLEGAL"),
        "provider ill": _aliyun("isp.SYSTEM_ERROR"),
        "throttled": _aliyun("Throttling.User", 400),
    }

    def beside(self, call: Called) -> Reply | None:
        stamp = call.headers.get("x-acs-date", "")
        try:
            when = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            return self.dated({"Code": "InvalidTimeStamp.Format"}, 400)
        if abs(when - self.now()) > FRESH:
            return self.dated({"Code": "InvalidTimeStamp.Expired"}, 400)
        if not self._signed(call):
            return self.dated({"Code": "SignatureDoesNotMatch"}, 400)
        action = call.headers.get("x-acs-action")
        if action == "QuerySmsSign":
            return _aliyun("OK", SignStatus=1)
        if action == "QuerySmsTemplate":
            return _aliyun("OK", TemplateStatus=1)
        if self.is_question(call):
            return None
        if not all(json.loads(call.query["TemplateParam"]).values()):
            return _aliyun("isv.TEMPLATE_MISSING_PARAMETERS")  # a place that is left empty
        return None

    def is_question(self, call: Called) -> bool:
        return call.headers.get("x-acs-action") == "QuerySendDetails"

    def told(self, call: Called, how: str) -> Reply:
        """The messages to a number on one day, or the one of them that is named."""
        named = call.query.get("BizId")
        lines = [
            {"SendStatus": 2 if how == FAILED else 3, "ErrCode": _SAID[how], "OutId": one.key}
            for number, one in enumerate(self.taken(), 1)
            if one.address == f"+86{call.query['PhoneNumber']}"
            and named in (None, f"9006{number:010d}^0")
            and call.query["SendDate"] == self.days[number - 1]
        ]
        if how == OF_OTHERS:
            lines = [{"SendStatus": 3, "ErrCode": "DELIVERED", "OutId": "notice-of-others/sms"}]
        if how == UNKNOWN:
            lines = [{**line, "SendStatus": 1, "ErrCode": ""} for line in lines]
        return _aliyun("OK", SmsSendDetailDTOs={"SmsSendDetailDTO": lines})

    def taking(self, call: Called) -> Reply:
        return _aliyun("OK", BizId=f"9006{len(self.taken()):010d}^0")

    def call_back(self, which: int = -1, *, good: bool = True, forged: bool = False) -> CallBack:
        """The receipt for one of `taken()`. Nobody signs it; `forged`: of a stranger's making."""
        number = len(self.taken()) + which + 1 if which < 0 else which + 1
        one = self.taken()[number - 1]
        line = {
            "phone_number": "13811111111" if forged else one.address.removeprefix("+86"),
            "success": good,
            "biz_id": f"9006{number:010d}^0",
            "out_id": one.key,
            "err_code": "DELIVERED" if good else "MK:0001",
        }
        return CallBack(body=json.dumps([line]).encode())

    def read(self, call: Called) -> Taken | None:
        query = call.query
        self.days.append(self.now().astimezone(_CHINA).strftime("%Y%m%d"))
        return Taken(
            key=query["OutId"],
            address=f"+86{query['PhoneNumbers']}",
            shown=query["TemplateParam"],
            text=query["TemplateParam"],
        )

    def _signed(self, call: Called) -> bool:
        """Read from the request alone, the other way round than a channel makes it."""
        found = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
            call.headers.get("authorization", ""),
        )
        if found is None or found[1] != self.KEY_ID:
            return False
        names = found[2].split(";")
        request = "\n".join(
            (
                call.method,
                call.path,
                call.raw_query,
                *(f"{name}:{call.headers[name]}" for name in names),
                "",
                found[2],
                hashlib.sha256(call.body).hexdigest(),
            )
        )
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(request.encode()).hexdigest()
        good = hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return "host" in names and good == found[3]


def _line(code: str) -> Reply:
    line = {"Code": code, "Message": "as the provider says", "SerialNo": "", "Fee": 0}
    return Reply({"Response": {"SendStatusSet": [line], "RequestId": "r"}})


def _error(code: str) -> Reply:
    error = {"Code": code, "Message": "as the provider says"}
    return Reply({"Response": {"Error": error, "RequestId": "r"}})


class Tencent(SmsProvider):
    """`sms.tencentcloudapi.com`. `gives_back`: whether the account was opened for the name that a
    message was given to stand in what is asked later."""

    gives_back = True

    REFUSALS: ClassVar[Mapping[str, Reply]] = {
        "number is no number": _line("InvalidParameterValue.IncorrectPhoneNumber"),
        "number on the black list": _line("FailedOperation.PhoneNumberInBlacklist"),
        "too many in 30 seconds": _line("LimitExceeded.PhoneNumberThirtySecondLimit"),
        "too many a day": _line("LimitExceeded.PhoneNumberDailyLimit"),
        "own day limit": _line("LimitExceeded.AppDailyLimit"),
        "no money": _line("FailedOperation.InsufficientBalanceInSmsPackage"),
        "template not approved": _line("FailedOperation.TemplateIncorrectOrUnapproved"),
        "content refused": _line("FailedOperation.ContainSensitiveWord"),
        "unknown key": _error("AuthFailure.SecretIdNotFound"),
        "no right": _error("UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        "provider ill": _error("InternalError.OtherError"),
        "too fast": _error("RequestLimitExceeded"),
    }

    def beside(self, call: Called) -> Reply | None:
        stamp = call.headers.get("x-tc-timestamp", "")
        when = datetime.fromtimestamp(int(stamp) if stamp.isdigit() else 0, UTC)
        if abs(when - self.now()) > FRESH:
            return self.dated(_error("AuthFailure.SignatureExpire").body)
        if not self._signed(call, when):
            return self.dated(_error("AuthFailure.SignatureFailure").body)
        if call.headers.get("x-tc-action") == "DescribeSmsTemplateList":
            lines = [{"StatusCode": 0}]
            return Reply({"Response": {"DescribeTemplateStatusSet": lines, "RequestId": "r"}})
        if self.is_question(call):
            return None
        if not all(call.json()["TemplateParamSet"]):
            return _error("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
        return None

    def is_question(self, call: Called) -> bool:
        return call.headers.get("x-tc-action") == "PullSmsSendStatusByPhoneNumber"

    def told(self, call: Called, how: str) -> Reply:
        """What became of the messages to one number; of one without a report nothing is said."""
        asked = call.json()
        found = [
            {
                "UserReceiveTime": int(self.now().timestamp()),
                "PhoneNumber": one.address,
                "SerialNo": f"2640:{900 + number if how == OF_OTHERS else number}",
                "ReportStatus": "FAIL" if how == FAILED else "SUCCESS",
                "Description": _SAID[how],
                "SessionContext": one.key if self.gives_back else "",
            }
            for number, one in enumerate(self.taken(), 1)
            if one.address == asked["PhoneNumber"] and how != UNKNOWN
        ]
        return Reply({"Response": {"PullSmsSendStatusSet": found, "RequestId": "r"}})

    def taking(self, call: Called) -> Reply:
        line = {"Code": "Ok", "Message": "send success", "SerialNo": f"2640:{len(self.taken())}"}
        return Reply({"Response": {"SendStatusSet": [line], "RequestId": "r"}})

    def call_back(self, which: int = -1, *, good: bool = True, forged: bool = False) -> CallBack:
        """The receipt for one of `taken()`: it bears this provider's own number and nothing else.

        Nobody signs it; `forged`: a stranger guesses the number and does not know the telephone.
        """
        number = len(self.taken()) + which + 1 if which < 0 else which + 1
        line = {
            "mobile": "13811111111" if forged else self.taken()[number - 1].address[3:],
            "nationcode": "86",
            "report_status": "SUCCESS" if good else "FAIL",
            "errmsg": "DELIVRD" if good else "MK:0001",
            "sid": f"2640:{number}",
        }
        return CallBack(body=json.dumps([line]).encode())

    def read(self, call: Called) -> Taken | None:
        said = call.json()
        (address,) = said["PhoneNumberSet"]
        values = " ".join(said["TemplateParamSet"])
        return Taken(key=said["SessionContext"], address=address, shown=values, text=values)

    def _signed(self, call: Called, when: datetime) -> bool:
        day = when.strftime("%Y-%m-%d")
        head = f"TC3-HMAC-SHA256 Credential={self.KEY_ID}/{day}/sms/tc3_request, "
        request = (
            f"POST\n/\n\ncontent-type:{call.headers.get('content-type')}\n"
            f"host:{call.headers.get('host')}\n\ncontent-type;host\n"
            + hashlib.sha256(call.body).hexdigest()
        )
        text = (
            f"TC3-HMAC-SHA256\n{call.headers['x-tc-timestamp']}\n{day}/sms/tc3_request\n"
            + hashlib.sha256(request.encode()).hexdigest()
        )
        key = b"TC3" + self._secret.encode()
        for part in (day, "sms", "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        good = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        want = f"{head}SignedHeaders=content-type;host, Signature={good}"
        return call.headers.get("authorization") == want
