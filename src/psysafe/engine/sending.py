"""Calling a channel: for a limited time, in a thread of its own, and believing nothing unseen.

A channel that does not come back is abandoned: Python cannot stop a thread. Its late answer is
dropped, because the attempt was journalled as ambiguous by then, and it is not called again while
it is still out, so that a mail server which hangs costs one thread and not one a message.
"""

from __future__ import annotations

import logging
import re
import time
from datetime import timedelta
from typing import Any, Final, Protocol, TypeGuard, runtime_checkable

from psysafe.contracts.channel import (
    Channel,
    Closing,
    Message,
    Problem,
    ResultClass,
    SendResult,
    as_carried,
    trust_of,
)
from psysafe.engine.school import School
from psysafe.hooks.calling import Answered, Hung, Running

_log = logging.getLogger("psysafe.engine")

#: How long one attempt may take, as the channel is told, and how much longer it is waited for.
#: Together they are shorter than a claim's lease divided by a claim's entries (see engine.tick).
ATTEMPT: Final = timedelta(seconds=10)
GRACE: Final = timedelta(seconds=1)

#: How it is said that a channel is public and carries nothing.
PUBLIC: Final = "public_channel"

#: A provider's code as it may be kept: a code has no sentence in it.
_CODE: Final = re.compile(r"[A-Za-z0-9 ._:/+-]{1,64}")

#: Channels, by name, that are still out with a call that was given up.
Overran = dict[str, Running[Any]]

#: A provider's number for a message is short.
_LONGEST_REF: Final = 256


@runtime_checkable
class Traceable(Protocol):
    """A channel that can ask its provider whether a message was taken."""

    def traced(self, message: Message, address: str, seconds: float) -> SendResult | None: ...


class Allowance:
    """What is left of the time that one attempt may take, over all calls that it needs."""

    __slots__ = ("_grace", "_until")

    def __init__(self, seconds: float | None = None) -> None:
        given = ATTEMPT.total_seconds() if seconds is None else seconds
        self._until = time.monotonic() + given
        self._grace = min(GRACE.total_seconds(), given)

    @property
    def seconds(self) -> float:
        """For the channel."""
        return max(self._until - time.monotonic(), 0.0)

    @property
    def patience(self) -> float:
        """For whoever waits for the channel."""
        return self.seconds + self._grace


def result(cls: ResultClass, code: str) -> SendResult:
    return SendResult(cls=cls, provider_code=code)


def send_over(
    overran: Overran, name: str, channel: Channel, message: Message, address: str, left: Allowance
) -> SendResult:
    """One call of a channel. Never raises: whatever goes wrong is a result, never a silence."""
    out = overran.get(name)
    if out is not None:
        if isinstance(out.wait(0), Hung):
            return result(ResultClass.TRANSIENT, "still_out")
        overran.pop(name, None)
    seconds = left.seconds
    call = Running(lambda: _called(channel, message, address, seconds), f"channel {name}")
    outcome = call.wait(left.patience)
    if isinstance(outcome, Answered):
        return outcome.value
    if isinstance(outcome, Hung):
        overran[name] = call
        return result(ResultClass.AMBIGUOUS, "overran")
    # Nobody knows whether it was taken; sort and place of the error are all that may be kept.
    return result(ResultClass.AMBIGUOUS, kept_code(outcome.problem) or "raised")


def traced_over(
    school: School, name: str, channel: Channel, message: Message, address: str, left: Allowance
) -> SendResult | None:
    """What the provider says of a message that may have been taken; None where none can be asked.

    Never raises. Nothing is sent to anybody.
    """
    if not isinstance(channel, Traceable) or name in school.overran:
        return None
    seconds = left.seconds / 2
    call = Running(lambda: channel.traced(message, address, seconds), f"channel {name} trace")
    outcome = call.wait(seconds)
    if isinstance(outcome, Hung):
        school.overran[name] = call
    answer: object = outcome.value if isinstance(outcome, Answered) else None
    return answer if _sound(answer) else None


def _called(channel: Channel, message: Message, address: str, seconds: float) -> SendResult:
    parsed = channel.parse_address(address)
    if isinstance(parsed, Problem):
        return result(ResultClass.PERMANENT_RECIPIENT, "bad_address")
    fit = as_carried(message, trust_of(channel.capabilities))
    if fit is None:
        return result(ResultClass.MISCONFIGURED, PUBLIC)
    if fit is not message:
        _log.error("a message was too private for its channel; the neutral text goes")
    # A plugin's answer is looked at, not believed.
    answer: object = channel.send(fit, parsed, seconds)
    if not _sound(answer):
        return result(ResultClass.AMBIGUOUS, "no_result")
    return SendResult(
        cls=answer.cls,
        provider_ref=kept_ref(answer.provider_ref),
        provider_code=kept_code(answer.provider_code),
        retry_after=answer.retry_after,
        limit="address" if answer.limit == "address" else "account",
    )


def _sound(answer: object) -> TypeGuard[SendResult]:
    """Whether a channel's answer is one of the nine, with a pause that is a pause."""
    return (
        isinstance(answer, SendResult)
        and isinstance(answer.cls, ResultClass)
        and isinstance(answer.retry_after, timedelta | None)
    )


def at_once(channel: Channel) -> int:
    """How many messages may be under way over a channel; one where it cannot say so."""
    try:
        return max(int(getattr(channel, "at_once", 1)), 1)
    except Exception:
        return 1


def in_order(channel: Channel) -> bool:
    """Whether two messages to one address go one after the other."""
    try:
        return bool(channel.capabilities.in_order)
    except Exception:
        return False


def kept_code(code: object) -> str | None:
    """A provider's code; what cannot be one is named and not kept: it may echo a text."""
    if code is None or code == "":
        return None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "no_code"


def kept_ref(ref: object) -> str | None:
    """A provider's number for a message, where it can be one."""
    return ref if isinstance(ref, str) and 0 < len(ref) <= _LONGEST_REF else None


def let_go(school: School) -> None:
    """Have every channel give back what it holds, a second each at most. Never raises.

    Also one that is still out with a call: its lines would else outlive the school. A message that
    was on its way meanwhile may have opened another line, so then it is asked again.
    """
    busy = school.messages.shut()
    _close_all(school)
    if busy:
        school.messages.wait(GRACE.total_seconds())
        _close_all(school)


def _close_all(school: School) -> None:
    for name, channel in school.channels.items():
        if isinstance(channel, Closing):
            outcome = Running(channel.close, f"channel {name} close").wait(GRACE.total_seconds())
            if not isinstance(outcome, Answered):
                _log.warning("a channel could not be closed", extra={"channel": name})
