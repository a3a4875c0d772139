"""The trail of looks at one student, as far as somebody may see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psysafe.domain.privacy import DecisionPlan, Effect, may_find
from psysafe.engine.gather import gather
from psysafe.engine.reading import journal_look, who_looked
from psysafe.engine.school import School
from psysafe.engine.sight import sight, unopposed
from psysafe.errors import NotFoundError, NotPermittedError
from psysafe.ids import Actor, StudentId
from psysafe.sensitivity import ItemClass


def looks(school: School, actor: Actor, student: StudentId, now: datetime) -> list[dict[str, Any]]:
    """The lines that the actor may see; this look is journalled before they are given.

    Whoever may not know of a case finds none here: a look is a trace of one. Raises NotFoundError,
    ConflictError PSY020 where something changed meanwhile.
    """
    gathered = gather(school, student)
    plan = sight(school, actor, gathered.world, now, purpose="oversight")
    trail = plan.of(ItemClass.AUDIT_TRAIL)
    if not trail.shown or not may_find(plan):
        raise NotFoundError
    unopposed(school, actor, plan, gathered.world, "oversight")
    found = []
    for read in who_looked(school, student):
        items = [item for item in read.items if trail.form is None or _known(plan, item)]
        if not items:
            continue
        line: dict[str, Any] = {"at": read.at, "viewer": read.viewer, "items": items}
        if trail.form is None:
            line |= {"by": read.by, "purpose": read.purpose, "rules": list(read.rules)}
        found.append(line)
    journal_look(school, actor, student, plan, (ItemClass.AUDIT_TRAIL,), now, gathered.versions)
    return found


def _known(plan: DecisionPlan, item: str) -> bool:
    """Whether somebody sees of this item at all: else its name alone would tell."""
    return plan.of(ItemClass(item)).shown


def offered(school: School, actor: Actor, student: StudentId, now: datetime) -> None:
    """Raises NotFoundError for whoever may not know, NotPermittedError PSY002 where the policy
    offers nothing for a reason."""
    plan = sight(school, actor, gather(school, student).world, now)
    if not may_find(plan):
        raise NotFoundError
    if not any(plan.of(item).effect is Effect.BREAK_GLASS for item in ItemClass):
        raise NotPermittedError("PSY002", action="break_glass")
