"""One list for one person: "flags wait for you", however many they are (never a message each).

The same for what a teacher does by rounds (class surveys, one-to-one support), and for changes of
class and departures that wait for somebody to accept them; and once a school day for what can
wait (the plan's `[daily]`), whichever students it is about.

Its notices are about no one student, so they have a stream of their own and say no name. They lie
in the inbox at once and go over the plan's other channels like every notice (decision 0016). What
is new is said although an earlier notice was never opened, but not each time: see `PAUSE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from psysafe import wire
from psysafe.contracts.storage import (
    Changes,
    Claimed,
    Committed,
    Entry,
    Query,
    Settlement,
    commit_digest,
)
from psysafe.domain import events as e
from psysafe.domain import handovers
from psysafe.domain.bulk import WAITING, BulkFile
from psysafe.domain.duties import LISTED, Delivery, Duty, Notice
from psysafe.domain.duties_notes import Note
from psysafe.domain.duties_signs import ASKING, Watch
from psysafe.domain.files_notices import still_asks
from psysafe.domain.grants_deciding import to_sign
from psysafe.domain.notes import TAKEN_UP
from psysafe.domain.people import LEADING_GROUP, Student
from psysafe.domain.plan import INBOX
from psysafe.domain.severity import Severity, worst
from psysafe.domain.signs import OVER as SIGN_OVER
from psysafe.domain.signs import SIGN, SIGN_ANSWERED, SIGN_PROPOSED
from psysafe.domain.surveys import Survey
from psysafe.engine import cards
from psysafe.engine.cards_bulk import BULK
from psysafe.engine.cards_grants import GRANT_NAMED, GRANT_TOLD, GRANTS
from psysafe.engine.committing import Receipt, seal_document, seal_events
from psysafe.engine.daily import DAILY, gathered_at
from psysafe.engine.gather import (
    every_page,
    gather,
    is_unreadable,
    people_and_duty,
    readable,
    roster,
)
from psysafe.engine.school import School
from psysafe.errors import ConflictError, InvalidMoveError, NotFoundError, StorageError
from psysafe.ids import (
    SYSTEM_TICK,
    Actor,
    CommandId,
    CommandIds,
    NoticeId,
    PersonId,
    derived_command,
)
from psysafe.sensitivity import changed

MOST = 1000
#: The purpose of the notice that a record cannot be read (`unreadable`).
UNREADABLE: Final = "unreadable"
#: Somebody is asked to change places in a roster of duty; something has come of it.
SWAP_ASKED, SWAP_OVER = "swap_asked", "swap_over"
#: Somebody asks to take many students at once; names this person as having agreed; has an answer.
BULK_ASKED, BULK_NAMED, BULK_OVER = "bulk_asked", "bulk_named", "bulk_over"
#: What waits to be read, whatever has become of it.
_TOLD: Final = frozenset(
    {TAKEN_UP, UNREADABLE, SIGN_OVER, SIGN_ANSWERED, SWAP_OVER, BULK_NAMED, BULK_OVER}
    | {GRANT_TOLD, GRANT_NAMED}
)
#: How long after a notice that was not opened the same list is told again, when something has come
#: since: at high or above, and below (suggestion house default: at most hourly, once a school day).
PAUSE: Final = (timedelta(hours=1), timedelta(hours=12))
#: In which role a person is told of a list that is not a teacher's.
_ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {cards.WORKLIST: "counselor", DAILY: "author", GRANTS: LEADING_GROUP[0]}
)


def open_flags(school: School, owner: str) -> tuple[cards.FlagCard, ...]:
    """The flags that wait for one person's review, worst first, then by due time."""
    query = Query(index="owner", prefixes=(("flag", owner, "open"),), limit=MOST)
    page = school.storage.query(school.part, query)
    return tuple(card for _, card in readable(school, page.documents, cards.FlagCard))


def open_duties(school: School, owner: str) -> tuple[cards.DutyCard, ...]:
    """The open duties of one person, worst first, then by due time."""
    query = Query(index="owner", prefixes=(("duty", owner, "open"),), limit=MOST)
    page = school.storage.query(school.part, query)
    return tuple(card for _, card in readable(school, page.documents, cards.DutyCard))


def rounds_of(school: School, owner: str) -> tuple[Duty, ...]:
    """What reaches one person as a list: class surveys, one-to-one support, plans for a break."""
    own = [card.duty for card in open_duties(school, owner) if card.duty.kind in LISTED]
    return (*own, *(survey.duty for survey in open_surveys(school, owner)))


def open_surveys(school: School, owner: str) -> tuple[Survey, ...]:
    """The class surveys that are one person's now, the first due first."""
    query = Query(index="owner", prefixes=(("class", owner, "open"),), limit=MOST)
    page = school.storage.query(school.part, query)
    return tuple(survey for _, survey in readable(school, page.documents, Survey))


def _waits(
    school: School, purpose: str, owner: str, now: datetime
) -> tuple[tuple[Severity, datetime | None], ...]:
    """Severity and due time of each thing that waits on a person's list."""
    if purpose == cards.ROUNDS_LIST:
        return tuple((duty.severity, duty.due) for duty in rounds_of(school, owner))
    if purpose == cards.HAND_OVERS_LIST:
        return tuple((Severity.MODERATE, due) for due in _hand_overs_of(school, owner, now))
    if purpose == GRANTS:
        waiting = to_sign(roster(school), school.plan, Actor(owner), now)
        return tuple((Severity.ATTENTION, None) for _ in waiting)
    if purpose == DAILY:
        return tuple((told.severity, told.answer_by) for told in gathered(school, owner))
    return tuple((flag.severity, flag.due) for flag in open_flags(school, owner))


def gathered(school: School, owner: str) -> Iterator[Notice]:
    """A person's notices that were left to the message of the day and still want an answer."""
    for told in open_notices(school, owner):
        at = gathered_at(told, school.calendar, school.plan.daily)
        if told.student is None or at is None:
            continue
        try:
            file = gather(school, told.student).world.file
        except NotFoundError:
            continue  # the student has gone
        except StorageError as error:
            if not is_unreadable(error):
                raise
            yield told  # whether it still asks cannot be read: then it does
            continue
        if still_asks(told, file):
            yield told


def _hand_overs_of(school: School, owner: str, now: datetime) -> Iterator[datetime]:
    """When each hand-over is due that waits for this person."""
    query = Query(index="board", prefixes=(("student", cards.HAND_OVER),), limit=MOST)
    page = school.storage.query(school.part, query)
    for _, person in readable(school, page.documents, Student):
        if person.hand_over is None:
            continue
        try:
            world = gather(school, person.id).world
        except StorageError as error:
            if not is_unreadable(error):
                raise
            yield person.hand_over.due  # for whom it waits cannot be read: then for whoever asks
            continue
        if handovers.waits_for(world, Actor(owner), now):
            yield person.hand_over.due


def open_notes(school: School, state: str = "open") -> tuple[Note, ...]:
    """The notes that nobody has checked yet, worst first, then by due time; or those `kept`."""
    query = Query(index="board", prefixes=((cards.NOTE, state),), limit=MOST)
    page = school.storage.query(school.part, query)
    return tuple(note for _, note in readable(school, page.documents, Note))


def waits(school: School, notice: Notice) -> bool:
    """Whether what a notice tells of still wants something of its receiver."""
    if notice.purpose in _TOLD:
        return True
    if notice.purpose == BULK_ASKED:
        return _asked_of(school, notice.receiver)
    if notice.purpose in (SIGN, SIGN_PROPOSED):
        return any(notice.receiver in told for told in _told_of_signs(school))
    if notice.purpose == SWAP_ASKED:
        proposed = people_and_duty(school)[1].proposed(school.clock.now())
        return any(swap.to == notice.receiver for swap in proposed)
    if notice.purpose == cards.NOTE:
        return bool(open_notes(school))
    return bool(_waits(school, notice.purpose, notice.receiver, school.clock.now()))


def _asked_of(school: School, person: PersonId) -> bool:
    """Whether a request for many students at once waits for this person's answer."""
    now = school.clock.now()
    query = Query(index="board", prefixes=((BULK, WAITING),), limit=MOST)
    files = (file for _, file in readable(school, every_page(school, query), BulkFile))
    asked = (one for file in files if file.person != person for one in file.requests)
    return any(one.waits(now) and person not in one.heard for one in asked)


def open_watches(school: School, *states: str) -> tuple[Watch, ...]:
    """The groups in which a sign stands in one of these states, worst first."""
    query = Query(index="board", prefixes=tuple(("sign", one) for one in states), limit=MOST)
    page = school.storage.query(school.part, query)
    return tuple(watch for _, watch in readable(school, page.documents, Watch))


def _told_of_signs(school: School) -> Iterator[frozenset[PersonId]]:
    """Who was told of each sign that still asks, and whose it is."""
    for watch in open_watches(school, *ASKING):
        owner = {watch.duty.owner} if watch.duty is not None else set()
        yield frozenset({*(one.person for one in watch.told), *owner})


def open_notices(school: School, owner: str) -> tuple[Notice, ...]:
    """The notices of a person that wait for an answer, worst first."""
    query = Query(index="owner", prefixes=(("notice", owner, "open"),), limit=MOST)
    page = school.storage.query(school.part, query)
    return tuple(told for _, told in readable(school, page.documents, Notice))


def notices_of(school: School, owner: str) -> tuple[Notice, ...]:
    """Those, and then the notices that they have answered."""
    query = Query(index="owner", prefixes=(("notice", owner, "acknowledged"),), limit=MOST)
    page = school.storage.query(school.part, query)
    answered = (told for _, told in readable(school, page.documents, Notice))
    return (*open_notices(school, owner), *answered)


def announce(school: School, claim: Claimed, now: datetime) -> bool:
    """Tell a person of their list over the inbox and the plan's channels: one notice for all of it.

    Nothing where nothing waits, and nothing where an open notice says it already; what has come
    since is said again after a pause, at once where it is worse.
    """
    owner = PersonId(Actor(claim.reference))
    settle = Settlement(claim.key, claim.token)
    purpose = claim.topic
    listed = _waits(school, purpose, owner, now)
    worst_now = worst(tuple(severity for severity, _ in listed)) or Severity.ATTENTION
    told = max(
        (
            n.queued
            for n in open_notices(school, owner)
            if n.purpose == purpose and n.severity >= worst_now
        ),
        default=None,
    )
    if not listed or (told is not None and claim.due <= told):
        school.storage.settle(school.part, [settle])
        return False
    again = told + PAUSE[worst_now < Severity.HIGH] if told is not None else now
    if again > now:
        school.storage.settle(school.part, [Settlement(claim.key, claim.token, again)])
        return False
    queue_notice(
        school,
        purpose=purpose,
        receiver=owner,
        role=_ROLES.get(purpose, "homeroom_teacher"),
        severity=worst_now,
        now=now,
        command=derived_command(school.part_key, purpose, claim.key, claim.due.isoformat()),
        answer_by=min((due for _, due in listed if due is not None), default=None),
        settle=(settle,),
    )
    return True


def queue_notice(
    school: School,
    *,
    purpose: str,
    receiver: PersonId,
    role: str,
    severity: Severity,
    now: datetime,
    command: CommandId,
    answer_by: datetime | None = None,
    settle: tuple[Settlement, ...] = (),
) -> None:
    """Queue one notice that is about no one student. It lies in the inbox with the commit."""
    notice = Notice(
        id=NoticeId(CommandIds(school.part_key, command).next("notice")),
        purpose=purpose,
        receiver=receiver,
        role=role,
        severity=severity,
        queued=now,
        answer_by=answer_by,
        channels=tuple(dict.fromkeys((INBOX, *school.plan.channels(severity)))),
    )
    lies = Delivery(channel=INBOX, attempts=1, result="accepted", content="K0", at=now)
    told_now = changed(notice, deliveries=(lies,))
    events: list[e.Event] = [
        e.NoticeQueued(notice=notice),
        e.AttemptFinished(
            notice=notice.id,
            channel=INBOX,
            attempt=1,
            started=now,
            at=now,
            result="accepted",
            content="K0",
        ),
    ]
    sends = cards.sends(notice, school.calendar)
    outside = tuple(entry for entry in sends if entry.key != cards.send(notice, INBOX, now).key)
    _commit(school, receiver, events, told_now, SYSTEM_TICK, now, command, settle, {}, outside)


def acknowledge(
    school: School, notice: Notice, version: int, actor: Actor, now: datetime, command: CommandId
) -> None:
    """The person has seen the worklist. Raises InvalidMoveError PSY023 for a second time."""
    if notice.acknowledged is not None:
        raise InvalidMoveError("PSY023")
    event = e.NoticeAcknowledged(notice=notice.id, by=PersonId(actor), at=now)
    after = changed(notice, acknowledged=now)
    expect = {f"notice/{notice.id}": version}
    _commit(school, notice.receiver, [event], after, actor, now, command, (), expect)


def _commit(
    school: School,
    owner: str,
    events: list[e.Event],
    notice: Notice,
    actor: Actor,
    now: datetime,
    command: CommandId,
    settle: tuple[Settlement, ...],
    expect: dict[str, int],
    outbox: tuple[Entry, ...] = (),
) -> None:
    new = seal_events(school, f"worklist/{owner}", "school", events, actor, now, command)
    changes = Changes(
        actor=actor,
        command=command,
        content=wire.digest_of(notice),
        expect=expect,
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(Receipt(command=command)),
        put=(seal_document(school, cards.notice_document(notice)),),
        outbox=outbox,
    )
    outcome = school.storage.commit(school.part, changes, settle)
    if not isinstance(outcome, Committed):
        school.storage.settle(school.part, settle)
        if expect:
            raise ConflictError("PSY003")
