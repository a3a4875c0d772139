"""An alarm that is called off: whoever was told hears it, by the way by which they were told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from psysafe.desk.desk import CaseDesk
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, staff_id, student_id

MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        assert verify(opened.school).ok


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def a_crisis(school: InventedSchool, severity: str = "high") -> CaseDesk:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "marked"}, place="class_room"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="home", proposal="go there", severity=severity)
    return case


def over(case: CaseDesk) -> None:
    case.stand_down("a film was being made", second=str(staff_id("counselor-b")))


def owed(school: InventedSchool) -> dict[str, str]:
    return {d.kind: str(d.owner).partition(":")[2] for d in file_of(school).duties}


@pytest.mark.clause("C6.2")
def test_a_guardian_who_was_told_by_hand_is_told_by_hand_that_it_is_over(
    school: InventedSchool,
) -> None:
    case = a_crisis(school)
    school.tick(minutes=1)
    inbox = school.desk("homeroom-1").inbox
    inbox.acknowledge(next(n["notice"] for n in inbox.list() if n["purpose"] == "crisis"))
    teacher = school.desk("homeroom-1").cases.about(school.number(1))
    teacher.guardian(MOTHER, "agrees")
    over(case)
    # Whoever spoke with her speaks with her again.
    assert owed(school)["tell_stood_down"] == "homeroom-1"
    school.tick(minutes=10)
    teacher.guardian(MOTHER, "not_reached")
    assert "tell_stood_down" in owed(school)
    teacher.guardian(MOTHER, "reached")
    assert "tell_stood_down" not in owed(school)


@pytest.mark.clause("C6.2")
def test_each_guardian_who_was_told_hears_it_and_nobody_else(school: InventedSchool) -> None:
    case = a_crisis(school)
    case.guardian(MOTHER, "agrees")
    case.guardian(FATHER, "not_reached")
    school.tick(minutes=1)
    over(case)
    assert owed(school)["tell_stood_down"] == "counselor-a"
    school.tick(minutes=1)
    case.guardian(MOTHER, "reached")
    assert "tell_stood_down" not in owed(school), "the father has heard of no alarm"


def test_where_no_guardian_was_told_or_only_one_who_is_barred_nobody_is_called(
    school: InventedSchool,
) -> None:
    case = a_crisis(school)
    case.guardian(MOTHER, "unreachable")
    over(case)
    assert "tell_stood_down" not in owed(school)
    case.declare_crisis(danger="self", place="home", proposal="again")
    case.guardian(MOTHER, "reached")
    school.desk("counselor-b").bars.set(school.number(1), str(MOTHER), why="heard of it")
    over(case)
    assert "tell_stood_down" not in owed(school)


def test_what_is_said_to_a_family_by_another_way_is_settled_and_passes_on_when_it_is_late(
    school: InventedSchool,
) -> None:
    case = a_crisis(school)
    case.guardian(MOTHER, "agrees")
    over(case)
    school.tick(days=20)
    with pytest.raises(InvalidMoveError, match="PSY008"):
        case.close("calm")
    (duty,) = file_of(school).owed("tell_stood_down")
    assert duty.owner != staff_id("counselor-a")
    owner = str(duty.owner).partition(":")[2]
    school.desk(owner).cases.settle(school.number(1), duty.id, "a letter, read and signed")
    assert "tell_stood_down" not in owed(school)


def test_a_new_alarm_takes_the_place_of_the_word_that_it_is_over(school: InventedSchool) -> None:
    case = a_crisis(school)
    case.guardian(MOTHER, "agrees")
    over(case)
    assert "tell_stood_down" in owed(school)
    case.declare_crisis(danger="self", place="home", proposal="it is true")
    assert "tell_stood_down" not in owed(school)


@pytest.mark.clause("C6.3")
def test_what_was_reported_to_the_authority_gets_a_supplement(school: InventedSchool) -> None:
    case = a_crisis(school)
    case.guardian(MOTHER, "refuses")
    case.report("draft", "what happened")
    school.desk("head").cases.about(school.number(1)).report("approve")
    school.desk("affairs").cases.about(school.number(1)).report("submit")
    over(case)
    assert "report_supplement" in owed(school)


CHANNELS = """
[delivery.high]
channels = ["inbox", "sms"]
[delivery.imminent]
channels = ["inbox", "sms", "mail"]
"""


THE_ONE_WHO_CALLS_IT_OFF = {"13900000003", "counselor-a@school.example"}


@pytest.mark.parametrize("severity", ["high", "imminent"])
@pytest.mark.clause("C1.1")
def test_whoever_was_woken_over_a_channel_hears_over_it_that_it_is_over(
    tmp_path: Path, severity: str
) -> None:
    lines = {name: RecordingChannel(Trust.SHARED) for name in ("sms", "mail")}
    with open_school(tmp_path / "school", channels=lines, plan=CHANNELS) as school:
        case = a_crisis(school, severity)
        school.tick(minutes=1)
        woken = {name: [s.address for s in line.calls] for name, line in lines.items()}
        assert woken["sms"]
        assert bool(woken["mail"]) == (severity == "imminent")
        over(case)
        school.tick(minutes=1)
        for name, line in lines.items():
            news = line.calls[len(woken[name]) :]
            heard = {s.address for s in news}
            assert heard >= set(woken[name]) - THE_ONE_WHO_CALLS_IT_OFF
            assert not heard & THE_ONE_WHO_CALLS_IT_OFF
            for sent in news:
                assert sent.message.text == "此前通知您的事已结束，无需再做什么。"
