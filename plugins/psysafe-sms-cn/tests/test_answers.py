"""What the providers answer, push, and say ahead about what is set up with them."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.clock import SystemClock
from psysafe.contracts.channel import Message, Problem, ResultClass, Secret, SendResult, Trust
from psysafe.contracts.http import HttpAnswer
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.transport import HttpTransport
from psysafe.testing import Aliyun, Tencent
from psysafe.testing.channel_contract import NAME, SECRET, TAKES_AND_CUTS, message
from psysafe.testing.providers_sms import SmsProvider
from psysafe_sms_cn import open_aliyun, open_tencent

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
A, R, T, P, C, M, D, F = (
    ResultClass.ACCEPTED,
    ResultClass.RATE_LIMITED,
    ResultClass.TRANSIENT,
    ResultClass.PERMANENT_RECIPIENT,
    ResultClass.PERMANENT_CONTENT,
    ResultClass.MISCONFIGURED,
    ResultClass.AMBIGUOUS,
    ResultClass.AUTH_REFRESH,
)
ALIYUN: dict[str, Any] = {
    "use": "aliyun_sms",
    "key_id": SmsProvider.KEY_ID,
    "key_secret": Secret(SECRET),
    "sign_name": "第三中学",
    "template": "SMS_1",
    "fields": {"time": "answer_by", "phone": "number"},
}
TENCENT: dict[str, Any] = {
    "use": "tencent_sms",
    "secret_id": "k",
    "secret_key": Secret(SECRET),
    "app_id": "1",
    "sign_name": "第三中学",
    "template": "1",
    "fields": {"1": "answer_by", "2": "number"},
}


@pytest.mark.parametrize(
    ("status", "said", "cls"),
    [
        (200, {"Code": "OK", "BizId": "1^0"}, A),
        (200, {"Code": "OK"}, D),
        (200, {"Message": "OK"}, D),
        (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, R),
        (200, {"Code": "isv.DAY_LIMIT_CONTROL"}, M),
        (200, {"Code": "isv.MONTH_LIMIT_CONTROL"}, M),
        (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, P),
        (200, {"Code": "isv.OUT_OF_SERVICE"}, M),
        (400, {"Code": "isp.RAM_PERMISSION_DENY"}, M),
        (200, {"Code": "isv.SIGN_STATE_ILLEGAL"}, M),
        (200, {"Code": "isv.SMS_CONTENT_ILLEGAL"}, C),
        (400, {"Code": "InvalidTimeStamp.Expired"}, F),
        (200, {"Code": "isv.SOMETHING_NEW"}, D),
        (500, {"Code": "SOMETHING_NEW"}, T),
        (200, ["OK"], D),
    ],
)
def test_the_code_of_aliyun_decides(status: int, said: Any, cls: ResultClass) -> None:
    answer = HttpAnswer(status=status, body=json.dumps(said).encode())
    assert open_aliyun(ALIYUN).classify(answer, "+8613800000000").cls is cls


def line(code: object, serial: object = "1") -> dict[str, Any]:
    return {"Response": {"SendStatusSet": [{"Code": code, "SerialNo": serial}]}}


@pytest.mark.parametrize(
    ("said", "cls"),
    [
        (line("Ok"), A),
        (line("Ok", ""), D),
        (line("ok"), D),
        (line(None), D),
        ({"Response": {"SendStatusSet": []}}, D),
        ({"Response": {"Error": {"Code": "AuthFailure.SignatureExpire"}}}, F),
        ({"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound"}}}, M),
        ({"Response": {"Error": {"Code": "InternalError"}}}, T),
        ({"Response": {"Error": "what"}, "SendStatusSet": [{"Code": "Ok"}]}, D),
        (line("FailedOperation.ContainSensitiveWord"), C),
        (line("InvalidParameterValue.TemplateParameterFormatError"), C),
        (line("LimitExceeded.PhoneNumberOneHourLimit"), R),
        (line("LimitExceeded.AppDailyLimit"), M),
        (line("SomethingNew"), D),
    ],
)
def test_the_code_of_tencent_decides_for_the_call_and_for_the_number(
    said: Any, cls: ResultClass
) -> None:
    answer = HttpAnswer(status=200, body=json.dumps(said).encode())
    assert open_tencent(TENCENT).classify(answer, "+8613800000000").cls is cls


@pytest.mark.parametrize("opens", [lambda: open_aliyun(ALIYUN), lambda: open_tencent(TENCENT)])
def test_an_sms_is_shared_and_its_text_is_the_providers(opens: Any) -> None:
    can = opens().capabilities
    assert (can.trust, can.content) == (Trust.SHARED, "template")
    call = opens().build(message(text=NAME), "+8613800000000", NOW, None)
    assert NAME not in f"{call.url} {call.body!r} {call.body.decode()}"


def test_the_urgent_template_is_taken_where_it_is_urgent() -> None:
    channel = open_aliyun({**ALIYUN, "template_urgent": "SMS_2"})
    urgent, usual = (
        channel.build(message(urgent=one), "+8613800000000", NOW, None) for one in (True, False)
    )
    assert "TemplateCode=SMS_2" in urgent.url
    assert "TemplateCode=SMS_1" in usual.url


def test_what_aliyun_pushes_is_a_hint_by_telephone_and_code() -> None:
    pushed = [
        {
            "phone_number": "13800000000",
            "success": True,
            "biz_id": "1^0",
            "err_msg": "用户接收成功",
            "out_id": "notice-1/sms",
        },
        {"phone_number": "13800000000", "success": False, "biz_id": "2^0", "err_code": "MK:0001"},
        {"phone_number": "13800000000", "success": "yes", "biz_id": "3^0"},
        "nonsense",
    ]
    channel = open_aliyun(ALIYUN)
    receipts, answer = channel.receive({}, json.dumps(pushed).encode(), {}, NOW)
    assert json.loads(answer.body) == {"code": 0}
    assert [(r.provider_ref, r.state, r.provider_code, r.signed) for r in receipts] == [
        ("1^0", "delivered", None, False),
        ("2^0", "failed", "failed", False),
    ]
    assert receipts[0].address == "+8613800000000"
    assert [r.key for r in receipts] == ["notice-1/sms", None]


def test_what_tencent_pushes_is_a_hint_by_telephone_and_code() -> None:
    pushed = [
        {"mobile": "13800000000", "nationcode": "86", "report_status": "SUCCESS", "sid": "1"},
        {
            "mobile": "13800000000",
            "nationcode": "86",
            "report_status": "FAIL",
            "errmsg": "MK.1",
            "sid": "2",
        },
    ]
    channel = open_tencent(TENCENT)
    receipts, answer = channel.receive({}, json.dumps(pushed).encode(), {}, NOW)
    assert json.loads(answer.body)["result"] == 0
    assert [(r.provider_ref, r.state, r.provider_code) for r in receipts] == [
        ("1", "delivered", None),
        ("2", "failed", "MK.1"),
    ]


@given(st.binary(max_size=200))
def test_no_push_breaks_the_reader(body: bytes) -> None:
    for channel in (open_aliyun(ALIYUN), open_tencent(TENCENT)):
        receipts, _ = channel.receive({}, body, {}, NOW)
        assert not receipts


def test_what_became_of_it_and_what_is_approved_can_be_asked() -> None:
    provider = Aliyun(SECRET)
    channel = open_aliyun({**ALIYUN, "base": provider.base, "template_urgent": "SMS_2"})
    with closing(OverHttp(channel, HttpTransport(), "this-machine", SystemClock())) as line:
        sent = line.send(message(), SmsProvider.KNOWN, 5)
        assert sent.provider_ref is not None
        found = line.look_up(sent.provider_ref, SmsProvider.KNOWN, timedelta(), 5)
        assert not isinstance(found, SendResult)
        assert [one.state for one in found] == ["delivered"]
        assert line.examined(5) == ()
    provider.stop()
    assert set(channel.examine(NOW)) == {"sign_name", "template", "template_urgent"}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"Code": "OK", "TemplateStatus": 1}, None),
        ({"Code": "OK", "TemplateStatus": 0}, "it is still being looked at"),
        ({"Code": "OK", "TemplateStatus": 2}, "the provider refused it"),
        ({"Code": "isv.SMS_TEMPLATE_ILLEGAL"}, "the provider says: isv.SMS_TEMPLATE_ILLEGAL"),
        ({}, "the provider says: nothing known"),
    ],
)
def test_a_template_that_is_not_approved_is_named_before_it_is_needed(
    said: Any, problem: str | None
) -> None:
    answer = HttpAnswer(status=200, body=json.dumps(said).encode())
    found = open_aliyun(ALIYUN).read_examination("template", answer)
    want = None if problem is None else Problem(field="template", problem=problem)
    assert found == want


def test_aliyun_knows_a_message_again_by_our_name_for_it_and_by_nothing_else() -> None:
    channel = open_aliyun(ALIYUN)
    asked = channel.trace(message(), SmsProvider.KNOWN, NOW, None)
    assert "QuerySendDetails" in f"{asked.url} {asked.headers}"
    sent = channel.build(message(), SmsProvider.KNOWN, NOW, None)
    ours = dict(parse_qsl(urlsplit(sent.url).query))["OutId"]

    def seen(**line: Any) -> ResultClass:
        said = {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [line]}}
        answer = HttpAnswer(status=200, body=json.dumps(said).encode())
        return channel.read_trace(answer, message(), SmsProvider.KNOWN).cls

    assert seen(OutId=ours, SendStatus=3) is A
    assert seen(OutId=ours, SendStatus=1) is A
    assert seen(OutId=ours, SendStatus=2) is D
    assert seen(OutId="another", SendStatus=3) is D
    assert seen(SendStatus=3) is D


def test_tencent_is_asked_for_a_message_by_our_name_for_it_and_by_its_own_number() -> None:
    provider = Tencent(SECRET)
    channel = open_tencent({**TENCENT, "secret_id": SmsProvider.KEY_ID, "base": provider.base})
    with closing(OverHttp(channel, HttpTransport(), "this-machine", SystemClock())) as line:
        first = message(key="notice-1/sms", queued=SystemClock().now())
        sent = line.send(first, SmsProvider.KNOWN, 5)
        again = message(key="notice-2/sms", queued=SystemClock().now())
        other = line.send(again, SmsProvider.KNOWN, 5)
        assert sent.provider_ref is not None
        assert sent.provider_ref != other.provider_ref
        found = line.look_up(sent.provider_ref, SmsProvider.KNOWN, timedelta(), 5)
        assert not isinstance(found, SendResult)
        assert [(one.provider_ref, one.state) for one in found] == [
            (sent.provider_ref, "delivered")
        ]

        def traced(one: Message) -> ResultClass | None:
            seen = line.traced(one, SmsProvider.KNOWN, 5)
            return seen.cls if seen is not None else None

        assert traced(first) is A
        assert traced(message(key="notice-3/sms", queued=first.queued)) is D
        provider.gives_back = False
        assert traced(first) is D, "an account that was not opened for it leaves the doubt"
    provider.stop()


def test_a_line_that_broke_after_tencent_took_the_message_is_resolved_by_asking() -> None:
    provider = Tencent(SECRET)
    channel = open_tencent({**TENCENT, "secret_id": SmsProvider.KEY_ID, "base": provider.base})
    with closing(OverHttp(channel, HttpTransport(), "this-machine", SystemClock())) as line:
        provider.behave(TAKES_AND_CUTS)
        sent = line.send(message(queued=SystemClock().now()), SmsProvider.KNOWN, 5)
        assert (sent.cls, sent.provider_code) == (A, "traced")
        provider.gives_back = False
        sent = line.send(message(queued=SystemClock().now()), SmsProvider.KNOWN, 5)
        assert sent.cls is D
    provider.stop()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Response": {}},
        {"Response": {"Error": {"Code": "InternalError"}, "PullSmsSendStatusSet": [{}]}},
        {"Response": {"PullSmsSendStatusSet": "SUCCESS"}},
        {"Response": {"PullSmsSendStatusSet": [None, {"ReportStatus": "SUCCESS"}]}},
        {"Response": {"PullSmsSendStatusSet": [{"SerialNo": "1", "ReportStatus": "?"}]}},
    ],
)
def test_an_answer_that_says_nothing_of_a_message_settles_no_doubt(said: Any) -> None:
    answer = HttpAnswer(status=200, body=json.dumps(said).encode())
    channel = open_tencent(TENCENT)
    assert channel.read_trace(answer, message(), SmsProvider.KNOWN).cls is D
    assert channel.read_lookup(answer, SmsProvider.KNOWN) == ()


def test_whether_a_number_failed_is_a_code_and_no_sentence() -> None:
    lines = [{"SerialNo": "1", "ReportStatus": "FAIL", "Description": "the user switched it off"}]
    answer = HttpAnswer(
        status=200, body=json.dumps({"Response": {"PullSmsSendStatusSet": lines}}).encode()
    )
    (found,) = open_tencent(TENCENT).read_lookup(answer, SmsProvider.KNOWN)
    assert (found.state, found.provider_code) == ("failed", "failed")
