"""The class survey (摸底): started for the school or some grades, done class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain import codes
from psysafe.domain import commands as c
from psysafe.engine import surveys
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.errors import Finding
from psysafe.ids import ClassId, CommandId, derived_command


class Surveys:
    """Each homeroom teacher goes through the whole class and says who is concerned (A2.2)."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def start(self, grades: Sequence[str] = ()) -> tuple[list[dict[str, Any]], list[Finding]]:
        """Start one for every class of some grades, or of all: who does it, and by when.

        The findings name classes where one is under way (PSY028), nobody could do it (PSY035) or
        the plan has none now (PSY047); they stop no other class. Raises NotPermittedError PSY002.
        """
        seat = self._seat
        started, wrong = surveys.start(seat.school, seat.actor, seat.now(), tuple(grades))
        return [seat.plain(line) for line in started], wrong

    def list(self) -> list[dict[str, Any]]:
        """The surveys that are this actor's, with the students who are to be gone through."""
        seat = self._seat
        return [seat.plain(x) for x in surveys.listed(seat.school, seat.actor, seat.now())]

    def enter(
        self,
        student: str,
        outcome: str,
        symptoms: Mapping[str, str] | None = None,
        *,
        means: str = "in_person",
        needs: tuple[str, ...] = (),
        dangers: tuple[str, ...] = (),
        place: str = "unknown",
        note: str = "",
    ) -> Receipt:
        """Say what was found of one student: no_concern, concern or not_reached.

        A concern is a report (source class_survey). Whoever is concerned, was away or came back
        is accompanied one to one from then on; *not reached* is the first try in vain. Raises
        NotFoundError for whoever does not do this class's survey, InvalidMoveError PSY028,
        InvalidDataError PSY013.
        """
        seat = self._seat
        found = find_student(seat.school, student)
        codes.known("survey_outcomes", outcome)
        survey = surveys.survey_of(seat.school, seat.actor, found, seat.now())

        def once(step: str) -> CommandId:
            # Given again after a stop half-way, each step is done once.
            said = (survey.id, found, step, outcome, repr(sorted((symptoms or {}).items())), note)
            return derived_command(seat.school.part_key, "survey", seat.actor, *said)

        told = None
        if outcome == "concern":
            # The report first: what the school learned of a child is not lost in between.
            wish = c.Report(
                student=found,
                source="class_survey",
                symptoms=dict(symptoms or {}),
                needs=needs,
                dangers=dangers,
                place=place,
                note=note,
            )
            told = seat.do(wish, once("report"))
        if outcome == "not_reached":
            tried = c.LogContact(student=found, means=means, outcome=outcome, note=note)
            seat.do(tried, once("try"))
        elif outcome == "concern" or found in survey.cohort:
            seat.do(c.StartSupport(student=found), once("support"))
        entered = surveys.enter(seat.school, seat.actor, survey, found, outcome, seat.now())
        return told or entered

    def close(self, school_class: str, *, nobody_else: bool = False) -> Receipt:
        """The class has been gone through. `nobody_else`: no concern about all without an entry.

        Raises NotFoundError, InvalidMoveError PSY028 closed already, PSY029 somebody who was away
        has no entry, PSY030 nothing is said about the others.
        """
        seat = self._seat
        wanted = ClassId(school_class)
        return surveys.close(seat.school, seat.actor, wanted, nobody_else, seat.now())
