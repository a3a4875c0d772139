"""Whether somebody reads a campaign's answers at every moment at which they can come in.

A child who answers a critical item at nine in the evening must not wait until somebody happens to
look. So a form with such an item is open only while, for each invited class, a named reader is on:
one whose named time it is, who may review flags of that class, who is there or has a deputy who
is, and who can be reached over more than a screen that nobody is looking at.

Roles, absences and named times are intervals, so between two of their ends nothing changes: it is
enough to look once in each stretch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Final

import attrs

from psysafe.domain import campaigns as c
from psysafe.domain.people import Roster, Staff
from psysafe.domain.plan import Plan
from psysafe.ids import ClassId, PersonId

#: Intervals that a refusal names; the rest are counted.
NAMED: Final = 12


@attrs.frozen
class Gap:
    """A stretch in which nobody reads for some classes. `why`: nobody, right, away or contact."""

    since: datetime
    until: datetime
    classes: tuple[ClassId, ...]
    why: str


def on(
    readers: tuple[c.Reader, ...],
    roster: Roster,
    plan: Plan,
    class_id: ClassId,
    now: datetime,
) -> tuple[PersonId | None, str]:
    """Who reads for a class at that moment, and where nobody does, what is missing."""
    grade = roster.classes[class_id].grade if class_id in roster.classes else ""
    missing = "nobody"
    for reader in readers:
        if not reader.since <= now < reader.until:
            continue
        named = roster.staff.get(reader.person)
        there = roster.standing_in(named, now) if named is not None else None
        if there is None:
            missing = "away"
        elif not any(
            plan.may("review_flag", held.role) and held.scope.covers(grade, class_id)
            for held in roster.roles_of(there.id, now)
        ):
            missing = "right"
        elif not reachable(there):
            missing = "contact"
        else:
            return there.id, ""
    return None, missing


def reachable(someone: Staff) -> bool:
    """Whether there is a way to reach somebody who is not looking at a screen."""
    return any(address.strip() for address in someone.addresses.values())


def _ends(readers: tuple[c.Reader, ...], roster: Roster) -> Iterator[datetime]:
    """Every moment at which something about the readers or their deputies can change."""
    for reader in readers:
        yield from (reader.since, reader.until)
        seen: set[str] = set()
        key: PersonId | None = reader.person
        while key is not None and key not in seen and key in roster.staff:
            seen.add(key)
            someone = roster.staff[key]
            for held in someone.roles:
                yield held.since
                if held.until is not None:
                    yield held.until
            for away in someone.absences:
                yield from (away.since, away.until)
            key = someone.deputy


def gaps(
    readers: tuple[c.Reader, ...],
    roster: Roster,
    plan: Plan,
    classes: Collection[ClassId],
    since: datetime,
    until: datetime,
) -> tuple[Gap, ...]:
    """Every stretch between two times in which nobody reads for one of the classes."""
    inside = {moment for moment in _ends(readers, roster) if since < moment < until}
    cuts = sorted({since, *inside})
    found: list[Gap] = []
    for start, end in zip(cuts, [*cuts[1:], until], strict=True):
        bare: dict[str, list[ClassId]] = {}
        for class_id in sorted(classes):
            person, why = on(readers, roster, plan, class_id, start)
            if person is None:
                bare.setdefault(why, []).append(class_id)
        for why, without in sorted(bare.items()):
            found.append(Gap(start, end, tuple(without), why))
    return _joined(found)


def _joined(found: list[Gap]) -> tuple[Gap, ...]:
    """Stretches that follow one another and lack the same become one."""
    joined: list[Gap] = []
    for gap in sorted(found, key=lambda g: (g.why, g.classes, g.since)):
        last = joined[-1] if joined else None
        same = last is not None and (last.why, last.classes) == (gap.why, gap.classes)
        if last is not None and same and last.until == gap.since:
            joined[-1] = attrs.evolve(last, until=gap.until)
        else:
            joined.append(gap)
    return tuple(sorted(joined, key=lambda g: (g.since, g.until, g.classes)))


def uncovered(
    campaign: c.Campaign, facts: c.Facts, now: datetime, readers: tuple[c.Reader, ...] | None = None
) -> tuple[Gap, ...]:
    """Where nobody reads from now on until the campaign closes. Empty without a critical item."""
    start = max(now, campaign.opens)
    if not facts.critical or campaign.closes <= start:
        return ()
    named = campaign.readers if readers is None else readers
    return gaps(named, facts.roster, facts.plan, facts.invited, start, campaign.closes)


def said(found: tuple[Gap, ...], zone: tzinfo) -> str:
    """The stretches in the school's local time, for people: when, why, how many classes."""

    def local(moment: datetime) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    lines = [f"{local(g.since)} - {local(g.until)} ({g.why}, {len(g.classes)})" for g in found]
    more = [f"+{len(lines) - NAMED}"] if len(lines) > NAMED else []
    return "; ".join([*lines[:NAMED], *more])


def amount(found: tuple[Gap, ...]) -> timedelta:
    """How much time is not covered, all classes together."""
    return sum(((g.until - g.since) * len(g.classes) for g in found), timedelta())
