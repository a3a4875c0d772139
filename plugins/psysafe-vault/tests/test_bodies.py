"""What the vault seals, nobody reads in another place, or with a bit changed."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sealed_folder import HUA, MING, NOTE, RECORD, code_of, kek_of, made, place, store_of

from psysafe.contracts.extras import SealContext
from psysafe_vault.store import Store


def test_what_is_sealed_is_opened_by_another_process_and_shows_nothing(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    assert NOTE not in sealed
    assert RECORD.open({}, tmp_path).open(context, sealed) == NOTE
    assert vault.seal(context, NOTE) != sealed, "the same text twice looks different"
    kept = store_of(tmp_path).read_bytes()
    assert MING.encode() not in kept
    assert MING not in context.subject


def test_the_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    made(tmp_path).pseudonym(MING)
    for file in (store_of(tmp_path), kek_of(tmp_path)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@given(data=st.data())
def test_a_body_with_any_bit_changed_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vault = made(tmp_path_factory.mktemp("vault"))
    context = place(vault, item="counseling_notes")
    sealed = bytearray(vault.seal(context, NOTE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert code_of(lambda: vault.open(context, bytes(sealed))) == "PSY712"


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 9, b"\x02" * 200])
def test_what_was_never_sealed_is_refused(tmp_path: Path, sealed: bytes) -> None:
    vault = made(tmp_path)
    assert code_of(lambda: vault.open(place(vault), sealed)) == "PSY712"


def test_a_body_in_another_place_school_or_file_is_refused(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    elsewhere = [
        SealContext(part="no4", subject=context.subject, place=context.place),
        SealContext(part="no3", subject=context.subject, place="file/y"),
        place(vault, HUA),
    ]
    for other in elsewhere:
        assert code_of(lambda other=other: vault.open(other, sealed)) == "PSY712"  # type: ignore[misc]


def test_notes_have_a_key_of_their_own(tmp_path: Path) -> None:
    vault = made(tmp_path)
    vault.seal(place(vault, item="counseling_notes"), NOTE)
    vault.seal(place(vault, item="observation"), NOTE)
    keys = Store(store_of(tmp_path)).read().keys.values()
    assert sorted(key.group for key in keys) == ["care", "notes"]
    assert len({key.id for key in keys}) == 2


def test_two_processes_agree_on_one_key_for_a_subject(tmp_path: Path) -> None:
    one = made(tmp_path)
    other = RECORD.open({}, tmp_path)
    assert one.pseudonym(MING) == other.pseudonym(MING)
    context = place(one)
    assert other.open(context, one.seal(context, NOTE)) == NOTE
    assert len(Store(store_of(tmp_path)).read().keys) == 1
