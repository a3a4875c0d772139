"""Everything that can have happened. State is the fold of these.

Each class is one kind of event; its kind on the wire is its name in snake case, is past tense and
is never renamed once released. What reactions brought about (a duty opened, a step due, a notice
queued) is an event too, so a replay never runs a reaction.
"""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import (
    events_access,
    events_bars,
    events_care,
    events_death,
    events_erasure,
    events_figures,
    events_glass,
    events_holidays,
    events_hospital,
    events_lifecycle,
    events_people,
    events_receipts,
    events_referral,
    events_routes,
    events_signals,
    events_signs,
    events_supervisor,
)
from psysafe.domain.bulk import BulkEvent
from psysafe.domain.campaigns import CampaignEvent
from psysafe.domain.duty_roster import DutyRosterEvent
from psysafe.domain.grants import GrantEvent
from psysafe.domain.own_rows import OwnRowsEvent
from psysafe.domain.severity import Level, Severity
from psysafe.domain.signals import Signal
from psysafe.ids import (
    Actor,
    CampaignId,
    CaseId,
    FlagId,
    PersonId,
    SignalId,
    StudentId,
)
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class Reason:
    """Why a level is what it is: the rule's id and the code that met it.

    A rule's id names what met it (`S:symptom:self_harm:marked`), so it is private itself. `T:` is
    a screening's, `S:` a report's, `A:` a person's judgement, `D:` a declaration.
    """

    rule: str = item(ItemClass.RISK_LEVEL)
    code: str = item(ItemClass.RISK_LEVEL, default="")
    degree: str = item(ItemClass.RISK_LEVEL, default="")


@record
class Flag:
    """What a score or a rule asks a person to look at. Never a case by itself."""

    id: FlagId = ref()
    scale: str = ref()
    answered_at: datetime = ref()
    code: str = item(ItemClass.SCALE_LEVEL)
    """the flag of the instrument, such as self_harm"""
    answer: int | None = item(ItemClass.SCALE_ITEMS, default=None)
    """the answer that raised it; None where it was left out"""
    severity: Severity = item(ItemClass.RISK_LEVEL)
    raised: datetime = ref()
    reason: Reason = item(ItemClass.RISK_LEVEL)
    state: str = ref(default="open")
    """open or reviewed"""
    outcome: str | None = item(ItemClass.RISK_LEVEL, default=None)
    reviewer: PersonId | None = ref(default=None)
    reviewed: datetime | None = ref(default=None)


# -- people -----------------------------------------------------------------------------------


ClassAdded = events_people.ClassAdded
HandOverAccepted = events_people.HandOverAccepted
HandOverListed = events_people.HandOverListed
HandOverSettled = events_people.HandOverSettled
PersonAdded = events_people.PersonAdded
RelationEnded = events_people.RelationEnded
RelationStarted = events_people.RelationStarted


# -- who is barred, and who was told of a suspicion -------------------------------------------

AllegationHandedOver = events_bars.AllegationHandedOver
AuthorityTold = events_bars.AuthorityTold
BarConfirmed = events_bars.BarConfirmed
BarLifted = events_bars.BarLifted
BarSet = events_bars.BarSet
SecondAdultWent = events_bars.SecondAdultWent


# -- signals beyond a report: exposure, support, surveys, notes -------------------------------

FiguresReleased = events_figures.FiguresReleased
NoteErased = events_erasure.NoteErased
StudentErased = events_erasure.StudentErased
AccessRequested = events_access.AccessRequested
AccessReviewed = events_access.AccessReviewed
HoldLifted = events_access.HoldLifted
HoldPlaced = events_access.HoldPlaced
GlassBroken = events_glass.GlassBroken
GlassReviewed = events_glass.GlassReviewed
HolidayAhead = events_holidays.HolidayAhead
HolidayPlanned = events_holidays.HolidayPlanned
HospitalStated = events_hospital.HospitalStated
ReceiptHeard = events_receipts.ReceiptHeard
ContactLogged = events_signals.ContactLogged
DutyReplanned = events_signals.DutyReplanned
ExposureEnded = events_signals.ExposureEnded
ExposureRecorded = events_signals.ExposureRecorded
NoteChecked = events_signals.NoteChecked
NoteTaken = events_signals.NoteTaken
PlaceLearned = events_signals.PlaceLearned
Responded = events_signals.Responded
SupportEnded = events_signals.SupportEnded
SupportStarted = events_signals.SupportStarted
SurveyClosed = events_signals.SurveyClosed
SurveyEntered = events_signals.SurveyEntered
SurveyStarted = events_signals.SurveyStarted
CircleDeclared = events_signs.CircleDeclared
SignAnswered = events_signs.SignAnswered
SignHeard = events_signs.SignHeard
SignProposed = events_signs.SignProposed
SignRaised = events_signs.SignRaised
SignTakenBack = events_signs.SignTakenBack
SignTold = events_signs.SignTold
SignUnheard = events_signs.SignUnheard
SupervisorLapsed = events_supervisor.SupervisorLapsed
SupervisorNamed = events_supervisor.SupervisorNamed


# -- signals, scores, flags -------------------------------------------------------------------


@record
class SignalReported:
    student: StudentId = ref()
    signal: Signal = item(ItemClass.OBSERVATION)
    severity: Severity = item(ItemClass.RISK_LEVEL)
    """what the rules make of this signal alone"""
    reasons: tuple[Reason, ...] = item(ItemClass.RISK_LEVEL)


@record
class AnswersScored:
    """A sheet of answers was scored. The sheet itself is a document of its own."""

    student: StudentId = ref()
    scale: str = ref()
    definition: str = ref()
    """version and SHA-256 of the definition, `1.0.0:ab12...` """
    answered_at: datetime = ref()
    answers: tuple[int | None, ...] = item(ItemClass.SCALE_ITEMS)
    scores: dict[str, float] = item(ItemClass.SCALE_LEVEL)
    bands: dict[str, str] = item(ItemClass.SCALE_LEVEL)
    status: str = ref()
    campaign: CampaignId | None = ref(default=None)
    flags: tuple[FlagId, ...] = ref(default=())
    """the flags that it raised"""


@record
class FlagRaised:
    student: StudentId = ref()
    flag: Flag = item(ItemClass.SCALE_LEVEL)
    readers: tuple[PersonId, ...] = ref(default=())
    """who reads what this campaign brings in at that moment; the review is theirs first"""


@record
class FlagReviewed:
    student: StudentId = ref()
    flag: FlagId = ref()
    outcome: str = item(ItemClass.RISK_LEVEL)
    reviewer: PersonId = ref()
    at: datetime = ref()
    note: str = item(ItemClass.COUNSELING_NOTES, default="")


# -- the case ---------------------------------------------------------------------------------


@record
class CaseSignalled:
    student: StudentId = ref()
    case: CaseId = ref()
    at: datetime = ref()
    level: Level = item(ItemClass.RISK_LEVEL)
    reasons: tuple[Reason, ...] = item(ItemClass.RISK_LEVEL)
    signal: SignalId | None = ref(default=None)
    flag: FlagId | None = ref(default=None)


@record
class CaseAcknowledged:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()


@record
class CaseOpened:
    case: CaseId = ref()
    lead: PersonId = ref()
    at: datetime = ref()


@record
class CaseDismissed:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class SeverityChanged:
    case: CaseId = ref()
    level: Level = item(ItemClass.RISK_LEVEL)
    reasons: tuple[Reason, ...] = item(ItemClass.RISK_LEVEL)
    at: datetime = ref()
    rationale: str = item(ItemClass.COUNSELING_NOTES, default="")


@record
class CrisisDeclared:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    danger: str = item(ItemClass.CRISIS_FLAG)
    place: str = item(ItemClass.SUPERVISION)
    proposal: str = item(ItemClass.CRISIS_FLAG)


@record
class GuardianContacted:
    """One attempt to tell a guardian."""

    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    guardian: PersonId = ref()
    outcome: str = item(ItemClass.CONTACT_LOG)
    note: str = item(ItemClass.CONTACT_LOG, default="")


@record
class ClosureRequested:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()
    reason: str = item(ItemClass.COUNSELING_NOTES)


@record
class CaseClosed:
    case: CaseId = ref()
    by: PersonId = ref()
    at: datetime = ref()


# -- beside the case and as a whole ------------------------------------------------------------

CareAdvised = events_care.CareAdvised
FollowedUp = events_care.FollowedUp
ReportAdvanced = events_care.ReportAdvanced
ReportFellDue = events_care.ReportFellDue
SupervisionChanged = events_care.SupervisionChanged
CaseReopened = events_lifecycle.CaseReopened
CaseStoodDown = events_lifecycle.CaseStoodDown
CaseTransferred = events_lifecycle.CaseTransferred
CaseVoided = events_lifecycle.CaseVoided
ClosureRejected = events_lifecycle.ClosureRejected
DeathTakenBack = events_death.DeathTakenBack
DismissedRead = events_lifecycle.DismissedRead
DutySettled = events_lifecycle.DutySettled
LeadAccepted = events_lifecycle.LeadAccepted
LeadOffered = events_lifecycle.LeadOffered
ReportedAfterDeath = events_death.ReportedAfterDeath
StudentBereaved = events_lifecycle.StudentBereaved
StudentReturned = events_lifecycle.StudentReturned
StudentWentAway = events_lifecycle.StudentWentAway


# -- handing a student on ----------------------------------------------------------------------

ConsentGiven = events_referral.ConsentGiven
ConsentLapsed = events_referral.ConsentLapsed
ConsentWithdrawn = events_referral.ConsentWithdrawn
OfferAccepted = events_referral.OfferAccepted
OfferCancelled = events_referral.OfferCancelled
OfferEnded = events_referral.OfferEnded
OfferMade = events_referral.OfferMade
OfferOpened = events_referral.OfferOpened
OfferRejected = events_referral.OfferRejected
OfferRenewed = events_referral.OfferRenewed
OfferStarted = events_referral.OfferStarted
OpinionRecorded = events_referral.OpinionRecorded
ReferralActivated = events_referral.ReferralActivated
ReferralCompleted = events_referral.ReferralCompleted
ReferralHeld = events_referral.ReferralHeld
ReferralProposed = events_referral.ReferralProposed
ReferralRevoked = events_referral.ReferralRevoked


#: What somebody reported, wherever the student's file stood.
Reported = SignalReported | ReportedAfterDeath


# -- duties, runs, notices --------------------------------------------------------------------

AttemptFinished = events_routes.AttemptFinished
AttemptStarted = events_routes.AttemptStarted
DutyCancelled = events_routes.DutyCancelled
DutyMet = events_routes.DutyMet
DutyOpened = events_routes.DutyOpened
DutyPassedOn = events_routes.DutyPassedOn
NoticeAcknowledged = events_routes.NoticeAcknowledged
NoticeQueued = events_routes.NoticeQueued
RouteExhausted = events_routes.RouteExhausted
RouteStarted = events_routes.RouteStarted
RouteStepDue = events_routes.RouteStepDue
RouteStopped = events_routes.RouteStopped


# -- reading and refusing ---------------------------------------------------------------------


@record
class ItemRead:
    """Somebody looked: who, wearing which hat, for what purpose, at which item classes."""

    student: StudentId | None = ref(default=None)
    case: CaseId | None = ref(default=None)
    by: Actor = ref()
    viewer: str = ref()
    purpose: str = ref()
    items: tuple[str, ...] = ref()
    rules: tuple[str, ...] = ref()
    at: datetime = ref()


@record
class DecisionRefused:
    """Somebody wanted to do something and was refused, with the code of the reason."""

    student: StudentId | None = ref(default=None)
    by: Actor = ref()
    action: str = ref()
    code: str = ref()
    at: datetime = ref()


@record
class DocumentRebuilt:
    """A document was folded again from the journal, under somebody's name."""

    record: str = ref()
    by: Actor = ref()
    at: datetime = ref()


Event = (
    ClassAdded
    | PersonAdded
    | RelationStarted
    | RelationEnded
    | HandOverListed
    | HandOverAccepted
    | HandOverSettled
    | SignalReported
    | AnswersScored
    | FlagRaised
    | FlagReviewed
    | CaseSignalled
    | CaseAcknowledged
    | CaseOpened
    | CaseDismissed
    | SeverityChanged
    | CrisisDeclared
    | GuardianContacted
    | ClosureRequested
    | CaseClosed
    | ItemRead
    | DecisionRefused
    | DocumentRebuilt
    | CampaignEvent
    | events_figures.FiguresReleased
    | events_erasure.OfErasure
    | DutyRosterEvent
    | OwnRowsEvent
    | BulkEvent
    | GrantEvent
    | events_care.OfCare
    | events_death.OfDeath
    | events_lifecycle.OfLifecycle
    | events_routes.OfRoutes
    | events_signals.OfSignals
    | events_bars.OfBars
    | events_hospital.HospitalStated
    | events_referral.OfReferral
    | events_receipts.ReceiptHeard
    | events_access.OfAccess
    | events_glass.OfGlass
    | events_holidays.OfHolidays
    | events_signs.OfSigns
    | events_supervisor.OfSupervisor
)
