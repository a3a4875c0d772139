"""The list of those who decide on bars, and of those who owe something in such a procedure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from psysafe.contracts.storage import Query
from psysafe.domain.bars import CONFIRMED, HARM, PROVISIONAL
from psysafe.domain.codes_bars import BAR_DUTIES
from psysafe.domain.privacy import Effect
from psysafe.domain.world import World
from psysafe.engine.cards import BarCard
from psysafe.engine.gather import every_page, gather, readable
from psysafe.engine.reading import journal_list, journal_look
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.engine.views import bars_data
from psysafe.engine.worklist import open_duties
from psysafe.ids import Actor, StudentId
from psysafe.sensitivity import ItemClass

MOST: Final = 500


def listed(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The students for whom somebody is barred or something of it is owed, as far as the actor may
    know: with the allegation in full, or because something of it is theirs to do. Whoever has
    something to do is told about whom; the words of the allegation are not theirs to read.

    Each line is journalled by itself before it is shown.
    """
    query = Query(index="board", prefixes=(("bar", PROVISIONAL), ("bar", CONFIRMED)), limit=MOST)
    known: dict[StudentId, None] = {}
    for _, card in readable(school, every_page(school, query), BarCard):
        if actor not in card.barred:
            known[card.student] = None
    mine = [c for c in open_duties(school, actor) if c.duty.kind in BAR_DUTIES]
    known.update(dict.fromkeys(card.student for card in mine))
    found = [_line(school, actor, student, now) for student in known]
    journal_list(school, actor, "bars", now)
    return [line for line in found if line is not None]


def _line(school: School, actor: Actor, student: StudentId, now: datetime) -> dict[str, Any] | None:
    gathered = gather(school, student)
    world = gathered.world
    plan = sight(school, actor, world, now, purpose="duty")
    owed = [d for d in world.file.duties if d.kind in BAR_DUTIES]
    whole = plan.of(ItemClass.ALLEGATION).effect is Effect.ALLOW
    if actor in world.barred or not (whole or any(d.owner == actor for d in owed)):
        return None
    shown = [ItemClass.ALLEGATION]
    line: dict[str, Any] = {"student": student, **bars_data(world, words=whole)}
    if plan.of(ItemClass.DISPLAY_NAME).effect is Effect.ALLOW:
        line["name"] = world.student.name
        shown.append(ItemClass.DISPLAY_NAME)
    if plan.of(ItemClass.REPORTER).effect is Effect.ALLOW:
        setters = {bar.person: bar.by for bar in world.file.bars}
        line["bars"] = [bar | {"by": setters[bar["person"]]} for bar in line["bars"]]
        shown.append(ItemClass.REPORTER)
    if whole and plan.of(ItemClass.OBSERVATION).effect is Effect.ALLOW:
        line["bars"] = [_with_what_was_told(bar, world) for bar in line["bars"]]
        shown.append(ItemClass.OBSERVATION)
    line["owed"] = [
        {
            "duty": d.id,
            "kind": d.kind,
            "owner": d.owner,
            "due": d.due,
            "overdue": d.due <= now,
        }
        for d in owed
    ]
    journal_look(school, actor, student, plan, tuple(shown), now, gathered.versions)
    return line


def _with_what_was_told(bar: dict[str, Any], world: World) -> dict[str, Any]:
    """A bar that came with a report says what was told, to whoever reads the report too."""
    notes = (s.note for s in world.file.signals if s.at == bar["since"] and HARM in s.dangers)
    return bar if bar["why"] else bar | {"why": next(notes, "")}
