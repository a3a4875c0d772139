"""Asking to take many students at once, and a second person's answer to it (X12)."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain.codes import known
from psysafe.engine import bulk, exposing, listing, printing, retaining, signs_listing
from psysafe.engine.committing import Receipt
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.ids import BulkId, CaseId, StudentId, person

#: Lists that are of one thing, which is named when somebody asks.
OF_ONE = ("missing", "papers")


class Approvals:
    """Who may take a list of many students: asked, answered by somebody else, used once."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> builtins.list[dict[str, Any]]:
        """One's own requests, and what waits for one's answer; no student stands in them."""
        seat = self._seat
        return [seat.plain(line) for line in bulk.listed(seat.school, seat.actor, seat.now())]

    def ask(self, what: str, reason: str, *, of: str = "", second: str | None = None) -> BulkId:
        """Ask to take a list once: roster, missing, exposure, retention, circles or papers.

        `of`: the campaign whose missing are meant, the case whose paper. `second`: where nobody
        else of the school may answer, who has said yes by telephone; they are told, and may still
        say no. Raises NotPermittedError PSY155 where they cannot be second, PSY006 without a
        reason, and what the list itself raises for whoever may not have it.
        """
        seat = self._seat
        named, students = self._standing(known("bulk_lists", what), of)
        return bulk.ask(
            seat.school,
            seat.actor,
            what,
            named,
            students,
            reason,
            seat.now(),
            second=person(second) if second else None,
        )

    def approve(self, request: str, reason: str) -> Receipt:
        """Say yes: the asker may take just this list, once, until it expires.

        Raises NotPermittedError PSY155 for one's own request, PSY002 without the right, PSY006
        without a reason, InvalidMoveError PSY738 where it is over.
        """
        return self._answer(request, reason, approves=True)

    def refuse(self, request: str, reason: str) -> Receipt:
        """Say no, also to what was approved and is not used yet. Raises as `approve`."""
        return self._answer(request, reason, approves=False)

    def withdraw(self, request: str) -> Receipt:
        """Whoever asked asks no more. Raises InvalidMoveError PSY738."""
        seat = self._seat
        return bulk.withdraw(seat.school, seat.actor, BulkId(request), seat.now())

    def _answer(self, request: str, reason: str, *, approves: bool) -> Receipt:
        seat = self._seat
        return bulk.answer(
            seat.school, seat.actor, BulkId(request), reason, seat.now(), approves=approves
        )

    def _standing(self, what: str, of: str) -> tuple[Iterable[str], builtins.list[StudentId]]:
        """What a list is of, and who stands on it for this person now."""
        school, actor, now = self._seat.school, self._seat.actor, self._seat.now()
        if bool(of) != (what in OF_ONE):
            facts: dict[str, Fact] = {"path": "of", "expected": "a campaign or a case, or nothing"}
            raise InvalidDataError([Finding(code="PSY103", where={"field": "of"}, facts=facts)])
        match what:
            case "roster":
                found = listing.whom(school, actor, now)
                return {one.placement.class_id for one in found}, [one.id for one in found]
            case "missing":
                # Campaigns are slow to import, and an alarm needs none.
                from psysafe.desk.campaigns import whom

                return (of,), whom(self._seat, of)
            case "exposure":
                return (), exposing.whom(school, actor, now)
            case "retention":
                return (), retaining.whom(school, actor, now)
            case "circles":
                return (), signs_listing.whom(school, actor, now)
            case _:
                return (of,), [printing.whom(school, actor, CaseId(of), now)]
