"""Plain facts about one student, and about one person beside them, that overlays depend on.

The hats and the states say most of it. What is left are facts of the person helped: of age,
in danger, erased; and of the viewer beside their role: a relative, somebody who broke the glass.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import attrs

from psysafe.domain.access import answered
from psysafe.domain.consenting import let_look, may_have_notes, may_oppose, of_age
from psysafe.domain.danger import in_danger
from psysafe.domain.figures import K_INSIDE
from psysafe.domain.glass import open_until
from psysafe.domain.people import Guardian, Roster, line_of
from psysafe.domain.world import World
from psysafe.ids import Actor, PersonId
from psysafe.sensitivity import ItemClass


@attrs.frozen(kw_only=True)
class SubjectFacts:
    """What overlays ask of the student and of whoever looks, in plain values.

    The defaults are those of a minor of whom nothing is known and who is nobody's relative here.
    """

    of_age: bool = False
    """18 or older, by a birth date that the roster keeps. Unknown counts as a minor."""
    guardians_agreed: bool = False
    """The student agrees that this guardian looks (X7), or sees details (G1)."""
    agreed_items: frozenset[ItemClass] | None = None
    """At what of it; None: at all that a guardian's row shows."""
    has_a_say: bool = False
    """Old enough to be asked before guardians see details, and not of age (G1)."""
    danger: bool = False
    """Confirmed by a person, or provisionally imminent for less than twelve hours (X5)."""
    relative: bool = False
    """The viewer is a relative of the student beside their role (X6)."""
    exposure_closed: bool = False
    """Every exposure fact that is kept has outlived its purpose (X3)."""
    glass_until: datetime | None = None
    """The viewer has said why they must look, and may until then (X9); None: has not."""
    erased: bool = False
    """The student was erased (X15)."""
    notes_reviewed: bool = False
    """The viewer asked for what is kept, and a person wrote what of the notes is told (X16)."""
    figure: int | None = None
    """What a cell of figures over many would say (X11); None: no cell is asked about."""
    k: int = K_INSIDE
    """From which number on a cell is shown to this viewer."""


NOTHING_SAID: Final = SubjectFacts()


def facts_of(actor: Actor, world: World, now: datetime) -> SubjectFacts:
    """The facts as the documents tell them at this moment (aware).

    For whoever is barred there is no danger: it would show that there is a case (X1).
    """
    grown_up = of_age(world, now)
    agreed = let_look(world, actor, now)
    exposure = world.file.exposure
    asked = answered(world.file.access, actor)
    return SubjectFacts(
        of_age=grown_up,
        has_a_say=not grown_up and may_oppose(world, now),
        guardians_agreed=bool(agreed),
        agreed_items=agreed or None,
        danger=actor not in world.barred and in_danger(world.file, now),
        relative=actor in relatives(lines_of(world.student.guardians), world.roster),
        glass_until=open_until(world.file.glass, actor, now),
        exposure_closed=bool(exposure) and not any(fact.usable(now) for fact in exposure),
        notes_reviewed=asked is not None
        and bool(asked.notes)
        and may_have_notes(world, actor, now),
    )


def lines_of(guardians: Iterable[Guardian]) -> frozenset[str]:
    """The telephones of those guardians whose relation has not ended."""
    known = (g.telephones for g in guardians if g.until is None)
    return frozenset(line_of(one) for several in known for one in several) - {""}


def relatives(lines: Iterable[str], roster: Roster) -> frozenset[PersonId]:
    """Who of the school is also a guardian of the student, or lives with one.

    A roster says so by the telephone: a guardian and a member of staff under one number are one
    person or one household. A school that keeps no numbers of its staff is told nothing by it.
    """
    return frozenset().union(*(roster.by_line.get(line, ()) for line in lines))
