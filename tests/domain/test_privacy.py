"""Privacy decisions, told as cases: one student, one person, one moment."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain.people import Hat
from psysafe.domain.privacy import (
    CRISIS_TAIL,
    REDACTED_FORMS,
    Action,
    Decision,
    DecisionPlan,
    Effect,
    ItemObjection,
    Policy,
    State,
    StateFacts,
    content_of_message,
    may_know,
    message_class,
    plan_decisions,
    privacy_states,
)
from psysafe.errors import InvalidDataError
from psysafe.sensitivity import ContentClass, ItemClass, Trust

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=200)
POLICY = Policy.compile(shipped_matrix())
I = ItemClass  # noqa: E741


def hat(viewer: str, **more: Any) -> Hat:
    return Hat(**{"viewer": viewer, "relation": "class", "since": LONG_AGO, **more})


def plan(
    *hats: Hat | str, states: tuple[State, ...] = (State.ATTENTION,), **more: Any
) -> DecisionPlan:
    worn = [h if isinstance(h, Hat) else hat(h) for h in hats]
    return plan_decisions(POLICY, worn, frozenset(states), **{"purpose": "care", "at": NOW, **more})


def facts(**more: Any) -> StateFacts:
    live = {"live": True, "lifecycle": "open", "severity": "attention", "now": NOW}
    return StateFacts(**{**live, **more})


# ---- what one person sees


def test_the_homeroom_teacher_learns_what_to_do_and_never_what_was_answered() -> None:
    seen = plan("homeroom_teacher", states=(State.ATTENTION, State.CRISIS))
    assert seen.of(I.RISK_LEVEL) == Decision(
        effect=Effect.REDACT,
        rule="M:homeroom_teacher:risk_level:attention",
        hat=hat("homeroom_teacher"),
        obligations=("what_to_do",),
    )
    assert seen.of(I.CRISIS_FLAG).rule == "M:homeroom_teacher:crisis_flag:crisis"
    assert seen.of(I.CRISIS_FLAG).effect is Effect.ALLOW
    assert seen.of(I.SCALE_ITEMS).effect is Effect.DENY
    assert seen.of(I.SCALE_ITEMS).rule == "M:homeroom_teacher:scale_items:attention"


def test_the_rule_named_is_the_first_row_in_the_order_of_states_that_gives_the_widest() -> None:
    seen = plan("guardian", states=(State.REPORT, State.REFERRAL, State.CRISIS, State.ATTENTION))
    assert seen.of(I.REFERRAL_SUMMARY).rule == "M:guardian:referral_summary:referral"
    assert seen.of(I.SUPERVISION).rule == "M:guardian:supervision:crisis"


def test_a_village_teacher_with_several_hats_sees_by_the_widest_and_is_told_which() -> None:
    seen = plan("leading_group", "homeroom_teacher", "grade_head")
    assert seen.of(I.OBSERVATION).hat == hat("homeroom_teacher")
    # Named is the first of equals in the matrix's order, whatever order the hats came in.
    turned = plan("grade_head", "homeroom_teacher", "leading_group")
    assert turned.of(I.OBSERVATION) == seen.of(I.OBSERVATION)
    assert seen.of(I.AUDIT_TRAIL).hat == hat("leading_group")


def test_of_two_like_hats_the_one_that_lasts_is_named() -> None:
    ends = NOW + timedelta(days=3)
    seen = plan(hat("grade_head", until=ends), hat("grade_head", relation="school"))
    assert seen.of(I.DISPLAY_NAME).expires is None
    assert plan(hat("grade_head", until=ends)).of(I.DISPLAY_NAME).expires == ends


def test_a_hat_counts_from_its_first_instant_until_just_before_its_last() -> None:
    tick = timedelta(microseconds=1)
    for_a_day = hat("homeroom_teacher", since=NOW, until=NOW + timedelta(days=1))
    for at, sees in (
        (NOW - tick, False),
        (NOW, True),
        (NOW + timedelta(days=1) - tick, True),
        (NOW + timedelta(days=1), False),
    ):
        assert plan(for_a_day, at=at).of(I.DISPLAY_NAME).shown is sees


# ---- X2: whatever is unknown is denied


@pytest.mark.parametrize(
    "unknown",
    [
        {"purpose": None},
        {"purpose": ""},
        {"purpose": "curiosity"},
        {"action": None},
        {"action": "read"},
        {"states": ()},
        {"states": (State.CRISIS, "holiday")},
        {"trust": "sealed"},
    ],
    ids=str,
)
def test_an_unknown_purpose_action_state_or_trust_denies_even_the_counselor(
    unknown: dict[str, Any],
) -> None:
    seen = plan("counselor_assigned", **unknown)
    assert {(made.effect, made.rule) for made in map(seen.of, ItemClass)} == {(Effect.DENY, "X2")}
    assert not may_know(seen)


def test_nobody_and_an_unknown_role_see_nothing_by_x2() -> None:
    for seen in (plan(), plan("headmaster")):
        assert all(seen.of(item) == Decision(effect=Effect.DENY, rule="X2") for item in I)


def test_an_unknown_hat_takes_nothing_from_a_known_one() -> None:
    assert plan("headmaster", "counselor_assigned").of(I.RISK_LEVEL).effect is Effect.ALLOW


def test_what_is_no_item_is_denied() -> None:
    assert plan("counselor_assigned").of("risk_level").rule == "X2"  # type: ignore[arg-type]


# ---- the narrower effects


def test_statistics_never_show_one_persons_value_not_even_to_a_count() -> None:
    seen = plan("grade_head", action=Action.COUNT)
    made = seen.of(I.MOOD_CHECKIN)
    assert made.effect is Effect.STATISTICS
    assert made.obligations == ("suppressed_figures_only",)
    assert not made.shown
    assert I.MOOD_CHECKIN in seen.withheld()


def test_breaking_the_glass_is_an_offer_that_shows_nothing_and_names_its_price() -> None:
    made = plan("counselor_unassigned", states=(State.ATTENTION, State.CRISIS)).of(I.SCALE_ITEMS)
    assert made.effect is Effect.BREAK_GLASS
    assert made.rule == "M:counselor_unassigned:scale_items:crisis"
    assert made.obligations == ("reason", "notice", "review")
    assert not made.shown


def test_a_case_exists_only_for_whoever_sees_the_level_or_the_flag_in_some_form() -> None:
    assert may_know(plan("homeroom_teacher"))
    assert not may_know(plan("homeroom_teacher", states=(State.ROUTINE,)))
    # Figures over many are no knowledge of one.
    assert not may_know(plan("education_authority", states=(State.ATTENTION, State.CRISIS)))
    assert may_know(plan("education_authority", states=(State.ATTENTION, State.REPORT)))
    for never in ("class_representative", "registrar", "it_admin", "author"):
        assert not may_know(plan(never, states=tuple(State)))


# ---- X10 and messages


def test_a_message_over_an_undeclared_channel_carries_nothing() -> None:
    for action in (Action.SEND, Action.OPEN):
        seen = plan("counselor_assigned", action=action)
        assert {(m.effect, m.rule) for m in map(seen.of, ItemClass)} == {(Effect.DENY, "X10")}


def test_a_personal_channel_lowers_the_level_to_its_advice_and_drops_what_has_no_lower_form() -> (
    None
):
    seen = plan("counselor_assigned", action=Action.SEND, trust=Trust.PERSONAL)
    assert seen.of(I.RISK_LEVEL) == Decision(
        effect=Effect.REDACT,
        rule="X10",
        hat=hat("counselor_assigned"),
        obligations=("what_to_do",),
    )
    assert seen.of(I.DISPLAY_NAME).rule == "M:counselor_assigned:display_name:attention"
    # Civil identity is K2 and has no redacted form; the form of a K3 item is itself K2.
    assert seen.of(I.CIVIL_IDENTITY) == Decision(effect=Effect.DENY, rule="X10")
    assert seen.of(I.COUNSELING_NOTES) == Decision(effect=Effect.DENY, rule="X10")


def test_answers_and_notes_are_read_on_screen_and_neither_sent_nor_exported_in_full() -> None:
    k3 = (I.SCALE_ITEMS, I.COUNSELING_NOTES, I.ALLEGATION, I.REPORTER)
    on_screen = plan("counselor_assigned")
    sent = plan("counselor_assigned", action=Action.SEND, trust=Trust.SEALED)
    exported = plan("counselor_assigned", action=Action.EXPORT)
    for item in k3:
        assert on_screen.of(item).effect is Effect.ALLOW
        assert sent.of(item).effect is Effect.REDACT
        assert exported.of(item).effect is Effect.REDACT
        assert exported.of(item).rule == "X10"


def test_a_message_holds_what_its_receiver_may_see_as_far_as_the_channel_may_carry_it() -> None:
    seen = plan("homeroom_teacher", states=(State.ATTENTION, State.CRISIS))
    wanted = (I.DISPLAY_NAME, I.CRISIS_FLAG, I.RISK_LEVEL, I.SCALE_ITEMS, I.DISPLAY_NAME)
    assert content_of_message(seen, wanted, Trust.SEALED) == (
        (I.DISPLAY_NAME, "full"),
        (I.CRISIS_FLAG, "full"),
        (I.RISK_LEVEL, "redacted"),
    )
    assert message_class(seen, wanted, Trust.SEALED) is ContentClass.K2
    assert content_of_message(seen, wanted, Trust.PERSONAL) == (
        (I.DISPLAY_NAME, "full"),
        (I.CRISIS_FLAG, "redacted"),
        (I.RISK_LEVEL, "redacted"),
    )
    assert message_class(seen, wanted, Trust.PERSONAL) is ContentClass.K1
    assert content_of_message(seen, wanted, Trust.SHARED) == ()
    assert message_class(seen, wanted, Trust.SHARED) is ContentClass.K0


def test_whoever_may_see_nothing_still_gets_something_needs_you() -> None:
    nobody = plan()
    assert content_of_message(nobody, tuple(I), Trust.SEALED) == ()
    assert message_class(nobody, tuple(I), Trust.SEALED) is ContentClass.K0


@pytest.mark.parametrize("trust", [Trust.PUBLIC, None])
def test_nothing_about_one_person_goes_to_a_public_or_unknown_channel(trust: Trust | None) -> None:
    seen = plan("counselor_assigned")
    assert content_of_message(seen, tuple(I), trust) == ()
    assert message_class(seen, tuple(I), trust) is None


# ---- objections


def test_an_objection_is_named_as_such_and_denies_only_its_item() -> None:
    objections = frozenset({ItemObjection(item=I.OBSERVATION, wish="deny")})
    seen = plan("counselor_assigned", objections=objections)
    assert seen.of(I.OBSERVATION) == Decision(effect=Effect.DENY, rule="P1")
    assert seen.of(I.RISK_LEVEL).effect is Effect.ALLOW


def test_a_failed_plugin_denies_every_item() -> None:
    seen = plan("counselor_assigned", objections=frozenset({ItemObjection(item=None, wish="deny")}))
    assert all(seen.of(item).rule == "P1" for item in I)


def test_a_wish_to_lower_gives_the_redacted_form_on_screen_and_leaves_a_message() -> None:
    lower = frozenset({ItemObjection(item=None, wish="lower")})
    on_screen = plan("counselor_assigned", objections=lower)
    assert on_screen.of(I.RISK_LEVEL).form == "what_to_do"
    assert on_screen.of(I.RISK_LEVEL).rule == "P1"
    assert on_screen.of(I.CONTACT) == Decision(effect=Effect.DENY, rule="P1")
    sent = plan("counselor_assigned", objections=lower, action=Action.SEND, trust=Trust.SEALED)
    assert content_of_message(sent, tuple(I), Trust.SEALED) == ()
    assert message_class(sent, tuple(I), Trust.SEALED) is ContentClass.K0


def test_a_wish_that_nobody_knows_denies() -> None:
    odd = frozenset({ItemObjection(item=I.RISK_LEVEL, wish="widen")})  # type: ignore[arg-type]
    assert plan("counselor_assigned", objections=odd).of(I.RISK_LEVEL).effect is Effect.DENY


# ---- states


def test_no_case_is_routine_and_every_live_case_is_attention_assessed_or_not() -> None:
    never = facts(live=False, lifecycle="none", severity="not_assessed")
    assert privacy_states(never) == {State.ROUTINE}
    for severity in ("none", "attention", "moderate", "not_assessed"):
        for lifecycle in ("signalled", "triage", "open", "away", "closing"):
            seen = privacy_states(facts(severity=severity, lifecycle=lifecycle))
            assert seen == {State.ATTENTION}


@pytest.mark.parametrize("provisional", [True, False])
@pytest.mark.parametrize("severity", ["high", "imminent"])
def test_danger_is_crisis_provisional_included(severity: str, provisional: bool) -> None:
    seen = privacy_states(facts(severity=severity, provisional=provisional))
    assert seen == {State.ATTENTION, State.CRISIS}


def test_a_declared_crisis_is_crisis_at_any_level() -> None:
    seen = privacy_states(facts(severity="not_assessed", declared=True))
    assert State.CRISIS in seen


def test_a_crisis_lasts_thirty_days_after_lowering_and_not_an_instant_longer() -> None:
    tick = timedelta(microseconds=1)
    end = NOW + CRISIS_TAIL
    assert timedelta(days=30) == CRISIS_TAIL
    assert State.CRISIS in privacy_states(facts(lowered_at=NOW, now=end - tick))
    assert State.CRISIS not in privacy_states(facts(lowered_at=NOW, now=end))


def test_a_stand_down_ends_the_tail_at_once_but_never_silences_a_danger_that_is_there() -> None:
    stood_down = facts(lowered_at=NOW, stood_down=True)
    assert State.CRISIS not in privacy_states(stood_down)
    again = facts(lowered_at=NOW, stood_down=True, severity="high")
    assert State.CRISIS in privacy_states(again)


def test_referral_transfer_and_report_add_their_states() -> None:
    assert privacy_states(facts(referral_active=True)) == {State.ATTENTION, State.REFERRAL}
    assert privacy_states(facts(transfer_pending=True)) == {State.ATTENTION, State.REFERRAL}
    assert privacy_states(facts(report_due=True)) == {State.ATTENTION, State.REPORT}


@pytest.mark.parametrize("lifecycle", ["closed", "dismissed", "transferred", "void"])
def test_a_case_that_ended_is_routine_whatever_it_had_beside_it(lifecycle: str) -> None:
    ended = facts(
        live=False,
        lifecycle=lifecycle,
        severity="imminent",
        declared=True,
        lowered_at=NOW,
        referral_active=True,
        transfer_pending=True,
        report_due=True,
    )
    assert privacy_states(ended) == {State.ROUTINE}


def test_contradicting_or_unknown_facts_give_no_state_and_so_no_sight() -> None:
    for wrong in (
        facts(live=True, lifecycle="closed"),
        facts(live=True, lifecycle="none"),
        facts(live=False, lifecycle="open"),
        facts(live=False, lifecycle="asleep"),
        facts(severity="green"),
    ):
        assert privacy_states(wrong) == frozenset()


def test_a_time_without_zone_is_refused() -> None:
    for field in ("now", "lowered_at"):
        with pytest.raises(InvalidDataError, match="PSY014"):
            facts(**{field: NOW.replace(tzinfo=None)})


def test_the_states_are_total_over_the_product_of_all_regions() -> None:
    lifecycles = ("none", "signalled", "triage", "open", "away", "closing")
    ended = ("closed", "dismissed", "transferred", "void", "unheard_of")
    severities = ("none", "attention", "moderate", "high", "imminent", "not_assessed", "unheard_of")
    lowered = (None, NOW - CRISIS_TAIL, NOW - timedelta(days=1), NOW + timedelta(days=1))
    both = (False, True)
    seen = set()
    for live, lifecycle, severity, at, *rest in itertools.product(
        both, lifecycles + ended, severities, lowered, *[both] * 6
    ):
        provisional, declared, stood_down, referral, transfer, report = rest
        states = privacy_states(
            StateFacts(
                live=live,
                lifecycle=lifecycle,  # type: ignore[arg-type]
                severity=severity,  # type: ignore[arg-type]
                provisional=provisional,
                declared=declared,
                lowered_at=at,
                stood_down=stood_down,
                referral_active=referral,
                transfer_pending=transfer,
                report_due=report,
                now=NOW,
            )
        )
        seen.add(states)
        assert not {State.ROUTINE, State.ATTENTION} <= states
        assert State.ATTENTION in states or State.CRISIS not in states
        if not live:
            assert states <= {State.ROUTINE, State.REFERRAL, State.REPORT}
    # Live: attention with or without each of three; no case: routine with or without two; nothing.
    assert len(seen) == 8 + 4 + 1


# ---- the matrix as data


def test_a_row_that_is_doubled_unknown_or_short_is_refused_and_named_by_its_number() -> None:
    rows = list(shipped_matrix())
    for wrong, problem in (
        (rows[6], "stands twice"),
        (("teacher", *rows[6][1:]), "unknown viewer"),
        ((rows[6][0], "shoe_size", *rows[6][2:]), "unknown item"),
        ((*rows[6][:2], "holiday", rows[6][3]), "unknown state"),
        ((*rows[6][:3], "maybe"), "unknown effect"),
        (rows[6][:3], "four cells"),
        (("police", "contact", "crisis", "redact"), "no redacted form"),
    ):
        with pytest.raises(InvalidDataError) as refused:
            Policy.compile([*rows, wrong])
        (finding,) = refused.value.findings
        assert finding.code == "PSY701"
        assert finding.facts["row"] == 2101
        assert problem in finding.what
        assert "shoe_size" not in finding.what


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidDataError) as refused:
        Policy.compile(shipped_matrix()[3:])
    assert [f.facts["row"] for f in refused.value.findings] == [
        f"M:student:display_name:{state}" for state in ("routine", "attention", "crisis")
    ]


def test_every_item_but_identity_and_contact_has_a_redacted_form_of_its_own() -> None:
    assert set(ItemClass) - set(REDACTED_FORMS) == {I.CIVIL_IDENTITY, I.CONTACT}
    assert len(set(REDACTED_FORMS.values())) == len(REDACTED_FORMS)
