"""A folder with a vault, for the tests of this plugin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import psysafe_vault
from psysafe import StorageError
from psysafe.contracts.extras import SealContext, Vault, VaultRecord
from psysafe_vault.keeper import AesKeeper
from psysafe_vault.sources import read_places
from psysafe_vault.store import Store

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
