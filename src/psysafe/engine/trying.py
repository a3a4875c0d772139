"""When a message is tried again over one channel, and when the next channel has its turn."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from psysafe.contracts.channel import ResultClass, SendResult
from psysafe.domain.duties import Notice
from psysafe.domain.plan import INBOX
from psysafe.domain.severity import Severity
from psysafe.engine.cards import beside
from psysafe.engine.next_channel import untried

#: Pauses between tries over one channel; then the next one has its turn (channels contract). Below
#: high they are the longest: each is drawn, so that many messages do not come back at once.
URGENT_PAUSES: Final = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15))
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
_FINAL: Final = frozenset(
    {
        ResultClass.ACCEPTED,
        ResultClass.PARTIAL,
        ResultClass.PERMANENT_RECIPIENT,
        ResultClass.PERMANENT_CONTENT,
        ResultClass.MISCONFIGURED,
    }
)


def pauses(notice: Notice) -> tuple[timedelta, ...]:
    return URGENT_PAUSES if notice.urgent else PAUSES


def number_of(notice: Notice, channel: str, ambiguous: bool) -> int:
    """Which attempt over a channel this is. One that was lost is one; to have waited is none."""
    return notice.delivery(channel).attempts + 1 + ambiguous


def next_try(
    found: SendResult, notice: Notice, channel: str, number: int, now: datetime
) -> datetime | None:
    """When it is tried again over this channel. None: never, so the next one has its turn."""
    limits = pauses(notice)
    if found.cls in _FINAL or number > len(limits):
        return None
    others = untried(notice, channel)
    if found.cls is ResultClass.RATE_LIMITED and notice.severity is Severity.HIGH:
        # At imminent the others went at once; below high there is time to wait.
        outside = beside(notice)
        later = outside[outside.index(channel) :] if channel in outside else ()
        if set(later) & set(others):
            return None
    wanted = found.retry_after or timedelta()
    pause = limits[number - 1]
    again = now + max(pause if notice.urgent else drawn(pause, notice, channel, number), wanted)
    by = notice.answer_by
    if by is not None and now < by <= again:
        return None  # by then the step has gone on to somebody else
    elsewhere = bool(others) and notice.severity is not Severity.IMMINENT
    if wanted > max(limits) and (elsewhere or reached(notice)):
        return None  # it wants to be left alone for longer than our own pauses
    return again


def drawn(most: timedelta, notice: Notice, channel: str, number: int) -> timedelta:
    """A pause between nothing and the longest, the same whenever it is drawn."""
    name = f"{notice.id}/{channel}/{number}".encode()
    draw = int.from_bytes(hashlib.blake2b(name, digest_size=4).digest(), "big")
    return most * ((draw + 1) / 2**32)


def reached(notice: Notice) -> bool:
    """Whether some channel took it, and did not say later that it failed. That it stands in the
    inbox as well wakes nobody."""
    return any(
        d.result == "accepted" and d.receipt != "failed" and d.channel != INBOX
        for d in notice.deliveries
    )


def given_up(found: SendResult, again: datetime | None, notice: Notice, channel: str) -> bool:
    """Whether nothing carries this notice any more: no channel took it, and none is left."""
    if again is not None or found.cls is ResultClass.ACCEPTED or reached(notice):
        return False
    waiting = any(
        d.result == "waiting" and d.channel not in (channel, INBOX) for d in notice.deliveries
    )
    return not waiting and not untried(notice, channel)
