"""Who is with the child, what the family says, and the report that follows from a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.desk.desk import CaseDesk
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError, NotPermittedError
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        assert verify(opened.school).ok


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def owed(school: InventedSchool, kind: str) -> list[str]:
    return [str(d.owner) for d in file_of(school).owed(kind)]


def told(school: InventedSchool, name: str, purpose: str) -> list[dict[str, Any]]:
    return [n for n in school.desk(name).inbox.list() if n["purpose"] == purpose]


def crisis(school: InventedSchool, severity: str = "high") -> CaseDesk:
    """A report, taken up, opened and declared."""
    teacher = school.desk("homeroom-1")
    teacher.signals.report(
        school.number(1), "one_to_one", {"self_harm": "marked"}, place="dormitory"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="dormitory", proposal="hospital", severity=severity)
    return case


def calls(school: InventedSchool, guardian: str, outcome: str) -> None:
    """Whoever owes something of the case calls a guardian."""
    school.desk("counselor-a").cases.about(school.number(1)).guardian(guardian, outcome)


# -- nobody is left alone -------------------------------------------------------------------------


@pytest.mark.clause("C1.1")
def test_imminent_and_nobody_with_the_child_the_nearest_adult_is_told_to_go(
    school: InventedSchool,
) -> None:
    school.desk("counselor-b").signals.report(school.number(1), "message", {"self_harm": "severe"})
    assert owed(school, "never_alone") == [staff_id("homeroom-1")]
    school.tick()
    (notice,) = told(school, "homeroom-1", "alone")
    assert notice["urgent"]
    school.desk("homeroom-1").cases.about(school.number(1)).supervise(
        "in_person", "Ms Wang", place="dormitory", called=True
    )
    assert owed(school, "never_alone") == []
    school.tick(minutes=1)
    assert told(school, "homeroom-1", "alone") == []
    view = school.desk("counselor-a").cases.about(school.number(1)).data
    assert view["with"]["adult"] == "Ms Wang"
    assert view["with"]["called"] is True


@pytest.mark.clause("C1.1")
def test_where_nobody_goes_in_time_the_leading_group_is_alarmed(school: InventedSchool) -> None:
    school.desk("counselor-b").signals.report(school.number(1), "message", {"self_harm": "severe"})
    school.tick()
    school.tick(minutes=10)
    assert owed(school, "never_alone") == [staff_id("head")]
    assert told(school, "head", "duty_passed_on")


def test_a_child_who_is_left_again_is_alarmed_again(school: InventedSchool) -> None:
    case = crisis(school, "imminent")
    case.supervise("in_person", "Ms Wang")
    assert owed(school, "never_alone") == []
    case.supervise("ended", "Ms Wang")
    assert owed(school, "never_alone") == [staff_id("counselor-a")]


def test_an_adult_is_named_or_the_child_counts_as_alone(school: InventedSchool) -> None:
    case = crisis(school, "imminent")
    with pytest.raises(InvalidMoveError, match="PSY060"):
        case.supervise("in_person", "  ")
    with pytest.raises(InvalidMoveError, match="PSY005"):
        case.supervise("ended", "nobody was there")
    assert owed(school, "never_alone") == [staff_id("counselor-a")]


def test_who_is_handed_to_a_hospital_is_asked_after_there(school: InventedSchool) -> None:
    case = crisis(school, "imminent")
    case.supervise("handed_to", "the ward", place="hospital", to="hospital")
    (duty,) = file_of(school).owed("hospital_outcome")
    assert duty.due == school.clock.now() + timedelta(hours=24)
    assert case.data["place"] == "dormitory"
    assert school.desk("counselor-a").cases.about(school.number(1)).data["place"] == "hospital"
    school.desk("counselor-a").cases.hospital(case.id, "No 7", "nothing found", "paper 12")
    assert owed(school, "hospital_outcome") == []


def test_only_somebody_who_may_know_of_the_case_says_who_is_with_the_child(
    school: InventedSchool,
) -> None:
    case = crisis(school)
    with pytest.raises(NotPermittedError):
        school.desk("expert").cases.supervise(case.id, "in_person", "me")


# -- parents who refuse, do not decide, differ, or cannot be reached -----------------------------


@pytest.mark.clause("C6.2")
@pytest.mark.clause("C6.3")
def test_parents_who_refuse_in_a_crisis_end_in_a_report_and_a_later_consent_adds_to_it(
    school: InventedSchool,
) -> None:
    case = crisis(school)
    calls(school, MOTHER, "refuses")
    assert owed(school, "authority_report") == [staff_id("head")]
    assert school.desk("head").cases.about(school.number(1)).report("draft", "refused") is not None
    with pytest.raises(NotPermittedError, match="PSY063"):
        school.desk("head").cases.report(case.id, "approve")
    with pytest.raises(InvalidMoveError, match="PSY061"):
        school.desk("affairs").cases.report(case.id, "submit")
    school.desk("counselor-a").cases.report(case.id, "draft", "the parents refuse; what we did")
    with pytest.raises(NotPermittedError):
        school.desk("deputy-head").cases.report(case.id, "approve")
    school.desk("head").cases.report(case.id, "approve")
    assert owed(school, "authority_report") == []
    assert owed(school, "submit_report") == [staff_id("affairs")]
    school.desk("affairs").cases.report(case.id, "submit")
    calls(school, MOTHER, "agrees")
    report = file_of(school).case.report  # type: ignore[union-attr]
    assert report is not None
    assert report.state == "submitted", "a later consent withdraws nothing"
    assert owed(school, "report_supplement") == [staff_id("counselor-a")]
    school.desk("counselor-a").cases.report(case.id, "supplement", "the mother agrees now")
    school.desk("affairs").cases.report(case.id, "acknowledge")
    assert owed(school, "report_supplement") == []
    view = school.desk("counselor-a").cases.about(school.number(1)).data
    assert view["family"] == "agrees"
    assert view["authority_report"]["state"] == "acknowledged"
    assert [s["text"] for s in view["authority_report"]["supplements"]] == ["the mother agrees now"]


@pytest.mark.clause("C6.3")
def test_a_refusal_below_a_crisis_is_written_down_and_not_reported(
    school: InventedSchool,
) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "marked"})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    calls(school, MOTHER, "refuses")
    case.advise("see a doctor", "declined")
    assert file_of(school).case.report is None  # type: ignore[union-attr]
    assert owed(school, "authority_report") == []
    view = school.desk("counselor-a").cases.about(school.number(1)).data
    assert view["care_advice"][0]["answer"] == "declined"


@pytest.mark.clause("C6.2")
@pytest.mark.clause("C6.3")
@pytest.mark.parametrize(("severity", "hours"), [("high", 24), ("imminent", 2)])
def test_parents_who_do_not_decide_in_time_count_as_refusing_for_the_report(
    school: InventedSchool, severity: str, hours: int
) -> None:
    crisis(school, severity).supervise("in_person", "Ms Wang")
    calls(school, MOTHER, "undecided")
    assert owed(school, "guardian_decision") == [staff_id("counselor-a")]
    school.tick(hours=hours, seconds=-1)
    assert file_of(school).case.report is None  # type: ignore[union-attr]
    school.tick(seconds=1)
    report = file_of(school).case.report  # type: ignore[union-attr]
    assert report is not None
    assert report.trigger == "undecided"
    assert owed(school, "guardian_decision") == []


def test_parents_who_decide_in_time_are_not_reported(school: InventedSchool) -> None:
    crisis(school)
    calls(school, MOTHER, "undecided")
    school.tick(hours=3)
    calls(school, MOTHER, "agrees")
    school.tick(hours=30)
    assert file_of(school).case.report is None  # type: ignore[union-attr]


def test_a_mother_who_was_only_told_has_neither_agreed_nor_refused(
    school: InventedSchool,
) -> None:
    crisis(school)
    calls(school, MOTHER, "reached")
    assert school.desk("counselor-a").cases.about(school.number(1)).data["family"] == "open"
    school.tick(days=3)
    assert file_of(school).case.report is None  # type: ignore[union-attr]


def test_parents_who_cannot_be_reached_at_all_are_the_leading_groups_to_decide_about(
    school: InventedSchool,
) -> None:
    case = crisis(school)
    view = school.desk("counselor-a").cases.about(school.number(1)).data
    for guardian in view["guardians"]:
        calls(school, guardian["guardian"], "unreachable")
    (duty,) = file_of(school).owed("family_unreachable")
    assert duty.owner == staff_id("head")
    school.tick()
    assert told(school, "head", "family")
    with pytest.raises(InvalidMoveError, match="PSY006"):
        school.desk("head").cases.settle(school.number(1), duty.id, " ")
    school.desk("head").cases.settle(school.number(1), duty.id, "the police look for them")
    assert owed(school, "family_unreachable") == []
    assert case.id


def test_a_duty_with_a_step_of_its_own_is_not_settled_by_a_word(school: InventedSchool) -> None:
    crisis(school)
    (duty,) = file_of(school).owed("full_analysis")
    with pytest.raises(InvalidMoveError, match="PSY045"):
        school.desk("counselor-a").cases.settle(school.number(1), duty.id, "done")


@pytest.mark.clause("C6.2")
def test_the_report_is_due_in_two_hours_where_nobody_is_with_the_child(
    school: InventedSchool,
) -> None:
    case = crisis(school, "imminent")
    calls(school, MOTHER, "refuses")
    (duty,) = file_of(school).owed("authority_report")
    assert duty.due == school.clock.now() + timedelta(hours=2)
    assert case.id


@pytest.mark.clause("C6.3")
def test_where_the_head_is_not_there_the_deputy_approves(school: InventedSchool) -> None:
    case = crisis(school)
    calls(school, MOTHER, "refuses")
    school.desk("counselor-a").cases.report(case.id, "draft", "what happened")
    school.absent("head", days=3)
    school.desk("deputy-head").cases.report(case.id, "approve")
    assert owed(school, "submit_report") == [staff_id("affairs")]


# -- afterwards -----------------------------------------------------------------------------------


def test_after_a_crisis_the_student_is_seen_weekly_and_later_every_two_weeks(
    school: InventedSchool,
) -> None:
    crisis(school)
    cases = school.desk("counselor-a").cases
    case = cases.about(school.number(1))
    gaps = []
    for _ in range(12):
        (duty,) = file_of(school).owed("follow_up")
        gaps.append(duty.due - school.clock.now())
        school.clock.set(duty.due - timedelta(hours=1))
        cases.follow_up(case.id, "she sleeps again")
    week = timedelta(days=7)
    assert gaps[0] == week
    assert gaps[-1] == 2 * week
    assert gaps == sorted(gaps)


def test_following_up_stands_against_no_closing_and_a_report_does(
    school: InventedSchool,
) -> None:
    case = crisis(school)
    calls(school, MOTHER, "refuses")
    for name in ("homeroom-1", "head"):
        inbox = school.desk(name).inbox
        school.tick()
        for waiting in inbox.list():
            inbox.acknowledge(waiting["notice"])
    desk = school.desk("counselor-a").cases
    desk.assess(case.id, "attention", "calm again", "staff:counselor-b")
    school.tick(days=15)
    with pytest.raises(InvalidMoveError, match="PSY008") as refused:
        desk.close(case.id, "well")
    blocking = str(refused.value.finding.facts["blocking"])
    assert "authority report" in blocking
    assert "follow_up" not in blocking
