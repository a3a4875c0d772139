"""Groups and circles as documents; what wakes the count of a group, and what wakes its duty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from psysafe.clock import to_wire
from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duties_signs import Circle, Watch
from psysafe.domain.files import StudentFile
from psysafe.domain.severity import Assessed, Severity, opaque_code
from psysafe.engine.cards import SAID_AGAIN, Stored, sends
from psysafe.ids import StudentId

SIGN_TOPIC: Final = "sign"
SIGN_DUE: Final = "sign_due"
CIRCLE_TOPIC: Final = "circle"
DECLARED: Final = "declared"
#: What a count is about besides a report: a death, and what was entered in error.
DEATH: Final = "death"
NO_DEATH: Final = "no_death"
VOID: Final = "void"


def watch_document(watch: Watch) -> Stored:
    """A group as a document; those with a sign are found by where the sign stands."""
    index = {"lifecycle": watch.state}
    if watch.duty is not None:
        index |= {
            "owner": watch.duty.owner,
            "severity": opaque_code(watch.duty.severity),
            "due": to_wire(watch.duty.due),
        }
    return Stored(key=f"sign/{watch.group}", record=watch, subject="school", index=index)


def circle_document(circle: Circle) -> Stored:
    index = {"lifecycle": DECLARED if circle.members else "ended"}
    return Stored(key=f"circle/{circle.id}", record=circle, subject="school", index=index)


def circle_wakes(events: Iterable[e.Event], after: Circle) -> tuple[Entry, ...]:
    """What was heard of its members before it was declared is counted in it too."""
    return tuple(
        Entry(f"circle/{after.id}/{to_wire(after.at)}", CIRCLE_TOPIC, after.id, after.at, 2)
        for event in events
        if isinstance(event, e.CircleDeclared) and after.members
    )


def watch_wakes(
    events: Sequence[e.Event], after: Watch, calendar: SchoolCalendar
) -> tuple[Entry, ...]:
    """Who is called about a sign, and the moment at which its duty is late."""
    found: list[Entry] = []
    for event in events:
        if isinstance(event, e.NoticeQueued):
            found += sends(event.notice, calendar)
        elif isinstance(event, e.SignRaised | e.SignProposed | e.SignAnswered | e.DutyPassedOn):
            duty = after.duty
            if duty is None:
                continue
            wake = duty.due
            if isinstance(event, e.DutyPassedOn) and event.to is None:
                wake = event.at + SAID_AGAIN
            key = f"sign_due/{duty.id}/{duty.passed}"
            reference = f"{after.group}|{after.sign}|{duty.id}|{duty.passed}"
            found.append(Entry(key, SIGN_DUE, reference, wake, 4 - duty.severity.rank))
    return tuple(found)


def heard_wakes(events: Iterable[e.Event], after: StudentFile) -> Iterator[Entry]:
    """What is to be counted in the student's groups: in the same commit as the report itself.

    So none is missed, however many write at once; the count itself comes a moment later, because
    what spans several students cannot stand in one student's file.
    """
    for event in events:
        found = _heard(event, after)
        if found is not None:
            what, severity, at = found
            yield sign_wake(after.student, what, severity, at)


def sign_wake(student: StudentId, what: str, severity: Severity, at: datetime) -> Entry:
    """The entry of one thing that was heard."""
    when = to_wire(at)
    reference = f"{student}|{what}|{severity.value}|{when}"
    return Entry(f"sign/{student}/{what}/{when}", SIGN_TOPIC, reference, at, 4 - severity.rank)


def _heard(event: e.Event, after: StudentFile) -> tuple[str, Severity, datetime] | None:
    match event:
        case e.SignalReported(signal=signal, severity=severity):
            return _grave(signal.id, severity, signal.heard)
        case e.FlagReviewed(outcome="joined_case", flag=name, at=at):
            # A score alone is no sign; a person who joins it to a case makes it one.
            flag = after.flag(name)
            return _grave(name, flag.severity, at) if flag is not None else None
        case e.SeverityChanged(level=Assessed(severity=severity), case=case, at=at):
            return _grave(f"{case}/{severity.value}", severity, at)
        case e.StudentBereaved(at=at):
            return DEATH, Severity.IMMINENT, at
        case e.DeathTakenBack(at=at):
            return NO_DEATH, Severity.IMMINENT, at
        case e.CaseVoided(at=at):
            return VOID, Severity.HIGH, at
    return None


def _grave(what: str, severity: Severity, at: datetime) -> tuple[str, Severity, datetime] | None:
    return (what, severity, at) if severity >= Severity.MODERATE else None
