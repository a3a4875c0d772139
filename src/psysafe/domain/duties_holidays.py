"""What a live case needs over a break: whom the student can turn to, and who covers."""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import PersonId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class BreakAhead:
    """A break that a live case was found to stand before. Days as `2027-01-23`."""

    first: str = ref()
    last: str = ref()
    sudden: bool = ref(default=False)
    """the school closed from one day to the next; no calendar knew of it"""


@record
class HolidayPlan:
    """Whom the student can turn to over one break, who at home knows of it, and who covers."""

    first: str = ref()
    """the first day of the break that it is for"""
    last: str = ref()
    contact: str = item(ItemClass.SAFETY_PLAN)
    """whom the student calls first, in the words of whoever planned"""
    next_contact: str = item(ItemClass.SAFETY_PLAN)
    informed: tuple[PersonId, ...] = item(ItemClass.SAFETY_PLAN, default=())
    """the guardians who know of it"""
    covers: PersonId = ref()
    """who of the school has the case meanwhile"""
    by: PersonId = ref()
    at: datetime = ref()
