"""Class surveys: started for many classes at once, done class by class, late ones passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import attrs

from psysafe.contracts.storage import Claimed, Query, Settlement
from psysafe.domain import events as e
from psysafe.domain import surveys
from psysafe.domain.exposure import travelled
from psysafe.domain.files import StudentFile
from psysafe.domain.people import SchoolClass, Student
from psysafe.domain.privacy import Effect
from psysafe.domain.surveys import Survey
from psysafe.domain.world import Around
from psysafe.engine import cards
from psysafe.engine.boards import Board, Decided, Read, carry_out, read
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import campus_of, gather, readable, roster
from psysafe.engine.reading import journal_list, journal_look
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.engine.worklist import open_surveys
from psysafe.errors import Finding, InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import (
    SYSTEM_TICK,
    Actor,
    ClassId,
    CommandId,
    CommandIds,
    StudentId,
    SurveyId,
    derived_command,
)
from psysafe.sensitivity import ItemClass

MOST: Final = 1000
_Decide = Callable[[Around, Survey | None, CommandIds], list[e.Event]]


def _board(class_id: ClassId) -> Board[Survey]:
    return Board(
        key=f"class/{class_id}",
        record=Survey,
        stored=cards.survey_document,
        entries=cards.survey_wakes,
        evolve=surveys.evolve,
    )


def _around(school: School, here: Read[Survey], class_id: ClassId) -> Around:
    one = here.roster.classes.get(class_id)
    if one is None:
        raise NotFoundError
    return Around(roster=here.roster, plan=school.plan, calendar=school.calendar, school_class=one)


def _do(
    school: School,
    class_id: ClassId,
    decide: _Decide,
    actor: Actor,
    now: datetime,
    *,
    what: str,
    said: Sequence[str],
    command_id: CommandId | None = None,
    settle: Sequence[Settlement] = (),
) -> tuple[Receipt, Sequence[e.Event]]:
    def decided(here: Read[Survey], ids: CommandIds) -> Decided:
        return Decided(events=decide(_around(school, here, class_id), here.state, ids))

    return carry_out(
        school,
        _board(class_id),
        decided,
        actor,
        now,
        what=what,
        content="\0".join([what, class_id, *said]).encode(),
        command_id=command_id,
        settle=settle,
    )


# -- starting ---------------------------------------------------------------------------------


def start(
    school: School, actor: Actor, now: datetime, grades: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Start the survey of every class of some grades (empty: all) that the actor may ask for.

    A class where nobody could do it, or one is under way, is a finding and stops no other.
    Raises NotPermittedError PSY002 where the actor may ask for no class at all.
    """
    started: list[dict[str, Any]] = []
    wrong: list[Finding] = []
    asked = 0
    for _, one in sorted(roster(school).classes.items()):
        if grades and one.grade not in grades:
            continue
        try:
            line = _start(school, one, actor, now)
        except NotPermittedError:
            continue
        except InvalidMoveError as refusal:
            asked += 1
            wrong.append(refusal.finding)
            continue
        asked += 1
        started += [line] if line is not None else []
    if not asked:
        raise NotPermittedError("PSY002", action="survey")
    return started, wrong


def _start(school: School, one: SchoolClass, actor: Actor, now: datetime) -> dict[str, Any] | None:
    """One class; None for a class without students."""
    pupils, cohort = _students(school, one.id, now)
    if not pupils:
        return None

    def decide(around: Around, survey: Survey | None, ids: CommandIds) -> list[e.Event]:
        there = attrs.evolve(around, campus=campus_of(school, one.id))
        return surveys.start(there, survey, actor, pupils, cohort, now, ids)

    said = ("start", now.isoformat())
    _, events = _do(school, one.id, decide, actor, now, what="survey", said=said)
    begun = next(ev for ev in events if isinstance(ev, e.SurveyStarted))
    return {
        "survey": begun.survey,
        "class": one.id,
        "name": one.name,
        "owner": begun.duty.owner,
        "due": begun.duty.due,
        "students": len(begun.students),
    }


def _students(
    school: School, class_id: ClassId, now: datetime
) -> tuple[tuple[StudentId, ...], tuple[StudentId, ...]]:
    """Everybody of a class, and who of them was away or came back."""
    people = Query(index="placement", prefixes=(("student", class_id),), limit=MOST)
    page = school.storage.query(school.part, people)
    pupils = tuple(sorted(s.id for _, s in readable(school, page.documents, Student)))
    files = Query(index="placement", prefixes=(("file", class_id),), limit=MOST)
    held = school.storage.query(school.part, files)
    cohort = tuple(
        file.student
        for _, file in readable(school, held.documents, StudentFile)
        if travelled(file.exposure, now)
    )
    return pupils, cohort


# -- doing ------------------------------------------------------------------------------------


def survey_of(school: School, actor: Actor, student: StudentId, now: datetime) -> Survey:
    """The open survey of a student's class, for whoever does it. Raises NotFoundError.

    Raises InvalidMoveError PSY028 where it is closed.
    """
    class_id = gather(school, student).world.student.placement.class_id
    here = read(school, _board(class_id))
    around = _around(school, here, class_id)
    surveys.enter(around, here.state, actor, student, "no_concern", now)
    if here.state is None:
        raise NotFoundError
    return here.state


def enter(
    school: School, actor: Actor, survey: Survey, student: StudentId, outcome: str, now: datetime
) -> Receipt:
    """Enter what was found of one student."""

    def decide(around: Around, held: Survey | None, ids: CommandIds) -> list[e.Event]:
        return surveys.enter(around, held, actor, student, outcome, now)

    said = (student, outcome)
    done, _ = _do(school, survey.school_class, decide, actor, now, what="survey", said=said)
    return done


def close(
    school: School, actor: Actor, class_id: ClassId, nobody_else: bool, now: datetime
) -> Receipt:
    """Close a class's survey. Raises NotFoundError, InvalidMoveError PSY028 to PSY030."""

    def decide(around: Around, held: Survey | None, ids: CommandIds) -> list[e.Event]:
        return surveys.close(around, held, actor, nobody_else, now)

    done, _ = _do(
        school, class_id, decide, actor, now, what="survey", said=("close", str(nobody_else))
    )
    return done


def time_is_up(school: School, claim: Claimed, now: datetime) -> Sequence[e.Event]:
    """A survey whose time is up is passed on."""
    class_id, survey, passed = claim.reference.split("|")

    def decide(around: Around, held: Survey | None, ids: CommandIds) -> list[e.Event]:
        return surveys.due(around, held, SurveyId(survey), int(passed), now)

    _, events = _do(
        school,
        ClassId(class_id),
        decide,
        SYSTEM_TICK,
        now,
        what="survey",
        said=(survey, passed),
        command_id=derived_command(school.part_key, cards.SURVEY, survey, passed),
        settle=[Settlement(claim.key, claim.token)],
    )
    return events


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The surveys that are the actor's now: one list, those who were away or came back first."""
    people = roster(school)
    found = []
    for survey in open_surveys(school, actor):
        one = people.classes.get(survey.school_class)
        first = [*survey.cohort, *(s for s in survey.students if s not in survey.cohort)]
        found.append(
            {
                "survey": survey.id,
                "class": survey.school_class,
                "name": one.name if one is not None else survey.school_class,
                "due": survey.duty.due,
                "overdue": survey.duty.due <= now,
                "missing": len(survey.missing),
                "students": list(_lines(school, actor, survey, first, now)),
            }
        )
    journal_list(school, actor, "surveys", now)
    return found


def _lines(
    school: School, actor: Actor, survey: Survey, students: Sequence[StudentId], now: datetime
) -> Iterator[dict[str, Any]]:
    for student in students:
        with suppress(NotFoundError):  # erased since
            yield _line(school, actor, survey, student, now)


def _line(
    school: School, actor: Actor, survey: Survey, student: StudentId, now: datetime
) -> dict[str, Any]:
    gathered = gather(school, student)
    plan = sight(school, actor, gathered.world, now, purpose="duty")
    line: dict[str, Any] = {"student": student, "entered": student in survey.entered}
    shown: list[ItemClass] = []
    if plan.of(ItemClass.DISPLAY_NAME).effect is Effect.ALLOW:
        line["name"] = gathered.world.student.name
        shown.append(ItemClass.DISPLAY_NAME)
    if plan.of(ItemClass.EXPOSURE).effect is Effect.ALLOW:
        # Whether they are in the cohort now: nothing is shown after the purpose has closed.
        line["travelled"] = travelled(gathered.world.file.exposure, now)
        shown.append(ItemClass.EXPOSURE)
    if shown:
        journal_look(school, actor, student, plan, tuple(shown), now, gathered.versions)
    return line
