"""A clock that stands until it is moved: for tests and rehearsals."""

from __future__ import annotations

from datetime import datetime, timedelta

from psysafe.clock import utc


class FixedClock:
    """Tells the time it was given. It may be moved forward, and set back as real clocks are."""

    __slots__ = ("_now",)

    def __init__(self, now: datetime) -> None:
        """`now` must carry a zone. Raises InvalidDataError PSY014 where it has none."""
        self._now = utc(now, "now")

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return self._now

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        microseconds: float = 0,
    ) -> datetime:
        """Let time pass (a negative amount sets the clock back); gives the new present."""
        passed = timedelta(
            days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds
        )
        self._now += passed
        return self._now

    def set(self, moment: datetime) -> None:
        """Put the clock to a moment, earlier or later. Raises InvalidDataError PSY014."""
        self._now = utc(moment, "moment")
