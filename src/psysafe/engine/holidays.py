"""Breaks in the store: live cases that lack a plan, and the day on which a school closes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from psysafe.contracts.storage import Query
from psysafe.domain import commands as c
from psysafe.domain.duties_holidays import BreakAhead
from psysafe.domain.files import LIVE
from psysafe.domain.holidays import lacking
from psysafe.domain.world import World
from psysafe.engine.cards import CaseCard
from psysafe.engine.gather import every_page, gather, readable
from psysafe.engine.handle import handle
from psysafe.engine.school import School
from psysafe.ids import SYSTEM_TICK, CommandId, PersonId, derived_command

_PAGE = 200


def live_cases(school: School) -> list[CaseCard]:
    """Every live case, for what is done for each of them without anybody looking at one."""
    asked = Query(index="board", prefixes=tuple(("case", one) for one in LIVE), limit=_PAGE)
    return [card for _, card in readable(school, list(every_page(school, asked)), CaseCard)]


def ask_for_plan(school: School, world: World, now: datetime) -> None:
    """Ask whoever has a live case for its plan, where a break comes near and it has none.

    A second look on the same day changes nothing.
    """
    case, wanted = world.file.live_case, lacking(world, now)
    if case is None or not (wanted or world.file.owed("holiday_plan")):
        return
    day = school.calendar.local_day(now).isoformat()
    handle(
        school,
        c.HolidayIsAhead(student=world.student.id, case=case.id),
        SYSTEM_TICK,
        now,
        command_id=derived_command(school.part_key, "holiday", case.id, day),
    )


def without_plan(school: School, now: datetime) -> Iterator[BreakAhead]:
    """For each live case without a plan, the break that it stands before, and nothing else."""
    for card in live_cases(school):
        wanted = lacking(gather(school, card.student).world, now)
        if wanted is not None:
            yield wanted


def close_school(
    school: School, last: date, by: PersonId, now: datetime, command: CommandId
) -> None:
    """Each live case gets its hand-over to home and its plan. Given again it changes nothing."""
    first = school.calendar.local_day(now).isoformat()
    for card in live_cases(school):
        wish = c.SchoolCloses(
            student=card.student, case=card.case, first=first, last=last.isoformat(), by=by
        )
        known = derived_command(school.part_key, "closure", command, card.case)
        handle(school, wish, SYSTEM_TICK, now, command_id=known)
