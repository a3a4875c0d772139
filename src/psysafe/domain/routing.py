"""Who is asked, in which order, by when: starting a route, going on, ending it.

The steps of a route are frozen when a run starts; people are resolved when a step comes up. A
step that resolves to nobody, or only to people who were asked already, is skipped at once and
the skip is recorded. The end of a route without an answer is told to everybody of its end, and
stays visible as a duty until one of them has answered.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import events as e
from psysafe.domain.bars import OUTSIDE
from psysafe.domain.calendar import parse_within
from psysafe.domain.codes import ROLES
from psysafe.domain.duties import (
    ANSWER_UNHEARD,
    ONWARD,
    WARNING,
    Duty,
    Notice,
    Run,
    RunStep,
)
from psysafe.domain.owing import heir_of, second_to
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.plan import INBOX, Route, Step
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.ids import CaseId, CommandIds, DutyId, NoticeId, PersonId, RunId

UNHEARD = "route_unheard"
EVERYBODY_BARRED = "everybody_barred"


def notice(
    ids: CommandIds,
    world: World,
    now: datetime,
    *,
    purpose: str,
    receiver: PersonId,
    role: str,
    severity: Severity,
    channels: tuple[str, ...] = (),
    case: CaseId | None = None,
    run: RunId | None = None,
    step: int = 0,
    answer_by: datetime | None = None,
    concerning: PersonId | None = None,
    duty: DutyId | None = None,
) -> e.NoticeQueued:
    """The intent to tell one person one thing about this student."""
    return e.NoticeQueued(
        notice=Notice(
            id=NoticeId(ids.next("notice")),
            purpose=purpose,
            receiver=receiver,
            role=role,
            severity=severity,
            queued=now,
            student=world.student.id,
            case=case,
            run=run,
            step=step,
            answer_by=answer_by,
            channels=channels or world.plan.channels(severity),
            concerning=concerning,
            duty=duty,
        )
    )


def handed_on(world: World, duty: Duty, now: datetime) -> e.DutyPassedOn:
    """A duty that is late goes to its fallback, then along the leading group."""
    chain: tuple[str, ...] = (duty.fallback, *LEADING_GROUP)
    if duty.flag is not None:
        # Only somebody who may read a flag can take over its review.
        chain = tuple(role for role in ROLES if world.plan.may("review_flag", role))
    elif duty.kind == "not_reached":
        # First the grade head, then the center, which goes to see the family at home.
        chain = (duty.fallback, "counselor", *LEADING_GROUP)
    # Where nobody is left it stays where it is, overdue for all to see, and is said again daily;
    # but never with somebody who is not there while one who had it before is.
    never = second_to(world, duty)
    heir = heir_of(world, chain, duty, now, (*duty.had_by, duty.owner, *never))
    if heir is None and not world.roster.there(duty.owner, now):
        heir = heir_of(world, chain, duty, now, (duty.owner, *never))
    due = duty.due if heir is None else world.due(duty.kind, duty.severity, now)
    return e.DutyPassedOn(duty=DutyId(duty.id), to=heir, due=due, at=now)


def start(
    route: Route, case: CaseId, severity: Severity, world: World, now: datetime, ids: CommandIds
) -> tuple[e.RouteStarted, ...]:
    """Start a run of a route; asking its first step is what follows from it."""

    def frozen(step: Step) -> RunStep:
        deadline = world.plan.step_deadline(step, severity)
        return RunStep(
            role=step.role,
            relation=step.relation,
            channels=world.plan.channels(severity, step),
            answer=step.answer,
            within=str(deadline.within),
            cap=str(deadline.cap) if deadline.cap else None,
            origin=str(step.origin),
        )

    run = Run(
        id=RunId(ids.next("run")),
        route=route.name,
        purpose=route.purpose,
        severity=severity,
        case=case,
        started=now,
        steps=tuple(frozen(s) for s in route.steps),
        end=tuple(frozen(s) for s in route.end),
    )
    return (e.RouteStarted(run=run),)


def ask_next(run: Run, world: World, now: datetime, ids: CommandIds) -> list[e.Event]:
    """Ask the next step that reaches somebody new; end the run where there is none."""
    found: list[e.Event] = []
    before = {a.person for a in run.asked}
    elsewhere = _heard_elsewhere(run, world)
    heard = _heard_last(run)
    for index in range(run.index + 1, len(run.steps)):
        step = run.steps[index]
        everybody = world.people(step.role, step.relation, now)
        known = before | elsewhere if step.answer == ONWARD else before
        people = tuple(p for p in everybody if p not in known)
        if not people:
            heard = next((p for p in everybody if p in elsewhere and step.answer == ONWARD), heard)
            why = "asked_before" if everybody else "nobody"
            if world.kept_out(step.role, step.relation, now) and not found_outside(found):
                found += authority_told(world, run.severity, now, ids)
            found.append(_step_due(run, index, (), (), None, now, why))
            continue
        due = _due(step, world, now)
        told = [
            notice(
                ids,
                world,
                now,
                purpose=run.purpose,
                receiver=person,
                role=step.role,
                severity=run.severity,
                channels=step.channels,
                case=run.case,
                run=run.id,
                step=index,
                answer_by=due,
            )
            for person in people
        ]
        notices = tuple(t.notice.id for t in told)
        return [*found, _step_due(run, index, people, notices, due, now), *told]
    if run.goes_on and heard is not None:
        return [*found, e.RouteStopped(run=run.id, by=heard, at=now)]
    return [*found, *_end(run, world, now, ids)]


def _heard_last(run: Run) -> PersonId | None:
    """Who has answered the step that was asked last."""
    return next((a.person for a in run.being_called() if a.answered is not None), None)


def _heard_elsewhere(run: Run, world: World) -> frozenset[PersonId]:
    """Who has answered another call about the case, as grave, since it was last found milder.

    They know, so the warning network passes them by.
    """
    case = world.file.live_case
    since = case.lowered if case is not None else None
    return frozenset(
        asked.person
        for other in world.file.runs
        if other.purpose != WARNING and other.case == run.case and other.severity >= run.severity
        if since is None or other.started > since
        for asked in other.asked
        if asked.answered is not None
    )


def authority_told(
    world: World, severity: Severity, now: datetime, ids: CommandIds
) -> list[e.Event]:
    """Tell the authority outside, once, that nobody inside may be asked: without a name."""
    if not world.file.bars or any(bar.authority_told for bar in world.file.bars):
        return []
    told = notice(
        ids,
        world,
        now,
        purpose=EVERYBODY_BARRED,
        receiver=OUTSIDE,
        role="education_authority",
        severity=max(severity, Severity.HIGH),
        channels=(INBOX, *world.outside),
    )
    return [e.AuthorityTold(student=world.student.id, at=now), told]


def found_outside(found: list[e.Event]) -> bool:
    """Whether the authority outside has been told among these events."""
    return any(isinstance(event, e.AuthorityTold) for event in found)


def _step_due(
    run: Run,
    index: int,
    people: tuple[PersonId, ...],
    notices: tuple[NoticeId, ...],
    due: datetime | None,
    now: datetime,
    skipped: str = "",
) -> e.RouteStepDue:
    return e.RouteStepDue(
        run=run.id,
        index=index,
        people=people,
        notices=notices,
        due=due,
        at=now,
        skipped=skipped,
    )


def _due(step: RunStep, world: World, now: datetime) -> datetime:
    cap = parse_within(step.cap) if step.cap else None
    return world.calendar.due(now, parse_within(step.within), cap).at


def _reporter(world: World) -> PersonId | None:
    """The last member of staff who reported: better than nobody at all."""
    reporters = [s.reporter for s in world.file.signals if s.reporter in world.roster.staff]
    return PersonId(reporters[-1]) if reporters else None


def _end(run: Run, world: World, now: datetime, ids: CommandIds) -> list[e.Event]:
    """Nobody answered: tell all of the end at once, and owe somebody a telephone call."""
    found: list[e.Event] = [e.RouteExhausted(run=run.id, at=now)]
    told: dict[PersonId, RunStep] = {}
    for step in run.end:
        for person in world.people(step.role, step.relation, now):
            told.setdefault(person, step)
    index = len(run.steps)
    sent = [
        notice(
            ids,
            world,
            now,
            purpose=UNHEARD,
            receiver=person,
            role=step.role,
            severity=run.severity,
            channels=step.channels,
            case=run.case,
            run=run.id,
            step=index,
        )
        for person, step in told.items()
    ]
    notices = tuple(s.notice.id for s in sent)
    found += [_step_due(run, index, tuple(told), notices, None, now), *sent]
    owner = next(iter(told), None) or world.first_of(LEADING_GROUP, now)
    if owner is None:
        # A school whose leading group is empty: whoever was asked last keeps it in sight.
        owner = run.asked[-1].person if run.asked else _reporter(world)
    if owner is not None:
        found.append(
            e.DutyOpened(
                duty=Duty(
                    id=DutyId(ids.next("duty")),
                    kind=ANSWER_UNHEARD,
                    owner=owner,
                    due=world.due(ANSWER_UNHEARD, run.severity, now),
                    fallback="leading_group_deputy",
                    origin="clause C1.1",
                    severity=run.severity,
                    opened=now,
                    case=run.case,
                    run=run.id,
                )
            )
        )
    return found
