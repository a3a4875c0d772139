"""What somebody can want to say of a student: a report, an answer, a fact, a contact.

A room of `commands`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import Actor, CaseId, DutyId, PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class Report:
    """Tell the net something about a student (A2.2, B2.2)."""

    student: StudentId = ref()
    source: str = ref()
    symptoms: dict[str, str] = item(ItemClass.OBSERVATION, factory=dict)
    needs: tuple[str, ...] = item(ItemClass.OBSERVATION, default=())
    dangers: tuple[str, ...] = item(ItemClass.OBSERVATION, default=())
    place: str = item(ItemClass.SUPERVISION, default="unknown")
    note: str = item(ItemClass.OBSERVATION, default="")
    kind: str = ref(default="worry")
    """worry, question or talk"""
    reporter: Actor | None = item(ItemClass.REPORTER, default=None)
    """who told it, where whoever enters it has only checked and passed on a note"""
    told: datetime | None = ref(default=None)
    """when they told it, where that was earlier"""
    accused: PersonId | None = item(ItemClass.ALLEGATION, default=None)
    """who is named as the adult who does harm: barred with the report"""
    accused_also: tuple[PersonId, ...] = item(ItemClass.ALLEGATION, default=())
    """their relatives and household, as far as they are declared"""


@record
class Respond:
    """I have talked with the student who asked, or answered the question."""

    student: StudentId = ref()
    duty: DutyId = ref()
    note: str = item(ItemClass.COUNSELING_NOTES, default="")


@record
class LearnPlace:
    """Say where the child of a live case is."""

    student: StudentId = ref()
    case: CaseId = ref()
    place: str = item(ItemClass.SUPERVISION)


@record
class RecordExposure:
    """Write down a fact of exposure (C5.1)."""

    student: StudentId = ref()
    fact: str = item(ItemClass.EXPOSURE)
    since: datetime = ref()
    until: datetime | None = ref(default=None)
    purpose: str = ref(default="epidemic_care")
    closes: datetime = ref()


@record
class EndExposure:
    student: StudentId = ref()
    fact: str = item(ItemClass.EXPOSURE)
    until: datetime = ref()


@record
class StartSupport:
    """Begin one-to-one support of a student (A2.2)."""

    student: StudentId = ref()
    closes: datetime | None = ref(default=None)


@record
class EndSupport:
    student: StudentId = ref()


@record
class LogContact:
    """Say what came of reaching out to a student (A2.2, A2.3)."""

    student: StudentId = ref()
    means: str = ref()
    outcome: str = item(ItemClass.OBSERVATION)
    symptoms: dict[str, str] = item(ItemClass.OBSERVATION, factory=dict)
    needs: tuple[str, ...] = item(ItemClass.OBSERVATION, default=())
    dangers: tuple[str, ...] = item(ItemClass.OBSERVATION, default=())
    place: str = item(ItemClass.SUPERVISION, default="unknown")
    note: str = item(ItemClass.OBSERVATION, default="")


OfSignals = (
    EndExposure
    | EndSupport
    | LearnPlace
    | LogContact
    | RecordExposure
    | Report
    | Respond
    | StartSupport
)
