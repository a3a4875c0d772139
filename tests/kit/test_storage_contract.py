"""The stores that come with psysafe keep the contract that a plugin's store must keep."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from psysafe.builtin import memory, sqlite
from psysafe.contracts.storage import Storage
from psysafe.contracts.storage_abilities import Waiting
from psysafe.testing.storage import StorageContract, storage_machine


class TestMemory(StorageContract):
    def open_store(self) -> Storage:
        return memory.MemoryStorage()


class TestSqlite(StorageContract):
    def setup_method(self) -> None:
        self._folder = tempfile.TemporaryDirectory()

    def teardown_method(self) -> None:
        super().teardown_method()
        self._folder.cleanup()

    def open_store(self) -> Storage:
        return sqlite.RECORD.open({"use": "sqlite", "path": "school.db"}, Path(self._folder.name))

    def reopen(self, store: Storage) -> Storage | None:
        store.close()
        return self.open_store()


def test_sqlite_and_memory_answer_alike_whatever_is_done_to_both(tmp_path: Path) -> None:
    with_less_waiting = {"use": "sqlite", "path": "school.db", "synchronous": "normal"}
    store = sqlite.RECORD.open(with_less_waiting, tmp_path)
    try:
        run_state_machine_as_test(
            storage_machine(lambda: store),
            settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
        )
    finally:
        store.close()


def test_both_stores_can_say_when_the_next_entry_is_due(tmp_path: Path) -> None:
    for record in (memory.RECORD, sqlite.RECORD):
        store = record.open({"use": record.name}, tmp_path)
        assert isinstance(store, Waiting)
        store.close()
    assert sqlite.RECORD.abilities == {"durable"}
