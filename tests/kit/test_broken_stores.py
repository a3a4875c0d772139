"""The storage kit sees every store that is broken in a way that happens."""

from __future__ import annotations

import sys

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from psysafe.builtin.memory import MemoryStorage
from psysafe.contracts.storage import Storage
from psysafe.testing.faulty import BROKEN_STORES, ForgetsAmbiguity, LosesUpdates, SettlesStaleTokens
from psysafe.testing.faulty_forgetting import FORGETFUL_STORES
from psysafe.testing.storage import StorageContract, storage_machine


def run_rule(broken: type[MemoryStorage], rule: str) -> None:
    class Kit(StorageContract):
        def open_store(self) -> Storage:
            return broken()

    kit = Kit()
    try:
        getattr(kit, rule)()
    finally:
        kit.teardown_method()


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (broken, rule)
        for broken, rule in {**BROKEN_STORES, **FORGETFUL_STORES}.items()
        if broken is not LosesUpdates
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_broken_store_fails_the_rule_that_it_breaks(
    broken: type[MemoryStorage], rule: str
) -> None:
    with pytest.raises(AssertionError):
        run_rule(broken, rule)


def test_a_lost_update_is_seen_when_threads_change_over_often() -> None:
    def repeat() -> None:
        for _ in range(50):
            run_rule(LosesUpdates, BROKEN_STORES[LosesUpdates])

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with pytest.raises(AssertionError):
            repeat()
    finally:
        sys.setswitchinterval(usual)


@pytest.mark.parametrize("rule", sorted({*BROKEN_STORES.values(), *FORGETFUL_STORES.values()}))
def test_a_sound_store_passes_every_rule_that_a_broken_one_fails(rule: str) -> None:
    run_rule(MemoryStorage, rule)


@pytest.mark.parametrize("broken", [ForgetsAmbiguity, SettlesStaleTokens])
def test_a_broken_store_does_not_answer_like_the_one_in_memory(
    broken: type[MemoryStorage],
) -> None:
    few = settings(
        max_examples=300,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Phase.generate],
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(storage_machine(broken), settings=few)
