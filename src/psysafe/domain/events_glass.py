"""That the glass was broken, and that it was reviewed. A room of `events`."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.glass import BrokenGlass
from psysafe.ids import PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class GlassBroken:
    student: StudentId = ref()
    glass: BrokenGlass = item(ItemClass.AUDIT_TRAIL)


@record
class GlassReviewed:
    """All that waited for a review by somebody other than who looked."""

    student: StudentId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    finding: str = item(ItemClass.AUDIT_TRAIL)


OfGlass = GlassBroken | GlassReviewed
