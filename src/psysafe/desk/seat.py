"""Who sits at a desk: the actor, their language, the school, the time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.domain.commands import Command
from psysafe.engine.committing import Receipt
from psysafe.engine.handle import handle
from psysafe.engine.school import School
from psysafe.ids import Actor, CommandId


@attrs.frozen(kw_only=True)
class Seat:
    """An actor bound to a school: what every noun of a desk needs."""

    school: School
    actor: Actor
    speaker: CatalogueSpeaker = attrs.field(repr=False)
    language: str | None = None

    def now(self) -> datetime:
        """The present, by the school's clock."""
        return self.school.clock.now()

    def do(self, command: Command, command_id: CommandId | None = None) -> Receipt:
        """Carry out one command as this actor."""
        done = handle(self.school, command, self.actor, self.now(), command_id=command_id)
        return done.receipt

    def plain(self, value: Any) -> Any:
        """A view's data in the actor's language, fit for JSON."""
        return self.speaker.plain(value, self.language)
