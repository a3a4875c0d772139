"""Looking a school over before it is needed: would the net hold, and what is it made of?"""

from __future__ import annotations

import platform
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from psysafe.catalogue import LANGUAGES, speaks
from psysafe.desk.reaching import standing
from psysafe.domain.campaigns import OPEN
from psysafe.domain.campaigns_cover import said, uncovered
from psysafe.domain.codes import ROLES
from psysafe.domain.people import Roster
from psysafe.domain.plan import Plan
from psysafe.domain.plan_check import check_plan
from psysafe.domain.plan_phases import check_phases
from psysafe.domain.plan_reach import check_reach
from psysafe.domain.scale_loading import load_definition
from psysafe.engine.campaigning import campaigns, facts_of
from psysafe.engine.gather import roster
from psysafe.engine.handovers import overdue
from psysafe.engine.school import School
from psysafe.errors import Fact, Finding, InvalidDataError, PlanError, ScaleError
from psysafe.intake.settings import Chosen, Settings, with_secrets
from psysafe.intake.tables import plain

#: What nobody but the owner of the machine may read (practice), beside what lies in keys/.
PRIVATE: Final = ("keys", "out", "psysafe.db", "psysafe.db-wal")
#: From which month on the next year's calendar is asked for (practice).
LAST_QUARTER: Final = 10


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

    Codes: PSY105 to PSY119 and PSY123 to PSY132 about plan, people, calendar and this machine,
    PSY302 about scales, PSY5xx about plugins, PSY113, PSY601, PSY603, PSY604 and PSY609 about
    channels.
    """
    people = roster(school)
    held = holders(people, now)
    day = school.calendar.local_day(now)
    return (
        *settings.findings,
        *check_plan(school.plan, held, _plugins_of(school, settings)),
        *check_phases(school.plan, day),
        *_classes(people, now),
        *check_reach(school.plan, people, now),
        *_hand_overs(school, now),
        *_calendar(school, now),
        *_private_files(settings),
        *_names(people),
        *_addresses(school.plan, people, held),
        *_channels(school, settings),
        *standing(school),
        *_scales(school),
        *_campaigns(school, people, now),
        *(finding for report in school.plugins.report for finding in report.findings),
    )


def _plugins_of(school: School, settings: Settings) -> dict[str, str]:
    """The channels that work here and the plugin behind each; a host's own stands alone."""
    chosen = settings.channels
    return {name: chosen[name].use if name in chosen else name for name in school.channels}


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
    day = school.calendar.local_day(now)
    where: dict[str, Fact] = {"file": "calendar.toml"}
    if not school.calendar.knows(day.year):
        yield Finding(code="PSY110", where=where, facts={"year": day.year})
    if day.month >= LAST_QUARTER and not school.calendar.knows(day.year + 1):
        # Said while there is time: the notice for the next year comes in November.
        facts: dict[str, Fact] = {"year": day.year + 1}
        yield Finding(code="PSY110", severity="note", where=where, facts=facts)


def _private_files(settings: Settings) -> Iterator[Finding]:
    """Files that only the machine's owner may read: keys make the ids, the store holds it all."""
    found = [settings.folder / name for name in PRIVATE]
    found += sorted((settings.folder / "keys").glob("*"))
    for file in found:
        if not file.exists():
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            facts: dict[str, Fact] = {"file": file.name, "mode": f"{mode:o}"}
            yield Finding(code="PSY132", severity="warning", facts=facts)


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
        "tzdata": _tzdata(),
        "languages_there": [name for name in LANGUAGES if speaks(name)],
        "languages": list(settings.languages),
        "plan": f"{school.plan.name}@{school.plan.version}",
        "calendar": {"year": year, "known": school.calendar.knows(year)},
        "storage": {"use": settings.storage.use, "position": position},
        "classes": len(people.classes),
        "staff": len(people.staff),
        "roles_without_people": [role for role, found in held.items() if not found],
        "channels": sorted(school.channels),
        "channels_closed": sorted(set(settings.channels) - set(school.channels)),
        "private_files": "open" if any(_private_files(settings)) else "closed",
        "scales": sorted(school.plugins.scales()),
        "plugins": {report.name: report.state.value for report in school.plugins.report},
    }


def _tzdata() -> str:
    """The version of the zone data that comes with Python packages; the machine's may be older."""
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return "missing"
