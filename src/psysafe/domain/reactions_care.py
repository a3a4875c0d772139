"""What follows beside a case: nobody is left alone, a refusal is reported, care goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.duties import Duty
from psysafe.domain.files import Case
from psysafe.domain.guardianship import deciding, family_says
from psysafe.domain.owing import has_it as has_it
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.reactions_opening import duty_opened
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import CommandIds, PersonId

Events = list[e.Event]
ALONE: Final = "alone"
FAMILY: Final = "family"
REPORT: Final = "authority_report"
#: Outcomes of a call by which a guardian has been told.
TOLD: Final = frozenset({"reached", "agrees", "undecided", "refuses"})
#: How long a crisis is followed up weekly, and after that more seldom (practice, WHO mhGAP).
WEEKLY: Final = timedelta(days=61)
_NEEDS_SOMEBODY: Final = (
    e.CaseSignalled,
    e.SeverityChanged,
    e.CrisisDeclared,
    e.SupervisionChanged,
    e.CaseReopened,
)


def in_crisis(case: Case) -> bool:
    severity = severity_of(case.level)
    return case.declared is not None or (severity is not None and severity >= Severity.HIGH)


def _told(
    purpose: str, duty: Duty, role: str, w: World, now: datetime, ids: CommandIds
) -> e.NoticeQueued:
    return notice(
        ids,
        w,
        now,
        purpose=purpose,
        receiver=duty.owner,
        role=role,
        severity=duty.severity,
        case=duty.case,
        answer_by=duty.due,
        duty=duty.id,
    )


def owed_by(
    kind: str,
    roles: tuple[str, ...],
    purpose: str,
    severity: Severity,
    w: World,
    now: datetime,
    ids: CommandIds,
) -> Events:
    """A duty of the case for the first of these roles who is there, who hears of it at once."""
    case = w.file.live_case
    owner = w.first_of(roles, now)
    if case is None or owner is None or w.file.owed(kind):
        return []
    opened = duty_opened(kind, owner, severity, w, now, ids, case=case.id)
    return [opened, _told(purpose, opened.duty, roles[0], w, now, ids)]


# -- nobody is left alone (C1.1, law 7) -------------------------------------------------------


def alone(ev: e.Event, w: World, now: datetime, ids: CommandIds) -> Events:
    """Imminent and nobody with the child: whoever is nearest hears at once, and goes."""
    case = w.file.live_case
    if case is None or not isinstance(ev, _NEEDS_SOMEBODY):
        return []
    severity = severity_of(case.level)
    if severity is not Severity.IMMINENT:
        owed = w.file.owed("never_alone")
        return [e.DutyCancelled(duty=d.id, at=now, why="lowered") for d in owed]
    if case.accompanied or w.file.owed("never_alone"):
        return []
    nearest = w.first_of(("homeroom_teacher", "grade_head", "counselor", *LEADING_GROUP), now)
    on_duty = next(iter(w.on_duty("duty_adult", now) or ()), None)
    owner = has_it(case, w, now) or on_duty or nearest
    if owner is None:
        return []  # nobody at all: the route that runs beside this ends as a visible failure
    opened = duty_opened("never_alone", owner, Severity.IMMINENT, w, now, ids, case=case.id)
    # After its time it passes on to the leading group, whose alarm that is.
    return [opened, _told(ALONE, opened.duty, "duty_owner", w, now, ids)]


def _supervised(ev: e.SupervisionChanged, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    if case is None:
        return []
    found: Events = []
    if ev.supervision.accompanied:
        found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed("never_alone")]
    if ev.place != "unknown":
        found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed("whereabouts")]
    if ev.supervision.to == "hospital" and not w.file.owed("hospital_outcome"):
        severity = severity_of(case.level) or Severity.HIGH
        owner = has_it(case, w, now) or ev.by
        found.append(duty_opened("hospital_outcome", owner, severity, w, now, ids, case=case.id))
    return found


def _stated(ev: e.HospitalStated, w: World, now: datetime, ids: CommandIds) -> Events:
    return [
        e.DutyMet(duty=d.id, by=ev.statement.by, at=now) for d in w.file.owed("hospital_outcome")
    ]


# -- what the family says (C6.2, C6.3) --------------------------------------------------------


def guardian_told(ev: e.GuardianContacted, w: World, now: datetime, ids: CommandIds) -> Events:
    """A call to a guardian: who has been told need not be told again, and what they say counts."""
    found: Events = []
    if ev.outcome in TOLD and ev.guardian in deciding(w, now):
        met = w.file.owed("tell_guardian")
        found += [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in met]
    case = w.file.live_case
    if case is None or not in_crisis(case):
        # Below a crisis a refusal is written down and not reported: else schools stop advising.
        return found
    return found + _answered(case, family_says(w, now), ev.by, w, now, ids)


def _answered(
    case: Case, says: str, by: PersonId, w: World, now: datetime, ids: CommandIds
) -> Events:
    severity = severity_of(case.level) or Severity.HIGH
    found: Events = []
    if says in ("agrees", "refuses"):
        kinds = ("guardian_decision", "family_disputed", "family_unreachable")
        open_still = [d for kind in kinds for d in w.file.owed(kind)]
        found += [e.DutyMet(duty=d.id, by=by, at=now) for d in open_still]
    if says == "refuses":
        found += report_due("refusal", case, now)
    elif says == "undecided":
        if not w.file.owed("guardian_decision"):
            owner = has_it(case, w, now) or by
            found.append(
                duty_opened("guardian_decision", owner, severity, w, now, ids, case=case.id)
            )
    elif says == "disputed":
        found += owed_by("family_disputed", LEADING_GROUP, FAMILY, severity, w, now, ids)
    elif says == "unreachable":
        found += owed_by("family_unreachable", LEADING_GROUP, FAMILY, severity, w, now, ids)
    elif says == "agrees" and case.report is not None and case.report.sent:
        # An agreement that comes later adds to a report; it never withdraws one.
        roles = ("counselor", *LEADING_GROUP)
        found += owed_by("report_supplement", roles, REPORT, severity, w, now, ids)
    return found


def report_due(trigger: str, case: Case, now: datetime) -> Events:
    if case.report is not None:
        return []
    return [e.ReportFellDue(case=case.id, trigger=trigger, at=now)]


def _advised(ev: e.CareAdvised, w: World, now: datetime, ids: CommandIds) -> Events:
    """Declined advice is reported in a crisis, and written down otherwise."""
    case = w.file.live_case
    found: Events = [
        e.DutyMet(duty=d.id, by=ev.advice.by, at=now) for d in w.file.owed("full_analysis")
    ]
    if case is not None and in_crisis(case) and ev.advice.answer == "declined":
        found += report_due("refusal", case, now)
    return found


# -- the authority report ---------------------------------------------------------------------


def _fell_due(ev: e.ReportFellDue, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    if case is None:
        return []
    severity = severity_of(case.level) or Severity.HIGH
    if severity is Severity.IMMINENT and case.accompanied:
        severity = Severity.HIGH  # somebody is with the child: the longer time holds
    return owed_by("authority_report", LEADING_GROUP, REPORT, severity, w, now, ids)


def _advanced(ev: e.ReportAdvanced, w: World, now: datetime, ids: CommandIds) -> Events:
    case = w.file.live_case
    if case is None:
        return []
    severity = severity_of(case.level) or Severity.HIGH
    meets = {"approve": "authority_report", "submit": "submit_report"}
    kind = meets.get(ev.step, "report_supplement" if ev.step == "supplement" else "")
    found: Events = [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed(kind)]
    if ev.step == "approve":
        roles = ("student_affairs_head", *LEADING_GROUP[1:], LEADING_GROUP[0])
        found += owed_by("submit_report", roles, REPORT, severity, w, now, ids)
    return found


# -- afterwards -------------------------------------------------------------------------------


def follow_up_owed(w: World, now: datetime, ids: CommandIds) -> Events:
    """Whoever leads sees the student again: weekly for two months, then more seldom."""
    case = w.file.live_case
    if case is None or case.lead is None or w.file.owed("follow_up"):
        return []
    since = case.declared or case.lowered or case.signalled
    late = now - since > WEEKLY
    severity = Severity.ATTENTION if late else Severity.HIGH
    return [duty_opened("follow_up", case.lead, severity, w, now, ids, case=case.id)]


def _followed_up(ev: e.FollowedUp, w: World, now: datetime, ids: CommandIds) -> Events:
    met: Events = [e.DutyMet(duty=d.id, by=ev.by, at=now) for d in w.file.owed("follow_up")]
    case = w.file.live_case
    if case is None or case.lead is None:
        return met
    since = case.declared or case.lowered or case.signalled
    severity = Severity.ATTENTION if now - since > WEEKLY else Severity.HIGH
    return [*met, duty_opened("follow_up", case.lead, severity, w, now, ids, case=case.id)]


OF_CARE: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        e.SupervisionChanged: _supervised,
        e.GuardianContacted: guardian_told,
        e.CareAdvised: _advised,
        e.HospitalStated: _stated,
        e.ReportFellDue: _fell_due,
        e.ReportAdvanced: _advanced,
        e.FollowedUp: _followed_up,
    }
)
