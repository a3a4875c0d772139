"""How consents, requests and offers change a student's file. A room of `files`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain import referrals as r
from psysafe.domain.consents import Consent
from psysafe.domain.files import LAST, StudentFile
from psysafe.domain.referrals import Offer, Referral
from psysafe.sensitivity import changed


def _consented(file: StudentFile, event: e.ConsentGiven) -> StudentFile:
    return changed(file, consents=_held_and_last((*file.consents, event.consent)))


def _held_and_last(consents: tuple[Consent, ...]) -> tuple[Consent, ...]:
    """Every consent that is in force, and the last ones that are not."""
    over = [one for one in consents if one.over][-LAST:]
    return tuple(one for one in consents if not one.over or one in over)


_OneConsent = Callable[[Consent, Any], Consent]


def _consent(change: _OneConsent) -> Callable[[StudentFile, Any], StudentFile]:
    def folded(file: StudentFile, event: Any) -> StudentFile:
        held = tuple(
            change(one, event) if one.id == event.consent else one for one in file.consents
        )
        return changed(file, consents=_held_and_last(held))

    return folded


def _proposed(file: StudentFile, event: e.ReferralProposed) -> StudentFile:
    over = [one for one in file.referrals if not one.open][-LAST:]
    kept = tuple(one for one in file.referrals if one.open or one in over)
    return changed(file, referrals=(*kept, event.referral))


_Request = Callable[[Referral, Any], Referral]
_OneOffer = Callable[[Offer, Any], Offer]


def _request(change: _Request) -> Callable[[StudentFile, Any], StudentFile]:
    def folded(file: StudentFile, event: Any) -> StudentFile:
        found = tuple(
            change(one, event) if one.id == event.referral else one for one in file.referrals
        )
        return changed(file, referrals=found)

    return folded


def _offer(change: _OneOffer) -> Callable[[StudentFile, Any], StudentFile]:
    def of_request(referral: Referral, event: Any) -> Referral:
        found = tuple(
            change(one, event) if one.id == event.offer else one for one in referral.offers
        )
        return changed(referral, offers=found)

    return _request(of_request)


def _made(referral: Referral, event: e.OfferMade) -> Referral:
    over = [one for one in referral.offers if not one.live][-LAST:]
    kept = tuple(one for one in referral.offers if one.live or one in over)
    return changed(referral, offers=(*kept, event.offer))


def _activated(referral: Referral, event: e.ReferralActivated) -> Referral:
    return changed(referral, state=r.ACTIVE, basis=event.basis, basis_why=event.why, held="")


OF_REFERRAL: Final[Mapping[type, Callable[[StudentFile, Any], StudentFile]]] = MappingProxyType(
    {
        e.ConsentGiven: _consented,
        e.ConsentLapsed: _consent(lambda o, v: changed(o, lapsed=v.at)),
        e.ConsentWithdrawn: _consent(lambda o, v: changed(o, withdrawn=v.at)),
        e.ReferralProposed: _proposed,
        e.OpinionRecorded: _request(lambda o, v: changed(o, opinion=v.opinion, limits=v.limits)),
        e.ReferralActivated: _request(_activated),
        e.ReferralHeld: _request(lambda o, v: changed(o, state=r.ON_HOLD, held=v.why)),
        e.ReferralRevoked: _request(lambda o, v: changed(o, state=r.REVOKED, ended=v.at)),
        e.ReferralCompleted: _request(lambda o, v: changed(o, state=r.COMPLETED, ended=v.at)),
        e.OfferMade: _request(_made),
        e.OfferRenewed: _offer(lambda o, v: changed(o, duty=v.duty, due=v.due)),
        e.OfferOpened: _offer(lambda o, v: changed(o, state=r.RECEIVED, opened=v.at)),
        e.OfferAccepted: _offer(lambda o, v: changed(o, state=r.ACCEPTED)),
        e.OfferRejected: _offer(lambda o, v: changed(o, state=r.REJECTED, why=v.why, ended=v.at)),
        e.OfferStarted: _offer(lambda o, v: changed(o, state=r.IN_PROGRESS)),
        e.OfferEnded: _offer(
            lambda o, v: changed(o, state=r.ENDS[v.outcome], outcome=v.outcome, ended=v.at)
        ),
        e.OfferCancelled: _offer(lambda o, v: changed(o, state=r.CANCELLED, why=v.why, ended=v.at)),
    }
)
