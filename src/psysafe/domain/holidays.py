"""Which break a live case stands before, whether it has a plan for it, and who can cover.

The plan's `holiday_break` says what is a break, `holiday_ahead` how long before
it a plan is asked for, `holiday_plan` by when it is there, `holiday_late` how long it may take
where it is asked for too late for that.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.calendar_breaks import Break, closes_before, next_break
from psysafe.domain.duties_holidays import BreakAhead
from psysafe.domain.guardianship import deciding
from psysafe.domain.people import roles_for
from psysafe.domain.plan import Plan
from psysafe.domain.world import World
from psysafe.ids import Actor, PersonId


def coming(plan: Plan, calendar: SchoolCalendar, now: datetime) -> Break | None:
    """The break that runs, or comes within the time in which the plan asks for holiday plans.

    None where a plan says nothing of breaks.
    """
    if "holiday_break" not in plan.deadlines or "holiday_ahead" not in plan.deadlines:
        return None
    ahead = plan.deadline("holiday_ahead", None).within
    return next_break(
        calendar,
        calendar.local_day(now),
        calendar.local_day(calendar.due(now, ahead).at),
        longer_than=plan.deadline("holiday_break", None).within.count,
    )


def needed(w: World, now: datetime) -> BreakAhead | None:
    """The break for which the live case needs a plan now: a closure, else the calendar's."""
    case = w.file.live_case
    if case is None:
        return None
    held = case.break_ahead
    if held is not None and held.sudden and w.calendar.local_day(now).isoformat() <= held.last:
        return held
    found = coming(w.plan, w.calendar, now)
    if found is None:
        return None
    return BreakAhead(first=found.first.isoformat(), last=found.last.isoformat())


def lacking(w: World, now: datetime) -> BreakAhead | None:
    """The break for which the live case has no plan, or one whose cover is not there any more."""
    case, ahead = w.file.live_case, needed(w, now)
    if case is None or ahead is None:
        return None
    plan = case.holiday
    if plan is not None and plan.first == ahead.first and plan.last >= ahead.last:
        return None if can_cover(w, plan.covers, ahead, now) else ahead
    return ahead


def can_cover(w: World, person: PersonId, ahead: BreakAhead, now: datetime) -> bool:
    """Whether somebody of the staff answers for this student, is not barred, and is there over the
    break, or has a deputy who is."""
    someone = w.roster.staff.get(person)
    if someone is None or person in w.barred:
        return False
    if not roles_for(Actor(person), w.standing, w.roster, now):
        return False
    zone = w.calendar.zone
    since = datetime.combine(date.fromisoformat(ahead.first), time(), zone).astimezone(UTC)
    after = date.fromisoformat(ahead.last) + timedelta(days=1)
    until = datetime.combine(after, time(), zone).astimezone(UTC)
    for absence in someone.absences:
        begins, ends = max(absence.since, since, now), min(absence.until, until)
        if begins < ends:
            there = w.roster.standing_in(someone, begins)
            if there is None or there.id in w.barred:
                return False
    return True


def informed_enough(w: World, informed: tuple[PersonId, ...], now: datetime) -> bool:
    """Whether somebody at home knows of a plan.

    One guardian is enough, a carer or an emergency contact too, since parents may work far away.
    Nobody need know where every guardian who decides was tried on all numbers, or is barred.
    """
    at_home = {g.id for g in w.student.guardians if g.holds(now) and g.id not in w.barred}
    if set(informed) & at_home:
        return True
    case = w.file.live_case
    rows = case.guardians if case is not None else ()
    unreached = {row.guardian for row in rows if row.state == "unreachable"}
    return deciding(w, now) <= unreached


def due_of_plan(w: World, ahead: BreakAhead, now: datetime) -> datetime:
    """By when a plan is there: so many school days before the break; where that has passed, when
    the last school day before it is over; in the break, after the plan's time for what is late."""
    first = date.fromisoformat(ahead.first)
    wanted = w.plan.deadline("holiday_plan", None).within.count
    for count in (wanted, 1):
        closes = closes_before(w.calendar, first, count)
        if closes is not None and closes > now and not ahead.sudden:
            return closes
    return w.calendar.due(now, w.plan.deadline("holiday_late", None).within).at
