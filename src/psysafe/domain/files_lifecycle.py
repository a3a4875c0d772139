"""How a case as a whole changes in its file. A room of `files`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.files import Case
from psysafe.domain.severity import Assessed, Severity
from psysafe.sensitivity import changed


def _stood_down(case: Case, event: e.CaseStoodDown) -> Case:
    level = event.level
    calm = isinstance(level, Assessed) and level.severity <= Severity.ATTENTION
    return changed(
        case,
        level=level,
        assessed=level.severity if isinstance(level, Assessed) else case.assessed,
        declared=None,
        stood_down=event.at,
        lowered=event.at,
        calm_since=event.at if calm else None,
        warned=None,
        lifecycle="triage" if case.lifecycle == "signalled" else case.lifecycle,
        acknowledged_by=case.acknowledged_by or event.by,
    )


def _accepted(case: Case, event: e.LeadAccepted) -> Case:
    # A supervisor is named for one lead; whoever comes with the new one is named after this.
    return changed(
        case, lead=event.lead, lead_offered=None, supervisor=None, supervisor_offered=None
    )


def _reopened(case: Case, event: e.CaseReopened) -> Case:
    return changed(case, lifecycle="open", ended=None, closure_by=None, lead=case.lead or event.by)


OF_LIFECYCLE: Final[Mapping[type, Callable[[Case, Any], Case]]] = MappingProxyType(
    {
        e.LeadOffered: lambda c, v: changed(
            c, lead_offered=v.lead, supervisor_offered=v.supervisor
        ),
        e.LeadAccepted: _accepted,
        e.StudentWentAway: lambda c, v: changed(c, lifecycle="away", place=v.place),
        e.StudentReturned: lambda c, v: changed(c, lifecycle="open"),
        e.ClosureRejected: lambda c, v: changed(c, lifecycle="open", closure_by=None),
        e.CaseReopened: _reopened,
        e.CaseTransferred: lambda c, v: changed(
            c, lifecycle="transferred", ended=v.at, declared=None
        ),
        e.CaseStoodDown: _stood_down,
        e.SupervisorNamed: lambda c, v: changed(c, supervisor=v.supervisor),
        e.SupervisorLapsed: lambda c, v: c,
        e.CaseVoided: lambda c, v: changed(c, lifecycle="void", ended=v.at, declared=None),
    }
)
