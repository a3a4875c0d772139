"""Whose role lets them see: signed by somebody who answers for it, with a reason and an end.

Who holds which role stands in the staff file, and whoever imports it would so make somebody a
counselor. Where a school has its roles signed, a role that sees gives sight only while a grant of
it holds. A grant bounds sight and nothing else: whom an alarm calls, what somebody owes and what
they may do goes by the staff file, signed or not.

The grants stand in the roster, as its events: whoever reads who holds a role reads who signed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from psysafe.ids import Actor, ClassId, GrantId, PersonId
from psysafe.sensitivity import ItemClass, changed, item, record, ref

SCHOOL: Final = "school"


@record
class Scope:
    """For whom a role answers: the whole school, some grades, or one class."""

    kind: str = ref()
    """school, grade or class"""
    values: tuple[str, ...] = ref(default=())
    """grade keys or one class id; empty for the school"""

    def covers(self, grade: str, class_id: ClassId) -> bool:
        """Whether a student of this grade and class lies inside."""
        if self.kind == SCHOOL:
            return True
        return (grade if self.kind == "grade" else class_id) in self.values

    def within(self, wider: Scope) -> bool:
        """Whether everybody inside this one lies inside the other."""
        if wider.kind == SCHOOL:
            return True
        return self.kind == wider.kind and set(self.values) <= set(wider.values)


@record
class StandingGrant:
    """That a person sees by a role, for a scope, until a time: by whose name, and why.

    `second`: who agreed by telephone where a person signed for themselves, because nobody else of
    the school could.
    """

    id: GrantId = ref()
    person: PersonId = ref()
    role: str = ref()
    scope: Scope = ref()
    since: datetime = ref()
    until: datetime = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)
    by: PersonId = ref()
    second: PersonId | None = ref(default=None)

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at that moment."""
        return self.since <= now < self.until


@record
class Grants:
    """The grants of a school in which roles that see are signed.

    `founder` signed the first list; until then nobody sees by a role that is signed.
    """

    since: datetime = ref()
    founder: PersonId | None = ref(default=None)
    held: tuple[StandingGrant, ...] = ref(default=())

    def of(self, actor: Actor, role: str, now: datetime) -> Iterator[StandingGrant]:
        """Somebody's grants of a role that are in force."""
        for one in self.held:
            if one.person == actor and one.role == role and one.holds(now):
                yield one

    def covering(
        self, actor: Actor, role: str, grade: str, class_id: ClassId, now: datetime
    ) -> StandingGrant | None:
        """The grant by which somebody sees a student in a role; of several the last to end."""
        found = [one for one in self.of(actor, role, now) if one.scope.covers(grade, class_id)]
        return max(found, key=lambda one: (one.until, one.id), default=None)

    def grant(self, grant: str) -> StandingGrant | None:
        """A grant by its id."""
        return next((one for one in self.held if one.id == grant), None)


# -- what can have happened -------------------------------------------------------------------


@record
class GrantsRequired:
    """From now on roles that see are signed here; nothing takes that back."""

    by: Actor = ref()
    at: datetime = ref()


@record
class GrantsFounded:
    """The responsible person whom the school's settings name begins to sign."""

    by: PersonId = ref()
    at: datetime = ref()


@record
class GrantSigned:
    """A role that sees was signed for, in place of an earlier grant of the same."""

    grant: StandingGrant = item(ItemClass.AUDIT_TRAIL)


@record
class GrantEnded:
    """A grant was withdrawn: by whoever signed it, another who may sign, or its holder."""

    grant: GrantId = ref()
    by: PersonId = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL, default="")
    at: datetime = ref()


GrantEvent = GrantsRequired | GrantsFounded | GrantSigned | GrantEnded


def evolve(held: Grants | None, event: GrantEvent) -> Grants:
    """The grants after one more event. Those that are over go with the next that is signed."""
    if isinstance(event, GrantsRequired):
        return held or Grants(since=event.at)
    if held is None:
        raise ValueError("a grant in a school whose roles are not signed")
    if isinstance(event, GrantsFounded):
        return changed(held, founder=event.by)
    if isinstance(event, GrantEnded):
        return changed(held, held=tuple(one for one in held.held if one.id != event.grant))
    new = event.grant
    kept = [one for one in held.held if new.since < one.until and _what(one) != _what(new)]
    return changed(held, held=(*kept, new))


def _what(grant: StandingGrant) -> tuple[PersonId, str, Scope]:
    return grant.person, grant.role, grant.scope
