"""Many students at once: whoever takes more than the plan's number asks, and somebody else answers.

    waiting --approve--> approved --once, in time--> used
       |---- refuse, withdraw, or nobody in time --> over

X12 (rules on minors' data online, for orientation). What somebody owes to each student on a list
- an alarm, a flag to review, a round, their case - is not *taken* and asks nobody. What is taken is
counted by person: within the plan's window each student counts once, so two lists that are short
each are one long list together.

The document is the fold of its events, one for each person who takes lists. Students are kept as
digests, and only as long as the window is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from psysafe.ids import Actor, BulkId, PersonId
from psysafe.sensitivity import ItemClass, changed, item, record, ref

WAITING, APPROVED, REFUSED = "waiting", "approved", "refused"
EXPIRED, WITHDRAWN, USED = "expired", "withdrawn", "used"
#: Requests that are over and still in sight at their asker's desk; the journal keeps all.
LAST: Final = 20


@record
class Selection:
    """What is taken: which list, of what (classes, a campaign, a case), of how many at most."""

    what: str = ref()
    of: tuple[str, ...] = ref(default=())
    students: int = ref()

    def covers(self, wanted: Selection) -> bool:
        """Whether leave for this is leave for that: the same list of the same, and no longer."""
        return (self.what, self.of) == (wanted.what, wanted.of) and wanted.students <= self.students


@record
class BulkRequest:
    """That somebody asks to take a list; and what became of it."""

    id: BulkId = ref()
    selection: Selection = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)
    asked: datetime = ref()
    answer_by: datetime = ref()
    state: str = ref(default=WAITING)
    heard: tuple[PersonId, ...] = ref(default=())
    """who has answered, whether it counted or not"""
    by: PersonId | None = ref(default=None)
    """whose answer it was"""
    telephone: bool = ref(default=False)
    """the asker wrote down what that person said by telephone"""
    answer: str = item(ItemClass.AUDIT_TRAIL, default="")
    until: datetime | None = ref(default=None)
    """until when an approval can be used"""
    whom: tuple[str, ...] = ref(default=())
    """digests of those who stood on the list when it was asked for, until it is over"""

    def waits(self, now: datetime) -> bool:
        return self.state == WAITING and now < self.answer_by

    def holds(self, now: datetime) -> bool:
        """Whether it is an approval that can be used."""
        return self.state == APPROVED and self.until is not None and now < self.until

    def covers(self, wanted: Selection, students: Iterable[str]) -> bool:
        """Whether leave for this is leave for that: the same list, and nobody else on it.

        A request from before requests named anybody covers as many as it was for.
        """
        return self.selection.covers(wanted) and (not self.whom or set(students) <= set(self.whom))


@record
class Taken:
    """Students who were taken without leave, because together they were few."""

    at: datetime = ref()
    students: tuple[str, ...] = ref()
    """digests of their ids"""


@record
class BulkFile:
    """What one person has asked for and taken."""

    person: PersonId = ref()
    requests: tuple[BulkRequest, ...] = ref(default=())
    taken: tuple[Taken, ...] = ref(default=())

    def request(self, request: str) -> BulkRequest | None:
        return next((one for one in self.requests if one.id == request), None)

    def within(self, since: datetime) -> frozenset[str]:
        """Whom they have taken since then, as digests."""
        return frozenset(one for some in self.taken if some.at > since for one in some.students)


def digests(students: Iterable[str]) -> frozenset[str]:
    """Student ids as they are kept here: enough to count each once, no way back."""
    return frozenset(hashlib.sha256(one.encode()).hexdigest()[:16] for one in students)


# -- what can have happened -------------------------------------------------------------------


@record
class BulkAsked:
    """Somebody asks. `request` is approved already where a second person said so by telephone."""

    person: PersonId = ref()
    request: BulkRequest = item(ItemClass.AUDIT_TRAIL)


@record
class BulkAnswered:
    """A second person answered. `counts`: not where they may have no say in this."""

    request: BulkId = ref()
    by: PersonId = ref()
    approves: bool = ref()
    counts: bool = ref(default=True)
    reason: str = item(ItemClass.AUDIT_TRAIL)
    at: datetime = ref()
    until: datetime | None = ref(default=None)


@record
class BulkEnded:
    """It is over unanswered: expired, or withdrawn by whoever asked."""

    request: BulkId = ref()
    outcome: str = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class BulkUsed:
    """An approval was used, for so many students: by rule X12, second approver."""

    request: BulkId = ref()
    students: int = ref()
    at: datetime = ref()


@record
class BulkTaken:
    """So few were taken that nobody is asked. `since`: what is older counts no more."""

    person: PersonId = ref()
    what: str = ref()
    students: tuple[str, ...] = ref()
    """digests, of those who were not taken within the window already"""
    since: datetime = ref()
    at: datetime = ref()


BulkEvent = BulkAsked | BulkAnswered | BulkEnded | BulkUsed | BulkTaken


def evolve(held: BulkFile | None, event: object) -> BulkFile:
    """The file after one more event. Raises ValueError for an event that is not its own."""
    if isinstance(event, BulkAsked | BulkTaken) and held is None:
        held = BulkFile(person=event.person)
    if held is None:
        raise ValueError("something of a bulk read before anybody asked or took")
    match event:
        case BulkAsked(request=request):
            return changed(held, requests=_in_sight((*held.requests, request), request.asked))
        case BulkAnswered():
            return _with(held, event.request, event.at, **_answered(held, event))
        case BulkEnded(request=request, outcome=outcome, at=at):
            return _with(held, request, at, state=outcome)
        case BulkUsed(request=request, at=at):
            return _with(held, request, at, state=USED)
        case BulkTaken(students=students, since=since, at=at):
            kept = tuple(one for one in held.taken if one.at > since)
            requests = _in_sight(held.requests, at)
            return changed(held, requests=requests, taken=(*kept, Taken(at=at, students=students)))
    raise ValueError(f"{type(event).__name__} does not belong to bulk reads")


def _answered(held: BulkFile, event: BulkAnswered) -> dict[str, object]:
    request = held.request(event.request)
    heard = (*(request.heard if request is not None else ()), event.by)
    if not event.counts:
        return {"heard": heard}
    return {
        "heard": heard,
        "state": APPROVED if event.approves else REFUSED,
        "by": event.by,
        "answer": event.reason,
        "until": event.until,
    }


def _with(held: BulkFile, request: BulkId, at: datetime, **told: object) -> BulkFile:
    found = (changed(one, **told) if one.id == request else one for one in held.requests)
    return changed(held, requests=_in_sight(tuple(found), at))


def _in_sight(requests: tuple[BulkRequest, ...], at: datetime) -> tuple[BulkRequest, ...]:
    """The requests that stay; whom they were about goes with what they could be used for."""
    over = [one for one in requests if one.state not in (WAITING, APPROVED)]
    gone = {one.id for one in over[: max(0, len(over) - LAST)]}
    kept = (one for one in requests if one.id not in gone)
    return tuple(one if one.state == WAITING or one.holds(at) else _bare(one) for one in kept)


def _bare(request: BulkRequest) -> BulkRequest:
    return changed(request, whom=()) if request.whom else request
