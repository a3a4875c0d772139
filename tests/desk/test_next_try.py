"""While a guardian must be told: who is telephoned next and by when, by the plan's own times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.clock import to_wire
from psysafe.testing.schools import InventedSchool, guardian_id, open_school

DEGREE = {"high": "marked", "imminent": "severe"}
MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def crisis(school: InventedSchool, severity: str) -> None:
    """A crisis whose call the homeroom teacher answers: she is to tell a guardian."""
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": DEGREE[severity]}
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="dormitory", proposal="hospital", severity=severity)
    school.tick()
    inbox = school.desk("homeroom-1").inbox
    inbox.acknowledge(next(n["notice"] for n in inbox.list() if n["purpose"] == "crisis"))


def next_try(school: InventedSchool) -> dict[str, Any] | None:
    found = school.desk("homeroom-1").cases.about(school.number(1)).data.get("next_try")
    assert found is None or isinstance(found, dict)
    return found


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize(("severity", "minutes"), [("imminent", 10), ("high", 30)])
def test_the_first_try_has_its_own_time(
    school: InventedSchool, severity: str, minutes: int
) -> None:
    crisis(school, severity)
    by = school.clock.now() + timedelta(minutes=minutes)
    assert next_try(school) == {"guardian": MOTHER, "by": to_wire(by)}


@pytest.mark.clause("C6.2")
def test_who_was_not_reached_is_followed_by_the_other_every_ten_minutes_and_then_tried_again(
    school: InventedSchool,
) -> None:
    crisis(school, "high")
    tried = school.desk("homeroom-1").cases.about(school.number(1))
    for called, following in ((MOTHER, FATHER), (FATHER, MOTHER), (MOTHER, FATHER)):
        school.tick(minutes=3)
        tried.guardian(called, "not_reached")
        by = school.clock.now() + timedelta(minutes=10)
        assert next_try(school) == {"guardian": following, "by": to_wire(by)}


def test_nobody_is_tried_who_is_barred(school: InventedSchool) -> None:
    crisis(school, "high")
    school.desk("counselor-a").signals.report(
        school.number(1),
        "one_to_one",
        {"fear": "marked"},
        dangers=("harm_by_adult",),
        accused=MOTHER,
    )
    found = next_try(school)
    assert found is not None
    assert found["guardian"] == FATHER


def test_nobody_is_tried_any_more_once_a_guardian_knows(school: InventedSchool) -> None:
    crisis(school, "high")
    school.desk("homeroom-1").cases.about(school.number(1)).guardian(FATHER, "reached")
    assert next_try(school) is None
