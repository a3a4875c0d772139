"""What a provider calls back to say of a message that it took.

Only a signed word that the receiver pressed the button is an answer, and it counts as that
person's own. Everything else has a rank and stops nothing: accepted, failed, delivered, read. A
receipt that nobody signed could come from anybody, so it is kept apart, as a hint.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from psysafe.contracts.channel import Channel, Problem
from psysafe.contracts.http import HttpAnswer
from psysafe.contracts.http import Receipt as Told
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.files_notices import says_more
from psysafe.engine.answering import answer_once, called
from psysafe.engine.cards import Stored
from psysafe.engine.gather import people_and_duty
from psysafe.engine.handle import handle
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.next_channel import carried_on, untried
from psysafe.engine.notes import keep_receipt
from psysafe.engine.refs import referred
from psysafe.engine.school import School
from psysafe.engine.sending import kept_code
from psysafe.engine.troubles import arrived, taken_by_none
from psysafe.errors import ConflictError, InvalidMoveError, NotFoundError, StorageError
from psysafe.ids import SYSTEM_TICK, NoticeId

_log = logging.getLogger("psysafe.engine")

#: A provider's call is short. Whatever is longer is read by nobody.
LONGEST: Final = 1 << 20
#: Receipts of one call that are looked at; a provider sends the rest again.
MOST: Final = 1000


def called_back(
    school: School,
    name: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, str],
    now: datetime,
) -> HttpAnswer:
    """Hear a provider's call over a channel and say what to answer it. Never raises.

    503 where it could not be kept, so that the provider calls again. The answer is the same
    whether a receipt is about something or about nothing.
    """
    channel = school.channels.get(name)
    if not isinstance(channel, OverHttp):
        return HttpAnswer(status=404)
    if len(body) > LONGEST:
        return HttpAnswer(status=413)
    try:
        told, reply = channel.receive(headers, body, query)
        told = tuple(told)
    except Exception as error:
        # A plugin's own fault. Its text may quote the call, so only the type is kept.
        kind = type(error).__name__
        _log.error("a call could not be read", extra={"channel": name, "code": kind})
        return HttpAnswer(status=400)
    try:
        for one in told[:MOST]:
            _hear(school, name, channel, one, now)
    except (ConflictError, StorageError) as error:
        _log.error("a call could not be kept", extra={"channel": name, "code": error.code})
        return HttpAnswer(status=503)
    return reply


def _hear(school: School, name: str, channel: Channel, told: Told, now: datetime) -> None:
    notice = _notice(school, name, told)
    if notice is None or not is_theirs(school, name, channel, notice, told):
        return
    try:
        if told.state == "acknowledged":
            if told.signed:
                answer_once(school, notice, now)
        else:
            keep(school, notice, name, told, now)
    except (NotFoundError, InvalidMoveError):
        return  # answered already, or nothing that this person may know of any more


def keep(school: School, notice: Notice, name: str, told: Told, now: datetime) -> None:
    """Keep a receipt where it says more than was heard before.

    One that is signed and says that what was taken has failed gives the next channel its turn, and
    where there is none keeps the notice in sight.
    Raises NotFoundError, ConflictError, StorageError.
    """
    beside, gone = _stands(school, notice, name, told, now)
    heard = e.ReceiptHeard(
        notice=notice.id, channel=name, state=told.state, signed=told.signed, at=now
    )
    if notice.student is None:
        keep_receipt(school, notice, heard, (beside, gone))
        return
    command = c.RecordReceipt(
        student=notice.student,
        notice=notice.id,
        channel=name,
        state=told.state,
        signed=told.signed,
        at=now,
    )
    handle(school, command, SYSTEM_TICK, now, beside=beside, gone=gone)


def _stands(
    school: School, notice: Notice, name: str, told: Told, now: datetime
) -> tuple[tuple[Stored, ...], tuple[str, ...]]:
    """What a signed receipt adds to what stands against the channels, and the keys that it ends."""
    if not told.signed or not says_more(notice, name, told.state, signed=True):
        return (), ()
    if told.state != "failed":
        return (), arrived(school, notice)
    taken = notice.delivery(name).result == "accepted"
    if not taken or carried_on(notice, name) or untried(notice, name):
        return (), ()
    code = kept_code(told.provider_code) or "failed"
    about = {"channel": name, "code": code, "notice": notice.id}
    _log.error("a notice was taken by a channel and did not arrive", extra=about)
    return (taken_by_none(notice, code, now),), ()


def _notice(school: School, name: str, told: Told) -> Notice | None:
    """The notice that a receipt is about: it bears the key that the message had, or the number
    under which its provider took it."""
    key, _, channel = (told.key or "").partition("/")
    known = NoticeId(key) if channel == name and key.startswith("notice-") else None
    if told.key is None and isinstance(told.provider_ref, str):
        known = referred(school, name, told.provider_ref)
    if known is None:
        return None
    found = called(school, known)
    if found is None:
        return None
    if told.state == "acknowledged":
        # A button may be pressed before the attempt that sent it is written down.
        return found if name in found.channels else None
    # What was never sent over this channel cannot have arrived over it.
    return found if any(d.channel == name for d in found.deliveries) else None


def is_theirs(school: School, name: str, channel: Channel, notice: Notice, told: Told) -> bool:
    """Whether it comes from the address that the notice went to; an answer must say which."""
    if told.address is None:
        return told.state != "acknowledged"
    people, _ = people_and_duty(school)
    someone = people.staff.get(notice.receiver)
    address = someone.addresses.get(name) if someone is not None else None
    if address is None:
        return False
    ours, theirs = channel.parse_address(address), channel.parse_address(told.address)
    if isinstance(ours, Problem) or isinstance(theirs, Problem):
        return False
    return ours.casefold() == theirs.casefold()
