"""A question put to the policy in plain words, for people and programs that want to check it.

It decides as everything else does, by `plan_decisions`: a code that is not known is no error but an
answer, since the policy itself answers it (X2).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from psysafe.domain.figures import K_INSIDE
from psysafe.domain.people import ENDED, Hat
from psysafe.domain.privacy import (
    Action,
    DecisionPlan,
    Effect,
    ItemObjection,
    Policy,
    State,
    plan_decisions,
)
from psysafe.domain.privacy_facts import SubjectFacts
from psysafe.errors import Finding, InvalidDataError
from psysafe.sensitivity import ItemClass, Trust

#: What a question must say, and what it may.
NEEDED: Final = ("viewer", "item")
MAY_SAY: Final = ("relation", "states", "action", "purpose", "facts", "trust", "objects")
#: Facts beside the hats and the states that are yes or no.
FACTS: Final = (
    "of_age",
    "has_a_say",
    "guardians_agreed",
    "danger",
    "relative",
    "exposure_closed",
    "glass_broken",
    "erased",
    "notes_reviewed",
    "barred",
)
#: Facts that are numbers: what a cell of figures would say, and from which number on it is shown.
NUMBERS: Final = ("figure", "k")
_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ACTIONS: Final = {action.value: action for action in Action}
_STATES: Final = {state.value: state for state in State}
_ITEMS: Final = {item.value: item for item in ItemClass}
_TRUST: Final = {trust.name.lower(): trust for trust in Trust}


def answer(policy: Policy, question: Mapping[str, Any]) -> dict[str, Any]:
    """The decision: effect, rule, hat, obligations.

    `{"viewer": "homeroom_teacher", "item": "risk_level", "states": ["crisis"]}`; `relation` is
    `ended` for a role that is over, `states` routine alone, `action` read, `purpose` care,
    `facts` none where they are not said. `objects` is a plugin's wish: deny or lower. Raises
    InvalidDataError PSY708 for a key that means nothing, a needed one that is missing, or a value
    of the wrong kind.
    """
    plan = plan_of(policy, question)
    wanted = _ITEMS.get(question["item"])
    made = plan.of(wanted) if wanted is not None else plan.of(None)  # type: ignore[arg-type]
    found: dict[str, Any] = {"effect": made.effect.code, "rule": made.rule}
    if made.hat is not None and made.effect is not Effect.DENY:
        found["hat"] = made.hat.viewer
    if made.obligations:
        found["obligations"] = list(made.obligations)
    return found


def plan_of(policy: Policy, question: Mapping[str, Any]) -> DecisionPlan:
    """The decisions about all items that the question comes to. Raises as `answer`."""
    _checked(question)
    facts = question.get("facts", {})
    states = question.get("states", [State.ROUTINE.value])
    known = frozenset(_STATES[state] for state in states if state in _STATES)
    action = question.get("action", Action.READ.value)
    objects = question.get("objects")
    objections = (
        frozenset({ItemObjection(item=None, wish="lower" if objects == "lower" else "deny")})
        if objects is not None
        else frozenset()
    )
    over = question.get("relation") == ENDED
    return plan_decisions(
        policy,
        [
            Hat(
                viewer=question["viewer"],
                relation=ENDED if over else question.get("relation", "of_student"),
                since=_ALWAYS,
            )
        ],
        # One state that is not known makes the whole unknown.
        known if len(known) == len(set(states)) else frozenset(),
        purpose=question.get("purpose", "care"),
        at=_ALWAYS,
        action=_ACTIONS.get(action),
        trust=_trust(question),
        objections=objections,
        barred=facts.get("barred", False),
        about=SubjectFacts(
            of_age=facts.get("of_age", False),
            has_a_say=facts.get("has_a_say", False),
            guardians_agreed=facts.get("guardians_agreed", False),
            danger=facts.get("danger", False),
            relative=facts.get("relative", False),
            exposure_closed=facts.get("exposure_closed", False),
            glass_until=datetime.max.replace(tzinfo=UTC) if facts.get("glass_broken") else None,
            erased=facts.get("erased", False),
            notes_reviewed=facts.get("notes_reviewed", False),
            figure=facts.get("figure"),
            k=facts.get("k", K_INSIDE),
        ),
    )


def _trust(question: Mapping[str, Any]) -> Trust | None:
    """The channel's trust; a word that is not known is a channel that carries nothing."""
    if "trust" not in question:
        return None
    return _TRUST.get(question["trust"], Trust.PUBLIC)


def _checked(question: Mapping[str, Any]) -> None:
    for key in question:
        if key not in (*NEEDED, *MAY_SAY):
            raise _wrong(key)
    for key in NEEDED:
        if key not in question:
            raise _wrong(key)
    for key in ("viewer", "item", "relation", "action", "purpose", "trust", "objects"):
        if not isinstance(question.get(key, ""), str):
            raise _wrong(key)
    states = question.get("states", [])
    if not isinstance(states, list) or not all(isinstance(one, str) for one in states):
        raise _wrong("states")
    facts = question.get("facts", {})
    if not isinstance(facts, dict):
        raise _wrong("facts")
    for key, fact in facts.items():
        if not (key in FACTS and isinstance(fact, bool)) and not (
            key in NUMBERS and type(fact) is int and fact >= 0
        ):
            raise _wrong(f"facts.{key}")


def _wrong(key: str) -> InvalidDataError:
    return InvalidDataError([Finding(code="PSY708", where={"path": key}, facts={"key": key})])
