"""What one commit carries: sealed events and documents, and the receipt of whoever gave the
command. And how a refusal is kept, and a command told that was carried out before.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from psysafe import wire
from psysafe.contracts.storage import Changes, Duplicate, NewEvent, Put, commit_digest
from psysafe.domain import events as e
from psysafe.engine import cards
from psysafe.engine.gather import ROSTER
from psysafe.engine.outcome import Encoded
from psysafe.engine.school import School
from psysafe.errors import ConflictError
from psysafe.ids import (
    Actor,
    CampaignId,
    CaseId,
    CommandId,
    ConsentId,
    FlagId,
    OfferId,
    PersonId,
    ReferralId,
    SignalId,
)
from psysafe.sealing import event_place
from psysafe.sensitivity import record, ref

#: How often a command is decided again when somebody else was faster. Conflicts happen only
#: between commands about the same student, so a few tries are many.
TRIES: Final = 12
#: A version that no document has.
NEVER: Final = 2**62


@record
class Receipt:
    """What whoever gave a command gets back: ids and a time, nothing that tells of a case.

    A reporter's receipt is the same whether a case exists or not: the signal's id, and by when it
    will be taken up.
    """

    command: CommandId = ref()
    signal: SignalId | None = ref(default=None)
    flag: FlagId | None = ref(default=None)
    case: CaseId | None = ref(default=None)
    answered_by: datetime | None = ref(default=None)
    answered_from: PersonId | None = ref(default=None)
    """who answers a child who wants to talk, or a question"""
    asks: tuple[str, ...] = ref(default=())
    """what is still to be said, by what the report itself holds: `place`, `accused`"""
    campaign: CampaignId | None = ref(default=None)
    consent: ConsentId | None = ref(default=None)
    referral: ReferralId | None = ref(default=None)
    offer: OfferId | None = ref(default=None)
    refused: str | None = ref(default=None)
    """the code of the refusal, where the command was refused"""


def pause(command: CommandId, attempt: int) -> None:
    """A short wait that differs from command to command, so that two do not meet again."""
    jitter = hashlib.blake2b(f"{command}/{attempt}".encode(), digest_size=1).digest()[0]
    time.sleep((1 + jitter / 64) * 0.001 * min(2**attempt, 32))


def seal_events(
    school: School,
    stream: str,
    subject: str,
    events: Sequence[e.Event],
    actor: Actor,
    now: datetime,
    known: CommandId,
    first: int = 0,
) -> tuple[NewEvent, ...]:
    """Events as the store keeps them: plain header, sealed body. `first`: the first's ordinal."""
    encoded = [wire.encode_event(event) for event in events]
    return seal_encoded(school, stream, subject, encoded, actor, now, known, first)


def seal_encoded(
    school: School,
    stream: str,
    subject: str,
    encoded: Sequence[Encoded],
    actor: Actor,
    now: datetime,
    known: CommandId,
    first: int = 0,
) -> tuple[NewEvent, ...]:
    """As `seal_events`, of events whose kinds and bytes are there already."""
    part, sealer = school.part, school.sealer
    header = wire.headers(
        at=now, actor=actor, command=known, stream=stream, subject=sealer.pseudonym(subject)
    )
    return tuple(
        NewEvent(
            stream,
            header(kind, ordinal),
            sealer.seal(part, subject, event_place(known, ordinal), body, wire.held_by(kind)),
        )
        for ordinal, (kind, body) in enumerate(encoded, first)
    )


def seal_document(school: School, stored: cards.Stored) -> Put:
    """A record as the store keeps it: sealed body, declared index values."""
    body = stored.body or wire.encode_document(stored.record)
    holds = wire.item_of(stored.record.__class__)
    sealed = school.sealer.seal(school.part, stored.subject, stored.key, body, holds)
    index = {"subject": school.sealer.pseudonym(stored.subject), **stored.index}
    return Put(stored.key, sealed, index)


def earlier(found: Duplicate, content: bytes, known: CommandId) -> Receipt:
    """The receipt of a command that was carried out before. Raises ConflictError PSY004 where the
    id was used for something else."""
    if found.content != content:
        raise ConflictError("PSY004", command=known)
    return wire.decode_document(found.receipt, Receipt)


def refuse(
    school: School, event: e.DecisionRefused, known: CommandId | None = None, content: bytes = b""
) -> Duplicate | None:
    """Journal a refusal, unless this very command was carried out before: then that is given.

    A refusal has a command id of its own: the command itself was not carried out, so whoever
    gives it again later, when it is permitted, is not told that it had been done.
    """
    changes = refusal(school, event, content)
    found = None if known is None else carried_out(school, changes, known)
    if found is None:
        school.storage.commit(school.part, changes)
    return found


def refusal(school: School, event: e.DecisionRefused, content: bytes = b"") -> Changes:
    """What keeps a refusal: one line in the journal, under a command id of its own."""
    own = school.ids.command()
    new = refusal_events(school, event, own)
    return Changes(
        actor=event.by,
        command=own,
        content=content or wire.digest_of(event),
        expect={},
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(Receipt(command=own, refused=event.code)),
    )


def carried_out(school: School, asking: Changes, known: CommandId) -> Duplicate | None:
    """What the store holds of a command that was carried out before; asking changes nothing."""
    # The store looks for the command id before it looks at versions, and this version is never
    # there: so nothing can be written.
    asked = attrs.evolve(asking, command=known, expect={ROSTER: NEVER})
    found = school.storage.commit(school.part, asked)
    return found if isinstance(found, Duplicate) else None


def refusal_events(
    school: School, event: e.DecisionRefused, own: CommandId
) -> tuple[NewEvent, ...]:
    """The line in the journal that a refusal leaves, under a command id of its own."""
    subject = event.student or "school"
    return seal_events(school, f"audit/{subject}", subject, [event], event.by, event.at, own)
