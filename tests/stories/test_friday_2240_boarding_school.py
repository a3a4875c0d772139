"""Friday, 22:40, in a boarding school: a farewell is found, and the girl is not in her bed.

Everybody of her class and grade, and both counselors, are away until Sunday. In the house are
the adult of the dormitory and the leader of the duty, by their rosters.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psysafe.domain.duties import WITHOUT_SIGHT
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.domain.files import StudentFile
from psysafe.domain.owing import can_do
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

NIGHT = datetime(2026, 11, 6, 14, 40, tzinfo=UTC)  # Friday, 22:40 in Shanghai
DORMITORY, LEADER = "duty", "registrar"
AWAY = ("homeroom-1", "grade-head-10", "counselor-a", "counselor-b", "affairs")
#: People of the same school who have nothing to do with this girl.
OTHERS = ("homeroom-2", "homeroom-3", "counselor-c", "grade-head-11", "spare")


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def owed(school: InventedSchool) -> dict[str, str]:
    return {d.kind: str(d.owner).partition(":")[2] for d in file_of(school).duties}


def everybody_who_owes_can(school: InventedSchool) -> None:
    """Whoever owes something sees her case, and could give the command that meets it."""
    world = gather(school.school, student_id(1)).world
    now = school.clock.now()
    for duty in world.file.duties:
        if duty.kind not in WITHOUT_SIGHT:
            assert school.desk(str(duty.owner)).cases.about(school.number(1)), duty.kind
        assert can_do(world, duty, duty.owner, now), duty.kind


def answers(school: InventedSchool, name: str, purpose: str) -> None:
    inbox = school.desk(name).inbox
    (notice,) = (n["notice"] for n in inbox.list() if n["purpose"] == purpose)
    inbox.acknowledge(notice)


def weekend(school: InventedSchool) -> None:
    """The two who are on duty until 07:00, and all those who have gone home."""
    school.takes(LEADER, "duty_adult")
    since, until = NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=8, minutes=20)
    school.desk("affairs").duty.assign(
        [
            Turn(roster=roster, person=staff_id(name), since=since, until=until)
            for roster, name in (("dormitory", DORMITORY), ("duty_leader", LEADER))
        ]
    )
    for name in AWAY:
        school.absent(name, days=2)


@pytest.mark.clause("C1.1")
@pytest.mark.clause("C6.2")
def test_friday_2240_in_a_boarding_school(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", now=NIGHT - timedelta(hours=4)) as school:
        weekend(school)
        school.clock.set(NIGHT)

        # 22:40. A farewell on the wall of her room-mates' group, and an empty bed. Nobody of the
        # linkage is there: its steps are passed by in the same moment, and its end is called.
        school.desk(DORMITORY).signals.report(
            school.number(1),
            "message",
            {"depression": "severe"},
            dangers=("farewell", "whereabouts_unknown"),
            place="unknown",
            note="a farewell; her bed is empty",
        )
        school.tick()
        assert told(school, DORMITORY) == ["alone"]
        for name in ("head", "deputy-head", "core"):
            assert told(school, name) == ["route_unheard"]
        for name in AWAY:
            assert told(school, name) == []
        assert owed(school)["never_alone"] == DORMITORY
        assert owed(school)["answer_unheard_route"] == "head"

        # 22:45. The leader of the duty sees her on the list of the night, and declares a crisis.
        # The two in the house are called; the head of the leading group has it by telephone.
        school.tick(minutes=5)
        leads = school.desk(LEADER).cases
        case = leads.about(school.number(1))
        leads.declare(
            case.id, danger="self", place="unknown", proposal="search; 110", severity="imminent"
        )
        school.tick()
        assert "crisis" in told(school, DORMITORY)
        assert told(school, LEADER) == ["crisis"]
        assert "leading_group_report" in told(school, "head")
        assert owed(school)["whereabouts"] == LEADER
        # What only a counselor or the leading group can do is not left with her.
        assert owed(school)["full_analysis"] == "head"
        assert "duty_yours" in told(school, "head")
        everybody_who_owes_can(school)
        answers(school, "head", "leading_group_report")
        answers(school, "head", "route_unheard")
        answers(school, LEADER, "crisis")
        assert "answer_unheard_route" not in owed(school)

        # 22:48. They are searching. The clock of the search and that of her being alone both run.
        school.tick(minutes=3)
        assert {"never_alone", "whereabouts"} <= set(owed(school))

        # 22:49. Found, on the stairs to the roof. Somebody is with her, and it is known where.
        school.tick(minutes=1)
        school.desk(DORMITORY).cases.supervise(
            case.id, "in_person", "Chu Weidong", place="dormitory", called=True
        )
        assert not {"never_alone", "whereabouts"} & set(owed(school))
        school.tick()
        assert "alone" not in told(school, DORMITORY)

        # 22:53. Her mother is told by who has taken that up, agrees, and meets them there.
        school.tick(minutes=4)
        assert owed(school)["tell_guardian"] == LEADER
        leads.guardian(case.id, guardian_id(1), "agrees")
        assert "tell_guardian" not in owed(school)
        leads.supervise(case.id, "handed_to", "the ward", place="hospital", to="hospital")
        assert owed(school)["hospital_outcome"] == LEADER
        everybody_who_owes_can(school)
        school.tick(minutes=15)
        assert "never_alone" not in owed(school)

        # 07:00. The shift is over, and with it what the two could see.
        school.tick(hours=8)
        for name in (DORMITORY, LEADER):
            assert school.desk(name).cases.list() == []
            with pytest.raises(NotFoundError):
                school.desk(name).cases.about(school.number(1))
        # What the two owed is not theirs any more, though it was not late: it is the head's, who
        # was told, sees her and may meet it.
        assert not {DORMITORY, LEADER} & set(owed(school).values())
        assert owed(school)["hospital_outcome"] == "head"
        everybody_who_owes_can(school)
        heads = school.desk("head").cases
        heads.hospital(heads.about(school.number(1)).id, "No 7", "she is looked after", "paper 11")
        assert "hospital_outcome" not in owed(school)

        # Sunday evening. Whoever was away is back, finds it, and takes it up.
        school.tick(days=2)
        counselor = school.desk("counselor-a").cases
        hers = counselor.about(school.number(1))
        hers.open()
        assert hers.data["place"] == "hospital"
        assert file_of(school).case.lead == staff_id("counselor-a")  # type: ignore[union-attr]
        counselor.hospital(hers.id, "No 7", "she stays a week", "paper 12")

        # What is owed at the end, and what not.
        assert {"reassess", "follow_up"} <= set(owed(school))
        over = {"never_alone", "whereabouts", "hospital_outcome", "tell_guardian"}
        assert not over & set(owed(school))
        assert not [r for r in file_of(school).runs if r.state == "running"]
        assert "authority_report" not in owed(school), "nobody refused"

        # Who was told nothing, in all of this.
        for name in OTHERS:
            assert told(school, name) == []
            assert school.desk(name).cases.list() == []
        assert verify(school.school).ok
