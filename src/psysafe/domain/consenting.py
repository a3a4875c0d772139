"""Whose consent counts, whether it holds at this moment, and when it will not any more.

A consent ends in two ways. Somebody takes it back: then the family said no. Or it lapses: its day
is over, whoever gave it is no guardian any more, or the student has come to an age at which another
consents. Then nobody has said anything, so somebody must ask.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Final

from psysafe.domain import referrals as r
from psysafe.domain.access import GUARDED
from psysafe.domain.consents import DETAILS, GUARDIANS, PURPOSE_OF, Consent, items_in
from psysafe.domain.danger import in_danger, unconfirmed_until
from psysafe.domain.people import BIRTH_DATE, age_on
from psysafe.domain.world import World
from psysafe.ids import Actor, PersonId, student_person
from psysafe.sensitivity import ItemClass

#: The role of a receiver within the school: whoever is handed on to there stays in its care.
INSIDE: Final = "counselor"
#: From this age a guardian's sight needs the student's own consent (Civil Code 17, 18).
OF_AGE: Final = 18
GUARDIAN: Final = "guardian"
STUDENT: Final = "student"


# -- by age -----------------------------------------------------------------------------------


def _age(w: World, now: datetime) -> int | None:
    return age_on(w.student, w.calendar.local_day(now))


def young(w: World, now: datetime) -> bool:
    """Below the age from which a student's own word counts; unknown is never taken for older."""
    ages, age = w.plan.consent, _age(w, now)
    return ages is None or age is None or age < ages.guardian_always_below.value


def may_oppose(w: World, now: datetime) -> bool:
    """Whether the student's refusal stands against a referral that rests on consent.

    From that same age on, and where it is not known.
    """
    ages, age = w.plan.consent, _age(w, now)
    return ages is None or age is None or age >= ages.guardian_always_below.value


def grown(w: World, now: datetime) -> bool:
    """Whether the student consents alone; never by an age that nobody knows."""
    ages, age = w.plan.consent, _age(w, now)
    return ages is not None and age is not None and age >= ages.guardian_below.value


def may_have_notes(w: World, person: Actor, now: datetime) -> bool:
    """X16: the student, and a guardian of a child who is known to be under fourteen."""
    if person in w.barred:
        return False
    if person == student_person(w.student.id):
        return True
    age = _age(w, now)
    guards = any(g.id == person and g.holds(now) for g in w.student.guardians)
    return guards and age is not None and age < GUARDED


def of_age(w: World, now: datetime) -> bool:
    """Whether guardians look by the student's leave alone (X7)."""
    age = _age(w, now)
    return age is not None and age >= OF_AGE


def who_consents(w: World, role: str, now: datetime) -> str | None:
    """Whose consent a receiver of this role needs: a guardian's, the student's own, nobody's."""
    if young(w, now):
        return GUARDIAN
    if role == INSIDE:
        return None
    return STUDENT if grown(w, now) else GUARDIAN


# -- whether it holds -------------------------------------------------------------------------


def _answers(w: World, person: PersonId, now: datetime) -> bool:
    """Whether somebody is a legal guardian of the student now."""
    return any(
        g.id == person and g.kind == "legal_guardian" and g.holds(now) for g in w.student.guardians
    )


def lapsed(w: World, consent: Consent, now: datetime) -> bool:
    """Whether a consent that nobody took back counts no more, or would not by this moment.

    What has lapsed once stays so: a guardian who is one again is asked again.
    """
    if consent.withdrawn is not None:
        return False
    if consent.lapsed is not None or (consent.until is not None and now >= consent.until):
        return True
    if consent.purpose == DETAILS:
        return of_age(w, now)
    if consent.by == student_person(w.student.id):
        return False
    return grown(w, now) or not _answers(w, consent.by, now)


def _holds(w: World, consent: Consent, needed: str, now: datetime) -> bool:
    """Whether a consent holds now: given by whoever may, in force, by nobody barred."""
    if consent.withdrawn is not None or {consent.by, consent.recorded_by} & w.barred:
        return False
    own = consent.by == student_person(w.student.id)
    return not lapsed(w, consent, now) and own == (needed == STUDENT)


def _scopes(consents: Iterable[Consent], receiver: PersonId, role: str) -> frozenset[str]:
    return frozenset(
        code
        for one in consents
        if one.receiver == receiver and one.purpose == PURPOSE_OF[role]
        for code in one.scope
    )


def consented(w: World, receiver: PersonId, role: str, now: datetime) -> frozenset[str] | None:
    """What may be passed on by the consents that hold now; None where none is needed."""
    needed = who_consents(w, role, now)
    if needed is None:
        return None
    held = (one for one in w.file.consents if _holds(w, one, needed, now))
    return _scopes(held, receiver, role)


def outlived(w: World, receiver: PersonId, role: str, now: datetime) -> frozenset[str]:
    """What was consented to once, and nobody took back."""
    known = (
        one
        for one in w.file.consents
        if lapsed(w, one, now) and not {one.by, one.recorded_by} & w.barred
    )
    return _scopes(known, receiver, role)


def in_danger_still(w: World, receiver: PersonId, role: str, now: datetime) -> frozenset[str]:
    """What a consent that lapsed leaves open while a life is in danger (X5)."""
    return outlived(w, receiver, role, now) if in_danger(w.file, now) else frozenset()


def sight_purpose(w: World, now: datetime) -> str:
    """What a student of this age agrees to who lets a guardian look."""
    return GUARDIANS if of_age(w, now) else DETAILS


def let_look(w: World, guardian: Actor, now: datetime) -> frozenset[ItemClass]:
    """What a student lets a guardian see, by consents that hold now (X7, G1).

    A barred person may have written none of them down, save in what a barred guardian finds: to
    them it is as if nobody were barred.
    """
    own = student_person(w.student.id)
    barred = frozenset[PersonId]() if guardian in w.barred else w.barred
    purpose = sight_purpose(w, now)
    scopes = [
        one.scope
        for one in w.file.consents
        if one.purpose == purpose and one.receiver == guardian and one.by == own
        if one.withdrawn is None and not lapsed(w, one, now) and one.recorded_by not in barred
    ]
    opened = items_in(code for scope in scopes for code in scope) if scopes else ()
    return frozenset(ItemClass(one) for one in opened)


# -- when it will not any more ----------------------------------------------------------------


def turns(w: World, now: datetime) -> tuple[datetime, ...]:
    """The moments ahead at which time alone may end what a referral under way rests on.

    A birthday, the day on which a guardian or a consent ends, the end of a danger that nobody
    confirmed. Empty where nothing is under way.
    """
    if not any(one.state in (r.ACTIVE, r.ON_HOLD) for one in w.file.referrals):
        return ()
    ends = [g.until for g in w.student.guardians]
    ends += [one.until for one in w.file.consents if one.withdrawn is None]
    ends += [*_birthdays(w, now), unconfirmed_until(w.file)]
    return tuple(sorted({end for end in ends if end is not None and end > now}))


def _birthdays(w: World, now: datetime) -> Iterator[datetime]:
    """When the student comes to each age of the plan, at midnight of the school's zone."""
    ages = w.plan.consent
    if ages is None or _age(w, now) is None:
        return
    born = date.fromisoformat(w.student.details[BIRTH_DATE])
    for figure in (ages.guardian_always_below, ages.guardian_below):
        year = born.year + figure.value
        leap = (born.month, born.day) == (2, 29) and not isleap(year)
        day = date(year, 3, 1) if leap else born.replace(year=year)
        yield datetime.combine(day, time.min, w.calendar.zone).astimezone(UTC)
