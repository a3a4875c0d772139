"""The school's plan: who is told, in which order, by when, and who may do what.

The source plans of schools name no figure for time at all; they say *at once* and *promptly*.
So every minute here is data of the plan with an `Origin`, never a constant of the program, and a
school changes it in its own file. A plan is read by `plan_reading`, checked against the school's
people by `plan_check`, and asked the questions below by whoever decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

import attrs

from psysafe.domain.calendar import Within
from psysafe.domain.codes import DUTIES, ROLES
from psysafe.domain.severity import Severity
from psysafe.errors import PlanError

#: What sets a route off: a report, the declaration of a crisis, guardians who must be told.
TRIGGERS: Final = ("signal", "crisis", "guardian")
#: Where a figure or a rule comes from; `site` is this school's own decision.
ORIGINS: Final = ("clause", "law", "practice", "suggestion", "site")
#: What a plan gives a deadline for: each duty, and four times that are no duty of one person.
DEADLINES: Final = frozenset(DUTIES) | {"acknowledge", "tell_guardian_try", "taken_up", "reassess"}
#: A fallback that is no role, for `acknowledge` only: the next step of the running route.
NEXT_STEP: Final = "next_step"
#: The key of a severity for "any that has no entry of its own", and the one for no judgement yet.
ANY: Final = "any"
NOT_ASSESSED: Final = "not_assessed"
#: Who may hold a right: a role of staff, the student or a guardian, or whoever is in that place
#: at that moment: asked by a running route, owing the duty, leading the case.
HOLDERS: Final = frozenset(ROLES) | {"student", "guardian", "route_target", "duty_owner", "lead"}
#: What can be permitted to a holder.
COMMANDS: Final = (
    "report",
    "acknowledge",
    "open",
    "dismiss",
    "dismiss_high",
    "assess",
    "declare",
    "declare_unanswered",
    "request_closure",
    "approve_closure",
    "assign_lead",
    "guardian_log",
    "review_flag",
    "screen",
    "import",
)

_NOWHERE: Final[Mapping[Severity | None, Deadline]] = MappingProxyType({})


@attrs.frozen
class Origin:
    """Where a figure or a rule comes from: its kind and the place (a clause, a law, a decision)."""

    kind: str
    ref: str

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


@attrs.frozen(kw_only=True)
class Deadline:
    """By when something is done, and who takes it over when it is not.

    `cap` bounds a deadline in school days by wall time. `fallback` is a role, or for
    `acknowledge` the `next_step` of the running route. `every` says after what time a failed
    try is repeated.
    """

    within: Within
    cap: Within | None = None
    fallback: str | None = None
    origin: Origin
    every: Within | None = None


@attrs.frozen(kw_only=True)
class Step:
    """One step of a route: a role, resolved for this student when the step comes up.

    `within` None: the plan's deadline `acknowledge` for the severity holds. `answer`: is one
    answer enough, or must everybody of the step answer.
    """

    role: str
    relation: str
    within: Within | None
    channels: tuple[str, ...]
    answer: Literal["any", "all"]
    origin: Origin


@attrs.frozen(kw_only=True)
class Route:
    """Who is asked, one step after the other, when something happens; for one purpose.

    `severities` may hold None: a signal that nobody has judged. `end` is told, all at once, when
    no step answered; that is a visible failure.
    """

    name: str
    on: str
    severities: frozenset[Severity | None]
    purpose: str
    steps: tuple[Step, ...]
    end: tuple[Step, ...]
    origin: Origin


@attrs.frozen(kw_only=True)
class Triage:
    """What a flag of an instrument means here: a provisional severity and a review by a person.

    It matches an answer of at least `answer_at_least`; without it, whatever was or was not
    answered.
    """

    scale: str
    flag: str
    answer_at_least: int | None
    severity: Severity
    review_within: Within
    review_by: str
    origin: Origin

    def matches(self, scale: str, flag: str, answer: int | None) -> bool:
        """Whether this entry speaks of such a flag."""
        if (self.scale, self.flag) != (scale, flag):
            return False
        return self.answer_at_least is None or (
            answer is not None and answer >= self.answer_at_least
        )


@attrs.frozen(kw_only=True)
class Phase:
    """A stretch of the school's year, such as after reopening, with its epidemic situation.

    `until` is its last day, None while open. Empty `campus` and `grades`: the whole school.
    """

    id: str
    from_: date
    until: date | None
    situation: str
    campus: str | None = None
    grades: tuple[str, ...] = ()

    def covers(self, day: date) -> bool:
        return self.from_ <= day and (self.until is None or day <= self.until)


@attrs.frozen(kw_only=True)
class Right:
    """Who may do one thing, and why."""

    holders: tuple[str, ...]
    origin: Origin


@attrs.frozen(kw_only=True)
class Plan:
    """A whole plan, merged from a shipped one and the school's own changes.

    `digest` is the SHA-256 (hex) of the merged data: two plans with one digest say the same.
    """

    name: str
    version: int
    digest: str
    phases: tuple[Phase, ...] = attrs.field(repr=False)
    deadlines: Mapping[str, Mapping[Severity | None, Deadline]] = attrs.field(repr=False)
    routes: tuple[Route, ...] = attrs.field(repr=False)
    triage: tuple[Triage, ...] = attrs.field(repr=False)
    rights: Mapping[str, Right] = attrs.field(repr=False)
    closure_quiet: Deadline = attrs.field(repr=False)

    def deadline(self, duty: str, severity: Severity | None) -> Deadline:
        """The deadline of a duty at a severity; None: nobody has judged yet.

        A severity without an entry of its own has the entry `any`; where the plan has none
        either, the tightest entry there is, because a missing line must not make anything slower.
        Raises PlanError PSY116 where the plan says nothing about the duty.
        """
        entries = self.deadlines.get(duty, _NOWHERE)
        for key in (severity, None):
            if key in entries:
                return entries[key]
        written = [entries[s] for s in sorted((s for s in entries if s), reverse=True)]
        if not written:
            raise PlanError("PSY116", where={"path": f"deadlines.{duty}"})
        return written[0]

    def step_deadline(self, step: Step, severity: Severity | None) -> Deadline:
        """By when a step must be answered: its own time, else the plan's `acknowledge`."""
        if step.within is None:
            return self.deadline("acknowledge", severity)
        return Deadline(within=step.within, fallback=NEXT_STEP, origin=step.origin)

    def routes_on(self, trigger: str, severity: Severity | None) -> tuple[Route, ...]:
        """The routes that start when this happens at this severity, in the plan's order.

        None is a signal that nobody has judged.
        """
        return tuple(r for r in self.routes if r.on == trigger and severity in r.severities)

    def route(self, name: str) -> Route:
        """The route of that name. Raises PlanError PSY116 where the plan has none."""
        for found in self.routes:
            if found.name == name:
                return found
        raise PlanError("PSY116", where={"path": f"routes.{name}"})

    def may(self, command: str, holder: str) -> bool:
        """Whether the plan permits a command to a holder (`HOLDERS`). What it does not name, no."""
        right = self.rights.get(command)
        return right is not None and holder in right.holders

    def triage_of(self, scale: str, flag: str, answer: int | None) -> Triage | None:
        """What the plan says about a flag: the most severe entry that matches, the first of equals.

        `answer` is the answer to the flagged item, None where it was left out. None where the
        plan says nothing: whoever asks must then treat the flag as one that a person reads.
        """
        found = [t for t in self.triage if t.matches(scale, flag, answer)]
        return max(found, key=lambda t: t.severity.rank, default=None)

    def phase_at(self, day: date, *, campus: str | None = None, grade: str = "") -> Phase | None:
        """The phase of a campus and grade on a local date: the latest begun; None where none is.

        A phase that names no campus or no grades holds for all of them.
        """
        running = [
            phase
            for phase in self.phases
            if phase.covers(day)
            and phase.campus in (None, campus)
            and (not phase.grades or grade in phase.grades)
        ]
        return max(running, key=lambda phase: phase.from_, default=None)
