"""A screening as a campaign: which instruments, who is invited, from when to when, who reads.

A campaign is planned, opened, closed; one that was never opened may be cancelled. Its state is
the fold of its events. It holds no answer and no name: sheets stand by themselves and name their
campaign, and the invited students are worked out from the roster whenever they are asked for.

What may be done with one is decided in `campaigns_deciding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.people import Roster
from psysafe.domain.plan import Plan
from psysafe.ids import Actor, CampaignId, ClassId, PersonId, StudentId
from psysafe.sensitivity import changed, record, ref

PLANNED: Final = "planned"
OPEN: Final = "open"
CLOSED: Final = "closed"
CANCELLED: Final = "cancelled"

#: Whom a campaign can invite.
KINDS: Final = ("school", "grade", "class", "student")
#: Files of answers that a campaign keeps in sight; the journal keeps all.
LAST: Final = 10
#: The second stage that is no instrument.
INTERVIEW: Final = "interview"


@record
class Invitation:
    """Who is invited: the whole school, some grades, some classes, or a list of students."""

    kind: str = ref()
    values: tuple[str, ...] = ref(default=())
    """grade keys, class ids or student ids; empty for the school"""

    def includes(self, student: StudentId, grade: str, class_id: ClassId) -> bool:
        """Whether a student of that grade and class is invited."""
        if self.kind == "school":
            return True
        return {"grade": grade, "class": class_id}.get(self.kind, student) in self.values


@record
class Reader:
    """Somebody who reads what comes in, from a time until a time."""

    person: PersonId = ref()
    since: datetime = ref()
    until: datetime = ref()


@record
class Columns:
    """Under which headings the answers of a campaign stand in its files."""

    items: dict[str, tuple[str, ...]] = ref(factory=dict)
    """scale to the headings of its items, in their order"""
    number: str = ref(default="")
    answered_at: str = ref(default="")
    options: str = ref(default="")
    """`score`: numbers are what an option is worth; `ordinal`: its place on the form, from 1"""


@record
class Taken:
    """One file of answers that was put in: what became of its sheets."""

    by: Actor = ref()
    at: datetime = ref()
    sheets: int = ref()
    kept: int = ref()
    known: int = ref()
    refused: int = ref()


@record
class Campaign:
    """A screening of some students with some instruments within some time."""

    id: CampaignId = ref()
    scales: tuple[str, ...] = ref()
    invitation: Invitation = ref()
    opens: datetime = ref()
    closes: datetime = ref()
    readers: tuple[Reader, ...] = ref(default=())
    second_stage: str = ref(default=INTERVIEW)
    """what follows a flag: an interview, or the id of another instrument"""
    state: str = ref(default=PLANNED)
    planned_by: Actor = ref()
    planned: datetime = ref()
    opened_by: Actor | None = ref(default=None)
    opened: datetime | None = ref(default=None)
    invited: dict[str, int] = ref(factory=dict)
    """class id to the number of students invited, when it was opened"""
    ended_by: Actor | None = ref(default=None)
    ended: datetime | None = ref(default=None)
    columns: Columns = ref(factory=Columns)
    taken: tuple[Taken, ...] = ref(default=())
    """the last files of answers"""

    def taking(self, now: datetime) -> bool:
        """Whether forms can be filled in at that moment."""
        return self.state == OPEN and self.opens <= now < self.closes

    def reading(self, now: datetime) -> tuple[PersonId, ...]:
        """Who reads at that moment, in the order in which they were named; else all of them."""
        there = tuple(r.person for r in self.readers if r.since <= now < r.until)
        return tuple(dict.fromkeys(there or tuple(r.person for r in self.readers)))


# -- what happens to it -----------------------------------------------------------------------


@record
class CampaignPlanned:
    campaign: Campaign = ref()


@record
class CampaignReadersNamed:
    campaign: CampaignId = ref()
    readers: tuple[Reader, ...] = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class CampaignColumnsNamed:
    campaign: CampaignId = ref()
    columns: Columns = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class CampaignAnswersTaken:
    campaign: CampaignId = ref()
    taken: Taken = ref()


@record
class CampaignOpened:
    """Opened, with the number of invited students of each class."""

    campaign: CampaignId = ref()
    by: Actor = ref()
    at: datetime = ref()
    invited: dict[str, int] = ref()


@record
class CampaignClosed:
    campaign: CampaignId = ref()
    by: Actor = ref()
    at: datetime = ref()


@record
class CampaignCancelled:
    campaign: CampaignId = ref()
    by: Actor = ref()
    at: datetime = ref()


CampaignEvent = (
    CampaignPlanned
    | CampaignReadersNamed
    | CampaignColumnsNamed
    | CampaignAnswersTaken
    | CampaignOpened
    | CampaignClosed
    | CampaignCancelled
)


def evolve(campaign: Campaign | None, event: CampaignEvent) -> Campaign:
    """The campaign after one more event. Raises ValueError for one before it was planned."""
    if isinstance(event, CampaignPlanned):
        return event.campaign
    if campaign is None or campaign.id != event.campaign:
        raise ValueError("an event about a campaign that was not planned")
    match event:
        case CampaignReadersNamed(readers=readers):
            return changed(campaign, readers=readers)
        case CampaignColumnsNamed(columns=columns):
            return changed(campaign, columns=columns)
        case CampaignAnswersTaken(taken=taken):
            return changed(campaign, taken=(*campaign.taken, taken)[-LAST:])
        case CampaignOpened(by=by, at=at, invited=invited):
            return changed(campaign, state=OPEN, opened_by=by, opened=at, invited=invited)
        case CampaignClosed(by=by, at=at):
            return changed(campaign, state=CLOSED, ended_by=by, ended=at)
        case CampaignCancelled(by=by, at=at):
            return changed(campaign, state=CANCELLED, ended_by=by, ended=at)
    raise ValueError(f"{type(event).__name__} does not belong to a campaign")


@attrs.frozen(kw_only=True)
class Facts:
    """What a decision about a campaign may look at."""

    roster: Roster
    plan: Plan
    calendar: SchoolCalendar
    critical: bool
    """whether one of its instruments has an item that alarms by itself"""
    invited: Mapping[ClassId, int] = attrs.field(factory=dict)
    """class to the number of its invited students, as the roster is now"""
    campuses: Mapping[ClassId, str | None] = attrs.field(factory=dict)
    """where the classes are, in a school whose plan differs by campus"""
    picked: bool = False
    """whether students were picked one by one: that somebody was, tells of them"""

    def follows(self, actor: Actor, class_id: ClassId, now: datetime) -> bool:
        """Whether somebody may see for a class who has answered and who has not.

        Of a grade or a class whoever hands the forms out sees it. Who was picked by a counselor is
        known to whoever may screen, and to nobody else: it says that there was a reason.
        """
        rights = ("screen",) if self.picked else ("screen", "screen_progress")
        return any(self.may(actor, right, class_id, now) for right in rights)

    def may(self, actor: Actor, right: str, class_id: ClassId, now: datetime) -> bool:
        """Whether somebody holds a right for a class at that moment."""
        grade = self.roster.classes[class_id].grade if class_id in self.roster.classes else ""
        return any(
            self.plan.may(right, held.role) and held.scope.covers(grade, class_id)
            for held in self.roster.roles_of(actor, now)
        )

    def switched_off(self, activity: str, now: datetime) -> tuple[ClassId, ...]:
        """The invited classes for which the plan has no such activity on that day."""
        day = self.calendar.local_day(now)
        classes = [self.roster.classes[k] for k in self.invited if k in self.roster.classes]
        return tuple(
            one.id
            for one in sorted(classes, key=lambda one: one.id)
            if not self.plan.active(
                activity, day, campus=self.campuses.get(one.id), grade=one.grade
            )
        )
