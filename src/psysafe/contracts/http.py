"""Channels over HTTP: the plugin says what to ask and what an answer means, and asks nothing.

A plugin's functions are pure: they open no connection, read no clock and keep nothing. The engine
makes the calls, so timeouts, encryption, redirects, sizes, forbidden addresses and what may be
logged are the same for every provider, and a plugin can be tested without a network.

HTTP 200 is no success. Nearly every provider reports a refusal in the body of a 200, so
`classify` decides by the provider's own code, and what it does not know is never accepted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

import attrs

from psysafe.contracts.channel import Capabilities, Message, Problem, SendResult
from psysafe.contracts.secret import Secret

__all__ = [
    "Examining",
    "HttpAnswer",
    "HttpCall",
    "HttpChannel",
    "LookingUp",
    "Receipt",
    "Receiving",
    "Token",
    "TokenNeeding",
    "Tracing",
]


@attrs.frozen(kw_only=True)
class HttpCall:
    """One request, whole. Address, headers and body may hold secrets, so none of them is shown."""

    url: str = attrs.field(repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    method: Literal["GET", "POST", "PATCH"] = "POST"


@attrs.frozen(kw_only=True)
class HttpAnswer:
    """What came back: header names in lower case, the body cut off nowhere."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    def json(self) -> Mapping[str, Any]:
        """The JSON object that the body is; an empty one where it is none. Never raises."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@attrs.frozen(kw_only=True)
class Token:
    """A provider's access token and for how many seconds from now it is good."""

    value: Secret
    seconds: float


@attrs.frozen(kw_only=True)
class Receipt:
    """What a provider says later of a message that it took.

    Receipts have a rank: accepted < failed < delivered < read. They never go back and never stop a
    route. Acknowledged and signed is more: the person who is logged in there pressed the button,
    so it counts as their answer. `signed` False is a hint, because anybody could have sent it.
    """

    provider_ref: str
    state: Literal["accepted", "delivered", "read", "acknowledged", "failed"]
    address: str | None = attrs.field(default=None, repr=False)
    """whose, where one message went to several"""
    provider_code: str | None = None
    signed: bool = False
    key: str | None = None
    """the message's own key, where the provider gives it back; without it the number tells which
    message is meant, where the channel says `receipts_by_ref`"""


class HttpChannel(Protocol):
    """A channel over HTTP. Every function is pure; threads may call them at once."""

    @property
    def capabilities(self) -> Capabilities: ...

    def validate(self) -> Sequence[Problem]:
        """Faults of the settings, found without a network."""
        ...

    def parse_address(self, text: str) -> str | Problem:
        """The address in its one form, or what is wrong with it."""
        ...

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall | Problem:
        """The request that says this to this address; a Problem where this text cannot be sent.

        `moment` is the real time, aware, for signatures; `token` is there for a `TokenNeeding`
        channel. The same message gives the same key to the provider at every try.
        """
        ...

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        """What the answer means. ACCEPTED only where the provider's own success stands in it."""
        ...


@runtime_checkable
class TokenNeeding(Protocol):
    """An extra ability: the channel needs a token that runs out. The engine keeps and renews it.

    `classify` answers AUTH_REFRESH where the token is stale: it is renewed once, by one thread for
    all, and the message is tried once more.
    """

    def token_call(self, moment: datetime) -> HttpCall: ...

    def read_token(self, answer: HttpAnswer) -> Token | SendResult:
        """The token, or what the refusal means (never ACCEPTED)."""
        ...


@runtime_checkable
class LookingUp(Protocol):
    """An extra ability: to ask later what became of a message, by the provider's reference.

    The engine asks where the capabilities say what can be heard (`Capabilities.asked`).
    """

    def lookup(
        self,
        provider_ref: str,
        address: str,
        sent: datetime,
        moment: datetime,
        token: Token | None,
    ) -> HttpCall:
        """The question. `sent`: when the message was taken; some providers file by the day."""
        ...

    def read_lookup(self, answer: HttpAnswer, address: str) -> Sequence[Receipt]:
        """What is known now; nothing where the answer says nothing, or says it of somebody else.

        An answer that tells of more messages than the one gives each its `provider_ref`; without
        one a receipt is about the message that was asked about. Where the provider gives back the
        message's own key, it is the receipt's. A state is failed, delivered or read.
        """
        ...


@runtime_checkable
class Tracing(Protocol):
    """An extra ability: to ask by a message's own key whether the provider has it.

    For when nobody knows whether it was taken: the line broke, or the program ended meanwhile.
    """

    def trace(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall: ...

    def read_trace(self, answer: HttpAnswer, message: Message, address: str) -> SendResult:
        """ACCEPTED where the provider has it, AMBIGUOUS where it does not say so."""
        ...


@runtime_checkable
class Examining(Protocol):
    """An extra ability: to ask the provider ahead whether what is set up there is approved."""

    def examine(self, moment: datetime) -> Mapping[str, HttpCall]:
        """What to ask, by the setting that it is about. Sends nothing to anybody."""
        ...

    def read_examination(self, field: str, answer: HttpAnswer) -> Problem | None:
        """What is wrong with that setting at the provider; None where all is well."""
        ...


@runtime_checkable
class Receiving(Protocol):
    """An extra ability: the provider calls back. The host hands the call in as it came."""

    def receive(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str], moment: datetime
    ) -> tuple[Sequence[Receipt], HttpAnswer]:
        """The receipts in the call (none where it is forged or unreadable), and what to answer."""
        ...
