"""Who would be told, when and over what, if something happened to one student now, or were found.

Of the student's file nothing is looked at but who is barred, and that only for those who may know
it; so the answer is the same whether a case exists or not. Whoever stands in no relation to the
student gets none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import attrs

from psysafe.desk.explaining_signs import explain_signs
from psysafe.desk.seat import Seat
from psysafe.domain.codes import unknown
from psysafe.domain.duties import Notice
from psysafe.domain.files import StudentFile, new_file
from psysafe.domain.people import hats
from psysafe.domain.plan import Route, Step
from psysafe.domain.privacy import Action, Effect, message_class, plan_decisions
from psysafe.domain.severity import Provisional, Severity
from psysafe.domain.world import World
from psysafe.engine.cards import beside, sends
from psysafe.engine.daily import gathered_at
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import gather
from psysafe.engine.sight import sight, states_of
from psysafe.engine.texts import WANTED
from psysafe.errors import NotFoundError
from psysafe.ids import Actor, NoticeId, PersonId
from psysafe.sensitivity import ContentClass, ItemClass, Trust, changed

TRIGGERS: Final = ("signal", "crisis", "opened")
#: The state of a case in which each trigger's messages would be built: lifecycle, declared.
_STATES: Final = {
    "signal": ("signalled", False),
    "crisis": ("triage", True),
    "opened": ("open", False),
}


@attrs.frozen(kw_only=True)
class _Asked:
    """The student as of now, without any case, and what is being imagined."""

    seat: Seat
    world: World = attrs.field(repr=False)
    severity: Severity | None
    now: datetime


def severity_named(text: str) -> Severity | None:
    """A severity by its word; None is `not_assessed`. Raises InvalidDataError PSY013."""
    if text == "not_assessed":
        return None
    try:
        return Severity(text)
    except ValueError:
        raise unknown("severity") from None


def explain(seat: Seat, student: str, severity: str) -> dict[str, Any]:
    """The routes of a signal, a crisis and an opened case at a severity: the people of every step;
    and who would hear of a collective sign of the student's class.

    Times are counted from now as if nobody answered. What a person is told over a channel has
    `send_at`, or `after`: the channel that must fail first. Raises NotFoundError for whoever has no
    relation to the student, InvalidDataError PSY013 for an unknown severity.
    """
    level = severity_named(severity)
    found = find_student(seat.school, student)
    now = seat.now()
    world = gather(seat.school, found).world
    if not world.holders(seat.actor, now):
        raise NotFoundError
    bare = attrs.evolve(world, file=_bare(seat, world, now), notice=None)
    asked = _Asked(seat=seat, world=bare, severity=level, now=now)
    signs = explain_signs(seat.school, bare, level, now)
    return {
        "student": found,
        "severity": severity,
        "at": now,
        "routes": [
            _route(asked, route)
            for trigger in TRIGGERS
            for route in world.plan.routes_on(trigger, level)
        ],
        **({"collective_sign": signs} if signs is not None else {}),
    }


def _bare(seat: Seat, world: World, now: datetime) -> StudentFile:
    """The file without any case. Whoever may know who is barred sees the routes pass them by."""
    known = sight(seat.school, seat.actor, world, now).of(ItemClass.ALLEGATION)
    bars = world.file.bars if known.effect is Effect.ALLOW else ()
    return changed(new_file(world.student.id), bars=bars)


def _route(asked: _Asked, route: Route) -> dict[str, Any]:
    before: set[PersonId] = set()
    at = asked.now
    steps = []
    for step in route.steps:
        line = _step(asked, route, step, at, before)
        steps.append(line)
        at = line.get("answer_by", at)
    told: set[PersonId] = set()
    end = [_step(asked, route, step, at, told, asks=False) for step in route.end]
    return {
        "route": route.name,
        "on": route.on,
        "purpose": route.purpose,
        "origin": str(route.origin),
        "steps": steps,
        "end": end,
        "end_at": at,
    }


def _step(
    asked: _Asked,
    route: Route,
    step: Step,
    at: datetime,
    before: set[PersonId],
    *,
    asks: bool = True,
) -> dict[str, Any]:
    """One step as it would be at `at`: its people, by when they answer, what they are told."""
    world = asked.world
    everybody = world.people(step.role, step.relation, at)
    people = [p for p in everybody if p not in before]
    before.update(people)
    line: dict[str, Any] = {
        "role": step.role,
        "relation": step.relation,
        "origin": str(step.origin),
    }
    if not people:
        line["skipped"] = "asked_before" if everybody else "nobody"
        return line
    line["at"] = at
    line["people"] = people
    if asks:
        deadline = world.plan.step_deadline(step, asked.severity)
        line["within"] = str(deadline.within)
        line["answer_by"] = world.calendar.due(at, deadline.within, deadline.cap).at
    channels = world.plan.channels(asked.severity, step)
    line["told"] = [
        {
            "person": person,
            "channel": channel,
            **_class(asked, route, person, channel, at),
            **when,
        }
        for person in people
        for channel, when in _sends(asked, channels, at, line.get("answer_by")).items()
    ]
    return line


def _sends(
    asked: _Asked, channels: tuple[str, ...], at: datetime, answer_by: datetime | None
) -> dict[str, dict[str, Any]]:
    """When a message queued at `at` goes over each channel, by the rule of the outbox itself."""
    notice = Notice(
        id=NoticeId("notice-imagined"),
        purpose="explain",
        receiver=PersonId(Actor("staff:imagined")),
        role="",
        # Nobody's judgement is no alarm at night, and never low.
        severity=asked.severity or Severity.MODERATE,
        queued=at,
        answer_by=answer_by,
        channels=channels,
    )
    entries = sends(notice, asked.world.calendar)
    first = {entry.reference.rpartition("|")[2]: entry.due for entry in entries}
    others = beside(notice)
    of_the_day = gathered_at(notice, asked.world.calendar, asked.world.plan.daily)
    if of_the_day is not None:
        first[others[0]] = of_the_day
    return {
        name: {"send_at": first[name]}
        if name in first
        else {"after": others[others.index(name) - 1]}
        for name in channels
    }


def _class(
    asked: _Asked, route: Route, person: PersonId, channel: str, at: datetime
) -> dict[str, str]:
    """The content class of the message that a person would get over a channel."""
    opened = asked.seat.school.channels.get(channel)
    if opened is None:
        return {"missing": "no_channel"}
    try:
        trust = Trust(opened.capabilities.trust)
    except Exception as error:
        # A plugin that cannot say how private it is carries nothing.
        return {"missing": type(error).__name__}
    lifecycle, declared = _STATES[route.on]
    level = Provisional(severity=asked.severity, rule="explain") if asked.severity else None
    world = asked.world
    # As it would be when the message is built: whoever is asked by roster is on duty then.
    on_duty = world.on_duty("duty_adult", at) or ()
    worn = hats(Actor(person), world.standing, world.roster, frozenset(), at, on_duty)
    plan = plan_decisions(
        asked.seat.school.policy,
        worn,
        states_of(lifecycle, level, declared, None, asked.now),
        purpose="alarm",
        at=at,
        action=Action.SEND,
        trust=trust,
    )
    content: ContentClass | None = message_class(plan, WANTED, trust)
    return {"class": content.name} if content is not None else {"missing": "public_channel"}
