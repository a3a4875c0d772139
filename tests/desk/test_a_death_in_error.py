"""A death that was entered in error: it is taken back, and what it silenced is owed again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from psysafe.desk.desk import CaseDesk
from psysafe.domain.duties import RUNNING
from psysafe.domain.duties_death import POSTVENTION
from psysafe.domain.files import StudentFile
from psysafe.domain.severity import Severity, severity_of
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, staff_id, student_id


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        assert verify(opened.school).ok


def file_of(school: InventedSchool, number: int = 1) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def told(school: InventedSchool, name: str) -> list[str]:
    return [line["purpose"] for line in school.desk(name).inbox.list()]


def owed(school: InventedSchool, number: int = 1) -> dict[str, str]:
    return {d.kind: str(d.owner).partition(":")[2] for d in file_of(school, number).duties}


def a_crisis(school: InventedSchool) -> CaseDesk:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}, place="home"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="home", proposal="go there", severity="imminent")
    return case


def dies(school: InventedSchool, name: str = "head", number: int = 1) -> None:
    school.desk(name).cases.bereavement(school.number(number))


def alive(school: InventedSchool, name: str = "affairs", number: int = 1) -> None:
    school.desk(name).cases.alive(school.number(number), "I have just spoken with her")


@pytest.mark.clause("C1.1")
def test_what_was_owed_when_the_death_was_entered_is_owed_again(school: InventedSchool) -> None:
    case = a_crisis(school)
    school.tick(minutes=1)
    before, open_before = owed(school), file_of(school)
    dies(school)
    assert set(owed(school)) == set(POSTVENTION)
    school.tick(hours=2)
    alive(school)
    file = file_of(school)
    assert file.frozen is None
    assert owed(school).items() >= before.items()
    assert file.live_case == open_before.live_case
    assert not set(POSTVENTION) & set(owed(school))
    # Whoever was being called is called again, and the people after them when they do not answer.
    assert [r.route for r in file.runs if r.state == RUNNING] == [
        r.route for r in open_before.runs if r.state == RUNNING
    ]
    school.tick(minutes=1)
    assert "crisis" in told(school, "homeroom-1")
    case.guardian(guardian_id(1), "agrees")
    assert "tell_guardian" not in owed(school)


@pytest.mark.clause("C1.1")
def test_everybody_who_was_told_of_the_death_is_told_that_it_was_an_error(
    school: InventedSchool,
) -> None:
    dies(school)
    school.tick(minutes=1)
    hear = ("head", "homeroom-1", "duty", "counselor-a", "counselor-b")
    for name in hear:
        assert "bereaved" in told(school, name), name
    alive(school)
    school.tick(minutes=1)
    for name in hear:
        assert "death_in_error" in told(school, name), name
        assert "bereaved" not in told(school, name), name
    for name in ("grade-head-10", "homeroom-2", "counselor-c", "registrar"):
        assert told(school, name) == []
    # Whoever told others by word tells them by word; somebody else looks it over.
    assert owed(school) == {"tell_death_error": "head", "confirm_alive": "head"}
    for duty in file_of(school).duties:
        school.desk("head").cases.settle(school.number(1), duty.id, "her family, her class")
    assert owed(school) == {}


@pytest.mark.clause("C1.1")
def test_one_person_takes_it_back_at_once_and_another_one_looks_it_over(
    school: InventedSchool,
) -> None:
    dies(school)
    alive(school, "head")
    (duty,) = file_of(school).owed("confirm_alive")
    assert duty.owner == staff_id("deputy-head")
    # Not even when it comes to them in the end.
    for _ in range(6):
        school.tick(days=1)
    (duty,) = file_of(school).owed("confirm_alive")
    assert staff_id("head") not in (duty.owner, *duty.had_by)
    with pytest.raises(NotFoundError):
        school.desk("head").cases.settle(school.number(1), duty.id, "it is so")


def test_a_death_is_taken_back_by_whoever_has_the_right_with_a_word_how_it_is_known(
    school: InventedSchool,
) -> None:
    with pytest.raises(InvalidMoveError, match="PSY081"):
        alive(school)
    dies(school)
    for name in ("homeroom-1", "duty", "grade-head-10"):
        with pytest.raises(NotPermittedError, match="PSY002"):
            alive(school, name)
    for name in ("counselor-c", "registrar"):
        with pytest.raises((NotFoundError, NotPermittedError)):
            alive(school, name)
    with pytest.raises(InvalidMoveError, match="PSY006"):
        school.desk("affairs").cases.alive(school.number(1), " ")
    assert file_of(school).frozen is not None
    # Whoever entered it finds the slip first.
    alive(school, "head")
    assert file_of(school).frozen is None
    with pytest.raises(InvalidMoveError, match="PSY081"):
        alive(school)


@pytest.mark.clause("C1.1")
def test_a_report_about_a_student_who_is_said_to_be_dead_asks_whether_it_is_so(
    school: InventedSchool,
) -> None:
    dies(school)
    school.tick(hours=5)
    receipt = school.desk("homeroom-1").signals.report(
        school.number(1), "peer", {"fear": "some"}, place="class_room"
    )
    # It is answered as every report is.
    assert receipt.answered_by is not None
    (check,) = file_of(school).owed("check_death")
    assert check.owner == staff_id("counselor-a")
    assert check.severity is Severity.HIGH
    school.tick(minutes=1)
    for name in ("counselor-a", "head"):
        assert "death_in_doubt" in told(school, name), name
    for name in ("homeroom-1", "affairs", "grade-head-10"):
        assert "death_in_doubt" not in told(school, name), name
    # Nothing else follows: no case, no route, nobody calls the family.
    assert file_of(school).live_case is None
    assert file_of(school).runs == ()
    # Nobody looks: it goes on to somebody who can take it back.
    school.tick(minutes=31)
    (check,) = file_of(school).owed("check_death")
    assert check.owner == staff_id("head")
    school.desk("head").cases.settle(school.number(1), check.id, "it is so; a grieving friend")
    assert "check_death" not in owed(school)
    school.tick(days=2)
    assert "taken_up" in told(school, "homeroom-1")


def test_who_reported_after_a_death_is_protected_as_ever(school: InventedSchool) -> None:
    dies(school, "counselor-a")
    school.desk(str(guardian_id(1))).signals.report(
        school.number(1), "guardian", {"fear": "some"}, place="home"
    )
    alive(school)
    seen = school.desk("head").cases.get(str(file_of(school).case.id)).data  # type: ignore[union-attr]
    assert "reporters" not in seen
    assert seen["timeline"]
    assert "guardian" not in {line.get("actor") for line in seen["timeline"]}


@pytest.mark.clause("C1.1")
def test_where_life_is_in_danger_everybody_who_can_take_it_back_is_asked(
    school: InventedSchool,
) -> None:
    dies(school, "counselor-a")
    school.desk("homeroom-1").signals.report(school.number(1), "peer", dangers=("farewell",))
    school.tick()
    for name in ("head", "deputy-head", "counselor-a", "counselor-b", "safeguarding"):
        assert "death_in_doubt" in told(school, name), name
    (check,) = file_of(school).owed("check_death")
    assert check.severity is Severity.IMMINENT
    assert check.owner == staff_id("counselor-b"), "somebody else than who entered it"


@pytest.mark.clause("C1.1")
def test_what_was_reported_meanwhile_alarms_when_the_death_is_taken_back(
    school: InventedSchool,
) -> None:
    dies(school)
    school.tick(hours=1)
    school.desk("homeroom-1").signals.report(
        school.number(1), "peer", {"self_harm": "severe"}, place="home"
    )
    assert file_of(school).live_case is None
    alive(school)
    file = file_of(school)
    assert file.live_case is not None
    assert severity_of(file.live_case.level) is Severity.IMMINENT
    assert "check_death" not in owed(school)
    assert [r.purpose for r in file.runs if r.state == RUNNING] == ["linkage"]
    school.tick(minutes=1)
    assert "linkage" in told(school, "counselor-a")


@pytest.mark.clause("C1.1")
def test_what_was_reported_meanwhile_raises_the_case_that_is_live_again(
    school: InventedSchool,
) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"fear": "some"}, place="class_room"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    dies(school)
    school.desk("homeroom-1").signals.report(school.number(1), "peer", dangers=("farewell",))
    alive(school)
    live = file_of(school).live_case
    assert live is not None
    assert (live.id, live.lifecycle, live.lead) == (case.id, "open", staff_id("counselor-a"))
    assert severity_of(live.level) is Severity.IMMINENT
    assert set(owed(school)) >= {"never_alone", "review_signal", "reassess"}


def test_what_fell_due_meanwhile_is_due_within_the_time_of_an_answer(
    school: InventedSchool,
) -> None:
    a_crisis(school)
    before = {d.kind: d.due for d in file_of(school).duties}
    dies(school)
    school.tick(minutes=20)
    alive(school)
    now = school.clock.now()
    calendar, plan = school.school.calendar, school.school.plan
    for duty in file_of(school).duties:
        if duty.kind not in before:
            continue
        limit = plan.deadline("acknowledge", duty.severity).within
        late = before[duty.kind] <= now
        assert duty.due == (calendar.due(now, limit).at if late else before[duty.kind]), duty.kind
    assert min(before.values()) < now


@pytest.mark.clause("C1.1")
@pytest.mark.clause("C1.6")
def test_a_suspicion_of_harm_is_handed_over_all_the_more_after_a_death(
    school: InventedSchool,
) -> None:
    school.desk("counselor-b").signals.report(
        school.number(1),
        "one_to_one",
        {"fear": "marked"},
        dangers=("harm_by_adult",),
        accused=staff_id("counselor-a"),
    )
    # Whoever is accused may be the one who enters it.
    dies(school, "counselor-a")
    assert set(owed(school)) == {"report_harm", "confirm_bar", *POSTVENTION}
    assert "counselor-a" not in owed(school).values()
    school.tick(minutes=1)
    assert "bereaved" in told(school, "safeguarding")
    assert "bereaved" not in told(school, "counselor-a")
    bars = school.desk("counselor-b").bars
    for receiver in ("safeguarding_lead", "police", "civil_affairs", "education_authority"):
        bars.hand_over(school.number(1), receiver, "by telephone")
    school.desk("safeguarding").bars.confirm(school.number(1), staff_id("counselor-a"), "heard")
    assert set(owed(school)) == set(POSTVENTION)
    alive(school)
    assert "second_adult" in owed(school)
    assert not {"report_harm", "confirm_bar"} & set(owed(school))


@pytest.mark.clause("C3.2")
def test_a_sign_that_a_death_made_alone_is_taken_back_with_it(school: InventedSchool) -> None:
    school.desk("duty").signs.declare("dormitory", "302", [school.number(n) for n in (1, 2, 3)])
    dies(school)
    school.tick(minutes=1)
    (sign,) = school.desk("core").signs.list()
    assert sign["dead"] == 1
    alive(school)
    school.tick(minutes=1)
    assert school.desk("core").signs.list() == []
    assert told(school, "core") == ["sign_taken_back"]


@pytest.mark.clause("C3.2")
def test_worries_that_stood_beside_a_death_in_error_count_with_those_that_come(
    school: InventedSchool,
) -> None:
    def worry(number: int) -> None:
        teacher = "homeroom-1" if number < 3 else "homeroom-2"
        school.desk(teacher).signals.report(
            school.number(number), "one_to_one", {"depression": "marked"}
        )
        school.tick(minutes=1)

    school.desk("duty").signs.declare("dormitory", "302", [school.number(n) for n in (1, 2, 3, 4)])
    worry(2)
    worry(3)
    dies(school)
    school.tick(minutes=1)
    alive(school)
    school.tick(minutes=1)
    assert school.desk("core").signs.list() == []
    worry(4)
    (sign,) = school.desk("core").signs.list()
    assert (sign["students"], sign["dead"]) == (3, 0)


@pytest.mark.clause("C3.2")
def test_a_death_that_was_taken_back_before_it_was_counted_makes_no_sign(
    school: InventedSchool,
) -> None:
    dies(school)
    alive(school)
    school.tick(minutes=1)
    assert school.desk("core").signs.list() == []
    assert "collective_sign" not in told(school, "head")
    dies(school)
    school.tick(minutes=1)
    (sign,) = school.desk("core").signs.list()
    assert sign["dead"] == 1
