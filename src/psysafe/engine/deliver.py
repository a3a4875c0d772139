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

from psysafe.contracts.channel import Channel, Message, ResultClass, SendResult, trust_of
from psysafe.contracts.storage import Claimed, Settlement
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import OUTSIDE
from psysafe.domain.duties import Notice
from psysafe.domain.files_notices import still_asks
from psysafe.domain.plan import INBOX
from psysafe.domain.severity import Severity
from psysafe.domain.world import World
from psysafe.engine import cards, notes, pacing
from psysafe.engine.answering import with_answer
from psysafe.engine.gather import gather
from psysafe.engine.handle import handle
from psysafe.engine.lookups import to_ask
from psysafe.engine.next_channel import SET_BACK, next_send, untried
from psysafe.engine.refs import reference
from psysafe.engine.rendering import Speaker
from psysafe.engine.school import School
from psysafe.engine.sending import (
    PUBLIC,
    Allowance,
    at_once,
    in_order,
    result,
    send_over,
    traced_over,
)
from psysafe.engine.texts import Text, neutral, text_for
from psysafe.engine.troubles import after, held_back, kin, taken_by_none
from psysafe.engine.trying import given_up, next_try, number_of, reached
from psysafe.engine.views import NATIONAL_LINE, number_to_call
from psysafe.engine.worklist import waits
from psysafe.errors import NotFoundError
from psysafe.ids import SYSTEM_TICK, NoticeId, StudentId, derived_command
from psysafe.sensitivity import CARRIES, Trust

_log = logging.getLogger("psysafe.engine")
_log.addHandler(logging.NullHandler())

#: For how long a channel that takes nothing lets the others go first.
BEHIND: Final = timedelta(seconds=30)


@attrs.frozen
class Attempted:
    """What became of a claim: a result class, `stale` (nothing to send) or `held` (no room now)."""

    result: str
    settle: Settlement | None = None
    """of what is held: when it is looked at again; whoever began it settles it"""


@attrs.frozen
class Ready:
    """A message that is written and may be handed to its channel, in any thread."""

    claim: Claimed
    notice: Notice
    version: int
    """the notice's own, where it is about no student"""
    name: str
    channel: Channel
    at_once: int
    """how many messages may be under way over this channel"""
    in_order: bool
    """whether messages to one address go one after the other"""
    address: str = attrs.field(repr=False)
    text: Text = attrs.field(repr=False)
    said: Message = attrs.field(repr=False)
    plain: Text = attrs.field(repr=False)
    number: int


def begin(school: School, claim: Claimed, now: datetime, speaker: Speaker) -> Attempted | Ready:
    """What there is to hand over for a claim; what became of it where there is nothing."""
    student, notice_id, name = claim.reference.split("|")
    if not student:
        return _begin_about_no_student(school, claim, now, speaker)
    done = Settlement(claim.key, claim.token)
    try:
        world = gather(school, StudentId(student), NoticeId(notice_id)).world
    except NotFoundError:
        school.storage.settle(school.part, [done])
        return Attempted("stale")
    notice = world.notice
    if notice is None or not _wanted(notice, world, name):
        if notice is None or not claim.ambiguous:
            school.storage.settle(school.part, [done])
        else:
            _lost(school, notice, name, claim, now)
        return Attempted("stale")
    channel = school.channels.get(name)
    trust = _trust(channel)
    if channel is None or not isinstance(trust, Trust):
        code = "no_channel" if channel is None else str(trust)
        return _came_to(
            school, claim, notice, 0, result(ResultClass.MISCONFIGURED, code), None, now
        )
    text = _text(school, notice, world, now, trust, name)
    if text is None:
        refused = result(ResultClass.MISCONFIGURED, PUBLIC)
        return _came_to(school, claim, notice, 0, refused, None, now)
    address = _address(notice, world, name, school.outside)
    plain = neutral(notice, number_to_call(world))
    return _ready(school, claim, notice, 0, channel, address, text, plain, now, speaker)


def _begin_about_no_student(
    school: School, claim: Claimed, now: datetime, speaker: Speaker
) -> Attempted | Ready:
    """A call that is about no known student, or about a list: always the neutral text."""
    _, notice_id, name = claim.reference.split("|")
    notice, people, version = notes.call_of(school, NoticeId(notice_id))
    done = Settlement(claim.key, claim.token)
    if notice is None:
        school.storage.settle(school.part, [done])
        return Attempted("stale")
    over = notice.delivery(name).result != "waiting" or notice.acknowledged is not None
    if over or _reached_elsewhere(notice, name) or not waits(school, notice):
        if claim.ambiguous:
            lost = _lost_before(notice, name, now)
            notes.keep_call(school, notice, version, lost, now, done, claim=claim.attempt)
        else:
            school.storage.settle(school.part, [done])
        return Attempted("stale")
    channel = school.channels.get(name)
    text = neutral(notice, NATIONAL_LINE)
    trust = _trust(channel)
    refused = None
    if channel is None:
        refused = "no_channel"
    elif not isinstance(trust, Trust) or CARRIES.get(trust) is None:
        refused = PUBLIC
    if channel is None or refused is not None:
        found = result(ResultClass.MISCONFIGURED, refused or "no_channel")
        return _came_to(school, claim, notice, version, found, text, now)
    someone = people.staff.get(notice.receiver)
    address = someone.addresses.get(name) if someone is not None else None
    where = notice.receiver if name == INBOX else address
    return _ready(school, claim, notice, version, channel, where, text, text, now, speaker)


def _ready(
    school: School,
    claim: Claimed,
    notice: Notice,
    version: int,
    channel: Channel,
    address: str | None,
    text: Text,
    plain: Text,
    now: datetime,
    speaker: Speaker,
) -> Attempted | Ready:
    """The message, where the channel may be called now: its breaker and its limits are asked."""
    name = claim.reference.rpartition("|")[2]
    if not speaker.stands(text.phrases, None):
        _log.error("a text is not as it was reviewed; the neutral one goes", extra=_ids(notice))
        text = plain
    if address is None:
        refused = result(ResultClass.PERMANENT_RECIPIENT, "no_address")
        return _came_to(school, claim, notice, version, refused, text, now)
    if _goes_behind(school, notice, name, now):
        behind = SendResult(
            cls=ResultClass.MISCONFIGURED, provider_code=SET_BACK, retry_after=BEHIND
        )
        return _came_to(school, claim, notice, version, behind, None, now)
    held = pacing.admit(school, name, channel, notice.receiver, notice.urgent, now)
    if held is not None and not notice.urgent and not claim.ambiguous:
        again = pacing.slot(school, name, channel, held)
        return Attempted("held", Settlement(claim.key, claim.token, again))
    if held is not None:
        full = SendResult(
            cls=ResultClass.RATE_LIMITED,
            provider_code="shut" if held.shut else "own_limit",
            retry_after=held.until - now,
        )
        return _came_to(school, claim, notice, version, full, None, now)
    return Ready(
        claim=claim,
        notice=notice,
        version=version,
        name=name,
        channel=channel,
        at_once=at_once(channel),
        in_order=in_order(channel),
        address=address,
        text=text,
        said=_message(school, notice, name, text, plain, speaker),
        plain=plain,
        number=number_of(notice, name, claim.ambiguous),
    )


def carried(school: School, ready: Ready) -> tuple[SendResult, Text]:
    """Hand it over, in any thread: the result, and the text that it is about. Never raises."""
    if not school.messages.enter():
        return result(ResultClass.TRANSIENT, "closed"), ready.text
    try:
        return _handed_over(school, ready)
    finally:
        school.messages.leave()


def _handed_over(school: School, ready: Ready) -> tuple[SendResult, Text]:
    left = Allowance()
    if ready.number > 1:
        # An earlier attempt may have arrived: where the provider can be asked, it is.
        seen = traced_over(school, ready.name, ready.channel, ready.said, ready.address, left)
        if seen is not None and seen.cls is ResultClass.ACCEPTED:
            return seen, ready.text
    found = send_over(school.overran, ready.name, ready.channel, ready.said, ready.address, left)
    said, plain = ready.said, ready.plain
    if found.cls is ResultClass.PERMANENT_CONTENT and said.text != said.neutral:
        # The text was refused and nothing was taken: the neutral one, once, in its place, and
        # without a link, because that may be what was refused.
        said = attrs.evolve(said, content=plain.content, text=said.neutral)
        return send_over(
            school.overran, ready.name, ready.channel, said, ready.address, left
        ), plain
    return found, ready.text


def finish(school: School, ready: Ready, found: SendResult, text: Text, now: datetime) -> Attempted:
    """Keep what became of a message."""
    if found.cls is ResultClass.RATE_LIMITED:
        pacing.shut(school, ready.name, ready.channel, ready.notice.receiver, found, now)
    notice, version = _meanwhile(school, ready)
    return _came_to(school, ready.claim, notice, version, found, text, now)


def _meanwhile(school: School, ready: Ready) -> tuple[Notice, int]:
    """The notice as it is now: another channel may have ended while this one was under way."""
    if ready.at_once == 1:
        return ready.notice, ready.version
    if ready.notice.student is None:
        found, _, version = notes.call_of(school, ready.notice.id)
        return found or ready.notice, version
    try:
        file = gather(school, ready.notice.student, ready.notice.id).world
    except NotFoundError:
        return ready.notice, ready.version
    return file.notice or ready.notice, ready.version


def _came_to(
    school: School,
    claim: Claimed,
    notice: Notice,
    version: int,
    found: SendResult,
    text: Text | None,
    now: datetime,
) -> Attempted:
    """Keep an attempt's result, in one commit with the settling of its claim."""
    name = claim.reference.rpartition("|")[2]
    number = number_of(notice, name, claim.ambiguous)
    again = next_try(found, notice, name, number, now)
    begun: tuple[cards.Stored, ...] = ()
    ended: tuple[str, ...] = ()
    if found.provider_code == SET_BACK:
        again = now + BEHIND
    else:
        begun, ended = after(school, name, notice.receiver, found, now)
    kept, later = to_ask(school, name, found, notice, now)
    begun = (*begun, *reference(school, name, found, notice.id, now), *kept)
    lost = given_up(found, again, notice, name)
    _say_trouble(found, notice, name, lost)
    if lost:
        code = found.provider_code or found.cls.value
        begun = (*begun, taken_by_none(notice, code, now))
    settle = Settlement(claim.key, claim.token, again)
    content = text.content.name if text is not None else None
    if notice.student is None:
        tried = e.AttemptFinished(
            notice=notice.id,
            channel=name,
            attempt=number,
            started=now,
            at=now,
            result=found.cls.value,
            content=content,
            provider_code=found.provider_code,
            final=again is None,
        )
        notes.keep_call(
            school,
            notice,
            version,
            tried,
            now,
            settle,
            lost=_lost_before(notice, name, now) if claim.ambiguous else None,
            others=(*next_send(notice, tried), *later),
            troubles=(begun, ended),
            claim=claim.attempt,
        )
        return Attempted(found.cls.value)
    command = c.RecordAttempt(
        student=notice.student,
        notice=notice.id,
        channel=name,
        attempt=number,
        lost_before=claim.ambiguous,
        started=now,
        result=found.cls.value,
        content=content,
        provider_code=found.provider_code,
        final=again is None,
    )
    handle(
        school,
        command,
        SYSTEM_TICK,
        now,
        command_id=derived_command(school.part_key, "attempt", notice.id, name, str(claim.attempt)),
        settle=[settle],
        beside=begun,
        gone=ended,
        later=later,
    )
    return Attempted(found.cls.value)


def _goes_behind(school: School, notice: Notice, name: str, now: datetime) -> bool:
    """Whether another channel goes first, because this one takes nothing at present.

    Only the order changes: it is tried all the same where the others have failed. At imminent all
    of them go at once, so there is no order.
    """
    if notice.severity is Severity.IMMINENT or name == INBOX:
        return False
    if notice.delivery(name).attempts or not untried(notice, name):
        return False
    return held_back(school, kin(school, name), now)


def _reached_elsewhere(notice: Notice, name: str) -> bool:
    """Whether a message that went behind another is not needed any more."""
    behind = notice.delivery(name).attempts > 0 and notice.severity is not Severity.IMMINENT
    return behind and name != INBOX and reached(notice)


def _trust(channel: Channel | None) -> Trust | str:
    """The trust that counts for a channel; how asking for it failed where it cannot say."""
    try:
        return trust_of(channel.capabilities) if channel is not None else "no_channel"
    except Exception as error:
        return type(error).__name__


def _say_trouble(found: SendResult, notice: Notice, channel: str, lost: bool) -> None:
    """What an operator must hear of at once; `check` says it again until it is mended."""
    about = {"channel": channel, "code": found.provider_code, **_ids(notice)}
    if found.cls is ResultClass.MISCONFIGURED and found.provider_code != SET_BACK:
        _log.error("a channel cannot do its work", extra=about)
    if found.cls is ResultClass.PERMANENT_CONTENT:
        _log.error("a channel refuses our text", extra=about)
    if lost:
        _log.error("a notice was taken by no channel", extra=about)


def _lost_before(notice: Notice, channel: str, now: datetime) -> e.AttemptStarted:
    attempt = notice.delivery(channel).attempts + 1
    return e.AttemptStarted(notice=notice.id, channel=channel, attempt=attempt, found=now)


def _lost(school: School, notice: Notice, channel: str, claim: Claimed, now: datetime) -> None:
    """Journal that an earlier attempt may have reached somebody, though nothing is sent now."""
    if notice.student is None:
        return  # never: what is about no student goes another way
    lost = c.RecordLostAttempt(
        student=notice.student,
        notice=notice.id,
        channel=channel,
        attempt=notice.delivery(channel).attempts + 1,
        found=now,
    )
    own = derived_command(school.part_key, "lost", notice.id, channel, str(claim.attempt))
    settle = [Settlement(claim.key, claim.token)]
    handle(school, lost, SYSTEM_TICK, now, command_id=own, settle=settle)


def _wanted(notice: Notice, world: World, channel: str) -> bool:
    """Whether it still makes sense: it still asks, and was not delivered already."""
    if notice.delivery(channel).result != "waiting" or _reached_elsewhere(notice, channel):
        return False
    return still_asks(notice, world.file)


def _message(
    school: School, notice: Notice, channel: str, text: Text, plain: Text, speaker: Speaker
) -> Message:
    neutral = speaker.plainly(plain.phrases, None)
    said = Message(
        key=f"{notice.id}/{channel}",
        content=text.content,
        text=neutral if text is plain else speaker.say(text.phrases, None),
        neutral=neutral,
        queued=notice.queued.astimezone(school.calendar.zone),
        urgent=notice.urgent,
        answer_by=notice.answer_by,
        step=notice.step,
        language=speaker.language(None),
        number=plain.number,
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
