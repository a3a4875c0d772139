"""What is known of a student and the epidemic: away, returned, confirmed, close contact, ...

A fact has an interval of time, the purpose for which it was written down and the moment at which
that purpose closes. Past that moment it counts for nothing any more: it makes no cohort, no duty,
no figure, and no list shows it. Facts are private (item class `exposure`); when they hold is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from psysafe.ids import ExposureId
from psysafe.sensitivity import ItemClass, item, record, ref

#: Whom class survey and one-to-one support are for first (A2.1).
TRAVELLED: Final = ("away", "returned_from")
#: What a homeroom teacher counts for the student affairs office (C5.1), in this order.
COUNTED: Final = ("confirmed", "suspected", "fever", "close_contact")


@record
class Exposure:
    """One fact about one student, from a moment until a moment, for one purpose."""

    id: ExposureId = ref()
    fact: str = item(ItemClass.EXPOSURE)
    """a code of codes.EXPOSURES"""
    since: datetime = ref()
    until: datetime | None = ref(default=None)
    """the first moment at which it holds no more; None while nobody has said so"""
    purpose: str = ref(default="epidemic_care")
    closes: datetime = ref()
    """when the purpose closes"""

    def holds(self, now: datetime) -> bool:
        """Whether the fact is one of the present, and its purpose still open."""
        return self.since <= now < self.closes and (self.until is None or now < self.until)

    def usable(self, now: datetime) -> bool:
        """Whether it may be looked at at all: nothing is shown after its purpose has closed."""
        return now < self.closes


def holding(facts: Iterable[Exposure], now: datetime) -> frozenset[str]:
    """The codes of what holds now."""
    return frozenset(f.fact for f in facts if f.holds(now))


def travelled(facts: Iterable[Exposure], now: datetime) -> bool:
    """Whether a student is away or came back from elsewhere."""
    return bool(holding(facts, now) & set(TRAVELLED))
