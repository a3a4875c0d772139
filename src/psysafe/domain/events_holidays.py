"""What can have happened about a break. A room of `events`."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.duties_holidays import BreakAhead, HolidayPlan
from psysafe.ids import Actor, CaseId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class HolidayAhead:
    """A live case stands before a break, or in one, and needs a plan for it."""

    case: CaseId = ref()
    ahead: BreakAhead = ref()
    by: Actor = ref()
    """whoever closed the school; `system:tick` where the calendar says it"""
    at: datetime = ref()


@record
class HolidayPlanned:
    case: CaseId = ref()
    plan: HolidayPlan = item(ItemClass.SAFETY_PLAN)


OfHolidays = HolidayAhead | HolidayPlanned
