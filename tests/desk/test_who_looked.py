"""X9 and the trail of looks: a stated reason opens for hours, is told and is reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from psysafe.desk.desk import Desk
from psysafe.domain.duties import Duty
from psysafe.domain.glass import MOST_WAITING, REVIEW_GLASS
from psysafe.engine.gather import gather
from psysafe.engine.reading import LOOKS_OF_A_PAGE, journal_read, who_looked
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError, PsysafeError
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, staff_id, student_id

WHY = "夜里值班，需核对医院的用药嘱咐"
STATED = "抑郁发作"
CHILD = student_id(1)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    """A declared crisis that counselor-a leads, with a hospital's statement in it."""
    with open_school(tmp_path / "school") as opened:
        opened.desk("homeroom-1").signals.report(opened.number(1), "peer", {"fear": "severe"})
        mine = opened.desk("counselor-a").cases
        case = mine.about(opened.number(1)).id
        mine.declare(case, danger="self", place="dormitory", proposal="送医")
        mine.open(case)
        mine.hospital(case, "市第七医院", STATED, "门诊病历 1234")
        yield opened


def broken(school: InventedSchool, who: str = "counselor-b", hours: float = 2) -> None:
    school.desk(who).looked.break_glass(school.number(1), WHY, hours)


def sees_it(school: InventedSchool, who: str) -> bool:
    return STATED in str(school.desk(who).cases.about(school.number(1)).data)


def owed(school: InventedSchool) -> tuple[Duty, ...]:
    return gather(school.school, CHILD).world.file.owed(REVIEW_GLASS)


def told(school: InventedSchool) -> set[str]:
    """Who has a notice of it in the inbox."""
    staff = ("counselor-a", "counselor-b", "head", "deputy-head", "safeguarding", "homeroom-1")
    return {
        who
        for who in staff
        if any(line["purpose"] == "glass" for line in school.desk(who).inbox.list())
    }


def test_a_stated_reason_opens_what_is_offered_for_the_hours_said_and_no_longer(
    school: InventedSchool,
) -> None:
    assert not sees_it(school, "counselor-b")
    broken(school, hours=2)
    assert sees_it(school, "counselor-b")
    school.tick(hours=1, minutes=59)
    assert sees_it(school, "counselor-b")
    school.tick(minutes=1)
    assert not sees_it(school, "counselor-b")


def test_it_opens_for_whoever_said_why_and_for_nobody_else(school: InventedSchool) -> None:
    broken(school)
    for who in ("counselor-c", "homeroom-1", "head", "safeguarding", "affairs", "doctor"):
        with suppress(NotFoundError):  # where no case stands for them at all
            assert not sees_it(school, who)


def test_who_is_in_charge_and_the_leading_group_hear_of_it_at_once(school: InventedSchool) -> None:
    broken(school)
    assert told(school) == {"counselor-a", "head"}
    (duty,) = owed(school)
    assert duty.owner == staff_id("counselor-a")


def test_whoever_took_the_case_up_reviews_it_where_nobody_leads_yet(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(school.number(1), "peer", {"fear": "severe"})
        mine = school.desk("counselor-a").cases
        case = mine.about(school.number(1)).id
        mine.declare(case, danger="self", place="dormitory", proposal="送医")
        broken(school)
        (duty,) = owed(school)
        assert duty.owner == staff_id("counselor-a")


def test_the_reason_stands_in_no_message(school: InventedSchool) -> None:
    broken(school)
    for who in ("counselor-a", "head"):
        assert WHY not in str(school.desk(who).inbox.list())
    assert WHY in str(school.desk("counselor-a").cases.about(school.number(1)).data)


def test_the_review_is_made_by_another_and_ends_what_is_owed(school: InventedSchool) -> None:
    broken(school)
    for who in ("counselor-b", "homeroom-1", "deputy-head"):
        with pytest.raises(PsysafeError):
            school.desk(who).looked.review(school.number(1), "看过了")
    school.desk("counselor-a").looked.review(school.number(1), "与值班相符")
    assert not owed(school)
    (line,) = school.desk("counselor-a").cases.about(school.number(1)).data["broken_glass"]
    assert (line["reason"], line["finding"]) == (WHY, "与值班相符")
    assert line["reviewed_by"] == staff_id("counselor-a")


def test_a_review_that_nobody_makes_passes_on_to_the_leading_group(school: InventedSchool) -> None:
    broken(school)
    school.tick(days=8)
    (duty,) = owed(school)
    assert duty.owner == staff_id("deputy-head")


def test_whoever_leads_alone_and_looked_is_reviewed_by_the_leading_group(
    school: InventedSchool,
) -> None:
    broken(school, who="safeguarding")
    assert told(school) == {"counselor-a", "head"}
    school.desk("counselor-a").looked.review(school.number(1), "相符")
    assert not owed(school)


@pytest.mark.parametrize("hours", [0, -1, 24.1, 1000])
def test_nobody_looks_without_an_end(school: InventedSchool, hours: float) -> None:
    with pytest.raises(InvalidMoveError) as refused:
        broken(school, hours=hours)
    assert refused.value.code == "PSY730"


def test_nobody_looks_without_a_reason(school: InventedSchool) -> None:
    with pytest.raises(InvalidMoveError) as refused:
        school.desk("counselor-b").looked.break_glass(school.number(1), "  ", 1)
    assert refused.value.code == "PSY006"


def test_looks_that_nobody_reviews_come_to_an_end(school: InventedSchool) -> None:
    for _ in range(MOST_WAITING):
        broken(school, hours=0.1)
        school.tick(hours=1)
    with pytest.raises(InvalidMoveError) as refused:
        broken(school)
    assert refused.value.code == "PSY731"
    school.desk("counselor-a").looked.review(school.number(1), "都相符")
    broken(school)


@pytest.mark.parametrize("who", ["counselor-a", "homeroom-1", "head", "affairs", "doctor"])
def test_nothing_is_broken_where_the_policy_offers_nothing(
    school: InventedSchool, who: str
) -> None:
    with pytest.raises((NotPermittedError, NotFoundError)):
        broken(school, who=who)
    assert not gather(school.school, CHILD).world.file.glass


def test_it_cannot_be_broken_for_a_child_of_whom_nothing_is_known(school: InventedSchool) -> None:
    with pytest.raises(NotPermittedError):
        school.desk("counselor-b").looked.break_glass(school.number(2), WHY, 1)


def test_what_is_looked_at_through_it_says_so_in_the_journal(school: InventedSchool) -> None:
    broken(school)
    assert sees_it(school, "counselor-b")
    lines = school.desk("counselor-a").looked.list(school.number(1))
    (line,) = [one for one in lines if one["by"] == staff_id("counselor-b")]
    assert "X9" in line["rules"]
    assert "counseling_notes" in line["items"]


def test_who_looked_is_itself_a_look(school: InventedSchool) -> None:
    mine = school.desk("counselor-a").looked
    before = len(mine.list(school.number(1)))
    last = mine.list(school.number(1))[-1]
    assert (last["by"], last["items"]) == (staff_id("counselor-a"), ["audit_trail"])
    assert len(mine.list(school.number(1))) == before + 2


def test_student_and_guardian_learn_roles_and_times_and_no_names(school: InventedSchool) -> None:
    broken(school)
    sees_it(school, "counselor-b")
    desks: list[Desk] = [school.student_desk(1), school.net.desk(guardian_id(1), "en")]
    for desk in desks:
        lines = desk.looked.list(school.number(1))
        assert {line["viewer"] for line in lines} >= {"counselor_unassigned"}
        assert all(set(line) == {"at", "viewer", "items"} for line in lines)
        assert "staff:" not in str(lines)
        assert not any("allegation" in line["items"] for line in lines)


def test_a_barred_person_finds_no_trail_and_breaks_nothing(school: InventedSchool) -> None:
    school.desk("safeguarding").bars.set(school.number(1), staff_id("counselor-b"), why="涉嫌伤害")
    with pytest.raises(PsysafeError) as refused:
        broken(school)
    assert isinstance(refused.value, NotFoundError)
    with pytest.raises(NotFoundError):
        school.desk("counselor-b").looked.list(school.number(1))


def test_a_trail_longer_than_a_page_is_shown_whole(school: InventedSchool) -> None:
    looks = who_looked(school.school, CHILD)
    for _ in range(LOOKS_OF_A_PAGE):
        journal_read(school.school, looks[0], f"audit/{CHILD}", CHILD, school.clock.now(), {})
    lines = school.desk("counselor-a").looked.list(school.number(1))
    assert len(lines) == len(looks) + LOOKS_OF_A_PAGE


def test_the_timeline_tells_of_it_only_to_those_who_see_the_trail(school: InventedSchool) -> None:
    broken(school)
    seen = school.desk("counselor-a").cases.about(school.number(1)).data["timeline"]
    assert any(line["kind"] == "glass_broken" for line in seen)
    assert "glass_broken" not in str(school.desk("homeroom-1").cases.about(school.number(1)).data)
