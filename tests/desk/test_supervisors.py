"""A trained teacher who leads a case has a supervisor by name, who is second person to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from psysafe.desk.checking import check
from psysafe.desk.desk import CaseDesk
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.severity import Severity
from psysafe.domain.supervising import NAME
from psysafe.engine.auditing import audit
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.testing.schools import InventedSchool, open_school, staff_id, student_id

#: This school lets homeroom teachers lead, and whoever leads assess and ask for a closure.
TRAINED = "\n".join(
    f"""
[rights.{right}]
holders = ["counselor", "{who}"]
origin = {{ kind = "site", ref = "two of our teachers were trained" }}"""
    for right, who in (
        ("lead_case", "homeroom_teacher"),
        ("assess", "lead"),
        ("request_closure", "lead"),
    )
)
TEACHER, COUNSELOR, OTHER, EXPERT = (
    staff_id(name) for name in ("homeroom-1", "counselor-a", "counselor-b", "expert")
)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school", plan=TRAINED) as opened:
        yield opened
        assert verify(opened.school).ok


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def the_case(school: InventedSchool) -> Case:
    case = file_of(school).case
    assert case is not None
    return case


def owed(school: InventedSchool) -> list[str]:
    return [str(duty.owner) for duty in file_of(school).owed(NAME)]


def told(school: InventedSchool, name: str, purpose: str) -> list[dict[str, Any]]:
    return [n for n in school.desk(name).inbox.list() if n["purpose"] == purpose]


def taken(school: InventedSchool, degree: str = "some") -> CaseDesk:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": degree}, place="class_room"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    return case


def led(school: InventedSchool, supervisor: str | None = None, degree: str = "some") -> CaseDesk:
    """A case that the homeroom teacher leads."""
    case = taken(school, degree)
    case.open(TEACHER, supervisor)
    return case


def lines(school: InventedSchool) -> set[str]:
    found = check(school.school, school.net.settings, school.clock.now())
    return {finding.code for finding in found}


# -- named with the lead --------------------------------------------------------------------------


@pytest.mark.clause("A2.4")
def test_a_teacher_who_leads_is_supervised_by_whoever_is_named(school: InventedSchool) -> None:
    case = led(school, EXPERT)
    assert the_case(school).supervisor == EXPERT
    assert owed(school) == []
    school.tick()
    assert told(school, "expert", "supervisor")
    data = school.desk("counselor-a").cases.get(case.id).data
    assert data["supervisor"] == EXPERT
    assert data["people"][EXPERT] == "蒋明德"


def test_a_counselor_leads_alone(school: InventedSchool) -> None:
    taken(school).open()
    assert (the_case(school).supervisor, owed(school)) == (None, [])


@pytest.mark.parametrize("who", ["homeroom-1", "homeroom-2", "affairs", "counselor-c", "nobody"])
def test_nobody_supervises_themselves_or_without_the_right(
    school: InventedSchool, who: str
) -> None:
    case = taken(school)
    with pytest.raises(InvalidMoveError, match="PSY065"):
        case.open(TEACHER, staff_id(who))
    assert the_case(school).lifecycle == "triage"


def test_nobody_who_is_away_is_named(school: InventedSchool) -> None:
    case = taken(school)
    school.absent("expert")
    with pytest.raises(InvalidMoveError, match="PSY065"):
        case.open(TEACHER, EXPERT)


def test_whoever_is_offered_the_lead_is_supervised_from_when_they_accept(
    school: InventedSchool,
) -> None:
    case = taken(school)
    case.open()
    cases = school.desk("counselor-a").cases
    with pytest.raises(InvalidMoveError, match="PSY065"):
        cases.assign_lead(case.id, TEACHER, TEACHER)
    cases.assign_lead(case.id, TEACHER, OTHER)
    assert the_case(school).supervisor is None
    school.desk("homeroom-1").cases.accept_lead(case.id)
    assert the_case(school).supervisor == OTHER
    assert owed(school) == []


def test_a_supervisor_goes_with_the_lead_whom_they_supervised(school: InventedSchool) -> None:
    case = led(school, EXPERT)
    cases = school.desk("counselor-a").cases
    cases.assign_lead(case.id, COUNSELOR)
    assert (the_case(school).lead, the_case(school).supervisor) == (COUNSELOR, None)
    assert owed(school) == []


def test_whoever_says_who_leads_names_a_supervisor_and_nobody_else(school: InventedSchool) -> None:
    case = led(school)
    with pytest.raises(NotPermittedError, match="PSY002"):
        school.desk("homeroom-1").cases.supervisor(case.id, EXPERT)
    with pytest.raises(NotFoundError):
        school.desk("homeroom-2").cases.supervisor(case.id, EXPERT)
    school.desk("head").cases.supervisor(case.id, EXPERT)
    with pytest.raises(InvalidMoveError, match="PSY065"):
        school.desk("head").cases.supervisor(case.id, EXPERT)


# -- missing --------------------------------------------------------------------------------------


def test_that_nobody_is_named_holds_up_no_case_and_is_late_from_the_first_moment(
    school: InventedSchool,
) -> None:
    case = led(school)
    assert the_case(school).lifecycle == "open"
    assert owed(school) == [COUNSELOR]
    (duty,) = file_of(school).owed(NAME)
    assert duty.late_from == school.clock.now() < duty.due
    school.tick()
    assert told(school, "counselor-a", "unsupervised")
    assert "PSY066" in lines(school)
    school.desk("counselor-a").cases.supervisor(case.id, EXPERT)
    assert owed(school) == []
    assert "PSY066" not in lines(school)


def test_nobody_who_is_asked_names_a_supervisor_and_the_leading_group_has_it(
    school: InventedSchool,
) -> None:
    led(school)
    school.tick(days=4)
    assert owed(school) == [staff_id("head")]
    school.desk("head").cases.supervisor(the_case(school).id, EXPERT)
    assert owed(school) == []


def test_a_supervisor_who_leaves_is_missed_at_once(school: InventedSchool) -> None:
    led(school, OTHER)
    school.leaves("counselor-b")
    school.tick()
    assert owed(school) == [COUNSELOR]
    assert told(school, "counselor-a", "unsupervised")


def test_a_supervisor_who_is_away_is_missed_until_they_are_back(school: InventedSchool) -> None:
    led(school, OTHER)
    school.absent("counselor-b", days=1)
    school.tick()
    assert owed(school) == [COUNSELOR]
    school.clock.advance(days=1, hours=1)
    assert audit(school.school, school.clock.now()).mended
    assert owed(school) == []


def test_a_deputy_supervises_while_the_supervisor_is_away(school: InventedSchool) -> None:
    case = led(school, OTHER)
    school.absent("counselor-b", deputy="expert", days=30)
    school.tick()
    assert owed(school) == []
    school.desk("homeroom-1").cases.assess(case.id, "attention", "spoke twice")
    school.tick(days=15)
    school.desk("homeroom-1").cases.close(case.id, "well for two weeks")
    school.desk("expert").cases.close(case.id, "")
    assert the_case(school).lifecycle == "closed"


def test_whoever_leads_does_not_stand_in_for_their_own_supervisor(school: InventedSchool) -> None:
    led(school, OTHER)
    school.absent("counselor-b", deputy="homeroom-1")
    school.tick()
    assert owed(school) == [COUNSELOR]


def test_a_lost_wake_up_is_made_up_for_by_the_daily_look(school: InventedSchool) -> None:
    led(school, OTHER)
    school.leaves("counselor-b")
    found = audit(school.school, school.clock.now())
    assert owed(school) == [COUNSELOR]
    assert [one.facts["count"] for one in found.findings if one.code == "PSY066"] == [1]


@pytest.mark.clause("C1.6")
def test_whoever_is_suspected_supervises_nobody_and_somebody_else_is_named(
    school: InventedSchool,
) -> None:
    case = led(school, OTHER)
    school.desk("safeguarding").bars.set(school.number(1), OTHER, why="said so")
    assert the_case(school).supervisor is None
    assert owed(school) == [COUNSELOR]
    with pytest.raises(InvalidMoveError, match="PSY065"):
        school.desk("counselor-a").cases.supervisor(case.id, OTHER)


def test_a_missing_supervisor_holds_up_no_closure(school: InventedSchool) -> None:
    case = led(school)
    school.desk("counselor-a").cases.assess(case.id, "attention", "spoke twice")
    school.tick(days=15)
    school.desk("homeroom-1").cases.close(case.id, "well for two weeks")
    school.desk("counselor-a").cases.close(case.id, "")
    assert the_case(school).lifecycle == "closed"
    assert owed(school) == []


def test_a_school_in_which_nobody_may_supervise_hears_it_before_it_is_needed(
    tmp_path: Path,
) -> None:
    experts = {"counselor-a", "counselor-b", "counselor-c", "expert"}
    with open_school(tmp_path / "school", plan=TRAINED, without=experts) as school:
        assert "PSY067" in lines(school)
    with open_school(tmp_path / "other", plan=TRAINED) as school:
        assert "PSY067" not in lines(school)


# -- the second person ----------------------------------------------------------------------------


def closing(school: InventedSchool, supervisor: str) -> CaseDesk:
    case = led(school, supervisor)
    school.desk("homeroom-1").cases.assess(case.id, "attention", "spoke twice")
    school.tick(days=15)
    school.desk("homeroom-1").cases.close(case.id, "well for two weeks")
    return case


def test_a_closure_that_the_lead_asks_for_is_their_supervisors_to_decide(
    school: InventedSchool,
) -> None:
    case = closing(school, EXPERT)
    (duty,) = file_of(school).owed("decide_closure")
    assert duty.owner == EXPERT
    school.desk("expert").cases.close(case.id, "")
    assert the_case(school).lifecycle == "closed"


def test_a_supervisor_rejects_what_the_lead_asks_for(school: InventedSchool) -> None:
    case = closing(school, EXPERT)
    school.desk("expert").cases.reject_closure(case.id, "look again in a week")
    assert the_case(school).lifecycle == "open"


def test_a_supervisor_is_no_second_person_for_what_somebody_else_asks_for(
    school: InventedSchool,
) -> None:
    case = led(school, EXPERT)
    school.desk("homeroom-1").cases.assess(case.id, "attention", "spoke twice")
    school.tick(days=15)
    school.desk("counselor-b").cases.close(case.id, "well for two weeks")
    with pytest.raises(NotPermittedError, match="PSY002"):
        school.desk("expert").cases.close(case.id, "")


def high(school: InventedSchool, supervisor: str) -> CaseDesk:
    case = led(school, supervisor)
    school.desk("counselor-a").cases.assess(case.id, "high", "a plan")
    return case


def test_the_lead_lowers_with_the_supervisor_as_the_second_assessor(
    school: InventedSchool,
) -> None:
    case = high(school, EXPERT)
    teacher = school.desk("homeroom-1").cases
    for second in (None, TEACHER, staff_id("affairs")):
        with pytest.raises(InvalidMoveError, match="PSY007"):
            teacher.assess(case.id, "moderate", "spoke twice", second)
    teacher.assess(case.id, "moderate", "spoke twice", EXPERT)
    assert the_case(school).assessed is Severity.MODERATE


def test_a_supervisor_is_no_second_assessor_for_anybody_else(school: InventedSchool) -> None:
    case = high(school, EXPERT)
    with pytest.raises(InvalidMoveError, match="PSY007"):
        school.desk("counselor-b").cases.assess(case.id, "moderate", "spoke twice", EXPERT)


# -- on paper -------------------------------------------------------------------------------------


def test_the_case_card_names_the_supervisor(school: InventedSchool, tmp_path: Path) -> None:
    case = led(school, EXPERT)
    made = school.desk("counselor-a").papers.about("case-card", case.id, to=tmp_path / "cards")
    with ZipFile(made.file) as paper:
        assert "蒋明德" in paper.read("word/document.xml").decode()
