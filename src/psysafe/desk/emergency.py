"""Calling the staff where the school cannot be opened: keys away, or the store.

Then nobody's telephone can be read and no call goes out. So a list of the staff stands open in the
settings. It is called over the configured channels with one message of class K0 that is about
nobody: that psysafe calls nobody, and whom to telephone. Nothing is opened for it but settings and
channels, and nothing about a student is known here.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import attrs

from psysafe.builtin.inbox import Inbox
from psysafe.clock import from_wire, to_wire
from psysafe.contracts.channel import Channel, Message, Problem, ResultClass, trust_of
from psysafe.desk import heartbeat
from psysafe.engine.rendering import Speaker
from psysafe.engine.school import School
from psysafe.engine.sending import Allowance, Overran, send_over
from psysafe.engine.words import NOTHING_OPENS, phrase
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake.emergency_settings import Emergency
from psysafe.intake.settings import Settings
from psysafe.sensitivity import CARRIES, ContentClass

FILE: Final = "emergency.json"
FORMAT: Final = 1
_LIMIT: Final = 64 * 1024
_log = logging.getLogger("psysafe.desk")


@attrs.frozen(kw_only=True)
class HelpCalled:
    """What became of the emergency call list: how many stand on it, and how many took the call.

    `since`: when time last passed here. `waits`: it is not yet time to call, or to call again.
    """

    listed: int = 0
    told: int = 0
    waits: bool = False
    since: datetime | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the person at the machine is told (PSY750); nothing where there is no list."""
        if not self.listed:
            return ()
        facts: dict[str, Fact] = {"told": self.told, "listed": self.listed}
        return (Finding(code="PSY750", facts=facts),)


@attrs.frozen(kw_only=True)
class _Told:
    """Who took the call, by place on the list, since it was last called as a whole."""

    at: datetime | None = None
    places: frozenset[str] = frozenset()


def call_staff(
    settings: Settings, channels: Mapping[str, Channel], speaker: Speaker, now: datetime
) -> HelpCalled:
    """Call everybody on the list where it is time; who did not take it is tried at each call.

    Never raises for a channel. Where it cannot be kept who was told, they are told again.
    """
    listed = settings.emergency
    if listed is None:
        return HelpCalled()
    since = _last_beat(settings.folder, now)
    told = _told(settings.folder, since, now, listed.again)
    count = sum(len(some) for some in listed.call.values())
    if since is not None and now - since < listed.after:
        return HelpCalled(listed=count, waits=True, since=since)
    begun = told.at or now
    message = _message(settings, listed, speaker, begun)
    taken = set(told.places)
    overran: Overran = {}
    for name, number, address in _addresses(listed):
        place, channel = f"{name}/{number}", channels.get(name)
        if place in taken or channel is None or _unfit(channel):
            continue
        said = attrs.evolve(message, key=f"{message.key}/{place}")
        found = send_over(overran, name, channel, said, address, Allowance())
        if found.cls in (ResultClass.ACCEPTED, ResultClass.PARTIAL):
            taken.add(place)
        else:
            extra = {"channel": name, "code": found.cls.value}
            _log.error("somebody on the emergency list was not told", extra=extra)
    waits = len(taken) == count and taken == told.places
    if taken != told.places:
        _keep(settings.folder, _Told(at=begun, places=frozenset(taken)))
    return HelpCalled(listed=count, told=len(taken), waits=waits, since=since)


def check_emergency(school: School, settings: Settings) -> Iterator[Finding]:
    """A school that calls people and has no list (PSY751); who on it cannot be reached (PSY752)."""
    listed = settings.emergency
    if listed is None:
        if not all(map(_unfit, school.channels.values())):
            yield Finding(code="PSY751", severity="warning", where={"path": "emergency"})
        return
    for name, number, address in _addresses(listed):
        problem = _problem(school.channels.get(name), address)
        if problem:
            where: dict[str, Fact] = {"path": f"emergency.call.{name}[{number}]"}
            yield Finding(code="PSY752", where=where, facts={"channel": name, "problem": problem})


def _problem(channel: Channel | None, address: str) -> str:
    """Why nobody is reached; "" where somebody is. An address is not repeated."""
    if channel is None or (unfit := _unfit(channel)):
        return unfit if channel is not None else "it could not be opened"
    try:
        parsed = channel.parse_address(address)
    except Exception as error:
        # A plugin's own fault; its text may quote the address.
        return type(error).__name__
    return parsed.problem if isinstance(parsed, Problem) else ""


def _unfit(channel: Channel) -> str:
    """Why a channel cannot carry this; "" where it can."""
    if isinstance(channel, Inbox):
        return "an inbox is read in the school that cannot be opened"
    try:
        carried = CARRIES.get(trust_of(channel.capabilities))
    except Exception as error:
        return type(error).__name__
    return "its trust is public" if carried is None else ""


def _addresses(listed: Emergency) -> Iterator[tuple[str, int, str]]:
    for name, addresses in listed.call.items():
        for number, address in enumerate(addresses):
            yield name, number, address


def _message(settings: Settings, listed: Emergency, speaker: Speaker, begun: datetime) -> Message:
    language = settings.languages[0]
    text = speaker.plainly([phrase(NOTHING_OPENS, number=listed.number)], language)
    return Message(
        key=f"emergency/{to_wire(begun)}",
        content=ContentClass.K0,
        text=text,
        neutral=text,
        queued=begun,
        urgent=True,
        answer_by=None,
        step=0,
        language=language,
        number=listed.number,
    )


# -- what is remembered ------------------------------------------------------------------------


def _last_beat(folder: Path, now: datetime) -> datetime | None:
    """When time last passed; None where nobody knows, or a clock was set."""
    age = heartbeat.age(folder, now)
    return now - age if age is not None and age >= timedelta() else None


def _told(folder: Path, since: datetime | None, now: datetime, again: timedelta) -> _Told:
    """Who need not be told once more; nobody where it is another failure, or long ago."""
    try:
        with (folder / FILE).open("rb") as stream:
            found = json.loads(stream.read(_LIMIT))
        told = _Told(at=from_wire(found["at"]), places=frozenset(map(str, found["told"])))
    except (OSError, ValueError, KeyError, TypeError, InvalidDataError):
        return _Told()
    if told.at is None or not timedelta() <= now - told.at < again:
        return _Told()
    return _Told() if since is not None and told.at < since else told


def _keep(folder: Path, told: _Told) -> None:
    """Places on the list and a time: nobody's address."""
    at = to_wire(told.at) if told.at is not None else None
    text = json.dumps({"format": FORMAT, "at": at, "told": sorted(told.places)}) + "\n"
    aside = folder / f".{FILE}.{os.getpid()}"
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(aside, folder / FILE)
    except OSError:
        # Better that they are told again with each tick than that nobody is.
        _log.error("it could not be kept whom the emergency list has told")
