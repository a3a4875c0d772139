"""Many students at once in the store: asked for, answered by a second person, taken (X12).

Who is asked is told, and so is whoever asked; these notices are about no student. A list is taken
before it is given: either it is few within the plan's window, or an approval is used up by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from psysafe import wire
from psysafe.contracts.storage import Claimed, Entry, Query, Settlement
from psysafe.domain import bulk as b
from psysafe.domain import events as e
from psysafe.domain.bars import CONFIRMED, PROVISIONAL
from psysafe.domain.bulk import BulkFile, Selection
from psysafe.domain.bulk_deciding import (
    BY_TELEPHONE,
    RIGHT,
    AnswerBulk,
    AskBulk,
    BulkIsOver,
    BulkWish,
    Facts,
    TakeBulk,
    WithdrawBulk,
    approvers,
    decide,
)
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duties import Notice
from psysafe.domain.people import Roster
from psysafe.domain.plan import INBOX
from psysafe.domain.privacy_overlays import BULK_RULE
from psysafe.domain.severity import Severity
from psysafe.engine.boards import Board, Decided, Read, carry_out, read
from psysafe.engine.cards import BarCard, notice_document, sends
from psysafe.engine.cards_bulk import BULK, bulk_document
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import every_page, readable, roster
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.engine.worklist import BULK_ASKED, BULK_NAMED, BULK_OVER
from psysafe.errors import NotFoundError, NotPermittedError
from psysafe.ids import (
    SYSTEM_TICK,
    Actor,
    BulkId,
    CommandIds,
    NoticeId,
    PersonId,
    derived_command,
    kind_of,
    make_id,
)

MOST: Final = 500
#: Nobody is in danger by it: after all that is asked in a crisis.
_URGENCY: Final = 3


def _board(school: School, person: PersonId) -> Board[BulkFile]:
    return Board(
        key=f"{BULK}/{person}",
        record=BulkFile,
        stored=bulk_document,
        entries=partial(_entries, calendar=school.calendar),
        evolve=b.evolve,
    )


def _entries(
    events: Sequence[e.Event], after: BulkFile, calendar: SchoolCalendar
) -> tuple[Entry, ...]:
    """A request is over when its time to answer is up."""
    found: list[Entry] = []
    for event in events:
        if isinstance(event, e.NoticeQueued):
            found += sends(event.notice, calendar)
        elif isinstance(event, b.BulkAsked) and event.request.state == b.WAITING:
            one = event.request
            reference = f"{after.person}|{one.id}"
            found.append(Entry(f"{BULK}/{one.id}", BULK, reference, one.answer_by, _URGENCY))
    return tuple(found)


def take(
    school: School,
    actor: Actor,
    what: str,
    of: Iterable[str],
    students: Collection[str],
    now: datetime,
) -> tuple[str, ...]:
    """Take these students, before they are given; the rules to name in the audit of it.

    Raises NotPermittedError PSY154 where they are more than the plan's number within its window
    and no approval covers just this list.
    """
    if kind_of(actor) != "staff" or not students:
        return ()
    selection, whom = _selection(what, of, students)
    wish = TakeBulk(selection=selection, students=whom)
    _, events = _change(school, PersonId(actor), wish, actor, now)
    return (BULK_RULE,) if any(isinstance(one, b.BulkUsed) for one in events) else ()


def _selection(
    what: str, of: Iterable[str], students: Collection[str]
) -> tuple[Selection, tuple[str, ...]]:
    """A list, and digests of those who stand on it."""
    whom = tuple(sorted(b.digests(students)))
    return Selection(what=what, of=tuple(sorted(set(of))), students=len(whom)), whom


def ask(
    school: School,
    actor: Actor,
    what: str,
    of: Iterable[str],
    students: Collection[str],
    reason: str,
    now: datetime,
    second: PersonId | None = None,
) -> BulkId:
    """Ask to take a list once. Raises what `bulk_deciding.decide` raises."""
    selection, whom = _selection(what, of, students)
    wish = AskBulk(selection=selection, students=whom, reason=reason, second=second)
    receipt, _ = _change(school, PersonId(actor), wish, actor, now)
    return BulkId(make_id(school.part_key, receipt.command, BULK, 0))


def answer(
    school: School, actor: Actor, request: BulkId, reason: str, now: datetime, *, approves: bool
) -> Receipt:
    """A second person's yes or no. Raises NotFoundError for whoever may answer nothing."""
    owner = _owner(school, request, actor, now)
    wish = AnswerBulk(request=request, approves=approves, reason=reason)
    receipt, _ = _change(school, owner, wish, actor, now, barred=_barred(school, actor))
    return receipt


def withdraw(school: School, actor: Actor, request: BulkId, now: datetime) -> Receipt:
    """Whoever asked asks no more."""
    wish = WithdrawBulk(request=request)
    receipt, _ = _change(school, PersonId(actor), wish, actor, now)
    return receipt


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The actor's own requests, and those of others that they may answer; no student in them."""
    people = roster(school)
    own = read(school, _board(school, PersonId(actor))).state
    found = [_line(own, one, now) for one in own.requests] if own is not None else []
    found += [_line(file, one, now) for file, one in asked_of(school, people, actor, now)]
    journal_list(school, actor, BULK, now)
    return found


def asked_of(
    school: School, people: Roster, actor: Actor, now: datetime
) -> Iterator[tuple[BulkFile, b.BulkRequest]]:
    """What waits for this person's answer, the first to be answered first."""
    if not any(school.plan.may(RIGHT, held.role) for held in people.roles_of(actor, now)):
        return
    query = Query(index="board", prefixes=((BULK, b.WAITING),), limit=MOST)
    for _, file in readable(school, every_page(school, query), BulkFile):
        if file.person != actor:
            waiting = (one for one in file.requests if one.waits(now) and actor not in one.heard)
            yield from ((file, one) for one in waiting)


def _line(file: BulkFile, one: b.BulkRequest, now: datetime) -> dict[str, Any]:
    line: dict[str, Any] = {
        "request": one.id,
        "by": file.person,
        "list": one.selection.what,
        "of": list(one.selection.of),
        "students": one.selection.students,
        "reason": one.reason,
        "asked": one.asked,
        "answer_by": one.answer_by,
        "state": b.EXPIRED if _expired(one, now) else one.state,
        "telephone": one.telephone,
    }
    told = {"answered_by": one.by, "answer": one.answer, "until": one.until}
    return line | {key: value for key, value in told.items() if value}


def _expired(one: b.BulkRequest, now: datetime) -> bool:
    """Nobody answered, or nobody used it, in time."""
    open_still = one.waits(now) or one.holds(now)
    return one.state in (b.WAITING, b.APPROVED) and not open_still


def time_is_up(school: School, claim: Claimed, now: datetime) -> None:
    """Nobody has answered: whoever asked is told."""
    owner, _, request = claim.reference.partition("|")
    _change(
        school,
        PersonId(Actor(owner)),
        BulkIsOver(request=BulkId(request)),
        SYSTEM_TICK,
        now,
        claim=claim,
    )


def _owner(school: School, request: BulkId, actor: Actor, now: datetime) -> PersonId:
    """Whose request it is, for those who may answer it: others learn of none."""
    people = roster(school)
    holds = any(
        school.plan.may(right, held.role)
        for held in people.roles_of(actor, now)
        for right in (RIGHT, BY_TELEPHONE)
    )
    query = Query(index="kind", prefixes=((BULK,),), limit=MOST)
    documents = every_page(school, query) if holds else ()
    for _, file in readable(school, documents, BulkFile):
        if file.request(request) is not None:
            return file.person
    raise NotFoundError


def _barred(school: School, actor: Actor) -> bool:
    """Whether somebody is barred from any student of the school."""
    query = Query(index="board", prefixes=(("bar", PROVISIONAL), ("bar", CONFIRMED)), limit=MOST)
    cards = readable(school, every_page(school, query), BarCard)
    return any(actor in card.barred for _, card in cards)


def _change(
    school: School,
    owner: PersonId,
    wish: BulkWish,
    actor: Actor,
    now: datetime,
    *,
    barred: bool = False,
    claim: Claimed | None = None,
) -> tuple[Receipt, Sequence[e.Event]]:
    def decided(here: Read[BulkFile], ids: CommandIds) -> Decided:
        held = here.state or BulkFile(person=owner)
        facts = Facts(
            roster=here.roster,
            plan=school.plan,
            calendar=school.calendar,
            owner=owner,
            actor=actor,
            now=now,
            barred=barred,
        )
        events = decide(held, wish, facts, ids)
        told = [one for event in events for one in _told(school, here.roster, owner, event, ids)]
        return Decided(
            events=(*events, *(e.NoticeQueued(notice=one) for one in told)),
            besides=tuple(notice_document(one) for one in told),
        )

    if kind_of(actor) == "operator":
        raise NotPermittedError("PSY002", action=BULK)
    known = derived_command(school.part_key, BULK, claim.reference) if claim is not None else None
    return carry_out(
        school,
        _board(school, owner),
        decided,
        actor,
        now,
        what=type(wish).__name__,
        content=wire.digest_of(wish),
        command_id=known,
        settle=[Settlement(claim.key, claim.token)] if claim is not None else (),
    )


# -- who is told ------------------------------------------------------------------------------


def _told(
    school: School, people: Roster, owner: PersonId, event: object, ids: CommandIds
) -> Iterator[Notice]:
    """Those who may answer; the one who is named as having said yes; and whoever asked."""
    notice = partial(_notice, school, people, ids)
    match event:
        case b.BulkAsked(request=one) if one.state == b.WAITING:
            for person in approvers(people, school.plan, owner, one.asked):
                yield notice(BULK_ASKED, person, one.asked, one.answer_by)
        case b.BulkAsked(request=one) if one.by is not None:
            yield notice(BULK_NAMED, one.by, one.asked, one.until)
        case b.BulkAnswered(counts=True, at=at):
            yield notice(BULK_OVER, owner, at, None)
        case b.BulkEnded(outcome=b.EXPIRED, at=at):
            yield notice(BULK_OVER, owner, at, None)
        case _:
            return


def _notice(
    school: School,
    people: Roster,
    ids: CommandIds,
    purpose: str,
    receiver: PersonId,
    now: datetime,
    answer_by: datetime | None,
) -> Notice:
    held = people.roles_of(receiver, now)
    return Notice(
        id=NoticeId(ids.next("notice")),
        purpose=purpose,
        receiver=receiver,
        role=held[0].role if held else "author",
        severity=Severity.ATTENTION,
        queued=now,
        answer_by=answer_by,
        channels=tuple(dict.fromkeys((INBOX, *school.plan.channels(Severity.ATTENTION)))),
    )
