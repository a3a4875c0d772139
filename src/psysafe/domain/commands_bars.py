"""What somebody can want to do where an adult is suspected of harm.

A room of `commands`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class SetBar:
    """Keep a person, and whoever belongs to them, from everything about this student."""

    student: StudentId = ref()
    person: PersonId = item(ItemClass.ALLEGATION)
    also: tuple[PersonId, ...] = item(ItemClass.ALLEGATION, default=())
    why: str = item(ItemClass.ALLEGATION, default="")


@record
class ConfirmBar:
    student: StudentId = ref()
    person: PersonId = item(ItemClass.ALLEGATION)
    why: str = item(ItemClass.ALLEGATION, default="")


@record
class LiftBar:
    student: StudentId = ref()
    person: PersonId = item(ItemClass.ALLEGATION)
    why: str = item(ItemClass.ALLEGATION, default="")


@record
class HandOverAllegation:
    """Write down that the suspicion was handed over: to whom, how."""

    student: StudentId = ref()
    receiver: str = item(ItemClass.ALLEGATION)
    how: str = item(ItemClass.ALLEGATION, default="")


@record
class GoFirst:
    """Say that another adult has been with the child first."""

    student: StudentId = ref()
    note: str = item(ItemClass.COUNSELING_NOTES, default="")


@record
class PauseRound:
    """Let what is owed by rounds about this student wait, as for the whole class."""

    student: StudentId = ref()
    until: datetime = ref()


OfBars = ConfirmBar | GoFirst | HandOverAllegation | LiftBar | PauseRound | SetBar
