"""What may be done about standing grants: a wish, the facts, and events or a refusal.

Pure. Whoever signs must have been signed for themselves, or be the founder, whom the school's
settings name: else an import that makes somebody head of the leading group would make every
counselor. Nobody signs for themselves, except with somebody who agreed by telephone where nobody
else of the school can sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.domain import grants as g
from psysafe.domain.grants import Grants, Scope, StandingGrant
from psysafe.domain.people import RoleHeld, Roster, Staff, needs_signature
from psysafe.domain.plan import Plan
from psysafe.errors import N_, NotFoundError, NotPermittedError
from psysafe.ids import Actor, CommandIds, GrantId, PersonId
from psysafe.sensitivity import ItemClass, item, record, ref

RIGHT: Final = "sign_grant"
#: Who may agree by telephone, where nobody else of the school can sign.
BY_TELEPHONE: Final = "sign_grant_by_telephone"
#: For how long one signature lets see. Origin: suggestion (house default): one school year.
LONGEST: Final = timedelta(days=366)
#: So long before its end whoever signs is told. Origin: suggestion (house default).
AHEAD: Final = timedelta(days=30)

NOT_NAMED: Final = N_("only whom [grants] signer of psysafe.toml names signs the first list")
BEGUN: Final = N_("somebody here can sign already, so nobody begins again")
UNSIGNED: Final = N_("whoever signs must be signed for first: see psysafe grants begin")
OWN: Final = N_("nobody signs for their own role: somebody else who may sign does it")
ALONE: Final = N_("nobody else here can sign: it takes --second, who has agreed by telephone")
NO_END: Final = N_("it needs an end that is still to come, at most 366 days from now")


@record
class Role:
    """A role of one person for a scope, as a signature names it."""

    person: PersonId = ref()
    role: str = ref()
    scope: Scope = ref()


@record
class BeginGrants:
    """The first list: all roles of others that see, signed in one act."""

    until: datetime = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)


@record
class SignGrants:
    """Sign for roles. None: all of others that nobody has signed for."""

    until: datetime = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)
    person: PersonId | None = ref(default=None)
    role: str | None = ref(default=None)
    second: PersonId | None = ref(default=None)
    """who has agreed by telephone, where somebody signs for themselves"""


@record
class EndGrant:
    """Withdraw one."""

    grant: GrantId = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL, default="")


GrantWish = BeginGrants | SignGrants | EndGrant


@attrs.frozen(kw_only=True)
class Facts:
    """What a decision looks at besides the roster's grants."""

    roster: Roster
    plan: Plan
    actor: Actor
    now: datetime
    named: PersonId | None
    """the responsible person of the school's settings"""


# -- who ------------------------------------------------------------------------------------------


def roles_that_see(roster: Roster, now: datetime) -> Iterator[Role]:
    """Every role by which somebody sees, or whoever stands in for them would; each once."""
    found: dict[Role, None] = {}
    for key in sorted(roster.staff):
        someone = roster.staff[key]
        for held in someone.roles:
            if needs_signature(held) and not _over(held, now):
                for person in (someone.id, *roster.deputies(someone)):
                    found[Role(person=person, role=held.role, scope=held.scope)] = None
    yield from found


def _over(held: RoleHeld, now: datetime) -> bool:
    return held.until is not None and held.until <= now


def unsigned(roster: Roster, now: datetime, by: datetime | None = None) -> Iterator[Role]:
    """The roles that see by the staff file and for which no grant holds; `by`: nor will then."""
    held = roster.grants.held if roster.grants is not None else ()
    for one in roles_that_see(roster, now):
        if not any(_covers(grant, one, now) and (by is None or by < grant.until) for grant in held):
            yield one


def _covers(grant: StandingGrant, one: Role, now: datetime) -> bool:
    same = (grant.person, grant.role) == (one.person, one.role)
    return same and grant.holds(now) and one.scope.within(grant.scope)


def has_right(roster: Roster, plan: Plan, person: Actor, now: datetime, right: str = RIGHT) -> bool:
    """Whether somebody of the staff holds the right by a role of their own."""
    return any(True for _ in _rightful(roster.staff.get(person), plan, right, now))


def _rightful(someone: Staff | None, plan: Plan, right: str, now: datetime) -> Iterator[RoleHeld]:
    for held in someone.roles if someone is not None else ():
        if held.holds(now) and plan.may(right, held.role):
            yield held


def may_sign(roster: Roster, plan: Plan, person: Actor, now: datetime) -> bool:
    """Whether a signature of theirs counts: by a role that was signed for, or as the founder."""
    grants = roster.grants
    if grants is None:
        return False
    return any(
        person == grants.founder or any(True for _ in grants.of(person, held.role, now))
        for held in _rightful(roster.staff.get(person), plan, RIGHT, now)
    )


def signers(roster: Roster, plan: Plan, now: datetime) -> tuple[PersonId, ...]:
    """Everybody whose signature counts, in the order of ids."""
    people = (roster.staff[key].id for key in sorted(roster.staff))
    return tuple(person for person in people if may_sign(roster, plan, person, now))


def to_sign(roster: Roster, plan: Plan, person: Actor, now: datetime) -> tuple[Role, ...]:
    """What waits for somebody's signature: what is unsigned, or ends soon; nothing of their own."""
    if not may_sign(roster, plan, person, now):
        return ()
    return tuple(one for one in unsigned(roster, now, now + AHEAD) if one.person != person)


# -- what comes of a wish -------------------------------------------------------------------------


def decide(wish: GrantWish, facts: Facts, ids: CommandIds) -> list[g.GrantEvent]:
    """The events of a wish; none where all is signed already.

    Raises NotPermittedError PSY002, PSY006, PSY155, PSY739, NotFoundError for a role that nobody
    of that name holds, and for a grant of which the actor may not know.
    """
    match wish:
        case BeginGrants():
            return _begin(wish, facts, ids)
        case SignGrants():
            return _sign(wish, facts, ids)
        case EndGrant():
            return [_end(wish, facts)]


def _begin(wish: BeginGrants, facts: Facts, ids: CommandIds) -> list[g.GrantEvent]:
    """Again only where nobody is left whose signature counts: who signed has gone."""
    roster, now, actor = facts.roster, facts.now, facts.actor
    if not has_right(roster, facts.plan, actor, now):
        raise NotPermittedError("PSY002", action=RIGHT)
    if actor != facts.named:
        raise NotPermittedError("PSY739", problem=NOT_NAMED)
    if signers(roster, facts.plan, now):
        raise NotPermittedError("PSY739", problem=BEGUN)
    _whole(wish.reason, wish.until, now)
    found: list[g.GrantEvent] = []
    if roster.grants is None:
        found.append(g.GrantsRequired(by=actor, at=now))
    found.append(g.GrantsFounded(by=PersonId(actor), at=now))
    others = (one for one in unsigned(roster, now) if one.person != actor)
    return [*found, *_signed(others, wish.reason, wish.until, None, facts, ids)]


def _sign(wish: SignGrants, facts: Facts, ids: CommandIds) -> list[g.GrantEvent]:
    roster, now, actor = facts.roster, facts.now, facts.actor
    if not has_right(roster, facts.plan, actor, now):
        raise NotPermittedError("PSY002", action=RIGHT)
    if not may_sign(roster, facts.plan, actor, now):
        raise NotPermittedError("PSY739", problem=UNSIGNED)
    _whole(wish.reason, wish.until, now)
    if wish.person is None:
        roles: list[Role] = list(to_sign(roster, facts.plan, actor, now))
    else:
        roles = [
            one
            for one in roles_that_see(roster, now)
            if one.person == wish.person and wish.role in (None, one.role)
        ]
        if not roles:
            raise NotFoundError
    if wish.person == actor:
        _by_telephone(wish.second, facts)
    elif wish.second is not None:
        raise NotPermittedError("PSY155", action=RIGHT)
    return list(_signed(roles, wish.reason, wish.until, wish.second, facts, ids))


def _whole(reason: str, until: datetime, now: datetime) -> None:
    if not reason.strip():
        raise NotPermittedError("PSY006", action=RIGHT)
    if not now < until <= now + LONGEST:
        raise NotPermittedError("PSY739", problem=NO_END)


def _by_telephone(second: PersonId | None, facts: Facts) -> None:
    """Raises NotPermittedError PSY739 where somebody else can sign or nobody is named, PSY155
    where this person cannot be second by telephone."""
    roster, now = facts.roster, facts.now
    others = [one for one in signers(roster, facts.plan, now) if one != facts.actor]
    if others:
        raise NotPermittedError("PSY739", problem=OWN)
    if second is None:
        raise NotPermittedError("PSY739", problem=ALONE)
    fits = (
        second != facts.actor
        and roster.there(second, now)
        and has_right(roster, facts.plan, second, now, BY_TELEPHONE)
    )
    if not fits:
        raise NotPermittedError("PSY155", action=RIGHT)


def _signed(
    roles: Iterable[Role],
    reason: str,
    until: datetime,
    second: PersonId | None,
    facts: Facts,
    ids: CommandIds,
) -> Iterator[g.GrantSigned]:
    for one in roles:
        yield g.GrantSigned(
            grant=StandingGrant(
                id=GrantId(ids.next("grant")),
                person=one.person,
                role=one.role,
                scope=one.scope,
                since=facts.now,
                until=until,
                reason=reason.strip(),
                by=PersonId(facts.actor),
                second=second,
            )
        )


def _end(wish: EndGrant, facts: Facts) -> g.GrantEnded:
    held = facts.roster.grants or Grants(since=facts.now)
    found = held.grant(wish.grant)
    if found is None or not may_know(found, facts.roster, facts.plan, facts.actor, facts.now):
        raise NotFoundError
    by = PersonId(facts.actor)
    return g.GrantEnded(grant=found.id, by=by, reason=wish.reason.strip(), at=facts.now)


def may_know(grant: StandingGrant, roster: Roster, plan: Plan, actor: Actor, now: datetime) -> bool:
    """Who knows of a grant may withdraw it: its holder, who signed or agreed, and who may sign."""
    named = actor in (grant.person, grant.by, grant.second)
    return (named and bool(roster.roles_of(actor, now))) or may_sign(roster, plan, actor, now)
