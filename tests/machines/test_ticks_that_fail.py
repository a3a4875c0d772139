"""A tick that cannot go on, because the store refuses a write, while messages are under way.

What was handed over to a provider is kept as soon as the store takes writes again, or comes back in
doubt under its own key. Nothing goes out behind a tick that is over, and nothing goes out unseen.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from psysafe.contracts.channel import Message, SendResult
from psysafe.contracts.storage import Storage
from psysafe.contracts.storage_abilities import Grouping
from psysafe.domain import events as e
from psysafe.engine.tick import LEASE
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import StorageError
from psysafe.ids import Part
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.interrupting import InterruptedStorage
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school

MESSAGES = 12


class Refusing(InterruptedStorage):
    """A store that refuses one write, or every write from one on, and is there again later."""

    def __init__(self, behind: Storage) -> None:
        super().__init__(behind)
        self.refuses: range = range(0)
        self.after = False

    def _stops(self, when: Literal["before"]) -> bool:
        self.writes += 1
        hit = self.writes in self.refuses
        if hit and not self.after:
            raise StorageError("PSY402", problem="full")
        return hit

    def _after(self, stops: bool) -> None:
        if stops:
            raise StorageError("PSY402", problem="full")


class RefusingGroups(Refusing):
    """The same with several writes made durable together."""

    @contextmanager
    def together(self, part: Part) -> Iterator[None]:
        behind: Any = self._behind
        assert isinstance(behind, Grouping)
        with behind.together(part):
            yield


class Beside(RecordingChannel):
    """Takes several messages at once, each after a moment, and knows how many are under way."""

    at_once = 6

    def __init__(self) -> None:
        super().__init__()
        self.out = 0
        self._lock = threading.Lock()

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        with self._lock:
            self.out += 1
        time.sleep(0.002)
        with self._lock:
            self.out -= 1
            return super().send(message, address, seconds)


def lost_and_taken(school: InventedSchool) -> tuple[Counter[str], Counter[str]]:
    """How often each notice was found in doubt, and how often it was taken."""
    parts = school.school
    lost: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for one in parts.storage.journal(parts.part, 0, 20_000):
        event = event_of(parts, one)
        if isinstance(event, e.AttemptStarted):
            lost[event.notice] += 1
        elif isinstance(event, e.AttemptFinished) and event.channel == "mail":
            taken[event.notice] += event.result == "accepted"
    return lost, taken


def opened(
    folder: Path, storage: Literal["memory", "sqlite"], channel: Beside
) -> tuple[InventedSchool, Refusing]:
    stores: list[Refusing] = []

    def wrap(behind: Storage) -> Storage:
        made = RefusingGroups(behind) if isinstance(behind, Grouping) else Refusing(behind)
        stores.append(made)
        return made

    school = open_school(folder, storage=storage, channels={"mail": channel}, wrap=wrap)
    queue(school, MESSAGES)
    return school, stores[-1]


@pytest.mark.parametrize("after", [False, True], ids=["refused", "unheard"])
@pytest.mark.parametrize("number", [2, 3, 4, 5, 8, 12, 15])
@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_where_one_write_fails_what_is_out_is_waited_for_and_kept_and_goes_out_once(
    tmp_path: Path, storage: Literal["memory", "sqlite"], number: int, after: bool
) -> None:
    channel = Beside()
    school, store = opened(tmp_path / "s", storage, channel)
    with school:
        first = store.writes + number
        store.refuses, store.after = range(first, first + 1), after
        with pytest.raises(StorageError):
            school.tick()
        assert channel.out == 0, "a message was still under way behind the tick"
        _, taken = lost_and_taken(school)
        handed = {call.message.key.partition("/")[0] for call in channel.calls}
        assert set(taken) == handed, "a message went out and nothing says so"
        school.clock.advance(seconds=LEASE.total_seconds() + 1)
        school.tick()
        assert Counter(call.message.key for call in channel.calls) == {
            call.message.key: 1 for call in channel.calls
        }
        assert len(channel.received) == MESSAGES
        assert verify(school.school).ok


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_where_every_write_fails_what_went_out_comes_back_in_doubt_under_its_own_key(
    tmp_path: Path, storage: Literal["memory", "sqlite"], caplog: pytest.LogCaptureFixture
) -> None:
    channel = Beside()
    school, store = opened(tmp_path / "s", storage, channel)
    with school:
        store.refuses = range(store.writes + 4, store.writes + 10_000)
        with pytest.raises(StorageError):
            school.tick()
        assert channel.out == 0
        out = len(channel.calls)
        assert out > 0
        said = [r for r in caplog.records if "could not be kept" in r.message]
        assert said
        store.refuses = range(0)
        lost, before = lost_and_taken(school)
        school.clock.advance(seconds=LEASE.total_seconds() + 1)
        school.tick()
        lost, taken = lost_and_taken(school)
        assert set(taken.values()) == {1}
        assert len(taken) == len(channel.received) == MESSAGES
        twice = {
            key.partition("/")[0]
            for key, times in Counter(call.message.key for call in channel.calls).items()
            if times > 1
        }
        assert twice <= set(lost), "what went out twice was written down as in doubt"
        assert twice.isdisjoint(before)
        assert verify(school.school).ok


def test_what_no_thread_has_begun_is_not_sent_behind_a_tick_that_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that has one thread left puts messages aside for it."""
    channel = Beside()
    school, store = opened(tmp_path / "s", "memory", channel)
    start, started = threading.Thread.start, []

    def one_only(thread: threading.Thread) -> None:
        if thread.name == "psysafe sending":
            if started:
                raise RuntimeError("can't start new thread")
            started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", one_only)
    with school:
        store.refuses = range(store.writes + 3, store.writes + 10_000)
        with pytest.raises(StorageError):
            school.tick()
        (worker,) = started
        worker.join(5)
        assert not worker.is_alive()
        out = len(channel.calls)
        assert 0 < out < 6, "what was put aside went out all the same"
        store.refuses = range(0)
        school.clock.advance(seconds=LEASE.total_seconds() + 1)
        school.tick()
        assert len(channel.received) == MESSAGES
