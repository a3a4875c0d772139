"""Whoever may not know which student a case is about learns of none by a student's number.

The matrix gives them a case by its code and the grade (decision 0038). So what they find by asking
for a student is the same whether there is a case or not, and no line of theirs names the student.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.desk.desk import Desk
from psysafe.errors import NotFoundError, PsysafeError
from psysafe.testing.schools import InventedSchool, open_school, student_id

#: Who stands at *attention* in the matrix with a code in place of the name.
UNNAMED = ("expert", "head", "deputy-head", "core")


def opened(school: InventedSchool, degree: str = "some") -> str:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"self_harm": degree})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    return str(case.id)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as made:
        yield made


ASKED: dict[str, Callable[[Desk, str], Any]] = {
    "about": lambda d, who: d.cases.about(who).data,
    "read dismissed": lambda d, who: d.cases.read_dismissed(who),
    "a death": lambda d, who: d.cases.alive(who, "by telephone"),
    "looked": lambda d, who: d.looked.list(who),
    "looking": lambda d, who: d.looked.break_glass(who, "a reason"),
    "a contact": lambda d, who: d.support.log(who, "wechat", "reached"),
    "held": lambda d, who: d.access.read(who),
}


def answer(desk: Desk, ask: Callable[[Desk, str], Any], who: str) -> Any:
    try:
        return ask(desk, who)
    except PsysafeError as refused:
        return type(refused), refused.code, dict(refused.finding.facts)


@pytest.mark.parametrize("name", UNNAMED)
def test_asking_for_a_student_answers_the_same_with_a_case_and_without(
    school: InventedSchool, name: str
) -> None:
    opened(school)
    desk = school.desk(name)
    for what, ask in ASKED.items():
        for form in (school.number, student_id):
            with_case, without = (answer(desk, ask, str(form(number))) for number in (1, 2))
            assert with_case == without, what


@pytest.mark.parametrize("name", UNNAMED)
def test_the_case_itself_is_read_by_its_code_and_names_nobody(
    school: InventedSchool, name: str
) -> None:
    case = opened(school)
    desk = school.desk(name)
    shown = [*desk.cases.list(), desk.cases.get(case).data]
    assert all("student" not in line for line in shown)
    assert str(student_id(1)) not in repr(shown)
    with pytest.raises(NotFoundError):
        desk.cases.about(school.number(1))


def test_in_danger_the_name_is_told_and_the_number_leads_to_the_case(
    school: InventedSchool,
) -> None:
    opened(school, "severe")
    for name in ("expert", "head"):
        data = school.desk(name).cases.about(school.number(1)).data
        assert data["student"] == student_id(1)


def test_a_counselor_of_the_student_asks_by_the_number_as_ever(school: InventedSchool) -> None:
    opened(school)
    for name in ("counselor-a", "counselor-b", "homeroom-1"):
        assert school.desk(name).cases.about(school.number(1)).data["student"] == student_id(1)
