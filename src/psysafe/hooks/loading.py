"""Finding the plugins that are installed, without running any of their code yet.

A distribution announces its plugins under the entry-point group `psysafe`. Distributions are
read one at a time: damaged metadata of one hides no other. Nothing is loaded here; a
`Candidate` knows how to load itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from psysafe.hooks.calling import plain_word, what_was_raised
from psysafe.hooks.specs import GROUP, OBJECTIONS

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_MOST_FILES: Final = 500
_MOST_BYTES: Final = 5_000_000


@attrs.frozen(kw_only=True)
class Candidate:
    """An installed plugin that was not loaded yet.

    `aliases` are the names under which the settings may disable it. `problem` says why it
    cannot even be tried; then `load` is None.
    """

    name: str
    version: str
    aliases: frozenset[str]
    module: str
    load: Callable[[], object] | None
    problem: str = ""


@attrs.frozen(kw_only=True)
class _Announced:
    distribution: str
    version: str
    name: str
    value: str
    load: Callable[[], object] | None
    problem: str = ""


def same_name(name: str) -> str:
    """A distribution's name in its one form, by the packaging rules (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def disabled_by(aliases: Collection[str], disabled: Collection[str]) -> frozenset[str]:
    """Those of the disabled names that mean a plugin with these aliases."""
    known = {same_name(alias) for alias in aliases}
    return frozenset(name for name in disabled if same_name(name) in known)


def _announces(distribution: Distribution) -> bool:
    """Whether a distribution has plugins at all; asked first, so that a damaged one which has
    nothing to do with psysafe disturbs nobody."""
    text = distribution.read_text("entry_points.txt") or ""
    return re.search(rf"^\s*\[\s*{GROUP}\s*\]", text, re.MULTILINE) is not None


def _announced(distribution: Distribution) -> tuple[_Announced, ...]:
    """The plugins that one distribution announces. May raise anything: its files may be damaged."""
    if not _announces(distribution):
        return ()
    return tuple(
        _Announced(
            distribution=plain_word(str(distribution.metadata["Name"])),
            version=plain_word(str(distribution.metadata["Version"])),
            name=plain_word(entry.name),
            value=entry.value,
            load=entry.load,
        )
        for entry in distribution.entry_points
        if entry.group == GROUP
    )


def _damaged(distribution: Distribution) -> str:
    """What to call a distribution whose entry points cannot be read."""
    try:
        return plain_word(str(distribution.metadata["Name"]))
    except Exception:
        return "a damaged distribution"  # nameless, but the report still shows it


def _readable() -> Iterator[_Announced]:
    from importlib.metadata import distributions

    seen: set[str] = set()
    for distribution in distributions():
        try:
            found = _announced(distribution)
        except Exception as error:
            name, problem = _damaged(distribution), what_was_raised(error)
            yield _Announced(
                distribution=name, version="", name=name, value="", load=None, problem=problem
            )
            continue
        # The same distribution further down sys.path is not the one that an import would find.
        names = {same_name(each.distribution) for each in found}
        if not names & seen:
            yield from found
        seen |= names


def discover() -> tuple[Candidate, ...]:
    """Every installed plugin, by name.

    A plugin is called as its entry point is; where two distributions use one entry-point name,
    both are called `DISTRIBUTION:NAME`. It can be disabled under either name.
    """
    announced = tuple(_readable())
    uses = Counter(each.name for each in announced)
    candidates = []
    for each in announced:
        full = f"{each.distribution}:{each.name}"
        name = each.name if uses[each.name] == 1 else full
        candidates.append(
            Candidate(
                name=name,
                version=each.version,
                aliases=frozenset({name, full, each.distribution}),
                module=each.value.partition(":")[0].strip(),
                load=each.load,
                problem=each.problem,
            )
        )
    return tuple(sorted(candidates, key=lambda each: each.name))


def _sources(module: str) -> Iterator[Path]:
    """The Python files of a module's outermost package, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec(module.partition(".")[0])
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        yield from Path(folder).rglob("*.py")
    if spec.submodule_search_locations is None and spec.origin and spec.origin.endswith(".py"):
        yield Path(spec.origin)


def may_object(module: str) -> bool:
    """Whether a plugin that could not be loaded may be one that objects to disclosures.

    Only a look at its source can tell. If no file of its package mentions the objections hook,
    the failure costs what the plugin gives and no more; in every other case (it does, or the
    source cannot be read, or is too long) the caller must take it that there was an objection.
    """
    read = 0
    try:
        for number, file in enumerate(_sources(module), start=1):
            text = file.read_bytes()
            read += len(text)
            too_much = number > _MOST_FILES or read > _MOST_BYTES
            if too_much or OBJECTIONS.encode() in text:
                return True
    except Exception:
        # What cannot be read may hold an objection; the load failure itself is in the report.
        return True
    return read == 0
