"""Each way in which the school learns something of a student, at the desk of whoever says it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import (
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, student_id

MOTHER = str(guardian_id(1))
CLASSMATE = f"student:{student_id(2)}"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened
        proof = verify(opened.school)
        assert proof.ok, proof.findings


def file_of(school: InventedSchool, number: int = 1) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def kinds(school: InventedSchool, number: int = 1) -> list[str]:
    return sorted(duty.kind for duty in file_of(school, number).duties)


def purposes(school: InventedSchool, who: str) -> list[str]:
    return [line["purpose"] for line in school.desk(who).inbox.list()]


# -- who may report by which way --------------------------------------------------------------


@pytest.mark.clause("A1", "B1.1")
@pytest.mark.parametrize("source", ["telephone", "message", "hotline", "teacher_observation"])
def test_what_a_counselor_hears_by_any_way_begins_a_case(
    school: InventedSchool, source: str
) -> None:
    school.desk("counselor-a").signals.report(school.number(1), source, {"anxiety": "marked"})
    case = file_of(school).live_case
    assert case is not None
    assert [s.source for s in file_of(school).signals] == [source]


@pytest.mark.parametrize(("who", "source"), [(MOTHER, "guardian"), ("self", "self_report")])
def test_a_guardian_and_a_student_report_about_their_own_and_by_their_own_way(
    school: InventedSchool, who: str, source: str
) -> None:
    desk = school.student_desk(1) if who == "self" else school.desk(who)
    desk.signals.report(school.number(1), source, {"insomnia": "some"})
    with pytest.raises(NotPermittedError) as wrong:
        desk.signals.report(school.number(1), "one_to_one", {"insomnia": "some"})
    assert wrong.value.code == "PSY026"
    with pytest.raises(NotFoundError):
        desk.signals.report(school.number(2), source, {"insomnia": "some"})


# -- I want to talk ---------------------------------------------------------------------------


@pytest.mark.clause("B1.2", "B2.2")
def test_a_child_who_wants_to_talk_sees_at_once_who_comes_by_when_and_whom_to_call(
    school: InventedSchool,
) -> None:
    seen = school.student_desk(1).signals.ask_to_talk("not at home, please")
    assert seen["who"] == "陈静姝"
    assert seen["answered_by"] == "2026-11-02T09:00:00.000000Z"  # 17:00 of the same school day
    assert seen["call"] == ["12356", "110", "120"]
    assert "陈静姝 will talk with you, by 2026-11-02 17:00" in seen["text"]
    assert file_of(school).live_case is None
    assert purposes(school, "counselor-a") == ["talk"]


def test_the_schools_own_line_is_named_first(tmp_path: Path) -> None:
    with open_school(tmp_path / "school"):
        pass
    settings = tmp_path / "school" / "psysafe.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[school]\n", '[school]\nhotline = "0591-12345"\n'), "utf-8")
    with open_school(tmp_path / "school") as school:
        seen = school.student_desk(1).signals.ask_to_talk()
    assert seen["call"][0] == "0591-12345"
    assert "0591-12345" in seen["text"]


@pytest.mark.clause("B2.2")
def test_at_night_a_talk_is_due_within_a_day_and_then_it_is_the_homeroom_teachers(
    school: InventedSchool,
) -> None:
    school.clock.advance(hours=12)
    asked = school.clock.now()
    school.student_desk(1).signals.ask_to_talk()
    (duty,) = file_of(school).owed("talk")
    assert duty.due == asked + timedelta(hours=24)
    school.tick(hours=24)
    (late,) = file_of(school).owed("talk")
    assert late.owner == "staff:homeroom-1"
    assert "duty_passed_on" in purposes(school, "homeroom-1")


def test_a_child_harmed_by_an_adult_is_not_passed_to_the_homeroom_teacher(
    school: InventedSchool,
) -> None:
    school.student_desk(1).signals.ask_to_talk("", dangers=("harm_by_adult",))
    (duty,) = file_of(school).owed("talk")
    assert duty.fallback == "safeguarding_lead"
    assert file_of(school).live_case is not None


@pytest.mark.clause("B2.2")
def test_who_wants_to_talk_is_answered_before_who_asked_a_question(school: InventedSchool) -> None:
    school.desk(MOTHER).signals.report(
        school.number(1), "guardian", question=True, note="when does school begin?"
    )
    school.student_desk(3).signals.ask_to_talk("please")
    counselor = school.desk("counselor-a")
    waiting = counselor.signals.waiting()
    assert [line["kind"] for line in waiting] == ["talk", "question"]
    assert waiting[0]["note"] == "please"
    for line in waiting:
        counselor.signals.respond(line["student"], line["duty"], "we talked")
    assert counselor.signals.waiting() == []
    assert kinds(school, 1) == kinds(school, 3) == []


@pytest.mark.clause("B1.1")
def test_a_question_begins_no_case_and_is_answered_within_a_school_day(
    school: InventedSchool,
) -> None:
    receipt = school.desk("homeroom-1").signals.report(
        school.number(1), "message", question=True, note="where is the handbook?"
    )
    assert receipt.answered_by == file_of(school).owed("question")[0].due
    assert file_of(school).live_case is None
    grave = school.desk("homeroom-1").signals.report(
        school.number(1), "message", {"self_harm": "marked"}, question=True
    )
    assert grave.signal is not None
    assert file_of(school).live_case is not None


def test_only_the_student_can_say_i_want_to_talk_and_nobody_else_learns_who_asked(
    school: InventedSchool,
) -> None:
    with pytest.raises(NotFoundError):
        school.desk("homeroom-1").signals.ask_to_talk()
    school.student_desk(1).signals.ask_to_talk("private")
    (duty,) = file_of(school).owed("talk")
    for who in ("homeroom-1", "homeroom-2", CLASSMATE, MOTHER):
        assert school.desk(who).signals.waiting() == []
    with pytest.raises(NotFoundError):
        school.desk("homeroom-1").signals.respond(school.number(1), duty.id)


def test_a_school_where_nobody_is_there_says_so_and_keeps_nothing_that_seems_answered(
    tmp_path: Path,
) -> None:
    gone = ("counselor-a", "counselor-b", "homeroom-1", "head", "deputy-head", "core")
    with (
        open_school(tmp_path / "school", without=gone) as school,
        pytest.raises(InvalidMoveError) as nobody,
    ):
        school.student_desk(1).signals.ask_to_talk()
    assert nobody.value.code == "PSY027"
    assert "12356" in nobody.value.finding.cure


# -- notes: about whom one may not look up ----------------------------------------------------


def receipt_of(receipt: Any) -> tuple[Any, ...]:
    return (receipt.answered_by, receipt.case, receipt.flag, receipt.asks, receipt.refused)


@pytest.mark.clause("C3.1", "B0.3")
def test_a_classmate_gets_the_same_receipt_whoever_is_meant_and_whether_they_exist(
    tmp_path: Path,
) -> None:
    seen = []
    for name, about in (("one", "no:2026030101"), ("other", "no:9999999999"), ("third", "")):
        with open_school(tmp_path / name) as school:
            if name == "one":
                school.desk("counselor-a").signals.report(
                    school.number(1), "message", {"fear": "some"}
                )
            receipt = school.desk(CLASSMATE).signals.leave_note(about, {"fear": "marked"})
            seen.append((receipt_of(receipt), school.desk(CLASSMATE).inbox.list()))
            parts = school.school
            with pytest.raises(NotFoundError):
                school.desk(CLASSMATE).signals.link(str(receipt.signal), school.number(1))
            assert parts.storage.read(parts.part, []).position > 0
            assert school.desk(CLASSMATE).signals.notes() == []
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.clause("C3.1")
def test_a_note_that_a_counselor_links_is_a_report_of_the_classmate_and_protects_them(
    school: InventedSchool,
) -> None:
    school.desk(CLASSMATE).signals.leave_note(
        "高一(1)班 林小满", {"self_harm": "some"}, note="she said goodbye"
    )
    (line,) = school.desk("counselor-a").signals.notes()
    assert (line["about"], line["source"], line["severity"]) == (
        "高一(1)班 林小满",
        "peer",
        "moderate",
    )
    assert "reporter" not in line
    assert school.desk("homeroom-1").signals.notes() == []
    school.desk("counselor-a").signals.link(line["note"], school.number(1))
    (signal,) = file_of(school).signals
    assert (signal.reporter, signal.entered_by) == (CLASSMATE, "staff:counselor-a")
    assert school.desk("counselor-a").signals.notes() == []
    with pytest.raises(InvalidMoveError) as again:
        school.desk("counselor-b").signals.set_aside(line["note"])
    assert again.value.code == "PSY036"
    school.tick(days=3)
    assert purposes(school, CLASSMATE) == ["taken_up"]


@pytest.mark.clause("B2.2")
def test_a_note_that_was_set_aside_is_answered_like_one_that_was_linked(tmp_path: Path) -> None:
    seen = []
    for name in ("one", "other"):
        with open_school(tmp_path / name) as school:
            receipt = school.desk(CLASSMATE).signals.leave_note("林小满", {"fear": "some"})
            desk = school.desk("counselor-a").signals
            note = str(receipt.signal)
            if name == "one":
                desk.link(note, school.number(1))
            else:
                school.clock.advance(hours=1)
                desk.set_aside(note)
                school.clock.advance(hours=-1)
            assert school.desk(CLASSMATE).inbox.list() == []
            school.clock.advance(days=2)
            lines = school.desk(CLASSMATE).inbox.list()
            seen.append([{k: v for k, v in line.items() if k != "notice"} for line in lines])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 1


@pytest.mark.clause("C1.1")
def test_a_note_with_a_danger_in_it_calls_every_counselor_at_once_and_goes_on_unanswered(
    tmp_path: Path,
) -> None:
    sms = RecordingChannel(Trust.SHARED)
    own = """
[delivery.imminent]
channels = ["inbox", "sms"]
"""
    with open_school(tmp_path / "school", channels={"sms": sms}, plan=own) as school:
        school.desk(CLASSMATE).signals.leave_note("my desk mate", dangers=("act",))
        school.tick()
        for who in ("counselor-a", "counselor-b", "counselor-c", "head"):
            assert purposes(school, who) == ["note"], who
        assert len(sms.calls) == 4
        assert all("my desk mate" not in call.message.text for call in sms.calls)
        assert all(call.message.urgent for call in sms.calls)
        school.tick(minutes=10)
        (line,) = school.desk("head").signals.notes()
        assert line["owner"] == "staff:head"
        assert verify(school.school).ok


def test_a_flood_of_notes_is_refused_with_a_number_to_call_and_ends_when_somebody_has_read(
    school: InventedSchool,
) -> None:
    classmate = school.desk(CLASSMATE).signals
    for _ in range(10):
        classmate.leave_note("somebody", {"fear": "some"})
    with pytest.raises(InvalidMoveError) as flood:
        classmate.leave_note("somebody", {"fear": "some"})
    assert flood.value.code == "PSY031"
    assert "12356" in flood.value.finding.cure
    school.desk(f"student:{student_id(3)}").signals.leave_note("somebody else")
    first = school.desk("counselor-a").signals.notes()[0]
    school.desk("counselor-a").signals.set_aside(first["note"])
    classmate.leave_note("somebody", {"fear": "some"})


@pytest.mark.clause("A1")
def test_a_call_without_a_name_is_kept_and_linked_when_the_caller_is_known(
    school: InventedSchool,
) -> None:
    school.desk("spare").signals.leave_note("", {"anxiety": "some"}, source="hotline")
    (line,) = school.desk("counselor-a").signals.notes()
    assert (line["about"], line["source"]) == ("", "hotline")
    school.desk("counselor-a").signals.link(line["note"], school.number(4))
    assert [s.source for s in file_of(school, 4).signals] == ["hotline"]


def test_a_note_has_limits_and_known_codes(school: InventedSchool) -> None:
    for wrong in ({"about": "x" * 201}, {"about": "x", "note": "y" * 4001}):
        with pytest.raises(InvalidDataError):
            school.desk(CLASSMATE).signals.leave_note(**wrong)
    with pytest.raises(InvalidDataError):
        school.desk(CLASSMATE).signals.leave_note("x", {"gossip": "some"})
    with pytest.raises(NotFoundError):
        school.desk("student:s-zzzzzzzzzzzz").signals.leave_note("x")


# -- where the child is; a rise ---------------------------------------------------------------


@pytest.mark.clause("C1.1")
def test_a_grave_report_without_a_place_asks_and_whoever_has_the_case_owes_the_place(
    school: InventedSchool,
) -> None:
    teacher = school.desk("homeroom-1").signals
    assert teacher.report(school.number(2), "one_to_one", {"fear": "some"}).asks == ()
    receipt = teacher.report(school.number(1), "one_to_one", {"self_harm": "marked"})
    assert receipt.asks == ("place",)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    (duty,) = file_of(school).owed("whereabouts")
    assert duty.due == school.clock.now() + timedelta(minutes=30)
    school.tick(minutes=30)
    assert file_of(school).owed("whereabouts")[0].owner == "staff:head"
    school.desk("homeroom-1").cases.place(case.id, "dormitory")
    assert not file_of(school).owed("whereabouts")
    live = file_of(school).live_case
    assert live is not None
    assert live.place == "dormitory"
    # Missing again: what was known of the place holds no more.
    teacher.report(school.number(1), "message", dangers=("whereabouts_unknown",))
    gone = file_of(school).live_case
    assert gone is not None
    assert gone.place == "unknown"
    assert file_of(school).owed("whereabouts")


@pytest.mark.clause("C1.1")
def test_a_danger_fact_starts_a_new_run_whatever_the_severity_is_already(
    school: InventedSchool,
) -> None:
    teacher = school.desk("homeroom-1").signals
    teacher.report(school.number(1), "message", {"self_harm": "severe"}, place="home")
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="home", proposal="tonight", severity="imminent")
    before = {run.id for run in file_of(school).runs}
    teacher.report(school.number(1), "message", {"fear": "some"}, place="home")
    assert {run.id for run in file_of(school).runs} == before
    teacher.report(school.number(1), "message", dangers=("means",), place="home")
    new = [run for run in file_of(school).runs if run.id not in before]
    assert [(run.purpose, run.state) for run in new] == [("linkage", "running")]


def test_a_rise_brings_what_is_owed_forward_and_a_fall_puts_nothing_off(
    school: InventedSchool,
) -> None:
    teacher = school.desk("homeroom-1").signals
    teacher.report(school.number(1), "message", {"fear": "some"}, place="home")
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    (triage,) = file_of(school).owed("triage")
    teacher.report(school.number(1), "message", {"self_harm": "marked"}, place="home")
    (sooner,) = file_of(school).owed("triage")
    assert sooner.id == triage.id
    assert sooner.due == school.clock.now() + timedelta(hours=4) < triage.due
    case.assess("attention", "it was a joke")
    assert file_of(school).owed("triage")[0].due == sooner.due
    school.tick(hours=4)
    assert file_of(school).owed("triage")[0].passed == 1
