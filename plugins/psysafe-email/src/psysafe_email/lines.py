"""The few lines that are kept open to one mail server, and their end.

Never more than `most` are open at once, whatever happens. One that is in use when the channel is
closed is cut, and whoever speaks over it lets go of it: none outlives the school that opened it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from psysafe_email.line import Line

#: Seconds for which a line is kept open without a letter; servers close theirs after minutes.
IDLE: Final = 30.0
#: Letters over one line; servers stop at a hundred or so.
MOST_LETTERS: Final = 50
#: Seconds for which no further line is tried after the server would have no more of them.
NO_MORE: Final = 60.0

_forked = threading.Lock()


def _renew() -> None:
    global _forked
    _forked = threading.Lock()  # somebody may have held it, who is not here


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


class Lines:
    """Lines that are open, each used by one letter at a time. Thread-safe; lives through a fork."""

    def __init__(self, most: int, made: Callable[[], Line]) -> None:
        self._most, self._made = most, made
        self._begin()

    def _begin(self) -> None:
        self._change = threading.Condition()
        self.times_closed = 0
        self._idle: list[tuple[Line, float]] = []
        self._in_use: set[Line] = set()
        self._room, self._until = self._most, 0.0
        self._process = os.getpid()

    def take(self, until: float, since: int) -> Line | None:
        """A line that was kept, or a new one that is not open yet; None where none is free in time,
        or where the lines were closed since (`times_closed` when the letter came).

        Give it back by `give`, whatever became of it.
        """
        with self._change:
            while since == self.times_closed:
                line = self._kept() or self._new()
                if line is not None:
                    self._in_use.add(line)
                    return line
                left = until - time.monotonic()
                if left <= 0 or not self._change.wait(left):
                    break
            return None

    def give(self, line: Line) -> None:
        """Back from use: kept where it is open still, and wanted still."""
        with self._change:
            wanted = line in self._in_use and line.sent < MOST_LETTERS and line.carries
            self._in_use.discard(line)
            if wanted:
                self._idle.append((line, time.monotonic()))
            else:
                line.drop()
            self._change.notify()

    def no_more(self) -> bool:
        """The server would have no further line: those that there are must do, for a while.

        Whether there are any.
        """
        with self._change:
            others = len(self._idle) + len(self._in_use) - 1
            if others > 0:
                self._room, self._until = others, time.monotonic() + NO_MORE
            return others > 0

    def close(self) -> None:
        """Let go of every line, also of those in use. A letter that comes later gets a new one."""
        self.own()
        with self._change:
            self.times_closed += 1
            idle, self._idle = self._idle, []
            in_use, self._in_use = self._in_use, set()
            for line, _ in idle:
                line.drop()
            for line in in_use:
                line.cut()
            self._change.notify_all()

    def _kept(self) -> Line | None:
        """The line that was used last, so that the others grow old; what is old is closed."""
        old = time.monotonic() - IDLE
        while self._idle and self._idle[0][1] <= old:
            self._idle.pop(0)[0].drop()
        return self._idle.pop()[0] if self._idle else None

    def _new(self) -> Line | None:
        room = self._room if time.monotonic() < self._until else self._most
        return self._made() if len(self._in_use) < room else None

    def own(self) -> None:
        """A forked process must not speak on its parent's lines, nor wait for its threads."""
        if self._process != os.getpid():
            with _forked:
                if self._process != os.getpid():
                    self._begin()
