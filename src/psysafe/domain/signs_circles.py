"""Circles beside the class: who shares a dormitory, who are friends. Declared, never guessed.

A class stands in every roster; a dormitory or a circle of friends in few. Whoever knows says it:
the whole of a circle at once, so that a later word takes the place of the earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psysafe.domain import codes
from psysafe.domain import events as e
from psysafe.domain.duties_signs import CLASS, Circle
from psysafe.domain.world import Around
from psysafe.errors import Fact, Finding, InvalidDataError, NotPermittedError
from psysafe.ids import Actor, CircleId, PersonId, StudentId

RIGHT: Final = "declare_circle"
#: Letters of a name, and students of a circle: more than any dormitory holds.
NAME_LIMIT: Final = 60
MOST: Final = 100


def declare(
    around: Sequence[Around],
    circle: CircleId,
    kind: str,
    name: str,
    members: Sequence[StudentId],
    actor: Actor,
    now: datetime,
) -> list[e.Event]:
    """Say who belongs together; nobody at all: the circle is no more.

    `around` is around the class of each member, those before included: whoever declares it answers
    for all of them. Raises NotPermittedError PSY002, InvalidDataError PSY013, PSY103.
    """
    codes.known("circles", kind)
    if kind == CLASS:
        raise _wrong("kind", "dormitory or friends")
    if not name.strip() or len(name) > NAME_LIMIT:
        raise _wrong("name", f"a text of at most {NAME_LIMIT} letters")
    known = tuple(dict.fromkeys(members))
    if len(known) == 1 or len(known) > MOST:
        raise _wrong("members", f"from 2 to {MOST} students, or nobody")
    if not around or not all(one.may(RIGHT, actor, now) for one in around):
        raise NotPermittedError("PSY002", action=RIGHT)
    declared = Circle(
        id=circle, kind=kind, name=name.strip(), members=known, by=PersonId(actor), at=now
    )
    return [e.CircleDeclared(circle=declared)]


def _wrong(field: str, expected: str) -> InvalidDataError:
    facts: dict[str, Fact] = {"path": field, "expected": expected}
    return InvalidDataError([Finding(code="PSY103", where={"field": field}, facts=facts)])
