"""Standing grants bound sight and nothing else: worlds in pairs, with and without signatures.

Whatever is signed, nobody sees more than the staff file lets them, and nobody is called later, less
or by another way: notices, duties and the steps of a route are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.domain import events as e
from psysafe.domain.grants import Grants, GrantsFounded, GrantSigned, GrantsRequired, StandingGrant
from psysafe.domain.grants_deciding import Role, roles_that_see
from psysafe.domain.people import Hat, Roster, Scope, roles_for
from psysafe.domain.world import World
from psysafe.engine.gather import gather, roster
from psysafe.engine.sight import hats_of, sight
from psysafe.engine.worklist import notices_of
from psysafe.ids import Actor, GrantId, student_person
from psysafe.sensitivity import ItemClass, changed
from psysafe.testing.schools import (
    MONDAY,
    STAFF,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

EVERYBODY = (
    *(staff_id(name) for name in STAFF),
    Actor(str(guardian_id(1))),
    student_person(student_id(1)),
    Actor("operator:it"),
)
#: What tells of signatures themselves.
OF_GRANTS = {"grants", "grant_told", "grant_named"}


@pytest.fixture(scope="module")
def crisis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InventedSchool]:
    """A child in danger, somebody away with somebody who stands in, a case that is led."""
    with open_school(tmp_path_factory.mktemp("grants") / "school") as school:
        school.absent("counselor-b", "spare")
        school.takes("core", "counselor", Scope(kind="grade", values=("g10",)))
        school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", dangers=("plan",))
        (case,) = school.desk("counselor-a").cases.list()
        school.desk("counselor-a").cases.acknowledge(case["case"])
        yield school


def everything(people: Roster) -> tuple[Role, ...]:
    return tuple(roles_that_see(people, MONDAY))


def signed_of(people: Roster) -> st.SearchStrategy[tuple[StandingGrant, ...]]:
    """Any grants: of whom the staff file names and of others, for more or less, begun or over."""
    scopes = [Scope(kind="school"), Scope(kind="grade", values=("g10",)), Scope(kind="grade")]
    anything = st.builds(
        Role,
        person=st.sampled_from([staff_id(name) for name in STAFF]),
        role=st.sampled_from(sorted({role for _, role, _ in STAFF.values()})),
        scope=st.sampled_from(scopes),
    )
    one = st.tuples(
        st.one_of(st.sampled_from(everything(people)), anything),
        st.sampled_from([-400, -1, 0]),
        st.sampled_from([-1, 1, 100]),
    )
    return st.lists(one, max_size=14).map(
        lambda found: tuple(
            _grant(number, role, MONDAY + timedelta(days=since), MONDAY + timedelta(days=until))
            for number, (role, since, until) in enumerate(found)
        )
    )


def _grant(number: int, one: Role, since: datetime, until: datetime) -> StandingGrant:
    return StandingGrant(
        id=GrantId(f"grant-{number:012d}"),
        person=one.person,
        role=one.role,
        scope=one.scope,
        since=since,
        until=until,
        reason="drawn",
        by=staff_id("head"),
    )


def with_grants(world: World, held: tuple[StandingGrant, ...]) -> World:
    grants = Grants(since=MONDAY, founder=staff_id("head"), held=held)
    return attrs.evolve(world, roster=changed(world.roster, grants=grants))


def key(hat: Hat) -> tuple[str, str]:
    return hat.viewer, hat.relation


@given(data=st.data())
def test_whatever_is_signed_nobody_sees_more_than_by_the_staff_file(
    crisis: InventedSchool, data: st.DataObject
) -> None:
    world, now = gather(crisis.school, student_id(1)).world, crisis.clock.now()
    bound = with_grants(world, data.draw(signed_of(world.roster)))
    for who in EVERYBODY:
        free = {key(hat): hat for hat in hats_of(who, world, now)}
        for hat in hats_of(who, bound, now):
            wider = free[key(hat)]
            assert wider.since <= hat.since
            assert wider.until is None or (hat.until is not None and hat.until <= wider.until)
        before, after = (sight(crisis.school, who, one, now) for one in (world, bound))
        for item in ItemClass:
            assert after.of(item).effect <= before.of(item).effect, (who, item)
        assert roles_for(who, world.standing, bound.roster, now) == roles_for(
            who, world.standing, world.roster, now
        )


def test_all_signed_is_as_good_as_the_staff_file_and_none_leaves_only_who_needs_no_signature(
    crisis: InventedSchool,
) -> None:
    world, now = gather(crisis.school, student_id(1)).world, crisis.clock.now()
    everybody = tuple(
        _grant(number, one, MONDAY, MONDAY + timedelta(days=9))
        for number, one in enumerate(everything(world.roster))
    )
    left = set()
    for who in EVERYBODY:
        whole, none = (with_grants(world, held) for held in (everybody, ()))
        free = {key(hat) for hat in hats_of(who, world, now)}
        assert {key(hat) for hat in hats_of(who, whole, now)} == free
        if hats_of(who, none, now):
            left.add(str(who).partition(":")[0] + ":" + str(who).partition(":")[2][:8])
    assert left == {"staff:homeroom", "guardian:g-000000", "student:s-000000", "operator:it"}


def _night(folder: Path, roles: tuple[int, ...] | None) -> tuple[object, object, object]:
    """What a night in which nobody answers leaves of calls, duties and steps."""
    with open_school(folder) as school:
        if roles is not None:
            _sign(school, roles)
        school.absent("counselor-b", "spare")
        school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", dangers=("plan",))
        school.desk("homeroom-3").signals.report(school.number(5), "one_to_one", {"fear": "some"})
        for _ in range(9):
            school.tick(minutes=20)
        school.tick(hours=30)
        calls = sorted(
            (
                told.receiver,
                told.purpose,
                told.severity.value,
                told.queued,
                told.answer_by or MONDAY,
            )
            for name in STAFF
            for told in notices_of(school.school, staff_id(name))
            if told.purpose not in OF_GRANTS
        )
        files = [gather(school.school, student_id(number)).world.file for number in (1, 5)]
        duties = [(d.kind, d.owner, d.due, d.fallback, d.had_by) for f in files for d in f.duties]
        steps = [(a.person, a.step, a.answered) for f in files for r in f.runs for a in r.asked]
        return calls, duties, steps


def _sign(school: InventedSchool, roles: tuple[int, ...]) -> None:
    """Roles are signed from the beginning, and only these."""
    people, now = roster(school.school), school.clock.now()
    known = everything(people)
    held = [
        _grant(number, known[number % len(known)], now, now + timedelta(days=90))
        for number in sorted({one % len(known) for one in roles})
    ]
    begun: list[e.Event] = [
        GrantsRequired(by=Actor("operator:setup"), at=now),
        GrantsFounded(by=staff_id("head"), at=now),
    ]
    school._enter(*begun, *(GrantSigned(grant=one) for one in held))


@cache
def _without() -> tuple[object, object, object]:
    with TemporaryDirectory() as folder:
        return _night(Path(folder) / "free", None)


@settings(max_examples=5)
@given(st.lists(st.integers(0, 40), max_size=8).map(tuple))
def test_whatever_is_signed_the_same_are_called_and_owe_the_same_at_the_same_time(
    roles: tuple[int, ...],
) -> None:
    with TemporaryDirectory() as folder:
        calls, duties, steps = _night(Path(folder) / "signed", roles)
    assert (calls, duties, steps) == _without()
    assert calls, "nobody was called: this shows nothing"
