"""An offer to one receiver, made by a person or because the receiver before did not take it."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import events as e
from psysafe.domain.disclosure import receives_as, why_not
from psysafe.domain.referrals import ANSWER, REQUESTED, Offer, Referral
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import CommandIds, DutyId, OfferId, PersonId


def severity_here(w: World) -> Severity:
    """How bad the live case is; what nobody has judged counts as high."""
    case = w.file.live_case
    return (severity_of(case.level) if case is not None else None) or Severity.HIGH


def offer_made(
    w: World,
    referral: Referral,
    receiver: PersonId,
    scope: tuple[str, ...],
    then: tuple[PersonId, ...],
    by: PersonId,
    now: datetime,
    ids: CommandIds,
) -> e.OfferMade:
    """An offer, due by the plan's time for an answer at the severity of the case."""
    return e.OfferMade(
        student=w.student.id,
        referral=referral.id,
        offer=Offer(
            id=OfferId(ids.next("offer")),
            receiver=receiver,
            role=receives_as(w, receiver, now) or "",
            state=REQUESTED,
            by=by,
            offered=now,
            due=w.due(ANSWER, severity_here(w), now),
            duty=DutyId(ids.next("duty")),
            scope=scope,
            then=then,
        ),
    )


def next_offer(
    w: World, referral: Referral, ended: Offer, now: datetime, ids: CommandIds
) -> e.OfferMade | None:
    """The offer to the first of the next receivers to whom it may go now; None where none is."""
    for place, receiver in enumerate(ended.then, 1):
        if why_not(w, referral, receiver, ended.scope, now) is None:
            rest = ended.then[place:]
            return offer_made(w, referral, receiver, ended.scope, rest, ended.by, now, ids)
    return None
