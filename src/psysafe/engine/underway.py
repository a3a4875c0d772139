"""Messages that are under way at once, over channels that take several.

Only the call of a channel runs in another thread. What comes of it is kept by the thread that
ticks, one result after the other, so that the store has one writer and no lease runs out unseen.
What was handed over is remembered until its result is kept: a tick that cannot go on starts nothing
more, waits for what is out, and keeps of it what the store takes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Final

from psysafe.contracts.channel import ResultClass, SendResult
from psysafe.engine.deliver import Ready, carried
from psysafe.engine.school import School
from psysafe.engine.sending import result
from psysafe.engine.texts import Text

#: Messages under way at once in one tick, over all channels together.
MOST: Final = 24
Carried = tuple[Ready, SendResult, Text]


class Underway:
    """Starts messages, and gives back what became of them in the order in which they end."""

    __slots__ = ("_addressed", "_done", "_school", "_unkept", "_waiting", "_work", "_workers")

    def __init__(self, school: School) -> None:
        self._school = school
        self._work: queue.SimpleQueue[Ready | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Carried] = queue.SimpleQueue()
        self._waiting: dict[str, int] = {}
        self._addressed: set[tuple[str, str]] = set()
        self._unkept: dict[str, Carried] = {}
        self._workers = 0

    def __len__(self) -> int:
        return sum(self._waiting.values())

    def takes(self, ready: Ready) -> bool:
        """Whether this message may be started beside the others."""
        if (ready.name, ready.address) in self._addressed:
            return False
        return self._waiting.get(ready.name, 0) < ready.at_once and len(self) < MOST

    def start(self, ready: Ready) -> None:
        """Hand a message over in another thread; here and now where there is none to be had."""
        self._waiting[ready.name] = self._waiting.get(ready.name, 0) + 1
        if ready.in_order:
            self._addressed.add((ready.name, ready.address))
        if self._workers < len(self):
            worker = threading.Thread(target=self._carry, name="psysafe sending", daemon=True)
            try:
                worker.start()
                self._workers += 1
            except RuntimeError:
                if not self._workers:
                    self._done.put(self._outcome(ready))
                    return
        self._work.put(ready)

    def ended(self) -> Iterator[Carried]:
        """What has ended by now; waits for nothing."""
        while self._waiting:
            try:
                yield self._over(self._done.get_nowait())
            except queue.Empty:
                return

    def next(self) -> Carried:
        """The next that ends. Ask only while something is under way: each call ends in time."""
        return self._over(self._done.get())

    def hold(self, one: Carried) -> Carried:
        """Remember a result until it is kept."""
        self._unkept[one[0].claim.key] = one
        return one

    def kept(self, ones: Iterable[Carried]) -> None:
        """These results are durable."""
        for one in ones:
            self._unkept.pop(one[0].claim.key, None)

    def rest(self) -> Iterator[Carried]:
        """All that was handed over and is not kept yet; waits for what is out, starts nothing.

        What no thread has begun comes back when its lease ends.
        """
        unkept, self._unkept = tuple(self._unkept.values()), {}
        yield from unkept
        for ready in self._not_begun():
            self._count_down(ready)
        while self._waiting:
            yield self.next()

    def close(self) -> None:
        """Let the threads end; whatever no thread has begun is not sent any more."""
        for _ in self._not_begun():
            pass
        for _ in range(self._workers):
            self._work.put(None)

    def _not_begun(self) -> Iterator[Ready]:
        while True:
            try:
                ready = self._work.get_nowait()
            except queue.Empty:
                return
            if ready is not None:
                yield ready

    def _over(self, one: Carried) -> Carried:
        self._count_down(one[0])
        return self.hold(one)

    def _count_down(self, ready: Ready) -> None:
        name = ready.name
        self._addressed.discard((name, ready.address))
        left = self._waiting[name] - 1
        if left:
            self._waiting[name] = left
        else:
            del self._waiting[name]

    def _carry(self) -> None:
        while True:
            ready = self._work.get()
            if ready is None:
                return
            self._done.put(self._outcome(ready))

    def _outcome(self, ready: Ready) -> Carried:
        try:
            return (ready, *carried(self._school, ready))
        except BaseException as error:  # whatever it is, the thread that waits must hear of it
            return (ready, result(ResultClass.AMBIGUOUS, type(error).__name__), ready.text)
