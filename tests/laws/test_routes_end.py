"""Law 8 by simulation: a call that nobody answers reaches the end of its route, or fails visibly.

Whole schools are played on the product's own tick and a store in memory, by a seed: plans with
other times, schools in which roles are empty, people who answer, answer late or never, channels
that fail, clocks that jump, processes that stop at any writing call. Each crisis is followed until
it has ended, and what came of it is counted.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest

from psysafe.contracts.channel import ResultClass
from psysafe.contracts.storage import Storage
from psysafe.domain import events as e
from psysafe.domain import routing
from psysafe.domain.calendar import parse_within
from psysafe.domain.duties import EXHAUSTED, RUNNING, Run
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Placement, Student
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.ids import Actor, StudentId
from psysafe.testing.channels import RAISES, Behaviour, RecordingChannel
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import SINCE, InventedSchool, class_id, open_school, staff_id

CRISES: Final = 10_000
SEED: Final = 20261126
#: How many students are in danger in one school, all within its first hour.
A_SCHOOL: Final = 60
#: The longest pause between two ticks, and the clock set back before it: so late may each step be.
LONGEST: Final = timedelta(hours=2, minutes=30)
OPTIONAL: Final = ("counselor-b", "grade-head-10", "affairs", "deputy-head", "core", "expert")
WAYS: Final = ("answered", "late", "never", "stood down", "refused")
#: What is owed, in minutes, and told beside the routes: most of all messages of such a night.
BESIDES: Final = (
    *("whereabouts.imminent", "whereabouts.high", "never_alone.any", "answer_unheard_route.any"),
    *("triage.imminent", "triage.high"),
)
BY_CHANCE: Final = 'origin = { kind = "site", ref = "by chance" }\n'
BEHAVIOURS: Final[tuple[Behaviour, ...]] = (
    *[ResultClass.ACCEPTED] * 6,
    ResultClass.TRANSIENT,
    ResultClass.PERMANENT_RECIPIENT,
    ResultClass.AMBIGUOUS,
    RAISES,
)


@attrs.define
class Crisis:
    """One student in danger, and how the people around are going to behave."""

    student: StudentId
    way: str
    patience: int
    """ticks until somebody answers"""
    met_a_stop: bool = False
    stood_down: bool = False
    refused: bool = False


class Life:
    """One school, from the first report to the last answer."""

    def __init__(self, folder: Path, chance: random.Random, crises: int) -> None:
        self.chance = chance
        self.line = RecordingChannel()
        self.stops: InterruptedStorage | None = None
        minutes = chance.choice((3, 5, 10, 20))
        plan = "".join(
            f'[deadlines.acknowledge.{severity}]\nwithin = "{within} min"\n'
            f'fallback = "next_step"\n{BY_CHANCE}'
            for severity, within in (("imminent", minutes), ("high", 3 * minutes))
        )
        if chance.random() < 0.75:
            plan += _with_routes_alone()
        self.school: InventedSchool = open_school(
            folder,
            without=chance.sample(OPTIONAL, chance.randrange(len(OPTIONAL))),
            channels={"inbox": self.line},
            plan=plan,
            wrap=self._wrap,
        )
        self.crises = [self._crisis(number) for number in range(crises)]
        now = self.school.clock.now()
        batch = [(c.student, [e.PersonAdded(student=_pupil(c.student))]) for c in self.crises]
        command = self.school.ids.command()
        commit_students(self.school.school, batch, Actor("operator:setup"), now, command)

    def _wrap(self, storage: Storage) -> Storage:
        self.stops = InterruptedStorage(storage)
        return self.stops

    def _crisis(self, number: int) -> Crisis:
        student = StudentId(f"s-{number:06d}000000")
        way = self.chance.choice(WAYS)
        return Crisis(student=student, way=way, patience=self.chance.randrange(1, 6))

    def file(self, crisis: Crisis) -> StudentFile:
        return gather(self.school.school, crisis.student).world.file

    # -- what people do -------------------------------------------------------------------------

    def begins(self, crisis: Crisis) -> None:
        degree = self.chance.choice(("severe", "marked"))
        teacher = self.school.desk("homeroom-1")
        teacher.signals.report(crisis.student, "one_to_one", {"self_harm": degree})

    def somebody_answers(self, crisis: Crisis) -> None:
        """Whoever is being called, or was called before, says: I have it."""
        running = [run for run in self.file(crisis).runs if run.state == RUNNING]
        for run in running:
            asked = run.asked if crisis.way == "late" else run.being_called()
            waiting = [one for one in asked if one.answered is None]
            if waiting:
                one = self.chance.choice(waiting)
                self.school.desk(one.person).inbox.acknowledge(one.notice)

    def acts(self, crisis: Crisis) -> None:
        """One step of whoever is going to act in this crisis, once their time has come."""
        crisis.patience -= 1
        if crisis.patience > 0 or crisis.way == "never":
            return
        counselor = self.school.desk("counselor-a").cases
        try:
            if crisis.way in ("answered", "late"):
                self.somebody_answers(crisis)
            elif crisis.way == "stood down" and not crisis.stood_down:
                counselor.about(crisis.student).stand_down("a film was made")
                crisis.stood_down = True
            elif crisis.way == "refused" and not crisis.refused:
                case = counselor.about(crisis.student)
                case.acknowledge()
                case.declare_crisis(danger="self", place="home", proposal="a doctor")
                case.advise("a hospital, tonight", "declined")
                crisis.refused = True
        except PsysafeError:
            crisis.patience = 1  # not theirs to do now: they try again

    # -- what time does -------------------------------------------------------------------------

    def tick(self) -> None:
        """One tick after a while; now and then the process stops in it and is begun again."""
        jump = self.chance.random()
        minutes = self.chance.uniform(0.5, 9)
        if jump < 0.05:
            minutes = -20.0
        elif jump < 0.08:
            minutes = 120.0
        self.school.clock.advance(minutes=minutes)
        self.line.behave(self.chance.choice(BEHAVIOURS))
        assert self.stops is not None
        if self.chance.random() < 0.25:
            self.stops.stop_at(
                self.chance.randrange(1, 40), self.chance.choice(("before", "after"))
            )
        try:
            self.school.net.tick(budget=100_000)
        except StoppedError:
            for crisis in self.crises:
                if any(run.state == RUNNING for run in self.file(crisis).runs):
                    crisis.met_a_stop = True
        # Not reached in that tick: no stop waits for the commands of people.
        self.stops.stop_at(10**9, "before")

    def played(self) -> Iterator[str]:
        """How each crisis ended; every assertion of the law on the way."""
        for crisis in self.crises:
            self.begins(crisis)
        self._goes_quiet()
        self.school.clock.advance(minutes=30)
        self.school.net.tick(budget=100_000)
        self._goes_quiet()  # where nothing was done after an answer, others were called meanwhile
        self._nobody_twice()
        if self.chance.random() < 0.1:  # a fifth of the time would go into it otherwise
            assert verify(self.school.school).ok
        for crisis in self.crises:
            yield self._ended(crisis)

    def _goes_quiet(self) -> None:
        """Time passes, and people act, until nobody is called any more."""
        for _ in range(400):
            self.tick()
            calling = [c for c in self.crises if self._is_called_about(c)]
            if not calling:
                break
            for crisis in calling:
                self.acts(crisis)
                self._in_time(crisis)

    def _is_called_about(self, crisis: Crisis) -> bool:
        return any(run.state == RUNNING for run in self.file(crisis).runs)

    # -- the law --------------------------------------------------------------------------------

    def _in_time(self, crisis: Crisis) -> None:
        """A route is never out longer than its steps together, each late by one pause at most."""
        for run in self.file(crisis).runs:
            if run.state == RUNNING:
                assert (
                    self.school.clock.now()
                    <= run.started + _sum_of(run) + (len(run.steps) + 1) * LONGEST
                )

    def _ended(self, crisis: Crisis) -> str:
        file = self.file(crisis)
        assert not any(run.state == RUNNING for run in file.runs), "a call that never ends"
        unheard = [run for run in file.runs if run.state == EXHAUSTED]
        case = file.case
        assert case is not None
        for run in unheard:
            # It failed visibly: all of its end were told, and somebody owes a telephone call, or
            # answered one afterwards.
            assert {a.person for a in run.asked if a.step == len(run.steps)} or not run.end
            open_still = [d for d in file.owed("answer_unheard_route") if d.run == run.id]
            assert open_still or case.acknowledged_by or case.stood_down
        if crisis.way == "never" and not crisis.met_a_stop:
            assert unheard, "nobody answered, and nobody can see it"
        if crisis.stood_down:
            return "stood down"
        if case.report is not None:
            return "refused"
        if crisis.met_a_stop:
            return "after a stop"
        return "unheard" if unheard else "answered"

    def _nobody_twice(self) -> None:
        """One purpose, one receiver, one step: at most one logical notice (law 9)."""
        school = self.school.school
        seen: Counter[tuple[object, ...]] = Counter()
        after = 0
        while page := school.storage.journal(school.part, after, 5_000):
            after = page[-1].position
            for one in page:
                if one.stream.startswith("file/"):
                    event = event_of(school, one)
                    if isinstance(event, e.NoticeQueued) and event.notice.run is not None:
                        n = event.notice
                        seen[n.purpose, n.receiver, n.step, n.run, n.concerning] += 1
        assert not [key for key, count in seen.items() if count > 1]


def _with_routes_alone() -> str:
    """A plan in which nothing else of such a night is told over and over."""
    later = [f'[deadlines.{duty}]\nwithin = "24 h"\n{BY_CHANCE}' for duty in BESIDES]
    signs = [f"[collective_signs.{of}]\nvalue = 200\n{BY_CHANCE}" for of in ("high", "moderate")]
    return "".join((*later, *signs))


def _sum_of(run: Run) -> timedelta:
    """The times of a route's steps together; those of these plans are minutes."""
    minutes = [parse_within(step.within).count for step in run.steps]
    return timedelta(minutes=sum(minutes))


def _pupil(student: StudentId) -> Student:
    home = Placement(class_id=class_id(1), grade="g10", since=SINCE)
    return Student(id=student, name="林小满", placement=home)


def lives(folder: Path, crises: int, seed: int) -> Counter[str]:
    """Play schools until so many crises have ended. The same seed gives the same lives."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    number = 0
    while found.total() < crises:
        life = Life(folder / f"school-{number}", chance, A_SCHOOL)
        found.update(life.played())
        life.school.close()
        number += 1
    return found


@pytest.mark.timeout(1800)
def test_every_call_ends_heard_or_visibly_unheard() -> None:
    """In two processes, each with a seed of its own: a process for each of the two cores."""
    half = CRISES // 2
    told = [sys.executable, __file__]
    running = [
        subprocess.Popen([*told, str(half), str(SEED + n)], stdout=subprocess.PIPE, text=True)
        for n in range(2)
    ]
    found: Counter[str] = Counter()
    for process in running:
        out, _ = process.communicate()
        assert process.returncode == 0, "the law does not hold: see the error above"
        found.update(json.loads(out))
    total = found.total()
    print(f"\n{total} crises: " + ", ".join(f"{way} {n}" for way, n in found.most_common()))
    assert total >= CRISES
    assert set(found) == {"answered", "unheard", "refused", "stood down", "after a stop"}
    for way, count in found.items():
        assert count >= total * 0.05, f"too few to say anything of: {way}"


def test_a_school_with_one_counselor_alone_comes_to_no_standstill(tmp_path: Path) -> None:
    life = Life(tmp_path / "school", random.Random(1), 0)
    with open_school(
        tmp_path / "alone",
        without=("counselor-b", "grade-head-10", "affairs", "deputy-head", "core", "duty"),
    ) as school:
        life.school.close()
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"self_harm": "severe"}
        )
        for _ in range(30):
            school.tick(minutes=10)
        file = gather(school.school, StudentId("s-000000000001")).world.file
        assert [run.state for run in file.runs] == [EXHAUSTED]
        assert {a.person for a in file.runs[0].asked} >= {staff_id("counselor-a"), staff_id("head")}
        assert file.owed("answer_unheard_route")


def _gives_up(*_: object, **__: object) -> list[e.Event]:
    return []


def test_the_law_sees_a_route_that_is_dropped_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted breach: a step whose time is up asks nobody any more."""
    import psysafe.domain.cases.deciding_time as time

    assert time.ask_next is routing.ask_next
    monkeypatch.setattr(time, "ask_next", _gives_up)
    with pytest.raises(AssertionError):
        lives(tmp_path, 1, SEED)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        ended = lives(Path(place), int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps(ended))
