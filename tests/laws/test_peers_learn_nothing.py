"""A classmate and another child's parent learn nothing from telling: in no world, by no way.

In one school the child they mean is there, in a declared crisis, and their note becomes a report;
in the other nobody knows whom they mean, and it is set aside. What they see is the same at every
moment: receipts, inbox, refusals, and what everything else at their desk answers.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from psysafe.errors import PsysafeError
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import STUDENTS, InventedSchool, guardian_id, open_school, student_id

TELLERS = {"a classmate": f"student:{student_id(2)}", "another's mother": str(guardian_id(2))}
ABOUT, SECRET = "the quiet one by the window", "she has hidden the tablets"
PLAN = '[delivery]\nchannels = ["inbox", "mail"]\n'


def crisis(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")
    school.tick()


def attempt(action: Any) -> Any:
    """What somebody sees of an action: its answer, or every word of the refusal."""
    try:
        answer = action()
    except PsysafeError as error:
        return str(error), error.finding.why, error.finding.cure, dict(error.finding.facts)
    if isinstance(answer, list):
        return [{k: v for k, v in line.items() if k != "notice"} for line in answer]
    return answer.answered_by, answer.asks, answer.case, answer.flag, answer.answered_from


def looks(school: InventedSchool, who: str) -> list[Any]:
    desk = school.desk(who)
    number = school.number(1)
    return [
        attempt(action)
        for action in (
            desk.inbox.list,
            desk.cases.list,
            desk.flags.list,
            desk.signals.notes,
            desk.signals.waiting,
            desk.surveys.list,
            lambda: desk.cases.about(number),
            lambda: desk.signals.report(number, "peer", {"fear": "some"}),
            lambda: desk.signals.report(number, "guardian", {"fear": "some"}),
            lambda: desk.support.start(number),
            lambda: desk.signals.link("sig-000000000000", number),
        )
    ]


def life(school: InventedSchool, who: str, known: bool) -> list[Any]:
    if known:
        crisis(school)
    school.ids.skip_to(1_000_000)
    telling = school.desk(who).signals

    def tell() -> Any:
        return telling.leave_note(ABOUT, {"self_harm": "marked"}, dangers=("means",), note=SECRET)

    seen = [attempt(tell), *looks(school, who)]
    school.tick(minutes=3)
    counselor = school.desk("counselor-a").signals
    (note,) = counselor.notes()
    if known:
        counselor.link(note["note"], school.number(1))
    else:
        counselor.set_aside(note["note"])
    for minutes in (0, 7, 30, 24 * 60, 3 * 24 * 60):
        school.tick(minutes=minutes)
        seen += looks(school, who)
    # A flood is refused after as many in both, and in the same words.
    seen += [attempt(tell) for _ in range(11)]
    return seen


@pytest.mark.clause("B0.3", "B2.2")
@pytest.mark.parametrize("who", TELLERS.values(), ids=TELLERS)
def test_whoever_tells_of_another_child_sees_the_same_in_both_worlds(
    tmp_path: Path, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lives = []
    for known in (True, False):
        mail = RecordingChannel(Trust.SHARED)
        with open_school(tmp_path / str(known), plan=PLAN, channels={"mail": mail}) as school:
            lives.append(life(school, who, known))
            assert mail.calls, "nobody was called"
            written = " ".join(call.message.text for call in mail.calls)
            assert not [word for word in (ABOUT, SECRET, *STUDENTS.values()) if word in written]
    for step, (one, other) in enumerate(zip(*lives, strict=True)):
        assert one == other, step
    assert "taken_up" in str(lives[0]), "whoever told it was never answered"
    assert not [word for word in (ABOUT, SECRET, *STUDENTS.values()) if word in caplog.text]
