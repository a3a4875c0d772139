"""Looking a school over before it is needed: would the net hold, and what is it made of?"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from psysafe.desk.reaching import standing
from psysafe.domain.campaigns import OPEN
from psysafe.domain.campaigns_cover import said, uncovered
from psysafe.domain.codes import ROLES
from psysafe.domain.people import Roster
from psysafe.domain.plan import Plan
from psysafe.domain.plan_check import check_plan
from psysafe.domain.scale_loading import load_definition
from psysafe.engine.campaigning import campaigns, facts_of
from psysafe.engine.gather import roster
from psysafe.engine.handovers import overdue
from psysafe.engine.school import School
from psysafe.errors import Fact, Finding, InvalidDataError, PlanError, ScaleError
from psysafe.intake.settings import Chosen, Settings, with_secrets
from psysafe.intake.tables import plain


def holders(people: Roster, now: datetime) -> dict[str, tuple[str, ...]]:
    """Who holds each role now, by role code; roles that nobody holds have an empty entry."""
    return {
        role: tuple(
            key
            for key in sorted(people.staff)
            if any(r.role == role and r.holds(now) for r in people.staff[key].roles)
        )
        for role in ROLES
    }


def check(school: School, settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """Everything that stands against this school's net; empty: nothing.

    Codes: PSY105 to PSY119 about plan, people and calendar, PSY302 about scales, PSY5xx about
    plugins, PSY113, PSY601, PSY603, PSY604 and PSY609 about channels.
    """
    people = roster(school)
    held = holders(people, now)
    channels = frozenset(school.channels)
    return (
        *settings.findings,
        *check_plan(school.plan, held, channels),
        *_classes(people, now),
        *_hand_overs(school, now),
        *_calendar(school, now),
        *_names(people),
        *_addresses(school.plan, people, held),
        *_channels(school, settings),
        *standing(school),
        *_scales(school),
        *_campaigns(school, people, now),
        *(finding for report in school.plugins.report for finding in report.findings),
    )


def _classes(people: Roster, now: datetime) -> Iterator[Finding]:
    for key in sorted(people.classes):
        grade = people.classes[key].grade
        found = people.holders("homeroom_teacher", grade, people.classes[key].id, now)
        if next(found, None) is None:
            yield Finding(code="PSY112", facts={"class_id": key})


def _hand_overs(school: School, now: datetime) -> Iterator[Finding]:
    # A number only: whose they are is seen by those who may know of the case.
    if count := overdue(school, now):
        yield Finding(code="PSY273", facts={"count": count})


def _calendar(school: School, now: datetime) -> Iterator[Finding]:
    year = school.calendar.local_day(now).year
    if not school.calendar.knows(year):
        where: dict[str, Fact] = {"file": "calendar.toml"}
        yield Finding(code="PSY110", where=where, facts={"year": year})


def _names(people: Roster) -> Iterator[Finding]:
    names = {plain(someone.name).lower() for someone in people.staff.values()}
    for key in sorted(people.staff):
        if key.partition(":")[2].lower() in names:
            yield Finding(code="PSY118", severity="warning", facts={"person": key})


def _addresses(
    plan: Plan, people: Roster, held: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    """People of a step that cannot be reached over one of its channels. The inbox needs none."""
    steps = [(route, step) for route in plan.routes for step in (*route.steps, *route.end)]
    wanted = sorted(
        {
            (person, channel)
            for route, step in steps
            for channel in plan.channels_of(route, step)
            for person in held.get(step.role, ())
            if channel != "inbox"
        }
    )
    for person, channel in wanted:
        if not people.staff[person].addresses.get(channel):
            facts: dict[str, Fact] = {"person": person, "channel": channel}
            yield Finding(code="PSY114", severity="warning", facts=facts)


def _channels(school: School, settings: Settings) -> Iterator[Finding]:
    for name, chosen in settings.channels.items():
        path: dict[str, Fact] = {"path": f"channels.{name}"}
        channel = school.channels.get(name)
        if channel is None:
            yield _unopened(school, settings, name, chosen)
            continue
        try:
            problems = [f"{p.field}: {p.problem}" for p in channel.validate()]
        except Exception as error:
            # A plugin's own fault; only its type is kept, its text may quote a setting.
            problems = [type(error).__name__]
        for problem in problems:
            yield Finding(code="PSY601", where=path, facts={"channel": name, "problem": problem})


def _unopened(school: School, settings: Settings, name: str, chosen: Chosen) -> Finding:
    """Why a configured channel is not there."""
    path: dict[str, Fact] = {"path": f"channels.{name}"}
    if chosen.use not in school.plugins.channels():
        return Finding(code="PSY113", where=path, facts={"channel": chosen.use})
    try:
        with_secrets(chosen, f"channels.{name}", folder=settings.folder)
    except PlanError as error:
        return error.finding
    facts: dict[str, Fact] = {"channel": name, "problem": "it could not be opened"}
    return Finding(code="PSY601", where=path, facts=facts)


def _campaigns(school: School, people: Roster, now: datetime) -> Iterator[Finding]:
    """Open screenings with a critical item that somebody's absence has left unread (PSY282)."""
    for campaign in campaigns(school, OPEN):
        facts = facts_of(school, people, campaign.scales, campaign.invitation, lenient=True)
        found = uncovered(campaign, facts, now)
        if found:
            told: dict[str, Fact] = {
                "count": len(found),
                "intervals": said(found, school.calendar.zone),
            }
            yield Finding(code="PSY282", where={"campaign": campaign.id}, facts=told)


def _scales(school: School) -> Iterator[Finding]:
    for record in school.plugins.scales().values():
        try:
            load_definition(record.definition)
        except InvalidDataError as error:
            yield from error.findings
        except ScaleError as error:
            yield error.finding


def doctor(school: School, settings: Settings, now: datetime) -> dict[str, Any]:
    """How the installation stands: versions, zone, calendar, storage, plugins, people."""
    people = roster(school)
    position = school.storage.read(school.part, []).position
    held = holders(people, now)
    year = school.calendar.local_day(now).year
    return {
        "python": platform.python_version(),
        "part": settings.part,
        "rehearsal": settings.rehearsal,
        "zone": str(settings.zone),
        "languages": list(settings.languages),
        "plan": f"{school.plan.name}@{school.plan.version}",
        "calendar": {"year": year, "known": school.calendar.knows(year)},
        "storage": {"use": settings.storage.use, "position": position},
        "classes": len(people.classes),
        "staff": len(people.staff),
        "roles_without_people": [role for role, found in held.items() if not found],
        "channels": sorted(school.channels),
        "scales": sorted(school.plugins.scales()),
        "plugins": {report.name: report.state.value for report in school.plugins.report},
    }
