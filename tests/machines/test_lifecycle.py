"""A case as a whole: each guard of each step, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.desk.desk import CaseDesk, Cases
from psysafe.domain.duties_death import POSTVENTION
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError, PsysafeError
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        assert verify(opened.school).ok


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def cases(school: InventedSchool, name: str = "counselor-a") -> Cases:
    return school.desk(name).cases


def opened(school: InventedSchool, degree: str = "some") -> CaseDesk:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": degree}, place="class_room"
    )
    case = cases(school).about(school.number(1))
    case.acknowledge()
    case.open()
    return case


def closing(school: InventedSchool) -> CaseDesk:
    case = opened(school)
    case.assess("attention", "spoke twice")
    school.tick(days=15)
    case.close("well for two weeks")
    return case


def told(school: InventedSchool, name: str, purpose: str) -> list[dict[str, Any]]:
    return [n for n in school.desk(name).inbox.list() if n["purpose"] == purpose]


def state(school: InventedSchool) -> str:
    case = file_of(school).case
    return case.lifecycle if case is not None else "none"


# -- looking again --------------------------------------------------------------------------------


def test_a_case_that_was_judged_calm_is_looked_at_again_until_it_is_closed(
    school: InventedSchool,
) -> None:
    case = opened(school)
    for days in (0, 29, 31):
        school.tick(days=days)
        case.assess("attention", "we spoke", staff_id("counselor-b"))
        (duty,) = file_of(school).owed("reassess")
        assert duty.owner == staff_id("counselor-a")
        assert (duty.due - school.clock.now()).days == 30
    case.close("well for a month")
    school.desk("counselor-b").cases.about(school.number(1)).close("so it is")
    assert state(school) == "closed"
    assert not file_of(school).owed("reassess")


# -- the lead -------------------------------------------------------------------------------------


@pytest.mark.clause("C1.6")
def test_until_the_new_lead_accepts_the_old_one_keeps_every_duty(school: InventedSchool) -> None:
    case = opened(school)
    cases(school, "head").assign_lead(case.id, staff_id("counselor-b"))
    assert {d.owner for d in file_of(school).owed("reassess")} == {staff_id("counselor-a")}
    school.tick()
    assert told(school, "counselor-b", "lead")
    cases(school, "counselor-b").accept_lead(case.id)
    assert file_of(school).case.lead == staff_id("counselor-b")  # type: ignore[union-attr]
    assert {d.owner for d in file_of(school).owed("reassess")} == {staff_id("counselor-b")}
    assert not file_of(school).owed("accept_lead")


def test_whoever_was_not_asked_does_not_take_the_lead(school: InventedSchool) -> None:
    case = opened(school)
    with pytest.raises(InvalidMoveError, match="PSY038"):
        cases(school, "counselor-b").accept_lead(case.id)


@pytest.mark.parametrize("who", ["counselor-a", "counselor-c", "homeroom-1", "nobody"])
def test_the_lead_goes_to_another_counselor_of_the_student_only(
    school: InventedSchool, who: str
) -> None:
    case = opened(school)
    with pytest.raises(InvalidMoveError, match="PSY037"):
        cases(school).assign_lead(case.id, f"staff:{who}")


def test_the_lead_goes_to_nobody_who_is_away(school: InventedSchool) -> None:
    case = opened(school)
    school.absent("counselor-b", days=5)
    with pytest.raises(InvalidMoveError, match="PSY037"):
        cases(school).assign_lead(case.id, staff_id("counselor-b"))


def test_a_case_is_opened_with_no_lead_who_is_away(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "some"}, place="class_room"
    )
    case = cases(school).about(school.number(1))
    case.acknowledge()
    school.absent("counselor-b", days=5)
    with pytest.raises(InvalidMoveError, match="PSY022"):
        case.open(staff_id("counselor-b"))
    assert state(school) == "triage"


def test_whoever_is_the_students_counselor_no_more_does_not_accept_the_lead(
    school: InventedSchool,
) -> None:
    case = opened(school)
    cases(school).assign_lead(case.id, staff_id("counselor-b"))
    school.leaves("counselor-b")
    school.takes("counselor-b", "leading_group_deputy")
    with pytest.raises(InvalidMoveError, match="PSY038"):
        cases(school, "counselor-b").accept_lead(case.id)
    assert file_of(school).case.lead == staff_id("counselor-a")  # type: ignore[union-attr]


# -- away and back --------------------------------------------------------------------------------


def test_a_student_who_is_away_is_handed_to_somebody_by_name(school: InventedSchool) -> None:
    case = opened(school)
    with pytest.raises(InvalidMoveError, match="PSY060"):
        cases(school).away(case.id, "home", "")
    cases(school).away(case.id, "home", "her mother")
    assert state(school) == "away"
    assert file_of(school).case.accompanied  # type: ignore[union-attr]


def test_a_return_needs_the_meeting_and_no_signature(school: InventedSchool) -> None:
    case = opened(school)
    cases(school).away(case.id, "home", "her mother")
    with pytest.raises(InvalidMoveError, match="PSY039"):
        cases(school).decide_return(case.id, " ")
    with pytest.raises(NotPermittedError):
        cases(school, "homeroom-1").decide_return(case.id, "we met")
    cases(school).decide_return(case.id, "mother, teacher and I met; a friend walks with her")
    assert state(school) == "open"
    assert not file_of(school).case.accompanied  # type: ignore[union-attr]


def test_only_an_open_case_goes_away_and_only_one_that_is_away_returns(
    school: InventedSchool,
) -> None:
    case = closing(school)
    with pytest.raises(InvalidMoveError, match="PSY005"):
        cases(school).away(case.id, "home", "her mother")
    with pytest.raises(InvalidMoveError, match="PSY005"):
        cases(school).decide_return(case.id, "met")


def test_a_rise_while_away_calls_people_as_always(school: InventedSchool) -> None:
    case = opened(school)
    cases(school).away(case.id, "home", "her mother")
    case.declare_crisis(danger="self", place="home", proposal="hospital", severity="high")
    assert {r.route for r in file_of(school).runs if r.state == "running"}


# -- closing and what follows ---------------------------------------------------------------------


@pytest.mark.clause("C4.3")
def test_a_second_person_is_told_to_decide_and_may_reject_with_a_reason(
    school: InventedSchool,
) -> None:
    case = closing(school)
    school.tick()
    assert told(school, "counselor-b", "closure")
    with pytest.raises(NotPermittedError, match="PSY009"):
        cases(school).reject_closure(case.id, "I changed my mind")
    with pytest.raises(InvalidMoveError, match="PSY006"):
        cases(school, "counselor-b").reject_closure(case.id, "")
    cases(school, "counselor-b").reject_closure(case.id, "another week")
    assert state(school) == "open"
    assert not file_of(school).owed("decide_closure")


def test_a_closed_case_is_reopened_for_a_reason_and_looked_at_again(
    school: InventedSchool,
) -> None:
    case = closing(school)
    cases(school, "counselor-b").close(case.id, "agreed")
    assert state(school) == "closed"
    with pytest.raises(InvalidMoveError, match="PSY006"):
        cases(school).reopen(case.id, " ")
    cases(school).reopen(case.id, "the mother called: it begins again")
    assert state(school) == "open"
    assert file_of(school).owed("reassess")


def test_a_new_signal_after_a_closed_case_is_a_new_case_that_knows_the_old_one(
    school: InventedSchool,
) -> None:
    old = closing(school)
    cases(school, "counselor-b").close(old.id, "agreed")
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "some"})
    new = file_of(school).case
    assert new is not None
    assert new.id != old.id
    assert new.after == old.id
    assert new.lifecycle == "signalled"


def test_a_case_goes_to_a_school_that_has_acknowledged_by_name(school: InventedSchool) -> None:
    case = opened(school)
    for to, by in (("", "Ms Zhao"), ("No 5", " ")):
        with pytest.raises(InvalidMoveError, match="PSY040"):
            cases(school).transfer(case.id, to, by)
    cases(school).transfer(case.id, "No 5", "Ms Zhao")
    assert state(school) == "transferred"
    assert not [d for d in file_of(school).duties if d.case is not None]


def test_what_was_entered_in_error_is_voided_while_nobody_outside_was_told(
    school: InventedSchool,
) -> None:
    case = opened(school)
    cases(school).void(case.id, "the wrong student")
    assert state(school) == "void"


def test_a_closed_case_is_voided_too_and_one_for_which_120_was_called_is_not(
    school: InventedSchool,
) -> None:
    case = closing(school)
    cases(school, "counselor-b").close(case.id, "agreed")
    cases(school).void(case.id, "the wrong student")
    assert state(school) == "void"
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "some"})
    new = cases(school).about(school.number(1))
    new.acknowledge()
    new.supervise("in_person", "Ms Wang", called=True)
    with pytest.raises(InvalidMoveError, match="PSY042"):
        cases(school).void(new.id, "the wrong student")


def test_a_case_of_which_a_family_was_told_is_not_voided(school: InventedSchool) -> None:
    case = opened(school)
    case.guardian(guardian_id(1), "reached")
    with pytest.raises(InvalidMoveError, match="PSY042"):
        cases(school).void(case.id, "the wrong student")


# -- a false alarm --------------------------------------------------------------------------------


@pytest.mark.clause("C1.1")
def test_everybody_who_was_called_is_told_that_it_is_over(school: InventedSchool) -> None:
    case = opened(school, "marked")
    case.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")
    school.tick()
    called = {
        a.person for r in file_of(school).runs for a in r.asked if a.person != "staff:counselor-a"
    }
    with pytest.raises(InvalidMoveError, match="PSY007"):
        case.stand_down("a film was being made")
    case.stand_down("a film was being made", second=str(staff_id("counselor-b")))
    school.tick(minutes=1)
    assert called
    for person in called:
        name = str(person).partition(":")[2]
        (over,) = told(school, name, "stood_down")
        assert not any(n["purpose"] == "crisis" for n in school.desk(name).inbox.list())
        assert over["text"].startswith("The alarm about which you were called is over.")
    file = file_of(school)
    assert not any(r.state == "running" for r in file.runs)
    assert file.case is not None
    assert file.case.stood_down is not None
    assert {d.kind for d in file.duties if d.case} <= {"reassess", "follow_up", "triage"}


def test_an_alarm_is_not_called_off_at_a_level_that_is_one(school: InventedSchool) -> None:
    case = opened(school, "marked")
    with pytest.raises(InvalidMoveError, match="PSY041"):
        case.stand_down("it is less", "high")


# -- the second person ----------------------------------------------------------------------------


def _assessed_high(school: InventedSchool) -> CaseDesk:
    case = opened(school, "marked")
    case.assess("high", "she has a plan")
    return case


@pytest.mark.parametrize("second", [None, "counselor-a", "safeguarding", "expert", "head"])
def test_with_two_counselors_the_second_assessor_is_the_other_one(
    school: InventedSchool, second: str | None
) -> None:
    case = _assessed_high(school)
    with pytest.raises(InvalidMoveError, match="PSY007"):
        case.assess("moderate", "better", f"staff:{second}" if second else None)
    case.assess("moderate", "better", "staff:counselor-b")


@pytest.mark.parametrize("second", ["safeguarding", "expert"])
def test_a_school_with_one_counselor_has_the_second_person_by_telephone(
    tmp_path: Path, second: str
) -> None:
    with open_school(tmp_path / "school", without=("counselor-b", "counselor-c")) as school:
        case = _assessed_high(school)
        for nobody in ("counselor-a", "head", "homeroom-1"):
            with pytest.raises(InvalidMoveError, match="PSY007"):
                case.assess("moderate", "better", f"staff:{nobody}")
        case.assess("moderate", "better", f"staff:{second}")
        level = file_of(school).case.level  # type: ignore[union-attr]
        assert level.second == staff_id(second)  # type: ignore[union-attr]


# -- what was dismissed, and a death --------------------------------------------------------------


@pytest.mark.clause("C4.3")
def test_what_was_dismissed_is_read_by_another_counselor_within_a_week(
    school: InventedSchool,
) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "some"})
    case = cases(school).about(school.number(1))
    case.acknowledge()
    case.dismiss("a misunderstanding")
    (duty,) = file_of(school).owed("read_dismissed")
    assert duty.owner == staff_id("counselor-b")
    assert (duty.due - school.clock.now()).days == 7
    with pytest.raises(PsysafeError):
        cases(school, "homeroom-1").read_dismissed(school.number(1))
    cases(school, "counselor-b").read_dismissed(school.number(1))
    assert not file_of(school).owed("read_dismissed")
    with pytest.raises(InvalidMoveError, match="PSY043"):
        cases(school, "counselor-b").read_dismissed(school.number(1))


@pytest.mark.clause("C1.1")
def test_after_a_death_nothing_goes_on_by_itself_and_care_for_those_left_begins(
    school: InventedSchool,
) -> None:
    case = opened(school, "marked")
    case.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")
    with pytest.raises(NotPermittedError):
        cases(school, "homeroom-1").bereavement(school.number(1))
    cases(school).bereavement(school.number(1))
    file = file_of(school)
    assert file.frozen == school.clock.now()
    assert not any(r.state == "running" for r in file.runs)
    assert {d.kind: d.owner for d in file.duties} == {
        "postvention_friends": staff_id("counselor-a"),
        "postvention_class": staff_id("homeroom-1"),
        "postvention_dormitory": staff_id("duty"),
        "postvention_staff": staff_id("head"),
    }
    # What was on its way when the death was entered goes out no more.
    assert not told(school, "homeroom-1", "crisis")
    assert not told(school, "head", "leading_group_report")
    for _ in range(5):
        school.tick(days=3)
    assert {d.kind for d in file_of(school).duties} == set(POSTVENTION)
    assert not told(school, "homeroom-1", "crisis")
    assert told(school, "counselor-b", "bereaved")
    with pytest.raises(InvalidMoveError, match="PSY044"):
        case.guardian(guardian_id(1), "reached")
    for duty in file_of(school).duties:
        with pytest.raises(NotFoundError):
            cases(school, "homeroom-2").settle(school.number(1), duty.id, "done")
        owner = str(duty.owner).partition(":")[2]
        cases(school, owner).settle(school.number(1), duty.id, "they were told, together")
    assert file_of(school).duties == ()
