"""Reasons to a level: what one report means before a person has looked.

The rules are data of the plan (`[[risk]]`, each with its origin): danger facts, or a symptom of at
least a degree, to a severity. The worst rule that is met counts, and every rule that is met is a
reason with its id. Because an entry is met by every worse degree too, and the worst counts, a worse
or a further fact can never lower the level (law 5), whatever a school writes into its plan.

Whatever a person reports is at least *attention*, and a fact on which the plan is silent is never
low: a danger is high, a symptom moderate. What the rules make is provisional.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from psysafe.domain.codes import DEGREES
from psysafe.domain.events import Reason
from psysafe.domain.plan import ANY, Plan
from psysafe.domain.severity import Severity

#: A report without anything in it is still a report.
REPORTED: Final = Severity.ATTENTION
#: What a fact means of which the plan says nothing: somebody has to look.
SILENT_DANGER: Final = Severity.HIGH
SILENT_SYMPTOM: Final = Severity.MODERATE

_RANK: Final = {degree: rank for rank, degree in enumerate(DEGREES)}
_Met = tuple[Severity, Reason]


def judge(
    plan: Plan, symptoms: Mapping[str, str], dangers: tuple[str, ...]
) -> tuple[Severity, tuple[Reason, ...]]:
    """The provisional severity of one report and the rules that were met, the worst first."""
    met = [*_dangers(plan, frozenset(dangers)), *_symptoms(plan, symptoms)]
    if not met:
        met.append((REPORTED, Reason(rule="S:reported")))
    # The worst first: it is the reason for the level, and the one that is kept in sight.
    met.sort(key=lambda one: -one[0].rank)
    return max(met[0][0], REPORTED), tuple(reason for _, reason in met)


def _dangers(plan: Plan, given: frozenset[str]) -> Iterator[_Met]:
    for danger in sorted(given):
        single = [r.severity for r in plan.risk if r.dangers == (danger,)]
        severity = max(single, default=SILENT_DANGER)
        yield severity, Reason(rule=f"S:danger:{danger}", code=danger)
    for rule in plan.risk:
        if len(rule.dangers) > 1 and given >= set(rule.dangers):
            name = "+".join(rule.dangers)
            yield rule.severity, Reason(rule=f"S:danger:{name}", code=rule.dangers[0])


def _symptoms(plan: Plan, symptoms: Mapping[str, str]) -> Iterator[_Met]:
    for symptom, degree in sorted(symptoms.items()):
        rules = [r for r in plan.risk if symptom in r.symptoms]
        rules = rules or [r for r in plan.risk if ANY in r.symptoms]
        found = [r.severity for r in rules if _RANK[r.degree] <= _RANK[degree]]
        # A symptom that the plan names from a higher degree on is attention below it.
        severity = max(found, default=REPORTED if rules else SILENT_SYMPTOM)
        reason = Reason(rule=f"S:symptom:{symptom}:{degree}", code=symptom, degree=degree)
        yield severity, reason
