"""What time decides by itself: each step, duty and consent, before, at and after its moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.care import AuthorityReport, GuardianRow
from psysafe.domain.cases.deciding import decide
from psysafe.domain.consents import Consent
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, Duty, Run
from psysafe.domain.files import Case
from psysafe.domain.referrals import ANSWER, EXPIRED, Offer, Referral
from psysafe.domain.severity import Provisional, Severity
from psysafe.domain.signals import Support
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.ids import (
    SYSTEM_TICK,
    CaseId,
    CommandId,
    CommandIds,
    ConsentId,
    DutyId,
    NoticeId,
    OfferId,
    PersonId,
    ReferralId,
    RunId,
)
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

CHILD = student_id(1)
MINE = CaseId("case-500000000000")
RUN, DUTY = RunId("run-500000000000"), DutyId("duty-500000000000")
HOUR = timedelta(hours=1)
#: A moment before, the moment itself, and one after it.
MOMENTS = (MONDAY - HOUR, MONDAY, MONDAY + HOUR)
BEFORE, OWNER, AFTER = (staff_id(one) for one in ("affairs", "counselor-a", "counselor-b"))
EXPERT = staff_id("expert")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("time") / "school") as opened:
        yield gather(opened.school, CHILD).world


def anew(text: str) -> Any:
    """The same word, as it comes out of a store: another object."""
    return "".join(list(text))


def filed(empty: World, **more: Any) -> World:
    return attrs.evolve(empty, file=changed(empty.file, **more))


def standing(empty: World, **more: Any) -> World:
    level = Provisional(severity=Severity.HIGH, rule="T:x")
    case = Case(id=MINE, lifecycle="open", level=level, signalled=MONDAY, **more)
    return filed(empty, case=case)


def gone(world: World, *people: PersonId) -> World:
    staff = {one: held for one, held in world.roster.staff.items() if one not in people}
    return attrs.evolve(world, roster=changed(world.roster, staff=staff))


def passes(world: World, command: c.Command) -> list[e.Event]:
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    return list(decide(world, command, SYSTEM_TICK, MONDAY, ids))


def kinds(world: World, command: c.Command) -> list[type]:
    return [type(one) for one in passes(world, command)]


def owing(kind: str, **more: Any) -> Duty:
    held: dict[str, Any] = {"due": MONDAY, "owner": anew(OWNER), "case": MINE, **more}
    return Duty(
        id=anew(DUTY),
        kind=anew(kind),
        fallback="grade_head",
        origin="clause C6.2",
        severity=Severity.HIGH,
        opened=MONDAY - HOUR,
        **held,
    )


DUE = c.DutyIsDue(student=CHILD, duty=DUTY, passed=0)


# -- a step of a route -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", [RUNNING, STOPPED, EXHAUSTED])
@pytest.mark.parametrize("due", [None, *MOMENTS])
def test_a_step_whose_time_is_up_is_followed_by_the_next_and_one_that_is_over_by_none(
    empty: World, state: str, due: Any
) -> None:
    for index, asked in itertools.product(range(-1, 3), repeat=2):
        run = Run(
            id=RUN,
            route="linkage",
            purpose="linkage",
            severity=Severity.HIGH,
            case=MINE,
            started=MONDAY,
            steps=(),
            end=(),
            index=index,
            due=due and due + timedelta(0),
            state=anew(state),
        )
        world = filed(standing(empty), runs=(run,))
        found = passes(world, c.StepIsDue(student=CHILD, run=RUN, index=asked))
        up = due is not None and due <= MONDAY
        assert bool(found) is (state == RUNNING and index == asked and up)


# -- a duty ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("due", MOMENTS)
@pytest.mark.parametrize("passed", [-1, 0, 1])
def test_a_duty_is_passed_on_when_its_time_is_up_once_for_each_time(
    empty: World, due: Any, passed: int
) -> None:
    world = filed(standing(empty), duties=(owing("tell_guardian", due=due),))
    found = kinds(world, changed(DUE, passed=passed))
    assert found == ([e.DutyPassedOn] if passed == 0 and due <= MONDAY else [])
    assert passes(filed(world, duties=()), DUE) == []


@pytest.mark.parametrize(
    "kind", ["one_to_one", "not_reached", "full_analysis", "talk", "reassess", "accept_lead"]
)
@pytest.mark.parametrize("closes", [None, *MOMENTS])
@pytest.mark.parametrize("told", [False, True])
def test_support_whose_purpose_has_closed_ends_and_only_what_nobody_reached_is_told_once(
    empty: World, kind: str, closes: Any, told: bool
) -> None:
    support = Support(since=MONDAY - 5 * HOUR, closes=closes, told_unreached=told)
    world = filed(standing(empty), duties=(owing(kind),), support=support)
    found = kinds(world, DUE)
    of_support = kind in ("one_to_one", "not_reached")
    if of_support and closes is not None and closes <= MONDAY:
        assert found == [e.SupportEnded]
    else:
        assert found[0] is e.DutyPassedOn
        assert (e.SignalReported in found) is (kind == "not_reached" and not told)
    ended = kinds(filed(world, support=None), DUE)
    assert ended == [e.DutyCancelled if of_support else e.DutyPassedOn]


@pytest.mark.parametrize("owner", [BEFORE, OWNER, AFTER])
def test_what_lies_with_somebody_who_is_gone_goes_on_at_once_and_with_nobody_else(
    empty: World, owner: PersonId
) -> None:
    world = filed(standing(empty), duties=(owing("reassess", due=MONDAY + HOUR),))
    asks = c.OwnerIsGone(student=CHILD, duty=DUTY, owner=anew(owner))
    assert kinds(world, asks) == []
    left = kinds(gone(world, OWNER), asks)
    assert left == ([e.DutyPassedOn] if owner == OWNER else [])
    assert kinds(filed(world, duties=()), asks) == []


SAYS = ("attempting", "told", "agrees", "undecided", "refuses", "unreachable")


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("reported", [False, True])
def test_a_family_that_is_undecided_for_too_long_is_reported_once_and_nothing_else_is(
    empty: World, says: str, reported: bool
) -> None:
    rows = (GuardianRow(guardian=guardian_id(1), state=anew(says), since=MONDAY),)
    report = AuthorityReport(state="due", trigger="refusal", due_since=MONDAY)
    world = standing(empty, guardians=rows, report=report if reported else None)
    (mother, *_) = empty.student.guardians
    world = attrs.evolve(world, student=changed(world.student, guardians=(mother,)))
    world = filed(world, duties=(owing("guardian_decision"),))
    over = [e.DutyCancelled]
    falls_due = says == "undecided" and not reported
    assert kinds(world, DUE) == over + ([e.ReportFellDue] if falls_due else [])
    assert kinds(filed(world, case=None), DUE) == over


# -- an offer, a consent ---------------------------------------------------------------------------


def _offer(number: int, duty: str = DUTY) -> Offer:
    return Offer(
        id=OfferId(f"offer-{number:012d}"),
        receiver=EXPERT,
        role="counseling_expert",
        state="requested",
        by=OWNER,
        offered=MONDAY - HOUR,
        due=MONDAY,
        duty=DutyId(anew(duty)),
        scope=("identity",),
    )


def _request(*offers: Offer, state: str = "active") -> Referral:
    return Referral(
        id=ReferralId("ref-500000000000"),
        case=MINE,
        state=state,
        by=OWNER,
        at=MONDAY - HOUR,
        account="三次谈话",
        summary="请接诊",
        offers=offers,
    )


def test_silence_ends_the_offer_that_was_not_answered_and_no_other(empty: World) -> None:
    others = (_offer(1, "duty-100000000000"), _offer(3, "duty-900000000000"))
    request = _request(others[0], _offer(2), others[1])
    world = filed(standing(empty), referrals=(request,), duties=(owing(ANSWER, owner=EXPERT),))
    (ended,) = passes(world, DUE)
    assert isinstance(ended, e.OfferCancelled)
    assert (ended.offer, ended.why) == (_offer(2).id, EXPIRED)


def _consent(number: int, **more: Any) -> Consent:
    return Consent(
        id=ConsentId(f"consent-{number:012d}"),
        purpose="counseling",
        receiver=EXPERT,
        by=guardian_id(1),
        scope=("identity",),
        given=MONDAY - HOUR,
        recorded_by=OWNER,
        **more,
    )


@pytest.mark.parametrize("state", ["draft", "active", "on_hold", "completed", "revoked"])
def test_a_consent_whose_day_has_come_lapses_once_while_a_request_is_open(
    empty: World, state: str
) -> None:
    consents = (
        _consent(1, until=MONDAY),
        _consent(2, until=MONDAY + HOUR),
        _consent(3, until=MONDAY, lapsed=MONDAY - HOUR),
        _consent(4),
        _consent(5, until=MONDAY, withdrawn=MONDAY - HOUR),
    )
    here = standing(empty)
    world = filed(here, consents=consents, referrals=(_request(state=state),))
    command = c.ReferralsAreDue(student=CHILD)
    lapsed = [x.consent for x in passes(world, command) if isinstance(x, e.ConsentLapsed)]
    open_still = state in ("draft", "active", "on_hold")
    assert lapsed == ([consents[0].id] if open_still else [])
    assert passes(filed(world, referrals=()), command) == []


def test_what_was_offered_to_somebody_who_has_left_is_taken_back(empty: World) -> None:
    world = filed(standing(empty), referrals=(_request(_offer(1)),))
    command = c.ReferralsAreDue(student=CHILD)
    assert not any(isinstance(x, e.OfferCancelled) for x in passes(world, command))
    (left,) = [x for x in passes(gone(world, EXPERT), command) if isinstance(x, e.OfferCancelled)]
    assert (left.offer, left.why) == (_offer(1).id, "receiver_left")


# -- an attempt to tell somebody -------------------------------------------------------------------


@pytest.mark.parametrize("attempt", [2, 3, 4, 7])
@pytest.mark.parametrize("lost", [False, True])
def test_an_attempt_that_came_to_nothing_known_is_written_down_before_the_next(
    empty: World, attempt: int, lost: bool
) -> None:
    said = c.RecordAttempt(
        student=CHILD,
        notice=NoticeId("notice-500000000000"),
        channel="sms",
        attempt=attempt,
        lost_before=lost,
        started=MONDAY - HOUR,
        result="accepted",
        final=True,
    )
    found = passes(empty, said)
    finished = found.pop()
    assert isinstance(finished, e.AttemptFinished)
    assert (finished.attempt, finished.started, finished.at) == (attempt, MONDAY - HOUR, MONDAY)
    assert len(found) == lost
    for one in found:
        assert isinstance(one, e.AttemptStarted)
        assert (one.attempt, one.found) == (attempt - 1, MONDAY - HOUR)
