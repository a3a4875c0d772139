"""The kit's rules for a store that keeps what no journal makes: how much went out lately."""

from __future__ import annotations

import pytest

from psysafe.contracts.storage import Query
from psysafe.contracts.storage_abilities import Keeping
from psysafe.errors import StorageError
from psysafe.testing.commits import put
from psysafe.testing.storage_bench import StorageBench

KEY = "channel/~pace/sms"


class KeepingRules(StorageBench):
    """Documents of kind `channel` may be written outside the chain, and no others."""

    def _keeps(self) -> Keeping:
        store = self.store
        if not isinstance(store, Keeping):
            pytest.skip("this store keeps nothing outside the chain")
        return store

    def test_what_is_kept_is_read_and_found_and_leaves_the_journal_as_it_was(self) -> None:
        school = self.school()
        school.keep(put("student/s-1"))
        before = school.journal()
        assert self._keeps().keep(school.part, [put(KEY, b"one")], {KEY: 0})
        assert self.store.read(school.part, [KEY]).documents[KEY].body == b"one"
        assert school.keys(Query(index="kind", prefixes=(("channel",),))) == [KEY]
        assert school.journal() == before

    def test_whoever_saw_an_older_version_writes_nothing(self) -> None:
        school = self.school()
        keeps = self._keeps()
        assert keeps.keep(school.part, [put(KEY, b"one")], {KEY: 0})
        seen = self.store.read(school.part, [KEY]).version(KEY)
        assert keeps.keep(school.part, [put(KEY, b"two")], {KEY: seen})
        assert not keeps.keep(school.part, [put(KEY, b"three")], {KEY: seen})
        assert not keeps.keep(school.part, [put("channel/other", b"four")], {KEY: 0})
        held = self.store.read(school.part, [KEY, "channel/other"]).documents
        assert {key: document.body for key, document in held.items()} == {KEY: b"two"}

    def test_what_is_deleted_is_gone_and_what_is_not_there_is_no_fault(self) -> None:
        school = self.school()
        keeps = self._keeps()
        assert keeps.keep(school.part, [put(KEY)], {})
        assert keeps.keep(school.part, [], {}, [KEY, "channel/never"])
        assert self.store.read(school.part, [KEY]).documents == {}

    def test_another_school_is_untouched(self) -> None:
        school, neighbour = self.school(), self.school()
        assert self._keeps().keep(school.part, [put(KEY)], {KEY: 0})
        assert self.store.read(neighbour.part, [KEY]).documents == {}

    @pytest.mark.parametrize("key", ["student/s-1", "case/c-1", "notice/n-1", "channels/x"])
    def test_what_belongs_into_the_journal_is_refused(self, key: str) -> None:
        school = self.school()
        keeps = self._keeps()
        for wanted, gone in (([put(key)], []), ([], [key]), ([put(KEY), put(KEY)], [])):
            with pytest.raises(StorageError) as refused:
                keeps.keep(school.part, wanted, {}, gone)
            assert refused.value.code == "PSY409"
        assert self.store.read(school.part, [key, KEY]).documents == {}
