"""What one person asked for and took of many students at once, as a document."""

from __future__ import annotations

from typing import Final

from psysafe.clock import to_wire
from psysafe.domain.bulk import WAITING, BulkFile
from psysafe.engine.cards import Stored

BULK: Final = "bulk"
QUIET: Final = "quiet"


def bulk_document(file: BulkFile) -> Stored:
    """Those with a request that waits are found by the board, the first to be answered first."""
    waiting = [one.answer_by for one in file.requests if one.state == WAITING]
    index = {"lifecycle": WAITING if waiting else QUIET}
    if waiting:
        index["due"] = to_wire(min(waiting))
    return Stored(key=f"{BULK}/{file.person}", record=file, subject="school", index=index)
