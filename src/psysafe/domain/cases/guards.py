"""What must be true before a step of a case: rights, states, reasons, second persons."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain.care import blocks_closing
from psysafe.domain.diagnoses import names_an_illness
from psysafe.domain.files import Case
from psysafe.domain.owing import may
from psysafe.domain.severity import Assessed, Severity, severity_of
from psysafe.domain.world import World
from psysafe.errors import (
    Finding,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.ids import Actor, CaseId, PersonId

#: Duties that go on until the case ends, so that they cannot stand against its end.
GO_ON: Final = (
    "reassess",
    "follow_up",
    "decide_closure",
    "accept_lead",
    "name_supervisor",
    "holiday_plan",
)


def live_case(world: World, case: CaseId) -> Case:
    """The student's live case of that id. Raises NotFoundError for any other."""
    found = world.file.case
    if found is None or found.id != case:
        raise NotFoundError
    return found


def in_state(case: Case, action: str, *states: str) -> None:
    """Raises InvalidMoveError PSY005 where the case is in no such state."""
    if case.lifecycle not in states:
        raise InvalidMoveError("PSY005", action=action, state=case.lifecycle)


def permitted(world: World, actor: Actor, right: str, now: datetime, action: str) -> None:
    """Raises NotPermittedError PSY002 where the plan gives the right to no role of the actor."""
    if not may(world, actor, right, now):
        raise NotPermittedError("PSY002", action=action)


def may_lead(world: World, person: PersonId, now: datetime) -> bool:
    """Whether the plan lets somebody lead the case of this student; never anybody barred."""
    held = world.holders(Actor(person), now)
    return person not in world.barred and any(world.plan.may("lead_case", one) for one in held)


def reasoned(text: str, action: str) -> None:
    """Raises InvalidMoveError PSY006 where a reason is missing."""
    if not text.strip():
        raise InvalidMoveError("PSY006", action=action)


def undiagnosed(text: str) -> None:
    """Raises InvalidDataError PSY707 where a person of the school names an illness (X14)."""
    if names_an_illness(text):
        raise InvalidDataError([Finding(code="PSY707")])


def may_lower(
    world: World, case: Case, to: Severity, actor: Actor, second: str | None, now: datetime
) -> None:
    """Lowering an *assessed* high or imminent takes two assessors; anything else takes one.

    Confirming or replacing a provisional level is not lowering. Nobody is second to themselves.
    Whoever supervises the lead is the second person for what the lead judges, and for nobody else.
    """
    held = case.assessed
    if held is None or held < Severity.HIGH or to >= held:
        return
    rights = ["assess"]
    others = [p for p in world.people("counselor", "of_grade", now) if p != actor]
    if not others:
        # A school with one counselor: the expert or the safeguarding lead, by telephone.
        rights.append("assess_second")
    able = (
        second is not None
        and second not in world.barred
        and any(
            world.plan.may(right, holder)
            for right in rights
            for holder in world.holders(Actor(second), now) - {"supervisor"}
        )
    )
    if second is not None and actor == case.lead and second == world.supervisor(now):
        able = able or world.plan.may("assess_second", "supervisor")
    if not able or second == actor:
        raise InvalidMoveError("PSY007", severity=held.value)


def closable(world: World, case: Case, now: datetime) -> None:
    """A case closes when a person has judged it at most attention for a while and nothing is owed.

    Raises InvalidMoveError PSY008 and lists what is in the way.
    """
    blocking: list[str] = []
    severity = severity_of(case.level)
    if not isinstance(case.level, Assessed) or severity is None or severity > Severity.ATTENTION:
        blocking.append("severity")
    quiet = world.plan.closure_quiet
    if case.calm_since is None or world.calendar.due(case.calm_since, quiet.within).at > now:
        blocking.append(f"calm for {quiet.within}")
    blocking += sorted(
        {f"duty {d.kind}" for d in world.file.duties if d.case == case.id and d.kind not in GO_ON}
    )
    blocking += blocks_closing(case.supervision, case.report)
    blocking += [f"referral {r.state}" for r in world.file.referrals if r.open]
    # The warning network only tells: what of it is left ends with the case.
    called = (r for r in world.file.runs if r.state == "running" and not r.goes_on)
    blocking += sorted({f"route {r.route}" for r in called})
    if blocking:
        raise InvalidMoveError("PSY008", blocking=", ".join(dict.fromkeys(blocking)))
