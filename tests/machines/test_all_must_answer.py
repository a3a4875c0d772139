"""Calls that everybody of a step must answer, and what a rise and the night do to calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psysafe.builtin.inbox import Inbox
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, Run
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import InventedSchool, open_school, staff_id, student_id

ORIGIN = 'origin = { kind = "site", ref = "leading group 2026-08-20" }\n'
PLAN = f"""
[delivery]
channels = ["inbox", "mail"]
[[routes.linkage.steps]]
role = "counselor"
relation = "of_grade"
answer = "all"
{ORIGIN}
[[routes.linkage.steps]]
role = "grade_head"
relation = "of_grade"
{ORIGIN}
"""
NIGHT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # Monday, 23:00 in Shanghai
MORNING = timedelta(hours=9)  # until 08:00


@pytest.fixture
def mail() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture
def school(tmp_path: Path, mail: RecordingChannel) -> Iterator[InventedSchool]:
    channels = {"inbox": Inbox({}), "mail": mail}
    with open_school(tmp_path / "school", plan=PLAN, channels=channels) as opened:
        yield opened


def report(school: InventedSchool, **symptoms: str) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", symptoms)
    school.tick()


def calls(school: InventedSchool) -> list[Run]:
    runs = gather(school.school, student_id(1)).world.file.runs
    return [run for run in runs if run.route == "linkage"]


def answers(school: InventedSchool, name: str) -> None:
    inbox = school.desk(name).inbox
    inbox.acknowledge(next(n["notice"] for n in inbox.list() if n["purpose"] == "linkage"))
    school.tick()


def called(school: InventedSchool, name: str) -> bool:
    return any(n["purpose"] == "linkage" for n in school.desk(name).inbox.list())


@pytest.mark.clause("C4.3")
@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_where_all_must_answer_the_last_answer_stops_the_calls_and_no_answer_before(
    school: InventedSchool, order: tuple[str, str]
) -> None:
    report(school, insomnia="severe")
    answers(school, f"counselor-{order[0]}")
    assert [run.state for run in calls(school)] == [RUNNING]
    assert called(school, f"counselor-{order[1]}")
    answers(school, f"counselor-{order[1]}")
    assert [run.state for run in calls(school)] == [STOPPED]
    case = gather(school.school, student_id(1)).world.file.live_case
    assert case is not None
    assert (case.lifecycle, case.acknowledged_by) == ("triage", staff_id(f"counselor-{order[1]}"))
    assert verify(school.school).ok


def test_where_all_must_answer_one_who_is_silent_brings_the_next_step(
    school: InventedSchool,
) -> None:
    report(school, insomnia="severe")
    answers(school, "counselor-a")
    school.tick(minutes=30, microseconds=-1)
    assert not called(school, "grade-head-10")
    school.tick(microseconds=1)
    assert called(school, "grade-head-10")
    for _ in range(2):
        school.tick(minutes=30)
    assert [run.state for run in calls(school)] == [EXHAUSTED]


def test_where_all_must_answer_nobody_waits_for_one_who_is_barred(school: InventedSchool) -> None:
    report(school, insomnia="severe")
    school.desk("safeguarding").bars.set(school.number(1), staff_id("counselor-b"))
    answers(school, "counselor-a")
    assert [run.state for run in calls(school)] == [STOPPED]


def test_a_rise_calls_anew_in_the_shorter_time_and_brings_what_is_owed_forward(
    school: InventedSchool,
) -> None:
    report(school, insomnia="marked")
    school.desk("counselor-a").cases.about(school.number(1)).acknowledge()
    file = gather(school.school, student_id(1)).world.file
    (before,) = file.owed("triage")
    report(school, self_harm="severe")
    (after,) = gather(school.school, student_id(1)).world.file.owed("triage")
    assert after.due == school.clock.now() + timedelta(hours=1) < before.due
    assert [(run.state, run.due) for run in calls(school)] == [
        (RUNNING, school.clock.now() + timedelta(minutes=10))
    ]
    assert called(school, "counselor-b")
    assert verify(school.school).ok


@pytest.mark.clause("C1.1")
@pytest.mark.parametrize(
    ("symptoms", "at_night"),
    [
        ({"self_harm": "severe"}, True),
        ({"insomnia": "severe"}, True),
        ({"insomnia": "marked"}, False),
    ],
)
def test_the_night_holds_back_what_can_wait_and_nothing_that_is_high_or_imminent(
    tmp_path: Path, mail: RecordingChannel, symptoms: dict[str, str], at_night: bool
) -> None:
    channels = {"inbox": Inbox({}), "mail": mail}
    with open_school(tmp_path / "night", now=NIGHT, plan=PLAN, channels=channels) as school:
        report(school, **symptoms)

        def letters() -> set[str]:
            lines = (n["notice"] for n in school.desk("counselor-a").inbox.list())
            return {f"{notice}/mail" for notice in lines} & set(mail.received)

        assert called(school, "counselor-a"), "it lies in the inbox at once"
        assert bool(letters()) is at_night
        school.tick(hours=MORNING.total_seconds() / 3600)
        assert letters() or at_night


@pytest.mark.clause("C6.2")
def test_on_a_saturday_night_a_crisis_reaches_whoever_stands_in_the_roster(
    tmp_path: Path,
) -> None:
    saturday = datetime(2026, 11, 7, 15, 0, tzinfo=UTC)
    with open_school(tmp_path / "weekend", now=saturday) as school:
        for name in ("homeroom-1", "grade-head-10"):
            school.absent(name, days=2)
        school.desk("counselor-a").signals.report(
            school.number(1), "teacher_observation", {"self_harm": "severe"}
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.declare_crisis(danger="self", place="dormitory", proposal="stay", severity="imminent")
        school.tick()
        assert "crisis" in {n["purpose"] for n in school.desk("duty").inbox.list()}
