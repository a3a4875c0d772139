"""The bench on which a storage's rules are tried: one store a test, a new school when asked."""

from __future__ import annotations

from itertools import count
from typing import Final

from hypothesis import HealthCheck, settings

from psysafe.contracts.storage import Storage
from psysafe.ids import Part
from psysafe.testing.commits import School

#: For the laws inside the kit: small, repeatable, and one failure at a time.
LAW: Final = settings(
    max_examples=30,
    deadline=None,
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class StorageBench:
    """Opens the store at its first use and closes it after the test."""

    _store: Storage | None = None

    def open_store(self) -> Storage:
        raise NotImplementedError

    def reopen(self, store: Storage) -> Storage | None:
        """Close `store` and open what it kept. None: this store keeps nothing."""
        return None

    @property
    def store(self) -> Storage:
        if self._store is None:
            self._store = self.open_store()
            self._numbers = count(1)
        return self._store

    def school(self) -> School:
        """A school that the store has never seen."""
        store = self.store
        return School(store, Part(f"school-{next(self._numbers)}"))

    def teardown_method(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()
