"""What follows from a break: who owes a plan for it, who covers, who hands a child over to home."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.calendar_breaks import closes_before
from psysafe.domain.duties_holidays import BreakAhead
from psysafe.domain.holidays import due_of_plan, lacking
from psysafe.domain.owing import has_it
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import SYSTEM_TICK, CommandIds, PersonId
from psysafe.sensitivity import changed

Events = list[e.Event]
COVER: Final = "holiday_cover"
PLAN: Final = "holiday_plan"
HOME: Final = "hand_over_home"
_CENTER: Final = ("counselor", *LEADING_GROUP)
_NEAREST: Final = ("homeroom_teacher", "grade_head", *_CENTER)


def follows(ev: e.Event, w: World, now: datetime, ids: CommandIds) -> Events:
    """What an event brings about where a break comes, or the school closes."""
    match ev:
        case e.HolidayAhead():
            return _asked(ev, w, now, ids)
        case e.HolidayPlanned():
            return _planned(ev, w, now, ids)
        case e.CaseOpened() | e.CaseReopened() | e.BarSet():
            return _still_lacking(w, now)
        case e.SupervisionChanged() if ev.supervision.state == "handed_to":
            return [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed(HOME)]
    return []


def _still_lacking(w: World, now: datetime) -> Events:
    """A case that opens shortly before a break is asked at once, and one whose cover was barred."""
    case, wanted = w.file.live_case, lacking(w, now)
    if case is None or wanted is None or case.lifecycle == "signalled" or w.file.owed(PLAN):
        return []
    return [e.HolidayAhead(case=case.id, ahead=wanted, by=SYSTEM_TICK, at=now)]


def _asked(ev: e.HolidayAhead, w: World, now: datetime, ids: CommandIds) -> Events:
    found = _plan_owed(ev.ahead, w, now, ids)
    return [*found, *_home_owed(w, now, ids)] if ev.ahead.sudden else found


def _plan_owed(ahead: BreakAhead, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    owner = case and (has_it(case, w, now) or w.first_of(_CENTER, now))
    if case is None or not owner or w.file.owed(PLAN):
        return []
    opened = duty_opened(PLAN, owner, Severity.ATTENTION, w, now, ids, case=case.id)
    return [e.DutyOpened(duty=changed(opened.duty, due=due_of_plan(w, ahead, now)))]


def _home_owed(w: World, now: datetime, ids: CommandIds) -> Events:
    """The same day somebody hands each student of a live case over to home, by name.

    Whoever a family or a hospital has already need not be handed over again.
    """
    case = w.file.live_case
    if case is None or w.file.owed(HOME):
        return []
    if case.supervision is not None and case.supervision.state == "handed_to":
        return []
    severity = severity_of(case.level) or Severity.HIGH
    owner = w.first_of(_NEAREST, now) or has_it(case, w, now)
    return [duty_opened(HOME, owner, severity, w, now, ids, case=case.id)] if owner else []


def _planned(ev: e.HolidayPlanned, w: World, now: datetime, ids: CommandIds) -> Events:
    plan = ev.plan
    found: Events = [e.DutyMet(duty=d.id, by=plan.by, at=now) for d in w.file.owed(PLAN)]
    if plan.covers != plan.by:
        found.append(_told(plan.covers, ev, w, now, ids))
    return found


def _told(
    receiver: PersonId, ev: e.HolidayPlanned, w: World, now: datetime, ids: CommandIds
) -> e.NoticeQueued:
    """It can wait for the morning, but not beyond the last one before the break."""
    closes = closes_before(w.calendar, date.fromisoformat(ev.plan.first), 1)
    return notice(
        ids,
        w,
        now,
        purpose=COVER,
        receiver=receiver,
        role="counselor",
        severity=Severity.ATTENTION,
        case=ev.case,
        answer_by=closes if closes is not None and closes > now else None,
    )
