"""What a provider says of a message is kept where it says more than before, and nowhere else."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.files_notices import says_more
from psysafe.domain.world import World
from psysafe.ids import Actor, CommandIds


def receipt(
    w: World, command: c.RecordReceipt, actor: Actor, now: datetime, ids: CommandIds
) -> list[e.Event]:
    notice = w.notice
    if notice is None:
        return []
    if not says_more(notice, command.channel, command.state, signed=command.signed):
        return []
    return [
        e.ReceiptHeard(
            notice=notice.id,
            channel=command.channel,
            state=command.state,
            signed=command.signed,
            at=command.at,
        )
    ]
