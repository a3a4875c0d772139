"""Each of the eight channels keeps the contract that every channel over HTTP must keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from psysafe.contracts.channel import ResultClass, Secret
from psysafe.contracts.http import HttpChannel
from psysafe.testing import DingTalk, Feishu, HttpChannelContract, HttpProvider, WeChat, WeCom
from psysafe.testing.channel_contract import SECRET, Provider
from psysafe_chat_cn import opener

MOBILE = "13800000000"
KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP0"


class Chat(HttpChannelContract):
    """What the eight have in common. No test class by its name."""

    use: str
    success = "errcode"

    def open_http(self, settings: Mapping[str, Any]) -> HttpChannel:
        channel: HttpChannel = opener(self.use)(settings)
        return channel

    def is_success(self, body: bytes) -> bool:
        try:
            said = json.loads(body)
        except ValueError:
            return False
        return (
            isinstance(said, dict)
            and type(said.get(self.success)) is int
            and said[self.success] == 0
        )

    def base(self, provider: Provider) -> dict[str, Any]:
        assert isinstance(provider, HttpProvider)
        return {"use": self.use, "base": provider.base}


class TestDingTalkRobot(Chat):
    use = "dingtalk_robot"
    address = MOBILE
    needed = ("token",)
    refusals: Mapping[str, ResultClass] = {
        "too often": ResultClass.RATE_LIMITED,
        "no such robot": ResultClass.MISCONFIGURED,
        "sign refused": ResultClass.MISCONFIGURED,
        "busy": ResultClass.TRANSIENT,
        "no title": ResultClass.PERMANENT_CONTENT,
    }
    # A group has no receiver whom the provider could know or not know.
    cannot_tell = frozenset({ResultClass.PERMANENT_RECIPIENT})

    def start_provider(self) -> Provider:
        return DingTalk(sign_secret=SECRET)

    def settings(self, provider: Provider) -> dict[str, Any]:
        token = Secret(DingTalk.ROBOT)
        return {**self.base(provider), "token": token, "sign_secret": Secret(SECRET)}


class TestDingTalkWork(Chat):
    use = "dingtalk_work"
    address = DingTalk.KNOWN
    needed = ("app_key", "app_secret", "agent_id")
    refusals: Mapping[str, ResultClass] = {
        "busy": ResultClass.TRANSIENT,
        "not in the application": ResultClass.PERMANENT_RECIPIENT,
        "no right": ResultClass.MISCONFIGURED,
        "too many a day": ResultClass.RATE_LIMITED,
        "content refused": ResultClass.PERMANENT_CONTENT,
    }

    def start_provider(self) -> Provider:
        return DingTalk()

    def settings(self, provider: Provider) -> dict[str, Any]:
        own = {"app_key": "ding1", "app_secret": Secret(SECRET), "agent_id": 4711}
        return {**self.base(provider), **own}


class TestWeComRobot(Chat):
    use = "wecom_robot"
    address = MOBILE
    needed = ("key",)
    refusals: Mapping[str, ResultClass] = {
        "too often": ResultClass.RATE_LIMITED,
        "no such robot": ResultClass.MISCONFIGURED,
        "busy": ResultClass.TRANSIENT,
        "too long": ResultClass.PERMANENT_CONTENT,
    }
    cannot_tell = frozenset({ResultClass.PERMANENT_RECIPIENT})

    def start_provider(self) -> Provider:
        return WeCom()

    def settings(self, provider: Provider) -> dict[str, Any]:
        return {**self.base(provider), "key": Secret(WeCom.ROBOT)}


class TestWeComApp(Chat):
    use = "wecom_app"
    address = WeCom.KNOWN
    needed = ("corp_id", "secret", "agent_id")
    refusals: Mapping[str, ResultClass] = {
        "too often": ResultClass.RATE_LIMITED,
        "too many at once": ResultClass.RATE_LIMITED,
        "busy": ResultClass.TRANSIENT,
        "address not trusted": ResultClass.MISCONFIGURED,
        "nobody valid": ResultClass.PERMANENT_RECIPIENT,
        "only receiver invalid": ResultClass.PERMANENT_RECIPIENT,
        "no licence": ResultClass.PERMANENT_RECIPIENT,
        "too long": ResultClass.PERMANENT_CONTENT,
    }

    def start_provider(self) -> Provider:
        return WeCom()

    def settings(self, provider: Provider) -> dict[str, Any]:
        own = {"corp_id": "wx1", "secret": Secret(SECRET), "agent_id": 1000002}
        return {**self.base(provider), **own}


class TestWeComAppWithAButton(TestWeComApp):
    needed = ("corp_id", "secret", "agent_id", "callback_token", "callback_key")

    def settings(self, provider: Provider) -> dict[str, Any]:
        more = {"button": True, "callback_token": Secret("word"), "callback_key": Secret(KEY)}
        return {**super().settings(provider), **more}


class TestWeComSchool(Chat):
    use = "wecom_school"
    address = f"parent:{WeCom.KNOWN}"
    needed = ("corp_id", "secret", "agent_id")
    refusals: Mapping[str, ResultClass] = {
        "too often": ResultClass.RATE_LIMITED,
        "busy": ResultClass.TRANSIENT,
        "address not trusted": ResultClass.MISCONFIGURED,
        "parent unknown": ResultClass.PERMANENT_RECIPIENT,
    }

    def start_provider(self) -> Provider:
        return WeCom()

    def settings(self, provider: Provider) -> dict[str, Any]:
        own = {"corp_id": "wx1", "secret": Secret(SECRET), "agent_id": 1000002}
        return {**self.base(provider), **own}


class TestWeChatAccount(Chat):
    use = "wechat_oa"
    address = WeChat.KNOWN
    needed = ("app_id", "app_secret", "template", "fields")
    refusals: Mapping[str, ResultClass] = {
        "no consent": ResultClass.PERMANENT_RECIPIENT,
        "follower unknown": ResultClass.PERMANENT_RECIPIENT,
        "not a follower": ResultClass.PERMANENT_RECIPIENT,
        "too many for one": ResultClass.RATE_LIMITED,
        "too often": ResultClass.RATE_LIMITED,
        "field refused": ResultClass.PERMANENT_CONTENT,
        "no such template": ResultClass.MISCONFIGURED,
        "address not trusted": ResultClass.MISCONFIGURED,
        "busy": ResultClass.TRANSIENT,
    }

    def start_provider(self) -> Provider:
        return WeChat()

    def settings(self, provider: Provider) -> dict[str, Any]:
        fields = {"thing1": "what", "time2": "answer_by", "phone_number3": "number"}
        own = {"app_id": "wx1", "app_secret": Secret(SECRET), "template": "t-1", "fields": fields}
        return {**self.base(provider), **own}


class TestFeishuRobot(Chat):
    use = "feishu_robot"
    success = "code"
    address = Feishu.KNOWN
    needed = ("token",)
    refusals: Mapping[str, ResultClass] = {
        "sign refused": ResultClass.MISCONFIGURED,
        "address not trusted": ResultClass.MISCONFIGURED,
        "no keyword": ResultClass.MISCONFIGURED,
        "bad body": ResultClass.PERMANENT_CONTENT,
        "crowded": ResultClass.RATE_LIMITED,
    }
    cannot_tell = frozenset({ResultClass.PERMANENT_RECIPIENT, ResultClass.TRANSIENT})

    def start_provider(self) -> Provider:
        return Feishu(sign_secret=SECRET)

    def settings(self, provider: Provider) -> dict[str, Any]:
        token = Secret(Feishu.ROBOT)
        return {**self.base(provider), "token": token, "sign_secret": Secret(SECRET)}


class TestFeishuApp(Chat):
    use = "feishu_app"
    success = "code"
    address = Feishu.KNOWN
    needed = ("app_id", "app_secret")
    refusals: Mapping[str, ResultClass] = {
        "receiver unknown": ResultClass.PERMANENT_RECIPIENT,
        "not for this person": ResultClass.PERMANENT_RECIPIENT,
        "too often": ResultClass.RATE_LIMITED,
        "too often by status": ResultClass.RATE_LIMITED,
        "no right": ResultClass.MISCONFIGURED,
    }
    cannot_tell = frozenset({ResultClass.TRANSIENT})

    def start_provider(self) -> Provider:
        return Feishu()

    def settings(self, provider: Provider) -> dict[str, Any]:
        return {**self.base(provider), "app_id": "cli_1", "app_secret": Secret(SECRET)}
