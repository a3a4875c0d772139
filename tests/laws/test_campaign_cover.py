"""No form with a critical item is ever opened for a minute in which nobody would read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.domain import campaigns as c
from psysafe.domain.calendar import AT_ONCE, SchoolCalendar
from psysafe.domain.campaigns_cover import gaps, on, uncovered
from psysafe.domain.campaigns_deciding import NameReaders, OpenCampaign, decide
from psysafe.domain.people import Absence, RoleHeld, Roster, SchoolClass, Scope, Staff
from psysafe.domain.plan import Activity, Deadline, Origin, Plan, Right
from psysafe.errors import InvalidMoveError
from psysafe.ids import Actor, CampaignId, ClassId, CommandId, CommandIds, PersonId
from psysafe.sensitivity import changed

ZONE = ZoneInfo("Asia/Shanghai")
#: Hour 0 of everything below: a Friday morning in school.
START = datetime(2026, 11, 6, 0, tzinfo=UTC)
HOURS = 96
ONE, TWO = ClassId("cl-1"), ClassId("cl-2")
WHO = tuple(PersonId(Actor(f"staff:{name}")) for name in ("a", "b", "c"))
PLANNER = Actor("staff:planner")
ORIGIN = Origin("site", "test")
PLAN = Plan(
    name="test",
    version=1,
    digest="",
    phases=(),
    deadlines=MappingProxyType({}),
    routes=(),
    triage=(),
    rights={
        "review_flag": Right(holders=("counselor",), origin=ORIGIN),
        "screen": Right(holders=("counselor",), origin=ORIGIN),
    },
    closure_quiet=Deadline(within=AT_ONCE, origin=ORIGIN),
    activities={"screening": Activity(id="screening", role="counselor", origin=ORIGIN)},
)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


SPANS = st.tuples(st.integers(0, HOURS), st.integers(1, HOURS)).map(
    lambda pair: (hour(pair[0]), hour(pair[0] + pair[1]))
)
SCOPES = st.sampled_from(
    (
        Scope(kind="school"),
        Scope(kind="class", values=(ONE,)),
        Scope(kind="class", values=(TWO,)),
        Scope(kind="grade", values=("g10",)),
    )
)


@st.composite
def staffs(draw: st.DrawFn) -> Roster:
    """Three people with roles, absences, deputies and addresses that come and go."""
    people: dict[str, Staff] = {}
    for person in WHO:
        roles = draw(
            st.lists(
                st.tuples(st.sampled_from(("counselor", "grade_head")), SCOPES, SPANS), max_size=2
            )
        )
        away = draw(st.lists(SPANS, max_size=2))
        people[person] = Staff(
            id=person,
            name="x",
            addresses=draw(st.sampled_from(({"mobile": "1"}, {"mobile": "1"}, {}, {"mail": " "}))),
            roles=tuple(
                RoleHeld(role=role, scope=scope, since=since, until=until)
                for role, scope, (since, until) in roles
            ),
            deputy=draw(st.sampled_from((None, *WHO))),
            absences=tuple(Absence(since=since, until=until) for since, until in away),
        )
    people[PLANNER] = Staff(
        id=PersonId(PLANNER),
        name="x",
        roles=(RoleHeld(role="counselor", scope=Scope(kind="school"), since=hour(-1)),),
    )
    classes = {
        ONE: SchoolClass(id=ONE, grade="g10", name="1"),
        TWO: SchoolClass(id=TWO, grade="g11", name="2"),
    }
    return Roster(classes=classes, staff=people)


READERS = st.lists(
    st.tuples(st.sampled_from(WHO), SPANS).map(
        lambda pair: c.Reader(person=pair[0], since=pair[1][0], until=pair[1][1])
    ),
    max_size=4,
).map(tuple)


def campaign(readers: tuple[c.Reader, ...], opens: int = 0, closes: int = 48) -> c.Campaign:
    return c.Campaign(
        id=CampaignId("camp-000000000001"),
        scales=("phq9",),
        invitation=c.Invitation(kind="school"),
        opens=hour(opens),
        closes=hour(closes),
        readers=readers,
        planned_by=PLANNER,
        planned=hour(-1),
    )


def facts(
    roster: Roster, critical: bool = True, invited: Mapping[ClassId, int] | None = None
) -> c.Facts:
    return c.Facts(
        roster=roster,
        plan=PLAN,
        calendar=SchoolCalendar(zone=ZONE),
        critical=critical,
        invited={ONE: 40, TWO: 41} if invited is None else invited,
    )


def ids() -> CommandIds:
    return CommandIds(b"k" * 32, CommandId("cmd-000000000001"))


def opened(planned: c.Campaign, known: c.Facts, now: datetime) -> bool:
    try:
        events = decide(planned, OpenCampaign(campaign=planned.id), known, PLANNER, now, ids())
    except InvalidMoveError:
        return False
    return c.evolve(planned, events[0]).state == c.OPEN


def unread(planned: c.Campaign, roster: Roster, moment: datetime) -> bool:
    """Whether nobody reads for some class at a moment, said in a plainer way than the program."""
    for class_id, grade in ((ONE, "g10"), (TWO, "g11")):
        somebody = False
        for reader in planned.readers:
            there = roster.standing_in(roster.staff[reader.person], moment)
            if there is None or not reader.since <= moment < reader.until:
                continue
            may = any(
                held.role == "counselor" and held.scope.covers(grade, class_id)
                for held in roster.roles_of(there.id, moment)
            )
            somebody |= may and any(a.strip() for a in there.addresses.values())
        if not somebody:
            return True
    return False


@given(staffs(), READERS, st.integers(0, 40), st.integers(1, 60))
def test_a_campaign_opens_if_and_only_if_somebody_reads_at_every_moment(
    roster: Roster, readers: tuple[c.Reader, ...], opens: int, lasts: int
) -> None:
    planned = campaign(readers, opens, opens + lasts)
    bare = [h for h in range(opens, opens + lasts) if unread(planned, roster, hour(h))]
    assert opened(planned, facts(roster), hour(-1)) is (not bare)
    # What is named as uncovered is exactly that, and nothing besides.
    named = gaps(readers, roster, PLAN, (ONE, TWO), planned.opens, planned.closes)
    within = [
        h for h in range(opens, opens + lasts) if any(g.since <= hour(h) < g.until for g in named)
    ]
    assert within == bare


@given(staffs(), READERS)
def test_without_a_critical_item_nobody_needs_to_wake(
    roster: Roster, readers: tuple[c.Reader, ...]
) -> None:
    assert opened(campaign(readers), facts(roster, critical=False), hour(-1))


@given(staffs(), READERS, READERS, st.integers(0, 47))
def test_an_open_campaign_never_loses_eyes_that_it_needs(
    roster: Roster, before: tuple[c.Reader, ...], after: tuple[c.Reader, ...], at: int
) -> None:
    running = changed(campaign(before), state=c.OPEN)
    known = facts(roster)
    wish = NameReaders(campaign=running.id, readers=after)
    try:
        events = decide(running, wish, known, PLANNER, hour(at), ids())
    except InvalidMoveError:
        return
    for event in events:
        if not uncovered(running, known, hour(at)):
            assert not uncovered(c.evolve(running, event), known, hour(at))


def test_a_closed_night_needs_no_reader_and_an_open_one_does() -> None:
    counselor = Staff(
        id=WHO[0],
        name="x",
        addresses={"mobile": "1"},
        roles=(RoleHeld(role="counselor", scope=Scope(kind="school"), since=hour(-9)),),
    )
    base = Roster(
        classes={ONE: SchoolClass(id=ONE, grade="g10", name="1")},
        staff={WHO[0]: counselor, PLANNER: changed(counselor, id=PersonId(PLANNER))},
    )
    by_day = (c.Reader(person=WHO[0], since=hour(0), until=hour(9)),)
    known = facts(base, invited={ONE: 40})
    assert opened(campaign(by_day, 0, 9), known, hour(-1))
    assert not opened(campaign(by_day, 0, 10), known, hour(-1))
    (gap,) = uncovered(campaign(by_day, 0, 24), known, hour(-1))
    assert (gap.since, gap.until, gap.why) == (hour(9), hour(24), "nobody")
    # Friday to Monday: somebody who reads the whole time, and is away on Sunday without a deputy.
    sunday = Absence(since=hour(40), until=hour(60))
    whole = (c.Reader(person=WHO[0], since=hour(0), until=hour(72)),)
    absent = changed(base, staff={**base.staff, WHO[0]: changed(counselor, absences=(sunday,))})
    (gap,) = uncovered(campaign(whole, 0, 72), facts(absent, invited={ONE: 40}), hour(-1))
    assert (gap.since, gap.until, gap.why) == (hour(40), hour(60), "away")
    covered = changed(counselor, absences=(sunday,), deputy=PersonId(PLANNER))
    deputy = changed(base, staff={**base.staff, WHO[0]: covered})
    assert opened(campaign(whole, 0, 72), facts(deputy, invited={ONE: 40}), hour(-1))


@pytest.mark.parametrize(
    ("change", "why"),
    [({"addresses": {}}, "contact"), ({"roles": ()}, "right")],
)
def test_a_name_alone_is_no_reader(change: dict[str, object], why: str) -> None:
    person = Staff(
        id=WHO[0],
        name="x",
        addresses={"mobile": "1"},
        roles=(RoleHeld(role="counselor", scope=Scope(kind="school"), since=hour(-9)),),
    )
    roster = Roster(
        classes={ONE: SchoolClass(id=ONE, grade="g10", name="1")},
        staff={WHO[0]: changed(person, **change)},
    )
    reads = (c.Reader(person=WHO[0], since=hour(0), until=hour(9)),)
    assert on(reads, roster, PLAN, ONE, hour(1)) == (None, why)
