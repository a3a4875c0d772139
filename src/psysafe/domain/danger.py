"""Whether there is danger to life that a person confirmed, or that nobody has had time to (X5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from psysafe.domain.files import StudentFile
from psysafe.domain.severity import Assessed, Provisional, Severity

#: For how long a level that no person has confirmed counts as danger (suggestion: one night).
UNCONFIRMED_DANGER: Final = timedelta(hours=12)


def in_danger(file: StudentFile, now: datetime) -> bool:
    """X5: a person confirmed it, or a rule says imminent and nobody has had a night to look.

    The twelve hours run from the last signal of the case: a new one is a new reason.
    """
    case = file.live_case
    if case is None:
        return False
    if case.declared is not None:
        return True
    if isinstance(case.level, Assessed):
        return case.level.severity >= Severity.HIGH
    until = unconfirmed_until(file)
    return until is not None and now < until


def unconfirmed_until(file: StudentFile) -> datetime | None:
    """Until when a rule's *imminent* counts as danger without a person; None without one."""
    case = file.live_case
    level = case.level if case is not None else None
    if case is None or not isinstance(level, Provisional) or level.severity < Severity.IMMINENT:
        return None
    said = [s.at for s in file.signals if s.id in case.signals]
    return max(said, default=case.signalled) + UNCONFIRMED_DANGER
