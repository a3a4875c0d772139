"""The channel contract: how one message reaches one person, and what the channel says of it.

Accepted is not delivered, delivered is not read, read is not acknowledged. Only a person who
is logged in acknowledges, and never through a channel's answer.

A channel gets a finished text whose content class was already judged against its trust. It never
gets a field that it may not send.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

import attrs

from psysafe.sensitivity import ContentClass, Trust

CONTRACT: Final = 1


class ResultClass(enum.Enum):
    """The nine things that a channel can say of one attempt. There is no tenth: see `unknown`."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    RATE_LIMITED = "rate_limited"
    TRANSIENT = "transient"
    AUTH_REFRESH = "auth_refresh"
    PERMANENT_RECIPIENT = "permanent_recipient"
    PERMANENT_CONTENT = "permanent_content"
    MISCONFIGURED = "misconfigured"
    AMBIGUOUS = "ambiguous"


@attrs.frozen(kw_only=True)
class SendResult:
    """What one attempt came to. `provider_code` is a code only: texts of providers echo content."""

    cls: ResultClass
    provider_ref: str | None = None
    provider_code: str | None = None
    retry_after: timedelta | None = None


@attrs.frozen(kw_only=True)
class Capabilities:
    """What a channel can do. An undeclared trust is public: it carries nothing about anybody."""

    audience: Literal["person", "group", "public"] = "public"
    trust: Trust = Trust.PUBLIC
    max_units: int | None = None
    unit: Literal["chars", "bytes", "parts"] = "chars"
    receipts: Literal["none", "accepted", "delivered", "read"] = "none"
    idempotent: bool = False
    """A repeat with the same key reaches the person once."""
    wakes_sleeping: bool = False


@attrs.frozen(kw_only=True)
class Message:
    """One text for one person. `key` is the same for every retry of the same notice."""

    key: str
    content: ContentClass
    text: str = attrs.field(repr=False)
    urgent: bool
    answer_by: datetime | None
    step: int
    language: str


@attrs.frozen(kw_only=True)
class Problem:
    """What is wrong with a channel's settings or with an address. Never holds the secret itself."""

    field: str
    problem: str


class Channel(Protocol):
    """A direct channel: it sends by itself (an inbox, SMTP, a modem)."""

    @property
    def capabilities(self) -> Capabilities: ...

    def validate(self) -> Sequence[Problem]:
        """Faults of the settings, found without a network."""
        ...

    def parse_address(self, text: str) -> str | Problem:
        """The address in its one form, or what is wrong with it."""
        ...

    def send(self, message: Message, address: str, deadline: datetime) -> SendResult:
        """One attempt. Must return by `deadline`; an exception counts as ambiguous."""
        ...


@attrs.frozen
class ChannelRecord:
    """A channel that a plugin gives: `open(settings)` with the `[channels.NAME]` table."""

    name: str
    open: Callable[[Mapping[str, Any]], Channel]
    version: str = "0"
    contract: int = CONTRACT
