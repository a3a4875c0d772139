"""Who of a family decides, and what it says as a whole, for one student at one moment."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

import attrs

from psysafe.domain.calendar import AT_ONCE
from psysafe.domain.care import family
from psysafe.domain.severity import severity_of
from psysafe.domain.world import World
from psysafe.ids import PersonId

#: In which order those who may hear of it are tried: whoever decides first (suggestion).
_ORDER: Final = ("legal_guardian", "carer", "emergency_contact")


@attrs.frozen(kw_only=True)
class NextTry:
    """Whom to telephone next, and by when."""

    guardian: PersonId
    by: datetime


def next_try(w: World, now: datetime) -> NextTry | None:
    """Who of a family is tried next and by when, while a guardian must still be told (C6.2).

    By the plan's `tell_guardian_try`: the first try `within`, the next `every` so often, over all
    who are not barred: those with the right to decide, then carers and emergency contacts, and
    again from the first. None where nobody need be told, or nobody is there to be tried.
    """
    case, owed = w.file.live_case, w.file.owed("tell_guardian")
    if case is None or not owed:
        return None
    duty = min(owed, key=lambda d: d.opened)
    tried = [a for a in case.guardian_attempts if a.at >= duty.opened]
    there = [g for g in w.student.guardians if g.holds(now) and g.id not in w.barred]
    there.sort(key=lambda g: _ORDER.index(g.kind) if g.kind in _ORDER else len(_ORDER))
    if not there:
        return None
    times = Counter(a.guardian for a in tried)
    one = min(there, key=lambda g: times[g.id])
    deadline = w.plan.deadline("tell_guardian_try", duty.severity)
    since, within = duty.opened, deadline.within
    if tried:
        since, within = max(a.at for a in tried), deadline.every or AT_ONCE
    return NextTry(guardian=one.id, by=w.calendar.due(since, within).at)


def deciding(w: World, now: datetime) -> frozenset[PersonId]:
    """The guardians with the right to decide who are not barred."""
    return frozenset(
        g.id
        for g in w.student.guardians
        if g.kind == "legal_guardian" and g.holds(now) and g.id not in w.barred
    )


def family_says(w: World, now: datetime) -> str:
    """What the family of the live case says as a whole."""
    case = w.file.live_case
    if case is None:
        return "open"
    return family(case.guardians, deciding(w, now), severity_of(case.level))
