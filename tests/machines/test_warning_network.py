"""The warning network: class, grade and center hear of a case in turn, whoever has answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.builtin.inbox import Inbox
from psysafe.clock import to_wire
from psysafe.desk.desk import CaseDesk
from psysafe.domain import events as e
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, WARNING, Run
from psysafe.domain.severity import Severity
from psysafe.engine.gather import gather
from psysafe.engine.verify import event_of, verify
from psysafe.errors import NotFoundError
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    STAFF,
    STUDENTS,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

LEVELS = ("homeroom-1", "grade-head-10", "affairs")
CENTER = ("counselor-a", "counselor-b")
PLAN = '[delivery]\nchannels = ["inbox", "mail"]\n'
SYMPTOMS = {
    "attention": {"insomnia": "some"},
    "moderate": {"insomnia": "marked"},
    "high": {"insomnia": "severe"},
}


@pytest.fixture
def mail() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture
def school(tmp_path: Path, mail: RecordingChannel) -> Iterator[InventedSchool]:
    channels = {"inbox": Inbox({}), "mail": mail}
    with open_school(tmp_path / "school", plan=PLAN, channels=channels) as opened:
        yield opened


def begun(school: InventedSchool, severity: str = "moderate") -> CaseDesk:
    """A report that the counselor has taken up and opens."""
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", SYMPTOMS[severity])
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    school.tick()
    return case


def networks(school: InventedSchool) -> list[Run]:
    runs = gather(school.school, student_id(1)).world.file.runs
    return [run for run in runs if run.purpose == WARNING]


def told(school: InventedSchool, name: str) -> list[dict[str, Any]]:
    return [n for n in school.desk(name).inbox.list() if n["purpose"] == WARNING]


def who(school: InventedSchool) -> list[str]:
    """Who is told at this moment that they should answer."""
    return [name for name in STAFF if told(school, name)]


def answers(school: InventedSchool, name: str) -> None:
    school.desk(name).inbox.acknowledge(told(school, name)[0]["notice"])
    school.tick()


def history(school: InventedSchool, kind: type[Any]) -> list[Any]:
    parts = school.school
    found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
    return [event for event in found if isinstance(event, kind)]


@pytest.mark.clause("C4.1")
@pytest.mark.clause("C4.2")
@pytest.mark.clause("C4.3")
def test_class_grade_and_center_are_told_in_turn_although_each_has_answered(
    school: InventedSchool,
) -> None:
    begun(school)
    for name in LEVELS:
        assert who(school) == [name]
        answers(school, name)
    assert who(school) == list(CENTER)
    answers(school, "counselor-b")
    assert who(school) == []
    (run,) = networks(school)
    assert (run.state, run.index) == (STOPPED, 3)
    assert not history(school, e.RouteExhausted)
    assert verify(school.school).ok


@pytest.mark.clause("C4.1")
def test_a_report_alone_sets_no_network_off(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", SYMPTOMS["high"])
    school.tick(hours=20)
    assert networks(school) == []
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    school.tick()
    assert networks(school) == []


def test_what_needs_attention_only_stays_with_the_counselor(school: InventedSchool) -> None:
    begun(school, "attention")
    school.tick(days=3)
    assert networks(school) == []


@pytest.mark.clause("C4.2")
def test_a_level_that_is_silent_holds_up_no_other_and_is_still_asked(
    school: InventedSchool,
) -> None:
    begun(school, "high")
    school.tick(minutes=30, microseconds=-1)
    assert who(school) == ["homeroom-1"]
    school.tick(microseconds=1)
    assert who(school) == ["homeroom-1", "grade-head-10"]
    answers(school, "grade-head-10")
    answers(school, "affairs")
    answers(school, "counselor-a")
    assert [run.state for run in networks(school)] == [STOPPED]
    # The levels after it have answered, which is no answer of the class.
    assert who(school) == ["homeroom-1"]
    before = len(history(school, e.NoticeQueued))
    answers(school, "homeroom-1")
    assert who(school) == []
    assert len(history(school, e.NoticeQueued)) == before, "an answer after all tells nobody else"
    assert verify(school.school).ok


def test_a_late_answer_of_a_level_offers_nobody_to_stop_the_network(
    school: InventedSchool,
) -> None:
    begun(school, "high")
    school.tick(minutes=31)
    answers(school, "homeroom-1")
    assert {n["purpose"] for n in school.desk("grade-head-10").inbox.list()} == {WARNING}
    assert [run.state for run in networks(school)] == [RUNNING]


def test_a_second_answer_of_one_level_asks_nobody_twice(school: InventedSchool) -> None:
    school.takes("homeroom-2", "grade_head")
    begun(school)
    answers(school, "homeroom-1")
    assert who(school) == ["homeroom-2", "grade-head-10"]
    answers(school, "grade-head-10")
    answers(school, "homeroom-2")
    assert [a.person for a in networks(school)[0].asked].count(staff_id("affairs")) == 1


@pytest.mark.clause("C4.3")
def test_a_network_whose_center_does_not_answer_ends_with_the_leading_group(
    school: InventedSchool,
) -> None:
    begun(school, "high")
    for _ in range(4):
        school.tick(minutes=30)
    (run,) = networks(school)
    assert run.state == EXHAUSTED
    unheard = [n for n in school.desk("head").inbox.list() if n["purpose"] == "route_unheard"]
    assert len(unheard) == 1
    assert gather(school.school, student_id(1)).world.file.owed("answer_unheard_route")
    assert verify(school.school).ok


def test_without_anybody_in_the_center_the_last_level_that_answered_ends_it(
    school: InventedSchool,
) -> None:
    begun(school)
    for name in CENTER:
        school.absent(name)
    for name in LEVELS:
        answers(school, name)
    assert [run.state for run in networks(school)] == [STOPPED]
    assert not history(school, e.RouteExhausted)


def test_whoever_answered_the_call_about_it_is_passed_by(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", SYMPTOMS["high"])
    school.tick(minutes=31)
    desk = school.desk("grade-head-10")
    (called,) = [n for n in desk.inbox.list() if n["purpose"] == "linkage"]
    desk.inbox.acknowledge(called["notice"])
    school.desk("counselor-a").cases.about(school.number(1)).open()
    school.tick()
    answers(school, "homeroom-1")
    assert who(school) == ["affairs"]
    skipped = [s for s in history(school, e.RouteStepDue) if s.skipped]
    assert [(s.index, s.skipped) for s in skipped] == [(1, "asked_before")]


# -- a rise, a crisis, an end ---------------------------------------------------------------------


@pytest.mark.clause("C4.1")
def test_a_case_that_is_judged_to_be_worse_is_told_to_every_level_anew(
    school: InventedSchool,
) -> None:
    case = begun(school)
    answers(school, "homeroom-1")
    case.assess("high", "she speaks of not being there any more")
    school.tick()
    milder, graver = networks(school)
    assert (milder.state, graver.state, graver.severity) == (STOPPED, RUNNING, Severity.HIGH)
    assert who(school) == ["homeroom-1"], "the grade is told of what holds now, in its turn"
    assert told(school, "homeroom-1")[0]["urgent"]
    assert [s.why for s in history(school, e.RouteStopped) if s.run == milder.id] == ["risen"]
    case.assess("high", "as before")
    assert len(networks(school)) == 2, "what is as bad as was told is told to nobody again"
    assert verify(school.school).ok


def test_what_was_found_too_mild_for_the_network_is_told_when_it_rises(
    school: InventedSchool,
) -> None:
    case = begun(school, "attention")
    case.assess("moderate", "she does not eat")
    school.tick()
    assert who(school) == ["homeroom-1"]


def test_a_report_that_raises_an_open_case_waits_for_a_persons_judgement(
    school: InventedSchool,
) -> None:
    case = begun(school)
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", SYMPTOMS["high"])
    school.tick()
    assert [run.severity for run in networks(school)] == [Severity.MODERATE]
    case.assess("high", "so it is")
    assert [run.severity for run in networks(school)] == [Severity.MODERATE, Severity.HIGH]


def test_who_has_become_better_and_worse_again_is_told_of_again(school: InventedSchool) -> None:
    case = begun(school)
    case.assess("attention", "it was one bad week")
    case.assess("moderate", "it was not")
    assert len(networks(school)) == 2


@pytest.mark.clause("C6.2")
def test_in_a_declared_crisis_the_network_is_silent_and_tells_what_is_left_afterwards(
    school: InventedSchool,
) -> None:
    case = begun(school)
    case.declare_crisis(danger="self", place="home", proposal="a doctor", severity="high")
    school.tick()
    assert [run.state for run in networks(school)] == [STOPPED]
    assert {n["purpose"] for n in school.desk("homeroom-1").inbox.list()} == {"crisis"}
    case.assess("moderate", "she is safe and at home", second=staff_id("counselor-b"))
    school.tick()
    assert [run.state for run in networks(school)] == [STOPPED, RUNNING]
    assert verify(school.school).ok


@pytest.mark.parametrize("end", ["stood down", "found milder", "handed over"])
def test_the_network_ends_with_what_it_tells_of(school: InventedSchool, end: str) -> None:
    case = begun(school)
    answers(school, "homeroom-1")
    school.tick(days=2)
    assert who(school) == ["grade-head-10", "affairs"]
    if end == "stood down":
        case.stand_down("it was a film")
        over = {n["purpose"] for n in school.desk("grade-head-10").inbox.list()}
        assert over == {"stood_down"}, "who was told is told that it is over"
    elif end == "found milder":
        case.assess("attention", "she is well")
    else:
        cases = school.desk("counselor-a").cases
        cases.transfer(case.id, "the middle school of the next county", "Ms Lin")
    school.tick()
    assert not any(run.state == RUNNING for run in networks(school))
    assert who(school) == []


def test_a_duty_that_re_arms_its_route_leaves_the_network_as_it_is(school: InventedSchool) -> None:
    begun(school)
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", SYMPTOMS["high"])
    school.tick(hours=6)
    assert all(run.rearmed is None for run in networks(school))
    assert len(networks(school)) == 1


# -- who sees what --------------------------------------------------------------------------------


def test_whoever_is_barred_hears_nothing_of_it_and_the_next_level_is_told(
    school: InventedSchool,
) -> None:
    begun(school)
    school.desk("safeguarding").bars.set(school.number(1), staff_id("homeroom-1"))
    school.tick()
    assert told(school, "homeroom-1") == []
    assert who(school) == ["grade-head-10"]


@pytest.mark.clause("C4.2")
def test_a_level_is_shown_what_its_role_shows_and_gets_no_right_by_being_told(
    school: InventedSchool, mail: RecordingChannel
) -> None:
    begun(school, "high")
    school.tick(minutes=30)
    school.tick(minutes=30)
    (notice,) = told(school, "affairs")
    assert notice["class"] == "K2"
    for secret in ("insomnia", "失眠"):
        assert secret not in str(notice)
        assert not any(secret in sent.message.text for sent in mail.calls)
    world = gather(school.school, student_id(1)).world
    assert "route_target" not in world.holders(staff_id("affairs"), school.clock.now())


@pytest.mark.clause("C4.1")
def test_no_student_and_no_guardian_is_ever_told_by_the_network(
    school: InventedSchool, mail: RecordingChannel
) -> None:
    for number in (2, 3):
        school.student_desk(number).signals.leave_note("the quiet one by the window")
    begun(school, "high")
    for _ in range(4):
        school.tick(minutes=30)
    receivers = {n.notice.receiver for n in history(school, e.NoticeQueued)}
    warned = {n.notice.receiver for n in history(school, e.NoticeQueued) if n.notice.run}
    assert {str(one).partition(":")[0] for one in warned} == {"staff"}
    assert not receivers & {guardian_id(1), guardian_id(1, 2)}
    for number in STUDENTS:
        desk = school.student_desk(number)
        assert all(n["purpose"] == "taken_up" for n in desk.inbox.list())
        if number != 1:
            with pytest.raises(NotFoundError):
                desk.cases.about(school.number(1))


def test_the_page_of_the_case_says_which_level_was_told_and_which_has_answered(
    school: InventedSchool,
) -> None:
    begun(school, "high")
    at = to_wire(school.clock.now())
    answers(school, "homeroom-1")
    school.tick(minutes=31)
    routes = school.desk("counselor-a").cases.about(school.number(1)).data["routes"]
    (line,) = (r for r in routes if r["route"] == "warning")
    assert line["levels"] == [
        {"role": "homeroom_teacher", "answered": at},
        {"role": "grade_head"},
        {"role": "student_affairs_head"},
    ]
