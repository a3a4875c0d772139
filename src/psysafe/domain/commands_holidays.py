"""What somebody can want about a break. A room of `commands`."""

from __future__ import annotations

from psysafe.ids import CaseId, PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class PlanHoliday:
    """Who is there for a student of a live case over the break that comes, or runs."""

    student: StudentId = ref()
    case: CaseId = ref()
    contact: str = item(ItemClass.SAFETY_PLAN)
    next_contact: str = item(ItemClass.SAFETY_PLAN)
    covers: PersonId = ref()
    informed: tuple[PersonId, ...] = item(ItemClass.SAFETY_PLAN, default=())


@record
class HolidayIsAhead:
    """Time has come near a break: whoever has the live case is asked for its plan."""

    student: StudentId = ref()
    case: CaseId = ref()


@record
class SchoolCloses:
    """The school closes from one day to the next. Carried out for each live case by itself, since
    whoever closes a school need not know of any case."""

    student: StudentId = ref()
    case: CaseId = ref()
    first: str = ref()
    last: str = ref()
    by: PersonId = ref()
