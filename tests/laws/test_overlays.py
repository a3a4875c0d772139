"""Rules beside the matrix: each says what it takes away or opens, and nothing else moves.

All of it exhaustively: every viewer, every set of states that a student can be in, every fact.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace

import attrs
import pytest

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain import privacy, privacy_overlays
from psysafe.domain.people import ENDED, Hat
from psysafe.domain.privacy import (
    CLINICAL_ITEMS,
    CRISIS_ITEMS,
    OVERLAY_RULES,
    Action,
    DecisionPlan,
    Effect,
    Policy,
    State,
    SubjectFacts,
    Viewer,
    plan_decisions,
)
from psysafe.domain.privacy_overlays import NEVER_FOR, PURPOSES
from psysafe.sensitivity import ItemClass

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
POLICY = Policy.compile(shipped_matrix())
ROW_IDS = {f"M:{viewer}:{item}:{state}" for viewer, item, state, _ in shipped_matrix()}
STATE_SETS = (
    frozenset({State.ROUTINE}),
    frozenset({State.ATTENTION}),
    frozenset({State.ATTENTION, State.CRISIS}),
    frozenset({State.ATTENTION, State.REFERRAL}),
    frozenset({State.ATTENTION, State.CRISIS, State.REFERRAL, State.REPORT}),
)
#: What a guardian's row shows in full of how a student is, and what is done.
DETAILS = {ItemClass.CRISIS_FLAG, ItemClass.SUPERVISION, ItemClass.REFERRAL_SUMMARY}
LATER = NOW + timedelta(hours=3)
SWITCHES: dict[str, object] = {
    "of_age": True,
    "has_a_say": True,
    "guardians_agreed": True,
    "danger": True,
    "relative": True,
    "exposure_closed": True,
    "glass_until": LATER,
    "erased": True,
    "notes_reviewed": True,
    "figure": 3,
}


def plan(
    viewer: Viewer,
    states: frozenset[State],
    about: SubjectFacts,
    *,
    purpose: str = "care",
    relation: str = "class",
    action: Action = Action.READ,
) -> DecisionPlan:
    hat = Hat(viewer=viewer.value, relation=relation, since=NOW - timedelta(days=9))
    return plan_decisions(
        POLICY, [hat], states, purpose=purpose, at=NOW, action=action, about=about
    )


@cache
def some_facts(most: int = 2) -> tuple[SubjectFacts, ...]:
    """Every combination of at most so many facts: no rule looks at more than three of them."""
    made = []
    for size in range(most + 1):
        for names in itertools.combinations(SWITCHES, size):
            made.append(SubjectFacts(**{name: SWITCHES[name] for name in names}))  # type: ignore[arg-type]
    return tuple(made)


def every_place() -> Iterator[tuple[Viewer, frozenset[State]]]:
    return itertools.product(Viewer, STATE_SETS)


def with_and_without(name: str) -> Iterator[tuple[Viewer, DecisionPlan, DecisionPlan]]:
    """Each pair of plans that differ in one fact: first without it, then with it."""
    for viewer, states in every_place():
        for about in some_facts():
            if getattr(about, name) == getattr(SubjectFacts(), name):
                there = attrs.evolve(about, **{name: SWITCHES[name]})
                yield viewer, plan(viewer, states, about), plan(viewer, states, there)


def everything_is_decided_by_one_rule_that_exists() -> bool:
    return all(
        plan(viewer, states, about).of(item).rule in ROW_IDS | set(OVERLAY_RULES)
        for viewer, states in every_place()
        for about in some_facts(3)
        for item in ItemClass
    )


def a_student_who_was_erased_shows_nothing_to_anybody() -> bool:
    return all(
        {(made.of(item).effect, made.of(item).rule) for item in ItemClass} == {(Effect.DENY, "X15")}
        for _, _, made in with_and_without("erased")
    )


def nothing_goes_into_a_school_record_an_honour_or_a_punishment() -> bool:
    return all(
        {(made.of(item).effect, made.of(item).rule) for item in ItemClass} == {(Effect.DENY, "X13")}
        for viewer, states in every_place()
        for purpose in NEVER_FOR
        for made in (plan(viewer, states, SubjectFacts(), purpose=purpose),)
    )


def a_relative_sees_nothing_clinical_and_loses_nothing_else() -> bool:
    for _, before, after in with_and_without("relative"):
        for item in ItemClass:
            if item in CLINICAL_ITEMS:
                if after.of(item).effect is not Effect.DENY:
                    return False
            elif after.of(item) != before.of(item):
                return False
    return True


def a_closed_purpose_hides_exposure_and_nothing_else() -> bool:
    for _, before, after in with_and_without("exposure_closed"):
        for item in ItemClass:
            if item is ItemClass.EXPOSURE:
                if after.of(item).effect is not Effect.DENY:
                    return False
            elif after.of(item) != before.of(item):
                return False
    return True


def guardians_of_a_student_of_age_see_nothing_unless_the_student_agrees() -> bool:
    for states in STATE_SETS:
        closed = plan(Viewer.GUARDIAN, states, SubjectFacts(of_age=True))
        opened = plan(Viewer.GUARDIAN, states, SubjectFacts(of_age=True, guardians_agreed=True))
        minor = plan(Viewer.GUARDIAN, states, SubjectFacts())
        if any(closed.of(item).effect is not Effect.DENY for item in ItemClass):
            return False
        if any(opened.of(item).effect is not minor.of(item).effect for item in ItemClass):
            return False
    return True


def guardians_of_a_student_who_has_a_say_see_a_summary_unless_the_student_agrees() -> bool:
    for states in STATE_SETS:
        row = plan(Viewer.GUARDIAN, states, SubjectFacts())
        closed = plan(Viewer.GUARDIAN, states, SubjectFacts(has_a_say=True))
        danger = plan(Viewer.GUARDIAN, states, SubjectFacts(has_a_say=True, danger=True))
        agreed = plan(Viewer.GUARDIAN, states, SubjectFacts(has_a_say=True, guardians_agreed=True))
        for item in ItemClass:
            full = row.of(item).effect is Effect.ALLOW
            short = full and item in DETAILS
            wanted = Effect.REDACT if short else row.of(item).effect
            if closed.of(item).effect is not wanted or (closed.of(item).rule == "G1") != short:
                return False
            if agreed.of(item) != row.of(item):
                return False
            if danger.of(item).effect is not row.of(item).effect:
                return False
            if ("tell_the_student_later" in danger.of(item).obligations) != short:
                return False
    return True


def having_a_say_touches_nobody_but_guardians() -> bool:
    return all(
        before.of(item) == after.of(item)
        for viewer, before, after in with_and_without("has_a_say")
        if viewer is not Viewer.GUARDIAN
        for item in ItemClass
    )


def being_of_age_touches_nobody_but_guardians() -> bool:
    return all(
        before.of(item) == after.of(item)
        for viewer, before, after in with_and_without("of_age")
        if viewer is not Viewer.GUARDIAN
        for item in ItemClass
    )


def danger_opens_to_guardians_what_the_crisis_needs_and_no_more_than_the_matrix() -> bool:
    for states in STATE_SETS:
        row = plan(Viewer.GUARDIAN, states, SubjectFacts())
        made = plan(Viewer.GUARDIAN, states, SubjectFacts(of_age=True, danger=True))
        for item in ItemClass:
            wanted = row.of(item).effect if item in CRISIS_ITEMS else Effect.DENY
            if made.of(item).effect is not wanted:
                return False
            told = "tell_the_student_later" in made.of(item).obligations
            if told != (wanted > Effect.DENY):
                return False
    return True


def danger_narrows_nothing_and_opens_to_guardians_alone() -> bool:
    for viewer, before, after in with_and_without("danger"):
        for item in ItemClass:
            if after.of(item).effect < before.of(item).effect:
                return False
            if after.of(item).effect > before.of(item).effect and (
                viewer is not Viewer.GUARDIAN or item not in CRISIS_ITEMS | DETAILS
            ):
                return False
    return True


def broken_glass_opens_what_was_offered_and_nothing_else() -> bool:
    for _, before, after in with_and_without("glass_until"):
        for item in ItemClass:
            one, other = before.of(item), after.of(item)
            if one.effect is Effect.BREAK_GLASS:
                if (other.effect, other.rule, other.expires) != (Effect.ALLOW, "X9", LATER):
                    return False
                if other.obligations != ("reason", "notice", "review"):
                    return False
            elif one != other:
                return False
    return True


def a_relation_that_is_over_leaves_the_crisis_items_only() -> bool:
    for viewer, states in every_place():
        holding = plan(viewer, states, SubjectFacts())
        over = plan(viewer, states, SubjectFacts(), relation=ENDED)
        for item in ItemClass:
            wanted = holding.of(item).effect if item in CRISIS_ITEMS else Effect.DENY
            if over.of(item).effect is not wanted:
                return False
    return True


def a_small_figure_hides_what_is_shown_in_figures_and_nothing_else() -> bool:
    for _, before, after in with_and_without("figure"):
        for item in ItemClass:
            one, other = before.of(item), after.of(item)
            if one.effect is Effect.STATISTICS:
                if (other.effect, other.rule) != (Effect.DENY, "X11"):
                    return False
            elif one != other:
                return False
    return True


def a_figure_of_k_or_of_nobody_is_shown() -> bool:
    return all(
        plan(viewer, states, SubjectFacts(figure=figure, k=k)).of(item)
        == plan(viewer, states, SubjectFacts()).of(item)
        for viewer, states in every_place()
        for figure, k in ((0, 5), (5, 5), (10, 10), (3, 3))
        for item in ItemClass
    )


def reviewed_notes_go_on_paper_to_whoever_they_are_about_and_nowhere_else() -> bool:
    theirs = (Viewer.STUDENT, Viewer.GUARDIAN)
    for viewer, states in every_place():
        for action, purpose in itertools.product(Action, ("own_record", "care")):
            before = plan(viewer, states, SubjectFacts(), action=action, purpose=purpose)
            told = SubjectFacts(notes_reviewed=True)
            after = plan(viewer, states, told, action=action, purpose=purpose)
            given = viewer in theirs and (action, purpose) == (Action.EXPORT, "own_record")
            for item in ItemClass:
                if given and item is ItemClass.COUNSELING_NOTES:
                    if (after.of(item).effect, after.of(item).rule) != (Effect.REDACT, "X16"):
                        return False
                elif after.of(item) != before.of(item):
                    return False
    return True


LAWS: dict[Callable[[], bool], str] = {
    everything_is_decided_by_one_rule_that_exists: "",
    a_student_who_was_erased_shows_nothing_to_anybody: "_erased",
    nothing_goes_into_a_school_record_an_honour_or_a_punishment: "_never_for",
    a_relative_sees_nothing_clinical_and_loses_nothing_else: "_relative",
    a_closed_purpose_hides_exposure_and_nothing_else: "_closed",
    guardians_of_a_student_of_age_see_nothing_unless_the_student_agrees: "_of_age",
    guardians_of_a_student_who_has_a_say_see_a_summary_unless_the_student_agrees: "_summary",
    having_a_say_touches_nobody_but_guardians: "",
    being_of_age_touches_nobody_but_guardians: "",
    danger_opens_to_guardians_what_the_crisis_needs_and_no_more_than_the_matrix: "_of_age",
    danger_narrows_nothing_and_opens_to_guardians_alone: "",
    broken_glass_opens_what_was_offered_and_nothing_else: "row_of_hat",
    a_relation_that_is_over_leaves_the_crisis_items_only: "row_of_hat",
    a_small_figure_hides_what_is_shown_in_figures_and_nothing_else: "_small",
    a_figure_of_k_or_of_nobody_is_shown: "",
    reviewed_notes_go_on_paper_to_whoever_they_are_about_and_nowhere_else: "_own_notes",
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_each_rule_beside_the_matrix_holds_everywhere(law: Callable[[], bool]) -> None:
    assert law()


@pytest.mark.parametrize(
    ("law", "rule"),
    [(law, rule) for law, rule in LAWS.items() if rule],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_rule_that_is_left_out_is_seen(
    law: Callable[[], bool], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = getattr(privacy_overlays, rule)
    left = SimpleNamespace(
        bars=tuple(bar for bar in privacy.BARS if bar is not named),
        overlays=tuple(one for one in privacy.OVERLAYS if one is not named),
    )
    monkeypatch.setattr(privacy, "BARS", left.bars)
    monkeypatch.setattr(privacy, "OVERLAYS", left.overlays)
    if rule == "row_of_hat":
        monkeypatch.setattr(privacy, rule, lambda asked, hat, item, row: row)
    if rule in ("_of_age", "_summary"):
        monkeypatch.setattr(privacy_overlays, rule, lambda asked, item, row: row)
    if rule in ("_small", "_own_notes"):
        monkeypatch.setattr(privacy_overlays, rule, lambda asked, row: row)
    privacy._plan.cache_clear()
    try:
        assert not law()
    finally:
        privacy._plan.cache_clear()


def test_whoever_may_break_the_glass_is_whoever_the_matrix_offers_it_to() -> None:
    offered = {viewer for viewer, _, _, effect in shipped_matrix() if effect == "break_glass"}
    assert offered <= {viewer.value for viewer in privacy_overlays.MAY_BREAK}


def test_what_is_forbidden_is_no_purpose_of_care() -> None:
    assert not NEVER_FOR & PURPOSES
