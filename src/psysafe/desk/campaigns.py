"""Screening campaigns at one person's desk: planned, forecast, opened, followed, closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from psysafe.desk.seat import Seat
from psysafe.domain import codes
from psysafe.domain.campaigns import INTERVIEW, Campaign, Facts, Invitation, Reader
from psysafe.domain.campaigns_cover import uncovered
from psysafe.domain.campaigns_deciding import (
    CampaignWish,
    CancelCampaign,
    CloseCampaign,
    NameReaders,
    OpenCampaign,
    PlanCampaign,
)
from psysafe.domain.campaigns_forecast import Forecast, Known, forecast
from psysafe.domain.people import Roster, hats, standing
from psysafe.domain.privacy import Action, plan_decisions
from psysafe.domain.scale_definition import Definition
from psysafe.engine import campaigning as engine
from psysafe.engine.bulk import take
from psysafe.engine.campaigning_counts import named_in, own_rates, progress
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import NUMBER, find_student, students
from psysafe.engine.gather import roster
from psysafe.engine.reading import journal_list
from psysafe.engine.sight import states_of
from psysafe.errors import Fact, Finding, InvalidDataError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, CampaignId, ClassId, CommandId, PersonId, StudentId
from psysafe.intake.tables import plain
from psysafe.sensitivity import ItemClass

Lines = list[dict[str, Any]]
ReaderTime = tuple[str, datetime | None, datetime | None]
"""A person, and from when until when they read; None: as long as the campaign is open."""


class Campaigns:
    """The campaigns that this actor may plan or follow."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    # -- what can be done ---------------------------------------------------------------------

    def plan(
        self,
        scales: Sequence[str],
        *,
        opens: datetime,
        closes: datetime,
        grades: Sequence[str] = (),
        classes: Sequence[str] = (),
        students: Sequence[str] = (),
        readers: Sequence[ReaderTime] = (),
        second_stage: str = INTERVIEW,
        command: CommandId | None = None,
    ) -> Receipt:
        """Plan a campaign with one or several instruments; nobody is asked anything yet.

        Invited are some grades (`g10` or 高一), some classes (id or name) or some students
        (`no:NUMBER` or id), and the whole school where none of them is named. The receipt names
        the campaign. Raises ScaleError PSY301, InvalidDataError PSY280, PSY283, PSY285,
        NotPermittedError, NotFoundError for a student who is not there.
        """
        wish = PlanCampaign(
            scales=tuple(scales),
            invitation=self._invitation(grades, classes, students),
            opens=opens,
            closes=closes,
            readers=_readers(readers, opens, closes),
            second_stage=second_stage,
        )
        if second_stage != INTERVIEW:
            engine.definition_of(self._seat.school, second_stage)
        return self._do(wish, command)

    def open(self, campaign: str, command: CommandId | None = None) -> Receipt:
        """Open a campaign. Raises InvalidMoveError PSY281 where nobody would read at some time.

        There is no override: name another reader, or let it close before that time.
        """
        return self._do(OpenCampaign(campaign=CampaignId(campaign)), command)

    def readers(
        self, campaign: str, readers: Sequence[ReaderTime], command: CommandId | None = None
    ) -> Receipt:
        """Say anew who reads when. An open campaign never loses eyes that it needs (PSY281)."""
        found, _ = self._campaign(campaign)
        named = _readers(readers, found.opens, found.closes)
        return self._do(NameReaders(campaign=found.id, readers=named), command)

    def close(self, campaign: str, command: CommandId | None = None) -> Receipt:
        """Close an open campaign. Answers that still come in are kept, and said."""
        return self._do(CloseCampaign(campaign=CampaignId(campaign)), command)

    def cancel(self, campaign: str, command: CommandId | None = None) -> Receipt:
        """Cancel a campaign that was never opened."""
        return self._do(CancelCampaign(campaign=CampaignId(campaign)), command)

    def _do(self, wish: CampaignWish, command: CommandId | None) -> Receipt:
        seat = self._seat
        return engine.carry_out(seat.school, wish, seat.actor, seat.now(), command)

    # -- what can be seen ---------------------------------------------------------------------

    def list(self) -> Lines:
        """The campaigns that exist for this actor; open ones first."""
        seat = self._seat
        now, people = seat.now(), roster(seat.school)
        found = []
        for campaign in engine.campaigns(seat.school):
            facts = self._facts(campaign, people)
            if engine.sees(facts, seat.actor, now):
                found.append(self._line(campaign, facts))
        journal_list(seat.school, seat.actor, "campaigns", now)
        return [seat.plain(line) for line in found]

    def gaps(self, campaign: str) -> Lines:
        """When nobody would read, from now on: since, until, class ids, why. Empty: covered."""
        found, facts = self._campaign(campaign)
        self._screens(facts)
        now = self._seat.now()
        return [
            self._seat.plain(
                {
                    "since": gap.since,
                    "until": gap.until,
                    "classes": list(gap.classes),
                    "why": gap.why,
                }
            )
            for gap in uncovered(found, facts, now)
        ]

    def progress(self, campaign: str, *, missing: bool = False) -> dict[str, Any]:
        """How far a campaign has come, as this actor may see it; `missing` lists who has not.

        A homeroom teacher sees for the own class who has not answered, and never a score. Whoever
        reviews flags also sees `again`: whose sheet has empty items or is void.
        Raises NotFoundError for whoever has nothing to do with it, NotPermittedError PSY154 where
        `missing` would list too many at once without a second person's yes.
        """
        seat = self._seat
        found, facts = self._campaign(campaign)
        now = seat.now()
        counted = progress(seat.school, found, facts, seat.actor, now)
        names = {key: one.name for key, one in facts.roster.classes.items()}
        rules: tuple[str, ...] = ()
        if missing:
            named = named_in(counted)
            rules = take(seat.school, seat.actor, "missing", (found.id,), named, now)
        lines = []
        for class_id in sorted(counted.classes, key=lambda key: _by_name(names.get(key, ""))):
            count = counted.classes[class_id]
            line: dict[str, Any] = {
                "class": class_id,
                "name": names.get(class_id, ""),
                "invited": count.invited,
                "answered": count.answered,
                "not_answered": count.invited - count.answered,
            }
            if missing:
                line["missing"] = self._named(count.missing, facts.roster, now)
                if count.again is not None:
                    line["again"] = self._named(count.again, facts.roster, now)
            lines.append(line)
        journal_list(seat.school, seat.actor, "campaign_progress", now, rules=rules)
        data = {**self._line(found, facts), **counted.data, "classes": lines}
        if counted.flags is not None and found.taken:
            data["refused"] = found.taken[-1].refused
        plain: dict[str, Any] = seat.plain(data)
        return plain

    def _named(self, listed: Sequence[StudentId], people: Roster, now: datetime) -> Lines:
        """Some students of a class: the id, and the name where the actor may see it."""
        seat = self._seat
        found = []
        for student, person in students(seat.school, listed).items():
            line: dict[str, Any] = {"student": student}
            # As for a student of whom nothing is known: a case must not show through a list.
            worn = hats(seat.actor, standing(person), people, frozenset(), now)
            seen = plan_decisions(
                seat.school.policy,
                worn,
                states_of("none", None, False, None, now),
                purpose="care",
                at=now,
                action=Action.LIST,
            )
            name = seen.of(ItemClass.DISPLAY_NAME)
            if name.shown and name.form is None:
                line["name"] = person.name
            number = seen.of(ItemClass.CIVIL_IDENTITY)
            if number.shown and number.form is None:
                line["number"] = dict(person.identities).get(NUMBER, "")
            found.append(line)
        return sorted(found, key=lambda line: (line.get("number", ""), line["student"]))

    def forecast(
        self,
        campaign: str | None = None,
        *,
        scales: Sequence[str] = (),
        grades: Sequence[str] = (),
        classes: Sequence[str] = (),
        students: Sequence[str] = (),
        counselors: int | None = None,
        hours_per_day: int | None = None,
        school_days: int | None = None,
    ) -> Forecast:
        """What a campaign is expected to cost: of one that is planned, or of one that might be.

        `counselors`: how many review, otherwise the named readers, otherwise everybody who may
        review flags there. Raises as `plan`, and PlanError PSY116 where the plan has no figures.
        """
        seat = self._seat
        now, people = seat.now(), roster(seat.school)
        planned: Campaign | None = None
        if campaign is not None:
            planned, facts = self._campaign(campaign)
            scales = planned.scales
        else:
            who = self._invitation(grades, classes, students)
            facts = engine.facts_of(seat.school, people, scales, who)
        if not facts.invited:
            raise InvalidDataError([Finding(code="PSY285")])
        self._screens(facts)
        days = school_days or (self._school_days(planned) if planned else 1)
        rates = own_rates(seat.school, facts, seat.actor, scales, now)
        names = {key: one.name for key, one in facts.roster.classes.items()}
        invited = sorted(facts.invited, key=lambda key: _by_name(names.get(key, "")))
        known = Known(
            classes={key: facts.invited[key] for key in invited},
            scales={scale: self._flags(scale) for scale in scales},
            counselors=self._counselors(planned, facts) if counselors is None else counselors,
            school_days=days,
            hours_per_day=hours_per_day,
            own={scale: (one.sheets, one.flags) for scale, one in rates.items()},
        )
        found = forecast(seat.school.plan, known)
        return attrs.evolve(found, names={key: names.get(key, key) for key in invited})

    def _flags(self, scale: str) -> tuple[str, ...]:
        """The flags of an instrument whose number a forecast needs."""
        plan = self._seat.school.plan
        definition: Definition = engine.definition_of(self._seat.school, scale)
        of_scores = [t.flag for t in plan.triage if t.scale == scale and t.score is not None]
        return tuple(dict.fromkeys([*(rule.code for rule in definition.critical), *of_scores]))

    def _counselors(self, campaign: Campaign | None, facts: Facts) -> int:
        if campaign is not None and campaign.readers:
            return len({reader.person for reader in campaign.readers})
        now = self._seat.now()
        return sum(
            any(facts.may(Actor(person), "review_flag", key, now) for key in facts.invited)
            for person in facts.roster.staff
        )

    def _school_days(self, campaign: Campaign) -> int:
        calendar = self._seat.school.calendar
        day = calendar.local_day(campaign.opens)
        last = calendar.local_day(campaign.closes)
        count = 0
        while day <= last:
            count += calendar.is_school_day(day)
            day += timedelta(days=1)
        return max(1, count)

    # -- what both need -----------------------------------------------------------------------

    def _campaign(self, campaign: str) -> tuple[Campaign, Facts]:
        """A campaign that exists for this actor. Raises NotFoundError."""
        seat = self._seat
        found = engine.campaign_of(seat.school, campaign)
        facts = self._facts(found, roster(seat.school))
        if not engine.sees(facts, seat.actor, seat.now()):
            raise NotFoundError
        return found, facts

    def _facts(self, campaign: Campaign, people: Roster) -> Facts:
        """The facts about a campaign; one whose instrument is gone counts as a critical one."""
        school = self._seat.school
        return engine.facts_of(school, people, campaign.scales, campaign.invitation, lenient=True)

    def _screens(self, facts: Facts) -> None:
        """Raises NotPermittedError PSY002 unless the actor may screen one of the classes."""
        seat, now = self._seat, self._seat.now()
        if not any(facts.may(seat.actor, "screen", key, now) for key in facts.invited):
            raise NotPermittedError("PSY002", action="campaign")

    def _line(self, campaign: Campaign, facts: Facts) -> dict[str, Any]:
        """What everybody for whom a campaign exists may know of it."""
        return {
            "campaign": campaign.id,
            "scales": list(campaign.scales),
            "state": campaign.state,
            "opens": campaign.opens,
            "closes": campaign.closes,
            "second_stage": campaign.second_stage,
            "readers": [
                {"person": r.person, "since": r.since, "until": r.until} for r in campaign.readers
            ],
        }

    def _invitation(
        self, grades: Sequence[str], classes: Sequence[str], listed: Sequence[str]
    ) -> Invitation:
        """Who is meant. Raises InvalidDataError PSY285 where a class or grade is not there."""
        if [bool(grades), bool(classes), bool(listed)].count(True) > 1:
            facts: dict[str, Fact] = {"field": "invitation"}
            raise InvalidDataError([Finding(code="PSY280", where={"field": "who"}, facts=facts)])
        if listed:
            school = self._seat.school
            found: tuple[StudentId, ...] = tuple(
                dict.fromkeys(find_student(school, one) for one in listed)
            )
            return Invitation(kind="student", values=found)
        people = roster(self._seat.school)
        if grades:
            return Invitation(kind="grade", values=_grades(grades, people))
        if classes:
            return Invitation(kind="class", values=_classes(classes, people))
        return Invitation(kind="school")


def whom(seat: Seat, campaign: str) -> list[StudentId]:
    """Who would stand in the list of those who are missing; not given yet.

    Raises NotFoundError for whoever has nothing to do with the campaign.
    """
    found, facts = Campaigns(seat)._campaign(campaign)
    return named_in(progress(seat.school, found, facts, seat.actor, seat.now()))


def _readers(given: Iterable[ReaderTime], opens: datetime, closes: datetime) -> tuple[Reader, ...]:
    return tuple(
        Reader(person=PersonId(Actor(person)), since=since or opens, until=until or closes)
        for person, since, until in given
    )


def _grades(given: Sequence[str], people: Roster) -> tuple[str, ...]:
    held = {one.grade for one in people.classes.values()}
    found = [codes.from_word("grade", text) or text for text in given]
    if not set(found) <= held:
        raise InvalidDataError([Finding(code="PSY285", where={"field": "grades"})])
    return tuple(dict.fromkeys(found))


def _classes(given: Sequence[str], people: Roster) -> tuple[ClassId, ...]:
    named = {plain(one.name): key for key, one in people.classes.items()}
    found = [text if text in people.classes else named.get(plain(text)) for text in given]
    if None in found:
        raise InvalidDataError([Finding(code="PSY285", where={"field": "classes"})])
    return tuple(dict.fromkeys(ClassId(key) for key in found if key is not None))


def _by_name(name: str) -> tuple[int, str]:
    """Where a class stands in a list: 高一(9)班 before 高一(10)班."""
    return len(name), name
