"""What time decides: a step or a duty whose time is up, an attempt that came to something."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import deciding_signals
from psysafe.domain.consenting import lapsed
from psysafe.domain.disclosure import has_left, not_covered_any_more, uncovered
from psysafe.domain.duties import RUNNING, Duty
from psysafe.domain.guardianship import family_says
from psysafe.domain.owing import passes_on
from psysafe.domain.referrals import ANSWER, EXPIRED, LEFT
from psysafe.domain.routing import ask_next, handed_on
from psysafe.domain.world import World
from psysafe.ids import Actor, CommandIds, DutyId

Events = list[e.Event]


def step_due(
    w: World, command: c.StepIsDue, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    run = w.file.run(command.run)
    stale = run is None or run.state != RUNNING or run.index != command.index
    if run is None or stale or run.due is None or run.due > now:
        return []
    return ask_next(run, w, now, ids)


def duty_due(
    w: World, command: c.DutyIsDue, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    duty = w.file.duty(command.duty)
    if duty is None or duty.passed != command.passed or duty.due > now:
        return []
    if duty.kind == "guardian_decision":
        return _undecided(w, duty, now)
    if duty.kind == ANSWER:
        return _unanswered(w, duty, actor, now)
    support = w.file.support
    if duty.kind in ("one_to_one", "not_reached") and (support is None or support.over(now)):
        why = "purpose_closed"
        ended = e.SupportEnded(student=w.student.id, by=actor, at=now, why=why)
        # What is left of support goes with it: reactions cancel its duties.
        over = e.DutyCancelled(duty=DutyId(duty.id), at=now, why=why)
        return [ended] if support is not None else [over]
    found: Events = [handed_on(w, duty, now)]
    if duty.kind == "not_reached" and support is not None and not support.told_unreached:
        found += deciding_signals.unreached(w, duty.owner, now, ids)
    return found


def owner_gone(
    w: World, command: c.OwnerIsGone, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    duty = w.file.duty(command.duty)
    if duty is None or duty.owner != command.owner:
        return []
    passed = passes_on(w, duty, now)
    return [passed] if passed is not None else []


def _unanswered(w: World, duty: Duty, actor: Actor, now: datetime) -> Events:
    """Silence ends an offer, and with it what the receiver could see of it."""
    return [
        e.OfferCancelled(
            student=w.student.id, referral=r.id, offer=one.id, why=EXPIRED, by=actor, at=now
        )
        for r in w.file.referrals
        for one in r.live_offers()
        if one.duty == duty.id
    ]


def referrals_due(
    w: World, command: c.ReferralsAreDue, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    """What has ended of itself: consents that lapsed, receivers who left, and so requests.

    Nothing was shown any more from that moment on; here somebody comes to hear of it.
    """
    if not any(one.open for one in w.file.referrals):
        return []
    student = w.student.id
    found: Events = [
        e.ConsentLapsed(student=student, consent=one.id, at=now)
        for one in w.file.consents
        if one.lapsed is None and lapsed(w, one, now)
    ]
    found += [
        e.OfferCancelled(
            student=student, referral=one.id, offer=offer.id, why=LEFT, by=actor, at=now
        )
        for one in w.file.referrals
        for offer in one.live_offers()
        if has_left(w, offer, now)
    ]
    for one in uncovered(w, now):
        said = not_covered_any_more(w, one, now, begun=True) == "PSY077"
        why = "student_opposes" if said else "consent_lapsed"
        found.append(e.ReferralHeld(student=student, referral=one.id, why=why, by=actor, at=now))
    return found


def _undecided(w: World, duty: Duty, now: datetime) -> Events:
    """Who has not decided in time counts as refusing, for the report and for nothing else."""
    over: Events = [e.DutyCancelled(duty=DutyId(duty.id), at=now, why="time_is_up")]
    case = w.file.live_case
    if case is None or case.report is not None or family_says(w, now) != "undecided":
        return over
    return [*over, e.ReportFellDue(case=case.id, trigger="undecided", at=now)]


def attempt(
    w: World, command: c.RecordAttempt, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    found: Events = []
    if command.lost_before:
        found.append(
            e.AttemptStarted(
                notice=command.notice,
                channel=command.channel,
                attempt=command.attempt - 1,
                found=command.started,
            )
        )
    found.append(
        e.AttemptFinished(
            notice=command.notice,
            channel=command.channel,
            attempt=command.attempt,
            started=command.started,
            at=now,
            result=command.result,
            content=command.content,
            provider_code=command.provider_code,
            final=command.final,
        )
    )
    return found


def lost(
    w: World, command: c.RecordLostAttempt, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    return [
        e.AttemptStarted(
            notice=command.notice,
            channel=command.channel,
            attempt=command.attempt,
            found=command.found,
        )
    ]
