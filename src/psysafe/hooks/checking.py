"""Checking a plugin before it is called, and what it gives before anybody uses it.

A plugin is checked by itself, with a pluggy manager of its own, so that nothing it does wrong
is visible to another one. One error sets the whole plugin aside: half a plugin is harder to
reason about than none.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs
import pluggy

from psysafe.contracts import channel, extras, storage
from psysafe.errors import Fact, Finding, FindingSeverity
from psysafe.hooks import specs
from psysafe.hooks.calling import plain_word, what_was_raised

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REASON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_ABILITIES: Final = frozenset({"durable"})


def finding(code: str, severity: FindingSeverity = "error", /, **facts: Fact) -> Finding:
    """A finding about a plugin."""
    return Finding(code=code, severity=severity, facts=facts)


def nearest(word: str, known: Collection[str]) -> str:
    """The known word that was probably meant; empty where none is near."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return near[0] if near else ""


@attrs.frozen(kw_only=True)
class Checked:
    """A plugin after the check. `manager` is None when it must not be called at all."""

    manager: pluggy.PluginManager | None
    hooks: frozenset[str]
    """Those of the seven that it implements."""
    objects: bool
    """Whether it has, or seems to mean, the objections hook."""
    findings: tuple[Finding, ...]


def _required(function: object) -> Sequence[str]:
    """The names of the arguments that a call of this function must give."""
    if not callable(function):
        return ()
    named = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind not in named]


def _faults_of_hook(
    name: str, hook: str, function: object, options: Mapping[str, Any]
) -> list[Finding]:
    """What is wrong with one marked function."""
    if options.get("wrapper") or options.get("hookwrapper"):
        return [finding("PSY509", plugin=name, hook=hook)]
    if hook not in specs.HOOKS:
        if options.get("optionalhook"):
            return []  # meant for another version of psysafe, and says so
        hint = nearest(hook, specs.HOOKS) or "see the hook reference"
        return [finding("PSY503", plugin=name, hook=plain_word(hook), hint=hint)]
    wrong = [a for a in _required(function) if a not in specs.HOOKS[hook]]
    return [finding("PSY504", plugin=name, hook=hook, argument=plain_word(a)) for a in wrong]


def _unmarked(plugin: object, attributes: Collection[str]) -> list[str]:
    """Hooks by name that carry no mark. A specification that was imported is not one."""
    found = []
    for hook in specs.HOOKS:
        if hook in attributes:
            function = inspect.getattr_static(plugin, hook)
            if not hasattr(function, f"{specs.GROUP}_spec"):
                found.append(hook)
    return found


def check_plugin(name: str, plugin: object) -> Checked:
    """Look at a plugin's hooks without calling any. Never raises."""
    try:
        return _check_plugin(name, plugin)
    except Exception as error:
        wrong = finding("PSY501", plugin=name, problem=what_was_raised(error))
        return Checked(manager=None, hooks=frozenset(), objects=True, findings=(wrong,))


def _check_plugin(name: str, plugin: object) -> Checked:
    manager = pluggy.PluginManager(specs.GROUP)
    manager.add_hookspecs(specs)
    marked: set[str] = set()
    bare = set(dir(plugin))
    faults: list[Finding] = []
    for attribute in sorted(bare):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            continue
        bare.discard(attribute)
        hook = options.get("specname") or attribute
        marked.add(hook)
        faults += _faults_of_hook(name, hook, getattr(plugin, attribute), options)
    forgotten = _unmarked(plugin, bare)
    faults += [finding("PSY511", plugin=name, hook=hook) for hook in forgotten]
    if not marked and not forgotten:
        faults.append(finding("PSY511", plugin=name, hook="none at all"))
    if not faults:
        faults += _registered(manager, name, plugin)
    alike = {hook for hook in bare if hook.startswith(f"{specs.GROUP}_")}
    meant = marked | {nearest(hook, specs.HOOKS) for hook in marked | alike}
    return Checked(
        manager=None if faults else manager,
        hooks=frozenset(marked & set(specs.HOOKS)),
        objects=specs.OBJECTIONS in meant,
        findings=tuple(faults),
    )


def _registered(manager: pluggy.PluginManager, name: str, plugin: object) -> list[Finding]:
    """Register the plugin; what pluggy itself objects to, which `_faults_of_hook` did not see."""
    try:
        manager.register(plugin, name=name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        return [finding("PSY501", plugin=name, problem=what_was_raised(error))]
    return []


AnyRecord = (
    storage.StorageRecord
    | channel.ChannelRecord
    | extras.ScaleRecord
    | extras.CalendarRecord
    | extras.VaultRecord
)


@attrs.frozen
class Kind:
    """One kind of record: the hook that gives it, its class, the contract that is spoken here.

    `fields` says of each further field what it must be, in words and as a test.
    """

    name: str
    hook: str
    record: type[Any]
    contract: int
    fields: Mapping[str, tuple[str, Callable[[object], bool]]]


def _callable(value: object) -> bool:
    return callable(value)


def _callable_or_none(value: object) -> bool:
    return value is None or callable(value)


def _mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _yes_or_no(value: object) -> bool:
    return isinstance(value, bool)


def _abilities(value: object) -> bool:
    return isinstance(value, frozenset) and value <= _ABILITIES


_OPEN: Final = ("function", _callable)

#: The five kinds of record, by their word.
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                "storage",
                specs.psysafe_storages.__name__,
                storage.StorageRecord,
                storage.CONTRACT,
                {"open": _OPEN, "abilities": ("frozenset of abilities", _abilities)},
            ),
            Kind(
                "channel",
                specs.psysafe_channels.__name__,
                channel.ChannelRecord,
                channel.CONTRACT,
                {"open": _OPEN, "version": ("str", _text), "http": ("bool", _yes_or_no)},
            ),
            Kind(
                "scale",
                specs.psysafe_scales.__name__,
                extras.ScaleRecord,
                extras.SCALE_CONTRACT,
                {"definition": ("Mapping", _mapping)},
            ),
            Kind(
                "calendar",
                specs.psysafe_calendars.__name__,
                extras.CalendarRecord,
                extras.CALENDAR_CONTRACT,
                {"year": ("function", _callable)},
            ),
            Kind(
                "vault",
                specs.psysafe_vaults.__name__,
                extras.VaultRecord,
                extras.VAULT_CONTRACT,
                {"open": _OPEN, "keys": ("function or None", _callable_or_none)},
            ),
        )
    }
)


def _type_of(value: object) -> str:
    return plain_word(type(value).__name__)


def _items(
    plugin: str, answers: Sequence[object], expected: str
) -> tuple[list[Any], list[Finding]]:
    """What all lists together hold, and a finding for every answer that is no list."""
    items: list[Any] = []
    faults: list[Finding] = []
    for answer in answers:
        if isinstance(answer, list | tuple):
            items.extend(answer)
            continue
        if inspect.iscoroutine(answer):
            answer.close()  # it will never run; without this Python warns about it, out of place
        faults.append(finding("PSY505", plugin=plugin, found=_type_of(answer), expected=expected))
    return items, faults


def _faults_of_record(plugin: str, kind: Kind, given: Any) -> list[Finding]:
    """What is wrong with one record; the contract first, for it says what the rest means."""
    expected = kind.record.__name__
    if not isinstance(given, kind.record):
        return [finding("PSY505", plugin=plugin, found=_type_of(given), expected=expected)]
    contract: object = given.contract
    if type(contract) is not int:
        found = f"{expected}.contract as {_type_of(contract)}"
        return [finding("PSY505", plugin=plugin, found=found, expected="int")]
    if contract != kind.contract:
        return [
            finding("PSY507", plugin=plugin, found=contract, kind=kind.name, known=kind.contract)
        ]
    if not isinstance(given.name, str) or not _NAME.fullmatch(given.name):
        found = f"{expected}.name that is no code"
        return [finding("PSY505", plugin=plugin, found=found, expected="name")]
    return [
        finding(
            "PSY505",
            plugin=plugin,
            found=f"{expected}.{field} as {_type_of(getattr(given, field))}",
            expected=words,
        )
        for field, (words, fits) in kind.fields.items()
        if not fits(getattr(given, field))
    ]


def read_records(
    plugin: str, kind: Kind, answers: Sequence[object]
) -> tuple[tuple[AnyRecord, ...], tuple[Finding, ...]]:
    """The records that a plugin gives of one kind, and what is wrong with them.

    `answers` are the return values of its hook functions, None included.
    """
    items, faults = _items(plugin, answers, kind.record.__name__)
    for given in items:
        faults += _faults_of_record(plugin, kind, given)
    return tuple(items) if not faults else (), tuple(faults)


@attrs.frozen(kw_only=True)
class ReadObjections:
    """What a plugin objects to. `failed`: something in it was no objection at all."""

    objections: tuple[extras.Objection, ...]
    failed: bool
    findings: tuple[Finding, ...]


def _is_objection(given: object) -> bool:
    return (
        isinstance(given, extras.Objection)
        and isinstance(given.key, str)
        and given.wish in ("deny", "lower")
        and isinstance(given.reason, str)
        and _REASON.fullmatch(given.reason) is not None
    )


def read_objections(
    plugin: str, keys: Collection[str], answers: Sequence[object]
) -> ReadObjections:
    """The objections in a plugin's answer to a batch with these keys.

    What is no objection makes the plugin a failed one; its good objections still count. An
    objection to something that was not asked is left out and reported.
    """
    expected = extras.Objection.__name__
    items, faults = _items(plugin, answers, expected)
    good: list[extras.Objection] = []
    failed = bool(faults)
    for given in items:
        if not _is_objection(given):
            failed = True
            found = _type_of(given)
            if isinstance(given, extras.Objection):
                found = f"{expected} with a wish or reason that is no code"
            faults.append(finding("PSY505", plugin=plugin, found=found, expected=expected))
        elif given.key in keys:
            good.append(given)
        else:
            found = f"{expected} to something that was not asked"
            faults.append(
                finding("PSY505", "warning", plugin=plugin, found=found, expected=expected)
            )
    return ReadObjections(objections=tuple(good), failed=failed, findings=tuple(faults))


def read_nothing(plugin: str, answers: Sequence[object]) -> tuple[Finding, ...]:
    """Findings for an observer that returned something: it expects an effect that it has not."""
    given = [answer for answer in answers if answer is not None]
    for answer in given:
        if inspect.iscoroutine(answer):
            answer.close()
    return tuple(
        finding("PSY505", plugin=plugin, found=_type_of(answer), expected="None")
        for answer in given
    )
