"""Many notices that wait to go out, put into a school's outbox in one commit."""

from __future__ import annotations

from typing import Final

from psysafe import wire
from psysafe.contracts.storage import Changes, Committed, commit_digest
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.notes import TAKEN_UP
from psysafe.domain.severity import Severity
from psysafe.engine import cards
from psysafe.engine.committing import Receipt, seal_document, seal_events
from psysafe.ids import SYSTEM_TICK, CommandIds, NoticeId
from psysafe.testing.schools import InventedSchool, staff_id

#: Whom the notices are for, unless somebody else is named.
RECEIVER: Final = "homeroom-1"


def queue(
    invented: InventedSchool,
    number: int,
    *,
    who: str = RECEIVER,
    severity: Severity = Severity.ATTENTION,
    channels: tuple[str, ...] = ("mail",),
) -> None:
    """So many notices for one person, each about no student and due now."""
    school, now = invented.school, invented.clock.now()
    command = school.ids.command()
    ids = CommandIds(school.part_key, command)
    notices = [
        Notice(
            id=NoticeId(ids.next("notice")),
            purpose=TAKEN_UP,
            receiver=staff_id(who),
            role="homeroom_teacher",
            severity=severity,
            queued=now,
            channels=channels,
        )
        for _ in range(number)
    ]
    told = [e.NoticeQueued(notice=one) for one in notices]
    new = seal_events(
        school, f"worklist/{staff_id(who)}", "school", told, SYSTEM_TICK, now, command
    )
    changes = Changes(
        actor=SYSTEM_TICK,
        command=command,
        content=wire.digest_of(notices[0]),
        expect={},
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(Receipt(command=command)),
        put=tuple(seal_document(school, cards.notice_document(one)) for one in notices),
        outbox=tuple(
            entry for one in notices for entry in cards.sends(one, invented.school.calendar)
        ),
    )
    assert isinstance(school.storage.commit(school.part, changes), Committed)
