"""Who of a family decides, and what it says as a whole, for one student at one moment."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.care import family
from psysafe.domain.severity import severity_of
from psysafe.domain.world import World
from psysafe.ids import PersonId


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
