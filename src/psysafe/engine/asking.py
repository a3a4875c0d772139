"""Who waits for somebody's answer: children who want to talk first, then questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psysafe.clock import to_wire
from psysafe.domain.privacy import Effect
from psysafe.domain.reactions_signals import ASKS
from psysafe.engine.cards import DutyCard
from psysafe.engine.gather import gather
from psysafe.engine.reading import journal_list, journal_look
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.engine.worklist import open_duties
from psysafe.ids import Actor
from psysafe.sensitivity import ItemClass


def waiting(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The talks and questions that the actor owes: a child who asked is answered first (B2.2).

    The words are shown to whoever may see the observation in full.
    """
    cards = [card for card in open_duties(school, actor) if card.duty.kind in ASKS]
    cards.sort(key=lambda card: (ASKS.index(card.duty.kind), to_wire(card.duty.due)))
    found = [_line(school, actor, card, now) for card in cards]
    journal_list(school, actor, "waiting", now)
    return found


def _line(school: School, actor: Actor, card: DutyCard, now: datetime) -> dict[str, Any]:
    duty = card.duty
    gathered = gather(school, card.student)
    world = gathered.world
    plan = sight(school, actor, world, now, purpose="duty")
    line: dict[str, Any] = {
        "duty": duty.id,
        "kind": duty.kind,
        "student": card.student,
        "asked": duty.opened,
        "due": duty.due,
        "overdue": duty.due <= now,
    }
    shown: list[ItemClass] = []
    if plan.of(ItemClass.DISPLAY_NAME).effect is Effect.ALLOW:
        line["name"] = world.student.name
        shown.append(ItemClass.DISPLAY_NAME)
    signal = next((s for s in world.file.signals if s.id == duty.signal), None)
    if signal is not None and plan.of(ItemClass.OBSERVATION).effect is Effect.ALLOW:
        line["note"] = signal.note
        shown.append(ItemClass.OBSERVATION)
    if shown:
        journal_look(school, actor, card.student, plan, tuple(shown), now, gathered.versions)
    return line
