"""What reached a person outside psysafe comes in: a message, a call, a question in a group.

It becomes a report where the student is known and the person may report about them, and a note
that a counselor checks where not: it is never lost, and whoever enters it learns nothing of which
of the two it became. The same delivery twice is one signal, whatever became of it meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe import wire
from psysafe.contracts.storage import Query
from psysafe.domain import codes, risk
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import HARM
from psysafe.domain.notes import ABOUT_LIMIT, TEXT_LIMIT
from psysafe.domain.people import SchoolClass, Student
from psysafe.domain.privacy import DecisionPlan, Effect
from psysafe.domain.severity import Severity
from psysafe.domain.signals import Signal, faults
from psysafe.engine import notes
from psysafe.engine.committing import Receipt, carried_out, refusal
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import every_page, gather_many, readable, roster
from psysafe.engine.handle import handle
from psysafe.engine.listing import opposed_students
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.errors import Fact, Finding, InvalidDataError, NotFoundError, NotPermittedError
from psysafe.ids import (
    Actor,
    ClassId,
    CommandId,
    PersonId,
    SignalId,
    StudentId,
    derived_command,
    kind_of,
)
from psysafe.sensitivity import ItemClass

#: A delivery may be this much older or newer than our clock, against one that is played again
#: (Standard Webhooks).
TOLERANCE: Final = timedelta(minutes=5)
#: Students that one form lists; where there are more, the class is asked first.
MOST: Final = 200
_ID: Final = re.compile(r"[!-\-/-~]{1,200}")
_SHORTEST, _LONGEST = 24, 64
_SHOWN: Final = (ItemClass.DISPLAY_NAME, ItemClass.CLASS_PLACEMENT)


@attrs.frozen(kw_only=True)
class Told:
    """What somebody was told, in the product's codes and their words."""

    student: str = attrs.field(default="", repr=False)
    """`s-...` or `no:NUMBER`; empty where nobody knows who is meant"""
    about: str = attrs.field(default="", repr=False)
    """who is meant, in words"""
    source: str = "message"
    symptoms: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    needs: tuple[str, ...] = attrs.field(default=(), repr=False)
    dangers: tuple[str, ...] = attrs.field(default=(), repr=False)
    place: str = attrs.field(default="unknown", repr=False)
    note: str = attrs.field(default="", repr=False)
    question: bool = False

    def command(self, school: School, *delivery: str) -> CommandId:
        """The id under which it is entered: the same delivery of the same words is the same."""
        said = json.dumps(attrs.asdict(self), sort_keys=True, ensure_ascii=False)
        return derived_command(school.part_key, "inbound", *delivery, said)


def sound(told: Told) -> None:
    """Raises InvalidDataError PSY013, PSY021 with everything that is wrong with it.

    Before it is known what it becomes, so that a refusal tells nothing.
    """
    given = (told.source, dict(told.symptoms), told.needs, told.dangers, told.place)
    wrong = list(faults(*given))
    for field, text, limit in (
        ("about", told.about, ABOUT_LIMIT),
        ("student", told.student, ABOUT_LIMIT),
        ("note", told.note, TEXT_LIMIT),
    ):
        if len(text) > limit:
            facts: dict[str, Fact] = {"field": field, "limit": limit, "unit": "characters"}
            wrong.append(Finding(code="PSY021", where={"field": field}, facts=facts))
    if wrong:
        raise InvalidDataError(wrong)


def asks(school: School, told: Told) -> tuple[str, ...]:
    """What is still to be said: `place` of a grave report, `accused`. By the report alone."""
    severity, _ = risk.judge(school.plan, told.symptoms, told.dangers)
    return (
        *(("place",) if severity >= Severity.HIGH and told.place == "unknown" else ()),
        *(("accused",) if HARM in told.dangers else ()),
    )


def take(
    school: School,
    told: Told,
    actor: Actor,
    command: CommandId,
    now: datetime,
    *,
    others: tuple[Actor, ...] = (),
) -> Receipt:
    """Enter it: a report, or a note where the student is unknown or not this person's to report on.

    `others`: in whose name the same may have been entered before.
    Raises what `sound` raises, NotFoundError for an actor whom the school does not know,
    InvalidMoveError PSY027 where nobody is there, PSY031 where too many of their notes wait,
    ConflictError, StorageError.
    """
    sound(told)
    for who in dict.fromkeys((actor, *others)):
        event = e.DecisionRefused(by=who, action="inbound", code="PSY004", at=now)
        found = carried_out(school, refusal(school, event), command)
        if found is not None:
            return wire.decode_document(found.receipt, Receipt)
    student = _student(school, told)
    if student is not None:
        wish = c.Report(
            student=student,
            source=told.source,
            symptoms=dict(told.symptoms),
            needs=told.needs,
            dangers=told.dangers,
            place=told.place,
            note=told.note,
            kind="question" if told.question else "worry",
        )
        try:
            return handle(school, wish, actor, now, command_id=command).receipt
        except (NotFoundError, NotPermittedError):
            pass  # a counselor finds out who is meant, as for a student whom nobody knows
    signal = Signal(
        id=SignalId(""),
        source=told.source,
        at=now,
        reporter=actor,
        symptoms=dict(told.symptoms),
        needs=told.needs,
        dangers=told.dangers,
        place=told.place,
        note=told.note,
        kind="question" if told.question else "worry",
    )
    about = told.about or told.student.removeprefix("no:")
    return notes.take(school, signal, about, actor, now, command)


def _student(school: School, told: Told) -> StudentId | None:
    """Who is meant; words that are exactly a student's number are that student's."""
    for given in (told.student, f"no:{told.about}" if told.about else ""):
        try:
            if given:
                return find_student(school, given)
        except NotFoundError:
            continue
    return None


# -- signed deliveries ------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Sender:
    """A system of the school's that may deliver: its key, who answers for it, its usual source."""

    key: bytes = attrs.field(repr=False)
    by: PersonId
    """who has heard what it delivers, where it does not say, or names nobody of the school"""
    source: str


def key_of(secret: str) -> bytes | None:
    """The key in a secret of Standard Webhooks, `whsec_` and base64; None where it is none."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if _SHORTEST <= len(key) <= _LONGEST else None


def delivery_of(
    sender: Sender | None, headers: Mapping[str, str], body: bytes, now: datetime
) -> str | None:
    """The id of a delivery that was signed lately by its sender (Standard Webhooks, v1).

    None for a forged or an old one, and where there is no such sender. Never raises.
    """
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    delivery, when = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if sender is None or not _ID.fullmatch(delivery) or not re.fullmatch(r"[0-9]{1,11}", when):
        return None
    if abs(now.timestamp() - int(when)) > TOLERANCE.total_seconds():
        return None
    mac = hmac.digest(sender.key, f"{delivery}.{when}.".encode() + body, hashlib.sha256)
    wanted = b"v1," + base64.b64encode(mac)
    good = False
    for one in named.get("webhook-signature", "").split(" ")[:20]:
        good |= hmac.compare_digest(one.encode("utf-8", "replace"), wanted)
    return delivery if good else None


# -- whom somebody may report about ------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Listed:
    """Whom a form offers: students by id and name, class by class; or classes, to choose first."""

    students: tuple[tuple[str, tuple[tuple[StudentId, str], ...]], ...] = attrs.field(
        default=(), repr=False
    )
    classes: tuple[tuple[ClassId, str], ...] = ()


def reportable(
    school: School, actor: Actor, now: datetime, chosen: str | None = None, language: str = "zh"
) -> Listed:
    """The students about whom a member of staff may report, as far as they may see their names.

    Raises NotFoundError for an actor whom the school does not know.
    """
    people = roster(school)
    if kind_of(actor) != "staff":
        return Listed()
    held = people.roles_of(actor, now)
    if not held:
        raise NotFoundError
    roles = [one for one in held if school.plan.may("report", one.role)]
    covered = sorted(
        (
            of
            for of in people.classes.values()
            if any(r.scope.covers(of.grade, of.id) for r in roles)
        ),
        key=lambda of: (of.grade, of.name, of.id),
    )
    grades = len({of.grade for of in covered}) > 1
    named = tuple((of.id, _called(of, grades, language)) for of in covered)
    wanted = [of for of in covered if of.id == chosen] if chosen else covered
    found: list[tuple[str, tuple[tuple[StudentId, str], ...]]] = []
    count = 0
    for of in wanted:
        some = list(_of_class(school, actor, of, now))
        count += len(some)
        if count > MOST and len(wanted) > 1:
            return Listed(classes=named)
        if some:
            found.append((_called(of, grades, language), tuple(some)))
    if count:
        journal_list(school, actor, "form", now, tuple(one.value for one in _SHOWN))
    return Listed(students=tuple(found), classes=named if chosen else ())


def _called(of: SchoolClass, grades: bool, language: str) -> str:
    """A class's name, with its grade where several are listed and the name does not say it."""
    said = of.name.startswith(codes.word("grade", of.grade, "zh"))
    if said or not grades:
        return of.name
    return f"{codes.word('grade', of.grade, language)} {of.name}"


def _of_class(
    school: School, actor: Actor, of: SchoolClass, now: datetime
) -> Iterator[tuple[StudentId, str]]:
    query = Query(index="placement", prefixes=(("student", of.id),), limit=MOST)
    there = [person for _, person in readable(school, every_page(school, query), Student)]
    seen: list[tuple[Student, DecisionPlan]] = []
    for world in gather_many(school, (one.id for one in there)).values():
        plan = sight(school, actor, world, now)
        may = any(world.plan.may("report", one) for one in world.holders(actor, now))
        if may and all(plan.of(item).effect is Effect.ALLOW for item in _SHOWN):
            seen.append((world.student, plan))
    opposed = opposed_students(school, actor, seen, _SHOWN, "care")
    yield from _sorted((one.id, one.name) for one, _ in seen if one.id not in opposed)


def _sorted(found: Iterable[tuple[StudentId, str]]) -> Sequence[tuple[StudentId, str]]:
    return sorted(found, key=lambda one: (one[1], one[0]))
