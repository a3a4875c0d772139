"""What can have happened where an adult is suspected of harm: barred, confirmed, lifted, told.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.bars import Bar, HandedOver
from psysafe.ids import PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class BarSet:
    """Somebody is barred from now on, or more people are barred with them."""

    student: StudentId = ref()
    bar: Bar = item(ItemClass.ALLEGATION)


@record
class BarConfirmed:
    student: StudentId = ref()
    person: PersonId = item(ItemClass.ALLEGATION)
    by: PersonId = ref()
    at: datetime = ref()
    why: str = item(ItemClass.ALLEGATION, default="")


@record
class BarLifted:
    student: StudentId = ref()
    person: PersonId = item(ItemClass.ALLEGATION)
    by: PersonId = ref()
    at: datetime = ref()
    why: str = item(ItemClass.ALLEGATION)


@record
class AuthorityTold:
    """The authority's contact is told that nobody inside the school may be asked."""

    student: StudentId = ref()
    at: datetime = ref()


@record
class AllegationHandedOver:
    """A named person handed the suspicion over to one of its receivers."""

    student: StudentId = ref()
    handed: HandedOver = item(ItemClass.ALLEGATION)


@record
class SecondAdultWent:
    """Another adult was with the child first."""

    student: StudentId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    note: str = item(ItemClass.COUNSELING_NOTES, default="")


OfBars = AllegationHandedOver | AuthorityTold | BarConfirmed | BarLifted | BarSet | SecondAdultWent
