"""What a receiver finds of what is offered to them: a teaser without a name, then what is opened.

Whose time is up, from whom it was taken back, or on whose student a consent fell away, finds
nothing, and is answered as if there had never been anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.contracts.storage import Query
from psysafe.domain.consents import PURPOSE_OF
from psysafe.domain.disclosure import answer_by, offer_hat, offers_to
from psysafe.domain.privacy import DecisionPlan, plan_decisions
from psysafe.domain.privacy_facts import facts_of
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.engine.cards_offers import OfferCard
from psysafe.engine.committing import TRIES
from psysafe.engine.gather import Gathered, every_page, gather, readable, student_of_offer
from psysafe.engine.reading import MOST, journal_list, journal_look
from psysafe.engine.school import School
from psysafe.engine.sight import file_states, unopposed
from psysafe.engine.views import full_of, number_to_call, redacted_of
from psysafe.errors import ConflictError, NotFoundError
from psysafe.ids import Actor, OfferId
from psysafe.sensitivity import ItemClass

_I = ItemClass
PURPOSE: Final = "referral"


def teaser(world: World, referral: Referral, offer: Offer) -> dict[str, Any]:
    """What stands on an offer before it is opened: what is asked, how urgent, whom to call."""
    case = world.file.live_case
    severity = severity_of(case.level) if case is not None else None
    found: dict[str, Any] = {
        "offer": offer.id,
        "state": offer.state,
        "asked_for": PURPOSE_OF[offer.role],
        "urgent": severity is None or severity >= Severity.HIGH,
        "basis": referral.basis,
        "offered": offer.offered,
        "from": offer.by,
        "telephone": number_to_call(world),
    }
    if offer.waiting:
        found["due"] = answer_by(world.file, offer)
    return found


def list_offers(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """What is offered to the actor and has not ended, soonest first. A name stands in none."""
    query = Query(index="owner", prefixes=(("offer", actor, "open"),), limit=MOST)
    students = {card.student for _, card in readable(school, every_page(school, query), OfferCard)}
    found = []
    for student in sorted(students):
        world = gather(school, student).world
        found += [teaser(world, r, one) for r, one in offers_to(world, actor, now)]
    journal_list(school, actor, "offers", now)
    return sorted(found, key=lambda line: (line.get("due", line["offered"]), line["offer"]))


def read_offer(school: School, actor: Actor, offer: OfferId, now: datetime) -> dict[str, Any]:
    """One offer as its receiver may see it. Raises NotFoundError for everybody else."""
    student = student_of_offer(school, offer)
    for _ in range(TRIES):
        gathered = gather(school, student)
        mine = offers_to(gathered.world, actor, now)
        held = next(((r, one) for r, one in mine if one.id == offer), None)
        if held is None:
            raise NotFoundError
        if held[1].opened is None:
            journal_list(school, actor, "offers", now)
            return teaser(gathered.world, *held)
        try:
            return _opened(school, actor, gathered, *held, now)
        except ConflictError:
            continue  # something changed while it was read: judged again
    raise ConflictError("PSY020", action="read")


def _opened(
    school: School,
    actor: Actor,
    gathered: Gathered,
    referral: Referral,
    offer: Offer,
    now: datetime,
) -> dict[str, Any]:
    """By this offer's own hat, whatever else its receiver is: an offer shows what it passes on."""
    world = gathered.world
    worn = [offer_hat(world, referral, offer, now)]
    plan = plan_decisions(
        school.policy,
        worn,
        file_states(world.file, now),
        purpose=PURPOSE,
        at=now,
        about=facts_of(actor, world, now),
    )
    unopposed(school, actor, plan, world, PURPOSE)
    shown = tuple(item for item in _PARTS if plan.of(item).shown)
    journal_look(school, actor, world.student.id, plan, shown, now, gathered.versions)
    found = teaser(world, referral, offer) | {"student": world.student.id}
    for item in shown:
        found |= _part(plan, item, world, referral, now)
    return found


def _part(
    plan: DecisionPlan, item: ItemClass, world: World, referral: Referral, now: datetime
) -> dict[str, Any]:
    if plan.of(item).form is not None:
        return redacted_of(item, world)
    build = _PARTS[item]
    return build(world, referral) if build is not None else full_of(item, world, now)


def _risk(world: World, referral: Referral) -> dict[str, Any]:
    """How bad it is. Duties and calls of the school are the school's own."""
    case = world.file.live_case
    severity = severity_of(case.level) if case is not None else None
    return {"severity": severity.value if severity is not None else "not_assessed"}


def _summary(world: World, referral: Referral) -> dict[str, Any]:
    """What is asked. To whom else it was offered is nobody's business."""
    found = {"summary": referral.summary, "opinion": referral.opinion}
    return {key: value for key, value in found.items() if value}


_Build = Callable[[World, Referral], dict[str, Any]]
#: What an opened offer can show, and what is built otherwise here than on a case's page.
_PARTS: Final[Mapping[ItemClass, _Build | None]] = MappingProxyType(
    {
        _I.DISPLAY_NAME: None,
        _I.CIVIL_IDENTITY: None,
        _I.CONTACT: None,
        _I.CLASS_PLACEMENT: None,
        _I.REFERRAL_SUMMARY: _summary,
        _I.RISK_LEVEL: _risk,
        _I.CRISIS_FLAG: None,
        _I.SUPERVISION: None,
        _I.OBSERVATION: None,
        _I.SCALE_LEVEL: None,
        _I.CONTACT_LOG: None,
    }
)
