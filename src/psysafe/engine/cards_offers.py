"""The line that an offer has in its receiver's list: whose it is, and nothing of the student."""

from __future__ import annotations

from collections.abc import Iterator

from psysafe.clock import to_wire
from psysafe.domain.files import StudentFile
from psysafe.domain.referrals import Offer
from psysafe.engine.cards import Stored
from psysafe.ids import OfferId, StudentId
from psysafe.sensitivity import record, ref


@record
class OfferCard:
    """About whom an offer is; found by its receiver while it has not ended."""

    offer: OfferId = ref()
    student: StudentId = ref()


def _all(file: StudentFile) -> dict[OfferId, Offer]:
    return {one.id: one for request in file.referrals for one in request.offers}


def offer_document(file: StudentFile, offer: Offer) -> Stored:
    index = {
        "owner": offer.receiver,
        "lifecycle": "open" if offer.live else "ended",
        "due": to_wire(offer.due),
    }
    card = OfferCard(offer=offer.id, student=file.student)
    return Stored(key=f"offer/{offer.id}", record=card, subject=file.student, index=index)


def offer_documents(file: StudentFile) -> Iterator[Stored]:
    """The line of every offer that the file keeps."""
    yield from (offer_document(file, one) for one in _all(file).values())


def offers_changed(before: StudentFile, after: StudentFile) -> Iterator[Stored]:
    """The lines of the offers that are new or have changed."""
    if before.referrals is not after.referrals:
        known = _all(before)
        yield from (offer_document(after, o) for o in _all(after).values() if known.get(o.id) != o)


def offers_gone(before: StudentFile, after: StudentFile) -> tuple[str, ...]:
    """Keys of the lines of offers that the file keeps no more."""
    if before.referrals is after.referrals:
        return ()
    kept = _all(after)
    return tuple(f"offer/{one}" for one in _all(before) if one not in kept)
