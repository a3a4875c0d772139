"""A channel that keeps what it is given and fails when it is told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

import attrs

from psysafe.contracts.channel import Capabilities, Message, Problem, ResultClass, SendResult
from psysafe.sensitivity import Trust

#: The ways in which a provider can go wrong besides its nine answers: it raises, it takes the
#: message and the line breaks before it says so, it says nothing that can be understood.
RAISES: Final = "raises"
TAKES_AND_RAISES: Final = "takes_and_raises"
SILENT: Final = "silent"
Behaviour = ResultClass | Literal["raises", "takes_and_raises", "silent"]

_TAKEN: Final = (ResultClass.ACCEPTED, ResultClass.PARTIAL, TAKES_AND_RAISES)


@attrs.frozen(kw_only=True)
class Sent:
    """One call of the channel: the message, to whom, and how many seconds it had."""

    message: Message
    address: str
    seconds: float
    behaviour: Behaviour


class LineBrokenError(Exception):
    """What a recording channel raises when it is told to raise."""


class RecordingChannel:
    """Records every attempt; `received` holds what reached people, once a key.

    It stands for a provider that recognises a key it has seen: a repeat reaches the person once.
    `behave` sets how it answers from now on, `next_behave` how it answers the next calls.
    """

    def __init__(self, trust: Trust = Trust.SEALED, *, behaviour: Behaviour = ResultClass.ACCEPTED):
        self._capabilities = Capabilities(audience="person", trust=trust, idempotent=True)
        self._behaviour: Behaviour = behaviour
        self._next: deque[Behaviour] = deque()
        self.calls: list[Sent] = []
        self.received: dict[str, Sent] = {}

    def behave(self, behaviour: Behaviour) -> None:
        """Answer like this until told otherwise."""
        self._behaviour = behaviour

    def next_behave(self, *behaviours: Behaviour) -> None:
        """Answer the next calls like this, one after the other, and then as before."""
        self._next.extend(behaviours)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def validate(self) -> Sequence[Problem]:
        """Nothing can be wrong with it."""
        return []

    def parse_address(self, text: str) -> str | Problem:
        """Any address but an empty one."""
        return text or Problem(field="address", problem="an address is expected")

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        """Record the attempt and answer as told. Raises LineBrokenError when told to."""
        how = self._next.popleft() if self._next else self._behaviour
        sent = Sent(message=message, address=address, seconds=seconds, behaviour=how)
        self.calls.append(sent)
        if how in _TAKEN:
            self.received.setdefault(message.key, sent)
        if isinstance(how, ResultClass):
            return SendResult(cls=how, provider_code="recorded")
        if how == SILENT:
            return None  # type: ignore[return-value]  # this is the fault: no answer at all
        raise LineBrokenError

    def texts(self, address: str) -> list[str]:
        """What reached one address, in the order of arrival."""
        return [s.message.text for s in self.received.values() if s.address == address]
