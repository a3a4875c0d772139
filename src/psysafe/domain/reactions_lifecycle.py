"""What follows when a case as a whole changes: who owes what now, who is told that it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.owing import has_it
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import CommandIds, PersonId

Events = list[e.Event]
LEAD: Final = "lead"
CLOSURE: Final = "closure"


def _met(kind: str, by: PersonId, w: World, now: datetime) -> Events:
    return [e.DutyMet(duty=d.id, by=by, at=now) for d in w.file.owed(kind)]


def _offered(ev: e.LeadOffered, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    if case is None or case.lead_offered is None:
        return []
    gone: Events = [
        e.DutyCancelled(duty=d.id, at=now, why="offered_again") for d in w.file.owed("accept_lead")
    ]
    severity = severity_of(case.level) or Severity.HIGH
    opened = duty_opened("accept_lead", ev.lead, severity, w, now, ids, case=case.id)
    told = notice(
        ids,
        w,
        now,
        purpose=LEAD,
        receiver=ev.lead,
        role="counselor",
        severity=severity,
        case=case.id,
        answer_by=opened.duty.due,
        duty=opened.duty.id,
    )
    return [*gone, opened, told]


def _accepted(ev: e.LeadAccepted, w: World, now: datetime, ids: CommandIds) -> Events:
    """Whatever the lead before owed as such is the new lead's now."""
    found = _met("accept_lead", ev.lead, w, now)
    moved = (
        "reassess",
        "follow_up",
        "full_analysis",
        "hospital_outcome",
        "review_signal",
        "holiday_plan",
    )
    for duty in w.file.duties:
        if duty.case == ev.case and duty.kind in moved and duty.owner == ev.before:
            found.append(e.DutyPassedOn(duty=duty.id, to=ev.lead, due=duty.due, at=now))
    return found


def _asked(ev: e.ClosureRequested, w: World, now: datetime, ids: CommandIds) -> Events:
    """Somebody else decides, and owes it: else the case would lie between open and closed."""
    case = w.file.live_case
    owner = w.supervisor(now) if case is not None and ev.by == case.lead else None
    owner = owner or w.first_of(("counselor", *LEADING_GROUP), now, (ev.by,))
    if case is None or owner is None:
        return []
    severity = severity_of(case.level) or Severity.HIGH
    opened = duty_opened("decide_closure", owner, severity, w, now, ids, case=case.id)
    told = notice(
        ids,
        w,
        now,
        purpose=CLOSURE,
        receiver=owner,
        role="counselor",
        severity=severity,
        case=case.id,
        answer_by=opened.duty.due,
        duty=opened.duty.id,
    )
    return [opened, told]


def _rejected(ev: e.ClosureRejected, w: World, now: datetime, ids: CommandIds) -> Events:
    return _met("decide_closure", ev.by, w, now)


def _reopened(ev: e.CaseReopened, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    if case is None:
        return []
    owner = has_it(case, w, now) or ev.by
    severity = severity_of(case.level) or Severity.HIGH
    return [duty_opened("reassess", owner, severity, w, now, ids, case=case.id)]


def dismissed_to_read(ev: e.CaseDismissed, w: World, now: datetime, ids: CommandIds) -> Events:
    """A counselor reads what was dismissed, another one where there is another."""
    if w.file.owed("read_dismissed"):
        return []
    owner = w.first_of(("counselor",), now, (ev.by,)) or w.first_of(("counselor",), now)
    if owner is None:
        return []
    return [duty_opened("read_dismissed", owner, Severity.ATTENTION, w, now, ids)]


def _read(ev: e.DismissedRead, w: World, now: datetime, ids: CommandIds) -> Events:
    return _met("read_dismissed", ev.by, w, now)


def _settled(ev: e.DutySettled, w: World, now: datetime, ids: CommandIds) -> Events:
    return [e.DutyMet(duty=ev.duty, by=ev.by, at=now)]


OF_LIFECYCLE: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        e.LeadOffered: _offered,
        e.LeadAccepted: _accepted,
        e.ClosureRequested: _asked,
        e.ClosureRejected: _rejected,
        e.CaseReopened: _reopened,
        e.DismissedRead: _read,
        e.DutySettled: _settled,
    }
)
