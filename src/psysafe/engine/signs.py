"""Collective signs: what was heard is counted in each group of the student, and answered.

A group is a document of its own; counting is a commit of its own, woken by an entry that was kept
with the report. Two that count in one group at once: the later one reads again. A count that was
made is known by its key, so that a claim which comes back counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import attrs

from psysafe.clock import from_wire
from psysafe.contracts.storage import Claimed, Query, Settlement
from psysafe.domain import events as e
from psysafe.domain import signs
from psysafe.domain.duties_signs import ASKING, CLASS, Circle, Heard, Watch
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Roster
from psysafe.domain.severity import Severity
from psysafe.domain.signs_counting import Group, alarming, span_of
from psysafe.domain.signs_folding import evolve
from psysafe.domain.world import Around, World
from psysafe.engine import cards_signs as cards
from psysafe.engine.boards import Board, Decided, Read, carry_out, done_before
from psysafe.engine.cards import BarCard, notice_document
from psysafe.engine.committing import TRIES, Receipt
from psysafe.engine.gather import every_page, gather, readable, record_of
from psysafe.engine.school import School
from psysafe.engine.worklist import open_watches
from psysafe.errors import ConflictError, NotFoundError
from psysafe.ids import (
    SYSTEM_TICK,
    Actor,
    CircleId,
    ClassId,
    CommandId,
    CommandIds,
    PersonId,
    StudentId,
    derived_command,
)

_Decide = Callable[[Group, CommandIds], list[e.Event]]
OPEN: Final = (*ASKING, "answered")


class _GrownError(Exception):
    """Somebody is counted of whom the decision has not read who is barred for them."""


@attrs.frozen(kw_only=True)
class Named:
    """A group of which nothing may have been heard yet: its id, kind and grade."""

    group: str
    kind: str
    grade: str
    size: int


def _board(school: School, group: str, also: Sequence[str]) -> Board[Watch]:
    return Board(
        key=f"sign/{group}",
        record=Watch,
        stored=cards.watch_document,
        entries=partial(cards.watch_wakes, calendar=school.calendar),
        evolve=evolve,
        also=tuple(also),
    )


def group_of(
    school: School,
    watch: Watch | None,
    besides: ClassId | None,
    read: Mapping[str, frozenset[PersonId]],
    people: Roster,
    now: datetime,
) -> Group | None:
    """All that a decision about a group looks at; None where the plan has no collective signs."""
    rule = school.plan.signs
    if rule is None:
        return None
    classes = [one.school_class for one in watch.heard] if watch is not None else []
    named = () if besides is None else (besides,)
    known = dict.fromkeys((*named, *classes))
    around = tuple(
        Around(
            roster=people,
            plan=school.plan,
            calendar=school.calendar,
            school_class=people.classes.get(one),
        )
        for one in known
    )
    bare = Around(roster=people, plan=school.plan, calendar=school.calendar)
    return Group(
        around=around or (bare,),
        watch=watch,
        barred={StudentId(student): people for student, people in read.items()},
        rule=rule,
        span=span_of(rule, school.calendar, now),
    )


def _barred(
    school: School, here: Read[Watch], students: Sequence[StudentId]
) -> dict[str, frozenset[PersonId]]:
    found: dict[str, frozenset[PersonId]] = {}
    for student in students:
        document = here.snapshot.documents.get(f"bar/{student}")
        if document is not None:
            card = record_of(school, document, student, BarCard)
            found[student] = frozenset(card.barred)
    return found


def do_in(
    school: School,
    group: str,
    decide: Callable[[Group, Read[Watch], CommandIds], list[e.Event]],
    actor: Actor,
    now: datetime,
    *,
    content: Sequence[str],
    student: StudentId | None = None,
    school_class: ClassId | None = None,
    narrower: Sequence[str] = (),
    files: Sequence[StudentId] = (),
    command_id: CommandId | None = None,
    settle: Sequence[Settlement] = (),
) -> tuple[Receipt, Sequence[e.Event]]:
    """Decide on one group and keep it, on who is barred for anybody counted in it."""
    for _ in range(TRIES):
        held = _held(school, group)
        counted = [one.student for one in held.heard] if held is not None else []
        named = () if student is None else (student,)
        students = tuple(dict.fromkeys((*named, *counted)))

        def decided(
            here: Read[Watch], ids: CommandIds, students: Sequence[StudentId] = students
        ) -> Decided:
            if here.state is not None and {x.student for x in here.state.heard} - {*students}:
                raise _GrownError
            barred = _barred(school, here, students)
            found = group_of(school, here.state, school_class, barred, here.roster, now)
            events = decide(found, here, ids) if found is not None else []
            told = [ev.notice for ev in events if isinstance(ev, e.NoticeQueued)]
            return Decided(events=events, besides=tuple(notice_document(n) for n in told))

        also = [f"bar/{one}" for one in students] + [f"sign/{one}" for one in narrower]
        also += [f"file/{one}" for one in files]
        try:
            return carry_out(
                school,
                _board(school, group, also),
                decided,
                actor,
                now,
                what="sign",
                content=_said(content),
                command_id=command_id,
                settle=settle,
            )
        except _GrownError:
            continue
    raise ConflictError("PSY020", action="sign")


def _said(content: Sequence[str], *more: str) -> bytes:
    return "\0".join([*content, *more]).encode()


def _held(school: School, group: str) -> Watch | None:
    key = f"sign/{group}"
    document = school.storage.read(school.part, [key]).documents.get(key)
    return record_of(school, document, "school", Watch) if document is not None else None


# -- counting ---------------------------------------------------------------------------------


def circles_of(school: School, student: StudentId) -> list[Circle]:
    """The circles that a student belongs to."""
    return [one for one in declared_circles(school) if student in one.members]


def declared_circles(school: School) -> list[Circle]:
    query = Query(index="board", prefixes=(("circle", cards.DECLARED),), limit=200)
    return [one for _, one in readable(school, every_page(school, query), Circle)]


def _groups(school: School, world: World) -> list[Named]:
    """The groups of a student, the narrowest first; the class last."""
    place = world.standing
    circles = circles_of(school, place.student)
    found = [
        Named(group=one.id, kind=one.kind, grade=place.grade, size=len(one.members))
        for one in circles
    ]
    found.sort(key=lambda one: (one.size, one.group))
    if place.class_id:
        found.append(Named(group=place.class_id, kind=CLASS, grade=place.grade, size=0))
    return found


def count(school: School, claim: Claimed, now: datetime) -> None:
    """Count what an entry tells of in every group of its student, then settle the entry."""
    if claim.topic == cards.CIRCLE_TOPIC:
        _count_circle(school, CircleId(claim.reference), now)
    else:
        student, what, severity, at = claim.reference.split("|")
        _count(school, StudentId(student), what, Severity(severity), from_wire(at), now)
    school.storage.settle(school.part, [Settlement(claim.key, claim.token)])


def _count(
    school: School, student: StudentId, what: str, severity: Severity, at: datetime, now: datetime
) -> None:
    try:
        world = gather(school, student).world
    except NotFoundError:
        return
    narrower: list[str] = []
    for named in _groups(school, world):
        _count_in(school, named, world, (what, severity, at), now, tuple(narrower))
        narrower.append(named.group)


def _dead(school: School, here: Read[Watch], student: StudentId) -> bool:
    """Whether the student's death stands at this moment."""
    document = here.snapshot.documents.get(f"file/{student}")
    if document is None:
        return False
    return record_of(school, document, student, StudentFile).frozen is not None


def _count_in(
    school: School,
    named: Named,
    world: World,
    told: tuple[str, Severity, datetime],
    now: datetime,
    narrower: tuple[str, ...] = (),
) -> None:
    what, severity, at = told
    student = world.student.id
    death = what in (cards.DEATH, cards.NO_DEATH)
    one = Heard(
        key=f"{student}/{what}" if not death else f"{student}/{what}/{at.isoformat()}",
        student=student,
        school_class=world.standing.class_id,
        severity=severity,
        at=at,
        counted=now,
        reporter=next((s.reporter for s in world.file.signals if s.id == what), None),
        death=death,
    )

    def decide(group: Group, here: Read[Watch], ids: CommandIds) -> list[e.Event]:
        if death and _dead(school, here, student) != (what == cards.DEATH):
            return []  # taken back meanwhile, or entered again: that is counted by itself
        if what in (cards.NO_DEATH, cards.VOID):
            return signs.unhear(group, student, death=death, by=SYSTEM_TICK, now=now, ids=ids)
        empty = Watch(group=named.group, kind=named.kind, grade=named.grade)
        return signs.hear(group, empty, one, _covered(school, here, group, narrower), now, ids)

    do_in(
        school,
        named.group,
        decide,
        SYSTEM_TICK,
        now,
        content=("hear", named.group, student, what, severity.value, at.isoformat()),
        student=student,
        school_class=world.standing.class_id,
        narrower=narrower,
        files=(student,) if death else (),
        command_id=derived_command(
            school.part_key, "sign", named.group, student, what, at.isoformat()
        ),
    )


def _covered(
    school: School, here: Read[Watch], group: Group, narrower: Sequence[str]
) -> frozenset[StudentId]:
    """Whom an open sign of a narrower group speaks of already."""
    found: set[StudentId] = set()
    for name in narrower:
        document = here.snapshot.documents.get(f"sign/{name}")
        watch = record_of(school, document, "school", Watch) if document is not None else None
        if watch is not None and watch.asks:
            made = alarming(watch.heard, group.rule, group.span, watch.settled)
            found |= {one.student for one in made}
    return frozenset(found)


def _count_circle(school: School, circle_id: CircleId, now: datetime) -> None:
    """What was heard of the members before the circle was declared counts in it too."""
    circle = next((one for one in declared_circles(school) if one.id == circle_id), None)
    if circle is None:
        return
    for student in circle.members:
        try:
            world = gather(school, student).world
        except NotFoundError:
            continue
        named = Named(group=circle.id, kind=circle.kind, grade=world.standing.grade, size=0)
        for told in _known_of(school, world):
            _count_in(school, named, world, told, now)


def _known_of(school: School, world: World) -> list[tuple[str, Severity, datetime]]:
    """What the student's class knows of the student, as it was counted there."""
    watch = _held(school, world.standing.class_id)
    found = watch.heard if watch is not None else ()
    return [
        (cards.DEATH if x.death else x.key.partition("/")[2], x.severity, x.at)
        for x in found
        if x.student == world.student.id
    ]


# -- answering --------------------------------------------------------------------------------


def _act(
    school: School,
    actor: Actor,
    sign: str,
    decide: _Decide,
    now: datetime,
    content: Sequence[str],
    command_id: CommandId | None,
) -> Receipt:
    """Do something about a sign by its id. Raises NotFoundError for whoever may not see it."""
    watch = next((w for w in open_watches(school, *OPEN) if w.sign == sign), None)
    if watch is None:
        said = _said(content, sign)
        return done_before(school, actor, said, now, command_id)

    def decided(group: Group, here: Read[Watch], ids: CommandIds) -> list[e.Event]:
        if group.watch is None or group.watch.sign != sign:
            raise NotFoundError
        return decide(group, ids)

    receipt, _ = do_in(
        school,
        watch.group,
        decided,
        actor,
        now,
        content=(*content, sign),
        command_id=command_id,
    )
    return receipt


def propose(
    school: School,
    actor: Actor,
    sign: str,
    measures: Sequence[str],
    note: str,
    now: datetime,
    command_id: CommandId | None = None,
) -> Receipt:
    """Propose what is done about a sign. Raises as `domain.signs.propose`."""

    def decide(group: Group, ids: CommandIds) -> list[e.Event]:
        return signs.propose(group, actor, measures, note, now, ids)

    said = ("propose", *measures, note)
    return _act(school, actor, sign, decide, now, said, command_id)


def answer(
    school: School,
    actor: Actor,
    sign: str,
    approved: bool,
    note: str,
    now: datetime,
    command_id: CommandId | None = None,
) -> Receipt:
    """Answer what is proposed. Raises as `domain.signs.answer`."""

    def decide(group: Group, ids: CommandIds) -> list[e.Event]:
        return signs.answer(group, actor, approved, note, now, ids)

    said = ("answer", str(approved), note)
    return _act(school, actor, sign, decide, now, said, command_id)


def take_back(
    school: School,
    actor: Actor,
    sign: str,
    reason: str,
    now: datetime,
    command_id: CommandId | None = None,
) -> Receipt:
    """It was no sign. Raises as `domain.signs.take_back`."""

    def decide(group: Group, ids: CommandIds) -> list[e.Event]:
        return signs.take_back(group, actor, reason, now, ids)

    return _act(school, actor, sign, decide, now, ("take_back", reason), command_id)


def time_is_up(school: School, claim: Claimed, now: datetime) -> Sequence[e.Event]:
    """What is owed about a sign is late: somebody else owes it."""
    group, sign, duty, passed = claim.reference.split("|")

    def decide(found: Group, here: Read[Watch], ids: CommandIds) -> list[e.Event]:
        return signs.due(found, sign, duty, int(passed), now, ids)

    _, events = do_in(
        school,
        group,
        decide,
        SYSTEM_TICK,
        now,
        content=("due", duty, passed),
        command_id=derived_command(school.part_key, cards.SIGN_DUE, duty, passed),
        settle=[Settlement(claim.key, claim.token)],
    )
    return events
