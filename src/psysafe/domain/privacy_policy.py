"""The privacy matrix, compiled: which viewer sees which item in which state, and how much of it.

The matrix is data (21 viewers, 20 items, 5 states, one effect each). A matrix with a row missing,
doubled or unknown is refused as a whole: a hole would be read as a decision that nobody took.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Protocol

import attrs

from psysafe.domain.privacy_states import State
from psysafe.errors import N_, Fact, Finding, InvalidDataError
from psysafe.sensitivity import ItemClass


class Viewer(enum.Enum):
    """The 21 roles in which somebody can look; the first column of the matrix."""

    STUDENT = "student"
    GUARDIAN = "guardian"
    HOMEROOM_TEACHER = "homeroom_teacher"
    GRADE_HEAD = "grade_head"
    STUDENT_AFFAIRS_HEAD = "student_affairs_head"
    DUTY_ADULT = "duty_adult"
    SCHOOL_DOCTOR = "school_doctor"
    COUNSELOR_ASSIGNED = "counselor_assigned"
    COUNSELOR_UNASSIGNED = "counselor_unassigned"
    COUNSELING_EXPERT = "counseling_expert"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    LEADING_GROUP = "leading_group"
    CLASS_REPRESENTATIVE = "class_representative"
    HOTLINE_VOLUNTEER = "hotline_volunteer"
    MEDICAL_INSTITUTION = "medical_institution"
    POLICE = "police"
    EDUCATION_AUTHORITY = "education_authority"
    RECEIVING_SCHOOL = "receiving_school"
    REGISTRAR = "registrar"
    IT_ADMIN = "it_admin"
    AUTHOR = "author"


@enum.unique
class Effect(enum.IntEnum):
    """How much is shown; a greater effect shows more.

    `STATISTICS` gives suppressed figures over many and no one person's value. `BREAK_GLASS` is
    an offer: nothing is shown until a reason is given.
    """

    DENY = 0
    STATISTICS = 1
    BREAK_GLASS = 2
    REDACT = 3
    ALLOW = 4

    @property
    def code(self) -> str:
        """The word that the matrix uses: `deny` to `allow`."""
        return self.name.lower()


_I = ItemClass

#: The fixed form in which an item is shown where the full value is not (redaction).
#: Civil identity and contact have none: they are shown in full or not at all.
REDACTED_FORMS: Final[Mapping[ItemClass, str]] = MappingProxyType(
    {
        _I.DISPLAY_NAME: "case_code_and_grade",
        _I.CLASS_PLACEMENT: "grade",
        _I.EXPOSURE: "follow_up_needed_or_not",
        _I.OBSERVATION: "what_to_watch_for_and_do",
        _I.REPORTER: "kind_of_source",
        _I.MOOD_CHECKIN: "talk_suggested_or_not",
        _I.SCALE_LEVEL: "plain_advice",
        _I.SCALE_ITEMS: "answered_or_not",
        _I.COUNSELING_NOTES: "facts_about_this_student",
        _I.RISK_LEVEL: "what_to_do",
        _I.CRISIS_FLAG: "help_is_coming_and_whom_to_call",
        _I.SAFETY_PLAN: "tasks_of_this_viewer",
        _I.SUPERVISION: "accompanied_or_not_and_where_to_go",
        _I.CONTACT_LOG: "reached_or_not_and_who_tries_next",
        _I.REFERRAL_SUMMARY: "advice_given_and_what_to_do",
        _I.ALLEGATION: "a_protected_procedure_is_running",
        _I.CONSENT: "status_per_purpose",
        _I.AUDIT_TRAIL: "role_time_and_item_class",
    }
)

#: What those who help in a crisis need to act at all; readable even where the audit store fails.
CRISIS_ITEMS: Final = frozenset(
    {
        _I.DISPLAY_NAME,
        _I.CONTACT,
        _I.CLASS_PLACEMENT,
        _I.CRISIS_FLAG,
        _I.SAFETY_PLAN,
        _I.SUPERVISION,
        _I.CONTACT_LOG,
    }
)

#: What tells how the student is, in mind; closed to relatives beside their role (X6, ethics).
CLINICAL_ITEMS: Final = frozenset(
    {
        _I.OBSERVATION,
        _I.MOOD_CHECKIN,
        _I.SCALE_LEVEL,
        _I.SCALE_ITEMS,
        _I.COUNSELING_NOTES,
        _I.RISK_LEVEL,
    }
)

_VIEWERS: Final = {viewer.value: viewer for viewer in Viewer}
_ITEMS: Final = {item.value: item for item in ItemClass}
_STATES: Final = {state.value: state for state in State}
_EFFECTS: Final = {effect.code: effect for effect in Effect}

_REDACT: Final = Effect.REDACT.code

Place = tuple[Viewer, ItemClass, State]

#: Every row that a matrix must have, by its three codes.
_PLACES: Final[Mapping[tuple[str, ...], Place]] = MappingProxyType(
    {
        (viewer.value, item.value, state.value): (viewer, item, state)
        for viewer in Viewer
        for item in ItemClass
        for state in State
    }
)


def viewer_of_code(code: str) -> Viewer | None:
    """The viewer of a code; None where the matrix has no such row."""
    return _VIEWERS.get(code)


def place_of(text: str) -> Place | None:
    """The place of `viewer:item:state`; None where the matrix has no such row."""
    return _PLACES.get(tuple(text.split(":")))


def effect_of_code(code: str) -> Effect | None:
    """The effect of a word of the matrix; None for another word."""
    return _EFFECTS.get(code)


def row_id(viewer: Viewer, item: ItemClass, state: State) -> str:
    """The rule id of one row: `M:viewer:item:state`."""
    return f"M:{viewer.value}:{item.value}:{state.value}"


class Rules(Protocol):
    """Which matrix holds at a moment: the shipped one, or one with a school's own rows in it."""

    def at(self, moment: datetime) -> Policy: ...


@attrs.frozen(eq=False)
class Policy:
    """A complete matrix. Two policies are the same only where they are the same object.

    A cell of the school's own names itself `O:viewer:item:state`; it may have an end.
    """

    _effects: Mapping[Place, Effect] = attrs.field(repr=False)
    _own: Mapping[Place, datetime | None] = attrs.field(factory=dict, repr=False)
    _ends: Mapping[str, datetime] = attrs.field(factory=dict, repr=False)

    @classmethod
    def compile(cls, rows: Iterable[Sequence[str]]) -> Policy:
        """Check and index rows of (viewer, item, state, effect).

        Raises InvalidDataError with one PSY701 per fault: a row that has not four cells, names
        something unknown, stands twice, redacts an item that has no redacted form, or is missing.
        A row is named by its number, from 1; a missing one by its three codes.
        """
        effects: dict[tuple[str, ...], Effect] = {}
        findings: list[Finding] = []
        for number, row in enumerate(rows, start=1):
            problem = problem_of(row)
            place = tuple(row[:3])
            if problem is None and place in effects:
                problem = "stands twice"
            if problem is not None:
                findings.append(_fault(number, problem))
                continue
            effects[place] = _EFFECTS[row[3]]
        missing = (codes for codes in _PLACES if codes not in effects)
        findings.extend(_fault(":".join(("M", *codes)), "is missing") for codes in missing)
        if findings:
            raise InvalidDataError(findings)
        return cls(MappingProxyType({_PLACES[codes]: effects[codes] for codes in _PLACES}))

    def with_own(self, own: Mapping[Place, tuple[Effect, datetime | None]]) -> Policy:
        """The same matrix with some cells of the school's own."""
        effects = {**self._effects, **{place: effect for place, (effect, _) in own.items()}}
        ends = {place: end for place, (_, end) in own.items()}
        return Policy(
            MappingProxyType(effects),
            MappingProxyType(ends),
            MappingProxyType({_own_id(place): end for place, end in ends.items() if end}),
        )

    def at(self, moment: datetime) -> Policy:
        """Itself: nothing in a matrix passes by itself (`Rules`)."""
        return self

    def effect(self, viewer: Viewer, item: ItemClass, state: State) -> Effect:
        """What one row says."""
        return self._effects[viewer, item, state]

    def is_own(self, viewer: Viewer, item: ItemClass, state: State) -> bool:
        """Whether the cell is the school's own."""
        return (viewer, item, state) in self._own

    def rule(self, viewer: Viewer, item: ItemClass, state: State) -> str:
        """The rule id of one row: `M:...`, or `O:...` for one of the school's own."""
        place = viewer, item, state
        return _own_id(place) if place in self._own else row_id(*place)

    def end_of(self, rule: str) -> datetime | None:
        """When what a rule shows ends by itself; None: it does not."""
        return self._ends.get(rule)

    def widest(
        self, viewer: Viewer, states: frozenset[State]
    ) -> Mapping[ItemClass, tuple[Effect, str]]:
        """For each item the widest effect over the states, and the first row that gives it.

        `states` must not be empty: without a state there is no row.
        """
        return _widest(self, viewer, states)


def _own_id(place: Place) -> str:
    viewer, item, state = place
    return f"O:{viewer.value}:{item.value}:{state.value}"


# 21 viewers in 31 sets of states: 651 answers a policy. Room for a few policies in one process.
@lru_cache(maxsize=4096)
def _widest(
    policy: Policy, viewer: Viewer, states: frozenset[State]
) -> Mapping[ItemClass, tuple[Effect, str]]:
    in_order = [state for state in State if state in states]
    found: dict[ItemClass, tuple[Effect, str]] = {}
    for item in ItemClass:
        # max keeps the first of equals, which is the first row in the order of states
        state = max(in_order, key=lambda s: policy.effect(viewer, item, s))
        found[item] = policy.effect(viewer, item, state), policy.rule(viewer, item, state)
    return MappingProxyType(found)


def problem_of(row: Sequence[str]) -> str | None:
    """What is wrong with the row by itself, without repeating what it says."""
    if len(row) != 4:
        return N_("has not four cells")
    viewer, item, state, effect = row
    if viewer not in _VIEWERS:
        return N_("names an unknown viewer")
    if item not in _ITEMS:
        return N_("names an unknown item")
    if state not in _STATES:
        return N_("names an unknown state")
    if effect not in _EFFECTS:
        return N_("names an unknown effect")
    if effect == _REDACT and _ITEMS[item] not in REDACTED_FORMS:
        return N_("redacts an item that has no redacted form")
    return None


def _fault(row: int | str, problem: str) -> Finding:
    facts: dict[str, Fact] = {"row": row, "problem": problem}
    return Finding(code="PSY701", where={"row": row}, facts=facts)
