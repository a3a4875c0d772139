"""The wire format that was released, one file a kind: add files, never edit one.

`python tests/golden/test_wire_format.py` writes the files of kinds that have none yet; it never
writes over one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe import wire
from psysafe.domain import events as e
from psysafe.domain.access import AccessRequest, Hold
from psysafe.domain.bars import Bar, HandedOver
from psysafe.domain.bulk import (
    BulkAnswered,
    BulkAsked,
    BulkEnded,
    BulkRequest,
    BulkTaken,
    BulkUsed,
    Selection,
)
from psysafe.domain.campaigns import (
    Campaign,
    CampaignAnswersTaken,
    CampaignCancelled,
    CampaignClosed,
    CampaignColumnsNamed,
    CampaignOpened,
    CampaignPlanned,
    CampaignReadersNamed,
    Columns,
    Invitation,
    Reader,
    Taken,
)
from psysafe.domain.care import (
    AuthorityReport,
    CareAdvice,
    GuardianRow,
    Supervision,
    Supplement,
)
from psysafe.domain.consents import Consent
from psysafe.domain.diagnoses import HospitalStatement
from psysafe.domain.duties import Asked, Delivery, Duty, Notice, Run, RunStep
from psysafe.domain.duties_death import DeathEntered
from psysafe.domain.duties_holidays import BreakAhead, HolidayPlan
from psysafe.domain.duties_notes import Note
from psysafe.domain.duties_signs import Circle, Heard, TellsOf
from psysafe.domain.duty_roster import (
    DutyRoster,
    DutyRosterKept,
    DutyRosterStopped,
    Kept,
    Shift,
    ShiftRemoved,
    ShiftsAssigned,
    ShiftsReplaced,
    ShiftsSwapped,
    Swap,
    SwapEnded,
    SwapProposed,
)
from psysafe.domain.exposure import Exposure
from psysafe.domain.files import Case, GuardianAttempt, StudentFile
from psysafe.domain.glass import BrokenGlass
from psysafe.domain.grants import (
    GrantEnded,
    Grants,
    GrantsFounded,
    GrantSigned,
    GrantsRequired,
    StandingGrant,
)
from psysafe.domain.own_rows import OwnRow, OwnRowsAdopted, WideningBegan, WideningEnded
from psysafe.domain.people import (
    Absence,
    Guardian,
    HandOver,
    Placement,
    RoleHeld,
    Roster,
    SchoolClass,
    Scope,
    Staff,
    Student,
)
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.severity import Assessed, NotAssessed, Provisional, Severity
from psysafe.domain.signals import Contact, Signal, Support
from psysafe.ids import (
    Actor,
    BulkId,
    CampaignId,
    CaseId,
    CircleId,
    ClassId,
    CommandId,
    ConsentId,
    DutyId,
    ExposureId,
    FlagId,
    GrantId,
    NoticeId,
    OfferId,
    PersonId,
    ReferralId,
    RunId,
    ShiftId,
    SignalId,
    SignId,
    StudentId,
    SurveyId,
    SwapId,
)

FOLDER = Path(__file__).parent / "wire" / "format-1"

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=8, microseconds=1)
STUDENT = StudentId("s-0123456789ab")
TEACHER, COUNSELOR = PersonId("staff:t-017"), PersonId("staff:t-002")
FATHER = PersonId("guardian:g-0123456789ab")
CASE, FLAG, DUTY = (
    CaseId("case-0123456789ab"),
    FlagId("flag-0123456789ab"),
    DutyId("duty-0123456789ab"),
)
RUN, NOTICE = RunId("run-0123456789ab"), NoticeId("notice-0123456789ab")
SURVEY = SurveyId("survey-0123456789ab")
SIGNAL_ID, CLASS = SignalId("sig-0123456789ab"), ClassId("cl-0123456789ab")

HELD = RoleHeld(role="homeroom_teacher", scope=Scope(kind="class", values=(CLASS,)), since=NOON)
GRANT = StandingGrant(
    id=GrantId("grant-000000000000"),
    person=COUNSELOR,
    role="counselor",
    scope=Scope(kind="school"),
    since=NOON,
    until=datetime(2027, 7, 10, 4, 0, tzinfo=UTC),
    reason="the school year",
    by=TEACHER,
    second=PersonId("staff:t-003"),
)
PLACE = Placement(class_id=CLASS, grade="G10", since=NOON)
GUARDIAN = Guardian(
    id=FATHER,
    kind="legal_guardian",
    name="张大",
    relation="父子",
    telephones=("13800000000",),
    since=NOON,
)
SCHOOL_CLASS = SchoolClass(id=CLASS, grade="G10", name="高一(3)班")
STAFF = Staff(
    id=TEACHER,
    name="王老师",
    addresses={"mobile": "13800000002", "mail": "wang@school.example"},
    roles=(HELD,),
    deputy=COUNSELOR,
    absences=(Absence(since=NOON, until=LATER),),
)
PUPIL = Student(
    id=STUDENT,
    name="张三",
    identities=(("student_no", "2026030117"),),
    placement=PLACE,
    past_placements=(Placement(class_id=CLASS, grade="G9", since=NOON, until=LATER),),
    guardians=(GUARDIAN,),
)
WAITING = HandOver(
    kind="class",
    listed=NOON,
    due=LATER,
    placement=Placement(class_id=CLASS, grade="G10", since=NOON, campus="east"),
    accepted=(COUNSELOR,),
)
ANSWERED = AccessRequest(
    person=FATHER,
    taken_by=COUNSELOR,
    at=NOON,
    reviewed_by=COUNSELOR,
    reviewed=LATER,
    notes="谈过两次",
)
HELD_BACK = Hold(by=TEACHER, at=NOON, reason="法院来函")
WITH_HER = Supervision(state="handed_to", adult="her aunt", to="hospital", since=NOON, called=True)
BESIDE: dict[str, Any] = {
    "after": CaseId("case-ba9876543210"),
    "lead_offered": TEACHER,
    "stood_down": LATER,
    "followed_up": LATER,
    "supervision": WITH_HER,
    "guardians": (GuardianRow(guardian=FATHER, state="refuses", since=NOON, tries=2),),
    "advice": (CareAdvice(at=LATER, by=COUNSELOR, advice="看医生", answer="declined"),),
    "report": AuthorityReport(
        state="submitted",
        trigger="refusal",
        due_since=NOON,
        text="经过",
        drafted_by=COUNSELOR,
        approved_by=TEACHER,
        submitted_by=TEACHER,
        submitted=LATER,
        supplements=(Supplement(at=LATER, by=COUNSELOR, text="家长已同意"),),
    ),
}
REASON = e.Reason(rule="signal.degree", code="insomnia", degree="marked")
SIGNAL = Signal(
    id=SIGNAL_ID,
    source="one_to_one",
    at=NOON,
    reporter=Actor(TEACHER),
    symptoms={"insomnia": "marked", "fear": "some"},
    needs=("somebody_to_talk_to",),
    dangers=("farewell",),
    place="dormitory",
    note='他说"睡不着"\n第二行',
)
FLAGGED = e.Flag(
    id=FLAG,
    scale="phq9",
    answered_at=NOON,
    code="self_harm",
    severity=Severity.HIGH,
    raised=LATER,
    reason=REASON,
    state="reviewed",
    outcome="joined_case",
    reviewer=COUNSELOR,
    reviewed=LATER,
)
OWED = Duty(
    id=DUTY,
    kind="triage",
    owner=COUNSELOR,
    due=LATER,
    fallback="leading_group_head",
    origin="clause C6.2",
    severity=Severity.IMMINENT,
    opened=NOON,
    case=CASE,
    flag=FLAG,
    signal=SIGNAL_ID,
    run=RUN,
    had_by=(TEACHER,),
)
STEP = RunStep(
    role="counselor",
    relation="of_grade",
    channels=("inbox", "mail"),
    answer="any",
    within="10 min",
    cap="15 min",
    origin="suggestion",
)
ROUTE = Run(
    id=RUN,
    route="linkage",
    purpose="crisis",
    severity=Severity.IMMINENT,
    case=CASE,
    started=NOON,
    steps=(STEP,),
    end=(STEP,),
    index=0,
    due=LATER,
    asked=(Asked(person=COUNSELOR, notice=NOTICE, step=0, answered=LATER),),
    state="stopped",
)
TOLD = Notice(
    id=NOTICE,
    purpose="crisis",
    receiver=COUNSELOR,
    role="counselor",
    severity=Severity.IMMINENT,
    queued=NOON,
    student=STUDENT,
    case=CASE,
    run=RUN,
    step=1,
    answer_by=LATER,
    channels=("inbox",),
    deliveries=(Delivery(channel="inbox", attempts=1, result="accepted", content="K0", at=LATER),),
    acknowledged=LATER,
    concerning=TEACHER,
    duty=DUTY,
)
EXPOSED = Exposure(
    id=ExposureId("exp-0123456789ab"),
    fact="returned_from",
    since=NOON,
    until=LATER,
    purpose="epidemic_care",
    closes=LATER,
)
CONTACT = Contact(
    at=NOON,
    by=TEACHER,
    means="wechat",
    outcome="reached",
    symptoms={"insomnia": "some"},
    needs=("device",),
    note="睡得晚",
)
LEVEL = Assessed(severity=Severity.HIGH, assessor=COUNSELOR, at=LATER, second=TEACHER)

EVENTS: tuple[e.Event, ...] = (
    e.ClassAdded(school_class=SCHOOL_CLASS),
    e.PersonAdded(staff=STAFF, student=PUPIL),
    e.RelationStarted(
        staff=TEACHER, role=HELD, student=STUDENT, placement=PLACE, guardian=GUARDIAN
    ),
    e.RelationEnded(at=LATER, staff=TEACHER, role=HELD, student=STUDENT, guardian=FATHER),
    e.HandOverListed(student=STUDENT, hand_over=WAITING),
    e.HandOverAccepted(student=STUDENT, by=TEACHER, at=LATER),
    e.HandOverSettled(student=STUDENT, outcome="accepted", at=LATER),
    e.SignalReported(student=STUDENT, signal=SIGNAL, severity=Severity.MODERATE, reasons=(REASON,)),
    e.AnswersScored(
        student=STUDENT,
        scale="phq9",
        definition="1.0.0:ab12",
        answered_at=NOON,
        answers=(1, 0, None, 3),
        scores={"total": 3, "mean": 0.75},
        bands={"total": "minimal"},
        status="complete",
    ),
    e.FlagRaised(student=STUDENT, flag=FLAGGED),
    e.FlagReviewed(
        student=STUDENT,
        flag=FLAG,
        outcome="joined_case",
        reviewer=COUNSELOR,
        at=LATER,
        note="谈过",
    ),
    e.CaseSignalled(
        student=STUDENT,
        case=CASE,
        at=NOON,
        level=Provisional(severity=Severity.MODERATE, rule="signal.degree"),
        reasons=(REASON,),
        signal=SIGNAL_ID,
        flag=FLAG,
    ),
    e.CaseAcknowledged(case=CASE, by=COUNSELOR, at=LATER),
    e.CaseOpened(case=CASE, lead=COUNSELOR, at=LATER),
    e.CaseDismissed(case=CASE, by=COUNSELOR, at=LATER, reason="误会"),
    e.SeverityChanged(case=CASE, level=LEVEL, reasons=(REASON,), at=LATER, rationale="面谈"),
    e.CrisisDeclared(
        case=CASE,
        by=COUNSELOR,
        at=LATER,
        danger="self",
        place="dormitory",
        proposal="hospital tonight",
    ),
    e.GuardianContacted(
        case=CASE, by=COUNSELOR, at=LATER, guardian=FATHER, outcome="reached", note="在路上"
    ),
    e.ClosureRequested(case=CASE, by=COUNSELOR, at=LATER, reason="稳定"),
    e.CaseClosed(case=CASE, by=COUNSELOR, at=LATER),
    e.DutyOpened(duty=OWED),
    e.DutyMet(duty=DUTY, by=COUNSELOR, at=LATER),
    e.DutyPassedOn(duty=DUTY, to=None, due=LATER, at=LATER),
    e.DutyCancelled(duty=DUTY, at=LATER, why="dismissed"),
    e.RouteStarted(run=ROUTE),
    e.RouteStepDue(
        run=RUN,
        index=1,
        people=(TEACHER,),
        notices=(NOTICE,),
        due=LATER,
        at=NOON,
        skipped="asked_before",
    ),
    e.RouteStopped(run=RUN, by=COUNSELOR, at=LATER, why="declared"),
    e.RouteExhausted(run=RUN, at=LATER),
    e.NoticeQueued(notice=TOLD),
    e.AttemptStarted(notice=NOTICE, channel="inbox", attempt=1, found=LATER),
    e.AttemptFinished(
        notice=NOTICE,
        channel="inbox",
        attempt=1,
        started=NOON,
        at=LATER,
        result="accepted",
        content="K0",
        provider_code="250",
        final=False,
    ),
    e.NoticeAcknowledged(notice=NOTICE, run=RUN, by=COUNSELOR, at=LATER, late=True),
    e.ItemRead(
        student=STUDENT,
        case=CASE,
        by=Actor(COUNSELOR),
        viewer="counselor_assigned",
        purpose="care",
        items=("risk_level",),
        rules=("M:counselor_assigned:risk_level:open",),
        at=LATER,
    ),
    e.DecisionRefused(student=STUDENT, by=Actor(TEACHER), action="assess", code="PSY002", at=LATER),
    e.DocumentRebuilt(record="file/s-0123456789ab", by=Actor("operator:setup"), at=LATER),
    e.ExposureRecorded(student=STUDENT, exposure=EXPOSED, by=TEACHER, at=LATER),
    e.ExposureEnded(student=STUDENT, exposure=EXPOSED.id, until=LATER, by=TEACHER, at=LATER),
    e.SupportStarted(student=STUDENT, by=TEACHER, at=NOON, closes=LATER),
    e.SupportEnded(student=STUDENT, by=Actor(TEACHER), at=LATER, why="a_person"),
    e.ContactLogged(student=STUDENT, contact=CONTACT),
    e.Responded(student=STUDENT, duty=DUTY, by=COUNSELOR, at=LATER, note="谈了一刻钟"),
    e.PlaceLearned(case=CASE, place="home", by=TEACHER, at=LATER),
    e.DutyReplanned(duty=DUTY, due=LATER, severity=Severity.IMMINENT, at=NOON),
    e.SurveyStarted(
        survey=SURVEY,
        school_class=CLASS,
        grade="G10",
        students=(STUDENT,),
        cohort=(STUDENT,),
        duty=OWED,
        by=TEACHER,
        at=NOON,
    ),
    e.SurveyEntered(survey=SURVEY, student=STUDENT, outcome="concern", by=TEACHER, at=LATER),
    e.SurveyClosed(survey=SURVEY, by=TEACHER, at=LATER, nobody_else=True),
    e.NoteTaken(
        note=Note(
            signal=SIGNAL,
            about="高一(3)班 张三",
            severity=Severity.HIGH,
            answered_by=LATER,
            duty=OWED,
            state="closed",
        )
    ),
    e.NoteChecked(
        note=SIGNAL_ID,
        teller=TEACHER,
        outcome="linked",
        student=STUDENT,
        by=COUNSELOR,
        at=LATER,
    ),
)

CAMPAIGN_ID = CampaignId("camp-0123456789ab")
READER = Reader(person=COUNSELOR, since=NOON, until=LATER)
HEADINGS = Columns(
    items={"phq9": ("Q3", "Q4")}, number="学号", answered_at="提交时间", options="score"
)
PUT_IN = Taken(by=Actor(COUNSELOR), at=LATER, sheets=4, kept=2, known=1, refused=1)
SHIFT = Shift(
    id=ShiftId("shift-0123456789ab"), roster="hotline", person=COUNSELOR, since=NOON, until=LATER
)
OTHER = ShiftId("shift-0123456789ac")
EAST = attrs.evolve(SHIFT, campus="east")
SWAP = Swap(
    id=SwapId("swap-0123456789ab"),
    one=SHIFT.id,
    other=OTHER,
    by=COUNSELOR,
    to=TEACHER,
    at=NOON,
    until=LATER,
)
CAMPAIGN = Campaign(
    id=CAMPAIGN_ID,
    scales=("phq9", "gad7"),
    invitation=Invitation(kind="grade", values=("G10",)),
    opens=NOON,
    closes=LATER,
    readers=(READER,),
    second_stage="asq",
    state="closed",
    planned_by=Actor(COUNSELOR),
    planned=NOON,
    opened_by=Actor(COUNSELOR),
    opened=NOON,
    invited={CLASS: 42},
    ended_by=Actor(COUNSELOR),
    ended=LATER,
    columns=HEADINGS,
    taken=(PUT_IN,),
)
OWN_ROW = OwnRow(
    place="homeroom_teacher:scale_level:routine",
    effect="redact",
    reason="the leading group decided so",
    since=NOON,
    until=LATER,
    signed_by=TEACHER,
    key="A" * 44,
    signature="B" * 88,
)
EVENTS += (
    CampaignPlanned(campaign=CAMPAIGN),
    CampaignReadersNamed(campaign=CAMPAIGN_ID, readers=(READER,), by=Actor(COUNSELOR), at=LATER),
    CampaignColumnsNamed(campaign=CAMPAIGN_ID, columns=HEADINGS, by=Actor(COUNSELOR), at=LATER),
    CampaignAnswersTaken(campaign=CAMPAIGN_ID, taken=PUT_IN),
    CampaignOpened(campaign=CAMPAIGN_ID, by=Actor(COUNSELOR), at=LATER, invited={CLASS: 42}),
    CampaignClosed(campaign=CAMPAIGN_ID, by=Actor(COUNSELOR), at=LATER),
    CampaignCancelled(campaign=CAMPAIGN_ID, by=Actor(COUNSELOR), at=LATER),
    DutyRosterKept(
        roster="hotline", places=2, opens="17:00", closes="21:30", by=Actor(COUNSELOR), at=LATER
    ),
    DutyRosterStopped(roster="hotline", by=Actor(COUNSELOR), at=LATER),
    OwnRowsAdopted(rows=(OWN_ROW,), digest="0" * 64, by=Actor("operator:it"), at=LATER),
    WideningBegan(place=OWN_ROW.place, effect="redact", signed_by=TEACHER, until=LATER, at=NOON),
    WideningEnded(place=OWN_ROW.place, why="over", at=LATER),
    ShiftsAssigned(shifts=(SHIFT,), by=Actor("operator:it"), at=LATER),
    ShiftRemoved(shift=SHIFT.id, by=Actor(COUNSELOR), at=LATER),
    ShiftsReplaced(gone=(SHIFT.id,), shifts=(SHIFT,), by=Actor(COUNSELOR), at=LATER),
    ShiftsSwapped(
        one=SHIFT.id, other=OTHER, agreed=(COUNSELOR, TEACHER), by=Actor(COUNSELOR), at=LATER
    ),
    SwapProposed(swap=SWAP),
    SwapEnded(swap=SWAP.id, outcome="declined", by=Actor(TEACHER), at=LATER),
)
EVENTS += (
    e.AccessRequested(
        student=STUDENT, request=AccessRequest(person=FATHER, taken_by=FATHER, at=NOON)
    ),
    e.AccessReviewed(student=STUDENT, person=FATHER, by=COUNSELOR, at=LATER, notes="谈过两次"),
    e.HoldPlaced(student=STUDENT, hold=HELD_BACK),
    e.HoldLifted(student=STUDENT, by=TEACHER, at=LATER, reason="已结案"),
    BulkAsked(
        person=TEACHER,
        request=BulkRequest(
            id=BulkId("bulk-000000000000"),
            selection=Selection(what="roster", of=("cl-000000000000",), students=120),
            reason="the district asks for the roll",
            asked=NOON,
            answer_by=LATER,
        ),
    ),
    BulkAnswered(
        request=BulkId("bulk-000000000000"),
        by=TEACHER,
        approves=True,
        counts=False,
        reason="the letter is here",
        at=NOON,
        until=LATER,
    ),
    BulkEnded(
        request=BulkId("bulk-000000000000"), outcome="expired", by=Actor("system:tick"), at=LATER
    ),
    BulkUsed(request=BulkId("bulk-000000000000"), students=118, at=LATER),
    BulkTaken(person=TEACHER, what="papers", students=("0123456789abcdef",), since=NOON, at=LATER),
    e.NoteErased(
        mark="n-0123456789abcdef0123456789abcdef",
        by=Actor("system:tick"),
        at=LATER,
        again=True,
    ),
    GrantsRequired(by=Actor("operator:setup"), at=NOON),
    GrantsFounded(by=TEACHER, at=NOON),
    GrantSigned(grant=GRANT),
    GrantEnded(grant=GrantId("grant-000000000000"), by=COUNSELOR, reason="调离", at=LATER),
    e.StudentErased(
        mark="0123456789abcdef0123456789abcdef",
        basis="retention",
        by=Actor(TEACHER),
        at=LATER,
        notes=("note/sig-0123456789ab",),
        again=True,
    ),
    e.FiguresReleased(
        name="exposure-0123456789ab",
        by=Actor(COUNSELOR),
        at=NOON,
        k=5,
        rows=("g10", "g11"),
        columns=("fever", "none"),
        counts=((2, 40), (0, 30)),
        hidden=((-1, 0), (0, 0)),
    ),
)

BAR = Bar(
    person=TEACHER,
    also=(FATHER,),
    by=Actor(COUNSELOR),
    at=NOON,
    why="他说老师打他",
    state="confirmed",
    authority_told=LATER,
)
GLASS = BrokenGlass(
    by=TEACHER,
    at=NOON,
    until=LATER,
    reason="核对医院的用药嘱咐",
    reviewed_by=COUNSELOR,
    finding="与值班相符",
)
STATED = HospitalStatement(
    at=NOON, by=COUNSELOR, institution="市第七医院", diagnosis="抑郁发作", document="门诊 1234"
)
HANDED = HandedOver(receiver="police", by=COUNSELOR, at=LATER, how="电话 110")
EVENTS += (
    e.BarSet(student=STUDENT, bar=BAR),
    e.BarConfirmed(student=STUDENT, person=TEACHER, by=COUNSELOR, at=LATER, why="核实"),
    e.BarLifted(student=STUDENT, person=TEACHER, by=COUNSELOR, at=LATER, why="误会"),
    e.AuthorityTold(student=STUDENT, at=LATER),
    e.AllegationHandedOver(student=STUDENT, handed=HANDED),
    e.HospitalStated(student=STUDENT, case=CASE, statement=STATED),
    e.ReceiptHeard(notice=NOTICE, channel="sms", state="delivered", signed=False, at=LATER),
    e.GlassBroken(student=STUDENT, glass=attrs.evolve(GLASS, reviewed_by=None, finding="")),
    e.GlassReviewed(student=STUDENT, by=COUNSELOR, at=LATER, finding="与值班相符"),
    e.SecondAdultWent(student=STUDENT, by=COUNSELOR, at=LATER, note="一起去的"),
)
EVENTS += (
    e.SupervisionChanged(case=CASE, by=COUNSELOR, at=LATER, supervision=WITH_HER, place="hospital"),
    e.CareAdvised(
        case=CASE, advice=CareAdvice(at=LATER, by=COUNSELOR, advice="看医生", answer="accepted")
    ),
    e.ReportFellDue(case=CASE, trigger="refusal", at=LATER),
    e.ReportAdvanced(case=CASE, step="draft", by=COUNSELOR, at=LATER, text="经过"),
    e.FollowedUp(case=CASE, by=COUNSELOR, at=LATER, note="睡得好"),
    e.LeadOffered(case=CASE, lead=TEACHER, by=COUNSELOR, at=LATER),
    e.LeadAccepted(case=CASE, lead=TEACHER, before=COUNSELOR, at=LATER),
    e.SupervisorNamed(case=CASE, supervisor=COUNSELOR, by=COUNSELOR, at=LATER),
    e.SupervisorLapsed(case=CASE, supervisor=COUNSELOR, at=LATER),
    e.StudentWentAway(case=CASE, by=COUNSELOR, at=LATER, place="home"),
    e.StudentReturned(case=CASE, by=COUNSELOR, at=LATER, meeting="与家长谈过"),
    e.ClosureRejected(case=CASE, by=COUNSELOR, at=LATER, reason="再看一周"),
    e.CaseReopened(case=CASE, by=COUNSELOR, at=LATER, reason="又失眠"),
    e.CaseTransferred(
        case=CASE, by=COUNSELOR, at=LATER, school="第五中学", acknowledged_by="赵老师"
    ),
    e.CaseStoodDown(case=CASE, by=COUNSELOR, at=LATER, reason="误报", level=LEVEL),
    e.CaseVoided(case=CASE, by=COUNSELOR, at=LATER, reason="录错"),
    e.DismissedRead(student=STUDENT, by=COUNSELOR, at=LATER),
    e.DutySettled(student=STUDENT, duty=DUTY, by=COUNSELOR, at=LATER, note="已安排"),
    e.StudentBereaved(student=STUDENT, case=CASE, by=COUNSELOR, at=LATER),
    e.ReportedAfterDeath(student=STUDENT, signal=SIGNAL, severity=Severity.HIGH),
    e.DeathTakenBack(
        student=STUDENT, case=CASE, by=COUNSELOR, at=LATER, reason="刚通过电话", told=(TEACHER,)
    ),
)
SIGN = SignId("sign-0123456789ab")
HEARD = Heard(
    key=f"{STUDENT}/{SIGNAL_ID}",
    student=STUDENT,
    school_class=CLASS,
    severity=Severity.IMMINENT,
    at=NOON,
    counted=LATER,
    reporter=Actor(TEACHER),
    death=True,
)
EVENTS += (
    e.CircleDeclared(
        circle=Circle(
            id=CircleId("circle-0123456789ab"),
            kind="dormitory",
            name="302",
            members=(STUDENT,),
            by=TEACHER,
            at=NOON,
        )
    ),
    e.SignHeard(group=CLASS, kind="class", grade="G10", heard=HEARD, since=NOON),
    e.SignUnheard(group=CLASS, student=STUDENT, death=True, by=Actor(COUNSELOR), at=LATER),
    e.SignRaised(group=CLASS, sign=SIGN, measures=("watch_closely",), duty=OWED, at=NOON),
    e.SignTold(
        group=CLASS,
        sign=SIGN,
        told=(TellsOf(person=TEACHER, since=NOON, students=(STUDENT,), grave=(STUDENT,)),),
        at=NOON,
    ),
    e.SignProposed(
        group=CLASS,
        sign=SIGN,
        measures=("watch_closely",),
        note="同桌",
        duty=OWED,
        by=COUNSELOR,
        at=LATER,
    ),
    e.SignAnswered(
        group=CLASS, sign=SIGN, approved=True, note="可以", duty=OWED, by=COUNSELOR, at=LATER
    ),
    e.SignTakenBack(group=CLASS, sign=SIGN, reason="排练", by=Actor(COUNSELOR), at=LATER),
)

DEATH = DeathEntered(
    by=COUNSELOR,
    at=LATER,
    lifecycle="open",
    declared=NOON,
    duties=(OWED,),
    runs=(RUN,),
    flags=(FLAG,),
    referrals=(ReferralId("ref-0123456789ab"),),
    support=Support(since=NOON, closes=LATER, contacts=(CONTACT,)),
    signals=(SIGNAL,),
    told=(TEACHER,),
    taken_back_by=COUNSELOR,
)
REFERRAL, OFFER = ReferralId("ref-0123456789ab"), OfferId("offer-0123456789ab")
HOSPITAL = PersonId("staff:hospital")
AGREED = Consent(
    id=ConsentId("consent-0123456789ab"),
    purpose="medical_care",
    receiver=HOSPITAL,
    by=FATHER,
    scope=("identity", "situation"),
    given=NOON,
    recorded_by=COUNSELOR,
    how="纸质签字",
    withdrawn=LATER,
)
OFFERED = Offer(
    id=OFFER,
    receiver=HOSPITAL,
    role="medical_institution",
    state="failed",
    by=COUNSELOR,
    offered=NOON,
    due=LATER,
    duty=DUTY,
    scope=("identity",),
    then=(TEACHER,),
    opened=LATER,
    ended=LATER,
    why="床位已满",
    outcome="no_show",
)
HANDED_ON = Referral(
    id=REFERRAL,
    case=CASE,
    state="on_hold",
    by=COUNSELOR,
    at=NOON,
    account="三次谈话的经过",
    summary="失眠两周，请评估",
    opinion="within_limits",
    limits=("identity",),
    basis="statutory_duty",
    basis_why="依法报告",
    offers=(OFFERED,),
    held="consent_withdrawn",
    ended=LATER,
)
_OF_REFERRAL: dict[str, Any] = {"student": STUDENT, "referral": REFERRAL}
_OF_OFFER: dict[str, Any] = {**_OF_REFERRAL, "offer": OFFER}
_BY: dict[str, Any] = {"by": COUNSELOR, "at": LATER}
EVENTS += (
    e.ConsentGiven(student=STUDENT, consent=AGREED),
    e.ConsentWithdrawn(student=STUDENT, consent=AGREED.id, by=FATHER, at=LATER),
    e.ConsentLapsed(student=STUDENT, consent=AGREED.id, at=LATER),
    e.ReferralProposed(student=STUDENT, referral=HANDED_ON),
    e.OpinionRecorded(**_OF_REFERRAL, opinion="within_limits", limits=("identity",), **_BY),
    e.ReferralActivated(**_OF_REFERRAL, basis="emergency", why="今晚须就医", **_BY),
    e.ReferralHeld(**_OF_REFERRAL, why="家长要求", **_BY),
    e.ReferralRevoked(**_OF_REFERRAL, why="已另有帮助", **_BY),
    e.ReferralCompleted(**_OF_REFERRAL, **_BY),
    e.OfferMade(**_OF_REFERRAL, offer=OFFERED),
    e.OfferRenewed(**_OF_OFFER, duty=DUTY, due=LATER, at=NOON),
    e.OfferOpened(**_OF_OFFER, **_BY),
    e.OfferAccepted(**_OF_OFFER, **_BY),
    e.OfferRejected(**_OF_OFFER, why="床位已满", **_BY),
    e.OfferStarted(**_OF_OFFER, **_BY),
    e.OfferEnded(**_OF_OFFER, outcome="attended", **_BY),
    e.OfferCancelled(**_OF_OFFER, why="recalled", **_BY),
)

AHEAD = BreakAhead(first="2027-01-23", last="2027-02-21", sudden=True)
OVER_THE_BREAK = HolidayPlan(
    first="2027-01-23",
    last="2027-02-21",
    contact="奶奶",
    next_contact="12356",
    informed=(FATHER,),
    covers=COUNSELOR,
    by=TEACHER,
    at=LATER,
)
EVENTS += (
    e.HolidayAhead(case=CASE, ahead=AHEAD, by=Actor("system:tick"), at=LATER),
    e.HolidayPlanned(case=CASE, plan=OVER_THE_BREAK),
)

#: Kinds that got a field since their file was written: the newer form has a file of its own.
GROWN_EVENTS: tuple[e.Event, ...] = (
    BulkAsked(
        person=TEACHER,
        request=BulkRequest(
            id=BulkId("bulk-000000000000"),
            selection=Selection(what="roster", of=("cl-000000000000",), students=2),
            reason="the district asks for the roll",
            asked=NOON,
            answer_by=LATER,
            whom=("0123456789abcdef", "fedcba9876543210"),
        ),
    ),
    e.FiguresReleased(
        name="exposure-0123456789ab-5",
        by=Actor(COUNSELOR),
        at=NOON,
        k=5,
        rows=("g10", "g11"),
        columns=("fever", "none"),
        counts=((2, 40), (0, 30)),
        hidden=((-1, 0), (0, 0)),
        known=((0, 0, 6),),
    ),
    e.AnswersScored(
        student=STUDENT,
        scale="phq9",
        definition="1.0.0:ab12",
        answered_at=NOON,
        answers=(1, 0, None, 3),
        scores={"total": 3, "mean": 0.75},
        bands={"total": "minimal"},
        status="complete",
        campaign=CAMPAIGN_ID,
        flags=(FLAG,),
    ),
    DutyRosterStopped(roster="hotline", campus="east", by=Actor(COUNSELOR), at=LATER),
    ShiftsAssigned(shifts=(EAST,), by=Actor("operator:it"), at=LATER),
    e.FlagRaised(student=STUDENT, flag=FLAGGED, readers=(COUNSELOR,)),
    e.ConsentGiven(student=STUDENT, consent=attrs.evolve(AGREED, until=LATER, lapsed=LATER)),
    e.LeadOffered(case=CASE, lead=TEACHER, by=COUNSELOR, at=LATER, supervisor=COUNSELOR),
    e.SignalReported(
        student=STUDENT,
        signal=attrs.evolve(SIGNAL, told=NOON),
        severity=Severity.MODERATE,
        reasons=(REASON,),
    ),
)

DOCUMENTS: tuple[object, ...] = (
    StudentFile(
        student=STUDENT,
        case=Case(
            id=CASE,
            lifecycle="open",
            level=NotAssessed(since=NOON),
            signalled=NOON,
            reasons=(REASON,),
            signals=(SIGNAL_ID,),
            flags=(FLAG,),
            acknowledged_by=COUNSELOR,
            lead=COUNSELOR,
            declared=LATER,
            danger="self",
            place="dormitory",
            proposal="hospital tonight",
            guardian_attempts=(
                GuardianAttempt(guardian=FATHER, at=LATER, by=COUNSELOR, outcome="reached"),
            ),
            lowered=NOON,
            calm_since=NOON,
            closure_by=TEACHER,
            ended=LATER,
        ),
        past=(CASE,),
        signals=(SIGNAL,),
        flags=(FLAGGED,),
        duties=(OWED,),
        runs=(ROUTE,),
    ),
    PUPIL,
    Roster(classes={CLASS: SCHOOL_CLASS}, staff={TEACHER: STAFF}),
    TOLD,
    CAMPAIGN,
    DutyRoster(
        shifts=(SHIFT,),
        kept={"hotline": Kept(since=NOON, places=2, opens="17:00", closes="21:30")},
    ),
)

#: Events and documents that got a field since their file was written. That file still reads; the
#: newer form, with its new fields filled, has a file of its own in `grown`.
GROWN: tuple[object, ...] = (
    e.RelationEnded(
        at=LATER,
        staff=TEACHER,
        role=HELD,
        student=STUDENT,
        guardian=FATHER,
        placement=PLACE,
        why="transferred",
    ),
    e.DutyPassedOn(duty=DUTY, to=COUNSELOR, due=LATER, at=NOON, why="cannot"),
    e.RouteStarted(run=attrs.evolve(ROUTE, rearmed=DUTY)),
    attrs.evolve(PUPIL, details={"born": "2010-03-01"}, hand_over=WAITING),
    attrs.evolve(
        DOCUMENTS[0],  # type: ignore[type-var]
        exposure=(EXPOSED,),
        support=Support(since=NOON, closes=LATER, contacts=(CONTACT,), told_unreached=True),
    ),
    attrs.evolve(
        TOLD,
        deliveries=(
            Delivery(
                channel="sms",
                attempts=1,
                result="accepted",
                content="K0",
                at=LATER,
                receipt="delivered",
                hint="read",
            ),
        ),
    ),
)


#: The same, for what grew once more: by what it grew.
GROWN_AGAIN: dict[str, object] = {
    "kept": attrs.evolve(
        PUPIL, hand_over=attrs.evolve(WAITING, kind="teacher", keeping=(TEACHER,))
    ),
    "rearmed": StudentFile(student=STUDENT, runs=(attrs.evolve(ROUTE, rearmed=DUTY),)),
    "hospital": StudentFile(student=STUDENT, hospital=(STATED,)),
    "lapsed": StudentFile(
        student=STUDENT, consents=(attrs.evolve(AGREED, until=LATER, lapsed=LATER),)
    ),
    "referrals": StudentFile(student=STUDENT, consents=(AGREED,), referrals=(HANDED_ON,)),
    "access": StudentFile(student=STUDENT, access=(ANSWERED,), holds=(HELD_BACK,)),
    "glass": StudentFile(student=STUDENT, glass=(GLASS,)),
    "death": StudentFile(student=STUDENT, frozen=LATER, death=DEATH),
    "bars": StudentFile(student=STUDENT, bars=(BAR,), handed_over=(HANDED,)),
    "break": StudentFile(
        student=STUDENT,
        case=Case(
            id=CASE,
            lifecycle="open",
            level=NotAssessed(since=NOON),
            signalled=NOON,
            break_ahead=AHEAD,
            holiday=OVER_THE_BREAK,
        ),
    ),
    "grants": Roster(grants=Grants(since=NOON, founder=TEACHER, held=(GRANT,))),
    "swaps": DutyRoster(shifts=(SHIFT,), swaps=(SWAP,)),
    "campus": DutyRoster(shifts=(EAST,), kept={"hotline": Kept(places=2, campuses={"east": NOON})}),
    "warned": StudentFile(
        student=STUDENT,
        case=Case(
            id=CASE,
            lifecycle="open",
            level=NotAssessed(since=NOON),
            signalled=NOON,
            warned=Severity.HIGH,
        ),
    ),
    "told": StudentFile(student=STUDENT, signals=(attrs.evolve(SIGNAL, told=NOON),)),
    "supervisor": StudentFile(
        student=STUDENT,
        case=Case(
            id=CASE,
            lifecycle="open",
            level=NotAssessed(since=NOON),
            signalled=NOON,
            lead=TEACHER,
            supervisor=COUNSELOR,
            supervisor_offered=TEACHER,
        ),
    ),
    "beside": StudentFile(
        student=STUDENT,
        case=Case(
            id=CASE, lifecycle="away", level=NotAssessed(since=NOON), signalled=NOON, **BESIDE
        ),
        frozen=LATER,
    ),
}


def in_file(event: e.Event) -> bytes:
    """An event's line in its golden file: kind and version beside the body, as it is stored."""
    kind, body = wire.encode_event(event)
    head = f',"format":1,"kind":"{kind}","version":{wire.version_of(kind)}}}\n'
    return b'{"body":' + body + head.encode()


def file_of(folder: str, record: object) -> Path:
    return FOLDER / folder / f"{wire.kind_of(type(record))}.json"


def grown_file(record: object) -> Path:
    return FOLDER / "grown" / f"{wire.kind_of(type(record))}_2.json"


def grown_line(record: object) -> bytes:
    if wire.kind_of(type(record)) in wire.EVENTS:
        return in_file(record)
    return wire.encode_document(record) + b"\n"


@pytest.mark.parametrize("record", GROWN, ids=lambda record: wire.kind_of(type(record)))
def test_what_got_a_field_is_read_and_written_with_it_too(record: object) -> None:
    stored = grown_file(record).read_bytes()
    assert grown_line(record) == stored
    found = json.loads(stored)
    if found["kind"] in wire.EVENTS:
        body = json.dumps(found["body"], ensure_ascii=False).encode()
        assert wire.decode_event(found["kind"], found["version"], body) == record
    else:
        assert wire.decode_document(stored.removesuffix(b"\n"), type(record)) == record


def grown_again(by: str) -> Path:
    kind = wire.kind_of(type(GROWN_AGAIN[by]))
    return FOLDER / "grown" / f"{kind}_{by}.json"


@pytest.mark.parametrize("by", GROWN_AGAIN)
def test_what_grew_once_more_is_read_and_written_with_that_too(by: str) -> None:
    record = GROWN_AGAIN[by]
    stored = grown_again(by).read_bytes()
    assert grown_line(record) == stored
    assert wire.decode_document(stored.removesuffix(b"\n"), type(record)) == record


def grown_event(event: e.Event) -> Path:
    return FOLDER / "grown" / f"{wire.kind_of(type(event))}_event_2.json"


def test_every_kind_of_event_and_document_has_its_golden_file() -> None:
    for folder, kinds in (("events", wire.EVENTS), ("documents", wire.DOCUMENTS)):
        assert {path.stem for path in (FOLDER / folder).glob("*.json")} == set(kinds)


@pytest.mark.parametrize("event", GROWN_EVENTS, ids=lambda event: wire.kind_of(type(event)))
def test_an_event_that_got_a_field_is_read_and_written_with_and_without_it(
    event: e.Event,
) -> None:
    stored = grown_event(event).read_bytes()
    envelope = json.loads(stored)
    body = json.dumps(envelope["body"], ensure_ascii=False).encode()
    assert wire.decode_event(envelope["kind"], envelope["version"], body) == event
    assert in_file(event) == stored


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: wire.kind_of(type(event)))
def test_an_event_of_the_released_format_is_read_and_written_as_it_was(event: e.Event) -> None:
    stored = file_of("events", event).read_bytes()
    envelope = json.loads(stored)
    body = json.dumps(envelope["body"], ensure_ascii=False).encode()
    assert wire.decode_event(envelope["kind"], envelope["version"], body) == event
    if envelope["version"] == wire.version_of(envelope["kind"]):
        assert in_file(event) == stored


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda record: wire.kind_of(type(record)))
def test_a_document_of_the_released_format_is_read_and_written_as_it_was(
    document: object,
) -> None:
    stored = file_of("documents", document).read_bytes().removesuffix(b"\n")
    assert wire.decode_document(stored, type(document)) == document
    assert wire.encode_document(document) == stored


def test_a_header_of_the_released_format_is_read_and_written_as_it_was() -> None:
    stored = (FOLDER / "header.json").read_bytes().removesuffix(b"\n")
    found = wire.read_header(stored)
    assert found == HEADER
    assert written(found) == stored


HEADER = wire.Header(
    kind="duty_met",
    version=1,
    at=LATER,
    actor=Actor(COUNSELOR),
    command=CommandId("cmd-0123456789ab"),
    ordinal=2,
    stream="file/s-0123456789ab",
    subject="s-0123456789ab",
)


def written(header: wire.Header) -> bytes:
    return wire.header(
        kind=header.kind,
        at=header.at,
        actor=header.actor,
        command=header.command,
        ordinal=header.ordinal,
        stream=header.stream,
        subject=header.subject,
    )


def test_golden_examples_fill_every_field_so_that_every_key_is_held() -> None:
    # null: nobody is left to take the duty over. The other side of the same field is in the laws.
    examples: dict[type, list[object]] = {}
    for record in (*EVENTS, *DOCUMENTS, *GROWN, *GROWN_EVENTS, *GROWN_AGAIN.values()):
        examples.setdefault(type(record), []).append(record)
    for kind, records in examples.items():
        for field in attrs.fields(kind):
            made = getattr(field.default, "factory", None)
            empty = made() if made else field.default
            filled = any(getattr(record, field.name) != empty for record in records)
            assert filled, f"{kind.__name__}.{field.name}"


def _write_missing() -> None:
    lines = [(file_of("events", event), in_file(event)) for event in EVENTS]
    lines += [(file_of("documents", d), wire.encode_document(d) + b"\n") for d in DOCUMENTS]
    lines += [(grown_file(record), grown_line(record)) for record in GROWN]
    lines += [(grown_event(event), in_file(event)) for event in GROWN_EVENTS]
    lines += [(grown_again(by), grown_line(record)) for by, record in GROWN_AGAIN.items()]
    lines.append((FOLDER / "header.json", written(HEADER) + b"\n"))
    for path, line in lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(line)


if __name__ == "__main__":
    _write_missing()
