"""Laying plans over one another: the law of the order, and no figure with another's origin."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from psysafe.domain.plan_merging import STATED, Layer, changes, merged, set_in, whole

FIGURES = st.fixed_dictionaries(
    {},
    optional={
        "within": st.sampled_from(["1 h", "2 h", "3 h"]),
        "fallback": st.sampled_from(["counselor", "grade_head"]),
        "cap": st.sampled_from(["1 h", "9 h"]),
    },
)


@st.composite
def an_entry(draw: st.DrawFn) -> dict[str, Any]:
    """An entry of a plan; the origin, where there is one, names just these figures."""
    figures: dict[str, Any] = draw(FIGURES)
    if figures and draw(st.booleans()):
        figures["origin"] = {"kind": "site", "ref": repr(sorted(figures.items()))}
    return figures


plans = st.dictionaries(
    st.sampled_from(["triage", "reassess"]),
    st.dictionaries(st.sampled_from(["high", "any"]), an_entry(), max_size=2),
    max_size=2,
).map(lambda deadlines: {"deadlines": deadlines})


@given(plans, plans, plans)
def test_it_does_not_matter_which_two_of_three_are_laid_together_first(
    low: Any, middle: Any, high: Any
) -> None:
    assert merged(merged(low, middle), high) == merged(low, merged(middle, high))


@given(plans)
def test_a_plan_that_says_nothing_changes_nothing(plan: Any) -> None:
    assert merged(plan, {}) == merged({}, plan) == plan


@given(plans, plans)
def test_whoever_states_a_figure_never_keeps_the_origin_of_the_one_before(
    low: Any, high: Any
) -> None:
    found = merged(low, high)
    for duty, entries in high["deadlines"].items():
        for severity, own in entries.items():
            if own.keys() & STATED:
                assert found["deadlines"][duty][severity].get("origin") == own.get("origin")


def figures(plan: Any) -> dict[str, Any]:
    return {
        f"deadlines.{duty}.{severity}.{key}": value
        for duty, entries in plan["deadlines"].items()
        for severity, entry in entries.items()
        for key, value in entry.items()
        if key != "origin"
    }


@given(plans, plans)
def test_what_differs_is_each_figure_that_the_own_plan_says_otherwise(low: Any, high: Any) -> None:
    layers = (Layer("own", high), Layer("shipped", low))
    before, after = figures(low), figures(whole(layers))
    told = {c.path: (c.before, c.after) for c in changes(layers) if not c.path.endswith("origin")}
    different = {path for path, value in after.items() if before.get(path) != value}
    assert told == {path: (before.get(path), after[path]) for path in different}
    assert {set_in(layers, *path.split(".")) for path in told} <= {"own"}
