"""Guardians of 14 to 17: a summary; details with the student's word; danger excepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.events import PersonAdded
from psysafe.domain.privacy import Effect
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.engine.sight import sight
from psysafe.errors import PsysafeError
from psysafe.ids import Actor, student_person
from psysafe.sensitivity import ItemClass, changed
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, student_id

S = student_id(1)
MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)
CHILD, SIXTEEN, NINETEEN, UNKNOWN = "2014-06-01", "2010-06-01", "2007-06-01", ""
#: What is shown in full of a student who was reported at high, and of whom nobody has judged yet.
DETAILS = {"crisis_flag", "supervision"}


class Family:
    """A case at a provisional high: grave, and no danger that a person has confirmed."""

    def __init__(self, school: InventedSchool, born: str) -> None:
        self.school, self.number = school, school.number(1)
        self.born(born)
        school.desk("homeroom-1").signals.report(
            self.number, "one_to_one", dangers=("plan",), place="home"
        )
        case = school.desk("counselor-a").cases.about(self.number)
        case.acknowledge()
        case.open()
        self.case = case.id
        self.counselor = school.desk("counselor-a")

    def born(self, day: str) -> None:
        school = self.school
        student = gather(school.school, S).world.student
        told = PersonAdded(student=changed(student, details={"born": day} if day else {}))
        now, command = school.clock.now(), school.ids.command()
        commit_students(school.school, [(S, [told])], Actor("operator:it"), now, command)

    def sees(self, guardian: str, effect: Effect = Effect.ALLOW) -> set[str]:
        world, now = gather(self.school.school, S).world, self.school.clock.now()
        plan = sight(self.school.school, Actor(guardian), world, now)
        return {item.value for item in ItemClass if plan.of(item).effect is effect}

    def agrees(self, guardian: str = MOTHER, scope: tuple[str, ...] = ("situation",)) -> str:
        own = self.school.desk(student_person(S)).consents
        given = own.give(self.number, guardian, scope, how="in a talk").consent
        assert given is not None
        return given


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def refused(code: str, step: Callable[[], Any]) -> None:
    with pytest.raises(PsysafeError) as found:
        step()
    assert found.value.code == code


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize(
    ("born", "details"),
    [(CHILD, True), (SIXTEEN, False), (UNKNOWN, False)],
    ids=["a child", "sixteen", "an age that nobody knows"],
)
def test_from_fourteen_on_guardians_see_a_summary(
    school: InventedSchool, born: str, details: bool
) -> None:
    family = Family(school, born)
    full, short = family.sees(MOTHER), family.sees(MOTHER, Effect.REDACT)
    assert {"display_name", "contact", "class_placement", "consent"} <= full
    assert (full if details else short) >= DETAILS
    assert family.sees(MOTHER) == family.sees(FATHER)


@pytest.mark.clause("B0.3")
def test_what_the_student_agrees_to_one_guardian_sees_until_it_is_taken_back(
    school: InventedSchool,
) -> None:
    family = Family(school, SIXTEEN)
    consent = family.agrees()
    (held,) = gather(school.school, S).world.file.consents
    assert held.purpose == "guardian_details"
    assert family.sees(MOTHER) >= DETAILS
    assert not DETAILS & family.sees(FATHER)
    # It opens its scopes, and never more than the policy shows to any guardian.
    assert "referral_summary" in family.sees(MOTHER) | family.sees(MOTHER, Effect.REDACT)
    assert not {"observation", "counseling_notes", "risk_level"} & family.sees(MOTHER)
    school.desk(student_person(S)).consents.withdraw(family.number, consent)
    assert not DETAILS & family.sees(MOTHER)


@pytest.mark.clause("B0.3")
def test_only_the_student_agrees_to_it_also_through_the_counselor(school: InventedSchool) -> None:
    family = Family(school, SIXTEEN)
    mother = school.desk(MOTHER).consents
    refused(
        "PSY076",
        lambda: mother.give(family.number, MOTHER, ("situation",), by=MOTHER, how="here"),
    )
    family.counselor.consents.give(family.number, FATHER, ("situation",), how="in a talk")
    assert family.sees(FATHER) >= DETAILS


@pytest.mark.clause("B0.3")
def test_a_child_is_not_asked_whether_a_parent_may_look(school: InventedSchool) -> None:
    family = Family(school, CHILD)
    refused("PSY091", family.agrees)


@pytest.mark.clause("B0.3")
def test_what_was_agreed_at_seventeen_is_asked_again_at_eighteen(school: InventedSchool) -> None:
    family = Family(school, SIXTEEN)
    family.agrees()
    family.born(NINETEEN)
    assert family.sees(MOTHER) == set()
    family.agrees()
    assert family.sees(MOTHER) >= DETAILS


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize("born", [SIXTEEN, UNKNOWN])
def test_in_danger_guardians_see_where_the_child_is_without_being_let(
    school: InventedSchool, born: str
) -> None:
    family = Family(school, born)
    family.counselor.cases.declare(family.case, danger="self", place="home", proposal="tonight")
    assert family.sees(MOTHER) >= DETAILS


@pytest.mark.clause("B0.3")
def test_a_parent_finds_the_short_form_on_the_page_and_no_trace_of_what_it_stands_for(
    school: InventedSchool,
) -> None:
    family = Family(school, SIXTEEN)
    family.counselor.cases.supervise(family.case, "in_person", "her aunt", place="home")
    page = str(school.desk(MOTHER).cases.about(family.number).data)
    assert "her aunt" not in page
    family.agrees()
    assert "her aunt" in str(school.desk(MOTHER).cases.about(family.number).data)
