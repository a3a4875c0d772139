"""Who may see what of one student now: hats, states and objections brought to one decision plan.

The one place where facts become a privacy decision; views, lists, messages and checks of
existence all come through here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psysafe.contracts.extras import ObjectionRequest
from psysafe.domain.bars import barred_by
from psysafe.domain.disclosure import handed_to, offer_hats
from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.files import StudentFile
from psysafe.domain.handovers import kept_by
from psysafe.domain.people import ENDED, OFFER, Hat, Roster, Standing, hats
from psysafe.domain.privacy import (
    Action,
    DecisionPlan,
    ItemObjection,
    State,
    StateFacts,
    may_name,
    plan_decisions,
    privacy_states,
)
from psysafe.domain.privacy_facts import SubjectFacts, facts_of, relatives
from psysafe.domain.privacy_states import ENDED_LIFECYCLES
from psysafe.domain.severity import Level, Provisional, severity_of
from psysafe.domain.world import World
from psysafe.engine.cards import CaseCard
from psysafe.engine.school import School
from psysafe.errors import NotPermittedError
from psysafe.ids import Actor, CaseId, PersonId, StudentId
from psysafe.sensitivity import ItemClass, Trust

#: How long plugins may take over one disclosure, in seconds.
OBJECTION_SECONDS = 1.0
#: How a student is seen of whom nothing is known.
NOTHING_KNOWN: Final = frozenset({State.ROUTINE})


def states_of(
    lifecycle: str,
    level: Level | None,
    declared: bool,
    lowered: datetime | None,
    now: datetime,
    *,
    stood_down: bool = False,
    report: bool = False,
    referral: bool = False,
) -> frozenset[State]:
    """The privacy states of a case in plain facts."""
    severity = severity_of(level) if level is not None else None
    ended = lifecycle in ENDED_LIFECYCLES
    facts = StateFacts(
        live=lifecycle != "none" and not ended,
        lifecycle=lifecycle,  # type: ignore[arg-type]  # one of the machine's own words
        severity=severity.value if severity is not None else "not_assessed",
        provisional=isinstance(level, Provisional),
        declared=declared,
        lowered_at=lowered,
        stood_down=stood_down,
        referral_active=referral,
        report_due=report,
        now=now,
    )
    return privacy_states(facts)


def file_states(file: StudentFile, now: datetime) -> frozenset[State]:
    """The privacy states of a student by the file."""
    case = file.case
    if case is None:
        return states_of("none", None, False, None, now)
    return states_of(
        case.lifecycle,
        case.level,
        case.declared is not None,
        case.lowered,
        now,
        stood_down=case.stood_down is not None and case.declared is None,
        report=file.reported,
        referral=file.referred,
    )


#: Helpers whose row of the matrix speaks of students who were handed to them.
_HELPERS: Final = frozenset({"counseling_expert"})


def without_referral(states: frozenset[State], worn: Sequence[Hat]) -> frozenset[State]:
    """The states for somebody who is only a helper by role, and to whom nothing was handed on.

    That a student is being handed to one helper opens nothing for another.
    """
    by_role = all(hat.viewer in _HELPERS and hat.relation != OFFER for hat in worn)
    return states - {State.REFERRAL} if by_role else states


def received_only(worn: Sequence[Hat]) -> bool:
    """Whether somebody is to this student nothing but a house outside that got an offer."""
    return bool(worn) and all(
        hat.relation == OFFER and not hat.viewer.startswith("counselor_") for hat in worn
    )


def line_of(plan: DecisionPlan, case: CaseId, student: StudentId) -> dict[str, Any]:
    """A case by its id, and its student's for whoever may know which student it is."""
    return {"case": case, "student": student} if may_name(plan) else {"case": case}


def states_for(actor: Actor, file: StudentFile, now: datetime) -> frozenset[State]:
    """The states in which the matrix is read for somebody.

    For whoever is barred the student is one of whom nothing is known (X1): what they may see of
    every student they go on seeing, and no case makes it more or less.
    """
    return NOTHING_KNOWN if actor in barred_by(file.bars) else file_states(file, now)


def hats_of(actor: Actor, world: World, now: datetime) -> tuple[Hat, ...]:
    """Every hat that the actor wears towards this student."""
    barred = actor in world.barred
    known = frozenset[PersonId]() if barred else world.file.accompanying()
    on_duty = (world.without_bars if barred else world).on_duty("duty_adult", now)
    if on_duty is None:
        on_duty = tuple(known)  # no roster says so: whoever of them has something to do here
    if handed_to(world, actor, now):
        known |= {PersonId(actor)}
    worn = hats(actor, world.standing, world.roster, known, now, on_duty)
    worn += offer_hats(world, actor, now)
    kept = kept_by(world, actor, now)
    if kept is None:
        return worn
    over = Hat(viewer="homeroom_teacher", relation=ENDED, since=kept.listed, until=kept.due)
    return (*worn, over)


def sight(
    school: School,
    actor: Actor,
    world: World,
    now: datetime,
    *,
    purpose: str = "care",
    action: Action = Action.READ,
    trust: Trust | None = None,
    objections: frozenset[ItemObjection] = frozenset(),
) -> DecisionPlan:
    """What the actor may see of this student."""
    worn = hats_of(actor, world, now)
    return plan_decisions(
        school.policy,
        worn,
        without_referral(states_for(actor, world.file, now), worn),
        purpose=purpose,
        at=now,
        action=action,
        trust=trust,
        objections=objections,
        barred=actor in world.barred,
        about=facts_of(actor, world, now),
    )


def card_sight(
    school: School,
    actor: Actor,
    card: CaseCard,
    roster: Roster,
    duty: DutyRoster,
    now: datetime,
) -> DecisionPlan:
    """What the actor may see of a line of a list, by the card alone."""
    about = Standing(
        student=card.student,
        grade=card.grade,
        class_id=card.class_id,  # type: ignore[arg-type]  # a class id, kept as plain text
        since=card.placed,
        campus=card.campus,
    )
    barred = actor in card.barred
    known = frozenset[PersonId]() if barred else frozenset(card.accompanying)
    on_duty = duty.on_duty("duty_adult", roster, about, now, () if barred else card.barred)
    if on_duty is None:
        on_duty = tuple(known)
    worn = hats(actor, about, roster, known, now, on_duty)
    return plan_decisions(
        school.policy,
        worn,
        NOTHING_KNOWN if barred else without_referral(_card_states(card, now), worn),
        purpose="care",
        at=now,
        action=Action.LIST,
        barred=barred,
        about=SubjectFacts(relative=actor in relatives(card.lines, roster)),
    )


def _card_states(card: CaseCard, now: datetime) -> frozenset[State]:
    return states_of(
        card.lifecycle,
        card.level,
        card.declared,
        card.lowered,
        now,
        stood_down=card.stood_down,
        report=card.reported,
        referral=card.referred,
    )


def hat_of(plan: DecisionPlan) -> str:
    """The viewer code of the hat in which somebody may know of a case; `none` without a hat."""
    for item in (ItemClass.RISK_LEVEL, ItemClass.CRISIS_FLAG, ItemClass.DISPLAY_NAME):
        hat = plan.of(item).hat
        if plan.of(item).shown and hat is not None:
            return hat.viewer
    return "none"


def unopposed(school: School, actor: Actor, plan: DecisionPlan, world: World, purpose: str) -> None:
    """Ask the plugins about a view. Raises NotPermittedError PSY703 where one objects or failed."""
    shown = tuple(item.value for item, made in plan.decisions.items() if made.shown)
    viewer = hat_of(plan)
    request = ObjectionRequest(
        key="view",
        kind="view",
        receiver=actor,
        viewer=viewer,
        student=world.student.id,
        items=shown,
        purpose=purpose,
    )
    answer = school.plugins.objections([request], seconds=OBJECTION_SECONDS)
    if answer.wish(request) is not None:
        raise NotPermittedError("PSY703", plugin=", ".join(answer.failed_plugins) or "objection")


def opposed_cards(
    school: School, actor: Actor, lines: Sequence[tuple[CaseCard, DecisionPlan]]
) -> frozenset[str]:
    """The cases of a list that plugins want left out; all of them where a plugin failed."""
    requests = [
        ObjectionRequest(
            key=card.case,
            kind="view",
            receiver=actor,
            viewer=hat_of(plan),
            student=card.student,
            items=tuple(item.value for item, made in plan.decisions.items() if made.shown),
            purpose="care",
        )
        for card, plan in lines
    ]
    answer = school.plugins.objections(requests, seconds=OBJECTION_SECONDS)
    return frozenset(r.key for r in requests if answer.wish(r) is not None)
