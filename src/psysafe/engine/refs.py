"""Which message a provider's number was: for providers that call back with nothing else, or that
are asked by it.

Kept as documents of kind `channel` outside the journal, in the commit of the attempt, and let go of
after some days. Where a provider calls back the number itself is not kept: it is found under a
keyed digest, so nobody who reads the store can call back with it. To ask takes the number: it is
sealed with the student whom the message is about, and goes with the last question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
_ASKED: Final = "channel/~lookup/"
_ALL_ASKED: Final = Query(index="kind", prefixes=(("channel",),), low=_ASKED, high=f"{_ASKED}~")
#: For how long a receipt is waited for (practice: providers call back within three days).
KEPT: Final = timedelta(days=7)


@record
class Sent:
    """A message that a provider took, and when."""

    notice: NoticeId = ref()
    at: datetime = ref()


@record
class ToAsk:
    """Under which number a provider took a message, and when."""

    notice: NoticeId = ref()
    number: str = ref()
    at: datetime = ref()


def asked_by(notice: str, name: str) -> str:
    """The key under which the number is kept by which a channel's provider is asked."""
    return f"{_ASKED}{notice}/{name}"


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
    known = [
        document.key
        for document, sent in readable(school, every_page(school, _ALL), Sent)
        if sent.notice in notices
    ]
    # By the key alone: what is sealed with somebody whose key is gone must go as well.
    asked = (one.key for one in every_page(school, _ALL_ASKED))
    named = (key for key in asked if key.removeprefix(_ASKED).partition("/")[0] in notices)
    return (*known, *named)


def sweep(school: School, now: datetime) -> None:
    """Let go of the numbers for which no receipt comes any more, and by which nobody asks."""
    old = [
        document.key
        for document, sent in readable(school, every_page(school, _ALL), Sent)
        if sent.at + KEPT <= now
    ]
    old += [
        document.key
        for document, kept in readable(school, every_page(school, _ALL_ASKED), ToAsk)
        if kept.at + KEPT <= now
    ]
    let_go(school, old)


def let_go(school: School, keys: Iterable[str]) -> None:
    """Delete numbers that are not needed any more, where the store can outside a commit."""
    gone, storage = tuple(dict.fromkeys(keys)), school.storage
    if gone and isinstance(storage, Keeping):
        storage.keep(school.part, (), {}, gone)


def _by_ref(school: School, name: str) -> bool:
    channel = school.channels.get(name)
    try:
        return channel is not None and channel.capabilities.receipts_by_ref is True
    except Exception:
        return False  # a plugin's own fault; its receipts find nothing


def _key(school: School, name: str, provider_ref: str) -> str:
    return f"{_SENT}{lookup_key(school.part_key, name, provider_ref)}"
