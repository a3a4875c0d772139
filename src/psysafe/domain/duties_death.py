"""What a file remembers of a death that was entered: what stood open, and who was told of it.

A death can be entered in error. What it ended is kept beside the frozen file, so that taking it
back owes again what was owed; what is reported meanwhile is kept with it and alarms then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain.bars import CONFIRM_BAR, REPORT_HARM
from psysafe.domain.duties import Duty
from psysafe.domain.signals import Signal, Support
from psysafe.ids import FlagId, PersonId, ReferralId, RunId
from psysafe.sensitivity import ItemClass, item, record, ref

#: Care for those who are left: one duty for each of them.
POSTVENTION: Final = (
    "postvention_friends",
    "postvention_class",
    "postvention_dormitory",
    "postvention_staff",
)
#: To ask whether the death was entered rightly: something was reported about the student since.
CHECK_DEATH: Final = "check_death"
#: To tell by word whoever was told by word that it was an error.
TELL_ERROR: Final = "tell_death_error"
#: To look over, as somebody else, that the death was rightly taken back.
CONFIRM_ALIVE: Final = "confirm_alive"
#: What is told about a death: that it was entered, that it is in doubt, that it was an error, and
#: what is owed again therefore.
BEREAVED: Final = "bereaved"
IN_DOUBT: Final = "death_in_doubt"
IN_ERROR: Final = "death_in_error"
OWED_AGAIN: Final = "owed_again"
#: What was begun before and goes on after a death: a suspicion of harm is handed over all the more.
GOES_ON: Final = frozenset({REPORT_HARM, CONFIRM_BAR})


@record
class DeathEntered:
    """A death as it was entered, and what stood open at that moment."""

    by: PersonId = ref()
    at: datetime = ref()
    lifecycle: str = ref(default="")
    """how the live case stood; empty where there was none"""
    declared: datetime | None = item(ItemClass.CRISIS_FLAG, default=None)
    duties: tuple[Duty, ...] = ref(default=())
    runs: tuple[RunId, ...] = ref(default=())
    """the routes that were under way"""
    flags: tuple[FlagId, ...] = ref(default=())
    referrals: tuple[ReferralId, ...] = ref(default=())
    support: Support | None = item(ItemClass.OBSERVATION, default=None)
    signals: tuple[Signal, ...] = item(ItemClass.OBSERVATION, default=())
    """what was reported since; the last ones, and the last grave ones"""
    told: tuple[PersonId, ...] = ref(default=())
    """who was told of the death"""
    taken_back_by: PersonId | None = ref(default=None)
    """who found that it was entered in error"""
