"""A village school without a counselor: a girl whose parents work far away, and two adults.

The school's own plan says who stands in. One parent is undecided, the other is never reached.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError
from psysafe.testing.schools import (
    STAFF,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)
#: Who there is: her teacher, the head, the deputy, and a registrar who keeps the roster.
THERE = ("homeroom-1", "head", "deputy-head", "registrar")
#: The head and the deputy stand in for the counselor whom there is not.
STAND_IN = "\n".join(
    f"""
[rights.{right}]
holders = ["counselor", "lead", "owes_it", "leading_group_head", "leading_group_deputy"]
origin = {{ kind = "site", ref = "agreed with the district counselor" }}"""
    for right in ("declare", "open", "assess")
)
LEADS = """
[rights.lead_case]
holders = ["counselor", "leading_group_head", "leading_group_deputy"]
origin = { kind = "site", ref = "a teacher trained for it, with the district counselor" }
"""


def village(folder: Path, plan: str) -> InventedSchool:
    return open_school(folder / "school", without=set(STAFF) - set(THERE), plan=plan)


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


def is_reported(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}, note="lives with her grandmother"
    )
    school.tick()


def test_a_village_school_without_a_counselor_whose_parents_cannot_decide(tmp_path: Path) -> None:
    with village(tmp_path, STAND_IN + LEADS) as school:
        # 08:00. No step of the route finds anybody: its end is told at once, not in half an hour.
        is_reported(school)
        assert told(school, "homeroom-1") == ["alone"]
        for name in ("head", "deputy-head"):
            assert told(school, name) == ["route_unheard"]
        assert owed(school)["answer_unheard_route"] == "head"

        # 08:03. The head answers; the teacher is with her and has called for help.
        school.tick(minutes=3)
        answers(school, "head", "route_unheard")
        cases = school.desk("homeroom-1").cases
        cases.about(school.number(1)).supervise(
            "in_person", "Wang Wenhua", place="dormitory", called=True
        )
        assert "never_alone" not in owed(school)

        # 08:05. The head stands in for the counselor: declares, and leads the case himself.
        school.tick(minutes=2)
        case = school.desk("head").cases.about(school.number(1))
        case.declare_crisis(
            danger="self", place="dormitory", proposal="the clinic in town", severity="imminent"
        )
        case.open()
        live = file_of(school).live_case
        assert live is not None
        assert live.lead == staff_id("head")
        assert {owed(school)[kind] for kind in ("full_analysis", "reassess", "follow_up")} == {
            "head"
        }

        # The mother does not know what to do. The father answers on no number.
        school.tick()
        answers(school, "homeroom-1", "crisis")
        cases.guardian(case.id, MOTHER, "undecided", "works in Guangdong, asks her husband")
        cases.guardian(case.id, FATHER, "unreachable", "three numbers")
        due = {d.kind: d.due for d in file_of(school).duties}["guardian_decision"]
        assert due == school.clock.now() + timedelta(hours=2)

        # Two hours later undecided counts as refused: the authority hears of it, within a day.
        school.tick(hours=1)
        assert "authority_report" not in owed(school)
        school.tick(hours=1)
        assert "guardian_decision" not in owed(school)
        assert owed(school)["authority_report"] == "head"

        # Now she answers no more either: the leading group decides, and has the family looked for.
        school.desk("head").cases.guardian(case.id, MOTHER, "unreachable", "switched off")
        assert owed(school)["family_unreachable"] == "head"
        school.desk("head").cases.report(case.id, "draft", "undecided, then nobody; what we did")
        school.desk("deputy-head").cases.report(case.id, "approve")
        school.desk("deputy-head").cases.report(case.id, "submit")
        assert "authority_report" not in owed(school)

        # Found at last: she agrees. What was reported stands, and is added to.
        school.tick(hours=5)
        school.desk("head").cases.guardian(case.id, MOTHER, "agrees", "the committee found her")
        assert owed(school)["report_supplement"] == "head"
        school.desk("head").cases.report(case.id, "supplement", "her mother agrees")
        assert told(school, "registrar") == []
        assert verify(school.school).ok


def test_where_the_plan_names_nobody_who_stands_in_no_case_is_led(tmp_path: Path) -> None:
    with village(tmp_path, STAND_IN) as school:
        is_reported(school)
        answers(school, "head", "route_unheard")
        case = school.desk("head").cases.about(school.number(1))
        for lead in (None, staff_id("head"), staff_id("homeroom-1")):
            with pytest.raises(InvalidMoveError) as refused:
                case.open(lead)
            assert refused.value.code == "PSY022"
        # Somebody owes it all the same, and it goes from one to the other until it is done.
        assert owed(school)["triage"] == "head"
