"""The built-in plugin: memory and SQLite storage, the inbox, the shipped scales, the null vault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psysafe.builtin import inbox, null_vault
from psysafe.builtin.scales import shipped_scales
from psysafe.contracts.channel import ChannelRecord
from psysafe.contracts.extras import ScaleRecord, VaultRecord
from psysafe.contracts.storage import Storage, StorageAbility, StorageRecord
from psysafe.hooks import hookimpl

plugin_name = "psysafe-builtin"


def _sqlite(settings: Mapping[str, Any], folder: Path) -> Storage:
    # sqlite3 is imported only by a school that uses it.
    from psysafe.builtin.sqlite import RECORD

    return RECORD.open(settings, folder)


def _memory(settings: Mapping[str, Any], folder: Path) -> Storage:
    from psysafe.builtin.memory import RECORD

    return RECORD.open(settings, folder)


@hookimpl
def psysafe_storages() -> list[StorageRecord]:
    durable: frozenset[StorageAbility] = frozenset({"durable"})
    return [
        StorageRecord(name="sqlite", open=_sqlite, abilities=durable),
        StorageRecord(name="memory", open=_memory),
    ]


@hookimpl
def psysafe_channels() -> list[ChannelRecord]:
    return [inbox.RECORD]


@hookimpl
def psysafe_scales() -> list[ScaleRecord]:
    return shipped_scales()


@hookimpl
def psysafe_vaults() -> list[VaultRecord]:
    return [null_vault.RECORD]
