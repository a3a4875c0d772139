"""What is done by rounds: whom a teacher is to reach out to, as one list and one notice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from psysafe.domain.privacy import Effect
from psysafe.domain.signals import Contact
from psysafe.engine.cards import DutyCard
from psysafe.engine.gather import gather
from psysafe.engine.reading import journal_list, journal_look
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.engine.worklist import open_duties
from psysafe.ids import Actor
from psysafe.sensitivity import ItemClass

OF_SUPPORT: Final = ("not_reached", "one_to_one")


def accompanied(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The students whom the actor is to reach, those nobody reached first, then by due time.

    How it was the last times is there for whoever wrote it down, and for whoever may see it.
    """
    cards = [card for card in open_duties(school, actor) if card.duty.kind in OF_SUPPORT]
    cards.sort(key=lambda card: (OF_SUPPORT.index(card.duty.kind), card.duty.due))
    found = [_line(school, actor, card, now) for card in cards]
    journal_list(school, actor, "support", now)
    return found


def _line(school: School, actor: Actor, card: DutyCard, now: datetime) -> dict[str, Any]:
    gathered = gather(school, card.student)
    world, duty = gathered.world, card.duty
    plan = sight(school, actor, world, now, purpose="duty")
    line: dict[str, Any] = {
        "student": card.student,
        "kind": duty.kind,
        "due": duty.due,
        "overdue": duty.due <= now,
    }
    shown: list[ItemClass] = []
    if plan.of(ItemClass.DISPLAY_NAME).effect is Effect.ALLOW:
        line["name"] = world.student.name
        shown.append(ItemClass.DISPLAY_NAME)
    support = world.file.support
    if support is not None:
        line["tries"] = support.tries
        whole = plan.of(ItemClass.OBSERVATION).effect is Effect.ALLOW
        contacts = [x for x in support.contacts if whole or x.by == actor]
        line["contacts"] = [_contact(x) for x in contacts]
        if contacts:
            shown.append(ItemClass.OBSERVATION)
    if shown:
        journal_look(school, actor, card.student, plan, tuple(shown), now, gathered.versions)
    return line


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "at": contact.at,
        "by": contact.by,
        "means": contact.means,
        "outcome": contact.outcome,
        "symptoms": dict(contact.symptoms),
        "needs": list(contact.needs),
        "note": contact.note,
    }
