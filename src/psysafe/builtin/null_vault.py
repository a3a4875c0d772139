"""The vault that seals nothing: bodies lie in the store as they are.

It keeps the seam in use until a school turns a real vault on. What protects the bodies then is
the file's mode and the machine's disk encryption alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from psysafe.contracts.extras import SealContext, VaultRecord
from psysafe.errors import PlanError

NAME: Final = "null"


class NullVault:
    """A subject's pseudonym is its id, which is opaque already; bodies stay as they are."""

    __slots__ = ()

    def pseudonym(self, subject: str) -> str:
        return subject

    def known(self, subject: str) -> str:
        return subject

    def seal(self, context: SealContext, body: bytes) -> bytes:
        return body

    def open(self, context: SealContext, sealed: bytes) -> bytes:
        return sealed


def open_null_vault(settings: Mapping[str, Any], folder: Path) -> NullVault:
    """The null vault. Raises PlanError PSY102 for a setting, because it has none.

    A key file named here would make a school believe that its bodies are sealed.
    """
    for key in settings:
        if key != "use":
            raise PlanError("PSY102", path=f"vault.{key}")
    return NullVault()


RECORD: Final = VaultRecord(name=NAME, open=open_null_vault)
