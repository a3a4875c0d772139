"""The rosters of duty in the store: one document of the school, changed by journalled commands."""

from __future__ import annotations

from datetime import datetime

from psysafe import wire
from psysafe.domain.duty_roster import DutyRoster, evolve
from psysafe.domain.duty_roster_deciding import DutyWish, decide
from psysafe.engine.boards import Board, Decided, Read, carry_out
from psysafe.engine.cards import duty_roster_document
from psysafe.engine.gather import DUTY
from psysafe.engine.handle import Receipt
from psysafe.engine.leaving import off_duty
from psysafe.engine.school import School
from psysafe.ids import Actor, CommandId, CommandIds

BOARD: Board[DutyRoster] = Board(
    key=DUTY,
    record=DutyRoster,
    stored=duty_roster_document,
    # Who is on duty is looked up when a step comes up. What somebody owes waits for no step: it is
    # looked at when their shift is over.
    entries=off_duty,
    evolve=evolve,
)


def change(
    school: School,
    wish: DutyWish,
    actor: Actor,
    now: datetime,
    command: CommandId | None = None,
) -> Receipt:
    """Carry out one wish. Raises what `duty_roster_deciding.decide` raises, ConflictError."""

    def decided(here: Read[DutyRoster], ids: CommandIds) -> Decided:
        held = here.state or DutyRoster()
        return Decided(events=decide(held, wish, here.roster, school.plan, actor, now, ids))

    receipt, _ = carry_out(
        school,
        BOARD,
        decided,
        actor,
        now,
        what=type(wish).__name__,
        content=wire.digest_of(wish),
        command_id=command,
    )
    return receipt
