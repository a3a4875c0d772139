"""Who may see what of one student, and which one rule says so.

A decision is a pure function of plain facts: the hats somebody wears towards this student, the
states the student is in, why, how and when they ask, and what plugins object. It is made for all
twenty items at once (`plan_decisions`) and read per item (`DecisionPlan.of`).

The order: overlays that deny → the matrix with a school's own rows in it, as the rules of the hat
leave it → default deny. Within one hat the widest effect over the states counts; over hats the
widest hat counts; overlays bind the person whatever the hat. Overlays and objections are ceilings,
so they can only tighten; the rules themselves stand in `privacy_overlays`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

import attrs

from psysafe.domain.people import Hat
from psysafe.domain.privacy_facts import NOTHING_SAID, SubjectFacts
from psysafe.domain.privacy_overlays import (
    BARS,
    DANGER_RULE,
    GLASS_RULE,
    OBJECTION_RULE,
    OVERLAY_RULES,
    OVERLAYS,
    PURPOSES,
    UNKEPT_RULE,
    UNKNOWN_RULE,
    Action,
    Asked,
    ItemObjection,
    carried,
    row_of_hat,
)
from psysafe.domain.privacy_policy import (
    CLINICAL_ITEMS,
    CRISIS_ITEMS,
    REDACTED_FORMS,
    Effect,
    Policy,
    Rules,
    Viewer,
    row_id,
    viewer_of_code,
)
from psysafe.domain.privacy_states import CRISIS_TAIL, State, StateFacts, privacy_states
from psysafe.sensitivity import (
    CARRIES,
    CONTENT_CLASS,
    ContentClass,
    ItemClass,
    Trust,
    redacted_class,
)

__all__ = [
    "BARS",
    "CLINICAL_ITEMS",
    "CRISIS_ITEMS",
    "CRISIS_TAIL",
    "OBJECTION_RULE",
    "OVERLAYS",
    "OVERLAY_RULES",
    "PURPOSES",
    "REDACTED_FORMS",
    "Action",
    "Asked",
    "Decision",
    "DecisionPlan",
    "Effect",
    "ItemObjection",
    "Policy",
    "Rules",
    "State",
    "StateFacts",
    "SubjectFacts",
    "Viewer",
    "content_of_message",
    "may_know",
    "message_class",
    "plan_decisions",
    "privacy_states",
    "row_id",
]


_BREAK_GLASS_DUTIES: Final = ("reason", "notice", "review")
#: Whoever looks because of danger owes the student the reason afterwards (X5).
TELL_LATER: Final = "tell_the_student_later"


@attrs.frozen(kw_only=True)
class Decision:
    """The answer for one item: how much, by which one rule, in which hat.

    Only `allow` and `redact` show anything of one person (`shown`). `obligations` names the
    redacted form (redact), what using the offer costs (break_glass) or `suppressed_figures_only`
    (statistics). Where X5 opens, `tell_the_student_later` follows. `expires` is when the hat ends,
    or the broken glass is closed again; None: no end known.
    """

    effect: Effect
    rule: str
    hat: Hat | None = None
    obligations: tuple[str, ...] = ()
    expires: datetime | None = None

    @property
    def shown(self) -> bool:
        """Whether this person's value is shown, in full or in its redacted form."""
        return self.effect >= Effect.REDACT

    @property
    def form(self) -> str | None:
        """The name of the redacted form to build; None where there is none to build."""
        return self.obligations[0] if self.effect is Effect.REDACT else None


UNKNOWN: Final = Decision(effect=Effect.DENY, rule=UNKNOWN_RULE)


@attrs.frozen(kw_only=True)
class DecisionPlan:
    """The decisions for all items of one student, for one person, one action, one moment."""

    asked: Asked
    decisions: Mapping[ItemClass, Decision] = attrs.field(repr=False, hash=False)

    def of(self, item: ItemClass) -> Decision:
        """The decision for an item. Anything that is no item is denied by X2."""
        return self.decisions.get(item, UNKNOWN)

    def withheld(self) -> tuple[ItemClass, ...]:
        """The items of which nothing is shown, in the matrix's order."""
        return tuple(item for item, made in self.decisions.items() if not made.shown)


def plan_decisions(
    policy: Rules,
    hats: Iterable[Hat],
    states: frozenset[State],
    *,
    purpose: str | None,
    at: datetime,
    action: Action | None = Action.READ,
    trust: Trust | None = None,
    objections: frozenset[ItemObjection] = frozenset(),
    barred: bool = False,
    about: SubjectFacts = NOTHING_SAID,
) -> DecisionPlan:
    """Decide all twenty items of one student for one person at one moment.

    `hats` are the person's relations to this student; one that does not hold at `at` (aware) does
    not count. A hat as *author* is for the item that this person filed, so it belongs only to a
    plan made for that one record. None for purpose or action means "not known", and is denied.
    `trust` is the channel's, for what travels over one (send, open); without it such a channel
    is public. `about`: what overlays ask of the student and of the viewer. Whoever is `barred` is
    to be asked with the states of a student of whom nothing is known.

    The rules are those of that moment. Equal questions get the same plan object; at most 4096 plans
    are kept.
    """
    holding = tuple(h for h in hats if h.since <= at and (h.until is None or at < h.until))
    return _plan(
        policy.at(at),
        Asked(
            hats=holding,
            states=states,
            purpose=purpose,
            action=action,
            trust=trust,
            objections=objections,
            barred=barred,
            about=about,
        ),
    )


@lru_cache(maxsize=4096)
def _plan(policy: Policy, asked: Asked) -> DecisionPlan:
    barred = next((rule for bar in BARS if (rule := bar(asked)) is not None), None)
    if barred is not None:
        decisions = dict.fromkeys(ItemClass, Decision(effect=Effect.DENY, rule=barred))
    else:
        by_hat = _rows_by_hat(policy, asked)
        decisions = {item: _decide(policy, asked, by_hat, item) for item in ItemClass}
    return DecisionPlan(asked=asked, decisions=MappingProxyType(decisions))


_Rows = tuple[Hat, Mapping[ItemClass, tuple[Effect, str]]]


def _rows_by_hat(policy: Policy, asked: Asked) -> tuple[_Rows, ...]:
    """What the matrix says for each known hat; the hats in the matrix's order, lasting ones first.

    The order makes the named hat independent of the order in which hats were found. X2 has seen
    to it that there is at least one known hat, and a state.
    """
    found: list[tuple[tuple[int, float, str], Hat, Viewer]] = []
    for hat in asked.hats:
        viewer = viewer_of_code(hat.viewer)
        if viewer is not None:
            lasts = (hat.until or _NEVER).timestamp()
            found.append(((_RANK[viewer], -lasts, hat.relation), hat, viewer))
    found.sort(key=lambda entry: entry[0])
    return tuple(
        (hat, {item: row_of_hat(asked, hat, item, row) for item, row in rows.items()})
        for _, hat, viewer in found
        for rows in (policy.widest(viewer, asked.states),)
    )


_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_RANK: Final = {viewer: rank for rank, viewer in enumerate(Viewer)}


def _decide(policy: Policy, asked: Asked, by_hat: tuple[_Rows, ...], item: ItemClass) -> Decision:
    ceilings = [c for overlay in OVERLAYS if (c := overlay(asked, item)) is not None]
    for ceiling, rule in ceilings:
        if ceiling is Effect.DENY:
            return Decision(effect=Effect.DENY, rule=rule)
    # max keeps the first of equals: the first hat that gives the widest effect is named
    hat, rows = max(by_hat, key=lambda entry: entry[1][item][0])
    effect, rule = rows[item]
    for ceiling, ceiling_rule in ceilings:
        if ceiling < effect:
            effect, rule = ceiling, ceiling_rule
    return Decision(
        effect=effect,
        rule=rule,
        hat=hat,
        obligations=_obligations(effect, rule, item),
        expires=_earlier(
            hat.until, asked.about.glass_until if rule == GLASS_RULE else policy.end_of(rule)
        ),
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _obligations(effect: Effect, rule: str, item: ItemClass) -> tuple[str, ...]:
    later = (TELL_LATER,) if rule == DANGER_RULE else ()
    if effect is Effect.REDACT:
        return (REDACTED_FORMS[item], *later)
    if effect is Effect.BREAK_GLASS or rule == GLASS_RULE:
        return _BREAK_GLASS_DUTIES
    return ("suppressed_figures_only",) if effect is Effect.STATISTICS else later


def unkept(plan: DecisionPlan) -> DecisionPlan:
    """What is left where the look cannot be journalled: crisis items in a crisis, else nothing."""
    left = CRISIS_ITEMS if State.CRISIS in plan.asked.states else frozenset[ItemClass]()
    denied = Decision(effect=Effect.DENY, rule=UNKEPT_RULE)
    decisions = {item: plan.of(item) if item in left else denied for item in ItemClass}
    return DecisionPlan(asked=plan.asked, decisions=MappingProxyType(decisions))


def may_know(plan: DecisionPlan) -> bool:
    """Whether a case exists for this person: they see risk level or crisis flag in some form.

    Ask with a plan for reading on screen: over a channel X10 hides what the person may well know.
    An offer to break the glass and figures over many do not count as knowing.
    """
    return plan.of(ItemClass.RISK_LEVEL).shown or plan.of(ItemClass.CRISIS_FLAG).shown


def may_name(plan: DecisionPlan) -> bool:
    """Whether this person may know which student it is; else a case has its code and no more.

    Whoever may not is told of no case by a student: the number would be the name.
    """
    return plan.of(ItemClass.DISPLAY_NAME).effect is Effect.ALLOW


def may_find(plan: DecisionPlan) -> bool:
    """Whether a case exists for this person who asks for its student."""
    return may_know(plan) and may_name(plan)


Form = Literal["full", "redacted"]


def content_of_message(
    plan: DecisionPlan, wanted: Iterable[ItemClass], trust: Trust | None
) -> tuple[tuple[ItemClass, Form], ...]:
    """Which of the wanted items may stand in a message over a channel of this trust, and how.

    In full where the receiver may see it in full and its class fits the channel; else in its
    redacted form where that fits; else not at all. Empty: the message can only be K0. An item
    wanted twice is given once.
    """
    content: list[tuple[ItemClass, Form]] = []
    for item in dict.fromkeys(wanted):
        effect = min(plan.of(item).effect, carried(item, trust))
        if effect >= Effect.REDACT:
            content.append((item, "full" if effect is Effect.ALLOW else "redacted"))
    return tuple(content)


def message_class(
    plan: DecisionPlan, wanted: Iterable[ItemClass], trust: Trust | None
) -> ContentClass | None:
    """The class of the message that `content_of_message` gives for the same arguments.

    K0 where it may carry no item. None: nothing may go at all, because the channel is public or
    its trust is not known. Never K3.
    """
    if trust is None or CARRIES.get(trust) is None:
        return None
    classes = (
        CONTENT_CLASS[item] if form == "full" else redacted_class(item)
        for item, form in content_of_message(plan, wanted, trust)
    )
    return max(classes, default=ContentClass.K0)
