"""A plan and what it extends, laid over one another: the shipped base first, one's own file last.

A file holds only what differs: tables are merged key by key, lists are replaced whole. A changed
figure never keeps the origin of the figure that it replaced: whoever changes one says why, or
`check` asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from psysafe.domain.tables import Faults, Table

Data = Mapping[str, object]

#: How many plans one may stand on. The shipped ones need two; more is a mistake that nobody reads.
DEPTH: Final = 8
#: Keys that state a figure or a rule; a file that writes one of them states its origin beside it.
STATED: Final = frozenset(
    "within cap every fallback for on steps end holders phases situations role off value".split()
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


def chain(data: Data, shipped: Mapping[str, Data], faults: Faults) -> tuple[Data, ...]:
    """The plan and everything that it extends, one's own first.

    Notes PSY109 where `extends` names no plan of `shipped`, PSY120 where the plans extend one
    another in a circle, PSY121 where more than `DEPTH` of them stand on one another; what was
    found until there is answered.
    """
    found = [data]
    names: list[str] = []
    while Table(found[-1], "", faults).has("extends"):
        name = Table(found[-1], "", faults).text("extends", limit=60)
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
        found.append(shipped[name])
    return tuple(found)


def whole(plans: tuple[Data, ...]) -> dict[str, object]:
    """What a chain of plans says as one, without `extends`."""
    out: dict[str, object] = {}
    for data in reversed(plans):
        out = merged(out, {key: value for key, value in data.items() if key != "extends"})
    return out
