"""The one handler: authorise, decide, react, seal, commit; again where somebody was faster.

Desk and tick come through here, so there is one way for anything to happen to a student's file.
A refusal leaves one line in the journal and nothing else. A command id that was used before gives
the earlier receipt and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from psysafe import wire
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Duplicate,
    Entry,
    Settlement,
    commit_digest,
)
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import HARM
from psysafe.domain.cases.deciding import decide
from psysafe.domain.files import StudentFile
from psysafe.domain.files_folding import evolve
from psysafe.domain.notes import TAKEN_UP
from psysafe.domain.privacy import may_know
from psysafe.domain.reactions import react
from psysafe.domain.reactions_signals import answers
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.engine import cards
from psysafe.engine.committing import (
    TRIES,
    Receipt,
    earlier,
    pause,
    refuse,
    seal_document,
    seal_encoded,
)
from psysafe.engine.gather import Gathered, gather, record_of
from psysafe.engine.grouping import observed, tell
from psysafe.engine.outcome import made_of, sheet_key
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.errors import ConflictError, NotFoundError, PsysafeError, ScaleError
from psysafe.ids import (
    Actor,
    CommandId,
    CommandIds,
    kind_of,
)

#: Events that one command may bring about, all in all: a stop for a plan that feeds on itself.
MOST_EVENTS: Final = 500


@attrs.frozen(kw_only=True)
class Done:
    """What became of a command: the receipt, the events, whether it had been done before."""

    receipt: Receipt
    events: tuple[e.Event, ...] = attrs.field(default=(), repr=False)
    repeated: bool = False


def handle(
    school: School,
    command: c.Command,
    actor: Actor,
    now: datetime,
    *,
    command_id: CommandId | None = None,
    settle: Sequence[Settlement] = (),
    beside: Sequence[cards.Stored] = (),
    gone: Sequence[str] = (),
    later: Sequence[Entry] = (),
) -> Done:
    """Carry out one command about one student.

    `beside` and `gone` are documents that the same commit writes and deletes and that no journal
    makes, such as what stands against a channel; `later` is what it queues besides.

    Raises NotFoundError, NotPermittedError, InvalidMoveError or InvalidDataError when it is
    refused, ConflictError PSY020 when the file kept changing or PSY004 when the command id was
    used for something else, ScaleError PSY210 for other answers than those of a sheet that is kept,
    StorageError when nothing could be kept.
    """
    known = command_id or school.ids.command()
    content = wire.digest_of(command)
    for attempt in range(TRIES):
        gathered = gather(school, command.student, getattr(command, "notice", None))
        try:
            events, after = decided(school, gathered.world, command, actor, now, known)
        except PsysafeError as refusal:
            return _refused(school, command, actor, now, known, content, refusal)
        if not events:
            school.storage.settle(school.part, settle)
            return Done(receipt=Receipt(command=known))
        receipt = _receipt(school, known, command, events, now)
        changes = _changes(school, gathered, events, after, actor, now, known, content, receipt)
        if beside or gone or later:
            more = tuple(seal_document(school, s) for s in beside)
            changes = attrs.evolve(
                changes,
                put=(*changes.put, *more),
                delete=(*changes.delete, *gone),
                outbox=(*changes.outbox, *later),
            )
        outcome = school.storage.commit(school.part, changes, settle)
        if isinstance(outcome, Committed):
            if after is not gathered.world.file:
                written = changes.put[0]  # the file itself comes first
                school.decoded.hold(written.key, written.body, after)
            first = outcome.position - len(events) + 1
            tell(school, observed(command.student, events, now, first))
            return Done(receipt=receipt, events=tuple(events))
        again = isinstance(outcome, Duplicate) and outcome.content == content
        if isinstance(command, c.RecordAnswers) and not again and _sheet_is_held(school, command):
            school.storage.settle(school.part, settle)
            return Done(receipt=Receipt(command=known), repeated=True)
        if isinstance(outcome, Duplicate):
            school.storage.settle(school.part, settle)
            return Done(receipt=earlier(outcome, content, known), repeated=True)
        pause(known, attempt)
    raise ConflictError("PSY020", action=type(command).__name__)


def _sheet_is_held(school: School, command: c.RecordAnswers) -> bool:
    """Whether this very sheet is kept, by a batch or alone. Raises ScaleError PSY210 for another.

    Only asked once the actor was found to be allowed to keep it.
    """
    key = sheet_key(command.student, command.scale, command.answered_at)
    document = school.storage.read(school.part, [key]).documents.get(key)
    if document is None:
        return False
    if record_of(school, document, command.student, e.AnswersScored).answers != command.answers:
        raise ScaleError("PSY210")
    return True


def decided(
    school: School,
    world: World,
    command: c.Command,
    actor: Actor,
    now: datetime,
    command_id: CommandId,
) -> tuple[list[e.Event], StudentFile]:
    """Everything that comes of a command, reactions included, and the file after it."""
    known_to(school, world, command, actor, now)
    ids = CommandIds(school.part_key, command_id)
    events = decide(world, command, actor, now, ids)
    file = world.file
    for event in events:
        file = evolve(file, event)
    index, here = 0, world
    while index < len(events):
        if file is not here.file:
            here = attrs.evolve(world, file=file)
        for follows in react(events[index], here, now, ids):
            file = evolve(file, follows)
            events.append(follows)
        index += 1
        if len(events) > MOST_EVENTS:
            raise ConflictError("PSY020", action=type(command).__name__)
    return events, file


def known_to(school: School, world: World, command: c.Command, actor: Actor, now: datetime) -> None:
    """For whoever may not know of it, the student, or the case, does not exist.

    Whoever was told of it, owes something about it, or leads it, knows of the case.
    """
    if kind_of(actor) == "system":
        return
    if isinstance(command, c.OfReceivers):
        return  # a receiver knows of their offer alone, and the offer answers for itself
    if actor in world.barred and _tells(world, command):
        raise NotFoundError
    told = world.notice is not None and world.notice.receiver == actor
    if told and world.present(actor, now):
        return
    holders = world.holders(actor, now)
    if not holders:
        raise NotFoundError
    about_a_case = hasattr(command, "case")
    involved = bool(holders & {"route_target", "duty_owner", "lead", "supervisor"})
    if about_a_case and not involved and not may_know(sight(school, actor, world, now)):
        raise NotFoundError


def _tells(world: World, command: c.Command) -> bool:
    """Whether a command is about something of which a barred person may not know."""
    if isinstance(command, c.AcknowledgeNotice):
        return world.notice is None or world.notice.purpose != TAKEN_UP
    return isinstance(command, c.ReviewFlag | c.Respond | c.SettleDuty)


def _receipt(
    school: School, known: CommandId, command: c.Command, events: list[e.Event], now: datetime
) -> Receipt:
    if isinstance(command, c.Report):
        reported = next(ev for ev in events if isinstance(ev, e.Reported))
        named = command.accused is not None
        return _report_receipt(school, known, reported, events, now, named)
    if isinstance(command, c.ReviewFlag):
        started = next((ev for ev in events if isinstance(ev, e.CaseSignalled)), None)
        case = started.case if started else None
        return Receipt(command=known, flag=command.flag, case=case)
    if isinstance(command, c.RecordAnswers):
        raised = next((ev.flag.id for ev in events if isinstance(ev, e.FlagRaised)), None)
        return Receipt(command=known, flag=raised)
    if isinstance(command, c.OfReferral):
        return _referral_receipt(known, command, events)
    return Receipt(command=known, case=getattr(command, "case", None))


def _referral_receipt(known: CommandId, command: c.OfReferral, events: list[e.Event]) -> Receipt:
    """The ids of what was made, for whoever goes on with it. A receiver learns of no case."""
    made = events[0]
    answers = isinstance(command, c.OfReceivers)
    return Receipt(
        command=known,
        case=None if answers else getattr(command, "case", None),
        consent=made.consent.id if isinstance(made, e.ConsentGiven) else None,
        referral=made.referral.id
        if isinstance(made, e.ReferralProposed)
        else getattr(command, "referral", None),
        offer=made.offer.id if isinstance(made, e.OfferMade) else getattr(command, "offer", None),
    )


def _report_receipt(
    school: School,
    known: CommandId,
    reported: e.Reported,
    events: list[e.Event],
    now: datetime,
    named: bool,
) -> Receipt:
    """What whoever reported learns: nothing but what follows from their own report."""
    signal = reported.signal
    opened = [ev.duty for ev in events if isinstance(ev, e.DutyOpened)]
    asked = next((d for d in opened if answers(d, signal)), None)
    taken_up = school.plan.deadline("taken_up", reported.severity)
    due = school.calendar.due(now, taken_up.within, taken_up.cap).at
    grave = reported.severity >= Severity.HIGH
    return Receipt(
        command=known,
        signal=signal.id,
        answered_by=asked.due if asked is not None else due,
        answered_from=asked.owner if asked is not None else None,
        asks=(
            *(("place",) if grave and signal.place == "unknown" else ()),
            *(("accused",) if HARM in signal.dangers and not named else ()),
        ),
    )


def _changes(
    school: School,
    gathered: Gathered,
    events: list[e.Event],
    after: StudentFile,
    actor: Actor,
    now: datetime,
    known: CommandId,
    content: bytes,
    receipt: Receipt,
) -> Changes:
    encoded = [wire.encode_event(event) for event in events]
    made = made_of(gathered.world, events, encoded, after, now)
    new = seal_encoded(school, f"file/{after.student}", after.student, encoded, actor, now, known)
    return Changes(
        actor=actor,
        command=known,
        content=content,
        # What is made for the first time must not be there yet.
        expect={**gathered.versions, **dict.fromkeys(made.fresh, 0)},
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(receipt),
        # A command that is given again makes the same ids again; each document is named once.
        put=tuple(seal_document(school, s) for s in {s.key: s for s in made.stored}.values()),
        delete=made.gone,
        outbox=made.entries,
    )


def _refused(
    school: School,
    command: c.Command,
    actor: Actor,
    now: datetime,
    known: CommandId,
    content: bytes,
    refusal: PsysafeError,
) -> Done:
    """As `refuse`; a sheet that is kept is also known where it is described in another way."""
    event = refusal_event(command, actor, now, refusal.code)
    found = refuse(school, event, known, content)
    if found is None:
        raise refusal
    other = found.content != content
    if other and isinstance(command, c.RecordAnswers) and _sheet_is_held(school, command):
        return Done(receipt=Receipt(command=known), repeated=True)
    return Done(receipt=earlier(found, content, known), repeated=True)


def refusal_event(command: c.Command, actor: Actor, now: datetime, code: str) -> e.DecisionRefused:
    """What the journal says of a command about a student that was refused."""
    action = type(command).__name__
    return e.DecisionRefused(student=command.student, by=actor, action=action, code=code, at=now)
