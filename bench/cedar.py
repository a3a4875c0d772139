"""The privacy matrix as Cedar policies: the same questions to psysafe and to cedarpy, by turns.

Needs cedarpy (`pip install -e .[bench]`); `run.py` prints its lines beside psysafe's where it is
installed. What is translated, and what Cedar has no word for, stands at `policies`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs
import cedarpy

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain.people import Hat
from psysafe.domain.privacy import (
    CLINICAL_ITEMS,
    DecisionPlan,
    Effect,
    Policy,
    State,
    SubjectFacts,
    Viewer,
    plan_decisions,
)
from psysafe.domain.privacy_overlays import NEVER_FOR, PURPOSES, WITHOUT_A_CASE
from psysafe.sensitivity import ItemClass

NOW: Final = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
#: What is asked of Cedar, widest first: it answers yes or no, so a form is a question of its own.
FORMS: Final = {"in_full": ("allow",), "in_form": ("allow", "redact")}


@attrs.frozen(kw_only=True)
class Question:
    """One question in plain words: who, in which states, why, and what is said of them."""

    viewer: Viewer
    states: frozenset[State]
    purpose: str = "care"
    facts: frozenset[str] = frozenset()
    """of barred, relative, exposure_closed, erased"""
    ends: datetime | None = None
    """when the hat does: another moment is another question, which nobody has asked before"""


def policies(viewer: Viewer | None = None) -> str:
    """The matrix's rows that show anything, and X1, X2 (purpose), X3, X6, X13, X15, as Cedar text.

    One `permit` a viewer, state and form lists its items: fewer policies than rows, in Cedar's
    favour, since it looks at all of them. `viewer`: what speaks of that viewer alone.

    Cedar has no word for an order: of effects (each form is asked for by itself, where psysafe
    gives one of five), of rules (it names every policy that permits, psysafe the first row in the
    order of states), of hats. What no policy permits is denied without a rule to name, where
    psysafe names the row. And an answer carries nothing with it: no redacted form, no duty to tell
    later, no end. So figures, broken glass, X5, X10's lowering and a plugin's wish are left out.
    """
    text = [*_permits(viewer), *_forbids()]
    return "\n".join(text)


def _permits(viewer: Viewer | None) -> Iterator[str]:
    listed: dict[tuple[str, str, str], list[str]] = {}
    for who, item, state, effect in shipped_matrix():
        for form, effects in FORMS.items():
            if effect in effects and (viewer is None or who == viewer.value):
                listed.setdefault((who, state, form), []).append(item)
    for (who, state, form), items in listed.items():
        among = ", ".join(f'Item::"{item}"' for item in items)
        yield (
            f'@id("M:{who}:{state}:{form}") permit(principal == Viewer::"{who}", '
            f'action == Action::"{form}", resource) when {{ [{among}].contains(resource) '
            f'&& context.states.contains("{state}") }};'
        )


def _forbids() -> Iterator[str]:
    def anything(rule: str, when: str) -> str:
        return f'@id("{rule}") forbid(principal, action, resource) {when};'

    def among(items: frozenset[ItemClass]) -> str:
        return "[" + ", ".join(f'Item::"{item.value}"' for item in items) + "].contains(resource)"

    words = ", ".join(f'"{word}"' for word in sorted(PURPOSES))
    never = ", ".join(f'"{word}"' for word in sorted(NEVER_FOR))
    yield anything("X13", f"when {{ [{never}].contains(context.purpose) }}")
    yield anything("X2", f"unless {{ [{words}].contains(context.purpose) }}")
    yield anything("X15", 'when { context.facts.contains("erased") }')
    yield anything("X1", f'when {{ context.facts.contains("barred") && !{among(WITHOUT_A_CASE)} }}')
    yield anything(
        "X3",
        'when { context.facts.contains("exposure_closed") && resource == Item::"exposure" }',
    )
    clinical = among(CLINICAL_ITEMS)
    yield anything("X6", f'when {{ context.facts.contains("relative") && {clinical} }}')


def questions() -> Iterator[Question]:
    """Every viewer in every set of states, plainly; and each fact and purpose in two of them."""
    sets = [
        frozenset(some)
        for size in range(1, len(State) + 1)
        for some in itertools.combinations(State, size)
    ]
    for viewer, states in itertools.product(Viewer, sets):
        yield Question(viewer=viewer, states=states)
    two = (frozenset({State.ROUTINE}), frozenset({State.ATTENTION, State.CRISIS}))
    for viewer, states in itertools.product(Viewer, two):
        for purpose in sorted({"curiosity", *PURPOSES, *NEVER_FOR}):
            yield Question(viewer=viewer, states=states, purpose=purpose)
        for fact in ("barred", "relative", "exposure_closed", "erased"):
            yield Question(viewer=viewer, states=states, facts=frozenset({fact}))


class ByPsysafe:
    """psysafe, asked anew each time: hats, states and facts as a page would bring them."""

    def __init__(self) -> None:
        self._policy = Policy.compile(shipped_matrix())

    def plan(self, asked: Question) -> DecisionPlan:
        facts = dict.fromkeys(asked.facts - {"barred"}, True)
        return plan_decisions(
            self._policy,
            (Hat(viewer=asked.viewer.value, relation="class", since=NOW, until=asked.ends),),
            asked.states,
            purpose=asked.purpose,
            at=NOW,
            barred="barred" in asked.facts,
            about=SubjectFacts(**facts),  # type: ignore[arg-type]
        )

    def rules(self, asked: Question) -> list[str]:
        """The rule behind each item, as a page needs them all."""
        plan = self.plan(asked)
        return [plan.of(item).rule for item in ItemClass]

    def shown(self, asked: Question, item: ItemClass) -> str:
        """`in_full`, `in_form` or nothing, as Cedar can say it."""
        effect = self.plan(asked).of(item).effect
        return {Effect.ALLOW: "in_full", Effect.REDACT: "in_form"}.get(effect, "")


class ByCedar:
    """cedarpy with everything read beforehand: policies, entities; a call is one question."""

    def __init__(self, *, by_viewer: bool = False) -> None:
        whole = None if by_viewer else cedarpy.PolicySet.from_str(policies())
        self._policies: Mapping[Viewer, Any] = {
            viewer: whole or cedarpy.PolicySet.from_str(policies(viewer)) for viewer in Viewer
        }
        self._entities = cedarpy.Entities.from_json_str("[]")
        self._said: dict[Question, dict[str, Any]] = {}

    def shown(self, asked: Question, item: ItemClass) -> str:
        """The widest form that is permitted: one question, or two where the first is a no."""
        return next((form for form in FORMS if self.permits(asked, item, form)), "")

    def rules(self, asked: Question) -> list[list[str]]:
        """The numbers of the policies behind one question an item; a page asks two about many."""
        return [
            list(self._answer(asked, item, "in_form").diagnostics.reasons) for item in ItemClass
        ]

    def permits(self, asked: Question, item: ItemClass, form: str) -> bool:
        """Cedar's answer to one question."""
        found = self._answer(asked, item, form)
        if found.diagnostics.errors:
            raise SystemExit(f"Cedar could not answer: {found.diagnostics.errors}")
        return bool(found.allowed)

    def _answer(self, asked: Question, item: ItemClass, form: str) -> Any:
        request = {
            "principal": {"type": "Viewer", "id": asked.viewer.value},
            "action": {"type": "Action", "id": form},
            "resource": {"type": "Item", "id": item.value},
            "context": self._context(asked),
        }
        return cedarpy.is_authorized(request, self._policies[asked.viewer], self._entities)

    def _context(self, asked: Question) -> dict[str, Any]:
        if asked not in self._said:
            self._said[asked] = {
                "states": sorted(state.value for state in asked.states),
                "purpose": asked.purpose,
                "facts": sorted(asked.facts),
            }
        return self._said[asked]


def must_agree(some: int = 1) -> int:
    """Ask both the same, every `some`th question, about every item; stop where they differ."""
    ours, theirs = ByPsysafe(), (ByCedar(by_viewer=True), ByCedar())
    count = 0
    for asked in itertools.islice(questions(), 0, None, some):
        for number, item in enumerate(ItemClass):
            said = ours.shown(asked, item)
            # The whole set is slow to ask; it holds the same policies, so a part of it is enough.
            for cedar in theirs if number % 10 == 0 else theirs[:1]:
                if cedar.shown(asked, item) != said:
                    raise SystemExit(f"Cedar and psysafe differ: {asked} {item}: {said!r}")
            count += 1
    return count
