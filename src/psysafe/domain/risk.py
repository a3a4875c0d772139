"""Reasons to a level: what one report means before a person has looked.

The rules are a table: a danger fact, or a symptom with its degree, to a severity. The worst rule
that is met counts, and every rule that is met is a reason with its id (law 5). Whatever a person
reports is at least *attention*: unknown is never low. What the rules make is provisional.

The table is the house's suggestion (origin `suggestion house default`); the source plans name
symptoms, not thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.domain.events import Reason
from psysafe.domain.severity import Severity

#: What a single danger fact makes of a report. An act, a farewell or a missing child cannot wait.
DANGER: Final[Mapping[str, Severity]] = MappingProxyType(
    {
        "act": Severity.IMMINENT,
        "farewell": Severity.IMMINENT,
        "whereabouts_unknown": Severity.IMMINENT,
        "plan": Severity.HIGH,
        "means": Severity.HIGH,
        "harm_by_adult": Severity.HIGH,
    }
)
_GRAVE: Final = MappingProxyType(
    {"some": Severity.MODERATE, "marked": Severity.HIGH, "severe": Severity.IMMINENT}
)
_OTHER: Final = MappingProxyType(
    {"some": Severity.ATTENTION, "marked": Severity.MODERATE, "severe": Severity.HIGH}
)
_GRAVE_SYMPTOMS: Final = ("self_harm", "harm_to_others")


def judge(
    symptoms: Mapping[str, str], dangers: tuple[str, ...]
) -> tuple[Severity, tuple[Reason, ...]]:
    """The provisional severity of one report and the rules that were met, in a fixed order."""
    met: list[tuple[Severity, Reason]] = []
    for danger in sorted(dangers):
        met.append((DANGER[danger], Reason(rule=f"S:danger:{danger}", code=danger)))
    if {"plan", "means"} <= set(dangers):
        reason = Reason(rule="S:danger:plan+means", code="plan")
        met.append((Severity.IMMINENT, reason))
    for symptom, degree in sorted(symptoms.items()):
        table = _GRAVE if symptom in _GRAVE_SYMPTOMS else _OTHER
        reason = Reason(rule=f"S:symptom:{symptom}:{degree}", code=symptom, degree=degree)
        met.append((table[degree], reason))
    if not met:
        met.append((Severity.ATTENTION, Reason(rule="S:reported")))
    # The worst first: it is the reason for the level, and the one that is kept in sight.
    met.sort(key=lambda one: -one[0].rank)
    return met[0][0], tuple(reason for _, reason in met)
