"""A school's own rows in the store, and the matrix that they make at each moment.

What was adopted stands in one document. A row that shows more counts only once the journal says
that it began, so nothing is ever shown by a row of which nobody can read later. What cannot be read
or checked shows nothing more than the shipped matrix, and no call waits for it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain import privacy_site as site
from psysafe.domain.own_rows import OwnRow, OwnRows, WideningBegan, evolve
from psysafe.domain.people import Roster
from psysafe.domain.privacy_policy import Policy
from psysafe.domain.world import Around
from psysafe.engine.boards import Board, Decided, Read, carry_out, read
from psysafe.engine.cards import Stored
from psysafe.engine.gather import roster
from psysafe.engine.school import School
from psysafe.errors import Finding, PsysafeError
from psysafe.ids import SYSTEM_TICK, Actor, CommandIds

KEY: Final = "own_rows"
_log = logging.getLogger("psysafe.engine")

Signed = Callable[[OwnRow], str]
"""What stands against a signature by itself: "" nothing, FORGED or UNTRIED."""


def own_rows_document(held: OwnRows) -> Stored:
    """What the school has adopted: one document of the school."""
    return Stored(key=KEY, record=held, subject="school", index={})


def _no_entries(events: Sequence[e.Event], after: OwnRows) -> tuple[Entry, ...]:
    return ()


_BOARD: Final = Board(
    key=KEY, record=OwnRows, stored=own_rows_document, entries=_no_entries, evolve=evolve
)


class OwnPolicy:
    """The shipped matrix with what a school has adopted; what holds is asked for by the moment."""

    def __init__(self, shipped: Policy, signed: Signed) -> None:
        self.shipped = shipped
        self._signed = signed
        self.held: OwnRows | None = None
        self.trouble = ""
        """the code of why what was adopted could not be read"""
        self._against: dict[OwnRow, str] = {}
        self._made: dict[tuple[OwnRow, ...], Policy] = {}

    def at(self, moment: datetime) -> Policy:
        """The matrix that holds at a moment."""
        rows = self.rows_at(moment)
        if not rows:
            return self.shipped
        made = self._made.get(rows)
        if made is None:
            made = self._made[rows] = site.with_rows(self.shipped, rows)
        return made

    def rows_at(self, moment: datetime) -> tuple[OwnRow, ...]:
        """The school's own rows that hold at a moment."""
        held, against = self.held, self._against
        if held is None:
            return ()
        return site.in_force(self.shipped, held, lambda row: against.get(row, site.UNTRIED), moment)

    def wider_at(self, moment: datetime) -> tuple[OwnRow, ...]:
        """Those of them that show more."""
        return tuple(row for row in self.rows_at(moment) if site.wider(self.shipped, row))

    def against(self, school: School, people: Roster, now: datetime) -> site.Trusted:
        """What stands against a row's signature, and against whoever signed it, now."""
        around = Around(roster=people, plan=school.plan, calendar=school.calendar)

        def found(row: OwnRow) -> str:
            problem = self._signed(row)
            if problem or row.signed_by is None:
                return problem or site.UNSIGNED
            return "" if around.may(site.RIGHT, row.signed_by, now) else site.NO_RIGHT

        return found

    def begin(self, school: School, now: datetime) -> None:
        """Read what was adopted as a school is opened, and log each row that shows more."""
        self.load(school, now)
        for row in self.wider_at(now):
            until = row.until.isoformat() if row.until is not None else ""
            _log.warning("the policy shows more", extra={"row": row.place, "until": until})

    def load(self, school: School, now: datetime) -> None:
        """Read what was adopted, and nothing else. What cannot be read leaves what is known."""
        try:
            self._take(school, read(school, _BOARD), now)
        except Exception as error:
            # Whatever it is, no call waits for it.
            self.trouble = code = error.code if isinstance(error, PsysafeError) else "PSY025"
            _log.error("the school's own policy could not be read", extra={"code": code})

    def look(self, school: School, now: datetime) -> None:
        """Read again, and write down what begins and what ends by now. Raises nothing."""
        self.load(school, now)
        held = self.held
        if held is None or self.trouble or not self._passing(held, now):
            return

        def decided(here: Read[OwnRows], ids: CommandIds) -> Decided:
            self._take(school, here, now)
            held = here.state
            return Decided(events=self._passing(held, now) if held is not None else ())

        try:
            _, events = carry_out(
                school, _BOARD, decided, SYSTEM_TICK, now, what="policy", content=_content(now)
            )
        except PsysafeError as error:
            _log.error("a widening could not be written down", extra={"code": error.code})
            return
        for event in events:
            began = isinstance(event, WideningBegan)
            said = "a widening begins" if began else "a widening ends"
            _log.warning(said, extra={"row": getattr(event, "place", "")})
        self.load(school, now)

    def adopt(
        self, school: School, rows: tuple[OwnRow, ...], digest: str, by: Actor, now: datetime
    ) -> None:
        """Take rows that were judged, in place of those before; what begins now begins with it.

        Raises ConflictError, StorageError.
        """

        def decided(here: Read[OwnRows], ids: CommandIds) -> Decided:
            events = list(site.adopting(here.state, rows, digest, by, now))
            after = site.after(here.state, events)
            trusted = self.against(school, here.roster, now)
            return Decided(events=(*events, *site.passing(self.shipped, after, trusted, now)))

        content = digest.encode() + _content(now)
        carry_out(school, _BOARD, decided, by, now, what="policy", content=content)
        self.load(school, now)

    def _take(self, school: School, here: Read[OwnRows], now: datetime) -> None:
        held = here.state
        trusted = self.against(school, here.roster, now)
        self._against = {row: trusted(row) for row in held.rows} if held is not None else {}
        if held != self.held:
            self._made = {}
        self.held, self.trouble = held, ""

    def _passing(self, held: OwnRows, now: datetime) -> tuple[e.Event, ...]:
        against = self._against
        return tuple(
            site.passing(self.shipped, held, lambda row: against.get(row, site.UNTRIED), now)
        )


def look(school: School, now: datetime) -> None:
    """Notice what of the school's own policy begins and ends."""
    if isinstance(school.policy, OwnPolicy):
        school.policy.look(school, now)


def judge(school: School, rows: Sequence[tuple[int, OwnRow]], now: datetime) -> tuple[Finding, ...]:
    """What stands against rows of a file here and now."""
    policy = school.policy
    if not isinstance(policy, OwnPolicy):
        return ()
    trusted = policy.against(school, roster(school), now)
    return site.judged(policy.shipped, rows, trusted, now)


def _content(now: datetime) -> bytes:
    return hashlib.sha256(now.isoformat().encode()).digest()
