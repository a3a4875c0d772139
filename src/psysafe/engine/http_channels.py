"""A channel that only says what to ask becomes one that sends.

The engine makes the calls: it keeps and renews tokens, mends a clock that is off, and lets
nothing count as accepted that an answer does not carry. What a plugin's function does wrong is a
result like any other, never an exception and never a silence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from psysafe.clock import Clock, SystemClock
from psysafe.contracts.channel import (
    Capabilities,
    Channel,
    Message,
    Problem,
    ResultClass,
    SendResult,
)
from psysafe.contracts.http import (
    Examining,
    HttpAnswer,
    HttpCall,
    HttpChannel,
    LookingUp,
    Receipt,
    Receiving,
    Token,
    TokenNeeding,
    Tracing,
)
from psysafe.contracts.secret import Secret
from psysafe.engine.transport import REACHES, Broken, HttpTransport, Reach, Transport
from psysafe.errors import PlanError

#: A token is renewed when a tenth of its time is left, so that none runs out on its way.
_GOOD_FOR: Final = 0.9
#: Calls to one provider that may be under way at once.
_AT_ONCE: Final = 16
#: A clock that is off by less has no say in a refusal.
_SKEW: Final = timedelta(seconds=2)
_TAKEN: Final = frozenset({ResultClass.ACCEPTED, ResultClass.PARTIAL})


def _result(cls: ResultClass, code: str) -> SendResult:
    return SendResult(cls=cls, provider_code=code)


def broken(line: Broken) -> SendResult:
    """What a line that broke means: in doubt where the request may have been taken."""
    if line.ours:
        return _result(ResultClass.MISCONFIGURED, line.code)
    return _result(ResultClass.AMBIGUOUS if line.taken else ResultClass.TRANSIENT, line.code)


class OverHttp(Channel):
    """An HTTP channel as the delivery engine calls it.

    `reach` comes from the school's settings, never from the plugin. `clock` is real time, also in
    a rehearsal: a provider compares it with its own.
    """

    def __init__(
        self, channel: HttpChannel, transport: Transport, reach: Reach, clock: Clock
    ) -> None:
        self._channel = channel
        self._transport = transport
        self._reach: Reach = reach
        self._clock = clock
        self._lock = threading.Lock()
        self._problems: tuple[Problem, ...] | None = None
        self._token: tuple[Token, float] | None = None

    @property
    def capabilities(self) -> Capabilities:
        return self._channel.capabilities

    @property
    def at_once(self) -> int:
        """Functions are pure and the transport has lines enough: several messages at once."""
        return _AT_ONCE

    @property
    def tracing(self) -> bool:
        """Whether the provider can be asked for a message by its key."""
        return isinstance(self._channel, Tracing)

    def validate(self) -> Sequence[Problem]:
        # Settings do not change while a channel is open, and every message asks for them.
        if self._problems is None:
            self._problems = tuple(self._channel.validate())
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        return self._channel.parse_address(text)

    def close(self) -> None:
        """Give back the connections that are kept open."""
        self._transport.close()

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        until = time.monotonic() + seconds
        if self.validate():
            return _result(ResultClass.MISCONFIGURED, "settings")
        if isinstance(self._channel.parse_address(address), Problem):
            return _result(ResultClass.PERMANENT_RECIPIENT, "address")
        moment = self._clock.now()
        token = self._good_token(moment, until, None)
        if isinstance(token, SendResult):
            return token
        found, answer = self._attempt(message, address, moment, token, until)
        if found.cls is ResultClass.AMBIGUOUS:
            return self._resolved(found, message, address, until)
        if found.cls is not ResultClass.AUTH_REFRESH:
            return found
        # The provider refused the token, or the time in the signature: both are mended once.
        moment = _by_their_clock(answer, self._clock.now())
        renewed = self._good_token(moment, until, token)
        if isinstance(renewed, SendResult):
            return renewed
        found, _ = self._attempt(message, address, moment, renewed, until)
        if found.cls is ResultClass.AUTH_REFRESH:
            return _result(ResultClass.MISCONFIGURED, found.provider_code or "token")
        return found

    def traced(self, message: Message, address: str, seconds: float) -> SendResult | None:
        """Whether the provider has a message already; None where it cannot be asked."""
        if not isinstance(self._channel, Tracing) or self.validate():
            return None
        channel: Tracing = self._channel
        until = time.monotonic() + seconds
        moment = self._clock.now()
        token = self._good_token(moment, until, None)
        if isinstance(token, SendResult):
            return None
        answer = self._exchange(channel.trace(message, address, moment, token), until)
        if isinstance(answer, Broken):
            return None
        return _meaning(lambda: channel.read_trace(answer, message, address), answer)

    def look_up(
        self, provider_ref: str, address: str, ago: timedelta, seconds: float
    ) -> Sequence[Receipt] | SendResult:
        """What became of a message that was taken so long ago; a result where that could not be
        learned."""
        if not isinstance(self._channel, LookingUp) or self.validate():
            return ()
        channel: LookingUp = self._channel
        until = time.monotonic() + seconds
        moment = self._clock.now()
        token = self._good_token(moment, until, None)
        if isinstance(token, SendResult):
            return token
        call = channel.lookup(provider_ref, address, moment - ago, moment, token)
        answer = self._exchange(call, until)
        if isinstance(answer, Broken):
            return broken(answer)
        if not 200 <= answer.status < 300:
            return _result(ResultClass.TRANSIENT, f"status {answer.status}")
        found = channel.read_lookup(answer, address)
        if not found and token is not None:
            self._let_go_of_stale(answer, address, token)
        # A provider that is asked about an address tells of all messages to it.
        return tuple(one for one in found if one.provider_ref in ("", provider_ref))

    def examined(self, seconds: float) -> Sequence[Problem]:
        """What is wrong with what is set up at the provider; sends nothing to anybody."""
        if not isinstance(self._channel, Examining):
            return ()
        until = time.monotonic() + seconds
        found: list[Problem] = []
        for field, call in self._channel.examine(self._clock.now()).items():
            answer = self._exchange(call, until)
            if isinstance(answer, Broken):
                found.append(Problem(field=field, problem=f"it could not be asked: {answer.code}"))
                continue
            wrong = self._channel.read_examination(field, answer)
            if wrong is not None:
                found.append(wrong)
        return tuple(found)

    def receive(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> tuple[Sequence[Receipt], HttpAnswer]:
        """The receipts in a provider's call, and what to answer it; 404 for one that has none."""
        if not isinstance(self._channel, Receiving):
            return (), HttpAnswer(status=404)
        small = {name.lower(): value for name, value in headers.items()}
        return self._channel.receive(small, body, query, self._clock.now())

    def _resolved(
        self, found: SendResult, message: Message, address: str, until: float
    ) -> SendResult:
        """What the provider says of a message in doubt; the doubt where it does not know either."""
        try:
            seen = self.traced(message, address, until - time.monotonic())
        except Exception:
            return found
        return seen if seen is not None and seen.cls is ResultClass.ACCEPTED else found

    def _attempt(
        self, message: Message, address: str, moment: datetime, token: Token | None, until: float
    ) -> tuple[SendResult, HttpAnswer | None]:
        try:
            call = self._channel.build(message, address, moment, token)
        except Exception as error:
            # Nothing was sent. The neutral text may do what this one could not.
            return _result(ResultClass.PERMANENT_CONTENT, type(error).__name__), None
        if not isinstance(call, HttpCall):
            code = call.field if isinstance(call, Problem) else "no_call"
            return _result(ResultClass.PERMANENT_CONTENT, code), None
        answer = self._exchange(call, until)
        if isinstance(answer, Broken):
            return broken(answer), None
        return _meaning(lambda: self._channel.classify(answer, address), answer), answer

    def _let_go_of_stale(self, answer: HttpAnswer, address: str, token: Token) -> None:
        """Drop a token that the provider no longer takes: whoever is next fetches a good one."""
        if self._channel.classify(answer, address).cls is not ResultClass.AUTH_REFRESH:
            return
        with self._lock:
            if self._token is not None and self._token[0] is token:
                self._token = None

    def _exchange(self, call: HttpCall, until: float) -> HttpAnswer | Broken:
        left = until - time.monotonic()
        if left <= 0:
            return Broken("timeout")
        return self._transport.exchange(call, left, self._reach)

    def _good_token(
        self, moment: datetime, until: float, stale: Token | None
    ) -> Token | SendResult | None:
        """A token that is good, fetched by one thread for all; None where none is needed."""
        if not isinstance(self._channel, TokenNeeding):
            return None
        if not self._lock.acquire(timeout=max(until - time.monotonic(), 0)):
            return _result(ResultClass.TRANSIENT, "token_busy")
        try:
            held = self._token
            if held is not None and held[0] is not stale and time.monotonic() < held[1]:
                return held[0]
            self._token = None
            answer = self._exchange(self._channel.token_call(moment), until)
            if isinstance(answer, Broken):
                # The message was not sent: whatever became of the token, nothing is in doubt.
                cls = ResultClass.MISCONFIGURED if answer.ours else ResultClass.TRANSIENT
                return _result(cls, f"token {answer.code}")
            found = self._channel.read_token(answer)
            if not isinstance(found, Token):
                return _untaken(found)
            self._token = (found, time.monotonic() + found.seconds * _GOOD_FOR)
            return found
        except Exception as error:
            return _result(ResultClass.TRANSIENT, f"token {type(error).__name__}")
        finally:
            self._lock.release()


def _untaken(found: object) -> SendResult:
    """A refusal of a token. It can be no success, and no doubt either."""
    if not isinstance(found, SendResult):
        return _result(ResultClass.TRANSIENT, "token no_result")
    if found.cls in _TAKEN or found.cls is ResultClass.AMBIGUOUS:
        return _result(ResultClass.TRANSIENT, found.provider_code or "token")
    if found.cls is ResultClass.AUTH_REFRESH:
        return _result(ResultClass.MISCONFIGURED, found.provider_code or "token")
    return found


def _meaning(classify: Callable[[], SendResult], answer: HttpAnswer) -> SendResult:
    """What an answer means, with the two things that no plugin is believed."""
    if 300 <= answer.status < 400:
        return _result(ResultClass.MISCONFIGURED, "redirect")
    try:
        found: object = classify()
    except Exception as error:
        return _result(ResultClass.AMBIGUOUS, type(error).__name__)
    if not isinstance(found, SendResult):
        return _result(ResultClass.AMBIGUOUS, "no_result")
    if found.cls in _TAKEN and not 200 <= answer.status < 300:
        return _result(ResultClass.AMBIGUOUS, f"status {answer.status}")
    return found


def over_http(
    opens: Callable[[Mapping[str, Any]], HttpChannel],
    settings: Mapping[str, Any],
    transport: Transport | None = None,
) -> OverHttp:
    """A plugin's HTTP channel, ready to send.

    `reach` (public, private or this-machine) and `ca` (the school's own certificate authorities)
    are taken out of the settings: where psysafe may call is no plugin's business. Raises
    PlanError PSY103 for a reach or `ca` that is none, PluginError PSY513 without the extra `http`.
    """
    given = dict(settings)
    reach, authorities = given.pop("reach", "public"), given.pop("ca", None)
    if reach not in REACHES:
        raise PlanError("PSY103", path="reach", expected=", ".join(REACHES))
    if authorities is not None and not isinstance(authorities, Secret):
        raise PlanError("PSY103", path="ca", expected='{ file = "PATH" }')
    pem = authorities.reveal() if authorities is not None else None
    carrier = transport if transport is not None else HttpTransport(pem)
    return OverHttp(opens(given), carrier, reach, SystemClock())


def _by_their_clock(answer: HttpAnswer | None, now: datetime) -> datetime:
    """The time as the provider has it, where it says so and ours is off."""
    try:
        theirs = parsedate_to_datetime(answer.headers["date"]) if answer is not None else now
    except (KeyError, ValueError, TypeError):
        return now
    if theirs.tzinfo is None or abs(theirs - now) <= _SKEW:
        return now
    return theirs
