"""A student's record that cannot be read: a call may hang on it, so people hear of it at once.

Nobody can say whom the record would have called, or how grave it is, so the counselors who are
there and the leading group's first are told over every channel. What they are told names no student
and no key: whoever keeps the store finds the record by `verify`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from psysafe.contracts.storage import Claimed
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.severity import Severity
from psysafe.domain.world import Around
from psysafe.engine.gather import is_unreadable, roster
from psysafe.engine.school import School
from psysafe.engine.worklist import PAUSE, UNREADABLE, open_notices, queue_notice
from psysafe.errors import PsysafeError, StorageError
from psysafe.ids import PersonId, derived_command

_log = logging.getLogger("psysafe.engine")


def call_about(school: School, claim: Claimed, now: datetime) -> None:
    """Tell people that a due entry failed on a record, once an entry however often it fails.

    Who was told within the hour and has not opened it is not told of a second entry before that
    hour is over: one damaged file fails in many entries, and they come back until it is mended.
    """
    try:
        for person, role in _who(school, now):
            _tell(school, claim, person, role, now)
    except PsysafeError as error:
        if isinstance(error, StorageError) and not is_unreadable(error):
            raise
        _log.error("nobody could be told of a damaged record", extra={"code": error.code})


def _who(school: School, now: datetime) -> Iterator[tuple[PersonId, str]]:
    """Each receiver once, and the role in which they hear of it."""
    around = Around(roster=roster(school), plan=school.plan, calendar=school.calendar)
    counselors = around.people("counselor", now)
    yield from ((person, "counselor") for person in counselors)
    first = around.first_of(LEADING_GROUP, now)
    if first is not None and first not in counselors:
        yield first, LEADING_GROUP[0]


def _tell(school: School, claim: Claimed, person: PersonId, role: str, now: datetime) -> None:
    command = derived_command(school.part_key, UNREADABLE, claim.key, person)
    told = (n.queued for n in open_notices(school, person) if n.purpose == UNREADABLE)
    if any(now < queued + PAUSE[0] for queued in told):
        return
    queue_notice(
        school,
        purpose=UNREADABLE,
        receiver=person,
        role=role,
        severity=Severity.IMMINENT,
        now=now,
        command=command,
    )
