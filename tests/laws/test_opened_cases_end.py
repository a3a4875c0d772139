"""Law 8 for cases that somebody opened: whatever is done with one, nobody goes on being called.

The small sister of `test_routes_end`, on the product's own tick and a store in memory, by a seed. A
danger is reported, a counselor opens the case, and then anything happens to it, in any order:
it is judged anew, declared, stood down, handed over, transferred, reported again; the family
refuses; whoever leads is away; a death is entered and taken back. Meanwhile people answer, late or
never, channels fail, the clock jumps, the process stops at any writing call. Then everybody but the
late ones falls silent, and each call must come to an end that somebody can see.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from psysafe.contracts.channel import ResultClass
from psysafe.contracts.storage import Storage
from psysafe.domain import events as e
from psysafe.domain.cases import deciding_death, deciding_time
from psysafe.domain.duties import ANSWER_UNHEARD, EXHAUSTED, RUNNING
from psysafe.domain.duties_death import CHECK_DEATH, GOES_ON, POSTVENTION
from psysafe.domain.files import StudentFile
from psysafe.domain.notes import TAKEN_UP
from psysafe.engine.auditing import audit
from psysafe.engine.gather import gather
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.testing.channels import RAISES, Behaviour, RecordingChannel
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

SEED: Final = 20261127
SCHOOLS: Final = 12
#: Students of one school who come into danger: those of grade 10.
NUMBERS: Final = (1, 2, 3, 4)
#: The ticks in which something is done, and the most ticks after them.
DOING, QUIET = 10, 60
ALONE: Final = ("counselor-b", "grade-head-10", "affairs", "deputy-head", "core")
BEHAVIOURS: Final[tuple[Behaviour, ...]] = (
    *[ResultClass.ACCEPTED] * 5,
    ResultClass.TRANSIENT,
    ResultClass.PERMANENT_RECIPIENT,
    ResultClass.AMBIGUOUS,
    RAISES,
)


class Life:
    """One school, and what becomes of four children in it."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.chance = chance
        self.line = RecordingChannel()
        self.stops: InterruptedStorage | None = None
        self.alone = chance.random() < 0.3
        self.school: InventedSchool = open_school(
            folder,
            without=ALONE if self.alone else (),
            channels={"inbox": self.line},
            wrap=self._wrap,
        )
        self.met_a_stop: set[int] = set()
        #: Who answers what calls them, with which chance at each tick.
        self.answers = {
            name: chance.choice((0.0, 0.2, 0.5, 1.0))
            for name in ("counselor-a", "counselor-b", "homeroom-1", "homeroom-2", "head", "core")
            if not (self.alone and name in ALONE)
        }

    def _wrap(self, storage: Storage) -> Storage:
        self.stops = InterruptedStorage(storage)
        return self.stops

    def file(self, number: int) -> StudentFile:
        return gather(self.school.school, student_id(number)).world.file

    def running(self, number: int) -> bool:
        return any(run.state == RUNNING for run in self.file(number).runs)

    # -- what people do -------------------------------------------------------------------------

    def does(self, step: Callable[[Life, int], object], number: int) -> bool:
        """A step, where it is theirs to do now."""
        with suppress(PsysafeError):
            step(self, number)
            return True
        return False

    def somebody_answers(self) -> None:
        for name, how_often in self.answers.items():
            if self.chance.random() >= how_often:
                continue
            inbox = self.school.desk(name).inbox
            for line in inbox.list():
                with suppress(PsysafeError):
                    inbox.acknowledge(line["notice"])

    def second(self) -> str:
        """The other counselor, or, where there is none, the expert by telephone."""
        return staff_id("expert" if self.alone else "counselor-b")

    def case(self, number: int, who: str = "counselor-a") -> Any:
        return self.school.desk(who).cases.about(self.school.number(number))

    # -- what time does -------------------------------------------------------------------------

    def tick(self, minutes: float) -> None:
        """One tick after a while; now and then the process stops in it and is begun again."""
        self.school.clock.advance(minutes=minutes)
        self.line.behave(self.chance.choice(BEHAVIOURS))
        assert self.stops is not None
        if self.chance.random() < 0.06:
            self.stops.stop_at(
                self.chance.randrange(1, 30), self.chance.choice(("before", "after"))
            )
        try:
            self.school.net.tick(budget=10_000)
        except StoppedError:
            self.met_a_stop |= {number for number in NUMBERS if self.running(number)}
        self.stops.stop_at(10**9, "before")

    def played(self) -> Iterator[str]:
        """How each case ended; every assertion of the law on the way."""
        for number in NUMBERS:
            _reported(self, number)
        opens = {number: self.chance.choice((0, 1, 2, 4, DOING)) for number in NUMBERS}
        for now in range(DOING):
            self.tick(self.chance.choice((1, 4, 9, 9, 20, 120, -20)))
            self.somebody_answers()
            for number in NUMBERS:
                if now == opens[number]:
                    self.does(_opened, number)
                elif now > opens[number] and self.chance.random() < 0.5:
                    dead = self.file(number).frozen is not None and self.chance.random() < 0.5
                    self.does(self.chance.choice(DEATH[1:] if dead else STEPS), number)
        self._falls_silent()
        self._audited()
        self._nobody_twice()
        for number in NUMBERS:
            yield self._ended(number)

    def _falls_silent(self) -> None:
        """Nobody does anything any more, and those who answer late go on answering."""
        for quiet in range(QUIET):
            self.tick(15 if quiet < QUIET // 3 else 8 * 60)
            self.somebody_answers()
            if not any(self.running(number) for number in NUMBERS):
                break

    # -- the law --------------------------------------------------------------------------------

    def _audited(self) -> None:
        """Each open duty has an owner and a time at which something happens: no deadlock."""
        self.line.behave(ResultClass.ACCEPTED)
        self.school.tick(minutes=1)
        found = audit(self.school.school, self.school.clock.now())
        assert found.findings == ()
        assert verify(self.school.school).ok

    def _nobody_twice(self) -> None:
        """One purpose, one receiver, one step: at most one logical notice (law 9)."""
        parts = self.school.school
        seen: Counter[tuple[object, ...]] = Counter()
        for kept in parts.storage.journal(parts.part, 0, 100_000):
            if kept.stream.startswith("file/"):
                event = event_of(parts, kept)
                if isinstance(event, e.NoticeQueued) and event.notice.run is not None:
                    n = event.notice
                    seen[n.purpose, n.receiver, n.step, n.run, n.concerning] += 1
        assert not [key for key, count in seen.items() if count > 1]

    def _ended(self, number: int) -> str:
        file = self.file(number)
        case = file.case
        assert case is not None
        assert not self.running(number), "a call that never ends"
        unheard = [run for run in file.runs if run.state == EXHAUSTED]
        for run in unheard:
            # It failed visibly: somebody owes a telephone call, took it up since, or it is over.
            told = {a.person for a in run.asked if a.step == len(run.steps)}
            assert told or not run.end, "nobody of its end was told"
            somebody = any(d.run == run.id for d in file.owed(ANSWER_UNHEARD))
            assert somebody or case.acknowledged_by or case.stood_down or not case.live
        if case.lifecycle in JUDGED_BY:
            owed = file.owed(JUDGED_BY[case.lifecycle])
            assert any(d.case == case.id for d in owed), "a case that nobody will look at again"
        if file.frozen is not None:
            assert {d.kind for d in file.duties} <= AFTER_DEATH
            return "dead"
        if file.death is not None:
            return "alive"
        if case.stood_down is not None:
            return "stood down"
        if case.report is not None:
            return "refused"
        if not case.live:
            return case.lifecycle
        if number in self.met_a_stop:
            return "after a stop"
        return "unheard" if unheard else "answered"


# -- what can happen to a case that was opened -----------------------------------------------------

AFTER_DEATH: Final = {*POSTVENTION, *GOES_ON, CHECK_DEATH, TAKEN_UP}
#: What is owed of a case as long as it stands so: somebody looks at it again.
JUDGED_BY: Final = {"triage": "triage", "open": "reassess", "away": "reassess"}
Step = Callable[[Life, int], object]


def _reported(life: Life, number: int) -> None:
    """The teacher says something more, and each time something else is the worst of it."""
    degree = life.chance.choice(("some", "marked", "severe", "severe"))
    dangers = life.chance.choice(((), (), ("farewell",), ("whereabouts_unknown",)))
    teacher = life.school.desk("homeroom-1" if number < 3 else "homeroom-2")
    teacher.signals.report(
        life.school.number(number), "one_to_one", {"self_harm": degree}, dangers=dangers
    )


def _opened(life: Life, number: int) -> None:
    case = life.case(number)
    with suppress(PsysafeError):
        case.acknowledge()
    case.open()


def _lead_is_away(life: Life, number: int) -> None:
    deputy = life.chance.choice((None, "counselor-b"))
    life.school.absent("counselor-a", deputy if not life.alone else None, days=2)


def _handed_over(life: Life, number: int) -> None:
    cases = life.school.desk("counselor-a").cases
    cases.assign_lead(life.case(number).id, staff_id("counselor-b"))
    if life.chance.random() < 0.6:
        life.school.desk("counselor-b").cases.accept_lead(life.case(number).id)


DEATH: Final[tuple[Step, ...]] = (
    lambda life, n: life.school.desk("head").cases.bereavement(life.school.number(n)),
    lambda life, n: life.school.desk("head").cases.alive(life.school.number(n), "she is here"),
)
STEPS: Final[tuple[Step, ...]] = (
    _reported,
    _reported,
    lambda life, n: life.case(n).assess("attention", "we spoke", life.second()),
    lambda life, n: life.case(n).assess("high", "we spoke"),
    lambda life, n: life.case(n).assess("imminent", "we spoke"),
    lambda life, n: life.case(n).declare_crisis(danger="self", place="home", proposal="go"),
    lambda life, n: life.case(n).declare_crisis(danger="self", place="home", proposal="go"),
    lambda life, n: life.case(n).stand_down("a film was made", second=life.second()),
    lambda life, n: life.case(n).guardian(
        guardian_id(n), life.chance.choice(("refuses", "not_reached"))
    ),
    lambda life, n: life.case(n).advise("a hospital, tonight", "declined"),
    lambda life, n: life.case(n).advise("a hospital, tonight", "declined"),
    lambda life, n: life.case(n).supervise("in_person", "Ms Wang", place="home"),
    lambda life, n: life.school.desk("counselor-a").cases.away(
        life.case(n).id, "home", "her mother"
    ),
    lambda life, n: life.school.desk("counselor-a").cases.transfer(
        life.case(n).id, "No 5", "Ms Zhao"
    ),
    _handed_over,
    _lead_is_away,
    DEATH[0],
    DEATH[0],
)


def lives(folder: Path, schools: int, seed: int) -> Counter[str]:
    """Play so many schools; the same seed gives the same lives."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    for number in range(schools):
        life = Life(folder / f"school-{number}", chance)
        found.update(life.played())
        life.school.close()
    return found


def test_every_call_about_an_opened_case_ends_and_somebody_sees_it(tmp_path: Path) -> None:
    found = lives(tmp_path, SCHOOLS, SEED)
    print(f"\n{found.total()} cases: " + ", ".join(f"{w} {n}" for w, n in found.most_common()))
    assert found.total() == SCHOOLS * len(NUMBERS)
    for way in ("answered", "unheard", "refused", "stood down", "after a stop", "dead", "alive"):
        assert found[way] >= 2, f"too few to say anything of: {way}"


def _forgets(*_: object, **__: object) -> list[e.Event]:
    return []


@pytest.mark.parametrize(
    ("room", "what", "steps", "schools"),
    [(deciding_time, "ask_next", STEPS, 4), (deciding_death, "_owed_again", DEATH, 4)],
)
def test_the_law_sees_what_is_dropped(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    room: Any,
    what: str,
    steps: tuple[Step, ...],
    schools: int,
) -> None:
    """The planted breaches: a step whose time is up asks nobody any more; and a death that is
    taken back owes nothing again."""
    assert callable(getattr(room, what))
    monkeypatch.setattr(room, what, _forgets)
    monkeypatch.setitem(globals(), "STEPS", steps)
    with pytest.raises(AssertionError, match=r"never ends|look at again"):
        lives(tmp_path, schools, SEED)
