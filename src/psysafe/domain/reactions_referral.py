"""What follows from consents, requests and offers: who owes an answer, who hears, what goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain import referrals as r
from psysafe.domain.bars import OUTSIDE
from psysafe.domain.codes import ROLES
from psysafe.domain.danger import in_danger
from psysafe.domain.disclosure import asks_anew, find_offer, uncovered
from psysafe.domain.guardianship import deciding
from psysafe.domain.offering import next_offer, severity_here
from psysafe.domain.people import LEADING_GROUP, OUTSIDE_ROLES
from psysafe.domain.reactions_care import has_it, in_crisis, owed_by, report_due
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.routing import notice
from psysafe.domain.world import World
from psysafe.ids import SYSTEM_TICK, CommandIds, DutyId, PersonId
from psysafe.sensitivity import changed

Events = list[e.Event]
OFFER: Final = "offer"
REFERRAL: Final = "referral"
EXPLAIN: Final = "explain"
NO_SHOW: Final = "no_show"
_OF_REQUEST: Final = (r.UNMET, r.DECIDE)


def _sender(w: World, referral: Referral, now: datetime) -> PersonId:
    """Who answers for a request: whoever has the case, else its author, else the center."""
    case = w.file.live_case
    if case is not None and (there := has_it(case, w, now)) is not None:
        return there
    if referral.by not in w.barred and w.roster.there(referral.by, now):
        return referral.by
    school = tuple(role for role in ROLES if role not in OUTSIDE_ROLES)
    return w.first_of(("counselor", *LEADING_GROUP, *school), now) or OUTSIDE


def _request(w: World, referral: str) -> Referral | None:
    return next((one for one in w.file.referrals if one.id == referral), None)


def _owed(
    kind: str, owner: PersonId, purpose: str, w: World, now: datetime, ids: CommandIds, **about: Any
) -> Events:
    opened = duty_opened(kind, owner, severity_here(w), w, now, ids, **about)
    told = notice(
        ids,
        w,
        now,
        purpose=purpose,
        receiver=owner,
        role=opened.duty.fallback,
        severity=opened.duty.severity,
        case=opened.duty.case,
        answer_by=opened.duty.due,
        duty=opened.duty.id,
    )
    return [opened, told]


# -- an offer and its answer ------------------------------------------------------------------


def _asked(offer: Offer, w: World, now: datetime, ids: CommandIds) -> Events:
    """The receiver owes an answer, and hears so without a name."""
    case = w.file.live_case
    if case is None:
        return []
    severity = severity_here(w)
    opened = duty_opened(r.ANSWER, offer.receiver, severity, w, now, ids, case=case.id)
    duty = changed(opened.duty, id=offer.duty, due=offer.due)
    told = notice(
        ids,
        w,
        now,
        purpose=OFFER,
        receiver=offer.receiver,
        role=offer.role,
        severity=severity,
        answer_by=offer.due,
        duty=duty.id,
    )
    return [e.DutyOpened(duty=duty), told]


def _made(ev: e.OfferMade, w: World, now: datetime, ids: CommandIds) -> Events:
    settled = [
        e.DutyMet(duty=d.id, by=ev.offer.by, at=now)
        for kind in _OF_REQUEST
        for d in w.file.owed(kind)
        if not _others_need(kind, ev.referral, w)
    ]
    return [*settled, *_asked(ev.offer, w, now, ids)]


def _renewed(ev: e.OfferRenewed, w: World, now: datetime, ids: CommandIds) -> Events:
    found = find_offer(w.file, ev.offer)
    return _asked(found[1], w, now, ids) if found is not None else []


def _others_need(kind: str, referral: str, w: World) -> bool:
    """Whether a duty about requests is still owed for another request than this one."""
    return any(_needs(one) == kind for one in w.file.referrals if one.id != referral)


def _needs(referral: Referral) -> str | None:
    """What is owed about a request by how it stands; None where it goes on, or has ended."""
    if referral.state == r.ON_HOLD:
        return r.DECIDE
    if referral.state != r.ACTIVE or not referral.offers or referral.live_offers():
        return None
    return r.DECIDE if any(one.state == r.DONE for one in referral.offers) else r.UNMET


def _accepted(ev: e.OfferAccepted, w: World, now: datetime, ids: CommandIds) -> Events:
    found = find_offer(w.file, ev.offer)
    if found is None:
        return []
    met = _met(found[1].duty, ev.by, w, now)
    return [*met, *_heard(found[0], ev.by, w, now, ids)]


def _heard(
    referral: Referral, by: PersonId | None, w: World, now: datetime, ids: CommandIds
) -> Events:
    """Whoever answers for the request hears that something has come of an offer."""
    case = w.file.live_case
    sender = _sender(w, referral, now)
    if case is None or sender == by:
        return []
    return [
        notice(
            ids,
            w,
            now,
            purpose=REFERRAL,
            receiver=sender,
            role="counselor",
            severity=severity_here(w),
            case=case.id,
        )
    ]


def _met(duty: DutyId, by: PersonId, w: World, now: datetime) -> Events:
    return [e.DutyMet(duty=duty, by=by, at=now)] if w.file.duty(duty) is not None else []


def _rejected(ev: e.OfferRejected, w: World, now: datetime, ids: CommandIds) -> Events:
    """A receiver that rejects is no refusal of the family: nothing is reported to anybody."""
    found = find_offer(w.file, ev.offer)
    if found is None:
        return []
    met = _met(found[1].duty, ev.by, w, now)
    return [*met, *_after(found[0], found[1], ev.by, w, now, ids, hands_on=True)]


def _cancelled(ev: e.OfferCancelled, w: World, now: datetime, ids: CommandIds) -> Events:
    found = find_offer(w.file, ev.offer)
    if found is None:
        return []
    referral, offer = found
    gone: Events = []
    if w.file.duty(offer.duty) is not None:
        gone.append(e.DutyCancelled(duty=offer.duty, at=now, why=ev.why))
    by = PersonId(ev.by) if ev.by != SYSTEM_TICK else None
    on = ev.why in (r.EXPIRED, r.LEFT)
    return [*gone, *_after(referral, offer, by, w, now, ids, hands_on=on)]


def _ended(ev: e.OfferEnded, w: World, now: datetime, ids: CommandIds) -> Events:
    found = find_offer(w.file, ev.offer)
    case = w.file.live_case
    if found is None or case is None:
        return []
    follows: Events = []
    if in_crisis(case):
        if ev.outcome in r.REFUSALS:
            follows += report_due("refusal", case, now)
        elif ev.outcome == "no_show" and deciding(w, now):
            roles = ("homeroom_teacher", "grade_head", "counselor", *LEADING_GROUP)
            severity = severity_here(w)
            follows += owed_by("tell_guardian", roles, NO_SHOW, severity, w, now, ids)
    return [*follows, *_after(found[0], found[1], ev.by, w, now, ids, hands_on=False)]


def _after(
    referral: Referral,
    offer: Offer,
    by: PersonId | None,
    w: World,
    now: datetime,
    ids: CommandIds,
    *,
    hands_on: bool,
) -> Events:
    """An offer has ended: on to the next receiver, else the request is the sender's again.

    A request whose offers have all ended is overdue from that moment, and never done by itself.
    """
    if referral.state != r.ACTIVE or w.file.live_case is None:
        return []
    made = next_offer(w, referral, offer, now, ids) if hands_on else None
    if made is not None:
        return [made, *_heard(referral, by, w, now, ids)]
    if referral.live_offers():
        return _heard(referral, by, w, now, ids)
    needed = _needs(referral)
    return _owed_about(referral, needed, w, now, ids) if needed is not None else []


def _owed_about(referral: Referral, kind: str, w: World, now: datetime, ids: CommandIds) -> Events:
    if w.file.owed(kind):
        return []
    sender = _sender(w, referral, now)
    return _owed(kind, sender, REFERRAL, w, now, ids, case=referral.case)


# -- the request as a whole -------------------------------------------------------------------


def _activated(ev: e.ReferralActivated, w: World, now: datetime, ids: CommandIds) -> Events:
    referral = _request(w, ev.referral)
    if referral is None:
        return []
    found = _decided(referral, ev.by, w, now)
    if ev.basis == r.EMERGENCY and not w.file.owed(r.EXPLAIN):
        # It hangs on no case: it is owed although the case has ended.
        found += _owed(r.EXPLAIN, _sender(w, referral, now), EXPLAIN, w, now, ids)
    needed = _needs(referral)
    return found + (_owed_about(referral, needed, w, now, ids) if needed is not None else [])


def _decided(referral: Referral, by: PersonId, w: World, now: datetime) -> Events:
    """What was owed about a request is met, where neither it nor another needs it still."""
    return [
        e.DutyMet(duty=d.id, by=by, at=now)
        for kind in _OF_REQUEST
        for d in w.file.owed(kind)
        if kind != _needs(referral) and not _others_need(kind, referral.id, w)
    ]


def _held(ev: e.ReferralHeld, w: World, now: datetime, ids: CommandIds) -> Events:
    """Nothing more is passed on, and nobody's time runs; somebody decides how it goes on."""
    referral = _request(w, ev.referral)
    if referral is None:
        return []
    found: Events = [
        e.DutyCancelled(duty=one.duty, at=now, why="on_hold")
        for one in referral.live_offers()
        if w.file.duty(one.duty) is not None
    ]
    found += [
        e.DutyCancelled(duty=d.id, at=now, why="on_hold")
        for d in w.file.owed(r.UNMET)
        if not _others_need(r.UNMET, referral.id, w)
    ]
    return [*found, *_owed_about(referral, r.DECIDE, w, now, ids)]


def _over(
    ev: e.ReferralRevoked | e.ReferralCompleted, w: World, now: datetime, ids: CommandIds
) -> Events:
    referral = _request(w, ev.referral)
    if referral is None:
        return []
    found: Events = [
        e.OfferCancelled(
            student=ev.student,
            referral=referral.id,
            offer=one.id,
            why=r.RECALLED,
            by=ev.by,
            at=now,
        )
        for one in referral.live_offers()
    ]
    return found + [
        e.DutyCancelled(duty=d.id, at=now, why="referral_ended")
        for kind in _OF_REQUEST
        for d in w.file.owed(kind)
        if not _others_need(kind, referral.id, w)
    ]


def _taken_back(ev: e.ConsentWithdrawn, w: World, now: datetime, ids: CommandIds) -> Events:
    """What rested on it is put on hold; the case stays open (PIPL 15)."""
    return held_back("consent_withdrawn", w, now)


def _lapsed(ev: e.ConsentLapsed, w: World, now: datetime, ids: CommandIds) -> Events:
    """Nobody has said no, so somebody asks anew; and what danger keeps open is explained."""
    asked = asks_anew(w, now)
    if not asked:
        return []
    found = _owed_about(asked[0], r.RENEW, w, now, ids)
    goes_on = any(one.state == r.ACTIVE for one in asked) and in_danger(w.file, now)
    if goes_on and not w.file.owed(r.EXPLAIN):
        found += _owed(r.EXPLAIN, _sender(w, asked[0], now), EXPLAIN, w, now, ids)
    return found


def danger_over(event: e.Event, w: World, now: datetime) -> Events:
    """What only a danger kept open is closed with it (X5)."""
    calmer = isinstance(event, e.SeverityChanged | e.CaseStoodDown)
    return held_back("consent_lapsed", w, now) if calmer else []


def held_back(why: str, w: World, now: datetime) -> Events:
    """Every active request that passes on more than is consented to now is put on hold."""
    return [
        e.ReferralHeld(student=w.student.id, referral=one.id, why=why, by=SYSTEM_TICK, at=now)
        for one in uncovered(w, now)
    ]


def _opinion(ev: e.OpinionRecorded, w: World, now: datetime, ids: CommandIds) -> Events:
    return held_back("opinion_changed", w, now)


# -- where the case, the student or a bar ends it ---------------------------------------------


def revoked(why: str, by: Any, w: World, now: datetime) -> Events:
    """Every request that is still open ends, and with it every offer."""
    return [
        e.ReferralRevoked(student=w.student.id, referral=one.id, why=why, by=by, at=now)
        for one in w.file.referrals
        if one.open
    ]


def recalled_from(names: frozenset[PersonId], by: Any, w: World, now: datetime) -> Events:
    """What was offered to people who are barred from now on is taken back."""
    return [
        e.OfferCancelled(
            student=w.student.id,
            referral=one.id,
            offer=offer.id,
            why=r.RECALLED,
            by=by,
            at=now,
        )
        for one in w.file.referrals
        for offer in one.live_offers()
        if offer.receiver in names
    ]


_React = Callable[[Any, World, datetime, CommandIds], Events]


def _and_asked(reaction: _React) -> _React:
    """A reaction, and the end of what was owed about a consent that nobody waits for any more."""

    def react(ev: Any, w: World, now: datetime, ids: CommandIds) -> Events:
        found = reaction(ev, w, now, ids)
        owed = w.file.owed(r.RENEW)
        if not owed or asks_anew(w, now):
            return found
        if isinstance(ev, e.ConsentGiven):
            return found + [e.DutyMet(duty=d.id, by=ev.consent.recorded_by, at=now) for d in owed]
        return found + [e.DutyCancelled(duty=d.id, at=now, why="not_needed") for d in owed]

    return react


_OF_REFERRAL: Final[Mapping[type, _React]] = MappingProxyType(
    {
        e.ConsentGiven: lambda ev, w, now, ids: [],
        e.ConsentLapsed: _lapsed,
        e.ConsentWithdrawn: _taken_back,
        e.OpinionRecorded: _opinion,
        e.ReferralActivated: _activated,
        e.ReferralHeld: _held,
        e.ReferralRevoked: _over,
        e.ReferralCompleted: _over,
        e.OfferMade: _made,
        e.OfferRenewed: _renewed,
        e.OfferAccepted: _accepted,
        e.OfferRejected: _rejected,
        e.OfferCancelled: _cancelled,
        e.OfferEnded: _ended,
    }
)
OF_REFERRAL: Final[Mapping[type, _React]] = MappingProxyType(
    {kind: _and_asked(reaction) for kind, reaction in _OF_REFERRAL.items()}
)
