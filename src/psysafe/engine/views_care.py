"""What a view says of who is with the child, of the family, of advice and of the report."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from psysafe.domain.files import Case
from psysafe.domain.guardianship import family_says, next_try
from psysafe.domain.owing import may
from psysafe.domain.world import World
from psysafe.engine import words
from psysafe.engine.views_referral import referrals_of
from psysafe.ids import Actor

#: Nobody puts their name under what they may not read.
SIGNING: Final = ("report_approve", "report_submit")


def supervision(world: World, case: Case, now: datetime) -> dict[str, Any]:
    """Where the child is, and who is with it; without the key where nobody has said so."""
    found: dict[str, Any] = {"place": case.place}
    held = case.supervision
    if held is not None:
        found["with"] = {
            "state": held.state,
            "adult": held.adult,
            "since": held.since,
            "called": held.called,
        } | ({"to": held.to} if held.to else {})
    return found


def whereabouts(case: Case | None) -> str:
    """The redacted form: accompanied or not, and whom to ask where to go."""
    if case is not None and case.accompanied:
        return words.ACCOMPANIED
    known = case is not None and case.place != "unknown"
    return words.PLACE_KNOWN if known else words.PLACE_UNKNOWN


def family_of(world: World, case: Case, now: datetime) -> dict[str, Any]:
    """One row a guardian, what the family says as a whole, and whom to try next by when."""
    found: dict[str, Any] = {}
    following = next_try(world, now)
    if following is not None:
        found["next_try"] = {"guardian": following.guardian, "by": following.by}
    if not case.guardians:
        return found
    return found | {
        "family": family_says(world, now),
        "guardian_rows": [
            {"guardian": r.guardian, "state": r.state, "since": r.since, "tries": r.tries}
            for r in case.guardians
        ],
    }


def referral_summary(world: World, case: Case, now: datetime) -> dict[str, Any]:
    """Advice and the family's answer, how the report stands, to whom the student is handed on."""
    found: dict[str, Any] = referrals_of(world, case)
    if case.advice:
        found["care_advice"] = [
            {"at": a.at, "by": a.by, "advice": a.advice, "answer": a.answer} for a in case.advice
        ]
    return found | authority_report(case)


def authority_report(case: Case) -> dict[str, Any]:
    """The report to the authority with its text; without the key where none is owed."""
    report = case.report
    if report is None:
        return {}
    return {
        "authority_report": {
            "state": report.state,
            "trigger": report.trigger,
            "due_since": report.due_since,
            "text": report.text,
            "supplements": [{"at": s.at, "by": s.by, "text": s.text} for s in report.supplements],
        }
        | ({"submitted": report.submitted} if report.submitted else {})
    }


def signs_report(world: World, actor: Actor, now: datetime) -> bool:
    """Whether somebody approves or submits the report here, so that they must be able to read it.

    What the redacted form of advice and reports leaves to them as theirs to do (decision 0043).
    """
    return any(may(world, actor, right, now) for right in SIGNING)


def safety_plan(world: World, case: Case, now: datetime) -> dict[str, Any]:
    """The plan for a break; without the key where none was made."""
    plan = case.holiday
    if plan is None:
        return {}
    return {
        "holiday_plan": {
            "first": plan.first,
            "last": plan.last,
            "contact": plan.contact,
            "next_contact": plan.next_contact,
            "informed": list(plan.informed),
            "covers": plan.covers,
            "by": plan.by,
            "at": plan.at,
        }
    }
