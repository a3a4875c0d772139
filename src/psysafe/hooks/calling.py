"""Calling a plugin so that neither its errors nor its silence reach anybody else.

Each call runs in a daemon thread that no other call has meanwhile, and the caller waits for a
limited time; a thread whose call came back takes the next one. Python
cannot stop a thread: one that does not answer is *abandoned*. It may go on for as long as the
process lives, its late answer is dropped, and whoever called sees to it that the plugin is not
called again. A plugin that blocks inside C code without letting go of the interpreter lock stops
the process whatever is done here; only a process of its own would help against that.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import Final, Generic, TypeVar

import attrs

T = TypeVar("T")
_LONGEST_WORD = 60


@attrs.frozen
class Answered(Generic[T]):
    """The call came back in time."""

    value: T


@attrs.frozen
class Raised:
    """The call failed. `problem` names the exception's class and place, never its text."""

    problem: str


@attrs.frozen
class Hung:
    """The call did not come back in time and was abandoned."""


def plain_word(text: str) -> str:
    """A plugin's own word (a class, a module) made fit for logs: ASCII, on one line, short."""
    kept = "".join(letter for letter in text if letter.isascii() and letter.isprintable())
    return kept[:_LONGEST_WORD] or "?"


def what_was_raised(error: BaseException) -> str:
    """The class and the place of an exception. Its text stays out: it may quote anything."""
    name = plain_word(type(error).__name__)
    if isinstance(error, ImportError) and isinstance(error.name, str):
        name = f"{name} {plain_word(error.name)}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return name
    file = plain_word(PurePath(trace.tb_frame.f_code.co_filename).name)
    return f"{name} at {file}:{trace.tb_lineno}"


#: Threads that wait for the next call at most, over all callers.
_SPARE: Final = 32
_idle: list[_Caller] = []


class _Caller:
    """A thread that makes calls, one after the other. One that hangs is never given another."""

    __slots__ = ("_calls", "_thread")

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[str, Callable[[], None]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="psysafe plugin", daemon=True)
        self._thread.start()

    def make(self, label: str, call: Callable[[], None]) -> None:
        self._calls.put((label, call))

    def _work(self) -> None:
        while True:
            label, call = self._calls.get()
            self._thread.name = f"psysafe plugin {label}"
            call()
            del call  # it holds what was asked, and a text perhaps
            if len(_idle) >= _SPARE:
                return
            _idle.append(self)


def _caller() -> _Caller:
    try:
        return _idle.pop()
    except IndexError:
        return _Caller()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a forked process has no thread but its own


class Running(Generic[T]):
    """A call under way in another thread. Create it to start, then `wait` for its outcome."""

    __slots__ = ("_answer",)

    def __init__(self, call: Callable[[], T], label: str) -> None:
        self._answer: queue.SimpleQueue[Answered[T] | Raised] = queue.SimpleQueue()
        try:
            _caller().make(label, partial(self._run, call))
        except RuntimeError:
            # The machine gives no more threads. The caller, an alarm perhaps, must go on.
            self._answer.put(Raised("no thread could be started"))

    def _run(self, call: Callable[[], T]) -> None:
        try:
            outcome: Answered[T] | Raised = Answered(call())
        except BaseException as error:  # SystemExit too: a plugin must not end the program
            outcome = Raised(what_was_raised(error))
        self._answer.put(outcome)

    def wait(self, seconds: float) -> Answered[T] | Raised | Hung:
        """What came of the call, after at most `seconds`. Ask once only."""
        try:
            return self._answer.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return Hung()


class Gate:
    """Lets calls in until it is shut, and knows whether any is inside."""

    __slots__ = ("_change", "_inside", "_shut")

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._inside = 0
        self._shut = False

    def enter(self) -> bool:
        """Whether a call may begin; then `leave` when it has ended."""
        with self._change:
            self._inside += not self._shut
            return not self._shut

    def leave(self) -> None:
        with self._change:
            self._inside -= 1
            self._change.notify_all()

    def shut(self) -> bool:
        """No call begins any more. Whether one is inside."""
        with self._change:
            self._shut = True
            return bool(self._inside)

    def wait(self, seconds: float) -> None:
        """Until nobody is inside, or for so long."""
        with self._change:
            self._change.wait_for(lambda: not self._inside, seconds)


def call_here(call: Callable[[], T]) -> Answered[T] | Raised:
    """Make a call in the caller's own thread and without a limit: for the built-in plugins.

    They cannot hang by anything but a slow machine, and that must not take the school's
    storage away.
    """
    try:
        return Answered(call())
    except Exception as error:
        return Raised(what_was_raised(error))
