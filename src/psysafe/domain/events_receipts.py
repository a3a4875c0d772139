"""That a provider said what became of a message. A room of `events`.

Ranks go up and never down: accepted, failed, delivered, read. What is above them all, that the
person acknowledged, is no receipt but an answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.ids import NoticeId
from psysafe.sensitivity import record, ref

RANKS: Final = ("accepted", "failed", "delivered", "read")


@record
class ReceiptHeard:
    """It tells nobody anything and stops nothing. Not signed: anybody could have sent it."""

    notice: NoticeId = ref()
    channel: str = ref()
    state: str = ref()
    signed: bool = ref()
    at: datetime = ref()


def higher(state: str, than: str) -> bool:
    """Whether a receipt says more than what was heard before (nothing: an empty text)."""
    return state in RANKS and (not than or RANKS.index(state) > RANKS.index(than))
