"""Both SMS channels keep the contract that every channel over HTTP must keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from psysafe.clock import SystemClock
from psysafe.contracts.channel import ResultClass, Secret
from psysafe.contracts.http import HttpAnswer, HttpChannel
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.transport import HttpTransport
from psysafe.testing import Aliyun, HttpChannelContract, Tencent
from psysafe.testing.channel_contract import SECRET, Provider, message
from psysafe.testing.providers_sms import SmsProvider
from psysafe_sms_cn import open_aliyun, open_tencent

FIELDS = {"time": "answer_by", "phone": "number", "no": "mark"}


def aliyun_settings(provider: Provider) -> dict[str, Any]:
    assert isinstance(provider, SmsProvider)
    return {
        "use": "aliyun_sms",
        "base": provider.base,
        "key_id": SmsProvider.KEY_ID,
        "key_secret": Secret(SECRET),
        "sign_name": "第三中学",
        "template": "SMS_154950909",
        "template_urgent": "SMS_154950910",
        "fields": FIELDS,
    }


def tencent_settings(provider: Provider) -> dict[str, Any]:
    assert isinstance(provider, SmsProvider)
    return {
        "use": "tencent_sms",
        "base": provider.base,
        "secret_id": SmsProvider.KEY_ID,
        "secret_key": Secret(SECRET),
        "app_id": "1400006666",
        "sign_name": "第三中学",
        "template": "449739",
        "fields": FIELDS,
    }


class TestAliyun(HttpChannelContract):
    address = SmsProvider.KNOWN
    needed = ("key_id", "key_secret", "sign_name", "template")
    refusals: Mapping[str, ResultClass] = {
        "number is no number": ResultClass.PERMANENT_RECIPIENT,
        "too many for one number": ResultClass.RATE_LIMITED,
        "own day limit": ResultClass.MISCONFIGURED,
        "no money": ResultClass.MISCONFIGURED,
        "no right": ResultClass.MISCONFIGURED,
        "signature not approved": ResultClass.MISCONFIGURED,
        "content refused": ResultClass.PERMANENT_CONTENT,
        "provider ill": ResultClass.TRANSIENT,
        "throttled": ResultClass.RATE_LIMITED,
    }
    traces = True

    def start_provider(self) -> Provider:
        return Aliyun(SECRET)

    def settings(self, provider: Provider) -> dict[str, Any]:
        return aliyun_settings(provider)

    def open_http(self, settings: Mapping[str, Any]) -> HttpChannel:
        return open_aliyun(settings)


class TestTencent(HttpChannelContract):
    address = SmsProvider.KNOWN
    needed = ("secret_id", "secret_key", "app_id", "sign_name", "template")
    refusals: Mapping[str, ResultClass] = {
        "number is no number": ResultClass.PERMANENT_RECIPIENT,
        "number on the black list": ResultClass.PERMANENT_RECIPIENT,
        "too many in 30 seconds": ResultClass.RATE_LIMITED,
        "too many a day": ResultClass.RATE_LIMITED,
        "own day limit": ResultClass.MISCONFIGURED,
        "no money": ResultClass.MISCONFIGURED,
        "template not approved": ResultClass.MISCONFIGURED,
        "content refused": ResultClass.PERMANENT_CONTENT,
        "unknown key": ResultClass.MISCONFIGURED,
        "no right": ResultClass.MISCONFIGURED,
        "provider ill": ResultClass.TRANSIENT,
        "too fast": ResultClass.RATE_LIMITED,
    }
    traces = True

    def start_provider(self) -> Provider:
        return Tencent(SECRET)

    def settings(self, provider: Provider) -> dict[str, Any]:
        return tencent_settings(provider)

    def open_http(self, settings: Mapping[str, Any]) -> HttpChannel:
        return open_tencent(settings)


#: A limit of one number, and one of the whole account.
LIMITS = {
    Aliyun: ("isv.BUSINESS_LIMIT_CONTROL", "Throttling.User"),
    Tencent: ("LimitExceeded.PhoneNumberDailyLimit", "RequestLimitExceeded"),
}
BOTH = pytest.mark.parametrize(
    ("provides", "settings", "opens"),
    [(Aliyun, aliyun_settings, open_aliyun), (Tencent, tencent_settings, open_tencent)],
    ids=["aliyun", "tencent"],
)


@BOTH
@pytest.mark.parametrize("minutes", [-60, -6, 6, 600])
def test_a_clock_that_is_off_by_minutes_sends_all_the_same(
    provides: Any, settings: Any, opens: Any, minutes: int
) -> None:
    provider = provides(SECRET)
    provider.ahead = timedelta(minutes=minutes)
    pure = opens(settings(provider))
    with closing(OverHttp(pure, HttpTransport(), "this-machine", SystemClock())) as channel:
        assert channel.send(message(), SmsProvider.KNOWN, 5).cls is ResultClass.ACCEPTED
    provider.stop()
    assert len(provider.called) == 2


@BOTH
def test_too_much_for_one_number_is_not_too_much_for_all(
    provides: Any, settings: Any, opens: Any
) -> None:
    provider = provides(SECRET)
    channel = opens(settings(provider))
    provider.stop()

    def said(code: str) -> tuple[ResultClass, str]:
        line = {"SendStatusSet": [{"Code": code, "SerialNo": ""}], "RequestId": "r"}
        body = json.dumps({"Code": code, "Response": line}).encode()
        found = channel.classify(HttpAnswer(status=200, body=body), SmsProvider.KNOWN)
        return found.cls, found.limit

    one, all_ = LIMITS[provides]
    assert said(one) == (ResultClass.RATE_LIMITED, "address")
    assert said(all_) == (ResultClass.RATE_LIMITED, "account")


@BOTH
def test_another_key_is_refused_as_an_account_that_somebody_must_mend(
    provides: Any, settings: Any, opens: Any
) -> None:
    provider = provides("another secret")
    pure = opens(settings(provider))
    with closing(OverHttp(pure, HttpTransport(), "this-machine", SystemClock())) as channel:
        assert channel.send(message(), SmsProvider.KNOWN, 5).cls is ResultClass.MISCONFIGURED
    provider.stop()
    assert not provider.taken()
