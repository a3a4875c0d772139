"""What can have happened to signals, exposure, one-to-one support, class surveys and notes.

The same rules as in `events`, of which these are a part: past tense, never renamed, each field
with its item class.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.duties import Duty
from psysafe.domain.duties_notes import Note
from psysafe.domain.exposure import Exposure
from psysafe.domain.severity import Severity
from psysafe.domain.signals import Contact
from psysafe.ids import (
    Actor,
    CaseId,
    ClassId,
    DutyId,
    ExposureId,
    PersonId,
    SignalId,
    StudentId,
    SurveyId,
)
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class ExposureRecorded:
    """A fact of exposure was written down, or corrected where the same fact still held."""

    student: StudentId = ref()
    exposure: Exposure = item(ItemClass.EXPOSURE)
    by: PersonId = ref()
    at: datetime = ref()


@record
class ExposureEnded:
    """A fact of exposure holds no more from a moment on."""

    student: StudentId = ref()
    exposure: ExposureId = ref()
    until: datetime = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class SupportStarted:
    """One-to-one support of a student began (A2.2)."""

    student: StudentId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    closes: datetime | None = ref(default=None)
    """when its purpose closes; None where only the exposure's own end, or a person, ends it"""


@record
class SupportEnded:
    student: StudentId = ref()
    by: Actor = ref()
    at: datetime = ref()
    why: str = ref()
    """a_person or purpose_closed"""


@record
class ContactLogged:
    """The teacher reached out to a student, or tried to (A2.2, A2.3)."""

    student: StudentId = ref()
    contact: Contact = item(ItemClass.OBSERVATION)


@record
class Responded:
    """Somebody talked with a student who had asked to, or answered a question."""

    student: StudentId = ref()
    duty: DutyId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    note: str = item(ItemClass.COUNSELING_NOTES, default="")


@record
class PlaceLearned:
    """Somebody said where the child is."""

    case: CaseId = ref()
    place: str = item(ItemClass.SUPERVISION)
    by: PersonId = ref()
    at: datetime = ref()


@record
class DutyReplanned:
    """The severity rose: an open duty is due earlier than it was."""

    duty: DutyId = ref()
    due: datetime = ref()
    severity: Severity = item(ItemClass.RISK_LEVEL)
    at: datetime = ref()


# -- class surveys ----------------------------------------------------------------------------


@record
class SurveyStarted:
    """A homeroom teacher is to go through the whole class (A2.2)."""

    survey: SurveyId = ref()
    school_class: ClassId = ref()
    grade: str = ref()
    students: tuple[StudentId, ...] = ref()
    cohort: tuple[StudentId, ...] = item(ItemClass.EXPOSURE)
    """who was away or came back: each of them needs an entry"""
    duty: Duty = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class SurveyEntered:
    """What the survey found of one student. A concern is a signal on the student's own file."""

    survey: SurveyId = ref()
    student: StudentId = ref()
    outcome: str = item(ItemClass.OBSERVATION)
    by: PersonId = ref()
    at: datetime = ref()


@record
class SurveyClosed:
    """The teacher has gone through the class, and said so about all of it: a zero report too."""

    survey: SurveyId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    nobody_else: bool = ref(default=False)
    """no concern about those without an entry of their own"""


# -- notes about somebody ---------------------------------------------------------------------


@record
class NoteTaken:
    """Somebody told about somebody whom they may not look up."""

    note: Note = item(ItemClass.OBSERVATION)


@record
class NoteChecked:
    """A person has checked a note: linked to a student, as a report of its own, or set aside."""

    note: SignalId = ref()
    teller: PersonId = item(ItemClass.REPORTER)
    outcome: str = ref()
    student: StudentId | None = ref(default=None)
    by: PersonId = ref()
    at: datetime = ref()


OfSignals = (
    ContactLogged
    | DutyReplanned
    | ExposureEnded
    | ExposureRecorded
    | NoteChecked
    | NoteTaken
    | PlaceLearned
    | Responded
    | SupportEnded
    | SupportStarted
    | SurveyClosed
    | SurveyEntered
    | SurveyStarted
)
