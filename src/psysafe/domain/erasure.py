"""When somebody may be erased: who may do it, what stands against it, and when the time is up.

That of a student is decided by a person and never by the clock. What is still owed, an authority
that is still to be told, a suspicion of harm: each of them stands against it, because it would help
whoever would rather not be asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from psysafe.domain import codes
from psysafe.domain.calendar import SchoolCalendar, Within
from psysafe.domain.duties import RUNNING, Notice
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Student
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor

#: The right in the plan, and the name of the action in a refusal.
FORGET: Final = "forget"
RETENTION: Final = "retention"
#: Where a report to the authority is at its end.
_TOLD: Final = "acknowledged"
#: What somebody who is kept out of a suspicion is told: no more than that something is.
_SOMETHING: Final = ("hold",)


def may_forget(
    world: World, actor: Actor, basis: str, kept_for: Within | None, now: datetime
) -> None:
    """Whether the actor may erase this student now.

    Raises NotFoundError for whoever is nobody to the student, NotPermittedError PSY002 without the
    right, InvalidDataError PSY013 for another basis, InvalidMoveError PSY723 where something
    stands against it, PSY724 where the time is not up.
    """
    holders = world.holders(actor, now)
    if not holders:
        raise NotFoundError
    if not any(world.plan.may(FORGET, one) for one in holders):
        raise NotPermittedError("PSY002", action=FORGET)
    codes.known("erasure_bases", basis)
    against = _SOMETHING if actor in world.barred else stands_against(world.file)
    if against:
        raise InvalidMoveError("PSY723", blocking=", ".join(against))
    if basis == RETENTION and not time_is_up(world.student, kept_for, world.calendar, now):
        raise InvalidMoveError("PSY724", kept=str(kept_for) if kept_for is not None else "-")


def stands_against(file: StudentFile) -> tuple[str, ...]:
    """What stands against an erasure, in codes; empty: nothing."""
    found: list[str] = []
    case = file.case
    if case is not None and case.live:
        found.append("case")
    if case is not None and case.report is not None and case.report.state != _TOLD:
        found.append("report")
    if file.bars:
        found.append("bar")
    if file.holds:
        found.append("hold")
    found += [f"duty {duty.kind}" for duty in file.duties]
    found += [f"flag {flag.state}" for flag in file.flags if flag.state == "open"]
    found += [f"referral {one.state}" for one in file.referrals if one.open]
    found += [f"route {run.route}" for run in file.runs if run.state == RUNNING]
    return tuple(dict.fromkeys(found))


def kept_until(
    student: Student, kept_for: Within | None, calendar: SchoolCalendar
) -> datetime | None:
    """Until when a student's file is kept: years after they left. None while they are here."""
    left = student.placement.until
    if left is None or kept_for is None:
        return None
    there = left.astimezone(calendar.zone)
    year = there.year + kept_for.count
    try:
        return there.replace(year=year)
    except ValueError:
        return there.replace(year=year, day=28)  # the 29th of February


def time_is_up(
    student: Student, kept_for: Within | None, calendar: SchoolCalendar, now: datetime
) -> bool:
    """Whether the school's own time for keeping the file has passed."""
    end = kept_until(student, kept_for, calendar)
    return end is not None and end <= now


def answers_wait(called: Iterable[Notice], now: datetime) -> bool:
    """Whether a call about a note is still to be answered, or its teller is still to be told."""
    return any(now < max(one.queued, one.answer_by or one.queued) for one in called)
