"""Three workers on one SQLite school, killed again and again, and what is left afterwards.

    python killing.py FOLDER KILLS SEED

prints what was found as JSON. Linux and other systems with fork only: the workers are forked
from a warm parent, which keeps a start cheap enough for hundreds of kills. The parent never
opens the school while a worker lives.

A worker dies by its own SIGKILL, at the n-th visit to one place that was named to it:

* before commit: before the store is called, or (every second time) inside its transaction, when
  everything is written and COMMIT is about to run;
* after commit: the store has answered, nobody has heard it yet;
* after attempt: an entry is claimed, the channel has not been called;
* after accept: the provider has taken the message, the result is not committed;
* any moment: a clock of its own kills it, wherever it is.

Time stands still but for a step at each death, so that the leases of the dead run out.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import small_school as here

from psysafe import SafetyNet
from psysafe.builtin import plugin as builtin
from psysafe.builtin.sqlite import RECORD as SQLITE
from psysafe.contracts.channel import Capabilities, Message, Problem, ResultClass, SendResult
from psysafe.contracts.storage import (
    Changes,
    Claimed,
    Committed,
    Conflict,
    Duplicate,
    Page,
    Query,
    Record,
    Settlement,
    Snapshot,
    Storage,
    StorageRecord,
)
from psysafe.contracts.storage_abilities import Waiting
from psysafe.domain import events as e
from psysafe.domain.duties import RUNNING, Notice
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import opened
from psysafe.engine.tick import LEASE
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError
from psysafe.hooks import Plugins, hookimpl
from psysafe.ids import CommandId, Part, RandomIds
from psysafe.sensitivity import Trust

BEFORE_COMMIT: Final = "before commit"
AFTER_COMMIT: Final = "after commit"
AFTER_ATTEMPT: Final = "after attempt"
AFTER_ACCEPT: Final = "after accept"
ANY_MOMENT: Final = "any moment"
WINDOWS: Final = (BEFORE_COMMIT, AFTER_COMMIT, AFTER_ATTEMPT, AFTER_ACCEPT)
WORKERS: Final = 3
STUDENTS: Final = 9
#: How far the clock moves at each death: the lease of a dead worker ends three deaths later.
STEP: Final = timedelta(seconds=25)
_LATER: Final = here.EVENING + timedelta(days=400)
T = TypeVar("T")


class SharedClock:
    """A time in a file: the parent moves it, every worker reads it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return here.EVENING + timedelta(seconds=int(self._file.read_bytes() or b"0"))

    def move(self, step: timedelta) -> None:
        """One fixed-width write in place, so that nobody reads half a time."""
        seconds = int((self.now() - here.EVENING + step).total_seconds())
        with open(self._file, "r+b", buffering=0) as file:
            file.write(b"%020d" % seconds)


class Doom:
    """Where and when one worker has to die."""

    def __init__(self, window: str, visits: int, deaths: int, *, inside: bool) -> None:
        self.window = window
        self._left = visits
        self._deaths = deaths
        self.inside = inside
        self.committing = False
        self._connections: list[sqlite3.Connection] = []

    def visit(self, window: str) -> None:
        if window != self.window:
            return
        self._left -= 1
        if self._left <= 0:
            self.die()

    def die(self) -> None:
        os.write(self._deaths, f"{self.window}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Start what a wrapper around the contract cannot see: COMMIT itself, and mere time."""
        if self.window == ANY_MOMENT:
            threading.Thread(target=self._after, args=(0.02 + 0.008 * self._left,)).start()
        if self.window == BEFORE_COMMIT and self.inside:
            sys.addaudithook(self._connected)

    def _after(self, seconds: float) -> None:
        time.sleep(seconds)
        self.die()

    def _connected(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle" and isinstance(arguments[0], sqlite3.Connection):
            # Not yet made at this moment; it is traced from the first commit on.
            self._connections.append(arguments[0])

    def trace(self) -> None:
        """Hear the statements of every connection that was opened."""
        while self._connections:
            self._connections.pop().set_trace_callback(self._statement)

    def _statement(self, text: str) -> None:
        if self.committing and text == "COMMIT":
            self.visit(BEFORE_COMMIT)


class DeadlyStore:
    """The real store, and death before or after its commit.

    It writes down which claims came back in doubt: only those may bring a message again.
    """

    def __init__(self, inner: Storage, doom: Doom, doubts: Path) -> None:
        self._inner = inner
        self._doom = doom
        self._doubts = doubts

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        doom = self._doom
        if not doom.inside:
            doom.visit(BEFORE_COMMIT)
        doom.trace()
        doom.committing = doom.inside
        outcome = self._inner.commit(part, changes, settle)
        doom.committing = False
        if isinstance(outcome, Committed):
            doom.visit(AFTER_COMMIT)
        return outcome

    def read(self, part: Part, keys: Sequence[str]) -> Snapshot:
        return self._inner.read(part, keys)

    def query(self, part: Part, query: Query) -> Page:
        return self._inner.query(part, query)

    def journal(
        self, part: Part, after: int, limit: int, stream: str | None = None
    ) -> tuple[Record, ...]:
        return self._inner.journal(part, after, limit, stream)

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        claims = self._inner.claim(parts, now, limit, lease)
        for claim in claims:
            if claim.ambiguous:
                _append(self._doubts, claim.key)
        return claims

    def settle(self, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
        return self._inner.settle(part, results)

    def next_due(self, parts: Sequence[Part]) -> datetime | None:
        return self._inner.next_due(parts) if isinstance(self._inner, Waiting) else None

    def close(self) -> None:
        self._inner.close()


class DeadlyStorages:
    """The plugin that gives the deadly store under the name `deadly`."""

    plugin_name = "deadly-storages"

    def __init__(self, doom: Doom) -> None:
        self._doom = doom

    @hookimpl
    def psysafe_storages(self) -> list[StorageRecord]:
        return [StorageRecord(name="deadly", open=self._open, abilities=SQLITE.abilities)]

    def _open(self, settings: Mapping[str, Any], folder: Path) -> Storage:
        inner = SQLITE.open({**settings, "use": "sqlite"}, folder)
        return DeadlyStore(inner, self._doom, folder.parent / "doubts")


class Provider:
    """Somebody else's machine: each key is taken once, a file; a repeat is noted, not taken.

    It also says how often a repeat came, so that every one of them must be explained by a death.
    """

    def __init__(self, folder: Path, doom: Doom) -> None:
        self._folder = folder
        self._doom = doom

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(audience="person", trust=Trust.SEALED, idempotent=True)

    def validate(self) -> Sequence[Problem]:
        return []

    def parse_address(self, text: str) -> str | Problem:
        return text

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        self._doom.visit(AFTER_ATTEMPT)
        name = message.key.replace("/", "+")
        try:
            os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            _append(self._folder.parent / "repeats", message.key)
        self._doom.visit(AFTER_ACCEPT)
        return SendResult(cls=ResultClass.ACCEPTED)

    def taken(self) -> set[str]:
        """Every key that was taken."""
        return {file.name.replace("+", "/") for file in self._folder.iterdir()}


def _append(file: Path, line: str) -> None:
    descriptor = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.fsync(descriptor)
    os.close(descriptor)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


class Receipts:
    """What one worker was promised, on its own disk: written only after the call returned."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def note(self, **line: Any) -> None:
        _append(self.file, json.dumps(line))

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in _lines(self.file)]

    def unanswered(self) -> list[dict[str, Any]]:
        """Wishes without a receipt: whoever gave them does not know what became of them."""
        lines = self.all()
        answered = {line["command"] for line in lines if "signal" in line}
        return [ln for ln in lines if "wish" in ln and ln["command"] not in answered]


class Worker:
    """One short life: repeat what was left unanswered, then report, answer, declare and tick."""

    def __init__(self, net: SafetyNet, receipts: Receipts, dice: random.Random) -> None:
        self._net = net
        self._receipts = receipts
        self._dice = dice

    def live(self, actions: int) -> None:
        for wish in self._receipts.unanswered():
            _append(self._receipts.file.with_name("repeated"), wish["command"])
            self._report(wish)
        for _ in range(actions):
            self._dice.choices(
                (self._new_report, self._answer, self._declare, self._tick), (5, 3, 1, 5)
            )[0]()

    def _tick(self) -> None:
        self._net.tick(budget=self._dice.choice((1, 2, 50)))

    def _new_report(self) -> None:
        dice = self._dice
        wish = {
            "command": RandomIds().command(),
            "wish": dice.choice(here.students_of(STUDENTS)),
            "symptoms": {"self_harm": dice.choice(("some", "marked", "severe"))},
            "dangers": ["plan"] if dice.random() < 0.2 else [],
        }
        self._receipts.note(**wish)
        self._report(wish)

    def _report(self, wish: Mapping[str, Any]) -> None:
        receipt = self._net.desk(here.TEACHER).signals.report(
            wish["wish"],
            "one_to_one",
            wish["symptoms"],
            dangers=tuple(wish["dangers"]),
            command=CommandId(wish["command"]),
        )
        self._receipts.note(command=wish["command"], signal=receipt.signal)

    def _answer(self) -> None:
        who = self._dice.choice((here.COUNSELOR, here.TEACHER))
        inbox = self._net.desk(who).inbox
        waiting = [line["notice"] for line in inbox.list() if not line["acknowledged"]]
        for notice in waiting[:2]:
            try:
                inbox.acknowledge(notice)
            except InvalidMoveError:
                continue  # another worker, who plays the same person, was faster
            self._receipts.note(acknowledged=notice)

    def _declare(self) -> None:
        cases = self._net.desk(here.COUNSELOR).cases
        ready = [line["case"] for line in cases.list() if line["state"] == "triage"]
        if not ready:
            return
        case = self._dice.choice(ready)
        try:
            cases.declare(case, danger="self", place="dormitory", proposal="今晚送医")
        except InvalidMoveError:
            return
        self._receipts.note(declared=case)


def open_net(folder: Path, doom: Doom) -> SafetyNet:
    plugins = Plugins.of(DeadlyStorages(doom), builtins=[builtin])
    return SafetyNet.open(
        folder / "school",
        clock=SharedClock(folder / "clock"),
        plugins=plugins,
        channels={"inbox": Provider(folder / "provider", doom)},
    )


class Parent:
    """Starts workers, counts the dead, moves the clock, starts new ones."""

    def __init__(self, folder: Path, kills: int, seed: int) -> None:
        self.folder = folder
        self._dice = random.Random(seed)
        self._clock = SharedClock(folder / "clock")
        self._deaths = os.open(folder / "deaths", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._wanted = [WINDOWS[n % len(WINDOWS)] for n in range(kills)]
        self._wanted += [ANY_MOMENT] * (kills // 8)
        self._dice.shuffle(self._wanted)
        self._living: dict[int, tuple[int, str]] = {}
        self.lives = 0

    def run(self) -> None:
        """Kill until every death that was wanted has happened."""
        most = 3 * len(self._wanted) + 20
        while self._wanted or self._living:
            for slot in set(range(WORKERS)) - {slot for slot, _ in self._living.values()}:
                if self._wanted:
                    self._start(slot, self._wanted.pop())
            pid, status = os.wait()
            _, window = self._living.pop(pid)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                self._clock.move(STEP)
            elif os.waitstatus_to_exitcode(status) == 0 and self.lives < most:
                self._wanted.append(window)  # it lived through its last visit: another must die
            else:
                raise SystemExit(f"a worker ended with status {status} after {self.lives} lives")

    def _start(self, slot: int, window: str) -> None:
        self.lives += 1
        seed = self._dice.random()
        pid = os.fork()
        if pid:
            self._living[pid] = (slot, window)
            return
        # The child must never come back into the parent's loop.
        try:
            self._live(slot, window, random.Random(seed))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _live(self, slot: int, window: str, dice: random.Random) -> None:
        visits = dice.randint(1, 3 if window in (AFTER_ATTEMPT, AFTER_ACCEPT) else 9)
        doom = Doom(window, visits, self._deaths, inside=dice.random() < 0.5)
        doom.watch()
        receipts = Receipts(self.folder / f"receipts-{slot}")
        with open_net(self.folder, doom) as net:
            Worker(net, receipts, dice).live(40)


class Aftermath:
    """What is there when the last worker is dead and the tick has caught up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._net = open_net(folder, Doom("none", 0, -1, inside=False))
        self._school = self._net._school  # the proof reads the journal, which no desk shows
        self._to_quiet()
        self._events = list(self._journal())

    def report(self) -> dict[str, Any]:
        verified = verify(self._school)
        lines = [ln for slot in range(WORKERS) for ln in self._receipts(slot)]
        return {
            "deaths": Counter(_lines(self._folder / "deaths")),
            "verified": verified.ok,
            "findings": [repr(finding) for finding in verified.findings],
            "events": len(self._events),
            "promised": sum(
                not {"signal", "acknowledged", "declared"}.isdisjoint(ln) for ln in lines
            ),
            "lost": self._lost(lines),
            "repeated_wishes": len(_lines(self._folder / "repeated")),
            "reported_twice": self._reported_twice(lines),
            "taken": len(self._taken()),
            "repeats": len(_lines(self._folder / "repeats")),
            "unexplained_repeats": self._unexplained_repeats(),
            "unknown_messages": sorted(self._taken() - self._sendable()),
            "never_sent": self._never_sent(),
            "same_call_twice": self._same_call_twice(),
            "two_live_cases": self._two_live_cases(),
            "attempts_lost": sum(isinstance(ev, e.AttemptStarted) for _, ev in self._events),
            **self._watched(),
        }

    def _to_quiet(self) -> None:
        """Wait out the leases of the dead and tick; a second tick has nothing left to do.

        Then the same in the morning: what is below high waits for the next hour with school.
        """
        clock = SharedClock(self._folder / "clock")
        clock.move(LEASE + timedelta(seconds=1))
        self._at_rest()
        morning = self._school.calendar.school_hour(clock.now())
        clock.move(morning - clock.now() + timedelta(seconds=1))
        self._at_rest()

    def _at_rest(self) -> None:
        for again in (False, True):
            done = self._net.tick(budget=100_000)
            if again and (done.sent or done.failed or done.ambiguous or done.escalated):
                raise SystemExit(f"the tick did not come to rest: {done}")

    def _journal(self) -> Iterator[tuple[Record, e.Event]]:
        after = 0
        while page := self._school.storage.journal(self._school.part, after, 500):
            for one in page:
                yield one, event_of(self._school, one)
            after = page[-1].position

    def _receipts(self, slot: int) -> list[dict[str, Any]]:
        return Receipts(self._folder / f"receipts-{slot}").all()

    def _documents(self, kind: str, cls: type[T]) -> Iterator[T]:
        cursor: str | None = None
        while True:
            query = Query("kind", ((kind,),), limit=500, cursor=cursor)
            page = self._school.storage.query(self._school.part, query)
            yield from (opened(self._school, found, cls) for found in page.documents)
            cursor = page.cursor
            if cursor is None:
                return

    def _lost(self, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        """What somebody was told is done, and is not in the journal."""
        reported = {ev.signal.id for _, ev in self._events if isinstance(ev, e.SignalReported)}
        answered = {ev.notice for _, ev in self._events if isinstance(ev, e.NoticeAcknowledged)}
        declared = {ev.case for _, ev in self._events if isinstance(ev, e.CrisisDeclared)}
        promised = (("signal", reported), ("acknowledged", answered), ("declared", declared))
        return [
            f"{what} {line[what]}"
            for line in lines
            for what, kept in promised
            if what in line and line[what] not in kept
        ]

    def _reported_twice(self, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        """Wishes that were repeated after a death and came into the journal more than once."""
        times = Counter(one.command for one, ev in self._events if isinstance(ev, e.SignalReported))
        return [ln["command"] for ln in lines if "wish" in ln and times[ln["command"]] > 1]

    def _taken(self) -> set[str]:
        return Provider(self._folder / "provider", Doom("none", 0, -1, inside=False)).taken()

    def _sendable(self) -> set[str]:
        queued = [ev.notice for _, ev in self._events if isinstance(ev, e.NoticeQueued)]
        return {f"{notice.id}/{channel}" for notice in queued for channel in notice.channels}

    def _unexplained_repeats(self) -> list[str]:
        """Keys that came again more often than an attempt at them was lost."""
        doubts = Counter(_lines(self._folder / "doubts"))
        repeats = Counter(_lines(self._folder / "repeats"))
        return [key for key, times in repeats.items() if times > doubts[f"send/{key}"]]

    def _never_sent(self) -> list[str]:
        """Notices that still wait for an answer and that no provider has, though their time came.

        The answer to a reporter is queued for its own time, which may be a school day away. What
        was to be told of a duty is told no more once somebody else owes it: they are told
        themselves, and that notice is looked at here too.
        """
        taken = self._taken()
        files = {file.student: file for file in self._documents("file", StudentFile)}
        now = SharedClock(self._folder / "clock").now()
        ended = {
            ev.run for _, ev in self._events if isinstance(ev, e.RouteStopped | e.RouteExhausted)
        }
        return [
            notice.id
            for notice in self._documents("notice", Notice)
            if notice.acknowledged is None
            and notice.queued <= now
            and notice.run not in ended
            and (
                notice.duty is None
                or notice.student is None
                or (owed := files[notice.student].duty(notice.duty)) is None
                or owed.owner == notice.receiver
            )
            and not any(f"{notice.id}/{channel}" in taken for channel in notice.channels)
        ]

    def _same_call_twice(self) -> list[str]:
        """Two notices for one purpose, receiver, run and step: a person called twice for one."""
        calls = Counter(
            (n.purpose, n.receiver, n.run, n.step, n.concerning)
            for n in self._documents("notice", Notice)
            if n.run is not None
        )
        return [repr(call) for call, times in calls.items() if times > 1]

    def _two_live_cases(self) -> list[str]:
        """Students of whom a second case began while the first lived."""
        live: dict[str, str] = {}
        found = []
        for one, ev in self._events:
            if isinstance(ev, e.CaseSignalled) and live.setdefault(one.stream, ev.case) != ev.case:
                found.append(one.stream)
        return found

    def _watched(self) -> dict[str, Any]:
        """Open duties and running routes whose time is to come, and those nothing will wake.

        An outbox has no list; a claim far in the future takes all that waits.
        """
        part, now = self._school.part, SharedClock(self._folder / "clock").now()
        waiting = {c.key for c in self._school.storage.claim([part], _LATER, 100_000, LEASE)}
        wanted = []
        for file in self._documents("file", StudentFile):
            wanted += [(d.due, f"duty/{d.id}/{d.passed}") for d in file.duties]
            running = [run for run in file.runs if run.state == RUNNING and run.due is not None]
            wanted += [(run.due or now, f"step/{run.id}/{run.index}") for run in running]
        ahead = [key for due, key in wanted if due > now]
        return {"watched": len(ahead), "unwatched": [key for key in ahead if key not in waiting]}


def warm_up(folder: Path) -> None:
    """Import and compile everything once, in memory, so that a fork begins warm."""
    doom = Doom("none", 0, -1, inside=False)
    (folder / "warm").mkdir(parents=True)
    (folder / "warm-clock").write_bytes(b"%020d" % 0)
    with here.make_school(
        folder / "warm-school",
        STUDENTS,
        SharedClock(folder / "warm-clock"),
        storage="memory",
        plugins=Plugins.of(builtins=[builtin]),
        channels={"inbox": Provider(folder / "warm", doom)},
    ) as net:
        Worker(net, Receipts(folder / "warm-receipts"), random.Random(1)).live(30)
        verify(net._school)


def main(folder: Path, kills: int, seed: int) -> None:
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    warm_up(folder)
    (folder / "provider").mkdir()
    (folder / "clock").write_bytes(b"%020d" % 0)
    here.make_school(folder / "school", STUDENTS, SharedClock(folder / "clock")).close()
    here.name_storage(folder / "school", "deadly")
    parent = Parent(folder, kills, seed)
    parent.run()
    killed = time.monotonic() - began
    aftermath = Aftermath(folder)
    found = {
        **aftermath.report(),
        "lives": parent.lives,
        "seconds": round(killed, 1),
    }
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
