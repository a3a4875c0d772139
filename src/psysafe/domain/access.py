"""Subject access and legal holds: what a person may ask for, and what may not be erased yet.

Whoever it is about is told what the school holds (Personal Information Protection Law,
article 45; for orientation). A person looks first at what counselors wrote down: facts about the
student stay, third persons and hypotheses go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from psysafe.ids import Actor, PersonId
from psysafe.sensitivity import ItemClass, changed, item, record, ref

ANSWER_ACCESS: Final = "answer_access"
#: Below this age a guardian may have what was written down, once a person has looked (X16).
GUARDED: Final = 14


@record
class AccessRequest:
    """That somebody asked for what the school holds; and, once a person has looked, the notes."""

    person: PersonId = ref()
    """for whom it is: the student, or a guardian"""
    taken_by: PersonId = ref()
    at: datetime = ref()
    reviewed_by: PersonId | None = ref(default=None)
    reviewed: datetime | None = ref(default=None)
    notes: str = item(ItemClass.COUNSELING_NOTES, default="")
    """what is told of the notes, as the reviewer wrote it"""


@record
class Hold:
    """That a student's records must be kept: for a court, an investigation, an insurer."""

    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.AUDIT_TRAIL)


def waiting(requests: Iterable[AccessRequest], person: Actor) -> AccessRequest | None:
    """The request of this person that nobody has reviewed yet."""
    found = (one for one in requests if one.person == person and one.reviewed is None)
    return next(found, None)


def answered(requests: Iterable[AccessRequest], person: Actor) -> AccessRequest | None:
    """This person's last request that was reviewed."""
    found = [one for one in requests if one.person == person and one.reviewed is not None]
    return found[-1] if found else None


def asked(
    requests: tuple[AccessRequest, ...], new: AccessRequest, last: int
) -> tuple[AccessRequest, ...]:
    """With a new request: all that wait, and the last of those that were answered."""
    done = [one for one in requests if one.reviewed is not None][-last:]
    return (*(one for one in requests if one.reviewed is None or one in done), new)


def reviewed(
    requests: tuple[AccessRequest, ...], person: Actor, by: PersonId, at: datetime, notes: str
) -> tuple[AccessRequest, ...]:
    """After a person has looked."""
    waits = waiting(requests, person)
    return tuple(
        changed(one, reviewed_by=by, reviewed=at, notes=notes) if one is waits else one
        for one in requests
    )
