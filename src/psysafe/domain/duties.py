"""What is owed by whom until when, who is being asked, and who was told.

A *duty* has an owner, a due time, a fallback and an origin (law 6). A *run* is a route under way
for one student: the steps are frozen when it starts, the people are resolved at each step. A
*notice* is the intent to tell one person one thing for one purpose; it holds no text, because
text is built and judged when it is sent and again when it is opened.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from psysafe.domain.severity import Severity
from psysafe.ids import CaseId, DutyId, FlagId, NoticeId, PersonId, RunId, SignalId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref

#: The duty that keeps a route which nobody answered in sight until somebody has.
ANSWER_UNHEARD: Final = "answer_unheard_route"
#: The purpose of a route that tells the levels of the warning network, one after the other.
WARNING: Final = "warning"
#: How a step of it is answered: one answer is enough, and the next step is asked all the same.
ONWARD: Final[Literal["onward"]] = "onward"
#: Duties that give whoever owes them no sight of the student beyond what their role gives: to
#: reach out to a class is no membership of a case, and to answer a reporter is none either.
WITHOUT_SIGHT: Final = frozenset(
    {
        "taken_up",
        "class_survey",
        "one_to_one",
        "not_reached",
        "read_dismissed",
        "answer_offer",
        "review_glass",
        "postvention_friends",
        "postvention_class",
        "postvention_dormitory",
        "postvention_staff",
    }
)
#: Duties that give whoever owes them no right either: a receiver answers their offer, no more.
WITHOUT_RIGHTS: Final = frozenset({"answer_offer"})
#: Duties that tell of a failure, so that they are overdue from the first moment.
FAILURES: Final = frozenset({ANSWER_UNHEARD, "referral_unmet", "name_supervisor"})
#: Duties that are done by rounds.
ROUNDS: Final = frozenset({"class_survey", "one_to_one", "read_dismissed"})
#: Duties that reach a person as one list, never as a message each.
LISTED: Final = ROUNDS | {"holiday_plan", "hand_over_home"}


@record
class Duty:
    """Something that one person owes until a time; after it the fallback role owes it."""

    id: DutyId = ref()
    kind: str = ref()
    """a code of codes.DUTIES"""
    owner: PersonId = ref()
    due: datetime = ref()
    fallback: str = ref()
    """the role that takes it over when it is late"""
    origin: str = ref()
    """where rule and figure come from, such as `clause C6.2` """
    severity: Severity = item(ItemClass.RISK_LEVEL)
    opened: datetime = ref()
    case: CaseId | None = ref(default=None)
    flag: FlagId | None = ref(default=None)
    signal: SignalId | None = ref(default=None)
    run: RunId | None = ref(default=None)
    passed: int = ref(default=0)
    """how often its time was up"""
    had_by: tuple[PersonId, ...] = ref(default=())
    """everybody who owed it before, in order"""

    @property
    def late_from(self) -> datetime:
        """From when it counts as overdue. What nobody answered is a failure already."""
        return self.opened if self.kind in FAILURES else self.due


@record
class RunStep:
    """One step of a frozen route: whom to ask, in how many seconds the answer is due."""

    role: str = ref()
    relation: str = ref()
    channels: tuple[str, ...] = ref()
    answer: str = ref()
    """any: one answer is enough; all: everybody must answer; onward: one is enough, and the next
    step is asked although it was given"""
    within: str = ref()
    """the deadline in the words of the plan, such as `10 min`"""
    cap: str | None = ref(default=None)
    origin: str = ref()


@record
class Asked:
    """One person who was asked in a run, at which step, by which notice."""

    person: PersonId = ref()
    notice: NoticeId = ref()
    step: int = ref()
    answered: datetime | None = ref(default=None)


RUNNING: Final = "running"
STOPPED: Final = "stopped"
EXHAUSTED: Final = "exhausted"


@record
class Run:
    """A route under way. `index` is the step that is being asked; `due` when its time is up."""

    id: RunId = ref()
    route: str = ref()
    purpose: str = ref()
    severity: Severity = item(ItemClass.RISK_LEVEL)
    case: CaseId = ref()
    started: datetime = ref()
    steps: tuple[RunStep, ...] = ref()
    end: tuple[RunStep, ...] = ref()
    """whom to tell when nobody answered: all of them at once"""
    index: int = ref(default=-1)
    due: datetime | None = ref(default=None)
    asked: tuple[Asked, ...] = ref(default=())
    state: str = ref(default=RUNNING)
    rearmed: DutyId | None = ref(default=None)
    """the duty that somebody answered for and did not do: who does it instead?"""

    def being_called(self) -> tuple[Asked, ...]:
        """Those whose answer the run waits for now."""
        return tuple(a for a in self.asked if a.step == self.index)

    @property
    def goes_on(self) -> bool:
        """Whether an answer to a step of it leads to the next step."""
        return any(step.answer == ONWARD for step in self.steps)

    def answers(self, step: int) -> str:
        """How one of its steps is answered; the end of a route as `any`."""
        return self.steps[step].answer if 0 <= step < len(self.steps) else "any"


@record
class Delivery:
    """What became of a notice on one channel so far."""

    channel: str = ref()
    attempts: int = ref(default=0)
    result: str = ref(default="waiting")
    """waiting, or a result class of the channel contract"""
    content: str | None = ref(default=None)
    """the content class that was sent, K0 to K2"""
    at: datetime | None = ref(default=None)
    receipt: str = ref(default="")
    """the most that the provider said of it and signed: failed, delivered, read"""
    hint: str = ref(default="")
    """the same, of what nobody signed"""


@record
class Notice:
    """The intent to tell one person one thing for one purpose. Accepted is not acknowledged."""

    id: NoticeId = ref()
    purpose: str = ref()
    receiver: PersonId = ref()
    role: str = ref()
    """the role in which the receiver is told"""
    severity: Severity = item(ItemClass.RISK_LEVEL)
    queued: datetime = ref()
    student: StudentId | None = ref(default=None)
    case: CaseId | None = ref(default=None)
    run: RunId | None = ref(default=None)
    step: int = ref(default=0)
    answer_by: datetime | None = ref(default=None)
    channels: tuple[str, ...] = ref()
    deliveries: tuple[Delivery, ...] = ref(default=())
    acknowledged: datetime | None = ref(default=None)
    concerning: PersonId | None = ref(default=None)
    """whose late answer this notice tells of"""
    duty: DutyId | None = ref(default=None)
    """the duty that is the receiver's now"""

    @property
    def urgent(self) -> bool:
        """Whether it may wake somebody: high and imminent ignore quiet hours."""
        return self.severity >= Severity.HIGH

    def delivery(self, channel: str) -> Delivery:
        """The state on one channel."""
        for found in self.deliveries:
            if found.channel == channel:
                return found
        return Delivery(channel=channel)
