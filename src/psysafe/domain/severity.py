"""How bad it is, and how sure anybody is of that.

Severity is ordered. *Not assessed* is no severity: it is another type, so that nobody can read
it as "no concern" (unknown is never low). A level is *provisional* while only a report or a rule
stands behind it, and *assessed* once a person with the assessor's role has looked.

Tier, which rung of the school acts, is a different thing and cannot be compared with severity.
"""

from __future__ import annotations

import enum
from datetime import datetime
from functools import total_ordering

from psysafe.ids import PersonId
from psysafe.sensitivity import ItemClass, item, record, ref


@total_ordering
class Severity(enum.Enum):
    """none < attention < moderate < high < imminent. None: assessed, no concern."""

    NONE = "none"
    ATTENTION = "attention"
    MODERATE = "moderate"
    HIGH = "high"
    IMMINENT = "imminent"

    def __init__(self, word: str) -> None:
        #: 0 (none) to 4 (imminent); the opaque ordered code of indexes is made from it.
        self.rank = len(type(self).__members__)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Severity):
            return NotImplemented
        return self.rank < other.rank


class Tier(enum.Enum):
    """Which rung of the school acts (C4); says nothing about how bad it is."""

    CLASS = "class"
    GRADE = "grade"
    CENTER = "center"
    LEADERSHIP = "leadership"
    OUTSIDE = "outside"


@record
class NotAssessed:
    """Nobody has judged yet."""

    since: datetime | None = ref(default=None)


@record
class Provisional:
    """What a report or a rule says until a person has looked. `rule` names why."""

    severity: Severity = item(ItemClass.RISK_LEVEL)
    rule: str = item(ItemClass.RISK_LEVEL)


@record
class Assessed:
    """What a person with the assessor's role judged, and when. `second` where two are needed."""

    severity: Severity = item(ItemClass.RISK_LEVEL)
    assessor: PersonId = ref()
    at: datetime = ref()
    second: PersonId | None = ref(default=None)


Level = NotAssessed | Provisional | Assessed


def severity_of(level: Level) -> Severity | None:
    """The severity of a level; None where nobody has judged. Never NONE by default."""
    return None if isinstance(level, NotAssessed) else level.severity


def worst(severities: tuple[Severity, ...]) -> Severity | None:
    """The worst of several; None of nothing."""
    return max(severities, default=None)


def opaque_code(severity: Severity | None) -> str:
    """An index value that sorts worst first: `0` imminent to `4` none; not assessed stands at `2`.

    Not assessed sorts beside moderate: behind known danger, before what was found harmless.
    """
    return str(4 - severity.rank) if severity is not None else "2"
