"""What somebody can want to do about one student. A command is a wish; events are what came of it.

Commands hold what the person gave and nothing that the engine knows: neither who acts nor when.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

import attrs

from psysafe.domain import (
    commands_access,
    commands_bars,
    commands_care,
    commands_death,
    commands_glass,
    commands_holidays,
    commands_hospital,
    commands_lifecycle,
    commands_receipts,
    commands_referral,
    commands_signals,
    commands_supervisor,
)
from psysafe.domain.severity import Severity
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.ids import (
    CampaignId,
    CaseId,
    DutyId,
    FlagId,
    NoticeId,
    PersonId,
    RunId,
    StudentId,
)
from psysafe.sensitivity import ItemClass, item, record, ref

ConfirmBar = commands_bars.ConfirmBar
AdvanceReport = commands_care.AdvanceReport
AdviseCare = commands_care.AdviseCare
FollowUp = commands_care.FollowUp
Supervise = commands_care.Supervise
AcceptLead = commands_lifecycle.AcceptLead
AssignLead = commands_lifecycle.AssignLead
Bereave = commands_lifecycle.Bereave
DecideReturn = commands_lifecycle.DecideReturn
MarkAway = commands_lifecycle.MarkAway
ReadDismissed = commands_lifecycle.ReadDismissed
RejectClosure = commands_lifecycle.RejectClosure
ReopenCase = commands_lifecycle.ReopenCase
SettleDuty = commands_lifecycle.SettleDuty
StandDown = commands_lifecycle.StandDown
TakeBackDeath = commands_death.TakeBackDeath
TransferCase = commands_lifecycle.TransferCase
VoidCase = commands_lifecycle.VoidCase
EndExposure = commands_signals.EndExposure
EndSupport = commands_signals.EndSupport
GoFirst = commands_bars.GoFirst
HolidayIsAhead = commands_holidays.HolidayIsAhead
PlanHoliday = commands_holidays.PlanHoliday
SchoolCloses = commands_holidays.SchoolCloses
HandOverAllegation = commands_bars.HandOverAllegation
LearnPlace = commands_signals.LearnPlace
LiftBar = commands_bars.LiftBar
LogContact = commands_signals.LogContact
PauseRound = commands_bars.PauseRound
RecordExposure = commands_signals.RecordExposure
LiftHold = commands_access.LiftHold
PlaceHold = commands_access.PlaceHold
RequestAccess = commands_access.RequestAccess
ReviewAccess = commands_access.ReviewAccess
BreakGlass = commands_glass.BreakGlass
ReviewGlass = commands_glass.ReviewGlass
RecordHospitalStatement = commands_hospital.RecordHospitalStatement
AcceptOffer = commands_referral.AcceptOffer
ActivateReferral = commands_referral.ActivateReferral
CompleteReferral = commands_referral.CompleteReferral
EndOffer = commands_referral.EndOffer
GiveConsent = commands_referral.GiveConsent
HoldReferral = commands_referral.HoldReferral
MakeOffer = commands_referral.MakeOffer
OfReceivers = commands_referral.OfReceivers
OfReferral = commands_referral.OfReferral
OpenOffer = commands_referral.OpenOffer
ProposeReferral = commands_referral.ProposeReferral
RecallOffer = commands_referral.RecallOffer
RecordOpinion = commands_referral.RecordOpinion
RejectOffer = commands_referral.RejectOffer
ReferralsAreDue = commands_referral.ReferralsAreDue
RevokeReferral = commands_referral.RevokeReferral
StartOffer = commands_referral.StartOffer
WithdrawConsent = commands_referral.WithdrawConsent
RecordReceipt = commands_receipts.RecordReceipt
Report = commands_signals.Report
Respond = commands_signals.Respond
SetBar = commands_bars.SetBar
StartSupport = commands_signals.StartSupport
NameSupervisor = commands_supervisor.NameSupervisor
SupervisorIsGone = commands_supervisor.SupervisorIsGone


@record
class RecordAnswers:
    """A sheet of answers, already scored by its definition, with the flags it raises."""

    student: StudentId = ref()
    scale: str = ref()
    definition: str = ref()
    answered_at: datetime = ref()
    answers: tuple[int | None, ...] = item(ItemClass.SCALE_ITEMS)
    scores: dict[str, float] = item(ItemClass.SCALE_LEVEL)
    bands: dict[str, str] = item(ItemClass.SCALE_LEVEL)
    status: str = ref()
    flags: tuple[tuple[str, int | None], ...] = item(ItemClass.SCALE_LEVEL)
    """flag code and the answer that raised it; None where it was left out"""
    campaign: CampaignId | None = ref(default=None)
    readers: tuple[PersonId, ...] = ref(default=())
    """who reads what this campaign brings in at that moment"""


@record
class ReviewFlag:
    """A counselor looked at a flag: no concern, or joined to a case."""

    student: StudentId = ref()
    flag: FlagId = ref()
    outcome: str = item(ItemClass.RISK_LEVEL)
    note: str = item(ItemClass.COUNSELING_NOTES, default="")


@record
class AcknowledgeNotice:
    """The person who was told says: I have it."""

    student: StudentId = ref()
    notice: NoticeId = ref()


@record
class AcknowledgeCase:
    student: StudentId = ref()
    case: CaseId = ref()


@record
class OpenCase:
    student: StudentId = ref()
    case: CaseId = ref()
    lead: PersonId | None = ref(default=None)
    """whoever opens, where nobody is named"""
    supervisor: PersonId | None = ref(default=None)
    """who supervises whoever leads"""


@record
class DismissCase:
    student: StudentId = ref()
    case: CaseId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class DeclareCrisis:
    """Danger to self, others or society (C6.2), with place and proposal (C3.2)."""

    student: StudentId = ref()
    case: CaseId = ref()
    danger: str = item(ItemClass.CRISIS_FLAG)
    place: str = item(ItemClass.SUPERVISION)
    proposal: str = item(ItemClass.CRISIS_FLAG)
    severity: Severity = item(ItemClass.RISK_LEVEL, default=Severity.HIGH)


@record
class AssessCase:
    student: StudentId = ref()
    case: CaseId = ref()
    severity: Severity = item(ItemClass.RISK_LEVEL)
    rationale: str = item(ItemClass.COUNSELING_NOTES)
    second: PersonId | None = ref(default=None)


@record
class CloseCase:
    """Ask for the closure of an open case; approve it where somebody else asked."""

    student: StudentId = ref()
    case: CaseId = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class LogGuardianContact:
    student: StudentId = ref()
    case: CaseId = ref()
    guardian: PersonId = ref()
    outcome: str = item(ItemClass.CONTACT_LOG)
    note: str = item(ItemClass.CONTACT_LOG, default="")


@record
class StepIsDue:
    """Time is up for a step of a run."""

    student: StudentId = ref()
    run: RunId = ref()
    index: int = ref()


@record
class DutyIsDue:
    """Time is up for a duty that changed hands `passed` times."""

    student: StudentId = ref()
    duty: DutyId = ref()
    passed: int = ref()


@record
class RecordAttempt:
    """What one attempt to deliver a notice came to."""

    student: StudentId = ref()
    notice: NoticeId = ref()
    channel: str = ref()
    attempt: int = ref()
    lost_before: bool = ref()
    """an earlier attempt was started and never settled"""
    started: datetime = ref()
    result: str = ref()
    content: str | None = ref(default=None)
    provider_code: str | None = ref(default=None)
    final: bool = ref()


@record
class OwnerIsGone:
    """Whoever owes a duty may be gone, or their shift over: does somebody else owe it now?"""

    student: StudentId = ref()
    duty: DutyId = ref()
    owner: PersonId = ref()


@record
class RecordLostAttempt:
    """An attempt that was started and never settled, found when nothing is to be sent any more."""

    student: StudentId = ref()
    notice: NoticeId = ref()
    channel: str = ref()
    attempt: int = ref()
    found: datetime = ref()


ByPerson = (
    RecordAnswers
    | ReviewFlag
    | AcknowledgeNotice
    | AcknowledgeCase
    | OpenCase
    | DismissCase
    | DeclareCrisis
    | AssessCase
    | CloseCase
    | LogGuardianContact
    | commands_care.OfCare
    | commands_death.TakeBackDeath
    | commands_lifecycle.OfLifecycle
    | commands_signals.OfSignals
    | commands_bars.OfBars
    | commands_access.OfAccess
    | commands_glass.OfGlass
    | commands_hospital.RecordHospitalStatement
    | commands_referral.OfReferral
    | commands_holidays.PlanHoliday
    | commands_supervisor.NameSupervisor
)
ByTime = (
    StepIsDue
    | DutyIsDue
    | OwnerIsGone
    | RecordAttempt
    | RecordLostAttempt
    | RecordReceipt
    | commands_referral.ReferralsAreDue
    | commands_holidays.HolidayIsAhead
    | commands_holidays.SchoolCloses
    | commands_supervisor.SupervisorIsGone
)
Command = ByPerson | ByTime

#: Limits of what one command may hold, so that no single one fills a file: a page of text, and
#: more codes or answers than any register or instrument has.
TEXT_LIMIT: Final = 4000
MOST_ENTRIES: Final = 200


def within_limits(command: Command) -> None:
    """Raises InvalidDataError PSY021 for every field that is too long."""
    wrong = list(_too_long(command))
    if wrong:
        raise InvalidDataError(wrong)


@cache
def _fields(command: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(command))


def _too_long(command: Any) -> Iterator[Finding]:
    for name in _fields(command.__class__):
        value = getattr(command, name)
        kind = value.__class__
        if kind is str:
            limit, unit = TEXT_LIMIT, "characters"
        elif kind is tuple or kind is dict:
            limit, unit = MOST_ENTRIES, "entries"
        else:
            continue
        if len(value) > limit:
            facts: dict[str, Fact] = {"field": name, "limit": limit, "unit": unit}
            yield Finding(code="PSY021", where={"field": name}, facts=facts)
