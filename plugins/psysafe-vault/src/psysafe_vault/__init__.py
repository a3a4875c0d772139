"""A vault for psysafe: AES-256-GCM, keys of their own for each student, a key store apart.

The cryptography is imported when a school with this vault is opened, not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import psysafe
from psysafe.contracts.extras import Vault, VaultRecord
from psysafe.contracts.keys import KeyKeeper

__all__ = ["psysafe_vaults"]

NAME: Final = "aes-gcm"


def _open(settings: Mapping[str, Any], folder: Path) -> Vault:
    from psysafe_vault.sources import read_places
    from psysafe_vault.store import Store
    from psysafe_vault.vault import AesVault

    store, sources = read_places(settings, folder)
    return AesVault(Store(store), sources)


def _keys(settings: Mapping[str, Any], folder: Path) -> KeyKeeper:
    from psysafe_vault.keeper import AesKeeper
    from psysafe_vault.sources import read_places
    from psysafe_vault.store import Store

    store, sources = read_places(settings, folder)
    return AesKeeper(Store(store), sources, folder)


@psysafe.hookimpl
def psysafe_vaults() -> Sequence[VaultRecord]:
    """The one vault of this plugin: `use = "aes-gcm"`."""
    return [VaultRecord(NAME, _open, keys=_keys)]
