"""A referral: one request to hand a student on to another helper, and one offer a receiver.

The request says why, what the student thinks of it and on what it rests. An offer goes to one
receiver, who finds no name in it before opening it, and ends by an answer, by being taken back or
by silence. Request and offer are what FHIR calls ServiceRequest and Task.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from psysafe.ids import CaseId, DutyId, OfferId, PersonId, ReferralId
from psysafe.sensitivity import ItemClass, item, record, ref

DRAFT: Final = "draft"
ACTIVE: Final = "active"
ON_HOLD: Final = "on_hold"
COMPLETED: Final = "completed"
REVOKED: Final = "revoked"
#: A request in these is under way.
OPEN: Final = (DRAFT, ACTIVE, ON_HOLD)

REQUESTED: Final = "requested"
RECEIVED: Final = "received"
ACCEPTED: Final = "accepted"
IN_PROGRESS: Final = "in_progress"
DONE: Final = "completed"
FAILED: Final = "failed"
REJECTED: Final = "rejected"
CANCELLED: Final = "cancelled"
#: An offer in these waits for its receiver's answer.
WAITING: Final = (REQUESTED, RECEIVED)
#: An offer in these has not ended.
LIVE_OFFER: Final = (*WAITING, ACCEPTED, IN_PROGRESS)

#: Why an offer was taken back.
EXPIRED: Final = "expired"
RECALLED: Final = "recalled"
SUPERSEDED: Final = "superseded"
LEFT: Final = "receiver_left"

#: What an outcome makes of an offer.
ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attended": DONE,
        "admitted": DONE,
        "no_disorder_found": DONE,
        "no_show": FAILED,
        "refused_by_guardian": FAILED,
        "refused_by_student": FAILED,
        "unreachable": FAILED,
        "declined_by_institution": FAILED,
    }
)
#: Refusals of the family. A receiver that rejects is none of these.
REFUSALS: Final = ("refused_by_guardian", "refused_by_student")

CONSENT: Final = "consent"
STATUTORY: Final = "statutory_duty"
EMERGENCY: Final = "emergency"

#: The duties of a referral.
ANSWER: Final = "answer_offer"
UNMET: Final = "referral_unmet"
DECIDE: Final = "decide_referral"
RENEW: Final = "renew_consent"
EXPLAIN: Final = "explain_to_student"


@record
class Offer:
    """What was offered to one receiver, and what became of it."""

    id: OfferId = ref()
    receiver: PersonId = ref()
    role: str = ref()
    """as what the receiver is asked: a code of codes.ROLES"""
    state: str = ref()
    """requested, received, accepted, in_progress; completed, failed, rejected, cancelled"""
    by: PersonId = ref()
    offered: datetime = ref()
    due: datetime = ref()
    duty: DutyId = ref()
    """the receiver's duty to answer"""
    scope: tuple[str, ...] = item(ItemClass.CONSENT)
    """codes of consents.SCOPES: what may be passed on at most"""
    then: tuple[PersonId, ...] = ref(default=())
    """to whom it goes next where this receiver is silent or rejects it"""
    opened: datetime | None = ref(default=None)
    ended: datetime | None = ref(default=None)
    why: str = item(ItemClass.REFERRAL_SUMMARY, default="")
    """a receiver's reason, or why it was taken back"""
    outcome: str = item(ItemClass.REFERRAL_SUMMARY, default="")
    """a code of codes.OFFER_OUTCOMES"""

    @property
    def live(self) -> bool:
        return self.state in LIVE_OFFER

    @property
    def waiting(self) -> bool:
        return self.state in WAITING


@record
class Referral:
    """A request to hand a student on: what is asked, by whose leave, and every offer of it."""

    id: ReferralId = ref()
    case: CaseId = ref()
    state: str = ref()
    """draft, active, on_hold; completed, revoked"""
    by: PersonId = ref()
    at: datetime = ref()
    account: str = item(ItemClass.COUNSELING_NOTES)
    """the counselor's detailed record (C6.1); it stays in the school"""
    summary: str = item(ItemClass.REFERRAL_SUMMARY)
    """what the receiver reads: the situation, and what is asked"""
    opinion: str | None = item(ItemClass.REFERRAL_SUMMARY, default=None)
    """what the student thinks: a code of codes.OPINIONS"""
    limits: tuple[str, ...] = item(ItemClass.REFERRAL_SUMMARY, default=())
    """what the student lets be passed on, who agrees within limits"""
    basis: str | None = item(ItemClass.REFERRAL_SUMMARY, default=None)
    """on what it rests: a code of codes.REFERRAL_BASES"""
    basis_why: str = item(ItemClass.REFERRAL_SUMMARY, default="")
    offers: tuple[Offer, ...] = item(ItemClass.REFERRAL_SUMMARY, default=())
    """those that have not ended, and the last ones that have"""
    held: str = item(ItemClass.REFERRAL_SUMMARY, default="")
    """why it is on hold"""
    ended: datetime | None = ref(default=None)

    @property
    def open(self) -> bool:
        return self.state in OPEN

    def live_offers(self) -> tuple[Offer, ...]:
        return tuple(one for one in self.offers if one.live)

    def offer(self, offer: str) -> Offer | None:
        return next((one for one in self.offers if one.id == offer), None)
