"""The signatures are the vendors' own, byte for byte, on whatever is signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import attrs
from alibabacloud_openapi_util.client import Client
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.common.abstract_client import AbstractClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal

from psysafe.contracts.channel import Problem, Secret
from psysafe.testing.channel_contract import message
from psysafe_sms_cn import aliyun, open_aliyun, open_tencent, tencent
from psysafe_sms_cn.telephones import telephone

#: Text as schools write it: Chinese, emoji, percent signs, pluses, tildes, blanks, rare letters.
TEXTS = st.text(alphabet="a b~+%&=/*'()!é张𠮷😀\n-_.", max_size=20)
NAMES = st.text(alphabet="AZaz09_.-~", min_size=1, max_size=12)
MOMENTS = st.integers(1_577_836_800, 2_051_222_400).map(lambda s: datetime.fromtimestamp(s, UTC))
KEYS = st.text(alphabet="abcXYZ0189", min_size=16, max_size=40)


@given(st.dictionaries(NAMES, TEXTS, max_size=6), KEYS, KEYS, TEXTS.filter(str.isprintable))
def test_aliyun_is_signed_as_its_own_library_signs(
    query: Mapping[str, str], key_id: str, secret: str, value: str
) -> None:
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-action": "SendSms",
        "x-acs-version": aliyun.VERSION,
        "x-acs-date": "2026-11-02T00:30:00Z",
        "x-acs-signature-nonce": hashlib.md5(value.encode(), usedforsecurity=False).hexdigest(),
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    }
    request = SimpleNamespace(method="POST", pathname="/", query=dict(query), headers=headers)
    theirs = Client.get_authorization(
        request, "ACS3-HMAC-SHA256", headers["x-acs-content-sha256"], key_id, secret
    )
    assert aliyun.authorization("POST", query, headers, key_id, secret) == theirs


class _Tencent(AbstractClient):
    _apiVersion = tencent.VERSION
    _endpoint = "sms.tencentcloudapi.com"
    _service = "sms"


@given(st.dictionaries(NAMES, TEXTS, max_size=4), KEYS, KEYS, MOMENTS)
def test_tencent_is_signed_as_its_own_library_signs(
    said: dict[str, Any], key_id: str, secret: str, moment: datetime
) -> None:
    import json

    body = json.dumps(said, ensure_ascii=False)
    client = _Tencent(Credential(key_id, secret), "ap-guangzhou")
    header = {
        "Content-Type": tencent.CONTENT_TYPE,
        "Host": "sms.tencentcloudapi.com",
        "X-TC-Timestamp": str(int(moment.timestamp())),
    }
    request = RequestInternal("sms.tencentcloudapi.com", "POST", "/", header=header)
    request.data = body
    day = moment.strftime("%Y-%m-%d")
    theirs = client._get_tc3_signature(said, request, day, "sms", secret)
    ours = tencent.authorization("sms.tencentcloudapi.com", body.encode(), moment, key_id, secret)
    assert ours.endswith(f"Signature={theirs}")
    assert f"Credential={key_id}/{day}/sms/tc3_request" in ours


@given(st.text(max_size=30), MOMENTS)
def test_a_request_is_made_of_whatever_key_and_time(key: str, moment: datetime) -> None:
    fields = {"time": "answer_by", "no": "mark", "code": "code"}
    ali = open_aliyun(
        {
            "key_id": "k",
            "key_secret": Secret("s"),
            "sign_name": "校",
            "template": "SMS_1",
            "fields": fields,
        }
    )
    said = message(key=f"n-{key}".encode("utf-8", "replace").decode())
    said = attrs.evolve(said, code="k7mw-2h3f")
    first, later = (ali.build(said, "+8613800000000", m, None) for m in (moment, moment))
    assert first == later
    assert "n-" not in first.url.partition("?")[0]
    ten = open_tencent(
        {
            "secret_id": "k",
            "secret_key": Secret("s"),
            "app_id": "1",
            "sign_name": "校",
            "template": "1",
            "fields": fields,
        }
    )
    call = ten.build(said, "+8613800000000", moment, None)
    assert json.loads(call.body)["TemplateParamSet"][-1] == "k7mw-2h3f"
    assert call.url.endswith("/"), "nothing of a message stands in the address"


def test_telephones_have_one_form() -> None:
    for text in ("13800000000", "+8613800000000", "8613800000000"):
        assert telephone(text) == "+8613800000000"
    assert telephone("+85251234567") == "+85251234567"
    for text in ("", "12345", "+8612345", "138 0000 0000", "１３８００００００００", "+0123456789"):
        assert isinstance(telephone(text), Problem), text
