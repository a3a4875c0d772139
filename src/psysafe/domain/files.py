"""The student's file: one bounded document in which everything open about a student stands.

It is the consistency boundary: every command about a student expects its version and writes the
next one, so two live cases for one student cannot arise. It holds the live case, what is open
and the last few of what is done; the journal holds the history.

`files_folding` folds events into it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.access import AccessRequest, Hold
from psysafe.domain.bars import REPORT_HARM, Bar, HandedOver
from psysafe.domain.care import (
    AuthorityReport,
    CareAdvice,
    GuardianRow,
    Supervision,
)
from psysafe.domain.consents import Consent
from psysafe.domain.diagnoses import HospitalStatement
from psysafe.domain.duties import (
    WITHOUT_SIGHT,
    Duty,
    Run,
)
from psysafe.domain.duties_death import DeathEntered
from psysafe.domain.duties_holidays import BreakAhead, HolidayPlan
from psysafe.domain.exposure import Exposure
from psysafe.domain.glass import BrokenGlass
from psysafe.domain.referrals import ACTIVE, Referral
from psysafe.domain.severity import Level, Severity
from psysafe.domain.signals import Signal, Support
from psysafe.ids import CaseId, FlagId, PersonId, SignalId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref

#: How many of each finished thing a file keeps in sight. The journal keeps all.
LAST: Final = 10

LIVE: Final = ("signalled", "triage", "open", "away", "closing")
ENDED: Final = ("closed", "dismissed", "transferred", "void")


@record
class GuardianAttempt:
    """One try to tell a guardian, and what came of it."""

    guardian: PersonId = ref()
    at: datetime = ref()
    by: PersonId = ref()
    outcome: str = item(ItemClass.CONTACT_LOG)


@record
class Case:
    """One crisis or worry, from the first signal to its end."""

    id: CaseId = ref()
    lifecycle: str = ref()
    """signalled, triage, open, away, closing; closed, dismissed, transferred, void"""
    level: Level = item(ItemClass.RISK_LEVEL)
    signalled: datetime = ref()
    reasons: tuple[e.Reason, ...] = item(ItemClass.RISK_LEVEL, default=())
    signals: tuple[SignalId, ...] = ref(default=())
    flags: tuple[FlagId, ...] = ref(default=())
    acknowledged_by: PersonId | None = ref(default=None)
    lead: PersonId | None = ref(default=None)
    declared: datetime | None = item(ItemClass.CRISIS_FLAG, default=None)
    danger: str = item(ItemClass.CRISIS_FLAG, default="")
    assessed: Severity | None = item(ItemClass.RISK_LEVEL, default=None)
    """what a person judged last; a report that came in since does not wipe it out"""
    place: str = item(ItemClass.SUPERVISION, default="unknown")
    proposal: str = item(ItemClass.CRISIS_FLAG, default="")
    guardian_attempts: tuple[GuardianAttempt, ...] = item(ItemClass.CONTACT_LOG, default=())
    lowered: datetime | None = ref(default=None)
    """when it last came down from high, imminent or declared"""
    calm_since: datetime | None = ref(default=None)
    """since when a person has judged it at most attention"""
    closure_by: PersonId | None = ref(default=None)
    ended: datetime | None = ref(default=None)
    after: CaseId | None = ref(default=None)
    """the closed case after which this one began"""
    lead_offered: PersonId | None = ref(default=None)
    """who is asked to lead and has not accepted yet"""
    stood_down: datetime | None = ref(default=None)
    """when the alarm was called off"""
    followed_up: datetime | None = ref(default=None)
    """when the student was last seen or spoken to after the crisis"""
    supervision: Supervision | None = item(ItemClass.SUPERVISION, default=None)
    guardians: tuple[GuardianRow, ...] = item(ItemClass.CONTACT_LOG, default=())
    """one row a guardian"""
    advice: tuple[CareAdvice, ...] = item(ItemClass.REFERRAL_SUMMARY, default=())
    report: AuthorityReport | None = item(ItemClass.REFERRAL_SUMMARY, default=None)
    break_ahead: BreakAhead | None = ref(default=None)
    """the break for which a plan was asked for last"""
    holiday: HolidayPlan | None = item(ItemClass.SAFETY_PLAN, default=None)
    """the last plan for a break"""
    supervisor: PersonId | None = ref(default=None)
    """who supervises whoever leads"""
    supervisor_offered: PersonId | None = ref(default=None)
    """who will, once the lead is accepted"""
    warned: Severity | None = item(ItemClass.RISK_LEVEL, default=None)
    """how bad the warning network was told that it is; a person who judges it milder lowers it"""

    @property
    def accompanied(self) -> bool:
        """Whether an adult is said to be with the child now."""
        return self.supervision is not None and self.supervision.accompanied

    @property
    def live(self) -> bool:
        return self.lifecycle in LIVE


@record
class StudentFile:
    """Everything open about one student, and the last few of what is done."""

    student: StudentId = ref()
    case: Case | None = item(ItemClass.RISK_LEVEL, default=None)
    """the live case, or the last one"""
    past: tuple[CaseId, ...] = ref(default=())
    signals: tuple[Signal, ...] = item(ItemClass.OBSERVATION, default=())
    flags: tuple[e.Flag, ...] = item(ItemClass.SCALE_LEVEL, default=())
    duties: tuple[Duty, ...] = ref(default=())
    """open ones only"""
    runs: tuple[Run, ...] = ref(default=())
    exposure: tuple[Exposure, ...] = item(ItemClass.EXPOSURE, default=())
    """each fact that holds, and the last ones that ended"""
    support: Support | None = item(ItemClass.OBSERVATION, default=None)
    """one-to-one support under way"""
    bars: tuple[Bar, ...] = item(ItemClass.ALLEGATION, default=())
    """who is suspected of harm, and kept from all of it"""
    handed_over: tuple[HandedOver, ...] = item(ItemClass.ALLEGATION, default=())
    """to whom a suspicion of harm was handed over last"""
    hospital: tuple[HospitalStatement, ...] = item(ItemClass.COUNSELING_NOTES, default=())
    """what hospitals stated last, each with its document"""
    glass: tuple[BrokenGlass, ...] = item(ItemClass.AUDIT_TRAIL, default=())
    """who looked for a stated reason at what they are not in charge of"""
    frozen: datetime | None = ref(default=None)
    """when the student's death was entered: from then on nothing automatic happens"""
    death: DeathEntered | None = item(ItemClass.OBSERVATION, default=None)
    """the death that was entered last, and what stood open then"""
    consents: tuple[Consent, ...] = item(ItemClass.CONSENT, default=())
    """those that hold, and the last ones that were taken back"""
    referrals: tuple[Referral, ...] = item(ItemClass.REFERRAL_SUMMARY, default=())
    """requests to hand the student on: those under way, and the last ones that ended"""
    access: tuple[AccessRequest, ...] = item(ItemClass.COUNSELING_NOTES, default=())
    """who asked for what the school holds: those that wait, and the last ones answered"""
    holds: tuple[Hold, ...] = item(ItemClass.AUDIT_TRAIL, default=())
    """why nothing about the student may be erased"""

    @property
    def live_case(self) -> Case | None:
        return self.case if self.case is not None and self.case.live else None

    @property
    def reported(self) -> bool:
        """Whether an authority is to be told, or was: of a refusal, or of suspected harm."""
        case = self.case
        refused = case is not None and case.report is not None
        return refused or bool(self.handed_over) or bool(self.owed(REPORT_HARM))

    @property
    def referred(self) -> bool:
        """Whether the student is being handed on to somebody at this moment."""
        return any(one.state == ACTIVE for one in self.referrals)

    def duty(self, duty_id: str) -> Duty | None:
        """An open duty; None where it is met, cancelled or unknown."""
        return next((d for d in self.duties if d.id == duty_id), None)

    def owed(self, kind: str) -> tuple[Duty, ...]:
        """The open duties of a kind."""
        return tuple(d for d in self.duties if d.kind == kind)

    def run(self, run_id: str | None) -> Run | None:
        return next((r for r in self.runs if r.id == run_id), None)

    def flag(self, flag_id: str) -> e.Flag | None:
        return next((f for f in self.flags if f.id == flag_id), None)

    def accompanying(self) -> frozenset[PersonId]:
        """Who leads the live case and who supervises them, or who took it up while nobody leads
        it, or who owes something open."""
        case = self.live_case
        people = {d.owner for d in self.duties if d.kind not in WITHOUT_SIGHT}
        at_it = (case.lead or case.acknowledged_by) if case is not None else None
        if at_it is not None:
            people.add(at_it)
        if case is not None and case.supervisor is not None:
            people.add(case.supervisor)
        return frozenset(people)


def new_file(student: StudentId) -> StudentFile:
    """The file of a student about whom nothing has happened yet."""
    return StudentFile(student=student)
