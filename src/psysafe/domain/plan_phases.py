"""Looking the phases of a plan over: is there one for today, do they leave gaps or overlap?

A gap switches nothing off, and of two phases the later begun counts, so neither is dangerous; but
both are mostly a date that somebody mistyped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from psysafe.domain.plan import Phase, Plan
from psysafe.errors import Fact, Finding

_DAY = timedelta(days=1)


def check_phases(plan: Plan, today: date) -> Iterator[Finding]:
    """PSY127: no phase holds today. PSY128: a gap. PSY129: an overlap. PSY130: an unknown phase.

    A plan whose activities do not depend on a phase needs none.
    """
    known = {name for a in plan.activities.values() for name in a.phases}
    if known and not any(phase.covers(today) for phase in plan.phases):
        yield Finding(code="PSY127", severity="warning", facts={"day": today.isoformat()})
    for index, phase in enumerate(plan.phases):
        path: dict[str, Fact] = {"path": f"phase[{index}]"}
        if known and phase.id not in known:
            facts: dict[str, Fact] = {"phase": phase.id, "known": ", ".join(sorted(known))}
            yield Finding(code="PSY130", severity="warning", where=path, facts=facts)
        yield from _after(plan, phase, path)
        for other in plan.phases[:index]:
            if _overlap(phase, other):
                told: dict[str, Fact] = {
                    "phase": phase.id,
                    "other": other.id,
                    "since": max(phase.from_, other.from_).isoformat(),
                    "place": _place(phase),
                }
                yield Finding(code="PSY129", severity="warning", where=path, facts=told)


def _place(phase: Phase) -> str:
    return ", ".join(([phase.campus] if phase.campus else []) + list(phase.grades)) or "*"


def _after(plan: Plan, phase: Phase, path: dict[str, Fact]) -> Iterator[Finding]:
    """The gap behind a phase that ends, where another one of the same place begins later."""
    if phase.until is None:
        return
    free = phase.until + _DAY
    alike = [p for p in plan.phases if _contains(p, phase)]
    later = [p.from_ for p in alike if p.from_ > free]
    if later and not any(p.covers(free) for p in alike):
        facts: dict[str, Fact] = {
            "since": free.isoformat(),
            "until": (min(later) - _DAY).isoformat(),
            "place": _place(phase),
        }
        yield Finding(code="PSY128", severity="warning", where=path, facts=facts)


def _contains(outer: Phase, inner: Phase) -> bool:
    """Whether one phase holds wherever the other does."""
    campus = outer.campus is None or outer.campus == inner.campus
    return campus and (not outer.grades or set(inner.grades or ("*",)) <= set(outer.grades))


def _overlap(one: Phase, other: Phase) -> bool:
    """Whether two phases of one rank are given for one day and one place.

    A phase without an end lasts until another one begins: that is no overlap.
    """
    if one.rank[0] != other.rank[0]:
        return False
    first, second = sorted((one, other), key=lambda phase: phase.from_)
    meet = first.from_ == second.from_ or (first.until is not None and first.until >= second.from_)
    campus = None in (one.campus, other.campus) or one.campus == other.campus
    grades = not one.grades or not other.grades or bool(set(one.grades) & set(other.grades))
    return meet and campus and grades
