"""Handing a student on, at a desk: consents, requests, offers, and what is offered to oneself."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.engine import offers
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import student_of_case, student_of_offer
from psysafe.ids import Actor, CaseId, ConsentId, OfferId, PersonId, ReferralId, student_person


def _person(name: str) -> PersonId:
    return PersonId(Actor(name))


class Consents:
    """That a guardian or the student lets something be passed on to one receiver."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def give(
        self,
        student: str,
        receiver: str,
        scope: Iterable[str],
        *,
        by: str = "",
        how: str,
        until: datetime | None = None,
    ) -> Receipt:
        """Write a consent down. `by`: a guardian's id; without it the student's own.

        `how`: on paper, by telephone, and where it lies. `until` (aware): from then on it counts
        no more. Raises InvalidMoveError PSY072 for somebody who receives no students, PSY076 for
        somebody who cannot consent, PSY090 for a consent that is over already.
        """
        seat = self._seat
        known = find_student(seat.school, student)
        wish = c.GiveConsent(
            student=known,
            by=_person(by) if by else student_person(known),
            receiver=_person(receiver),
            scope=tuple(scope),
            how=how,
            until=until,
        )
        return seat.do(wish)

    def withdraw(self, student: str, consent: str) -> Receipt:
        """Take a consent back: what rests on it is on hold from now on, and shows nothing."""
        seat = self._seat
        known = find_student(seat.school, student)
        return seat.do(c.WithdrawConsent(student=known, consent=ConsentId(consent)))


class Referrals:
    """Requests to hand a student on (C6.1), and what is offered to this actor."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    # -- the request --------------------------------------------------------------------------

    def propose(self, case: str, *, account: str, summary: str) -> Receipt:
        """Propose a referral. `account` is the detailed record and stays here; `summary` goes."""
        return self._do(c.ProposeReferral, case, account=account, summary=summary)

    def opinion(
        self, case: str, referral: str, opinion: str, limits: Iterable[str] = ()
    ) -> Receipt:
        """What the student thinks: agrees, within_limits (of what), opposes, cannot_say."""
        return self._do(c.RecordOpinion, case, referral, opinion=opinion, limits=tuple(limits))

    def activate(self, case: str, referral: str, basis: str, why: str = "") -> Receipt:
        """Let offers go out, on consent, a statutory duty or an emergency for life; also again."""
        return self._do(c.ActivateReferral, case, referral, basis=basis, why=why)

    def hold(self, case: str, referral: str, why: str) -> Receipt:
        return self._do(c.HoldReferral, case, referral, why=why)

    def revoke(self, case: str, referral: str, why: str) -> Receipt:
        """End it: every offer is taken back."""
        return self._do(c.RevokeReferral, case, referral, why=why)

    def complete(self, case: str, referral: str) -> Receipt:
        """Say that the student has found the help that was asked for."""
        return self._do(c.CompleteReferral, case, referral)

    def offer(
        self,
        case: str,
        referral: str,
        receiver: str,
        scope: Iterable[str],
        *,
        then: Iterable[str] = (),
        instead_of: str | None = None,
    ) -> Receipt:
        """Offer it to a receiver. `then`: who is next where that one is silent or rejects it."""
        return self._do(
            c.MakeOffer,
            case,
            referral,
            receiver=_person(receiver),
            scope=tuple(scope),
            then=tuple(_person(one) for one in then),
            instead_of=OfferId(instead_of) if instead_of else None,
        )

    def recall(self, case: str, offer: str) -> Receipt:
        """Take an offer back: its receiver finds nothing more."""
        student = student_of_case(self._seat.school, case)
        wish = c.RecallOffer(student=student, case=CaseId(case), offer=OfferId(offer))
        return self._seat.do(wish)

    # -- what is offered to this actor --------------------------------------------------------

    def offered(self) -> builtins.list[dict[str, Any]]:
        """What is offered to this actor and has not ended: no name before it is opened."""
        seat = self._seat
        return [
            seat.plain(line) for line in offers.list_offers(seat.school, seat.actor, seat.now())
        ]

    def get(self, offer: str) -> dict[str, Any]:
        """One offer: a teaser, and once it is opened what may be passed on now.

        Raises NotFoundError where it has ended, was taken back, or is another's.
        """
        seat = self._seat
        found = offers.read_offer(seat.school, seat.actor, OfferId(offer), seat.now())
        plain: dict[str, Any] = seat.plain(found)
        return plain

    def open(self, offer: str) -> Receipt:
        """Open an offer: from now on its receiver sees whom it is about."""
        return self._answer(c.OpenOffer, offer)

    def accept(self, offer: str) -> Receipt:
        """Take the student on. Raises ConflictError PSY074 once its time is up."""
        return self._answer(c.AcceptOffer, offer)

    def reject(self, offer: str, why: str) -> Receipt:
        return self._answer(c.RejectOffer, offer, why=why)

    def start(self, offer: str) -> Receipt:
        """Say that the student has been seen there."""
        return self._answer(c.StartOffer, offer)

    def end(self, offer: str, outcome: str) -> Receipt:
        """Say what came of it: attended, admitted, no_show, refused_by_guardian, ..."""
        return self._answer(c.EndOffer, offer, outcome=outcome)

    def _answer(self, command: type[Any], offer: str, **fields: Any) -> Receipt:
        student = student_of_offer(self._seat.school, offer)
        return self._seat.do(command(student=student, offer=OfferId(offer), **fields))

    def _do(
        self, command: type[Any], case: str, referral: str | None = None, **fields: Any
    ) -> Receipt:
        student = student_of_case(self._seat.school, case)
        if referral is not None:
            fields["referral"] = ReferralId(referral)
        return self._seat.do(command(student=student, case=CaseId(case), **fields))
