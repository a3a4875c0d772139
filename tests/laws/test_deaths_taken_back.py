"""A file with a death taken back owes whatever a file that never had it would owe.

Two schools with the same people, plan and clock, in which the same things happen to one student.
In one of them the student's death is entered, and taken back. What came in between is reported
there while the file is frozen, and in the other when it is taken back.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from psysafe.domain.duties import RUNNING
from psysafe.domain.duties_death import CONFIRM_ALIVE, POSTVENTION, TELL_ERROR
from psysafe.domain.files import StudentFile
from psysafe.domain.severity import severity_of
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, staff_id, student_id

Step = Callable[[InventedSchool], object]


def _case(school: InventedSchool, name: str = "counselor-a") -> Any:
    return school.desk(name).cases.about(school.number(1))


def _reports(degree: str, *dangers: str, place: str = "unknown") -> Step:
    def report(school: InventedSchool) -> object:
        return school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"self_harm": degree}, dangers=dangers, place=place
        )

    return report


def _time(**passed: float) -> Step:
    return lambda school: school.tick(**passed)


def _answers(school: InventedSchool) -> None:
    for name in ("counselor-a", "grade-head-10"):
        inbox = school.desk(name).inbox
        for line in inbox.list():
            inbox.acknowledge(line["notice"])


#: What can happen; a step that does not fit where the student stands is refused.
LIFE: Final[tuple[Step, ...]] = (
    _reports("some"),
    _reports("marked", place="home"),
    _reports("severe", "farewell"),
    _reports("some", "whereabouts_unknown"),
    lambda s: s.student_desk(1).signals.ask_to_talk("please"),
    lambda s: s.desk("homeroom-1").support.start(s.number(1)),
    lambda s: _case(s).acknowledge(),
    lambda s: _case(s).open(),
    lambda s: _case(s).declare_crisis(danger="self", place="home", proposal="go"),
    lambda s: _case(s).assess("attention", "we spoke"),
    lambda s: _case(s).assess("imminent", "we spoke"),
    lambda s: _case(s).guardian(guardian_id(1), "refuses"),
    lambda s: _case(s).supervise("in_person", "Ms Wang", place="home"),
    lambda s: s.desk("counselor-a").cases.assign_lead(_case(s).id, staff_id("counselor-b")),
    lambda s: s.desk("counselor-a").cases.away(_case(s).id, "home", "her mother"),
    lambda s: s.desk("counselor-b").bars.set(s.number(1), staff_id("homeroom-1"), why="heard"),
    _answers,
    _time(minutes=1),
    _time(minutes=12),
    _time(hours=3),
    _time(days=2),
)
MEANWHILE: Final = LIFE[:4]


def lived(school: InventedSchool, steps: Sequence[Step]) -> None:
    for step in steps:
        with contextlib.suppress(PsysafeError):
            step(school)


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def standing(file: StudentFile) -> dict[str, Any]:
    case = file.live_case
    return {
        "case": None
        if case is None
        else (
            case.lifecycle,
            severity_of(case.level),
            case.declared,
            case.lead,
            case.lead_offered,
            case.acknowledged_by,
            case.place,
            case.supervision,
            case.guardians,
        ),
        "support": file.support,
        "flags": [f.state for f in file.flags],
        "bars": [bar.person for bar in file.bars],
        "signals": [(s.source, s.dangers) for s in file.signals],
        "called": sorted(
            (r.route, r.severity, [step.role for step in r.steps[max(r.index, 0) :]])
            for r in file.runs
            if r.state == RUNNING
        ),
    }


def owes(file: StudentFile) -> Counter[tuple[str, str]]:
    return Counter((d.kind, str(d.owner)) for d in file.duties)


def dues(file: StudentFile, after: datetime | None = None) -> dict[tuple[str, str], list[datetime]]:
    """When each person owes each sort of thing, the soonest first; where told, only after then."""
    found: dict[tuple[str, str], list[datetime]] = {}
    for duty in sorted(file.duties, key=lambda d: d.due):
        if after is None or duty.due > after:
            found.setdefault((duty.kind, str(duty.owner)), []).append(duty.due)
    return found


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
# The counselor did not answer and the next one is being asked: who else reports a danger
# meanwhile lets the counselor be called once more.
@example([LIFE[2], LIFE[18]], [LIFE[2]])
@given(
    st.lists(st.sampled_from(LIFE), max_size=9),
    st.lists(st.sampled_from(MEANWHILE), max_size=2),
)
def test_a_file_with_a_death_taken_back_owes_whatever_a_file_that_never_had_it_would_owe(
    before: list[Step], meanwhile: list[Step]
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_school(Path(folder) / "never") as never,
        open_school(Path(folder) / "back") as back,
    ):
        for school in (never, back):
            lived(school, before)
        back.desk("head").cases.bereavement(back.number(1))
        frozen = file_of(back)
        assert not frozen.runs or all(r.state != RUNNING for r in frozen.runs)
        lived(back, meanwhile)
        back.desk("counselor-b").cases.alive(back.number(1), "she is here")
        lived(never, meanwhile)
        there, here = file_of(never), file_of(back)
        assert standing(here) == standing(there)
        more = owes(here) - owes(there)
        assert owes(there) - owes(here) == Counter()
        assert {kind for kind, _ in more} <= {TELL_ERROR, CONFIRM_ALIVE}
        assert not {d.kind for d in here.duties} & set(POSTVENTION)
        # Whatever was still ahead is due when it would have been.
        for (kind, owner), ahead in dues(there, never.clock.now()).items():
            again = dues(here)[kind, owner]
            assert all(at <= was for at, was in zip(again, ahead, strict=False)), kind
        assert verify(back.school).ok
