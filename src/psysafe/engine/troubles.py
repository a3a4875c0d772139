"""What stands against a channel: everybody's messages refused, or one person's address.

Kept as documents of kind `channel` beside the journal's own, for the operator to see and mend. A
trouble never stops an attempt: the next message is tried all the same, and the first that is
taken ends it. They hold ids and codes, never an address.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.contracts.channel import ResultClass, SendResult
from psysafe.contracts.storage import Query
from psysafe.engine.cards import Stored
from psysafe.engine.gather import opened
from psysafe.engine.school import School
from psysafe.ids import PersonId
from psysafe.sensitivity import record, ref

KIND: Final = "channel"
_PAGE: Final = 200


@record
class Trouble:
    """A channel takes nothing (`person` is None), or nothing for this person."""

    channel: str = ref()
    person: PersonId | None = ref(default=None)
    code: str = ref()
    since: datetime = ref()


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
    if key in there and opened(school, there[key], Trouble).code == trouble.code:
        return (), ()
    return (Stored(key=key, record=trouble, subject="school", index={}),), ()


def troubles(school: School) -> tuple[Trouble, ...]:
    """Everything that stands against the school's channels now."""
    found: list[Trouble] = []
    cursor = None
    while True:
        asked = Query(index="kind", prefixes=((KIND,),), limit=_PAGE, cursor=cursor)
        page = school.storage.query(school.part, asked)
        found += [opened(school, document, Trouble) for document in page.documents]
        cursor = page.cursor
        if cursor is None:
            return tuple(found)
