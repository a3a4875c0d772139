"""Who is who, and who answers for whom since when.

Two documents: the *roster* holds the school's classes, staff and roles; a *student record* holds
one student with class and guardians. Every relation is an interval of time, so a decision can
say "at that moment". Names and telephones are private; ids are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from psysafe.domain.grants import Grants
from psysafe.domain.grants import Scope as Scope
from psysafe.ids import Actor, ClassId, PersonId, StudentId, kind_of, student_person
from psysafe.sensitivity import REFERENCE, ItemClass, item, record, ref


def line_of(address: str) -> str:
    """The digits of a telephone without the country's code; empty for what is no telephone."""
    if "@" in address:
        return ""
    digits = "".join(sign for sign in address if sign.isdecimal()).removeprefix("00")
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    return digits if len(digits) >= 7 else ""


@record
class RoleHeld:
    """One role that a member of staff holds, from a time until a time, for a scope."""

    role: str = ref()
    scope: Scope = ref()
    since: datetime = ref()
    until: datetime | None = ref(default=None)

    def holds(self, now: datetime) -> bool:
        """Whether the role is held at that moment."""
        return self.since <= now and (self.until is None or now < self.until)


@record
class Absence:
    """A time in which somebody is away; their deputy stands in."""

    since: datetime = ref()
    until: datetime = ref()


@record
class Staff:
    """A member of staff: how they are called, how they are reached, who stands in."""

    id: PersonId = ref()
    name: str = item(ItemClass.DISPLAY_NAME)
    addresses: dict[str, str] = item(ItemClass.CONTACT, factory=dict)
    """channel name or `mobile` to address"""
    roles: tuple[RoleHeld, ...] = ref(default=())
    deputy: PersonId | None = ref(default=None)
    absences: tuple[Absence, ...] = ref(default=())

    def away(self, now: datetime) -> bool:
        """Whether an absence is running."""
        return any(a.since <= now < a.until for a in self.absences)


@record
class SchoolClass:
    """A class: its key, its grade's key, and how people call it."""

    id: ClassId = ref()
    grade: str = ref()
    name: str = item(ItemClass.CLASS_PLACEMENT)


@record
class Roster:
    """The school's classes and staff, changed by imports only; and who signed for which role."""

    classes: dict[str, SchoolClass] = item(REFERENCE, factory=dict)
    staff: dict[str, Staff] = item(ItemClass.CONTACT, factory=dict)
    grants: Grants | None = item(ItemClass.AUDIT_TRAIL, default=None)
    """None where roles are not signed, and the staff file alone says who sees"""

    def holders(self, role: str, grade: str, class_id: ClassId, now: datetime) -> Iterator[Staff]:
        """Everybody who holds the role for such a student now, in the order of ids.

        The order is that of ids, so that the same school always asks the same person first.
        """
        for someone in self._by_role.get(role, ()):
            if any(
                r.role == role and r.holds(now) and r.scope.covers(grade, class_id)
                for r in someone.roles
            ):
                yield someone

    @cached_property
    def _by_role(self) -> Mapping[str, tuple[Staff, ...]]:
        """Who has a role at any time, in the order of ids: a school has thousands of staff."""
        found: dict[str, dict[str, Staff]] = {}
        for key in sorted(self.staff):
            for held in self.staff[key].roles:
                found.setdefault(held.role, {})[key] = self.staff[key]
        return {role: tuple(people.values()) for role, people in found.items()}

    @cached_property
    def by_line(self) -> Mapping[str, frozenset[PersonId]]:
        """Whose telephone a number is, without spaces and the country's code."""
        found: dict[str, set[PersonId]] = {}
        for someone in self.staff.values():
            for address in someone.addresses.values():
                if number := line_of(address):
                    found.setdefault(number, set()).add(someone.id)
        return {number: frozenset(people) for number, people in found.items()}

    @cached_property
    def _ever_away(self) -> tuple[Staff, ...]:
        return tuple(someone for someone in self.staff.values() if someone.absences)

    def roles_of(self, actor: Actor, now: datetime) -> tuple[RoleHeld, ...]:
        """The roles that somebody holds now, their own and those of whom they stand in for."""
        if kind_of(actor) != "staff":
            return ()
        own = self.staff.get(actor)
        found = [r for r in own.roles if r.holds(now)] if own is not None else []
        for someone in self._ever_away:
            if someone.id != actor and someone.away(now):
                stand_in = self.standing_in(someone, now)
                if stand_in is not None and stand_in.id == actor:
                    found += [r for r in someone.roles if r.holds(now)]
        return tuple(found)

    def deputies(self, someone: Staff) -> tuple[PersonId, ...]:
        """Who stands in for somebody, and for whoever stands in, as far as it goes: each once."""
        found: dict[PersonId, None] = {}
        deputy = someone.deputy
        while deputy is not None and deputy != someone.id and deputy not in found:
            found[deputy] = None
            known = self.staff.get(deputy)
            deputy = known.deputy if known is not None else None
        return tuple(found)

    def standing_in(self, someone: Staff, now: datetime) -> Staff | None:
        """The person who is there: themselves, or a present deputy; None where nobody is."""
        seen: set[str] = set()
        current: Staff | None = someone
        while current is not None and current.id not in seen:
            if not current.away(now):
                return current
            seen.add(current.id)
            current = self.staff.get(current.deputy) if current.deputy else None
        return None

    def names_in(self, data: Any) -> dict[str, str]:
        """The names of members of staff whose ids stand in plain data, by id; of nobody else."""
        found: dict[str, str] = {}
        parts = [data]
        while parts:
            part = parts.pop()
            if isinstance(part, Mapping):
                parts += part.values()
            elif isinstance(part, list | tuple):
                parts += part
            elif isinstance(part, str) and part in self.staff:
                found[part] = self.staff[part].name
        return dict(sorted(found.items()))

    def inside(self, person: Actor, now: datetime) -> bool:
        """Whether somebody holds a role of the school itself, there or away."""
        return any(held.role not in OUTSIDE_ROLES for held in self.roles_of(person, now))

    def there(self, person: Actor, now: datetime) -> bool:
        """Whether somebody still belongs to the school and is present."""
        someone = self.staff.get(person)
        return someone is not None and not someone.away(now) and bool(self.roles_of(person, now))


@record
class Guardian:
    """A guardian of one student: kind of relation, telephone, right to decide, interval."""

    id: PersonId = ref()
    kind: str = ref()
    """legal_guardian, carer or emergency_contact"""
    name: str = item(ItemClass.CONTACT)
    relation: str = item(ItemClass.CONTACT, default="")
    telephones: tuple[str, ...] = item(ItemClass.CONTACT, default=())
    since: datetime = ref()
    until: datetime | None = ref(default=None)

    def holds(self, now: datetime) -> bool:
        return self.since <= now and (self.until is None or now < self.until)


@record
class Placement:
    """The class that a student belongs to, from a time until a time."""

    class_id: ClassId = ref()
    grade: str = ref()
    since: datetime = ref()
    until: datetime | None = ref(default=None)
    campus: str = ref(default="")
    """the campus's name, empty in a school that has one"""


@record
class HandOver:
    """A change that a live case stands against: it waits until those who answer have accepted.

    Until then the student stays where they are, with everybody who answers for them.
    """

    kind: str = ref()
    """class, departure or teacher"""
    listed: datetime = ref()
    due: datetime = ref()
    """from then on the grade head decides"""
    placement: Placement | None = ref(default=None)
    """the class to go to; None where the student leaves the school"""
    why: str = item(ItemClass.CLASS_PLACEMENT, default="")
    """left, transferred or graduated"""
    accepted: tuple[PersonId, ...] = ref(default=())
    keeping: tuple[PersonId, ...] = ref(default=())
    """whose role has ended, and who keeps what a crisis needs until it is accepted (X8)"""


@record
class Student:
    """What the roster knows of one student. `identities` are pairs of source and external id."""

    id: StudentId = ref()
    name: str = item(ItemClass.DISPLAY_NAME)
    identities: tuple[tuple[str, str], ...] = item(ItemClass.CIVIL_IDENTITY, default=())
    placement: Placement = ref()
    past_placements: tuple[Placement, ...] = ref(default=())
    guardians: tuple[Guardian, ...] = item(ItemClass.CONTACT, default=())
    details: dict[str, str] = item(ItemClass.CIVIL_IDENTITY, factory=dict)
    """further columns of a roster that somebody asked to be kept"""
    hand_over: HandOver | None = item(ItemClass.RISK_LEVEL, default=None)
    """tells of a live case, so it is as private as one"""

    @property
    def gone(self) -> bool:
        """Whether the student has left the school."""
        return self.placement.until is not None


#: Where the roster keeps a birth date, and ages that are believed: beyond them it is a slip.
BIRTH_DATE: Final = "born"
_AGES: Final = range(3, 100)


def age_on(student: Student, day: date) -> int | None:
    """The age in whole years on a day; None where no birth date is kept, or none to be believed."""
    try:
        born = date.fromisoformat(student.details.get(BIRTH_DATE, ""))
    except ValueError:
        return None
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return age if age in _AGES else None


@record
class Standing:
    """Where one student stands in the school: all that a relation of staff can hang on."""

    student: StudentId = ref()
    grade: str = ref()
    class_id: ClassId = ref()
    since: datetime = ref()
    """since when in this class"""
    guardians: tuple[Guardian, ...] = item(ItemClass.CONTACT, default=())
    campus: str = ref(default="")


def standing(student: Student) -> Standing:
    """The standing of a student by the roster's record.

    Who has left stands in no class and no grade, so nobody answers for them by these any more.
    """
    place = student.placement
    return Standing(
        student=student.id,
        grade="" if student.gone else place.grade,
        class_id=ClassId("") if student.gone else place.class_id,
        since=place.since,
        guardians=student.guardians,
        campus="" if student.gone else place.campus,
    )


@record
class Hat:
    """One relation in which a person stands to one student: a viewer code of the privacy matrix.

    `relation` is ENDED where the role is over and only what a crisis needs is kept for a while.
    """

    viewer: str = ref()
    relation: str = ref()
    since: datetime = ref()
    until: datetime | None = ref(default=None)
    items: tuple[str, ...] = ref(default=())
    """of an OFFER: the items that the consents let be passed on"""


ENDED: Final = "ended"
OFFER: Final = "offer"
#: Whoever stands in the roster for another house. The role says only who they are: it gives no
#: sight and no right, and only an offer makes them anything to a student.
OUTSIDE_ROLES: Final = ("medical_institution", "receiving_school", "district_center")
#: Whoever looks from outside the school: of figures they see larger ones only (K_OUTSIDE).
OUTSIDE_VIEWERS: Final = frozenset({*OUTSIDE_ROLES, "police", "education_authority"})
LEADING_GROUP: Final = ("leading_group_head", "leading_group_deputy", "leading_group_core")

#: Roles by which nobody sees a student. The epidemic leading group gets figures by its rights.
_SEES_NOBODY: Final = ("hotline_volunteer", "epidemic_leading_group", *OUTSIDE_ROLES)


def needs_signature(held: RoleHeld) -> bool:
    """Whether a role gives sight only where somebody signed for it, in a school that signs.

    Class lists change each year for everybody: the homeroom teacher of one class sees their own
    students by the list.
    """
    own_class = held.role == "homeroom_teacher" and held.scope.kind == "class"
    return not own_class and held.role not in _SEES_NOBODY


#: Hats that a role alone does not give. A duty adult needs to be on duty now, by a roster that the
#: school keeps; a hotline volunteer needs a live call, which does not exist yet, so that role gives
#: no sight at all.
_NEEDS_MORE_THAN_THE_ROLE: Final = ("duty_adult", "hotline_volunteer", *OUTSIDE_ROLES)


def hats(
    actor: Actor,
    about: Standing,
    roster: Roster,
    accompanying: frozenset[PersonId],
    now: datetime,
    on_duty: Collection[PersonId] = (),
) -> tuple[Hat, ...]:
    """Every relation in which this actor stands to this student now.

    `accompanying` are those who lead the live case or owe an open duty about the student: a
    counselor among them is *assigned*, any other counselor is not. `on_duty` are the duty adults
    who are on duty for this student at this moment. Whoever stands in for somebody
    absent wears that person's hats meanwhile. Where roles are signed, one that is not signed for
    this person gives no hat. An operator is `it_admin` and stands in no relation
    that shows a student. Nobody without a relation gets a hat: for them the student does not
    exist.
    """
    kind = kind_of(actor)
    if kind == "operator":
        return (Hat(viewer="it_admin", relation="operator", since=now),)
    if actor == student_person(about.student):
        return (Hat(viewer="student", relation="self", since=about.since),)
    if kind == "guardian":
        return tuple(
            Hat(viewer="guardian", relation=g.kind, since=g.since, until=g.until)
            for g in about.guardians
            if g.id == actor and g.kind == "legal_guardian" and g.holds(now)
        )
    found: dict[str, Hat] = {}
    for held in roster.roles_of(actor, now):
        if not held.scope.covers(about.grade, about.class_id):
            continue
        until = held.until
        if roster.grants is not None and needs_signature(held):
            signed = roster.grants.covering(actor, held.role, about.grade, about.class_id, now)
            if signed is None:
                continue
            until = signed.until if until is None else min(until, signed.until)
        viewer = _viewer(held.role, PersonId(actor) in accompanying)
        if held.role == "duty_adult" and actor in on_duty:
            viewer = "duty_adult"
        if viewer is not None and viewer not in found:
            found[viewer] = Hat(
                viewer=viewer,
                relation=held.scope.kind,
                since=max(held.since, about.since),
                until=until,
            )
    return tuple(found[viewer] for viewer in sorted(found))


def _viewer(role: str, accompanies: bool) -> str | None:
    if role == "counselor":
        return "counselor_assigned" if accompanies else "counselor_unassigned"
    if role in LEADING_GROUP:
        return "leading_group"
    return None if role in _NEEDS_MORE_THAN_THE_ROLE else role


def roles_for(actor: Actor, about: Standing, roster: Roster, now: datetime) -> frozenset[str]:
    """The role codes that the actor holds for this student now, and `student` or `guardian`.

    Somebody who stands in for an absent colleague holds that colleague's roles while they do. A
    role of another house is none towards a student.
    """
    if actor == student_person(about.student):
        return frozenset({"student"})
    if kind_of(actor) == "guardian":
        own = any(g.id == actor and g.holds(now) for g in about.guardians)
        return frozenset({"guardian"}) if own else frozenset()
    return frozenset(
        held.role
        for held in roster.roles_of(actor, now)
        if held.role not in OUTSIDE_ROLES and held.scope.covers(about.grade, about.class_id)
    )
