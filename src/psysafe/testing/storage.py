"""The kit for a storage's author: subclass `StorageContract`, give it a store, run pytest.

    class TestMyStorage(StorageContract):
        def open_store(self) -> Storage:
            return MyStorage(...)

        def reopen(self, store: Storage) -> Storage | None:
            store.close()
            return MyStorage(...)          # leave it out where nothing is durable

Every test takes new schools (parts) of one store, which is closed after the test. The rules come
from the storage contract's own text; `storage_machine` holds any store against the one in memory.
"""

from __future__ import annotations

from psysafe.contracts.storage import Storage
from psysafe.testing.commits import School
from psysafe.testing.storage_claims import ClaimRules
from psysafe.testing.storage_commits import CommitRules
from psysafe.testing.storage_forgetting import ForgettingRules
from psysafe.testing.storage_keeping import KeepingRules
from psysafe.testing.storage_machine import storage_machine
from psysafe.testing.storage_queries import QueryRules
from psysafe.testing.storage_threads import ThreadRules
from psysafe.testing.storage_together import TogetherRules

__all__ = ["School", "StorageContract", "storage_machine"]


class StorageContract(
    CommitRules, QueryRules, ClaimRules, KeepingRules, ForgettingRules, TogetherRules, ThreadRules
):
    """All rules of the contract. Override `open_store`, and `reopen` if the store is durable."""

    def open_store(self) -> Storage:
        """A new, empty store. Called once a test."""
        raise NotImplementedError("give the kit a store: override open_store")
