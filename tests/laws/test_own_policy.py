"""A school's own rows: showing less never shows more; what shows more touches its cell alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain import privacy_site as site
from psysafe.domain.own_rows import OwnRow, OwnRows, WideningBegan, WideningEnded, evolve
from psysafe.domain.people import ENDED, Hat
from psysafe.domain.privacy import (
    REDACTED_FORMS,
    Action,
    DecisionPlan,
    Effect,
    Policy,
    State,
    SubjectFacts,
    Viewer,
    plan_decisions,
)
from psysafe.domain.privacy_overlays import NEVER_FOR
from psysafe.domain.privacy_policy import place_of
from psysafe.ids import Actor, PersonId
from psysafe.sensitivity import ItemClass, Trust, changed

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
UNTIL = NOW + timedelta(days=60)
POLICY = Policy.compile(shipped_matrix())
HEAD = PersonId(Actor("staff:head"))
STATE_SETS = (
    frozenset({State.ROUTINE}),
    frozenset({State.ATTENTION}),
    frozenset({State.ATTENTION, State.CRISIS}),
    frozenset({State.ATTENTION, State.REFERRAL}),
    frozenset({State.ATTENTION, State.CRISIS, State.REFERRAL, State.REPORT}),
)
FACTS = (
    SubjectFacts(),
    SubjectFacts(of_age=True),
    SubjectFacts(of_age=True, danger=True),
    SubjectFacts(has_a_say=True),
    SubjectFacts(relative=True, exposure_closed=True),
    SubjectFacts(glass_until=NOW + timedelta(hours=2)),
    SubjectFacts(figure=3),
    SubjectFacts(notes_reviewed=True),
    SubjectFacts(erased=True),
)
#: Rules that deny or bound whatever a cell says. The others (X5, X9, X11, X16) say what a cell's
#: own word comes to, and so speak of the school's cell where there is one.
BOUNDING = {"X1", "X2", "X3", "X4", "X6", "X7", "G1", "X8", "X10", "X13", "X15", "P1", "J1"}


def fits(item: ItemClass, effect: Effect) -> bool:
    return effect is not Effect.REDACT or item in REDACTED_FORMS


def row(place: tuple[Viewer, ItemClass, State], effect: Effect, **more: object) -> OwnRow:
    viewer, item, state = place
    said = {"since": NOW, "until": UNTIL, "signed_by": HEAD, "reason": "decided", **more}
    at = f"{viewer.value}:{item.value}:{state.value}"
    return OwnRow(place=at, effect=effect.code, **said)  # type: ignore[arg-type]


def held(*rows: OwnRow) -> OwnRows:
    """Adopted, and everything that shows more has begun."""
    begun = tuple(one.place for one in rows if site.wider(POLICY, one))
    return OwnRows(rows=rows, begun=begun, by=Actor("operator:it"), at=NOW)


def trusted(one: OwnRow) -> str:
    return ""


def policy_at(rows: OwnRows, moment: datetime, trust: site.Trusted = trusted) -> Policy:
    return site.with_rows(POLICY, site.in_force(POLICY, rows, trust, moment))


def asked(
    policy: Policy,
    viewer: Viewer,
    states: frozenset[State],
    about: SubjectFacts = FACTS[0],
    *,
    purpose: str = "care",
    action: Action = Action.READ,
    trust: Trust | None = None,
    barred: bool = False,
    relation: str = "class",
) -> DecisionPlan:
    hat = Hat(viewer=viewer.value, relation=relation, since=NOW - timedelta(days=9))
    return plan_decisions(
        policy,
        [hat],
        states,
        purpose=purpose,
        at=NOW,
        action=action,
        trust=trust,
        barred=barred,
        about=about,
    )


def questions(viewer: Viewer) -> Iterator[dict[str, object]]:
    """Every way in which a rule beside the matrix could speak, for one viewer."""
    for states, about in itertools.product(STATE_SETS, FACTS):
        yield {"viewer": viewer, "states": states, "about": about}
    for states in STATE_SETS:
        yield {"viewer": viewer, "states": states, "barred": True}
        yield {"viewer": viewer, "states": states, "relation": ENDED}
        yield {"viewer": viewer, "states": states, "purpose": "curiosity"}
        yield {"viewer": viewer, "states": states, "action": Action.EXPORT, "purpose": "own_record"}
        for trust in Trust:
            yield {"viewer": viewer, "states": states, "action": Action.SEND, "trust": trust}
        for purpose in NEVER_FOR:
            yield {"viewer": viewer, "states": states, "purpose": purpose}


PLACES = tuple(itertools.product(Viewer, ItemClass, State))
EFFECTS = {
    place: [e for e in Effect if fits(place[1], e) and e is not POLICY.effect(*place)]
    for place in PLACES
}


@st.composite
def some_rows(draw: st.DrawFn, *, wider: bool | None = None, most: int = 8) -> list[OwnRow]:
    """Rows of different places; all of them show more, or none does, or as it comes."""
    made = []
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=most, unique=True)):
        found = [row(place, effect) for effect in EFFECTS[place]]
        if wider is not None:
            found = [one for one in found if site.wider(POLICY, one) == wider]
        if found:
            made.append(draw(st.sampled_from(found)))
    return made


# -- showing less ---------------------------------------------------------------------------------


def _tighter_everywhere(viewer: Viewer, state: State, effect: Effect) -> Policy:
    rows = [
        one
        for item in ItemClass
        if fits(item, effect) and not site.wider(POLICY, one := row((viewer, item, state), effect))
    ]
    return policy_at(held(*rows), NOW)


@pytest.mark.parametrize(
    "effect", [e for e in Effect if e is not Effect.ALLOW], ids=lambda effect: effect.code
)
@pytest.mark.parametrize("viewer", Viewer, ids=lambda viewer: viewer.value)
def test_a_row_that_shows_less_never_shows_more_in_any_question(
    viewer: Viewer, effect: Effect
) -> None:
    for state in State:
        tighter = _tighter_everywhere(viewer, state, effect)
        if tighter is POLICY:
            continue
        for question in questions(viewer):
            before, after = asked(POLICY, **question), asked(tighter, **question)  # type: ignore[arg-type]
            for item in ItemClass:
                assert after.of(item).effect <= before.of(item).effect, (item, question)


@settings(max_examples=50, deadline=None)
@given(some_rows(wider=False, most=30), st.lists(st.sampled_from(Viewer), min_size=1, max_size=3))
def test_rows_that_show_less_never_show_more_to_somebody_with_several_hats(
    rows: list[OwnRow], viewers: list[Viewer]
) -> None:
    worn = [Hat(viewer=v.value, relation="class", since=NOW - timedelta(days=1)) for v in viewers]
    tighter = policy_at(held(*rows), NOW)
    for states, about in itertools.product(STATE_SETS, FACTS):
        before, after = (
            plan_decisions(policy, worn, states, purpose="care", at=NOW, about=about)
            for policy in (POLICY, tighter)
        )
        assert all(after.of(item).effect <= before.of(item).effect for item in ItemClass)


def test_an_offer_of_the_glass_instead_of_a_short_form_shows_more() -> None:
    # A stated reason makes everything of it: what looks like less is more.
    for place in PLACES:
        if POLICY.effect(*place) is Effect.REDACT:
            breaks = place[0] in site.MAY_BREAK
            assert site.wider(POLICY, row(place, Effect.BREAK_GLASS)) == breaks


# -- showing more ---------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    some_rows(wider=True),
    st.sampled_from([site.FORGED, site.UNTRIED, site.NO_RIGHT, site.UNSIGNED]),
    st.integers(-90, 90),
)
def test_a_row_that_shows_more_and_is_not_signed_changes_nothing(
    rows: list[OwnRow], problem: str, days: int
) -> None:
    def untrusted(one: OwnRow) -> str:
        return problem

    kept = held(*rows)
    assert policy_at(kept, NOW + timedelta(days=days), untrusted) is POLICY
    found = site.judged(POLICY, list(enumerate(rows, start=3)), untrusted, NOW)
    assert {finding.where["line"] for finding in found} == set(range(3, 3 + len(rows)))
    assert {finding.code for finding in found} <= {"PSY152", "PSY153"}


@settings(max_examples=25, deadline=None)
@given(some_rows(wider=True, most=4), st.sampled_from(Viewer))
def test_a_row_that_shows_more_changes_its_cell_and_no_rule_that_bounds(
    rows: list[OwnRow], viewer: Viewer
) -> None:
    wide = policy_at(held(*rows), NOW)
    places = {place_of(one.place) for one in rows}
    for question in (*questions(viewer), *(questions(Viewer.GUARDIAN) if rows else ())):
        before, after = asked(POLICY, **question), asked(wide, **question)  # type: ignore[arg-type]
        states: frozenset[State] = question["states"]  # type: ignore[assignment]
        for item in ItemClass:
            one, other = before.of(item), after.of(item)
            if one == other:
                continue
            assert any((question["viewer"], item, state) in places for state in states)
            # X7 gives way to X5 where there is danger: then the cell counts, whoever wrote it.
            assert one.rule not in BOUNDING or other.rule == "X5", (item, question, one, other)
            assert other.effect >= one.effect


@settings(max_examples=50, deadline=None)
@given(some_rows(), st.timedeltas(timedelta(days=-5), timedelta(days=90)))
def test_it_is_over_at_its_instant_and_the_shipped_table_is_back(
    rows: list[OwnRow], passed: timedelta
) -> None:
    kept = held(*rows)
    wide = {one.place for one in rows if site.wider(POLICY, one)}
    for moment in (NOW + passed, UNTIL - timedelta.resolution, UNTIL):
        there = {one.place for one in site.in_force(POLICY, kept, trusted, moment)}
        if not NOW <= moment < UNTIL:
            assert not there & wide
        policy = policy_at(kept, moment)
        for one in rows:
            place = place_of(one.place)
            assert place is not None
            if one.place not in there:
                assert policy.effect(*place) is POLICY.effect(*place)
                assert policy.rule(*place) == POLICY.rule(*place)


def test_a_decision_by_such_a_row_names_it_and_says_when_it_ends() -> None:
    place = (Viewer.HOMEROOM_TEACHER, ItemClass.SCALE_LEVEL, State.ROUTINE)
    wide = policy_at(held(row(place, Effect.REDACT)), NOW)
    made = asked(wide, place[0], frozenset({State.ROUTINE})).of(place[1])
    assert (made.effect, made.expires) == (Effect.REDACT, UNTIL)
    assert made.rule == "O:homeroom_teacher:scale_level:routine"


def test_who_may_never_be_shown_more_is_not_whoever_signs() -> None:
    for place in PLACES:
        for effect in EFFECTS[place]:
            one = row(place, effect)
            if place[0] not in site.NEVER_WIDER or not site.wider(POLICY, one):
                continue
            assert [f.code for f in site.judged(POLICY, [(1, one)], trusted, NOW)] == ["PSY153"]
            assert policy_at(held(one), NOW) is POLICY
            assert [type(x) for x in site.passing(POLICY, held(one), trusted, NOW)] == [
                WideningEnded
            ]


@pytest.mark.parametrize(
    "lacking",
    [
        {"reason": " "},
        {"until": None},
        {"since": None},
        {"until": NOW, "since": NOW},
        {"until": NOW + site.LONGEST + timedelta.resolution},
        {"since": NOW - timedelta(days=9), "until": NOW},
        {"signed_by": None},
    ],
)
def test_what_lacks_a_reason_an_end_or_a_name_is_refused_and_never_begins(
    lacking: dict[str, object],
) -> None:
    one = row((Viewer.POLICE, ItemClass.OBSERVATION, State.ROUTINE), Effect.ALLOW, **lacking)
    assert [f.code for f in site.judged(POLICY, [(1, one)], trusted, NOW)] == ["PSY152"]
    assert policy_at(held(one), NOW) is POLICY
    began = [x for x in site.passing(POLICY, held(one), trusted, NOW) if type(x) is WideningBegan]
    assert not began


# -- the journal ----------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.none() | some_rows(most=4), st.sampled_from(["", "bad"])),
        min_size=1,
        max_size=8,
    )
)
def test_nothing_shows_more_but_between_its_two_events(
    steps: list[tuple[int, list[OwnRow] | None, str]],
) -> None:
    now, kept, events = NOW - timedelta(days=3), None, []
    for days, rows, trust in steps:
        now += timedelta(days=days)
        problem = site.FORGED if trust else ""

        def tried(one: OwnRow, problem: str = problem) -> str:
            return problem

        made = []
        if rows is not None:
            made += site.adopting(kept, tuple(rows), "digest", Actor("operator:it"), now)
            kept = site.after(kept, made)
        if kept is None:
            continue
        passed = tuple(site.passing(POLICY, kept, tried, now))
        kept = site.after(kept, passed)
        events += [*made, *passed]
        open_now: list[str] = []
        for event in events:
            if isinstance(event, WideningBegan):
                assert event.place not in open_now
                open_now.append(event.place)
            elif isinstance(event, WideningEnded) and event.place in open_now:
                open_now.remove(event.place)
        assert set(kept.begun) == set(open_now)
        shown = {r.place for r in site.in_force(POLICY, kept, tried, now)}
        assert {p for p in shown if site.wider(POLICY, kept.row(p))} <= set(open_now)  # type: ignore[arg-type]
    again = None
    for event in events:
        again = evolve(again, event)
    assert again == kept


def test_what_is_signed_is_every_word_of_the_row_and_the_school() -> None:
    one = row((Viewer.POLICE, ItemClass.OBSERVATION, State.ROUTINE), Effect.ALLOW)
    told = site.said("no3", one)  # type: ignore[arg-type]
    others = [
        changed(one, place="police:observation:crisis"),
        changed(one, effect="redact"),
        changed(one, reason="another"),
        changed(one, since=NOW - timedelta(days=1)),
        changed(one, until=UNTIL + timedelta(days=1)),
        changed(one, signed_by=PersonId(Actor("staff:other"))),
    ]
    assert len({told, site.said("no4", one), *(site.said("no3", x) for x in others)}) == 8  # type: ignore[arg-type]
