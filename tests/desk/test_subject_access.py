"""Whoever it is about gets what the school holds, once a person has looked; records are held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain import events as e
from psysafe.domain.access import ANSWER_ACCESS
from psysafe.domain.duties import Duty
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.engine.reading import who_looked
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError, PlanError
from psysafe.ids import Actor, student_person
from psysafe.sensitivity import changed
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, student_id

CHILD = student_id(2)
SELF = student_person(CHILD)
MOTHER = guardian_id(2)
TOLD, FACTS = "同桌说她几夜没睡", "已谈话两次，睡眠有改善"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def born(school: InventedSchool, day: str) -> None:
    """The roster keeps the child's date of birth."""
    known = gather(school.school, CHILD).world.student
    told = e.PersonAdded(student=changed(known, details={"born": day}))
    at, ids = school.clock.now(), school.ids
    commit_students(school.school, [(CHILD, [told])], Actor("operator:it"), at, ids.command())


def owed(school: InventedSchool) -> Duty:
    (duty,) = gather(school.school, CHILD).world.file.owed(ANSWER_ACCESS)
    return duty


def reviewed(school: InventedSchool, person: str, notes: str = "") -> None:
    desk = school.net.desk(owed(school).owner, "en")
    desk.access.review(CHILD, person, notes)


def own(school: InventedSchool, person: str = SELF) -> dict[str, Any]:
    return school.desk(person).access.read(CHILD)


def test_a_request_is_owed_by_a_counselor_until_a_day_and_told_at_once(
    school: InventedSchool,
) -> None:
    school.student_desk(2).access.request(CHILD)
    duty = owed(school)
    assert duty.owner == "staff:counselor-a"
    assert (duty.due - school.clock.now()).days in (14, 15)
    lines = school.desk("counselor-a").inbox.list()
    assert [line["purpose"] for line in lines] == ["access"]
    with pytest.raises(InvalidMoveError) as caught:
        school.student_desk(2).access.request(CHILD)
    assert caught.value.code == "PSY743"


def test_nothing_is_given_before_a_person_has_looked(school: InventedSchool) -> None:
    with pytest.raises(NotFoundError):
        own(school)
    school.student_desk(2).access.request(CHILD)
    with pytest.raises(InvalidMoveError) as caught:
        own(school)
    assert caught.value.code == "PSY746"
    reviewed(school, SELF)
    assert own(school)["name"]
    assert not gather(school.school, CHILD).world.file.owed(ANSWER_ACCESS)


def test_the_student_gets_what_is_theirs_and_nobody_who_told_it(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(2), "peer", {"insomnia": "marked"}, note=TOLD
    )
    school.student_desk(2).access.request(CHILD)
    reviewed(school, SELF, FACTS)
    data = own(school)
    assert data["notes"] == FACTS
    assert data["guardians"]
    assert data["placements"]
    whole = json.dumps(data, ensure_ascii=False)
    assert TOLD not in whole
    assert "staff:homeroom-1" not in whole
    last = who_looked(school.school, CHILD)[-1]
    assert (last.by, last.purpose) == (SELF, "own_record")
    assert "X16" in last.rules
    assert "counseling_notes" in last.items
    assert verify(school.school).ok


@pytest.mark.parametrize(
    ("birthday", "notes"), [("2013-01-01", True), ("2012-11-03", True), ("2012-11-02", False)]
)
def test_a_guardian_has_notes_of_a_child_under_fourteen_only(
    school: InventedSchool, birthday: str, notes: bool
) -> None:
    born(school, birthday)
    school.desk(MOTHER).access.request(CHILD)
    if notes:
        reviewed(school, MOTHER, FACTS)
        assert own(school, MOTHER)["notes"] == FACTS
        return
    with pytest.raises(InvalidMoveError) as caught:
        reviewed(school, MOTHER, FACTS)
    assert caught.value.code == "PSY744"
    reviewed(school, MOTHER)
    assert "notes" not in own(school, MOTHER)


def test_where_the_age_is_unknown_a_guardian_has_no_notes(school: InventedSchool) -> None:
    school.desk(MOTHER).access.request(CHILD)
    with pytest.raises(InvalidMoveError):
        reviewed(school, MOTHER, FACTS)


def test_who_turned_fourteen_since_the_look_keeps_the_notes_to_themselves(
    school: InventedSchool,
) -> None:
    born(school, "2012-11-03")
    school.desk(MOTHER).access.request(CHILD)
    reviewed(school, MOTHER, FACTS)
    school.clock.advance(days=2)
    assert FACTS not in json.dumps(own(school, MOTHER), ensure_ascii=False)


def test_nobody_asks_or_reads_for_another(school: InventedSchool) -> None:
    for who in (guardian_id(3), f"student:{student_id(3)}"):
        with pytest.raises((NotFoundError, NotPermittedError)):
            school.desk(who).access.request(CHILD)
    with pytest.raises(NotFoundError):
        school.desk(MOTHER).access.request(CHILD, SELF)
    with pytest.raises(NotFoundError):
        school.desk("counselor-a").access.request(CHILD, guardian_id(3))
    school.desk("counselor-a").access.request(CHILD, SELF)
    with pytest.raises(NotPermittedError):
        school.desk("counselor-b").access.review(CHILD, SELF)
    reviewed(school, SELF)
    for who in ("counselor-b", "head", "homeroom-1", MOTHER, guardian_id(3)):
        with pytest.raises(NotFoundError):
            school.desk(who).access.read(CHILD, SELF)
    assert school.desk("counselor-a").access.read(CHILD, SELF)["name"]
    assert who_looked(school.school, CHILD)[-1].by == "staff:counselor-a"


def test_the_file_is_the_owners_alone_and_never_over_another(
    school: InventedSchool, tmp_path: Path
) -> None:
    school.student_desk(2).access.request(CHILD)
    reviewed(school, SELF, FACTS)
    file = school.student_desk(2).access.write(CHILD, tmp_path / "mine.json")
    assert json.loads(file.read_text(encoding="utf-8"))["notes"] == FACTS
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(PlanError) as caught:
        school.student_desk(2).access.write(CHILD, file)
    assert caught.value.code == "PSY742"


def test_a_barred_guardian_is_answered_and_gets_no_notes(school: InventedSchool) -> None:
    born(school, "2013-01-01")
    school.desk("counselor-a").bars.set(CHILD, MOTHER)
    school.desk(MOTHER).access.request(CHILD)
    with pytest.raises(InvalidMoveError):
        reviewed(school, MOTHER, FACTS)


def test_a_request_stands_against_erasing_and_so_does_a_hold_until_it_is_lifted(
    school: InventedSchool,
) -> None:
    head = school.desk("head")
    head.access.hold(CHILD, "法院来函")
    with pytest.raises(InvalidMoveError) as caught:
        head.erasures.forget(CHILD, "request")
    assert caught.value.finding.facts["blocking"] == "hold"
    with pytest.raises(NotPermittedError):
        school.desk("counselor-a").access.release(CHILD, "无需再留")
    head.access.release(CHILD, "已结案")
    with pytest.raises(InvalidMoveError) as caught:
        head.access.release(CHILD, "已结案")
    assert caught.value.code == "PSY745"
    school.student_desk(2).access.request(CHILD)
    with pytest.raises(InvalidMoveError) as caught:
        head.erasures.forget(CHILD, "request")
    assert caught.value.finding.facts["blocking"] == f"duty {ANSWER_ACCESS}"
    reviewed(school, SELF)
    head.erasures.forget(CHILD, "request")
    assert verify(school.school).ok


def test_a_look_that_nobody_makes_passes_on_when_its_time_is_up(school: InventedSchool) -> None:
    school.student_desk(2).access.request(CHILD)
    school.tick(days=16)
    assert owed(school).owner == "staff:deputy-head"
    reviewed(school, SELF)
    assert own(school)["name"]
