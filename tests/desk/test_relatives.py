"""X6: a teacher who is a relative of the student is called like everybody, and reads less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.events import RelationStarted
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather, roster
from psysafe.ids import Actor
from psysafe.sensitivity import Trust, changed
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import InventedSchool, open_school, staff_id, student_id

CLINICAL = {"severity", "signals", "flags", "reasons", "hospital"}
PLAN = '[delivery]\nchannels = ["inbox", "mail"]\n'


def is_family(school: InventedSchool, who: str) -> None:
    """A guardian of student 1 has the telephone of this member of staff."""
    line = roster(school.school).staff[staff_id(who)].addresses["mobile"]
    guardian = gather(school.school, student_id(1)).world.student.guardians[0]
    entered = RelationStarted(student=student_id(1), guardian=changed(guardian, telephones=(line,)))
    batch = [(student_id(1), [entered])]
    now, command = school.clock.now(), school.ids.command()
    commit_students(school.school, batch, Actor("operator:setup"), now, command)


def a_crisis(school: InventedSchool) -> None:
    school.desk("counselor-b").signals.report(
        school.number(1), "message", {"self_harm": "severe"}, note="she wrote a letter"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="dormitory", proposal="fetch her", severity="imminent")
    school.tick()


def page(school: InventedSchool, who: str) -> dict[str, Any]:
    return dict(school.desk(who).cases.about(school.number(1)).data)


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize("who", ["homeroom-1", "doctor", "head", "counselor-b"])
def test_a_relative_is_called_as_anybody_and_reads_nothing_clinical(
    tmp_path: Path, who: str
) -> None:
    called, pages = [], []
    for related in (False, True):
        line = RecordingChannel(Trust.SEALED)
        folder = tmp_path / str(related)
        with open_school(folder, plan=PLAN, channels={"mail": line}) as school:
            if related:
                is_family(school, who)
            a_crisis(school)
            waiting = school.desk(who).inbox.list()
            called.append(
                (
                    sorted((n["purpose"], n["urgent"], str(n.get("due"))) for n in waiting),
                    len(line.texts(f"{who}@school.example")),
                )
            )
            pages.append(page(school, who))
            said = " ".join([str(waiting), *line.texts(f"{who}@school.example")])
            assert not (related and "she wrote a letter" in said)
    assert called[0] == called[1], "who is called, and by when, hangs on no relation of blood"
    before, after = pages
    assert not CLINICAL & set(after)
    assert "what_to_do" not in after, "the short form of the level is a level, too"
    assert {"observation", "risk_level", "scale_level"} <= set(after["withheld"])
    lost = set(before) - set(after)
    assert lost <= CLINICAL | {
        *("state", "provisional", "overdue", "duties", "routes", "lead", "due", "what_to_watch"),
        *("what_to_do", "advice", "people"),
    }
    assert after["crisis"] == before["crisis"] if "crisis" in before else "help" in after
    assert after["name"] == before["name"]


def test_a_relative_answers_the_call_and_it_counts(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        is_family(school, "homeroom-1")
        a_crisis(school)
        (notice, *_) = school.desk("homeroom-1").inbox.list()
        assert notice["urgent"]
        school.desk("homeroom-1").inbox.acknowledge(notice["notice"])
        runs = gather(school.school, student_id(1)).world.file.runs
        answered = [asked for run in runs for asked in run.asked if asked.answered is not None]
        assert staff_id("homeroom-1") in {asked.person for asked in answered}
