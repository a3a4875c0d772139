"""What can have happened to duties, runs of a route and notices: owed, asked, told, answered.

A room of `events`, under whose name everybody else knows these.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain.duties import Duty, Notice, Run
from psysafe.ids import DutyId, NoticeId, PersonId, RunId
from psysafe.sensitivity import record, ref


@record
class DutyOpened:
    duty: Duty = ref()


@record
class DutyMet:
    duty: DutyId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class DutyPassedOn:
    """Late: the fallback owes it now. `to` is None where nobody is left to take it over.

    `why` is `cannot` where it was not late: whoever had it could not do it any more; `answered`
    where it was late, and somebody else has answered the calls for it since.
    """

    duty: DutyId = ref()
    to: PersonId | None = ref()
    due: datetime = ref()
    at: datetime = ref()
    why: str = ref(default="")


@record
class DutyCancelled:
    duty: DutyId = ref()
    at: datetime = ref()
    why: str = ref()


@record
class RouteStarted:
    run: Run = ref()


@record
class RouteStepDue:
    """A step is being asked; with no people: skipped at once, because nobody could be asked."""

    run: RunId = ref()
    index: int = ref()
    people: tuple[PersonId, ...] = ref()
    notices: tuple[NoticeId, ...] = ref()
    due: datetime | None = ref()
    at: datetime = ref()
    skipped: str = ref(default="")
    """why nobody was asked: nobody, asked_before"""


@record
class RouteStopped:
    run: RunId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    why: str = ref(default="answered")


@record
class RouteExhausted:
    """The end of a route without an answer: a visible failure."""

    run: RunId = ref()
    at: datetime = ref()


@record
class NoticeQueued:
    notice: Notice = ref()


@record
class AttemptStarted:
    """An earlier attempt whose worker never came back: nobody knows whether it took effect."""

    notice: NoticeId = ref()
    channel: str = ref()
    attempt: int = ref()
    found: datetime = ref()


@record
class AttemptFinished:
    notice: NoticeId = ref()
    channel: str = ref()
    attempt: int = ref()
    started: datetime = ref()
    at: datetime = ref()
    result: str = ref()
    content: str | None = ref(default=None)
    provider_code: str | None = ref(default=None)
    final: bool = ref(default=True)
    """no further attempt over this channel"""


@record
class NoticeAcknowledged:
    notice: NoticeId = ref()
    run: RunId | None = ref(default=None)
    by: PersonId = ref()
    at: datetime = ref()
    late: bool = ref(default=False)
    """the run had gone on to somebody else, or had ended"""


OfRoutes = (
    AttemptFinished
    | AttemptStarted
    | DutyCancelled
    | DutyMet
    | DutyOpened
    | DutyPassedOn
    | NoticeAcknowledged
    | NoticeQueued
    | RouteExhausted
    | RouteStarted
    | RouteStepDue
    | RouteStopped
)
