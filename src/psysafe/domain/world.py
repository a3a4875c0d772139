"""All that a decision may look at: the student's file, the school's people, plan and calendar."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

import attrs

from psysafe.domain.calendar import SchoolCalendar, Unit
from psysafe.domain.duties import Notice
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Roster, Standing, Student, roles_for, standing
from psysafe.domain.plan import Plan
from psysafe.domain.severity import Severity
from psysafe.ids import Actor, PersonId, kind_of


@attrs.frozen(kw_only=True)
class World:
    """The facts of one moment, as they were read; a decision never looks anywhere else."""

    file: StudentFile
    student: Student
    roster: Roster
    plan: Plan
    calendar: SchoolCalendar
    notice: Notice | None = None
    """the notice that the command is about"""
    _asked: dict[tuple[Actor, datetime], frozenset[str]] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )

    @cached_property
    def standing(self) -> Standing:
        return standing(self.student)

    def holders(self, actor: Actor, now: datetime) -> frozenset[str]:
        """Every holder of rights (plan.HOLDERS) that the actor is for this student now."""
        # One decision asks the same several times.
        held = self._asked.get((actor, now))
        if held is None:
            held = self._asked[actor, now] = self._held_by(actor, now)
        return held

    def _held_by(self, actor: Actor, now: datetime) -> frozenset[str]:
        found = set(roles_for(actor, self.standing, self.roster, now))
        case = self.file.live_case
        if case is not None and case.lead == actor:
            found.add("lead")
        about = [d for d in self.file.duties if d.case is not None or d.flag is not None]
        if any(actor in (d.owner, *d.had_by) for d in about):
            # Whoever owed it before may still have been the one who did it, a minute late.
            found.add("duty_owner")
        if any(a.person == actor for r in self.file.runs for a in r.being_called()):
            found.add("route_target")
        return frozenset(found)

    def due(self, duty: str, severity: Severity, now: datetime) -> datetime:
        """By when a duty that begins now is late.

        What is due at once is done by the route that starts in the same moment; it counts as
        late when nobody has acknowledged it within the plan's time for an acknowledgement.
        """
        deadline = self.plan.deadline(duty, severity)
        if deadline.within.unit is Unit.AT_ONCE:
            deadline = self.plan.deadline("acknowledge", severity)
        return self.calendar.due(now, deadline.within, deadline.cap).at

    def present(self, actor: Actor, now: datetime) -> bool:
        """Whether the actor still belongs to the school: whoever has left answers no call."""
        return kind_of(actor) != "staff" or bool(self.roster.roles_of(actor, now))

    def people(self, role: str, relation: str, now: datetime) -> tuple[PersonId, ...]:
        """Who a role means for this student at this moment, present people only, in a fixed order.

        Somebody absent is replaced by their deputy. `on_duty` means the holders of the role who
        are present: duty rosters are not kept yet.
        """
        case = self.file.live_case
        if relation == "lead":
            lead = self.roster.staff.get(case.lead) if case is not None and case.lead else None
            there = self.roster.standing_in(lead, now) if lead is not None else None
            return (there.id,) if there is not None else ()
        place = self.standing
        found: dict[PersonId, None] = {}
        for someone in self.roster.holders(role, place.grade, place.class_id, now):
            present = self.roster.standing_in(someone, now)
            if present is not None:
                found[present.id] = None
        return tuple(found)

    def first_of(
        self, roles: tuple[str, ...], now: datetime, besides: tuple[PersonId, ...] = ()
    ) -> PersonId | None:
        """The first present holder of the first role that has one, leaving some people out."""
        for role in roles:
            for person in self.people(role, "of_grade", now):
                if person not in besides:
                    return person
        return None
