"""A night in which nobody answers, and parents who refuse: from a report to a report.

Sunday, 22:40. A homeroom teacher hears by telephone that a girl has cut herself. She is not there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    student_id,
)

NIGHT = datetime(2026, 11, 1, 14, 40, tzinfo=UTC)  # 22:40 in Shanghai
MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)
#: People of the same school who have nothing to do with this girl.
OTHERS = ("homeroom-2", "homeroom-3", "counselor-c", "grade-head-11", "registrar", "spare")


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def owed(school: InventedSchool) -> dict[str, str]:
    return {d.kind: str(d.owner).partition(":")[2] for d in file_of(school).duties}


def answers(school: InventedSchool, name: str, purpose: str) -> None:
    inbox = school.desk(name).inbox
    (notice,) = (n["notice"] for n in inbox.list() if n["purpose"] == purpose)
    inbox.acknowledge(notice)


@pytest.mark.clause("C1.1")
@pytest.mark.clause("C6.2")
@pytest.mark.clause("C6.3")
def test_an_unanswered_night_with_parents_who_refuse(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", now=NIGHT) as school:
        # 22:40. Reported. Both counselors of her grade are called; the teacher is told to go.
        receipt = school.desk("homeroom-1").signals.report(
            school.number(1), "telephone", {"self_harm": "severe"}, note="a friend called me"
        )
        assert receipt.signal
        school.tick()
        assert told(school, "counselor-a") == told(school, "counselor-b") == ["linkage"]
        assert told(school, "homeroom-1") == ["alone"]
        assert told(school, "head") == told(school, "grade-head-10") == []

        # 22:50. Nobody. The grade head is called, and the leading group hears that she is alone.
        school.tick(minutes=10)
        assert told(school, "grade-head-10") == ["linkage"]
        assert owed(school)["never_alone"] == "head"
        assert "duty_passed_on" in told(school, "head")

        # 23:00, 23:10. Nobody. The route ends, all of its end are told, and it stays in sight.
        school.tick(minutes=10)
        assert told(school, "affairs") == ["linkage"]
        school.tick(minutes=10)
        for name in ("head", "deputy-head", "core"):
            assert "route_unheard" in told(school, name)
        assert owed(school)["answer_unheard_route"] == "head"

        # 23:25. The head wakes, has it, and sends the teacher, who is with her at 23:40.
        school.tick(minutes=15)
        answers(school, "head", "route_unheard")
        assert "answer_unheard_route" not in owed(school)
        school.tick(minutes=15)
        cases = school.desk("homeroom-1").cases
        cases.about(school.number(1)).supervise(
            "in_person", "Wang Wenhua", place="home", called=True
        )
        assert "never_alone" not in owed(school)

        # 23:50. The counselor is awake: a crisis is declared, the parents are told, and refuse.
        school.tick(minutes=10)
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.declare_crisis(danger="self", place="home", proposal="hospital", severity="imminent")
        case.open()
        school.tick()
        assert "crisis" in told(school, "homeroom-1")
        answers(school, "homeroom-1", "crisis")
        assert owed(school)["tell_guardian"] == "homeroom-1"
        school.desk("homeroom-1").cases.guardian(case.id, MOTHER, "undecided")
        assert "tell_guardian" not in owed(school)
        assert "guardian_decision" in owed(school)
        school.desk("homeroom-1").cases.guardian(case.id, FATHER, "refuses", "it is nothing")

        # A refusal in a crisis is reported: drafted, approved by another, submitted, by morning.
        assert owed(school)["authority_report"] == "head"
        due = {d.kind: d.due for d in file_of(school).duties}["authority_report"]
        assert due == school.clock.now() + timedelta(hours=24), "somebody is with her"
        school.desk("counselor-a").cases.report(case.id, "draft", "both parents; what we did")
        school.desk("head").cases.report(case.id, "approve")
        school.tick(hours=7)
        school.desk("affairs").cases.report(case.id, "submit")

        # Two days later the father agrees. The report stands, and is added to.
        school.tick(days=2)
        counselor = school.desk("counselor-a").cases
        for guardian in (MOTHER, FATHER):
            school.desk("homeroom-1").cases.guardian(case.id, guardian, "agrees")
        assert owed(school)["report_supplement"] == "counselor-a"
        counselor.report(case.id, "supplement", "both agree; she is at the hospital")
        school.desk("affairs").cases.report(case.id, "acknowledge")
        view = counselor.about(school.number(1)).data
        assert view["authority_report"]["state"] == "acknowledged"
        assert view["family"] == "agrees"

        # Who was told nothing, in all of this.
        for name in OTHERS:
            assert told(school, name) == []
            assert school.desk(name).cases.list() == []
        assert verify(school.school).ok
