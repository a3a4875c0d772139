"""Which message a provider's number was: for providers that call back with nothing else.

Kept as documents of kind `channel` outside the journal, in the commit of the attempt, and let go of
after some days. The number itself is not kept: it is found under a keyed digest, so nobody who
reads the store can call back with it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from psysafe.contracts.channel import ResultClass, SendResult
from psysafe.contracts.storage import Query
from psysafe.contracts.storage_abilities import Keeping
from psysafe.engine.cards import Stored
from psysafe.engine.gather import every_page, opened, readable
from psysafe.engine.school import School
from psysafe.ids import NoticeId, lookup_key
from psysafe.sensitivity import record, ref

#: Behind every channel's name: what stands against channels is read without these.
_SENT: Final = "channel/~sent/"
_ALL: Final = Query(index="kind", prefixes=(("channel",),), low=_SENT, high=f"{_SENT}~")
#: For how long a receipt is waited for (practice: providers call back within three days).
KEPT: Final = timedelta(days=7)


@record
class Sent:
    """A message that a provider took, and when."""

    notice: NoticeId = ref()
    at: datetime = ref()


def reference(
    school: School, name: str, found: SendResult, notice: NoticeId, now: datetime
) -> tuple[Stored, ...]:
    """What is to be kept so that a receipt by this number finds the message; mostly nothing."""
    taken = found.cls in (ResultClass.ACCEPTED, ResultClass.PARTIAL)
    if found.provider_ref is None or not taken or not _by_ref(school, name):
        return ()
    key = _key(school, name, found.provider_ref)
    sent = Sent(notice=notice, at=now)
    return (Stored(key=key, record=sent, subject="school", index={}),)


def referred(school: School, name: str, provider_ref: str) -> NoticeId | None:
    """The notice that a provider's number stands for; None for a number that it never gave."""
    if not _by_ref(school, name):
        return None
    key = _key(school, name, provider_ref)
    held = school.storage.read(school.part, (key,)).documents.get(key)
    return opened(school, held, Sent).notice if held is not None else None


def about(school: School, notices: Collection[str]) -> tuple[str, ...]:
    """Under which keys numbers of these notices are kept."""
    return tuple(
        document.key
        for document, sent in readable(school, every_page(school, _ALL), Sent)
        if sent.notice in notices
    )


def sweep(school: School, now: datetime) -> None:
    """Let go of the numbers for which no receipt comes any more."""
    old = [
        document.key
        for document, sent in readable(school, every_page(school, _ALL), Sent)
        if sent.at + KEPT <= now
    ]
    storage = school.storage
    if old and isinstance(storage, Keeping):
        storage.keep(school.part, (), {}, old)


def _by_ref(school: School, name: str) -> bool:
    channel = school.channels.get(name)
    try:
        return channel is not None and channel.capabilities.receipts_by_ref is True
    except Exception:
        return False  # a plugin's own fault; its receipts find nothing


def _key(school: School, name: str, provider_ref: str) -> str:
    return f"{_SENT}{lookup_key(school.part_key, name, provider_ref)}"
