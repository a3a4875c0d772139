"""A school's own rows of the privacy matrix: what it has adopted, and what of it shows more now.

A row says for one viewer, one item and one state how much is shown instead of what the shipped
matrix says. A row that shows less counts from its adoption on. One that shows more is signed, has
an end, and counts only between the event that says it began and the one that says it ended.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import Actor, PersonId
from psysafe.sensitivity import ItemClass, changed, item, record, ref


@record
class OwnRow:
    """One cell of the matrix as the school wants it; `place` is viewer:item:state.

    `signed_by` and what follows it stand only with a row that shows more than the shipped one.
    """

    place: str = ref()
    effect: str = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL, default="")
    since: datetime | None = ref(default=None)
    until: datetime | None = ref(default=None)
    signed_by: PersonId | None = ref(default=None)
    key: str = ref(default="")
    """the public key whose signature it carries"""
    signature: str = ref(default="")


@record
class OwnRows:
    """What a school has adopted. `begun`: the places of rows that show more and have begun."""

    rows: tuple[OwnRow, ...] = ref(default=())
    begun: tuple[str, ...] = ref(default=())
    digest: str = ref(default="")
    """of the file that was adopted, so that another one is noticed"""
    by: Actor = ref()
    at: datetime = ref()

    def row(self, place: str) -> OwnRow | None:
        """The row of a place."""
        return next((row for row in self.rows if row.place == place), None)


@record
class OwnRowsAdopted:
    """A file of the school's own rows was adopted as a whole, in place of the one before."""

    rows: tuple[OwnRow, ...] = ref()
    digest: str = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class WideningBegan:
    """A row that shows more came into force."""

    place: str = ref()
    effect: str = ref()
    signed_by: PersonId = ref()
    until: datetime = ref()
    at: datetime = ref()


@record
class WideningEnded:
    """A row that shows more is in force no longer, and does not begin again by itself.

    `why`: over, withdrawn (by a later file), signer (has the right no more) or signature (does
    not fit any more).
    """

    place: str = ref()
    why: str = ref()
    at: datetime = ref()


OwnRowsEvent = OwnRowsAdopted | WideningBegan | WideningEnded


def evolve(held: OwnRows | None, event: object) -> OwnRows:
    """The rows after one more event. The first is an adoption."""
    if isinstance(event, OwnRowsAdopted):
        kept = [
            place
            for place in (held.begun if held is not None else ())
            if held is not None and held.row(place) in event.rows
        ]
        return OwnRows(
            rows=event.rows, begun=tuple(kept), digest=event.digest, by=event.by, at=event.at
        )
    if held is None:
        raise ValueError("nothing was adopted")
    if isinstance(event, WideningBegan):
        return changed(held, begun=(*held.begun, event.place))
    if isinstance(event, WideningEnded):
        return changed(
            held,
            rows=tuple(row for row in held.rows if row.place != event.place),
            begun=tuple(place for place in held.begun if place != event.place),
        )
    return held
