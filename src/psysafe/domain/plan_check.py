"""Looking a plan over before it is needed: would each step find somebody, by a way that exists?

What is found here costs minutes in a crisis, so every finding names its place and its cure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from psysafe.domain.codes import ROLES
from psysafe.domain.plan import GUARDIAN, INBOX, NEXT_STEP, NOT_ASSESSED, Plan
from psysafe.domain.severity import Severity
from psysafe.errors import Fact, Finding, FindingSeverity

#: How many places of a finding are named; the rest is counted.
SHOWN: Final = 3
#: Independent ways over which an imminent alarm goes (practice: one of them may be down); the
#: inbox is none of them.
WAYS: Final = 2


def check_plan(
    plan: Plan, holders: Mapping[str, Collection[str]], channels: Mapping[str, str]
) -> tuple[Finding, ...]:
    """What is wrong between a plan, the school's people and its channels; empty: nothing.

    `holders` maps a role to the ids of the staff who hold it now, `channels` the name of each
    channel that works here to the plugin behind it. PSY106: nobody holds a role, one finding a
    role with every place that names it (an error where a whole route, or the end of one, then has
    nobody, or where a duty is handed to nobody; otherwise a warning: the step is skipped at once).
    PSY111: roles with one holder only (a warning). PSY113: a channel that is not there (an error).
    PSY126: fewer than two independent ways for an imminent alarm (a warning). PSY131: nothing
    starts a route at some severity (an error). PSY092: a route waits for what starts none (an
    error). PSY067: a role leads only under supervision, and
    nobody holds a role that may supervise (a warning).
    """
    return (
        *_unheld(plan, holders),
        *_missing_channels(plan, channels),
        *_too_few_ways(plan, channels),
        *_unrouted(plan),
        *_never_started(plan),
        *_unsupervised(plan, holders),
        *_sole_holders(plan, holders),
    )


def roles_named(plan: Plan) -> frozenset[str]:
    """Every role that the plan asks, lets take over, or lets review."""
    asked = {step.role for route in plan.routes for step in (*route.steps, *route.end)}
    return frozenset(asked | {role for _, role in _appointed(plan)})


def _appointed(plan: Plan) -> Iterator[tuple[str, str]]:
    for duty, entries in plan.deadlines.items():
        for severity, deadline in entries.items():
            if deadline.fallback not in (None, NEXT_STEP):
                key = "any" if severity is None else severity.value
                yield f"deadlines.{duty}.{key}.fallback", deadline.fallback
    for index, entry in enumerate(plan.triage):
        yield f"triage[{index}].review_by", entry.review_by


def _owners(plan: Plan) -> Iterator[tuple[str, str]]:
    """Who is asked first for a duty: where nobody is, its fallback has it from the beginning."""
    for duty, entries in plan.deadlines.items():
        for severity, deadline in entries.items():
            if deadline.owner is not None:
                key = "any" if severity is None else severity.value
                yield f"deadlines.{duty}.{key}.owner", deadline.owner


def _unheld(plan: Plan, holders: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """One finding for each role that nobody holds: a plan names the same role in many places."""
    places: dict[str, list[str]] = {}
    grave: set[str] = set()
    for route in plan.routes:
        for key, steps in (("steps", route.steps), ("end", route.end)):
            nobody = not any(holders.get(step.role) for step in steps)
            for index, step in enumerate(steps):
                if not holders.get(step.role):
                    places.setdefault(step.role, []).append(f"routes.{route.name}.{key}[{index}]")
                    grave |= {step.role} if nobody else set()
    for path, role in _appointed(plan):
        if not holders.get(role):
            places.setdefault(role, []).append(path)
            grave.add(role)
    for path, role in _owners(plan):
        if not holders.get(role):
            places.setdefault(role, []).append(path)
    for role, found in places.items():
        severity: FindingSeverity = "error" if role in grave else "warning"
        where: dict[str, Fact] = {"path": _listed(found)}
        yield Finding(code="PSY106", severity=severity, where=where, facts={"role": role})


def _listed(paths: list[str]) -> str:
    """The first places by name and how many more there are."""
    more = len(paths) - SHOWN
    return ", ".join(paths[:SHOWN]) + (f", +{more}" if more > 0 else "")


def _missing_channels(plan: Plan, channels: Mapping[str, str]) -> Iterator[Finding]:
    places: dict[str, list[str]] = {}
    for route in plan.routes:
        for key, steps in (("steps", route.steps), ("end", route.end)):
            for index, step in enumerate(steps):
                path = f"routes.{route.name}.{key}[{index}]" if step.channels else "delivery"
                for channel in plan.channels_of(route, step):
                    if channel not in channels:
                        places.setdefault(channel, []).append(path)
    for channel, found in places.items():
        paths = _listed(list(dict.fromkeys(found)))
        yield Finding(code="PSY113", where={"path": paths}, facts={"channel": channel})


def _too_few_ways(plan: Plan, channels: Mapping[str, str]) -> Iterator[Finding]:
    """Two mailboxes of one plugin are one way: what stops the one stops the other.

    An inbox is none: whoever sleeps does not look into it (0016).
    """
    used = plan.channels(Severity.IMMINENT)
    there = [name for name in used if name in channels and name != INBOX]
    if len({channels[name] for name in there}) < WAYS:
        facts: dict[str, Fact] = {"channels": ", ".join(there) or "-", "wanted": WAYS}
        yield Finding(code="PSY126", severity="warning", where={"path": "delivery"}, facts=facts)


def _unrouted(plan: Plan) -> Iterator[Finding]:
    for trigger in ("signal", "crisis"):
        silent = [
            NOT_ASSESSED if level is None else level.value
            for level in (None, *Severity)
            if level is not Severity.NONE and not plan.routes_on(trigger, level)
        ]
        if silent:
            facts: dict[str, Fact] = {"trigger": trigger, "severities": ", ".join(silent)}
            yield Finding(code="PSY131", where={"path": "routes"}, facts=facts)


def _never_started(plan: Plan) -> Iterator[Finding]:
    """Guardians are told by a duty that passes on by itself: no route begins with that."""
    for route in plan.routes:
        if route.on == GUARDIAN:
            yield Finding(code="PSY092", where={"path": f"routes.{route.name}.on"})


def _unsupervised(plan: Plan, holders: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    if any(plan.may("supervise_lead", role) and holders.get(role) for role in ROLES):
        return
    led = [one for one in ROLES if plan.may("lead_case", one) and not plan.may("lead_alone", one)]
    if led and "supervise_lead" in plan.rights:
        facts: dict[str, Fact] = {"roles": ", ".join(led)}
        yield Finding(
            code="PSY067", severity="warning", where={"path": "rights.supervise_lead"}, facts=facts
        )


def _sole_holders(plan: Plan, holders: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    named = roles_named(plan)
    sole = [role for role in ROLES if role in named and len(holders.get(role, ())) == 1]
    if sole:
        listed = ", ".join(f"{role} {next(iter(holders[role]))}" for role in sole)
        facts: dict[str, Fact] = {"count": len(sole), "holders": listed}
        yield Finding(code="PSY111", severity="warning", facts=facts)
