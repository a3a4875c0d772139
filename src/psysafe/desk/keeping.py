"""Who keeps a school's keys: found by its settings alone, so that a lost key can be put back.

Nothing here opens the vault, and nothing here tells anything of a student.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from psysafe.contracts.extras import VaultRecord
from psysafe.contracts.keys import KeyKeeper
from psysafe.errors import Finding, PsysafeError, StorageError
from psysafe.hooks import Plugins
from psysafe.intake.settings import Settings, vault_options


def default_vault(plugins: Plugins) -> VaultRecord | None:
    """The vault that a new school gets: the one that keeps keys, where just one is installed."""
    keeping = [record for record in plugins.vaults().values() if record.keys is not None]
    return keeping[0] if len(keeping) == 1 else None


def keeper(settings: Settings, plugins: Plugins) -> KeyKeeper:
    """Whoever keeps the keys of this school's vault.

    Raises StorageError PSY718 where it has no vault with keys, PluginError where the vault's plugin
    is not there.
    """
    record = plugins.vault(settings.vault.use) if settings.vault is not None else None
    if record is None or record.keys is None:
        raise StorageError("PSY718", problem="the school has no vault with keys")
    return record.keys(vault_options(settings), settings.folder)


def make_keys(settings: Settings, plugins: Plugins) -> None:
    """Make the keys of a school in which nothing was written yet. Raises StorageError as `make`.

    PSY718 where there are records: new keys would open none of them, and what was written without
    a vault cannot be sealed afterwards without breaking the proof of the journal.
    """
    keys = keeper(settings, plugins)
    options = {"use": settings.storage.use, **settings.storage.options}
    store = plugins.storage(settings.storage.use).open(options, settings.folder)
    try:
        written = store.read(settings.part, []).position
    finally:
        store.close()
    if written:
        raise StorageError("PSY718", problem="the school has records already")
    keys.make()


def check_keys(settings: Settings, plugins: Plugins) -> Iterator[Finding]:
    """What stands against the keys. A school without a vault is told so (PSY710)."""
    record = plugins.vault(settings.vault.use) if settings.vault is not None else None
    if record is None or record.name == "null":
        # An invented school has nobody's secrets to lose.
        yield Finding(code="PSY710", severity="note" if settings.rehearsal else "error")
    elif record.keys is not None:
        try:
            found = record.keys(vault_options(settings), settings.folder).check().findings
            for one in found:
                lost = one.code == "PSY719" and settings.rehearsal
                yield attrs.evolve(one, severity="note") if lost else one
        except PsysafeError as error:
            yield error.finding
