"""Whoever leads a case and is no counselor is supervised by somebody by name.

The plan says who leads alone (`lead_alone`) and who may supervise (`supervise_lead`). Whoever leads
in another role needs a supervisor. That one is missing keeps no case from being opened and taken
on: somebody owes it, late from the first moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain.world import World
from psysafe.ids import PersonId

#: The duty to name a supervisor for whoever leads.
NAME: Final = "name_supervisor"


def needed(w: World, now: datetime) -> bool:
    """Whether whoever leads the live case leads only under supervision.

    A plan that lets nobody supervise knows of no such thing. Whoever leads no more by any role
    needs no supervisor but a successor. Standing in for a counselor makes nobody one.
    """
    case = w.file.live_case
    lead = w.roster.staff.get(case.lead) if case is not None and case.lead else None
    if lead is None or "supervise_lead" not in w.plan.rights:
        return False
    about = w.standing
    own = [r for r in lead.roles if r.holds(now) and r.scope.covers(about.grade, about.class_id)]
    return bool(own) and not any(w.plan.may("lead_alone", held.role) for held in own)


def lacking(w: World, now: datetime) -> bool:
    """Whether whoever leads needs a supervisor, and nobody is there who is one."""
    return needed(w, now) and w.supervisor(now) is None


def able(w: World, person: PersonId, lead: PersonId, now: datetime) -> bool:
    """Whether somebody who is there may be named to supervise a lead other than themselves."""
    return person != lead and w.roster.there(person, now) and w.may_supervise(person, now)
