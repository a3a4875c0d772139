"""Steps of a whole case, each in every combination of what it looks at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import Bar
from psysafe.domain.care import AuthorityReport, CareAdvice, GuardianRow, Supervision
from psysafe.domain.cases.deciding import decide
from psysafe.domain.cases.deciding_lifecycle import SETTLED
from psysafe.domain.codes import PLACES
from psysafe.domain.duties import Duty
from psysafe.domain.duties_death import DeathEntered
from psysafe.domain.files import Case
from psysafe.domain.people import Absence
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.severity import Assessed, Severity
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.errors import InvalidMoveError, NotFoundError, PsysafeError
from psysafe.ids import (
    Actor,
    CaseId,
    CommandId,
    CommandIds,
    DutyId,
    OfferId,
    PersonId,
    ReferralId,
)
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

CHILD = student_id(1)
MINE = CaseId("case-500000000000")
#: Ids before and after it in the order of texts: equal is not the same as not after.
OTHERS = (CaseId("case-100000000000"), CaseId("case-900000000000"), CaseId(""))
COUNSELOR = Actor(staff_id("counselor-b"))
CALM = Assessed(severity=Severity.ATTENTION, assessor=PersonId(COUNSELOR), at=MONDAY)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("steps") / "school") as opened:
        yield gather(opened.school, CHILD).world


def standing(empty: World, lifecycle: str = "open", **more: Any) -> World:
    """A world with the student's case as it is told here."""
    case = Case(id=MINE, lifecycle=lifecycle, level=CALM, signalled=MONDAY, **more)
    return attrs.evolve(empty, file=changed(empty.file, case=case))


def does(world: World, command: c.Command, by: Actor = COUNSELOR) -> list[e.Event]:
    """What a counselor's command decides. Ids are made anew: equal ones are not the same object."""
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    return list(decide(world, command, Actor("".join(by)), MONDAY, ids))


def refused(world: World, command: c.Command, by: Actor = COUNSELOR) -> str:
    with pytest.raises(PsysafeError) as told:
        does(world, command, by)
    return told.value.code


@pytest.mark.parametrize("place", PLACES)
def test_a_child_who_is_away_is_with_a_hospital_there_and_with_a_guardian_elsewhere(
    empty: World, place: str
) -> None:
    command = c.MarkAway(student=CHILD, case=MINE, place=place, adult="外婆")
    handed, went = does(standing(empty), command)
    assert isinstance(handed, e.SupervisionChanged)
    assert handed.supervision.to == {"hospital": "hospital"}.get(place, "guardian")
    assert (handed.place, handed.supervision.state) == (place, "handed_to")
    assert isinstance(went, e.StudentWentAway)


@pytest.mark.parametrize("state", [None, "ended", "handed_to", "in_person"])
def test_a_return_ends_what_was_handed_over_and_nothing_else(
    empty: World, state: str | None
) -> None:
    kept = "".join(list(state)) if state else None
    held = Supervision(state=kept, adult="外婆", since=MONDAY, called=True) if kept else None
    command = c.DecideReturn(student=CHILD, case=MINE, meeting="与家长、年段长会商")
    returned, *more = does(standing(empty, "away", supervision=held), command)
    assert isinstance(returned, e.StudentReturned)
    assert len(more) == (state == "handed_to")
    for one in more:
        assert isinstance(one, e.SupervisionChanged)
        assert (one.supervision.state, one.supervision.called) == ("ended", True)


@pytest.mark.parametrize("asked_by", ["counselor-a", "counselor-b", "counselor-c", None])
def test_whoever_asked_for_the_closure_does_not_reject_it(
    empty: World, asked_by: str | None
) -> None:
    by = staff_id(asked_by) if asked_by else None
    world = standing(empty, "closing", closure_by=by)
    command = c.RejectClosure(student=CHILD, case=MINE, reason="还需观察")
    if asked_by == "counselor-b":
        assert refused(world, command) == "PSY009"
    else:
        assert [type(one) for one in does(world, command)] == [e.ClosureRejected]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("kind", [c.ReopenCase, c.VoidCase])
def test_another_case_is_neither_reopened_nor_voided(
    empty: World, kind: type[Any], other: CaseId
) -> None:
    world = standing(empty, "closed")
    with pytest.raises(NotFoundError):
        does(world, kind(student=CHILD, case=other, reason="误录"))
    assert does(world, kind(student=CHILD, case=CaseId("".join(MINE)), reason="误录"))
    with pytest.raises(NotFoundError):
        does(empty, kind(student=CHILD, case=MINE, reason="误录"))


@pytest.mark.parametrize("severity", Severity)
def test_an_alarm_is_called_off_only_below_high(empty: World, severity: Severity) -> None:
    command = c.StandDown(student=CHILD, case=MINE, reason="误会", severity=severity)
    if severity in (Severity.HIGH, Severity.IMMINENT):
        assert refused(standing(empty), command) == "PSY041"
    else:
        (over,) = does(standing(empty), command)
        assert isinstance(over, e.CaseStoodDown)
        assert severity is getattr(over.level, "severity", None)


def test_a_death_is_told_of_the_live_case_and_of_none_where_there_is_none(empty: World) -> None:
    command = c.Bereave(student=CHILD)
    for world, case in (
        (standing(empty), MINE),
        (standing(empty, "closed"), None),
        (empty, None),
    ):
        (died,) = does(world, command)
        assert isinstance(died, e.StudentBereaved)
        assert died.case == case


def test_whoever_takes_the_lead_themselves_is_not_asked(empty: World) -> None:
    own = c.AssignLead(student=CHILD, case=MINE, lead=PersonId(Actor("".join(COUNSELOR))))
    assert [type(one) for one in does(standing(empty), own)] == [e.LeadOffered, e.LeadAccepted]
    for by, other in (("counselor-b", "counselor-a"), ("counselor-a", "counselor-b")):
        to = c.AssignLead(student=CHILD, case=MINE, lead=staff_id(other))
        given = does(standing(empty), to, Actor(staff_id(by)))
        assert [type(one) for one in given] == [e.LeadOffered]


def test_the_lead_goes_to_nobody_who_may_not_lead_who_is_away_or_who_has_it(empty: World) -> None:
    able = staff_id("counselor-a")
    to = c.AssignLead(student=CHILD, case=MINE, lead=able)
    assert does(standing(empty), to)
    assert refused(standing(empty, lead=able), to) == "PSY037"
    assert does(standing(empty, lead=PersonId(COUNSELOR)), to)
    away = Absence(since=MONDAY - timedelta(days=1), until=MONDAY + timedelta(days=1))
    someone = changed(empty.roster.staff[able], absences=(away,))
    ill = changed(empty.roster, staff={**empty.roster.staff, able: someone})
    assert refused(standing(attrs.evolve(empty, roster=ill)), to) == "PSY037"
    teacher = c.AssignLead(student=CHILD, case=MINE, lead=staff_id("homeroom-1"))
    assert refused(standing(empty), teacher) == "PSY037"


@pytest.mark.parametrize("said", [("五中", " "), (" ", "赵老师"), ("", "")])
def test_a_transfer_names_the_school_and_who_there_has_acknowledged(
    empty: World, said: tuple[str, str]
) -> None:
    school, by = said
    command = c.TransferCase(student=CHILD, case=MINE, school=school, acknowledged_by=by)
    assert refused(standing(empty), command) == "PSY040"


def test_what_was_dismissed_is_read_where_somebody_owes_it_and_by_nobody_who_is_barred(
    empty: World,
) -> None:
    command = c.ReadDismissed(student=CHILD)
    assert refused(empty, command) == "PSY043"
    duty = Duty(
        id=DutyId("duty-500000000000"),
        kind="read_dismissed",
        owner=staff_id("counselor-a"),
        due=MONDAY,
        fallback="counselor",
        origin="clause C4.3",
        severity=Severity.MODERATE,
        opened=MONDAY,
    )
    asked = attrs.evolve(empty, file=changed(empty.file, duties=(duty,)))
    (read,) = does(asked, command)
    assert isinstance(read, e.DismissedRead)
    assert read.by == COUNSELOR
    bar = Bar(person=PersonId(COUNSELOR), by=Actor("staff:doctor"), at=MONDAY)
    barred = attrs.evolve(asked, file=changed(asked.file, bars=(bar,)))
    assert refused(barred, command) == "PSY043"


ROWS = ("attempting", "told", "agrees", "undecided", "refuses", "unreachable")
SUPERVISED = (None, ("in_person", False), ("ended", False), ("handed_to", False), ("ended", True))
REPORTS = (None, "due", "drafted", "approved", "submitted", "acknowledged")


def test_what_was_told_to_anybody_outside_is_never_void(empty: World) -> None:
    later = MONDAY + timedelta(minutes=5)
    advice = CareAdvice(at=later, by=PersonId(COUNSELOR), advice="就医", answer="undecided")
    command = c.VoidCase(student=CHILD, case=MINE, reason="误录")
    told = 0
    for rows, held, report, advised in itertools.product(
        (None, *ROWS), SUPERVISED, REPORTS, (False, True)
    ):
        world = standing(
            empty,
            guardians=(GuardianRow(guardian=guardian_id(1), state=rows, since=later),)
            if rows
            else (),
            supervision=Supervision(state=held[0], adult="x", since=later, called=held[1])
            if held
            else None,
            report=AuthorityReport(state=report, trigger="refusal", due_since=later)
            if report
            else None,
            advice=(advice,) if advised else (),
        )
        outside = (
            rows not in (None, "attempting")
            or held in (("handed_to", False), ("ended", True))
            or report in ("submitted", "acknowledged")
            or advised
        )
        if outside:
            told += 1
            with pytest.raises(InvalidMoveError) as why:
                does(world, command)
            assert why.value.code == "PSY042"
        else:
            assert [type(one) for one in does(world, command)] == [e.CaseVoided]
    assert 0 < told < len((*ROWS, None)) * len(SUPERVISED) * len(REPORTS) * 2


def _anew(text: str) -> str:
    """The same word, as it comes out of a store: another object."""
    return "".join(list(text))


@pytest.mark.parametrize("asked", ["", "staff:a", COUNSELOR, "staff:z", staff_id("counselor-a")])
def test_only_whoever_was_asked_accepts_the_lead(empty: World, asked: str) -> None:
    offered = PersonId(Actor(_anew(asked))) if asked else None
    world = standing(empty, lead_offered=offered)
    command = c.AcceptLead(student=CHILD, case=MINE)
    if asked == COUNSELOR:
        (taken,) = does(world, command)
        assert isinstance(taken, e.LeadAccepted)
        assert taken.lead == COUNSELOR
    else:
        assert refused(world, command) == "PSY038"


@pytest.mark.parametrize("of", [MINE, *OTHERS])
@pytest.mark.parametrize("state", ["requested", "received"])
def test_a_case_is_void_unless_an_offer_in_it_was_opened(
    empty: World, of: CaseId, state: str
) -> None:
    offer = Offer(
        id=OfferId("offer-500000000000"),
        receiver=staff_id("expert"),
        role="counseling_expert",
        state=state,
        by=PersonId(COUNSELOR),
        offered=MONDAY,
        opened=MONDAY if state == "received" else None,
        due=MONDAY + timedelta(hours=4),
        duty=DutyId("duty-500000000000"),
        scope=("identity",),
    )
    request = Referral(
        id=ReferralId("ref-500000000000"),
        case=CaseId(_anew(of)),
        state="active",
        by=PersonId(COUNSELOR),
        at=MONDAY,
        account="三次谈话",
        summary="请接诊",
        offers=(offer,),
    )
    world = standing(empty)
    world = attrs.evolve(world, file=changed(world.file, referrals=(request,)))
    command = c.VoidCase(student=CHILD, case=MINE, reason="误录")
    if of == MINE and state == "received":
        assert refused(world, command) == "PSY042"
    else:
        assert [type(one) for one in does(world, command)] == [e.CaseVoided]


def _owing(empty: World, kind: str, owner: str, *had_by: str) -> World:
    duty = Duty(
        id=DutyId("duty-500000000000"),
        kind=kind,
        owner=staff_id(owner),
        had_by=tuple(staff_id(one) for one in had_by),
        due=MONDAY,
        fallback="counselor",
        origin="clause C1.1",
        severity=Severity.HIGH,
        opened=MONDAY,
    )
    world = standing(empty)
    return attrs.evolve(world, file=changed(world.file, duties=(duty,)))


DONE = c.SettleDuty(student=CHILD, duty=DutyId("duty-500000000000"), note="当面说了")


@pytest.mark.parametrize("kind", SETTLED)
def test_a_duty_is_settled_by_whoever_owes_it_or_had_it_and_by_nobody_else(
    empty: World, kind: str
) -> None:
    for owner, *had_by in (("counselor-b",), ("head", "counselor-b"), ("head", "expert")):
        world = _owing(empty, kind, owner, *had_by)
        if "counselor-b" in (owner, *had_by):
            (done,) = does(world, DONE)
            assert isinstance(done, e.DutySettled)
            assert (done.by, done.note) == (COUNSELOR, "当面说了")
        else:
            with pytest.raises(NotFoundError):
                does(world, DONE)


def test_nobody_who_is_not_there_settles_a_duty_and_nobody_one_that_is_met_otherwise(
    empty: World,
) -> None:
    world = _owing(empty, SETTLED[0], "counselor-b")
    staff = {one: held for one, held in world.roster.staff.items() if one != COUNSELOR}
    gone = attrs.evolve(world, roster=changed(world.roster, staff=staff))
    with pytest.raises(NotFoundError):
        does(gone, DONE)
    with pytest.raises(NotFoundError):
        does(standing(empty), DONE)
    assert refused(_owing(empty, "reassess", "counselor-b"), DONE) == "PSY045"
    assert refused(world, changed(DONE, note=" ")) == "PSY006"


@pytest.mark.parametrize("back", ["counselor-b", "counselor-a", None])
def test_whoever_took_a_death_back_does_not_confirm_it(empty: World, back: str | None) -> None:
    world = _owing(empty, "confirm_alive", "counselor-b")
    by = staff_id(back) if back else None
    death = DeathEntered(by=staff_id("head"), at=MONDAY, taken_back_by=by)
    world = attrs.evolve(world, file=changed(world.file, death=death))
    if back == "counselor-b":
        assert refused(world, DONE) == "PSY009"
    else:
        assert [type(one) for one in does(world, DONE)] == [e.DutySettled]
