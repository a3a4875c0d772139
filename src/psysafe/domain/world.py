"""All that a decision may look at: the student's file, the school's people, plan and calendar."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

import attrs

from psysafe.domain.bars import barred_by
from psysafe.domain.calendar import SchoolCalendar, Unit
from psysafe.domain.duties import WITHOUT_RIGHTS, Duty, Notice
from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.events import DutyPassedOn
from psysafe.domain.files import StudentFile
from psysafe.domain.people import (
    LEADING_GROUP,
    RoleHeld,
    Roster,
    SchoolClass,
    Standing,
    Student,
    roles_for,
    standing,
)
from psysafe.domain.plan import Plan
from psysafe.domain.severity import Severity
from psysafe.ids import Actor, DutyId, PersonId, kind_of
from psysafe.sensitivity import changed


def due_of(
    plan: Plan, calendar: SchoolCalendar, duty: str, severity: Severity, now: datetime
) -> datetime:
    """By when a duty that begins now is late.

    What is due at once is done by the route that starts in the same moment; it counts as late
    when nobody has acknowledged it within the plan's time for an acknowledgement.
    """
    deadline = plan.deadline(duty, severity)
    if deadline.within.unit is Unit.AT_ONCE:
        deadline = plan.deadline("acknowledge", severity)
    return calendar.due(now, deadline.within, deadline.cap).at


@attrs.frozen(kw_only=True)
class Around:
    """What is around a class, or the school as a whole, where there is no one student.

    `school_class` None: whoever holds a role for anybody counts.
    """

    roster: Roster
    plan: Plan
    calendar: SchoolCalendar
    school_class: SchoolClass | None = None
    campus: str | None = None
    """where the class is, in a school whose plan differs by campus"""

    def roles(self, actor: Actor, now: datetime) -> frozenset[str]:
        """The roles that the actor holds for it now."""
        held = self.roster.roles_of(actor, now)
        return frozenset(r.role for r in held if self._covers(r))

    def may(self, right: str, actor: Actor, now: datetime) -> bool:
        """Whether the plan gives the actor a right here."""
        return any(self.plan.may(right, role) for role in self.roles(actor, now))

    def due(self, duty: str, severity: Severity, now: datetime) -> datetime:
        """By when a duty that begins now is late."""
        return due_of(self.plan, self.calendar, duty, severity, now)

    def active(self, activity: str, now: datetime) -> bool:
        """Whether the plan switches an activity on here today."""
        one, day = self.school_class, self.calendar.local_day(now)
        if one is None:
            return self.plan.active(activity, day)
        return self.plan.active(activity, day, campus=self.campus, grade=one.grade)

    def _covers(self, held: RoleHeld) -> bool:
        one = self.school_class
        return one is None or held.scope.covers(one.grade, one.id)

    def people(self, role: str, now: datetime) -> tuple[PersonId, ...]:
        """The present holders of a role, or who stands in for them, in the order of ids."""
        found: dict[PersonId, None] = {}
        for _, someone in sorted(self.roster.staff.items()):
            if any(r.role == role and r.holds(now) and self._covers(r) for r in someone.roles):
                there = self.roster.standing_in(someone, now)
                if there is not None:
                    found[there.id] = None
        return tuple(found)

    def first_of(
        self, roles: tuple[str, ...], now: datetime, besides: tuple[PersonId, ...] = ()
    ) -> PersonId | None:
        """The first present holder of the first role that has one, leaving some people out."""
        for role in roles:
            for person in self.people(role, now):
                if person not in besides:
                    return person
        return None

    def opened(
        self, kind: str, owner: PersonId, severity: Severity, duty: DutyId, now: datetime
    ) -> Duty:
        """A duty by the plan's deadline for its kind and severity."""
        deadline = self.plan.deadline(kind, severity)
        return Duty(
            id=duty,
            kind=kind,
            owner=owner,
            due=self.due(kind, severity, now),
            fallback=deadline.fallback or LEADING_GROUP[0],
            origin=str(deadline.origin),
            severity=severity,
            opened=now,
        )

    def passed_on(
        self, duty: Duty, now: datetime, besides: tuple[PersonId, ...] = ()
    ) -> DutyPassedOn:
        """A duty that is late goes to its fallback, then along the leading group."""
        chain = (duty.fallback, *LEADING_GROUP)
        heir = self.first_of(chain, now, (*duty.had_by, duty.owner, *besides))
        if heir is None and not self.roster.there(duty.owner, now):
            # Nobody new is left, and whoever has it is gone: back to one who had it before.
            heir = self.first_of(chain, now, (duty.owner, *besides))
        due = duty.due
        if heir is not None:
            due = due_of(self.plan, self.calendar, duty.kind, duty.severity, now)
        return DutyPassedOn(duty=duty.id, to=heir, due=due, at=now)


@attrs.frozen(kw_only=True)
class World:
    """The facts of one moment, as they were read; a decision never looks anywhere else."""

    file: StudentFile
    student: Student
    roster: Roster
    plan: Plan
    calendar: SchoolCalendar
    duty: DutyRoster = attrs.field(factory=DutyRoster)
    """who is on duty when"""
    notice: Notice | None = None
    """the notice that the command is about"""
    outside: tuple[str, ...] = ()
    """the channels over which the authority outside is reached, as the school's settings say"""
    _asked: dict[tuple[Actor, datetime], frozenset[str]] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )

    @cached_property
    def standing(self) -> Standing:
        return standing(self.student)

    @cached_property
    def barred(self) -> frozenset[PersonId]:
        """Who is kept from everything about this student."""
        return barred_by(self.file.bars)

    @cached_property
    def without_bars(self) -> World:
        """The same, had nobody been accused: what a barred person must find."""
        return attrs.evolve(self, file=changed(self.file, bars=()))

    def kept_out(self, role: str, relation: str, now: datetime) -> bool:
        """Whether a role means somebody here, but everybody whom it means is barred."""
        if not self.barred or self.people(role, relation, now):
            return False
        return bool(self.without_bars.people(role, relation, now))

    def holders(self, actor: Actor, now: datetime) -> frozenset[str]:
        """Every holder of rights (plan.HOLDERS) that the actor is for this student now."""
        # One decision asks the same several times.
        held = self._asked.get((actor, now))
        if held is None:
            held = self._asked[actor, now] = self._held_by(actor, now)
        return held

    def _held_by(self, actor: Actor, now: datetime) -> frozenset[str]:
        found = set(roles_for(actor, self.standing, self.roster, now))
        if actor in self.barred:
            return frozenset(found)  # as without the case: no place in it gives a right
        case = self.file.live_case
        if case is not None and case.lead == actor:
            found.add("lead")
        # Second person for what the lead proposes, and for nothing that anybody else does.
        proposed = case is not None and case.closure_by in (None, case.lead)
        if proposed and self.supervisor(now) == actor:
            found.add("supervisor")
        owed = [d for d in self.file.duties if d.kind not in WITHOUT_RIGHTS]
        about = [d for d in owed if d.case is not None or d.flag is not None]
        if any(actor in (d.owner, *d.had_by) for d in about):
            # Whoever owed it before may still have been the one who did it, a minute late.
            found.add("duty_owner")
        # Whom the warning network tells is told; it gives nobody a right that their role lacks.
        calls = (r for r in self.file.runs if not r.goes_on)
        if any(a.person == actor for r in calls for a in r.being_called()):
            found.add("route_target")
        return frozenset(found)

    def supervisor(self, now: datetime) -> PersonId | None:
        """Who supervises whoever leads the live case, or stands in for that person now.

        None where nobody is named, or nobody is there who may: nobody supervises themselves.
        """
        case = self.file.live_case
        named = self.roster.staff.get(case.supervisor) if case and case.supervisor else None
        there = self.roster.standing_in(named, now) if named is not None else None
        if case is None or there is None or there.id == case.lead:
            return None
        return there.id if self.may_supervise(there.id, now) else None

    def may_supervise(self, person: PersonId, now: datetime) -> bool:
        """Whether the plan lets somebody supervise whoever leads here; never anybody barred."""
        held = roles_for(Actor(person), self.standing, self.roster, now)
        return person not in self.barred and any(
            self.plan.may("supervise_lead", role) for role in held
        )

    def due(self, duty: str, severity: Severity, now: datetime) -> datetime:
        """By when a duty that begins now is late."""
        return due_of(self.plan, self.calendar, duty, severity, now)

    def present(self, actor: Actor, now: datetime) -> bool:
        """Whether the actor still belongs to the school: whoever has left answers no call."""
        return kind_of(actor) != "staff" or bool(self.roster.roles_of(actor, now))

    def people(self, role: str, relation: str, now: datetime) -> tuple[PersonId, ...]:
        """Who a role means for this student at this moment, in a fixed order: who is present, and
        not barred.

        Somebody absent is replaced by their deputy. `on_duty` means whoever stands in a roster of
        duty at this moment, on the student's campus first, nobody in an hour without a shift; where
        the school keeps no roster for the role, all its holders who are present.
        """
        case = self.file.live_case
        if relation == "lead":
            lead = self.roster.staff.get(case.lead) if case is not None and case.lead else None
            there = self.roster.standing_in(lead, now) if lead is not None else None
            return (there.id,) if there is not None and there.id not in self.barred else ()
        place = self.standing
        if relation == "on_duty" and (on_duty := self.on_duty(role, now)) is not None:
            return on_duty
        found: dict[PersonId, None] = {}
        for someone in self.roster.holders(role, place.grade, place.class_id, now):
            present = self.roster.standing_in(someone, now)
            if present is not None and present.id not in self.barred:
                found[present.id] = None
        return tuple(found)

    def on_duty(self, role: str, now: datetime) -> tuple[PersonId, ...] | None:
        """Who of a role is on duty for this student now; None where no roster says so."""
        return self.duty.on_duty(role, self.roster, self.standing, now, self.barred)

    def first_of(
        self, roles: tuple[str, ...], now: datetime, besides: tuple[PersonId, ...] = ()
    ) -> PersonId | None:
        """The first present holder of the first role that has one, leaving some people out."""
        for role in roles:
            for person in self.people(role, "of_grade", now):
                if person not in besides:
                    return person
        return None
