"""Law 13: a barred person finds what they would find if nobody had been accused.

Two schools with the same keys, clock and command ids. In one of them somebody is accused, barred,
and the school helps the child for days; in the other nothing happens. Then the barred person does
everything that a desk offers, and both transcripts are compared: answers, errors, messages, and
the calls to the store.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.builtin.policy import shipped_matrix
from psysafe.contracts.storage import Storage
from psysafe.domain.people import ENDED, Hat
from psysafe.domain.privacy import (
    CRISIS_ITEMS,
    Action,
    DecisionPlan,
    Effect,
    Policy,
    State,
    Viewer,
    may_know,
    plan_decisions,
)
from psysafe.domain.privacy_overlays import WITHOUT_A_CASE
from psysafe.errors import PsysafeError
from psysafe.sensitivity import ItemClass
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    MONDAY,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

POLICY = Policy.compile(shipped_matrix())
FATHER = str(guardian_id(1, 2))
#: Every relation in which a barred person can stand to the child.
ROLES = (
    "homeroom-1",
    "head",
    "counselor-a",
    FATHER,
    "grade-head-10",
    "duty",
    "safeguarding",
    "affairs",
    "doctor",
)


#: What needs the case's own id, which no barred person is ever given: it is answered alike, but a
#: store that knows the id is asked for more.
BY_LEAKED_ID = ("get", "acknowledge", "declare", "assess", "place", "guardian")


class Recorder:
    """A store that writes down what it is asked: the calls, the keys, the queries."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def called(*args: Any, **kwargs: Any) -> Any:
            asked = args[1] if len(args) > 1 else ()
            if name == "commit":
                asked = (asked.actor, len(asked.expect) > 0)
            self.calls.append((name, repr(asked)))
            return found(*args, **kwargs)

        return called


@attrs.frozen
class Watched:
    school: InventedSchool
    store: Recorder
    mail: RecordingChannel


def watched(folder: Path) -> Watched:
    made: list[Recorder] = []

    def wrap(inner: Storage) -> Storage:
        made.append(Recorder(inner))
        return made[-1]  # type: ignore[return-value]  # a proxy of every method

    mail = RecordingChannel()
    school = open_school(
        folder,
        wrap=wrap,
        channels={"mail": mail},
        plan='[delivery]\nchannels = ["inbox", "mail"]\n',
    )
    return Watched(school, made[-1], mail)


def said(action: Callable[[], Any]) -> Any:
    try:
        answer = action()
    except PsysafeError as error:
        finding = error.finding
        return type(error).__name__, str(error), finding.why, finding.cure, dict(finding.facts)
    if attrs.has(type(answer)):
        return {k: v for k, v in attrs.asdict(answer).items() if k != "command"}
    return answer


def deeds(school: InventedSchool, who: str, case: str) -> dict[str, Callable[[], Any]]:
    """All that somebody can do about student 1, and every list there is."""
    desk, child = school.desk(who), school.number(1)
    source = "guardian" if ":" in who else "teacher_observation"
    person = staff_id("homeroom-1")
    return {
        "about": lambda: desk.cases.about(child).data,
        "cases": desk.cases.list,
        "get": lambda: desk.cases.get(case).data,
        "acknowledge": lambda: desk.cases.acknowledge(case),
        "declare": lambda: desk.cases.declare(case, danger="self", place="home", proposal="x"),
        "assess": lambda: desk.cases.assess(case, "none", "because"),
        "place": lambda: desk.cases.place(case, "home"),
        "guardian": lambda: desk.cases.guardian(case, guardian_id(1), "reached"),
        "inbox": desk.inbox.list,
        "flags": desk.flags.list,
        "waiting": desk.signals.waiting,
        "notes": desk.signals.notes,
        "exposure": desk.exposure.facts,
        "counts": desk.exposure.counts,
        "support": desk.support.owed,
        "surveys": desk.surveys.list,
        "hand-overs": desk.hand_overs.list,
        "bars": desk.bars.list,
        "confirm": lambda: desk.bars.confirm(child, person),
        "lift": lambda: desk.bars.lift(child, person, "it was not so"),
        "told": lambda: desk.bars.hand_over(child, "police", "by telephone"),
        "first": lambda: desk.bars.first(child),
        "explain": lambda: desk.cases.explain(child, "high"),
        "read dismissed": lambda: desk.cases.read_dismissed(child),
        "accept": lambda: desk.hand_overs.accept(child),
        "log": lambda: desk.support.log(child, "telephone", "reached"),
        "support after it": desk.support.owed,
        "report": lambda: desk.signals.report(child, source, {"fear": "severe"}, place="home"),
    }


def before(school: InventedSchool) -> None:
    """What is the same in both: rounds, exposure, the case of a classmate."""
    teacher = school.desk("homeroom-1")
    for number in (1, 2):
        teacher.support.log(school.number(number), "telephone", "reached")
        school.desk("doctor").exposure.record(
            school.number(number),
            "fever",
            since=MONDAY - timedelta(days=1),
            closes=MONDAY + timedelta(days=90),
        )
    school.desk("counselor-b").signals.report(school.number(2), "message", {"fear": "marked"})
    school.tick(minutes=1)


def accused(school: InventedSchool, who: str, by: str, *, relative: bool, symptom: str) -> None:
    """Somebody says that this adult does harm, and the school helps the child."""
    person = who if ":" in who else str(staff_id(who))
    named = {"accused": person}
    if relative:
        named = {"accused": str(guardian_id(1)), "accused_also": (person,)}  # type: ignore[dict-item]
    school.desk(by).signals.report(
        school.number(1), "hotline", {symptom: "severe"}, dangers=("harm_by_adult",), **named
    )


def helped(school: InventedSchool, who: str, *, declared: bool) -> None:
    helper = school.desk("counselor-b")
    case = helper.cases.about(school.number(1))
    case.acknowledge()
    case.open()
    if declared:
        case.declare_crisis(danger="self", place="hospital", proposal="x", severity="imminent")


def _compare(
    one: Watched, other: Watched, who: str, case: str, only: tuple[str, ...] = ()
) -> dict[str, Any]:
    found = {}
    for name in only or [d for d in deeds(one.school, who, case) if d != "report"]:
        answers, calls = [], []
        first = max(one.school.ids.next_number, other.school.ids.next_number)
        for world in (one, other):
            world.school.ids.skip_to(first)
            world.store.calls.clear()
            answers.append(said(deeds(world.school, who, case)[name]))
            calls.append(list(world.store.calls))
        if answers[0] != answers[1]:
            found[name] = answers
        elif calls[0] != calls[1] and name not in BY_LEAKED_ID:
            found[name] = calls
    return found


def told(world: Watched, who: str) -> list[str]:
    """Every message that this person got outside the inbox."""
    return world.mail.texts(f"{who}@school.example")


def case_of(school: InventedSchool) -> str:
    return str(school.desk("counselor-b").cases.about(school.number(1)).id)


@given(
    who=st.sampled_from(ROLES),
    by=st.sampled_from(("spare", "counselor-b", "core")),
    relative=st.booleans(),
    symptom=st.sampled_from(("fear", "self_harm")),
    help_given=st.sampled_from(("none", "opened", "declared", "dismissed")),
    days=st.lists(st.integers(0, 3), min_size=1, max_size=2),
)
@settings(max_examples=40)
def test_a_barred_person_finds_what_they_would_find_without_the_case(
    who: str, by: str, relative: bool, symptom: str, help_given: str, days: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, other = watched(Path(folder) / "one"), watched(Path(folder) / "other")
        before(one.school)
        before(other.school)
        accused(one.school, who, by, relative=relative, symptom=symptom)
        case = case_of(one.school)
        if help_given == "dismissed":
            helper = one.school.desk("counselor-b").cases
            helper.acknowledge(case)
            helper.dismiss(case, "a misunderstanding")
        elif help_given != "none":
            helped(one.school, who, declared=help_given == "declared")
        for passed in days:
            one.school.tick(days=passed, minutes=40)
            other.school.tick(days=passed, minutes=40)
            assert _compare(one, other, who, case) == {}
            assert told(one, who) == told(other, who)


@pytest.mark.parametrize("who", ROLES)
def test_what_a_barred_person_reports_is_answered_as_any_report_is(
    tmp_path: Path, who: str
) -> None:
    """The same receipt, and "taken up" at the same time."""
    one, other = watched(tmp_path / "one"), watched(tmp_path / "other")
    for world in (one, other):
        before(world.school)
    accused(one.school, who, "core", relative=False, symptom="fear")
    assert _compare(one, other, who, "case-000000000000", ("report",)) == {}
    for world in (one, other):
        helped(world.school, who, declared=False)
        world.school.tick(days=4)
    notices = []
    for world in (one, other):
        lines = world.school.desk(who).inbox.list()
        notices.append([line["text"] for line in lines if line["purpose"] == "taken_up"])
    assert notices[0] == notices[1] != []


def test_the_comparison_sees_what_somebody_who_is_not_barred_sees(tmp_path: Path) -> None:
    """The law could be kept by comparing nothing."""
    one, other = watched(tmp_path / "one"), watched(tmp_path / "other")
    for world in (one, other):
        before(world.school)
    accused(one.school, "homeroom-1", "core", relative=False, symptom="fear")
    case = case_of(one.school)
    seen = set(_compare(one, other, "counselor-a", case))
    assert {"about", "cases", "get", "inbox", "told", "first"} <= seen
    assert {"bars", "lift"} <= set(_compare(one, other, "safeguarding", case))


def test_a_barred_teacher_keeps_their_class_their_rounds_and_their_lists(tmp_path: Path) -> None:
    one = watched(tmp_path / "one")
    before(one.school)
    teacher = one.school.desk("homeroom-1")
    lists = [teacher.support.owed(), teacher.exposure.facts(), teacher.cases.list()]
    assert {line["student"] for line in lists[0]} == {student_id(1), student_id(2)}
    accused(one.school, "homeroom-1", "core", relative=False, symptom="fear")
    helped(one.school, "homeroom-1", declared=True)
    assert [teacher.support.owed(), teacher.exposure.facts(), teacher.cases.list()] == lists


# -- the overlays themselves, over every viewer, state and action ----------------------------------


def _hat(viewer: Viewer, relation: str = "school") -> Hat:
    return Hat(viewer=viewer.value, relation=relation, since=MONDAY)


@pytest.mark.parametrize("viewer", Viewer)
@pytest.mark.parametrize("action", [Action.READ, Action.LIST, Action.COUNT, Action.EXPORT])
def test_x1_leaves_of_a_student_what_is_seen_of_every_student_and_no_more(
    viewer: Viewer, action: Action
) -> None:
    routine = frozenset({State.ROUTINE})

    def asked(barred: bool, states: frozenset[State]) -> DecisionPlan:
        return plan_decisions(
            POLICY,
            [_hat(viewer), _hat(Viewer.LEADING_GROUP)],
            states,
            purpose="care",
            at=MONDAY,
            action=action,
            barred=barred,
        )

    open_to_all = asked(False, routine)
    for states in (routine, frozenset(State)):
        plan = asked(True, states)
        assert not may_know(plan)
        for item in ItemClass:
            if item not in WITHOUT_A_CASE:
                assert (plan.of(item).effect, plan.of(item).rule) == (Effect.DENY, "X1")
    for item in WITHOUT_A_CASE:
        assert asked(True, routine).of(item) == open_to_all.of(item)


@pytest.mark.parametrize("viewer", Viewer)
def test_x8_leaves_of_an_ended_relation_what_a_crisis_needs_and_no_more(viewer: Viewer) -> None:
    for states in (frozenset({State.ATTENTION}), frozenset(State)):
        held, ended = (
            plan_decisions(POLICY, [_hat(viewer, relation)], states, purpose="care", at=MONDAY)
            for relation in ("school", ENDED)
        )
        for item in ItemClass:
            if item in CRISIS_ITEMS:
                assert ended.of(item).effect is held.of(item).effect
            else:
                assert (ended.of(item).effect, ended.of(item).rule) == (Effect.DENY, "X8")
