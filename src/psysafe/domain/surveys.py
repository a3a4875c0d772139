"""The class survey (摸底): one document a class, gone through student by student (A2.2).

    (none) --start--> open --enter, enter, ...--> open --close--> closed --start--> open ...

It says who has been gone through, and nothing of what was found: that stands on the student's own
file, where the privacy matrix guards it. Everybody who was away or came back needs an entry; about
all others a word is needed too, because no report is not the same as nothing to report.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psysafe.domain import codes
from psysafe.domain import events as e
from psysafe.domain.duties import Duty
from psysafe.domain.files_folding import handed
from psysafe.domain.people import SchoolClass
from psysafe.domain.severity import Severity
from psysafe.domain.world import Around
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, ClassId, CommandIds, DutyId, PersonId, StudentId, SurveyId
from psysafe.sensitivity import ItemClass, changed, item, record, ref

Events = list[e.Event]
KIND: Final = "class_survey"
OPEN, CLOSED = "open", "closed"


@record
class Survey:
    """The survey of one class: the one under way, or the last one."""

    id: SurveyId = ref()
    school_class: ClassId = ref()
    grade: str = ref()
    started: datetime = ref()
    students: tuple[StudentId, ...] = ref()
    cohort: tuple[StudentId, ...] = item(ItemClass.EXPOSURE)
    duty: Duty = ref()
    """whose it is, and by when; it ends with the survey"""
    entered: tuple[StudentId, ...] = ref(default=())
    state: str = ref(default=OPEN)
    closed: datetime | None = ref(default=None)

    @property
    def missing(self) -> tuple[StudentId, ...]:
        """Who was away or came back, and has no entry yet."""
        return tuple(s for s in self.cohort if s not in self.entered)

    @property
    def left(self) -> tuple[StudentId, ...]:
        """Everybody who has no entry yet."""
        return tuple(s for s in self.students if s not in self.entered)


def start(
    around: Around,
    survey: Survey | None,
    actor: Actor,
    students: Sequence[StudentId],
    cohort: Sequence[StudentId],
    now: datetime,
    ids: CommandIds,
) -> Events:
    """Ask the homeroom teacher of a class; where there is none, the grade head.

    Raises NotPermittedError PSY002, InvalidMoveError PSY028 where one is under way, PSY035 where
    nobody could do it, PSY047 where the plan has none for this class today. One that is under way
    goes on whatever the plan says later.
    """
    school_class = _class(around)
    if not around.may("survey", actor, now):
        raise NotPermittedError("PSY002", action="survey")
    if survey is not None and survey.state == OPEN:
        raise InvalidMoveError("PSY028", action="start", state=survey.state)
    if not around.active(KIND, now):
        day = around.calendar.local_day(now).isoformat()
        raise InvalidMoveError("PSY047", activity=KIND, place=school_class.id, day=day)
    owner = around.first_of(("homeroom_teacher", "grade_head"), now)
    if owner is None:
        raise InvalidMoveError("PSY035", class_id=school_class.id)
    duty = around.opened(KIND, owner, Severity.ATTENTION, DutyId(ids.next("duty")), now)
    return [
        e.SurveyStarted(
            survey=SurveyId(ids.next("survey")),
            school_class=school_class.id,
            grade=school_class.grade,
            students=tuple(students),
            cohort=tuple(s for s in students if s in set(cohort)),
            duty=duty,
            by=PersonId(actor),
            at=now,
        )
    ]


def _class(around: Around) -> SchoolClass:
    if around.school_class is None:
        raise NotFoundError
    return around.school_class


def _of_the_doer(around: Around, survey: Survey | None, actor: Actor, now: datetime) -> Survey:
    """The survey, for whoever does it. For everybody else there is none: NotFoundError."""
    if survey is not None:
        own = actor in (survey.duty.owner, *survey.duty.had_by)
        # Somebody who has left the school does nothing more, even where it was once theirs.
        here = bool(around.roster.roles_of(actor, now))
        if here and (own or "homeroom_teacher" in around.roles(actor, now)):
            return survey
    raise NotFoundError


def enter(
    around: Around,
    survey: Survey | None,
    actor: Actor,
    student: StudentId,
    outcome: str,
    now: datetime,
) -> Events:
    """One student has been gone through; a second entry corrects the first.

    Raises NotFoundError for whoever does not do this survey and for a student outside it,
    InvalidDataError PSY013, InvalidMoveError PSY028 where it is closed.
    """
    found = _of_the_doer(around, survey, actor, now)
    codes.known("survey_outcomes", outcome)
    if student not in found.students:
        raise NotFoundError
    if found.state != OPEN:
        raise InvalidMoveError("PSY028", action="enter", state=found.state)
    return [
        e.SurveyEntered(
            survey=found.id, student=student, outcome=outcome, by=PersonId(actor), at=now
        )
    ]


def close(
    around: Around, survey: Survey | None, actor: Actor, nobody_else: bool, now: datetime
) -> Events:
    """The class has been gone through.

    Raises NotFoundError for whoever does not do this survey, InvalidMoveError PSY028 where it is
    closed, PSY029 where somebody who was away has no entry, PSY030 where nothing is said about
    the others.
    """
    found = _of_the_doer(around, survey, actor, now)
    if found.state != OPEN:
        raise InvalidMoveError("PSY028", action="close", state=found.state)
    if found.missing:
        raise InvalidMoveError("PSY029", missing=len(found.missing))
    if found.left and not nobody_else:
        raise InvalidMoveError("PSY030")
    by = PersonId(actor)
    return [e.SurveyClosed(survey=found.id, by=by, at=now, nobody_else=bool(found.left))]


def due(
    around: Around, survey: Survey | None, survey_id: str, passed: int, now: datetime
) -> Events:
    """Time is up: the fallback does it. Nothing where time has already been taken care of."""
    if survey is None or survey.id != survey_id or survey.state != OPEN:
        return []
    if survey.duty.passed != passed or survey.duty.due > now:
        return []
    return [around.passed_on(survey.duty, now)]


def evolve(survey: Survey | None, event: e.Event) -> Survey:
    """The class's survey after one more event. Raises ValueError for one that is not its own."""
    if isinstance(event, e.SurveyStarted):
        return Survey(
            id=event.survey,
            school_class=event.school_class,
            grade=event.grade,
            started=event.at,
            students=event.students,
            cohort=event.cohort,
            duty=event.duty,
        )
    if survey is None:
        raise ValueError("an event of a survey before it was started")
    if isinstance(event, e.SurveyEntered):
        entered = (*(s for s in survey.entered if s != event.student), event.student)
        return changed(survey, entered=entered)
    if isinstance(event, e.SurveyClosed):
        return changed(survey, state=CLOSED, closed=event.at)
    if isinstance(event, e.DutyPassedOn):
        return changed(survey, duty=handed(survey.duty, event))
    raise ValueError(f"{type(event).__name__} does not belong to a survey")
