"""The rosters of duty in the store: one document of the school, changed by journalled commands.

Who is asked to change places is told, and so is whoever waits for the answer. These notices are
about no student and say no more than that the roster of duty wants somebody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from psysafe import wire
from psysafe.contracts.storage import Claimed, Entry, Settlement
from psysafe.domain import duty_roster_swaps as swaps
from psysafe.domain import events as e
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duties import Notice
from psysafe.domain.duty_roster import (
    FITTING,
    DutyRoster,
    ShiftsSwapped,
    Swap,
    SwapEnded,
    SwapProposed,
    evolve,
)
from psysafe.domain.duty_roster_deciding import DutyWish, decide
from psysafe.domain.plan import INBOX, Plan
from psysafe.domain.severity import Severity
from psysafe.engine.boards import Board, Decided, Read, carry_out
from psysafe.engine.cards import duty_roster_document, notice_document, sends
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import DUTY
from psysafe.engine.leaving import off_duty
from psysafe.engine.school import School
from psysafe.engine.worklist import SWAP_ASKED, SWAP_OVER
from psysafe.ids import (
    SYSTEM_TICK,
    Actor,
    CommandId,
    CommandIds,
    NoticeId,
    PersonId,
    SwapId,
    derived_command,
)

#: What wakes the end of a proposal that nobody has answered.
SWAP: Final = "swap"
#: Nobody is in danger by it: after all that is asked in a crisis.
_URGENCY: Final = 3


def _board(school: School) -> Board[DutyRoster]:
    return Board(
        key=DUTY,
        record=DutyRoster,
        stored=duty_roster_document,
        entries=partial(_entries, calendar=school.calendar),
        evolve=evolve,
    )


def _entries(
    events: Sequence[e.Event], after: DutyRoster, calendar: SchoolCalendar
) -> tuple[Entry, ...]:
    """Who is on duty is looked up when a step comes up. What somebody owes waits for no step: it
    is looked at when their shift is over. A proposal is over when a shift of it begins."""
    found = list(off_duty(events, after))
    for event in events:
        if isinstance(event, e.NoticeQueued):
            found += sends(event.notice, calendar)
        elif isinstance(event, SwapProposed):
            swap = event.swap
            found.append(Entry(f"swap/{swap.id}", SWAP, swap.id, swap.until, _URGENCY))
    return tuple(found)


def change(
    school: School,
    wish: DutyWish | swaps.SwapWish,
    actor: Actor,
    now: datetime,
    command: CommandId | None = None,
    settle: Sequence[Settlement] = (),
) -> Receipt:
    """Carry out one wish. Raises what `duty_roster_deciding.decide` and `duty_roster_swaps.decide`
    raise, ConflictError."""

    def decided(here: Read[DutyRoster], ids: CommandIds) -> Decided:
        held = here.state or DutyRoster()
        if isinstance(wish, swaps.SwapWish):
            events = swaps.decide(held, wish, here.roster, school.plan, actor, now, ids)
        else:
            events = decide(held, wish, here.roster, school.plan, actor, now, ids)
        after = held
        for event in events:
            after = evolve(after, event)
        told = list(_told(held, after, events, school.plan, actor, now, ids))
        return Decided(
            events=(*events, *(e.NoticeQueued(notice=one) for one in told)),
            besides=tuple(notice_document(one) for one in told),
        )

    receipt, _ = carry_out(
        school,
        _board(school),
        decided,
        actor,
        now,
        what=type(wish).__name__,
        content=wire.digest_of(wish),
        command_id=command,
        settle=settle,
    )
    return receipt


def time_is_up(school: School, claim: Claimed, now: datetime) -> None:
    """A shift begins: what was proposed about it, and nobody has answered, is over."""
    wish = swaps.SwapIsOver(swap=SwapId(claim.reference))
    known = derived_command(school.part_key, SWAP, claim.reference)
    change(school, wish, SYSTEM_TICK, now, known, [Settlement(claim.key, claim.token)])


# -- who is told ------------------------------------------------------------------------------


def _told(
    before: DutyRoster,
    after: DutyRoster,
    events: Iterable[object],
    plan: Plan,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> Iterator[Notice]:
    """Whoever is asked; and whoever waits for an answer, or for whom something has changed."""
    over: dict[PersonId, Swap] = {}
    gone = [swap for swap in before.swaps if swap not in after.swaps]
    declared = {ev.swap: ev.outcome for ev in events if isinstance(ev, SwapEnded)}
    for swap in gone:
        # Nobody waits for an answer that they did not give in time.
        ends = (swap.by,) if declared.get(swap.id) == swaps.EXPIRED else (swap.by, swap.to)
        over |= {person: swap for person in ends if person != actor}
    for swap in after.swaps:
        if swap not in before.swaps:
            yield _notice(after, plan, SWAP_ASKED, swap.to, swap.until, now, ids)
    for person, swap in over.items():
        yield _notice(after, plan, SWAP_OVER, person, swap.until, now, ids)
    for event in events:
        if isinstance(event, ShiftsSwapped):
            for shift in (after.shift(event.one), after.shift(event.other)):
                if shift is not None and shift.person not in (actor, *over):
                    yield _notice(after, plan, SWAP_OVER, shift.person, shift.since, now, ids)


def _notice(
    held: DutyRoster,
    plan: Plan,
    purpose: str,
    receiver: PersonId,
    begins: datetime,
    now: datetime,
    ids: CommandIds,
) -> Notice:
    """Once it has begun there is nothing more to do about it, so nobody is telephoned."""
    roster = next((s.roster for s in held.shifts if s.person == receiver), "duty_leader")
    channels = plan.channels(Severity.ATTENTION) if now < begins else ()
    return Notice(
        id=NoticeId(ids.next("notice")),
        purpose=purpose,
        receiver=receiver,
        role=FITTING[roster][0],
        severity=Severity.ATTENTION,
        queued=now,
        answer_by=begins if now < begins else None,
        channels=tuple(dict.fromkeys((INBOX, *channels))),
    )
