"""Looking over whom the net is made of: can each be reached, and who is missing for a live case?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from psysafe.contracts.storage import Query
from psysafe.desk.reaching import takes
from psysafe.domain.files import LIVE
from psysafe.domain.people import Roster
from psysafe.domain.plan import INBOX, Plan
from psysafe.domain.plan_reach import has_teacher
from psysafe.engine.gather import every_page
from psysafe.engine.school import School
from psysafe.engine.troubles import troubles
from psysafe.errors import Fact, Finding
from psysafe.ids import PersonId
from psysafe.intake.tables import plain

#: How many people are named in a finding; the rest is counted.
SHOWN: Final = 30
_PAGE: Final = 500


def check_people(
    school: School, people: Roster, held: Mapping[str, tuple[str, ...]], now: datetime
) -> Iterator[Finding]:
    """What stands between the plan's people and a message, and live cases without their teacher.

    PSY118: an id that is a name. PSY114: people without an address for a channel of their step.
    PSY134: people whom nothing reaches besides the inbox. PSY133: live cases of classes without
    homeroom teacher, as a number: whose they are is seen by those who may know of them.
    """
    yield from _names(people)
    wanted = _wanted(school.plan, held)
    nobody = _unreached(school, people, wanted)
    for channel, persons in wanted.items():
        lacking = [p for p in persons if not people.staff[p].addresses.get(channel)]
        # Whoever has no address at all is said once, below.
        lacking = [p for p in lacking if p not in nobody]
        if lacking:
            facts: dict[str, Fact] = {"channel": channel, **_listed(lacking)}
            yield Finding(code="PSY114", severity="warning", facts=facts)
    if nobody:
        yield Finding(code="PSY134", severity="warning", facts=_listed(nobody))
    if count := _cases_without_teacher(school, people, now):
        yield Finding(code="PSY133", severity="warning", facts={"count": count})


def _names(people: Roster) -> Iterator[Finding]:
    names = {plain(someone.name).lower() for someone in people.staff.values()}
    for key in sorted(people.staff):
        if key.partition(":")[2].lower() in names:
            yield Finding(code="PSY118", severity="warning", facts={"person": key})


def _listed(persons: list[str]) -> dict[str, Fact]:
    more = len(persons) - SHOWN
    listed = ", ".join(persons[:SHOWN]) + (f", +{more}" if more > 0 else "")
    return {"count": len(persons), "people": listed}


def _wanted(plan: Plan, held: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Who is told over each channel by a step of the plan. The inbox needs no address."""
    found: dict[str, set[str]] = {}
    for route in plan.routes:
        for step in (*route.steps, *route.end):
            for channel in plan.channels_of(route, step):
                if channel != INBOX:
                    found.setdefault(channel, set()).update(held.get(step.role, ()))
    return {channel: sorted(found[channel]) for channel in sorted(found)}


def _unreached(school: School, people: Roster, wanted: Mapping[str, list[str]]) -> list[str]:
    """Those for whom every channel of their steps is missing, refuses them, or has no address.

    A channel that is not there, or that takes nothing from anybody, is a finding of its own; here
    it is one that does not reach them.
    """
    against = {(trouble.channel, trouble.person) for trouble in troubles(school)}
    reached: set[str] = set()
    for channel, persons in wanted.items():
        opened = school.channels.get(channel)
        if opened is None or (channel, None) in against:
            continue
        for person in persons:
            address = people.staff[person].addresses.get(channel)
            refused = (channel, PersonId(people.staff[person].id)) in against
            if address and not refused and takes(opened, address):
                reached.add(person)
    everybody = {person for persons in wanted.values() for person in persons}
    return sorted(everybody - reached)


def _cases_without_teacher(school: School, people: Roster, now: datetime) -> int:
    bare = {key for key in people.classes if not has_teacher(people, key, now)}
    if not bare:
        return 0
    prefixes = tuple(("case", lifecycle) for lifecycle in LIVE)
    query = Query(index="board", prefixes=prefixes, limit=_PAGE)
    return sum(case.index.get("class_id") in bare for case in every_page(school, query))
