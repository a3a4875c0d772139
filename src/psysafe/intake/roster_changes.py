"""What a roster changes: the events of the school's people, and those of one student.

Pure: who is known and whether a case is live is handed in. A change that a live case stands
against becomes a hand-over; to whoever runs the import it looks like any other change, for the
existence of a case is none of their business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import attrs

from psysafe.domain import events as e
from psysafe.domain import handovers
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.people import (
    Guardian,
    HandOver,
    Placement,
    RoleHeld,
    Roster,
    SchoolClass,
    Scope,
    Student,
)
from psysafe.domain.plan import Plan
from psysafe.ids import ClassId, PersonId, StudentId
from psysafe.intake.guardians import Relative
from psysafe.intake.roster import Named, one_each
from psysafe.intake.roster_rows import NUMBER, Pupil, homeroom
from psysafe.intake.tables import plain
from psysafe.sensitivity import changed

#: Makes the id of a new student from the identity by which the files know them.
StudentIds = Callable[[str, str], StudentId]
#: Makes the id of a new guardian from the student and the guardian's name.
GuardianIds = Callable[[StudentId, str], PersonId]
Outcome = Literal["new", "changed", "unchanged", "review", "refused"]


@attrs.frozen(kw_only=True)
class Making:
    """What new relations need: the present, plan and calendar, and how ids are made."""

    now: datetime
    plan: Plan
    calendar: SchoolCalendar
    student_id: StudentIds
    guardian_id: GuardianIds


@attrs.frozen(kw_only=True)
class Change:
    """What one student's rows come to. `said` are codes of findings and their columns."""

    outcome: Outcome
    student: StudentId | None = None
    events: tuple[e.Event, ...] = attrs.field(default=(), repr=False)
    said: tuple[tuple[str, str], ...] = ()
    moves: bool = False
    """whether a place in a class ends, now or as soon as people have accepted it"""


# -- the school's people ------------------------------------------------------------------------


def class_events(classes: Mapping[ClassId, SchoolClass], roster: Roster) -> list[e.Event]:
    """The classes that are new, or called something else now."""
    return [
        e.ClassAdded(school_class=classes[key])
        for key in sorted(classes)
        if roster.classes.get(key) != classes[key]
    ]


def homeroom_events(
    named: Sequence[Named], roster: Roster, now: datetime
) -> tuple[list[e.Event], list[tuple[Named, str]]]:
    """Homeroom teachers who are not yet theirs, and with a code what a person should see.

    PSY229: the file names somebody who has left the class. PSY228: the class has another one.
    """
    events: list[e.Event] = []
    said: list[tuple[Named, str]] = []
    for one in named:
        of = one.school_class
        held = homeroom(roster.staff[one.teacher], of)
        if any(h.until is None or h.until > now for h in held):
            continue
        if held:
            said.append((one, "PSY229"))
            continue
        others = {other.teacher for other in named if other.school_class.id == of.id}
        others |= {s.id for s in roster.holders("homeroom_teacher", of.grade, of.id, now)}
        if others - {one.teacher}:
            said.append((one, "PSY228"))
        scope = Scope(kind="class", values=(of.id,))
        role = RoleHeld(role="homeroom_teacher", scope=scope, since=now)
        events.append(e.RelationStarted(staff=one.teacher, role=role))
    return events, said


# -- one student --------------------------------------------------------------------------------


def known_as(pupil: Pupil, found: Mapping[tuple[str, str], Student]) -> Student | Change | None:
    """The student whom the rows mean; None where it is a new one.

    A Change where a person must look: PSY267, the numbers belong to two students; PSY268, it may
    be somebody else under a number that was used before.
    """
    hits = {
        source: found[source, number]
        for source, number in pupil.identities.items()
        if (source, number) in found
    }
    if not hits:
        return None
    if len({one.id for one in hits.values()}) > 1:
        return Change(outcome="refused", said=(("PSY267", _column(pupil)),))
    known = next(iter(hits.values()))
    held = dict(known.identities)
    renamed = plain(known.name) != plain(pupil.name)
    # A number that the student had before, or the same number beside another national one.
    stale = NUMBER in hits and held.get(NUMBER) != pupil.identities[NUMBER]
    differs = any(held.get(source, number) != number for source, number in pupil.identities.items())
    by_number = NUMBER in hits or NUMBER not in pupil.identities
    if stale or (differs and by_number) or (renamed and not _still_themselves(pupil, known)):
        return Change(outcome="review", said=(("PSY268", _column(pupil)),))
    if renamed and NUMBER not in hits and differs:
        return Change(outcome="review", said=(("PSY268", _column(pupil)),))
    return known


def _column(pupil: Pupil) -> str:
    return "学号" if NUMBER in pupil.identities else "学籍号"


def _still_themselves(pupil: Pupil, known: Student) -> bool:
    """Whether somebody of another name is the same student: in their class, or with their people.

    Schools give the number of somebody who left to somebody who comes.
    """
    if known.gone:
        return False
    names = {plain(guardian.name) for guardian in known.guardians}
    family = any(plain(relative.name) in names for relative in pupil.relatives)
    return family or known.placement.class_id == pupil.class_id


def student_change(pupil: Pupil, known: Student | None, live: bool, making: Making) -> Change:
    """What the rows change for one student."""
    if known is None:
        if pupil.leaves or pupil.school_class is None:
            return Change(outcome="unchanged")
        made = _new_student(pupil, pupil.school_class, making)
        events: tuple[e.Event, ...] = (e.PersonAdded(student=made),)
        return Change(outcome="new", student=made.id, events=events)
    said: list[tuple[str, str]] = []
    written = _written(pupil, known)
    found: list[e.Event] = [] if written == known else [e.PersonAdded(student=written)]
    found += _placed(pupil, known, live, making, said)
    if not (known.gone or pupil.leaves):
        found += _guardians(pupil, known, making, said)
    return Change(
        outcome="changed" if found else "unchanged",
        student=known.id,
        events=tuple(found),
        said=tuple(said),
        moves=any(_moves(event, known) for event in found),
    )


def _moves(event: e.Event, known: Student) -> bool:
    if isinstance(event, e.RelationStarted) and event.placement is not None:
        return not known.gone and event.placement.class_id != known.placement.class_id
    ended = isinstance(event, e.RelationEnded) and event.placement is not None
    return ended or isinstance(event, e.HandOverListed)


def _written(pupil: Pupil, known: Student) -> Student:
    """What is written of a student; what the files do not hold stays as it was known."""
    name = known.name if plain(known.name) == plain(pupil.name) else pupil.name
    identities = {**dict(known.identities), **pupil.identities}
    details = {**known.details, **pupil.details}
    return changed(known, name=name, identities=tuple(identities.items()), details=details)


def _listed(making: Making, place: Placement | None, why: str = "") -> HandOver:
    return handovers.listed(making.now, making.plan, making.calendar, place, why)


def _placed(
    pupil: Pupil, known: Student, live: bool, making: Making, said: list[tuple[str, str]]
) -> list[e.Event]:
    """A move, a departure or a return; a hand-over where a live case stands against it."""
    held = known.placement
    if pupil.leaves:
        if known.gone:
            return []
        why = pupil.status or ""
        return _change(known, _listed(making, None, why), live)
    if pupil.school_class is None:
        return []
    place = Placement(
        class_id=pupil.school_class.id,
        grade=pupil.school_class.grade,
        since=making.now,
        campus=pupil.campus or held.campus,
    )
    if known.gone:
        if pupil.status is None:
            said.append(("PSY266", "姓名"))
            return []
        return [e.RelationStarted(student=known.id, placement=place)]
    if held.class_id != place.class_id:
        return _change(known, _listed(making, place), live)
    found: list[e.Event] = []
    if held.campus != place.campus:
        corrected = changed(held, campus=place.campus)
        found.append(e.RelationStarted(student=known.id, placement=corrected))
    if known.hand_over is not None and known.hand_over.kind != handovers.TEACHER:
        # The files have come back to what is: nothing is to be handed over any more.
        found.append(e.HandOverSettled(student=known.id, outcome="withdrawn", at=making.now))
    return found


def _change(known: Student, wanted: HandOver, live: bool) -> list[e.Event]:
    waits = known.hand_over
    if live:
        if handovers.same_change(waits, wanted):
            return []
        return [e.HandOverListed(student=known.id, hand_over=wanted)]
    now = wanted.listed
    made: list[e.Event] = []
    if waits is not None:
        made.append(e.HandOverSettled(student=known.id, outcome="over", at=now))
    return [*made, handovers.change_of(known.id, known.placement, wanted, now)]


def _guardian(relative: Relative, identity: PersonId, since: datetime) -> Guardian:
    return Guardian(
        id=identity,
        kind=relative.kind,
        name=relative.name,
        relation=relative.relation,
        telephones=relative.telephones,
        since=since,
    )


def _new_student(pupil: Pupil, place: SchoolClass, making: Making) -> Student:
    source, number = next(iter(pupil.identities.items()))
    identity = making.student_id(source, number)
    guardians = [
        _guardian(r, making.guardian_id(identity, plain(r.name)), making.now)
        for r in one_each(pupil.relatives)
    ]
    return Student(
        id=identity,
        name=pupil.name,
        identities=tuple(pupil.identities.items()),
        placement=Placement(
            class_id=place.id, grade=place.grade, since=making.now, campus=pupil.campus
        ),
        guardians=tuple(guardians),
        details=dict(pupil.details),
    )


def _guardians(
    pupil: Pupil, known: Student, making: Making, said: list[tuple[str, str]]
) -> list[e.Event]:
    events: list[e.Event] = []
    for relative in one_each(pupil.relatives):
        same = next((g for g in known.guardians if plain(g.name) == plain(relative.name)), None)
        if same is None:
            who = making.guardian_id(known.id, plain(relative.name))
            written = _guardian(relative, who, making.now)
        elif same.until is not None and same.until <= making.now:
            said.append(("PSY234", relative.column))
            continue
        else:
            written = changed(_guardian(relative, same.id, same.since), until=same.until)
            # What a file does not say, or not in a known word, takes nothing away.
            if not relative.telephones:
                written = changed(written, telephones=same.telephones)
            if not relative.known:
                written = changed(written, kind=same.kind, relation=same.relation)
        if written != same:
            events.append(e.RelationStarted(student=known.id, guardian=written))
    return events
