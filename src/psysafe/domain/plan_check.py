"""Looking a plan over before it is needed: would each step find somebody, by a way that exists?

What is found here costs minutes in a crisis, so every finding names its place and its cure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from psysafe.domain.codes import ROLES
from psysafe.domain.plan import NEXT_STEP, Plan, Route
from psysafe.errors import Finding, FindingSeverity


def check_plan(
    plan: Plan, holders: Mapping[str, Collection[str]], channels: Collection[str]
) -> tuple[Finding, ...]:
    """What is wrong between a plan, the school's people and its channels; empty: nothing.

    `holders` maps a role to the ids of the staff who hold it now, `channels` holds the names of
    the channels that work here. PSY106: nobody holds a role (an error where a whole route, or the
    end of one, then has nobody, otherwise a warning: the step is skipped at once). PSY111: one
    holder only (a warning). PSY113: a channel that is not there (an error).
    """
    found: list[Finding] = []
    for route in plan.routes:
        found += _unheld_steps(route, holders)
        found += _missing_channels(plan, route, channels)
    found += _unheld_elsewhere(plan, holders)
    found += _sole_holders(plan, holders)
    return tuple(found)


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


def _nobody(path: str, role: str, severity: FindingSeverity) -> Finding:
    return Finding(code="PSY106", severity=severity, where={"path": path}, facts={"role": role})


def _unheld_steps(route: Route, holders: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    for key, steps in (("steps", route.steps), ("end", route.end)):
        severity: FindingSeverity = (
            "warning" if any(holders.get(step.role) for step in steps) else "error"
        )
        for index, step in enumerate(steps):
            if not holders.get(step.role):
                yield _nobody(f"routes.{route.name}.{key}[{index}].role", step.role, severity)


def _unheld_elsewhere(plan: Plan, holders: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, role in _appointed(plan):
        # One line a role: a plan names the same fallback many times.
        if not holders.get(role) and role not in seen:
            seen.add(role)
            yield _nobody(path, role, "error")


def _missing_channels(plan: Plan, route: Route, channels: Collection[str]) -> Iterator[Finding]:
    for key, steps in (("steps", route.steps), ("end", route.end)):
        for index, step in enumerate(steps):
            for channel in plan.channels_of(route, step):
                if channel in channels:
                    continue
                path = f"routes.{route.name}.{key}[{index}].channels"
                yield Finding(code="PSY113", where={"path": path}, facts={"channel": channel})


def _sole_holders(plan: Plan, holders: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    named = roles_named(plan)
    for role in ROLES:
        found = holders.get(role, ())
        if role in named and len(found) == 1:
            facts = {"role": role, "holder": next(iter(found))}
            yield Finding(code="PSY111", severity="warning", facts=facts)
