"""What follows when an alarm is called off: whoever was told hears it, by the way they were told.

Whoever was called hears it over the channels of the call, as urgently as the call was. Guardians
who were told by hand are told by hand: somebody owes it, until each of them has heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import attrs

from psysafe.domain import events as e
from psysafe.domain.duties import RUNNING, Run
from psysafe.domain.files import Case
from psysafe.domain.owing import has_it
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.plan import INBOX
from psysafe.domain.reactions_care import REPORT, TOLD, owed_by
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.referrals import ANSWER, DECIDE, RENEW, UNMET
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import CaseId, CommandIds, PersonId

Events = list[e.Event]
STOOD_DOWN: Final = "stood_down"
#: To tell by hand, that it is over, the guardians who were told by hand of the alarm.
TELL_OVER: Final = "tell_stood_down"
#: What stays owed when an alarm was called off: to look at the student again, to hand them on, and
#: what is added to a report that has left the school.
_STAYS: Final = (
    "reassess",
    "follow_up",
    "triage",
    ANSWER,
    UNMET,
    DECIDE,
    RENEW,
    "holiday_plan",
    "name_supervisor",
    "report_supplement",
)
_ALARMS: Final = (Severity.HIGH, Severity.IMMINENT)
#: What a guardian's row says who has not heard of it yet.
_NOT_TOLD: Final = ("attempting", "unreachable")


@attrs.frozen
class Called:
    """How somebody was told of an alarm: the gravest call, and over what all calls went."""

    severity: Severity
    channels: tuple[str, ...]

    def and_by(self, severity: Severity, channels: tuple[str, ...]) -> Called:
        return Called(
            max(self.severity, severity), tuple(dict.fromkeys((*self.channels, *channels)))
        )


def stood_down(ev: e.CaseStoodDown, w: World, now: datetime, ids: CommandIds) -> Events:
    """Everybody who was told is told; what was owed for the alarm is owed no more."""
    found: Events = [
        e.RouteStopped(run=run.id, by=ev.by, at=now, why="stood_down")
        for run in w.file.runs
        if run.state == RUNNING and run.case == ev.case
    ]
    found += [
        e.DutyCancelled(duty=d.id, at=now, why="stood_down")
        for d in w.file.duties
        if d.case == ev.case and d.kind not in _STAYS
    ]
    case = w.file.live_case
    if case is not None:
        found += _looked_at(case, ev.by, w, now, ids)
        found += _family_told(case, ev.by, w, now, ids)
        if case.report is not None and case.report.sent:
            # What has left the school is not withdrawn; that it is over is added to it.
            severity = severity_of(case.level) or Severity.ATTENTION
            roles = ("counselor", *LEADING_GROUP)
            found += owed_by("report_supplement", roles, REPORT, severity, w, now, ids)
    return found + [
        notice(
            ids,
            w,
            now,
            purpose=STOOD_DOWN,
            receiver=person,
            role="route_target",
            severity=how.severity,  # said as urgently as the alarm was
            channels=how.channels,
        )
        for person, how in _called(ev.case, w).items()
        if person != ev.by
    ]


def _looked_at(case: Case, by: PersonId, w: World, now: datetime, ids: CommandIds) -> Events:
    """Somebody looks at the student again, also after a false alarm."""
    if any(w.file.owed(kind) for kind in ("reassess", "triage")):
        return []
    kind = "triage" if case.lifecycle == "triage" else "reassess"
    severity = severity_of(case.level) or Severity.ATTENTION
    owner = has_it(case, w, now) or by
    return [duty_opened(kind, owner, severity, w, now, ids, case=case.id)]


# -- who was called ---------------------------------------------------------------------------


def _called(case: CaseId, w: World) -> dict[PersonId, Called]:
    """Whoever was called about the case or owed something about it, and how they were told."""
    found: dict[PersonId, Called] = {}
    for person, severity, channels in (*_by_routes(case, w), *_by_duties(case, w)):
        held = found.get(person, Called(Severity.HIGH, (INBOX,)))
        found[person] = held.and_by(severity, channels)
    return found


def _by_routes(case: CaseId, w: World) -> Iterator[tuple[PersonId, Severity, tuple[str, ...]]]:
    for run in w.file.runs:
        if run.case == case:
            for asked in run.asked:
                yield asked.person, run.severity, _channels(run, asked.step)


def _channels(run: Run, step: int) -> tuple[str, ...]:
    """Over what the people of a step were called; of the end, over what any of it were."""
    steps = run.steps[step : step + 1] or run.end
    return tuple(dict.fromkeys(channel for one in steps for channel in one.channels))


def _by_duties(case: CaseId, w: World) -> Iterator[tuple[PersonId, Severity, tuple[str, ...]]]:
    for duty in w.file.duties:
        if duty.case == case and duty.kind != ANSWER:
            for person in (*duty.had_by, duty.owner):
                yield person, duty.severity, w.plan.channels(duty.severity)


# -- the family -------------------------------------------------------------------------------


def _told_guardians(case: Case, w: World, now: datetime) -> frozenset[PersonId]:
    """The guardians who have heard of the alarm and may hear that it is over."""
    here = {g.id for g in w.student.guardians if g.holds(now)} - w.barred
    return frozenset(
        row.guardian
        for row in case.guardians
        if row.state not in _NOT_TOLD and row.guardian in here
    )


def _family_told(case: Case, by: PersonId, w: World, now: datetime, ids: CommandIds) -> Events:
    """Whoever spoke with the family speaks with it again."""
    if not _told_guardians(case, w, now):
        return []
    spoke = [a.by for a in case.guardian_attempts if a.outcome in TOLD]
    owner = next((p for p in reversed(spoke) if w.roster.there(p, now)), None)
    opened = duty_opened(
        TELL_OVER,
        owner or has_it(case, w, now) or by,
        Severity.HIGH,
        w,
        now,
        ids,
        case=case.id,
    )
    return [opened]


def heard_or_alarmed(ev: e.Event, w: World, now: datetime) -> Events:
    """What is owed to the family is met when each has heard; a new alarm takes its place."""
    case, owed = w.file.live_case, w.file.owed(TELL_OVER)
    if case is None or not owed:
        return []
    if isinstance(ev, e.GuardianContacted):
        hears = {ev.guardian} if ev.outcome in TOLD else set()
        waiting = _told_guardians(case, w, now) - hears
        return [
            e.DutyMet(duty=d.id, by=ev.by, at=now)
            for d in owed
            if waiting <= _heard_since(case, d.opened)
        ]
    grave = isinstance(ev, e.SeverityChanged) and severity_of(ev.level) in _ALARMS
    if grave or isinstance(ev, e.CrisisDeclared):
        return [e.DutyCancelled(duty=d.id, at=now, why="alarm") for d in owed]
    return []


def _heard_since(case: Case, moment: datetime) -> frozenset[PersonId]:
    tries = (a for a in case.guardian_attempts if a.at > moment and a.outcome in TOLD)
    return frozenset(a.guardian for a in tries)
