"""Screening campaigns in the store: read, changed under one journalled command, listed.

A campaign is a document of the school, not of a student: whoever changes one never holds up a
student's file. Who is invited is worked out from the roster each time it is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from psysafe import wire
from psysafe.contracts.extras import Observed
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Duplicate,
    Query,
    Snapshot,
    commit_digest,
)
from psysafe.domain import events as e
from psysafe.domain.campaigns import CANCELLED, CLOSED, OPEN, PLANNED, Campaign, Facts, Invitation
from psysafe.domain.campaigns import evolve as evolve_campaign
from psysafe.domain.campaigns_deciding import CampaignWish, OpenCampaign, PlanCampaign, decide
from psysafe.domain.people import Roster
from psysafe.engine.cards import campaign_document
from psysafe.engine.committing import (
    TRIES,
    Receipt,
    earlier,
    pause,
    refuse,
    seal_document,
    seal_events,
)
from psysafe.engine.enrolling import students
from psysafe.engine.gather import ROSTER, campus_of, opened, readable, record_of, roster_in
from psysafe.engine.school import School
from psysafe.errors import (
    ConflictError,
    InvalidDataError,
    NotFoundError,
    PsysafeError,
    ScaleError,
)
from psysafe.ids import Actor, CampaignId, ClassId, CommandId, CommandIds, StudentId

if TYPE_CHECKING:
    from psysafe.domain.scale_definition import Definition

#: Documents of one page.
PAGE = 500
STATES = (OPEN, PLANNED, CLOSED, CANCELLED)


def definition_of(school: School, scale: str) -> Definition:
    """The definition of an installed scale. Raises ScaleError PSY301 where there is none."""
    from psysafe.domain.scale_loading import load_definition

    records = school.plugins.scales()
    if scale not in records:
        raise ScaleError("PSY301", scale=scale)
    return load_definition(records[scale].definition)


def is_critical(school: School, scales: Iterable[str]) -> bool:
    """Whether one of the instruments has an item that alarms by itself.

    Raises ScaleError PSY301 where one is not installed.
    """
    definitions = [definition_of(school, scale) for scale in scales]
    return any(definition.critical for definition in definitions)


def campaign_of(school: School, campaign: str) -> Campaign:
    """A campaign by its id. Raises NotFoundError."""
    key = f"campaign/{campaign}"
    found = school.storage.read(school.part, [key]).documents.get(key)
    if found is None:
        raise NotFoundError
    return record_of(school, found, "school", Campaign)


def campaigns(school: School, *states: str) -> tuple[Campaign, ...]:
    """The campaigns in these states, by their end; in any state where none is named."""
    prefixes = tuple(("campaign", state) for state in states or STATES)
    found: list[Campaign] = []
    query = Query(index="board", prefixes=prefixes, limit=PAGE)
    while True:
        page = school.storage.query(school.part, query)
        found += [one for _, one in readable(school, page.documents, Campaign)]
        if page.cursor is None:
            return tuple(found)
        query = attrs.evolve(query, cursor=page.cursor)


def invited_classes(roster: Roster, invitation: Invitation) -> tuple[ClassId, ...]:
    """The classes in which somebody may be invited; none for a list of students."""
    kind, values = invitation.kind, invitation.values
    return tuple(
        ClassId(key)
        for key in sorted(roster.classes)
        if kind == "school"
        or (kind == "grade" and roster.classes[key].grade in values)
        or (kind == "class" and key in values)
    )


def invited_students(
    school: School, roster: Roster, invitation: Invitation
) -> Iterator[tuple[ClassId, StudentId]]:
    """Every invited student with the class, class by class, as the roster is now."""
    if invitation.kind == "student":
        listed = [StudentId(value) for value in invitation.values]
        people = students(school, listed)
        yield from sorted((p.placement.class_id, one) for one, p in people.items())
        return
    for class_id in invited_classes(roster, invitation):
        query = Query(index="placement", prefixes=(("student", class_id),), limit=PAGE)
        while True:
            page = school.storage.query(school.part, query)
            for document in page.documents:
                yield class_id, StudentId(document.key.partition("/")[2])
            if page.cursor is None:
                break
            query = attrs.evolve(query, cursor=page.cursor)


def invited_counts(school: School, roster: Roster, invitation: Invitation) -> dict[ClassId, int]:
    """How many students of each class are invited; classes without one are left out."""
    counts: dict[ClassId, int] = {}
    for class_id, _ in invited_students(school, roster, invitation):
        counts[class_id] = counts.get(class_id, 0) + 1
    return counts


def facts_of(
    school: School,
    roster: Roster,
    scales: Sequence[str],
    who: Invitation,
    *,
    lenient: bool = False,
) -> Facts:
    """What a decision about a campaign looks at. Raises ScaleError PSY301.

    `lenient`: an instrument that is not there any more counts as one with a critical item.
    """
    try:
        critical = is_critical(school, scales)
    except (ScaleError, InvalidDataError):
        if not lenient:
            raise
        critical = True
    invited = invited_counts(school, roster, who)
    return Facts(
        roster=roster,
        plan=school.plan,
        calendar=school.calendar,
        critical=critical,
        invited=invited,
        campuses={class_id: campus_of(school, class_id) for class_id in invited},
        picked=who.kind == "student",
    )


def carry_out(
    school: School,
    wish: CampaignWish,
    actor: Actor,
    now: datetime,
    command: CommandId | None = None,
) -> Receipt:
    """Carry out one wish about a campaign, under one command in the journal.

    The same command id twice gives the earlier receipt. Raises NotFoundError, and what
    `campaigns_deciding.decide` and `definition_of` raise; a refusal leaves its line in the journal.
    """
    known = command or school.ids.command()
    content = wire.digest_of(wish)
    for attempt in range(TRIES):
        wanted = [ROSTER]
        if not isinstance(wish, PlanCampaign):
            wanted.append(f"campaign/{wish.campaign}")
        snapshot = school.storage.read(school.part, wanted)
        try:
            before = _before(school, snapshot, wish)
            events, after = _decided(school, snapshot, before, wish, actor, now, known)
        except PsysafeError as refusal:
            event = e.DecisionRefused(
                by=actor, action=type(wish).__name__, code=refusal.code, at=now
            )
            found = refuse(school, event, known, content)
            if found is None:
                raise
            return earlier(found, content, known)
        receipt = Receipt(command=known, campaign=after.id)
        if not events:
            return receipt
        outcome = school.storage.commit(
            school.part,
            _changes(school, snapshot, events, after, actor, now, known, content, receipt),
        )
        if isinstance(outcome, Committed):
            _observe(school, after.id, events, now, outcome.position)
            return receipt
        if isinstance(outcome, Duplicate):
            return earlier(outcome, content, known)
        pause(known, attempt)
    raise ConflictError("PSY020", action=type(wish).__name__)


def _before(school: School, snapshot: Snapshot, wish: CampaignWish) -> Campaign | None:
    if isinstance(wish, PlanCampaign):
        return None
    found = snapshot.documents.get(f"campaign/{wish.campaign}")
    if found is None:
        raise NotFoundError
    return record_of(school, found, "school", Campaign)


def _decided(
    school: School,
    snapshot: Snapshot,
    before: Campaign | None,
    wish: CampaignWish,
    actor: Actor,
    now: datetime,
    known: CommandId,
) -> tuple[list[e.Event], Campaign]:
    """The events of a wish and the campaign after them."""
    people = roster_in(school, snapshot)
    about = wish if isinstance(wish, PlanCampaign) else before
    if about is None:
        raise NotFoundError
    # Only what opens or plans one needs its instruments; closing must always be possible.
    needed = isinstance(wish, PlanCampaign | OpenCampaign)
    facts = facts_of(school, people, about.scales, about.invitation, lenient=not needed)
    if before is not None and not sees(facts, actor, now):
        raise NotFoundError
    found = decide(before, wish, facts, actor, now, CommandIds(school.part_key, known))
    after = before
    for event in found:
        after = evolve_campaign(after, event)
    if after is None:
        raise NotFoundError
    return list(found), after


def sees(facts: Facts, actor: Actor, now: datetime) -> bool:
    """Whether a campaign exists for the actor: who may screen or follow one of its classes."""
    return any(
        facts.follows(actor, class_id, now)
        for class_id in facts.invited or map(ClassId, facts.roster.classes)
    )


def _changes(
    school: School,
    snapshot: Snapshot,
    events: list[e.Event],
    after: Campaign,
    actor: Actor,
    now: datetime,
    known: CommandId,
    content: bytes,
    receipt: Receipt,
) -> Changes:
    key = f"campaign/{after.id}"
    new = seal_events(school, key, "school", events, actor, now, known)
    return Changes(
        actor=actor,
        command=known,
        content=content,
        expect={ROSTER: snapshot.version(ROSTER), key: snapshot.version(key)},
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(receipt),
        put=(seal_document(school, campaign_document(after)),),
    )


def _observe(
    school: School, campaign: CampaignId, events: list[e.Event], now: datetime, last: int
) -> None:
    first = last - len(events) + 1
    stream = f"campaign/{campaign}"
    school.plugins.observe(
        [
            Observed(kind=wire.kind_of(type(event)), at=now, stream=stream, position=position)
            for position, event in enumerate(events, first)
        ]
    )


def sheets_of(school: School, campaign: CampaignId) -> Iterator[e.AnswersScored]:
    """Every sheet of a campaign, page by page."""
    query = Query(index="owner", prefixes=(("sheet", campaign),), limit=PAGE)
    while True:
        page = school.storage.query(school.part, query)
        for document in page.documents:
            yield opened(school, document, e.AnswersScored)
        if page.cursor is None:
            return
        query = attrs.evolve(query, cursor=page.cursor)


def digest(*parts: object) -> bytes:
    """A short digest of some values, for telling two sheets apart without keeping them."""
    text = "\0".join(map(repr, parts)).encode()
    return hashlib.blake2b(text, digest_size=12).digest()


def class_names(roster: Roster) -> Mapping[str, str]:
    """Class ids to what people call the classes."""
    return {key: one.name for key, one in roster.classes.items()}
