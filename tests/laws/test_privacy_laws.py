"""Laws 1 and 4, and the policy's half of law 2, over the whole matrix.

The expected answers are worked out here from the rows themselves, by a second and slower way than
the product's index.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain.people import Hat
from psysafe.domain.privacy import (
    OVERLAY_RULES,
    PURPOSES,
    REDACTED_FORMS,
    Action,
    DecisionPlan,
    Effect,
    ItemObjection,
    Policy,
    State,
    Viewer,
    content_of_message,
    message_class,
    plan_decisions,
)
from psysafe.sensitivity import (
    CARRIES,
    CONTENT_CLASS,
    ContentClass,
    ItemClass,
    Trust,
    redacted_class,
)

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
POLICY = Policy.compile(shipped_matrix())
ROWS = {(viewer, item, state): effect for viewer, item, state, effect in shipped_matrix()}
ROW_IDS = {f"M:{viewer}:{item}:{state}" for viewer, item, state in ROWS}
WIDTH = {"deny": 0, "statistics": 1, "break_glass": 2, "redact": 3, "allow": 4}
STATE_SETS = [
    frozenset(some)
    for size in range(1, len(State) + 1)
    for some in itertools.combinations(State, size)
]
HATS = {
    viewer: Hat(viewer=viewer.value, relation="class", since=NOW - timedelta(days=9))
    for viewer in Viewer
}
OVER_A_CHANNEL = (Action.SEND, Action.OPEN)


def plan(
    viewers: Iterable[Viewer],
    states: frozenset[State],
    *,
    action: Action = Action.READ,
    trust: Trust | None = None,
    objections: frozenset[ItemObjection] = frozenset(),
) -> DecisionPlan:
    return plan_decisions(
        POLICY,
        [HATS[viewer] for viewer in viewers],
        states,
        purpose="care",
        at=NOW,
        action=action,
        trust=trust,
        objections=objections,
    )


def shows_at_most(narrow: DecisionPlan, wide: DecisionPlan) -> bool:
    return all(narrow.of(item).effect <= wide.of(item).effect for item in ItemClass)


def test_the_matrix_has_thirty_one_sets_of_states_to_be_read_in() -> None:
    assert len(STATE_SETS) == 31
    assert len(ROWS) == 21 * 20 * 5


def test_every_decision_is_the_widest_row_and_names_the_first_that_gives_it() -> None:
    for viewer, states in itertools.product(Viewer, STATE_SETS):
        made = plan([viewer], states)
        for item in ItemClass:
            rows = [
                (ROWS[viewer.value, item.value, state.value], state.value)
                for state in State
                if state in states
            ]
            widest = max(WIDTH[effect] for effect, _ in rows)
            first = next(state for effect, state in rows if WIDTH[effect] == widest)
            assert made.of(item).effect == widest
            assert made.of(item).rule == f"M:{viewer.value}:{item.value}:{first}"


def test_every_decision_names_exactly_one_rule_that_exists() -> None:
    objections = (frozenset[ItemObjection](), frozenset({ItemObjection(item=None, wish="lower")}))
    for viewer, states, action, some in itertools.product(
        Viewer, STATE_SETS, (Action.READ, Action.EXPORT, Action.SEND), objections
    ):
        made = plan([viewer], states, action=action, trust=Trust.PERSONAL, objections=some)
        for item in ItemClass:
            decision = made.of(item)
            assert decision.rule in ROW_IDS or decision.rule in OVERLAY_RULES
            if decision.effect > Effect.DENY:
                assert decision.hat == HATS[viewer]


def test_without_a_hat_a_state_or_a_purpose_everything_is_denied() -> None:
    for states in STATE_SETS:
        nobody = plan([], states)
        assert {nobody.of(item).effect for item in ItemClass} == {Effect.DENY}
    for viewer in Viewer:
        nowhere = plan([viewer], frozenset())
        assert {nowhere.of(item).rule for item in ItemClass} == {"X2"}


@given(st.text(max_size=20).filter(lambda word: word not in PURPOSES), st.sampled_from(Viewer))
def test_no_word_but_a_registered_purpose_opens_anything(word: str, viewer: Viewer) -> None:
    made = plan_decisions(POLICY, [HATS[viewer]], frozenset(State), purpose=word, at=NOW)
    assert {made.of(item).rule for item in ItemClass} == {"X2"}


@given(st.text(max_size=20).filter(lambda word: word not in {v.value for v in Viewer}))
def test_no_word_but_a_viewer_of_the_matrix_opens_anything(word: str) -> None:
    stranger = Hat(viewer=word, relation="class", since=NOW)
    made = plan_decisions(POLICY, [stranger], frozenset(State), purpose="care", at=NOW)
    assert {made.of(item).rule for item in ItemClass} == {"X2"}


def test_deny_beats_allow_for_every_viewer_whatever_the_matrix_says() -> None:
    deny = frozenset({ItemObjection(item=None, wish="deny")})
    for viewer, states in itertools.product(Viewer, STATE_SETS):
        made = plan([viewer], states, objections=deny)
        assert {(made.of(i).effect, made.of(i).rule) for i in ItemClass} == {(Effect.DENY, "P1")}


def test_no_objection_widens_anything_in_any_action() -> None:
    lower = frozenset({ItemObjection(item=None, wish="lower")})
    for viewer, states, action in itertools.product(Viewer, STATE_SETS, Action):
        free = plan([viewer], states, action=action, trust=Trust.SEALED)
        lowered = plan([viewer], states, action=action, trust=Trust.SEALED, objections=lower)
        assert shows_at_most(lowered, free)
        if action in OVER_A_CHANNEL:
            assert not any(lowered.of(item).shown for item in ItemClass)
        else:
            assert all(lowered.of(item).effect is not Effect.ALLOW for item in ItemClass)


_objections = st.frozensets(
    st.builds(
        ItemObjection,
        item=st.none() | st.sampled_from(ItemClass),
        wish=st.sampled_from(["deny", "lower"]),
    ),
    max_size=4,
)
_viewers = st.lists(st.sampled_from(Viewer), max_size=4)


@given(_viewers, st.sampled_from(STATE_SETS), st.sampled_from(Action), _objections, _objections)
def test_one_more_objection_never_widens(
    viewers: list[Viewer],
    states: frozenset[State],
    action: Action,
    some: frozenset[ItemObjection],
    more: frozenset[ItemObjection],
) -> None:
    few = plan(viewers, states, action=action, trust=Trust.SEALED, objections=some)
    many = plan(viewers, states, action=action, trust=Trust.SEALED, objections=some | more)
    assert shows_at_most(many, few)


@given(
    _viewers, _viewers, st.sampled_from(STATE_SETS), st.sampled_from([None, *Trust]), _objections
)
def test_one_more_hat_never_narrows_and_the_order_of_hats_is_nothing(
    viewers: list[Viewer],
    more: list[Viewer],
    states: frozenset[State],
    trust: Trust | None,
    objections: frozenset[ItemObjection],
) -> None:
    one = plan(viewers, states, trust=trust, objections=objections)
    both = plan(viewers + more, states, trust=trust, objections=objections)
    turned = plan((viewers + more)[::-1], states, trust=trust, objections=objections)
    assert shows_at_most(one, both)
    assert both.decisions == turned.decisions


def test_every_pair_of_hats_sees_what_the_wider_one_sees() -> None:
    states = frozenset({State.ATTENTION, State.CRISIS})
    for one, other in itertools.product(Viewer, Viewer):
        both = plan([one, other], states)
        for item in ItemClass:
            alone = [plan([viewer], states).of(item).effect for viewer in (one, other)]
            assert both.of(item).effect == max(alone)


def test_one_more_state_never_narrows() -> None:
    for viewer, states, state in itertools.product(Viewer, STATE_SETS, State):
        assert shows_at_most(plan([viewer], states), plan([viewer], states | {state}))


def test_obligations_say_the_form_for_redaction_and_nothing_for_a_plain_yes_or_no() -> None:
    for viewer, states in itertools.product(Viewer, STATE_SETS):
        made = plan([viewer], states)
        for item in ItemClass:
            decision = made.of(item)
            if decision.effect is Effect.REDACT:
                assert decision.obligations == (REDACTED_FORMS[item],)
                assert decision.form == REDACTED_FORMS[item]
            else:
                assert decision.form is None
            plain = decision.effect in (Effect.DENY, Effect.ALLOW)
            assert bool(decision.obligations) is not plain


# ---- law 4: neither the channel's trust nor the receiver's right is exceeded


def _class_of(item: ItemClass, form: str) -> ContentClass:
    return CONTENT_CLASS[item] if form == "full" else redacted_class(item)


def test_no_message_exceeds_its_channel_nor_its_receivers_right() -> None:
    wanted = tuple(ItemClass)
    for viewer, states, trust in itertools.product(Viewer, STATE_SETS, [None, *Trust]):
        right = plan([viewer], states)
        carries = CARRIES[trust] if trust is not None else None
        content = content_of_message(right, wanted, trust)
        cls = message_class(right, wanted, trust)
        if carries is None:
            assert (content, cls) == ((), None)
            continue
        assert cls is not None
        assert cls <= carries
        assert cls <= ContentClass.K2
        assert cls == max((_class_of(*part) for part in content), default=ContentClass.K0)
        for item, form in content:
            effect = right.of(item).effect
            assert effect is Effect.ALLOW or (form == "redacted" and effect is Effect.REDACT)
            assert form == "full" or item in REDACTED_FORMS
        # And nothing that may go and fits is left out.
        left_out = set(wanted) - {item for item, _ in content}
        for item in left_out:
            effect = right.of(item).effect
            full = effect is Effect.ALLOW and CONTENT_CLASS[item] <= carries
            formed = item in REDACTED_FORMS and effect >= Effect.REDACT
            assert not full
            assert not (formed and redacted_class(item) <= carries)


def test_a_plan_made_for_sending_gives_the_same_message_as_one_made_for_reading() -> None:
    wanted = tuple(ItemClass)
    for viewer, states, trust, action in itertools.product(
        Viewer, STATE_SETS, Trust, OVER_A_CHANNEL
    ):
        carried = plan([viewer], states, action=action, trust=trust)
        read = plan([viewer], states)
        assert content_of_message(carried, wanted, trust) == content_of_message(read, wanted, trust)
        for item in ItemClass:
            decision = carried.of(item)
            if decision.shown:
                form = "full" if decision.effect is Effect.ALLOW else "redacted"
                assert (item, form) in content_of_message(read, wanted, trust)


def test_a_less_trusted_channel_never_carries_more() -> None:
    for viewer, states in itertools.product(Viewer, STATE_SETS):
        plans = [plan([viewer], states, action=Action.SEND, trust=trust) for trust in Trust]
        for less, more in itertools.pairwise(plans):
            assert shows_at_most(less, more)


def test_the_same_question_gets_the_same_plan() -> None:
    first = plan([Viewer.COUNSELOR_ASSIGNED], frozenset({State.CRISIS}))
    assert plan([Viewer.COUNSELOR_ASSIGNED], frozenset({State.CRISIS})) is first
