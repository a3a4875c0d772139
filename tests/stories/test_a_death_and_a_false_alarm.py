"""A death; three worries from her dormitory; and, weeks later, an alarm that was none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.duties_death import POSTVENTION
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError
from psysafe.testing.schools import InventedSchool, open_school, student_id


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def file_of(school: InventedSchool, number: int) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def the_sign(school: InventedSchool, name: str) -> dict[str, Any]:
    (line,) = school.desk(name).signs.list()
    return line


def owed(school: InventedSchool, number: int) -> set[str]:
    return {d.kind for d in file_of(school, number).duties}


@pytest.mark.clause("C1.1")
@pytest.mark.clause("C1.2")
@pytest.mark.clause("C3.2")
def test_a_death_then_worries_around_her_then_a_false_alarm(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.takes("spare", "epidemic_leading_group")
        four = [school.number(n) for n in (1, 2, 3, 4)]
        school.desk("duty").signs.declare("dormitory", "302", four)
        # She is in a crisis, people are being called, a family is being told.
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"self_harm": "severe"}
        )
        cases = school.desk("counselor-a").cases
        hers = cases.about(school.number(1))
        hers.acknowledge()
        hers.open()
        hers.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")

        # She dies. One command, and nothing goes on by itself: no call, no duty, no reminder.
        school.desk("head").cases.bereavement(school.number(1))
        school.tick()
        for name in ("grade-head-10", "affairs"):
            assert told(school, name) == []
        # Her teacher cares for the class, whoever is on duty for the dormitory.
        for name in ("homeroom-1", "duty"):
            assert told(school, name) == ["bereaved"]
        # Her dormitory is a sign of its own: those who answer for it look at it and propose.
        for name in ("deputy-head", "core", "spare"):
            assert told(school, name) == ["collective_sign"]
        assert sorted(told(school, "counselor-b")) == ["bereaved", "collective_sign"]
        after_her = the_sign(school, "counselor-a")
        assert (after_her["name"], after_her["dead"]) == ("302", 1)
        school.desk("counselor-a").signs.propose(after_her["sign"], ["talk_in_small_groups"])
        school.desk("head").signs.answer(after_her["sign"], True)
        for _ in range(10):
            assert school.tick(days=1).failed == 0
        assert owed(school, 1) == set(POSTVENTION)
        with pytest.raises(InvalidMoveError, match="PSY044"):
            hers.guardian("guardian:g-000000000011", "reached")

        # Three of those around her are heard of. Each has a case of its own, and each is answered.
        for number, degree in ((2, "marked"), (3, "marked"), (4, "marked")):
            teacher = "homeroom-1" if number == 2 else "homeroom-2"
            school.desk(teacher).signals.report(
                school.number(number), "one_to_one", {"depression": degree}
            )
        school.tick()
        # Three of her dormitory: a new sign, by name for whoever helps, as a figure for the others.
        among_them = the_sign(school, "core")
        assert among_them["sign"] != after_her["sign"]
        assert (among_them["state"], among_them["students"]) == ("raised", 4)
        figures = the_sign(school, "spare")
        assert (figures["students"], figures["k"]) == (None, 5)
        assert "302" not in str(figures)
        school.tick(days=1)
        for number in (2, 3, 4):
            case = cases.about(school.number(number))
            case.acknowledge()
            case.open()
            assert owed(school, number) >= {"reassess"}
        for duty in file_of(school, 1).duties:
            owner = str(duty.owner).partition(":")[2]
            school.desk(owner).cases.settle(school.number(1), duty.id, "talked with them")
        assert owed(school, 1) == set()

        owner = the_sign(school, "head")["owner"].partition(":")[2]
        school.desk(owner).signs.propose(
            among_them["sign"],
            ["look_after_each", "no_public_word"],
            "beds beside hers",
        )
        answerer = the_sign(school, "head")["owner"].partition(":")[2]
        school.desk(answerer).signs.answer(among_them["sign"], True)
        assert "beds beside" not in str(the_sign(school, "spare"))

        # Three weeks later: an alarm about one of them. It was a scene for a play.
        school.tick(days=21)
        friend = cases.about(school.number(3))
        friend.declare_crisis(danger="self", place="dormitory", proposal="go there")
        school.tick(minutes=1)
        called = {n for n in ("homeroom-2", "head") if told(school, n)}
        assert called == {"homeroom-2", "head"}
        # Another is said to be in it too, and two at high in one dormitory are a sign.
        assert [one["state"] for one in school.desk("core").signs.list()] == ["answered"]
        school.desk("homeroom-1").signals.report(
            school.number(2), "one_to_one", {"self_harm": "severe"}
        )
        school.tick(minutes=1)
        play = the_sign(school, "core")
        assert (play["state"], play["high"]) == ("raised", 2)
        friend.stand_down("they rehearsed a play", second="staff:counselor-b")
        school.tick(minutes=1)
        for name in called:
            purposes = told(school, name)
            assert "stood_down" in purposes
            assert "crisis" not in purposes
        school.desk("counselor-a").signs.take_back(play["sign"], "they rehearsed a play")
        school.tick(minutes=1)
        for name in ("counselor-b", "head", "deputy-head", "core", "spare"):
            assert "sign_taken_back" in told(school, name)
            assert "collective_sign" not in told(school, name)
            assert school.desk(name).signs.list() == []
        school.tick(days=2)
        assert not any(run.state == "running" for run in file_of(school, 3).runs)
        assert file_of(school, 3).live_case is not None, "the worry before it goes on being one"

        # Who has nothing to do with any of them.
        for name in ("homeroom-3", "counselor-c", "grade-head-11", "registrar"):
            assert told(school, name) == []
            assert school.desk(name).cases.list() == []
        assert school.clock.now() - duty.opened > timedelta(days=20)
        assert verify(school.school).ok
