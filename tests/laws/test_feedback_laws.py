"""What a reporter is told, and when, is the same in two worlds that differ only in a case.

Two schools with the same keys, clock and ids. In one of them the student has a live case already.
The same person reports the same thing at the same moment, and whoever is asked answers at the same
moment. Then the reporter's receipt, inbox and texts are compared at every moment that follows.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psysafe.testing.schools import InventedSchool, guardian_id, open_school, student_id

REPORTERS = {
    "a teacher of another class who counsels": "homeroom-2",
    "the mother": str(guardian_id(1)),
    "the student": f"student:{student_id(1)}",
}
SOURCES = {"homeroom-2": "teacher_observation", REPORTERS["the mother"]: "guardian"}
STAGES = ("signalled", "triage", "open", "reviewed")


def a_case(school: InventedSchool, stage: str) -> None:
    """A live case of student 1, at some stage, of which somebody else told."""
    desk = school.desk("counselor-a")
    school.desk("counselor-b").signals.report(school.number(1), "message", {"anxiety": "some"})
    case = desk.cases.about(school.number(1))
    if stage != "signalled":
        case.acknowledge()
    if stage in ("open", "reviewed"):
        case.open()
    if stage == "reviewed":
        # A review is owed already, so a further report opens none of its own.
        school.desk("counselor-b").signals.report(school.number(1), "message", {"fear": "some"})
        answer_all(school)


def answer_all(school: InventedSchool) -> None:
    """Everybody who is asked says: I have it. Nobody does anything else."""
    for who in ("counselor-a", "counselor-b", "grade-head-10"):
        inbox = school.desk(who).inbox
        for line in inbox.list():
            if line["purpose"] != "taken_up":
                inbox.acknowledge(line["notice"])


def told(school: InventedSchool, who: str) -> list[tuple[Any, ...]]:
    """A reporter's inbox without the opaque ids of notices."""
    return [
        tuple((key, value) for key, value in sorted(line.items()) if key != "notice")
        for line in school.desk(who).inbox.list()
    ]


def life_of_a_report(
    school: InventedSchool, who: str, symptoms: dict[str, str], answered: float
) -> list[Any]:
    source = SOURCES.get(who, "self_report")
    receipt = school.desk(who).signals.report(school.number(1), source, symptoms)
    seen: list[Any] = [
        receipt.answered_by,
        receipt.asks,
        receipt.case,
        receipt.flag,
        receipt.answered_from,
    ]
    start = school.clock.now()
    done = False
    assert receipt.answered_by is not None
    until = receipt.answered_by - start
    moments = sorted({timedelta(), timedelta(hours=answered), until / 2, until, until * 2})
    seen.append(told(school, who))
    for moment in moments:
        school.clock.advance(seconds=(start + moment - school.clock.now()).total_seconds())
        if moment >= timedelta(hours=answered) and not done:
            answer_all(school)
            done = True
        seen.append(told(school, who))
    return seen


@pytest.mark.clause("B2.2")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("who", REPORTERS.values(), ids=REPORTERS)
def test_a_reporter_cannot_tell_whether_there_was_a_case(
    tmp_path: Path, who: str, stage: str
) -> None:
    lives = []
    for name, begun in (("one", False), ("other", True)):
        with open_school(tmp_path / name) as school:
            school.takes("homeroom-2", "counseling_expert")
            if begun:
                a_case(school, stage)
            lives.append(life_of_a_report(school, who, {"fear": "some"}, 2))
    assert lives[0] == lives[1]
    # Nothing before its time, exactly one answer at it.
    assert lives[0][-3] == [] or who == "homeroom-2"
    assert [line for line in lives[0][-1] if ("purpose", "taken_up") in line]


@pytest.mark.clause("B2.2")
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    answered=st.floats(min_value=0.01, max_value=30, allow_nan=False),
    symptoms=st.dictionaries(
        st.sampled_from(["fear", "insomnia", "self_harm"]),
        st.sampled_from(["some", "marked", "severe"]),
        max_size=2,
    ),
    stage=st.sampled_from(STAGES),
)
def test_how_soon_somebody_acts_does_not_show_in_when_the_reporter_is_answered(
    tmp_path_factory: pytest.TempPathFactory,
    answered: float,
    symptoms: dict[str, str],
    stage: str,
) -> None:
    """One world acts at once, the other as late as it likes before the answer is due."""
    mother = REPORTERS["the mother"]
    answers = []
    for begun, hours in ((False, 0.01), (True, answered)):
        with open_school(tmp_path_factory.mktemp("school")) as school:
            if begun:
                a_case(school, stage)
            start = school.clock.now()
            receipt = school.desk(mother).signals.report(school.number(1), "guardian", symptoms)
            school.clock.advance(hours=hours)
            answer_all(school)
            due = receipt.answered_by
            assert due is not None
            school.clock.advance(seconds=(due - school.clock.now()).total_seconds() - 1)
            before = told(school, mother)
            school.clock.advance(seconds=1)
            answers.append((due - start, receipt.asks, before, told(school, mother)))
    assert answers[0] == answers[1]
    assert answers[0][2] == []
    assert len(answers[0][3]) == 1


@pytest.mark.clause("B2.2")
def test_where_nobody_acts_the_duty_is_passed_on_and_nothing_is_claimed(tmp_path: Path) -> None:
    mother = REPORTERS["the mother"]
    with open_school(tmp_path / "school") as school:
        receipt = school.desk(mother).signals.report(school.number(1), "guardian", {"fear": "some"})
        assert receipt.answered_by is not None
        school.tick(seconds=(receipt.answered_by - school.clock.now()).total_seconds())
        assert told(school, mother) == []
        late = [
            line
            for line in school.desk("counselor-b").inbox.list()
            if line["purpose"] == "duty_passed_on"
        ]
        assert len(late) == 1
        school.desk("counselor-b").inbox.acknowledge(late[0]["notice"])
        school.tick(days=4)
        assert len(told(school, mother)) == 1


@pytest.mark.clause("B2.2")
def test_the_answer_names_neither_student_nor_case_nor_what_was_decided(tmp_path: Path) -> None:
    mother = REPORTERS["the mother"]
    texts = set()
    for name, decided in (("one", "dismiss"), ("other", "open")):
        with open_school(tmp_path / name) as school:
            school.desk(mother).signals.report(school.number(1), "guardian", {"fear": "severe"})
            case = school.desk("counselor-a").cases.about(school.number(1))
            case.acknowledge()
            if decided == "open":
                case.open()
                case.declare_crisis(danger="self", place="home", proposal="tonight")
            else:
                case.dismiss("a mistake")
            school.tick(days=2)
            lines = school.desk(mother).inbox.list()
            texts |= {(line["text"], line["class"], line["urgent"]) for line in lines}
            assert all("case" not in line for line in lines if line["purpose"] == "taken_up")
            school.desk(mother).inbox.acknowledge(
                next(line["notice"] for line in lines if line["purpose"] == "taken_up")
            )
            assert not [x for x in school.desk(mother).inbox.list() if x["purpose"] == "taken_up"]
    assert texts == {("What you told us has been taken up. Thank you for telling us.", "K0", False)}


@pytest.mark.clause("B0.3")
def test_whoever_reads_the_answer_is_not_named_in_the_timeline(tmp_path: Path) -> None:
    """Reading the answer shows who reported: to whoever may not know that, it has no name."""
    with open_school(tmp_path / "school") as school:
        school.desk(REPORTERS["the mother"]).signals.report(
            school.number(1), "guardian", {"self_harm": "marked"}, place="home"
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        school.tick(days=2)
        mother = school.desk(REPORTERS["the mother"]).inbox
        for line in mother.list():
            if line["purpose"] == "taken_up":
                mother.acknowledge(line["notice"])
        # The leading group reads what kind of person did what: that it was a guardian who told
        # the school is not for them.
        seen = school.desk("head").cases.get(case.id).data
        assert "reporters" not in seen
        assert "guardian" not in {line.get("actor") for line in seen["timeline"]}
        lead = school.desk("counselor-a").cases.get(case.id).data
        assert REPORTERS["the mother"] in str(lead["timeline"])
