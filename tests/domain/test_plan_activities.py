"""What the shipped plans switch on: every clause of theirs, in its phase, by somebody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.builtin.plans import shipped_plans
from psysafe.domain.activities import ACTIVITIES, PRINCIPLES, SOFTWARE, software_of
from psysafe.domain.clauses import CLAUSES, clauses_in
from psysafe.domain.plan import Origin, Plan
from psysafe.domain.plan_reading import read_plan
from psysafe.errors import InvalidDataError

#: The letters of the school plans that each shipped plan answers to.
CONTAINED = {"one-to-one@1": "A", "two-phase@1": "B", "three-tier@1": "C", "complete@1": "ABC"}
SITE = {"kind": "site", "ref": "leading group 2026-08-20"}
DAY = date(2026, 9, 1)
BEFORE_ONLY = {"online_counseling", "care_groups", "teacher_training"}
AFTER_ONLY = {
    "pressure_counseling",
    "linkage",
    "barometer",
    "professional_training",
    "reopening_guidance",
}


def read(extends: str, **changes: Any) -> Plan:
    plan, findings = read_plan({"format": 1, "extends": extends, **changes}, shipped_plans())
    assert findings == ()
    return plan


def phases(*ids: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": name, "from": DAY + timedelta(days=30 * n), "situation": "low", **more}
        for n, name in enumerate(ids)
    ]


def origins(plan: Plan) -> dict[str, Origin]:
    """Everything in a plan that names a clause as its reason, by what it switches on."""
    found = {f"activities.{a.id}": a.origin for a in plan.activities.values()}
    found |= {f"principles.{p.id}": p.origin for p in plan.principles.values()}
    for route in plan.routes:
        found[f"routes.{route.name}"] = route.origin
        for key, steps in (("steps", route.steps), ("end", route.end)):
            found |= {f"routes.{route.name}.{key}[{i}]": s.origin for i, s in enumerate(steps)}
    found |= {f"rights.{name}": right.origin for name, right in plan.rights.items()}
    return found


def named_by(plan: Plan, *tables: str) -> set[str]:
    return {
        clause
        for path, origin in origins(plan).items()
        if path.partition(".")[0] in tables and origin.kind == "clause"
        for clause in clauses_in(origin.ref)
    }


@pytest.mark.parametrize(("name", "letters"), CONTAINED.items())
def test_every_clause_of_a_plan_is_named_by_what_it_switches_on(name: str, letters: str) -> None:
    own = {clause for clause in CLAUSES if clause[0] in letters}
    assert named_by(read(name), "activities", "principles", "routes") == own


@pytest.mark.parametrize("name", shipped_plans())
def test_a_clause_that_is_named_is_one_of_the_school_plans(name: str) -> None:
    for path, origin in origins(read(name)).items():
        if origin.kind == "clause":
            assert clauses_in(origin.ref), path
            assert set(clauses_in(origin.ref)) <= set(CLAUSES), path
            assert origin.ref == ", ".join(clauses_in(origin.ref)), path


@pytest.mark.parametrize("name", shipped_plans())
def test_no_plan_gives_a_clause_of_another_as_its_reason(name: str) -> None:
    plan = read(name)
    found = origins(plan) | {
        f"deadlines.{duty}.{level}": deadline.origin
        for duty, levels in plan.deadlines.items()
        for level, deadline in levels.items()
    }
    letters = {
        path: {clause[0] for clause in clauses_in(origin.ref)} for path, origin in found.items()
    }
    # What carries out nothing of the school's plan is the house's own, and says so.
    assert {p: f for p, f in letters.items() if not f <= set(CONTAINED.get(name, ""))} == {}


@pytest.mark.parametrize("name", CONTAINED)
def test_a_right_that_a_clause_gives_names_it_in_the_plan_that_has_the_clause(name: str) -> None:
    rights, letters = read(name).rights, CONTAINED[name]
    given = {"open": "C4.3", "support": "A2.2, A2.3", "respond": "B1.1, B1.2"}
    for right, clauses in given.items():
        origin = rights[right].origin
        expected = ("clause", clauses) if clauses[0] in letters else ("suggestion", "house default")
        assert (origin.kind, origin.ref) == expected, right


@pytest.mark.parametrize("name", shipped_plans())
def test_every_activity_has_somebody_who_answers_for_it(name: str) -> None:
    for activity in read(name).activities.values():
        assert activity.role, activity.id
        assert activity.id in ACTIVITIES
        assert not activity.off


def test_every_word_of_the_register_is_used_by_some_plan() -> None:
    plans = [read(name) for name in shipped_plans()]
    assert {a for plan in plans for a in plan.activities} == set(ACTIVITIES)
    assert {p for plan in plans for p in plan.principles} == set(PRINCIPLES)


def test_the_complete_plan_contains_whatever_one_of_the_three_contains() -> None:
    complete = read("complete@1")
    for name in ("one-to-one@1", "two-phase@1", "three-tier@1"):
        part = read(name)
        assert part.activities.keys() <= complete.activities.keys()
        assert part.principles.keys() <= complete.principles.keys()
        for key, activity in part.activities.items():
            if activity.origin.kind == "clause":
                there = set(clauses_in(complete.activities[key].origin.ref))
                assert set(clauses_in(activity.origin.ref)) <= there, (name, key)


@pytest.mark.parametrize("name", ["two-phase@1", "complete@1"])
def test_the_reopening_date_switches_what_the_two_phases_have_apart(name: str) -> None:
    plan = read(name, phase=phases("before_reopening", "after_reopening"))
    before, after = DAY, DAY + timedelta(days=30)
    for activity in plan.activities:
        assert plan.active(activity, before) is (
            activity not in AFTER_ONLY | {"reopening_guidance"}
        )
        assert plan.active(activity, after) is (activity not in BEFORE_ONLY)


def test_a_plan_without_phases_switches_nothing_off() -> None:
    plan = read("complete@1")
    assert all(plan.active(activity, DAY) for activity in plan.activities)
    assert not plan.active("no_such_activity", DAY)


def test_what_a_plan_does_not_contain_is_not_active() -> None:
    assert not read("one-to-one@1").active("barometer", DAY)
    assert not read("three-tier@1").active("hotline", DAY)
    assert read("one-to-one@1").active("screening", DAY)


def test_a_phase_goes_back_and_takes_its_activities_back() -> None:
    there = phases("before_reopening", "after_reopening", "before_reopening")
    plan = read("two-phase@1", phase=there)
    days = [DAY + timedelta(days=30 * n) for n in range(3)]
    assert [plan.active("care_groups", day) for day in days] == [True, False, True]
    assert [plan.active("barometer", day) for day in days] == [False, True, False]


@pytest.mark.parametrize("grade", ["g10", "高一"])
def test_one_campus_goes_back_alone(grade: str) -> None:
    there = [
        *phases("after_reopening"),
        *phases("before_reopening", campus="east", grades=[grade]),
    ]
    plan = read("two-phase@1", phase=there)
    assert plan.active("care_groups", DAY, campus="east", grade="g10")
    assert not plan.active("care_groups", DAY, campus="east", grade="g11")
    assert not plan.active("care_groups", DAY)


def test_a_situation_switches_too() -> None:
    only_high = {"situations": ["high"], "role": "counselor", "origin": SITE}
    plan = read(
        "one-to-one@1",
        activities={"hotline": only_high},
        phase=[
            {"id": "term", "from": DAY, "situation": "low"},
            {"id": "term", "from": DAY + timedelta(days=30), "situation": "high"},
        ],
    )
    assert not plan.active("hotline", DAY)
    assert plan.active("hotline", DAY + timedelta(days=30))


def test_a_school_does_without_an_activity_and_says_why() -> None:
    plan = read("one-to-one@1", activities={"hotline": {"off": True, "origin": SITE}})
    assert not plan.active("hotline", DAY)
    data = {"format": 1, "extends": "one-to-one@1", "activities": {"hotline": {"off": True}}}
    _, findings = read_plan(data, shipped_plans())
    assert [(f.code, f.where["path"]) for f in findings] == [("PSY105", "activities.hotline")]


def test_a_school_adds_an_activity_of_its_own_by_name() -> None:
    tea = {"name": "校长茶话会", "role": "leading_group_head", "note": "每周五", "origin": SITE}
    plan = read("three-tier@1", activities={"tea": tea})
    assert plan.active("tea", DAY)
    assert software_of("tea") == "own"
    with pytest.raises(InvalidDataError) as refused:
        read("three-tier@1", activities={"tea": {**tea, "name": ""}})
    assert refused.value.findings[0].code == "PSY103"


def test_what_is_not_software_yet_says_so() -> None:
    assert {software_of(activity) for activity in ACTIVITIES} == set(SOFTWARE) - {"own"}
    assert software_of("screening") == "now"
    assert software_of("barometer") == "later"
    assert software_of("crisis_group") == software_of("joint_intervention") == "part"


# ---- a day, a campus, a grade: one phase ---------------------------------------------------------

days = st.integers(0, 120).map(lambda n: DAY + timedelta(days=n))


@st.composite
def a_phase(draw: st.DrawFn) -> dict[str, Any]:
    first = draw(days)
    found: dict[str, Any] = {
        "id": draw(st.sampled_from(["before_reopening", "after_reopening", "exams"])),
        "from": first,
        "situation": draw(st.sampled_from(["low", "medium", "high"])),
    }
    if draw(st.booleans()):
        found["until"] = first + timedelta(days=draw(st.integers(0, 60)))
    if draw(st.booleans()):
        found["campus"] = draw(st.sampled_from(["east", "west"]))
    if draw(st.booleans()):
        found["grades"] = draw(st.lists(st.sampled_from(["g10", "g11"]), min_size=1, unique=True))
    return found


@given(
    st.lists(a_phase(), max_size=5),
    days,
    st.sampled_from([None, "east", "west"]),
    st.sampled_from(["", "g10", "g11", "g12"]),
)
def test_what_is_active_follows_from_the_one_phase_of_the_day(
    there: list[dict[str, Any]], day: date, campus: str | None, grade: str
) -> None:
    plan = read("complete@1", phase=there)
    phase = plan.phase_at(day, campus=campus, grade=grade)
    covering = [p for p in plan.phases if p.covers(day) and p.holds_for(campus, grade)]
    assert (phase is None) is (not covering)
    if phase is not None:
        assert phase in covering
        assert not any(p.rank > phase.rank for p in covering)
    for name, activity in plan.activities.items():
        assert plan.active(name, day, campus=campus, grade=grade) is activity.on_in(phase)
    turned = read("complete@1", phase=list(reversed(there)))
    if len({p.rank for p in covering}) == len(covering):
        assert turned.phase_at(day, campus=campus, grade=grade) == phase
