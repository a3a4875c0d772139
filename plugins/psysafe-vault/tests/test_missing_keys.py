"""A key that is not there, an erased student, a damaged key store: who is shut out and who not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sealed_folder import HUA, MING, NOTE, RECORD, code_of, keeper, made, place, store_of

from psysafe import StorageError
from psysafe_vault.store import SLOT, Store, read_slots


def test_who_only_looks_makes_no_key(tmp_path: Path) -> None:
    vault = made(tmp_path)
    before = store_of(tmp_path).read_bytes()
    assert vault.known(MING) is None
    assert store_of(tmp_path).read_bytes() == before


def test_a_body_whose_key_is_gone_says_so_and_nothing_of_it(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    store = store_of(tmp_path)
    store.write_bytes(store.read_bytes()[:SLOT])  # a backup of before the student
    again = RECORD.open({}, tmp_path)
    assert code_of(lambda: again.open(context, sealed)) == "PSY711"


def test_destroying_the_keys_erases_for_every_process_and_for_good(tmp_path: Path) -> None:
    vault, other = made(tmp_path), RECORD.open({}, tmp_path)
    context, beside = place(vault), place(vault, HUA)
    sealed, hers = other.seal(context, NOTE), other.seal(beside, NOTE)
    secrets = {k.sealed.encode() for k in Store(store_of(tmp_path)).read().keys.values()}
    vault.erase(MING)  # type: ignore[attr-defined]
    vault.erase(MING)  # type: ignore[attr-defined]
    for each in (vault, other, RECORD.open({}, tmp_path)):
        assert code_of(lambda each=each: each.open(context, sealed)) == "PSY713"  # type: ignore[misc]
        assert code_of(lambda each=each: each.pseudonym(MING)) == "PSY713"  # type: ignore[misc]
        assert code_of(lambda each=each: each.seal(context, NOTE)) == "PSY713"  # type: ignore[misc]
        assert each.open(beside, hers) == NOTE
    kept = store_of(tmp_path).read_bytes()
    assert sum(secret in kept for secret in secrets) == 1, "the wrapped key itself is gone"


def test_an_erasure_that_was_killed_half_way_is_finished_by_a_rotation(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)

    def killed(numbers: object) -> None:
        raise KeyboardInterrupt

    vault._store.destroy = killed  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        vault.erase(MING)  # type: ignore[attr-defined]
    assert code_of(lambda: RECORD.open({}, tmp_path).open(context, sealed)) == "PSY713"
    assert [f.code for f in keeper(tmp_path).check().findings] == ["PSY721", "PSY719"]
    keeper(tmp_path).rotate()
    assert not Store(store_of(tmp_path)).read().keys
    assert code_of(lambda: RECORD.open({}, tmp_path).open(context, sealed)) == "PSY713"


def test_a_flipped_bit_in_the_key_store_costs_one_student_at_most(tmp_path: Path) -> None:
    vault = made(tmp_path)
    subjects = [f"s-{number:012d}" for number in range(1, 6)]
    bodies = {who: vault.seal(place(vault, who), NOTE) for who in subjects}
    places = {who: place(vault, who) for who in subjects}
    whole = store_of(tmp_path).read_bytes()
    for at in range(SLOT, len(whole), 149):
        store_of(tmp_path).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        again = RECORD.open({}, tmp_path)
        lost = []
        for who in subjects:
            try:
                found = again.open(places[who], bodies[who])
            except StorageError as error:
                lost.append((who, error.code))
            else:
                assert found == NOTE
        assert lost == [(subjects[at // SLOT - 1], "PSY711")]
        assert {f.code for f in keeper(tmp_path).check().findings} >= {"PSY716"}
    store_of(tmp_path).write_bytes(whole)


def test_a_torn_end_of_the_store_is_cut_off(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    with store_of(tmp_path).open("ab") as stream:
        stream.write(b'{"as":"key","abo')
    again = RECORD.open({}, tmp_path)
    again.pseudonym(HUA)
    assert again.open(context, sealed) == NOTE
    assert store_of(tmp_path).stat().st_size % SLOT == 0


def test_a_key_that_was_half_overwritten_is_no_damage_and_the_rest_of_it_goes(
    tmp_path: Path,
) -> None:
    """The power failed at any byte of the overwriting: a backup must not be asked for."""
    vault = made(tmp_path)
    sealed = vault.seal(place(vault, HUA), NOTE)
    vault.pseudonym(MING)
    before = store_of(tmp_path).read_bytes()
    vault.erase(MING)  # type: ignore[attr-defined]
    after = store_of(tmp_path).read_bytes()
    at = next(n for n, k in read_slots(before).keys.items() if k.name not in kept_names(after))
    old, gone = (part[at * SLOT : (at + 1) * SLOT] for part in (before, after))
    for torn in (*range(12), *range(12, SLOT, 41)):
        half = gone[:torn] + old[torn:]
        store_of(tmp_path).write_bytes(after[: at * SLOT] + half + after[(at + 1) * SLOT :])
        state = keeper(tmp_path).check()
        assert [f.code for f in state.findings] == ["PSY721", "PSY719"], torn
        again = RECORD.open({}, tmp_path)
        assert again.open(place(again, HUA), sealed) == NOTE
        again.erase(MING)  # type: ignore[attr-defined]
        assert store_of(tmp_path).read_bytes() == after


def kept_names(content: bytes) -> set[str]:
    return {key.name for key in read_slots(content).keys.values()}


def test_a_damaged_head_or_share_is_not_taken_for_a_key_that_went(tmp_path: Path) -> None:
    vault = made(tmp_path)
    vault.pseudonym(HUA)
    vault.pseudonym(MING)
    vault.erase(MING)  # type: ignore[attr-defined]
    keeper(tmp_path).shares()
    whole = store_of(tmp_path).read_bytes()
    for slot in (0, 1, len(whole) // SLOT - 1):
        for bit in range(0, SLOT * 8, 37):
            turned = bytearray(whole)
            turned[slot * SLOT + bit // 8] ^= 1 << bit % 8
            assert read_slots(bytes(turned)).damaged == (slot,), (slot, bit)
