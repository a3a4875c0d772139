"""What wakes whoever signs standing grants, and whoever must know that one was signed or ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.grants import GrantEnded, GrantsFounded, GrantSigned, StandingGrant
from psysafe.domain.grants_deciding import AHEAD, signers, to_sign
from psysafe.domain.people import Roster
from psysafe.domain.plan import Plan
from psysafe.ids import PersonId

#: Roles wait for a person's signature.
GRANTS: Final = "grants"
#: A grant was signed or ended; names this person as having agreed by telephone.
GRANT_TOLD, GRANT_NAMED = "grant_told", "grant_named"
#: Nobody is in danger by it: after all that is asked in a crisis.
_URGENCY: Final = 3


def grants_wake(owner: PersonId, at: datetime) -> Entry:
    """One list a day, whatever number of roles."""
    return Entry(f"{GRANTS}/{owner}/{at.strftime('%Y%m%d')}", GRANTS, owner, at, _URGENCY)


def asked_to_sign(after: Roster, plan: Plan, now: datetime) -> Iterator[Entry]:
    """Those for whose signature something waits, now that the staff has changed."""
    for person in signers(after, plan, now):
        if to_sign(after, plan, person, now):
            yield grants_wake(person, now)


def told_of_grants(
    before: Roster,
    after: Roster,
    plan: Plan,
    events: Sequence[e.Event],
    by: PersonId,
    now: datetime,
) -> tuple[Entry, ...]:
    """Whose role it is, whoever agreed, everybody else who may sign; and before it ends.

    That somebody begins to sign where others signed before is told to everybody signed for.
    """
    found: dict[str, Entry] = {}
    everybody = signers(after, plan, now)
    for event in events:
        if isinstance(event, GrantsFounded):
            held = before.grants.held if before.grants is not None else ()
            found |= {one.key: one for one in (_tell(GRANT_TOLD, g.person, now) for g in held)}
            continue
        if isinstance(event, GrantSigned):
            about = event.grant
            wakes = (grants_wake(one, max(now, about.until - AHEAD)) for one in everybody)
        elif isinstance(event, GrantEnded):
            ended = before.grants.grant(event.grant) if before.grants is not None else None
            if ended is None:
                continue
            about, wakes = ended, (grants_wake(one, now) for one in everybody if one != by)
        else:
            continue
        found |= {wake.key: wake for wake in wakes}
        found |= {one.key: one for one in _told(about, everybody, by, now)}
    return tuple(found.values())


def _told(
    about: StandingGrant, everybody: Sequence[PersonId], by: PersonId, now: datetime
) -> Iterator[Entry]:
    for person in (about.person, about.by, *everybody):
        if person not in (by, about.second):
            yield _tell(GRANT_TOLD, person, now)
    if about.second is not None:
        yield _tell(GRANT_NAMED, about.second, now)


def _tell(topic: str, person: PersonId, now: datetime) -> Entry:
    moment = now.strftime("%Y%m%d%H%M%S%f")
    return Entry(f"{topic}/{person}/{moment}", topic, person, now, _URGENCY)
