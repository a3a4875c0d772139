"""A plan as plain data, for whoever must be able to read it: what it does, when, by whom, and why.

Nothing here looks at a student or at the store: a plan can be read before there is a school.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from psysafe.domain.activities import software_of
from psysafe.domain.clauses import clauses_in
from psysafe.domain.plan import (
    ANY,
    NOT_ASSESSED,
    Deadline,
    Figure,
    Origin,
    Phase,
    Plan,
    Route,
    Step,
    Triage,
)
from psysafe.domain.plan_merging import Layer, changes, set_in
from psysafe.domain.severity import Severity

#: The severities of a plan as people read them: the worst first, nobody's judgement last.
_LEVELS: tuple[Severity | None, ...] = (*sorted(Severity, reverse=True), None)


def severity_word(severity: Severity | None, nobody: str = NOT_ASSESSED) -> str:
    return nobody if severity is None else severity.value


def show(
    plan: Plan,
    layers: tuple[Layer, ...],
    day: date,
    *,
    campus: str | None = None,
    grade: str = "",
) -> dict[str, Any]:
    """The whole plan as it is on a local date for a campus and grade, ready for JSON.

    `set_in` names the shipped plan or the school's file that last said something of an entry.
    """
    phase = plan.phase_at(day, campus=campus, grade=grade)
    found: dict[str, Any] = {
        "plan": f"{plan.name}@{plan.version}",
        "digest": plan.digest,
        "layers": [layer.name for layer in layers],
        "at": day.isoformat(),
    }
    found |= {"campus": campus} if campus else {}
    found |= {"grade": grade} if grade else {}
    found |= {"phase": _phase(phase)} if phase is not None else {}
    return found | {
        "phases": [_phase(each) for each in plan.phases],
        "activities": [
            _activity(plan, layers, name, phase) for name in sorted_by_clause(plan.activities)
        ],
        "principles": [
            {
                "principle": name,
                **_origin(plan.principles[name].origin),
                "set_in": set_in(layers, "principles", name),
            }
            for name in sorted_by_clause(plan.principles)
        ],
        "routes": [_route(plan, layers, route) for route in plan.routes],
        "deadlines": [
            {
                "duty": duty,
                "severity": severity_word(level, ANY),
                **_deadline(plan.deadlines[duty][level]),
                "set_in": set_in(layers, "deadlines", duty, severity_word(level, ANY)),
            }
            for duty in plan.deadlines
            for level in _LEVELS
            if level in plan.deadlines[duty]
        ],
        "rights": [
            {
                "command": command,
                "holders": list(right.holders),
                **_origin(right.origin),
                "set_in": set_in(layers, "rights", command),
            }
            for command, right in plan.rights.items()
        ],
        "triage": [_triage(plan, layers, entry) for entry in plan.triage],
        "screening": _screening(plan, layers),
        "consent": _consent(plan, layers),
        "risk": [
            {
                **({"symptoms": list(rule.symptoms), "degree": rule.degree} if rule.degree else {}),
                **({"dangers": list(rule.dangers)} if rule.dangers else {}),
                "severity": rule.severity.value,
                **_origin(rule.origin),
                "set_in": set_in(layers, "risk"),
            }
            for rule in plan.risk
        ],
        "collective_signs": _signs(plan, layers),
        "bulk": _bulk(plan, layers),
        "closure_quiet": {
            **_deadline(plan.closure_quiet),
            "set_in": set_in(layers, "closure_quiet"),
        },
        **_daily(plan, layers),
        **_lookups(plan, layers),
        "delivery": {severity_word(level): list(plan.channels(level)) for level in _LEVELS},
    }


def _daily(plan: Plan, layers: tuple[Layer, ...]) -> dict[str, Any]:
    """What is told once a school day; nothing where the plan leaves it out."""
    if plan.daily is None:
        return {}
    said = {
        "for": [s.value for s in Severity if s in plan.daily.severities],
        "at": plan.daily.at.strftime("%H:%M"),
        **_origin(plan.daily.origin),
        "set_in": set_in(layers, "daily"),
    }
    return {"daily": said}


def _lookups(plan: Plan, layers: tuple[Layer, ...]) -> dict[str, Any]:
    """When a provider is asked what became of a message; nothing where the plan leaves it out."""
    rule = plan.lookups
    if rule is None:
        return {}
    said = {
        "urgent": [str(one) for one in rule.urgent],
        "other": [str(one) for one in rule.other],
        "each_tick": rule.each_tick,
        **_origin(rule.origin),
        "set_in": set_in(layers, "lookups"),
    }
    return {"lookups": said}


def _signs(plan: Plan, layers: tuple[Layer, ...]) -> dict[str, Any]:
    """From how many students on there is a collective sign; nothing where the plan has none."""
    rule = plan.signs
    if rule is None:
        return {}
    figures = {
        name: {
            "value": figure.value,
            **_origin(figure.origin),
            "set_in": set_in(layers, "collective_signs", name),
        }
        for name, figure in (
            ("moderate", rule.moderate),
            ("high", rule.high),
            ("death", rule.death),
        )
    }
    window = {**_deadline(rule.window), "set_in": set_in(layers, "collective_signs", "window")}
    return {"measures": list(rule.measures), "window": window, **figures}


def _bulk(plan: Plan, layers: tuple[Layer, ...]) -> dict[str, Any]:
    """From how many students on a list needs a second person's yes, and the times of it."""
    rule = plan.bulk
    if rule is None:
        return {}
    students = {"value": rule.students.value, **_origin(rule.students.origin)}
    times = {"window": rule.window, "answer": rule.answer, "use": rule.use}
    found = {"students": students, **{key: _deadline(one) for key, one in times.items()}}
    return {key: {**one, "set_in": set_in(layers, "bulk", key)} for key, one in found.items()}


def sorted_by_clause(entries: Mapping[str, Any]) -> list[str]:
    """Names in the order of their first clause; those without one last."""

    def first(name: str) -> tuple[str, str]:
        found = (
            clauses_in(entries[name].origin.ref) if entries[name].origin.kind == "clause" else ()
        )
        return (found[0] if found else "~", name)

    return sorted(entries, key=first)


def _origin(origin: Origin) -> dict[str, Any]:
    found: dict[str, Any] = {"origin": {"kind": origin.kind, "ref": origin.ref}}
    if origin.kind == "clause":
        found["clauses"] = list(clauses_in(origin.ref))
    return found


def _phase(phase: Phase) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": phase.id,
        "from": phase.from_.isoformat(),
        "situation": phase.situation,
    }
    found |= {"until": phase.until.isoformat()} if phase.until else {}
    found |= {"campus": phase.campus} if phase.campus else {}
    return found | ({"grades": list(phase.grades)} if phase.grades else {})


def _activity(
    plan: Plan, layers: tuple[Layer, ...], name: str, phase: Phase | None
) -> dict[str, Any]:
    entry = plan.activities[name]
    found: dict[str, Any] = {
        "activity": name,
        "on": entry.on_in(phase),
        "software": software_of(name),
        **_origin(entry.origin),
        "set_in": set_in(layers, "activities", name),
    }
    told = {"name": entry.name, "role": entry.role, "note": entry.note}
    found |= {key: value for key, value in told.items() if value}
    found |= {"phases": list(entry.phases)} if entry.phases else {}
    found |= {"situations": list(entry.situations)} if entry.situations else {}
    return found | ({"off": True} if entry.off else {})


def _route(plan: Plan, layers: tuple[Layer, ...], route: Route) -> dict[str, Any]:
    levels = [level for level in _LEVELS if level in route.severities]

    def step(entry: Step) -> dict[str, Any]:
        return {
            "role": entry.role,
            "relation": entry.relation,
            "answer": entry.answer,
            "within": {
                severity_word(level): str(plan.step_deadline(entry, level).within)
                for level in levels
            },
            "channels": {
                severity_word(level): list(plan.channels(level, entry)) for level in levels
            },
            **_origin(entry.origin),
        }

    return {
        "route": route.name,
        "on": route.on,
        "for": [severity_word(level) for level in levels],
        "purpose": route.purpose,
        **_origin(route.origin),
        "set_in": set_in(layers, "routes", route.name),
        "steps": [step(entry) for entry in route.steps],
        "end": [step(entry) for entry in route.end],
    }


def _triage(plan: Plan, layers: tuple[Layer, ...], entry: Triage) -> dict[str, Any]:
    found: dict[str, Any] = {"scale": entry.scale, "flag": entry.flag}
    told: dict[str, Any] = {
        "answer_at_least": entry.answer_at_least,
        "score": entry.score,
        "score_at_least": entry.score_at_least,
        "score_at_most": entry.score_at_most,
        "bands": list(entry.bands) or None,
    }
    found |= {key: value for key, value in told.items() if value is not None}
    cap = plan.review_cap(entry)
    found |= {"review_cap": str(cap)} if cap is not None else {}
    return found | {
        "severity": entry.severity.value,
        "review_within": str(entry.review_within),
        "review_by": entry.review_by,
        **_origin(entry.origin),
        "set_in": set_in(layers, "triage"),
    }


def _screening(plan: Plan, layers: tuple[Layer, ...]) -> list[dict[str, Any]]:
    """What a forecast of a screening counts with; empty where the plan says nothing of it."""
    if plan.screening is None:
        return []
    figures = {
        "minutes_per_review": plan.screening.minutes_per_review,
        "minutes_per_interview": plan.screening.minutes_per_interview,
        "interviews_per_100": plan.screening.interviews_per_100,
        "hours_per_day": plan.screening.hours_per_day,
        "own_rate_from": plan.screening.own_rate_from,
    }
    return _figures(figures, layers, "screening")


def _consent(plan: Plan, layers: tuple[Layer, ...]) -> list[dict[str, Any]]:
    """The ages of consent; empty where the plan says nothing of them."""
    if plan.consent is None:
        return []
    figures = {
        "guardian_below": plan.consent.guardian_below,
        "guardian_always_below": plan.consent.guardian_always_below,
    }
    return _figures(figures, layers, "consent")


def _figures(
    figures: Mapping[str, Figure], layers: tuple[Layer, ...], key: str
) -> list[dict[str, Any]]:
    return [
        {
            "figure": name,
            "value": figure.value,
            **_origin(figure.origin),
            "set_in": set_in(layers, key, name),
        }
        for name, figure in figures.items()
    ]


def _deadline(deadline: Deadline) -> dict[str, Any]:
    found: dict[str, Any] = {"within": str(deadline.within)}
    told = {
        "cap": deadline.cap,
        "every": deadline.every,
        "owner": deadline.owner,
        "fallback": deadline.fallback,
    }
    found |= {key: str(value) for key, value in told.items() if value is not None}
    return found | _origin(deadline.origin)


def listed(shipped: Mapping[str, tuple[Plan, tuple[Layer, ...]]], own: str) -> list[dict[str, Any]]:
    """The shipped plans in a line each. `own`: the one that this school extends, or nothing."""
    return [
        {
            "plan": name,
            "stands_on": [layer.name for layer in layers[1:]],
            "clauses": clauses_of(plan),
            "activities": len(plan.activities),
            "routes": [route.name for route in plan.routes],
            "in_use": name == own,
        }
        for name, (plan, layers) in shipped.items()
    ]


def clauses_of(plan: Plan) -> list[str]:
    """Every clause that a plan answers to by an activity, a principle or a route."""
    entries: Iterable[Any] = (
        *plan.activities.values(),
        *plan.principles.values(),
        *plan.routes,
        *(step for route in plan.routes for step in (*route.steps, *route.end)),
    )
    found = {c for e in entries if e.origin.kind == "clause" for c in clauses_in(e.origin.ref)}
    return sorted(found)


def differences(layers: tuple[Layer, ...]) -> list[dict[str, Any]]:
    """What the school's own file says otherwise than the shipped plan: both values, and why."""
    found = []
    for change in changes(layers):
        told = {"before": change.before, "after": change.after, "origin": change.origin}
        entry = {key: _plain(value) for key, value in told.items() if value is not None}
        found.append({"path": change.path, **entry})
    return found


def _plain(value: object) -> Any:
    """A value of a TOML file as JSON can hold it: days become text."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
