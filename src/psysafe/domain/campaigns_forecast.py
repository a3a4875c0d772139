"""What a campaign will cost before it is opened: flags, a counselor's hours, days.

In one real screening 65 of 223 answered item 9 of PHQ-9 with one or more: about 580 in a school
of 2,000. Whoever opens such a form without having counted floods the few who read it. Every figure
is the plan's, with its origin, or this school's own from campaigns that are over.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import attrs

from psysafe.domain.calendar import Unit
from psysafe.domain.plan import FlagRate, Plan, ScreeningFigures
from psysafe.domain.severity import Severity
from psysafe.errors import Fact, Finding, PlanError
from psysafe.ids import ClassId

#: Time limits that pass at night too: what is due by them cannot wait for the next school day.
URGENT: Final = (Unit.AT_ONCE, Unit.MINUTES, Unit.HOURS)
OWN: Final = "own campaigns"


@attrs.frozen(kw_only=True)
class Expected:
    """How many flags of one sort are expected. `origin` says whose rate it is."""

    scale: str
    severity: Severity
    share: Fraction
    """flags a sheet"""
    urgent: bool
    """its review is due within hours, not within school days"""
    origin: str


@attrs.frozen(kw_only=True)
class Known:
    """What is known besides the plan: who is invited, who reads, and what came before."""

    classes: Mapping[ClassId, int]
    scales: Mapping[str, Sequence[str]]
    """scale to the flags that it can raise"""
    counselors: int
    school_days: int
    """days on which answers can come in"""
    hours_per_day: int | None = None
    own: Mapping[str, tuple[int, Mapping[Severity, int]]] = attrs.field(factory=dict)
    """scale to sheets and flags by severity of this school's own campaigns"""


@attrs.frozen(kw_only=True)
class Forecast:
    """What is expected. Flags are not whole numbers: they are a mean, not a promise."""

    invited: int
    expected: tuple[Expected, ...]
    minutes_per_review: int
    minutes_per_interview: int
    interviews_per_100: int
    counselors: int
    hours_per_day: int
    school_days: int
    groups: tuple[tuple[ClassId, ...], ...] = ()
    """the classes of each day, where all at once would be too many"""
    names: Mapping[ClassId, str] = attrs.field(factory=dict)
    """what these classes are called"""
    findings: tuple[Finding, ...] = ()

    @property
    def by_severity(self) -> dict[Severity, Fraction]:
        """Expected flags, worst first."""
        found: dict[Severity, Fraction] = {}
        for one in sorted(self.expected, key=lambda e: -e.severity.rank):
            found[one.severity] = found.get(one.severity, Fraction(0)) + one.share * self.invited
        return found

    @property
    def flags(self) -> Fraction:
        return sum(self.by_severity.values(), Fraction(0))

    @property
    def interviews(self) -> Fraction:
        return self.flags * self.interviews_per_100 / 100

    @property
    def hours(self) -> Fraction:
        """A counselor's hours, reviews and interviews together."""
        minutes = self.flags * self.minutes_per_review
        return (minutes + self.interviews * self.minutes_per_interview) / 60

    @property
    def days(self) -> int | None:
        """Days that the counselors need; None where there are none."""
        if not self.counselors:
            return None
        return math.ceil(self.hours / (self.counselors * self.hours_per_day))

    @property
    def data(self) -> dict[str, Any]:
        """As plain data; shares of a flag to one place."""
        found: dict[str, Any] = {
            "invited": self.invited,
            "flags": _tenth(self.flags),
            "by_severity": {s.value: _tenth(n) for s, n in self.by_severity.items()},
            "interviews": _tenth(self.interviews),
            "hours": _tenth(self.hours),
            "counselors": self.counselors,
            "hours_per_day": self.hours_per_day,
            "minutes_per_review": self.minutes_per_review,
            "minutes_per_interview": self.minutes_per_interview,
            "school_days": self.school_days,
            "origins": sorted({one.origin for one in self.expected}),
            "groups": [list(group) for group in self.groups],
            "names": {key: self.names.get(key, key) for group in self.groups for key in group},
        }
        if self.days is not None:
            found["days"] = self.days
        return found


def _tenth(value: Fraction) -> float:
    return float(round(value, 1))


def forecast(plan: Plan, known: Known) -> Forecast:
    """What a campaign is expected to come to.

    Findings: PSY292 flags of which no rate is known, PSY293 reviews that cannot be done in time,
    PSY294 rates of other people than this school's (a note). Raises PlanError PSY116 where the
    plan has no figures of a screening.
    """
    figures = plan.screening
    if figures is None:
        raise PlanError("PSY116", where={"path": "screening"})
    findings: list[Finding] = []
    expected = [
        one for scale in known.scales for one in _expected(plan, figures, scale, known, findings)
    ]
    invited = sum(known.classes.values())
    hours = known.hours_per_day or figures.hours_per_day.value
    urgent = sum((one.share for one in expected if one.urgent), Fraction(0))
    possible = known.counselors * hours * 60 // figures.minutes_per_review.value
    a_day = urgent * invited / max(1, known.school_days)
    groups: tuple[tuple[ClassId, ...], ...] = ()
    if a_day > possible:
        groups = _groups(known.classes, urgent, possible)
        facts: dict[str, Fact] = {
            "flags": math.ceil(a_day),
            "possible": possible,
            "days": len(groups) or "-",
        }
        findings.append(Finding(code="PSY293", severity="warning", facts=facts))
    for origin in sorted({one.origin for one in expected if one.origin != OWN}):
        findings.append(Finding(code="PSY294", severity="note", facts={"origin": origin}))
    return Forecast(
        invited=invited,
        expected=tuple(expected),
        minutes_per_review=figures.minutes_per_review.value,
        minutes_per_interview=figures.minutes_per_interview.value,
        interviews_per_100=figures.interviews_per_100.value,
        counselors=known.counselors,
        hours_per_day=hours,
        school_days=known.school_days,
        groups=groups,
        findings=tuple(findings),
    )


def _expected(
    plan: Plan,
    figures: ScreeningFigures,
    scale: str,
    known: Known,
    findings: list[Finding],
) -> Iterable[Expected]:
    sheets, own = known.own.get(scale, (0, {}))
    if sheets >= figures.own_rate_from.value:
        for severity, count in own.items():
            urgent = any(
                t.scale == scale and t.severity == severity and t.review_within.unit in URGENT
                for t in plan.triage
            )
            yield Expected(
                scale=scale,
                severity=severity,
                share=Fraction(count, sheets),
                urgent=urgent,
                origin=OWN,
            )
        return
    rates = [rate for rate in figures.rates if rate.scale == scale]
    for flag in known.scales[scale]:
        if not any(rate.flag == flag for rate in rates):
            facts: dict[str, Fact] = {"scale": scale, "flag": flag}
            findings.append(Finding(code="PSY292", severity="warning", facts=facts))
    for rate in rates:
        yield _by_rate(plan, rate)


def _by_rate(plan: Plan, rate: FlagRate) -> Expected:
    triage = plan.triage_of(rate.scale, rate.flag, rate.answer)
    limit = triage.review_within if triage else plan.deadline("review_flag", Severity.HIGH).within
    return Expected(
        scale=rate.scale,
        severity=triage.severity if triage else Severity.HIGH,
        share=Fraction(rate.count, rate.sheets),
        urgent=limit.unit in URGENT,
        origin=str(rate.origin),
    )


def _groups(
    classes: Mapping[ClassId, int], share: Fraction, possible: int
) -> tuple[tuple[ClassId, ...], ...]:
    """Classes day by day, so that no day brings more than can be read; a big class stands alone."""
    if possible < 1:
        return ()
    days: list[list[ClassId]] = []
    load = Fraction(0)
    for class_id, count in classes.items():
        brings = count * share
        if not days or load + brings > possible:
            days.append([])
            load = Fraction(0)
        days[-1].append(class_id)
        load += brings
    return tuple(tuple(day) for day in days)
