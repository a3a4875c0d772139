"""What is owed about signs: passed on when its owner goes, and looked at once a day."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import events as e
from psysafe.domain import signs, signs_owing
from psysafe.domain.duties_signs import ASKING, Watch
from psysafe.domain.signs_counting import Group
from psysafe.engine.boards import Read
from psysafe.engine.cards_signs import SIGN_DUE
from psysafe.engine.leaving import GONE
from psysafe.engine.school import School
from psysafe.engine.signs import do_in
from psysafe.engine.worklist import open_watches
from psysafe.ids import SYSTEM_TICK, Actor, CommandIds, derived_command


def owed(school: School) -> tuple[Watch, ...]:
    """The groups about whose sign something is owed."""
    return tuple(watch for watch in open_watches(school, *ASKING) if watch.duty is not None)


def look_at(school: School, owner: Actor, now: datetime) -> int:
    """Pass on what somebody owes about signs who has gone; how much it was."""
    own = (w for w in owed(school) if w.duty is not None and w.duty.owner == owner)
    return sum(passed_on(school, watch, now) for watch in own)


def passed_on(school: School, watch: Watch, now: datetime) -> bool:
    """Whether what is owed about a sign lay with somebody who has gone, and is another's now."""
    duty = watch.duty
    if duty is None:
        return False

    def decide(group: Group, _: Read[Watch], ids: CommandIds) -> list[e.Event]:
        return signs_owing.owner_is_gone(group, duty.id, duty.owner, now, ids)

    _, events = do_in(
        school,
        watch.group,
        decide,
        SYSTEM_TICK,
        now,
        content=(GONE, duty.id, duty.owner),
        command_id=derived_command(school.part_key, GONE, duty.id, duty.owner, now.isoformat()),
    )
    return bool(events)


def made_up_for(school: School, watch: Watch, now: datetime) -> bool:
    """Do what the wake-up would have done that was lost. A second time it changes nothing."""
    duty, sign = watch.duty, watch.sign
    if duty is None or sign is None:
        return False

    def decide(group: Group, _: Read[Watch], ids: CommandIds) -> list[e.Event]:
        return signs.due(group, sign, duty.id, duty.passed, now, ids)

    _, events = do_in(
        school,
        watch.group,
        decide,
        SYSTEM_TICK,
        now,
        content=("due", duty.id, str(duty.passed)),
        command_id=derived_command(school.part_key, SIGN_DUE, duty.id, str(duty.passed)),
    )
    return bool(events)
