"""Standing grants in the store: the first list, one signed, one withdrawn, all listed.

They stand in the roster's document and stream. So every reading of a student expects the version
by which it was decided, and a withdrawal in between is a conflict and no leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psysafe import wire
from psysafe.contracts.storage import Claimed, Entry, Settlement
from psysafe.domain import events as e
from psysafe.domain.grants import StandingGrant
from psysafe.domain.grants_deciding import (
    RIGHT,
    Facts,
    GrantWish,
    Role,
    decide,
    has_right,
    may_know,
    unsigned,
)
from psysafe.domain.people import Roster
from psysafe.domain.rosters import fold_roster
from psysafe.domain.severity import Severity
from psysafe.engine.boards import Board, Decided, Read, carry_out
from psysafe.engine.cards import Stored
from psysafe.engine.cards_grants import GRANTS, told_of_grants
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import ROSTER, roster
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.engine.worklist import queue_notice
from psysafe.errors import NotFoundError, NotPermittedError
from psysafe.ids import Actor, CommandIds, PersonId, derived_command, kind_of

#: How a role stands in a list: signed, signed once, or not signed.
SIGNED, OVER, WAITING = "signed", "over", "waiting"


def _stored(people: Roster) -> Stored:
    return Stored(key=ROSTER, record=people, subject="school", index={})


def _evolve(people: Roster | None, event: e.Event) -> Roster:
    return fold_roster(people or Roster(), event)


def change(
    school: School, wish: GrantWish, actor: Actor, now: datetime, named: PersonId | None
) -> Receipt:
    """Carry out one wish. `named`: the responsible person of the settings.

    Raises what `grants_deciding.decide` raises, ConflictError, StorageError.
    """
    if kind_of(actor) != "staff":
        raise NotPermittedError("PSY002", action=RIGHT)
    before: list[Roster] = []

    def decided(here: Read[Roster], ids: CommandIds) -> Decided:
        before[:] = [here.roster]
        facts = Facts(roster=here.roster, plan=school.plan, actor=actor, now=now, named=named)
        return Decided(events=decide(wish, facts, ids))

    def entries(events: Sequence[e.Event], after: Roster) -> tuple[Entry, ...]:
        return told_of_grants(before[0], after, school.plan, events, PersonId(actor), now)

    board = Board(key=ROSTER, record=Roster, stored=_stored, entries=entries, evolve=_evolve)
    receipt, _ = carry_out(
        school, board, decided, actor, now, what=RIGHT, content=wire.digest_of(wish)
    )
    return receipt


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Whoever may sign, or has the right by the staff file, gets all; others their own.

    What waits for a signature comes first. Raises NotFoundError for whoever is not of the school.
    """
    people = roster(school)
    if kind_of(actor) != "staff" or not people.roles_of(actor, now):
        raise NotFoundError
    everything = has_right(people, school.plan, actor, now)
    found = [
        _waiting(one)
        for one in (unsigned(people, now) if people.grants is not None else ())
        if everything or one.person == actor
    ]
    for grant in people.grants.held if people.grants is not None else ():
        if everything or may_know(grant, people, school.plan, actor, now):
            found.append(_signed(grant, now))
    journal_list(school, actor, GRANTS, now)
    return found


def _waiting(one: Role) -> dict[str, Any]:
    return {
        "person": one.person,
        "role": one.role,
        "scope": one.scope.kind,
        "of": list(one.scope.values),
        "state": WAITING,
    }


def _signed(grant: StandingGrant, now: datetime) -> dict[str, Any]:
    line: dict[str, Any] = {
        "grant": grant.id,
        "person": grant.person,
        "role": grant.role,
        "scope": grant.scope.kind,
        "of": list(grant.scope.values),
        "state": SIGNED if grant.holds(now) else OVER,
        "by": grant.by,
        "reason": grant.reason,
        "since": grant.since,
        "until": grant.until,
    }
    return line | ({"second": grant.second} if grant.second is not None else {})


def tell(school: School, claim: Claimed, now: datetime) -> None:
    """Tell somebody that what is signed has changed: one notice, of which the list says more."""
    person = PersonId(Actor(claim.reference))
    held = roster(school).roles_of(person, now)
    settle = Settlement(claim.key, claim.token)
    if not held:
        school.storage.settle(school.part, [settle])  # they have gone meanwhile
        return
    queue_notice(
        school,
        purpose=claim.topic,
        receiver=person,
        role=held[0].role,
        severity=Severity.ATTENTION,
        now=now,
        command=derived_command(school.part_key, claim.topic, claim.key),
        settle=(settle,),
    )
