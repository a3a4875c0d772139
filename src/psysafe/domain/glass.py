"""Breaking the glass: to look, for a stated reason, at what the matrix only offers (X9).

What is offered, and to whom, stands in the privacy matrix; nothing is opened beyond that. It is
open for hours, not days; the counselor in charge and the leading group hear of it, and somebody
else reviews it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from psysafe.ids import Actor, PersonId
from psysafe.sensitivity import ItemClass, changed, item, record, ref

#: The longest that a broken glass stays open (rules on minors' data online, art. 36; orientation).
AT_MOST: Final = timedelta(hours=24)
#: So many looks may wait for their review. Then the reviews come first.
MOST_WAITING: Final = 10
REVIEW_GLASS: Final = "review_glass"


@record
class BrokenGlass:
    """That somebody said why they must look, and until when they may."""

    by: PersonId = ref()
    at: datetime = ref()
    until: datetime = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)
    reviewed_by: PersonId | None = ref(default=None)
    finding: str = item(ItemClass.AUDIT_TRAIL, default="")


def open_until(glass: Iterable[BrokenGlass], actor: Actor, now: datetime) -> datetime | None:
    """Until when somebody may look; None where they have not said why, or the time is over."""
    ends = (one.until for one in glass if one.by == actor and one.at <= now < one.until)
    return max(ends, default=None)


def unreviewed(glass: Iterable[BrokenGlass], reviewer: Actor) -> tuple[BrokenGlass, ...]:
    """What waits for a review that this person can make: nobody reviews themselves."""
    return tuple(one for one in glass if one.reviewed_by is None and one.by != reviewer)


def kept(glass: tuple[BrokenGlass, ...], last: int) -> tuple[BrokenGlass, ...]:
    """What a file keeps in sight: all that waits for a review, and the last reviewed ones."""
    done = [one for one in glass if one.reviewed_by is not None][-last:]
    return tuple(one for one in glass if one.reviewed_by is None or one in done)


def reviewed(
    glass: tuple[BrokenGlass, ...], reviewer: PersonId, finding: str
) -> tuple[BrokenGlass, ...]:
    """The same after a review: each look by somebody else that waited for it has it."""
    waited = unreviewed(glass, reviewer)
    return tuple(
        changed(one, reviewed_by=reviewer, finding=finding) if one in waited else one
        for one in glass
    )
