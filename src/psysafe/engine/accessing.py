"""What the school holds about one student, built for whoever asked for it, once a person looked.

It is built from what the policy shows this person, like every view. Of the counselor's notes that
is what the reviewer wrote, for the student and for a guardian of a child under fourteen (X16). The
giving is journalled before anything is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psysafe.contracts.storage import Query
from psysafe.domain import events as e
from psysafe.domain.access import ANSWER_ACCESS, AccessRequest, answered, waiting
from psysafe.domain.privacy import Action, DecisionPlan, may_know
from psysafe.domain.world import World
from psysafe.engine.committing import TRIES
from psysafe.engine.gather import every_page, gather, readable
from psysafe.engine.reading import journal_read, who_looked
from psysafe.engine.school import School
from psysafe.engine.sight import hat_of, sight, unopposed
from psysafe.engine.views import case_view, class_name, rules_of
from psysafe.errors import ConflictError, InvalidMoveError, NotFoundError
from psysafe.ids import Actor, PersonId, StudentId
from psysafe.sensitivity import ItemClass

PURPOSE: Final = "own_record"
_I = ItemClass

_Part = Callable[[World, datetime], dict[str, Any]]


def _places(world: World, now: datetime) -> dict[str, Any]:
    held = (*world.student.past_placements, world.student.placement)
    return {
        "class": class_name(world),
        "placements": [
            {"grade": p.grade, "since": p.since} | ({"until": p.until} if p.until else {})
            for p in held
        ],
    }


def _guardians(world: World, now: datetime) -> dict[str, Any]:
    return {
        "guardians": [
            {"name": g.name, "relation": g.relation, "telephones": list(g.telephones)}
            for g in world.student.guardians
            if g.holds(now)
        ]
    }


def _exposure(world: World, now: datetime) -> dict[str, Any]:
    return {
        "exposure": [
            {"fact": f"exposures:{x.fact}", "since": x.since, "closes": x.closes}
            for x in world.file.exposure
            if x.usable(now)
        ]
    }


def _consents(world: World, now: datetime) -> dict[str, Any]:
    return {
        "consents": [
            {"purpose": f"consent_purposes:{one.purpose}", "by": one.by, "given": one.given}
            | ({"withdrawn": one.withdrawn} if one.withdrawn is not None else {})
            for one in world.file.consents
        ]
    }


#: What is told in full where the policy shows it in full, whether there is a case or not.
_PARTS: Final[Mapping[ItemClass, _Part]] = MappingProxyType(
    {
        _I.DISPLAY_NAME: lambda w, n: {"name": w.student.name},
        _I.CIVIL_IDENTITY: lambda w, n: {
            "identities": [list(one) for one in w.student.identities],
            "details": dict(w.student.details),
        },
        _I.CONTACT: _guardians,
        _I.CLASS_PLACEMENT: _places,
        _I.EXPOSURE: _exposure,
        _I.CONSENT: _consents,
    }
)


def file_for(
    school: School, actor: Actor, person: PersonId, student: StudentId, now: datetime
) -> dict[str, Any]:
    """Everything this person may have; journalled. `actor` is the person, or who looked it over.

    Raises NotFoundError for whoever did not ask, InvalidMoveError PSY746 while nobody has looked,
    NotPermittedError PSY703, ConflictError PSY020.
    """
    for _ in range(TRIES):
        gathered = gather(school, student)
        world = gathered.world
        request = _request_of(world, actor, person)
        plan = sight(school, person, world, now, purpose=PURPOSE, action=Action.EXPORT)
        if not any(plan.of(item).shown for item in _I):
            raise NotFoundError
        unopposed(school, person, plan, world, PURPOSE)
        data = _data(school, plan, world, now)
        shown = tuple(item for item in _I if plan.of(item).shown)
        rules = rules_of(plan, shown)
        items = tuple(item.value for item in shown)
        if plan.of(_I.COUNSELING_NOTES).shown and request.notes:
            data["notes"] = request.notes
        read = e.ItemRead(
            student=student,
            by=actor,
            viewer=hat_of(plan),
            purpose=PURPOSE,
            items=items,
            rules=rules,
            at=now,
        )
        if journal_read(school, read, f"audit/{student}", student, now, gathered.versions):
            return data
    raise ConflictError("PSY020", action="subject-access")


def _request_of(world: World, actor: Actor, person: PersonId) -> AccessRequest:
    found = answered(world.file.access, person)
    waits = waiting(world.file.access, person)
    if waits is not None and actor in (person, waits.taken_by):
        due = [d.due for d in world.file.owed(ANSWER_ACCESS)]
        until = min(due).astimezone(world.calendar.zone) if due else None
        raise InvalidMoveError("PSY746", until=f"{until:%Y-%m-%d}" if until else "-")
    if found is None or actor not in (person, found.reviewed_by):
        raise NotFoundError
    return found


def _data(school: School, plan: DecisionPlan, world: World, now: datetime) -> dict[str, Any]:
    data: dict[str, Any] = {"student": world.student.id, "at": now}
    case = world.file.case
    if case is not None and may_know(plan):
        data["case"] = case_view(plan, world, case, now, []).data
    for item, part in _PARTS.items():
        made = plan.of(item)
        if made.shown and made.form is None:
            data |= part(world, now)
    answers = plan.of(_I.SCALE_ITEMS)
    if answers.shown:
        data["questionnaires"] = _sheets(school, world, whole=answers.form is None)
    if plan.of(_I.AUDIT_TRAIL).shown:
        data["who_looked"] = [
            {"at": read.at, "viewer": read.viewer, "items": known}
            for read in who_looked(school, world.student.id)
            if (known := [item for item in read.items if plan.of(ItemClass(item)).shown])
        ]
    return data


def _sheets(school: School, world: World, *, whole: bool) -> list[dict[str, Any]]:
    subject = school.sealer.known(world.student.id) or ""
    query = Query(index="subject", prefixes=(("sheet", subject),), limit=500)
    found = []
    for _, sheet in readable(school, every_page(school, query), e.AnswersScored):
        line: dict[str, Any] = {"scale": sheet.scale, "answered_at": sheet.answered_at}
        if whole:
            line["answers"] = list(sheet.answers)
        found.append(line)
    return found
