"""Any store against the one in memory: whatever is done to both, both answer alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from psysafe.builtin.memory import MemoryStorage
from psysafe.contracts.storage import Claimed, Entry, Put, Query, Settlement, Storage
from psysafe.contracts.storage_abilities import Waiting
from psysafe.ids import Part
from psysafe.testing.commits import LEASE, NOW, changes, entry, event
from psysafe.testing.storage_queries import SMALL, queries

PARTS = st.integers(0, 1)
KEYS = st.sampled_from(["case/1", "case/2", "duty/1", "file/1"])
OUTBOX = st.sampled_from(["notice/1", "notice/2", "notice/3"])
PUTS = st.lists(
    st.builds(
        Put,
        key=KEYS,
        body=st.sampled_from([b"", b"a", b"b"]),
        index=st.dictionaries(
            st.sampled_from(["owner", "subject", "class_id", "lifecycle", "severity", "due"]),
            SMALL,
            max_size=6,
        ),
    ),
    unique_by=lambda put: put.key,
    max_size=3,
)
ENTRIES = st.lists(
    st.builds(
        entry,
        key=OUTBOX,
        due=st.integers(-2, 3).map(lambda n: NOW + timedelta(minutes=n)),
        urgency=st.integers(0, 2),
        reference=st.sampled_from(["x", "y"]),
    ),
    max_size=2,
)
EVENTS = st.lists(
    st.builds(event, st.integers(0, 9), st.sampled_from(["student/a", "school"])),
    min_size=1,
    max_size=3,
)


def storage_machine(open_store: Callable[[], Storage]) -> type[RuleBasedStateMachine]:
    """A state machine over the store that `open_store` gives; it is asked once, the caller closes.

    Run it with `hypothesis.stateful.run_state_machine_as_test`, or as `machine.TestCase`.
    """
    runs = count(1)
    opened: list[Storage] = []

    class BothAlike(StorageComparison):
        @initialize()
        def open_both(self) -> None:
            if not opened:
                opened.append(open_store())
            self.begin(opened[0], next(runs))

    return BothAlike


class StorageComparison(RuleBasedStateMachine):
    """The rules; `storage_machine` gives it its store."""

    def begin(self, store: Storage, run: int) -> None:
        self.store, self.model = store, MemoryStorage()
        self.parts = [Part(f"run-{run}-a"), Part(f"run-{run}-b")]
        self.commands = count(1)
        self.now = NOW
        self.leases: list[tuple[Claimed, Claimed]] = []

    @rule(
        part=PARTS,
        puts=PUTS,
        read=st.sets(KEYS, max_size=2),
        wrong=st.sets(KEYS, max_size=1),
        delete=st.sets(KEYS, max_size=1),
        events=EVENTS,
        outbox=ENTRIES,
        command=st.none() | st.integers(1, 3),
        data=st.data(),
    )
    def commit(
        self,
        part: int,
        puts: list[Put],
        read: set[str],
        wrong: set[str],
        delete: set[str],
        events: list[Any],
        outbox: list[Entry],
        command: int | None,
        data: st.DataObject,
    ) -> None:
        school = self.parts[part]
        seen = self.model.read(school, sorted(read | wrong))
        made = changes(
            f"cmd-{command or next(self.commands)}",
            expect={key: seen.version(key) + (key in wrong) for key in sorted(read | wrong)},
            events=events,
            puts=puts,
            delete=sorted(delete - {put.key for put in puts}),
            outbox=outbox,
        )
        ours, theirs = self.settlements(data, part)
        told = self.store.commit(school, made, ours)
        assert told == self.model.commit(school, made, theirs)

    def settlements(
        self, data: st.DataObject, part: int
    ) -> tuple[list[Settlement], list[Settlement]]:
        """The same settlements for both, each with its own tokens, present and stale ones."""
        mine = [pair for pair in self.leases if pair[0].part == self.parts[part]]
        chosen = data.draw(st.lists(st.sampled_from(mine), max_size=2)) if mine else []
        again = data.draw(st.none() | st.integers(0, 4))
        due = None if again is None else self.now + timedelta(minutes=again)
        ours = [Settlement(own.key, own.token, due) for own, _ in chosen]
        return ours, [Settlement(other.key, other.token, due) for _, other in chosen]

    @rule(part=PARTS, data=st.data())
    def settle(self, part: int, data: st.DataObject) -> None:
        ours, theirs = self.settlements(data, part)
        told = self.store.settle(self.parts[part], ours)
        assert told == self.model.settle(self.parts[part], theirs)

    @rule(limit=st.integers(0, 4), both=st.booleans())
    def claim(self, limit: int, both: bool) -> None:
        self.claimed(limit, self.parts if both else self.parts[:1])

    @rule()
    def a_lease_runs_out(self) -> None:
        """Whoever was slow still has a token for what another has claimed since."""
        self.claimed(4, self.parts)
        self.now += LEASE
        self.claimed(4, self.parts)

    def claimed(self, limit: int, parts: list[Part]) -> None:
        ours = self.store.claim(parts, self.now, limit, LEASE)
        theirs = self.model.claim(parts, self.now, limit, LEASE)
        assert [attrs.evolve(c, token=0) for c in ours] == [
            attrs.evolve(c, token=0) for c in theirs
        ]
        self.leases += zip(ours, theirs, strict=True)

    @rule(seconds=st.sampled_from([1, 29, 30, 60]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(part=PARTS, query=queries(), limit=st.integers(1, 4))
    def query(self, part: int, query: Query, limit: int) -> None:
        ours = theirs = attrs.evolve(query, limit=limit)
        for _ in range(3):
            found = self.store.query(self.parts[part], ours)
            told = self.model.query(self.parts[part], theirs)
            assert found.documents == told.documents
            assert (found.cursor is None) == (told.cursor is None)
            if found.cursor is None:
                return
            ours = attrs.evolve(ours, cursor=found.cursor)
            theirs = attrs.evolve(theirs, cursor=told.cursor)

    @rule(
        part=PARTS,
        after=st.integers(0, 6),
        limit=st.integers(0, 4),
        stream=st.sampled_from([None, "student/a", "school", "student"]),
    )
    def journal(self, part: int, after: int, limit: int, stream: str | None) -> None:
        told = self.store.journal(self.parts[part], after, limit, stream)
        assert told == self.model.journal(self.parts[part], after, limit, stream)

    @invariant()
    def both_hold_the_same(self) -> None:
        if not hasattr(self, "store"):
            return
        for part in self.parts:
            keys = ["case/1", "case/2", "duty/1", "file/1"]
            assert self.store.read(part, keys) == self.model.read(part, keys)
        if isinstance(self.store, Waiting):
            assert self.store.next_due(self.parts) == self.model.next_due(self.parts)
