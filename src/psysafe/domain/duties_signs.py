"""What was heard in one group of students, which sign it raised, and whose that is.

A group is a class, or a circle that somebody declared: a dormitory, friends. One document a group,
bounded by its size and by the plan's window; it is no student's file, and no student's file knows
of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain.duties import Duty
from psysafe.domain.severity import Severity
from psysafe.ids import Actor, CircleId, ClassId, PersonId, SignId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref

CLASS: Final = "class"
QUIET, RAISED, PROPOSED, ANSWERED, TAKEN_BACK = (
    "quiet",
    "raised",
    "proposed",
    "answered",
    "taken_back",
)
#: A sign that still wants something of somebody.
ASKING: Final = (RAISED, PROPOSED)


@record
class Circle:
    """Students who belong together beside their class, as somebody of the staff declared it."""

    id: CircleId = ref()
    kind: str = ref()
    """dormitory or friends"""
    name: str = item(ItemClass.CLASS_PLACEMENT)
    members: tuple[StudentId, ...] = item(ItemClass.CLASS_PLACEMENT)
    by: PersonId = ref()
    at: datetime = ref()


@record
class Heard:
    """That something was heard of one student: how bad, when, by whom; never what."""

    key: str = ref()
    """one thing that was heard has one key, however often it is counted"""
    student: StudentId = ref()
    school_class: ClassId = ref()
    severity: Severity = item(ItemClass.RISK_LEVEL)
    at: datetime = ref()
    counted: datetime = ref()
    reporter: Actor | None = item(ItemClass.REPORTER, default=None)
    death: bool = item(ItemClass.RISK_LEVEL, default=False)


@record
class TellsOf:
    """Of which students somebody was told when they were told last."""

    person: PersonId = ref()
    since: datetime = ref()
    """when they were told first"""
    students: tuple[StudentId, ...] = ref()
    grave: tuple[StudentId, ...] = item(ItemClass.RISK_LEVEL, default=())
    """those at high or above, or dead"""


@record
class Watch:
    """One group: what was heard in it lately, and the sign that this raised, if any."""

    group: str = ref()
    """the id of the class or of the circle"""
    kind: str = ref()
    """class, dormitory or friends"""
    grade: str = ref()
    heard: tuple[Heard, ...] = item(ItemClass.OBSERVATION, default=())
    state: str = ref(default=QUIET)
    sign: SignId | None = ref(default=None)
    """the sign that is open, or the last one"""
    raised: datetime | None = ref(default=None)
    duty: Duty | None = ref(default=None)
    measures: tuple[str, ...] = ref(default=())
    """what is proposed: codes of the register `measures`"""
    note: str = item(ItemClass.COUNSELING_NOTES, default="")
    """the counselor's own words on it, for the counselors and the crisis leading group"""
    proposed_by: PersonId | None = ref(default=None)
    told: tuple[TellsOf, ...] = ref(default=())
    """everybody who was told of the sign that is open, or of the last one"""
    before: tuple[str, ...] = ref(default=())
    """what was settled when the open sign, or the last one, was raised: it is none of its makers"""
    settled: tuple[str, ...] = ref(default=())
    """what was heard before the last sign was answered: it raises none again by itself"""

    @property
    def asks(self) -> bool:
        """Whether a sign waits for a proposal or for an answer."""
        return self.state in ASKING
