"""One plugin with everything that is known about it, and the only place that calls it.

A member is *set aside* when it fails before or while it is collected: then it gives nothing and
is never called. A hook that hung later is *silent*: that hook of that plugin is not called any
more in this process, so nobody waits for it twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import pluggy

from psysafe.errors import Finding
from psysafe.hooks.calling import Answered, Hung, Raised, Running, call_here
from psysafe.hooks.checking import KINDS, AnyRecord, Checked, Kind, finding, read_records
from psysafe.hooks.report import Given, PluginReport, PluginState
from psysafe.hooks.specs import HOOKS, OBJECTIONS

T = TypeVar("T")
#: A plugin that fails at every event would fill the memory with findings; these show the pattern.
MOST_FINDINGS: Final = 20

_log = logging.getLogger("psysafe.hooks")


class Member:
    """A plugin among the others. Safe to use from several threads."""

    def __init__(
        self, name: str, version: str, checked: Checked | None, *, trusted: bool = False
    ) -> None:
        """`checked` is None for a plugin that is disabled or could not be loaded.

        `trusted` plugins are psysafe's own: they are collected without a time limit.
        """
        self.name = name
        self.version = version
        self.records: tuple[tuple[Kind, AnyRecord], ...] = ()
        self._trusted = trusted
        self._lock = threading.Lock()
        self._manager: pluggy.PluginManager | None = checked.manager if checked else None
        self._hooks = checked.hooks if checked else frozenset()
        self._objects = checked.objects if checked else False
        self._state = PluginState.OK
        self._findings: list[Finding] = []
        self._failures = 0
        self._silent: set[str] = set()
        if checked is not None and checked.findings:
            self.set_aside(checked.findings)

    @classmethod
    def disabled(cls, name: str, version: str, findings: Sequence[Finding] = ()) -> Member:
        """A plugin that the school switched off: not loaded, and nobody waits for its word."""
        member = cls(name, version, None)
        member._state = PluginState.DISABLED
        member._findings = list(findings)
        return member

    @classmethod
    def unloaded(cls, name: str, version: str, wrong: Finding, *, objects: bool) -> Member:
        """A plugin that could not be loaded; `objects`: it may be one that would have objected."""
        member = cls(name, version, None)
        member._objects = objects
        member.set_aside([wrong])
        return member

    @property
    def may_object(self) -> bool:
        """Whether disclosures have to wait for this plugin, or to count it as failed."""
        with self._lock:
            if self._manager is not None:
                return OBJECTIONS in self._hooks
            return self._objects and self._state is not PluginState.DISABLED

    def answers(self, hook: str) -> bool:
        """Whether this hook of the plugin is there and still called."""
        with self._lock:
            here = self._manager is not None and hook in self._hooks
            return here and hook not in self._silent

    def set_aside(self, findings: Iterable[Finding]) -> None:
        """Use nothing of this plugin and never call it again."""
        with self._lock:
            self._state = PluginState.QUARANTINED
            self._manager = None
            self.records = ()
            for each in findings:
                self._note(each)

    def clashes(self, wrong: Finding) -> None:
        """Note that another plugin gives the same name. The rest of this one stays in use."""
        with self._lock:
            if self._state is PluginState.OK:
                self._state = PluginState.CLASH
            self._note(wrong)

    def failed(self, hook: str, outcome: Raised | Hung, seconds: float) -> None:
        """Note a failure while the school is running; after a hang the hook is silent."""
        with self._lock:
            self._failures += 1
            if isinstance(outcome, Hung):
                self._silent.add(hook)
                self._state = PluginState.QUARANTINED
            self._note(self._what_failed(hook, outcome, seconds))

    def answered_wrongly(self, findings: Sequence[Finding]) -> None:
        """Note what was wrong with an answer that came while the school is running."""
        if findings:
            with self._lock:
                self._failures += 1
                for each in findings:
                    self._note(each)

    def collect(self, seconds: float) -> None:
        """Ask for the plugin's records, each kind within `seconds`. One fault sets it aside."""
        gathered: list[tuple[Kind, AnyRecord]] = []
        for kind in KINDS.values():
            if not self.answers(kind.hook):
                continue
            outcome = self._asked_for(kind, seconds)
            if not isinstance(outcome, Answered):
                self.set_aside([self._what_failed(kind.hook, outcome, seconds)])
                return
            records, faults = outcome.value
            if faults:
                self.set_aside(faults)
                return
            gathered += [(kind, record) for record in records]
        self.records = tuple(gathered)

    def _asked_for(
        self, kind: Kind, seconds: float
    ) -> Answered[tuple[tuple[AnyRecord, ...], tuple[Finding, ...]]] | Raised | Hung:
        def read(answers: Sequence[object]) -> tuple[tuple[AnyRecord, ...], tuple[Finding, ...]]:
            return read_records(self.name, kind, answers)

        if self._trusted:
            return call_here(self._call(kind.hook, read))
        return self.start(kind.hook, read).wait(seconds)

    def start(
        self, hook: str, read: Callable[[Sequence[object]], T], **arguments: object
    ) -> Running[T]:
        """Call one hook in a thread of its own. `read` makes sense of the answers there as well,
        because looking at what a plugin made may run the plugin's code."""
        return Running(self._call(hook, read, **arguments), f"{self.name} {hook}")

    def _call(
        self, hook: str, read: Callable[[Sequence[object]], T], **arguments: object
    ) -> Callable[[], T]:
        manager = self._manager

        def call() -> T:
            if manager is None:
                raise RuntimeError("a plugin that was set aside is not called")
            caller = getattr(manager.hook, hook)
            answers: list[object] = list(caller(**arguments))
            # pluggy leaves None out. A hook that forgot its `return` must be seen.
            answers += [None] * (len(caller.get_hookimpls()) - len(answers))
            return read(answers)

        return call

    def report(self) -> PluginReport:
        """This plugin as it stands now."""
        given = sorted((kind.name, record.name, record.contract) for kind, record in self.records)
        with self._lock:
            return PluginReport(
                name=self.name,
                version=self.version,
                kinds=tuple(h.removeprefix("psysafe_") for h in HOOKS if h in self._hooks),
                given=tuple(Given(*each) for each in given),
                state=self._state,
                findings=tuple(self._findings),
                failures=self._failures,
            )

    def _what_failed(self, hook: str, outcome: Raised | Hung, seconds: float) -> Finding:
        if isinstance(outcome, Hung):
            return finding("PSY508", plugin=self.name, hook=hook, seconds=seconds)
        return finding("PSY502", plugin=self.name, hook=hook, problem=outcome.problem)

    def _note(self, wrong: Finding) -> None:
        _log.warning(
            "a plugin is not as it should be", extra={"plugin": self.name, "code": wrong.code}
        )
        if wrong not in self._findings and len(self._findings) < MOST_FINDINGS:
            self._findings.append(wrong)
