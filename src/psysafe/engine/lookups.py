"""What became of a message that a provider took: it is asked, where it can be asked.

At the times of the plan after it was taken, a few times and no more, until the most that the
provider can tell was heard, or somebody has answered. A question goes after every message, has a
short time for all of one tick, and holds up nothing: no answer, a wrong one and a late one change
nothing. What is heard is a receipt like one that a provider calls back with.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

import attrs

from psysafe.contracts.channel import Asked, Channel, ResultClass, SendResult
from psysafe.contracts.http import Receipt
from psysafe.contracts.storage import Claimed, Entry, Settlement
from psysafe.domain.duties import Notice
from psysafe.domain.events_receipts import RANKS
from psysafe.engine import pacing
from psysafe.engine.answering import called
from psysafe.engine.cards import Stored
from psysafe.engine.gather import card, is_unreadable, people_and_duty
from psysafe.engine.receipts import is_theirs, keep
from psysafe.engine.refs import ToAsk, asked_by, let_go
from psysafe.engine.school import School
from psysafe.errors import ConflictError, InvalidMoveError, NotFoundError, PsysafeError
from psysafe.hooks.calling import Hung, Running
from psysafe.ids import NoticeId

_log = logging.getLogger("psysafe.engine")

LOOKUP: Final = "lookup"
#: Behind every message, whatever it says.
_URGENCY: Final = 9
#: Real seconds that all questions of one tick may take together.
SECONDS: Final = 3.0
#: When a question is looked at again for which there was no room.
_PUT_OFF: Final = timedelta(minutes=1)
#: Receipts of one answer that are looked at.
_LOOKED_THROUGH: Final = 1000
_HEARD: Final = ("failed", "delivered", "read")
_MOST_TOLD: Final = ("delivered", "read")


@runtime_checkable
class Askable(Protocol):
    """A channel whose provider can be asked what became of a message."""

    def look_up(
        self, provider_ref: str, address: str, ago: timedelta, seconds: float
    ) -> Sequence[Receipt] | SendResult: ...


@attrs.frozen(kw_only=True)
class _Question:
    claim: Claimed
    notice: Notice
    name: str
    channel: Askable
    address: str = attrs.field(repr=False)
    number: str = attrs.field(repr=False)
    ago: timedelta
    asked: Asked
    again: datetime | None
    """when it is asked about next; None: this was the last time"""


def asked_of(channel: Channel | None) -> Asked | None:
    """What a channel's provider can be asked; None where it cannot, or where that is not sound."""
    if channel is None:
        return None
    try:
        said: object = channel.capabilities.asked
        if isinstance(said, Asked) and isinstance(channel, Askable):
            return said if said.tells in _MOST_TOLD and said.within > timedelta() else None
    except Exception:
        _log.warning("a channel cannot say what it can be asked")  # a plugin's own fault
    return None


def to_ask(
    school: School, name: str, found: SendResult, notice: Notice, now: datetime
) -> tuple[tuple[Stored, ...], tuple[Entry, ...]]:
    """What is kept of a message that was taken, so that its provider is asked; mostly nothing."""
    asked = asked_of(school.channels.get(name))
    if asked is None or found.cls is not ResultClass.ACCEPTED or found.provider_ref is None:
        return (), ()
    first = _next(school, notice, asked, now, now)
    if first is None:
        return (), ()
    kept = ToAsk(notice=notice.id, number=found.provider_ref, at=now)
    key = asked_by(notice.id, name)
    stored = Stored(key=key, record=kept, subject=notice.student or "school", index={})
    reference = f"{notice.student or ''}|{notice.id}|{name}"
    return (stored,), (Entry(f"{LOOKUP}/{notice.id}/{name}", LOOKUP, reference, first, _URGENCY),)


class Questions:
    """What one tick asks: gathered while there is anything else to do, and asked once, at its end.

    `only`: nothing but questions is due, and there is no room for more of them.
    """

    def __init__(self, school: School, now: datetime) -> None:
        self.only = False
        self._school = school
        self._now = now
        self._asked = False
        self._claims: list[Claimed] = []

    def take(self, claim: Claimed) -> tuple[Settlement, ...]:
        """Gather one; how it is settled where there is no room for it."""
        rule = self._school.plan.lookups
        most = rule.each_tick if rule is not None else 1
        self.only = self._asked or len(self._claims) >= most
        if self.only:
            return (_put_off(claim, self._now),)
        self._claims.append(claim)
        return ()

    def ask(self) -> bool:
        """Ask what was gathered, and keep what is heard; whether there was anything.

        Never raises, and ends in a few seconds. What could not be kept comes back when its lease
        ends, and is not asked again at once.
        """
        claims, self._claims = self._claims, []
        self.only = False  # what is heard may give another channel its turn
        if not claims:
            return False
        self._asked = True
        try:
            _ask(self._school, claims, self._now)
        except Exception as error:
            about = {"code": _code(error)}
            _log.error("what became of messages could not be asked", extra=about)
        return True


def _put_off(claim: Claimed, now: datetime) -> Settlement:
    """A question for which there is no room now."""
    return Settlement(claim.key, claim.token, now + _PUT_OFF)


def _ask(school: School, claims: Sequence[Claimed], now: datetime) -> None:
    until = time.monotonic() + SECONDS
    settled: list[Settlement] = []
    over: list[str] = []
    questions: dict[str, list[_Question]] = {}
    for claim in claims:
        found = _prepared(school, claim, now)
        if isinstance(found, _Question):
            questions.setdefault(found.name, []).append(found)
        else:
            settled.append(found)
            over += [_key(claim)] if found.again is None else []
    rounds = [_Round(school, name, some, until) for name, some in questions.items()]
    for one in rounds:
        for question, told in one.outcome():
            again: datetime | None = now + _PUT_OFF
            if told is not None:
                again = None if _heard(school, question, told, now) else question.again
            settled.append(Settlement(question.claim.key, question.claim.token, again))
            over += [_key(question.claim)] if again is None else []
    let_go(school, over)
    school.storage.settle(school.part, settled)


def _prepared(school: School, claim: Claimed, now: datetime) -> _Question | Settlement:
    """What to ask for a claim; what becomes of it where nothing is to be asked."""
    try:
        return _question(school, claim, now)
    except PsysafeError as error:
        if not isinstance(error, NotFoundError) and not is_unreadable(error):
            raise
    except Exception as error:  # a plugin's own fault
        _log.error("a message could not be asked about", extra={"code": _code(error)})
    return Settlement(claim.key, claim.token)


def _question(school: School, claim: Claimed, now: datetime) -> _Question | Settlement:
    done = Settlement(claim.key, claim.token)
    _, notice_id, name = claim.reference.split("|")
    channel, asked = school.channels.get(name), asked_of(school.channels.get(name))
    notice = called(school, NoticeId(notice_id))
    if notice is None or channel is None or asked is None:
        return done
    if not isinstance(channel, Askable):
        return done
    if school.plan.lookups is None or _is_over(notice, name, asked):
        return done
    kept = card(school, _key(claim), ToAsk)
    again = _next(school, notice, asked, kept.at, now)
    if claim.ambiguous or now - kept.at >= asked.within:
        # Somebody began to ask and never came back: that was this time's question.
        return attrs.evolve(done, again=again)
    people, _ = people_and_duty(school)
    someone = people.staff.get(notice.receiver)
    address = channel.parse_address(someone.addresses.get(name, "")) if someone else None
    if not isinstance(address, str):
        return done
    if _is_out(school, name):
        return _put_off(claim, now)
    held = pacing.admit_question(school, name, asked.rate, now)
    if held is not None:
        return attrs.evolve(done, again=max(held, now + _PUT_OFF))
    return _Question(
        claim=claim,
        notice=notice,
        name=name,
        channel=channel,
        address=address,
        number=kept.number,
        ago=now - kept.at,
        asked=asked,
        again=again,
    )


def _next(
    school: School, notice: Notice, asked: Asked, taken: datetime, now: datetime
) -> datetime | None:
    """The plan's next time after now at which the provider still answers; None: never again."""
    rule = school.plan.lookups
    spans = rule.spans(urgent=notice.urgent) if rule is not None else ()
    return next((taken + s for s in spans if s < asked.within and taken + s > now), None)


def _is_over(notice: Notice, name: str, asked: Asked) -> bool:
    """Whether nothing more is to be heard: it was answered, or the provider has said the most."""
    said = notice.delivery(name).receipt
    return notice.acknowledged is not None or (bool(said) and _rank(said) >= _rank(asked.tells))


def _rank(state: str) -> int:
    return RANKS.index(state)


def _is_out(school: School, name: str) -> bool:
    """Whether questions of an earlier tick have not come back yet."""
    out = school.asking.get(name)
    if out is not None and isinstance(out.wait(0), Hung):
        return True
    school.asking.pop(name, None)
    return False


class _Round:
    """The questions of one tick to one channel's provider, one after the other, in a thread."""

    def __init__(
        self, school: School, name: str, questions: Sequence[_Question], until: float
    ) -> None:
        self._school = school
        self._name = name
        self._questions = questions
        self._until = until
        self._begun: set[str] = set()
        self._told: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
        channel = questions[0].channel
        self._call = Running(lambda: self._work(channel), f"channel {name} lookup")

    def outcome(self) -> Iterator[tuple[_Question, object]]:
        """What was answered to each: nothing where no answer came; None where it was not asked."""
        if isinstance(self._call.wait(self._until - time.monotonic()), Hung):
            self._school.asking[self._name] = self._call
        told: dict[str, object] = {}
        while not self._told.empty():
            key, said = self._told.get()
            told[key] = said
        for one in self._questions:
            key = one.claim.key
            yield one, told.get(key, () if key in self._begun else None)

    def _work(self, channel: Askable) -> None:
        for one in self._questions:
            left = self._until - time.monotonic()
            # The school's gate, as for messages: no line is opened behind a school that is closed.
            if left <= 0 or not self._school.messages.enter():
                return
            self._begun.add(one.claim.key)
            said: object
            try:
                said = channel.look_up(one.number, one.address, one.ago, left)
            except Exception as error:
                # Sort only: a text may quote the answer.
                _log.warning("a provider could not be asked", extra={"code": _code(error)})
                said = ()
            finally:
                self._school.messages.leave()
            self._told.put((one.claim.key, said))


def _heard(school: School, question: _Question, said: object, now: datetime) -> bool:
    """Keep what a provider said; whether there is nothing more to ask."""
    channel = school.channels[question.name]
    try:
        told = _best(school, channel, question, said)
        if told is None:
            return False
        keep(school, question.notice, question.name, told, now)
    except (NotFoundError, InvalidMoveError):
        return True  # there is nobody any more whom it would be about
    except ConflictError:
        return False
    return told.signed and _rank(told.state) >= _rank(question.asked.tells)


def _best(school: School, channel: Channel, question: _Question, said: object) -> Receipt | None:
    """The receipt that says most, of those that are about this very message and person."""
    if not isinstance(said, Sequence):
        return None
    found = [one for one in said[:_LOOKED_THROUGH] if _is_sound(school, channel, question, one)]
    return max(found, key=lambda one: (one.signed, _rank(one.state)), default=None)


def _is_sound(school: School, channel: Channel, question: _Question, one: object) -> bool:
    if not isinstance(one, Receipt) or one.state not in _HEARD or type(one.signed) is not bool:
        return False
    if one.key not in (None, f"{question.notice.id}/{question.name}"):
        return False
    try:
        return is_theirs(school, question.name, channel, question.notice, one)
    except (TypeError, ValueError, AttributeError):
        return False  # a plugin's own fault: an address that is none


def _key(claim: Claimed) -> str:
    _, notice, name = claim.reference.split("|")
    return asked_by(notice, name)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, PsysafeError) else type(error).__name__
