"""Six processes write to one SQLite school through the face, and what is left afterwards.

    python crowding.py FOLDER REPORTS

prints what was found as JSON. First everybody reports on students of their own, then all of them
on the same two students, with ticks and answers in between; every refused commit is written down
with the documents that had changed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import small_school as here

from psysafe import SafetyNet
from psysafe.builtin import plugin as builtin
from psysafe.builtin.sqlite import RECORD as SQLITE
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
from psysafe.domain import events as e
from psysafe.engine.committing import NEVER
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError
from psysafe.hooks import Plugins, hookimpl
from psysafe.ids import Part, StudentId

PROCESSES: Final = 6
#: Each process has three of its own; the last two belong to all.
OWN: Final = 3
STUDENTS: Final = here.students_of(PROCESSES * OWN + 2)
SHARED: Final = STUDENTS[-2:]


class StandingClock:
    """The evening, and nothing but the evening."""

    def now(self) -> datetime:
        return here.EVENING


class Noting:
    """The real store; every refused commit is kept with the command's student and its keys."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner
        self.refused: list[tuple[str, ...]] = []
        self.about: list[str] = []

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        outcome = self._inner.commit(part, changes, settle)
        # A refusal asks with a version that is never there whether its command is known already.
        asked_only = NEVER in changes.expect.values()
        if isinstance(outcome, Conflict) and not asked_only:
            self.refused.append(outcome.keys)
            self.about.append(changes.events[0].stream)
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
        return self._inner.claim(parts, now, limit, lease)

    def settle(self, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
        return self._inner.settle(part, results)

    def close(self) -> None:
        self._inner.close()


class NotingStorages:
    """The plugin that gives the noting store under the name `noting`."""

    plugin_name = "noting-storages"

    def __init__(self) -> None:
        self.stores: list[Noting] = []

    @hookimpl
    def psysafe_storages(self) -> list[StorageRecord]:
        return [StorageRecord(name="noting", open=self._open, abilities=SQLITE.abilities)]

    def _open(self, settings: Mapping[str, Any], folder: Path) -> Storage:
        self.stores.append(Noting(SQLITE.open({**settings, "use": "sqlite"}, folder)))
        return self.stores[-1]


class Writer:
    """One process: its reports, its answers, its ticks, and what it was refused."""

    def __init__(self, school: Path) -> None:
        self._noting = NotingStorages()
        plugins = Plugins.of(self._noting, builtins=[builtin])
        self._net = SafetyNet.open(school, clock=StandingClock(), plugins=plugins)

    def report(self, students: Iterable[StudentId]) -> list[tuple[str, str]]:
        """Report on each of them; gives student and signal of every receipt."""
        signals = self._net.desk(here.TEACHER).signals
        return [
            (one, str(signals.report(one, "one_to_one", {"insomnia": "some"}).signal))
            for one in students
        ]

    def answer(self) -> list[str]:
        """Answer what waits for the counselor; gives the notices that were answered here."""
        inbox = self._net.desk(here.COUNSELOR).inbox
        answered = []
        for line in inbox.list()[:2]:
            try:
                inbox.acknowledge(line["notice"])
            except InvalidMoveError:
                continue  # another process, playing the same person, was faster
            answered.append(line["notice"])
        return answered

    def tick(self) -> None:
        self._net.tick(budget=3)

    def refused(self) -> list[tuple[str, tuple[str, ...]]]:
        """The stream and the changed documents of every refused commit, since last asked."""
        store = self._noting.stores[0]
        found = list(zip(store.about, store.refused, strict=True))
        store.about.clear()
        store.refused.clear()
        return found

    def close(self) -> None:
        self._net.close()


def write(folder: Path, number: int, reports: int, together: Any) -> None:
    """The life of one process; what it saw goes to a file of its own."""
    writer = Writer(folder / "school")
    own = STUDENTS[number * OWN : (number + 1) * OWN]
    together.wait()
    receipts = writer.report(own[n % OWN] for n in range(reports))
    apart = writer.refused()
    together.wait()
    answered: list[str] = []
    for n in range(reports):
        receipts += writer.report([SHARED[n % 2]])
        if n % 3 == number % 3:
            writer.tick()
        if n % 4 == 0:
            answered += writer.answer()
    found = {
        "receipts": receipts,
        "answered": answered,
        "apart": apart,
        "crowded": writer.refused(),
    }
    writer.close()
    (folder / f"writer-{number}").write_text(json.dumps(found), encoding="utf-8")


def crowd(folder: Path, reports: int) -> list[int | None]:
    """Run all six at once; gives how each ended."""
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(PROCESSES, timeout=120)
    writers = [
        spawn.Process(target=write, args=(folder, number, reports, together))
        for number in range(PROCESSES)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return [writer.exitcode for writer in writers]


def aftermath(folder: Path) -> dict[str, Any]:
    """What the school holds, against what the six were told."""
    told = [
        json.loads((folder / f"writer-{number}").read_text(encoding="utf-8"))
        for number in range(PROCESSES)
    ]
    net = SafetyNet.open(folder / "school", clock=StandingClock())
    school = net._school  # the proof reads the journal, which no desk shows
    records = school.storage.journal(school.part, 0, 1_000_000)
    events = [(one, event_of(school, one)) for one in records]
    verified = verify(school)
    net.close()
    kept = [(ev.student, ev.signal.id) for _, ev in events if isinstance(ev, e.SignalReported)]
    promised = [tuple(receipt) for one in told for receipt in one["receipts"]]
    answered = Counter(ev.notice for _, ev in events if isinstance(ev, e.NoticeAcknowledged))
    cases = Counter(one.stream for one, ev in events if isinstance(ev, e.CaseSignalled))
    crowded = [(about, keys) for one in told for about, keys in one["crowded"]]
    return {
        "promised": len(promised),
        "lost": sorted(set(promised) - set(kept)),
        "unasked": sorted(set(kept) - set(promised)),
        "twice": len(kept) - len(set(kept)),
        "answers": sum(len(one["answered"]) for one in told),
        "answers_lost": [n for one in told for n in one["answered"] if answered[n] != 1],
        "cases": dict(cases),
        "conflicts_apart": [keys for one in told for _, keys in one["apart"]],
        "conflicts_crowded": len(crowded),
        "conflicts_elsewhere": [keys for about, keys in crowded if not _same(about, keys)],
        "verified": verified.ok,
        "findings": [repr(finding) for finding in verified.findings],
    }


def _same(stream: str, keys: Sequence[str]) -> bool:
    """Whether a refused commit met only changes about its own student."""
    student = stream.partition("/")[2]
    return all(key == f"file/{student}" or key.startswith("notice/") for key in keys)


def main(folder: Path, reports: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    here.make_school(folder / "school", len(STUDENTS), StandingClock()).close()
    here.name_storage(folder / "school", "noting")
    ended = crowd(folder, reports)
    if any(ended):
        raise SystemExit(f"a process failed: {ended}")
    here.name_storage(folder / "school", "sqlite")
    json.dump({**aftermath(folder), "processors": os.cpu_count()}, sys.stdout, indent=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
