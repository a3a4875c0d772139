"""The relay of a crisis, minute by minute: who is asked, who is asked next, what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest

from psysafe.builtin.memory import MemoryStorage
from psysafe.contracts.channel import ResultClass
from psysafe.contracts.storage import Storage
from psysafe.desk.desk import CaseDesk
from psysafe.domain import events as e
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import gather
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError
from psysafe.testing.channels import TAKES_AND_RAISES, RecordingChannel
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import (
    MONDAY,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

T = TypeVar("T")


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def report(school: InventedSchool, degree: str = "severe", student: int = 1) -> Receipt:
    teacher = school.desk("homeroom-1")
    return teacher.signals.report(
        school.number(student), "one_to_one", {"self_harm": degree}, place="dormitory"
    )


def declared(school: InventedSchool, severity: str = "imminent") -> CaseDesk:
    """A report that the counselor takes up and declares at once."""
    report(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(
        danger="self", place="dormitory", proposal="to the hospital tonight", severity=severity
    )
    return case


def told(school: InventedSchool, name: str, purpose: str = "crisis") -> list[dict[str, Any]]:
    return [n for n in school.desk(name).inbox.list() if n["purpose"] == purpose]


def history(school: InventedSchool, kind: type[T]) -> list[T]:
    """Everything of one kind that the journal holds, in order."""
    parts = school.school
    found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
    return [event for event in found if isinstance(event, kind)]


def routes(school: InventedSchool) -> dict[str, str]:
    about = school.desk("counselor-a").cases.about(school.number(1)).data
    return {r["route"]: r["state"] for r in about["routes"]}


def duties(school: InventedSchool) -> dict[str, dict[str, Any]]:
    about = school.desk("counselor-a").cases.about(school.number(1)).data
    return {d["kind"]: d for d in about["duties"]}


@pytest.mark.clause("B2.2")
@pytest.mark.clause("A2.4")
def test_a_report_of_danger_asks_both_counselors_of_the_grade_and_nobody_else(
    school: InventedSchool,
) -> None:
    report(school)
    school.tick()
    assert len(told(school, "counselor-a", "linkage")) == 1
    assert len(told(school, "counselor-b", "linkage")) == 1
    for name in ("counselor-c", "grade-head-10", "head", "affairs", "duty"):
        assert school.desk(name).inbox.list() == []
    # The adult nearest to the child is told to go, which is no call of the route (C1.1).
    assert {n["purpose"] for n in school.desk("homeroom-1").inbox.list()} == {"alone"}


@pytest.mark.clause("A2.2")
@pytest.mark.clause("A2.4")
@pytest.mark.clause("C4.3")
def test_what_a_one_to_one_talk_found_waits_for_the_counselor_until_the_next_school_day(
    school: InventedSchool,
) -> None:
    receipt = school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"fear": "marked"}, needs=("device",)
    )
    assert receipt.answered_by == datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    school.tick()
    (asked,) = told(school, "counselor-a", "linkage")
    assert asked["due"] == "2026-11-03T09:00:00.000000Z"
    assert asked["urgent"] is False
    school.clock.set(datetime(2026, 11, 3, 8, 59, 59, 999999, tzinfo=UTC))
    school.tick()
    assert told(school, "grade-head-10", "linkage") == []
    school.tick(microseconds=1)
    assert len(told(school, "grade-head-10", "linkage")) == 1


@pytest.mark.clause("C6.2")
def test_a_silent_homeroom_teacher_is_passed_over_at_the_due_minute_and_not_before(
    school: InventedSchool,
) -> None:
    declared(school)
    school.tick()
    assert len(told(school, "homeroom-1")) == 1
    assert told(school, "grade-head-10") == []

    early = school.tick(minutes=10, microseconds=-1)
    assert early.escalated == 0
    assert told(school, "grade-head-10") == []

    school.tick(microseconds=1)
    asked = told(school, "grade-head-10")
    assert [n["step"] for n in asked] == [1]
    assert asked[0]["due"] == "2026-11-02T00:50:00.000000Z"
    assert told(school, "duty") == []


@pytest.mark.clause("C6.2")
def test_at_high_the_homeroom_teacher_has_half_an_hour(school: InventedSchool) -> None:
    teacher = school.desk("homeroom-1")
    teacher.signals.report(school.number(1), "one_to_one", {"self_harm": "marked"})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.declare_crisis(danger="self", place="home", proposal="call the family", severity="high")
    school.tick(minutes=30, microseconds=-1)
    assert told(school, "grade-head-10") == []
    school.tick(microseconds=1)
    assert len(told(school, "grade-head-10")) == 1


@pytest.mark.clause("C6.2")
def test_the_homeroom_teacher_who_answers_owes_the_call_to_a_guardian(
    school: InventedSchool,
) -> None:
    declared(school)
    school.tick()
    teacher = school.desk("homeroom-1")
    teacher.inbox.acknowledge(told(school, "homeroom-1")[0]["notice"])
    owed = duties(school)
    assert owed["tell_guardian"]["owner"] == "staff:homeroom-1"
    assert owed["tell_guardian"]["fallback"] == "grade_head"
    assert "tell_homeroom_teacher" not in owed

    case = teacher.cases.about(school.number(1))
    case.guardian(guardian_id(1), "not_reached")
    assert "tell_guardian" in duties(school)
    case.guardian(guardian_id(1, 2), "reached")
    assert "tell_guardian" not in duties(school)


@pytest.mark.clause("C6.2")
def test_a_guardian_who_is_not_told_in_time_becomes_the_grade_heads_duty(
    school: InventedSchool,
) -> None:
    declared(school)
    school.tick()
    school.desk("homeroom-1").inbox.acknowledge(told(school, "homeroom-1")[0]["notice"])
    school.tick(minutes=15, microseconds=-1)
    assert duties(school)["tell_guardian"]["owner"] == "staff:homeroom-1"
    school.tick(microseconds=1)
    assert duties(school)["tell_guardian"]["owner"] == "staff:grade-head-10"
    assert len(told(school, "grade-head-10", "duty_passed_on")) == 1


@pytest.mark.clause("C6.2")
def test_a_late_answer_is_shown_to_those_being_called_who_stop_the_run_with_one_tap(
    school: InventedSchool,
) -> None:
    declared(school)
    school.tick()
    first = told(school, "homeroom-1")[0]["notice"]
    school.tick(minutes=10)
    school.desk("homeroom-1").inbox.acknowledge(first)

    assert routes(school)["crisis"] == "running"
    late = told(school, "grade-head-10", "late_answer")
    assert len(late) == 1
    assert "answered late" in late[0]["text"]
    assert told(school, "duty", "late_answer") == []

    school.desk("grade-head-10").inbox.acknowledge(late[0]["notice"])
    assert routes(school)["crisis"] == "stopped"
    school.tick(minutes=14)  # what the tap has made is not late yet
    assert told(school, "duty") == []
    assert told(school, "affairs") == []


@pytest.mark.clause("C6.2")
def test_a_late_answer_alone_silences_nothing(school: InventedSchool) -> None:
    declared(school)
    school.tick()
    first = told(school, "homeroom-1")[0]["notice"]
    school.tick(minutes=10)
    school.desk("homeroom-1").inbox.acknowledge(first)
    school.tick(minutes=10)
    assert len(told(school, "duty")) == 1


@pytest.mark.clause("C6.2")
def test_somebody_who_answers_late_to_two_notices_is_shown_once(school: InventedSchool) -> None:
    declared(school)
    school.tick()
    first = told(school, "homeroom-1")[0]["notice"]
    school.tick(minutes=10)
    school.desk("homeroom-1").inbox.acknowledge(first)
    school.tick(minutes=10)
    waiting = school.desk("grade-head-10").inbox
    for purpose in ("late_answer", "crisis"):
        waiting.acknowledge(told(school, "grade-head-10", purpose)[0]["notice"])
    assert len(told(school, "duty", "late_answer")) == 1


@pytest.mark.clause("C6.2")
@pytest.mark.clause("C4.1")
def test_a_class_without_homeroom_teacher_loses_no_minute_and_the_gap_is_recorded(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school", without=("homeroom-1",)) as school:
        school.desk("counselor-b").signals.report(
            school.number(1), "one_to_one", {"self_harm": "severe"}
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")
        school.tick()
        assert [n["step"] for n in told(school, "grade-head-10")] == [1]
        skipped = [s for s in history(school, e.RouteStepDue) if s.skipped]
        assert [(s.index, s.skipped, s.people, s.due) for s in skipped] == [(0, "nobody", (), None)]
        assert skipped[0].at == MONDAY


@pytest.mark.clause("C6.2")
@pytest.mark.clause("C4.2")
def test_somebody_who_was_asked_already_is_not_asked_again_in_another_role(
    school: InventedSchool,
) -> None:
    school.leaves("grade-head-10")
    school.takes("homeroom-1", "grade_head")
    declared(school)
    school.tick(minutes=10)
    assert len(told(school, "homeroom-1")) == 1
    assert len(told(school, "duty")) == 1
    assert [s.skipped for s in history(school, e.RouteStepDue) if s.skipped] == ["asked_before"]


@pytest.mark.clause("C6.2")
def test_the_deputy_is_asked_for_an_absent_homeroom_teacher(school: InventedSchool) -> None:
    school.absent("homeroom-1", deputy="homeroom-2")
    declared(school)
    school.tick()
    assert told(school, "homeroom-1") == []
    assert [n["step"] for n in told(school, "homeroom-2")] == [0]
    school.desk("homeroom-2").inbox.acknowledge(told(school, "homeroom-2")[0]["notice"])
    assert duties(school)["tell_guardian"]["owner"] == "staff:homeroom-2"


@pytest.mark.clause("C6.2")
def test_an_absent_person_without_deputy_is_skipped_at_once(school: InventedSchool) -> None:
    school.absent("homeroom-1")
    declared(school)
    school.tick()
    assert len(told(school, "grade-head-10")) == 1


@pytest.mark.clause("C0")
@pytest.mark.clause("C3.2")
def test_the_leading_group_gets_the_report_with_the_proposal_at_once(
    school: InventedSchool,
) -> None:
    declared(school)
    school.tick()
    reported = told(school, "head", "leading_group_report")
    assert len(reported) == 1
    assert "to the hospital tonight" in reported[0]["text"]
    assert told(school, "deputy-head", "leading_group_report") == []
    school.desk("head").inbox.acknowledge(reported[0]["notice"])
    assert "leading_group_report" not in duties(school)


@pytest.mark.clause("C3.2")
def test_a_leading_group_report_that_nobody_takes_becomes_the_duty_of_student_affairs(
    school: InventedSchool,
) -> None:
    declared(school)
    school.tick()
    school.tick(minutes=10)
    assert len(told(school, "affairs", "duty_passed_on")) == 1
    assert len(told(school, "deputy-head", "leading_group_report")) == 1


@pytest.mark.clause("C0")
@pytest.mark.clause("C1.1")
def test_a_route_that_nobody_answers_ends_with_the_whole_leading_group_and_fails_visibly(
    school: InventedSchool,
) -> None:
    declared(school)
    school.desk("head").inbox.acknowledge(told(school, "head", "leading_group_report")[0]["notice"])
    for _ in range(4):
        school.tick(minutes=10)
    assert routes(school)["crisis"] == "exhausted"
    assert len(history(school, e.RouteExhausted)) == 1
    for name in ("head", "deputy-head", "core"):
        assert len(told(school, name, "route_unheard")) == 1
    for passed in (0, 5, 60):
        school.tick(minutes=passed)
        about = school.desk("counselor-a").cases.about(school.number(1)).data
        assert about["overdue"] is True
        unheard = [d for d in about["duties"] if d["kind"] == "answer_unheard_route"]
        assert [d["overdue"] for d in unheard] == [True]
        line = school.desk("counselor-a").cases.list()[0]
        assert line["overdue"] is True

    heard = told(school, "deputy-head", "route_unheard")[0]["notice"]
    school.desk("deputy-head").inbox.acknowledge(heard)
    assert "answer_unheard_route" not in duties(school)
    assert duties(school)["tell_guardian"]["owner"] == "staff:deputy-head"


@pytest.mark.clause("C1.1")
def test_whoever_owes_the_call_after_an_unheard_route_has_time_to_make_it(
    school: InventedSchool,
) -> None:
    declared(school)
    school.desk("head").inbox.acknowledge(told(school, "head", "leading_group_report")[0]["notice"])
    for _ in range(4):
        school.tick(minutes=10)
    assert duties(school)["answer_unheard_route"]["owner"] == "staff:head"
    school.tick(minutes=10, microseconds=-1)
    assert duties(school)["answer_unheard_route"]["owner"] == "staff:head"
    school.tick(microseconds=1)
    assert duties(school)["answer_unheard_route"]["owner"] == "staff:deputy-head"


@pytest.mark.clause("C0")
@pytest.mark.clause("C1.1")
def test_where_no_step_reaches_anybody_the_leading_group_is_told_in_the_same_moment(
    tmp_path: Path,
) -> None:
    nobody = ("homeroom-1", "grade-head-10", "duty", "affairs")
    with open_school(tmp_path / "school", without=nobody) as school:
        school.desk("counselor-b").signals.report(
            school.number(1), "one_to_one", {"self_harm": "severe"}
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")
        school.tick()
        assert [s.index for s in history(school, e.RouteStepDue) if s.skipped] == [0, 1, 2, 3]
        assert len(told(school, "core", "route_unheard")) == 1
        assert history(school, e.RouteExhausted)[0].at == MONDAY


@pytest.mark.clause("C1.1")
def test_an_unheard_route_in_a_school_without_leading_group_is_still_somebodys_duty(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school", without=("head", "deputy-head", "core")) as school:
        report(school)
        for _ in range(4):
            school.tick(minutes=10)
        owed = duties(school)["answer_unheard_route"]
        assert owed["owner"] == "staff:affairs"


@pytest.mark.clause("C6.2")
def test_an_acknowledgement_stops_its_own_route_and_no_other(school: InventedSchool) -> None:
    declared(school)
    school.tick()
    school.desk("homeroom-1").inbox.acknowledge(told(school, "homeroom-1")[0]["notice"])
    assert routes(school)["crisis"] == "stopped"
    assert routes(school)["leading_group_report"] == "running"
    school.tick(minutes=10)
    assert len(told(school, "deputy-head", "leading_group_report")) == 1
    assert told(school, "grade-head-10") == []


def test_a_second_acknowledgement_of_one_notice_is_refused_and_changes_nothing(
    school: InventedSchool,
) -> None:
    declared(school)
    school.tick()
    notice = told(school, "homeroom-1")[0]["notice"]
    school.desk("homeroom-1").inbox.acknowledge(notice)
    before = gather(school.school, student_id(1)).world.file
    with pytest.raises(InvalidMoveError) as refused:
        school.desk("homeroom-1").inbox.acknowledge(notice)
    assert refused.value.code == "PSY023"
    assert gather(school.school, student_id(1)).world.file == before


def test_after_an_acknowledgement_no_further_page_goes_out(tmp_path: Path) -> None:
    line = RecordingChannel(behaviour=ResultClass.TRANSIENT)
    with open_school(tmp_path / "school", channels={"inbox": line}) as school:
        declared(school).supervise("in_person", "Ms Wang", place="dormitory")
        school.tick()
        school.tick(seconds=2)
        calls = len(line.calls)
        assert calls > 0
        for name, purpose in (("homeroom-1", "crisis"), ("head", "leading_group_report")):
            school.desk(name).inbox.acknowledge(told(school, name, purpose)[0]["notice"])
        line.behave(ResultClass.ACCEPTED)
        school.tick(seconds=30)
        assert len(line.calls) == calls
        assert line.received == {}


def test_a_stopped_report_pages_the_second_counselor_no_more(tmp_path: Path) -> None:
    line = RecordingChannel(behaviour=ResultClass.TRANSIENT)
    with open_school(tmp_path / "school", channels={"inbox": line}) as school:
        report(school)
        school.tick()
        school.desk("counselor-a").inbox.acknowledge(
            told(school, "counselor-a", "linkage")[0]["notice"]
        )
        school.desk("homeroom-1").cases.about(school.number(1)).supervise("in_person", "Wang")
        line.behave(ResultClass.ACCEPTED)
        school.tick(minutes=1)
        assert line.received == {}


def test_a_broken_channel_does_not_hold_up_the_relay(tmp_path: Path) -> None:
    line = RecordingChannel(behaviour=ResultClass.TRANSIENT)
    with open_school(tmp_path / "school", channels={"inbox": line}) as school:
        declared(school)
        for _ in range(4):
            for seconds in (0, 2, 5, 15, 60):
                school.tick(seconds=seconds)
            school.tick(minutes=10, seconds=-82)
        assert routes(school)["crisis"] == "exhausted"
        assert len(told(school, "core", "route_unheard")) == 2


@pytest.mark.clause("C6.2")
def test_any_staff_may_declare_when_no_counselor_has_answered_within_the_step(
    school: InventedSchool,
) -> None:
    report(school)
    case = school.desk("homeroom-1").cases.about(school.number(1))
    wish = {"danger": "self", "place": "dormitory", "proposal": "hospital"}
    with pytest.raises(Exception, match="PSY002"):
        case.declare_crisis(**wish)
    school.tick(minutes=10)
    case.declare_crisis(**wish)
    assert routes(school)["crisis"] == "running"


@pytest.mark.clause("C6.2")
def test_a_long_stop_sends_each_missed_step_once_and_does_not_run_through_the_route(
    school: InventedSchool,
) -> None:
    declared(school)
    restarted = school.tick(hours=9)
    assert restarted.at == MONDAY + timedelta(hours=9)
    assert len(told(school, "homeroom-1")) == 1
    asked = told(school, "grade-head-10")
    assert [n["due"] for n in asked] == ["2026-11-02T09:40:00.000000Z"]
    assert told(school, "duty") == []
    assert school.tick().escalated == 0
    school.tick(minutes=10)
    assert len(told(school, "duty")) == 1


def test_after_a_long_stop_a_message_tells_the_latest_state_and_not_the_old_one(
    tmp_path: Path,
) -> None:
    line = RecordingChannel()
    with open_school(tmp_path / "school", channels={"inbox": line}) as school:
        case = declared(school)
        school.clock.advance(hours=3)
        case.declare_crisis(
            danger="self", place="hospital", proposal="the ward has her", severity="imminent"
        )
        case.supervise("handed_to", "the ward", place="hospital", to="hospital")
        school.tick()
        texts = line.texts(staff_id("homeroom-1"))
        assert len(texts) == 1
        assert "the ward has her" in texts[0]
        assert "to the hospital tonight" not in texts[0]


# -- a process that is killed between any two of its steps ----------------------------------------


def logical_notices(school: InventedSchool) -> list[tuple[Any, ...]]:
    """What makes a notice of a run one and the same (law 9)."""
    return sorted(
        (n.purpose, str(n.receiver), n.step, n.run, str(n.concerning))
        for n in (q.notice for q in history(school, e.NoticeQueued))
        if n.run is not None
    )


def outcome(school: InventedSchool, line: RecordingChannel) -> dict[str, Any]:
    """What a night came to, apart from the times."""
    file = gather(school.school, student_id(1)).world.file
    notices = [q.notice for q in history(school, e.NoticeQueued)]
    assert len({n.id for n in notices}) == len(notices)
    # A late duty is said again and again, so how often depends on the minute: runs are compared.
    of_runs = {n.id for n in notices if n.run is not None}
    return {
        "notices": sorted(of_runs),
        "received": sorted(k for k in line.received if k.partition("/")[0] in of_runs),
        "runs": [(r.route, r.state, r.index, tuple(a.person for a in r.asked)) for r in file.runs],
        "duties": sorted((d.kind, d.owner) for d in file.duties),
    }


#: After so many minutes without an answer every route has ended and every duty has had its heirs.
NIGHT = 90


def play(school: InventedSchool) -> int:
    """A night of silence; gives how often the process was stopped.

    Somebody calls the tick every five minutes. One that is stopped is called again by the next
    process at the same moment; what the dead one held comes back when its leases have ended.
    """
    stops = 0
    for minute in range(0, NIGHT + 1, 5):
        school.clock.set(MONDAY + timedelta(minutes=minute))
        try:
            school.net.tick()
        except StoppedError:
            stops += 1
            school.reopen()
            school.net.tick()
    return stops


def scene(
    folder: Path, behind: Storage | None, line: RecordingChannel
) -> tuple[InventedSchool, InterruptedStorage]:
    front: list[InterruptedStorage] = []

    def wrap(real: Storage) -> Storage:
        front.append(InterruptedStorage(behind or real))
        return front[-1]

    school = open_school(
        folder,
        storage="memory" if behind is not None else "sqlite",
        channels={"inbox": line},
        wrap=wrap,
    )
    declared(school)
    return school, front[0]


def undisturbed(folder: Path) -> tuple[dict[str, Any], int]:
    line = RecordingChannel()
    school, front = scene(folder, MemoryStorage(), line)
    before = front.writes
    with school:
        assert play(school) == 0
        notices = logical_notices(school)
        assert len(set(notices)) == len(notices)
        return outcome(school, line), front.writes - before


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_between_its_writes_and_restarted_sends_each_step_once(
    tmp_path: Path, when: Any
) -> None:
    expected, writes = undisturbed(tmp_path / "undisturbed")
    assert writes > 30
    # Every other write before it, every fifth after it: the rest differ by nothing but the turn.
    for number in range(1 if when == "before" else 2, writes + 1, 2 if when == "before" else 5):
        line = RecordingChannel()
        school, front = scene(tmp_path / f"at-{number}", MemoryStorage(), line)
        front.stop_at(number, when)
        assert play(school) == 1, f"write {number} was never reached"
        assert outcome(school, line) == expected, f"stopped {when} write {number}"
        assert verify(school.school).ok


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 5, 9, 14, 20])
def test_the_same_holds_for_a_store_on_disk_that_is_opened_again(
    tmp_path: Path, when: Any, number: int
) -> None:
    expected, _ = undisturbed(tmp_path / "undisturbed")
    line = RecordingChannel()
    school, front = scene(tmp_path / "killed", None, line)
    front.stop_at(number, when)
    with school:
        assert play(school) == 1
        assert outcome(school, line) == expected
        assert verify(school.school).ok


def test_a_message_that_was_taken_when_the_line_broke_is_sent_again_under_the_same_key(
    tmp_path: Path,
) -> None:
    line = RecordingChannel()
    line.next_behave(TAKES_AND_RAISES)
    with open_school(tmp_path / "school", channels={"inbox": line}) as school:
        report(school, degree="marked")
        first = school.tick()
        assert first.ambiguous == 1
        school.tick(seconds=2)
        keys = [c.message.key for c in line.calls]
        assert len(keys) == 3
        assert len(set(keys)) == 2 == len(line.received)


def test_two_processes_that_tick_at_once_ask_nobody_twice(tmp_path: Path) -> None:
    line = RecordingChannel()
    with open_school(tmp_path / "s", storage="sqlite", channels={"inbox": line}) as school:
        declared(school)
        with open_school(tmp_path / "s", storage="sqlite", channels={"inbox": line}) as other:
            for minute in range(0, NIGHT, 5):
                for process in (school, other):
                    process.clock.set(MONDAY + timedelta(minutes=minute))
                    process.net.tick()
            notices = logical_notices(school)
            assert len(set(notices)) == len(notices)
            assert len(line.calls) == len(line.received)


def test_one_damaged_file_holds_up_nobody_elses_alarm(
    school: InventedSchool, caplog: pytest.LogCaptureFixture
) -> None:
    report(school, student=1)
    report(school, student=2)
    store = school.school.storage
    assert isinstance(store, MemoryStorage)
    (held,) = store._schools.values()
    key = f"file/{student_id(1)}"
    whole = held.documents[key]
    held.documents[key] = attrs.evolve(whole, body=b"damaged")
    night = [school.tick(minutes=10) for _ in range(3)]
    assert all(tick.failed > 0 for tick in night)
    called = [run.index for run in gather(school.school, student_id(2)).world.file.runs]
    assert called == [3]
    assert any(record.name == "psysafe.engine" for record in caplog.records)

    held.documents[key] = whole
    school.tick(minutes=2)
    assert [r.index for r in gather(school.school, student_id(1)).world.file.runs] == [1]


# -- clocks that jump (law 14) --------------------------------------------------------------------


def _jumping(minutes: int) -> list[datetime]:
    """Every minute of a night, with a jump back of seven minutes after each fifth."""
    moments = []
    for minute in range(minutes + 1):
        moments.append(MONDAY + timedelta(minutes=minute))
        if minute % 5 == 0:
            moments += [MONDAY + timedelta(minutes=max(minute - back, 0)) for back in (7, 4, 1)]
    return moments


def test_a_clock_that_jumps_back_and_forth_asks_nobody_twice_and_leaves_nobody_out(
    tmp_path: Path,
) -> None:
    expected, _ = undisturbed(tmp_path / "undisturbed")
    line = RecordingChannel()
    with open_school(tmp_path / "jumping", channels={"inbox": line}) as school:
        declared(school)
        for moment in _jumping(NIGHT):
            school.clock.set(moment)
            school.net.tick()
        assert len(line.calls) == len(line.received)
        assert outcome(school, line) == expected
        assert verify(school.school).ok


def test_a_clock_that_was_a_day_ahead_while_a_report_came_in_still_calls_everybody(
    tmp_path: Path,
) -> None:
    line = RecordingChannel()
    with open_school(tmp_path / "school", channels={"inbox": line}) as school:
        school.clock.advance(days=1)
        declared(school)
        school.clock.set(MONDAY)
        assert school.net.tick().sent == 0
        for minute in range(0, 60, 10):
            school.clock.set(MONDAY + timedelta(days=1, minutes=minute))
            school.net.tick()
        assert routes(school)["crisis"] == "exhausted"
        assert len(line.calls) == len(line.received)
