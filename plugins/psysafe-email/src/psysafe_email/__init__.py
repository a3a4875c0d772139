"""E-mail as a channel of psysafe: SMTP, encrypted, with a result that says what became of it.

Nothing of smtplib, ssl or email is imported before a school opens such a channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import psysafe
from psysafe.contracts.channel import ChannelRecord

if TYPE_CHECKING:
    from psysafe_email.channel import EmailChannel

__all__ = ["open_email", "psysafe_channels"]


def open_email(settings: Mapping[str, Any]) -> EmailChannel:
    """The channel of one `[channels.NAME]` table. Reaches for no network and does not raise."""
    from psysafe_email.channel import EmailChannel

    return EmailChannel(settings)


@psysafe.hookimpl
def psysafe_channels() -> Sequence[ChannelRecord]:
    """The one channel of this plugin: `use = "email"`."""
    return [ChannelRecord(name="email", open=open_email, version=version("psysafe-email"))]
