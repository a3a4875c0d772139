"""Who can do what is owed: whoever is there, may know of the student, and may give the command.

A duty that lies with somebody who is not there any more, whose shift is over or whose role gives
no right to meet it would wait until it is late. So it passes on at once, to whoever can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from psysafe.domain.bars import OUTSIDE, REPORT_HARM
from psysafe.domain.codes import ROLES
from psysafe.domain.duties import ROUNDS, WITHOUT_RIGHTS, WITHOUT_SIGHT, Duty
from psysafe.domain.duties_death import CHECK_DEATH, CONFIRM_ALIVE
from psysafe.domain.events import DutyPassedOn
from psysafe.domain.files import Case
from psysafe.domain.people import LEADING_GROUP, OUTSIDE_ROLES, roles_for
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import Actor, DutyId, PersonId

#: The holder of a right that whoever owes the duty has which the right meets.
OWES_IT: Final = "owes_it"
#: Why a duty was passed on before it was late: whoever had it could not do it.
CANNOT: Final = "cannot"
#: By which right a duty is met. One that is not named here is met by whoever owes it: they say
#: that it is done, or answer the call that it stands for.
MET_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "triage": ("open",),
        "full_analysis": ("assess", "advise"),
        "reassess": ("assess",),
        "review_signal": ("assess",),
        "review_flag": ("review_flag",),
        "second_stage": ("review_flag",),
        "read_dismissed": ("dismiss_high",),
        "tell_guardian": ("guardian_log",),
        "guardian_decision": ("guardian_log",),
        "never_alone": ("supervise",),
        "whereabouts": ("report",),
        "talk": ("respond",),
        "question": ("respond",),
        "hospital_outcome": ("hospital_statement",),
        "follow_up": ("follow_up",),
        "authority_report": ("report_approve",),
        "submit_report": ("report_submit",),
        "report_supplement": ("report_supplement",),
        "referral_unmet": ("refer",),
        "decide_referral": ("refer",),
        "renew_consent": ("consent",),
        "accept_lead": ("assign_lead",),
        "name_supervisor": ("assign_lead",),
        "decide_closure": ("approve_closure",),
        "confirm_bar": ("lift_bar", "lift_bar_instead"),
        "second_adult": ("go_first",),
        "holiday_plan": ("holiday_plan",),
        "hand_over_home": ("supervise",),
        "tell_stood_down": ("guardian_log",),
        CHECK_DEATH: ("take_back_death",),
        CONFIRM_ALIVE: ("take_back_death",),
    }
)
#: Roles that show nobody a student.
_NO_SIGHT: Final = frozenset(
    {"registrar", "hotline_volunteer", "epidemic_leading_group", *OUTSIDE_ROLES}
)
#: Roles that show a student only while there is danger.
_IN_DANGER: Final = frozenset({"duty_adult", "school_doctor"})


def may(world: World, actor: Actor, right: str, now: datetime) -> bool:
    """Whether the plan gives somebody a right here; also as whoever owes, or owed, what it meets.

    Whoever owed it before may still have been the one who did it, a minute late.
    """
    if any(world.plan.may(right, holder) for holder in world.holders(actor, now)):
        return True
    if actor in world.barred or not world.plan.may(right, OWES_IT):
        return False
    met = (d for d in world.file.duties if right in MET_BY.get(d.kind, ()))
    return any(actor in (d.owner, *d.had_by) for d in met)


def has_it(case: Case, world: World, now: datetime) -> PersonId | None:
    """Who leads the case or took it up, or their stand-in; None where nobody has it yet."""
    for person in (case.lead, case.acknowledged_by):
        there = _there(world, person, now)
        if there is not None:
            return there
    return None


def _there(world: World, person: PersonId | None, now: datetime) -> PersonId | None:
    """Somebody, or their stand-in, where one of them is there and not barred."""
    someone = world.roster.staff.get(person) if person else None
    there = world.roster.standing_in(someone, now) if someone is not None else None
    return there.id if there is not None and there.id not in world.barred else None


def sees(world: World, person: PersonId, now: datetime) -> bool:
    """Whether a role shows somebody this student and the case now, by the person's place alone.

    What exactly is shown the privacy policy decides; this is no more than it ever shows.
    """
    held = set(roles_for(person, world.standing, world.roster, now)) - _NO_SIGHT
    on_duty = world.on_duty("duty_adult", now)
    if on_duty is not None and person not in on_duty:
        held.discard("duty_adult")
    case = world.file.live_case
    level = severity_of(case.level) if case is not None else None
    danger = case is not None and (
        case.declared is not None or (level is not None and level >= Severity.HIGH)
    )
    return bool(held if danger else held - _IN_DANGER)


def second_to(world: World, duty: Duty) -> tuple[PersonId, ...]:
    """Whose act a duty looks over as a second person: nobody is second to themselves."""
    death = world.file.death
    by = death.taken_back_by if death is not None else None
    return (by,) if duty.kind == CONFIRM_ALIVE and by is not None else ()


def can_do(world: World, duty: Duty, person: PersonId, now: datetime) -> bool:
    """Whether somebody who owed this duty could meet it now."""
    if person in world.barred or not world.roster.there(person, now):
        return False
    if duty.kind == REPORT_HARM:
        return True  # whoever knows hands it over
    if duty.kind not in WITHOUT_SIGHT and not sees(world, person, now):
        return False
    rights = MET_BY.get(duty.kind)
    case = world.file.live_case
    if rights is None or (
        duty.kind == "accept_lead" and case is not None and case.lead_offered == person
    ):
        return True
    if duty.kind == "decide_closure" and case is not None and case.closure_by == person:
        return False
    if person in second_to(world, duty):
        return False
    held = {*roles_for(person, world.standing, world.roster, now), "duty_owner", OWES_IT}
    if case is not None and case.lead == person:
        held.add("lead")
    return any(world.plan.may(right, holder) for right in rights for holder in held)


def passes_on(world: World, duty: Duty, now: datetime) -> DutyPassedOn | None:
    """Who owes a duty from now on, where whoever has it cannot do it any more.

    None where its owner can, or nobody else is there: then it goes on when its time is up. What
    is done by rounds waits for its day, and so does what a barred person keeps. A receiver's
    answer is nobody else's to give.
    """
    stays = duty.kind in ROUNDS | WITHOUT_RIGHTS or duty.owner in {*world.barred, OUTSIDE}
    if stays or can_do(world, duty, duty.owner, now):
        return None
    near = tuple(_nearest(world, duty, now))
    others = [p for p in dict.fromkeys((*near, *_heirs(world, duty, now))) if p != duty.owner]
    able = [p for p in others if can_do(world, duty, p, now)]
    # Whoever is at it already; then rather not somebody to whom it was too much before.
    heir = next(iter(sorted(able, key=lambda p: p not in near and p in duty.had_by)), None)
    if heir is None and duty.flag is None and not world.roster.there(duty.owner, now):
        heir = next((p for p in others if sees(world, p, now)), None)  # somebody who sees to it
    if heir is None:
        return None
    due = duty.due if duty.due > now else world.due(duty.kind, duty.severity, now)
    return DutyPassedOn(duty=DutyId(duty.id), to=heir, due=due, at=now, why=CANNOT)


def _nearest(world: World, duty: Duty, now: datetime) -> Iterator[PersonId]:
    """The stand-in of whoever has it, and whoever has the case."""
    case = world.file.live_case
    stand_in = _there(world, duty.owner, now)
    if stand_in is not None:
        yield stand_in
    for person in (case.lead, case.acknowledged_by) if case is not None else ():
        there = _there(world, person, now)
        if there is not None:
            yield there


def _heirs(world: World, duty: Duty, now: datetime) -> Iterator[PersonId]:
    """Whom else to think of, in order: the counselor on call, any counselor where it is theirs to
    do, the duty's fallback, and then everybody of the school by their role.
    """
    yield from world.on_duty("counselor", now) or ()
    theirs = any(world.plan.may(right, "counselor") for right in MET_BY.get(duty.kind, ()))
    center = ("counselor",) if theirs else ()
    rest = tuple(role for role in ROLES if role not in _NO_SIGHT)
    for role in (*center, duty.fallback, "counselor", *LEADING_GROUP, *rest):
        if role in ROLES:
            yield from world.people(role, "on_duty" if role == "duty_adult" else "of_grade", now)


def heir_of(
    world: World, chain: tuple[str, ...], duty: Duty, now: datetime, besides: tuple[PersonId, ...]
) -> PersonId | None:
    """The first of some roles who can meet a duty, else the first who is there at all."""
    found = [
        person
        for role in chain
        for person in world.people(role, "of_grade", now)
        if person not in besides
    ]
    return next((p for p in found if can_do(world, duty, p, now)), next(iter(found), None))
