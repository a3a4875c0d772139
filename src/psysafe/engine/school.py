"""One open school: everything the engine works with, wired in one place by the face."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import attrs

from psysafe.clock import Clock
from psysafe.contracts.channel import Channel
from psysafe.contracts.extras import Observed
from psysafe.contracts.storage import Storage
from psysafe.domain.calendar import SchoolCalendar, Within
from psysafe.domain.plan import Plan
from psysafe.domain.privacy import Rules
from psysafe.engine.links import Answering
from psysafe.hooks import Plugins
from psysafe.hooks.calling import Gate, Running
from psysafe.ids import IdSource, Part
from psysafe.sealing import Sealer

T = TypeVar("T")


class Decoded:
    """Records that were read lately, by the exact bytes they came from.

    Records are frozen, so one that is decoded once can serve every later reading of the same
    bytes. Nothing is ever wrong in here: other bytes are another entry.
    """

    __slots__ = ("_found", "_limit")

    def __init__(self, limit: int = 512) -> None:
        self._limit = limit
        self._found: dict[str, tuple[bytes, object]] = {}

    def get(self, key: str, body: bytes, decode: Callable[[bytes], T]) -> T:
        """The record of a document's bytes, decoded only where they are new."""
        held = self._found.pop(key, None)
        if held is not None and held[0] == body:
            # Back at the end: what is read all the time, as the roster is, stays.
            self._found[key] = held
            return cast(T, held[1])
        record = decode(body)
        self.hold(key, body, record)
        return record

    def hold(self, key: str, body: bytes, record: object) -> None:
        """Keep the record that was just written with these bytes."""
        self._found.pop(key, None)
        while len(self._found) >= self._limit:
            try:
                del self._found[next(iter(self._found))]
            except (KeyError, RuntimeError, StopIteration):
                # Another thread was faster. Nothing depends on which record goes.
                continue
        self._found[key] = (body, record)

    def clear(self) -> None:
        """Let go of every record."""
        self._found.clear()


@attrs.frozen(kw_only=True)
class School:
    """The parts of one open school. `channels` holds the configured ones, by their names here."""

    part: Part
    part_key: bytes = attrs.field(repr=False)
    name: str
    languages: tuple[str, ...]
    storage: Storage = attrs.field(repr=False)
    sealer: Sealer = attrs.field(repr=False)
    plan: Plan = attrs.field(repr=False)
    calendar: SchoolCalendar = attrs.field(repr=False)
    policy: Rules = attrs.field(repr=False)
    plugins: Plugins = attrs.field(repr=False)
    channels: Mapping[str, Channel] = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    ids: IdSource = attrs.field(repr=False)
    answering: Answering = attrs.field(repr=False)
    hotline: str = ""
    """the number that the school has published for students, if it has"""
    outside: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """where the authority outside is reached, by channel: for when everybody inside is barred"""
    inbound: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    """systems that may deliver what somebody was told (engine.inbound.Sender), by name"""
    missed_codes: dict[str, deque[datetime]] = attrs.field(factory=dict, repr=False)
    """when somebody last entered codes that were not theirs"""
    spool: Path | None = attrs.field(default=None, repr=False)
    """where looks in a crisis are kept while the store cannot write"""
    ledger: Path | None = attrs.field(default=None, repr=False)
    """the file that says who was erased, for when a backup is put back"""
    ledger_seen: dict[Path, int] = attrs.field(factory=dict, repr=False)
    """how long it was when it was last looked at: another process may have erased somebody"""
    roles_signed: bool = False
    """whether the settings say that roles which see are signed; the roster says since when"""
    kept_for: Within | None = None
    """for how long a student's file is kept, as the school has set it"""
    notes_for: Within | None = None
    """for how long a note is kept that nobody linked; None where the school has set no time"""
    decoded: Decoded = attrs.field(factory=Decoded, repr=False)
    paces: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """what went over channels lately, where the store keeps nothing outside the chain"""
    untold: dict[int, list[Observed]] = attrs.field(factory=dict, repr=False)
    """what observers will be told once a group of writes is durable, by the thread that writes"""
    slots: dict[str, datetime] = attrs.field(factory=dict, repr=False)
    """the last moment that was given to a message which waits for a channel's limit"""
    asking: dict[str, Running[Any]] = attrs.field(factory=dict, repr=False)
    """channels whose provider is still asked what became of messages; they send all the same"""
    overran: dict[str, Running[Any]] = attrs.field(factory=dict, repr=False)
    """channels, by name, that are still out with a call that was given up"""
    messages: Gate = attrs.field(factory=Gate, repr=False)
    """shut once the school is closed: no message goes out behind it"""
