"""In which states the privacy matrix is read for one student.

The states come from the case and what runs beside it. They are a *set*: a student in crisis with
a running referral is in attention, crisis and referral at once.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import attrs

from psysafe.clock import utc


class State(enum.Enum):
    """The five states of the matrix. Their order decides which row a decision names."""

    ROUTINE = "routine"
    ATTENTION = "attention"
    CRISIS = "crisis"
    REFERRAL = "referral"
    REPORT = "report"


#: How long a crisis still counts after a person lowered the level: those who helped go on
#: needing what they were told. Origin: suggestion (house default), not a figure of the plans.
CRISIS_TAIL: Final = timedelta(days=30)

Lifecycle = Literal[
    "none",
    "signalled",
    "triage",
    "open",
    "away",
    "closing",
    "closed",
    "dismissed",
    "transferred",
    "void",
]
SeverityCode = Literal["none", "attention", "moderate", "high", "imminent", "not_assessed"]

LIVE_LIFECYCLES: Final = frozenset({"signalled", "triage", "open", "away", "closing"})
ENDED_LIFECYCLES: Final = frozenset({"closed", "dismissed", "transferred", "void"})
_SEVERITIES: Final = frozenset(
    {"none", "attention", "moderate", "high", "imminent", "not_assessed"}
)
_DANGER: Final = frozenset({"high", "imminent"})


def _aware(_: object, field: attrs.Attribute[Any], value: datetime | None) -> None:
    if value is not None:
        utc(value, field.name)


@attrs.frozen(kw_only=True)
class StateFacts:
    """What the states of one student depend on, in plain values.

    Raises InvalidDataError PSY014 where a time carries no zone.
    """

    live: bool
    """A live case exists."""
    lifecycle: Lifecycle
    """Of the live case, else of the last one; `none` where there never was one."""
    severity: SeverityCode
    provisional: bool = False
    """Whether only a report or a rule stands behind the severity. It counts all the same."""
    declared: bool = False
    """A crisis is declared and neither lowered nor stood down."""
    lowered_at: datetime | None = attrs.field(default=None, validator=_aware)
    """When a person last brought the case down from high, imminent or declared."""
    stood_down: bool = False
    """The crisis was called off: those told were told so, and no tail remains."""
    referral_active: bool = False
    """A request is active or an offer is live."""
    transfer_pending: bool = False
    """A move to another school waits for that school's acknowledgement."""
    report_due: bool = False
    """The authority report is due or later. Suspected harm makes it due at once."""
    now: datetime = attrs.field(validator=_aware)


def privacy_states(facts: StateFacts) -> frozenset[State]:
    """The states in which the matrix is read. Total: every combination has an answer.

    Facts that contradict each other, or a code that is not known, give the empty set, in which
    everything is denied. A case that ended is routine and nothing else, whatever it once had
    beside it; else a report made years ago would keep a file open.
    """
    if facts.severity not in _SEVERITIES:
        return frozenset()
    if facts.live != (facts.lifecycle in LIVE_LIFECYCLES):
        return frozenset()
    if facts.lifecycle in ENDED_LIFECYCLES:
        return frozenset({State.ROUTINE})
    if not facts.live and facts.lifecycle != "none":
        return frozenset()
    states = {State.ATTENTION if facts.live else State.ROUTINE}
    if facts.live and _in_crisis(facts):
        states.add(State.CRISIS)
    if facts.referral_active or facts.transfer_pending:
        states.add(State.REFERRAL)
    if facts.report_due:
        states.add(State.REPORT)
    return frozenset(states)


def _in_crisis(facts: StateFacts) -> bool:
    """Danger now, or lowered less than 30 days ago.

    Standing down ends the tail only. It never silences a danger that is there now: whoever
    stands down also corrects the level, and a level that is high again is a new danger.
    """
    if facts.declared or facts.severity in _DANGER:
        return True
    if facts.stood_down or facts.lowered_at is None:
        return False
    return facts.now < facts.lowered_at + CRISIS_TAIL
