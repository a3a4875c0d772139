"""What bounds a decision besides the matrix: the named rules X1 to X16, and plugins' objections.

A *bar* denies a person everything. A *ceiling* bounds one item. Both can only tighten. Rules that
belong to one hat (X4, X7, X8, X9, X11) stand with the hat's rows, before hats are compared. Two may
widen: X5 gives no more than the matrix gives that hat, where a consent would have closed it, and
X16 what a person has written for whoever it is about, on paper and by their own request.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final, Literal

import attrs

from psysafe.domain.figures import too_small
from psysafe.domain.people import ENDED, OFFER, Hat
from psysafe.domain.privacy_facts import NOTHING_SAID, SubjectFacts
from psysafe.domain.privacy_policy import (
    CLINICAL_ITEMS,
    CRISIS_ITEMS,
    REDACTED_FORMS,
    Effect,
    Viewer,
    viewer_of_code,
)
from psysafe.domain.privacy_states import State
from psysafe.sensitivity import (
    CARRIES,
    CONTENT_CLASS,
    ItemClass,
    Trust,
    redacted_class,
)


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

#: What a plan of care is never asked for: a school record that follows the student through life
#: (Education Ministry rules on psychological files; for orientation).
NEVER_FOR: Final = frozenset({"academic_file", "honours", "discipline"})

BARRED_RULE: Final = "X1"
UNKNOWN_RULE: Final = "X2"
CLOSED_RULE: Final = "X3"
CONSENT_RULE: Final = "X4"
DANGER_RULE: Final = "X5"
RELATIVE_RULE: Final = "X6"
OF_AGE_RULE: Final = "X7"
SUMMARY_RULE: Final = "G1"
"""Guardians of a student who has a say see a summary; it has no number in the policy's list."""
ENDED_RULE: Final = "X8"
GLASS_RULE: Final = "X9"
CHANNEL_RULE: Final = "X10"
FIGURE_RULE: Final = "X11"
BULK_RULE: Final = "X12"
"""Many students at once need a second approver; decided in `bulk_deciding`, list by list."""
SECOND_APPROVER: Final = "second_approver"
PURPOSE_RULE: Final = "X13"
ERASED_RULE: Final = "X15"
ACCESS_RULE: Final = "X16"
OBJECTION_RULE: Final = "P1"
"""A plugin objects. No overlay of the policy itself, so it has a letter of its own."""
UNKEPT_RULE: Final = "J1"
"""The journal cannot keep the look: only what a crisis needs is left (C1.1)."""
OVERLAY_RULES: Final = (
    BARRED_RULE,
    UNKNOWN_RULE,
    CLOSED_RULE,
    CONSENT_RULE,
    DANGER_RULE,
    RELATIVE_RULE,
    OF_AGE_RULE,
    SUMMARY_RULE,
    ENDED_RULE,
    GLASS_RULE,
    CHANNEL_RULE,
    FIGURE_RULE,
    BULK_RULE,
    PURPOSE_RULE,
    ERASED_RULE,
    ACCESS_RULE,
    OBJECTION_RULE,
    UNKEPT_RULE,
)


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

    Overlays read their facts of the student and of the viewer from `about`.
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
    about: SubjectFacts = NOTHING_SAID


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


def _never_for(asked: Asked) -> str | None:
    """X13: for the academic file, for honours, for discipline: never."""
    return PURPOSE_RULE if asked.purpose in NEVER_FOR else None


def _erased(asked: Asked) -> str | None:
    """X15: the student was erased, and answers as one who never was (PIPL 47)."""
    return ERASED_RULE if asked.about.erased else None


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


def _closed(asked: Asked, item: ItemClass) -> Ceiling | None:
    """X3: what was written down for the epidemic is over with it (PIPL 6, 19)."""
    if item is ItemClass.EXPOSURE and asked.about.exposure_closed:
        return Effect.DENY, CLOSED_RULE
    return None


def _relative(asked: Asked, item: ItemClass) -> Ceiling | None:
    """X6: a relative of the student sees nothing clinical in any role beside that (ethics)."""
    if item in CLINICAL_ITEMS and asked.about.relative:
        return Effect.DENY, RELATIVE_RULE
    return None


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
    return carried(item, trust), CHANNEL_RULE


def _objected(asked: Asked, item: ItemClass) -> Ceiling | None:
    """P1: a plugin objects to this item."""
    wishes = {o.wish for o in asked.objections if o.item is None or o.item is item}
    if not wishes:
        return None
    in_a_message = asked.action in (Action.SEND, Action.OPEN)
    if wishes == {"lower"} and not in_a_message and item in REDACTED_FORMS:
        return Effect.REDACT, OBJECTION_RULE
    return Effect.DENY, OBJECTION_RULE


#: What denies the person everything, first named first.
BARS: Final[tuple[Bar, ...]] = (_never_for, _unknown, _erased)

#: What bounds single items for the person, first named first.
OVERLAYS: Final[tuple[Overlay, ...]] = (_barred, _closed, _relative, _channel, _objected)

Row = tuple[Effect, str]

#: Who may break the glass at all: never IT, peers, outside roles (privacy matrix; X9).
MAY_BREAK: Final = frozenset(
    {
        Viewer.COUNSELOR_ASSIGNED,
        Viewer.COUNSELOR_UNASSIGNED,
        Viewer.SAFEGUARDING_LEAD,
        Viewer.LEADING_GROUP,
    }
)


def row_of_hat(asked: Asked, hat: Hat, item: ItemClass, row: Row) -> Row:
    """What the matrix's row comes to in this hat, by the rules that belong to the hat."""
    if hat.relation == ENDED and item not in CRISIS_ITEMS:
        # X8: of a relation that is over, what a crisis needs is left, until somebody accepted.
        return Effect.DENY, ENDED_RULE
    if hat.relation == OFFER and item.value not in hat.items:
        # X4: of what is offered to a receiver, what nobody has consented to stays closed.
        return Effect.DENY, CONSENT_RULE
    viewer = viewer_of_code(hat.viewer)
    if row[0] is Effect.BREAK_GLASS and asked.about.glass_until and viewer in MAY_BREAK:
        return Effect.ALLOW, GLASS_RULE
    if viewer in _OF_THEIR_OWN and item is ItemClass.COUNSELING_NOTES:
        row = _own_notes(asked, row)
    if viewer is Viewer.GUARDIAN and asked.about.of_age and not _agreed(asked, item):
        return _of_age(asked, item, row)
    if viewer is Viewer.GUARDIAN and asked.about.has_a_say and not _agreed(asked, item):
        row = _summary(asked, item, row)
    return _small(asked, row) if row[0] is Effect.STATISTICS else row


def _agreed(asked: Asked, item: ItemClass) -> bool:
    """Whether the student lets the guardian see the item."""
    items = asked.about.agreed_items
    return asked.about.guardians_agreed and (items is None or item in items)


#: Who asks for what the school keeps about them, or about their child.
_OF_THEIR_OWN: Final = frozenset({Viewer.STUDENT, Viewer.GUARDIAN})


def _own_notes(asked: Asked, row: Row) -> Row:
    """X16: what a person has written of the notes goes to whoever asked for it (PIPL 45).

    Into the paper that is handed out, and never onto a screen that anybody may open.
    """
    given = asked.purpose == "own_record" and asked.action is Action.EXPORT
    if given and asked.about.notes_reviewed and row[0] < Effect.REDACT:
        return Effect.REDACT, ACCESS_RULE
    return row


def _small(asked: Asked, row: Row) -> Row:
    """X11: a cell of figures that is so small points at somebody (disclosure control).

    What others of the table must be hidden with it is `figures` to work out: one cell does not say.
    """
    figure = asked.about.figure
    if figure is not None and too_small(figure, asked.about.k):
        return Effect.DENY, FIGURE_RULE
    return row


def _of_age(asked: Asked, item: ItemClass, row: Row) -> Row:
    """X7: of age, so guardians see by the student's consent alone; X5: not what danger needs."""
    if asked.about.danger and item in CRISIS_ITEMS and row[0] > Effect.DENY:
        return row[0], DANGER_RULE
    return Effect.DENY, OF_AGE_RULE


def _summary(asked: Asked, item: ItemClass, row: Row) -> Row:
    """G1: from an age on guardians see what concerns the student's state in its short form.

    Name, class and telephones of their own child they know, and what they consented to themselves.
    In danger all of the row is theirs, the advice to go to a hospital before all (C6.2).
    """
    known = item in WITHOUT_A_CASE or item is ItemClass.CONSENT
    if known or row[0] < Effect.ALLOW or item not in REDACTED_FORMS:
        return row
    if asked.about.danger:
        return row[0], DANGER_RULE
    return Effect.REDACT, SUMMARY_RULE


def carried(item: ItemClass, trust: Trust | None) -> Effect:
    """How much of an item a channel of this trust can carry: allow, redact or deny."""
    carries = CARRIES.get(trust) if trust is not None else None
    if carries is None:
        return Effect.DENY
    if CONTENT_CLASS[item] <= carries:
        return Effect.ALLOW
    fits = item in REDACTED_FORMS and redacted_class(item) <= carries
    return Effect.REDACT if fits else Effect.DENY
