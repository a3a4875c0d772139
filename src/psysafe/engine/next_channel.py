"""Which channel has its turn after another one failed, or was set back behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.plan import INBOX
from psysafe.domain.severity import Severity
from psysafe.engine.cards import beside, send

#: What an attempt's code says where another channel goes first for a while.
SET_BACK: Final = "set_back"


def next_after_receipt(notice: Notice, heard: e.ReceiptHeard) -> Iterator[Entry]:
    """The attempt over the next channel where a provider says, signed, that what it took failed.

    None where another channel has carried the message, or still tries: it goes on by itself. At
    imminent all of them went at once.
    """
    delivery = notice.delivery(heard.channel)
    failed = heard.signed and heard.state == "failed" and delivery.result == "accepted"
    if not failed or notice.severity is Severity.IMMINENT or carried_on(notice, heard.channel):
        return
    for channel in untried(notice, heard.channel)[:1]:
        yield send(notice, channel, heard.at)


def carried_on(notice: Notice, channel: str) -> bool:
    """Whether another channel than this one, besides the inbox, has carried it or still tries."""
    return any(
        d.result == "waiting" or (d.result == "accepted" and d.receipt != "failed")
        for d in notice.deliveries
        if d.channel not in (channel, INBOX)
    )


def untried(notice: Notice, channel: str) -> tuple[str, ...]:
    """The channels that reach out and over which nothing was tried yet, besides this one."""
    tried = {d.channel for d in notice.deliveries} | {channel}
    return tuple(name for name in beside(notice) if name not in tried)


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
