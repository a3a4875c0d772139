"""What can have happened to collective signs and to the circles in which they are looked for.

The same rules as in `events`, of which these are a part.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.duties import Duty
from psysafe.domain.duties_signs import Circle, Heard, TellsOf
from psysafe.ids import Actor, PersonId, SignId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class CircleDeclared:
    """Students belong together, or no more: a later one takes the place of the earlier."""

    circle: Circle = item(ItemClass.CLASS_PLACEMENT)


@record
class SignHeard:
    """Something was heard of a student of a group. What is older than `since` counts no more."""

    group: str = ref()
    kind: str = ref()
    grade: str = ref()
    heard: Heard = item(ItemClass.OBSERVATION)
    since: datetime = ref()


@record
class SignUnheard:
    """What was heard of a student was entered in error: it counts no more."""

    group: str = ref()
    student: StudentId = ref()
    death: bool = ref()
    """whether that is the death alone"""
    by: Actor = ref()
    at: datetime = ref()


@record
class SignRaised:
    """So much was heard in one group that it is a sign of its own (C3.2)."""

    group: str = ref()
    sign: SignId = ref()
    measures: tuple[str, ...] = ref()
    """what the plan proposes until a person proposes something"""
    duty: Duty = ref()
    at: datetime = ref()


@record
class SignTold:
    """Who was told of it, and of which students each of them may know that they are counted."""

    group: str = ref()
    sign: SignId = ref()
    told: tuple[TellsOf, ...] = ref()
    at: datetime = ref()


@record
class SignProposed:
    """A person has looked at the group and proposes what is done."""

    group: str = ref()
    sign: SignId = ref()
    measures: tuple[str, ...] = ref()
    note: str = item(ItemClass.COUNSELING_NOTES, default="")
    duty: Duty = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class SignAnswered:
    """The leading group has answered: it is done so, or something else is to be proposed."""

    group: str = ref()
    sign: SignId = ref()
    approved: bool = ref()
    note: str = item(ItemClass.COUNSELING_NOTES, default="")
    duty: Duty | None = ref(default=None)
    """whose it is now, where it was not approved"""
    by: PersonId = ref()
    at: datetime = ref()


@record
class SignTakenBack:
    """It was no sign: everybody who was told is told."""

    group: str = ref()
    sign: SignId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES, default="")
    by: Actor = ref()
    at: datetime = ref()


OfSigns = (
    CircleDeclared
    | SignAnswered
    | SignHeard
    | SignProposed
    | SignRaised
    | SignTakenBack
    | SignTold
    | SignUnheard
)
