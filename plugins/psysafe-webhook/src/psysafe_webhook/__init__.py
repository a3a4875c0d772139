"""A webhook as a channel of psysafe: one signed message, and what became of it.

Nothing but names is imported before a school opens such a channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import psysafe
from psysafe.contracts.channel import ChannelRecord

if TYPE_CHECKING:
    from psysafe_webhook.channel import WebhookChannel

__all__ = ["open_webhook", "psysafe_channels"]


def open_webhook(settings: Mapping[str, Any]) -> WebhookChannel:
    """The channel of one `[channels.NAME]` table. Reaches for no network and does not raise."""
    from psysafe_webhook.channel import WebhookChannel

    return WebhookChannel(settings)


@psysafe.hookimpl
def psysafe_channels() -> Sequence[ChannelRecord]:
    """The one channel of this plugin: `use = "webhook"`."""
    own = version("psysafe-webhook")
    return [ChannelRecord(name="webhook", open=open_webhook, version=own, http=True)]
