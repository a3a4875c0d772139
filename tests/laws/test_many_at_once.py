"""X12 as a law: nobody takes more students within the window than the plan says, unless somebody
else approved just that list, in time, and it was not used before."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.domain import bulk as b
from psysafe.domain.bulk import BulkFile, Selection
from psysafe.domain.bulk_deciding import (
    AnswerBulk,
    AskBulk,
    BulkIsOver,
    BulkWish,
    Facts,
    TakeBulk,
    WithdrawBulk,
    decide,
)
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.people import RoleHeld, Roster, Scope, Staff
from psysafe.domain.plan import Plan
from psysafe.errors import PsysafeError
from psysafe.ids import SYSTEM_TICK, Actor, BulkId, CommandId, CommandIds, PersonId
from psysafe.testing.schools import open_school

START = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
ASKER, HEAD, TEACHER = (PersonId(Actor(f"staff:{one}")) for one in ("asker", "head", "teacher"))
#: The asker holds the right as well, and may still not answer for themselves.
ROLES = {ASKER: "leading_group_deputy", HEAD: "leading_group_head", TEACHER: "homeroom_teacher"}
PEOPLE = Roster(
    staff={
        key: Staff(
            id=key,
            name="",
            roles=(
                RoleHeld(
                    role=role, scope=Scope(kind="school"), since=datetime.min.replace(tzinfo=UTC)
                ),
            ),
        )
        for key, role in ROLES.items()
    }
)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, SchoolCalendar]:
    with open_school(tmp_path_factory.mktemp("plan") / "school") as school:
        return school.school.plan, school.school.calendar


lists = st.builds(
    Selection,
    what=st.sampled_from(["roster", "exposure"]),
    of=st.sampled_from([(), ("cl-1",)]),
    students=st.sampled_from([40, 61, 90]),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["ask", "yes", "no", "barred yes", "withdraw", "take", "take", "over"]),
        lists,
        st.sampled_from([ASKER, HEAD, TEACHER]),
        st.integers(0, 3),
        st.sampled_from([0, 1, 12, 30]),
    ),
    min_size=4,
    max_size=30,
)


def _wish(kind: str, wanted: Selection, file: BulkFile, which: int, at: int) -> BulkWish | None:
    request = file.requests[which].id if which < len(file.requests) else BulkId("bulk-none")
    match kind:
        case "ask":
            return AskBulk(selection=wanted, students=_whom(wanted, at), reason="why")
        case "yes" | "barred yes":
            return AnswerBulk(request=request, approves=True, reason="seen")
        case "no":
            return AnswerBulk(request=request, approves=False, reason="no")
        case "withdraw":
            return WithdrawBulk(request=request)
        case "over":
            return BulkIsOver(request=request)
        case _:
            return TakeBulk(selection=wanted, students=_whom(wanted, at))


def _whom(wanted: Selection, at: int) -> tuple[str, ...]:
    """Other students at other times, so that short lists together are long ones."""
    return tuple(sorted(b.digests(f"{at % 2}/{number}" for number in range(wanted.students))))


@given(steps)
def test_no_sequence_takes_more_than_the_plan_says_without_anothers_approval_of_just_that(
    shipped: tuple[Plan, SchoolCalendar],
    given_steps: list[tuple[str, Selection, PersonId, int, int]],
) -> None:
    plan, calendar = shipped
    rule = plan.bulk
    assert rule is not None
    file, now = BulkFile(person=ASKER), START
    asked: dict[str, tuple[Selection, set[str]]] = {}
    leave: dict[str, datetime] = {}
    few: list[tuple[datetime, frozenset[str]]] = []
    for number, (kind, wanted, who, which, hours) in enumerate(given_steps):
        now += timedelta(hours=hours)
        actor = who if kind in ("yes", "no", "barred yes") else ASKER
        wish = _wish(kind, wanted, file, which, hours)
        assert wish is not None
        facts = Facts(
            roster=PEOPLE,
            plan=plan,
            calendar=calendar,
            owner=ASKER,
            actor=SYSTEM_TICK if kind == "over" else actor,
            now=now,
            barred=kind == "barred yes",
        )
        ids = CommandIds(b"k" * 16, CommandId(f"cmd-{number}"))
        try:
            events = decide(file, wish, facts, ids)
        except PsysafeError:
            continue
        for event in events:
            match event:
                case b.BulkAsked(request=one):
                    asked[one.id] = one.selection, set(one.whom)
                case b.BulkAnswered(request=request):
                    assert actor == HEAD, "never the asker, never without the right"
                    leave.pop(request, None)
                    if kind == "yes":
                        leave[request] = now + timedelta(hours=24)
                case b.BulkEnded(request=request):
                    leave.pop(request, None)
                case b.BulkUsed(request=request):
                    assert now < leave.pop(request), "approved, in time, and for the first time"
                    selection, whom = asked[request]
                    assert (selection.what, selection.of) == (wanted.what, wanted.of)
                    assert isinstance(wish, TakeBulk)
                    assert whom.issuperset(wish.students), "nobody else than was asked for"
        used = any(isinstance(event, b.BulkUsed) for event in events)
        if isinstance(wish, TakeBulk) and not used:
            few.append((now, frozenset(wish.students)))
            lately = [some for at, some in few if at > now - timedelta(hours=24)]
            assert len(frozenset().union(*lately)) <= rule.students.value
        file = functools.reduce(b.evolve, events, file)
        held = {one.id for one in file.requests if one.whom}
        usable = {one.id for one in file.requests if one.waits(now) or one.holds(now)}
        if events:
            late = {one.id for one in file.requests if one.state == b.WAITING}
            assert held == usable | late, "whom it was about goes with what it could be used for"


def test_two_lists_of_all_but_one_student_are_too_many_within_a_day_and_not_after_it(
    shipped: tuple[Plan, SchoolCalendar],
) -> None:
    plan, calendar = shipped
    assert plan.bulk is not None
    most = plan.bulk.students.value

    def take(file: BulkFile, window: str, now: datetime) -> BulkFile:
        some = tuple(sorted(b.digests(f"{window}/{number}" for number in range(most - 1))))
        wish = TakeBulk(selection=Selection(what="exposure", students=most - 1), students=some)
        facts = Facts(
            roster=PEOPLE, plan=plan, calendar=calendar, owner=ASKER, actor=ASKER, now=now
        )
        events = decide(file, wish, facts, CommandIds(b"k" * 16, CommandId("cmd-1")))
        return functools.reduce(b.evolve, events, file)

    file = take(BulkFile(person=ASKER), "one", START)
    assert take(file, "one", START + timedelta(minutes=1)) == file
    with pytest.raises(PsysafeError) as error:
        take(file, "other", START + timedelta(hours=23))
    assert error.value.code == "PSY154"
    later = take(file, "other", START + timedelta(hours=24))
    assert len(later.taken) == 1, "what is older is kept no longer"
