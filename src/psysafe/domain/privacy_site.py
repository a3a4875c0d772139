"""A school's own rows against the shipped matrix: which may stand, and what holds at a moment.

A school may show less as it likes. To show more somebody who answers for it signs, says why, and
until when. Such a row touches its one cell of the matrix: overlays come before the matrix, so none
of them is passed by it. What is wrong with a row leaves the shipped cell as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from psysafe.clock import to_wire
from psysafe.domain.own_rows import (
    OwnRow,
    OwnRows,
    OwnRowsAdopted,
    OwnRowsEvent,
    WideningBegan,
    WideningEnded,
    evolve,
)
from psysafe.domain.privacy_overlays import MAY_BREAK
from psysafe.domain.privacy_policy import (
    Effect,
    Place,
    Policy,
    Viewer,
    effect_of_code,
    place_of,
    problem_of,
)
from psysafe.errors import N_, Fact, Finding
from psysafe.ids import Actor, Part

#: Nobody may ever show these more: who keeps the machine, and other students (X9's reason).
NEVER_WIDER: Final = frozenset({Viewer.IT_ADMIN, Viewer.CLASS_REPRESENTATIVE})
#: For how long one signature may show more. Origin: suggestion (house default): one school year.
LONGEST: Final = timedelta(days=366)
#: The right of whoever signs, in the plan.
RIGHT: Final = "widen_policy"
#: Letters of a reason.
REASON_LIMIT: Final = 500

UNSIGNED: Final = N_("it is not signed")
NO_REASON: Final = N_("it says no reason")
NO_END: Final = N_("it needs from and until, and an end behind its beginning")
TOO_LONG: Final = N_("it holds for more than 366 days")
OVER: Final = N_("its time is over")
NO_RIGHT: Final = N_("whoever signed it does not hold the right widen_policy now")
FORGED: Final = N_("its signature does not fit it, or [policy.signers] does not name its key")
UNTRIED: Final = N_("signatures need psysafe[heads]")

Trusted = Callable[[OwnRow], str]
"""What stands against a row's signature: "" nothing, else FORGED, NO_RIGHT or UNTRIED."""
#: What ends a row for good, by what the journal says. What cannot be tried out ends nothing.
_ENDS: Final[Mapping[str, str]] = {FORGED: "signature", NO_RIGHT: "signer"}


def wider(shipped: Policy, row: OwnRow) -> bool:
    """Whether a row could show more than the shipped cell does, to anybody, at any time.

    A stated reason turns the offer of it into everything (X9), so an offer in place of a short
    form shows more.
    """
    place = _place(row)
    new, old = effect_of_code(row.effect), shipped.effect(*place)
    if new is None:
        return True
    offered = new is Effect.BREAK_GLASS and place[0] in MAY_BREAK and old is Effect.REDACT
    return new > old or offered


def said(part: Part, row: OwnRow) -> bytes:
    """The bytes that are signed: what the row says, of which school, by whom, and until when."""
    told = {
        "part": part,
        "place": row.place,
        "effect": row.effect,
        "reason": row.reason,
        "from": to_wire(row.since) if row.since is not None else None,
        "until": to_wire(row.until) if row.until is not None else None,
        "by": row.signed_by,
    }
    return b"psysafe policy row\0" + json.dumps(told, sort_keys=True).encode()


def is_known(row: OwnRow) -> bool:
    """Whether the matrix knows all that the row names."""
    return problem_of((*row.place.split(":"), row.effect)) is None


def _place(row: OwnRow) -> Place:
    place = place_of(row.place)
    if place is None:
        raise ValueError("no place of the matrix")
    return place


def judged(
    shipped: Policy,
    rows: Iterable[tuple[int, OwnRow]],
    trusted: Trusted,
    now: datetime,
) -> tuple[Finding, ...]:
    """What stands against rows of a file, by their lines; a row that shows less is always fine.

    PSY152: a row that shows more lacks something, PSY153: it may never be.
    """
    found = []
    for line, row in rows:
        if not wider(shipped, row):
            continue
        if not _may_be_wider(row):
            facts: dict[str, Fact] = {"line": line, "row": row.place, "effect": row.effect}
            found.append(Finding(code="PSY153", where={"line": line}, facts=facts))
        elif problem := _problem(row, trusted, now):
            facts = {"line": line, "row": row.place, "problem": problem}
            found.append(Finding(code="PSY152", where={"line": line}, facts=facts))
    return tuple(found)


def _may_be_wider(row: OwnRow) -> bool:
    """Whether anybody may sign it: an offer of the glass only to whoever may break it (X9)."""
    viewer, _, _ = _place(row)
    useless = row.effect == Effect.BREAK_GLASS.code and viewer not in MAY_BREAK
    return viewer not in NEVER_WIDER and not useless


def _problem(row: OwnRow, trusted: Trusted, now: datetime) -> str:
    if not row.reason.strip():
        return NO_REASON
    if row.since is None or row.until is None or row.until <= row.since:
        return NO_END
    if row.until - row.since > LONGEST:
        return TOO_LONG
    if row.until <= now:
        return OVER
    if row.signed_by is None:
        return UNSIGNED
    return trusted(row)


# -- what happens ---------------------------------------------------------------------------------


def adopting(
    held: OwnRows | None, rows: tuple[OwnRow, ...], digest: str, by: Actor, now: datetime
) -> Iterator[OwnRowsEvent]:
    """A file takes the place of the one before. What of that showed more and is not in it, ends."""
    for place in held.begun if held is not None else ():
        if held is not None and held.row(place) not in rows:
            yield WideningEnded(place=place, why="withdrawn", at=now)
    yield OwnRowsAdopted(rows=rows, digest=digest, by=by, at=now)


def after(held: OwnRows | None, events: Iterable[OwnRowsEvent]) -> OwnRows:
    """The rows once all of this has happened. One of the events is an adoption."""
    for event in events:
        held = evolve(held, event)
    if held is None:
        raise ValueError("nothing was adopted")
    return held


def passing(
    shipped: Policy, held: OwnRows, trusted: Trusted, now: datetime
) -> Iterator[OwnRowsEvent]:
    """What begins and what ends by this moment, among the rows that show more."""
    for row in held.rows:
        if not is_known(row) or not wider(shipped, row):
            continue
        problem = _problem(row, trusted, now) if _may_be_wider(row) else FORGED
        why = "over" if problem == OVER else _ENDS.get(problem)
        if why is not None:
            yield WideningEnded(place=row.place, why=why, at=now)
        elif (
            not problem
            and row.place not in held.begun
            and row.since is not None
            and row.until is not None
            and row.signed_by is not None
            and row.since <= now
        ):
            yield WideningBegan(
                place=row.place,
                effect=row.effect,
                signed_by=row.signed_by,
                until=row.until,
                at=now,
            )


# -- what holds -----------------------------------------------------------------------------------


def in_force(
    shipped: Policy, held: OwnRows, trusted: Trusted, moment: datetime
) -> tuple[OwnRow, ...]:
    """The rows that hold at a moment.

    Of those that show more: what has begun by the journal, is not over, and may never be refused.
    """
    return tuple(row for row in held.rows if _holds(shipped, held, row, trusted, moment))


def _holds(shipped: Policy, held: OwnRows, row: OwnRow, trusted: Trusted, moment: datetime) -> bool:
    if not is_known(row):
        return False
    if not wider(shipped, row):
        return True
    return (
        row.place in held.begun
        and _may_be_wider(row)
        and row.since is not None
        and row.since <= moment
        and not _problem(row, trusted, moment)
    )


def with_rows(shipped: Policy, rows: Iterable[OwnRow]) -> Policy:
    """The matrix with these rows in place of the shipped ones."""
    own: dict[Place, tuple[Effect, datetime | None]] = {}
    for row in rows:
        effect = effect_of_code(row.effect)
        if effect is not None:
            own[_place(row)] = effect, row.until
    return shipped.with_own(own) if own else shipped
