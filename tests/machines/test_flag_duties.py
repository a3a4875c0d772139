"""A flag of a screening: who is asked to look, until when, and that it never falls out of sight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.desk.screenings import SheetRow
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, student_id


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def screened(school: InventedSchool, *item_nine: int) -> None:
    """Sheets of the first students with these answers to item 9, all else 0."""
    rows = [
        SheetRow(
            student=school.number(student),
            answered_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
            answers=(*([0] * 8), answer),
        )
        for student, answer in enumerate(item_nine, 1)
    ]
    school.desk("counselor-a").screenings.apply("phq9", rows, dry_run=False)
    school.tick()


def worklist(school: InventedSchool, who: str) -> list[dict[str, Any]]:
    return school.desk(who).flags.list()


@pytest.mark.clause("C4.3")
def test_a_flag_is_due_within_a_day_and_makes_neither_case_nor_route(
    school: InventedSchool,
) -> None:
    screened(school, 3, 1)
    waiting = worklist(school, "counselor-a")
    assert [f["severity"] for f in waiting] == ["high", "moderate"]
    assert {f["due"] for f in waiting} == {"2026-11-03T00:30:00.000000Z"}
    for student in (1, 2):
        file = gather(school.school, student_id(student)).world.file
        assert file.case is None
        assert file.runs == ()
    assert [n["purpose"] for n in school.desk("counselor-a").inbox.list()] == ["worklist"]
    for who in ("homeroom-1", "grade-head-10", "head", "affairs"):
        assert school.desk(who).inbox.list() == []


@pytest.mark.clause("C4.3")
def test_a_late_flag_goes_to_the_other_counselor_before_anybody_else(
    school: InventedSchool,
) -> None:
    screened(school, 3)
    school.tick(hours=24, microseconds=-1)
    assert worklist(school, "counselor-b") == []
    school.tick(microseconds=1)
    assert len(worklist(school, "counselor-b")) == 1
    assert school.desk("head").inbox.list() == []


@pytest.mark.clause("C4.3")
@pytest.mark.clause("C0")
def test_a_late_flag_never_falls_out_of_the_sight_of_those_who_can_review_it(
    school: InventedSchool,
) -> None:
    screened(school, 3)
    told_head = False
    for _ in range(40):
        school.tick(days=1)
        seen = {w: worklist(school, w) for w in ("counselor-a", "counselor-b")}
        assert any(seen.values()), "a flag that nobody sees"
        heard = school.desk("head").inbox.list()
        assert not any("yours" in line["text"] for line in heard), "it is not"
        told_head = told_head or any(line["purpose"] == "flag_unread" for line in heard)
    assert told_head
    flag = seen["counselor-b"][0]["flag"]
    # The head hears that something is not being read, and cannot read it in their place.
    with pytest.raises(NotFoundError):
        school.desk("head").flags.review(flag, "no_concern")
    school.desk("counselor-b").flags.review(flag, "no_concern")
    assert gather(school.school, student_id(1)).world.file.duties == ()
    for who in ("counselor-a", "counselor-b", "head", "deputy-head", "core"):
        assert worklist(school, who) == []
        assert school.desk(who).inbox.list() == []
    assert verify(school.school).ok


@pytest.mark.clause("C4.3")
def test_many_flags_reach_a_counselor_as_one_notice(school: InventedSchool) -> None:
    screened(school, 1, 2, 3, 1)
    assert len(worklist(school, "counselor-a")) == 4
    assert len(school.desk("counselor-a").inbox.list()) == 1


@pytest.mark.clause("C4.3")
def test_a_flag_lives_on_the_file_and_survives_the_end_of_a_case(school: InventedSchool) -> None:
    screened(school, 2)
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "some"})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.dismiss("a misunderstanding")
    assert len(worklist(school, "counselor-a")) == 1
    duties = gather(school.school, student_id(1)).world.file.duties
    (duty,) = (d for d in duties if d.kind != "read_dismissed")
    assert duty.flag is not None
    assert duty.due == MONDAY + timedelta(hours=24)
