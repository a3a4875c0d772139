"""Several students of one class, dormitory or circle of friends: who hears of it, who answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psysafe.domain import commands as c
from psysafe.domain.people import Scope
from psysafe.engine.handle import handle
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError, InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor
from psysafe.testing.schools import InventedSchool, open_school, student_id


def told(school: InventedSchool, name: str) -> list[str]:
    return [line["purpose"] for line in school.desk(name).inbox.list()]


def of_signs(school: InventedSchool, name: str) -> list[str]:
    return [one for one in told(school, name) if "sign" in one and one != "joined_signal"]


def report(school: InventedSchool, number: int, degree: str = "marked") -> None:
    desk = school.desk("counselor-c" if number > 4 else "counselor-a")
    desk.signals.report(school.number(number), "one_to_one", {"depression": degree})
    school.tick(minutes=1)


def dormitory(school: InventedSchool, *numbers: int) -> None:
    desk = school.desk("duty").signs
    desk.declare("dormitory", "302", [school.number(n) for n in numbers])
    school.tick()


def the_sign(school: InventedSchool, name: str = "head") -> dict[str, Any]:
    (line,) = school.desk(name).signs.list()
    return line


@pytest.mark.clause("C3.2")
def test_counselors_and_the_leading_group_hear_at_once_and_nobody_else(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        dormitory(school, 1, 2, 3)
        for number in (1, 2):
            report(school, number)
            assert of_signs(school, "head") == []
        report(school, 3)
        for name in ("counselor-a", "counselor-b", "head", "deputy-head", "core"):
            assert of_signs(school, name) == ["collective_sign"], name
        for name in ("homeroom-1", "homeroom-2", "grade-head-10", "affairs", "registrar", "duty"):
            assert of_signs(school, name) == []
            assert school.desk(name).signs.list() == []
        assert school.desk("counselor-c").signs.list() == [], "a counselor of another grade"
        assert school.desk("operator:it").signs.list() == []
        assert school.student_desk(1).signs.list() == []


@pytest.mark.clause("C3.2")
def test_two_at_high_are_enough_and_a_class_needs_no_declared_circle(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        report(school, 1, "severe")
        report(school, 2, "severe")
        line = the_sign(school)
        assert (line["group"], line["name"], line["students"], line["high"]) == (
            "class",
            "高一(1)班",
            2,
            2,
        )


@pytest.mark.clause("C3.2")
def test_the_epidemic_leading_group_gets_a_proposal_and_no_name_and_no_small_count(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        school.takes("spare", "epidemic_leading_group")
        dormitory(school, 1, 2, 3, 4, 5, 6)
        for number in (1, 2, 3):
            report(school, number)
        assert of_signs(school, "spare") == ["collective_sign"]
        line = the_sign(school, "spare")
        assert line["measures"]
        assert (line["students"], line["k"]) == (None, 5)
        assert set(line) == {"sign", "group", "grade", "state", "measures", "students", "k"}
        for number in (4, 5):
            report(school, number)
        # Five now, but whoever saw a hidden one just before would know who two of them are.
        assert the_sign(school, "spare")["students"] is None
        school.takes("registrar", "epidemic_leading_group")
        assert the_sign(school, "registrar")["students"] == 5
        report(school, 6)
        assert the_sign(school, "registrar")["students"] is None
        shown = str(school.desk("spare").signs.list()) + str(school.desk("spare").inbox.list())
        for private in ("302", "林小满", student_id(1), "高一(1)班"):
            assert private not in shown
        # It answers nothing, and sees nothing else.
        with pytest.raises(NotFoundError):
            school.desk("spare").signs.propose(line["sign"], ["watch_closely"])
        assert school.desk("spare").cases.list() == []


@pytest.mark.clause("C3.2")
def test_a_proposal_is_answered_by_somebody_else_and_everybody_hears(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.takes("spare", "epidemic_leading_group")
        report(school, 1, "severe")
        report(school, 2, "severe")
        line = the_sign(school, "counselor-a")
        assert (line["duty"], line["owner"]) == ("propose_for_sign", "staff:counselor-a")
        sign, desk = line["sign"], school.desk("counselor-a").signs
        with pytest.raises(InvalidDataError, match="PSY080"):
            desk.propose(sign, [])
        with pytest.raises(InvalidDataError, match="PSY013"):
            desk.propose(sign, ["张三说的"])
        with pytest.raises(InvalidMoveError, match="PSY078"):
            school.desk("head").signs.answer(sign, True)
        with pytest.raises(NotPermittedError, match="PSY002"):
            school.desk("core").signs.propose(sign, ["watch_closely"])
        desk.propose(sign, ["support_staff"], "两名学生同桌")
        assert "sign_proposed" in told(school, "head")
        with pytest.raises(InvalidMoveError, match="PSY006"):
            school.desk("head").signs.answer(sign, False)
        school.desk("head").signs.answer(sign, False, "什么时候谈")
        line = the_sign(school, "counselor-a")
        assert (line["state"], line["owner"], line["note"]) == (
            "raised",
            "staff:counselor-a",
            "什么时候谈",
        )
        desk.propose(sign, ["talk_in_small_groups"])
        school.desk("deputy-head").signs.answer(sign, True)
        school.tick(minutes=1)
        for name in ("counselor-a", "head", "core", "spare"):
            assert of_signs(school, name) == ["sign_answered"], name
        assert the_sign(school, "spare")["measures"] == ["talk_in_small_groups"]
        assert "两名学生同桌" not in str(the_sign(school, "spare"))
        assert verify(school.school).ok


@pytest.mark.clause("C3.2")
def test_nobody_answers_what_they_proposed_themselves(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.takes("head", "counselor", Scope(kind="school"))
        report(school, 1, "severe")
        report(school, 2, "severe")
        sign = the_sign(school)["sign"]
        school.desk("head").signs.propose(sign, ["watch_closely"])
        assert the_sign(school)["owner"] == "staff:deputy-head"
        with pytest.raises(InvalidMoveError, match="PSY079"):
            school.desk("head").signs.answer(sign, True)


@pytest.mark.clause("C3.2")
def test_what_nobody_looks_at_is_passed_on_and_called_about(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        report(school, 1, "severe")
        report(school, 2, "severe")
        line = the_sign(school)
        school.tick(hours=2)
        after = the_sign(school)
        assert (line["owner"], after["owner"]) == ("staff:counselor-a", "staff:head")
        assert of_signs(school, "head") == ["collective_sign", "collective_sign"]
        school.tick(hours=2)
        assert the_sign(school)["owner"] == "staff:deputy-head"
        # Whoever owes it may do it, whatever their role permits else.
        school.desk("deputy-head").signs.propose(line["sign"], ["watch_closely"])
        assert verify(school.school).ok


@pytest.mark.clause("C3.2")
def test_a_false_alarm_is_taken_back_to_everybody_who_was_told(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.takes("spare", "epidemic_leading_group")
        dormitory(school, 1, 2, 3)
        for number in (1, 2, 3):
            report(school, number)
        sign = the_sign(school)["sign"]
        with pytest.raises(InvalidMoveError, match="PSY006"):
            school.desk("counselor-a").signs.take_back(sign, " ")
        school.desk("counselor-a").signs.take_back(sign, "they rehearsed a play")
        school.tick(minutes=1)
        for name in ("counselor-b", "head", "deputy-head", "core", "spare"):
            assert of_signs(school, name) == ["sign_taken_back"], name
        assert of_signs(school, "counselor-a") == []
        for name in ("counselor-a", "head", "spare"):
            assert school.desk(name).signs.list() == []
        school.tick(days=1)
        assert of_signs(school, "deputy-head") == ["sign_taken_back"], "no duty goes on"
        assert verify(school.school).ok


@pytest.mark.clause("C3.2")
def test_about_the_same_students_nobody_is_told_for_dormitory_and_class_both(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        dormitory(school, 1, 2, 3)
        report(school, 1, "severe")
        report(school, 2, "severe")
        assert the_sign(school)["group"] == "dormitory"
        assert of_signs(school, "head") == ["collective_sign"]


@pytest.mark.clause("C3.2")
def test_a_circle_that_is_declared_later_counts_what_was_heard_before(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        for number in (1, 3, 5):
            report(school, number)
        assert school.desk("head").signs.list() == []
        desk = school.desk("affairs").signs
        desk.declare("friends", "篮球队", [school.number(n) for n in (1, 3, 5)])
        school.tick()
        assert (the_sign(school)["group"], the_sign(school)["students"]) == ("friends", 3)
        assert {"staff:counselor-a", "staff:counselor-c"} >= {the_sign(school)["owner"]}
        assert of_signs(school, "counselor-c") == ["collective_sign"], "of the other grade"


@pytest.mark.clause("C3.2")
def test_a_score_alone_is_no_sign_until_a_person_has_looked(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        for number in (1, 2):
            handle(
                school.school,
                c.RecordAnswers(
                    student=student_id(number),
                    scale="phq9",
                    definition="1.0.0:ab12",
                    answered_at=school.clock.now(),
                    answers=(0, 0, 0, 0, 0, 0, 0, 0, 3),
                    scores={"total": 3},
                    bands={"total": "minimal"},
                    status="complete",
                    flags=(("self_harm", 3),),
                ),
                Actor("staff:counselor-a"),
                school.clock.now(),
            )
        school.tick(minutes=1)
        assert school.desk("head").signs.list() == []
        flags = [line["flag"] for line in school.desk("counselor-a").flags.list()]
        assert len(flags) == 2
        for flag in flags:
            school.desk("counselor-a").flags.review(flag, "joined_case")
        school.tick(minutes=1)
        assert the_sign(school)["high"] == 2


@pytest.mark.clause("C3.2")
def test_what_was_entered_in_error_counts_no_more(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        report(school, 1, "severe")
        report(school, 2, "severe")
        assert of_signs(school, "core") == ["collective_sign"]
        cases = school.desk("counselor-a").cases
        case = cases.about(school.number(2)).id
        cases.acknowledge(case)
        cases.void(case, "another pupil of that name")
        school.tick(minutes=1)
        assert of_signs(school, "core") == ["sign_taken_back"]


@pytest.mark.clause("B0.3")
def test_whoever_may_not_see_a_sign_finds_none(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        report(school, 1, "severe")
        report(school, 2, "severe")
        sign = the_sign(school)["sign"]
        for name in ("homeroom-1", "counselor-c", "registrar", "student:" + student_id(1)):
            for act in (
                lambda desk: desk.propose(sign, ["watch_closely"]),
                lambda desk: desk.answer(sign, True),
                lambda desk: desk.take_back(sign, "no"),
                lambda desk: desk.take_back("sign-000000000000", "no"),
            ):
                with pytest.raises(NotFoundError):
                    act(school.desk(name).signs)


@pytest.mark.clause("B0.3")
def test_whoever_declares_a_circle_answers_for_all_of_it(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        desk = school.desk("homeroom-1").signs
        with pytest.raises(NotPermittedError, match="PSY002"):
            desk.declare("dormitory", "302", [school.number(1), school.number(3)])
        desk.declare("dormitory", "302", [school.number(1), school.number(2)])
        (line,) = desk.circles()
        assert line["members"] == [student_id(1), student_id(2)]
        school.desk("duty").signs.declare("dormitory", "302", [school.number(2), school.number(3)])
        assert desk.circles() == [], "it is not of this class alone any more"
        with pytest.raises(NotPermittedError):
            desk.declare("dormitory", "302", [])
        for kind, name, members in (
            ("class", "302", (1, 2)),
            ("friends", " ", (1, 2)),
            ("friends", "x", (1,)),
        ):
            with pytest.raises(InvalidDataError, match="PSY103"):
                school.desk("duty").signs.declare(kind, name, [school.number(n) for n in members])
        school.desk("duty").signs.declare("dormitory", "302", [])
        assert school.desk("duty").signs.circles() == []
        assert verify(school.school).ok
