"""What can have happened to consents, to a request to hand a student on, and to its offers.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.consents import Consent
from psysafe.domain.referrals import Offer, Referral
from psysafe.ids import Actor, ConsentId, DutyId, OfferId, PersonId, ReferralId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class ConsentGiven:
    student: StudentId = ref()
    consent: Consent = item(ItemClass.CONSENT)


@record
class ConsentWithdrawn:
    student: StudentId = ref()
    consent: ConsentId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class ConsentLapsed:
    """It counts no more, and nobody took it back: a birthday, a guardian who is none, its day."""

    student: StudentId = ref()
    consent: ConsentId = ref()
    at: datetime = ref()


@record
class ReferralProposed:
    student: StudentId = ref()
    referral: Referral = item(ItemClass.REFERRAL_SUMMARY)


@record
class OpinionRecorded:
    student: StudentId = ref()
    referral: ReferralId = ref()
    opinion: str = item(ItemClass.REFERRAL_SUMMARY)
    limits: tuple[str, ...] = item(ItemClass.REFERRAL_SUMMARY, default=())
    by: PersonId = ref()
    at: datetime = ref()


@record
class ReferralActivated:
    student: StudentId = ref()
    referral: ReferralId = ref()
    basis: str = item(ItemClass.REFERRAL_SUMMARY)
    why: str = item(ItemClass.REFERRAL_SUMMARY, default="")
    by: PersonId = ref()
    at: datetime = ref()


@record
class ReferralHeld:
    student: StudentId = ref()
    referral: ReferralId = ref()
    why: str = item(ItemClass.REFERRAL_SUMMARY)
    by: Actor = ref()
    at: datetime = ref()


@record
class ReferralRevoked:
    student: StudentId = ref()
    referral: ReferralId = ref()
    why: str = item(ItemClass.REFERRAL_SUMMARY)
    by: Actor = ref()
    at: datetime = ref()


@record
class ReferralCompleted:
    student: StudentId = ref()
    referral: ReferralId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class OfferMade:
    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: Offer = item(ItemClass.REFERRAL_SUMMARY)


@record
class OfferRenewed:
    """After a hold the receiver's time begins anew."""

    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: OfferId = ref()
    duty: DutyId = ref()
    due: datetime = ref()
    at: datetime = ref()


@record
class OfferOpened:
    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: OfferId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class OfferAccepted:
    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: OfferId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class OfferRejected:
    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: OfferId = ref()
    why: str = item(ItemClass.REFERRAL_SUMMARY)
    by: PersonId = ref()
    at: datetime = ref()


@record
class OfferStarted:
    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: OfferId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class OfferEnded:
    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: OfferId = ref()
    outcome: str = item(ItemClass.REFERRAL_SUMMARY)
    by: PersonId = ref()
    at: datetime = ref()


@record
class OfferCancelled:
    """Taken back: recalled, superseded, expired in silence, or its receiver has left."""

    student: StudentId = ref()
    referral: ReferralId = ref()
    offer: OfferId = ref()
    why: str = ref()
    by: Actor = ref()
    at: datetime = ref()


OfReferral = (
    ConsentGiven
    | ConsentLapsed
    | ConsentWithdrawn
    | OfferAccepted
    | OfferCancelled
    | OfferEnded
    | OfferMade
    | OfferOpened
    | OfferRejected
    | OfferRenewed
    | OfferStarted
    | OpinionRecorded
    | ReferralActivated
    | ReferralCompleted
    | ReferralHeld
    | ReferralProposed
    | ReferralRevoked
)
