"""Which channel has its turn after another one failed, or was set back behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.severity import Severity
from psysafe.engine.cards import beside, send

#: What an attempt's code says where another channel goes first for a while.
SET_BACK: Final = "set_back"


def next_send(notice: Notice, ended: e.AttemptFinished) -> Iterator[Entry]:
    """The attempt over the next channel where one has failed for good.

    Also where it was set back behind the others. At imminent all of them went at once; the inbox
    reaches nobody who does not look.
    """
    others = beside(notice)
    over = ended.final or ended.provider_code == SET_BACK
    failed = over and ended.result != "accepted" and ended.channel in others
    if not failed or notice.severity is Severity.IMMINENT:
        return
    tried = {d.channel for d in notice.deliveries} | {ended.channel}
    after = others[others.index(ended.channel) :]
    for channel in [name for name in after if name not in tried][:1]:
        yield send(notice, channel, ended.at)
