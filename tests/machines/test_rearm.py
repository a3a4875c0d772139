"""Somebody answers and then does nothing: the route goes on to whoever stood behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from psysafe.domain import events as e
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, Run
from psysafe.engine.gather import gather
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
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


def taken_up(school: InventedSchool) -> None:
    """A grave report, which the counselor takes up at once."""
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}
    )
    school.tick()
    answers(school, "counselor-a", "linkage")


def answers(school: InventedSchool, name: str, purpose: str) -> None:
    inbox = school.desk(name).inbox
    inbox.acknowledge(next(n["notice"] for n in inbox.list() if n["purpose"] == purpose))


def called(school: InventedSchool, name: str, purpose: str = "linkage") -> bool:
    return any(n["purpose"] == purpose for n in school.desk(name).inbox.list())


def again(school: InventedSchool) -> list[Run]:
    runs = gather(school.school, student_id(1)).world.file.runs
    return [run for run in runs if run.rearmed is not None]


def owner(school: InventedSchool, kind: str) -> str:
    (duty,) = gather(school.school, student_id(1)).world.file.owed(kind)
    return str(duty.owner).removeprefix("staff:")


def stops(school: InventedSchool) -> list[str]:
    """Why runs of routes were stopped, in order."""
    parts = school.school
    found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
    return [event.why for event in found if isinstance(event, e.RouteStopped)]


def test_who_answers_and_does_nothing_is_followed_by_whoever_stood_behind_them(
    school: InventedSchool,
) -> None:
    taken_up(school)
    assert not called(school, "grade-head-10")
    school.tick(hours=5)
    (run,) = again(school)
    assert (run.state, run.rearmed) == (
        RUNNING,
        gather(school.school, student_id(1)).world.file.owed("triage")[0].id,
    )
    assert called(school, "grade-head-10")
    assert [a.person for a in run.asked] == [staff_id("grade-head-10")]
    assert verify(school.school).ok


def test_whoever_answers_the_second_call_has_it(school: InventedSchool) -> None:
    taken_up(school)
    school.tick(hours=5)
    assert owner(school, "triage") == "counselor-b"
    answers(school, "grade-head-10", "linkage")
    assert owner(school, "triage") == "grade-head-10"
    assert [run.state for run in again(school)] == [STOPPED]
    school.desk("grade-head-10").cases.about(school.number(1)).open(staff_id("counselor-a"))
    assert not gather(school.school, student_id(1)).world.file.owed("triage")


def test_nobody_is_called_any_more_when_it_is_done(school: InventedSchool) -> None:
    taken_up(school)
    school.tick(hours=5)
    school.desk("counselor-b").cases.about(school.number(1)).open()
    assert [run.state for run in again(school)] == [STOPPED]
    assert not called(school, "grade-head-10")
    assert stops(school) == ["answered", "met"]
    school.tick(hours=3)
    assert not called(school, "affairs")


def test_a_case_that_is_dismissed_ends_the_second_call_once(school: InventedSchool) -> None:
    taken_up(school)
    school.tick(hours=5)
    school.desk("counselor-b").cases.about(school.number(1)).dismiss("a mistake of the form")
    assert stops(school).count("answered") == 1
    assert len(stops(school)) == 2


def test_a_second_call_that_nobody_answers_ends_with_the_leading_group(
    school: InventedSchool,
) -> None:
    taken_up(school)
    school.tick(hours=4.1)
    for _ in range(4):
        school.tick(minutes=31)
    assert [run.state for run in again(school)] == [EXHAUSTED]
    assert called(school, "head", "route_unheard")
    assert gather(school.school, student_id(1)).world.file.owed("answer_unheard_route")
    before = len(again(school))
    school.tick(days=1)
    assert len(again(school)) == before, "a call that failed is not begun once more by itself"
    assert verify(school.school).ok


@pytest.mark.clause("C6.2")
def test_a_family_that_is_not_told_in_time_is_told_by_whoever_is_there(
    school: InventedSchool,
) -> None:
    taken_up(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.open()
    case.declare_crisis(danger="self", place="home", proposal="search", severity="high")
    school.tick()
    answers(school, "homeroom-1", "crisis")
    assert owner(school, "tell_guardian") == "homeroom-1"
    school.tick(minutes=61)
    (run,) = again(school)
    assert run.purpose == "crisis"
    assert owner(school, "tell_guardian") == "grade-head-10"
    school.tick(minutes=31)
    answers(school, "duty", "crisis")
    assert owner(school, "tell_guardian") == "duty"
    school.desk("duty").cases.about(school.number(1)).guardian(guardian_id(1), "agrees")
    assert not gather(school.school, student_id(1)).world.file.owed("tell_guardian")
    assert [r.state for r in again(school)] == [STOPPED]
    assert verify(school.school).ok


def test_a_rise_is_told_to_the_first_though_a_second_call_is_running(
    school: InventedSchool,
) -> None:
    taken_up(school)
    school.tick(hours=5)
    assert [run.state for run in again(school)] == [RUNNING]
    assert not called(school, "counselor-a")
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"fear": "some"}, dangers=("act",)
    )
    assert called(school, "counselor-a")
