"""X14: nobody of the school diagnoses; what a hospital stated goes in so, with its document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.desk.desk import CaseDesk
from psysafe.domain.diagnoses import names_an_illness
from psysafe.errors import InvalidDataError, InvalidMoveError, NotPermittedError
from psysafe.testing.schools import InventedSchool, open_school

ILLNESS = "她有抑郁症"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        opened.desk("homeroom-1").signals.report(opened.number(1), "peer", {"fear": "severe"})
        yield opened


def case(school: InventedSchool, who: str = "counselor-a") -> CaseDesk:
    return school.desk(who).cases.about(school.number(1))


@pytest.mark.parametrize(
    "text",
    [
        "看起来像抑郁症",
        "可能是双相情感障碍",
        "has an anxiety disorder",
        "Clearly PTSD.",
        "probably bipolar",
        "schizophrenic",
    ],
)
def test_a_text_that_names_an_illness_is_seen(text: str) -> None:
    assert names_an_illness(text)


@pytest.mark.parametrize(
    "text",
    [
        "情绪低落，抑郁，睡不着",
        "anxious before the examination, sleeps badly",
        "她说害怕去学校",
        "a romantic mandate, maniple",
        "very low mood for two weeks",
        "",
    ],
)
def test_what_somebody_saw_and_heard_is_no_diagnosis(text: str) -> None:
    assert not names_an_illness(text)


@pytest.mark.clause("C6.2")
def test_a_level_below_high_is_not_given_for_an_illness(school: InventedSchool) -> None:
    mine = case(school)
    mine.acknowledge()
    mine.open()
    with pytest.raises(InvalidDataError) as refused:
        mine.assess("moderate", ILLNESS)
    assert refused.value.code == "PSY707"
    assert ILLNESS not in str(refused.value)
    mine.assess("moderate", "情绪低落两周，睡不着")


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize("severity", ["high", "imminent"])
def test_a_danger_is_taken_down_in_whatever_words(school: InventedSchool, severity: str) -> None:
    mine = case(school)
    mine.acknowledge()
    mine.open()
    mine.assess(severity, ILLNESS)
    assert case(school).data["severity"] == severity


def _dismissed(mine: CaseDesk) -> Any:
    return mine.dismiss(ILLNESS)


def _closed(mine: CaseDesk) -> Any:
    mine.open()
    return mine.close(ILLNESS)


@pytest.mark.parametrize("end", [_dismissed, _closed])
def test_no_case_ends_with_a_diagnosis_by_the_school(
    school: InventedSchool, end: Callable[[CaseDesk], Any]
) -> None:
    mine = case(school)
    mine.acknowledge()
    with pytest.raises(InvalidDataError) as refused:
        end(mine)
    assert refused.value.code == "PSY707"


@pytest.mark.clause("C6.2")
def test_what_the_hospital_stated_stands_with_its_document_for_those_who_may_read_notes(
    school: InventedSchool,
) -> None:
    mine = case(school)
    mine.acknowledge()
    desk = school.desk("counselor-a").cases
    desk.hospital(mine.id, "市第七医院", "抑郁发作", "门诊病历 1234")
    (stated,) = case(school).data["hospital"]
    assert (stated["institution"], stated["document"]) == ("市第七医院", "门诊病历 1234")
    for who in ("homeroom-1", "grade-head-10", "head", "safeguarding", "affairs"):
        seen = school.desk(who).cases.about(school.number(1)).data
        assert "hospital" not in seen
        assert "抑郁发作" not in str(seen)


def test_a_statement_without_hospital_or_document_is_refused(school: InventedSchool) -> None:
    mine = case(school)
    desk = school.desk("counselor-a").cases
    for given in (("", "x", "1"), ("x", " ", "1"), ("x", "x", "")):
        with pytest.raises(InvalidMoveError) as refused:
            desk.hospital(mine.id, *given)
        assert refused.value.code == "PSY706"


def test_a_teacher_writes_no_statement_down(school: InventedSchool) -> None:
    mine = case(school)
    with pytest.raises(NotPermittedError):
        school.desk("homeroom-1").cases.hospital(mine.id, "x", "x", "1")
