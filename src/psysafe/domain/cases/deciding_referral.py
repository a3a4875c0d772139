"""Handing a student on: consents, the request, its offers, and what receivers answer (C6.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import codes
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain import referrals as r
from psysafe.domain.cases import guards
from psysafe.domain.consenting import may_oppose, sight_purpose
from psysafe.domain.consents import PURPOSE_OF, Consent
from psysafe.domain.disclosure import (
    WITHIN_LIMITS,
    expired,
    find_offer,
    has_left,
    not_covered_any_more,
    receives_as,
    shows,
    why_not,
)
from psysafe.domain.files import LIVE
from psysafe.domain.offering import offer_made, severity_here
from psysafe.domain.owing import may
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.errors import ConflictError, InvalidMoveError, NotFoundError
from psysafe.ids import (
    Actor,
    CommandIds,
    ConsentId,
    DutyId,
    PersonId,
    ReferralId,
    kind_of,
    student_person,
)
from psysafe.sensitivity import changed

Events = list[e.Event]


# -- consents ---------------------------------------------------------------------------------


def _consent(
    w: World, command: c.GiveConsent, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    """By whoever may write it down; a guardian and the student write down their own only."""
    guards.permitted(w, actor, "consent", now, "consent")
    guards.reasoned(command.how, "consent")
    _scope(command.scope)
    guardians = {g.id for g in w.student.guardians if g.kind == "legal_guardian" and g.holds(now)}
    to_guardian = command.receiver in guardians
    student = student_person(w.student.id)
    able = {student} if to_guardian else {*guardians, student}
    own = kind_of(actor) in ("guardian", "student")
    if command.by not in able or (own and command.by != actor):
        raise InvalidMoveError("PSY076")
    if command.by in w.barred and command.by != actor:
        raise InvalidMoveError("PSY083")
    role = receives_as(w.without_bars, command.receiver, now)
    if role is None and not to_guardian:
        raise InvalidMoveError("PSY072")
    if role is None and not may_oppose(w, now):
        raise InvalidMoveError("PSY091")
    if command.until is not None and command.until <= now:
        raise InvalidMoveError("PSY090")
    consent = Consent(
        id=ConsentId(ids.next("consent")),
        purpose=sight_purpose(w, now) if role is None else PURPOSE_OF[role],
        receiver=command.receiver,
        by=command.by,
        scope=command.scope,
        given=now,
        recorded_by=PersonId(actor),
        how=command.how,
        until=command.until,
    )
    return [e.ConsentGiven(student=w.student.id, consent=consent)]


def _scope(scope: tuple[str, ...]) -> None:
    for code in scope:
        codes.known("scopes", code)
    if not scope:
        raise InvalidMoveError("PSY068", field="scope")


def _withdraw(
    w: World, command: c.WithdrawConsent, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "consent", now, "consent")
    held = next((one for one in w.file.consents if one.id == command.consent), None)
    own = kind_of(actor) in ("guardian", "student")
    if held is None or (own and held.by != actor):
        raise NotFoundError
    if held.withdrawn is not None:
        raise InvalidMoveError("PSY073", action="withdraw", state="withdrawn")
    by = PersonId(actor)
    return [e.ConsentWithdrawn(student=w.student.id, consent=held.id, by=by, at=now)]


# -- the request ------------------------------------------------------------------------------


def _propose(
    w: World, command: c.ProposeReferral, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "refer", now, "refer")
    guards.in_state(case, "refer", "triage", "open", "away")
    for field in ("account", "summary"):
        if not getattr(command, field).strip():
            raise InvalidMoveError("PSY068", field=field)
    guards.undiagnosed(command.summary)
    referral = Referral(
        id=ReferralId(ids.next("ref")),
        case=case.id,
        state=r.DRAFT,
        by=PersonId(actor),
        at=now,
        account=command.account,
        summary=command.summary,
    )
    return [e.ReferralProposed(student=w.student.id, referral=referral)]


def _request(
    w: World,
    command: Any,
    actor: Actor,
    now: datetime,
    action: str,
    *states: str,
    right: str = "refer",
) -> Referral:
    """The request of the live case that a command is about, in one of some states.

    Raises NotPermittedError PSY002, NotFoundError, InvalidMoveError PSY005 or PSY073.
    """
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, right, now, action)
    guards.in_state(case, action, *LIVE)
    found = next((one for one in w.file.referrals if one.id == command.referral), None)
    if found is None or found.case != case.id:
        raise NotFoundError
    _in(found.state, action, *states)
    return found


def _in(state: str, action: str, *states: str) -> None:
    if state not in states:
        raise InvalidMoveError("PSY073", action=action, state=state)


def _opinion(
    w: World, command: c.RecordOpinion, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    found = _request(w, command, actor, now, "opinion", *r.OPEN)
    codes.known("opinions", command.opinion)
    limits: tuple[str, ...] = ()
    if command.opinion == WITHIN_LIMITS:
        _scope(command.limits)
        limits = command.limits
    return [
        e.OpinionRecorded(
            student=w.student.id,
            referral=found.id,
            opinion=command.opinion,
            limits=limits,
            by=PersonId(actor),
            at=now,
        )
    ]


def _activate(
    w: World, command: c.ActivateReferral, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    codes.known("referral_bases", command.basis)
    # What the law lets pass without a consent is not for the counselor alone to say.
    right = "refer_by_duty" if command.basis == r.STATUTORY else "refer"
    found = _request(w, command, actor, now, "activate", r.DRAFT, r.ON_HOLD, right=right)
    if command.basis != r.CONSENT:
        guards.reasoned(command.why, "activate")
    if command.basis == r.EMERGENCY:
        _life_in_danger(w)
    elif found.opinion is None:
        raise InvalidMoveError("PSY069")
    code = not_covered_any_more(w, changed(found, basis=command.basis), now)
    if code is not None:  # what is still under way must be covered again, or taken back first
        raise InvalidMoveError(code)
    by = PersonId(actor)
    events: Events = [
        e.ReferralActivated(
            student=w.student.id,
            referral=found.id,
            basis=command.basis,
            why=command.why,
            by=by,
            at=now,
        )
    ]
    for offer in found.live_offers():
        if offer.waiting:
            events.append(
                e.OfferRenewed(
                    student=w.student.id,
                    referral=found.id,
                    offer=offer.id,
                    duty=DutyId(ids.next("duty")),
                    due=w.due(r.ANSWER, severity_here(w), now),
                    at=now,
                )
            )
    return events


def _life_in_danger(w: World) -> None:
    case = w.file.live_case
    severity = severity_of(case.level) if case is not None else None
    declared = case is not None and case.declared is not None
    if not declared and (severity is None or severity < Severity.HIGH):
        raise InvalidMoveError("PSY071")


def _hold(
    w: World, command: c.HoldReferral, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    found = _request(w, command, actor, now, "hold", r.ACTIVE)
    guards.reasoned(command.why, "hold")
    return [
        e.ReferralHeld(student=w.student.id, referral=found.id, why=command.why, by=actor, at=now)
    ]


def _revoke(
    w: World, command: c.RevokeReferral, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    found = _request(w, command, actor, now, "revoke", *r.OPEN)
    guards.reasoned(command.why, "revoke")
    return [
        e.ReferralRevoked(
            student=w.student.id, referral=found.id, why=command.why, by=actor, at=now
        )
    ]


def _complete(
    w: World, command: c.CompleteReferral, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    found = _request(w, command, actor, now, "complete", r.ACTIVE)
    if found.live_offers() or not any(one.state == r.DONE for one in found.offers):
        raise InvalidMoveError("PSY075")
    by = PersonId(actor)
    return [e.ReferralCompleted(student=w.student.id, referral=found.id, by=by, at=now)]


# -- its offers -------------------------------------------------------------------------------


def _offer(w: World, command: c.MakeOffer, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    found = _request(w, command, actor, now, "offer", r.ACTIVE)
    _scope(command.scope)
    before = found.offer(command.instead_of) if command.instead_of is not None else None
    if command.instead_of is not None:
        if before is None:
            raise NotFoundError
        _in(before.state, "offer", *r.LIVE_OFFER)
    for receiver in (command.receiver, *command.then):
        own = receiver == actor
        code = "PSY072" if own else why_not(w, found, receiver, command.scope, now)
        if code is not None:
            raise InvalidMoveError(code)
    made = offer_made(
        w, found, command.receiver, command.scope, command.then, PersonId(actor), now, ids
    )
    events: Events = []
    if before is not None:
        events.append(
            e.OfferCancelled(
                student=w.student.id,
                referral=found.id,
                offer=before.id,
                why=r.SUPERSEDED,
                by=actor,
                at=now,
            )
        )
    return [made, *events]


def _recall(
    w: World, command: c.RecallOffer, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    case = guards.live_case(w, command.case)
    guards.permitted(w, actor, "refer", now, "recall")
    found = find_offer(w.file, command.offer)
    if found is None or found[0].case != case.id:
        raise NotFoundError
    referral, offer = found
    _in(offer.state, "recall", *r.LIVE_OFFER)
    return [
        e.OfferCancelled(
            student=w.student.id,
            referral=referral.id,
            offer=offer.id,
            why=r.RECALLED,
            by=actor,
            at=now,
        )
    ]


# -- what receivers answer --------------------------------------------------------------------


def _answering(
    w: World, command: Any, actor: Actor, now: datetime, action: str, *states: str
) -> tuple[Referral, Offer]:
    """The offer that a receiver answers, or the sender writes down for one that has no desk.

    For a receiver whose offer was taken back, or may show nothing any more, there is none. Only
    one that they let expire still answers: that it is too late. Raises NotFoundError, ConflictError
    PSY074 or InvalidMoveError PSY073.
    """
    found = find_offer(w.file, command.offer)
    if found is None or actor in w.barred:
        raise NotFoundError
    referral, offer = found
    sends = may(w, actor, "refer", now)
    receives = actor == offer.receiver and not has_left(w, offer, now)
    if not sends and not receives:
        raise NotFoundError
    if expired(w.file, offer, now):
        raise ConflictError("PSY074")
    if not shows(w, referral, offer, now) and not sends:
        raise NotFoundError
    _in(referral.state, action, r.ACTIVE)
    _in(offer.state, action, *states)
    if not shows(w, referral, offer, now):
        raise InvalidMoveError("PSY070")
    return referral, offer


def _fields(w: World, found: tuple[Referral, Offer], actor: Actor, now: datetime) -> dict[str, Any]:
    referral, offer = found
    return {
        "student": w.student.id,
        "referral": referral.id,
        "offer": offer.id,
        "by": PersonId(actor),
        "at": now,
    }


def _open(w: World, command: c.OpenOffer, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    found = _answering(w, command, actor, now, "open-offer", r.REQUESTED)
    return [e.OfferOpened(**_fields(w, found, actor, now))]


def _accept(
    w: World, command: c.AcceptOffer, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    found = _answering(w, command, actor, now, "accept-offer", r.RECEIVED)
    return [e.OfferAccepted(**_fields(w, found, actor, now))]


def _reject(
    w: World, command: c.RejectOffer, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    found = _answering(w, command, actor, now, "reject-offer", *r.WAITING)
    guards.reasoned(command.why, "reject-offer")
    return [e.OfferRejected(**_fields(w, found, actor, now), why=command.why)]


def _start(w: World, command: c.StartOffer, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    found = _answering(w, command, actor, now, "start-offer", r.ACCEPTED)
    return [e.OfferStarted(**_fields(w, found, actor, now))]


def _end(w: World, command: c.EndOffer, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    """Whoever was seen there has begun there: an outcome at the first visit says both."""
    found = _answering(w, command, actor, now, "end-offer", r.ACCEPTED, r.IN_PROGRESS)
    codes.known("offer_outcomes", command.outcome)
    about = _fields(w, found, actor, now)
    events: Events = []
    if found[1].state == r.ACCEPTED and r.ENDS[command.outcome] == r.DONE:
        events.append(e.OfferStarted(**about))
    return [*events, e.OfferEnded(**about, outcome=command.outcome)]


OF_REFERRAL: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        c.GiveConsent: _consent,
        c.WithdrawConsent: _withdraw,
        c.ProposeReferral: _propose,
        c.RecordOpinion: _opinion,
        c.ActivateReferral: _activate,
        c.HoldReferral: _hold,
        c.RevokeReferral: _revoke,
        c.CompleteReferral: _complete,
        c.MakeOffer: _offer,
        c.RecallOffer: _recall,
        c.OpenOffer: _open,
        c.AcceptOffer: _accept,
        c.RejectOffer: _reject,
        c.StartOffer: _start,
        c.EndOffer: _end,
    }
)
