"""What somebody owes who has gone: it passes on to whoever can do it, and that person is told."""

from __future__ import annotations

from datetime import datetime

from psysafe.contracts.storage import Claimed, Settlement
from psysafe.domain import commands as c
from psysafe.domain.duties import ROUNDS
from psysafe.engine.cards import DutyCard
from psysafe.engine.gather import is_unreadable
from psysafe.engine.handle import handle
from psysafe.engine.leaving import GONE
from psysafe.engine.school import School
from psysafe.engine.worklist import open_duties
from psysafe.errors import NotFoundError, StorageError
from psysafe.ids import SYSTEM_TICK, Actor, PersonId, derived_command


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
    school.storage.settle(school.part, [Settlement(claim.key, claim.token)])
    return moved


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
