"""What stands against a channel: everybody's messages refused, or one person's address.

Kept as documents of kind `channel` beside the journal's own, for the operator to see and mend. A
trouble never stops an attempt. One of a whole channel is its *breaker*: for a while other channels
go first, then a message tries whether it is well again; the first that is taken ends it. Notices
that no channel took stand here as well, until somebody has answered them. All of it is ids and
codes, never an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from psysafe.contracts.channel import Channel, ResultClass, SendResult
from psysafe.contracts.storage import Query
from psysafe.contracts.storage_abilities import Keeping
from psysafe.domain.duties import Notice
from psysafe.engine.cards import Stored
from psysafe.engine.gather import every_page, opened, readable
from psysafe.engine.school import School
from psysafe.ids import NoticeId, PersonId
from psysafe.sensitivity import changed, record, ref

KIND: Final = "channel"
#: How long a channel that takes nothing is passed over, before a message tries it again.
HALF_OPEN: Final = timedelta(minutes=5)
#: Behind every channel's name: what stands against channels is read without these.
_UNDELIVERED: Final = f"{KIND}/~undelivered/"


@record
class Trouble:
    """A channel takes nothing (`person` is None), or nothing for this person."""

    channel: str = ref()
    person: PersonId | None = ref(default=None)
    code: str = ref()
    since: datetime = ref()
    tried: datetime | None = ref(default=None)
    """when the last message was refused"""

    def holds_back(self, now: datetime) -> bool:
        """Whether other channels go first. Half open after a while: then a message tries it."""
        last = self.tried or self.since
        return last <= now < last + HALF_OPEN


@record
class Undelivered:
    """A notice that no channel took. It lies in its receiver's inbox, and wakes nobody."""

    notice: NoticeId = ref()
    person: PersonId = ref()
    since: datetime = ref()
    code: str = ref()
    """what the last channel said"""


def _key(channel: str, person: PersonId | None) -> str:
    return f"{KIND}/{channel}/{person}" if person is not None else f"{KIND}/{channel}"


def after(
    school: School, channel: str, person: PersonId, found: SendResult, now: datetime
) -> tuple[tuple[Stored, ...], tuple[str, ...]]:
    """The troubles that an attempt's result begins, and the keys of those that it ends."""
    whose = {
        ResultClass.MISCONFIGURED: None,
        ResultClass.PERMANENT_RECIPIENT: person,
    }
    keys = (_key(channel, None), _key(channel, person))
    if found.cls not in whose and found.cls is not ResultClass.ACCEPTED:
        return (), ()
    there = school.storage.read(school.part, keys).documents
    if found.cls is ResultClass.ACCEPTED:
        return (), tuple(key for key in keys if key in there)
    trouble = Trouble(
        channel=channel,
        person=whose[found.cls],
        code=found.provider_code or found.cls.value,
        since=now,
    )
    key = _key(channel, trouble.person)
    if key in there:
        before = opened(school, there[key], Trouble)
        if before.code == trouble.code:
            if trouble.person is not None or before.holds_back(now):
                return (), ()
            trouble = changed(before, tried=now)
    return (_stored(key, trouble),), ()


def held_back(school: School, channels: Sequence[str], now: datetime) -> bool:
    """Whether the breaker of one of these channels is open, so that others go first."""
    keys = tuple(_key(one, None) for one in channels)
    there = school.storage.read(school.part, keys).documents
    return any(opened(school, there[key], Trouble).holds_back(now) for key in keys if key in there)


def kin(school: School, name: str) -> tuple[str, ...]:
    """A channel and the others of its provider: what stops one mostly stops them all."""
    whose = provider_of(school.channels.get(name))
    others = (one for one in school.channels if one != name) if whose else ()
    return (name, *(one for one in others if provider_of(school.channels[one]) == whose))


def provider_of(channel: Channel | None) -> str:
    """Whose service a channel is; empty where it does not say."""
    try:
        return str(channel.capabilities.provider) if channel is not None else ""
    except Exception:
        return ""  # a plugin's own fault: it counts as a way of its own


def troubles(school: School) -> tuple[Trouble, ...]:
    """Everything that stands against the school's channels now."""
    asked = Query(index="kind", prefixes=((KIND,),), high=f"{KIND}/~")
    return tuple(found for _, found in readable(school, every_page(school, asked), Trouble))


def taken_by_none(notice: Notice, code: str, now: datetime) -> Stored:
    """The document that keeps a notice in sight which no channel took."""
    lost = Undelivered(
        notice=notice.id,
        person=notice.receiver,
        since=now,
        code=code,
    )
    return _stored(f"{_UNDELIVERED}{notice.id}", lost)


def arrived(school: School, notice: Notice) -> tuple[str, ...]:
    """The key under which a notice stands that no channel took; nothing where it does not."""
    key = f"{_UNDELIVERED}{notice.id}"
    return (key,) if key in school.storage.read(school.part, (key,)).documents else ()


def undelivered(school: School) -> tuple[Undelivered, ...]:
    """The notices that no channel took and that nobody has answered yet, the first one first."""
    asked = Query(index="kind", prefixes=((KIND,),), low=_UNDELIVERED, high=f"{_UNDELIVERED}~")
    held = [found for _, found in readable(school, every_page(school, asked), Undelivered)]
    open_ones = [one for one in held if _still_open(school, one)]
    return tuple(sorted(open_ones, key=lambda one: (one.since, one.notice)))


def sweep(school: School) -> None:
    """Let go of what is kept about notices that were answered or erased."""
    asked = Query(index="kind", prefixes=((KIND,),), low=_UNDELIVERED, high=f"{_UNDELIVERED}~")
    over = [
        document.key
        for document, found in readable(school, every_page(school, asked), Undelivered)
        if not _still_open(school, found)
    ]
    storage = school.storage
    if over and isinstance(storage, Keeping):
        storage.keep(school.part, (), {}, over)


def _still_open(school: School, lost: Undelivered) -> bool:
    key = f"notice/{lost.notice}"
    found = school.storage.read(school.part, (key,)).documents.get(key)
    return found is not None and found.index.get("lifecycle") == "open"


def _stored(key: str, kept: object) -> Stored:
    return Stored(key=key, record=kept, subject="school", index={})
