"""SMS over Aliyun and Tencent Cloud as channels of psysafe.

Neither opens a connection: each says what to ask and what an answer means, and psysafe asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import psysafe
from psysafe.contracts.channel import ChannelRecord

if TYPE_CHECKING:
    from psysafe_sms_cn.aliyun import AliyunSms
    from psysafe_sms_cn.tencent import TencentSms

__all__ = ["open_aliyun", "open_tencent", "psysafe_channels"]


def open_aliyun(settings: Mapping[str, Any]) -> AliyunSms:
    """The channel of one `[channels.NAME]` table. Reaches for no network and does not raise."""
    from psysafe_sms_cn.aliyun import AliyunSms

    return AliyunSms(settings)


def open_tencent(settings: Mapping[str, Any]) -> TencentSms:
    """The channel of one `[channels.NAME]` table. Reaches for no network and does not raise."""
    from psysafe_sms_cn.tencent import TencentSms

    return TencentSms(settings)


@psysafe.hookimpl
def psysafe_channels() -> Sequence[ChannelRecord]:
    """The two channels of this plugin."""
    own = version("psysafe-sms-cn")
    return [
        ChannelRecord("aliyun_sms", open_aliyun, version=own, http=True),
        ChannelRecord("tencent_sms", open_tencent, version=own, http=True),
    ]
