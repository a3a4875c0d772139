"""DingTalk, WeCom, WeChat and Feishu as channels of psysafe.

None of them opens a connection: each says what to ask and what an answer means, and psysafe asks.
Nothing of a provider is imported before a school opens such a channel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

import psysafe
from psysafe.contracts.channel import ChannelRecord

__all__ = ["CHANNELS", "opener", "psysafe_channels"]

#: The name that `use = "..."` says, the room and the class behind it.
CHANNELS: Final[Mapping[str, tuple[str, str]]] = {
    "dingtalk_robot": ("dingtalk", "DingTalkRobot"),
    "dingtalk_work": ("dingtalk", "DingTalkWork"),
    "wecom_robot": ("wecom", "WeComRobot"),
    "wecom_app": ("wecom", "WeComApp"),
    "wecom_school": ("wecom", "WeComSchool"),
    "wechat_oa": ("wechat", "WeChatAccount"),
    "feishu_robot": ("feishu", "FeishuRobot"),
    "feishu_app": ("feishu", "FeishuApp"),
}


def opener(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """What opens one of CHANNELS. Reaches for no network and does not raise."""
    room, kind = CHANNELS[name]

    def opened(settings: Mapping[str, Any]) -> Any:
        return getattr(import_module(f"psysafe_chat_cn.{room}"), kind)(settings)

    return opened


@psysafe.hookimpl
def psysafe_channels() -> Sequence[ChannelRecord]:
    """The eight channels of this plugin."""
    own = version("psysafe-chat-cn")
    return [ChannelRecord(name, opener(name), version=own, http=True) for name in CHANNELS]
