"""What follows where an adult is suspected of harm: who is passed by, who is told, who decides.

A barred person keeps what they owe by rounds, because a list that grows shorter tells; another
adult is with the child first. Everything else that they owed goes to somebody else at once, and
calls to them go on to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.bars import CONFIRM_BAR, OUTSIDE, PROVISIONAL, REPORT_HARM, SECOND_ADULT
from psysafe.domain.codes import ROLES
from psysafe.domain.codes_bars import HARM_RECEIVERS
from psysafe.domain.duties import RUNNING, WITHOUT_SIGHT, Duty
from psysafe.domain.duties_death import POSTVENTION
from psysafe.domain.people import LEADING_GROUP, OUTSIDE_ROLES, roles_for
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.reactions_referral import held_back, recalled_from
from psysafe.domain.routing import ask_next, authority_told, found_outside, handed_on, notice
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import Actor, CommandIds, PersonId, SignalId
from psysafe.sensitivity import changed

Events = list[e.Event]
#: What tells its reader that a protected procedure wants something, and says no more than that.
PROTECTED: Final = "protected"
#: Duties that never go with a barred person, and those that stay as they were.
_STAYS: Final = WITHOUT_SIGHT - {"taken_up", *POSTVENTION}
#: Roles that give nobody a place in what concerns one student.
_NO_HELPERS: Final = frozenset(
    {"registrar", "hotline_volunteer", "epidemic_leading_group", *OUTSIDE_ROLES}
)
_CENTER: Final = ("safeguarding_lead", "counselor", *LEADING_GROUP)
_TAKEN_UP: Final = "taken_up"


def kept_back(event: e.Event, w: World) -> bool:
    """Whether something would reach a barred person that is not theirs to know.

    Only the answer to what they reported themselves reaches them, as it reaches everybody.
    """
    if not isinstance(event, e.NoticeQueued) or event.notice.receiver not in w.barred:
        return False
    return event.notice.purpose != _TAKEN_UP


def _severity(w: World) -> Severity:
    case = w.file.live_case
    level = severity_of(case.level) if case is not None else None
    return max(level or Severity.HIGH, Severity.HIGH)


def _anybody(roles: tuple[str, ...], w: World, now: datetime) -> PersonId:
    """The first of some roles, else anybody of the school who is not barred, else the authority."""
    rest = tuple(role for role in ROLES if role not in _NO_HELPERS)
    return w.first_of((*roles, *rest), now) or OUTSIDE


def _owed(
    kind: str, owner: PersonId, w: World, now: datetime, ids: CommandIds, **about: Any
) -> Events:
    """A duty of a protected procedure, and the word to whoever owes it."""
    opened = duty_opened(kind, owner, about.pop("severity", _severity(w)), w, now, ids, **about)
    return [opened, _told(opened.duty, w, now, ids)]


def _told(duty: Duty, w: World, now: datetime, ids: CommandIds) -> e.NoticeQueued:
    return notice(
        ids,
        w,
        now,
        purpose=PROTECTED,
        receiver=duty.owner,
        role=duty.fallback,
        severity=duty.severity,
        answer_by=duty.due,
        duty=duty.id,
    )


def harm_to_be_reported(
    teller: Actor,
    signal: SignalId | None,
    severity: Severity,
    w: World,
    now: datetime,
    ids: CommandIds,
) -> Events:
    """Whoever knows of a suspicion hands it over to all whom the law names, at once.

    A member of staff who told of it does so; else the first counselor who is there.
    """
    if w.file.owed(REPORT_HARM):
        return []
    knows = PersonId(teller)
    if teller in w.barred or not w.roster.there(teller, now):
        knows = _anybody(("counselor", *_CENTER), w, now)
    level = max(severity, Severity.HIGH)
    found = _owed(REPORT_HARM, knows, w, now, ids, signal=signal, severity=level)
    lead = w.first_of(("safeguarding_lead", *LEADING_GROUP), now)
    if lead is not None and lead != knows:
        told = notice(
            ids, w, now, purpose=PROTECTED, receiver=lead, role="safeguarding_lead", severity=level
        )
        found.append(told)
    return found


def bar_set(ev: e.BarSet, w: World, now: datetime, ids: CommandIds) -> Events:
    found = [*recalled_from(ev.bar.names, ev.bar.by, w, now), *held_back("barred", w, now)]
    found += _passed_by(w, now, ids)
    if ev.bar.state == PROVISIONAL and not w.file.owed(CONFIRM_BAR):
        found += _owed(CONFIRM_BAR, _anybody(_CENTER, w, now), w, now, ids)
    found += harm_to_be_reported(ev.bar.by, None, _severity(w), w, now, ids)
    if w.file.frozen is None:
        found += somebody_goes_first(ev.bar.names, w, now, ids)
    if not found_outside(found) and _nobody_left(ev.bar.names, w, now):
        found += authority_told(w, _severity(w), now, ids)
    return found


def somebody_goes_first(
    names: frozenset[PersonId], w: World, now: datetime, ids: CommandIds
) -> Events:
    """Where the tasks of barred people bring them to the child, another adult is there first."""
    if w.file.owed(SECOND_ADULT) or not _comes_near(names, w, now):
        return []
    owner = _anybody(("counselor", "safeguarding_lead", "grade_head"), w, now)
    return _owed(SECOND_ADULT, owner, w, now, ids)


def _passed_by(w: World, now: datetime, ids: CommandIds) -> Events:
    """What barred people owe goes to somebody else now; a call that only they have goes on."""
    found: Events = []
    no_teacher = w.kept_out("homeroom_teacher", "of_class", now)
    for duty in w.file.duties:
        theirs = duty.owner in w.barred
        to_nobody = duty.kind == "tell_homeroom_teacher" and no_teacher
        if to_nobody or (theirs and duty.kind == "accept_lead"):
            found.append(e.DutyCancelled(duty=duty.id, at=now, why="barred"))
        elif theirs and duty.kind not in _STAYS:
            passed = handed_on(w, duty, now)
            if passed.to is None:
                heir = _anybody((), w, now)
                due = w.due(duty.kind, duty.severity, now)
                passed = changed(passed, to=heir, due=due)
            found.append(passed)
    for run in w.file.runs:
        called = run.being_called()
        if run.state == RUNNING and called and all(a.person in w.barred for a in called):
            found += ask_next(run, w, now, ids)
    return found


def _comes_near(names: frozenset[PersonId], w: World, now: datetime) -> bool:
    """Whether the own tasks of one of them would bring them to the child."""
    near = {"homeroom_teacher", "grade_head", "counselor", "duty_adult"}
    return any(roles_for(Actor(name), w.standing, w.roster, now) & near for name in names)


def _nobody_left(names: frozenset[PersonId], w: World, now: datetime) -> bool:
    """Whether everybody of a role that is asked in a crisis is barred, or every legal guardian."""
    steps = {
        (step.role, step.relation) for route in w.plan.routes for step in (*route.steps, *route.end)
    }
    always = {("leading_group_head", "of_school"), ("counselor", "of_grade")}
    if any(w.kept_out(role, relation, now) for role, relation in sorted(steps | always)):
        return True
    legal = [g.id for g in w.student.guardians if g.kind == "legal_guardian" and g.holds(now)]
    return bool(names & set(legal)) and all(guardian in w.barred for guardian in legal)


def confirmed(ev: e.BarConfirmed, w: World, now: datetime, ids: CommandIds) -> Events:
    return [] if _provisional(w) else _met(CONFIRM_BAR, ev.by, w, now)


def lifted(ev: e.BarLifted, w: World, now: datetime, ids: CommandIds) -> Events:
    found = [] if _provisional(w) else _met(CONFIRM_BAR, ev.by, w, now)
    if not w.barred:
        owed = w.file.owed(SECOND_ADULT)
        found += [e.DutyCancelled(duty=d.id, at=now, why="bar_lifted") for d in owed]
    return found


def _provisional(w: World) -> bool:
    return any(bar.state == PROVISIONAL for bar in w.file.bars)


def _met(kind: str, by: PersonId, w: World, now: datetime) -> Events:
    return [e.DutyMet(duty=d.id, by=by, at=now) for d in w.file.owed(kind)]


def handed(ev: e.AllegationHandedOver, w: World, now: datetime, ids: CommandIds) -> Events:
    """Met when each receiver that the law names has it, by the hand of a named person."""
    found: Events = []
    for duty in w.file.owed(REPORT_HARM):
        told = {one.receiver for one in w.file.handed_over if one.at >= duty.opened}
        if told >= set(HARM_RECEIVERS):
            found.append(e.DutyMet(duty=duty.id, by=ev.handed.by, at=now))
    return found


def second_adult(ev: e.SecondAdultWent, w: World, now: datetime, ids: CommandIds) -> Events:
    return _met(SECOND_ADULT, ev.by, w, now)


REACT: Final[Mapping[type, Callable[[Any, World, datetime, CommandIds], Events]]] = (
    MappingProxyType(
        {
            e.AllegationHandedOver: handed,
            e.BarConfirmed: confirmed,
            e.BarLifted: lifted,
            e.BarSet: bar_set,
            e.SecondAdultWent: second_adult,
        }
    )
)
