"""How much may go over a channel now: the provider's limits less a margin, for all workers at once.

What was sent lately is counted in documents of kind `channel` outside the school's chain, so that
several workers share one count and a worker that was killed forgets nothing. Only a channel that
states a limit costs anything, and only while something goes over it. An error in the counting
lets a message go: the provider's own refusal is a result like any other, a lost alarm is none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.contracts.channel import Channel, Rate, SendResult
from psysafe.contracts.storage_abilities import Keeping
from psysafe.engine.cards import Stored
from psysafe.engine.committing import seal_document
from psysafe.engine.gather import opened
from psysafe.engine.school import School
from psysafe.errors import PsysafeError
from psysafe.ids import PersonId
from psysafe.sensitivity import changed, record, ref

_log = logging.getLogger("psysafe.engine")

#: What is used of a provider's limit, in tenths: its count and ours may differ (channels contract).
_USED: Final = 9
#: The share of it that only urgent messages may use, as one part of so many.
_RESERVE: Final = 5
#: Into how many spans a window is counted: what fell into one counts from its end.
_SPANS: Final = 20
_TRIES: Final = 12
#: Where the counts lie among the documents of their kind.
PACE: Final = "channel/~pace/"


@record
class Counted:
    """So many in one span, the last of them then."""

    at: datetime = ref()
    count: int = ref()


@record
class Pace:
    """What went over a channel lately, a row of spans for each limit, and until when it is shut."""

    rows: tuple[tuple[Counted, ...], ...] = ref(default=())
    shut: datetime | None = ref(default=None)


@attrs.frozen(kw_only=True)
class Left:
    """What one limit still takes."""

    count: int
    seconds: float
    left: int


@attrs.frozen(kw_only=True)
class Held:
    """Not now: when there is room again, and whether the provider itself shut the channel."""

    until: datetime
    shut: bool


def usable(rate: Rate) -> int:
    """What is used of a limit: a tenth less than the provider says, and at least one."""
    return max(rate.count * _USED // 10, 1)


def ordinary(rate: Rate) -> int:
    """What is left of that for messages that are not urgent."""
    whole = usable(rate)
    return whole - -(-whole // _RESERVE) if whole > 1 else whole


def rates_of(channel: Channel) -> tuple[Rate, ...]:
    """The limits that a channel states and that can be counted. A plugin's fault: none."""
    try:
        stated = tuple(channel.capabilities.rate)
        return tuple(r for r in stated if r.count >= 1 and r.seconds > 0)
    except Exception:
        return ()


def admit(
    school: School, name: str, channel: Channel, person: PersonId, urgent: bool, now: datetime
) -> Held | None:
    """Count one message in, or say why it has to wait. None: it may go."""
    rates = rates_of(channel)
    if not rates:
        return None
    limits = _by_key(name, person, rates)
    try:
        for _ in range(_TRIES):
            there = _read(school, limits)
            held = _held(limits, there, urgent, now)
            if held is not None:
                return held
            after = {key: _counted(there[key].pace, limits[key], now) for key in limits}
            if _kept(school, after, there):
                return None
    except PsysafeError as error:
        _log.error("what goes over a channel is not counted", extra={"code": error.code})
    return None


def admit_question(
    school: School, name: str, rates: Sequence[Rate], now: datetime
) -> datetime | None:
    """Count one question to a channel's provider in, or say until when it waits. None: ask.

    Questions have limits of their own and take no room from messages. Where the provider has shut
    the channel, or nothing can be counted, nobody is asked.
    """
    account, own = _key(name, None), f"{PACE}{name}/~asked"
    limits: dict[str, tuple[Rate, ...]] = {account: (), own: tuple(rates)}
    for _ in range(_TRIES):
        there = _read(school, limits)
        held = _held(limits, there, False, now)
        if held is not None:
            return held.until
        counted = {own: _counted(there[own].pace, limits[own], now)}
        if not rates or _kept(school, counted, there):
            return None
    return now + timedelta(minutes=1)


def shut(
    school: School,
    name: str,
    channel: Channel,
    person: PersonId,
    found: SendResult,
    now: datetime,
) -> None:
    """The provider said that it was too much: nothing more until its penalty is over.

    Where it was too much for one person, the channel stays open for everybody else.
    """
    alone = found.limit == "address"
    rates = tuple(r for r in rates_of(channel) if not alone or r.scope == "address")
    penalty = timedelta(seconds=max((r.penalty for r in rates), default=0.0))
    until = now + max(penalty, found.retry_after or timedelta())
    if not rates or until <= now:
        return
    key = _key(name, person if alone else None)
    try:
        for _ in range(_TRIES):
            there = _read(school, (key,))
            pace = there[key].pace
            if pace.shut is not None and pace.shut >= until:
                return
            if _kept(school, {key: changed(pace, shut=until)}, there):
                return
    except PsysafeError as error:
        _log.error("that a channel is shut is not kept", extra={"code": error.code})


def left(
    school: School, name: str, channel: Channel, now: datetime
) -> tuple[tuple[Left, ...], datetime | None]:
    """What each limit of the whole account still takes, and until when the provider shut it."""
    limits = tuple(r for r in rates_of(channel) if r.scope == "account")
    key = _key(name, None)
    pace = _read(school, (key,))[key].pace
    found = tuple(
        Left(count=usable(r), seconds=r.seconds, left=max(usable(r) - _sum(row, r, now), 0))
        for r, row in zip(limits, _rows(pace, limits), strict=True)
    )
    return found, pace.shut if pace.shut is not None and pace.shut > now else None


def slot(school: School, name: str, channel: Channel, held: Held) -> datetime:
    """When a message that has to wait is looked at again: one behind the other, not all at once.

    Of this process alone: two workers that give the same moment cost a second look and no more.
    """
    limits = [r for r in rates_of(channel) if r.scope == "account"]
    if not limits:
        return held.until
    apart = max(timedelta(seconds=r.seconds / ordinary(r)) for r in limits)
    last = school.slots.get(name)
    mine = held.until if last is None else max(held.until, last + apart)
    school.slots[name] = mine
    return mine


def _by_key(name: str, person: PersonId, rates: Sequence[Rate]) -> dict[str, tuple[Rate, ...]]:
    """The limits by the document that counts them: the account's, and this person's."""
    own = tuple(r for r in rates if r.scope == "address")
    found = {_key(name, None): tuple(r for r in rates if r.scope == "account")}
    return {**found, _key(name, person): own} if own else found


def _key(name: str, person: PersonId | None) -> str:
    # Behind every channel's name, so that what stands against channels is read without these.
    whose = f"{name}/{person}" if person is not None else name
    return f"{PACE}{whose}"


@attrs.frozen
class _There:
    """A count as it was read, and its version."""

    pace: Pace
    version: int


def _read(school: School, keys: Iterable[str]) -> dict[str, _There]:
    if not isinstance(school.storage, Keeping):
        return {key: _There(school.paces.get(key) or Pace(), 0) for key in keys}
    snapshot = school.storage.read(school.part, tuple(keys))
    held = snapshot.documents
    return {
        key: _There(
            opened(school, held[key], Pace) if key in held else Pace(), snapshot.version(key)
        )
        for key in keys
    }


def _kept(school: School, after: Mapping[str, Pace], there: Mapping[str, _There]) -> bool:
    """Keep the counts where nobody else counted meanwhile; in this process alone where the store
    keeps nothing outside the chain."""
    storage = school.storage
    if not isinstance(storage, Keeping):
        school.paces.update(after)
        return True
    put = [
        seal_document(school, Stored(key=key, record=pace, subject="school", index={}))
        for key, pace in after.items()
    ]
    return storage.keep(school.part, put, {key: there[key].version for key in after})


def _held(
    limits: Mapping[str, tuple[Rate, ...]],
    there: Mapping[str, _There],
    urgent: bool,
    now: datetime,
) -> Held | None:
    free = now
    for key, rates in limits.items():
        pace = there[key].pace
        if pace.shut is not None and now < pace.shut:
            return Held(until=pace.shut, shut=True)
        for rate, row in zip(rates, _rows(pace, rates), strict=True):
            free = max(free, _free(row, rate, usable(rate) if urgent else ordinary(rate), now))
    return Held(until=free, shut=False) if free > now else None


def _rows(pace: Pace, rates: Sequence[Rate]) -> tuple[tuple[Counted, ...], ...]:
    """A row for each limit; limits that a plugin changed begin anew."""
    return pace.rows if len(pace.rows) == len(rates) else ((),) * len(rates)


def _lately(row: Sequence[Counted], rate: Rate, now: datetime) -> list[Counted]:
    """What still counts; what a clock that ran ahead wrote down counts for nothing."""
    window = timedelta(seconds=rate.seconds)
    return [one for one in row if now - window < one.at <= now + window]


def _sum(row: Sequence[Counted], rate: Rate, now: datetime) -> int:
    return sum(one.count for one in _lately(row, rate, now))


def _free(row: Sequence[Counted], rate: Rate, most: int, now: datetime) -> datetime:
    """When one more is within the limit."""
    there = sorted(_lately(row, rate, now), key=lambda one: one.at)
    over = sum(one.count for one in there) + 1 - most
    free = now
    for one in there:
        if over <= 0:
            break
        over -= one.count
        free = one.at + timedelta(seconds=rate.seconds)
    return free


def _counted(pace: Pace, rates: Sequence[Rate], now: datetime) -> Pace:
    """The count after one more message. A span counts from its last, which is never too early."""
    rows = []
    for rate, row in zip(rates, _rows(pace, rates), strict=True):
        there = sorted(_lately(row, rate, now), key=lambda one: one.at)
        span = rate.seconds / _SPANS
        if there and there[-1].at.timestamp() // span == now.timestamp() // span:
            there[-1] = Counted(at=max(now, there[-1].at), count=there[-1].count + 1)
        else:
            there.append(Counted(at=now, count=1))
        rows.append(tuple(there))
    return changed(pace, rows=tuple(rows))
