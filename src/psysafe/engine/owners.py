"""What somebody owes who has gone: it passes on to whoever can do it, and that person is told.

And what rests on somebody who has gone, or on a consent whose time is over: a referral to them is
its sender's again, one by their leave is on hold, and somebody hears of it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from psysafe.contracts.storage import Claimed, Query, Settlement
from psysafe.domain import commands as c
from psysafe.domain.duties import ROUNDS
from psysafe.engine.cards import DutyCard
from psysafe.engine.cards_offers import OfferCard
from psysafe.engine.gather import every_page, is_unreadable, readable
from psysafe.engine.handle import handle
from psysafe.engine.holidays import live_cases
from psysafe.engine.leaving import GONE, LAPSE
from psysafe.engine.school import School
from psysafe.engine.worklist import MOST, open_duties
from psysafe.errors import NotFoundError, StorageError
from psysafe.ids import SYSTEM_TICK, Actor, PersonId, StudentId, derived_command

SUPERVISED: Final = "supervised"


def look_at(school: School, claim: Claimed, now: datetime) -> int:
    """Pass on what a person owes and cannot do any more; how many duties it was."""
    owner = PersonId(Actor(claim.reference))
    moved, damaged = 0, None
    for card in open_duties(school, owner):
        try:
            moved += passed_on(school, card, now)
        except StorageError as error:
            if not is_unreadable(error):
                raise
            damaged = error  # what is owed about all others passes on first
    if damaged is not None:
        raise damaged
    for student in _offered(school, owner):
        _ended(school, student, claim, now)
    for led in live_cases(school):
        if owner in led.accompanying:
            supervised(school, led.student, claim.key, now)
    school.storage.settle(school.part, [Settlement(claim.key, claim.token)])
    return moved


def supervised(school: School, student: StudentId, key: str, now: datetime) -> bool:
    """Whether something came of a look at who supervises whoever leads a student's case."""
    command = derived_command(school.part_key, SUPERVISED, key, student, now.isoformat())
    wish = c.SupervisorIsGone(student=student)
    try:
        return bool(handle(school, wish, SYSTEM_TICK, now, command_id=command).events)
    except NotFoundError:
        return False


def _offered(school: School, receiver: PersonId) -> list[StudentId]:
    """The students who are offered to somebody."""
    query = Query(index="owner", prefixes=(("offer", receiver, "open"),), limit=MOST)
    found = readable(school, every_page(school, query), OfferCard)
    return sorted({card.student for _, card in found})


def _ended(school: School, student: StudentId, claim: Claimed, now: datetime) -> None:
    wish = c.ReferralsAreDue(student=student)
    command = derived_command(school.part_key, LAPSE, claim.key, student, str(claim.token))
    with suppress(NotFoundError):
        handle(school, wish, SYSTEM_TICK, now, command_id=command)


def lapsed(school: School, claim: Claimed, now: datetime) -> None:
    """Look at a student's referrals at a moment at which something may have ended of itself."""
    _ended(school, StudentId(claim.reference), claim, now)
    school.storage.settle(school.part, [Settlement(claim.key, claim.token)])


def passed_on(school: School, card: DutyCard, now: datetime) -> bool:
    """Whether a duty lay with somebody who cannot do it, and is now with somebody who can."""
    duty = card.duty
    if duty.kind in ROUNDS:
        return False
    wish = c.OwnerIsGone(student=card.student, duty=duty.id, owner=duty.owner)
    command = derived_command(school.part_key, GONE, duty.id, duty.owner, now.isoformat())
    try:
        return bool(handle(school, wish, SYSTEM_TICK, now, command_id=command).events)
    except NotFoundError:
        return False  # the student has gone, and what was owed with them
