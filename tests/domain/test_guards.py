"""What stands before lowering a level and before closing a case: every combination, by a table."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import attrs
import pytest

from psysafe.domain.bars import Bar
from psysafe.domain.cases import guards
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, Duty, Run
from psysafe.domain.files import Case
from psysafe.domain.severity import Assessed, Level, NotAssessed, Provisional, Severity
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.errors import InvalidMoveError, NotFoundError
from psysafe.ids import Actor, CaseId, DutyId, PersonId, RunId
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id, student_id

MINE, ANOTHER = CaseId("case-000000000001"), CaseId("case-000000000002")
FIRST = Actor(staff_id("counselor-a"))
#: Who may be named as the second assessor of a student of grade 10.
SECONDS = (
    "counselor-a",
    "counselor-b",
    "counselor-c",
    "expert",
    "safeguarding",
    "homeroom-1",
    "head",
    "affairs",
    "doctor",
)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InventedSchool]:
    with open_school(tmp_path_factory.mktemp("guards") / "school") as opened:
        yield opened


@pytest.fixture(scope="module")
def world(school: InventedSchool) -> World:
    return gather(school.school, student_id(1)).world


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same school with one counselor for the grade."""
    with open_school(tmp_path_factory.mktemp("alone") / "school") as opened:
        opened.leaves("counselor-b")
        yield gather(opened.school, student_id(1)).world


def case_of(level: Level, **more: object) -> Case:
    return Case(id=MINE, lifecycle="open", level=level, signalled=MONDAY, **more)  # type: ignore[arg-type]


def refusal(step: Callable[[], None]) -> tuple[str, Mapping[str, object]] | None:
    """The code and the facts of a refusal; None where nothing was refused."""
    try:
        step()
    except InvalidMoveError as refused:
        finding = refused.finding
        return finding.code, finding.facts
    return None


def lowered(world: World, held: Severity | None, to: Severity, second: str | None) -> bool:
    """Whether the first counselor may set this level, with that second person."""
    case = case_of(NotAssessed(), assessed=held)
    named = staff_id(second) if second else None
    told = refusal(lambda: guards.may_lower(world, case, to, FIRST, named, MONDAY))
    assert told is None or (held is not None and told == ("PSY007", {"severity": held.value}))
    return told is None


def needs_two(held: Severity | None, to: Severity) -> bool:
    return (held, to) in {
        (Severity.HIGH, Severity.NONE),
        (Severity.HIGH, Severity.ATTENTION),
        (Severity.HIGH, Severity.MODERATE),
        (Severity.IMMINENT, Severity.NONE),
        (Severity.IMMINENT, Severity.ATTENTION),
        (Severity.IMMINENT, Severity.MODERATE),
        (Severity.IMMINENT, Severity.HIGH),
    }


@pytest.mark.parametrize("to", Severity)
@pytest.mark.parametrize("held", [None, *Severity])
def test_an_assessed_high_or_imminent_comes_down_by_two_counselors_of_the_grade_only(
    world: World, held: Severity | None, to: Severity
) -> None:
    for second in (None, *SECONDS):
        allowed = not needs_two(held, to) or second == "counselor-b"
        assert lowered(world, held, to, second) is allowed, second


@pytest.mark.parametrize("to", Severity)
@pytest.mark.parametrize("held", [None, *Severity])
def test_where_the_school_has_one_counselor_expert_or_safeguarding_lead_is_second(
    alone: World, held: Severity | None, to: Severity
) -> None:
    for second in (None, *SECONDS):
        allowed = not needs_two(held, to) or second in ("expert", "safeguarding")
        assert lowered(alone, held, to, second) is allowed, second


@pytest.mark.parametrize(("one", "second"), [(False, "counselor-b"), (True, "expert")])
def test_a_barred_person_is_nobodys_second(
    world: World, alone: World, one: bool, second: str
) -> None:
    here = alone if one else world
    assert lowered(here, Severity.HIGH, Severity.NONE, second)
    bar = Bar(person=staff_id(second), state="confirmed", at=MONDAY, by=staff_id("safeguarding"))
    barred = attrs.evolve(here, file=changed(here.file, bars=(bar,)))
    assert not lowered(barred, Severity.HIGH, Severity.NONE, second)


@pytest.mark.parametrize("lead", [None, "counselor-a", "counselor-b", "affairs"])
@pytest.mark.parametrize("supervisor", [None, "expert", "safeguarding", "head"])
def test_whoever_supervises_the_lead_is_second_to_what_the_lead_judges_and_to_nothing_else(
    world: World, lead: str | None, supervisor: str | None
) -> None:
    case = case_of(
        NotAssessed(),
        assessed=Severity.HIGH,
        lead=staff_id(lead) if lead else None,
        supervisor=staff_id(supervisor) if supervisor else None,
    )
    here = attrs.evolve(world, file=changed(world.file, case=case))
    for second in SECONDS:
        named = PersonId(Actor(str.join("", staff_id(second))))  # equal, not the same
        told = refusal(
            lambda n=named: guards.may_lower(here, case, Severity.NONE, FIRST, n, MONDAY)
        )
        supervises = lead == "counselor-a" and second == supervisor == "expert"
        assert (told is None) is (second == "counselor-b" or supervises), second


# -- closing -----------------------------------------------------------------------------------

LEVELS: tuple[Level, ...] = (
    NotAssessed(),
    *(Provisional(severity=s, rule="S:any") for s in Severity),
    *(Assessed(severity=s, assessor=PersonId(FIRST), at=MONDAY) for s in Severity),
)
_ENOUGH = timedelta(days=14)
#: Since when it has been calm, and whether that is long enough at the moment of the question.
CALM = (
    (None, False),
    (_ENOUGH - timedelta(microseconds=1), False),
    (_ENOUGH, True),
    (_ENOUGH + timedelta(days=100), True),
)
#: A duty of which kind and case is open, and whether it stands against the end.
OWED = (
    (None, None, False),
    ("tell_guardian", MINE, True),
    ("full_analysis", MINE, True),
    ("tell_guardian", ANOTHER, False),
    ("class_survey", None, False),
    *((kind, MINE, False) for kind in guards.GO_ON),
)
RUNS = ((None, False), (RUNNING, True), (STOPPED, False), (EXHAUSTED, False))


def _duty(kind: str, case: CaseId | None) -> Duty:
    return Duty(
        id=DutyId("duty-000000000001"),
        kind=kind,
        owner=PersonId(FIRST),
        due=MONDAY,
        fallback="head",
        origin="x",
        severity=Severity.MODERATE,
        opened=MONDAY,
        case=CaseId(str.join("", case)) if case is not None else None,  # equal, not the same
    )


def _run(state: str) -> Run:
    return Run(
        id=RunId("run-000000000001"),
        route="relay",
        purpose="crisis",
        severity=Severity.HIGH,
        case=MINE,
        started=MONDAY,
        steps=(),
        end=(),
        state=state,
    )


def blocking(world: World, case: Case) -> set[str]:
    told = refusal(lambda: guards.closable(world, case, MONDAY))
    assert told is None or told[0] == "PSY008"
    return set(str(told[1]["blocking"]).split(", ")) if told is not None else set()


@pytest.mark.clause("C4.3")
@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_a_case_closes_where_it_is_judged_calm_for_long_and_nothing_is_open(
    world: World, level: Level
) -> None:
    calm_enough = isinstance(level, Assessed) and level.severity in (
        Severity.NONE,
        Severity.ATTENTION,
    )
    for (since, long), (kind, owed_by, stands), (state, called) in itertools.product(
        CALM, OWED, RUNS
    ):
        case = case_of(level, calm_since=MONDAY - since if since is not None else None)
        file = changed(
            world.file,
            case=case,
            duties=(_duty(kind, owed_by),) if kind else (),
            runs=(_run(state),) if state else (),
        )
        expected = set()
        if not calm_enough:
            expected.add("severity")
        if not long:
            expected.add("calm for 14 days")
        if stands:
            expected.add(f"duty {kind}")
        if called:
            expected.add("route relay")
        assert blocking(attrs.evolve(world, file=file), case) == expected


def test_every_reason_is_named_once_however_often_it_stands(world: World) -> None:
    case = case_of(LEVELS[0])
    duties = (_duty("tell_guardian", MINE), _duty("tell_guardian", MINE))
    file = changed(world.file, case=case, duties=duties, runs=(_run(RUNNING), _run(RUNNING)))
    told = refusal(lambda: guards.closable(attrs.evolve(world, file=file), case, MONDAY))
    assert told is not None
    named = str(told[1]["blocking"]).split(", ")
    assert sorted(named) == ["calm for 14 days", "duty tell_guardian", "route relay", "severity"]


def test_another_case_is_not_this_one(world: World) -> None:
    here = attrs.evolve(world, file=changed(world.file, case=case_of(NotAssessed())))
    assert guards.live_case(here, CaseId(str.join("", MINE))).id == MINE  # equal, not the same
    for wrong in (ANOTHER, CaseId("")):
        with pytest.raises(NotFoundError):
            guards.live_case(here, wrong)
    with pytest.raises(NotFoundError):
        guards.live_case(world, MINE)
