"""The worklist of flags comes in pages: the worst first, every student once, none out of reach."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.people import Placement, Student
from psysafe.engine.enrolling import commit_students
from psysafe.engine.sheets import keep_sheets
from psysafe.errors import InvalidDataError
from psysafe.ids import Actor, StudentId
from psysafe.testing.schools import (
    MONDAY,
    SINCE,
    InventedSchool,
    class_id,
    open_school,
    staff_id,
)

MANY = 23
PUPILS = [StudentId(f"s-{number:012d}") for number in range(1000, 1000 + MANY)]


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        place = Placement(class_id=class_id(1), grade="g10", since=SINCE)
        people = [
            (one, [e.PersonAdded(student=Student(id=one, name="林小满", placement=place))])
            for one in PUPILS
        ]
        ids = opened.school.ids
        commit_students(opened.school, people, Actor("operator:setup"), MONDAY, ids.command())
        for scale in ("phq9", "gad7"):
            sheets = [_sheet(one, n % 3 + 1, scale) for n, one in enumerate(PUPILS)]
            keep_sheets(opened.school, sheets, staff_id("counselor-a"), opened.clock.now())
        yield opened


def _sheet(student: StudentId, answer: int, scale: str) -> c.RecordAnswers:
    return c.RecordAnswers(
        student=student,
        scale=scale,
        definition="1.0.0:0123",
        answered_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        answers=(answer,),
        scores={},
        bands={},
        status="complete",
        flags=(("self_harm", answer),),
    )


def pages(school: InventedSchool, who: str, limit: int) -> list[list[dict[str, Any]]]:
    found = []
    after: str | None = None
    while True:
        lines, after = school.desk(who).flags.page(limit=limit, after=after)
        found.append(lines)
        if after is None:
            return found


def test_pages_together_are_the_whole_list_with_every_student_once(school: InventedSchool) -> None:
    parts = pages(school, "counselor-a", 5)
    assert [len(part) for part in parts] == [5, 5, 5, 5, 3]
    together = [line for part in parts for line in part]
    assert together == school.desk("counselor-a").flags.list()
    assert sorted(line["student"] for line in together) == sorted(PUPILS)
    assert all(len(line["flags"]) == 2 for line in together)
    order = ["high", "moderate"]
    ranks = [order.index(line["severity"]) for line in together]
    assert ranks == sorted(ranks)


def test_a_page_goes_on_although_what_it_ended_with_is_reviewed_meanwhile(
    school: InventedSchool,
) -> None:
    desk = school.desk("counselor-a").flags
    first, after = desk.page(limit=6)
    for line in first:
        for flag in line["flags"]:
            desk.review(flag, "no_concern")
    rest, end = desk.page(limit=1000, after=after)
    assert end is None
    assert len(rest) == MANY - 6
    assert not {line["student"] for line in first} & {line["student"] for line in rest}


def test_flags_whose_owner_has_left_stay_in_sight_on_every_page(school: InventedSchool) -> None:
    everything = school.desk("counselor-a").flags.list()
    assert school.desk("counselor-b").flags.list() == []
    school.leaves("counselor-a")
    parts = pages(school, "counselor-b", 7)
    # She stands in and is not the students' counselor: she is not told what raised the flags.
    told = [{key: line[key] for key in line if key != "reasons"} for line in everything]
    assert all(line["name"] and line["class"] and line["reasons"] for line in everything)
    assert [line for part in parts for line in part] == told


def test_whoever_may_not_review_has_an_empty_page(school: InventedSchool) -> None:
    for who in ("homeroom-1", "affairs", "counselor-c"):
        assert school.desk(who).flags.page() == ([], None)


@pytest.mark.parametrize("wrong", ["", "x", "bnVsbA", "WzFd", "WyIxIiwyLDNd"])
def test_a_place_that_no_page_gave_is_refused(school: InventedSchool, wrong: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        school.desk("counselor-a").flags.page(after=wrong)
    assert caught.value.code == "PSY103"


def test_a_place_is_sealed_for_whoever_was_given_it(school: InventedSchool) -> None:
    desk = school.desk("counselor-a").flags
    _, after = desk.page(limit=7)
    assert after is not None
    assert desk.page(limit=7, after=after) == desk.page(limit=7, after=after)
    school.leaves("counselor-a")  # now counselor B sees the same flags, and begins at the first
    seal, text = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    further = json.dumps([seal, text.replace("flag/", "flag/0")]).encode()
    for who, wrong in (
        ("counselor-b", after),
        ("counselor-b", base64.urlsafe_b64encode(further).decode()),
        ("counselor-b", base64.urlsafe_b64encode(text.encode()).decode()),
    ):
        with pytest.raises(InvalidDataError) as caught:
            school.desk(who).flags.page(after=wrong)
        assert caught.value.code == "PSY103"


def test_a_place_that_was_changed_is_refused(school: InventedSchool) -> None:
    desk = school.desk("counselor-a").flags
    _, after = desk.page(limit=7)
    assert after is not None
    for at in range(len(after)):
        other = "A" if after[at] != "A" else "B"
        changed = after[:at] + other + after[at + 1 :]
        if base64.urlsafe_b64decode(changed + "==") == base64.urlsafe_b64decode(after + "=="):
            continue  # a bit that base64 leaves over
        with pytest.raises(InvalidDataError):
            desk.page(limit=7, after=changed)
