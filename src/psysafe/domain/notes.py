"""A note about somebody whom its teller may not look up: a classmate, an unknown caller's child.

A student may tell of a classmate, a guardian of another child, a volunteer of a caller without a
name. None of them learns whether the school knows such a student: nobody is looked up when a note
is taken. A person checks it, and either links it to a student, whereby it becomes a report, or
sets it aside. Until then it is called about by what stands in it: at high or above every counselor
hears at once.

    open --check: linked | set_aside--> closed
      |                                   ^
      +----- check: unknown --> kept -----+   by a later check: linked | set_aside

A caller without a name is often known only weeks later. Until then the note is kept, and calls
nobody; whoever links it then says so under their own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from psysafe.domain import codes, risk
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.duties_notes import CLOSED, KEPT, OPEN, Note, Teller
from psysafe.domain.files_folding import handed
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.severity import Severity
from psysafe.domain.signals import Signal, faults
from psysafe.domain.world import Around
from psysafe.errors import (
    Fact,
    Finding,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.ids import (
    Actor,
    CommandIds,
    DutyId,
    NoticeId,
    PersonId,
    StudentId,
    kind_of,
)
from psysafe.sensitivity import changed

Events = list[e.Event]
KIND: Final = "check_note"
NOTE: Final = "note"
TAKEN_UP: Final = "taken_up"
UNKNOWN: Final = "unknown"
#: Letters in which a teller says who is meant.
ABOUT_LIMIT: Final = 200
TEXT_LIMIT: Final = 4000
#: How many notes of one person may wait to be checked (suggestion house default). A volunteer of
#: the hotline takes many; a child with more than these is helped better by telephone.
MOST_OPEN: Final[Mapping[str, int]] = MappingProxyType(
    {"student": 10, "guardian": 10, "staff": 200}
)
#: By which way a note of somebody who is not staff came in.
SOURCE: Final[Mapping[str, str]] = MappingProxyType({"student": "peer", "guardian": "guardian"})


def take(
    around: Around, waiting: Teller, signal: Signal, about: str, now: datetime, ids: CommandIds
) -> Events:
    """Keep a note, and call those who check it.

    Raises InvalidDataError PSY013, PSY021; InvalidMoveError PSY027 where nobody is there, PSY031
    where too many of the teller's notes wait.
    """
    _sound(signal, about)
    limit = MOST_OPEN[kind_of(signal.reporter)]
    if len(waiting.waiting) >= limit:
        raise InvalidMoveError("PSY031", limit=limit)
    severity, _ = risk.judge(around.plan, signal.symptoms, signal.dangers)
    owner = around.first_of(("counselor", *LEADING_GROUP), now)
    if owner is None:
        raise InvalidMoveError("PSY027")
    duty = around.opened(KIND, owner, severity, DutyId(ids.next("duty")), now)
    answer = around.plan.deadline(TAKEN_UP, severity)
    note = Note(
        signal=signal,
        about=about,
        severity=severity,
        answered_by=around.calendar.due(now, answer.within, answer.cap).at,
        duty=duty,
    )
    hear: dict[PersonId, None] = {owner: None}
    if severity >= Severity.HIGH:
        hear |= dict.fromkeys(around.people("counselor", now))
    if severity is Severity.IMMINENT:
        hear |= dict.fromkeys(around.people(LEADING_GROUP[0], now))
    return [e.NoteTaken(note=note), *[_told(around, p, note, now, ids) for p in hear]]


def _sound(signal: Signal, about: str) -> None:
    given = (signal.source, signal.symptoms, signal.needs, signal.dangers, signal.place)
    wrong = list(faults(*given))
    for field, text, limit in (
        ("about", about, ABOUT_LIMIT),
        ("note", signal.note, TEXT_LIMIT),
    ):
        if len(text) > limit:
            facts: dict[str, Fact] = {"field": field, "limit": limit, "unit": "characters"}
            wrong.append(Finding(code="PSY021", where={"field": field}, facts=facts))
    if wrong:
        raise InvalidDataError(wrong)


def _told(
    around: Around, receiver: PersonId, note: Note, now: datetime, ids: CommandIds
) -> e.NoticeQueued:
    return e.NoticeQueued(
        notice=Notice(
            id=NoticeId(ids.next("notice")),
            purpose=NOTE,
            receiver=receiver,
            role="counselor",
            severity=note.severity,
            queued=now,
            answer_by=note.duty.due,
            channels=around.plan.channels(note.severity),
        )
    )


def check(
    around: Around,
    note: Note | None,
    actor: Actor,
    outcome: str,
    student: StudentId | None,
    now: datetime,
    ids: CommandIds,
) -> Events:
    """A person has checked it. The teller is answered the same way whatever was found.

    Raises NotFoundError for whoever checks no notes, InvalidDataError PSY013, InvalidMoveError
    PSY036 where it is closed, or kept, already.
    """
    found = readable_by(around, note, actor, now)
    codes.known("note_outcomes", outcome)
    if found.state == CLOSED or (found.state == KEPT and outcome == UNKNOWN):
        raise InvalidMoveError("PSY036", state=found.state)
    if (outcome == "linked") != (student is not None):
        raise NotPermittedError("PSY002", action=outcome)
    by, teller = PersonId(actor), PersonId(found.signal.reporter)
    checked = e.NoteChecked(
        note=found.id, teller=teller, outcome=outcome, student=student, by=by, at=now
    )
    if teller == by or found.state == KEPT:
        return [checked]  # they know it; or were answered when it was kept
    answer = Notice(
        id=NoticeId(ids.next("notice")),
        purpose=TAKEN_UP,
        receiver=teller,
        role="author",
        severity=Severity.ATTENTION,
        queued=max(now, found.answered_by),  # told at its time, never before
        channels=("inbox",),
    )
    return [checked, e.NoticeQueued(notice=answer)]


def readable_by(around: Around, note: Note | None, actor: Actor, now: datetime) -> Note:
    """The note, for whoever checks notes. For everybody else there is none: NotFoundError."""
    if note is not None:
        here = bool(around.roster.roles_of(actor, now))
        owes = here and actor in (note.duty.owner, *note.duty.had_by)
        if owes or around.may(KIND, actor, now):
            return note
    raise NotFoundError


def due(around: Around, note: Note | None, passed: int, now: datetime, ids: CommandIds) -> Events:
    """Time is up: somebody else checks it, and is called; where nobody is left, the same again."""
    if note is None or note.state != OPEN or note.duty.passed != passed or note.duty.due > now:
        return []
    moved = around.passed_on(note.duty, now)
    after = changed(note, duty=handed(note.duty, moved))
    return [moved, _told(around, after.duty.owner, after, now, ids)]


def evolve(note: Note | None, event: e.Event) -> Note:
    """A note after one more event. Raises ValueError for one that is not its own."""
    if isinstance(event, e.NoteTaken):
        return event.note
    if note is None:
        raise ValueError("an event of a note before it was taken")
    if isinstance(event, e.NoteChecked):
        return changed(note, state=KEPT if event.outcome == UNKNOWN else CLOSED)
    if isinstance(event, e.DutyPassedOn):
        return changed(note, duty=handed(note.duty, event))
    raise ValueError(f"{type(event).__name__} does not belong to a note")


def evolve_teller(teller: Teller, event: e.Event) -> Teller:
    """Which notes of a teller wait, after one more event."""
    if isinstance(event, e.NoteTaken):
        return Teller(waiting=(*teller.waiting, event.note.id))
    if isinstance(event, e.NoteChecked):
        return Teller(waiting=tuple(n for n in teller.waiting if n != event.note))
    return teller
