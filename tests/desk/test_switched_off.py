"""What the plan does not do on a day does not begin on it; no signal is ever refused for that."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from psysafe.engine.gather import gather
from psysafe.errors import InvalidMoveError
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, student_id

#: Grade 10 is not back yet; its surveys and screenings come on Wednesday.
PHASES = """
[activities.class_survey]
phases = ["back"]

[activities.screening]
phases = ["back"]

[[phase]]
id = "away"
situation = "low"
from = 2026-11-01
until = 2026-11-03
grades = ["g10"]

[[phase]]
id = "back"
situation = "low"
from = 2026-11-01
"""
CLASSMATE = f"student:{student_id(2)}"


@pytest.fixture
def school(tmp_path: Path) -> InventedSchool:
    return open_school(tmp_path / "school", plan=PHASES)


def planned(school: InventedSchool, days: int) -> str:
    found = school.desk("counselor-a").screenings.plan(
        ("phq9",),
        grades=("高一",),
        opens=MONDAY + timedelta(days=days),
        closes=MONDAY + timedelta(days=days, hours=8),
        readers=[("staff:counselor-a", None, None)],
    )
    return str(found.campaign)


@pytest.mark.clause("B0.2", "A2.2")
def test_a_survey_begins_only_for_the_classes_whose_phase_has_one(school: InventedSchool) -> None:
    school.takes("counselor-c", "counselor")
    started, wrong = school.desk("counselor-c").surveys.start()
    assert [line["class"] for line in started] == ["cl-000000000003"]
    assert [(one.code, one.facts["day"]) for one in wrong] == [("PSY047", "2026-11-02")] * 2
    school.clock.advance(days=2)
    started, wrong = school.desk("counselor-a").surveys.start(("g10",))
    assert len(started) == 2
    assert wrong == []


@pytest.mark.clause("B0.2", "C3.1")
def test_a_campaign_is_planned_ahead_and_opens_only_where_its_day_has_one(
    school: InventedSchool,
) -> None:
    desk = school.desk("counselor-a").screenings
    with pytest.raises(InvalidMoveError) as off:
        desk.open(planned(school, days=1))
    assert off.value.code == "PSY047"
    assert "activities.screening" in off.value.finding.cure
    desk.open(planned(school, days=2))


@pytest.mark.clause("B2.2")
def test_a_plan_that_switches_everything_off_refuses_no_signal_and_no_help(tmp_path: Path) -> None:
    nothing = "".join(
        f'\n[activities.{name}]\nphases = ["never"]\n'
        for name in ("hotline", "help_channels", "self_report", "one_to_one", "class_survey")
    )
    nothing += '\n[[phase]]\nid = "now"\nsituation = "low"\nfrom = 2026-11-01\n'
    with open_school(tmp_path / "school", plan=nothing) as school:
        school.student_desk(1).signals.ask_to_talk("please")
        school.desk(CLASSMATE).signals.leave_note("somebody", dangers=("act",))
        school.desk("spare").signals.leave_note("", source="hotline", dangers=("means",))
        school.desk("counselor-a").signals.report(school.number(3), "hotline", {"fear": "some"})
        school.desk("homeroom-1").support.start(school.number(2))
        school.tick()
        assert len(school.desk("counselor-a").signals.notes()) == 2
        assert gather(school.school, student_id(3)).world.file.live_case is not None
        assert gather(school.school, student_id(2)).world.file.owed("one_to_one")
