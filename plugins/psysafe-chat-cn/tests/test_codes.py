"""What each provider's code means: a refusal in a 200 is a refusal, and an unknown one is doubt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from psysafe.contracts.channel import ResultClass, Secret, Trust
from psysafe.contracts.http import HttpAnswer, HttpCall, Token
from psysafe.testing.channel_contract import message
from psysafe_chat_cn import opener
from psysafe_chat_cn.saying import mark

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
TOKEN = Token(value=Secret("t"), seconds=7200)
APP = {"corp_id": "wx1", "secret": Secret("s"), "agent_id": 1}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "dingtalk_robot": {"token": Secret("t")},
    "dingtalk_work": {"app_key": "k", "app_secret": Secret("s"), "agent_id": 1},
    "wecom_robot": {"key": Secret("k")},
    "wecom_app": APP,
    "wecom_school": APP,
    "wechat_oa": {
        "app_id": "wx1",
        "app_secret": Secret("s"),
        "template": "t",
        "fields": {"thing1": "what", "time2": "answer_by"},
    },
    "feishu_robot": {"token": Secret("t")},
    "feishu_app": {"app_id": "cli_1", "app_secret": Secret("s")},
}
ADDRESS = {
    "dingtalk_robot": "13800000000",
    "dingtalk_work": "manager4711",
    "wecom_robot": "-",
    "wecom_app": "WangFang",
    "wecom_school": "parent:WangFang",
    "wechat_oa": "oABCD1234567890abcdefghijklmn",
    "feishu_robot": "-",
    "feishu_app": "ou_1",
}
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


def opened(use: str) -> Any:
    return opener(use)({"use": use, **SETTINGS[use]})


@pytest.mark.parametrize(
    ("use", "body", "cls"),
    [
        ("dingtalk_robot", b'{"errcode":0,"errmsg":"ok"}', A),
        ("dingtalk_robot", b'{"errcode":310000,"errmsg":"keywords not in content"}', F),
        ("dingtalk_robot", b'{"errcode":130101,"errmsg":"send too fast"}', R),
        ("dingtalk_robot", b'{"errcode":300005,"errmsg":"token is not exist"}', M),
        ("dingtalk_robot", b'{"errcode":-1}', T),
        ("dingtalk_robot", b'{"errcode":999999}', D),
        ("dingtalk_robot", b'{"errmsg":"ok"}', D),
        ("dingtalk_work", b'{"errcode":0,"task_id":1}', A),
        ("dingtalk_work", b'{"errcode":0}', D),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"40014"}', F),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"what"}', D),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143103"}', R),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143104"}', R),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143105"}', R),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143106"}', R),
        ("dingtalk_work", b'{"errcode":143106}', R),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"1430002"}', C),
        ("dingtalk_work", b'{"errcode":1430002}', C),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"1430004"}', P),
        ("wecom_robot", b'{"errcode":0}', A),
        ("wecom_robot", b'{"errcode":45009}', R),
        ("wecom_app", b'{"errcode":0,"msgid":"m","invaliduser":""}', A),
        ("wecom_app", b'{"errcode":0,"msgid":"m","invaliduser":"other|wangfang"}', P),
        ("wecom_app", b'{"errcode":0,"msgid":"m","unlicenseduser":"wangfang"}', P),
        ("wecom_app", b'{"errcode":81013}', P),
        ("wecom_app", b'{"errcode":40014}', F),
        ("wecom_app", b'{"errcode":42001}', F),
        ("wecom_app", b'{"errcode":45009}', R),
        ("wecom_app", b'{"errcode":45033}', R),
        ("wecom_app", b'{"errcode":60020}', M),
        ("wecom_app", b'{"errcode":-1}', T),
        ("wecom_school", b'{"errcode":0,"invalid_parent_userid":["wangfang"]}', P),
        ("wecom_school", b'{"errcode":0,"invalid_student_userid":["wangfang"]}', A),
        ("wechat_oa", b'{"errcode":0,"msgid":1}', A),
        ("wechat_oa", b'{"errcode":0}', D),
        ("wechat_oa", b'{"errcode":43101}', P),
        ("wechat_oa", b'{"errcode":43117}', R),
        ("feishu_robot", b'{"code":0}', A),
        ("feishu_robot", b'{"StatusCode":0,"StatusMessage":"success"}', D),
        ("feishu_robot", b'{"code":19021}', F),
        ("feishu_robot", b'{"code":19022}', M),
        ("feishu_robot", b'{"code":19024}', M),
        ("feishu_robot", b'{"code":9499}', C),
        ("feishu_robot", b'{"code":11232}', R),
        ("feishu_app", b'{"code":0,"data":{"message_id":"om_1"}}', A),
        ("feishu_app", b'{"code":0,"data":{}}', D),
        ("feishu_app", b'{"code":230001}', P),
        ("feishu_app", b'{"code":99991400}', R),
    ],
)
def test_a_code_means_what_the_provider_says(use: str, body: bytes, cls: ResultClass) -> None:
    assert opened(use).classify(HttpAnswer(status=200, body=body), ADDRESS[use]).cls is cls


def test_too_much_for_a_robot_of_dingtalk_closes_it_for_ten_minutes() -> None:
    answer = HttpAnswer(status=200, body=b'{"errcode":130101}')
    pause = opened("dingtalk_robot").classify(answer, "-").retry_after
    assert pause is not None
    assert pause.total_seconds() == 600


@pytest.mark.parametrize(
    ("use", "body", "whose"),
    [
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143103"}', "account"),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143104"}', "account"),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143105"}', "address"),
        ("dingtalk_work", b'{"errcode":88,"sub_code":"143106"}', "address"),
        ("wechat_oa", b'{"errcode":43117}', "address"),
        ("wechat_oa", b'{"errcode":45009}', "account"),
        ("wecom_app", b'{"errcode":45009}', "account"),
        ("feishu_app", b'{"code":99991400}', "account"),
    ],
)
def test_too_much_for_one_person_is_not_too_much_for_all(use: str, body: bytes, whose: str) -> None:
    found = opened(use).classify(HttpAnswer(status=200, body=body), ADDRESS[use])
    assert (found.cls, found.limit) == (R, whose)


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("143103", ("failed", "143103")),
        ("143104", ("failed", "143104")),
        ("143105", ("failed", "143105")),
        ("143106", None),
        ("1430002", ("failed", "1430002")),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_why_a_work_notice_was_held_back_is_kept_by_its_code(
    code: str, known: tuple[str, str] | None, listed: bool
) -> None:
    lists = {
        "forbidden_list": [
            {"userid": "another", "code": "143105", "count": 500},
            {"userid": ADDRESS["dingtalk_work"], "code": code, "count": 1},
        ],
        "forbidden_user_id_list": [ADDRESS["dingtalk_work"]] if listed else [],
    }
    body = json.dumps({"errcode": 0, "send_result": lists}).encode()
    answer = HttpAnswer(status=200, body=body)
    found = opened("dingtalk_work").read_lookup(answer, ADDRESS["dingtalk_work"])
    assert [(one.state, one.provider_code) for one in found] == ([known] if known else [])


@pytest.mark.parametrize("use", ["dingtalk_robot", "wecom_robot", "feishu_robot"])
def test_a_group_carries_nothing_unless_only_staff_are_in_it(use: str) -> None:
    assert opened(use).capabilities.trust is Trust.PUBLIC
    staff = opener(use)({"use": use, **SETTINGS[use], "staff_only": True})
    assert staff.capabilities.trust is Trust.SHARED


@pytest.mark.parametrize("use", list(SETTINGS))
def test_two_messages_of_one_text_differ_and_a_repeat_does_not(use: str) -> None:
    channel = opened(use)

    def body(key: str) -> bytes:
        call = channel.build(message(key=key), ADDRESS[use], NOW, TOKEN)
        assert isinstance(call, HttpCall)
        return call.body

    assert body("notice-a/x") == body("notice-a/x")
    assert body("notice-a/x") != body("notice-b/x")
    assert mark(message(key="notice-a/x")) != mark(message(key="notice-b/x"))


def test_a_text_cannot_call_everybody_in_a_group_of_feishu() -> None:
    wild = message(text='<at user_id="all">everybody</at> look')
    call = opened("feishu_robot").build(wild, "-", NOW, None)
    assert b"<at" not in call.body
    call = opened("feishu_app").build(wild, "ou_1", NOW, TOKEN)
    assert b"<at" not in call.body


@pytest.mark.parametrize(
    ("use", "most"),
    [("dingtalk_work", 2000), ("wecom_app", 2048), ("wecom_robot", 2048), ("wecom_school", 2048)],
)
def test_a_text_that_is_too_long_is_a_problem_and_is_not_cut(use: str, most: int) -> None:
    channel = opened(use)
    found = channel.build(message(text="字" * (most // 3 + 1)), ADDRESS[use], NOW, TOKEN)
    assert found.field == "text"
    assert isinstance(channel.build(message(text="字" * 600), ADDRESS[use], NOW, TOKEN), HttpCall)
