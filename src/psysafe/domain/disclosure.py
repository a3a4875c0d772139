"""What a receiver of an offer may see at this moment, and whether somebody may be offered to.

Computed anew at each look from the offer, the student's opinion and the consents that hold now: so
a consent that is taken back, a time that is up or a guardian who is barred closes at once what was
open, without anything having to be written first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain import referrals as r
from psysafe.domain.consenting import INSIDE, consented, in_danger_still, may_oppose, outlived
from psysafe.domain.consents import IN_DANGER, PURPOSE_OF, items_in
from psysafe.domain.files import StudentFile
from psysafe.domain.people import OFFER, Hat
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.world import World
from psysafe.ids import Actor, OfferId, PersonId

#: Whoever is several of them is taken for the one that needs most leave.
_OUTSIDE_FIRST: Final = tuple(reversed(tuple(PURPOSE_OF)))
AGREES: Final = "agrees"
WITHIN_LIMITS: Final = "within_limits"
OPPOSES: Final = "opposes"


def find_offer(file: StudentFile, offer: OfferId) -> tuple[Referral, Offer] | None:
    """An offer on the file, with its request."""
    for referral in file.referrals:
        found = referral.offer(offer)
        if found is not None:
            return referral, found
    return None


def receives_as(w: World, receiver: PersonId, now: datetime) -> str | None:
    """As what somebody is offered to: a role of PURPOSE_OF that they hold; None where they cannot.

    A member of the school or an institution in the roster, there at this moment and not barred.
    """
    if receiver in w.barred or not w.roster.there(receiver, now):
        return None
    held = {one.role for one in w.roster.roles_of(receiver, now)}
    return next((role for role in _OUTSIDE_FIRST if role in held), None)


# -- what an offer shows ----------------------------------------------------------------------


def passed_on(
    w: World,
    referral: Referral,
    receiver: PersonId,
    role: str,
    scope: frozenset[str],
    now: datetime,
    *,
    begun: bool = False,
) -> frozenset[str]:
    """What of a scope may be passed on to a receiver now.

    `begun`: to one who has it already, so that in danger a consent that lapsed closes nothing.
    """
    if referral.basis != r.CONSENT:
        return scope
    if referral.opinion == OPPOSES and may_oppose(w, now):
        return frozenset()
    if referral.opinion == WITHIN_LIMITS:
        scope &= frozenset(referral.limits)
    granted = consented(w, receiver, role, now)
    if granted is None:
        return scope
    if begun:
        granted |= in_danger_still(w, receiver, role, now)
    return scope & granted


def answer_by(file: StudentFile, offer: Offer) -> datetime:
    """By when the receiver must answer; a rise in severity brings it forward with the duty."""
    duty = file.duty(offer.duty)
    return duty.due if duty is not None else offer.due


def expired(file: StudentFile, offer: Offer, now: datetime) -> bool:
    """Whether nobody answered in time, whether or not somebody has noticed yet."""
    if offer.state == r.CANCELLED:
        return offer.why == r.EXPIRED
    return offer.waiting and now >= answer_by(file, offer)


def shows(w: World, referral: Referral, offer: Offer, now: datetime) -> frozenset[str]:
    """What the receiver of an offer may be shown now; empty: not even that there is an offer."""
    case = w.file.live_case
    here = case is not None and case.id == referral.case and referral.state == r.ACTIVE
    if not here or not offer.live or expired(w.file, offer, now):
        return frozenset()
    if offer.receiver in w.barred or has_left(w, offer, now):
        return frozenset()
    scope = frozenset(offer.scope)
    return passed_on(w, referral, offer.receiver, offer.role, scope, now, begun=True)


def has_left(w: World, offer: Offer, now: datetime) -> bool:
    """Whether a receiver is no more what they were asked as; whoever is only away is."""
    return all(held.role != offer.role for held in w.roster.roles_of(offer.receiver, now))


def offers_to(w: World, actor: Actor, now: datetime) -> tuple[tuple[Referral, Offer], ...]:
    """The offers that exist for a receiver at this moment."""
    return tuple(
        (referral, offer)
        for referral in w.file.referrals
        for offer in referral.offers
        if offer.receiver == actor and shows(w, referral, offer, now)
    )


def offer_hats(w: World, actor: Actor, now: datetime) -> tuple[Hat, ...]:
    """What opened offers make of their receiver: within their scopes, while they last."""
    mine = offers_to(w, actor, now)
    return tuple(offer_hat(w, referral, one, now) for referral, one in mine if one.opened)


def offer_hat(w: World, referral: Referral, offer: Offer, now: datetime) -> Hat:
    """What an opened offer makes of its receiver."""
    return Hat(
        viewer=_viewer(offer),
        relation=OFFER,
        since=offer.opened or now,
        until=answer_by(w.file, offer) if offer.waiting else None,
        items=_items(w, referral, offer, now),
    )


def _items(w: World, referral: Referral, offer: Offer, now: datetime) -> tuple[str, ...]:
    """The items that an offer shows: without a consent that holds, what danger needs (X5)."""
    scope, sure = frozenset(offer.scope), frozenset[str]()
    if referral.basis != r.EMERGENCY:
        sure = passed_on(w, referral, offer.receiver, offer.role, scope, now)
    open_now = {one.value for one in IN_DANGER} | set(items_in(sure))
    return tuple(one for one in items_in(shows(w, referral, offer, now)) if one in open_now)


def _viewer(offer: Offer) -> str:
    """The row of the matrix; a district's center stands in that of the counseling expert."""
    if offer.role == INSIDE:
        return "counselor_unassigned" if offer.waiting else "counselor_assigned"
    return "counseling_expert" if offer.role == "district_center" else offer.role


def handed_to(w: World, actor: Actor, now: datetime) -> bool:
    """Whether the actor has accepted an offer, so that a counselor among them is assigned."""
    return any(not offer.waiting for _, offer in offers_to(w, actor, now))


def why_not(
    w: World, referral: Referral, receiver: PersonId, scope: tuple[str, ...], now: datetime
) -> str | None:
    """Why it may not be offered to somebody: the code of the refusal; None where it may."""
    role = receives_as(w, receiver, now)
    if role is None or any(one.receiver == receiver for one in referral.live_offers()):
        return "PSY072"
    if referral.basis == r.EMERGENCY:
        return None
    if referral.opinion is None:
        return "PSY069"
    return not_covered(w, referral, receiver, role, frozenset(scope), now)


def not_covered(
    w: World,
    referral: Referral,
    receiver: PersonId,
    role: str,
    scope: frozenset[str],
    now: datetime,
    *,
    begun: bool = False,
) -> str | None:
    """Why not all of a scope may be passed on now: the code of the refusal; None where it may."""
    if passed_on(w, referral, receiver, role, scope, now, begun=begun) == scope:
        return None
    limits = frozenset(referral.limits) if referral.opinion == WITHIN_LIMITS else scope
    against = referral.opinion == OPPOSES and may_oppose(w, now)
    return "PSY077" if against or not scope <= limits else "PSY070"


def not_covered_any_more(
    w: World, referral: Referral, now: datetime, *, begun: bool = False
) -> str | None:
    """The same for all that is under way of a request: the first code; None where it may go on."""
    codes = (
        not_covered(w, referral, one.receiver, one.role, frozenset(one.scope), now, begun=begun)
        for one in referral.live_offers()
    )
    return next((code for code in codes if code is not None), None)


def uncovered(w: World, now: datetime) -> tuple[Referral, ...]:
    """The active requests that have an offer under way whose consents hold no more, or not all."""
    return tuple(
        referral
        for referral in w.file.referrals
        if referral.state == r.ACTIVE
        if not_covered_any_more(w, referral, now, begun=True) is not None
    )


def asks_anew(w: World, now: datetime) -> tuple[Referral, ...]:
    """The requests with an offer under way for which a consent lapsed, and none has come since."""
    return tuple(
        one
        for one in w.file.referrals
        if one.state in (r.ACTIVE, r.ON_HOLD) and any(_rests(w, one, o, now) for o in one.offers)
    )


def _rests(w: World, referral: Referral, offer: Offer, now: datetime) -> bool:
    if not offer.live or referral.basis != r.CONSENT:
        return False
    granted = consented(w, offer.receiver, offer.role, now)
    missing = frozenset() if granted is None else frozenset(offer.scope) - granted
    return bool(missing & outlived(w, offer.receiver, offer.role, now))
