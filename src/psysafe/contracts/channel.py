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
from typing import Any, Final, Literal, Protocol, runtime_checkable

import attrs

from psysafe.contracts.secret import Secret
from psysafe.sensitivity import CARRIES, ContentClass, Trust, believed

__all__ = [
    "CONTRACT",
    "Asked",
    "AtOnce",
    "Capabilities",
    "Channel",
    "ChannelRecord",
    "Closing",
    "ContentClass",
    "Message",
    "Problem",
    "Rate",
    "ResultClass",
    "Secret",
    "SendResult",
    "Trust",
]
CONTRACT: Final = 1


class ResultClass(enum.Enum):
    """The nine things that a channel can say of one attempt. There is no tenth.

    An answer that the channel does not understand is `AMBIGUOUS` where the message may have been
    taken and `TRANSIENT` where it was not. It is never `ACCEPTED`.
    """

    ACCEPTED = "accepted"
    """the provider took it; nobody has read it yet"""
    PARTIAL = "partial"
    """an address that stands for several people: some of them will not get it"""
    RATE_LIMITED = "rate_limited"
    """too much at once; `retry_after` says when again, where the provider says so"""
    TRANSIENT = "transient"
    """it was not taken; the same may work in a moment"""
    AUTH_REFRESH = "auth_refresh"
    """a token has run out and is being renewed"""
    PERMANENT_RECIPIENT = "permanent_recipient"
    """this person cannot be reached at this address"""
    PERMANENT_CONTENT = "permanent_content"
    """this text cannot be sent; a shorter or plainer one may"""
    MISCONFIGURED = "misconfigured"
    """key, certificate, account, money: nothing will arrive until somebody mends it"""
    AMBIGUOUS = "ambiguous"
    """nobody knows whether it was taken; it is sent again with the same key"""


@attrs.frozen(kw_only=True)
class SendResult:
    """What one attempt came to. `provider_code` is a code only: texts of providers echo content."""

    cls: ResultClass
    provider_ref: str | None = None
    provider_code: str | None = None
    retry_after: timedelta | None = None
    limit: Literal["account", "address"] = "account"
    """Whose limit it was, where the class is RATE_LIMITED: one person's holds up nobody else."""


@attrs.frozen(kw_only=True)
class Rate:
    """What a provider takes in a span of time, and how long it is closed after too much."""

    count: int
    seconds: float
    scope: Literal["account", "address"] = "account"
    penalty: float = 0.0
    """seconds for which nothing is taken once the limit was passed"""


@attrs.frozen(kw_only=True)
class Asked:
    """That the provider can be asked later what became of a message that it took."""

    tells: Literal["delivered", "read"]
    """the most that it says"""
    within: timedelta
    """for how long after it took a message it can be asked"""
    rate: tuple[Rate, ...] = ()
    """how often it may be asked, over the whole account; counted apart from the messages"""


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
    content: Literal["free", "template"] = "free"
    """template: the provider holds the text, the channel gives times and numbers only"""
    ack: Literal["none", "link", "button", "reply"] = "none"
    """how a person may answer in it; what counts is still an answer by whoever is logged in"""
    rate: tuple[Rate, ...] = ()
    """the provider's limits, as it states them"""
    receipts_by_ref: bool = False
    """What the provider calls back names its own number only (`SendResult.provider_ref`) and never
    the message's key. The engine keeps the number until the receipt has come."""
    asked: Asked | None = None
    """An HTTP channel that declares it is `LookingUp`: the engine asks by the provider's own number
    (`SendResult.provider_ref`), a few times, until the most that it tells was heard."""
    in_order: bool = False
    """Two messages to one address go one after the other, also where several go at once."""
    provider: str = ""
    """Whose service it is, such as `wecom`. Two channels of one provider fail together; one that
    says nothing counts as its own."""


def trust_of(can: Capabilities) -> Trust:
    """The trust that counts for a channel, whatever it declares. Raises where it declares none."""
    return believed(can.audience, can.trust)


@attrs.frozen(kw_only=True)
class Message:
    """One text for one person. `key` is the same for every retry of the same notice."""

    key: str
    content: ContentClass
    text: str = attrs.field(repr=False)
    """all that is to be said; of class `content`"""
    neutral: str = attrs.field(repr=False)
    """the same in class K0, for whatever shows without being opened: a subject, a preview"""
    queued: datetime
    """when it was decided to tell this person; aware, the same for every retry"""
    urgent: bool
    answer_by: datetime | None
    step: int
    language: str
    number: str = ""
    """a telephone number that answers now, for channels whose text the provider holds"""
    code: str = attrs.field(default="", repr=False)
    """what the receiver may enter to answer, for the same channels; empty where there is none"""


def as_carried(message: Message, trust: Trust) -> Message | None:
    """The message as a channel of this trust may carry it, in its neutral text if need be.

    None: nothing may go over it at all.
    """
    carries = CARRIES.get(trust)
    if carries is None:
        return None
    if message.content <= carries:
        return message
    return attrs.evolve(message, content=ContentClass.K0, text=message.neutral)


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

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        """One attempt, which may take `seconds` of real time.

        It is a span and no moment, because the school's clock may be a rehearsal's: measure it
        with `time.monotonic`. A channel that does not come back in time, and one that raises,
        counts as ambiguous. Threads may call it at once.
        """
        ...


@runtime_checkable
class Closing(Protocol):
    """An extra ability: to give back what the channel holds, such as a connection kept open."""

    def close(self) -> None:
        """Twice does no harm. A channel may be used again afterwards."""
        ...


@runtime_checkable
class AtOnce(Protocol):
    """An extra ability: several messages may be under way at once, this many at most.

    Without it a channel is given one message after the other.
    """

    @property
    def at_once(self) -> int: ...


@attrs.frozen
class ChannelRecord:
    """A channel that a plugin gives: `open(settings)` with the `[channels.NAME]` table.

    A secret in the table comes as a `Secret`. `open` reaches for no network and does not raise
    because of a setting: `validate` says what is wrong with them. `http`: what is opened is an
    `HttpChannel` of `contracts.http`, for which the engine makes the calls; `reach` and `ca` in
    the table are then the engine's own and do not come to the plugin.
    """

    name: str
    open: Callable[[Mapping[str, Any]], Any]
    version: str = "0"
    contract: int = CONTRACT
    http: bool = False
