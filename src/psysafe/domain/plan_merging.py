"""A plan and what it extends, laid over one another: the shipped base first, one's own file last.

A file holds only what differs: tables are merged key by key, lists are replaced whole. A changed
figure never keeps the origin of the figure that it replaced: whoever changes one says why, or
`check` asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from psysafe.domain.tables import Faults, Table

Data = Mapping[str, object]

#: How many plans one may stand on. The shipped ones need two; more is a mistake that nobody reads.
DEPTH: Final = 8
#: Keys that state a figure or a rule; a file that writes one of them states its origin beside it.
STATED: Final = frozenset(
    "within cap every owner fallback for on steps end holders phases situations role off"
    " value".split()
)
#: The lists of a route whose entries have the route's origin where they state none.
STEPS: Final = ("steps", "end")


def merged(base: Data, own: Data) -> dict[str, object]:
    """The base with one's own changes: tables key by key, everything else replaced whole.

    Where `own` states a figure or a rule without an origin, the base's origin goes: it spoke of
    another figure. The steps of a route that stay keep the origin that they had from it.
    """
    out = dict(base)
    if own.keys() & STATED and "origin" in out:
        spoken = out.pop("origin")
        for key in STEPS:
            out.update({key: _from(spoken, out[key])} if key in out else {})
    for key, value in own.items():
        there = out.get(key)
        both = isinstance(value, Mapping) and isinstance(there, Mapping)
        out[key] = merged(there, value) if both else value  # type: ignore[arg-type]
    return out


def _from(origin: object, steps: object) -> object:
    """Steps as they stand, each with the origin that it had from its route."""
    if not isinstance(steps, list):
        return steps
    return [{"origin": origin, **s} if isinstance(s, Mapping) else s for s in steps]


@attrs.frozen
class Layer:
    """One plan of a chain: a shipped one as `name@version`, or the school's file."""

    name: str
    data: Data = attrs.field(repr=False)

    def says(self, path: tuple[str, ...]) -> bool:
        """Whether it writes anything at a path of keys."""
        here: object = self.data
        for key in path:
            if not isinstance(here, Mapping) or key not in here:
                return False
            here = here[key]
        return True


@attrs.frozen(kw_only=True)
class Change:
    """One thing that a school says otherwise than the plan that it extends."""

    path: str
    before: object
    """None where the extended plan says nothing of it"""
    after: object
    """None where something that the extended plan said is gone"""
    origin: object = None
    """where the new value comes from, as it is written beside it; None where nothing is"""


def chain(data: Data, shipped: Mapping[str, Data], faults: Faults) -> tuple[Layer, ...]:
    """The plan and everything that it extends, one's own first.

    Notes PSY109 where `extends` names no plan of `shipped`, PSY120 where the plans extend one
    another in a circle, PSY121 where more than `DEPTH` of them stand on one another; what was
    found until there is answered.
    """
    found = [Layer(faults.file, data)]
    names: list[str] = []
    while (table := Table(found[-1].data, "", faults)).has("extends"):
        name = table.text("extends", limit=60)
        if name not in shipped:
            known = ", ".join(sorted(shipped))
            faults.add("PSY109", "extends", value=repr(name[:60]), known=known)
            break
        if name in names:
            faults.add("PSY120", "extends", plan=name)
            break
        if len(names) == DEPTH:
            faults.add("PSY121", "extends", limit=DEPTH)
            break
        names.append(name)
        found.append(Layer(name, shipped[name]))
    return tuple(found)


def whole(layers: tuple[Layer, ...]) -> dict[str, object]:
    """What a chain of plans says as one, without `extends`."""
    out: dict[str, object] = {}
    for layer in reversed(layers):
        out = merged(out, {key: value for key, value in layer.data.items() if key != "extends"})
    return out


def set_in(layers: tuple[Layer, ...], *path: str) -> str:
    """The name of the plan that last said something at a path of keys; empty where none did."""
    return next((layer.name for layer in layers if layer.says(path)), "")


def changes(layers: tuple[Layer, ...]) -> Iterator[Change]:
    """What one's own file says otherwise than the plans below it, in the file's order."""
    below = whole(layers[1:])
    own = {k: v for k, v in layers[0].data.items() if k not in ("format", "extends")}
    yield from _changes(below, merged(below, own), own, "")


def _changes(before: Data, after: Data, own: Data, path: str) -> Iterator[Change]:
    origin, told = after.get("origin"), False
    for key in (*(k for k in own if k != "origin"), *(k for k in own if k == "origin")):
        there, now, place = before.get(key), after.get(key), f"{path}.{key}" if path else key
        if isinstance(now, Mapping) and key != "origin":
            below = there if isinstance(there, Mapping) else {}
            said = own[key]
            yield from _changes(below, now, said if isinstance(said, Mapping) else {}, place)
        elif there != now and not (key == "origin" and told):
            told = True
            yield Change(path=place, before=there, after=now, origin=origin)
    if "origin" in before and origin is None:
        # What is said otherwise without a reason: `check` asks for one (PSY105).
        place = f"{path}.origin" if path else "origin"
        yield Change(path=place, before=before["origin"], after=None)
