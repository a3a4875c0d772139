"""Who may see what of one student, and which one rule says so.

A decision is a pure function of plain facts: the hats somebody wears towards this student, the
states the student is in, why, how and when they ask, and what plugins object. It is made for all
twenty items at once (`plan_decisions`) and read per item (`DecisionPlan.of`).

The order: overlays that deny → the places where need widens → the matrix → default deny. Within
one hat the widest effect over the states counts; over hats the widest hat counts; overlays bind
the person whatever the hat. Overlays and objections are ceilings, so they can only tighten.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

import attrs

from psysafe.domain.people import ENDED, Hat
from psysafe.domain.privacy_policy import (
    CLINICAL_ITEMS,
    CRISIS_ITEMS,
    REDACTED_FORMS,
    Effect,
    Policy,
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
    "WIDENINGS",
    "Action",
    "Asked",
    "Decision",
    "DecisionPlan",
    "Effect",
    "ItemObjection",
    "Policy",
    "State",
    "StateFacts",
    "Viewer",
    "content_of_message",
    "may_know",
    "message_class",
    "plan_decisions",
    "privacy_states",
    "row_id",
]


class Action(enum.Enum):
    """What somebody wants to do with an item."""

    READ = "read"
    LIST = "list"
    SEARCH = "search"
    FILTER = "filter"
    SORT = "sort"
    COUNT = "count"
    EXPORT = "export"
    SEND = "send"
    OPEN = "open"


#: Why somebody may ask (PIPL 6: a stated, direct purpose). Another word, or none, is denied.
PURPOSES: Final = frozenset(
    {
        "care",  # accompany and help this student
        "alarm",  # a step of a route: somebody must know now
        "duty",  # meet what one owes
        "own_record",  # the student's, or their guardian's, own sight
        "administration",  # classes, numbers, telephones
        "referral",  # hand over to another helper
        "statutory_report",  # tell the authority that the law or the plan names
        "oversight",  # show afterwards that it was done right
    }
)

BARRED_RULE: Final = "X1"
ENDED_RULE: Final = "X8"
UNKNOWN_RULE: Final = "X2"
CHANNEL_RULE: Final = "X10"
OBJECTION_RULE: Final = "P1"
"""A plugin objects. No overlay of the policy itself, so it has a letter of its own."""
OVERLAY_RULES: Final = (BARRED_RULE, UNKNOWN_RULE, ENDED_RULE, CHANNEL_RULE, OBJECTION_RULE)

_BREAK_GLASS_DUTIES: Final = ("reason", "notice", "review")


@attrs.frozen(kw_only=True)
class ItemObjection:
    """What a plugin wants tightened. No word of it can widen; an unknown wish counts as deny."""

    item: ItemClass | None
    """None: every item, also for a plugin that failed."""
    wish: Literal["deny", "lower"]
    """`lower`: out of a message altogether (K0 stays), in a view at most the redacted form."""


@attrs.frozen(kw_only=True)
class Asked:
    """Everything that one plan of decisions depends on, and so the key under which it is kept.

    Overlays of later rules read their facts of the student from here.
    """

    hats: tuple[Hat, ...]
    """Only those that hold at the moment of asking."""
    states: frozenset[State]
    purpose: str | None
    action: Action | None
    trust: Trust | None
    objections: frozenset[ItemObjection]
    barred: bool = False
    """A suspected source of harm, their declared relative, or of the same household."""


@attrs.frozen(kw_only=True)
class Decision:
    """The answer for one item: how much, by which one rule, in which hat.

    Only `allow` and `redact` show anything of one person (`shown`). `obligations` names the
    redacted form (redact), what using the offer costs (break_glass) or `suppressed_figures_only`
    (statistics). `expires` is when the hat ends; None: no end known.
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


Ceiling = tuple[Effect, str]
Bar = Callable[[Asked], str | None]
"""Denies everything to a person: gives the rule that does, or None."""
Overlay = Callable[[Asked, ItemClass], Ceiling | None]
"""Bounds one item: gives the most that may be shown and the rule that says so, or None."""


def _unknown(asked: Asked) -> str | None:
    """X2: no or unknown purpose, role, state or action (PIPL 6)."""
    known = (
        asked.purpose in PURPOSES
        and isinstance(asked.action, Action)
        and bool(asked.states)
        and all(isinstance(state, State) for state in asked.states)
        and any(viewer_of_code(hat.viewer) for hat in asked.hats)
        and (asked.trust is None or isinstance(asked.trust, Trust))
    )
    return None if known else UNKNOWN_RULE


#: What is seen of every student of whom nothing is known. Whoever is barred goes on seeing it:
#: a class list that grows shorter tells more than one that stays.
WITHOUT_A_CASE: Final = frozenset(
    {
        ItemClass.DISPLAY_NAME,
        ItemClass.CIVIL_IDENTITY,
        ItemClass.CONTACT,
        ItemClass.CLASS_PLACEMENT,
        ItemClass.EXPOSURE,
    }
)


def _barred(asked: Asked, item: ItemClass) -> Ceiling | None:
    """X1: the viewer is a suspected source of harm, or belongs to one (decision 0026)."""
    if not asked.barred or item in WITHOUT_A_CASE:
        return None
    return Effect.DENY, BARRED_RULE


def _channel(asked: Asked, item: ItemClass) -> Ceiling | None:
    """X10: the channel's trust is below the item's class (B0.3)."""
    trust = asked.trust
    if trust is None:
        # On screen behind a login nothing limits; an undeclared channel is public; a file leaves
        # the screen, and what is for the screen only (K3) must not leave with it.
        if asked.action in (Action.SEND, Action.OPEN):
            trust = Trust.PUBLIC
        elif asked.action is Action.EXPORT:
            trust = Trust.SEALED
        else:
            return None
    return _carried(item, trust), CHANNEL_RULE


def _objected(asked: Asked, item: ItemClass) -> Ceiling | None:
    """P1: a plugin objects to this item."""
    wishes = {o.wish for o in asked.objections if o.item is None or o.item is item}
    if not wishes:
        return None
    in_a_message = asked.action in (Action.SEND, Action.OPEN)
    if wishes == {"lower"} and not in_a_message and item in REDACTED_FORMS:
        return Effect.REDACT, OBJECTION_RULE
    return Effect.DENY, OBJECTION_RULE


#: What denies the person everything, first named first. X15 belongs here.
BARS: Final[tuple[Bar, ...]] = (_unknown,)

#: What bounds single items for the person, first named first. The other overlays belong here.
OVERLAYS: Final[tuple[Overlay, ...]] = (_barred, _channel, _objected)

#: The place of the only two rules that may widen: X5 (danger confirmed) and X16 (subject access).
#: Each gives a *floor* for an item. Neither has its facts yet, so nothing widens.
WIDENINGS: Final[tuple[Overlay, ...]] = ()


def plan_decisions(
    policy: Policy,
    hats: Iterable[Hat],
    states: frozenset[State],
    *,
    purpose: str | None,
    at: datetime,
    action: Action | None = Action.READ,
    trust: Trust | None = None,
    objections: frozenset[ItemObjection] = frozenset(),
    barred: bool = False,
) -> DecisionPlan:
    """Decide all twenty items of one student for one person at one moment.

    `hats` are the person's relations to this student; one that does not hold at `at` (aware) does
    not count. A hat as *author* is for the item that this person filed, so it belongs only to a
    plan made for that one record. None for purpose or action means "not known", and is denied.
    `trust` is the channel's, for what travels over one (send, open); without it such a channel
    is public. Whoever is `barred` is to be asked with the states of a student of whom nothing is
    known.

    Equal questions get the same plan object; at most 4096 plans are kept.
    """
    holding = tuple(h for h in hats if h.since <= at and (h.until is None or at < h.until))
    return _plan(
        policy,
        Asked(
            hats=holding,
            states=states,
            purpose=purpose,
            action=action,
            trust=trust,
            objections=objections,
            barred=barred,
        ),
    )


@lru_cache(maxsize=4096)
def _plan(policy: Policy, asked: Asked) -> DecisionPlan:
    barred = next((rule for bar in BARS if (rule := bar(asked)) is not None), None)
    if barred is not None:
        decisions = dict.fromkeys(ItemClass, Decision(effect=Effect.DENY, rule=barred))
    else:
        by_hat = _rows_by_hat(policy, asked)
        decisions = {item: _decide(asked, by_hat, item) for item in ItemClass}
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
    return tuple((hat, _rows(policy.widest(viewer, asked.states), hat)) for _, hat, viewer in found)


def _rows(
    rows: Mapping[ItemClass, tuple[Effect, str]], hat: Hat
) -> Mapping[ItemClass, tuple[Effect, str]]:
    """X8: of a relation that is over, what a crisis needs is left, until somebody has accepted."""
    if hat.relation != ENDED:
        return rows
    denied = (Effect.DENY, ENDED_RULE)
    return {item: row if item in CRISIS_ITEMS else denied for item, row in rows.items()}


_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_RANK: Final = {viewer: rank for rank, viewer in enumerate(Viewer)}


def _decide(asked: Asked, by_hat: tuple[_Rows, ...], item: ItemClass) -> Decision:
    ceilings = [c for overlay in OVERLAYS if (c := overlay(asked, item)) is not None]
    for ceiling, rule in ceilings:
        if ceiling is Effect.DENY:
            return Decision(effect=Effect.DENY, rule=rule)
    # max keeps the first of equals: the first hat that gives the widest effect is named
    hat, rows = max(by_hat, key=lambda entry: entry[1][item][0])
    effect, rule = rows[item]
    # pyright takes the empty tuple for one that can never hold anything; X5 and X16 will be in it
    for widen in WIDENINGS:
        floor = widen(asked, item)
        if floor is not None and floor[0] > effect:
            effect, rule = floor  # pyright: ignore[reportGeneralTypeIssues]
    for ceiling, ceiling_rule in ceilings:
        if ceiling < effect:
            effect, rule = ceiling, ceiling_rule
    return Decision(
        effect=effect,
        rule=rule,
        hat=hat,
        obligations=_obligations(effect, item),
        expires=hat.until,
    )


def _obligations(effect: Effect, item: ItemClass) -> tuple[str, ...]:
    if effect is Effect.REDACT:
        return (REDACTED_FORMS[item],)
    if effect is Effect.BREAK_GLASS:
        return _BREAK_GLASS_DUTIES
    return ("suppressed_figures_only",) if effect is Effect.STATISTICS else ()


def may_know(plan: DecisionPlan) -> bool:
    """Whether a case exists for this person: they see risk level or crisis flag in some form.

    Ask with a plan for reading on screen: over a channel X10 hides what the person may well know.
    An offer to break the glass and figures over many do not count as knowing.
    """
    return plan.of(ItemClass.RISK_LEVEL).shown or plan.of(ItemClass.CRISIS_FLAG).shown


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
        effect = min(plan.of(item).effect, _carried(item, trust))
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


def _carried(item: ItemClass, trust: Trust | None) -> Effect:
    """How much of an item a channel of this trust can carry: allow, redact or deny."""
    carries = CARRIES.get(trust) if trust is not None else None
    if carries is None:
        return Effect.DENY
    if CONTENT_CLASS[item] <= carries:
        return Effect.ALLOW
    fits = item in REDACTED_FORMS and redacted_class(item) <= carries
    return Effect.REDACT if fits else Effect.DENY
