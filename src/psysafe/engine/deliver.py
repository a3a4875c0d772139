"""One attempt to deliver one notice over one channel, and what is made of its result.

The claim was the attempt's durable start. The text is built and judged now; the channel is
called outside any transaction; the result and the settling of the claim are one commit. A claim
that comes back ambiguous is sent again with the same key: better twice than never.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final, TypeGuard

import attrs

from psysafe.contracts.channel import Channel, Message, Problem, ResultClass, SendResult
from psysafe.contracts.storage import Claimed, Settlement
from psysafe.domain import commands as c
from psysafe.domain.duties import Notice
from psysafe.domain.files import still_asks
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.engine.handle import handle
from psysafe.engine.rendering import Speaker
from psysafe.engine.school import School
from psysafe.engine.texts import Text, neutral, text_for
from psysafe.engine.views import NATIONAL_LINE, number_to_call
from psysafe.errors import NotFoundError
from psysafe.ids import SYSTEM_TICK, NoticeId, StudentId, derived_command
from psysafe.sensitivity import CARRIES, Trust

_log = logging.getLogger("psysafe.engine")
_log.addHandler(logging.NullHandler())

#: Pauses between tries over one channel; then the next channel has its turn (channels contract).
URGENT_PAUSES: Final = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15))
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
#: Characters of a provider's code that are kept.
CODE_LIMIT: Final = 64
#: How long one attempt may take. The lease of a claim is longer.
ATTEMPT: Final = timedelta(seconds=10)

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
    channel = school.channels.get(channel_name)
    result, text = _attempt(school, notice, world, channel, channel_name, now, speaker)
    pauses = URGENT_PAUSES if notice.urgent else PAUSES
    # A provider that wants to be left alone for longer than our own pauses: the next channel.
    too_long = result.retry_after is not None and result.retry_after > max(pauses)
    final = result.cls in _FINAL or claim.attempt > len(pauses) or too_long
    again = None
    if not final:
        wait = max(pauses[claim.attempt - 1], result.retry_after or timedelta())
        again = now + wait
    command = c.RecordAttempt(
        student=StudentId(student),
        notice=notice.id,
        channel=channel_name,
        attempt=claim.attempt,
        lost_before=claim.ambiguous,
        started=now,
        result=result.cls.value,
        content=text.content.name if text is not None else None,
        provider_code=str(result.provider_code)[:CODE_LIMIT] if result.provider_code else None,
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
    )
    return Attempted(result.cls.value)


def _lost(school: School, notice: Notice, channel: str, claim: Claimed, now: datetime) -> None:
    """Journal that an earlier attempt may have reached somebody, though nothing is sent now."""
    if notice.student is None:
        school.storage.settle(school.part, [Settlement(claim.key, claim.token)])
        return
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
    school: School,
    notice: Notice,
    world: World,
    channel: Channel | None,
    name: str,
    now: datetime,
    speaker: Speaker,
) -> tuple[SendResult, Text | None]:
    """Build the text and call the channel. Whatever goes wrong is a result, never a silence."""
    if channel is None:
        return _result(ResultClass.MISCONFIGURED, "no_channel"), None
    try:
        trust = Trust(channel.capabilities.trust)
    except Exception as error:
        return _result(ResultClass.MISCONFIGURED, type(error).__name__), None
    text = _text(school, notice, world, now, trust, name)
    if text is None:
        return _result(ResultClass.MISCONFIGURED, "public_channel"), None
    address = _address(notice, world, name)
    if address is None:
        return _result(ResultClass.PERMANENT_RECIPIENT, "no_address"), text
    message = Message(
        key=f"{notice.id}/{name}",
        content=text.content,
        text=speaker.say(text.phrases, None),
        neutral=speaker.say(neutral(notice, number_to_call(world)).phrases, None),
        queued=notice.queued.astimezone(school.calendar.zone),
        urgent=notice.urgent,
        answer_by=notice.answer_by,
        step=notice.step,
        language=speaker.language(None),
    )
    try:
        parsed = channel.parse_address(address)
        if isinstance(parsed, Problem):
            return _result(ResultClass.PERMANENT_RECIPIENT, "bad_address"), text
        # A plugin's answer is looked at, not believed.
        answer: object = channel.send(message, parsed, ATTEMPT.total_seconds())
    except Exception as error:
        # Nobody knows whether it was taken; the type's name is all that may be kept of it.
        return _result(ResultClass.AMBIGUOUS, type(error).__name__), text
    return (answer if _sound(answer) else _result(ResultClass.AMBIGUOUS, "no_result")), text


def _sound(answer: object) -> TypeGuard[SendResult]:
    """Whether a channel's answer is one of the nine, with a pause that is a pause."""
    return (
        isinstance(answer, SendResult)
        and isinstance(answer.cls, ResultClass)
        and isinstance(answer.retry_after, timedelta | None)
    )


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


def _result(cls: ResultClass, code: str) -> SendResult:
    return SendResult(cls=cls, provider_code=code)


def _address(notice: Notice, world: World, channel: str) -> str | None:
    """How the receiver is reached over a channel. The inbox reaches everybody by their id."""
    if channel == "inbox":
        return notice.receiver
    someone = world.roster.staff.get(notice.receiver)
    return someone.addresses.get(channel) if someone is not None else None
