"""Exposure, the class survey and one-to-one support, as a homeroom teacher goes through them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.rebuilding import rebuild
from psysafe.engine.verify import verify
from psysafe.errors import (
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.ids import Actor
from psysafe.testing.schools import (
    MONDAY,
    InventedSchool,
    class_id,
    guardian_id,
    open_school,
    student_id,
)

SINCE = datetime(2026, 10, 30, 16, tzinfo=UTC)
CLOSES = datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        proof = verify(opened.school)
        assert proof.ok, proof.findings


def file_of(school: InventedSchool, number: int = 1) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def exposed(school: InventedSchool, number: int, fact: str, who: str = "homeroom-1") -> None:
    school.desk(who).exposure.record(school.number(number), fact, since=SINCE, closes=CLOSES)


def purposes(school: InventedSchool, who: str) -> list[str]:
    return [line["purpose"] for line in school.desk(who).inbox.list()]


# -- exposure ---------------------------------------------------------------------------------


@pytest.mark.clause("C5.1")
def test_a_homeroom_teacher_counts_for_the_student_affairs_office(school: InventedSchool) -> None:
    exposed(school, 1, "fever")
    exposed(school, 1, "close_contact")
    exposed(school, 2, "fever")
    exposed(school, 5, "confirmed", "homeroom-3")
    office = school.desk("affairs").exposure.counts()
    assert [(one["name"], one["counts"]) for one in office] == [
        ("高一(1)班", {"confirmed": 0, "suspected": 0, "fever": 2, "close_contact": 1}),
        ("高二(1)班", {"confirmed": 1, "suspected": 0, "fever": 0, "close_contact": 0}),
    ]
    assert [one["class"] for one in school.desk("grade-head-11").exposure.counts()] == [class_id(3)]


@pytest.mark.clause("C5.1", "B0.3")
@pytest.mark.parametrize("who", ["homeroom-2", "counselor-a", "head", "duty", "registrar", "spare"])
def test_whoever_may_not_see_a_students_exposure_gets_no_figure_either(
    school: InventedSchool, who: str
) -> None:
    exposed(school, 1, "confirmed")
    assert school.desk(who).exposure.counts() == []
    assert school.desk(who).exposure.facts() == []


@pytest.mark.parametrize("who", ["homeroom-2", "registrar", str(guardian_id(1)), "counselor-a"])
def test_exposure_is_written_down_by_those_who_answer_for_the_class(
    school: InventedSchool, who: str
) -> None:
    with pytest.raises((NotFoundError, NotPermittedError)):
        exposed(school, 1, "fever", who)
    assert file_of(school).exposure == ()


@pytest.mark.clause("A2.1")
def test_a_fact_is_corrected_while_it_holds_and_ends_and_is_gone_when_its_purpose_closes(
    school: InventedSchool,
) -> None:
    teacher = school.desk("homeroom-1").exposure
    exposed(school, 1, "away")
    teacher.record(school.number(1), "away", since=SINCE - timedelta(days=3), closes=CLOSES)
    assert [f.since for f in file_of(school).exposure] == [SINCE - timedelta(days=3)]
    (seen,) = teacher.facts()
    assert (seen["name"], seen["facts"][0]["fact"]) == ("林小满", "away")
    teacher.end(school.number(1), "away", MONDAY + timedelta(hours=1))
    with pytest.raises(NotFoundError):
        teacher.end(school.number(1), "away", MONDAY + timedelta(hours=2))
    school.clock.advance(hours=2)
    assert teacher.facts()[0]["facts"][0]["holds"] is False
    exposed(school, 1, "fever")
    school.clock.advance(days=60)
    assert teacher.facts() == teacher.counts() == school.desk("affairs").exposure.counts() == []


@pytest.mark.parametrize(
    "wrong",
    [{"until": SINCE}, {"closes": MONDAY}, {"fact": "gossip"}, {"purpose": "grading"}],
)
def test_exposure_that_makes_no_sense_is_refused(
    school: InventedSchool, wrong: dict[str, object]
) -> None:
    said: dict[str, object] = {"fact": "fever", "since": SINCE, "closes": CLOSES, **wrong}
    with pytest.raises(InvalidDataError):
        school.desk("homeroom-1").exposure.record(school.number(1), **said)  # type: ignore[arg-type]


# -- the class survey -------------------------------------------------------------------------


@pytest.mark.clause("A2.2")
def test_a_survey_gives_each_homeroom_teacher_one_list_and_one_notice(
    school: InventedSchool,
) -> None:
    exposed(school, 1, "returned_from")
    started, wrong = school.desk("affairs").surveys.start()
    assert wrong == []
    assert [line["owner"] for line in started] == [f"staff:homeroom-{n}" for n in (1, 2, 3)]
    school.tick()
    assert purposes(school, "homeroom-1") == ["rounds"]
    (mine,) = school.desk("homeroom-1").surveys.list()
    assert [(s["name"], s["travelled"]) for s in mine["students"]] == [
        ("林小满", True),
        ("周知夏", False),
    ]
    assert mine["due"] == "2026-11-05T09:00:00.000000Z"  # 17:00 of the third school day
    assert school.desk("homeroom-2").surveys.list()[0]["class"] == class_id(2)


@pytest.mark.clause("A2.2")
def test_a_survey_is_closed_only_with_a_word_about_everybody(school: InventedSchool) -> None:
    exposed(school, 1, "away")
    school.desk("counselor-a").surveys.start(("g10",))
    teacher = school.desk("homeroom-1").surveys
    with pytest.raises(InvalidMoveError) as missing:
        teacher.close(class_id(1), nobody_else=True)
    assert missing.value.code == "PSY029"
    teacher.enter(school.number(1), "no_concern")
    with pytest.raises(InvalidMoveError) as zero:
        teacher.close(class_id(1))
    assert zero.value.code == "PSY030"
    teacher.close(class_id(1), nobody_else=True)
    assert teacher.list() == []
    with pytest.raises(InvalidMoveError) as closed:
        teacher.enter(school.number(2), "concern", {"fear": "some"})
    assert closed.value.code == "PSY028"
    assert file_of(school, 2).live_case is None
    rebuild(school.school, f"class/{class_id(1)}", Actor("operator:it"), school.clock.now())


@pytest.mark.clause("A2.2", "A2.4")
def test_a_concern_is_a_report_and_begins_one_to_one_support(school: InventedSchool) -> None:
    school.desk("grade-head-10").surveys.start()
    teacher = school.desk("homeroom-1").surveys
    receipt = teacher.enter(school.number(2), "concern", {"fear": "marked"}, note="cannot sleep")
    assert receipt.signal is not None
    assert receipt.case is None
    file = file_of(school, 2)
    assert [s.source for s in file.signals] == ["class_survey"]
    assert file.live_case is not None
    assert [d.owner for d in file.owed("one_to_one")] == ["staff:homeroom-1"]
    teacher.enter(school.number(2), "concern", {"fear": "marked"}, note="cannot sleep")
    assert len(file_of(school, 2).signals) == 1, "the same entry twice is one report"
    with pytest.raises(NotFoundError):
        school.desk("homeroom-2").surveys.enter(school.number(2), "no_concern")
    with pytest.raises(NotPermittedError):
        school.desk("homeroom-1").surveys.start()


@pytest.mark.clause("A2.2")
def test_a_late_survey_goes_to_the_grade_head_as_a_list(school: InventedSchool) -> None:
    school.desk("affairs").surveys.start(("g10",))
    _, again = school.desk("affairs").surveys.start(("g10",))
    assert [finding.code for finding in again] == ["PSY028", "PSY028"]
    school.tick(days=3, hours=9)
    school.tick()
    assert purposes(school, "grade-head-10") == ["rounds"]
    late = school.desk("grade-head-10").surveys.list()
    assert [one["class"] for one in late] == [class_id(1), class_id(2)]
    # Whoever had it first may still do it.
    school.desk("homeroom-1").surveys.close(class_id(1), nobody_else=True)
    assert len(school.desk("grade-head-10").surveys.list()) == 1


def test_a_class_where_nobody_could_do_it_is_named_and_stops_no_other(tmp_path: Path) -> None:
    gone = ("homeroom-3", "grade-head-11")
    with open_school(tmp_path / "school", without=gone) as school:
        started, wrong = school.desk("affairs").surveys.start()
    assert len(started) == 2
    assert [(f.code, f.facts["class_id"]) for f in wrong] == [("PSY035", class_id(3))]


# -- one-to-one support -----------------------------------------------------------------------


@pytest.mark.clause("A2.2", "A2.3")
def test_each_contact_meets_what_is_owed_and_the_next_is_owed_in_a_week(
    school: InventedSchool,
) -> None:
    exposed(school, 1, "returned_from")
    teacher = school.desk("homeroom-1").support
    teacher.start(school.number(1))
    (first,) = file_of(school).owed("one_to_one")
    assert first.due == MONDAY + timedelta(days=7)
    school.clock.advance(days=6)
    teacher.log(school.number(1), "wechat", note="plays football again")
    (second,) = file_of(school).owed("one_to_one")
    assert second.id != first.id
    assert second.due == school.clock.now() + timedelta(days=7)
    assert file_of(school).live_case is None
    school.clock.advance(days=6)
    teacher.log(school.number(1), "telephone", symptoms={"insomnia": "marked"}, note="worse")
    case = file_of(school).live_case
    assert case is not None
    (line,) = teacher.owed()
    assert [c["note"] for c in line["contacts"]] == ["plays football again", "worse"]


@pytest.mark.clause("A2.2")
def test_what_is_due_reaches_the_teacher_as_one_notice_and_late_the_grade_head(
    school: InventedSchool,
) -> None:
    for number in (1, 2):
        school.desk("homeroom-1").support.start(school.number(number))
    school.tick(hours=1)
    assert purposes(school, "homeroom-1") == []
    school.tick(days=6)
    assert purposes(school, "homeroom-1") == ["rounds"]
    school.tick(days=1)
    school.tick()
    assert purposes(school, "grade-head-10") == ["rounds"]
    assert len(school.desk("grade-head-10").support.owed()) == 2


@pytest.mark.clause("A2.2")
def test_whom_nobody_reaches_is_a_signal_goes_to_the_grade_head_and_then_to_a_home_visit(
    school: InventedSchool,
) -> None:
    teacher = school.desk("homeroom-1").support
    teacher.log(school.number(1), "telephone", "not_reached")
    (duty,) = file_of(school).owed("not_reached")
    assert duty.due == MONDAY + timedelta(hours=48)
    assert file_of(school).signals == ()
    school.clock.advance(hours=20)
    teacher.log(school.number(1), "wechat", "not_reached")
    file = file_of(school)
    assert [s.symptoms for s in file.signals] == [{"not_reached": "marked"}]
    assert file.live_case is not None
    assert file.owed("not_reached")[0].owner == "staff:grade-head-10"
    assert "duty_passed_on" in purposes(school, "grade-head-10")
    teacher.log(school.number(1), "wechat", "not_reached")
    assert len(file_of(school).signals) == 1, "it is said once"
    school.tick(hours=48)
    assert file_of(school).owed("not_reached")[0].owner == "staff:counselor-a"
    school.desk("counselor-a").support.log(school.number(1), "home_visit", note="ill in bed")
    assert not file_of(school).owed("not_reached")
    assert file_of(school).support is not None


@pytest.mark.clause("A2.2")
def test_one_try_in_vain_and_then_silence_is_a_signal_too(school: InventedSchool) -> None:
    school.desk("homeroom-1").support.log(school.number(1), "telephone", "not_reached")
    school.tick(hours=48)
    assert [s.symptoms for s in file_of(school).signals] == [{"not_reached": "marked"}]
    assert file_of(school).owed("not_reached")[0].owner == "staff:grade-head-10"


def test_support_ends_with_the_purpose_for_which_exposure_is_kept(school: InventedSchool) -> None:
    school.desk("homeroom-1").exposure.record(
        school.number(1), "away", since=SINCE, closes=MONDAY + timedelta(days=3)
    )
    school.desk("homeroom-1").support.start(school.number(1))
    school.tick(days=7)
    assert file_of(school).support is None
    assert file_of(school).duties == ()
    with pytest.raises(InvalidMoveError) as none:
        school.desk("homeroom-1").support.end(school.number(1))
    assert none.value.code == "PSY032"


def test_a_teacher_who_only_accompanies_gains_no_right_in_a_case(school: InventedSchool) -> None:
    """To owe support is no membership of a case: nothing is opened to whoever owes it."""
    school.desk("counselor-a").signals.report(
        school.number(1), "message", {"fear": "some"}, place="home"
    )
    school.desk("homeroom-1").support.start(school.number(1))
    case = school.desk("counselor-a").cases.about(school.number(1))
    with pytest.raises(NotPermittedError):
        school.desk("homeroom-1").cases.guardian(case.id, str(guardian_id(1)), "reached")
    school.desk("counselor-b").support.log(school.number(1), "wechat", "not_reached")
    school.tick(days=4)
    assert "signals" not in school.desk("grade-head-10").cases.get(case.id).data
