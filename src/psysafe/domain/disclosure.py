"""What a receiver of an offer may see at this moment, and whether somebody may be offered to.

Computed anew at each look from the offer, the student's opinion and the consents that hold now: so
a consent that is taken back, a time that is up or a guardian who is barred closes at once what was
open, without anything having to be written first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain import referrals as r
from psysafe.domain.consents import GUARDIANS, IN_DANGER, PURPOSE_OF, Consent, items_in
from psysafe.domain.files import StudentFile
from psysafe.domain.people import OFFER, Hat, age_on
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.world import World
from psysafe.ids import Actor, OfferId, PersonId, student_person
from psysafe.sensitivity import ItemClass

#: The role of a receiver within the school: whoever is handed on to there stays in its care.
INSIDE: Final = "counselor"
#: Whoever is several of them is taken for the one that needs most leave.
_OUTSIDE_FIRST: Final = tuple(reversed(tuple(PURPOSE_OF)))
GUARDIAN: Final = "guardian"
STUDENT: Final = "student"
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


# -- whose consent ----------------------------------------------------------------------------


def _age(w: World, now: datetime) -> int | None:
    return age_on(w.student, w.calendar.local_day(now))


def young(w: World, now: datetime) -> bool:
    """Below the age from which a student's own word counts; unknown is never taken for older."""
    ages, age = w.plan.consent, _age(w, now)
    return ages is None or age is None or age < ages.guardian_always_below.value


def may_oppose(w: World, now: datetime) -> bool:
    """Whether the student's refusal stands against a referral that rests on consent.

    From that same age on, and where it is not known.
    """
    ages, age = w.plan.consent, _age(w, now)
    return ages is None or age is None or age >= ages.guardian_always_below.value


def who_consents(w: World, role: str, now: datetime) -> str | None:
    """Whose consent a receiver of this role needs: a guardian's, the student's own, nobody's."""
    if young(w, now):
        return GUARDIAN
    if role == INSIDE:
        return None
    ages, age = w.plan.consent, _age(w, now)
    grown = ages is not None and age is not None and age >= ages.guardian_below.value
    return STUDENT if grown else GUARDIAN


def _holds(w: World, consent: Consent, needed: str, now: datetime) -> bool:
    """Whether a consent holds now: given by whoever may, not taken back, by nobody barred."""
    if consent.withdrawn is not None or {consent.by, consent.recorded_by} & w.barred:
        return False
    if needed == STUDENT:
        return consent.by == student_person(w.student.id)
    return any(
        g.id == consent.by and g.kind == "legal_guardian" and g.holds(now)
        for g in w.student.guardians
    )


def consented(w: World, receiver: PersonId, role: str, now: datetime) -> frozenset[str] | None:
    """What may be passed on by the consents that hold now; None where none is needed."""
    needed = who_consents(w, role, now)
    if needed is None:
        return None
    return frozenset(
        code
        for one in w.file.consents
        if one.receiver == receiver
        and one.purpose == PURPOSE_OF[role]
        and _holds(w, one, needed, now)
        for code in one.scope
    )


# -- what an offer shows ----------------------------------------------------------------------


def passed_on(
    w: World,
    referral: Referral,
    receiver: PersonId,
    role: str,
    scope: frozenset[str],
    now: datetime,
) -> frozenset[str]:
    """What of a scope may be passed on to a receiver now."""
    if referral.basis != r.CONSENT:
        return scope
    if referral.opinion == OPPOSES and may_oppose(w, now):
        return frozenset()
    if referral.opinion == WITHIN_LIMITS:
        scope &= frozenset(referral.limits)
    granted = consented(w, receiver, role, now)
    return scope if granted is None else scope & granted


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
    if offer.receiver in w.barred or not w.present(offer.receiver, now):
        return frozenset()
    return passed_on(w, referral, offer.receiver, offer.role, frozenset(offer.scope), now)


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
    items = items_in(shows(w, referral, offer, now))
    if referral.basis == r.EMERGENCY:
        open_now = {one.value for one in IN_DANGER} | set(items_in(()))
        items = tuple(one for one in items if one in open_now)
    return Hat(
        viewer=_viewer(offer),
        relation=OFFER,
        since=offer.opened or now,
        until=answer_by(w.file, offer) if offer.waiting else None,
        items=items,
    )


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
) -> str | None:
    """Why not all of a scope may be passed on now: the code of the refusal; None where it may."""
    if passed_on(w, referral, receiver, role, scope, now) == scope:
        return None
    limits = frozenset(referral.limits) if referral.opinion == WITHIN_LIMITS else scope
    against = referral.opinion == OPPOSES and may_oppose(w, now)
    return "PSY077" if against or not scope <= limits else "PSY070"


def not_covered_any_more(w: World, referral: Referral, now: datetime) -> str | None:
    """The same for all that is under way of a request: the first code; None where it may go on."""
    codes = (
        not_covered(w, referral, one.receiver, one.role, frozenset(one.scope), now)
        for one in referral.live_offers()
    )
    return next((code for code in codes if code is not None), None)


def uncovered(w: World, now: datetime) -> tuple[Referral, ...]:
    """The active requests that have an offer under way whose consents hold no more, or not all."""
    return tuple(
        referral
        for referral in w.file.referrals
        if referral.state == r.ACTIVE and not_covered_any_more(w, referral, now) is not None
    )


def let_look(w: World, guardian: Actor, now: datetime) -> frozenset[ItemClass]:
    """What a student lets a guardian see, by consents that hold now (X7).

    A barred person may have written none of them down, save in what a barred guardian finds: to
    them it is as if nobody were barred.
    """
    own = student_person(w.student.id)
    barred = frozenset[PersonId]() if guardian in w.barred else w.barred
    scopes = [
        one.scope
        for one in w.file.consents
        if one.purpose == GUARDIANS and one.receiver == guardian and one.by == own
        if one.withdrawn is None and one.recorded_by not in barred
    ]
    opened = items_in(code for scope in scopes for code in scope) if scopes else ()
    return frozenset(ItemClass(one) for one in opened)
