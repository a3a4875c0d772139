"""Collective signs (群体苗头): many of one class, dormitory or circle of friends (C3.2).

    quiet --heard, heard, ...--> raised --propose--> proposed --answer--> answered
                                   ^                     |  not approved
                                   +---------------------+          raised, proposed --> taken_back

What counts is students, each once, at the worst that was heard of them within the plan's window:
three reports about one child are that child's case, and no sign of a group. When something was
heard decides, never in which order it was counted, so the same reports raise the same sign however
they arrive. A sign that was answered is raised again only by something that was not heard before.

Whoever is barred for a student is told of a sign, and sees it, exactly as if nothing had been heard
of that student but what they said themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from psysafe.domain import codes
from psysafe.domain import events as e
from psysafe.domain.commands import TEXT_LIMIT
from psysafe.domain.duties import Duty, Notice
from psysafe.domain.duties_signs import (
    ANSWERED,
    ASKING,
    PROPOSED,
    RAISED,
    Heard,
    TellsOf,
    Watch,
)
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.plan import INBOX, CollectiveSigns
from psysafe.domain.severity import Severity
from psysafe.domain.signs_counting import Group, alarming, counts_of, seen_by
from psysafe.domain.signs_folding import evolve
from psysafe.errors import (
    Fact,
    Finding,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.ids import Actor, CommandIds, DutyId, NoticeId, PersonId, SignId, StudentId

Events = list[e.Event]
SIGN: Final = "collective_sign"
OVER: Final = "sign_taken_back"
SIGN_PROPOSED: Final = "sign_proposed"
SIGN_ANSWERED: Final = "sign_answered"
PROPOSE, ANSWER = "propose_for_sign", "answer_sign"
EPIDEMIC: Final = "epidemic_leading_group"
#: Who hears of a sign at once, the first of whom owes the look at it.
HEAR: Final = ("counselor", *LEADING_GROUP)
OWNERS: Final = (*HEAR, "safeguarding_lead", "student_affairs_head", "grade_head")


# -- hearing ----------------------------------------------------------------------------------


def hear(
    group: Group,
    named: Watch,
    one: Heard,
    covered: frozenset[StudentId],
    now: datetime,
    ids: CommandIds,
) -> Events:
    """Count what was heard of one student; raise a sign, and tell whoever has news by it.

    `named` is the group without anything heard, `covered` whom a sign of a narrower group names
    already: about the same students nobody is told twice. Nothing where it was counted before.
    """
    watch = group.watch or named
    if any(x.key == one.key for x in watch.heard) or one.key in watch.settled:
        return []
    heard = _heard(group, watch, one, now)
    after = evolve(group.watch, heard)
    found: Events = [heard]
    if not after.asks:
        makes = alarming(after.heard, group.rule, group.span, after.settled)
        if not makes or {x.student for x in makes} <= covered:
            return found
        raised = _raised(attrs.evolve(group, watch=after), makes, now, ids)
        if raised is None:
            return found
        after = evolve(after, raised)
        found.append(raised)
    return found + _tell(attrs.evolve(group, watch=after), now, ids)


def _raised(
    group: Group, makes: tuple[Heard, ...], now: datetime, ids: CommandIds
) -> e.SignRaised | None:
    """None where nobody at all is there to owe it: the next thing heard tries again."""
    watch = group.watch
    owner = group.first_of(OWNERS, now)
    if watch is None or owner is None:
        return None
    severity = severity_of(makes)
    return e.SignRaised(
        group=watch.group,
        sign=SignId(ids.next("sign")),
        measures=group.rule.measures,
        duty=_owed(group, PROPOSE, owner, severity, now, ids),
        at=now,
    )


def severity_of(makes: Sequence[Heard]) -> Severity:
    """How soon somebody must have looked at it."""
    counts = counts_of(makes)
    return Severity.HIGH if counts.high or counts.dead else Severity.MODERATE


def _owed(
    group: Group, kind: str, owner: PersonId, severity: Severity, now: datetime, ids: CommandIds
) -> Duty:
    return group.plan_around.opened(kind, owner, severity, DutyId(ids.next("duty")), now)


def _tell(group: Group, now: datetime, ids: CommandIds) -> Events:
    """Tell everybody for whom there is a sign, and who does not know this much of it yet."""
    watch = group.watch
    if watch is None or watch.sign is None or watch.duty is None:
        return []
    told: dict[PersonId, TellsOf] = {}
    notices: Events = []
    for role in (*HEAR, EPIDEMIC):
        for person in group.people(role, now):
            seen = seen_by(watch.heard, person, group.barred)
            makes = alarming(seen, group.rule, group.span, watch.settled)
            news = _news(watch, person, makes, group.rule, now)
            if news is None or person in told:
                continue
            told[person] = news
            notices.append(_notice(group, SIGN, person, role, now, ids))
    if not told:
        return []
    said = e.SignTold(group=watch.group, sign=watch.sign, told=tuple(told.values()), at=now)
    return [said, *notices]


def _news(
    watch: Watch, person: PersonId, makes: tuple[Heard, ...], rule: CollectiveSigns, now: datetime
) -> TellsOf | None:
    """What somebody is told: all of it the first time, then only what is graver, or many more."""
    if not makes:
        return None
    students = tuple(sorted({x.student for x in makes}))
    grave = tuple(sorted({x.student for x in makes if x.death or x.severity >= Severity.HIGH}))
    before = next((t for t in watch.told if t.person == person), None)
    if before is not None:
        more = set(students) - set(before.students)
        worse = set(grave) - set(before.grave)
        if not worse and len(more) < rule.moderate.value:
            return None
    since = before.since if before is not None else now
    return TellsOf(person=person, since=since, students=students, grave=grave)


def _notice(
    group: Group, purpose: str, receiver: PersonId, role: str, now: datetime, ids: CommandIds
) -> e.NoticeQueued:
    """One person is told. Nobody is named in it, and it wakes: a sign is an alarm."""
    watch, plan = group.watch, group.plan_around.plan
    duty = watch.duty if watch is not None else None
    own = duty is not None and duty.owner == receiver
    # Whoever owes it answers by its time; when it began tells the others nothing.
    heard = group.plan_around.due("acknowledge", Severity.HIGH, now)
    return e.NoticeQueued(
        notice=Notice(
            id=NoticeId(ids.next("notice")),
            purpose=purpose,
            receiver=receiver,
            role=role,
            severity=Severity.HIGH,
            queued=now,
            answer_by=duty.due if own and duty is not None else heard,
            channels=tuple(dict.fromkeys((INBOX, *plan.channels(Severity.HIGH)))),
            duty=duty.id if own and duty is not None else None,
        )
    )


def unhear(
    group: Group, student: StudentId, *, death: bool, by: Actor, now: datetime, ids: CommandIds
) -> Events:
    """What was heard of a student, or that they died, was entered in error.

    Where nothing is left that makes a sign, it is taken back.
    """
    watch = group.watch
    if watch is None or not any(x.student == student and x.death is death for x in watch.heard):
        return []
    gone = e.SignUnheard(group=watch.group, student=student, death=death, by=by, at=now)
    after = evolve(watch, gone)
    if watch.sign is None or watch.state not in (*ASKING, ANSWERED):
        return [gone]
    if alarming(after.heard, group.rule, group.span, watch.before):
        return [gone]
    over = e.SignTakenBack(group=watch.group, sign=watch.sign, by=by, at=now)
    # What is left was no error: it makes no sign alone, and counts beside what comes.
    left = [_heard(group, watch, one, now) for one in after.heard]
    return [gone, over, *left, *_all_told(group, OVER, now, ids, by)]


def _heard(group: Group, watch: Watch, one: Heard, now: datetime) -> e.SignHeard:
    since = now - 2 * group.span
    return e.SignHeard(
        group=watch.group, kind=watch.kind, grade=watch.grade, heard=one, since=since
    )


def _all_told(group: Group, purpose: str, now: datetime, ids: CommandIds, by: Actor) -> Events:
    watch = group.watch
    told = watch.told if watch is not None else ()
    return [
        _notice(group, purpose, one.person, "leading_group", now, ids)
        for one in told
        if one.person != by
    ]


# -- answering --------------------------------------------------------------------------------


def visible(group: Group, actor: Actor, now: datetime) -> Watch:
    """The group's sign, for whoever may see it. For everybody else there is none: NotFoundError."""
    watch = group.watch
    if watch is None or watch.sign is None or not group.shown_to(actor):
        raise NotFoundError
    duty = watch.duty
    here = bool(group.plan_around.roster.roles_of(actor, now))
    owes = here and duty is not None and actor in (duty.owner, *duty.had_by)
    if owes or group.may("see_sign", actor, now):
        return watch
    raise NotFoundError


def _may(group: Group, watch: Watch, right: str, actor: Actor, now: datetime) -> None:
    owes = watch.duty is not None and watch.duty.owner == actor
    if not owes and not group.may(right, actor, now):
        raise NotPermittedError("PSY002", action=right)


def _in_state(watch: Watch, action: str, *states: str) -> None:
    if watch.state not in states:
        raise InvalidMoveError("PSY078", action=action, state=watch.state)


def _sound(note: str) -> None:
    if len(note) > TEXT_LIMIT:
        facts: dict[str, Fact] = {"field": "note", "limit": TEXT_LIMIT, "unit": "characters"}
        raise InvalidDataError([Finding(code="PSY021", where={"field": "note"}, facts=facts)])


def propose(
    group: Group,
    actor: Actor,
    measures: Sequence[str],
    note: str,
    now: datetime,
    ids: CommandIds,
) -> Events:
    """Propose what is done (C3.2); the leading group owes the answer.

    Raises NotFoundError, NotPermittedError PSY002, InvalidMoveError PSY078 in another state, PSY027
    where nobody is there to answer, InvalidDataError PSY013, PSY021, PSY080.
    """
    watch = visible(group, actor, now)
    _may(group, watch, "propose_for_sign", actor, now)
    _in_state(watch, "propose", RAISED)
    if not measures:
        raise InvalidDataError([Finding(code="PSY080", where={"field": "measures"})])
    known = tuple(dict.fromkeys(codes.known("measures", one) for one in measures))
    _sound(note)
    owner = group.first_of((*LEADING_GROUP, *OWNERS), now, (actor,))
    if owner is None or watch.sign is None:
        raise InvalidMoveError("PSY027")
    severity = watch.duty.severity if watch.duty is not None else Severity.HIGH
    proposed = e.SignProposed(
        group=watch.group,
        sign=watch.sign,
        measures=known,
        note=note,
        duty=_owed(group, ANSWER, owner, severity, now, ids),
        by=PersonId(actor),
        at=now,
    )
    after = attrs.evolve(group, watch=evolve(watch, proposed))
    return [proposed, _notice(after, SIGN_PROPOSED, owner, LEADING_GROUP[0], now, ids)]


def answer(
    group: Group, actor: Actor, approved: bool, note: str, now: datetime, ids: CommandIds
) -> Events:
    """Approve what is proposed, or ask for something else.

    Raises NotFoundError, NotPermittedError PSY002, InvalidMoveError PSY078, PSY079 for whoever
    proposed it, PSY006 where it is not approved and no word says why.
    """
    watch = visible(group, actor, now)
    _may(group, watch, "answer_sign", actor, now)
    _in_state(watch, "answer", PROPOSED)
    if watch.proposed_by == actor:
        raise InvalidMoveError("PSY079")
    if not approved and not note.strip():
        raise InvalidMoveError("PSY006", action="answer")
    _sound(note)
    asked = watch.proposed_by
    there = asked is not None and group.plan_around.roster.there(asked, now)
    owner = asked if there else group.first_of(OWNERS, now, (actor,))
    duty = None
    if not approved:
        severity = watch.duty.severity if watch.duty is not None else Severity.HIGH
        duty = _owed(group, PROPOSE, owner or PersonId(actor), severity, now, ids)
    if watch.sign is None:
        raise NotFoundError
    answered = e.SignAnswered(
        group=watch.group,
        sign=watch.sign,
        approved=approved,
        note=note,
        duty=duty,
        by=PersonId(actor),
        at=now,
    )
    after = attrs.evolve(group, watch=evolve(watch, answered))
    if not approved:
        hear_of_it = (owner,) if owner is not None else ()
        return [answered, *(_notice(after, SIGN, p, HEAR[0], now, ids) for p in hear_of_it)]
    # Who was told of the sign learns that it is answered: linkage runs both ways (B2.2).
    return [answered, *_all_told(after, SIGN_ANSWERED, now, ids, actor)]


def take_back(group: Group, actor: Actor, reason: str, now: datetime, ids: CommandIds) -> Events:
    """It was no sign: everybody who was told is told. Raises as `answer` does."""
    watch = visible(group, actor, now)
    _may(group, watch, "take_back_sign", actor, now)
    _in_state(watch, "take-back", *ASKING, ANSWERED)
    if not reason.strip():
        raise InvalidMoveError("PSY006", action="take-back")
    _sound(reason)
    if watch.sign is None:
        raise NotFoundError
    over = e.SignTakenBack(group=watch.group, sign=watch.sign, reason=reason, by=actor, at=now)
    after = attrs.evolve(group, watch=evolve(watch, over))
    return [over, *_all_told(after, OVER, now, ids, actor)]


def due(group: Group, sign: str, duty: str, passed: int, now: datetime, ids: CommandIds) -> Events:
    """Time is up: somebody else owes it, and is called; nothing where it was taken care of."""
    watch = group.watch
    owed = watch.duty if watch is not None else None
    if watch is None or owed is None or watch.sign != sign or owed.id != duty:
        return []
    if owed.passed != passed or owed.due > now:
        return []
    moved = group.plan_around.passed_on(owed, now, left_out(group, owed.kind))
    after = attrs.evolve(group, watch=evolve(watch, moved))
    return [moved, news_of(after, owed, moved.to or owed.owner, now, ids)]


def left_out(group: Group, kind: str) -> tuple[PersonId, ...]:
    """Who cannot owe it: whoever is barred for somebody counted, and nobody answers themselves."""
    barred = tuple(p for people in group.barred.values() for p in people)
    proposed_by = group.watch.proposed_by if group.watch is not None else None
    return (*barred, proposed_by) if kind == ANSWER and proposed_by is not None else barred


def news_of(
    group: Group, owed: Duty, receiver: PersonId, now: datetime, ids: CommandIds
) -> e.NoticeQueued:
    """Whoever owes it from now on is called."""
    purpose = SIGN if owed.kind == PROPOSE else SIGN_PROPOSED
    return _notice(group, purpose, receiver, owed.fallback, now, ids)
