"""What is done about one case: each step in every combination of what it looks at."""

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
from psysafe.domain.care import AuthorityReport, Supervision
from psysafe.domain.cases.deciding import decide
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, Duty, Notice, Run
from psysafe.domain.files import LIVE, Case, GuardianAttempt
from psysafe.domain.people import Absence
from psysafe.domain.severity import Assessed, Level, NotAssessed, Provisional, Severity
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.errors import NotFoundError, PsysafeError
from psysafe.ids import (
    SYSTEM_TICK,
    Actor,
    CaseId,
    CommandId,
    CommandIds,
    DutyId,
    FlagId,
    NoticeId,
    PersonId,
    RunId,
)
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

CHILD = student_id(1)
MINE = CaseId("case-500000000000")
RUN = RunId("run-500000000000")
CALLED = NoticeId("notice-500000000000")
#: The person who acts, and one before and one after them in the order of ids.
BEFORE, ME, AFTER = (staff_id(one) for one in ("affairs", "counselor-a", "counselor-b"))
HEAD, DEPUTY, TEACHER = (staff_id(one) for one in ("head", "deputy-head", "grade-head-10"))
JUDGED = Assessed(severity=Severity.ATTENTION, assessor=ME, at=MONDAY)
LEVELS: tuple[Level, ...] = (
    NotAssessed(),
    *(Provisional(severity=one, rule="T:x") for one in Severity),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("cases") / "school") as opened:
        yield gather(opened.school, CHILD).world


def anew(text: str) -> Any:
    """The same word, as it comes out of a store: another object."""
    return "".join(list(text))


def filed(empty: World, **more: Any) -> World:
    return attrs.evolve(empty, file=changed(empty.file, **more))


def standing(empty: World, lifecycle: str = "open", level: Level = JUDGED, **more: Any) -> World:
    case = Case(id=MINE, lifecycle=anew(lifecycle), level=level, signalled=MONDAY, **more)
    return filed(empty, case=case)


def does(world: World, command: c.Command, by: Actor = ME) -> list[e.Event]:
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    return list(decide(world, command, anew(by), MONDAY, ids))


def refused(world: World, command: c.Command, by: Actor = ME) -> str | None:
    """The code of a refusal; None where something was done."""
    try:
        does(world, command, by)
    except NotFoundError:
        return "unknown"
    except PsysafeError as told:
        return told.code
    return None


def gone(world: World, *people: PersonId) -> World:
    staff = {one: held for one, held in world.roster.staff.items() if one not in people}
    return attrs.evolve(world, roster=changed(world.roster, staff=staff))


def away(world: World, person: PersonId) -> World:
    """Somebody is ill today, and nobody stands in for them."""
    ill = Absence(since=MONDAY - timedelta(days=1), until=MONDAY + timedelta(days=1))
    someone = changed(world.roster.staff[person], absences=(ill,), deputy=None)
    staff = {**world.roster.staff, person: someone}
    return attrs.evolve(world, roster=changed(world.roster, staff=staff))


def barring(world: World, *people: PersonId) -> World:
    bar = Bar(person=people[0], also=people[1:], by=Actor("staff:doctor"), at=MONDAY)
    return filed(world, bars=(bar,))


def owing(kind: str, owner: PersonId, **more: Any) -> Duty:
    return Duty(
        id=DutyId("duty-500000000000"),
        kind=anew(kind),
        owner=anew(owner),
        due=MONDAY + timedelta(hours=1),
        fallback="counselor",
        origin="clause C6.2",
        severity=Severity.HIGH,
        opened=MONDAY - timedelta(hours=1),
        **more,
    )


# -- a call is answered ----------------------------------------------------------------------------


def _call(receiver: PersonId, step: int = 0, **more: Any) -> Notice:
    return Notice(
        id=CALLED,
        purpose="linkage",
        receiver=anew(receiver),
        role="counselor",
        severity=Severity.HIGH,
        queued=MONDAY,
        channels=("inbox",),
        step=step,
        **more,
    )


_RUN = Run(
    id=RUN,
    route="linkage",
    purpose="linkage",
    severity=Severity.HIGH,
    case=MINE,
    started=MONDAY,
    steps=(),
    end=(),
)
ANSWER = c.AcknowledgeNotice(student=CHILD, notice=CALLED)


@pytest.mark.parametrize("receiver", [BEFORE, ME, AFTER])
@pytest.mark.parametrize("there", [True, False])
def test_a_call_is_answered_by_whoever_was_called_while_they_belong_to_the_school(
    empty: World, receiver: PersonId, there: bool
) -> None:
    world = attrs.evolve(empty if there else gone(empty, ME), notice=_call(receiver))
    assert refused(world, ANSWER) == (None if receiver == ME and there else "unknown")
    answered = attrs.evolve(world, notice=_call(receiver, acknowledged=MONDAY))
    assert refused(answered, ANSWER) == ("PSY023" if receiver == ME and there else "unknown")
    assert refused(attrs.evolve(world, notice=None), ANSWER) == "unknown"


@pytest.mark.parametrize("state", [RUNNING, STOPPED, EXHAUSTED, "another", "zzz"])
def test_an_answer_is_late_when_others_are_called_or_nobody_any_more(
    empty: World, state: str
) -> None:
    for step, index in itertools.product(range(3), repeat=2):
        run = changed(_RUN, index=index, state=anew(state))
        world = attrs.evolve(filed(empty, runs=(run,)), notice=_call(ME, step, run=RUN))
        (said,) = does(world, ANSWER)
        assert isinstance(said, e.NoticeAcknowledged)
        assert said.late is (state != RUNNING or step != index)
        assert (said.run, said.by) == (RUN, ME)
    (said,) = does(attrs.evolve(empty, notice=_call(ME)), ANSWER)
    assert isinstance(said, e.NoticeAcknowledged)
    assert (said.late, said.run) == (False, None)


# -- taken up, opened, dismissed -------------------------------------------------------------------


def test_whoever_opens_a_case_leads_it_though_ill_and_gives_it_to_nobody_who_is_away(
    empty: World,
) -> None:
    world = standing(empty, "triage")
    own = c.OpenCase(student=CHILD, case=MINE)
    for here, by in itertools.product((world, away(world, ME)), (ME, AFTER)):
        opened = does(here, own, by)[0]
        assert isinstance(opened, e.CaseOpened)
        assert opened.lead == by
    for by, lead in ((ME, AFTER), (AFTER, ME)):
        given = changed(own, lead=lead)
        assert refused(world, given, by) is None
        assert refused(away(world, lead), given, by) == "PSY022"
        assert refused(gone(world, lead), given, by) == "PSY022"
    assert refused(world, changed(own, lead=HEAD)) == "PSY022"


@pytest.mark.parametrize("level", LEVELS)
def test_what_may_be_grave_or_was_not_judged_yet_only_a_counselor_dismisses(
    empty: World, level: Level
) -> None:
    world = standing(empty, "triage", level)
    command = c.DismissCase(student=CHILD, case=MINE, reason="一场误会")
    assert refused(world, command) is None
    mild = getattr(level, "severity", None) in (
        Severity.NONE,
        Severity.ATTENTION,
        Severity.MODERATE,
    )
    assert refused(world, command, TEACHER) == (None if mild else "PSY010")


# -- a crisis is declared --------------------------------------------------------------------------


def _declared(severity: Severity = Severity.HIGH) -> c.DeclareCrisis:
    return c.DeclareCrisis(
        student=CHILD, case=MINE, danger="self", place="home", proposal="家访", severity=severity
    )


@pytest.mark.parametrize("lifecycle", LIVE)
def test_others_declare_a_crisis_only_where_the_first_who_were_called_did_not_answer(
    empty: World, lifecycle: str
) -> None:
    for state, index in itertools.product((RUNNING, STOPPED, EXHAUSTED), range(-1, 3)):
        run = changed(_RUN, index=index, state=anew(state))
        world = filed(standing(empty, lifecycle), runs=(run,))
        unanswered = lifecycle == "signalled" and (state != RUNNING or index > 0)
        assert refused(world, _declared(), TEACHER) == (None if unanswered else "PSY002")
        assert refused(world, _declared()) is None
    assert refused(standing(empty, lifecycle), _declared(), TEACHER) == "PSY002"


@pytest.mark.parametrize("lifecycle", LIVE)
def test_whoever_declares_a_crisis_has_taken_it_up_where_nobody_had(
    empty: World, lifecycle: str
) -> None:
    kinds = [type(one) for one in does(standing(empty, lifecycle), _declared())]
    assert (e.CaseAcknowledged in kinds) is (lifecycle == "signalled")
    assert kinds[-1] is e.CrisisDeclared


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("said", Severity)
def test_a_declared_crisis_is_high_at_least_and_lowers_nothing(
    empty: World, level: Level, said: Severity
) -> None:
    before = getattr(level, "severity", None)
    found = does(standing(empty, "open", level), _declared(said))
    rises = [one for one in found if isinstance(one, e.SeverityChanged)]
    after = Severity.IMMINENT if Severity.IMMINENT in (said, before) else Severity.HIGH
    if before in (after, Severity.IMMINENT):
        assert rises == []
    else:
        (rise,) = rises
        assert rise.level == Assessed(severity=after, assessor=ME, at=MONDAY)


# -- assessed, closed ------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", Severity)
def test_a_danger_is_taken_down_in_whatever_words_and_nothing_milder_with_an_illness_in_it(
    empty: World, severity: Severity
) -> None:
    command = c.AssessCase(
        student=CHILD, case=MINE, severity=severity, rationale="家长说确诊抑郁症，已停药"
    )
    grave = severity in (Severity.HIGH, Severity.IMMINENT)
    assert refused(standing(empty), command) == (None if grave else "PSY707")
    assert refused(standing(empty), changed(command, rationale="情绪低落，已谈话")) is None


def test_a_counselor_asks_for_the_closure_and_another_person_or_the_head_agrees(
    empty: World,
) -> None:
    calm = MONDAY - timedelta(days=60)
    command = c.CloseCase(student=CHILD, case=MINE, reason="两周平稳")
    asked = standing(empty, "open", calm_since=calm)
    assert [type(one) for one in does(asked, command)] == [e.ClosureRequested]
    assert refused(asked, command, HEAD) == "PSY002"
    assert refused(asked, changed(command, reason=" ")) == "PSY006"
    for by, of in itertools.product((ME, AFTER, HEAD), (None, BEFORE, ME, AFTER)):
        closing = standing(empty, "closing", calm_since=calm, closure_by=of and anew(of))
        if by == of:
            assert refused(closing, command, by) == "PSY009"
        else:
            closed = does(closing, changed(command, reason=""), by)
            assert [type(one) for one in closed] == [e.CaseClosed]


# -- a family is told ------------------------------------------------------------------------------

CALL = c.LogGuardianContact(student=CHILD, case=MINE, guardian=guardian_id(1), outcome="reached")


@pytest.mark.parametrize("began", [None, BEFORE, ME, AFTER])
def test_whoever_has_begun_to_talk_with_a_family_goes_on_and_nobody_else_who_owes_nothing(
    empty: World, began: PersonId | None
) -> None:
    tried = GuardianAttempt(
        guardian=guardian_id(1), at=MONDAY, by=anew(began or ME), outcome="not_reached"
    )
    world = standing(empty, guardian_attempts=(tried,) if began else ())
    assert refused(world, CALL) == (None if began == ME else "PSY002")
    assert refused(barring(world, ME), CALL) == "PSY002"
    assert refused(gone(world, ME), CALL) == "PSY002"
    owed = filed(world, duties=(owing("tell_guardian", ME, case=MINE),))
    assert refused(owed, CALL) is None


def test_only_a_guardian_of_this_child_is_called_who_is_one_now_and_is_not_barred(
    empty: World,
) -> None:
    world = filed(standing(empty), duties=(owing("tell_guardian", ME, case=MINE),))
    for guardian in empty.student.guardians:
        (called,) = does(world, changed(CALL, guardian=anew(guardian.id)))
        assert isinstance(called, e.GuardianContacted)
        assert called.guardian == guardian.id
        assert refused(barring(world, guardian.id), changed(CALL, guardian=guardian.id)) == "PSY083"
        over = changed(guardian, until=MONDAY)
        ended = attrs.evolve(world, student=changed(world.student, guardians=(over,)))
        assert refused(ended, changed(CALL, guardian=guardian.id)) == "unknown"
    for other in (guardian_id(2), "guardian:g-000000000000", "guardian:g-999999999999"):
        assert refused(world, changed(CALL, guardian=other)) == "unknown"


# -- by whom at all --------------------------------------------------------------------------------


def test_what_time_does_no_person_does_and_time_does_nothing_that_a_person_decides(
    empty: World,
) -> None:
    world = standing(empty, "signalled")
    take = c.AcknowledgeCase(student=CHILD, case=MINE)
    due = c.StepIsDue(student=CHILD, run=RUN, index=0)
    assert [type(one) for one in does(world, take)] == [e.CaseAcknowledged]
    assert refused(world, take, SYSTEM_TICK) == "PSY002"
    assert does(world, due, SYSTEM_TICK) == []
    for person in (ME, Actor("operator:it"), Actor("student:s-000000000001")):
        assert refused(world, due, person) == "PSY002"


# -- who is with the child -------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["in_person", "handed_to", "ended"])
@pytest.mark.parametrize("held", [None, False, True])
@pytest.mark.parametrize("called", [False, True])
def test_who_is_with_a_child_and_that_help_was_called_once_stays_said(
    empty: World, state: str, held: bool | None, called: bool
) -> None:
    before = (
        None
        if held is None
        else Supervision(state="in_person", adult="王老师", since=MONDAY, called=held)
    )
    world = standing(empty, supervision=before)
    command = c.Supervise(
        student=CHILD, case=MINE, state=anew(state), adult="外婆", to="hospital", called=called
    )
    if state == "ended" and before is None:
        assert refused(world, command) == "PSY005"
        return
    (now,) = does(world, command)
    assert isinstance(now, e.SupervisionChanged)
    assert now.supervision.to == ("hospital" if state == "handed_to" else "")
    assert now.supervision.called is (called or bool(held))
    nobody = changed(command, to="")
    assert refused(world, nobody) == ("PSY013" if state == "handed_to" else None)


@pytest.mark.parametrize("lifecycle", LIVE)
def test_a_family_is_advised_from_the_moment_that_somebody_has_the_case(
    empty: World, lifecycle: str
) -> None:
    command = c.AdviseCare(student=CHILD, case=MINE, advice="到专科门诊就诊", answer="accepted")
    world = standing(empty, lifecycle)
    assert refused(world, command) == ("PSY005" if lifecycle == "signalled" else None)
    if lifecycle != "signalled":
        assert refused(world, changed(command, advice=" ")) == "PSY006"
    unnamed = c.Supervise(student=CHILD, case=MINE, state="in_person", adult=" ")
    assert refused(world, unnamed) == "PSY060"


# -- the report to the authority -------------------------------------------------------------------

STEPS = {
    "draft": ("due", "drafted"),
    "approve": ("drafted",),
    "submit": ("approved",),
    "acknowledge": ("submitted",),
    "supplement": ("submitted", "acknowledged"),
}
REPORTS = (None, "due", "drafted", "approved", "submitted", "acknowledged")


def reported(empty: World, state: str | None, drafted_by: PersonId | None = None) -> World:
    report = state and AuthorityReport(
        state=anew(state), trigger="refusal", due_since=MONDAY, drafted_by=drafted_by
    )
    return standing(empty, report=report or None)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", REPORTS)
def test_a_report_goes_one_step_after_the_other(empty: World, step: str, state: str | None) -> None:
    world = reported(empty, state, AFTER)
    by = DEPUTY if step == "submit" else HEAD
    command = c.AdvanceReport(student=CHILD, case=MINE, step=anew(step), text="事实经过")
    if state in STEPS[step]:
        (gone_on,) = does(world, command, by)
        assert isinstance(gone_on, e.ReportAdvanced)
        assert (gone_on.step, gone_on.by) == (step, by)
        wordless = refused(world, changed(command, text=" "), by)
        assert wordless == ("PSY006" if step in ("draft", "supplement") else None)
    else:
        assert refused(world, command, by) == "PSY061"


@pytest.mark.parametrize("drafted", [None, HEAD, DEPUTY, BEFORE, ME])
def test_the_head_approves_a_report_and_the_deputy_where_the_head_cannot_and_nobody_their_own(
    empty: World, drafted: PersonId | None
) -> None:
    for by, head_there, owed_by in itertools.product(
        (HEAD, DEPUTY), (True, False), (None, HEAD, DEPUTY, staff_id("core"))
    ):
        _approves(reported(empty, "drafted", drafted and anew(drafted)), by, head_there, owed_by)


def _approves(world: World, by: PersonId, head_there: bool, owed_by: PersonId | None) -> None:
    case = world.file.case
    drafted = case.report.drafted_by if case is not None and case.report is not None else None
    if owed_by is not None:
        world = filed(world, duties=(owing("authority_report", owed_by, case=MINE),))
    if not head_there:
        world = gone(world, HEAD)
    command = c.AdvanceReport(student=CHILD, case=MINE, step="approve", text="")
    if by == HEAD and not head_there and owed_by != HEAD:
        assert refused(world, command, by) == "PSY002"
    elif by == drafted:
        assert refused(world, command, by) == "PSY063"
    elif by == DEPUTY and head_there and drafted != HEAD and owed_by != DEPUTY:
        assert refused(world, command, by) == "PSY002"
    else:
        assert refused(world, command, by) is None


def test_whoever_drafted_a_report_may_write_down_that_it_was_received_and_add_to_it(
    empty: World,
) -> None:
    world = reported(empty, "submitted", ME)
    for step in ("acknowledge", "supplement"):
        command = c.AdvanceReport(student=CHILD, case=MINE, step=anew(step), text="收到回执")
        assert refused(world, command) is None


# -- what a screening asks a person to look at -----------------------------------------------------

FLAG = FlagId("flag-500000000000")
OUTCOMES = ("no_concern", "second_stage", "joined_case")


def _flagged(empty: World, severity: Severity = Severity.HIGH, **more: Any) -> World:
    flag = e.Flag(
        id=anew(FLAG),
        scale="x",
        answered_at=MONDAY,
        code="self_harm",
        answer=2,
        severity=severity,
        raised=MONDAY,
        reason=e.Reason(rule="T:x:self_harm:high", code="self_harm"),
        **more,
    )
    return filed(empty, flags=(flag,))


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("before", [None, *OUTCOMES])
@pytest.mark.parametrize("state", ["open", "reviewed"])
def test_a_flag_is_reviewed_once_and_again_only_after_the_interview_it_led_to(
    empty: World, outcome: str, before: str | None, state: str
) -> None:
    world = _flagged(empty, state=anew(state), outcome=before and anew(before))
    command = c.ReviewFlag(student=CHILD, flag=anew(FLAG), outcome=anew(outcome))
    again = before == outcome == "second_stage"
    assert refused(world, command) == ("PSY005" if state == "reviewed" or again else None)
    if state == "open" and not again:
        kinds = [type(one) for one in does(world, command)]
        joined = [e.CaseSignalled, e.FlagReviewed, e.CaseAcknowledged]
        assert kinds == (joined if outcome == "joined_case" else [e.FlagReviewed])


@pytest.mark.parametrize("flag", ["flag-100000000000", FLAG, "flag-900000000000"])
@pytest.mark.parametrize("owner", [BEFORE, HEAD, staff_id("registrar")])
def test_whoever_reviews_no_flags_reads_one_only_where_they_owe_its_review(
    empty: World, flag: str, owner: PersonId
) -> None:
    duty = owing("review_flag", owner, flag=FlagId(anew(flag)))
    world = filed(_flagged(empty), duties=(duty,))
    command = c.ReviewFlag(student=CHILD, flag=FLAG, outcome="no_concern")
    assert refused(world, command, HEAD) == (None if (flag, owner) == (FLAG, HEAD) else "unknown")
    assert refused(world, command) is None


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("severity", Severity)
def test_a_flag_that_joins_a_case_raises_it_and_never_lowers_it(
    empty: World, level: Level, severity: Severity
) -> None:
    world = _flagged(standing(empty, "open", level), severity)
    command = c.ReviewFlag(student=CHILD, flag=FLAG, outcome="joined_case")
    before = getattr(level, "severity", None)
    kinds = [type(one) for one in does(world, command)]
    rises = before is None or before < severity
    assert kinds == [e.FlagReviewed, *([e.SeverityChanged] if rises else [])]
