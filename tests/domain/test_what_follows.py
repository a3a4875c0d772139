"""What follows from a step of a case: who is called, what is owed, what is owed no more."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from psysafe.domain import events as e
from psysafe.domain.care import AuthorityReport, CareAdvice, GuardianRow, Supervision
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, WARNING, Asked, Duty, Run
from psysafe.domain.files import LIVE, Case
from psysafe.domain.owing import CANNOT
from psysafe.domain.reactions import react
from psysafe.domain.reactions_care import follow_up_owed, in_crisis
from psysafe.domain.severity import Assessed, Level, NotAssessed, Provisional, Severity
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.ids import CaseId, CommandId, CommandIds, DutyId, NoticeId, PersonId, RunId
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

CHILD = student_id(1)
MINE = CaseId("case-500000000000")
#: This case, and ids before and after it in the order of texts.
CASES = (CaseId("case-100000000000"), MINE, CaseId("case-900000000000"))
HOUR = timedelta(hours=1)
LEAD, OTHER = staff_id("counselor-a"), staff_id("counselor-b")
HEAD, DEPUTY, AFFAIRS = (staff_id(one) for one in ("head", "deputy-head", "affairs"))
MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)
GRAVE = (Severity.HIGH, Severity.IMMINENT)
UNSURE: tuple[Level, ...] = (
    NotAssessed(),
    *(Provisional(severity=one, rule="T:x") for one in Severity),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("follows") / "school") as opened:
        yield gather(opened.school, CHILD).world


def anew(text: str) -> Any:
    """The same word, as it comes out of a store: another object."""
    return "".join(list(text))


def filed(empty: World, **more: Any) -> World:
    return attrs.evolve(empty, file=changed(empty.file, **more))


def level_of(severity: Severity) -> Level:
    return Provisional(severity=severity, rule="T:x")


def standing(empty: World, lifecycle: str = "open", **more: Any) -> World:
    held: dict[str, Any] = {"level": level_of(Severity.HIGH), "signalled": MONDAY, **more}
    return filed(empty, case=Case(id=anew(MINE), lifecycle=anew(lifecycle), **held))


def gone(world: World, *people: str) -> World:
    staff = {one: held for one, held in world.roster.staff.items() if one not in people}
    return attrs.evolve(world, roster=changed(world.roster, staff=staff))


def owing(number: int, kind: str, case: CaseId | None = MINE, **more: Any) -> Duty:
    held: dict[str, Any] = {
        "owner": LEAD,
        "due": MONDAY + 400 * HOUR,
        "fallback": "counselor",
        "severity": Severity.ATTENTION,
        **more,
    }
    return Duty(
        id=DutyId(f"duty-{number:012d}"),
        kind=anew(kind),
        origin="clause C6.2",
        opened=MONDAY - HOUR,
        case=case and CaseId(anew(case)),
        **held,
    )


def calling(number: int = 5, **more: Any) -> Run:
    held: dict[str, Any] = {
        "purpose": "linkage",
        "severity": Severity.HIGH,
        "case": MINE,
        "index": 0,
        **more,
    }
    return Run(
        id=RunId(f"run-{number:012d}"),
        route="linkage",
        started=MONDAY,
        steps=(),
        end=(),
        **held,
    )


def follows(world: World, event: e.Event, now: datetime = MONDAY) -> list[e.Event]:
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    return list(react(event, world, now, ids))


def opened(found: list[e.Event], kind: str) -> list[Duty]:
    return [x.duty for x in found if isinstance(x, e.DutyOpened) and x.duty.kind == kind]


def over(found: list[e.Event], kind: type[Any]) -> set[str]:
    """The duties that are met, cancelled or planned anew, by the type of what says so."""
    said: list[Any] = [one for one in found if isinstance(one, kind)]
    return {one.duty for one in said}


# -- it is graver than was thought -----------------------------------------------------------------


@pytest.mark.parametrize("lifecycle", LIVE)
def test_a_rise_calls_somebody_where_nobody_has_the_case_or_it_is_grave_and_nobody_is_called_yet(
    empty: World, lifecycle: str
) -> None:
    for severity, declared, calls in itertools.product(
        Severity, (None, MONDAY), (None, *itertools.product(GRAVE, (0, 1)))
    ):
        level = level_of(severity)
        world = standing(empty, lifecycle, level=level, declared=declared)
        if calls is not None:
            world = filed(world, runs=(calling(severity=calls[0], index=calls[1]),))
        found = follows(world, e.SeverityChanged(case=MINE, level=level, reasons=(), at=MONDAY))
        called = calls is not None and calls[0] >= severity and calls[1] == 0
        rises = lifecycle == "signalled" or (severity in GRAVE and declared is None)
        wanted = bool(empty.plan.routes_on("signal", severity))
        starts = any(isinstance(one, e.RouteStarted) for one in found)
        assert starts is (wanted and rises and not called), (severity, declared, calls)


def _judged(severity: Severity) -> e.SeverityChanged:
    level = Assessed(severity=severity, assessor=OTHER, at=MONDAY)
    return e.SeverityChanged(case=MINE, level=level, reasons=(), at=MONDAY, rationale="谈过两次")


def test_an_assessment_meets_what_was_to_be_judged_of_this_case_and_of_no_other(
    empty: World,
) -> None:
    kinds = ("full_analysis", "review_signal", "reassess", "tell_guardian")
    duties = tuple(
        owing(n, kind, case) for n, (kind, case) in enumerate(itertools.product(kinds, CASES))
    )
    world = filed(standing(empty, lead=LEAD), duties=duties)
    met = {d.id for d in duties if d.case == MINE and d.kind != "tell_guardian"}
    for severity in Severity:
        event = _judged(severity)
        here = filed(world, case=changed(world.file.case, level=event.level))
        found = follows(here, event)
        assert over(found, e.DutyMet) == met
        sooner = {d.id for d in duties if d.case == MINE} - met
        brought = over(found, e.DutyReplanned)
        assert brought == (sooner if severity > Severity.ATTENTION else set())
        assert [d.owner for d in opened(found, "reassess")] == [LEAD]


@pytest.mark.parametrize("level", UNSURE)
def test_an_open_case_is_looked_at_again_and_a_grave_one_followed_up(
    empty: World, level: Level
) -> None:
    world = filed(standing(empty, lead=LEAD, level=level), duties=(owing(1, "triage"),))
    found = follows(world, e.CaseOpened(case=MINE, lead=LEAD, at=MONDAY))
    severity = getattr(level, "severity", Severity.HIGH)
    assert [d.severity for d in opened(found, "reassess")] == [severity]
    assert bool(opened(found, "follow_up")) is (severity in GRAVE)
    assert over(found, e.DutyMet) == {owing(1, "triage").id}


# -- somebody takes it up --------------------------------------------------------------------------

TAKEN = e.CaseAcknowledged(case=MINE, by=LEAD, at=MONDAY)


@pytest.mark.parametrize("lifecycle", LIVE)
@pytest.mark.parametrize("level", [NotAssessed(), level_of(Severity.IMMINENT)])
def test_whoever_takes_a_case_up_judges_it_first(
    empty: World, lifecycle: str, level: Level
) -> None:
    found = follows(standing(empty, lifecycle, level=level), TAKEN)
    severity = getattr(level, "severity", Severity.HIGH)
    wanted = [(LEAD, severity, MINE)] if lifecycle == "triage" else []
    assert [(d.owner, d.severity, d.case) for d in opened(found, "triage")] == wanted
    assert opened(follows(empty, TAKEN), "triage") == []


def test_only_calls_to_take_it_up_are_over_when_somebody_has(empty: World) -> None:
    states, purposes = (RUNNING, STOPPED, EXHAUSTED), ("linkage", "crisis", WARNING)
    runs = tuple(
        calling(n, state=anew(state), purpose=anew(purpose))
        for n, (state, purpose) in enumerate(itertools.product(states, purposes))
    )
    found = follows(filed(standing(empty, "triage"), runs=runs), TAKEN)
    stopped = {one.run for one in found if isinstance(one, e.RouteStopped)}
    assert stopped == {r.id for r in runs if (r.state, r.purpose) == (RUNNING, "linkage")}


def test_what_nobody_answered_is_settled_where_nobody_else_was_reached_to_answer_for_it(
    empty: World,
) -> None:
    someone = Asked(person=HEAD, notice=NoticeId("notice-000000000001"), step=0)
    runs = (
        calling(1, state=EXHAUSTED, asked=(someone,)),
        calling(2, state=EXHAUSTED, asked=()),
    )
    duties = tuple(owing(n, "answer_unheard_route", run=RunId(f"run-{n:012d}")) for n in (1, 2, 3))
    world = filed(standing(empty, "open"), runs=runs, duties=duties)
    assert over(follows(world, TAKEN), e.DutyMet) == {duties[1].id, duties[2].id}


# -- a case ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [e.CaseClosed, e.CaseDismissed])
def test_nothing_of_a_case_that_has_ended_goes_on_and_all_of_another_does(
    empty: World, event: type[Any]
) -> None:
    duties = tuple(
        owing(n, kind, case)
        for n, (kind, case) in enumerate(
            itertools.product(("triage", "tell_guardian", "reassess"), (None, *CASES))
        )
    )
    runs = tuple(
        calling(n, state=anew(state), case=CaseId(anew(case)))
        for n, (state, case) in enumerate(itertools.product((RUNNING, STOPPED, EXHAUSTED), CASES))
    )
    reason = {} if event is e.CaseClosed else {"reason": "一场误会"}
    world = filed(standing(empty, "closed"), duties=duties, runs=runs)
    found = follows(world, event(case=MINE, by=LEAD, at=MONDAY, **reason))
    mine = {d.id: d.kind for d in duties if d.case == MINE}
    assert over(found, e.DutyMet) == {one for one, kind in mine.items() if kind == "triage"}
    cancelled = {x.duty for x in found if isinstance(x, e.DutyCancelled) and x.why == "case_ended"}
    assert cancelled == {one for one, kind in mine.items() if kind != "triage"}
    stopped = {one.run for one in found if isinstance(one, e.RouteStopped)}
    assert stopped == {r.id for r in runs if (r.state, r.case) == (RUNNING, MINE)}


# -- a crisis is declared --------------------------------------------------------------------------

DECLARED = e.CrisisDeclared(
    case=MINE, by=OTHER, at=MONDAY, danger="self", place="home", proposal="家访"
)
OWED = ("tell_homeroom_teacher", "leading_group_report", "full_analysis")


@pytest.mark.parametrize("lifecycle", LIVE)
@pytest.mark.parametrize("case", CASES)
def test_a_crisis_is_told_and_analysed_once_and_its_triage_is_over(
    empty: World, lifecycle: str, case: CaseId
) -> None:
    for lead, already in itertools.product((None, LEAD), (None, *OWED)):
        duties = [owing(1, "triage", case), owing(3, "a_kind_of_the_schools_own", case)]
        if already is not None:
            duties.append(owing(2, already, case))
        world = filed(standing(empty, lifecycle, lead=lead), duties=tuple(duties))
        found = follows(world, DECLARED)
        for kind in OWED:
            owner = lead or OTHER if kind == "full_analysis" else OTHER
            wanted = [] if (kind, case) == (already, MINE) else [owner]
            assert [d.owner for d in opened(found, kind)] == wanted
        assert over(found, e.DutyMet) == ({duties[0].id} if lifecycle != "triage" else set())
        assert any(isinstance(one, e.RouteStarted) for one in found)
    assert follows(filed(empty, duties=()), DECLARED) == []


# -- a duty goes to somebody else ------------------------------------------------------------------


def _passed(world: World, why: str, to: PersonId | None) -> list[str]:
    event = e.DutyPassedOn(
        duty=owing(1, "tell_guardian").id, to=to, due=MONDAY + HOUR, at=MONDAY, why=anew(why)
    )
    return [x.notice.purpose for x in follows(world, event) if isinstance(x, e.NoticeQueued)]


def test_whoever_owes_something_now_is_told_that_it_is_theirs_or_that_it_is_late(
    empty: World,
) -> None:
    world = filed(standing(empty), duties=(owing(1, "tell_guardian"),))
    assert _passed(world, CANNOT, OTHER) == ["duty_yours"]
    assert _passed(world, "", OTHER) == ["duty_passed_on"]
    assert _passed(world, "", None) == ["duty_late"]
    assert _passed(filed(world, duties=()), "", OTHER) == []


def test_what_somebody_cannot_do_goes_to_somebody_who_can_in_the_same_moment(empty: World) -> None:
    for owner, passes in ((LEAD, False), (staff_id("registrar"), True)):
        duty = owing(1, "reassess", owner=owner)
        world = filed(standing(empty, lead=LEAD), duties=(duty,))
        found = follows(world, e.DutyOpened(duty=duty))
        assert [type(one) for one in found] == ([e.DutyPassedOn] if passes else [])
        assert follows(filed(world, duties=()), e.DutyOpened(duty=duty)) == []


# -- nobody is left alone --------------------------------------------------------------------------


@pytest.mark.parametrize("level", UNSURE)
@pytest.mark.parametrize("declared", [None, MONDAY])
def test_a_crisis_is_what_was_declared_or_is_high_and_more(
    level: Level, declared: datetime | None
) -> None:
    case = Case(id=MINE, lifecycle="open", level=level, signalled=MONDAY, declared=declared)
    grave = getattr(level, "severity", None) in GRAVE
    assert in_crisis(case) is (grave or declared is not None)


@pytest.mark.parametrize("level", UNSURE)
def test_somebody_goes_to_a_child_in_the_gravest_danger_and_need_not_where_it_is_none(
    empty: World, level: Level
) -> None:
    event = e.SeverityChanged(case=MINE, level=level, reasons=(), at=MONDAY)
    world = standing(empty, lead=LEAD, level=level)
    imminent = level == level_of(Severity.IMMINENT)
    assert [d.owner for d in opened(follows(world, event), "never_alone")] == [LEAD] * imminent
    owed = filed(world, duties=(owing(1, "never_alone"),))
    found = follows(owed, event)
    assert opened(found, "never_alone") == []
    assert (owing(1, "never_alone").id in over(found, e.DutyCancelled)) is not imminent
    nearest = [staff_id("homeroom-1")] * imminent
    unled = standing(empty, level=level)
    assert [d.owner for d in opened(follows(unled, event), "never_alone")] == nearest
    nobody = gone(world, *empty.roster.staff)
    assert opened(follows(nobody, event), "never_alone") == []


@pytest.mark.parametrize("level", UNSURE)
def test_whoever_has_the_case_asks_after_a_child_in_hospital_as_gravely_as_it_stands(
    empty: World, level: Level
) -> None:
    held = Supervision(state="handed_to", adult="外婆", to="hospital", since=MONDAY)
    event = e.SupervisionChanged(case=MINE, by=OTHER, at=MONDAY, supervision=held)
    for lead, owner in ((LEAD, LEAD), (None, OTHER)):
        found = follows(standing(empty, level=level, lead=lead), event)
        (duty,) = opened(found, "hospital_outcome")
        assert (duty.owner, duty.severity) == (owner, getattr(level, "severity", Severity.HIGH))


@pytest.mark.parametrize("place", ["home", "dormitory", "hospital", "unknown"])
@pytest.mark.parametrize("to", ["", "guardian", "hospital", "police"])
def test_whoever_says_where_a_child_is_has_found_it_and_a_hospital_is_asked_after(
    empty: World, place: str, to: str
) -> None:
    held = Supervision(state="handed_to", adult="外婆", to=anew(to), since=MONDAY)
    event = e.SupervisionChanged(
        case=MINE, by=OTHER, at=MONDAY, supervision=held, place=anew(place)
    )
    world = filed(standing(empty), duties=(owing(1, "whereabouts"), owing(2, "never_alone")))
    found = follows(world, event)
    met = {owing(2, "never_alone").id} | (
        {owing(1, "whereabouts").id} if place != "unknown" else set()
    )
    assert over(found, e.DutyMet) == met
    assert [d.owner for d in opened(found, "hospital_outcome")] == [OTHER] * (to == "hospital")


# -- what a family says ----------------------------------------------------------------------------


def _called(outcome: str, guardian: PersonId = MOTHER) -> e.GuardianContacted:
    return e.GuardianContacted(
        case=MINE, by=OTHER, at=MONDAY, guardian=guardian, outcome=anew(outcome)
    )


@pytest.mark.parametrize("outcome", ["reached", "agrees", "undecided", "refuses", "not_reached"])
def test_a_guardian_who_decides_has_been_told_when_they_were_reached(
    empty: World, outcome: str
) -> None:
    world = filed(standing(empty), duties=(owing(1, "tell_guardian"),))
    told = owing(1, "tell_guardian").id
    assert (told in over(follows(world, _called(outcome)), e.DutyMet)) is (outcome != "not_reached")
    (mother, *_) = empty.student.guardians
    carer = changed(mother, kind="carer")
    other = attrs.evolve(world, student=changed(world.student, guardians=(carer,)))
    assert told not in over(follows(other, _called(outcome)), e.DutyMet)


SAYS = {
    ("agrees", "agrees"): None,
    ("agrees", "refuses"): "family_disputed",
    ("attempting", "told"): None,
    ("undecided", "told"): "guardian_decision",
    ("unreachable", "unreachable"): "family_unreachable",
    ("refuses", "told"): "report",
}


@pytest.mark.parametrize(
    "level", [NotAssessed(), level_of(Severity.HIGH), level_of(Severity.MODERATE)]
)
@pytest.mark.parametrize("said", SAYS)
def test_what_a_family_says_in_a_crisis_is_decided_asked_again_or_reported(
    empty: World, level: Level, said: tuple[str, str]
) -> None:
    guardians = tuple(changed(empty.student.guardians[0], id=one) for one in (MOTHER, FATHER))
    rows = tuple(
        GuardianRow(guardian=one, state=anew(state), since=MONDAY)
        for one, state in zip((MOTHER, FATHER), said, strict=True)
    )
    follow = SAYS[said]
    for declared in (None, MONDAY):
        world = standing(empty, level=level, declared=declared, guardians=rows)
        world = attrs.evolve(world, student=changed(world.student, guardians=guardians))
        found = follows(world, _called("not_reached"))
        crisis = declared is not None or level == level_of(Severity.HIGH)
        for kind in ("family_disputed", "family_unreachable", "guardian_decision"):
            wanted = [Severity.HIGH if isinstance(level, NotAssessed) else level.severity]
            duties = opened(found, kind)
            assert [d.severity for d in duties] == (wanted if crisis and kind == follow else [])
        reported = any(isinstance(one, e.ReportFellDue) for one in found)
        assert reported is (crisis and follow == "report")


def test_what_is_undecided_in_the_gravest_danger_is_asked_as_gravely(empty: World) -> None:
    rows = (GuardianRow(guardian=MOTHER, state="undecided", since=MONDAY),)
    world = standing(empty, level=level_of(Severity.IMMINENT), guardians=rows)
    (duty,) = opened(follows(world, _called("undecided")), "guardian_decision")
    assert duty.severity is Severity.IMMINENT


STATES = ("attempting", "told", "agrees", "undecided", "refuses", "unreachable")


@pytest.mark.parametrize("state", [None, "due", "drafted", "approved", "submitted", "acknowledged"])
@pytest.mark.parametrize("said", STATES)
def test_only_a_later_agreement_is_added_to_a_report_that_has_left_the_school(
    empty: World, state: str | None, said: str
) -> None:
    report = state and AuthorityReport(state=anew(state), trigger="refusal", due_since=MONDAY)
    (mother, *_) = empty.student.guardians
    rows = (GuardianRow(guardian=mother.id, state=anew(said), since=MONDAY),)
    world = standing(empty, guardians=rows, report=report or None)
    world = attrs.evolve(world, student=changed(world.student, guardians=(mother,)))
    found = follows(world, _called("not_reached"))
    sent = state in ("submitted", "acknowledged")
    assert bool(opened(found, "report_supplement")) is (sent and said == "agrees")
    due = any(isinstance(one, e.ReportFellDue) for one in found)
    assert due is (state is None and said == "refuses")


@pytest.mark.parametrize("level", UNSURE)
@pytest.mark.parametrize("state", [None, "ended", "in_person", "handed_to"])
def test_a_report_may_take_longer_when_somebody_is_with_a_child_in_the_gravest_danger(
    empty: World, level: Level, state: str | None
) -> None:
    held = state and Supervision(state=anew(state), adult="外婆", since=MONDAY)
    world = standing(empty, level=level, supervision=held or None)
    event = e.ReportFellDue(case=MINE, trigger="refusal", at=MONDAY)
    (duty,) = opened(follows(world, event), "authority_report")
    severity = getattr(level, "severity", Severity.HIGH)
    if severity is Severity.IMMINENT and state in ("in_person", "handed_to"):
        severity = Severity.HIGH
    assert (duty.owner, duty.severity) == (HEAD, severity)


@pytest.mark.parametrize("answer", ["accepted", "undecided", "declined"])
@pytest.mark.parametrize("severity", Severity)
def test_only_advice_that_is_declined_in_a_crisis_is_reported(
    empty: World, answer: str, severity: Severity
) -> None:
    advice = CareAdvice(at=MONDAY, by=OTHER, advice="到专科门诊就诊", answer=anew(answer))
    world = filed(standing(empty, level=level_of(severity)), duties=(owing(1, "full_analysis"),))
    found = follows(world, e.CareAdvised(case=MINE, advice=advice))
    assert owing(1, "full_analysis").id in over(found, e.DutyMet)
    due = any(isinstance(one, e.ReportFellDue) for one in found)
    assert due is (answer == "declined" and severity in GRAVE)


@pytest.mark.parametrize("level", [NotAssessed(), *(level_of(one) for one in GRAVE)])
def test_an_approved_report_is_submitted_by_the_first_who_is_there_to_do_it(
    empty: World, level: Level
) -> None:
    report = AuthorityReport(state="approved", trigger="refusal", due_since=MONDAY)
    event = e.ReportAdvanced(case=MINE, step="approve", by=HEAD, at=MONDAY)
    world = filed(
        standing(empty, level=level, report=report), duties=(owing(1, "authority_report"),)
    )
    for missing, owner in (
        ((), AFFAIRS),
        ((AFFAIRS,), DEPUTY),
        ((AFFAIRS, DEPUTY), staff_id("core")),
        ((AFFAIRS, DEPUTY, staff_id("core")), HEAD),
    ):
        found = follows(gone(world, *missing), event)
        (duty,) = opened(found, "submit_report")
        severity = getattr(level, "severity", Severity.HIGH)
        assert (duty.owner, duty.severity) == (owner, severity)
        assert over(found, e.DutyMet) == {owing(1, "authority_report").id}


# -- afterwards ------------------------------------------------------------------------------------

SHORT = MONDAY - timedelta(days=61)
LONG = SHORT - HOUR


@pytest.mark.parametrize("declared", [None, LONG, SHORT])
@pytest.mark.parametrize("lowered", [None, LONG, SHORT])
@pytest.mark.parametrize("signalled", [LONG, SHORT])
def test_a_student_is_seen_weekly_for_two_months_after_the_worst_and_then_more_seldom(
    empty: World, declared: datetime | None, lowered: datetime | None, signalled: datetime
) -> None:
    world = standing(empty, lead=LEAD, declared=declared, lowered=lowered, signalled=signalled)
    since = declared or lowered or signalled
    severity = Severity.ATTENTION if since == LONG else Severity.HIGH
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    first = opened(follow_up_owed(world, MONDAY, ids), "follow_up")
    assert [(d.owner, d.severity) for d in first] == [(LEAD, severity)]
    owed = filed(world, duties=(owing(1, "follow_up"),))
    assert follow_up_owed(owed, MONDAY, ids) == []
    found = follows(owed, e.FollowedUp(case=MINE, by=OTHER, at=MONDAY, note="睡得着了"))
    assert over(found, e.DutyMet) == {owing(1, "follow_up").id}
    assert [(d.owner, d.severity) for d in opened(found, "follow_up")] == [(LEAD, severity)]


def test_where_nobody_leads_nobody_owes_a_follow_up(empty: World) -> None:
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    assert follow_up_owed(standing(empty), MONDAY, ids) == follow_up_owed(empty, MONDAY, ids) == []
