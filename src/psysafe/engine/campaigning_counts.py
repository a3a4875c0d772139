"""How far a campaign has come, built for one viewer: what they may not see is never counted.

Whoever hands the forms out sees, for their own classes, how many have answered and who has not.
Severities are counted only for whoever may review flags of that class, and of no student of whom
they may not see that there is a flag: a count tells nobody more than a list would. No figure here
tells what somebody answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs

from psysafe.domain.campaigns import CLOSED, Campaign, Facts
from psysafe.domain.scale_results import WHOLE
from psysafe.domain.severity import Severity
from psysafe.engine.campaigning import PAGE, campaigns, invited_students, sheets_of
from psysafe.engine.cards import FlagCard
from psysafe.engine.enrolling import students
from psysafe.engine.flag_list import counted_for
from psysafe.engine.gather import gather_many, readable
from psysafe.engine.school import School
from psysafe.ids import Actor, ClassId, FlagId, StudentId


@attrs.define(kw_only=True)
class ClassCount:
    """One class of a campaign."""

    class_id: ClassId
    invited: int = 0
    answered: int = 0
    incomplete: int = 0
    missing: list[StudentId] = attrs.field(factory=list, repr=False)
    again: list[StudentId] | None = attrs.field(default=None, repr=False)
    """who has answered, but has no whole sheet of each instrument (empty items, or void); None
    for a viewer who reads no answers of this class"""


@attrs.define(kw_only=True)
class FlagCount:
    """Flags of one severity."""

    raised: int = 0
    reviewed: int = 0
    second_stage: int = 0
    overdue: int = 0


@attrs.define(kw_only=True)
class Progress:
    """What one viewer may know of a campaign's progress. `flags` None: not for this viewer."""

    classes: dict[ClassId, ClassCount]
    uninvited: int | None = None
    flags: dict[Severity, FlagCount] | None = None

    @property
    def data(self) -> dict[str, Any]:
        """As plain data, without names."""
        counted = list(self.classes.values())
        found: dict[str, Any] = {
            "invited": sum(one.invited for one in counted),
            "answered": sum(one.answered for one in counted),
            "not_answered": sum(one.invited - one.answered for one in counted),
        }
        if self.flags is None:
            return found
        found["incomplete"] = sum(one.incomplete for one in counted)
        found["uninvited"] = self.uninvited or 0
        found["flags"] = {
            severity.value: attrs.asdict(count)
            for severity, count in sorted(self.flags.items(), reverse=True)
        }
        return found


def progress(
    school: School, campaign: Campaign, facts: Facts, actor: Actor, now: datetime
) -> Progress:
    """The progress of a campaign for one viewer."""
    classes_there = [ClassId(key) for key in facts.roster.classes]
    follows = {key for key in classes_there if facts.follows(actor, key, now)}
    reviews = {key for key in classes_there if facts.may(actor, "review_flag", key, now)}
    place: dict[StudentId, ClassId] = {}
    classes: dict[ClassId, ClassCount] = {}
    for class_id, student in invited_students(school, facts.roster, campaign.invitation):
        place[student] = class_id
        if class_id in follows:
            classes.setdefault(class_id, ClassCount(class_id=class_id)).invited += 1
    whole: dict[StudentId, set[str]] = {}
    raised: list[FlagId] = []
    uninvited: dict[StudentId, tuple[FlagId, ...]] = {}
    for sheet in sheets_of(school, campaign.id):
        here = place.get(sheet.student)
        if here is None:
            uninvited[sheet.student] = (*uninvited.get(sheet.student, ()), *sheet.flags)
        done = whole.setdefault(sheet.student, set())
        if sheet.status in WHOLE:
            done.add(sheet.scale)
        if here in reviews:
            raised += sheet.flags
    for student, class_id in place.items():
        if class_id not in classes:
            continue
        if student not in whole:
            classes[class_id].missing.append(student)
            continue
        classes[class_id].answered += 1
        part = not set(campaign.scales) <= whole[student]
        classes[class_id].incomplete += part
        if class_id in reviews:
            again = classes[class_id].again or []
            classes[class_id].again = [*again, student] if part else again
    if not reviews & classes.keys():
        return Progress(classes=classes)
    for student, person in students(school, list(uninvited)).items():
        if person.placement.class_id in reviews:
            raised += uninvited[student]
    counts = flag_counts(school, actor, raised, now)
    return Progress(classes=classes, flags=counts, uninvited=len(uninvited))


def named_in(counted: Progress) -> list[StudentId]:
    """Who stands by name in a list of those who are missing."""
    return [
        student
        for one in counted.classes.values()
        for student in (*one.missing, *(one.again or ()))
    ]


def flag_counts(
    school: School, actor: Actor, raised: Iterable[FlagId], now: datetime
) -> dict[Severity, FlagCount]:
    """Flags by severity, of students whose flags the actor may know: how many, reviewed, late."""
    counts: dict[Severity, FlagCount] = {}
    keys = [f"flag/{flag}" for flag in raised]
    for start in range(0, len(keys), PAGE):
        found = school.storage.read(school.part, keys[start : start + PAGE]).documents
        cards = [card for _, card in readable(school, found.values(), FlagCard)]
        worlds = gather_many(school, (card.student for card in cards))
        known = {one for one, world in worlds.items() if counted_for(school, actor, world, now)}
        for card in cards:
            if card.student not in known:
                continue
            count = counts.setdefault(card.severity, FlagCount())
            count.raised += 1
            count.reviewed += card.state == "reviewed"
            late = card.state == "open" and card.due is not None and card.due <= now
            count.overdue += late
            count.second_stage += card.state == "open" and card.stage == "second_stage"
    return counts


@attrs.frozen(kw_only=True)
class OwnRates:
    """What this school's own campaigns with one instrument came to."""

    sheets: int
    flags: dict[Severity, int]


def own_rates(
    school: School, facts: Facts, actor: Actor, scales: Iterable[str], now: datetime
) -> dict[str, OwnRates]:
    """Sheets and flags of the campaigns of this school that have closed, by instrument.

    Of the classes whose flags the actor may review: a rate of others would tell how many of them
    stand out.
    """
    sheets: dict[str, int] = {}
    raised: dict[str, list[FlagId]] = {}
    wanted = set(scales)
    for campaign in campaigns(school, CLOSED):
        if not wanted & set(campaign.scales):
            continue
        answered = [x for x in sheets_of(school, campaign.id) if x.scale in wanted]
        people = students(school, [sheet.student for sheet in answered])
        for sheet in answered:
            person = people.get(sheet.student)
            where = person.placement.class_id if person is not None else ClassId("")
            if facts.may(actor, "review_flag", where, now):
                sheets[sheet.scale] = sheets.get(sheet.scale, 0) + 1
                raised.setdefault(sheet.scale, []).extend(sheet.flags)
    return {
        scale: OwnRates(
            sheets=count,
            flags={
                severity: found.raised
                for severity, found in flag_counts(
                    school, actor, raised.get(scale, ()), now
                ).items()
            },
        )
        for scale, count in sheets.items()
    }
