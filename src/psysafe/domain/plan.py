"""The school's plan: who is told, in which order, by when, and who may do what.

The source plans of schools name no figure for time at all; they say *at once* and *promptly*.
So every minute here is data of the plan with an `Origin`, never a constant of the program, and a
school changes it in its own file. A plan is read by `plan_reading`, checked against the school's
people by `plan_check`, and asked the questions below by whoever decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Final, Literal

import attrs

from psysafe.domain.calendar import WALL_TIME, Unit, Within
from psysafe.domain.codes import DUTIES, ROLES
from psysafe.domain.plan_commands import COMMANDS as COMMANDS
from psysafe.domain.plan_limits import BulkRule, LookupRule
from psysafe.domain.plan_limits import Deadline as Deadline
from psysafe.domain.plan_limits import Figure as Figure
from psysafe.domain.plan_limits import Origin as Origin
from psysafe.domain.severity import Severity
from psysafe.errors import PlanError

#: A case that a person has opened, or judged to be worse: what sets the warning network off.
OPENED: Final = "opened"
#: What sets a route off: a report, the declaration of a crisis, guardians who must be told, and
#: `OPENED`.
#: A trigger that plans may still name and that starts nothing: telling the guardians is a duty.
GUARDIAN: Final = "guardian"
TRIGGERS: Final = ("signal", "crisis", GUARDIAN, OPENED)
#: Where a figure or a rule comes from; `site` is this school's own decision.
ORIGINS: Final = ("clause", "law", "practice", "suggestion", "site")
#: What a plan gives a deadline for: each duty, and times that are no duty of one person.
DEADLINES: Final = frozenset(DUTIES).union(
    "acknowledge hand_over holiday_ahead holiday_break holiday_late tell_guardian_try".split()
)
#: A fallback that is no role, for `acknowledge` only: the next step of the running route.
NEXT_STEP: Final = "next_step"
#: The channel that everybody has: what is queued for somebody lies there, whatever else works.
INBOX: Final = "inbox"
#: The key of a severity for "any that has no entry of its own", and the one for no judgement yet.
ANY: Final = "any"
NOT_ASSESSED: Final = "not_assessed"
#: Who may hold a right: a role of staff, the student or a guardian, or whoever is in that place
#: at that moment: asked by a running route, owing something about the case, owing the very duty
#: that the right meets, leading the case, supervising whoever does.
HOLDERS: Final = frozenset(ROLES) | {
    "student",
    "guardian",
    "route_target",
    "duty_owner",
    "owes_it",
    "lead",
    "supervisor",
}


_NOWHERE: Final[Mapping[Severity | None, Deadline]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Step:
    """One step of a route: a role, resolved for this student when the step comes up.

    `within` None: the plan's deadline `acknowledge` for the severity holds. Empty `channels`:
    those of the plan's `[delivery]`. `answer`: is one answer enough, must everybody answer, or
    does the route go `onward` although somebody has answered.
    """

    role: str
    relation: str
    within: Within | None
    channels: tuple[str, ...]
    answer: Literal["any", "all", "onward"]
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
class Daily:
    """What can wait is told once a school day, in one message a person: nothing high or above."""

    severities: frozenset[Severity]
    at: time
    origin: Origin


@attrs.frozen(kw_only=True)
class Triage:
    """What a sheet of an instrument means here: a provisional severity and a review by a person.

    Without `score` it speaks of a flag of the instrument: one raised by an answer of at least
    `answer_at_least`; without that, whatever was or was not answered. With `score` it makes a flag
    of its own where that score is at least or at most a number, or stands in one of `bands`. The
    code of such a flag is made of score and severity, `total_high`: it never says how many points
    there were, because more people may see a reason than may see a score.
    """

    scale: str
    flag: str
    answer_at_least: int | None
    severity: Severity
    review_within: Within
    review_by: str
    origin: Origin
    score: str | None = None
    score_at_least: int | None = None
    score_at_most: int | None = None
    bands: tuple[str, ...] = ()

    def matches(self, scale: str, flag: str, answer: int | None) -> bool:
        """Whether this entry speaks of such a flag."""
        if (self.scale, self.flag) != (scale, flag):
            return False
        return self.answer_at_least is None or (
            answer is not None and answer >= self.answer_at_least
        )

    def reached(self, scores: Mapping[str, float], bands: Mapping[str, str]) -> bool:
        """Whether a sheet with these scores and bands is what an entry about a score means."""
        if self.score is None:
            return False
        value = scores.get(self.score)
        if self.bands and bands.get(self.score) in self.bands:
            return True
        if value is None:
            return False
        if self.score_at_least is not None and value >= self.score_at_least:
            return True
        return self.score_at_most is not None and value <= self.score_at_most


@attrs.frozen(kw_only=True)
class Risk:
    """What a report's facts mean here, until a person has looked: a provisional severity.

    It is met by one of `symptoms` (`any`: each that no entry names) of at least `degree`, or by
    all of `dangers` together.
    """

    symptoms: tuple[str, ...]
    degree: str
    dangers: tuple[str, ...]
    severity: Severity
    origin: Origin


@attrs.frozen(kw_only=True)
class Phase:
    """A stretch of the school's year, such as after reopening, with its epidemic situation.

    `until` is its last day, None while open: it then lasts until another one begins. Empty
    `campus` and `grades`: the whole school. An id may come back later: a phase may go back.
    """

    id: str
    from_: date
    until: date | None
    situation: str
    campus: str | None = None
    grades: tuple[str, ...] = ()

    def covers(self, day: date) -> bool:
        return self.from_ <= day and (self.until is None or day <= self.until)

    def holds_for(self, campus: str | None, grade: str) -> bool:
        """Whether it is the phase of such a campus and grade at all."""
        return self.campus in (None, campus) and (not self.grades or grade in self.grades)

    @property
    def rank(self) -> tuple[bool, date]:
        """Which of two that hold counts: one for some grades or a campus, then the later begun."""
        return self.campus is not None or bool(self.grades), self.from_


@attrs.frozen(kw_only=True)
class Activity:
    """One thing that the plan has done: by whom, in which phases, in which situations.

    Empty `phases` and `situations`: in all of them. `off`: this school does without it, and says
    why in its origin. `name` is given where the school has an activity that the register lacks.
    """

    id: str
    role: str | None
    phases: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    off: bool = False
    name: str = ""
    note: str = ""
    origin: Origin

    def on_in(self, phase: Phase | None) -> bool:
        """Whether it is done in a phase; where no phase is known, nothing is switched off."""
        if self.off:
            return False
        if phase is None:
            return True
        return (not self.phases or phase.id in self.phases) and (
            not self.situations or phase.situation in self.situations
        )


@attrs.frozen(kw_only=True)
class Principle:
    """An aim or a principle: nothing is switched on by it, everything is measured by it."""

    id: str
    note: str = ""
    origin: Origin


@attrs.frozen(kw_only=True)
class Right:
    """Who may do one thing, and why."""

    holders: tuple[str, ...]
    origin: Origin


@attrs.frozen(kw_only=True)
class FlagRate:
    """How often a flag was seen: `count` of `sheets` sheets. `answer`: the item's, where told."""

    scale: str
    flag: str
    answer: int | None
    count: int
    sheets: int
    origin: Origin


@attrs.frozen(kw_only=True)
class CollectiveSigns:
    """From how many students of one group on, and within what time, there is a sign (C3.2)."""

    window: Deadline
    moderate: Figure
    high: Figure
    death: Figure
    measures: tuple[str, ...]
    """what is proposed until a person has proposed something"""


@attrs.frozen(kw_only=True)
class ScreeningFigures:
    """What a forecast of a screening counts with, and what words stand for which answer.

    Minutes are a counselor's. `words` maps, scale by scale, an option as a form words it to the
    number it is stored as, where it is none of the definition's own texts.
    """

    minutes_per_review: Figure
    minutes_per_interview: Figure
    interviews_per_100: Figure
    """how many of 100 flagged students are invited to the second stage"""
    hours_per_day: Figure
    """hours a day that a counselor has for it"""
    own_rate_from: Figure
    """sheets of this school's own campaigns from which its own rate is used"""
    rates: tuple[FlagRate, ...]
    words: Mapping[str, Mapping[str, int]]


@attrs.frozen(kw_only=True)
class ConsentAges:
    """Below which age whose consent is needed before a student is handed on."""

    guardian_below: Figure
    """a guardian consents to receivers outside the school"""
    guardian_always_below: Figure
    """a guardian consents to every receiver, and the student's refusal alone does not stand"""


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
    activities: Mapping[str, Activity] = attrs.field(factory=dict, repr=False)
    principles: Mapping[str, Principle] = attrs.field(factory=dict, repr=False)
    delivery: Mapping[Severity | None, tuple[str, ...]] = attrs.field(factory=dict, repr=False)
    daily: Daily | None = attrs.field(default=None, repr=False)
    risk: tuple[Risk, ...] = attrs.field(default=(), repr=False)
    screening: ScreeningFigures | None = attrs.field(default=None, repr=False)
    consent: ConsentAges | None = attrs.field(default=None, repr=False)
    """None: a guardian always consents"""
    signs: CollectiveSigns | None = attrs.field(default=None, repr=False)
    bulk: BulkRule | None = attrs.field(default=None, repr=False)
    lookups: LookupRule | None = attrs.field(default=None, repr=False)

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
        """By when a step must be answered: its own time, else the plan's `acknowledge`.

        The cap of `acknowledge` bounds school days of its own too: no holiday holds a call for
        longer.
        """
        if step.within is None:
            return self.deadline("acknowledge", severity)
        own = Deadline(within=step.within, fallback=NEXT_STEP, origin=step.origin)
        if step.within.unit in WALL_TIME:
            return own
        return attrs.evolve(own, cap=self.deadline("acknowledge", severity).cap)

    def channels(self, severity: Severity | None, step: Step | None = None) -> tuple[str, ...]:
        """Over what a person is told at a severity, in order: the step's own, else the plan's."""
        if step is not None and step.channels:
            return step.channels
        return self.delivery.get(severity) or self.delivery.get(None) or (INBOX,)

    def channels_of(self, route: Route, step: Step) -> tuple[str, ...]:
        """Every channel that a step of a route may go over, at any severity of the route."""
        levels = sorted(route.severities, key=lambda s: -1 if s is None else s.rank)
        found = (name for level in levels for name in self.channels(level, step))
        return tuple(dict.fromkeys(found))

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

    def review_cap(self, entry: Triage) -> Within | None:
        """What bounds a review in wall time, through any holiday; None where hours do."""
        if entry.review_within.unit in (Unit.AT_ONCE, Unit.MINUTES, Unit.HOURS):
            return None
        return self.deadline("review_flag", entry.severity).cap

    def phase_at(self, day: date, *, campus: str | None = None, grade: str = "") -> Phase | None:
        """The phase of a campus and grade on a local date; None where none covers it.

        A phase that names no campus or no grades holds for all of them; one that names some goes
        before it, and of two alike the later begun counts. An unknown campus is in none that
        names one.
        """
        running = [p for p in self.phases if p.covers(day) and p.holds_for(campus, grade)]
        return max(running, key=lambda phase: phase.rank, default=None)

    def active(
        self, activity: str, day: date, *, campus: str | None = None, grade: str = ""
    ) -> bool:
        """Whether an activity is switched on for a campus and grade on a local date (B0.2, B1.0).

        What the plan does not contain is not. Where no phase covers the day, everything that it
        contains is: a missing line in a school's file must not switch off help.
        """
        found = self.activities.get(activity)
        return found is not None and found.on_in(self.phase_at(day, campus=campus, grade=grade))
