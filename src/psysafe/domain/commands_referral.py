"""What somebody can want to do about handing a student on: consents, a request, its offers.

A room of `commands`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import CaseId, ConsentId, OfferId, PersonId, ReferralId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class GiveConsent:
    """Write down that a guardian or the student lets something be passed on."""

    student: StudentId = ref()
    by: PersonId = item(ItemClass.CONSENT)
    receiver: PersonId = item(ItemClass.CONSENT)
    scope: tuple[str, ...] = item(ItemClass.CONSENT)
    how: str = item(ItemClass.CONSENT, default="")
    until: datetime | None = ref(default=None)
    """from then on it counts no more"""


@record
class WithdrawConsent:
    student: StudentId = ref()
    consent: ConsentId = ref()


@record
class ProposeReferral:
    """Propose to hand the student on, with the counselor's detailed record (C6.1)."""

    student: StudentId = ref()
    case: CaseId = ref()
    account: str = item(ItemClass.COUNSELING_NOTES)
    summary: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class RecordOpinion:
    """What the student thinks of it; `limits`: what they let be passed on (C6.1)."""

    student: StudentId = ref()
    case: CaseId = ref()
    referral: ReferralId = ref()
    opinion: str = item(ItemClass.REFERRAL_SUMMARY)
    limits: tuple[str, ...] = item(ItemClass.REFERRAL_SUMMARY, default=())


@record
class ActivateReferral:
    """Let offers go out, on a basis; also after a hold."""

    student: StudentId = ref()
    case: CaseId = ref()
    referral: ReferralId = ref()
    basis: str = item(ItemClass.REFERRAL_SUMMARY)
    why: str = item(ItemClass.REFERRAL_SUMMARY, default="")


@record
class HoldReferral:
    student: StudentId = ref()
    case: CaseId = ref()
    referral: ReferralId = ref()
    why: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class RevokeReferral:
    student: StudentId = ref()
    case: CaseId = ref()
    referral: ReferralId = ref()
    why: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class CompleteReferral:
    student: StudentId = ref()
    case: CaseId = ref()
    referral: ReferralId = ref()


@record
class MakeOffer:
    """Offer it to a receiver; `then`: who is next; `instead_of`: the offer that it takes over."""

    student: StudentId = ref()
    case: CaseId = ref()
    referral: ReferralId = ref()
    receiver: PersonId = ref()
    scope: tuple[str, ...] = item(ItemClass.CONSENT)
    then: tuple[PersonId, ...] = ref(default=())
    instead_of: OfferId | None = ref(default=None)


@record
class RecallOffer:
    student: StudentId = ref()
    case: CaseId = ref()
    offer: OfferId = ref()


@record
class OpenOffer:
    """The receiver opens it: from now on they see whom it is about."""

    student: StudentId = ref()
    offer: OfferId = ref()


@record
class AcceptOffer:
    student: StudentId = ref()
    offer: OfferId = ref()


@record
class RejectOffer:
    student: StudentId = ref()
    offer: OfferId = ref()
    why: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class StartOffer:
    """The student has been seen there."""

    student: StudentId = ref()
    offer: OfferId = ref()


@record
class EndOffer:
    student: StudentId = ref()
    offer: OfferId = ref()
    outcome: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class ReferralsAreDue:
    """Time, the roster or somebody who left may have ended what referrals rest on."""

    student: StudentId = ref()


#: What a receiver does, and the sender for a receiver that has no desk. They name no case: for a
#: receiver there is none.
OfReceivers = AcceptOffer | EndOffer | OpenOffer | RejectOffer | StartOffer
OfReferral = (
    ActivateReferral
    | CompleteReferral
    | GiveConsent
    | HoldReferral
    | MakeOffer
    | ProposeReferral
    | RecallOffer
    | RecordOpinion
    | RevokeReferral
    | WithdrawConsent
    | OfReceivers
)
