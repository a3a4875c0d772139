"""The typed face of all plugins: the rest of the program sees records and answers, no pluggy."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final, cast

from psysafe.contracts.channel import ChannelRecord
from psysafe.contracts.extras import (
    CalendarRecord,
    Objection,
    ObjectionRequest,
    Observed,
    ScaleRecord,
    VaultRecord,
)
from psysafe.contracts.storage import StorageRecord
from psysafe.errors import PluginError
from psysafe.hooks.calling import Answered, Hung, Raised, Running
from psysafe.hooks.checking import (
    KINDS,
    Checked,
    ReadObjections,
    check_plugin,
    finding,
    nearest,
    read_nothing,
    read_objections,
)
from psysafe.hooks.loading import Candidate, disabled_by, discover, may_object
from psysafe.hooks.member import Member
from psysafe.hooks.report import ObjectionAnswer, PluginReport, PluginState
from psysafe.hooks.specs import OBJECTIONS, OBSERVE

#: How long one call of a plugin may take, in seconds, where the caller gives no other limit.
CALL_SECONDS: Final = 2.0
#: How long a plugin may take to be imported: a cold disk is slow, and it happens once.
LOAD_SECONDS: Final = 20.0


class Plugins:
    """What all plugins together give, object to and hear. Make one with `installed` or `of`.

    Collecting happens once, when it is made; the records do not change afterwards. It may be
    used from several threads.
    """

    def __init__(self, members: Sequence[Member], *, seconds: float) -> None:
        """For `installed` and `of`; embedders use those."""
        for member in members:
            member.collect(seconds)
        # Two plugins may bear one name; what they are decides, never the order they came in.
        self._members = tuple(sorted(members, key=lambda m: (m.name, repr(m.report()))))
        self._seconds = seconds
        self._clashes: dict[tuple[str, str], tuple[str, str]] = {}
        self._given: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self._join()

    @classmethod
    def installed(
        cls,
        *,
        disabled: Collection[str] = (),
        builtins: Sequence[object] = (),
        seconds: float = CALL_SECONDS,
        load_seconds: float = LOAD_SECONDS,
    ) -> Plugins:
        """The built-in plugins and those installed under the entry-point group `psysafe`.

        `disabled` holds names of plugins or of their distributions, as in `[plugins] disabled`;
        such a plugin is not even loaded. Never raises because of a plugin: see `report`.
        """
        members = [_own(plugin, disabled, trusted=True) for plugin in builtins]
        known = {member.name for member in members}
        candidates = discover()
        for candidate in candidates:
            known |= candidate.aliases
            members.append(_loaded(candidate, disabled, load_seconds))
        return cls([*members, *_not_there(known, disabled)], seconds=seconds)

    @classmethod
    def of(
        cls,
        *plugins: object,
        disabled: Collection[str] = (),
        builtins: Sequence[object] = (),
        seconds: float = CALL_SECONDS,
    ) -> Plugins:
        """Exactly these plugins and no installed one: for tests and for embedders.

        A plugin is a module, a class or an object with marked functions. It is called by its
        `plugin_name` attribute, else by the name of the module or class.
        """
        members = [_own(plugin, disabled, trusted=True) for plugin in builtins]
        members += [_own(plugin, disabled, trusted=False) for plugin in plugins]
        known = {member.name for member in members}
        return cls([*members, *_not_there(known, disabled)], seconds=seconds)

    @property
    def report(self) -> tuple[PluginReport, ...]:
        """How every plugin stands now, by name; those switched off or set aside too."""
        return tuple(member.report() for member in self._members)

    def storages(self) -> Mapping[str, StorageRecord]:
        """Every usable storage by name. A name that two plugins give is in none of these."""
        return MappingProxyType(self._given["storage"])

    def channels(self) -> Mapping[str, ChannelRecord]:
        """Every usable channel by name."""
        return MappingProxyType(self._given["channel"])

    def scales(self) -> Mapping[str, ScaleRecord]:
        """Every usable scale by name."""
        return MappingProxyType(self._given["scale"])

    def calendars(self) -> Mapping[str, CalendarRecord]:
        """Every usable calendar by name."""
        return MappingProxyType(self._given["calendar"])

    def vaults(self) -> Mapping[str, VaultRecord]:
        """Every usable vault by name."""
        return MappingProxyType(self._given["vault"])

    def storage(self, name: str) -> StorageRecord:
        """The storage of that name. Raises PluginError: PSY510 none, PSY506 two of them."""
        return cast(StorageRecord, self._asked("storage", name))

    def channel(self, name: str) -> ChannelRecord:
        """The channel of that name. Raises PluginError: PSY510 none, PSY506 two of them."""
        return cast(ChannelRecord, self._asked("channel", name))

    def scale(self, name: str) -> ScaleRecord:
        """The scale of that name. Raises PluginError: PSY510 none, PSY506 two of them."""
        return cast(ScaleRecord, self._asked("scale", name))

    def calendar(self, name: str) -> CalendarRecord:
        """The calendar of that name. Raises PluginError: PSY510 none, PSY506 two of them."""
        return cast(CalendarRecord, self._asked("calendar", name))

    def vault(self, name: str) -> VaultRecord:
        """The vault of that name. Raises PluginError: PSY510 none, PSY506 two of them."""
        return cast(VaultRecord, self._asked("vault", name))

    def objections(
        self, requests: Sequence[ObjectionRequest], *, seconds: float
    ) -> ObjectionAnswer:
        """Ask every plugin about a batch of disclosures; all together take at most `seconds`.

        Never raises because of a plugin. A plugin that did not answer in time is not asked again
        in this process and counts as failed at once, so an alarm waits for it once at most.
        """
        batch = tuple(requests)
        if not batch:
            return ObjectionAnswer()
        keys = frozenset(request.key for request in batch)
        running: list[tuple[Member, Running[ReadObjections]]] = []
        failed: set[str] = set()
        deadline = time.monotonic() + seconds
        for member in self._members:
            if member.answers(OBJECTIONS):
                read = partial(read_objections, member.name, keys)
                running.append((member, member.start(OBJECTIONS, read, requests=batch)))
            elif member.may_object:
                failed.add(member.name)
        heard: set[Objection] = set()
        for member, call in running:
            outcome = call.wait(deadline - time.monotonic())
            if not isinstance(outcome, Answered):
                member.failed(OBJECTIONS, outcome, seconds)
                failed.add(member.name)
                continue
            member.answered_wrongly(outcome.value.findings)
            heard.update(outcome.value.objections)
            if outcome.value.failed:
                failed.add(member.name)
        return ObjectionAnswer(
            objections=tuple(sorted(heard, key=lambda o: (o.key, o.wish, o.reason))),
            failed_plugins=tuple(sorted(failed)),
        )

    @property
    def observed(self) -> bool:
        """Whether anybody observes, so that nothing is put together for nobody."""
        return any(member.answers(OBSERVE) for member in self._members)

    def observe(self, events: Sequence[Observed]) -> None:
        """Tell every observer what was made durable, one observer after the other.

        To be called after the commit. Never raises because of a plugin: failures are logged and
        counted in `report`. An observer that does not come back is not told any more.
        """
        batch = tuple(events)
        if not batch:
            return
        for member in self._members:
            if not member.answers(OBSERVE):
                continue
            read = partial(read_nothing, member.name)
            outcome = member.start(OBSERVE, read, events=batch).wait(self._seconds)
            if isinstance(outcome, Answered):
                member.answered_wrongly(outcome.value)
            else:
                member.failed(OBSERVE, outcome, self._seconds)

    def _join(self) -> None:
        """Put all records together; a name that is given twice goes to nobody."""
        givers: dict[tuple[str, str], list[tuple[Member, Any]]] = {}
        for member in self._members:
            for kind, record in member.records:
                givers.setdefault((kind.name, record.name), []).append((member, record))
        for (kind_name, name), found in sorted(givers.items(), key=lambda item: item[0]):
            if len(found) == 1:
                self._given[kind_name][name] = found[0][1]
                continue
            first, *others = sorted(member.name for member, _ in found)
            pair = (first, ", ".join(sorted(set(others))))
            self._clashes[kind_name, name] = pair
            wrong = finding("PSY506", kind=kind_name, name=name, plugin=pair[0], other=pair[1])
            for member in {id(member): member for member, _ in found}.values():
                member.clashes(wrong)

    def _asked(self, kind: str, name: str) -> object:
        if (kind, name) in self._clashes:
            plugin, other = self._clashes[kind, name]
            raise PluginError("PSY506", kind=kind, name=name, plugin=plugin, other=other)
        if name not in self._given[kind]:
            aside = [r.name for r in self.report if r.state is PluginState.QUARANTINED]
            known = ", ".join(self._given[kind]) or "none"
            where = {"quarantined": ", ".join(aside)} if aside else None
            raise PluginError("PSY510", where=where, kind=kind, name=name, known=known)
        return self._given[kind][name]


def _name_of(plugin: object) -> str:
    for attribute in ("plugin_name", "__name__"):
        name = getattr(plugin, attribute, None)
        if isinstance(name, str) and name:
            return name
    return type(plugin).__name__


def _own(plugin: object, disabled: Collection[str], *, trusted: bool) -> Member:
    """A plugin that was handed over as an object."""
    name = _name_of(plugin)
    version = getattr(plugin, "__version__", "")
    version = version if isinstance(version, str) else ""
    if disabled_by({name}, disabled):
        return Member.disabled(name, version)
    return Member(name, version, check_plugin(name, plugin), trusted=trusted)


def _loaded(candidate: Candidate, disabled: Collection[str], seconds: float) -> Member:
    """A plugin that was found installed: imported, within the limit, unless it is disabled."""
    name, version = candidate.name, candidate.version
    if disabled_by(candidate.aliases, disabled):
        return Member.disabled(name, version)
    outcome: Answered[Checked] | Raised | Hung = Raised(candidate.problem)
    if candidate.load is not None:
        load = candidate.load
        outcome = Running(lambda: check_plugin(name, load()), f"{name} import").wait(seconds)
    if isinstance(outcome, Answered):
        return Member(name, version, outcome.value)
    if isinstance(outcome, Hung):
        wrong = finding("PSY508", plugin=name, hook="its import", seconds=seconds)
    else:
        wrong = finding("PSY501", plugin=name, problem=outcome.problem)
    return Member.unloaded(name, version, wrong, objects=may_object(candidate.module))


def _not_there(known: Collection[str], disabled: Collection[str]) -> list[Member]:
    """An entry of the report for every disabled name that means no plugin."""
    meant = disabled_by(known, disabled)
    return [
        Member.disabled(
            name,
            "",
            [finding("PSY512", "warning", plugin=name, hint=nearest(name, known) or "none")],
        )
        for name in sorted(set(disabled) - meant)
    ]
