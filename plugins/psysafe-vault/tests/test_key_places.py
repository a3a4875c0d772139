"""Where the key-encryption key may stand, and what happens without it."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sealed_folder import HUA, MING, NOTE, RECORD, code_of, keeper, kek_of, made, place, store_of

from psysafe import PlanError, StorageError
from psysafe_vault.sources import Sources, read_places
from psysafe_vault.store import Store


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
    shown = repr((vault._known.opened, sources, Store(store).read()))  # type: ignore[attr-defined]
    for key in vault._known.opened.values():  # type: ignore[attr-defined]
        assert repr(key.secret) not in shown
    assert kek_of(tmp_path).read_text().strip() not in shown
