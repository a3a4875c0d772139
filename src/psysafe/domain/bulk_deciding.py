"""What may be done about taking many students at once: a wish, the facts, and events or a refusal.

Pure. `Bulk` holds whatever a decision looks at; whether the one who answers is barred from any
student is found out above and told here, because an answer of theirs is taken and does not count:
a refusal would tell them that they are barred.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.domain import bulk as b
from psysafe.domain.bulk import BulkFile, BulkRequest, Selection
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.people import Roster
from psysafe.domain.plan import Plan
from psysafe.domain.privacy import Decision
from psysafe.domain.privacy_overlays import BULK_RULE, SECOND_APPROVER
from psysafe.domain.privacy_policy import Effect
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, BulkId, CommandIds, PersonId, kind_of
from psysafe.sensitivity import ItemClass, changed, item, record, ref

RIGHT: Final = "approve_bulk"
#: Who may say it by telephone, where nobody else of the school has the right.
BY_TELEPHONE: Final = "approve_bulk_by_telephone"
#: Requests of one person that may wait at once: more is no asking any more.
MOST_WAITING: Final = 10
#: Where a plan says nothing, one student is all that anybody takes; looked back this far.
_NO_RULE: Final = timedelta(days=1)


@record
class AskBulk:
    """Ask to take a list. `second`: who has said yes by telephone."""

    selection: Selection = ref()
    students: tuple[str, ...] = ref()
    """digests of all who stand on it"""
    reason: str = item(ItemClass.AUDIT_TRAIL)
    second: PersonId | None = ref(default=None)


@record
class AnswerBulk:
    request: BulkId = ref()
    approves: bool = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)


@record
class WithdrawBulk:
    request: BulkId = ref()


@record
class BulkIsOver:
    """The time to answer is up; only time says so."""

    request: BulkId = ref()


@record
class TakeBulk:
    """Take a list now. `students`: digests of all who stand on it."""

    selection: Selection = ref()
    students: tuple[str, ...] = ref()


BulkWish = AskBulk | AnswerBulk | WithdrawBulk | BulkIsOver | TakeBulk


@attrs.frozen(kw_only=True)
class Facts:
    """What a decision looks at besides the file."""

    roster: Roster
    plan: Plan
    calendar: SchoolCalendar
    owner: PersonId
    """whose file it is"""
    actor: Actor
    now: datetime
    barred: bool = False
    """the one who answers is barred from a student of the school"""


def approvers(roster: Roster, plan: Plan, asker: Actor, now: datetime) -> Iterator[PersonId]:
    """Everybody there who may answer this asker; never themselves."""
    for key in sorted(roster.staff):
        person = roster.staff[key].id
        if person != asker and roster.there(person, now) and _may(roster, plan, RIGHT, person, now):
            yield person


def _may(roster: Roster, plan: Plan, right: str, person: Actor, now: datetime) -> bool:
    return any(plan.may(right, held.role) for held in roster.roles_of(person, now))


def decide(held: BulkFile, wish: BulkWish, facts: Facts, ids: CommandIds) -> list[b.BulkEvent]:
    """The events of a wish; none where it is so already.

    Raises NotPermittedError PSY002, PSY006, PSY154, PSY155, NotFoundError for a request that is
    not there, InvalidMoveError PSY738 for one that is over.
    """
    match wish:
        case AskBulk():
            return [_ask(held, wish, facts, ids)]
        case AnswerBulk():
            return [_answer(held, wish, facts)]
        case WithdrawBulk(request=request):
            found = _found(held, request)
            if facts.actor != held.person:
                raise NotPermittedError("PSY002", action="withdraw")
            if not (found.waits(facts.now) or found.holds(facts.now)):
                raise InvalidMoveError("PSY738")
            return [_ended(request, b.WITHDRAWN, facts)]
        case BulkIsOver(request=request):
            one = held.request(request)
            over = one is not None and one.state == b.WAITING and one.answer_by <= facts.now
            return [_ended(request, b.EXPIRED, facts)] if over else []
        case TakeBulk():
            return _take(held, wish, facts)


def _ended(request: BulkId, outcome: str, facts: Facts) -> b.BulkEnded:
    return b.BulkEnded(request=request, outcome=outcome, by=facts.actor, at=facts.now)


def _found(held: BulkFile, request: BulkId) -> BulkRequest:
    found = held.request(request)
    if found is None:
        raise NotFoundError
    return found


def _ask(held: BulkFile, wish: AskBulk, facts: Facts, ids: CommandIds) -> b.BulkAsked:
    rule, now = facts.plan.bulk, facts.now
    if not wish.reason.strip():
        raise NotPermittedError("PSY006", action="bulk")
    waiting = [one for one in held.requests if one.waits(now)]
    nothing = not wish.selection.students or len(waiting) >= MOST_WAITING
    if rule is None or kind_of(facts.actor) != "staff" or nothing:
        raise NotPermittedError("PSY002", action="bulk")
    made = BulkRequest(
        id=BulkId(ids.next("bulk")),
        selection=wish.selection,
        reason=wish.reason.strip(),
        asked=now,
        answer_by=facts.calendar.due(now, rule.answer.within, rule.answer.cap).at,
        whom=wish.students,
    )
    if wish.second is None:
        return b.BulkAsked(person=held.person, request=made)
    _by_telephone(wish.second, facts)
    said = changed(made, state=b.APPROVED, by=wish.second, telephone=True, until=_until(facts))
    return b.BulkAsked(person=held.person, request=said)


def _until(facts: Facts) -> datetime:
    rule = facts.plan.bulk
    if rule is None:
        return facts.now
    return facts.calendar.due(facts.now, rule.use.within, rule.use.cap).at


def _by_telephone(second: PersonId, facts: Facts) -> None:
    """Raises NotPermittedError PSY155 where this person cannot be second by telephone."""
    roster, plan, now = facts.roster, facts.plan, facts.now
    others = any(True for _ in approvers(roster, plan, facts.actor, now))
    fits = (
        second != facts.actor
        and roster.there(second, now)
        and _may(roster, plan, BY_TELEPHONE, second, now)
    )
    if others or not fits:
        raise NotPermittedError("PSY155", action="bulk")


def _answer(held: BulkFile, wish: AnswerBulk, facts: Facts) -> b.BulkAnswered:
    found, now, actor = _found(held, wish.request), facts.now, facts.actor
    named = found.telephone and found.by == actor and not wish.approves
    if actor == held.person or not (named or _may(facts.roster, facts.plan, RIGHT, actor, now)):
        raise NotPermittedError("PSY155" if actor == held.person else "PSY002", action="bulk")
    if not wish.reason.strip():
        raise NotPermittedError("PSY006", action="bulk")
    # What was approved can still be taken back by a no, until it is used.
    open_still = found.waits(now) or (found.holds(now) and not wish.approves)
    if not open_still or (found.state == b.WAITING and actor in found.heard):
        raise InvalidMoveError("PSY738")
    return b.BulkAnswered(
        request=found.id,
        by=PersonId(actor),
        approves=wish.approves,
        counts=not facts.barred,
        reason=wish.reason.strip(),
        at=now,
        until=_until(facts) if wish.approves and not facts.barred else None,
    )


def _take(held: BulkFile, wish: TakeBulk, facts: Facts) -> list[b.BulkEvent]:
    """Few enough together within the window, or with an approval that covers just this."""
    rule, now = facts.plan.bulk, facts.now
    if rule is None:
        most, since = 1, now - _NO_RULE
    else:
        most = rule.students.value
        since = now - (facts.calendar.due(now, rule.window.within).at - now)
    before = held.within(since)
    new = frozenset(wish.students) - before
    if len(before | new) <= most:
        if not new:
            return []
        taken = tuple(sorted(new))
        what = wish.selection.what
        return [b.BulkTaken(person=held.person, what=what, students=taken, since=since, at=now)]
    made, leave = decision(held, wish, now)
    if leave is None:
        what, count = wish.selection.what, len(wish.students)
        raise NotPermittedError("PSY154", rule=made.rule, list=what, count=count, most=most)
    return [b.BulkUsed(request=leave.id, students=wish.selection.students, at=now)]


def decision(
    held: BulkFile, wanted: TakeBulk, now: datetime
) -> tuple[Decision, BulkRequest | None]:
    """X12 on a list beyond the plan's number: denied, or allowed by the leave that comes with it.

    The obligation is the same in both: a second approver.
    """
    leave = leave_for(held, wanted, now)
    effect = Effect.DENY if leave is None else Effect.ALLOW
    ends = leave.until if leave is not None else None
    made = Decision(effect=effect, rule=BULK_RULE, obligations=(SECOND_APPROVER,), expires=ends)
    return made, leave


def leave_for(held: BulkFile, wanted: TakeBulk, now: datetime) -> BulkRequest | None:
    """The approval by which this may be taken now, the first to end; None where there is none."""
    covering = [
        one
        for one in held.requests
        if one.holds(now) and one.covers(wanted.selection, wanted.students)
    ]
    return min(covering, key=lambda one: (one.until or now, one.id), default=None)
