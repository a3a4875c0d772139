"""Notices as their events make them, and which of them still want an answer."""

from __future__ import annotations

from typing import Final

from psysafe.domain import events as e
from psysafe.domain.bars import barred_by
from psysafe.domain.duties import EXHAUSTED, ONWARD, RUNNING, STOPPED, Delivery, Notice, Run
from psysafe.domain.duties_death import BEREAVED, IN_DOUBT
from psysafe.domain.events_receipts import higher
from psysafe.domain.files import StudentFile
from psysafe.sensitivity import changed

_OF_ONE: Final = (e.AttemptStarted, e.AttemptFinished, e.NoticeAcknowledged, e.ReceiptHeard)


def evolve_notice(notice: Notice | None, event: e.Event) -> Notice | None:
    """A notice after one more event that names it."""
    if isinstance(event, e.NoticeQueued):
        return event.notice
    if notice is None:
        return None
    if isinstance(event, e.NoticeAcknowledged) and event.notice == notice.id:
        return changed(notice, acknowledged=notice.acknowledged or event.at)
    if isinstance(event, e.AttemptFinished) and event.notice == notice.id:
        kept = tuple(d for d in notice.deliveries if d.channel != event.channel)
        before = notice.delivery(event.channel)
        now = Delivery(
            channel=event.channel,
            attempts=event.attempt,
            result=event.result if event.final else "waiting",
            content=event.content,
            at=event.at,
            receipt=before.receipt,
            hint=before.hint,
        )
        return changed(notice, deliveries=(*kept, now))
    if isinstance(event, e.ReceiptHeard) and event.notice == notice.id:
        before = notice.delivery(event.channel)
        kept = tuple(d for d in notice.deliveries if d.channel != event.channel)
        heard = {"receipt" if event.signed else "hint": event.state}
        return changed(notice, deliveries=(*kept, changed(before, **heard)))
    return notice


def says_more(notice: Notice, channel: str, state: str, *, signed: bool) -> bool:
    """Whether a receipt says more of a notice than was heard before, and anybody still waits."""
    delivery = notice.delivery(channel)
    heard = delivery.receipt if signed else delivery.hint
    return notice.acknowledged is None and higher(state, heard)


def still_asks(notice: Notice, file: StudentFile) -> bool:
    """Whether a notice still wants an answer: not given yet, and nobody else has taken it up."""
    if notice.acknowledged is not None:
        return False
    if file.frozen is not None and notice.queued < file.frozen:
        return False  # after a death nothing from before goes out any more
    if file.frozen is None and notice.purpose in (BEREAVED, IN_DOUBT):
        return False  # the death was taken back
    if notice.receiver in barred_by(file.bars) and notice.purpose != "taken_up":
        return False  # what they were told before they were barred asks them nothing any more
    if notice.duty is not None:
        duty = file.duty(notice.duty)
        if duty is not None and duty.flag is not None:
            # The leading group hears of a review that somebody else owes and does not do.
            return True
        return duty is not None and duty.owner == notice.receiver
    run = file.run(notice.run)
    if run is None:
        return notice.run is None
    if run.state == STOPPED and run.answers(notice.step) == ONWARD:
        return _still_passed_on(run, file)
    if run.state != EXHAUSTED:
        return run.state == RUNNING
    return any(d.run == run.id for d in file.owed("answer_unheard_route"))


def _still_passed_on(run: Run, file: StudentFile) -> bool:
    """Whether a level of the warning network that has not answered yet should still do so.

    The level after it has answered, which is no answer of its own.
    """
    case = file.live_case
    heard = any(asked.answered is not None for asked in run.being_called())
    if case is None or case.id != run.case or not heard:
        return False
    return case.stood_down is None or case.stood_down < run.started


def notice_of(event: e.Event) -> str | None:
    """The id of the notice that an event is about, if any."""
    if isinstance(event, e.NoticeQueued):
        return event.notice.id
    if isinstance(event, _OF_ONE):
        return event.notice
    return None
