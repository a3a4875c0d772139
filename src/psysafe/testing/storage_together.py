"""The kit's rules for a store that can make several writes durable together."""

from __future__ import annotations

import threading

import pytest

from psysafe.contracts.storage import Committed, Conflict, Settlement
from psysafe.contracts.storage_abilities import Grouping
from psysafe.errors import StorageError
from psysafe.testing.commits import LEASE, NOW, changes, entry, put
from psysafe.testing.storage_bench import StorageBench


class TogetherRules(StorageBench):
    """Within a group each write stands for itself; outside, all of them are there or none."""

    def _groups(self) -> Grouping:
        store = self.store
        if not isinstance(store, Grouping):
            pytest.skip("this store makes each write durable by itself")
        return store

    def test_what_a_group_wrote_it_reads_and_builds_upon_and_others_see_it_at_the_end(
        self,
    ) -> None:
        groups, school, store = self._groups(), self.school(), self.store
        seen: list[int] = []

        def look() -> None:
            seen.append(len(store.read(school.part, ["a", "b"]).documents))

        with groups.together(school.part):
            first = store.commit(
                school.part, changes("cmd-1", puts=[put("a")], outbox=[entry("x")])
            )
            assert isinstance(first, Committed)
            version = store.read(school.part, ["a"]).version("a")
            second = changes("cmd-2", expect={"a": version}, puts=[put("a"), put("b")])
            assert isinstance(store.commit(school.part, second), Committed)
            assert [c.key for c in store.claim([school.part], NOW, 5, LEASE)] == ["x"]
            other = threading.Thread(target=look)
            other.start()
            other.join(10)
        look()
        assert seen == [0, 2]

    def test_a_write_that_is_refused_is_undone_alone(self) -> None:
        groups, school, store = self._groups(), self.school(), self.store
        with groups.together(school.part):
            assert isinstance(
                store.commit(school.part, changes("cmd-1", puts=[put("a")])), Committed
            )
            stale = changes("cmd-2", expect={"a": 9}, puts=[put("b")])
            assert isinstance(store.commit(school.part, stale), Conflict)
            with pytest.raises(StorageError):
                store.commit(school.part, changes("cmd-3", events=[], puts=[put("c")]))
            assert isinstance(
                store.commit(school.part, changes("cmd-4", puts=[put("d")])), Committed
            )
        assert sorted(store.read(school.part, ["a", "b", "c", "d"]).documents) == ["a", "d"]

    def test_a_group_that_does_not_reach_its_end_has_never_been(self) -> None:
        groups, school, store = self._groups(), self.school(), self.store
        school.keep(put("a"), outbox=[entry("x")])
        before = school.journal()
        with pytest.raises(ZeroDivisionError), groups.together(school.part):
            (claim,) = store.claim([school.part], NOW, 1, LEASE)
            store.settle(school.part, [Settlement(claim.key, claim.token)])
            store.commit(school.part, changes("cmd-9", puts=[put("b")]))
            raise ZeroDivisionError
        assert school.journal() == before
        assert not store.read(school.part, ["b"]).documents
        (again,) = store.claim([school.part], NOW, 1, LEASE)
        assert (again.key, again.ambiguous) == ("x", False)
