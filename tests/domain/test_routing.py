"""Who is asked next: every run of some steps, against an account of it written a second way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import attrs
import pytest

from psysafe.domain import events as e
from psysafe.domain import routing
from psysafe.domain.bars import OUTSIDE, Bar
from psysafe.domain.calendar import parse_within
from psysafe.domain.duties import Asked, Duty, Run, RunStep
from psysafe.domain.files import Case
from psysafe.domain.plan import Step
from psysafe.domain.severity import NotAssessed, Severity
from psysafe.domain.signals import Signal
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.ids import (
    Actor,
    CaseId,
    CommandId,
    CommandIds,
    DutyId,
    FlagId,
    NoticeId,
    PersonId,
    RunId,
    SignalId,
)
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, open_school, staff_id, student_id

CHILD = student_id(1)
CASE = CaseId("case-500000000000")
RUN = RunId("run-500000000000")
#: Who there is for a child of class 1 by each role; of one role there is nobody.
HOLDERS: Final = {
    "counselor": (staff_id("counselor-a"), staff_id("counselor-b")),
    "grade_head": (staff_id("grade-head-10"),),
    "homeroom_teacher": (staff_id("homeroom-1"),),
    "leading_group_head": (staff_id("head"),),
    "nobody_of_this_role": (),
}
WITHIN: Final = {
    "counselor": 10,
    "grade_head": 20,
    "homeroom_teacher": 5,
    "leading_group_head": 15,
    "nobody_of_this_role": 7,
}
PAIRS: Final = tuple(itertools.product(HOLDERS, repeat=2))
HEAD, DEPUTY, CORE = (staff_id(one) for one in ("head", "deputy-head", "core"))


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("routing") / "school") as opened:
        yield gather(opened.school, CHILD).world


def ids() -> CommandIds:
    return CommandIds(b"k" * 32, CommandId("cmd-000000000001"))


def step(role: str, cap: str | None = None) -> RunStep:
    return RunStep(
        role=role,
        relation="of_grade",
        channels=(f"over-{role}",),
        answer="any",
        within=f"{WITHIN[role]} min",
        origin="clause C1.1",
        cap=cap,
    )


def run_of(
    steps: tuple[str, ...], index: int = -1, asked: tuple[PersonId, ...] = (), **more: Any
) -> Run:
    return Run(
        id=RUN,
        route="linkage",
        purpose="linkage",
        severity=more.pop("severity", Severity.HIGH),
        case=CASE,
        started=MONDAY,
        steps=tuple(step(role) for role in steps),
        end=tuple(step(role) for role in more.pop("end", ("leading_group_head",))),
        index=index,
        asked=tuple(
            Asked(person=one, notice=NoticeId(f"notice-{n:012d}"), step=0)
            for n, one in enumerate(asked)
        ),
        **more,
    )


def without(world: World, *gone: PersonId) -> World:
    staff = {one: someone for one, someone in world.roster.staff.items() if one not in gone}
    return attrs.evolve(world, roster=changed(world.roster, staff=staff))


# -- a step ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", PAIRS)
def test_each_step_asks_whoever_was_not_asked_and_what_asks_nobody_is_passed_at_once(
    school: World, roles: tuple[str, str]
) -> None:
    everybody = tuple(dict.fromkeys(p for role in roles for p in HOLDERS[role]))
    for index, count in itertools.product((-1, 0, 1), range(len(everybody) + 1)):
        for asked in itertools.combinations(everybody, count):
            found = routing.ask_next(run_of(roles, index, asked), school, MONDAY, ids())
            _as_told(found, roles, index, set(asked))


def _as_told(
    found: list[e.Event], roles: tuple[str, ...], index: int, asked: set[PersonId]
) -> None:
    """Steps that are passed by, one that asks, its notices; or the end."""
    left = list(found)
    for at in range(index + 1, len(roles)):
        due = left.pop(0)
        new = [p for p in HOLDERS[roles[at]] if p not in asked]
        assert isinstance(due, e.RouteStepDue)
        assert (due.run, due.index, due.at, list(due.people)) == (RUN, at, MONDAY, new)
        if not new:
            assert due.skipped == ("asked_before" if HOLDERS[roles[at]] else "nobody")
            assert (due.due, due.notices) == (None, ())
            continue
        assert due.skipped == ""
        assert due.due == MONDAY + timedelta(minutes=WITHIN[roles[at]])
        told = [one.notice for one in left if isinstance(one, e.NoticeQueued)]
        assert len(told) == len(left)
        assert [n.receiver for n in told] == new
        assert tuple(n.id for n in told) == due.notices
        assert len({*due.notices}) == len(new)
        for one in told:
            assert (one.purpose, one.role, one.step) == ("linkage", roles[at], at)
            assert (one.run, one.case, one.student) == (RUN, CASE, CHILD)
            assert (one.answer_by, one.severity, one.queued) == (due.due, Severity.HIGH, MONDAY)
            assert one.channels == (f"over-{roles[at]}",)
        return
    assert isinstance(left[0], e.RouteExhausted)


def test_a_step_that_has_a_cap_is_due_by_it_whatever_the_school_days_say(school: World) -> None:
    slow = attrs.evolve(run_of(("counselor",)), steps=(_by_school_days(None),))
    capped = attrs.evolve(slow, steps=(_by_school_days("72 h"),))
    for run, due in (
        (slow, school.calendar.due(MONDAY, parse_within("5 school days"), None).at),
        (capped, MONDAY + timedelta(hours=72)),
    ):
        first = routing.ask_next(run, school, MONDAY, ids())[0]
        assert isinstance(first, e.RouteStepDue)
        assert first.due == due


def _by_school_days(cap: str | None) -> RunStep:
    return changed(step("counselor", cap), within="5 school days")


# -- the end ---------------------------------------------------------------------------------------


def _ended(found: list[e.Event]) -> tuple[e.RouteStepDue, list[e.NoticeQueued], list[Duty]]:
    over, due, *rest = found
    assert isinstance(over, e.RouteExhausted)
    assert (over.run, over.at) == (RUN, MONDAY)
    assert isinstance(due, e.RouteStepDue)
    told = [one for one in rest if isinstance(one, e.NoticeQueued)]
    owed = [one.duty for one in rest if isinstance(one, e.DutyOpened)]
    assert len(told) + len(owed) == len(rest)
    return due, told, owed


@pytest.mark.parametrize("end", PAIRS)
def test_the_end_tells_everybody_of_it_once_and_the_first_owes_a_telephone_call(
    school: World, end: tuple[str, str]
) -> None:
    roles = {p: role for role in reversed(end) for p in HOLDERS[role]}
    order = list(dict.fromkeys(p for role in end for p in HOLDERS[role]))
    run = run_of(("nobody_of_this_role",), 0, end=end, severity=Severity.IMMINENT)
    due, told, owed = _ended(routing.ask_next(run, school, MONDAY, ids()))
    assert (due.index, list(due.people), due.due, due.skipped) == (1, order, None, "")
    assert due.notices == tuple(one.notice.id for one in told)
    assert [one.notice.receiver for one in told] == order
    for one in told:
        n = one.notice
        assert (n.purpose, n.role, n.step) == ("route_unheard", roles[n.receiver], 1)
        assert (n.run, n.case, n.severity) == (RUN, CASE, Severity.IMMINENT)
        assert (n.channels, n.answer_by) == ((f"over-{roles[n.receiver]}",), None)
    (duty,) = owed
    assert duty.owner == (order[0] if order else HEAD)
    assert (duty.kind, duty.run, duty.case) == ("answer_unheard_route", RUN, CASE)
    assert (duty.severity, duty.opened) == (Severity.IMMINENT, MONDAY)
    assert duty.due == school.due("answer_unheard_route", Severity.IMMINENT, MONDAY)
    assert duty.fallback == "leading_group_deputy"


def test_where_nobody_is_left_to_owe_it_whoever_was_asked_last_does_and_then_who_reported(
    school: World,
) -> None:
    end = ("nobody_of_this_role",)
    nobody = without(school, HEAD, DEPUTY, CORE)
    first, last = HOLDERS["counselor"]
    asked = run_of((), end=end, asked=(first, last))
    _, told, (duty,) = _ended(routing.ask_next(asked, nobody, MONDAY, ids()))
    assert (duty.owner, told) == (last, [])
    for gone, heir in (((), HEAD), ((HEAD,), DEPUTY), ((HEAD, DEPUTY), CORE)):
        _, _, (duty,) = _ended(routing.ask_next(asked, without(school, *gone), MONDAY, ids()))
        assert duty.owner == heir

    unasked = run_of((), end=end)
    _, _, none = _ended(routing.ask_next(unasked, nobody, MONDAY, ids()))
    assert none == []  # a child reported for themselves, and there is nobody at all
    teachers = tuple(staff_id(f"homeroom-{number}") for number in (1, 2, 3))
    reported = [_reported(n, Actor(one)) for n, one in enumerate((*teachers, "student:x"))]
    heard = attrs.evolve(nobody, file=changed(nobody.file, signals=tuple(reported)))
    _, _, (duty,) = _ended(routing.ask_next(unasked, heard, MONDAY, ids()))
    assert duty.owner == teachers[2]


# -- the warning network ---------------------------------------------------------------------------

NETWORK: Final = ("homeroom_teacher", "grade_head")
TEACHER, GRADE_HEAD = (HOLDERS[role][0] for role in NETWORK)
HOUR: Final = timedelta(hours=1)


def _network(index: int, asked: tuple[PersonId, ...] = (), answered: int = 0) -> Run:
    """A network, each of whose levels is told although one before it has answered."""
    run = run_of(NETWORK, index, asked)
    return changed(
        run,
        purpose="warning",
        steps=tuple(changed(one, answer="onward") for one in run.steps),
        asked=tuple(
            changed(one, step=n, answered=MONDAY if n < answered else None)
            for n, one in enumerate(run.asked)
        ),
    )


def _called_otherwise(world: World, lowered: bool = False, **other: Any) -> World:
    """A world in which the teacher has answered another call, an hour after it was found milder."""
    by = other.pop("by", MONDAY)
    asked = Asked(
        person=TEACHER, notice=NoticeId("notice-900000000000"), step=0, answered=by or None
    )
    told = {"purpose": "linkage", "case": CASE, "severity": Severity.HIGH, **other}
    call = changed(run_of(("homeroom_teacher",), 0), asked=(asked,), **told)
    case = Case(
        id=CASE,
        lifecycle="open",
        level=NotAssessed(),
        signalled=MONDAY,
        lowered=MONDAY - HOUR if lowered else None,
    )
    return attrs.evolve(world, file=changed(world.file, runs=(call,), case=case))


def _first_asked(world: World) -> PersonId:
    found = routing.ask_next(_network(-1), world, MONDAY, ids())
    (told,) = [one.notice.receiver for one in found if isinstance(one, e.NoticeQueued)]
    return told


@pytest.mark.parametrize(
    ("other", "knows"),
    [
        ({}, True),
        ({"severity": Severity.IMMINENT}, True),
        ({"severity": Severity.MODERATE}, False),
        ({"purpose": "a way of the school's own"}, True),
        ({"purpose": "watch of the school's own"}, True),
        ({"purpose": "warning"}, False),
        ({"purpose": "".join(["warn", "ing"])}, False),
        ({"case": CaseId("case-600000000000")}, False),
        ({"case": CaseId("case-600000000000"), "severity": Severity.IMMINENT}, False),
        ({"by": None}, False),
        ({"lowered": True, "started": MONDAY}, True),
        ({"lowered": True, "started": MONDAY - HOUR}, False),
        ({"lowered": True, "started": MONDAY - 2 * HOUR}, False),
        ({"started": MONDAY - 2 * HOUR}, True),
    ],
)
def test_the_network_passes_by_whoever_answered_a_call_as_grave_about_the_case_since_it_rose(
    school: World, other: dict[str, Any], knows: bool
) -> None:
    world = _called_otherwise(school, **other)
    assert _first_asked(world) == (GRADE_HEAD if knows else TEACHER)


def test_the_network_ends_by_whoever_answered_last_and_else_unheard(school: World) -> None:
    for answered, by in ((2, GRADE_HEAD), (1, None), (0, None)):
        run = _network(1, (TEACHER, GRADE_HEAD), answered)
        first = routing.ask_next(run, school, MONDAY, ids())[0]
        if by is None:
            assert isinstance(first, e.RouteExhausted)
        else:
            assert isinstance(first, e.RouteStopped)
            assert (first.run, first.by, first.at) == (RUN, by, MONDAY)


def _reported(number: int, by: Actor) -> Signal:
    return Signal(id=SignalId(f"signal-{number:012d}"), source="one_to_one", at=MONDAY, reporter=by)


# -- nobody inside may be asked --------------------------------------------------------------------


def _barring(world: World, *people: PersonId, told: bool = False) -> World:
    bar = Bar(
        person=people[0],
        also=people[1:],
        by=Actor("staff:doctor"),
        at=MONDAY,
        authority_told=MONDAY if told else None,
    )
    return attrs.evolve(world, file=changed(world.file, bars=(bar,)), outside=("letter",))


@pytest.mark.parametrize("severity", Severity)
def test_where_all_whom_a_step_means_are_barred_the_authority_outside_is_told_once(
    school: World, severity: Severity
) -> None:
    roles = ("grade_head", "homeroom_teacher", "counselor")
    barred = (*HOLDERS["grade_head"], *HOLDERS["homeroom_teacher"])
    world = _barring(school, *barred)
    passed, authority, outside, second, asking, *_ = _sorted(
        routing.ask_next(run_of(roles, severity=severity), world, MONDAY, ids())
    )
    assert isinstance(authority, e.AuthorityTold)
    assert (authority.student, authority.at) == (CHILD, MONDAY)
    assert isinstance(outside, e.NoticeQueued)
    n = outside.notice
    assert (n.purpose, n.receiver, n.role) == (
        "everybody_barred",
        OUTSIDE,
        "education_authority",
    )
    assert n.severity == max(severity, Severity.HIGH)
    assert n.channels == ("inbox", "letter")
    assert (n.case, n.run) == (None, None)
    for one, index in ((passed, 0), (second, 1)):
        assert isinstance(one, e.RouteStepDue)
        assert (one.index, one.skipped) == (index, "nobody")
    assert isinstance(asking, e.RouteStepDue)
    assert asking.people == HOLDERS["counselor"]


def _sorted(found: list[e.Event]) -> list[e.Event]:
    """The first skip before what the authority is told: they are of one moment."""
    first = next(n for n, one in enumerate(found) if isinstance(one, e.RouteStepDue))
    return [found[first], *found[:first], *found[first + 1 :]]


def test_the_authority_is_told_neither_twice_nor_where_somebody_is_left_nor_without_a_bar(
    school: World,
) -> None:
    grade_head, (one, other) = HOLDERS["grade_head"], HOLDERS["counselor"]
    for world, roles in (
        (_barring(school, *grade_head, told=True), ("grade_head",)),
        (_barring(school, one), ("counselor",)),
        (_barring(school, one), ("nobody_of_this_role",)),
        (school, ("nobody_of_this_role",)),
    ):
        found = routing.ask_next(run_of(roles), world, MONDAY, ids())
        assert not routing.found_outside(found)
        assert not any(
            isinstance(x, e.NoticeQueued) and x.notice.receiver == OUTSIDE for x in found
        )
    left = routing.ask_next(run_of(("counselor",)), _barring(school, one), MONDAY, ids())[0]
    assert isinstance(left, e.RouteStepDue)
    assert left.people == (other,)
    assert routing.authority_told(school, Severity.HIGH, MONDAY, ids()) == []


# -- a run is frozen when it starts ----------------------------------------------------------------


def test_a_run_keeps_what_the_plan_said_when_it_started(school: World) -> None:
    plan = school.plan
    assert plan.routes
    for route, severity in itertools.product(plan.routes, Severity):
        (started,) = routing.start(route, CASE, severity, school, MONDAY, ids())
        run = started.run
        assert (run.route, run.purpose, run.severity) == (route.name, route.purpose, severity)
        assert (run.case, run.started, run.index, run.asked) == (CASE, MONDAY, -1, ())
        for frozen, steps in ((run.steps, route.steps), (run.end, route.end)):
            assert len(frozen) == len(steps)
            for kept, said in zip(frozen, steps, strict=True):
                _kept_as_said(school, severity, kept, said)


def _kept_as_said(school: World, severity: Severity, kept: RunStep, said: Step) -> None:
    assert (kept.role, kept.relation, kept.answer) == (said.role, said.relation, said.answer)
    assert kept.channels == (said.channels or school.plan.channels(severity))
    assert kept.origin == str(said.origin)
    asked = school.plan.deadline("acknowledge", severity)
    within = said.within or asked.within
    assert parse_within(kept.within) == within
    cap = None if said.within is not None else asked.cap
    assert (parse_within(kept.cap) if kept.cap else None) == cap


def test_a_notice_goes_over_the_plans_channels_where_none_are_named(school: World) -> None:
    about: dict[str, Any] = {"purpose": "crisis", "receiver": HEAD, "role": "leading_group_head"}
    for severity in Severity:
        said = routing.notice(ids(), school, MONDAY, severity=severity, **about).notice
        assert said.channels == school.plan.channels(severity)
        assert (said.run, said.case, said.step, said.answer_by) == (None, None, 0, None)
        own = routing.notice(ids(), school, MONDAY, severity=severity, channels=("x",), **about)
        assert own.notice.channels == ("x",)


# -- a duty that is late ---------------------------------------------------------------------------


def _owed(kind: str, owner: PersonId, fallback: str, **more: Any) -> Duty:
    return Duty(
        id=DutyId("duty-500000000000"),
        kind=kind,
        owner=owner,
        due=MONDAY - timedelta(minutes=1),
        fallback=fallback,
        origin="clause C6.2",
        severity=Severity.HIGH,
        opened=MONDAY - timedelta(hours=1),
        case=CASE,
        **more,
    )


def _heirs(world: World, duty: Duty) -> list[PersonId | None]:
    """Who owes it, one after the other, each of them late."""
    found: list[PersonId | None] = []
    for _ in range(8):
        passed = routing.handed_on(world, duty, MONDAY)
        assert (passed.duty, passed.at) == (duty.id, MONDAY)
        if passed.to is None:
            assert passed.due == duty.due
            return [*found, None]
        assert passed.due == world.due(duty.kind, duty.severity, MONDAY)
        found.append(passed.to)
        duty = changed(duty, owner=passed.to, had_by=(*duty.had_by, duty.owner))
    raise AssertionError("it goes round and round")


def test_a_late_duty_goes_to_its_fallback_and_then_along_the_leading_group(school: World) -> None:
    kind, owner = "tell_homeroom_teacher", staff_id("counselor-a")
    assert _heirs(school, _owed(kind, owner, "grade_head")) == [
        *HOLDERS["grade_head"],
        HEAD,
        DEPUTY,
        CORE,
        None,
    ]
    assert _heirs(without(school, HEAD), _owed(kind, owner, "nobody_of_this_role")) == [
        DEPUTY,
        CORE,
        None,
    ]
    had = _owed(kind, owner, "grade_head", had_by=HOLDERS["grade_head"])
    assert _heirs(school, had) == [HEAD, DEPUTY, CORE, None]


def test_a_student_whom_nobody_reaches_goes_to_the_grade_head_and_then_to_the_center(
    school: World,
) -> None:
    duty = _owed("not_reached", staff_id("homeroom-1"), "grade_head")
    assert _heirs(school, duty) == [
        *HOLDERS["grade_head"],
        *HOLDERS["counselor"],
        HEAD,
        DEPUTY,
        CORE,
        None,
    ]


def test_a_late_review_goes_only_to_whoever_may_read_a_flag(school: World) -> None:
    duty = _owed(
        "review_flag", staff_id("counselor-a"), "grade_head", flag=FlagId("flag-500000000000")
    )
    heirs = _heirs(school, duty)
    assert heirs[0] == staff_id("counselor-b")
    assert heirs[-1] is None
    for heir in heirs[:-1]:
        assert heir is not None
        roles = {held.role for held in school.roster.roles_of(heir, MONDAY)}
        assert any(school.plan.may("review_flag", role) for role in roles)


def test_what_lies_with_somebody_who_left_goes_back_to_one_who_had_it_before(
    school: World,
) -> None:
    gone, before = staff_id("counselor-a"), (staff_id("grade-head-10"), HEAD, DEPUTY, CORE)
    duty = _owed("tell_homeroom_teacher", gone, "grade_head", had_by=before)
    assert routing.handed_on(school, duty, MONDAY).to is None
    back = routing.handed_on(without(school, gone), duty, MONDAY)
    assert back.to == before[0]
    assert back.due > MONDAY
