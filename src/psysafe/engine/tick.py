"""Time passes: what is due is delivered, asked, passed on. Any scheduler may call it.

Several processes at once and a kill at any point are safe: a claim is leased, every commit is
atomic and carries the settling of what woke it, and a wake-up that came too late is ignored.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.contracts.storage import Claimed, Settlement
from psysafe.contracts.storage_abilities import Waiting
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.engine import bulk, duty_rosters, granting, notes, signs
from psysafe.engine.cards import HAND_OVERS_LIST, NOTE, ROUNDS_LIST, SURVEY, WORKLIST
from psysafe.engine.cards_bulk import BULK
from psysafe.engine.cards_grants import GRANT_NAMED, GRANT_TOLD, GRANTS
from psysafe.engine.cards_signs import CIRCLE_TOPIC, SIGN_DUE, SIGN_TOPIC
from psysafe.engine.daily import DAILY
from psysafe.engine.deliver import Attempted, Ready, begin, carried, finish
from psysafe.engine.erasing import heed_others
from psysafe.engine.gather import is_unreadable
from psysafe.engine.grouping import together
from psysafe.engine.handle import Done, handle
from psysafe.engine.leaving import GONE, LAPSE
from psysafe.engine.lookups import LOOKUP, Questions
from psysafe.engine.owners import lapsed, look_at
from psysafe.engine.reading import join_spool
from psysafe.engine.rendering import Speaker
from psysafe.engine.school import School
from psysafe.engine.signs_owing import look_at as look_at_signs
from psysafe.engine.surveys import time_is_up
from psysafe.engine.underway import MOST, Carried, Underway
from psysafe.engine.unreadable import call_about
from psysafe.engine.worklist import announce
from psysafe.errors import NotFoundError, PsysafeError, StorageError
from psysafe.ids import SYSTEM_TICK, Actor, DutyId, RunId, StudentId, derived_command

#: Counting for collective signs: where it cannot be kept, it comes back, and no call waits for it.
_COUNTING: Final = frozenset({SIGN_TOPIC, CIRCLE_TOPIC, SIGN_DUE})
_log = logging.getLogger("psysafe.engine")

Counting = Callable[[Mapping[str, int]], None]

#: How many entries one claim takes: so few that all their attempts (sending.ATTEMPT) fit into the
#: lease, and that a crisis is never behind a long batch.
BATCH: Final = 5
#: Seconds that one entry may take before what ended meanwhile is kept.
PATIENCE: Final = 1.0
SEND: Final = "send"
#: How long a claim is held.
LEASE: Final = timedelta(seconds=60)


@attrs.frozen(kw_only=True)
class TickReport:
    """What one tick did: counts, and when the next thing is due (None: nothing waits)."""

    at: datetime
    sent: int = 0
    failed: int = 0
    ambiguous: int = 0
    escalated: int = 0
    """steps that went on to the next people, and routes that ended unheard"""
    overdue: int = 0
    """duties found late"""
    passed_on: int = 0
    """duties of people who are gone, or off duty, and with somebody else now"""
    next_due: datetime | None = None


def tick(school: School, now: datetime, speaker: Speaker, budget: int = 1000) -> TickReport:
    """Do what is due at `now`, at most `budget` entries, the most urgent first."""
    counts: dict[str, int] = dict.fromkeys(
        ("sent", "failed", "ambiguous", "escalated", "overdue", "passed_on"), 0
    )
    heed_others(school)
    try:
        join_spool(school)
    except Exception as error:
        # Whatever it is, no call waits for it; the looks stay where they are.
        code = error.code if isinstance(error, PsysafeError) else type(error).__name__
        _log.warning("the spool could not be joined", extra={"code": code})

    def count(found: Mapping[str, int]) -> None:
        for name, number in found.items():
            counts[name] += number

    left = budget
    underway = Underway(school)
    questions = Questions(school, now)
    try:
        while True:
            room = min(BATCH, left, MOST - len(underway))
            # Whole batches, as long as there is something to wait for meanwhile.
            whole = room == min(BATCH, left) or not underway
            wanted = room if whole and not questions.only else 0
            # What has ended is kept beside the next claim: both cost one write.
            claims = _next_claims(school, now, wanted, underway, count)
            left -= len(claims)
            put_off: list[Settlement] = []
            for claim in claims:
                if claim.topic == LOOKUP:
                    put_off += questions.take(claim)
                    continue
                began = time.monotonic()
                count(_guarded(school, claim, now, speaker, underway, count, put_off))
                if time.monotonic() - began > PATIENCE:
                    # Its lease must not run out behind a channel that takes its time.
                    _keep_ended(school, underway, underway.ended(), now, count)
            if put_off:  # what has to wait for room: one write for all
                school.storage.settle(school.part, put_off)
            if claims:
                continue
            if underway:
                _wait_for_some(school, underway, now, count)
                questions.only = False
            elif not questions.ask():
                break
    except Exception:
        _keep_the_rest(school, underway, now)
        raise
    finally:
        underway.close()
    waiting = school.storage
    next_due = waiting.next_due([school.part]) if isinstance(waiting, Waiting) else None
    return TickReport(at=now, next_due=next_due, **counts)


def _next_claims(
    school: School, now: datetime, wanted: int, underway: Underway, count: Counting
) -> Sequence[Claimed]:
    """Keep what has ended, and take the next entries; one write for all of it."""
    ended = tuple(underway.ended())
    if wanted < 1:
        _keep_ended(school, underway, ended, now, count)
        return ()
    if not ended:
        return school.storage.claim([school.part], now, wanted, LEASE)
    with together(school):
        for one in ended:
            count(_kept(school, one, now))
        claims = school.storage.claim([school.part], now, wanted, LEASE)
    underway.kept(ended)
    return claims


def _wait_for_some(school: School, underway: Underway, now: datetime, count: Counting) -> None:
    """Wait until one message has ended, and keep it with whatever else has ended by then."""
    first = underway.next()
    _keep_ended(school, underway, (first, *underway.ended()), now, count)


def _keep_ended(
    school: School, underway: Underway, ended: Iterable[Carried], now: datetime, count: Counting
) -> None:
    ones = tuple(ended)
    with together(school):
        for one in ones:
            count(_kept(school, one, now))
    underway.kept(ones)


def _keep_the_rest(school: School, underway: Underway, now: datetime) -> None:
    """The tick cannot go on. What was handed over is kept one by one, as far as the store takes it;
    what it does not take comes back in doubt when its lease ends."""
    for one in underway.rest():
        try:
            _kept(school, one, now)
        except Exception as error:
            code = error.code if isinstance(error, PsysafeError) else type(error).__name__
            about = {"notice": one[0].notice.id, "code": code}
            _log.error("what became of a message could not be kept", extra=about)


def _start(
    school: School, ready: Ready, now: datetime, underway: Underway, count: Counting
) -> None:
    while not underway.takes(ready):
        _keep_ended(school, underway, (underway.next(),), now, count)
    underway.start(ready)


def _guarded(
    school: School,
    claim: Claimed,
    now: datetime,
    speaker: Speaker,
    underway: Underway,
    count: Counting,
    put_off: list[Settlement],
) -> Mapping[str, int]:
    """One entry; an error in it holds up no other. Its lease ends, and it comes back."""
    return _held_up_by_nothing(
        school,
        claim,
        now,
        lambda: _carry_out(school, claim, now, speaker, underway, count, put_off),
    )


def _kept(school: School, one: Carried, now: datetime) -> Mapping[str, int]:
    """Keep what became of a message that was under way."""
    ready, found, text = one
    return _held_up_by_nothing(
        school, ready.claim, now, lambda: _counted(finish(school, ready, found, text, now))
    )


def _held_up_by_nothing(
    school: School, claim: Claimed, now: datetime, work: Callable[[], Mapping[str, int]]
) -> Mapping[str, int]:
    try:
        return work()
    except Exception as error:
        damaged = is_unreadable(error)
        if isinstance(error, StorageError) and not damaged and claim.topic not in _COUNTING:
            raise  # the store as a whole; a damaged record is one student's alone
        code = error.code if isinstance(error, PsysafeError) else type(error).__name__
        _log.error("a due entry failed", extra={"key": claim.key, "code": code})
        if damaged:
            call_about(school, claim, now)  # nobody else would hear of whom it was about
        return {"failed": 1}


def _counted(attempted: Attempted) -> Mapping[str, int]:
    if attempted.result in ("stale", "held"):
        return {}
    kind = {"accepted": "sent", "ambiguous": "ambiguous"}.get(attempted.result, "failed")
    return {kind: 1}


def _send(
    school: School,
    claim: Claimed,
    now: datetime,
    speaker: Speaker,
    underway: Underway,
    count: Counting,
    put_off: list[Settlement],
) -> Mapping[str, int]:
    """One message: beside others where its channel takes several, and else to its end."""
    begun = begin(school, claim, now, speaker)
    if isinstance(begun, Attempted):
        if begun.settle is not None:
            put_off.append(begun.settle)
        return _counted(begun)
    if begun.at_once == 1:
        one = underway.hold((begun, *carried(school, begun)))
        counted = _counted(finish(school, *one, now))
        underway.kept([one])
        return counted
    _start(school, begun, now, underway, count)
    return {}


def _carry_out(
    school: School,
    claim: Claimed,
    now: datetime,
    speaker: Speaker,
    underway: Underway,
    count: Counting,
    put_off: list[Settlement],
) -> Mapping[str, int]:
    if claim.topic == SEND:
        return _send(school, claim, now, speaker, underway, count, put_off)
    if claim.topic in (WORKLIST, ROUNDS_LIST, HAND_OVERS_LIST, DAILY, GRANTS):
        return {"sent": int(announce(school, claim, now))}
    if claim.topic == GONE:
        of_signs = look_at_signs(school, Actor(claim.reference), now)
        return {"passed_on": of_signs + look_at(school, claim, now)}
    if claim.topic == LAPSE:
        lapsed(school, claim, now)
        return {}
    if claim.topic == SURVEY:
        passed = time_is_up(school, claim, now)
        return {"overdue": sum(isinstance(event, e.DutyPassedOn) for event in passed)}
    if claim.topic == NOTE:
        passed = notes.time_is_up(school, claim, now)
        return {"overdue": sum(isinstance(event, e.DutyPassedOn) for event in passed)}
    if claim.topic == duty_rosters.SWAP:
        duty_rosters.time_is_up(school, claim, now)
        return {}
    if claim.topic == BULK:
        bulk.time_is_up(school, claim, now)
        return {}
    if claim.topic in (GRANT_TOLD, GRANT_NAMED):
        granting.tell(school, claim, now)
        return {}
    if claim.topic in (SIGN_TOPIC, CIRCLE_TOPIC):
        signs.count(school, claim, now)
        return {}
    if claim.topic == SIGN_DUE:
        passed = signs.time_is_up(school, claim, now)
        return {"overdue": sum(isinstance(event, e.DutyPassedOn) for event in passed)}
    settle = [Settlement(claim.key, claim.token)]
    try:
        done = _wake(school, claim, now, settle)
    except NotFoundError:
        school.storage.settle(school.part, settle)
        return {}
    return {
        "escalated": sum(_goes_on(event) for event in done.events),
        "overdue": sum(isinstance(event, e.DutyPassedOn) for event in done.events),
    }


def _goes_on(event: e.Event) -> bool:
    asks = isinstance(event, e.RouteStepDue) and bool(event.people) and event.index > 0
    return asks or isinstance(event, e.RouteExhausted)


def _wake(school: School, claim: Claimed, now: datetime, settle: list[Settlement]) -> Done:
    student, thing, number = claim.reference.split("|")
    command: c.StepIsDue | c.DutyIsDue
    if claim.topic == "step":
        command = c.StepIsDue(student=StudentId(student), run=RunId(thing), index=int(number))
    else:
        command = c.DutyIsDue(student=StudentId(student), duty=DutyId(thing), passed=int(number))
    return handle(
        school,
        command,
        SYSTEM_TICK,
        now,
        command_id=derived_command(school.part_key, claim.topic, thing, number),
        settle=settle,
    )
