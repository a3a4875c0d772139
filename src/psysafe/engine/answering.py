"""Answers to calls: out of the inbox, by a link, by a code, by a button. All end at one place.

Only the receiver of a notice, logged in, stops its route. Who looks at a link learns nothing and
changes nothing, because scanners and previews look at every link.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.contracts.channel import Capabilities, Message, trust_of
from psysafe.domain import commands as c
from psysafe.domain.bars import OUTSIDE
from psysafe.domain.duties import Notice
from psysafe.domain.plan import INBOX
from psysafe.domain.reactions_standdown import STOOD_DOWN
from psysafe.engine import words, worklist
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import card
from psysafe.engine.handle import handle
from psysafe.engine.links import code_of, is_code_of, read_link, signed_link
from psysafe.engine.rendering import Speaker
from psysafe.engine.school import School
from psysafe.engine.words import phrase
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, NoticeId
from psysafe.sensitivity import Trust

_log = logging.getLogger("psysafe.engine")

#: Wrong codes that one person may enter within the span; then they wait. A code has 80 bits, so
#: this is about noise and not about guessing.
TRIES: Final = 10
SPAN: Final = timedelta(minutes=10)
#: What a channel may put to a text, such as a mark against repeats.
ROOM: Final = 40


def answer(school: School, notice: NoticeId, actor: Actor, now: datetime) -> Receipt:
    """Say of a notice: I have it. Raises NotFoundError for another's, PSY023 for a second time."""
    key = f"notice/{notice}"
    document = school.storage.read(school.part, [key]).documents.get(key)
    if document is None:
        raise NotFoundError
    told = card(school, key, Notice)
    if told.receiver != actor:
        raise NotFoundError
    if told.student is None:
        command = school.ids.command()
        worklist.acknowledge(school, told, document.version, actor, now, command)
        return Receipt(command=command)
    wish = c.AcknowledgeNotice(student=told.student, notice=notice)
    return handle(school, wish, actor, now).receipt


def answer_by_link(school: School, token: str, actor: Actor, now: datetime) -> Receipt | None:
    """The receiver has pressed the button behind a link. None: it was answered before.

    Raises NotFoundError where the link is not this school's or not this person's, and
    NotPermittedError PSY623 where it has run out.
    """
    link = read_link(school.answering.keys, school.part, token)
    told = called(school, link.notice) if link is not None else None
    if link is None or told is None or told.receiver != actor:
        raise NotFoundError
    if link.until < now:
        raise NotPermittedError("PSY623")
    return answer_once(school, told, now)


def answer_by_code(school: School, typed: str, actor: Actor, now: datetime) -> Receipt | None:
    """The receiver has entered the code of an SMS. None: it was answered before.

    Raises NotFoundError where it is the code of nothing that this person was told, and
    NotPermittedError PSY623 where it has run out, PSY624 after too many wrong ones.
    """
    missed = school.missed_codes.setdefault(actor, deque(maxlen=TRIES))
    recent = [at for at in tuple(missed) if at > now - SPAN]
    if len(recent) >= TRIES:
        raise NotPermittedError("PSY624")
    for told in worklist.notices_of(school, actor):
        if is_code_of(school.answering.keys, school.part, told.id, actor, typed):
            if _until(school, told) < now:
                raise NotPermittedError("PSY623")
            return answer_once(school, told, now)
    missed.append(now)
    _log.warning("a code that was entered is none of this person's", extra={"actor": actor})
    raise NotFoundError


def with_answer(
    school: School, notice: Notice, name: str, message: Message, speaker: Speaker
) -> Message:
    """The message with a way to answer it, where settings and channel allow one.

    A link stands in the text, never in what shows without being opened. A channel whose text its
    provider holds gets the code, and one that has a button of its own needs nothing. In a room,
    and where anybody reads, there is neither; nor for whoever cannot log in.
    """
    way = school.answering
    channel = school.channels.get(name)
    unasked = name == INBOX or notice.purpose == STOOD_DOWN or notice.receiver == OUTSIDE
    if channel is None or not way.url or unasked:
        return message
    try:
        can = channel.capabilities
        if can.audience != "person" or trust_of(can) < Trust.SHARED or can.ack == "button":
            return message
        if can.content == "template":
            code = code_of(way.keys, school.part, notice.id, notice.receiver)
            return attrs.evolve(message, code=code)
        token = signed_link(way.keys, school.part, notice.id, _until(school, notice))
        url = words.Address(way.url.replace("{token}", token))
        link = [phrase(words.ANSWER_AT, url=url)]
        if not speaker.stands(link, None):
            return message
        said = speaker.say(link, None)
        text = f"{message.text} {said}"
        return attrs.evolve(message, text=text) if _fits(can, text) else message
    except Exception as error:
        # Whatever is wrong here is no reason to hold an alarm back; it goes without a link.
        _log.error("a message goes without a link", extra={"code": type(error).__name__})
        return message


def _fits(can: Capabilities, text: str) -> bool:
    """Whether a channel takes the text and what it puts to it; parts are its own to count."""
    if can.max_units is None or can.unit == "parts":
        return can.max_units is None
    return len(text.encode() if can.unit == "bytes" else text) + ROOM <= can.max_units


def _until(school: School, notice: Notice) -> datetime:
    valid = school.answering.valid
    if valid is None:
        return notice.queued
    return school.calendar.due(notice.queued, valid).at


def called(school: School, notice: NoticeId) -> Notice | None:
    """A notice as it is stored; None where there is none."""
    key = f"notice/{notice}"
    held = key in school.storage.read(school.part, [key]).documents
    return card(school, key, Notice) if held else None


def answer_once(school: School, told: Notice, now: datetime) -> Receipt | None:
    """Answer for the receiver. None, and no trace, where they have answered: it is no fault."""
    if told.acknowledged is not None:
        return None
    try:
        return answer(school, told.id, Actor(told.receiver), now)
    except InvalidMoveError as error:
        if error.code != "PSY023":
            raise
        return None
