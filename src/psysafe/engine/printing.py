"""Reading for a paper: decide, journal who prints, then give what may stand on it.

A paper leaves the screen, so it is an export (K3 never stands on one), and it is handed to
somebody. It shows the less of what the printing person may see and what its reader may see. The
journal says of it what it says of every reading, with the rule `export` beside the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from psysafe.domain import events as e
from psysafe.domain.consenting import may_oppose
from psysafe.domain.consents import PURPOSE_OF
from psysafe.domain.disclosure import OPPOSES, offer_hat, shows
from psysafe.domain.people import Hat, SchoolClass
from psysafe.domain.plan import Route
from psysafe.domain.privacy import Action, DecisionPlan, Effect, State, may_know, plan_decisions
from psysafe.domain.referrals import CONSENT
from psysafe.domain.world import Around, World
from psysafe.engine.bulk import take
from psysafe.engine.committing import TRIES
from psysafe.engine.gather import gather, roster, student_of_case
from psysafe.engine.reading import journal_list, journal_read
from psysafe.engine.school import School
from psysafe.engine.sight import file_states, hat_of, sight, unopposed
from psysafe.engine.views import View, case_view, number_to_call, rules_of
from psysafe.engine.views_care import signs_report
from psysafe.errors import ConflictError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, CaseId, StudentId
from psysafe.sensitivity import ItemClass, changed

#: What the journal says beside the rules of a reading that left the screen.
EXPORTED: Final = "export"
CARDS_RIGHT: Final = "print_cards"


@attrs.frozen(kw_only=True)
class Wanted:
    """What a kind of paper tells of a student, and to whom it is handed.

    `needs`: what must be shown in some form, `whole`: what must be shown in full, or there is no
    paper. `reader`: the viewer code of whoever it is for, None for the printing person. `said`:
    what was written for this reader, so that only the printer's own sight bounds it. `stands`: the
    part of the case that the paper is about; without it there is no paper.
    """

    items: tuple[ItemClass, ...]
    needs: tuple[ItemClass, ...] = ()
    whole: tuple[ItemClass, ...] = ()
    reader: str | None = None
    said: tuple[ItemClass, ...] = ()
    stands: str = ""
    purpose: str = "care"


@attrs.frozen(kw_only=True)
class Printable:
    """What may stand on one paper. `names`: of members of staff, by their ids."""

    data: Mapping[str, Any] = attrs.field(repr=False)
    withheld: tuple[str, ...]
    names: Mapping[str, str] = attrs.field(repr=False)
    number: str = attrs.field(repr=False)
    """whom to telephone about it"""


def read_paper(
    school: School, actor: Actor, case: CaseId, wanted: Wanted, now: datetime
) -> Printable:
    """What a paper about a case may tell, journalled before it is given.

    Raises NotFoundError for whoever may not know of the case, NotPermittedError PSY157 where the
    paper needs something that its printer or its reader may not see now, PSY703 where a plugin
    objects, PSY154 after too many papers without a second person's yes, ConflictError PSY020 where
    something changed meanwhile.
    """
    student = student_of_case(school, case)
    taken: tuple[str, ...] = ()
    for _ in range(TRIES):
        gathered = gather(school, student)
        world = gathered.world
        found = world.file.case
        own = sight(school, actor, world, now, purpose=wanted.purpose, action=Action.EXPORT)
        if found is None or found.id != case or not may_know(own):
            raise NotFoundError
        plan = _bounded(school, own, world, wanted, now)
        _enough(plan, wanted)
        unopposed(school, actor, plan, world, wanted.purpose)
        signs = bool(wanted.stands) and signs_report(world, actor, now)
        view = case_view(plan, world, found, now, [], signs=signs)
        if wanted.stands and wanted.stands not in view.data:
            raise NotPermittedError("PSY157", items=ItemClass.REFERRAL_SUMMARY.value)
        if State.CRISIS not in own.asked.states and not taken:
            # What a crisis needs is never held up; everything else counts, paper by paper.
            taken = take(school, actor, "papers", (case,), [student], now)
        shown = [item for item in wanted.items if plan.of(item).shown]
        read = e.ItemRead(
            student=student,
            case=found.id,
            by=actor,
            viewer=hat_of(own),
            purpose=wanted.purpose,
            items=tuple(item.value for item in shown),
            rules=(*rules_of(plan, shown), EXPORTED, *taken),
            at=now,
        )
        if journal_read(school, read, f"audit/{student}", student, now, gathered.versions):
            return _printable(view, world)
    raise ConflictError("PSY020", action="print")


def whom(school: School, actor: Actor, case: CaseId, now: datetime) -> StudentId:
    """Whom a paper about a case would be about. Raises NotFoundError for whoever may not know."""
    student = student_of_case(school, case)
    world = gather(school, student).world
    known = world.file.case is not None and world.file.case.id == case
    if not known or not may_know(sight(school, actor, world, now, action=Action.EXPORT)):
        raise NotFoundError
    return student


def _printable(view: View, world: World) -> Printable:
    return Printable(
        data=view.data,
        withheld=view.withheld,
        names={key: someone.name for key, someone in world.roster.staff.items()},
        number=number_to_call(world),
    )


def _bounded(
    school: School, own: DecisionPlan, world: World, wanted: Wanted, now: datetime
) -> DecisionPlan:
    """The printer's plan for the wanted items only, none wider than its reader's."""
    reader = own
    if wanted.reader is not None:
        reader = plan_decisions(
            school.policy,
            _reader(wanted.reader, world, now),
            file_states(world.file, now),
            purpose=wanted.purpose,
            at=now,
            action=Action.EXPORT,
            about=own.asked.about,
        )
    made = {}
    for item in wanted.items:
        mine, theirs = own.of(item), reader.of(item)
        if item not in wanted.said and theirs.effect < mine.effect:
            mine = attrs.evolve(theirs, hat=mine.hat, expires=mine.expires)
        made[item] = mine
    return attrs.evolve(own, decisions=MappingProxyType(made))


def _reader(viewer: str, world: World, now: datetime) -> tuple[Hat, ...]:
    """The hat of whoever a paper is handed to.

    Of a student who is handed on to such a reader, what all those offers show now, and where a
    student's no stands, nothing. Without an offer the paper goes by the hands of a guardian.
    """
    case = world.file.live_case
    asked = [one for one in world.file.referrals if case is not None and one.case == case.id]
    offered = [(one, offer) for one in asked for offer in one.offers if offer.role == viewer]
    if not offered:
        no = any(one.opinion == OPPOSES and one.basis in (None, CONSENT) for one in asked)
        opposed = viewer in PURPOSE_OF and no and may_oppose(world, now)
        return () if opposed else (Hat(viewer=viewer, relation="reader", since=now),)
    open_now = [offer_hat(world, *one, now) for one in offered if shows(world, *one, now)]
    if not open_now:
        return ()
    common = set(open_now[0].items).intersection(*(hat.items for hat in open_now))
    return (changed(open_now[0], items=tuple(sorted(common))),)


def _enough(plan: DecisionPlan, wanted: Wanted) -> None:
    lacking = [item.value for item in wanted.needs if not plan.of(item).shown]
    lacking += [i.value for i in wanted.whole if plan.of(i).effect is not Effect.ALLOW]
    if lacking:
        raise NotPermittedError("PSY157", items=", ".join(dict.fromkeys(lacking)))


@attrs.frozen(kw_only=True)
class Called:
    """One step of a route, for one class: the role, and who holds it today."""

    role: str
    people: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    """name and telephone"""


@attrs.frozen(kw_only=True)
class ClassCard:
    """Whom to call for one class, by route. It tells nothing of any student."""

    school_class: SchoolClass = attrs.field(repr=False)
    routes: Mapping[str, tuple[Called, ...]] = attrs.field(repr=False)


def class_cards(
    school: School, actor: Actor, purposes: Sequence[str], now: datetime
) -> list[ClassCard]:
    """For each class of the actor's range: who is called, in which order, by telephone.

    Journalled once. Raises NotPermittedError PSY002 for whoever may print none.
    """
    people = roster(school)
    found = []
    for of in sorted(people.classes.values(), key=lambda c: (c.grade, c.name, c.id)):
        around = Around(roster=people, plan=school.plan, calendar=school.calendar, school_class=of)
        if around.may(CARDS_RIGHT, actor, now):
            routes = {purpose: _steps(around, _worst(school, purpose), now) for purpose in purposes}
            found.append(ClassCard(school_class=of, routes=routes))
    if not found:
        raise NotPermittedError("PSY002", action=CARDS_RIGHT)
    journal_list(school, actor, "crisis_cards", now)
    return found


def _worst(school: School, purpose: str) -> Iterable[Route]:
    """The routes of a purpose that run at the worst severity there is a route for."""
    routes = [route for route in school.plan.routes if route.purpose == purpose]
    worst = max((s.rank for r in routes for s in r.severities if s is not None), default=None)
    return [r for r in routes if worst is None or any(s and s.rank == worst for s in r.severities)]


def _steps(around: Around, routes: Iterable[Route], now: datetime) -> tuple[Called, ...]:
    roles = dict.fromkeys(step.role for r in routes for step in (*r.steps, *r.end))
    return tuple(Called(role=role, people=_people(around, role, now)) for role in roles)


def _people(around: Around, role: str, now: datetime) -> tuple[tuple[str, str], ...]:
    staff = around.roster.staff
    return tuple(
        (staff[person].name, staff[person].addresses.get("mobile", ""))
        for person in around.people(role, now)
    )
