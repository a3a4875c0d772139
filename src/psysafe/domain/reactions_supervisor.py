"""What follows where whoever leads is supervised, or is not: who is told, who names somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.supervising import NAME, lacking
from psysafe.domain.world import World
from psysafe.ids import CommandIds, PersonId

Events = list[e.Event]
#: You supervise somebody who leads a case.
SUPERVISOR: Final = "supervisor"
#: Whoever leads has no supervisor: name one.
UNSUPERVISED: Final = "unsupervised"
_CENTER: Final = ("counselor", *LEADING_GROUP)


def follows(ev: e.Event, w: World, now: datetime, ids: CommandIds) -> Events:
    """What an event brings about for the supervision of whoever leads."""
    match ev:
        case e.SupervisorNamed():
            return [*_settled(ev, w, now), *_told(ev, w, now, ids)]
        case (
            e.CaseOpened()
            | e.LeadAccepted()
            | e.CaseReopened()
            | e.BarSet()
            | e.DeathTakenBack()
            | e.SupervisorLapsed()
        ):
            return _looked_at(w, now, ids)
    return []


def _settled(ev: e.SupervisorNamed, w: World, now: datetime) -> Events:
    if lacking(w, now):
        return []
    return [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed(NAME)]


def _told(ev: e.SupervisorNamed, w: World, now: datetime, ids: CommandIds) -> Events:
    """Whoever is named hears of it, unless they did it themselves."""
    case = w.file.live_case
    if case is None or ev.supervisor == ev.by:
        return []
    return [_notice(SUPERVISOR, ev.supervisor, _severity(w), w, now, ids, case=case.id)]


def _looked_at(w: World, now: datetime, ids: CommandIds) -> Events:
    case, owed = w.file.live_case, w.file.owed(NAME)
    if case is None or lacking(w, now) == bool(owed):
        return []
    if owed:
        return [e.DutyCancelled(duty=d.id, at=now, why="supervised") for d in owed]
    besides = tuple(p for p in (case.lead, case.supervisor) if p is not None)
    owner = w.first_of(_CENTER, now, besides) or w.first_of(_CENTER, now)
    if owner is None:
        return []
    severity = _severity(w)
    opened = duty_opened(NAME, owner, severity, w, now, ids, case=case.id)
    due, about = opened.duty.due, opened.duty.id
    told = _notice(
        UNSUPERVISED, owner, severity, w, now, ids, case=case.id, answer_by=due, duty=about
    )
    return [opened, told]


def _severity(w: World) -> Severity:
    case = w.file.live_case
    return (severity_of(case.level) if case is not None else None) or Severity.HIGH


def _notice(
    purpose: str,
    receiver: PersonId,
    severity: Severity,
    w: World,
    now: datetime,
    ids: CommandIds,
    **about: object,
) -> e.NoticeQueued:
    return notice(
        ids,
        w,
        now,
        purpose=purpose,
        receiver=receiver,
        role="counselor",
        severity=severity,
        **about,  # type: ignore[arg-type]
    )
