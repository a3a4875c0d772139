"""Where a deputy is away too, the next one is called, and gives it back in time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from psysafe.engine.gather import gather
from psysafe.testing.schools import InventedSchool, open_school, staff_id, student_id


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def lead_is_owed(school: InventedSchool) -> str:
    """Who owes the next assessment of the case that counselor-a leads."""
    (duty,) = gather(school.school, student_id(1)).world.file.owed("reassess")
    return str(duty.owner).removeprefix("staff:")


def opened(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "some"}, place="class_room"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()


def test_a_deputy_who_is_away_too_hands_on_to_the_next(school: InventedSchool) -> None:
    school.absent("spare", "affairs", days=5)
    opened(school)
    school.absent("counselor-a", "spare", days=3)
    school.tick()
    assert lead_is_owed(school) == "affairs"


def test_the_last_of_a_chain_gives_it_back_the_moment_the_first_is_there_again(
    school: InventedSchool,
) -> None:
    school.absent("spare", "affairs", days=5)
    opened(school)
    school.absent("counselor-a", "spare", days=3)
    school.tick()
    school.tick(days=3, minutes=1)
    assert lead_is_owed(school) == "counselor-a"


def test_a_deputy_who_goes_later_makes_the_next_one_give_it_back_too(
    school: InventedSchool,
) -> None:
    opened(school)
    school.absent("counselor-a", "spare", days=3)
    school.tick()
    assert lead_is_owed(school) == "spare"
    school.absent("spare", "affairs", days=9)
    school.tick()
    assert lead_is_owed(school) == "affairs"
    school.tick(days=3, minutes=1)
    assert lead_is_owed(school) == "counselor-a"


def test_a_circle_of_deputies_ends_and_somebody_else_has_it(school: InventedSchool) -> None:
    school.absent("spare", "affairs", days=9)
    school.absent("affairs", "counselor-a", days=9)
    opened(school)
    school.absent("counselor-a", "spare", days=3)
    school.tick()
    assert lead_is_owed(school) == "counselor-b"
    people = gather(school.school, student_id(1)).world.roster
    chain = people.deputies(people.staff[staff_id("counselor-a")])
    assert chain == (staff_id("spare"), staff_id("affairs"))
