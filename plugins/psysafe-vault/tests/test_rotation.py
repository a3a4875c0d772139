"""A new key-encryption key: nobody stops, and no key is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sealed_folder import HUA, MING, NOTE, RECORD, code_of, keeper, kek_of, made, place, store_of

from psysafe_vault.store import SLOT, Store, read_slots


def test_a_rotation_stops_nobody_and_the_old_key_opens_nothing(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    old = kek_of(tmp_path).read_text()
    planned = keeper(tmp_path).rotate(dry_run=True)
    assert kek_of(tmp_path).read_text() == old
    done = keeper(tmp_path).rotate()
    assert done.before == planned.before != done.after
    assert vault.open(context, sealed) == NOTE, "a process that was running"
    other = place(vault, HUA)
    again = RECORD.open({}, tmp_path)
    assert again.open(other, vault.seal(other, NOTE)) == NOTE
    assert again.open(context, sealed) == NOTE
    kek_of(tmp_path).write_text(old)
    assert code_of(lambda: RECORD.open({}, tmp_path)) == "PSY714"


STEPS = ["write_durable", "replace_durable"]


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("after", [False, True])
def test_a_rotation_killed_at_any_step_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    first = Store(store_of(tmp_path)).read().under
    counted = iter(range(100))

    def until(real: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: Any) -> Any:
            number = next(counted)
            if number == step and not after:
                raise KeyboardInterrupt
            found = real(*given)
            if number == step:
                raise KeyboardInterrupt
            return found

        return asked

    with monkeypatch.context() as patch:
        for name in STEPS:
            for room in ("store", "sources"):
                where = f"psysafe_vault.{room}.{name}"
                module = __import__(f"psysafe_vault.{room}", fromlist=[name])
                patch.setattr(where, until(getattr(module, name)))
        try:
            keeper(tmp_path).rotate()
        except KeyboardInterrupt:
            killed = True
        else:
            killed = False
    assert RECORD.open({}, tmp_path).open(context, sealed) == NOTE
    assert vault.open(context, sealed) == NOTE
    assert killed == (step < 5), "the steps of a rotation are five"
    if killed:
        keeper(tmp_path).rotate()
    state = keeper(tmp_path).check()
    assert [f.code for f in state.findings] == ["PSY719"]
    assert state.key != first
    assert RECORD.open({}, tmp_path).open(context, sealed) == NOTE


def test_what_cannot_be_read_back_drops_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    before = store_of(tmp_path).read_bytes()

    def lossy(content: bytes) -> Any:
        return read_slots(content[:SLOT])

    monkeypatch.setattr("psysafe_vault.keeper.read_slots", lossy)
    assert code_of(lambda: keeper(tmp_path).rotate()) == "PSY715"
    assert store_of(tmp_path).read_bytes() == before
    assert RECORD.open({}, tmp_path).open(context, sealed) == NOTE


def test_a_damaged_key_stops_a_rotation(tmp_path: Path) -> None:
    made(tmp_path).pseudonym(MING)
    whole = bytearray(store_of(tmp_path).read_bytes())
    whole[SLOT + 40] ^= 1
    store_of(tmp_path).write_bytes(whole)
    assert code_of(lambda: keeper(tmp_path).rotate()) == "PSY716"
