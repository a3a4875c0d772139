"""The time: asked for at the edge, passed in everywhere else, never taken by a decision.

Inside, every time is aware and in UTC. On the wire it is RFC 3339 with `Z` and microseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from psysafe.errors import Finding, InvalidDataError


class Clock(Protocol):
    """Whatever tells the time. Tests and rehearsals bring their own."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def utc(moment: datetime, field: str = "time") -> datetime:
    """The same instant in UTC. Raises InvalidDataError where no zone is given."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidDataError([Finding(code="PSY014", where={"field": field})])
    return moment.astimezone(UTC)


def to_wire(moment: datetime) -> str:
    """RFC 3339, UTC, microseconds: `2026-11-02T00:30:00.000000Z`."""
    return _spelled(moment)


@lru_cache(maxsize=4096)
def _spelled(moment: datetime) -> str:
    # Every stored record holds several times, and a batch the same ones again and again. In UTC
    # the last six characters are the offset.
    if moment.tzinfo is not UTC:
        moment = utc(moment)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def from_wire(text: str) -> datetime:
    """The reverse of `to_wire`; any offset is taken. Raises InvalidDataError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidDataError(
            [Finding(code="PSY103", where={"path": "time"}, facts={"expected": "RFC 3339 time"})]
        ) from None
    return utc(moment)
