"""Notes about somebody: taken without looking anybody up, called about, checked by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from psysafe import wire
from psysafe.contracts.storage import (
    Changes,
    Claimed,
    Committed,
    Duplicate,
    Entry,
    Settlement,
    commit_digest,
)
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain import notes
from psysafe.domain.duties import Notice
from psysafe.domain.duties_notes import OPEN, Note, Teller
from psysafe.domain.files_notices import evolve_notice, says_more
from psysafe.domain.people import Roster
from psysafe.domain.signals import Signal
from psysafe.domain.world import Around
from psysafe.engine import cards
from psysafe.engine.boards import Board, Decided, Read, Stored, carry_out, read
from psysafe.engine.committing import Receipt, seal_document, seal_events
from psysafe.engine.gather import ROSTER, record_of, roster, roster_in
from psysafe.engine.handle import handle
from psysafe.engine.next_channel import next_after_receipt
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.engine.worklist import open_notes
from psysafe.errors import ConflictError, NotFoundError
from psysafe.ids import (
    SYSTEM_TICK,
    Actor,
    CommandId,
    CommandIds,
    NoticeId,
    PersonId,
    SignalId,
    StudentId,
    derived_command,
    kind_of,
)
from psysafe.sensitivity import changed

#: What was asked does not depend on when: given again later, a command is the same command.
_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _board(school: School, note: str, *also: str) -> Board[Note]:
    return Board(
        key=f"note/{note}",
        record=Note,
        stored=cards.note_document,
        entries=partial(cards.note_wakes, calendar=school.calendar),
        evolve=notes.evolve,
        also=also,
    )


def _around(school: School, people: Roster) -> Around:
    return Around(roster=people, plan=school.plan, calendar=school.calendar)


def _teller(school: School, here: Read[Note], who: str) -> Teller:
    found = here.snapshot.documents.get(f"teller/{who}")
    return record_of(school, found, "school", Teller) if found is not None else Teller()


def _besides(
    school: School, here: Read[Note], who: str, events: Sequence[e.Event]
) -> tuple[cards.Stored, ...]:
    """The teller's list and the notices, after these events."""
    teller = _teller(school, here, who)
    for event in events:
        teller = notes.evolve_teller(teller, event)
    told = [ev.notice for ev in events if isinstance(ev, e.NoticeQueued)]
    return (cards.teller_document(who, teller), *(cards.notice_document(n) for n in told))


def take(
    school: School,
    told: Signal,
    about: str,
    actor: Actor,
    now: datetime,
    command_id: CommandId | None,
) -> Receipt:
    """Keep a note. The receipt is that of a report, and nobody has been looked up.

    `told` has no id yet. Raises what `notes.take` raises, NotFoundError for an actor whom the
    school does not know.
    """
    _known(school, actor, now)
    known = command_id or school.ids.command()
    signal = changed(told, id=SignalId(CommandIds(school.part_key, known).next("sig")))

    def decide(here: Read[Note], ids: CommandIds) -> Decided:
        around = _around(school, here.roster)
        teller = _teller(school, here, actor)
        events = notes.take(around, teller, signal, about, now, ids)
        taken = next(ev for ev in events if isinstance(ev, e.NoteTaken))
        return Decided(
            events=events,
            besides=_besides(school, here, actor, events),
            answered_by=taken.note.answered_by,
            names={"signal": signal.id},
        )

    receipt, _ = carry_out(
        school,
        _board(school, signal.id, f"teller/{actor}"),
        decide,
        actor,
        now,
        what="note",
        content=wire.digest_of(changed(signal, at=_ANY_TIME)) + about.encode(),
        command_id=known,
    )
    return receipt


def _known(school: School, actor: Actor, now: datetime) -> None:
    """Whether the actor belongs to the school. Raises NotFoundError."""
    if kind_of(actor) == "student":
        key = f"student/{actor.partition(':')[2]}"
        if key in school.storage.read(school.part, [key]).documents:
            return
    elif kind_of(actor) == "guardian" or roster(school).roles_of(actor, now):
        return
    raise NotFoundError


def listed(school: School, actor: Actor, now: datetime, state: str = OPEN) -> list[dict[str, Any]]:
    """The notes that wait, worst first, for whoever checks notes; nothing for anybody else. With
    `kept` those of which nobody knows yet who is meant.

    Who told it is not shown: the note says what was told, and the journal who told it.
    """
    around = _around(school, roster(school))
    found = []
    for note in open_notes(school, state):
        try:
            notes.readable_by(around, note, actor, now)
        except NotFoundError:
            continue
        found.append(_line(note, now))
    journal_list(school, actor, "notes", now)
    return found


def _line(note: Note, now: datetime) -> dict[str, Any]:
    signal = note.signal
    return {
        "note": note.id,
        "about": note.about,
        "source": signal.source,
        "kind": signal.kind,
        "at": signal.at,
        "severity": note.severity.value,
        "symptoms": dict(signal.symptoms),
        "needs": list(signal.needs),
        "dangers": list(signal.dangers),
        "place": signal.place,
        "text": signal.note,
        "owner": note.duty.owner,
        "due": note.duty.due,
        "overdue": note.state == OPEN and note.duty.due <= now,
    }


def check(
    school: School,
    actor: Actor,
    note: SignalId,
    outcome: str,
    student: StudentId | None,
    now: datetime,
    accused: tuple[PersonId, ...] = (),
) -> Receipt:
    """Link a note to a student, whereby it becomes a report; set it aside; or keep it, where
    nobody knows who is meant. `accused`: who is barred with the report, and with them whom else.
    """
    board = _board(school, note)
    here = read(school, board)
    around = _around(school, here.roster)
    found = notes.readable_by(around, here.state, actor, now)
    ids = CommandIds(school.part_key, derived_command(school.part_key, "check", note))
    notes.check(around, found, actor, outcome, student, now, ids)
    asks: tuple[str, ...] = ()
    if student is not None:
        # The report first, under a command of the note: given again after a stop half-way it is
        # the same report, and the note is never closed without it.
        told = found.signal
        wish = c.Report(
            student=student,
            source=told.source,
            symptoms=told.symptoms,
            needs=told.needs,
            dangers=told.dangers,
            place=told.place,
            note=told.note,
            kind=told.kind,
            reporter=told.reporter,
            told=told.at,
            accused=accused[0] if accused else None,
            accused_also=accused[1:],
        )
        own = derived_command(school.part_key, "link", note)
        asks = handle(school, wish, actor, now, command_id=own).receipt.asks
    teller = found.signal.reporter

    def decide(seen: Read[Note], fresh: CommandIds) -> Decided:
        events = notes.check(
            _around(school, seen.roster), seen.state, actor, outcome, student, now, fresh
        )
        return Decided(events=events, besides=_besides(school, seen, teller, events))

    receipt, _ = carry_out(
        school,
        _board(school, note, f"teller/{teller}"),
        decide,
        actor,
        now,
        what="note",
        content="\0".join(["check", note, outcome, student or ""]).encode(),
    )
    return changed(receipt, asks=asks)


def time_is_up(school: School, claim: Claimed, now: datetime) -> Sequence[e.Event]:
    """A note that nobody has checked in time is passed on, and called about again."""
    note, passed = claim.reference.split("|")

    def decide(here: Read[Note], ids: CommandIds) -> Decided:
        events = notes.due(_around(school, here.roster), here.state, int(passed), now, ids)
        told = [ev.notice for ev in events if isinstance(ev, e.NoticeQueued)]
        return Decided(events=events, besides=tuple(cards.notice_document(n) for n in told))

    _, events = carry_out(
        school,
        _board(school, note),
        decide,
        SYSTEM_TICK,
        now,
        what="note",
        content="\0".join(["due", note, passed]).encode(),
        command_id=derived_command(school.part_key, cards.NOTE, note, passed),
        settle=[Settlement(claim.key, claim.token)],
    )
    return events


# -- calls about a note -----------------------------------------------------------------------


def call_of(school: School, notice: NoticeId) -> tuple[Notice | None, Roster, int]:
    """A notice that is about no student, the roster, and the notice's version."""
    key = f"notice/{notice}"
    snapshot = school.storage.read(school.part, [key, ROSTER])
    document = snapshot.documents.get(key)
    found = record_of(school, document, "school", Notice) if document is not None else None
    return found, roster_in(school, snapshot), snapshot.version(key)


def keep_call(
    school: School,
    notice: Notice,
    version: int,
    attempt: e.AttemptStarted | e.AttemptFinished,
    now: datetime,
    settle: Settlement,
    *,
    lost: e.AttemptStarted | None = None,
    others: tuple[Entry, ...] = (),
    troubles: tuple[tuple[Stored, ...], tuple[str, ...]] = ((), ()),
    claim: int,
) -> None:
    """Keep what one attempt came to, and go on where there is more to try.

    `lost`: the attempt before this one, which may have reached somebody; `troubles`: what now
    stands against the channel, and what does no longer; `claim`: which claim of it this is.
    Raises ConflictError PSY020 where the notice changed meanwhile: the claim comes back.
    """
    after = evolve_notice(notice, attempt)
    if after is None:
        raise NotFoundError
    what = "lost" if isinstance(attempt, e.AttemptStarted) else "attempt"
    known = derived_command(school.part_key, what, notice.id, attempt.channel, str(claim))
    stream = f"worklist/{notice.receiver}"
    tried = [attempt] if lost is None else [lost, attempt]
    new = seal_events(school, stream, "school", tried, SYSTEM_TICK, now, known)
    begun, ended = troubles
    stored = (cards.notice_document(after), *begun)
    changes = Changes(
        actor=SYSTEM_TICK,
        command=known,
        content=wire.digest_of(attempt),
        expect={f"notice/{notice.id}": version},
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(Receipt(command=known)),
        put=tuple(seal_document(school, one) for one in stored),
        delete=ended,
        outbox=others,
    )
    outcome = school.storage.commit(school.part, changes, [settle])
    if isinstance(outcome, Duplicate):
        school.storage.settle(school.part, [settle])
    elif not isinstance(outcome, Committed):
        raise ConflictError("PSY020", action="attempt")


def keep_receipt(
    school: School,
    notice: Notice,
    heard: e.ReceiptHeard,
    troubles: tuple[tuple[Stored, ...], tuple[str, ...]] = ((), ()),
) -> None:
    """Keep what a provider said of a call about no student, where it says more than before.

    `troubles`: what now stands against channels because of it, and what does no longer.
    Raises ConflictError PSY020 where the notice changed meanwhile: the provider calls again.
    """
    found, _, version = call_of(school, notice.id)
    if found is None or not says_more(found, heard.channel, heard.state, signed=heard.signed):
        return
    after = evolve_notice(found, heard)
    if after is None:
        raise NotFoundError
    sort = "receipt" if heard.signed else "hint"
    known = derived_command(school.part_key, sort, notice.id, heard.channel, heard.state)
    stream = f"worklist/{notice.receiver}"
    new = seal_events(school, stream, "school", [heard], SYSTEM_TICK, heard.at, known)
    changes = Changes(
        actor=SYSTEM_TICK,
        command=known,
        content=wire.digest_of(changed(heard, at=_ANY_TIME)),
        expect={f"notice/{notice.id}": version},
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(Receipt(command=known)),
        put=tuple(
            seal_document(school, one) for one in (cards.notice_document(after), *troubles[0])
        ),
        delete=troubles[1],
        outbox=tuple(next_after_receipt(found, heard)),
    )
    outcome = school.storage.commit(school.part, changes)
    if not isinstance(outcome, Committed | Duplicate):
        raise ConflictError("PSY020", action="receipt")
