"""The smaller contracts: scales, calendars, vaults, objections and what observers are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol, runtime_checkable

import attrs

from psysafe.contracts.keys import KeyKeeper

SCALE_CONTRACT: Final = 1
CALENDAR_CONTRACT: Final = 1
VAULT_CONTRACT: Final = 1


@attrs.frozen
class ScaleRecord:
    """An instrument that a plugin gives, as plain data in the form of a scale definition."""

    name: str
    definition: Mapping[str, Any]
    contract: int = SCALE_CONTRACT


@attrs.frozen
class CalendarYear:
    """One year's public holidays and make-up days, and who says so."""

    year: int
    source: str
    holidays: frozenset[date]
    makeup: frozenset[date]


@attrs.frozen
class CalendarRecord:
    """A calendar that a plugin gives. `year` answers None where it has no data, never a guess."""

    name: str
    year: Callable[[int], CalendarYear | None]
    contract: int = CALENDAR_CONTRACT


@attrs.frozen(kw_only=True)
class SealContext:
    """What a sealed body is bound to: it cannot be opened as anything else."""

    part: str
    subject: str
    """The pseudonym of whom it is about, or of the school's own record."""
    place: str
    """The document key, or `command id/ordinal` of an event."""
    item: str = ""
    """Told when it is sealed: the most private item class in it, so that a vault may keep a key
    of its own for it. Empty where it holds none. A vault that opens a body finds it in the body."""


class Vault(Protocol):
    """Seals bodies before a store sees them, and opens them again.

    All raise StorageError. `open`: PSY711 the key is not there, PSY712 the bytes were changed;
    `open`, `known` and `pseudonym`: PSY713 the subject was erased.
    """

    def pseudonym(self, subject: str) -> str:
        """The name under which the store knows a subject; always the same.

        Where the subject is new, its keys are durable before this returns.
        """
        ...

    def known(self, subject: str) -> str | None:
        """As `pseudonym`, for whoever only reads: None where the subject has none."""
        ...

    def seal(self, context: SealContext, body: bytes) -> bytes: ...

    def open(self, context: SealContext, sealed: bytes) -> bytes: ...


@runtime_checkable
class Batching(Protocol):
    """An extra ability of a vault: to make many new subjects ready at once, as for a roster."""

    def make_ready(self, subjects: Sequence[str]) -> None: ...


@runtime_checkable
class Erasing(Protocol):
    """An extra ability of a vault: to destroy a subject's keys, and with them what was sealed."""

    def erase(self, subject: str) -> None:
        """Destroy them. It may be killed at any point and called again; from its first durable
        step on the subject answers PSY713.
        """
        ...


@runtime_checkable
class Certain(Protocol):
    """An extra ability of a vault: to say that its keys still lie where it has them from."""

    def make_sure(self) -> None:
        """Raises StorageError PSY715 where it works on what it remembers only.

        It is asked before anything is shown to anybody, and before no alarm.
        """
        ...


@attrs.frozen
class VaultRecord:
    """A vault that a plugin gives: `open(settings, folder)` with the `[vault]` table.

    Paths in it are relative to `folder`. A secret stands in it as it was written, `{"env": ...}` or
    `{"file": ...}`: a vault fetches its key itself, and again after it was rotated. `keys` gives
    whoever keeps the vault's keys, for `psysafe keys`; None where it has none to keep.
    """

    name: str
    open: Callable[[Mapping[str, Any], Path], Vault]
    contract: int = VAULT_CONTRACT
    keys: Callable[[Mapping[str, Any], Path], KeyKeeper] | None = None


@attrs.frozen(kw_only=True)
class ObjectionRequest:
    """A disclosure that is about to happen, in codes and ids; nothing of its content."""

    key: str
    """Names this request inside its batch."""
    kind: Literal["view", "message"]
    receiver: str
    viewer: str
    student: str
    items: tuple[str, ...]
    purpose: str
    channel: str | None = None


@attrs.frozen(kw_only=True)
class Objection:
    """A plugin's wish to tighten: nothing but `deny` or `lower` (a message to K0) can be said."""

    key: str
    wish: Literal["deny", "lower"]
    reason: str
    """A short code for the explanation, never a text about the student."""


@attrs.frozen(kw_only=True)
class Observed:
    """One event that was made durable, as an observer is told of it: ids and a time only."""

    kind: str
    """The event's kind, such as `signal_reported`."""
    at: datetime
    """When it happened; aware, UTC."""
    stream: str
    position: int
    """Its place in the school's journal, from 1."""
