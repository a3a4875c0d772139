"""What the vault seals, nobody reads without the key, in another place, or after an erasure."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import psysafe_vault
from psysafe import PlanError, StorageError
from psysafe.contracts.extras import SealContext, Vault, VaultRecord
from psysafe_vault import shares
from psysafe_vault.keeper import AesKeeper
from psysafe_vault.sources import Sources, read_places
from psysafe_vault.store import SLOT, Store, read_slots

NOTE = "她说想安静一会儿".encode()
MING, HUA = "s-000000000001", "s-000000000002"
(RECORD,) = psysafe_vault.psysafe_vaults()
assert isinstance(RECORD, VaultRecord)


def made(folder: Path, **settings: Any) -> Vault:
    (folder / "keys").mkdir()
    keeper(folder, **settings).make()
    return RECORD.open(settings, folder)


def keeper(folder: Path, **settings: Any) -> AesKeeper:
    store, sources = read_places(settings, folder)
    return AesKeeper(Store(store), sources, folder)


def place(vault: Vault, subject: str = MING, item: str = "", where: str = "file/x") -> SealContext:
    return SealContext(part="no3", subject=vault.pseudonym(subject), place=where, item=item)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(StorageError) as caught:
        call()
    return caught.value.code


def store_of(folder: Path) -> Path:
    return folder / "keys" / "vault.keys"


def kek_of(folder: Path) -> Path:
    return folder / "keys" / "vault.kek"


# -- bodies -----------------------------------------------------------------------------------


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


# -- a missing key, an erased student -----------------------------------------------------------


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


# -- the key-encryption key ----------------------------------------------------------------------


def test_without_the_right_key_or_the_store_nothing_opens(tmp_path: Path) -> None:
    made(tmp_path).pseudonym(MING)
    right = kek_of(tmp_path).read_text()
    for wrong in (os.urandom(32).hex(), "no key", ""):
        kek_of(tmp_path).write_text(wrong)
        assert code_of(lambda: RECORD.open({}, tmp_path)) == "PSY714"
    kek_of(tmp_path).unlink()
    assert code_of(lambda: RECORD.open({}, tmp_path)) == "PSY714"
    kek_of(tmp_path).write_text(right)
    store_of(tmp_path).unlink()
    assert code_of(lambda: RECORD.open({}, tmp_path)) == "PSY715"


def test_whoever_is_at_work_goes_on_when_the_store_vanishes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    store_of(tmp_path).rename(tmp_path / "away")
    assert vault.open(context, sealed) == NOTE
    assert vault.open(context, vault.seal(context, NOTE)) == NOTE
    assert "the key store cannot be read" in caplog.text
    assert code_of(lambda: vault.pseudonym(HUA)) == "PSY715", "but nobody new gets a key"


def test_the_key_may_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOL_KEK", os.urandom(32).hex())
    settings = {"key": {"env": "SCHOOL_KEK"}}
    vault = made(tmp_path, **settings)
    context = place(vault)
    assert RECORD.open(settings, tmp_path).open(context, vault.seal(context, NOTE)) == NOTE
    assert not kek_of(tmp_path).exists()


class Kms:
    """A service that is asked for each key."""

    def wrap(self, key: bytes) -> bytes:
        return base64.b85encode(key)

    def unwrap(self, wrapped: bytes) -> bytes:
        return base64.b85decode(wrapped)


def test_a_service_may_unwrap_the_key_and_its_words_are_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Point:
        def load(self) -> Kms:
            return Kms()

    monkeypatch.setattr("psysafe_vault.sources.entry_points", lambda **_: [Point()])
    settings = {"kms": "town"}
    vault = made(tmp_path, **settings)
    context = place(vault)
    assert RECORD.open(settings, tmp_path).open(context, vault.seal(context, NOTE)) == NOTE

    def refuses(self: Kms, wrapped: bytes) -> bytes:
        raise RuntimeError(f"no right to {wrapped!r}")

    monkeypatch.setattr(Kms, "unwrap", refuses)
    with pytest.raises(StorageError) as caught:
        RECORD.open(settings, tmp_path)
    assert caught.value.finding.facts == {"problem": "KMS town: RuntimeError"}


@pytest.mark.parametrize(
    "settings",
    [
        {"cipher": "rot13"},
        {"key": "0" * 64},
        {"key": {"env": ""}},
        {"key": {"file": "a", "env": "B"}},
        {"store": ""},
        {"kms": 1},
    ],
)
def test_a_setting_that_means_nothing_is_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(PlanError) as caught:
        RECORD.open(settings, tmp_path)
    assert caught.value.code in ("PSY102", "PSY103")


# -- rotation ------------------------------------------------------------------------------------


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


# -- the drill: the key is lost --------------------------------------------------------------------


def test_two_people_put_the_lost_key_back(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    first, second = keeper(tmp_path).shares()
    assert not keeper(tmp_path).check().findings
    kek_of(tmp_path).unlink()
    assert code_of(lambda: RECORD.open({}, tmp_path)) == "PSY714"
    assert [f.code for f in keeper(tmp_path).check().findings] == ["PSY714"]
    keeper(tmp_path).recover(second, first.upper().replace("-", " "), dry_run=True)
    assert not kek_of(tmp_path).exists()
    keeper(tmp_path).recover(second, first.upper().replace("-", " "))
    assert RECORD.open({}, tmp_path).open(context, sealed) == NOTE
    assert code_of(lambda: keeper(tmp_path).recover(first, second)) == "PSY718", (
        "never written over"
    )


def test_shares_of_before_a_rotation_are_refused(tmp_path: Path) -> None:
    made(tmp_path)
    pair = keeper(tmp_path).shares()
    keeper(tmp_path).rotate()
    kek_of(tmp_path).unlink()
    assert code_of(lambda: keeper(tmp_path).recover(*pair)) == "PSY717"


@given(key=st.binary(min_size=32, max_size=32), data=st.data())
def test_shares_come_together_to_the_key_and_a_slip_of_the_pen_is_seen(
    key: bytes, data: st.DataObject
) -> None:
    first, second = shares.split(key)
    assert shares.joined(first, second) == key
    at = data.draw(st.sampled_from([i for i, letter in enumerate(first) if letter != "-"]))
    others = "".join(set("0123456789abcdefghjkmnpqrstvwxyz") - {first[at]})
    slip = first[:at] + data.draw(st.sampled_from(others)) + first[at + 1 :]
    assert code_of(lambda: shares.joined(slip, second)) == "PSY717"
    assert code_of(lambda: shares.joined(first, first)) == "PSY717"
    assert code_of(lambda: shares.joined(first, shares.split(key)[1])) == "PSY717"


def test_keys_are_never_made_over_keys(tmp_path: Path) -> None:
    made(tmp_path)
    before = store_of(tmp_path).read_bytes(), kek_of(tmp_path).read_bytes()
    assert code_of(lambda: keeper(tmp_path).make()) == "PSY718"
    assert (store_of(tmp_path).read_bytes(), kek_of(tmp_path).read_bytes()) == before


def test_no_key_is_shown_where_a_record_is_shown(tmp_path: Path) -> None:
    vault = made(tmp_path)
    vault.seal(place(vault), NOTE)
    store, sources = read_places({}, tmp_path)
    assert isinstance(sources, Sources)
    shown = repr((vault._open_keys, sources, Store(store).read()))  # type: ignore[attr-defined]
    for key in vault._open_keys.values():  # type: ignore[attr-defined]
        assert repr(key.secret) not in shown
    assert kek_of(tmp_path).read_text().strip() not in shown
