"""The warning network (C4.1 to C4.3): class, grade and center hear of a case, one after the other.

It begins with a person's judgement, never with a report: when a case is opened, and again when
somebody who may judge it finds it worse than the network was told. Each level is told in turn, also
where the one before has answered, because each has something of its own to do; the route of the
report asks somebody to take it up, and stops when one has. No level gets to see more by it than its
role shows, and none gets a right.

In a declared crisis it is silent: the crisis calls the same people, and two calls at once would be
two answers to give. When the crisis is over the network is told what is left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.duties import RUNNING, WARNING
from psysafe.domain.plan import OPENED
from psysafe.domain.reactions_opening import routes_started
from psysafe.domain.severity import Severity, severity_of
from psysafe.domain.world import World
from psysafe.ids import CommandIds, PersonId

Events = list[e.Event]
#: When a case has been opened and is not over.
_UNDER_WAY: Final = ("open", "away", "closing")


def told(by: PersonId, w: World, now: datetime, ids: CommandIds) -> Events:
    """The network is told how bad it is, where it was not told of anything as bad before.

    What still runs of it at a milder level ends: everybody is told anew, in the shorter time. It
    ends too where a person finds so little that the plan tells no network of it.
    """
    case = w.file.live_case
    if case is None or case.lifecycle not in _UNDER_WAY or case.declared is not None:
        return []
    severity = severity_of(case.level) or Severity.HIGH
    if not w.plan.routes_on(OPENED, severity):
        return ended("milder", by, w, now)
    if case.warned is not None and case.warned >= severity:
        return []
    started = routes_started(OPENED, severity, w, now, ids, anew=True)
    return [*ended("risen", by, w, now), *started]


def ended(why: str, by: PersonId, w: World, now: datetime) -> Events:
    """What runs of the network stops: told anew, nothing left to tell, or a crisis calls."""
    return [
        e.RouteStopped(run=run.id, by=by, at=now, why=why)
        for run in w.file.runs
        if run.state == RUNNING and run.purpose == WARNING
    ]
