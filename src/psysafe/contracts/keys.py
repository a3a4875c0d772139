"""Keeping a vault's keys: made, looked over, rotated, split in two and put together again.

A vault that keeps keys gives a `KeyKeeper` beside itself. It works while the vault cannot be
opened, as when the key-encryption key is lost, and it never says anything of a student.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs

from psysafe.errors import Finding

Progress = Callable[[int, int], None]
"""Told how many keys are done, of how many."""


@attrs.frozen(kw_only=True)
class KeyState:
    """How the keys stand. `findings`: what is damaged, missing or left half done."""

    store: str
    """the key store's file, relative to the school's folder where it lies in it"""
    key: str
    """the short name of the key-encryption key that the store is wrapped under"""
    subjects: int
    keys: int
    erased: int
    shared: bool
    """whether recovery shares were made of the present key-encryption key"""
    findings: tuple[Finding, ...] = ()


@attrs.frozen(kw_only=True)
class Rotation:
    """What a rotation did, or would do."""

    keys: int
    before: str
    after: str
    resumed: bool
    """whether it went on with one that was interrupted"""
    by_hand: bool
    """whether the settings must still be changed to name the new key"""


@attrs.frozen(kw_only=True)
class Recovered:
    """Where a recovered key lies now, or would lie."""

    key: str
    """its short name"""
    file: str
    by_hand: bool
    """whether it must still be put where the settings look for it"""


class KeyKeeper(Protocol):
    """All raise StorageError PSY714 to PSY718, and change nothing where they do."""

    def make(self) -> None:
        """A new key-encryption key and an empty key store. PSY718 where there is one."""
        ...

    def check(self) -> KeyState:
        """Open every key once. Changes nothing."""
        ...

    def rotate(self, progress: Progress | None = None, *, dry_run: bool = False) -> Rotation:
        """Wrap every key under a new key-encryption key; may be killed and called again.

        What is wrapped anew is read back from the disk and compared before the old is dropped.
        """
        ...

    def shares(self) -> tuple[str, str]:
        """Two new recovery shares of the present key-encryption key; each alone says nothing."""
        ...

    def recover(self, first: str, second: str, *, dry_run: bool = False) -> Recovered:
        """Put the key-encryption key back from two shares. PSY717, PSY718."""
        ...
