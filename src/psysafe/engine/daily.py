"""What can wait is told once a school day, in one message a person, by the plan's `[daily]`.

The notice itself lies in the inbox at once, as every notice does. Only its way out is left to that
one message, which says no more than that something waits. What is high or imminent goes by itself
always: so does a rise, because it is a notice of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from psysafe.clock import to_wire
from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duties import Notice
from psysafe.domain.plan import INBOX, Daily
from psysafe.ids import PersonId

DAILY: Final = "daily"
#: After everything that is told by itself.
_URGENCY: Final = 3


def gathered_at(notice: Notice, calendar: SchoolCalendar, daily: Daily | None) -> datetime | None:
    """When a notice is told with all others of that day; None where it goes by itself.

    So does what would be told only when its answer is due already, and what wants no answer.
    """
    if daily is None or notice.urgent or notice.severity not in daily.severities:
        return None
    if notice.answer_by is None or set(notice.channels) <= {INBOX}:
        return None
    at = calendar.next_at(notice.queued, daily.at)
    return at if notice.queued < at < notice.answer_by else None


def gathering(
    entries: Iterable[Entry],
    events: Iterable[e.Event],
    calendar: SchoolCalendar,
    daily: Daily | None,
) -> Iterator[Entry]:
    """The wake-ups of some events, with one a day for all that can wait."""
    left: set[str] = set()
    for event in events:
        if isinstance(event, e.NoticeQueued):
            at = gathered_at(event.notice, calendar, daily)
            if at is not None:
                outside = (name for name in event.notice.channels if name != INBOX)
                left |= {f"send/{event.notice.id}/{name}" for name in outside}
                yield _wake(event.notice.receiver, at)
    yield from (entry for entry in entries if entry.key not in left)


def _wake(owner: PersonId, at: datetime) -> Entry:
    # By the moment itself: two days of school may have the same date elsewhere.
    return Entry(f"daily/{owner}/{to_wire(at)}", DAILY, owner, at, _URGENCY)
