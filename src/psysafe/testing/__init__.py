"""The kit: what tests of psysafe use, for plugin authors and hosts as well.

    from psysafe.testing import FixedClock, RecordingChannel, StorageContract, open_school

Each name is imported when it is asked for, so a plugin's tests load only what they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from psysafe.testing.channel_contract import ChannelContract
    from psysafe.testing.channels import RecordingChannel
    from psysafe.testing.clock import FixedClock
    from psysafe.testing.http_contract import HttpChannelContract
    from psysafe.testing.ids import CountingIds
    from psysafe.testing.interrupting import InterruptedStorage, StoppedError
    from psysafe.testing.providers import HttpProvider
    from psysafe.testing.providers_chat import DingTalk, Feishu, WeChat, WeCom
    from psysafe.testing.providers_sms import Aliyun, Tencent
    from psysafe.testing.scales import ScaleContract, check_definition
    from psysafe.testing.schools import InventedSchool, open_school
    from psysafe.testing.storage import StorageContract

__all__ = [
    "Aliyun",
    "ChannelContract",
    "CountingIds",
    "DingTalk",
    "Feishu",
    "FixedClock",
    "HttpChannelContract",
    "HttpProvider",
    "InterruptedStorage",
    "InventedSchool",
    "RecordingChannel",
    "ScaleContract",
    "StoppedError",
    "StorageContract",
    "Tencent",
    "WeChat",
    "WeCom",
    "check_definition",
    "open_school",
]

_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Aliyun": "providers_sms",
        "ChannelContract": "channel_contract",
        "CountingIds": "ids",
        "DingTalk": "providers_chat",
        "Feishu": "providers_chat",
        "FixedClock": "clock",
        "HttpChannelContract": "http_contract",
        "HttpProvider": "providers",
        "InterruptedStorage": "interrupting",
        "InventedSchool": "schools",
        "RecordingChannel": "channels",
        "ScaleContract": "scales",
        "StoppedError": "interrupting",
        "StorageContract": "storage",
        "Tencent": "providers_sms",
        "WeChat": "providers_chat",
        "WeCom": "providers_chat",
        "check_definition": "scales",
        "open_school": "schools",
    }
)


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"psysafe.testing has no {name}")
    return getattr(import_module(f"psysafe.testing.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
