"""Hand-overs: a student with a live case changes class or leaves only when people have accepted.

A file lists the change; the old relation keeps everything until the new homeroom teacher and the
case's lead have accepted. When the plan's time for it is up its fallback decides, the grade head
where the plan names none (provision on the old relation: Regulations on the Protection of Minors
Online, 2024, article 36).
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import events as e
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.people import HandOver, Placement, Standing, roles_for
from psysafe.domain.plan import Plan
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotPermittedError
from psysafe.ids import Actor, PersonId, StudentId, kind_of
from psysafe.sensitivity import changed

CLASS, DEPARTURE, TEACHER = "class", "departure", "teacher"
_TEACHER, _LEAD, _COUNSELOR, _GRADE_HEAD = (
    "homeroom_teacher",
    "lead",
    "counselor",
    "grade_head",
)


def listed(
    now: datetime,
    plan: Plan,
    calendar: SchoolCalendar,
    placement: Placement | None,
    why: str = "",
) -> HandOver:
    """The hand-over that a file asks for: to another class, or out of the school.

    Raises PlanError PSY116 where the plan gives no time for it.
    """
    deadline = plan.deadline("hand_over", None)
    return HandOver(
        kind=DEPARTURE if placement is None else CLASS,
        listed=now,
        due=calendar.due(now, deadline.within, deadline.cap).at,
        placement=placement,
        why=why,
    )


def teacher_ended(
    now: datetime, plan: Plan, calendar: SchoolCalendar, keeping: tuple[PersonId, ...]
) -> HandOver:
    """The hand-over that the end of a homeroom teacher's role asks for: to whoever has it now."""
    return changed(listed(now, plan, calendar, None), kind=TEACHER, keeping=keeping)


def kept_by(world: World, actor: Actor, now: datetime) -> HandOver | None:
    """The hand-over until which somebody keeps what a crisis needs, though their role is over (X8).

    Not without a live case, not after its time, and never for whoever is barred.
    """
    waits = world.student.hand_over
    if waits is None or world.file.live_case is None or actor in world.barred:
        return None
    return waits if actor in waits.keeping and now < waits.due else None


def same_change(one: HandOver | None, other: HandOver) -> bool:
    """Whether a hand-over that waits is about the same change."""
    if one is None or (one.kind, one.why) != (other.kind, other.why):
        return False
    here, there = one.placement, other.placement
    return (here.class_id if here else "") == (there.class_id if there else "")


def missing(world: World, hand_over: HandOver, now: datetime) -> tuple[str, ...]:
    """Who must still accept: homeroom_teacher (of the new class), lead or counselor.

    Without a live case nobody has to take one over, so only the new class is asked. A case that
    nobody leads yet is accepted by a counselor of the student.
    """
    wanted = [_TEACHER] if hand_over.placement is not None else []
    if hand_over.kind == TEACHER:
        # Where nobody has the class yet, or only somebody barred, the grade head takes it over.
        there = world.people(_TEACHER, "of_class", now)
        wanted = [_TEACHER if there else _GRADE_HEAD]
    case = world.file.live_case
    if case is not None:
        wanted.append(_LEAD if case.lead is not None else _COUNSELOR)
    answered = {part for who in hand_over.accepted for part in parts_of(world, hand_over, who, now)}
    return tuple(part for part in wanted if part not in answered)


def decider(world: World) -> str:
    """The role that decides on a hand-over which nobody has accepted in time."""
    return world.plan.deadline("hand_over", None).fallback or _GRADE_HEAD


def parts_of(world: World, hand_over: HandOver, actor: Actor, now: datetime) -> frozenset[str]:
    """As what somebody can accept: of the new class, as lead or counselor, as grade head, or
    as whoever decides when it is late.
    """
    if kind_of(actor) != "staff" or actor in world.barred:
        return frozenset()
    deciding = {_GRADE_HEAD, decider(world)}
    found = {_COUNSELOR, *deciding} & roles_for(actor, world.standing, world.roster, now)
    place = hand_over.placement
    if place is not None:
        there = Standing(
            student=world.student.id, grade=place.grade, class_id=place.class_id, since=now
        )
        found |= {_TEACHER, *deciding} & roles_for(actor, there, world.roster, now)
    if hand_over.kind == TEACHER:
        found |= {_TEACHER} & roles_for(actor, world.standing, world.roster, now)
    if "lead" in world.holders(actor, now):
        found.add(_LEAD)
    return frozenset(found)


def waits_for(world: World, actor: Actor, now: datetime) -> bool:
    """Whether a hand-over of this student waits for somebody: for its decider once it is late."""
    hand_over = world.student.hand_over
    if hand_over is None:
        return False
    parts = parts_of(world, hand_over, actor, now)
    late = hand_over.due <= now and decider(world) in parts
    return late or bool(parts & set(missing(world, hand_over, now)))


def asked(
    world: World, hand_over: HandOver, now: datetime
) -> tuple[tuple[PersonId, datetime], ...]:
    """Who is to be told of a new hand-over, and when: those who must accept it now, those who
    decide when it is late.
    """
    found: list[tuple[PersonId, datetime]] = []
    open_parts = set(missing(world, hand_over, now))
    for who in (PersonId(Actor(key)) for key in sorted(world.roster.staff)):
        parts = parts_of(world, hand_over, who, now)
        if parts & open_parts:
            found.append((who, now))
        if decider(world) in parts:
            found.append((who, hand_over.due))
    return tuple(found)


def accept(world: World, actor: Actor, now: datetime) -> tuple[e.Event, ...]:
    """Somebody accepts; with the last one who was missing the change is made.

    Raises InvalidMoveError PSY272 where nothing waits, NotPermittedError PSY271 for somebody who
    is not asked, or who accepted before.
    """
    hand_over = world.student.hand_over
    if hand_over is None:
        raise InvalidMoveError("PSY272")
    parts = parts_of(world, hand_over, actor, now)
    by = PersonId(actor)
    late = hand_over.due <= now
    if late and decider(world) in parts:
        return _made(world.student.id, world.student.placement, hand_over, now, "decided")
    open_parts = missing(world, hand_over, now)
    if not parts & set(open_parts):
        raise NotPermittedError("PSY271", action="accept")
    accepted: tuple[e.Event, ...] = (e.HandOverAccepted(student=world.student.id, by=by, at=now),)
    if set(open_parts) - parts:
        return accepted
    return (
        *accepted,
        *_made(world.student.id, world.student.placement, hand_over, now, "accepted"),
    )


def _made(
    student: StudentId, held: Placement, hand_over: HandOver, now: datetime, outcome: str
) -> tuple[e.Event, ...]:
    settled = e.HandOverSettled(student=student, outcome=outcome, at=now)
    if hand_over.kind == TEACHER:
        return (settled,)  # the role has ended already; only who answers was still open
    return settled, change_of(student, held, hand_over, now)


def change_of(
    student: StudentId, held: Placement, hand_over: HandOver, now: datetime
) -> e.RelationStarted | e.RelationEnded:
    """The change itself: a place in the new class from now on, or the end of the old one."""
    if hand_over.placement is None:
        return e.RelationEnded(at=now, student=student, placement=held, why=hand_over.why)
    begins = Placement(
        class_id=hand_over.placement.class_id,
        grade=hand_over.placement.grade,
        since=now,
        campus=hand_over.placement.campus,
    )
    return e.RelationStarted(student=student, placement=begins)
