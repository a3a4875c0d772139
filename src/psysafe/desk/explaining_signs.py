"""Who would hear of a collective sign of a student's class, whose it would be, who would answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psysafe.domain.severity import Severity
from psysafe.domain.signs import ANSWER, EPIDEMIC, PROPOSE
from psysafe.domain.signs_owing import asked_about
from psysafe.domain.world import Around, World
from psysafe.engine.school import School


def explain_signs(
    school: School, world: World, severity: Severity | None, now: datetime
) -> dict[str, Any] | None:
    """What `[collective_signs]` would come to; None where such a student counts for none.

    Of nobody's file anything is looked at: whether somebody is counted already stands nowhere.
    """
    rule = school.plan.signs
    if rule is None or severity is None or severity < Severity.MODERATE:
        return None
    around = Around(
        roster=world.roster,
        plan=school.plan,
        calendar=school.calendar,
        school_class=world.roster.classes.get(world.standing.class_id),
    )
    asked = asked_about(around, now)
    level = min(severity, Severity.HIGH)
    propose_by = around.due(PROPOSE, level, now)
    return {
        "within": str(rule.window.within),
        "moderate": rule.moderate.value,
        "high": rule.high.value,
        "death": rule.death.value,
        "origin": str(rule.window.origin),
        "owes": list(asked["owes"]),
        "propose_by": propose_by,
        "answers": list(asked["answers"]),
        "answer_by": around.due(ANSWER, level, propose_by),
        "told": list(asked["hear"]),
        "in_figures": list(around.people(EPIDEMIC, now)),
    }
