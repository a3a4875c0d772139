"""Class surveys, support and notes: anybody, any order, any delay; no state that cannot be.

What was refused changed nothing; what was done can be folded again from the journal.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from psysafe.contracts.storage import Query
from psysafe.domain.duties_notes import Note, Teller
from psysafe.domain.surveys import Survey
from psysafe.engine.gather import gather, readable, roster
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError, StorageError
from psysafe.testing.schools import (
    InventedSchool,
    class_id,
    guardian_id,
    open_school,
    student_id,
)

PEOPLE = (
    "homeroom-1",
    "homeroom-2",
    "counselor-a",
    "grade-head-10",
    "affairs",
    "head",
    "registrar",
    str(guardian_id(1)),
    f"student:{student_id(3)}",
)
#: Who may start one, and who does that of class 1; nobody else gets anywhere.
STARTERS = {"counselor-a", "grade-head-10", "affairs", "head"}
DOERS = {"homeroom-1", "grade-head-10", "head", "deputy-head", "core"}
people = st.sampled_from(PEOPLE)
pupils = st.sampled_from((1, 2, 3))
outcomes = st.sampled_from(("concern", "no_concern", "not_reached"))


class ClassLife(RuleBasedStateMachine):
    """Two classes of a grade, everybody who has to do with them, and some who have not."""

    school: InventedSchool

    @initialize()
    def a_school(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.school = open_school(Path(self.folder.name) / "school")
        self.told: dict[str, int] = {}

    def teardown(self) -> None:
        if not hasattr(self, "school"):
            return
        proof = verify(self.school.school)
        self.school.close()
        self.folder.cleanup()
        assert proof.ok, proof.findings

    # -- looking ------------------------------------------------------------------------------

    def held(self, kind: str, cls: type[Any]) -> list[Any]:
        parts = self.school.school
        query = Query(index="kind", prefixes=((kind,),), limit=200)
        page = parts.storage.query(parts.part, query)
        return [one for _, one in readable(parts, page.documents, cls)]

    def survey(self, number: int) -> Survey | None:
        wanted = class_id(number)
        return next((s for s in self.held("class", Survey) if s.school_class == wanted), None)

    def attempt(self, action: Callable[[], Any]) -> bool:
        """Whether it was done. A refusal has a code, and is no fault of the store."""
        before = (self.held("class", Survey), self.held("note", Note))
        try:
            action()
        except StorageError:
            raise
        except PsysafeError:
            refused = True
        else:
            refused = False
        after = (self.held("class", Survey), self.held("note", Note))
        assert not refused or after == before
        return not refused

    # -- doing --------------------------------------------------------------------------------

    @rule(who=people, number=pupils)
    def is_away(self, who: str, number: int) -> None:
        now = self.school.clock.now()
        desk = self.school.desk(who).exposure
        closes = now + timedelta(days=40)
        self.attempt(
            lambda: desk.record(self.school.number(number), "away", since=now, closes=closes)
        )

    @rule(who=people)
    def somebody_starts_a_survey(self, who: str) -> None:
        was = self.survey(1)
        done = self.attempt(lambda: self.school.desk(who).surveys.start(("g10",)))
        assert done == (who in STARTERS)
        now = self.survey(1)
        if was is not None and was.state == "open":
            assert now == was, "a class has one survey at a time"
        elif done:
            assert now is not None
            assert now.state == "open"
            assert now.entered == ()

    @rule(who=people, number=pupils, outcome=outcomes)
    def somebody_enters_a_student(self, who: str, number: int, outcome: str) -> None:
        mine = 1 if number < 3 else 2
        was = self.survey(mine)
        symptoms = {"fear": "some"} if outcome == "concern" else {}
        desk = self.school.desk(who).surveys
        done = self.attempt(lambda: desk.enter(self.school.number(number), outcome, symptoms))
        if done:
            assert was is not None
            assert was.state == "open"
            assert mine != 1 or who in DOERS
            after = self.survey(mine)
            assert after is not None
            assert student_id(number) in after.entered
            if outcome == "concern":
                file = gather(self.school.school, student_id(number)).world.file
                assert file.live_case is not None
                assert file.support is not None

    @rule(who=people, number=st.sampled_from((1, 2)), zero=st.booleans())
    def somebody_closes_a_survey(self, who: str, number: int, zero: bool) -> None:
        was = self.survey(number)
        desk = self.school.desk(who).surveys
        done = self.attempt(lambda: desk.close(class_id(number), nobody_else=zero))
        if done:
            assert was is not None
            assert was.state == "open"
            assert not was.missing
            assert zero or not was.left

    @rule(who=people, number=pupils, outcome=st.sampled_from(("reached", "not_reached")))
    def somebody_reaches_out(self, who: str, number: int, outcome: str) -> None:
        desk = self.school.desk(who).support
        self.attempt(lambda: desk.log(self.school.number(number), "telephone", outcome))

    @rule(who=people, about=st.sampled_from(("", "no:2026030101", "somebody")))
    def somebody_leaves_a_note(self, who: str, about: str) -> None:
        desk = self.school.desk(who).signals
        self.attempt(lambda: desk.leave_note(about, {"self_harm": "marked"}))

    @rule(who=people, number=pupils, link=st.booleans())
    def somebody_checks_a_note(self, who: str, number: int, link: bool) -> None:
        notes = [note for note in self.held("note", Note) if note.state == "open"]
        if not notes:
            return
        desk, note = self.school.desk(who).signals, notes[0]
        student = self.school.number(number)
        done = self.attempt(
            (lambda: desk.link(note.id, student)) if link else (lambda: desk.set_aside(note.id))
        )
        if done and link:
            file = gather(self.school.school, student_id(number)).world.file
            assert note.signal.reporter in [s.reporter for s in file.signals]

    @rule(hours=st.sampled_from((0.2, 7.0, 30.0, 80.0)))
    def time_passes(self, hours: float) -> None:
        self.school.tick(hours=hours)

    # -- what always holds --------------------------------------------------------------------

    @invariant()
    def every_open_survey_and_note_is_somebodys(self) -> None:
        staff = roster(self.school.school).staff
        for one in (*self.held("class", Survey), *self.held("note", Note)):
            assert one.duty.owner in staff
            assert one.duty.due > one.duty.opened

    @invariant()
    def nobody_is_entered_who_is_not_of_the_class_and_nobody_twice(self) -> None:
        for survey in self.held("class", Survey):
            assert set(survey.entered) <= set(survey.students)
            assert set(survey.cohort) <= set(survey.students)
            assert len(set(survey.entered)) == len(survey.entered)

    @invariant()
    def a_tellers_list_is_their_open_notes(self) -> None:
        waiting = sorted(n for teller in self.held("teller", Teller) for n in teller.waiting)
        assert waiting == sorted(n.id for n in self.held("note", Note) if n.state == "open")

    @invariant()
    def whoever_has_nothing_to_do_with_it_sees_no_list(self) -> None:
        for who in ("registrar", str(guardian_id(1)), f"student:{student_id(3)}"):
            desk = self.school.desk(who)
            assert desk.surveys.list() == desk.signals.notes() == desk.support.owed() == []


@pytest.mark.clause("A2.2", "B0.3")
def test_whatever_people_do_in_whatever_order_a_class_is_gone_through() -> None:
    run_state_machine_as_test(
        ClassLife,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )
