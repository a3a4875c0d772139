"""What follows from a signal: who hears it, who answers whoever told it, where the child is.

Whoever reports is answered (B2.2): a receipt at once, and *taken up* when somebody has acted on
it. The answer is the same whether a case existed or not, and so is its time: it is told at the
moment that the receipt named, however early somebody acted, because how soon somebody acts would
tell what they knew already. Where nobody has acted by then, the duty to take it up is passed on,
and the answer is told at the end of that duty's time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.bars import HARM
from psysafe.domain.codes import DUTIES
from psysafe.domain.duties import Duty
from psysafe.domain.duties_death import CHECK_DEATH
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_bars import harm_to_be_reported
from psysafe.domain.reactions_opening import LINKAGE, calling, duty_opened, routes_started
from psysafe.domain.routing import notice
from psysafe.domain.severity import Assessed, Severity, severity_of
from psysafe.domain.signals import Signal
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError
from psysafe.ids import Actor, CaseId, CommandIds, PersonId, SignalId, kind_of
from psysafe.sensitivity import changed

Events = list[e.Event]
JOINED: Final = "joined_signal"
TAKEN_UP: Final = "taken_up"
#: Who can be answered: a person. The system and an operator report nothing of their own.
PEOPLE: Final = frozenset({"staff", "student", "guardian", "outside"})
#: Kinds of signal that ask for an answer themselves, and the duty that this is.
ASKS: Final = ("talk", "question")
_CENTER: Final = ("counselor", *LEADING_GROUP)
#: How much of a school day must be left for a talk on the same day (suggestion house default).
TIME_FOR_A_TALK: Final = 3600.0


def reported(ev: e.SignalReported, w: World, now: datetime, ids: CommandIds) -> Events:
    found: Events = []
    if ev.signal.kind in ASKS:
        found += _asked(ev, w, now, ids)
    if HARM in ev.signal.dangers:
        teller = ev.signal.entered_by or ev.signal.reporter
        found += harm_to_be_reported(teller, ev.signal.id, ev.severity, w, now, ids)
    answer = answer_owed(ev, w, now, ids)
    found += answer
    case = w.file.live_case
    if ev.signal.place != "unknown" and case is not None and ev.signal.reporter not in w.barred:
        found += _found_again(ev.signal.reporter, w, now)
    began_it = case is not None and case.signals == (ev.signal.id,) and not case.flags
    if case is None or began_it:
        return found
    if ev.signal.dangers and not calling(w, ev.severity):
        # A danger fact is never "only one more signal": somebody is called again.
        found += routes_started("signal", ev.severity, w, now, ids, anew=True)
    found += where_is_the_child(ev.severity, w, now, ids)
    return found + _joined(ev, case.id, bool(answer), w, now, ids)


def _joined(
    ev: e.SignalReported, case: CaseId, answer: bool, w: World, now: datetime, ids: CommandIds
) -> Events:
    """A review of what joined a case that somebody has; whoever has it hears of it at once."""
    live = w.file.live_case
    owner = _who_has_it(w, now)
    if live is None or live.lifecycle == "signalled" or owner is None:
        return []
    about = {"case": case, "signal": ev.signal.id}
    review = duty_opened("review_signal", owner, ev.severity, w, now, ids, **about)
    owed = w.file.owed("review_signal")
    # One review covers all that came in before it is due; only a tighter one is added.
    if all(d.due > review.duty.due for d in owed):
        return [review, _told(review.duty, w, now, ids)]
    covering = min(owed, key=lambda d: d.due)
    # Somebody is owed an answer, so whoever has the case must hear of this one too.
    return [_told(covering, w, now, ids)] if answer else []


def _who_has_it(w: World, now: datetime) -> PersonId | None:
    """Who leads the case or took it up, their stand-in, else the first counselor who is there."""
    case = w.file.live_case
    for person in (case.lead, case.acknowledged_by) if case is not None else ():
        someone = w.roster.staff.get(person) if person else None
        there = w.roster.standing_in(someone, now) if someone is not None else None
        if there is not None and there.id not in w.barred:
            return there.id
    return w.first_of(_CENTER, now)


def _told(duty: Duty, w: World, now: datetime, ids: CommandIds) -> e.NoticeQueued:
    return notice(
        ids,
        w,
        now,
        purpose=JOINED,
        receiver=duty.owner,
        role="counselor",
        severity=duty.severity,
        case=duty.case,
        answer_by=duty.due,
        duty=duty.id,
    )


# -- a wish to talk, a question ---------------------------------------------------------------


def _asked(ev: e.SignalReported, w: World, now: datetime, ids: CommandIds) -> Events:
    """A child who wants to talk, or somebody's question: a named person answers, and hears now."""
    kind = ev.signal.kind
    deadline = w.plan.deadline(kind, ev.severity)
    fallback = deadline.fallback or LEADING_GROUP[0]
    if HARM in ev.signal.dangers:
        # The adult who does harm may be the very one who would be next: not for this child.
        fallback = "safeguarding_lead"
    # The counselor on call, where one is kept; else the first who is there.
    on_call = w.on_duty("counselor", now) or ()
    owner = next(iter(on_call), None) or w.first_of(("counselor", fallback, *LEADING_GROUP), now)
    if owner is None:
        raise InvalidMoveError("PSY027")
    opened = duty_opened(kind, owner, ev.severity, w, now, ids, signal=ev.signal.id).duty
    due = _same_day(w, now, opened.due) if kind == "talk" else opened.due
    duty = changed(opened, due=due, fallback=fallback)
    told = notice(
        ids,
        w,
        now,
        purpose=kind,
        receiver=owner,
        role="counselor",
        severity=ev.severity,
        answer_by=due,
        duty=duty.id,
    )
    return [e.DutyOpened(duty=duty), told]


def _same_day(w: World, now: datetime, latest: datetime) -> datetime:
    """The close of this school day where there is time for a talk, and never after `latest`."""
    closes = w.calendar.closes(w.calendar.local_day(now))
    if closes is None or (closes - now).total_seconds() < TIME_FOR_A_TALK:
        return latest
    return min(closes, latest)


def answers(duty: Duty, signal: Signal) -> bool:
    """Whether a duty is to answer whoever asked; after a death, whoever finds out if it is so."""
    kinds = (signal.kind, CHECK_DEATH) if signal.kind in ASKS else ()
    return duty.signal == signal.id and duty.kind in kinds


def responded(ev: e.Responded, w: World, now: datetime, ids: CommandIds) -> Events:
    return [e.DutyMet(duty=ev.duty, by=ev.by, at=now)]


# -- the answer to whoever reported -----------------------------------------------------------


def answer_owed(ev: e.Reported, w: World, now: datetime, ids: CommandIds) -> Events:
    """Somebody is to take it up, so that whoever told it can be answered.

    A second report by the same person while they still wait is answered with the first.
    """
    reporter = ev.signal.reporter
    if kind_of(reporter) not in PEOPLE or ev.signal.entered_by is not None:
        return []
    waits = {s.id for s in _held(w) if s.reporter == reporter}
    if any(d.signal in waits for d in w.file.owed(TAKEN_UP)):
        return []
    owner = w.first_of(_CENTER, now)
    if owner is None:
        return []  # nobody at all: the route that starts beside this ends as a visible failure
    return [duty_opened(TAKEN_UP, owner, ev.severity, w, now, ids, signal=ev.signal.id)]


def taken_up(ev: e.Event, w: World, now: datetime, ids: CommandIds) -> Events:
    """Somebody has acted: every report that waited for it is taken up, and its teller answered."""
    by = _acted(ev, w)
    if by is None:
        return []
    found: Events = []
    for duty in w.file.owed(TAKEN_UP):
        found.append(e.DutyMet(duty=duty.id, by=by, at=now))
        reporter = _reporter(w, duty.signal)
        if reporter is None or reporter == by:
            continue
        answer = notice(
            ids,
            w,
            max(now, duty.due),  # told at its time, never before
            purpose=TAKEN_UP,
            receiver=PersonId(reporter),
            role="author",
            severity=Severity.ATTENTION,
        )
        found.append(answer)
    return found


def _reporter(w: World, signal: SignalId | None) -> Actor | None:
    return next((s.reporter for s in _held(w) if s.id == signal), None)


def _held(w: World) -> tuple[Signal, ...]:
    """What was reported, also since a death was entered."""
    since = w.file.death.signals if w.file.death is not None else ()
    return (*w.file.signals, *since)


def _acted(ev: e.Event, w: World) -> PersonId | None:
    """Who has acted on what was reported, where this event says that somebody did."""
    match ev:
        case e.SeverityChanged(level=Assessed(assessor=by)):
            return by
        case (
            e.CaseAcknowledged(by=by)
            | e.CaseDismissed(by=by)
            | e.CaseClosed(by=by)
            | e.CrisisDeclared(by=by)
            | e.Responded(by=by)
        ):
            return by
        case e.DutySettled(by=by) if any(d.id == ev.duty for d in w.file.owed(CHECK_DEATH)):
            return by
        case e.NoticeAcknowledged(by=by, run=None) if w.notice is not None:
            duty = w.file.duty(w.notice.duty) if w.notice.duty is not None else None
            kinds = ("review_signal", TAKEN_UP, *ASKS)
            return by if duty is not None and duty.kind in kinds else None
        case e.RouteStopped(by=by, why="answered"):
            run = w.file.run(ev.run)
            return by if run is not None and run.purpose == LINKAGE else None
    return None


# -- where the child is -----------------------------------------------------------------------


def where_is_the_child(severity: Severity, w: World, now: datetime, ids: CommandIds) -> Events:
    """At high or above the place must be known: whoever has the case owes it."""
    case = w.file.live_case
    if case is None:
        return []
    level = severity_of(case.level)
    if level is not None and level < Severity.HIGH:
        # A person has found it less grave: nobody need be looked for.
        owed = w.file.owed("whereabouts")
        return [e.DutyCancelled(duty=d.id, at=now, why="lowered") for d in owed]
    if severity < Severity.HIGH or case.place != "unknown":
        return []
    owner = case.lead or case.acknowledged_by
    if owner is None or w.file.owed("whereabouts"):
        return []
    return [duty_opened("whereabouts", owner, severity, w, now, ids, case=case.id)]


def _found_again(by: Actor, w: World, now: datetime) -> Events:
    return [e.DutyMet(duty=d.id, by=PersonId(by), at=now) for d in w.file.owed("whereabouts")]


def place_learned(ev: e.PlaceLearned, w: World, now: datetime, ids: CommandIds) -> Events:
    return _found_again(ev.by, w, now) if ev.place != "unknown" else []


# -- a rise -----------------------------------------------------------------------------------


def replanned(case: CaseId, severity: Severity, w: World, now: datetime) -> Events:
    """A rise brings the open duties of the case forward: the earlier of old and new counts."""
    found: Events = []
    for duty in w.file.duties:
        if duty.case != case or severity <= duty.severity or duty.kind not in DUTIES:
            continue
        due = w.due(duty.kind, severity, now)
        if due < duty.due:
            found.append(e.DutyReplanned(duty=duty.id, due=due, severity=severity, at=now))
    return found


# -- one-to-one support -----------------------------------------------------------------------


def _support_duty(kind: str, w: World, now: datetime, ids: CommandIds) -> Events:
    # A round goes on as if nobody were barred, or its silence would tell; see `second_adult`.
    owner = w.without_bars.first_of(("homeroom_teacher", "grade_head", *_CENTER), now)
    if owner is None:
        raise InvalidMoveError("PSY024", role="homeroom_teacher")
    return [duty_opened(kind, owner, Severity.ATTENTION, w, now, ids)]


def support_started(ev: e.SupportStarted, w: World, now: datetime, ids: CommandIds) -> Events:
    return [] if w.file.owed("one_to_one") else _support_duty("one_to_one", w, now, ids)


def support_ended(ev: e.SupportEnded, w: World, now: datetime, ids: CommandIds) -> Events:
    return [
        e.DutyCancelled(duty=d.id, at=now, why=ev.why)
        for d in w.file.duties
        if d.kind in ("one_to_one", "not_reached")
    ]


def contacted(ev: e.ContactLogged, w: World, now: datetime, ids: CommandIds) -> Events:
    """A contact meets what was owed, and the next one is owed from now on."""
    if not ev.contact.reached:
        open_already = bool(w.file.owed("not_reached"))
        return [] if open_already else _support_duty("not_reached", w, now, ids)
    owed = [d for d in w.file.duties if d.kind in ("one_to_one", "not_reached")]
    if any(d.owner in w.barred and d.owner != ev.contact.by for d in owed):
        return []  # what a barred person owes by rounds stays as it was
    met: Events = [e.DutyMet(duty=d.id, by=ev.contact.by, at=now) for d in owed]
    return met + _support_duty("one_to_one", w, now, ids)
