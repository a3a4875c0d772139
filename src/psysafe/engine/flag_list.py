"""The worklist of flags, page by page: however many wait, a page costs what it shows.

A screening of a large school leaves thousands of flags. Nothing of them is out of reach: whoever
looks goes on where the last page ended, and the worst always come first.
"""

from __future__ import annotations

import base64
import heapq
import hmac
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import attrs

from psysafe.clock import to_wire
from psysafe.contracts.storage import Query, walk
from psysafe.domain.people import Roster
from psysafe.domain.privacy import DecisionPlan, Effect
from psysafe.domain.severity import opaque_code
from psysafe.domain.world import World
from psysafe.engine.cards import FlagCard, flag_document
from psysafe.engine.gather import every_page, gather_many, readable, roster
from psysafe.engine.reading import journal_list
from psysafe.engine.school import School
from psysafe.engine.sight import sight
from psysafe.engine.views import class_name
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.ids import Actor, lookup_key
from psysafe.sensitivity import ItemClass

#: Lines of a page where nobody says how many, and the most that one may have.
PAGE: Final = 100
MOST: Final = 1000
#: Cards and files that are read at once.
_CHUNK: Final = 100
#: What a line may say of a student beside the flag itself.
_NAMED: Final = (
    ItemClass.DISPLAY_NAME.value,
    ItemClass.CLASS_PLACEMENT.value,
    ItemClass.SCALE_LEVEL.value,
)
_log = logging.getLogger("psysafe.engine")
#: Where a flag stands: severity (worst first), due time, key.
Place = tuple[str, str, str]


@attrs.frozen(kw_only=True)
class FlagPage:
    """Some lines of the worklist. `after` is where the next page goes on; None at the end."""

    lines: tuple[dict[str, Any], ...]
    after: str | None


def list_flags(
    school: School, actor: Actor, now: datetime, *, limit: int = PAGE, after: str | None = None
) -> FlagPage:
    """The students whose flags wait for the actor's review, worst first; one line a student.

    `flag` is the worst of the student's flags, `flags` names all of them, `due` is the earliest
    of their times; `name`, `class` and `reasons` (scale and code of each flag) are there as far as
    the actor may see them. `stage` says what is owed: review_flag, or second_stage, an interview.
    A late flag that was passed on to somebody who may not review it stays in the sight of those
    who may. `after` comes from an earlier page. Raises InvalidDataError PSY103 where it does not.
    """
    limit = max(1, min(limit, MOST))
    people = roster(school)
    owners = [str(actor)]
    if _reviews(school, people, actor, now):
        owners += _orphaned(school, people, actor, now)
    begin = _place_of(school, actor, after) if after is not None else None
    waiting = heapq.merge(*(_cards(school, owner, begin) for owner in owners), key=_place)
    lines: list[dict[str, Any]] = []
    last: Place | None = None
    for card, line in _lines(school, actor, now, frozenset(owners), waiting):
        if len(lines) == limit:
            journal_list(school, actor, "flags", now, _NAMED)
            return FlagPage(lines=tuple(lines), after=_cursor(school, actor, last))
        lines.append(line)
        last = _place(card)
    journal_list(school, actor, "flags", now, _NAMED)
    return FlagPage(lines=tuple(lines), after=None)


def _reviews(school: School, people: Roster, who: str, now: datetime) -> bool:
    held = people.roles_of(Actor(who), now)
    return any(school.plan.may("review_flag", role.role) for role in held)


def _orphaned(school: School, people: Roster, actor: Actor, now: datetime) -> Iterator[str]:
    """The owners of open flags who may not review them: one look at the index for each."""
    rest = [who for who in people.staff if who != actor and not _reviews(school, people, who, now)]
    while rest:
        query = Query(index="owner", prefixes=tuple(("flag", o, "open") for o in rest), limit=1)
        found = school.storage.query(school.part, query).documents
        if not found:
            return
        owner = found[0].index["owner"]
        yield owner
        rest = rest[rest.index(owner) + 1 :] if owner in rest else []


def _cards(school: School, owner: str, begin: Place | None) -> Iterator[FlagCard]:
    """The open flags of one owner in their order, from behind a place, read as they are wanted."""
    query = Query(index="owner", prefixes=(("flag", owner, "open"),), limit=_CHUNK)
    if begin is not None:
        query = attrs.evolve(query, cursor=walk(query).cursor(query.prefixes[0], begin))
    yield from (card for _, card in readable(school, every_page(school, query), FlagCard))


def _place(card: FlagCard) -> Place:
    due = to_wire(card.due) if card.due is not None else ""
    return opaque_code(card.severity), due, f"flag/{card.flag}"


def _lines(
    school: School,
    actor: Actor,
    now: datetime,
    owners: frozenset[str],
    waiting: Iterable[FlagCard],
) -> Iterator[tuple[FlagCard, dict[str, Any]]]:
    """One line for each student, at the place of the worst flag; the files are read in chunks."""
    cards = iter(waiting)
    while some := list(islice(cards, _CHUNK)):
        worlds = gather_many(school, {card.student for card in some})
        for card in some:
            world = worlds.get(card.student)
            if world is None:
                _log.error("a record is damaged and left out", extra={"record": card.flag})
                continue
            together = _together(world, owners, card)
            if together[0].flag == card.flag:
                seen = _seen(school, actor, world, now)
                if seen is not None:
                    yield card, _line(together, now) | _about(world, together, seen)


def _together(world: World, owners: frozenset[str], card: FlagCard) -> Sequence[FlagCard]:
    """All flags of a student that wait for the same eyes, worst first; the given one at least."""
    made = [flag_document(world.file, f).record for f in world.file.flags if f.state == "open"]
    found = [one for one in made if isinstance(one, FlagCard) and one.owner in owners]
    known = any(one.flag == card.flag for one in found)
    return sorted(found, key=_place) if known else [card]


def _line(cards: Sequence[FlagCard], now: datetime) -> dict[str, Any]:
    worst = cards[0]
    due = min((card.due for card in cards if card.due is not None), default=None)
    return {
        "flag": worst.flag,
        "student": worst.student,
        "severity": worst.severity.value,
        "due": due,
        "overdue": due is not None and due <= now,
        "stage": worst.stage,
        "flags": [card.flag for card in cards],
    }


def counted_for(school: School, actor: Actor, world: World, now: datetime) -> bool:
    """Whether flags of a student count for the actor: those that they may review, and no others.

    Whoever is barred counts on as if nobody had been accused: a number that fell by one that day
    would tell them.
    """
    return _seen(school, actor, world.without_bars, now) is not None


def _seen(school: School, actor: Actor, world: World, now: datetime) -> DecisionPlan | None:
    """What the actor sees of a student whose flags they may review; None where they may not."""
    holders = world.holders(actor, now)
    if not any(school.plan.may("review_flag", holder) for holder in holders):
        return None
    plan = sight(school, actor, world, now)
    return plan if plan.of(ItemClass.SCALE_LEVEL).shown else None


def _about(world: World, cards: Sequence[FlagCard], plan: DecisionPlan) -> dict[str, Any]:
    """Whom a line is about and what raised its flags, each only as far as the actor sees it."""
    found: dict[str, Any] = {}
    if plan.of(ItemClass.DISPLAY_NAME).effect is Effect.ALLOW:
        found["name"] = world.student.name
    if plan.of(ItemClass.CLASS_PLACEMENT).effect is Effect.ALLOW:
        found["class"] = class_name(world)
    if plan.of(ItemClass.SCALE_LEVEL).effect is Effect.ALLOW:
        listed = {card.flag for card in cards}
        raised = [(f.scale, f.code) for f in world.file.flags if f.id in listed]
        found["reasons"] = [{"scale": s, "code": code} for s, code in dict.fromkeys(raised)]
    return found


def _cursor(school: School, actor: Actor, place: Place | None) -> str | None:
    """A place, sealed for the one who reads the list: nobody else can go on from there, and nobody
    can ask for a place that no page gave."""
    text = json.dumps(place, separators=(",", ":"))
    sealed = json.dumps([_seal(school, actor, text), text], separators=(",", ":"))
    return base64.urlsafe_b64encode(sealed.encode()).decode("ascii").rstrip("=")


def _place_of(school: School, actor: Actor, cursor: str) -> Place:
    """The place that `_cursor` wrote. Raises InvalidDataError PSY103."""
    try:
        seal, text = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if hmac.compare_digest(seal.encode(), _seal(school, actor, text).encode()):
            severity, due, key = json.loads(text)
            return severity, due, key
    except (ValueError, TypeError, AttributeError):
        pass  # said below, as for a seal that is another
    facts: dict[str, Fact] = {"path": "after", "expected": "what the page before it gave"}
    raise InvalidDataError([Finding(code="PSY103", where={"field": "after"}, facts=facts)])


def _seal(school: School, actor: Actor, text: str) -> str:
    return lookup_key(school.part_key, f"flags {actor}", text)
