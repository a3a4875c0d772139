"""How what runs beside a case changes its file. A room of `files`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.care import (
    REPORT_STEPS,
    AuthorityReport,
    GuardianRow,
    Supplement,
)
from psysafe.domain.files import LAST, Case
from psysafe.sensitivity import changed

#: What an outcome of a call makes of a guardian's row. Told without a word on what they decide is
#: *told*: neither consent nor refusal is read into it.
_ROW: Final = {
    "reached": "told",
    "agrees": "agrees",
    "undecided": "undecided",
    "refuses": "refuses",
    "unreachable": "unreachable",
}


def guardian_rows(case: Case, event: e.GuardianContacted) -> tuple[GuardianRow, ...]:
    """One row a guardian, after one more try."""
    held = next((r for r in case.guardians if r.guardian == event.guardian), None)
    state = _ROW.get(event.outcome)
    if state is None:
        # Not reached: what they had said before still stands.
        state = held.state if held is not None and held.state != "unreachable" else "attempting"
    row = GuardianRow(
        guardian=event.guardian,
        state=state,
        since=held.since if held is not None and held.state == state else event.at,
        tries=held.tries + 1 if held is not None else 1,
    )
    others = tuple(r for r in case.guardians if r.guardian != event.guardian)
    return (*others, row)[-LAST:]


def _supervised(case: Case, event: e.SupervisionChanged) -> Case:
    place = event.place if event.place != "unknown" else case.place
    return changed(case, supervision=event.supervision, place=place)


def _fell_due(case: Case, event: e.ReportFellDue) -> Case:
    if case.report is not None:
        return case
    report = AuthorityReport(state="due", trigger=event.trigger, due_since=event.at)
    return changed(case, report=report)


def _advanced(case: Case, event: e.ReportAdvanced) -> Case:
    report = case.report
    if report is None:
        raise ValueError("a step of a report that nobody owed")
    if event.step == "supplement":
        added = Supplement(at=event.at, by=event.by, text=event.text)
        held = (*report.supplements, added)[-LAST:]
        return changed(case, report=changed(report, supplements=held))
    what: dict[str, Any] = {"state": REPORT_STEPS[event.step][1]}
    if event.step == "draft":
        what |= {"text": event.text, "drafted_by": event.by}
    elif event.step == "approve":
        what |= {"approved_by": event.by}
    elif event.step == "submit":
        what |= {"submitted_by": event.by, "submitted": event.at}
    return changed(case, report=changed(report, **what))


#: Each changes the case alone; `files_folding` puts it back into the file.
OF_CARE: Final[Mapping[type, Callable[[Case, Any], Case]]] = MappingProxyType(
    {
        e.SupervisionChanged: _supervised,
        e.CareAdvised: lambda c, v: changed(c, advice=(*c.advice, v.advice)[-LAST:]),
        e.ReportFellDue: _fell_due,
        e.ReportAdvanced: _advanced,
        e.FollowedUp: lambda c, v: changed(c, followed_up=v.at),
    }
)
