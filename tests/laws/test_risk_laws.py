"""Law 5: worse never lowers, more never lowers, and every level names at least one rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from psysafe.builtin.plans import shipped_plans
from psysafe.domain.codes import DANGER_FACTS, DEGREES, SYMPTOMS
from psysafe.domain.plan import Plan
from psysafe.domain.plan_reading import read_plan
from psysafe.domain.risk import judge
from psysafe.domain.severity import Severity

DEGREE = tuple(DEGREES)
SAID = {"kind": "site", "ref": "a school"}
severities = st.sampled_from([s.value for s in Severity])
symptoms = st.dictionaries(st.sampled_from(tuple(SYMPTOMS)), st.sampled_from(DEGREE), max_size=6)
dangers = st.frozensets(st.sampled_from(tuple(DANGER_FACTS)), max_size=4)
#: Whatever a school may write into its plan, sensible or not.
entries = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "symptoms": st.lists(
                    st.sampled_from([*SYMPTOMS, "any"]), min_size=1, max_size=3, unique=True
                ),
                "degree": st.sampled_from(DEGREE),
                "severity": severities,
                "origin": st.just(SAID),
            }
        ),
        st.fixed_dictionaries(
            {
                "dangers": st.lists(
                    st.sampled_from(tuple(DANGER_FACTS)), min_size=1, max_size=2, unique=True
                ),
                "severity": severities,
                "origin": st.just(SAID),
            }
        ),
    ),
    max_size=8,
)


def plan_with(risk: list[Mapping[str, Any]] | None = None) -> Plan:
    own: dict[str, object] = {"format": 1, "extends": "three-tier@1"}
    if risk is not None:
        own["risk"] = risk
    return read_plan(own, shipped_plans())[0]


SHIPPED = plan_with()


@given(entries, symptoms, dangers, st.data())
def test_a_worse_degree_never_lowers_the_level(
    risk: list[Mapping[str, Any]],
    given_symptoms: dict[str, str],
    given_dangers: frozenset[str],
    data: st.DataObject,
) -> None:
    for plan in (SHIPPED, plan_with(risk)):
        before, _ = judge(plan, given_symptoms, tuple(given_dangers))
        for symptom, degree in given_symptoms.items():
            worse = data.draw(st.sampled_from(DEGREE[DEGREE.index(degree) :]))
            after, _ = judge(plan, {**given_symptoms, symptom: worse}, tuple(given_dangers))
            assert after >= before


@given(entries, symptoms, symptoms, dangers, dangers)
def test_a_further_fact_never_lowers_the_level(
    risk: list[Mapping[str, Any]],
    few: dict[str, str],
    more: dict[str, str],
    some: frozenset[str],
    others: frozenset[str],
) -> None:
    for plan in (SHIPPED, plan_with(risk)):
        before, _ = judge(plan, few, tuple(some))
        after, _ = judge(plan, {**more, **few}, tuple(some | others))
        assert after >= before


@given(entries, symptoms, dangers)
def test_every_level_has_its_reasons_the_worst_first_and_is_never_none(
    risk: list[Mapping[str, Any]], given_symptoms: dict[str, str], given_dangers: frozenset[str]
) -> None:
    severity, reasons = judge(plan_with(risk), given_symptoms, tuple(given_dangers))
    assert severity >= Severity.ATTENTION
    assert all(reason.rule.startswith("S:") for reason in reasons)
    assert {reason.code for reason in reasons} >= {*given_symptoms, *given_dangers}


def test_a_fact_on_which_the_plan_is_silent_is_never_low() -> None:
    silent = plan_with([])
    assert judge(silent, {"fear": "some"}, ())[0] is Severity.MODERATE
    assert judge(silent, {}, ("act",))[0] is Severity.HIGH


def test_the_house_means_by_each_symptom_and_degree_what_it_says_in_its_plan() -> None:
    """The whole table, so that a changed figure is seen."""
    found = {
        (symptom, degree): judge(SHIPPED, {symptom: degree}, ())[0].value
        for symptom in SYMPTOMS
        for degree in DEGREE
    }
    grave = ("moderate", "high", "imminent")
    other = ("attention", "moderate", "high")
    for symptom in SYMPTOMS:
        rows = grave if symptom in ("self_harm", "harm_to_others") else other
        assert tuple(found[symptom, degree] for degree in DEGREE) == rows
    single = {danger: judge(SHIPPED, {}, (danger,))[0].value for danger in DANGER_FACTS}
    assert single == {
        "act": "imminent",
        "plan": "high",
        "means": "high",
        "farewell": "imminent",
        "whereabouts_unknown": "imminent",
        "harm_by_adult": "high",
    }
    assert judge(SHIPPED, {}, ("plan", "means"))[0] is Severity.IMMINENT
