"""Where rules of privacy meet: which of two is named, and when each begins or ends."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain.people import ENDED, OFFER, Hat
from psysafe.domain.privacy import (
    BARS,
    CRISIS_ITEMS,
    OVERLAY_RULES,
    OVERLAYS,
    REDACTED_FORMS,
    Action,
    Asked,
    Decision,
    DecisionPlan,
    Effect,
    ItemObjection,
    Policy,
    State,
    SubjectFacts,
    Viewer,
    may_find,
    may_know,
    may_name,
    plan_decisions,
    unkept,
)
from psysafe.domain.privacy_overlays import MAY_BREAK, PURPOSES, WITHOUT_A_CASE, carried
from psysafe.domain.privacy_policy import row_id, viewer_of_code
from psysafe.sensitivity import CONTENT_CLASS, ItemClass, Trust

I = ItemClass  # noqa: E741
NOW: Final = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
SINCE: Final = NOW - timedelta(days=9)
LATER: Final = NOW + timedelta(hours=3)
TICK: Final = timedelta(microseconds=1)
POLICY: Final = Policy.compile(shipped_matrix())
CRISIS: Final = frozenset({State.ATTENTION, State.CRISIS})
REFERRAL: Final = frozenset({State.ATTENTION, State.REFERRAL})
LOWER: Final = frozenset({ItemObjection(item=None, wish="lower")})
DENY: Final = frozenset({ItemObjection(item=None, wish="deny")})


def hat(viewer: str, **more: Any) -> Hat:
    return Hat(**{"viewer": viewer, "relation": "class", "since": SINCE, **more})


def plan(*hats: Hat | str, states: frozenset[State] = CRISIS, **more: Any) -> DecisionPlan:
    worn = [one if isinstance(one, Hat) else hat(one) for one in hats]
    return plan_decisions(POLICY, worn, states, **{"purpose": "care", "at": NOW, **more})


def ruled(made: DecisionPlan, item: ItemClass) -> tuple[Effect, str]:
    return made.of(item).effect, made.of(item).rule


# -- the names of things ----------------------------------------------------------------------


def test_the_rules_beside_the_matrix_have_these_names_and_no_two_the_same() -> None:
    named = "X1 X2 X3 X4 X5 X6 X7 G1 X8 X9 X10 X11 X13 X15 X16 P1 J1".split()
    assert set(named) <= set(OVERLAY_RULES)
    assert len(set(OVERLAY_RULES)) == len(OVERLAY_RULES)


def test_a_row_is_named_by_its_three_codes() -> None:
    assert row_id(Viewer.POLICE, I.CONTACT, State.CRISIS) == "M:police:contact:crisis"
    assert [viewer_of_code(viewer.value) for viewer in Viewer] == list(Viewer)
    assert viewer_of_code("headmaster") is None


def test_effects_are_ordered_by_how_much_they_show() -> None:
    order = ["deny", "statistics", "break_glass", "redact", "allow"]
    assert [effect.code for effect in sorted(Effect)] == order
    shown = [effect.code for effect in Effect if Decision(effect=effect, rule="r").shown]
    assert shown == ["redact", "allow"]


def test_there_are_these_purposes_and_no_others() -> None:
    known = "care alarm duty own_record administration referral statutory_report oversight"
    assert set(known.split()) == PURPOSES


# -- order: bars ------------------------------------------------------------------------------


def test_of_several_reasons_to_deny_everything_the_first_is_named() -> None:
    erased = SubjectFacts(erased=True)
    assert ruled(plan("police", about=erased), I.CONTACT)[1] == "X15"
    assert ruled(plan("police", about=erased, purpose="fun"), I.CONTACT)[1] == "X2"
    assert ruled(plan("police", about=erased, purpose="honours"), I.CONTACT)[1] == "X13"
    assert ruled(plan(about=erased, purpose="discipline"), I.CONTACT)[1] == "X13"
    for purpose in ("academic_file", "honours", "discipline"):
        assert ruled(plan("counselor_assigned", purpose=purpose), I.CONTACT)[1] == "X13"


def test_what_denies_everything_names_no_hat_and_owes_nothing() -> None:
    made = plan("counselor_assigned", about=SubjectFacts(erased=True)).of(I.CONTACT)
    assert made == Decision(effect=Effect.DENY, rule="X15")


# -- order: overlays --------------------------------------------------------------------------


def test_of_several_overlays_that_deny_an_item_the_first_is_named() -> None:
    about = SubjectFacts(relative=True, exposure_closed=True)
    asked: dict[str, Any] = {"action": Action.SEND, "trust": Trust.PUBLIC, "objections": DENY}
    for more, names in (
        ({"barred": True}, {I.OBSERVATION: "X1", I.EXPOSURE: "X3", I.CONTACT: "X10"}),
        ({}, {I.OBSERVATION: "X6", I.EXPOSURE: "X3", I.CONTACT: "X10"}),
    ):
        made = plan("counselor_assigned", about=about, **asked, **more)
        for item, rule in names.items():
            assert made.of(item) == Decision(effect=Effect.DENY, rule=rule)
    screen = plan("counselor_assigned", about=about, objections=DENY)
    assert ruled(screen, I.CONTACT) == (Effect.DENY, "P1")


def test_a_later_rule_that_denies_comes_before_an_earlier_one_that_lowers() -> None:
    level = frozenset({ItemObjection(item=I.RISK_LEVEL, wish="deny")})
    made = plan("counselor_assigned", action=Action.OPEN, trust=Trust.PERSONAL, objections=level)
    assert ruled(made, I.RISK_LEVEL) == (Effect.DENY, "P1")
    assert ruled(made, I.OBSERVATION) == (Effect.REDACT, "X10")


def test_of_two_rules_that_lower_alike_the_first_is_named_and_none_where_the_row_is_as_low() -> (
    None
):
    made = plan("counselor_assigned", action=Action.EXPORT, objections=LOWER)
    assert ruled(made, I.REPORTER) == (Effect.REDACT, "X10")
    assert ruled(made, I.OBSERVATION) == (Effect.REDACT, "P1")
    as_low = plan("homeroom_teacher", objections=LOWER)
    assert ruled(as_low, I.RISK_LEVEL) == (
        Effect.REDACT,
        "M:homeroom_teacher:risk_level:attention",
    )
    # What is only offered, or only counted, is below the form already.
    offered = plan("counselor_unassigned", objections=LOWER)
    assert ruled(offered, I.SCALE_ITEMS)[0] is Effect.BREAK_GLASS


def test_a_hat_is_named_also_where_a_rule_lowers_what_it_gives() -> None:
    made = plan("counselor_assigned", objections=LOWER).of(I.OBSERVATION)
    assert made.hat == hat("counselor_assigned")
    assert made.obligations == (REDACTED_FORMS[I.OBSERVATION],)


@pytest.mark.parametrize("item", I)
def test_whoever_is_barred_keeps_what_everybody_of_the_role_finds(item: ItemClass) -> None:
    routine = frozenset({State.ROUTINE})
    free = plan("homeroom_teacher", states=routine)
    kept = plan("homeroom_teacher", states=routine, barred=True)
    if item in WITHOUT_A_CASE:
        assert kept.of(item) == free.of(item)
    else:
        assert kept.of(item) == Decision(effect=Effect.DENY, rule="X1")


def test_nothing_of_a_case_is_among_what_is_seen_without_one() -> None:
    assert {item.value for item in WITHOUT_A_CASE} == {
        "display_name",
        "civil_identity",
        "contact",
        "class_placement",
        "exposure",
    }


def test_the_order_of_the_overlays_is_fixed() -> None:
    assert [bar.__name__ for bar in BARS][:3] == ["_never_for", "_unknown", "_erased"]
    known = [overlay.__name__ for overlay in OVERLAYS]
    wanted = ["_barred", "_closed", "_relative", "_channel", "_objected"]
    assert [name for name in known if name in wanted] == wanted


# -- order: what belongs to one hat -----------------------------------------------------------


def test_a_relation_that_is_over_opens_no_glass_and_an_offer_nothing_without_consent() -> None:
    glass = SubjectFacts(glass_until=LATER)
    over = plan(hat("counselor_unassigned", relation=ENDED), about=glass)
    assert ruled(over, I.SCALE_ITEMS) == (Effect.DENY, "X8")
    offered = plan(
        hat("counselor_unassigned", relation=OFFER, items=("display_name",)), about=glass
    )
    assert ruled(offered, I.SCALE_ITEMS) == (Effect.DENY, "X4")
    assert offered.of(I.DISPLAY_NAME).rule.startswith("M:counselor_unassigned:display_name")


@pytest.mark.parametrize("relation", ["class", "grade", "of_student", "school", "zone"])
def test_a_hat_of_the_school_needs_nobodys_consent(relation: str) -> None:
    made = plan(hat("counselor_assigned", relation=relation))
    assert {made.of(item).effect for item in I} == {Effect.ALLOW}


@pytest.mark.parametrize("item", I)
def test_an_offer_shows_the_items_that_the_consents_name_as_far_as_the_matrix_does(
    item: ItemClass,
) -> None:
    free = plan("medical_institution", states=REFERRAL)
    offered = hat("medical_institution", relation=OFFER, items=(item.value,))
    made = plan(offered, states=REFERRAL)
    assert made.of(item).effect is free.of(item).effect
    assert {made.of(other).rule for other in I if other is not item} == {"X4"}


def test_one_hat_that_a_rule_closes_takes_nothing_from_another() -> None:
    both = plan(hat("homeroom_teacher", relation=ENDED), hat("grade_head"))
    alone = plan("grade_head")
    assert ruled(both, I.OBSERVATION) == ruled(alone, I.OBSERVATION)


@pytest.mark.parametrize("viewer", Viewer)
def test_the_glass_is_broken_by_these_four_and_by_nobody_else(viewer: Viewer) -> None:
    """Also where a matrix should offer it to somebody else by a slip."""
    rows = [
        (*row[:3], "break_glass") if row[1] == "mood_checkin" else row for row in shipped_matrix()
    ]
    made = plan_decisions(
        Policy.compile(rows),
        [hat(viewer.value, until=NOW + timedelta(days=9))],
        CRISIS,
        purpose="care",
        at=NOW,
        about=SubjectFacts(glass_until=LATER),
    ).of(I.MOOD_CHECKIN)
    may = viewer.value in {
        "counselor_assigned",
        "counselor_unassigned",
        "safeguarding_lead",
        "leading_group",
    }
    assert (viewer in MAY_BREAK) is may
    assert made.obligations == ("reason", "notice", "review")
    if may:
        assert (made.effect, made.rule, made.expires) == (Effect.ALLOW, "X9", LATER)
    else:
        assert (made.effect, made.rule) == (
            Effect.BREAK_GLASS,
            row_id(viewer, I.MOOD_CHECKIN, State.ATTENTION),
        )
        assert made.expires == NOW + timedelta(days=9)


def test_what_the_glass_opened_ends_with_the_hat_where_that_ends_first() -> None:
    soon = NOW + timedelta(hours=1)
    for until, ends in ((soon, soon), (LATER + TICK, LATER), (None, LATER)):
        made = plan(hat("counselor_unassigned", until=until), about=SubjectFacts(glass_until=LATER))
        assert made.of(I.SCALE_ITEMS).expires == ends
        # What no glass stands before ends with the hat alone.
        assert made.of(I.DISPLAY_NAME).expires == until


def test_of_age_comes_before_having_a_say_and_neither_is_asked_where_the_student_agreed() -> None:
    both = {"of_age": True, "has_a_say": True}
    assert ruled(plan("guardian", about=SubjectFacts(**both)), I.CRISIS_FLAG)[1] == "X7"
    say = plan("guardian", about=SubjectFacts(has_a_say=True))
    assert ruled(say, I.CRISIS_FLAG) == (Effect.REDACT, "G1")
    row = ruled(plan("guardian"), I.CRISIS_FLAG)
    assert (
        ruled(plan("guardian", about=SubjectFacts(**both, guardians_agreed=True)), I.CRISIS_FLAG)
        == row
    )


@pytest.mark.parametrize("fact", ["of_age", "has_a_say"])
def test_the_students_leave_opens_the_items_that_it_names_and_no_more(fact: str) -> None:
    about = SubjectFacts(
        **{fact: True}, guardians_agreed=True, agreed_items=frozenset({I.CRISIS_FLAG})
    )
    made, row = plan("guardian", about=about), plan("guardian")
    closed = plan("guardian", about=SubjectFacts(**{fact: True}))
    assert made.of(I.CRISIS_FLAG) == row.of(I.CRISIS_FLAG)
    assert made.of(I.SUPERVISION) == closed.of(I.SUPERVISION)
    assert made.of(I.SUPERVISION).effect < row.of(I.SUPERVISION).effect
    # Items without leave are none: somebody must have agreed at all.
    unsaid = attrs.evolve(about, guardians_agreed=False)
    assert plan("guardian", about=unsaid).decisions == closed.decisions


def test_a_summary_is_made_of_what_a_guardian_sees_in_full_and_of_nothing_else() -> None:
    states = CRISIS | REFERRAL
    row = plan("guardian", states=states)
    say = plan("guardian", states=states, about=SubjectFacts(has_a_say=True))
    summed = {item for item in I if say.of(item).rule == "G1"}
    assert summed == {I.CRISIS_FLAG, I.SUPERVISION, I.REFERRAL_SUMMARY}
    for item in set(I) - summed:
        assert say.of(item) == row.of(item)
    assert row.of(I.RISK_LEVEL).effect is Effect.REDACT
    assert row.of(I.REPORTER).effect is Effect.DENY


def test_what_a_guardian_knows_of_their_own_child_is_no_detail() -> None:
    row, say = plan("guardian"), plan("guardian", about=SubjectFacts(has_a_say=True))
    for item in (I.DISPLAY_NAME, I.CONTACT, I.CLASS_PLACEMENT, I.CONSENT, I.CIVIL_IDENTITY):
        assert say.of(item) == row.of(item)
    assert say.of(I.CONSENT).effect is Effect.ALLOW


def test_whoever_looks_because_of_danger_owes_the_student_the_reason() -> None:
    danger = SubjectFacts(of_age=True, danger=True)
    made = plan("guardian", about=danger)
    assert made.of(I.CRISIS_FLAG).rule == "X5"
    assert made.of(I.CRISIS_FLAG).obligations == ("tell_the_student_later",)
    # A form that danger opens is built, and the student told, both.
    redacted = [
        item for item in I if made.of(item).rule == "X5" and made.of(item).effect is Effect.REDACT
    ]
    for item in redacted:
        assert made.of(item).obligations == (REDACTED_FORMS[item], "tell_the_student_later")
    # Danger opens no item of which the guardian's row shows nothing, and none that is clinical.
    assert ruled(made, I.RISK_LEVEL) == (Effect.DENY, "X7")
    opened = {item for item in I if made.of(item).rule == "X5"}
    row = plan("guardian")
    assert opened == {item for item in CRISIS_ITEMS if row.of(item).effect > Effect.DENY}


# -- figures, and what a person wrote of the notes ------------------------------------------


@pytest.mark.parametrize(
    ("figure", "k", "shown"),
    [
        *((None, 5, True), (0, 5, True), (1, 5, False), (4, 5, False), (5, 5, True)),
        *((9, 10, False), (10, 10, True), (4, 4, True)),
    ],
)
def test_a_cell_from_one_to_k_minus_one_is_denied_by_name(
    figure: int | None, k: int, shown: bool
) -> None:
    made = plan("grade_head", about=SubjectFacts(figure=figure, k=k)).of(I.MOOD_CHECKIN)
    if shown:
        assert made == plan("grade_head").of(I.MOOD_CHECKIN)
        assert made.obligations == ("suppressed_figures_only",)
    else:
        assert (made.effect, made.rule, made.obligations) == (Effect.DENY, "X11", ())


def test_reviewed_notes_go_out_on_paper_by_ones_own_request_and_in_no_other_way() -> None:
    reviewed = SubjectFacts(notes_reviewed=True)
    paper: dict[str, Any] = {"action": Action.EXPORT, "purpose": "own_record"}

    def notes(viewer: str, about: SubjectFacts = reviewed, **more: Any) -> tuple[Effect, str]:
        return ruled(plan(viewer, about=about, **(paper | more)), I.COUNSELING_NOTES)

    for viewer in ("student", "guardian"):
        assert notes(viewer) == (Effect.REDACT, "X16")
        assert notes(viewer, SubjectFacts())[0] is Effect.DENY
        assert notes(viewer, action=Action.READ)[0] is Effect.DENY
        assert notes(viewer, purpose="care")[0] is Effect.DENY
    assert notes("homeroom_teacher") == notes("homeroom_teacher", SubjectFacts())
    # Of age, the student's own leave comes before what was written for a guardian.
    grown = attrs.evolve(reviewed, of_age=True)
    assert notes("guardian", grown) == (Effect.DENY, "X7")
    other = plan("student", about=reviewed, **paper)
    assert other.of(I.REPORTER) == plan("student", **paper).of(I.REPORTER)


def test_what_was_written_for_somebody_never_takes_from_a_matrix_that_shows_more() -> None:
    rows = [
        (*row[:3], "allow") if row[:2] == ("student", "counseling_notes") else row
        for row in shipped_matrix()
    ]
    made = plan_decisions(
        Policy.compile(rows),
        [hat("student")],
        CRISIS,
        purpose="own_record",
        action=Action.EXPORT,
        at=NOW,
        about=SubjectFacts(notes_reviewed=True),
    )
    # In full by the row; the file that leaves the screen lowers it (X10).
    assert ruled(made, I.COUNSELING_NOTES) == (Effect.REDACT, "X10")


# -- X10 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trust", "full", "form"),
    [
        (None, (), ()),
        (Trust.PUBLIC, (), ()),
        (Trust.SHARED, (), ()),
        (Trust.PERSONAL, ("K1",), ("K2",)),
        (Trust.SEALED, ("K1", "K2"), ("K3",)),
    ],
)
def test_a_channel_carries_these_classes_in_full_and_these_in_their_form(
    trust: Trust | None, full: tuple[str, ...], form: tuple[str, ...]
) -> None:
    for item in I:
        name = CONTENT_CLASS[item].name
        wanted = Effect.ALLOW if name in full else Effect.DENY
        if name in form and item in REDACTED_FORMS:
            wanted = Effect.REDACT
        assert carried(item, trust) is wanted


@pytest.mark.parametrize("action", Action)
def test_without_a_channel_only_what_leaves_the_screen_is_bounded(action: Action) -> None:
    made = plan("counselor_assigned", action=action)
    if action in (Action.SEND, Action.OPEN):
        assert {ruled(made, item) for item in I} == {(Effect.DENY, "X10")}
    elif action is Action.EXPORT:
        assert ruled(made, I.REPORTER) == (Effect.REDACT, "X10")
        assert ruled(made, I.RISK_LEVEL)[0] is Effect.ALLOW
    else:
        assert {made.of(item).effect for item in I} == {Effect.ALLOW}


def test_a_named_channel_bounds_reading_too() -> None:
    made = plan("counselor_assigned", trust=Trust.SHARED)
    assert {ruled(made, item) for item in I} == {(Effect.DENY, "X10")}


# -- plugins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("action", Action)
def test_a_wish_to_lower_takes_an_item_out_of_a_message_and_to_its_form_elsewhere(
    action: Action,
) -> None:
    made = plan("counselor_assigned", action=action, trust=Trust.SEALED, objections=LOWER)
    in_a_message = action in (Action.SEND, Action.OPEN)
    wanted = Effect.DENY if in_a_message else Effect.REDACT
    assert ruled(made, I.OBSERVATION) == (wanted, "P1")
    # What has no form cannot be lowered to one.
    assert ruled(made, I.CONTACT) == (Effect.DENY, "P1")


def test_of_two_wishes_the_stronger_counts_and_another_items_does_not() -> None:
    both = frozenset({ItemObjection(item=I.OBSERVATION, wish="deny"), *LOWER})
    made = plan("counselor_assigned", objections=both)
    assert ruled(made, I.OBSERVATION) == (Effect.DENY, "P1")
    assert ruled(made, I.RISK_LEVEL) == (Effect.REDACT, "P1")


# -- who may be told which student it is --------------------------------------------------------


def test_a_case_is_found_by_its_student_only_by_whoever_may_know_case_and_name() -> None:
    for viewer in Viewer:
        made = plan(viewer.value)
        assert may_name(made) is (made.of(I.DISPLAY_NAME).effect is Effect.ALLOW)
        assert may_find(made) is (may_know(made) and may_name(made))
    assert may_name(plan("registrar"))
    assert not may_find(plan("registrar"))
    by_code = plan("counseling_expert", states=frozenset({State.ATTENTION}))
    assert may_know(by_code)
    assert not may_find(by_code)


# -- the journal cannot be written ------------------------------------------------------------


def test_where_a_look_cannot_be_kept_a_crisis_shows_what_it_needs_and_nothing_else_does() -> None:
    seen = plan("counselor_assigned")
    left = unkept(seen)
    for item in I:
        kept = item in CRISIS_ITEMS
        assert left.of(item) == (seen.of(item) if kept else Decision(effect=Effect.DENY, rule="J1"))
    assert left.asked is seen.asked
    assert may_know(left)
    calm = unkept(plan("counselor_assigned", states=frozenset({State.ATTENTION})))
    assert {ruled(calm, item) for item in I} == {(Effect.DENY, "J1")}


def test_a_question_says_of_nobody_that_they_are_barred_unless_it_does() -> None:
    asked = Asked(
        hats=(),
        states=CRISIS,
        purpose="care",
        action=Action.READ,
        trust=None,
        objections=frozenset(),
    )
    assert not asked.barred
    assert asked.about == SubjectFacts()


# -- every hat and every action gets the same by the same question -----------------------------


def test_an_equal_question_gets_the_same_plan_and_another_moment_of_a_hat_another() -> None:
    ends = hat("grade_head", until=LATER)
    first = plan(ends)
    assert plan(ends) is first
    for over in (LATER, LATER + timedelta(days=1)):
        assert plan(ends, at=over).of(I.DISPLAY_NAME).rule == "X2"
    for viewer, action in itertools.product(Viewer, Action):
        asked = plan(viewer.value, action=action).asked
        assert (asked.action, asked.hats[0].viewer) == (action, viewer.value)
