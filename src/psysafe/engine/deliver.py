"""One attempt to deliver one notice over one channel, and what is made of its result.

The claim was the attempt's durable start. The text is built and judged now; the channel is
called outside any transaction; the result and the settling of the claim are one commit. A claim
that comes back ambiguous is sent again with the same key: better twice than never.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.contracts.channel import Channel, Message, ResultClass, SendResult
from psysafe.contracts.storage import Claimed, Settlement
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import OUTSIDE
from psysafe.domain.duties import Notice
from psysafe.domain.files_notices import still_asks
from psysafe.domain.plan import INBOX
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.engine import cards, notes
from psysafe.engine.answering import with_answer
from psysafe.engine.cards import beside
from psysafe.engine.gather import gather
from psysafe.engine.handle import handle
from psysafe.engine.rendering import Speaker
from psysafe.engine.school import School
from psysafe.engine.sending import Allowance, result, send_over
from psysafe.engine.texts import Text, neutral, text_for
from psysafe.engine.troubles import after
from psysafe.engine.views import NATIONAL_LINE, number_to_call
from psysafe.engine.worklist import waits
from psysafe.errors import NotFoundError
from psysafe.ids import SYSTEM_TICK, NoticeId, StudentId, derived_command
from psysafe.sensitivity import CARRIES, Trust

_log = logging.getLogger("psysafe.engine")
_log.addHandler(logging.NullHandler())

#: Pauses between tries over one channel; then the next channel has its turn (channels contract).
URGENT_PAUSES: Final = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15))
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
_FINAL: Final = frozenset(
    {
        ResultClass.ACCEPTED,
        ResultClass.PARTIAL,
        ResultClass.PERMANENT_RECIPIENT,
        ResultClass.PERMANENT_CONTENT,
        ResultClass.MISCONFIGURED,
    }
)


@attrs.frozen
class Attempted:
    """What became of one claim: a result class, or `stale` where nothing was to be sent."""

    result: str


def deliver(school: School, claim: Claimed, now: datetime, speaker: Speaker) -> Attempted:
    """Carry out one claimed send."""
    student, notice_id, channel_name = claim.reference.split("|")
    done = Settlement(claim.key, claim.token)
    if not student:
        return Attempted(_call_about_no_student(school, claim, now, speaker))
    try:
        world = gather(school, StudentId(student), NoticeId(notice_id)).world
    except NotFoundError:
        school.storage.settle(school.part, [done])
        return Attempted("stale")
    notice = world.notice
    if notice is None or not _wanted(notice, world, channel_name):
        if notice is None or not claim.ambiguous:
            school.storage.settle(school.part, [done])
        else:
            _lost(school, notice, channel_name, claim, now)
        return Attempted("stale")
    found, text = _attempt(school, notice, world, channel_name, now, speaker)
    pauses = URGENT_PAUSES if notice.urgent else PAUSES
    final = _final(found, notice, channel_name, claim.attempt, pauses)
    again = None
    if not final:
        again = now + max(pauses[claim.attempt - 1], found.retry_after or timedelta())
    _say_trouble(found, notice, channel_name, final)
    begun, ended = after(school, channel_name, notice.receiver, found, now)
    command = c.RecordAttempt(
        student=StudentId(student),
        notice=notice.id,
        channel=channel_name,
        attempt=claim.attempt,
        lost_before=claim.ambiguous,
        started=now,
        result=found.cls.value,
        content=text.content.name if text is not None else None,
        provider_code=found.provider_code,
        final=final,
    )
    handle(
        school,
        command,
        SYSTEM_TICK,
        now,
        command_id=derived_command(
            school.part_key, "attempt", notice.id, channel_name, str(claim.attempt)
        ),
        settle=[Settlement(claim.key, claim.token, again)],
        beside=begun,
        gone=ended,
    )
    return Attempted(found.cls.value)


def _carries(channel: Channel) -> bool:
    """Whether a channel may carry even the neutral text; one that cannot say so may not."""
    try:
        return CARRIES.get(Trust(channel.capabilities.trust)) is not None
    except Exception:
        return False


def _call_about_no_student(school: School, claim: Claimed, now: datetime, speaker: Speaker) -> str:
    """A call that is about no known student, or about a list: always the neutral text."""
    _, notice_id, name = claim.reference.split("|")
    notice, people, version = notes.call_of(school, NoticeId(notice_id))
    done = Settlement(claim.key, claim.token)
    if notice is None:
        school.storage.settle(school.part, [done])
        return "stale"
    lost = None
    if claim.ambiguous:
        lost = e.AttemptStarted(
            notice=notice.id, channel=name, attempt=claim.attempt - 1, found=now
        )
    if (
        notice.delivery(name).result != "waiting"
        or notice.acknowledged
        or not waits(school, notice)
    ):
        if lost is None:
            school.storage.settle(school.part, [done])
        else:
            notes.keep_call(school, notice, version, lost, now, done)
        return "stale"
    channel = school.channels.get(name)
    someone = people.staff.get(notice.receiver)
    address = someone.addresses.get(name) if someone is not None else None
    text = neutral(notice, NATIONAL_LINE)
    if channel is None:
        found = result(ResultClass.MISCONFIGURED, "no_channel")
    elif not _carries(channel):
        found = result(ResultClass.MISCONFIGURED, "public_channel")
    elif name != INBOX and address is None:
        found = result(ResultClass.PERMANENT_RECIPIENT, "no_address")
    else:
        said = _message(school, notice, name, text, text, speaker)
        where = notice.receiver if name == INBOX else str(address)
        left = Allowance()
        found = send_over(school, name, channel, said, where, left)
        if found.cls is ResultClass.PERMANENT_CONTENT and said.text != said.neutral:
            said = attrs.evolve(said, text=said.neutral)  # perhaps it was the link
            found = send_over(school, name, channel, said, where, left)
    pauses = URGENT_PAUSES if notice.urgent else PAUSES
    final = _final(found, notice, name, claim.attempt, pauses)
    again = None
    if not final:
        again = now + max(pauses[claim.attempt - 1], found.retry_after or timedelta())
    _say_trouble(found, notice, name, final)
    tried = e.AttemptFinished(
        notice=notice.id,
        channel=name,
        attempt=claim.attempt,
        started=now,
        at=now,
        result=found.cls.value,
        content=text.content.name,
        provider_code=found.provider_code,
        final=final,
    )
    others = tuple(cards.next_send(notice, tried))
    settle = Settlement(claim.key, claim.token, again)
    notes.keep_call(
        school,
        notice,
        version,
        tried,
        now,
        settle,
        lost=lost,
        others=others,
        troubles=after(school, name, notice.receiver, found, now),
    )
    return found.cls.value


def _final(
    found: SendResult,
    notice: Notice,
    channel: str,
    attempt: int,
    pauses: tuple[timedelta, ...],
) -> bool:
    """Whether nothing more is tried over this channel, so that the next one has its turn."""
    if found.cls in _FINAL or attempt > len(pauses):
        return True
    if found.cls is ResultClass.RATE_LIMITED and notice.severity is Severity.HIGH:
        # At imminent the others went at once; below high there is time to wait.
        outside = beside(notice)
        later = outside[outside.index(channel) :] if channel in outside else ()
        if set(later) & set(_untried(notice, channel)):
            return True
    # A provider that wants to be left alone for longer than our own pauses.
    return found.retry_after is not None and found.retry_after > max(pauses)


def _untried(notice: Notice, channel: str) -> tuple[str, ...]:
    """The channels that reach out and over which nothing was tried yet, besides this one."""
    tried = {d.channel for d in notice.deliveries} | {channel}
    return tuple(name for name in beside(notice) if name not in tried)


def _say_trouble(found: SendResult, notice: Notice, channel: str, final: bool) -> None:
    """What an operator must hear of at once; `check` says it again until it is mended."""
    about = {"channel": channel, "code": found.provider_code, **_ids(notice)}
    if found.cls is ResultClass.MISCONFIGURED:
        _log.error("a channel cannot do its work", extra=about)
    # That it stands in the inbox as well wakes nobody.
    reached = any(d.result == "accepted" and d.channel != INBOX for d in notice.deliveries)
    over = final and found.cls is not ResultClass.ACCEPTED
    if over and not reached and not _untried(notice, channel):
        _log.error("a notice was taken by no channel", extra=about)


def _lost(school: School, notice: Notice, channel: str, claim: Claimed, now: datetime) -> None:
    """Journal that an earlier attempt may have reached somebody, though nothing is sent now."""
    if notice.student is None:
        return  # never: what is about no student goes another way
    lost = c.RecordLostAttempt(
        student=notice.student,
        notice=notice.id,
        channel=channel,
        attempt=claim.attempt - 1,
        found=now,
    )
    own = derived_command(school.part_key, "lost", notice.id, channel, str(claim.attempt))
    settle = [Settlement(claim.key, claim.token)]
    handle(school, lost, SYSTEM_TICK, now, command_id=own, settle=settle)


def _wanted(notice: Notice, world: World, channel: str) -> bool:
    """Whether it still makes sense: it still asks, and was not delivered already."""
    return notice.delivery(channel).result == "waiting" and still_asks(notice, world.file)


def _attempt(
    school: School, notice: Notice, world: World, name: str, now: datetime, speaker: Speaker
) -> tuple[SendResult, Text | None]:
    """Build the text and call the channel. Whatever goes wrong is a result, never a silence."""
    channel = school.channels.get(name)
    if channel is None:
        return result(ResultClass.MISCONFIGURED, "no_channel"), None
    try:
        trust = Trust(channel.capabilities.trust)
    except Exception as error:
        return result(ResultClass.MISCONFIGURED, type(error).__name__), None
    text = _text(school, notice, world, now, trust, name)
    if text is None:
        return result(ResultClass.MISCONFIGURED, "public_channel"), None
    address = _address(notice, world, name, school.outside)
    if address is None:
        return result(ResultClass.PERMANENT_RECIPIENT, "no_address"), text
    plain = neutral(notice, number_to_call(world))
    left = Allowance()
    said = _message(school, notice, name, text, plain, speaker)
    found = send_over(school, name, channel, said, address, left)
    if found.cls is ResultClass.PERMANENT_CONTENT and said.text != said.neutral:
        # The text was refused and nothing was taken: the neutral one, once, in its place, and
        # without a link, because that may be what was refused.
        text = plain
        said = attrs.evolve(said, content=plain.content, text=said.neutral)
        found = send_over(school, name, channel, said, address, left)
    return found, text


def _message(
    school: School, notice: Notice, channel: str, text: Text, plain: Text, speaker: Speaker
) -> Message:
    said = Message(
        key=f"{notice.id}/{channel}",
        content=text.content,
        text=speaker.say(text.phrases, None),
        neutral=speaker.say(plain.phrases, None),
        queued=notice.queued.astimezone(school.calendar.zone),
        urgent=notice.urgent,
        answer_by=notice.answer_by,
        step=notice.step,
        language=speaker.language(None),
    )
    return with_answer(school, notice, channel, said, speaker)


def _text(
    school: School, notice: Notice, world: World, now: datetime, trust: Trust, channel: str
) -> Text | None:
    """The text; the neutral one where deciding it failed: an error never silences an alarm."""
    try:
        return text_for(school, notice, world, now, trust, channel)
    except Exception:
        # No traceback: an exception may carry private text.
        _log.error("a text could not be decided; the neutral one goes", extra=_ids(notice))
        return neutral(notice, NATIONAL_LINE) if CARRIES.get(trust) is not None else None


def _ids(notice: Notice) -> dict[str, str]:
    return {"notice": notice.id}


def _address(notice: Notice, world: World, channel: str, outside: Mapping[str, str]) -> str | None:
    """How the receiver is reached over a channel. The inbox reaches everybody by their id."""
    if channel == "inbox":
        return notice.receiver
    if notice.receiver == OUTSIDE:
        return outside.get(channel)
    someone = world.roster.staff.get(notice.receiver)
    return someone.addresses.get(channel) if someone is not None else None
