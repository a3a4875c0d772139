"""What a sceptic found once: each of these silenced an alarm, lost a duty or told too much."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.builtin.inbox import Inbox
from psysafe.contracts.channel import Capabilities, Message, ResultClass, SendResult
from psysafe.desk.screenings import SheetRow
from psysafe.domain import events as e
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Placement
from psysafe.domain.risk import judge
from psysafe.engine.enrolling import commit_students, find_student
from psysafe.engine.gather import gather
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError, InvalidMoveError, NotFoundError
from psysafe.ids import Actor, ClassId, CommandId
from psysafe.sensitivity import Trust, changed
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    MONDAY,
    InventedSchool,
    class_id,
    guardian_id,
    open_school,
    student_id,
)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def file_of(school: InventedSchool, number: int = 1) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def report(school: InventedSchool, who: str = "homeroom-1", **what: Any) -> None:
    symptoms = what.pop("symptoms", {"insomnia": "some"})
    school.desk(who).signals.report(school.number(1), "one_to_one", symptoms, **what)


def screened(school: InventedSchool, answer: int = 1) -> str:
    row = SheetRow(
        student=school.number(1),
        answered_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        answers=(*([0] * 8), answer),
    )
    done = school.desk("counselor-a").screenings.apply("phq9", [row], dry_run=False)
    assert done.flags == 1
    flag: str = school.desk("counselor-a").flags.list()[0]["flag"]
    return flag


def purposes(school: InventedSchool, who: str) -> list[str]:
    return [notice["purpose"] for notice in school.desk(who).inbox.list()]


def taken(school: InventedSchool, **what: Any) -> str:
    """A case in triage with counselor a."""
    report(school, **what)
    case: str = school.desk("counselor-a").cases.list()[0]["case"]
    school.desk("counselor-a").cases.acknowledge(case)
    return case


@pytest.mark.clause("A2.4")
def test_the_first_report_on_a_case_that_began_from_a_flag_calls_somebody(
    school: InventedSchool,
) -> None:
    school.desk("counselor-a").flags.review(screened(school), "joined_case")
    report(school, dangers=("act",))
    assert school.tick().sent >= 1
    assert any(run.state == "running" for run in file_of(school).runs)
    assert "linkage" in purposes(school, "counselor-a")


@pytest.mark.clause("A2.4")
def test_a_rise_to_imminent_reaches_somebody_although_the_case_is_in_hand(
    school: InventedSchool,
) -> None:
    taken(school)
    report(school, symptoms={"self_harm": "severe"})
    assert school.tick().sent >= 1
    urgent = [n for n in school.desk("counselor-a").inbox.list() if n["urgent"]]
    assert {n["purpose"] for n in urgent} == {"joined_signal", "linkage", "alone"}


@pytest.mark.clause("A2.4")
def test_a_rise_while_people_are_called_calls_them_with_the_tighter_time(
    school: InventedSchool,
) -> None:
    report(school, symptoms={"self_harm": "marked"})
    report(school, symptoms={"self_harm": "severe"})
    dues = [run.due for run in file_of(school).runs if run.state == "running"]
    assert min(due for due in dues if due is not None) == MONDAY + timedelta(minutes=10)


def test_thirty_reports_of_one_danger_do_not_make_thirty_calls(school: InventedSchool) -> None:
    for _ in range(30):
        report(school, dangers=("plan",))
    running = [run for run in file_of(school).runs if run.state == "running"]
    assert len(running) == 1


@pytest.mark.clause("C1.1")
def test_an_open_case_is_looked_at_again_by_a_time(school: InventedSchool) -> None:
    case = taken(school, symptoms={"self_harm": "severe"})
    school.desk("counselor-a").cases.open(case)
    kinds = [d.kind for d in file_of(school).duties]
    assert kinds == ["never_alone", "whereabouts", "reassess", "follow_up"]
    assert school.net.tick().next_due is not None
    school.desk("counselor-a").cases.assess(case, "moderate", "she sleeps again")
    # Following up goes on after a crisis; nobody need be sent to her any more.
    assert [d.kind for d in file_of(school).duties] == ["follow_up", "reassess"]
    assert file_of(school).duties[1].opened == school.clock.now()


def test_a_command_that_was_refused_can_be_given_again_once_it_is_right(
    school: InventedSchool,
) -> None:
    own = CommandId("cmd-000000000001")
    say = school.desk("counselor-a").signals.report
    with pytest.raises(InvalidDataError):
        say(school.number(1), "no such source", command=own)
    again = say(school.number(1), "peer", command=own)
    assert again.signal is not None
    assert again.refused is None
    assert say(school.number(1), "peer", command=own) == again


@pytest.mark.clause("C4.3")
def test_i_have_it_said_late_of_a_case_takes_the_case_up(school: InventedSchool) -> None:
    report(school, symptoms={"self_harm": "severe"})
    case: str = school.desk("counselor-a").cases.list()[0]["case"]
    school.tick()
    school.tick(minutes=11)
    school.desk("counselor-a").cases.acknowledge(case)
    found = file_of(school).live_case
    assert found is not None
    assert found.lifecycle == "triage"
    assert found.acknowledged_by == "staff:counselor-a"


@pytest.mark.clause("C6.2")
def test_a_guardian_told_before_the_crisis_is_still_to_be_told_of_it(
    school: InventedSchool,
) -> None:
    case = taken(school, symptoms={"self_harm": "severe"})
    desk = school.desk("counselor-a").cases
    school.clock.advance(minutes=1)
    desk.declare(case, danger="self", place="dormitory", proposal="hospital", severity="imminent")
    school.tick()
    inbox = school.desk("homeroom-1").inbox
    (told,) = (n["notice"] for n in inbox.list() if n["purpose"] == "crisis")
    inbox.acknowledge(told)
    assert [d.owner for d in file_of(school).owed("tell_guardian")] == ["staff:homeroom-1"]
    homeroom = school.desk("homeroom-1").cases
    homeroom.guardian(case, guardian_id(1), "reached")
    assert file_of(school).owed("tell_guardian") == ()


def test_whoever_has_left_the_school_stops_no_alarm(school: InventedSchool) -> None:
    report(school, symptoms={"self_harm": "severe"})
    notice = school.desk("counselor-a").inbox.list()[0]["notice"]
    school.leaves("counselor-a")
    school.clock.advance(minutes=1)
    with pytest.raises(NotFoundError):
        school.desk("counselor-a").inbox.acknowledge(notice)
    assert any(run.state == "running" for run in file_of(school).runs)


def test_lowering_takes_two_although_a_report_came_in_between(school: InventedSchool) -> None:
    case = taken(school, symptoms={"self_harm": "severe"})
    desk = school.desk("counselor-a").cases
    desk.assess(case, "high", "talked with her")
    report(school, who="counselor-a", dangers=("act",))
    with pytest.raises(InvalidMoveError) as refused:
        desk.assess(case, "none", "it is over")
    assert refused.value.code == "PSY007"
    desk.assess(case, "none", "it is over", second="staff:counselor-b")


def test_the_worst_reason_is_the_reason_and_stays_in_sight(school: InventedSchool) -> None:
    mild = dict.fromkeys(("anxiety", "fear", "somatic", "insomnia", "withdrawal"), "some")
    severity, reasons = judge(school.school.plan, {**mild, "self_harm": "severe"}, ())
    assert reasons[0].rule == "S:symptom:self_harm:severe"
    assert severity.value == "imminent"


def test_ten_small_reports_do_not_push_the_grave_one_out_of_sight(school: InventedSchool) -> None:
    report(school, dangers=("act",), note="what matters")
    for _ in range(12):
        report(school)
    assert "what matters" in [signal.note for signal in file_of(school).signals]
    assert len(file_of(school).signals) <= 13


@pytest.mark.clause("B0.3")
def test_the_timeline_does_not_name_a_protected_reporter(school: InventedSchool) -> None:
    taken(school, symptoms={"self_harm": "severe"})
    protected = 0
    for who in ("head", "grade-head-10", "affairs", "counselor-c", "safeguarding", "homeroom-1"):
        try:
            seen = school.desk(who).cases.about(school.number(1)).data
        except NotFoundError:
            continue
        if "reporters" in seen or not seen.get("timeline"):
            continue
        protected += 1
        assert "homeroom-1" not in str(seen["timeline"])
        assert "actor" not in seen["timeline"][0]
    assert protected


@pytest.mark.clause("B0.3")
def test_after_a_change_of_class_the_new_teacher_sees_and_the_old_one_does_not(
    school: InventedSchool,
) -> None:
    taken(school, symptoms={"self_harm": "severe"})
    assert school.desk("homeroom-1").cases.list()
    moved = e.RelationStarted(
        student=student_id(1),
        placement=Placement(class_id=ClassId(class_id(2)), grade="g10", since=school.clock.now()),
    )
    school.clock.advance(minutes=1)
    commit_students(
        school.school,
        [(student_id(1), [moved])],
        Actor("operator:setup"),
        school.clock.now(),
        school.school.ids.command(),
    )
    assert school.desk("homeroom-1").cases.list() == []
    assert len(school.desk("homeroom-2").cases.list()) == 1
    assert verify(school.school).ok


def test_a_number_never_comes_to_mean_another_student(school: InventedSchool) -> None:
    number = school.number(1)
    other = gather(school.school, student_id(2)).world.student
    wrong = changed(other, identities=(("student_no", number.removeprefix("no:")),))
    with pytest.raises(InvalidDataError) as refused:
        commit_students(
            school.school,
            [(other.id, [e.PersonAdded(student=wrong)])],
            Actor("operator:setup"),
            school.clock.now(),
            school.school.ids.command(),
        )
    assert refused.value.code == "PSY235"
    assert find_student(school.school, number) == student_id(1)


def test_a_duty_that_nobody_is_left_to_take_stays_overdue_and_is_said_again_daily(
    school: InventedSchool,
) -> None:
    case = taken(school, symptoms={"self_harm": "severe"})
    school.desk("counselor-a").cases.open(case)
    for _ in range(40):
        school.tick(hours=6)
    duty = file_of(school).duties[0]
    assert duty.due < school.clock.now()
    before = duty.passed
    school.tick(hours=24)
    assert file_of(school).duties[0].passed == before + 1


def test_one_damaged_record_hides_no_other_student(school: InventedSchool) -> None:
    report(school, symptoms={"self_harm": "severe"})
    school.desk("homeroom-1").signals.report(school.number(2), "peer", {"fear": "severe"})
    held = school.school.storage._schools[school.school.part].documents  # type: ignore[attr-defined]
    damaged = next(key for key in held if key.startswith("case/"))
    held[damaged] = attrs.evolve(held[damaged], body=b"{")
    file = f"file/{student_id(1)}"
    held[file] = attrs.evolve(held[file], body=b"{")
    desk = school.desk("counselor-a")
    assert [line["case"] for line in desk.cases.list()] == [
        key.partition("/")[2] for key in held if key.startswith("case/") and key != damaged
    ]
    assert {line["class"] for line in desk.inbox.list()} == {"K0", "K2"}


def test_an_attempt_that_was_lost_is_journalled_although_nothing_is_sent_any_more(
    school: InventedSchool,
) -> None:
    report(school, symptoms={"self_harm": "marked"})
    store, part = school.school.storage, school.school.part
    claimed = store.claim([part], school.clock.now(), 50, timedelta(seconds=60))
    assert [entry.topic for entry in claimed] == ["send", "send", "sign"]
    case: str = school.desk("counselor-a").cases.list()[0]["case"]
    school.desk("counselor-a").cases.acknowledge(case)
    assert school.tick(minutes=5).sent == 0
    kinds = [type(event_of(school.school, one)) for one in store.journal(part, 0, 1000)]
    assert kinds.count(e.AttemptStarted) == 2
    assert e.AttemptFinished not in kinds
    assert verify(school.school).ok


class WrongChannel(RecordingChannel):
    """A channel that says of itself, or of an attempt, what is no word of the contract."""

    def __init__(self, *, trust: Any = Trust.SEALED, answer: Any = None) -> None:
        super().__init__()
        self.wrong_trust, self.wrong_answer = trust, answer

    @property
    def capabilities(self) -> Capabilities:
        return attrs.evolve(super().capabilities, trust=self.wrong_trust)

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        answer: SendResult = self.wrong_answer
        return answer


ACCEPTED = SendResult(cls=ResultClass.ACCEPTED)


@pytest.mark.parametrize(
    ("channel", "result"),
    [
        (WrongChannel(trust="sealed"), "misconfigured"),
        (WrongChannel(answer=None), "ambiguous"),
        (WrongChannel(answer=True), "ambiguous"),
        (WrongChannel(answer=attrs.evolve(ACCEPTED, cls="accepted")), "ambiguous"),
        (WrongChannel(answer=attrs.evolve(ACCEPTED, retry_after="soon")), "ambiguous"),
    ],
    ids=["trust", "nothing", "true", "a word", "no pause"],
)
def test_a_channel_that_answers_nonsense_is_journalled_and_never_believed(
    tmp_path: Path, channel: WrongChannel, result: str
) -> None:
    with open_school(tmp_path / "school", channels={"inbox": channel}) as school:
        report(school, symptoms={"self_harm": "severe"})
        assert school.tick(minutes=1).sent == 0
        store, part = school.school.storage, school.school.part
        happened = [event_of(school.school, one) for one in store.journal(part, 0, 1000)]
        assert {v.result for v in happened if isinstance(v, e.AttemptFinished)} == {result}


#: A route that a school has made its own, with a purpose that no sentence of ours names.
OWN_ROUTE = """
[delivery]
channels = ["inbox", "mail"]
[routes.child_protection]
on = "crisis"
for = ["high", "imminent"]
origin = { kind = "site", ref = "leading group 2026-08-20" }
[[routes.child_protection.steps]]
role = "safeguarding_lead"
relation = "of_school"
[[routes.child_protection.end]]
role = "leading_group_head"
relation = "of_school"
"""


def test_a_route_of_the_schools_own_is_called_although_no_sentence_names_its_purpose(
    tmp_path: Path,
) -> None:
    mail = RecordingChannel()
    channels = {"inbox": Inbox({}), "mail": mail}
    with open_school(tmp_path / "school", plan=OWN_ROUTE, channels=channels) as school:
        report(school, symptoms={"self_harm": "severe"})
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        case.declare_crisis(danger="self", place="dormitory", proposal="hospital", severity="high")
        assert school.tick().failed == 0
        called = [one.message for one in mail.received.values() if "safeguarding" in one.address]
        assert any("学生" in one.text for one in called)
        (line,) = [
            one
            for one in school.desk("safeguarding").inbox.list()
            if one["purpose"] == "child_protection"
        ]
        assert "You are called about a student." in str(line["text"])
