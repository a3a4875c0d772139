"""A note about somebody, whose it is to check it, and which notes of a teller wait."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain.duties import Duty
from psysafe.domain.severity import Severity
from psysafe.domain.signals import Signal
from psysafe.ids import SignalId
from psysafe.sensitivity import ItemClass, item, record, ref

OPEN: Final = "open"
CLOSED: Final = "closed"
#: Nobody knows who is meant: nobody is called about it any more, and it may be linked later.
KEPT: Final = "kept"


@record
class Teller:
    """Which notes of one person still wait to be checked."""

    waiting: tuple[SignalId, ...] = ref(default=())


@record
class Note:
    """What somebody told about somebody, until a person has checked who is meant."""

    signal: Signal = item(ItemClass.OBSERVATION)
    """what was told; its id is the one on the teller's receipt"""
    about: str = item(ItemClass.CIVIL_IDENTITY)
    """who is meant, in the teller's words; empty for an unknown caller"""
    severity: Severity = item(ItemClass.RISK_LEVEL)
    answered_by: datetime = ref()
    duty: Duty = ref()
    state: str = ref(default=OPEN)

    @property
    def id(self) -> SignalId:
        return self.signal.id
