"""Every open duty lies with somebody who sees the student and can give the command that meets it.

Whoever goes, by the end of a shift, an absence or the end of a role, leaves nothing behind that
waits until it is late: it is somebody else's in the same tick, and that person is told.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.desk.desk import CaseDesk, Desk
from psysafe.domain.duties import ROUNDS, WITHOUT_SIGHT, Duty
from psysafe.domain.duties_death import POSTVENTION
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.domain.files import StudentFile
from psysafe.domain.owing import MET_BY, can_do
from psysafe.domain.privacy import may_know
from psysafe.domain.reactions import DUTY_PASSED, DUTY_YOURS
from psysafe.engine.auditing import audit
from psysafe.engine.gather import gather
from psysafe.engine.sight import sight
from psysafe.engine.verify import verify
from psysafe.testing.schools import (
    MONDAY,
    STAFF,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def owner(school: InventedSchool, kind: str) -> str:
    (duty,) = file_of(school).owed(kind)
    return str(duty.owner).removeprefix("staff:")


def nothing_is_owed_in_vain(school: InventedSchool) -> None:
    """The law: whoever owes it can do it, or there is nobody else who could."""
    world, now = gather(school.school, student_id(1)).world, school.clock.now()
    for duty in world.file.duties:
        if duty.kind in ROUNDS:
            continue
        others = (staff_id(name) for name in STAFF)
        able = [p for p in others if p not in (duty.owner, *duty.had_by)]
        if not can_do(world, duty, duty.owner, now):
            assert not [p for p in able if can_do(world, duty, p, now)], duty
            continue
        if duty.case is not None and duty.kind not in WITHOUT_SIGHT:
            assert may_know(sight(school.school, duty.owner, world, now)), duty


# -- what can be owed, by whom --------------------------------------------------------------------


def reported(school: InventedSchool, degree: str = "marked") -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"self_harm": degree})


def declared(school: InventedSchool, by: str = "counselor-a", severity: str = "high") -> None:
    cases = school.desk(by).cases
    case = cases.about(school.number(1))
    case.declare_crisis(danger="self", place="unknown", proposal="search", severity=severity)


def taken_up_by_a_grade_head(school: InventedSchool) -> None:
    reported(school)
    school.tick(minutes=31)
    desk = school.desk("grade-head-10")
    desk.inbox.acknowledge(desk.inbox.list()[0]["notice"])
    assert owner(school, "triage") == "grade-head-10"


def a_crisis_of_the_counselor(school: InventedSchool) -> None:
    reported(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    declared(school)
    school.tick()
    teacher = school.desk("homeroom-1")
    teacher.inbox.acknowledge(
        next(n["notice"] for n in teacher.inbox.list() if n["purpose"] == "crisis")
    )


def an_imminent_crisis_that_a_teacher_declares(school: InventedSchool) -> None:
    """Nobody else answers: she declares, and owes what she can do."""
    reported(school, "severe")
    school.tick()
    school.tick(minutes=11)
    declared(school, "homeroom-1", "imminent")
    assert owner(school, "full_analysis") == "counselor-a"
    school.tick()


def a_family_at_odds(school: InventedSchool) -> None:
    a_crisis_of_the_counselor(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.guardian(MOTHER, "agrees")
    case.guardian(FATHER, "refuses")
    case.supervise("handed_to", "the ward", place="hospital", to="hospital")


def a_family_that_refuses(school: InventedSchool) -> None:
    a_crisis_of_the_counselor(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.guardian(MOTHER, "refuses")
    case.guardian(FATHER, "refuses")


def a_family_undecided(school: InventedSchool) -> None:
    a_crisis_of_the_counselor(school)
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"fear": "marked"}, dangers=("plan",)
    )
    _case(school.desk("counselor-a")).guardian(MOTHER, "undecided")


def a_report_that_nobody_answers(school: InventedSchool) -> None:
    reported(school, "severe")
    for _ in range(5):
        school.tick(minutes=11)


def an_accusation(school: InventedSchool) -> None:
    school.desk("counselor-b").signals.report(
        school.number(1),
        "one_to_one",
        {"fear": "marked"},
        dangers=("harm_by_adult",),
        accused=staff_id("homeroom-1"),
    )


def a_lead_is_asked(school: InventedSchool) -> None:
    a_crisis_of_the_counselor(school)
    cases = school.desk("counselor-a").cases
    cases.assign_lead(cases.about(school.number(1)).id, staff_id("counselor-b"))


def a_closure_is_asked_for(school: InventedSchool) -> None:
    reported(school, "some")
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.assess("attention", "calm now")
    for _ in range(20):
        school.tick(days=1)
    case.close("calm for long")


def somebody_died(school: InventedSchool) -> None:
    reported(school)
    school.desk("head").cases.bereavement(student_id(1))


def somebody_died_and_is_heard_of(school: InventedSchool) -> None:
    somebody_died(school)
    reported(school)


def somebody_did_not_die(school: InventedSchool) -> None:
    somebody_died(school)
    school.desk("counselor-a").cases.alive(student_id(1), "she is here")


def an_alarm_is_over(school: InventedSchool) -> None:
    a_crisis_of_the_counselor(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.guardian(MOTHER, "agrees")
    school.tick(minutes=1)
    case.stand_down("a film was being made", second=str(staff_id("counselor-b")))


def a_wish_to_talk(school: InventedSchool) -> None:
    school.student_desk(1).signals.ask_to_talk("please")


BEGIN: Final = (
    taken_up_by_a_grade_head,
    a_crisis_of_the_counselor,
    an_imminent_crisis_that_a_teacher_declares,
    a_family_at_odds,
    a_family_that_refuses,
    a_family_undecided,
    a_report_that_nobody_answers,
    an_accusation,
    a_lead_is_asked,
    a_closure_is_asked_for,
    an_alarm_is_over,
    somebody_died,
    somebody_died_and_is_heard_of,
    somebody_did_not_die,
    a_wish_to_talk,
)


@pytest.mark.parametrize("begin", BEGIN)
def test_from_the_first_hour_to_the_tenth_day_nothing_is_owed_in_vain(
    tmp_path: Path, begin: Callable[[InventedSchool], None]
) -> None:
    with open_school(tmp_path / "school") as school:
        begin(school)
        for hours in (0, 0.2, 0.3, 0.5, 1, 2, 4, 16, 24, 24, 48, 120):
            school.tick(hours=hours)
            nothing_is_owed_in_vain(school)
        assert verify(school.school).ok


# -- what meets what is owed ----------------------------------------------------------------------


def _case(desk: Desk) -> CaseDesk:
    return desk.cases.about(student_id(1))


def _done(desk: Desk, duty: Duty) -> None:
    desk.cases.settle(student_id(1), duty.id, "by telephone")


def _approve(desk: Desk, duty: Duty) -> None:
    case = _case(desk)
    case.report("approve")


def _accept(desk: Desk, duty: Duty) -> None:
    """Whoever is asked accepts; whoever has it after them asks somebody again."""
    if duty.owner == staff_id("counselor-b"):
        desk.cases.accept_lead(_case(desk).id)
    else:
        desk.cases.assign_lead(_case(desk).id, staff_id("counselor-b"))


#: How whoever owes it meets it, at their own desk.
MEETING: Final[Mapping[str, Callable[[Desk, Duty], object]]] = {
    "triage": lambda d, _: _case(d).open(staff_id("counselor-a")),
    "full_analysis": lambda d, _: _case(d).advise("a hospital", "accepted"),
    "reassess": lambda d, _: _case(d).assess("high", "as before"),
    "review_signal": lambda d, _: _case(d).assess("high", "as before"),
    "tell_guardian": lambda d, _: _case(d).guardian(MOTHER, "agrees"),
    "guardian_decision": lambda d, _: _case(d).guardian(MOTHER, "agrees"),
    "never_alone": lambda d, _: _case(d).supervise("in_person", "Ms Wang", place="home"),
    "whereabouts": lambda d, _: d.cases.place(_case(d).id, "home"),
    "hospital_outcome": lambda d, _: d.cases.hospital(_case(d).id, "No 7", "stays", "paper 1"),
    "follow_up": lambda d, _: d.cases.follow_up(_case(d).id, "seen at home"),
    "accept_lead": _accept,
    "decide_closure": lambda d, _: _case(d).close("yes"),
    "authority_report": _approve,
    "submit_report": lambda d, _: _case(d).report("submit"),
    "talk": lambda d, duty: d.signals.respond(student_id(1), duty.id, "we talked"),
    "confirm_bar": lambda d, _: d.bars.confirm(student_id(1), staff_id("homeroom-1"), "heard"),
    "second_adult": lambda d, _: d.bars.first(student_id(1), "I was there"),
    "tell_homeroom_teacher": _done,
    "leading_group_report": _done,
    "answer_unheard_route": _done,
    "family_disputed": _done,
    **dict.fromkeys(POSTVENTION, _done),
    "tell_stood_down": lambda d, _: _case(d).guardian(MOTHER, "reached"),
    "check_death": _done,
    "tell_death_error": _done,
    "confirm_alive": _done,
}


def everything_is_met(school: InventedSchool) -> set[str]:
    """Each who owes something now meets it, one after the other; the kinds that were met."""
    met: set[str] = set()
    # An assessment meets more than one, and at high is a new alarm: the others first.
    first = ("review_signal", "tell_stood_down", "decide_closure")
    for duty in sorted(file_of(school).duties, key=lambda d: d.kind not in first):
        held = file_of(school).duty(duty.id)
        if held is None or held.kind not in MEETING or not _can(school, held):
            continue
        if held.kind == "authority_report":
            _case(school.desk("counselor-b")).report("draft", "what happened")
        MEETING[held.kind](school.desk(str(held.owner)), held)
        assert file_of(school).duty(duty.id) is None, held.kind
        met.add(held.kind)
    return met


def _can(school: InventedSchool, duty: Duty) -> bool:
    world = gather(school.school, student_id(1)).world
    return can_do(world, duty, duty.owner, school.clock.now())


def test_whoever_owes_it_meets_it_at_their_own_desk(tmp_path: Path) -> None:
    """Early, and when it has passed on to whoever has it after its time."""
    found: set[str] = set()
    for number, begin in enumerate(BEGIN):
        for hours in (0, 30):
            with open_school(tmp_path / f"{number}-{hours}") as school:
                begin(school)
                school.tick(hours=hours)
                found |= everything_is_met(school)
                found |= everything_is_met(school)  # what followed from it
    assert found == set(MEETING)
    assert set(MET_BY) - found == {
        # Held in tests of their own: breaks by tests/desk/test_breaks.py,
        # flags by tests/machines/test_flag_duties.py.
        "hand_over_home",
        "holiday_plan",
        "review_flag",
        "second_stage",
        "read_dismissed",
        "question",
        "report_supplement",
        # For whoever leads and is no counselor: tests/desk/test_supervisors.py.
        "name_supervisor",
        # By the tests of referrals, at the desks of sender and receiver.
        "decide_referral",
        "referral_unmet",
        "renew_consent",
    }


# -- somebody goes --------------------------------------------------------------------------------


def test_an_absent_leads_open_duties_go_to_her_stand_in_at_once(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        a_crisis_of_the_counselor(school)
        hers = [d for d in file_of(school).duties if d.owner == staff_id("counselor-a")]
        before = {d.kind: d.due for d in hers}
        assert {"reassess", "follow_up", "full_analysis"} <= set(before)
        school.absent("counselor-a", deputy="counselor-b")
        assert school.tick(minutes=1).passed_on == len(before)
        after = {d.kind: d for d in file_of(school).duties}
        for kind, due in before.items():
            assert (after[kind].owner, after[kind].due) == (staff_id("counselor-b"), due)
        told = [n["purpose"] for n in school.desk("counselor-b").inbox.list()]
        assert told.count(DUTY_YOURS) == len(before)
        assert DUTY_PASSED not in told, "nothing was late"


def test_an_absence_that_is_known_ahead_takes_effect_when_it_begins(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        a_crisis_of_the_counselor(school)
        school.absent("counselor-a", deputy="counselor-b", starts=5)
        school.tick(hours=4)
        assert owner(school, "reassess") == "counselor-a"
        school.tick(hours=2)
        assert owner(school, "reassess") == "counselor-b"


def test_who_took_a_case_up_sees_it_though_her_duty_has_passed_on(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        reported(school)
        desk = school.desk("counselor-a")
        desk.cases.about(school.number(1)).acknowledge()
        before = desk.cases.about(school.number(1)).data
        school.tick(hours=5)
        assert owner(school, "triage") == "counselor-b"
        after = desk.cases.about(school.number(1)).data
        assert set(before) <= set(after)


def test_a_duty_adult_whom_no_roster_names_sees_the_child_whom_they_look_after(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        for name in ("homeroom-1", "grade-head-10"):
            school.absent(name)
        reported(school)
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        declared(school)
        school.tick()
        desk = school.desk("duty")
        assert desk.cases.list() == []
        desk.inbox.acknowledge(desk.inbox.list()[0]["notice"])
        assert owner(school, "tell_guardian") == "duty"
        assert [line["case"] for line in desk.cases.list()] == [case.id]
        desk.cases.about(school.number(1)).guardian(MOTHER, "agrees")
        assert desk.cases.list() == [], "nothing is theirs any more"


def test_whoever_comes_back_gets_what_only_they_can_do(tmp_path: Path) -> None:
    """By the daily look of the school over itself: nothing waits for its time."""
    with open_school(tmp_path / "school") as school:
        a_crisis_of_the_counselor(school)
        for name in ("counselor-a", "counselor-b"):
            school.absent(name, days=2)
        school.tick()
        assert owner(school, "reassess") == "head"
        school.tick(days=2.1)
        audit(school.school, school.clock.now())
        assert owner(school, "reassess") == "counselor-a"
        nothing_is_owed_in_vain(school)


GOING: Final = tuple(n for n in STAFF if n not in ("homeroom-3", "grade-head-11", "registrar"))


@given(
    begin=st.sampled_from(BEGIN),
    before=st.floats(0, 30),
    gone=st.lists(st.sampled_from(GOING), unique=True, max_size=8),
    how=st.sampled_from(("absent", "leaves", "deputy")),
    after=st.lists(st.floats(0, 30), max_size=3),
)
@settings(max_examples=12, deadline=None)
def test_whoever_goes_leaves_nothing_that_waits(
    begin: Callable[[InventedSchool], None],
    before: float,
    gone: list[str],
    how: str,
    after: list[float],
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_school(Path(folder) / "s") as school:
        begin(school)
        school.tick(hours=before)
        owned = {d.id: d.owner for d in file_of(school).duties if d.kind not in ROUNDS}
        for name in gone:
            if how == "leaves":
                school.leaves(name)
            else:
                school.absent(name, deputy="deputy-head" if how == "deputy" else None)
        school.tick()
        nothing_is_owed_in_vain(school)
        for duty in file_of(school).duties:
            if duty.id in owned and duty.owner not in (owned[duty.id], *duty.had_by[:-1]):
                assert is_told(school, duty), "never silently"
        for hours in after:
            school.tick(hours=hours)
            nothing_is_owed_in_vain(school)
        assert verify(school.school).ok


def is_told(school: InventedSchool, duty: Duty) -> bool:
    told = {n["purpose"] for n in school.desk(str(duty.owner)).inbox.list()}
    return bool(told & {DUTY_YOURS, DUTY_PASSED})


@given(
    ends=st.integers(1, 600),
    answers=st.integers(1, 600),
    takes=st.sampled_from(("remove", "override", "stop", "end")),
)
@settings(max_examples=12, deadline=None)
def test_when_a_shift_is_over_nothing_is_left_with_who_stood_in_it(
    ends: int, answers: int, takes: str
) -> None:
    """Whether it ends at its time, is taken away, changed with somebody else's, or kept no more."""
    with tempfile.TemporaryDirectory() as folder, open_school(Path(folder) / "s") as school:
        school.takes("doctor", "duty_adult")
        since, until = (
            MONDAY - timedelta(hours=1),
            MONDAY + timedelta(minutes=max(ends, answers + 1)),
        )
        turn = Turn(roster="dormitory", person=staff_id("duty"), since=since, until=until)
        other = Turn(
            roster="dormitory",
            person=staff_id("doctor"),
            since=until + timedelta(hours=1),
            until=until + timedelta(hours=2),
        )
        roster = school.desk("affairs").duty
        roster.assign([turn, other])
        for name in ("homeroom-1", "grade-head-10"):
            school.absent(name)
        reported(school)
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        declared(school)
        school.tick(minutes=answers)
        desk = school.desk("duty")
        calls = [n["notice"] for n in desk.inbox.list() if n["purpose"] == "crisis"]
        if calls and not file_of(school).owed("tell_guardian"):
            desk.inbox.acknowledge(calls[0])
        one, _ = (s["shift"] for s in roster.show()["shifts"])
        if takes == "remove":
            roster.remove(one)
        elif takes == "override":
            now = school.clock.now()
            roster.override(
                "dormitory", staff_id("doctor"), now, until, instead_of=staff_id("duty")
            )
        elif takes == "stop":
            roster.remove(one)
            roster.stop("dormitory")
        else:
            school.clock.set(until)
        school.tick()
        nothing_is_owed_in_vain(school)
        if takes in ("remove", "end", "override"):
            assert staff_id("duty") not in {d.owner for d in file_of(school).duties}
        assert verify(school.school).ok


def test_the_law_sees_a_duty_that_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted breach: nobody looks at what is owed when somebody goes."""
    monkeypatch.setattr("psysafe.engine.tick.look_at", lambda *_: 0)
    with open_school(tmp_path / "school") as school:
        a_crisis_of_the_counselor(school)
        school.absent("counselor-a")
        school.tick()
        with pytest.raises(AssertionError):
            nothing_is_owed_in_vain(school)
