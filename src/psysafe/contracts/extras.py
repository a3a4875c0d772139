"""The smaller contracts: scales, calendars, vaults, objections and what observers are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal, Protocol

import attrs

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


class Vault(Protocol):
    """Seals bodies before a store sees them, and opens them again.

    `open` raises StorageError: PSY403 where the bytes were changed.
    """

    def pseudonym(self, subject: str) -> str:
        """The name under which the store knows a subject; always the same."""
        ...

    def seal(self, context: SealContext, body: bytes) -> bytes: ...

    def open(self, context: SealContext, sealed: bytes) -> bytes: ...


@attrs.frozen
class VaultRecord:
    """A vault that a plugin gives: `open(settings)` with the `[vault]` table."""

    name: str
    open: Callable[[Mapping[str, Any]], Vault]
    contract: int = VAULT_CONTRACT


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
