"""Questions in plain words, the states of a student, and what a matrix must be to be one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain.people import ENDED
from psysafe.domain.privacy import (
    CLINICAL_ITEMS,
    CRISIS_ITEMS,
    REDACTED_FORMS,
    Action,
    Effect,
    Policy,
    State,
    StateFacts,
    Viewer,
    privacy_states,
)
from psysafe.domain.privacy_questions import FACTS, MAY_SAY, NEEDED, NUMBERS, answer, plan_of
from psysafe.domain.privacy_states import ENDED_LIFECYCLES, LIVE_LIFECYCLES
from psysafe.errors import InvalidDataError
from psysafe.sensitivity import ItemClass, Trust

I = ItemClass  # noqa: E741
NOW: Final = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
POLICY: Final = Policy.compile(shipped_matrix())


def asked(viewer: str = "counselor_assigned", item: str = "risk_level", **more: Any) -> Any:
    return answer(POLICY, {"viewer": viewer, "item": item, **more})


# -- questions in plain words -----------------------------------------------------------------


def test_a_question_needs_a_viewer_and_an_item_and_stands_for_a_quiet_read() -> None:
    assert asked() == {
        "effect": "allow",
        "rule": "M:counselor_assigned:risk_level:routine",
        "hat": "counselor_assigned",
    }
    plan = plan_of(POLICY, {"viewer": "police", "item": "contact"}).asked
    assert plan.states == {State.ROUTINE}
    assert (plan.purpose, plan.action, plan.trust) == ("care", Action.READ, None)
    assert (plan.objections, plan.barred) == (frozenset(), False)
    (hat,) = plan.hats
    assert (hat.viewer, hat.relation, hat.until) == ("police", "of_student", None)
    assert plan.about.glass_until is None
    assert not any(getattr(plan.about, fact) for fact in FACTS if hasattr(plan.about, fact))


def test_what_is_denied_names_no_hat_and_what_is_owed_is_listed() -> None:
    denied = asked("police", "scale_items")
    assert denied == {"effect": "deny", "rule": "M:police:scale_items:routine"}
    formed = asked("homeroom_teacher", states=["attention"])
    assert formed["obligations"] == ["what_to_do"]
    assert formed["hat"] == "homeroom_teacher"


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"states": ["attention", "crisis"]}, "M:counselor_assigned:risk_level:attention"),
        ({"states": ["attention", "attention"]}, "M:counselor_assigned:risk_level:attention"),
        ({"states": ["attention", "holiday"]}, "X2"),
        ({"states": []}, "X2"),
        ({"viewer": "headmaster"}, "X2"),
        ({"item": "shoe_size"}, "X2"),
        ({"action": "peek"}, "X2"),
        ({"purpose": "curiosity"}, "X2"),
        ({"purpose": "honours"}, "X13"),
        ({"relation": "ended"}, "X8"),
        ({"relation": "of_school"}, "M:counselor_assigned:risk_level:routine"),
        ({"trust": "shared"}, "X10"),
        ({"trust": "unheard_of"}, "X10"),
        ({"trust": "sealed"}, "M:counselor_assigned:risk_level:routine"),
        ({"objects": "deny"}, "P1"),
        ({"objects": "lower"}, "P1"),
        ({"objects": "widen"}, "P1"),
        ({"facts": {"erased": True}}, "X15"),
        ({"facts": {"erased": False}}, "M:counselor_assigned:risk_level:routine"),
        ({"facts": {"relative": True}}, "X6"),
        ({"facts": {"barred": True}}, "X1"),
        ({"item": "exposure", "facts": {"exposure_closed": True}}, "X3"),
    ],
)
def test_a_question_is_answered_by_the_rule_that_it_meets(more: dict[str, Any], rule: str) -> None:
    assert asked(**more)["rule"] == rule


def test_a_wish_to_lower_lowers_and_any_other_word_denies() -> None:
    assert asked(objects="lower")["effect"] == "redact"
    assert asked(objects="deny")["effect"] == asked(objects="widen")["effect"] == "deny"


def test_facts_of_a_guardians_sight_are_yes_or_no() -> None:
    flag = {"viewer": "guardian", "item": "crisis_flag", "states": ["attention", "crisis"]}

    def found(**facts: bool) -> tuple[str, str]:
        told = answer(POLICY, {**flag, "facts": facts})
        return told["effect"], told["rule"]

    row = "M:guardian:crisis_flag:crisis"
    assert found() == ("allow", row)
    assert found(of_age=True) == ("deny", "X7")
    assert found(of_age=True, guardians_agreed=True) == ("allow", row)
    assert found(of_age=True, danger=True) == ("allow", "X5")
    assert found(has_a_say=True) == ("redact", "G1")
    glass = {"viewer": "counselor_unassigned", "item": "scale_items", "states": ["crisis"]}
    opened = answer(POLICY, {**glass, "facts": {"glass_broken": True}})
    assert (opened["effect"], opened["rule"]) == ("allow", "X9")
    shut = answer(POLICY, {**glass, "facts": {"glass_broken": False}})
    assert shut["effect"] == "break_glass"


def test_a_figure_is_asked_about_with_its_number_and_k_of_five_where_none_is_said() -> None:
    def found(**facts: int) -> str:
        asked_about = {"viewer": "grade_head", "item": "mood_checkin", "facts": facts}
        rule: str = answer(POLICY, asked_about)["rule"]
        return rule

    row = "M:grade_head:mood_checkin:routine"
    assert [found(), found(figure=0), found(figure=5), found(figure=3, k=3)] == [row] * 4
    assert [found(figure=4), found(figure=1), found(figure=9, k=10)] == ["X11"] * 3


def test_reviewed_notes_are_asked_about_by_their_own_fact() -> None:
    paper = {"purpose": "own_record", "action": "export", "facts": {"notes_reviewed": True}}
    told = asked("student", "counseling_notes", **paper)
    assert (told["effect"], told["rule"]) == ("redact", "X16")


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ({"item": "contact"}, "viewer"),
        ({"viewer": "police"}, "item"),
        ({"viewer": "police", "item": "contact", "who": "me"}, "who"),
        *(
            ({"viewer": "police", "item": "contact", key: 7}, key)
            for key in ("viewer", "item", "relation", "action", "purpose", "trust", "objects")
        ),
        ({"viewer": "police", "item": "contact", "states": "crisis"}, "states"),
        ({"viewer": "police", "item": "contact", "states": [7]}, "states"),
        ({"viewer": "police", "item": "contact", "facts": ["danger"]}, "facts"),
        ({"viewer": "police", "item": "contact", "facts": {"rich": True}}, "facts.rich"),
        ({"viewer": "police", "item": "contact", "facts": {"danger": 1}}, "facts.danger"),
        ({"viewer": "police", "item": "contact", "facts": {"k": True}}, "facts.k"),
        ({"viewer": "police", "item": "contact", "facts": {"figure": -1}}, "facts.figure"),
        ({"viewer": "police", "item": "contact", "facts": {"figure": "3"}}, "facts.figure"),
    ],
)
def test_a_question_that_means_nothing_is_refused_and_its_key_named(
    question: Mapping[str, Any], key: str
) -> None:
    with pytest.raises(InvalidDataError) as refused:
        answer(POLICY, question)
    (finding,) = refused.value.findings
    assert (finding.code, finding.where, finding.facts) == ("PSY708", {"path": key}, {"key": key})


def test_every_key_that_may_be_said_is_taken() -> None:
    whole = {
        "viewer": "police",
        "item": "contact",
        "relation": ENDED,
        "states": ["crisis"],
        "action": "read",
        "purpose": "care",
        "facts": dict.fromkeys(FACTS, False) | dict.fromkeys(NUMBERS, 0),
        "trust": "sealed",
        "objects": "deny",
    }
    assert set(whole) == {*NEEDED, *MAY_SAY}
    assert answer(POLICY, whole)["effect"] == "deny"
    for action in Action:
        assert plan_of(POLICY, {**whole, "action": action.value}).asked.action is action
    for trust in Trust:
        assert plan_of(POLICY, {**whole, "trust": trust.name.lower()}).asked.trust is trust


# -- states -----------------------------------------------------------------------------------


def facts(**more: Any) -> StateFacts:
    return StateFacts(
        **{"live": True, "lifecycle": "open", "severity": "attention", "now": NOW, **more}
    )


def test_these_are_the_live_and_the_ended_states_of_a_case() -> None:
    assert set(LIVE_LIFECYCLES) == {"signalled", "triage", "open", "away", "closing"}
    assert set(ENDED_LIFECYCLES) == {"closed", "dismissed", "transferred", "void"}


def test_without_a_case_no_danger_makes_a_crisis_and_what_runs_beside_it_counts() -> None:
    none = {"live": False, "lifecycle": "none"}
    assert privacy_states(facts(**none, severity="imminent", declared=True)) == {State.ROUTINE}
    assert privacy_states(facts(**none, referral_active=True)) == {State.ROUTINE, State.REFERRAL}
    assert privacy_states(facts(**none, transfer_pending=True)) == {State.ROUTINE, State.REFERRAL}
    assert privacy_states(facts(**none, report_due=True)) == {State.ROUTINE, State.REPORT}


def test_a_code_that_nobody_knows_is_never_read_as_calm() -> None:
    for wrong in (
        {"severity": "green"},
        {"severity": "green", "lifecycle": "closed", "live": False},
        {"live": True, "lifecycle": "closed"},
        {"live": False, "lifecycle": "triage"},
        {"live": False, "lifecycle": "asleep"},
        {"live": True, "lifecycle": "none"},
    ):
        assert privacy_states(facts(**wrong)) == frozenset()


def test_what_was_lowered_long_ago_or_never_is_no_crisis_and_lowered_ahead_is_one() -> None:
    def crisis(**more: Any) -> bool:
        return State.CRISIS in privacy_states(facts(**more))

    assert not crisis()
    assert not crisis(stood_down=True)
    assert not crisis(lowered_at=NOW - timedelta(days=30))
    assert crisis(lowered_at=NOW - timedelta(days=29, hours=23))
    assert crisis(lowered_at=NOW + timedelta(days=1))
    assert crisis(declared=True, stood_down=True)
    for severity, grave in (
        ("none", False),
        ("attention", False),
        ("moderate", False),
        ("not_assessed", False),
        ("high", True),
        ("imminent", True),
    ):
        assert crisis(severity=severity) is grave


# -- the matrix as data -----------------------------------------------------------------------


def test_a_policy_gives_back_each_row_of_the_matrix_it_was_made_of() -> None:
    for viewer, item, state, effect in shipped_matrix():
        found = POLICY.effect(Viewer(viewer), I(item), State(state))
        assert found.code == effect


def every_set_of_states() -> Iterator[tuple[State, ...]]:
    for size in range(1, 6):
        yield from itertools.combinations(State, size)


@pytest.mark.parametrize("viewer", ["homeroom_teacher", "guardian", "education_authority"])
def test_of_several_states_the_widest_row_counts_and_the_first_such_is_named(viewer: str) -> None:
    who = Viewer(viewer)
    for states in every_set_of_states():
        for item, (effect, rule) in POLICY.widest(who, frozenset(states)).items():
            rows = [(POLICY.effect(who, item, state), state) for state in states]
            assert effect == max(found for found, _ in rows)
            first = next(state for found, state in rows if found == effect)
            assert rule == f"M:{viewer}:{item.value}:{first.value}"


def test_a_bad_row_is_named_by_its_number_from_one_and_its_fault_alone() -> None:
    rows = [list(row) for row in shipped_matrix()]
    for wrong, problem in (
        (["teacher", *rows[0][1:]], "names an unknown viewer"),
        ([rows[0][0], "shoe_size", *rows[0][2:]], "names an unknown item"),
        ([*rows[0][:2], "holiday", rows[0][3]], "names an unknown state"),
        ([*rows[0][:3], "maybe"], "names an unknown effect"),
        (rows[0][:3], "has not four cells"),
        ([*rows[0], "more"], "has not four cells"),
        (["police", "contact", "crisis", "redact"], "redacts an item that has no redacted form"),
        (
            ["police", "civil_identity", "crisis", "redact"],
            "redacts an item that has no redacted form",
        ),
        (rows[5], "stands twice"),
    ):
        with pytest.raises(InvalidDataError) as refused:
            Policy.compile([*rows[:7], wrong, *rows[7:]])
        (finding,) = refused.value.findings
        assert (finding.code, finding.where) == ("PSY701", {"row": 8})
        assert finding.facts == {"row": 8, "problem": problem}


def test_what_has_no_redacted_form_may_be_shown_hidden_offered_or_counted() -> None:
    for effect in Effect:
        if effect is not Effect.REDACT:
            rows = [
                (*row[:3], effect.code) if row[:2] == ("police", "contact") else row
                for row in shipped_matrix()
            ]
            made = Policy.compile(rows)
            assert made.effect(Viewer.POLICE, I.CONTACT, State.CRISIS) is effect


def test_a_missing_row_is_named_by_its_codes_after_the_bad_ones() -> None:
    rows = list(shipped_matrix())
    first = rows[0]
    with pytest.raises(InvalidDataError) as refused:
        Policy.compile([("teacher", *first[1:]), *rows[1:]])
    bad, missing = refused.value.findings
    assert bad.facts["row"] == 1
    assert missing.facts == {"row": f"M:{first[0]}:{first[1]}:{first[2]}", "problem": "is missing"}


def test_each_redacted_form_has_its_one_name() -> None:
    assert {item.value: form for item, form in REDACTED_FORMS.items()} == {
        "display_name": "case_code_and_grade",
        "class_placement": "grade",
        "exposure": "follow_up_needed_or_not",
        "observation": "what_to_watch_for_and_do",
        "reporter": "kind_of_source",
        "mood_checkin": "talk_suggested_or_not",
        "scale_level": "plain_advice",
        "scale_items": "answered_or_not",
        "counseling_notes": "facts_about_this_student",
        "risk_level": "what_to_do",
        "crisis_flag": "help_is_coming_and_whom_to_call",
        "safety_plan": "tasks_of_this_viewer",
        "supervision": "accompanied_or_not_and_where_to_go",
        "contact_log": "reached_or_not_and_who_tries_next",
        "referral_summary": "advice_given_and_what_to_do",
        "allegation": "a_protected_procedure_is_running",
        "consent": "status_per_purpose",
        "audit_trail": "role_time_and_item_class",
    }


def test_what_a_crisis_needs_and_what_is_clinical_are_these() -> None:
    crisis = "display_name contact class_placement crisis_flag safety_plan supervision contact_log"
    clinical = "observation mood_checkin scale_level scale_items counseling_notes risk_level"
    assert {item.value for item in CRISIS_ITEMS} == set(crisis.split())
    assert {item.value for item in CLINICAL_ITEMS} == set(clinical.split())
    assert not CRISIS_ITEMS & CLINICAL_ITEMS


def test_an_effect_is_written_as_the_matrix_writes_it() -> None:
    assert Effect.BREAK_GLASS.code == "break_glass"
    assert {effect.code for effect in Effect} == {row[3] for row in shipped_matrix()}
