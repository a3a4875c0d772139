"""A store that stops the process at one of its calls: to find out what a kill leaves behind.

Count the calls of a scene once, then play the scene once for each call with a stop there, reopen
the real store and go on. What is played to the end must come to the same, wherever it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from psysafe.contracts.forgetting import Forgetting, Whom
from psysafe.contracts.storage import (
    Changes,
    Claimed,
    Committed,
    Conflict,
    Duplicate,
    Page,
    Put,
    Query,
    Record,
    Settlement,
    Snapshot,
    Storage,
)
from psysafe.contracts.storage_abilities import Keeping, Waiting
from psysafe.ids import Part


class StoppedError(BaseException):
    """The process is gone. No handler of ordinary errors may catch it, so it is no Exception."""


class InterruptedStorage:
    """A store in front of another. `stop_at(n)` stops at the n-th writing call from now.

    Writing calls are `commit`, `claim`, `settle`, `keep`, `forget` and `compact`. `before`: the
    call does not happen any more; `after`: it happened, and nobody heard its answer.
    """

    def __init__(self, behind: Storage) -> None:
        self._behind = behind
        self._left: int | None = None
        self._when: Literal["before", "after"] = "before"
        self.writes = 0
        """how many writing calls there were"""

    def stop_at(self, number: int, when: Literal["before", "after"]) -> None:
        """Stop at the `number`-th writing call from now, counted from 1."""
        self._left, self._when = number, when

    def read(self, part: Part, keys: Sequence[str]) -> Snapshot:
        return self._behind.read(part, keys)

    def query(self, part: Part, query: Query) -> Page:
        return self._behind.query(part, query)

    def journal(
        self, part: Part, after: int, limit: int, stream: str | None = None
    ) -> tuple[Record, ...]:
        return self._behind.journal(part, after, limit, stream)

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        stops = self._stops("before")
        outcome = self._behind.commit(part, changes, settle)
        self._after(stops)
        return outcome

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        stops = self._stops("before")
        claims = self._behind.claim(parts, now, limit, lease)
        self._after(stops)
        return claims

    def settle(self, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
        stops = self._stops("before")
        settled = self._behind.settle(part, results)
        self._after(stops)
        return settled

    def keep(
        self, part: Part, put: Sequence[Put], expect: Mapping[str, int], delete: Sequence[str] = ()
    ) -> bool:
        behind = self._behind
        if not isinstance(behind, Keeping):
            return False
        stops = self._stops("before")
        kept = behind.keep(part, put, expect, delete)
        self._after(stops)
        return kept

    def forget(self, part: Part, changes: Changes, whom: Whom) -> Committed | Conflict | Duplicate:
        stops = self._stops("before")
        outcome = self._forgetting.forget(part, changes, whom)
        self._after(stops)
        return outcome

    def compact(self) -> None:
        stops = self._stops("before")
        self._forgetting.compact()
        self._after(stops)

    @property
    def _forgetting(self) -> Forgetting:
        if not isinstance(self._behind, Forgetting):
            raise TypeError("the store behind cannot forget")
        return self._behind

    def next_due(self, parts: Sequence[Part]) -> datetime | None:
        behind = self._behind
        return behind.next_due(parts) if isinstance(behind, Waiting) else None

    def close(self) -> None:
        self._behind.close()

    def _stops(self, when: Literal["before"]) -> bool:
        self.writes += 1
        if self._left is None:
            return False
        self._left -= 1
        if self._left > 0:
            return False
        self._left = None
        if self._when == when:
            raise StoppedError
        return True

    def _after(self, stops: bool) -> None:
        if stops:
            raise StoppedError
