"""Looking a school over before it is needed: would the net hold, and what is it made of?"""

from __future__ import annotations

import platform
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import attrs

from psysafe import wire
from psysafe.catalogue import LANGUAGES, speaks
from psysafe.clock import from_wire
from psysafe.desk.checking_grants import check_grants
from psysafe.desk.checking_holidays import check_holidays
from psysafe.desk.checking_kept import check_kept
from psysafe.desk.checking_leads import check_leads
from psysafe.desk.checking_people import check_people
from psysafe.desk.duty_rosters import check_duty
from psysafe.desk.emergency import check_emergency
from psysafe.desk.heads import check_heads
from psysafe.desk.inbound_senders import check_inbound
from psysafe.desk.keeping import check_keys
from psysafe.desk.own_policy import check_policy
from psysafe.desk.papers import check_templates
from psysafe.desk.reaching import standing
from psysafe.desk.reviewing import check_reviews
from psysafe.domain.campaigns import OPEN
from psysafe.domain.campaigns_cover import said, uncovered
from psysafe.domain.codes import ROLES
from psysafe.domain.people import Roster
from psysafe.domain.plan_check import check_plan
from psysafe.domain.plan_phases import check_phases
from psysafe.domain.plan_reach import check_reach
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_loading import load_definition
from psysafe.domain.signs_owing import check_signs
from psysafe.domain.world import Around
from psysafe.engine.campaigning import campaigns, facts_of
from psysafe.engine.gather import people_and_duty, roster
from psysafe.engine.handovers import overdue
from psysafe.engine.school import School
from psysafe.engine.troubles import provider_of
from psysafe.errors import Fact, Finding, InvalidDataError, PlanError, ScaleError
from psysafe.intake.settings import Chosen, Settings, with_secrets

#: What nobody but the owner of the machine may read (practice), beside what lies in keys/.
PRIVATE: Final = ("keys", "out", "psysafe.db", "psysafe.db-wal")
#: From which month on the next year's calendar is asked for (practice).
LAST_QUARTER: Final = 10
#: By how much two clocks may differ (practice: less than any time of a plan by far).
SKEW: Final = timedelta(seconds=2)
#: What a licence record says where nobody has found a permission.
NO_LICENCE: Final = ("unclear", "unknown", "none")
GRAVITY: Final = ("error", "warning", "note")
#: What is said first: an alarm that reaches nobody, somebody, or fewer than it should.
COSTLY: Final = (
    "PSY131 PSY124 PSY106 PSY125 PSY603 PSY113 PSY141 PSY601 PSY112 PSY133 PSY123 PSY135 PSY134 "
    "PSY126 PSY114 PSY604 PSY609 PSY613 PSY614 PSY142 PSY066 PSY067 "
    "PSY282 PSY273 PSY111 PSY117 PSY138"
).split()


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
    """Everything that stands against this school's net, the worst first; empty: nothing.

    Codes: PSY055 and PSY056 about rosters of duty, PSY066 and PSY067 about who supervises,
    PSY093 where notes are kept for ever, PSY094 where records are an earlier version's,
    PSY105 to PSY119 and PSY123 to PSY138 about plan, people,
    calendar and this machine, PSY141 about collective signs, PSY142 about live cases before a
    break, PSY147 and PSY148 about campuses, PSY150
    where no authority outside is entered, PSY302 about scales, PSY5xx about plugins, PSY113,
    PSY601, PSY603, PSY604 and PSY609 about channels, PSY618, PSY619 and PSY627 about
    message templates, PSY613 and PSY614 about what comes in,
    PSY710 to PSY721 about the vault and its keys, PSY747 and PSY748 about the school's own policy,
    PSY749 about roles that see and nobody signed for,
    PSY751 and PSY752 about the emergency call list, PSY753 and PSY754 about heads elsewhere.
    """
    people = roster(school)
    held = holders(people, now)
    day = school.calendar.local_day(now)
    found = (
        *settings.findings,
        *check_plan(school.plan, held, _plugins_of(school, settings)),
        *check_phases(school.plan, day),
        *check_reach(school.plan, people, now),
        *check_signs(school.plan, _around_classes(school, people), now),
        *_hand_overs(school, now),
        *_calendar(school, now),
        *_private_files(settings),
        *check_people(school, people, held, now),
        *_channels(school, settings),
        *standing(school),
        *check_inbound(school, settings, now),
        *_scales(school),
        *_clock(school, now),
        *check_duty(school, now),
        *check_holidays(school, now),
        *check_leads(school, now),
        *check_kept(school),
        *_outside(school),
        *check_emergency(school, settings),
        *check_heads(school, settings, now),
        *check_keys(settings, school.plugins),
        *check_templates(settings),
        *check_reviews(settings, school.channels),
        *check_policy(school, settings, now),
        *check_grants(school, settings, people, now),
        *_campaigns(school, people, now),
        *(finding for report in school.plugins.report for finding in report.findings),
    )
    return tuple(_local(finding, school) for finding in sorted(found, key=_gravity))


def _around_classes(school: School, people: Roster) -> tuple[Around, ...]:
    return tuple(
        Around(roster=people, plan=school.plan, calendar=school.calendar, school_class=one)
        for one in people.classes.values()
    )


def _outside(school: School) -> Iterator[Finding]:
    """Where everybody inside is barred, somebody outside must be reachable."""
    if not school.outside:
        yield Finding(code="PSY150", severity="warning")


def _local(finding: Finding, school: School) -> Finding:
    """The times of a finding as the school's clocks show them."""
    times = {name: finding.facts[name] for name in ("since", "until") if name in finding.facts}
    if finding.code not in ("PSY125", "PSY135"):
        return finding
    zone = school.calendar.zone
    shown: dict[str, Fact] = {
        name: from_wire(str(value)).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        for name, value in times.items()
    }
    return attrs.evolve(finding, facts={**finding.facts, **shown})


def _gravity(finding: Finding) -> tuple[int, int]:
    """Errors first, and among equals what would cost most in a crisis; the rest as it was found."""
    costly = COSTLY.index(finding.code) if finding.code in COSTLY else len(COSTLY)
    return GRAVITY.index(finding.severity), costly


def _plugins_of(school: School, settings: Settings) -> dict[str, str]:
    """The channels that work here and the provider behind each, or the plugin that says none; a
    host's own stands alone."""
    chosen = settings.channels
    return {
        name: provider_of(channel) or (chosen[name].use if name in chosen else name)
        for name, channel in school.channels.items()
    }


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
    """What stands against the scales, and what nobody has cleared of those that are in use."""
    used = {entry.scale for entry in school.plan.triage}
    used |= {scale for campaign in campaigns(school, OPEN) for scale in campaign.scales}
    for name, record in school.plugins.scales().items():
        try:
            definition = load_definition(record.definition)
        except InvalidDataError as error:
            yield from error.findings
        except ScaleError as error:
            yield error.finding
        else:
            if name in used:
                yield from _cleared(definition)


def _cleared(scale: Definition) -> Iterator[Finding]:
    """Whether a scale may be used by its licence record, and its numbers by their sources."""
    if scale.licence.status in NO_LICENCE:
        told: dict[str, Fact] = {"scale": scale.id, "status": scale.licence.status}
        yield Finding(code="PSY136", severity="note", facts=told)
    if scale.unverified:
        facts: dict[str, Fact] = {
            "scale": scale.id,
            "count": len(scale.unverified),
            "places": ", ".join(scale.unverified),
        }
        yield Finding(code="PSY137", severity="note", facts=facts)


def _clock(school: School, now: datetime) -> Iterator[Finding]:
    """Whether this machine's clock is behind the records.

    A store keeps no clock of its own. Only a record that is later than now tells of two clocks;
    one that runs ahead is not seen from here.
    """
    position = school.storage.read(school.part, []).position
    last = school.storage.journal(school.part, position - 1, 1) if position else ()
    late = max((wire.read_header(kept.header).at for kept in last), default=now) - now
    if late > SKEW:
        facts: dict[str, Fact] = {"seconds": int(late.total_seconds())}
        yield Finding(code="PSY138", severity="warning", facts=facts)


def doctor(school: School, settings: Settings, now: datetime) -> dict[str, Any]:
    """How the installation stands: versions, zone, calendar, storage, plugins, people."""
    people, duty = people_and_duty(school)
    position = school.storage.read(school.part, []).position
    held = holders(people, now)
    year = school.calendar.local_day(now).year
    local_now = now.astimezone(settings.zone).isoformat(timespec="seconds")
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
        "clock": {"here": local_now, "store": "none of its own"},
        "classes": len(people.classes),
        "staff": len(people.staff),
        "roles_without_people": [role for role, found in held.items() if not found],
        "duty_rosters": sorted(duty.kept),
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
