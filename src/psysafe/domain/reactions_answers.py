"""What follows from an answer to a call: who need not be asked any more, and what is owed next."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.duties import ANSWER_UNHEARD, ONWARD, RUNNING, Run
from psysafe.domain.guardianship import deciding
from psysafe.domain.reactions_care import TOLD
from psysafe.domain.reactions_opening import CRISIS, duty_opened
from psysafe.domain.reactions_rearm import taken_over
from psysafe.domain.routing import ask_next, notice
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import CommandIds

Events = list[e.Event]
LATE_ANSWER: Final = "late_answer"


def answered(ev: e.NoticeAcknowledged, w: World, now: datetime, ids: CommandIds) -> Events:
    run = w.file.run(ev.run)
    if run is None:
        return []
    if run.state == RUNNING and ev.late:
        return _shown_late(run, ev, w, now, ids)
    if run.state == RUNNING and run.answers(run.index) == ONWARD:
        return ask_next(run, w, now, ids)
    found: Events = []
    if run.state == RUNNING:
        step = run.steps[run.index]
        if step.answer == "all" and any(
            a.answered is None and a.person not in w.barred for a in run.being_called()
        ):
            return []
        found.append(e.RouteStopped(run=run.id, by=ev.by, at=now))
    else:
        found += [
            e.DutyMet(duty=d.id, by=ev.by, at=now)
            for d in w.file.owed(ANSWER_UNHEARD)
            if d.run == run.id
            and (d.owner == ev.by or any(a.person == ev.by for a in run.being_called()))
        ]
    found += taken_over(run, ev, w, now)
    return found + _heard(run.purpose, ev, w, now, ids)


def _shown_late(
    run: Run, ev: e.NoticeAcknowledged, w: World, now: datetime, ids: CommandIds
) -> Events:
    """A late answer silences nothing; those being called see it at once and may stop the run.

    It is shown once: only the answer to one's own call counts, not a second one to a notice that
    told of somebody else's late answer. A homeroom teacher who answers late has been told all the
    same (C6.2).
    """
    own = next((asked for asked in run.asked if asked.notice == ev.notice), None)
    if own is None or run.answers(own.step) == ONWARD:
        return []  # a level that answers when the next is asked has done what it was asked
    role = run.steps[own.step].role
    told: Events = []
    if run.purpose == CRISIS and role == "homeroom_teacher":
        owed = w.file.owed("tell_homeroom_teacher")
        told = [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in owed]
    return told + [
        notice(
            ids,
            w,
            now,
            purpose=LATE_ANSWER,
            receiver=asked.person,
            role=run.steps[asked.step].role,
            severity=run.severity,
            channels=run.steps[asked.step].channels,
            case=run.case,
            run=run.id,
            step=run.index,
            answer_by=run.due,
            concerning=ev.by,
        )
        for asked in run.being_called()
        if asked.answered is None
    ]


def _heard(
    purpose: str, ev: e.NoticeAcknowledged, w: World, now: datetime, ids: CommandIds
) -> Events:
    """What an answer brings about, by what the run was for."""
    case = w.file.live_case
    if case is None:
        return []
    if case.lifecycle == "signalled":
        return [e.CaseAcknowledged(case=case.id, by=ev.by, at=now)]
    found: Events = []
    if purpose == "leading_group_report":
        met = w.file.owed("leading_group_report")
        found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in met]
    if purpose == CRISIS:
        met = w.file.owed("tell_homeroom_teacher")
        found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in met]
        legal = deciding(w, now)
        since = case.declared or case.signalled
        reached = any(
            a.outcome in TOLD and a.guardian in legal and a.at >= since
            for a in case.guardian_attempts
        )
        if not w.file.owed("tell_guardian") and not reached:
            severity = severity_of(case.level) or Severity.HIGH
            # The homeroom teacher tells the guardian (C6.2); where somebody else answered in
            # their place, that person does, because waiting costs more than the order.
            found.append(duty_opened("tell_guardian", ev.by, severity, w, now, ids, case=case.id))
    return found
