"""Standing grants: who sees by their role, signed by somebody who answers for it."""

from __future__ import annotations

import builtins
from datetime import datetime
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain.codes import known
from psysafe.domain.grants_deciding import BeginGrants, EndGrant, GrantWish, SignGrants
from psysafe.engine import granting
from psysafe.engine.committing import Receipt
from psysafe.ids import GrantId, person
from psysafe.intake.settings import Settings


class Grants:
    """Who may see by a role: the first list, one signed, one withdrawn, all listed."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def list(self) -> builtins.list[dict[str, Any]]:
        """What waits for a signature and what is signed: all for whoever may sign, else one's own.

        Raises NotFoundError for whoever is not of the school's staff.
        """
        seat = self._seat
        return [seat.plain(line) for line in granting.listed(seat.school, seat.actor, seat.now())]

    def begin(self, reason: str, *, until: datetime) -> Receipt:
        """Sign the first list, all roles of others that see, in one act.

        Raises NotPermittedError PSY002 without the right, PSY739 for whom the settings do not name
        and where somebody can sign already, PSY006 without a reason.
        """
        return self._do(BeginGrants(reason=reason, until=until))

    def sign(
        self,
        reason: str,
        *,
        until: datetime,
        who: str | None = None,
        role: str | None = None,
        second: str | None = None,
    ) -> Receipt:
        """Sign for somebody's roles, for one of them, or for all that wait for you.

        `second`: who has agreed by telephone that you see, where nobody else can sign for you.
        Raises as `begin`, PSY155 for oneself, NotFoundError for a role that they do not hold.
        """
        wish = SignGrants(
            reason=reason,
            until=until,
            person=person(who) if who else None,
            role=known("roles", role) if role else None,
            second=person(second) if second else None,
        )
        return self._do(wish)

    def withdraw(self, grant: str, reason: str = "") -> Receipt:
        """End a grant at once: whose it is, who signed it, whoever may sign. Raises NotFoundError
        for everybody else."""
        return self._do(EndGrant(grant=GrantId(grant), reason=reason))

    def _do(self, wish: GrantWish) -> Receipt:
        seat = self._seat
        named = self._settings.grants.signer
        return granting.change(seat.school, wish, seat.actor, seat.now(), named)
