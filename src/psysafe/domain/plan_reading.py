"""From plain data to a plan: strict, with the path of every fault, on top of what it extends."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

import attrs

from psysafe.domain.activities import ACTIVITIES, PRINCIPLES
from psysafe.domain.calendar import AT_ONCE, WALL_TIME, Unit, Within, parse_within
from psysafe.domain.codes import (
    DANGER_FACTS,
    DEGREES,
    ROLES,
    SITUATIONS,
    STEP_RELATIONS,
    SYMPTOMS,
    from_word,
)
from psysafe.domain.duties import ONWARD
from psysafe.domain.plan import (
    ANY,
    COMMANDS,
    DEADLINES,
    HOLDERS,
    NEXT_STEP,
    NOT_ASSESSED,
    OPENED,
    ORIGINS,
    TRIGGERS,
    Activity,
    Deadline,
    Origin,
    Phase,
    Plan,
    Principle,
    Right,
    Risk,
    Route,
    Step,
    Triage,
)
from psysafe.domain.plan_bulk import read_bulk
from psysafe.domain.plan_consent import read_consent
from psysafe.domain.plan_daily import read_daily
from psysafe.domain.plan_lookups import read_lookups
from psysafe.domain.plan_merging import chain, whole
from psysafe.domain.plan_screening import read_screening, score_condition
from psysafe.domain.plan_signs import read_signs
from psysafe.domain.severity import Severity
from psysafe.domain.tables import Faults, Table
from psysafe.errors import Finding, InvalidDataError

_UNSTATED: Final = Origin("site", "not stated")
_SEVERITIES: Final = {s.value: s for s in Severity}
_ANSWERS: Final[Mapping[str, Literal["any", "all", "onward"]]] = MappingProxyType(
    {"any": "any", "all": "all", ONWARD: ONWARD}
)
_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def read_plan(
    data: Mapping[str, object],
    shipped: Mapping[str, Mapping[str, object]],
    file: str = "plan.toml",
) -> tuple[Plan, tuple[Finding, ...]]:
    """Read a plan, and what `check` has to say about its text: figures without an origin (PSY105).

    `data` is the parsed file, `shipped` holds the plans that `extends` may name, as `name@version`.
    Raises InvalidDataError with every fault: PSY102 unknown key, PSY103 wrong form, PSY104 no
    duration, PSY107 no such role, PSY108 newer format, PSY109 no such plan, PSY116 missing,
    PSY064 a step that goes on where an answer must stop the calls, PSY119 two routes for one
    purpose and severity, PSY120 a circle of plans, PSY121 too many on one another, PSY122 an
    unknown activity without a name.
    """
    faults = Faults(file)
    reading = _Reading(faults)
    Table(data, "", faults).check_format()
    plans = chain(data, shipped, faults)
    plan = None if faults.found else reading.plan(said := whole(plans))
    if plan is None or faults.found:
        raise InvalidDataError(faults.found)
    return attrs.evolve(plan, digest=_digest(said)), tuple(reading.unstated.found)


def duration(table: Table, key: str) -> Within:
    """A required time limit under a key; `at once` where it is at fault."""
    return _parsed(table, key, table.text(key, limit=60))


def _parsed(table: Table, key: str, text: str) -> Within:
    if not text:
        return AT_ONCE
    try:
        return parse_within(text, table.at(key))
    except InvalidDataError as error:
        table.faults.add("PSY104", table.at(key), **error.findings[0].facts)
        return AT_ONCE


def _limit(table: Table, key: str) -> Within:
    found = duration(table, key)
    if found.unit is Unit.YEARS_AFTER_SCHOOLING:
        table.wrong(key, "a time limit that starts now")
    return found


def _optional_limit(table: Table, key: str) -> Within | None:
    return _limit(table, key) if table.has(key) else None


def _wall_time(table: Table, key: str) -> Within | None:
    found = _optional_limit(table, key)
    if found is not None and found.unit not in WALL_TIME:
        table.wrong(key, "wall time: min, h, days or weeks")
    return found


def _digest(said: Mapping[str, object]) -> str:
    def plain(value: object) -> object:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"no plain data: {type(value).__name__}")

    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=plain)
    return hashlib.sha256(text.encode()).hexdigest()


@attrs.frozen
class _Reading:
    """One reading of one plan. `unstated` collects figures without an origin: no fault yet."""

    faults: Faults
    unstated: Faults = attrs.field(
        default=attrs.Factory(lambda self: Faults(self.faults.file), takes_self=True)
    )

    def plan(self, said: Mapping[str, object]) -> Plan:
        top = Table(said, "", self.faults)
        top.check_format()
        plan = Plan(
            name=top.text("name", limit=40),
            version=top.number("version", 1, 10**6),
            digest="",
            phases=tuple(self._phase(t) for t in top.tables("phase")),
            deadlines=self._deadlines(top),
            routes=tuple(self._route(name, t) for name, t in top.named_tables("routes")),
            triage=tuple(self._triage(t) for t in top.tables("triage")),
            rights=self._rights(top),
            closure_quiet=self._closure_quiet(top),
            activities=self._activities(top),
            principles=self._principles(top),
            delivery=self._delivery(top),
            daily=read_daily(top, self._origin),
            risk=tuple(self._risk(t) for t in top.tables("risk")),
            screening=read_screening(top, self._origin),
            consent=read_consent(top, self._origin),
            signs=read_signs(top, self._origin, self._deadline),
            bulk=read_bulk(top, self._origin, self._deadline),
            lookups=read_lookups(top, self._origin),
        )
        top.refuse_the_rest()
        self._one_route_each(plan.routes)
        return plan

    def _origin(self, table: Table, inherited: Origin | None = None) -> Origin:
        found = table.table("origin", needed=False)
        if found is None:
            if inherited is None:
                self.unstated.add("PSY105", table.path)
            return inherited or _UNSTATED
        origin = Origin(found.choice("kind", ORIGINS), found.text("ref"))
        found.refuse_the_rest()
        return origin

    def _role(self, table: Table, key: str, *, also: tuple[str, ...] = ()) -> str:
        role = table.text(key, limit=60)
        self._known_role(table, key, role, frozenset(ROLES) | set(also))
        return role

    def _known_role(self, table: Table, key: str, role: str, known: frozenset[str]) -> None:
        if role and role not in known:
            shown = role if _CODE.fullmatch(role) else "of that name"
            self.faults.add("PSY107", table.at(key), role=shown)

    def _code(self, table: Table, key: str) -> str:
        code = table.text(key, limit=40)
        if code and not _CODE.fullmatch(code):
            table.wrong(key, "a name of lower-case letters, digits, - and _")
        return code

    def _codes(self, table: Table, key: str, *, needed: bool = False) -> tuple[str, ...]:
        codes = table.texts(key, needed=needed)
        if not all(_CODE.fullmatch(code) for code in codes):
            table.wrong(key, "names of lower-case letters, digits, - and _")
        return codes

    def _deadlines(self, top: Table) -> Mapping[str, Mapping[Severity | None, Deadline]]:
        out: dict[str, Mapping[Severity | None, Deadline]] = {}
        for duty, entries in top.named_tables("deadlines"):
            if duty not in DEADLINES:
                self.faults.add("PSY102", entries.path)
                continue
            # Only a running route has a next step; whoever owes a duty hands it to a role.
            also = (NEXT_STEP,) if duty == "acknowledge" else ()
            out[duty] = self._by_severity(entries, also)
        return MappingProxyType(out)

    def _by_severity(
        self, entries: Table, also: tuple[str, ...]
    ) -> Mapping[Severity | None, Deadline]:
        out: dict[Severity | None, Deadline] = {}
        for key, table in entries.entries():
            if key != ANY and key not in _SEVERITIES:
                self.faults.add("PSY102", table.path)
                continue
            out[_SEVERITIES.get(key)] = self._deadline(table, also)
        return MappingProxyType(out)

    def _deadline(self, table: Table, also: tuple[str, ...] = ()) -> Deadline:
        fallback: str | None = None
        if table.has("fallback"):
            fallback = self._role(table, "fallback", also=also)
        found = Deadline(
            within=_limit(table, "within"),
            cap=_wall_time(table, "cap"),
            fallback=fallback,
            every=_wall_time(table, "every"),
            owner=self._role(table, "owner") if table.has("owner") else None,
            origin=self._origin(table),
        )
        table.refuse_the_rest()
        return found

    def _closure_quiet(self, top: Table) -> Deadline:
        table = top.table("closure_quiet")
        if table is None:
            return Deadline(within=AT_ONCE, origin=_UNSTATED)
        return self._deadline(table)

    def _route(self, name: str, table: Table) -> Route:
        if not _CODE.fullmatch(name):
            table.faults.add("PSY103", table.path, expected="a name of lower-case letters")
        words = table.texts("for", needed=True)
        allowed = {**_SEVERITIES, NOT_ASSESSED: None}
        if not set(words) <= set(allowed):
            table.wrong("for", "severities: " + ", ".join(allowed))
        origin = self._origin(table)
        route = Route(
            name=name,
            on=table.choice("on", TRIGGERS),
            severities=frozenset(allowed[w] for w in words if w in allowed),
            purpose=table.text("purpose", name, limit=40),
            steps=self._steps(table, "steps", origin),
            end=self._steps(table, "end", origin),
            origin=origin,
        )
        table.refuse_the_rest()
        self._stops_somewhere(route, table)
        return route

    def _stops_somewhere(self, route: Route, table: Table) -> None:
        """Only the network goes on although it was answered, and its last step ends it."""
        last = (*(route.steps[-1:] if route.on == OPENED else route.steps), *route.end)
        if any(step.answer == ONWARD for step in last):
            self.faults.add("PSY064", table.path)

    def _steps(self, route: Table, key: str, origin: Origin) -> tuple[Step, ...]:
        steps = tuple(self._step(table, origin) for table in route.tables(key))
        if not steps:
            # Without a step nobody is asked; without an end nobody would notice.
            route.wrong(key, "at least one step")
        return steps

    def _step(self, table: Table, origin: Origin) -> Step:
        within = _optional_limit(table, "within")
        step = Step(
            role=self._role(table, "role"),
            relation=table.choice("relation", STEP_RELATIONS),
            within=within,
            channels=self._codes(table, "channels", needed=table.has("channels")),
            answer=_ANSWERS.get(table.choice("answer", _ANSWERS, "any"), "any"),
            origin=self._origin(table, origin if within is None else None),
        )
        table.refuse_the_rest()
        return step

    def _triage(self, table: Table) -> Triage:
        severity = _SEVERITIES.get(table.choice("severity", _SEVERITIES), Severity.IMMINENT)
        condition = score_condition(table, severity)
        least = table.number("answer_at_least", 0, 1000) if table.has("answer_at_least") else None
        if condition and least is not None:
            table.wrong("answer_at_least", "an answer or a score, not both")
        found = Triage(
            scale=table.text("scale", limit=40),
            answer_at_least=least,
            severity=severity,
            review_within=_limit(table, "review_within"),
            review_by=self._role(table, "review_by"),
            origin=self._origin(table),
            **(condition or {"flag": table.text("flag", limit=60)}),
        )
        table.refuse_the_rest()
        return found

    def _risk(self, table: Table) -> Risk:
        symptoms, dangers = table.texts("symptoms"), table.texts("dangers")
        if bool(symptoms) == bool(dangers):
            table.wrong("symptoms", "either symptoms with a degree, or dangers")
        if not set(symptoms) <= {*SYMPTOMS, ANY}:
            table.wrong("symptoms", "codes of symptoms, or any")
        if not set(dangers) <= set(DANGER_FACTS):
            table.wrong("dangers", "codes of danger_facts")
        found = Risk(
            symptoms=symptoms,
            degree=table.choice("degree", DEGREES) if symptoms else "",
            dangers=dangers,
            severity=_SEVERITIES.get(table.choice("severity", _SEVERITIES), Severity.IMMINENT),
            origin=self._origin(table),
        )
        table.refuse_the_rest()
        return found

    def _rights(self, top: Table) -> Mapping[str, Right]:
        out: dict[str, Right] = {}
        for command, table in top.named_tables("rights"):
            if command not in COMMANDS:
                self.faults.add("PSY102", table.path)
                continue
            holders = table.texts("holders", needed=True)
            for holder in holders:
                self._known_role(table, "holders", holder, HOLDERS)
            out[command] = Right(holders=holders, origin=self._origin(table))
            table.refuse_the_rest()
        return MappingProxyType(out)

    def _delivery(self, top: Table) -> Mapping[Severity | None, tuple[str, ...]]:
        out: dict[Severity | None, tuple[str, ...]] = {}
        table = top.table("delivery", needed=False)
        if table is None:
            return MappingProxyType(out)
        if table.has("channels"):
            out[None] = self._codes(table, "channels", needed=True)
        for word, severity in _SEVERITIES.items():
            inside = table.table(word, needed=False)
            if inside is not None:
                out[severity] = self._codes(inside, "channels", needed=True)
                inside.refuse_the_rest()
        table.refuse_the_rest()
        return MappingProxyType(out)

    def _activities(self, top: Table) -> Mapping[str, Activity]:
        out: dict[str, Activity] = {}
        for name, table in top.named_tables("activities"):
            if not _CODE.fullmatch(name) or (name not in ACTIVITIES and not table.has("name")):
                # A misspelt activity would be one that nobody does; a school's own has a name.
                self.faults.add("PSY122", table.path)
                continue
            situations = table.texts("situations")
            if not set(situations) <= set(SITUATIONS):
                table.wrong("situations", "some of " + ", ".join(SITUATIONS))
            out[name] = Activity(
                id=name,
                role=self._role(table, "role") if table.has("role") else None,
                phases=self._codes(table, "phases"),
                situations=situations,
                off=table.flag("off", default=False),
                name=table.text("name", "", limit=60),
                note=table.text("note", ""),
                origin=self._origin(table),
            )
            table.refuse_the_rest()
        return MappingProxyType(out)

    def _principles(self, top: Table) -> Mapping[str, Principle]:
        out: dict[str, Principle] = {}
        for name, table in top.named_tables("principles"):
            if name not in PRINCIPLES:
                self.faults.add("PSY102", table.path)
                continue
            note = table.text("note", "")
            out[name] = Principle(id=name, note=note, origin=self._origin(table))
            table.refuse_the_rest()
        return MappingProxyType(out)

    def _phase(self, table: Table) -> Phase:
        first, last = table.day("from"), table.day("until")
        if first is None:
            if not table.has("from"):
                self.faults.add("PSY116", table.at("from"))
            first = date.min
        if last is not None and last < first:
            table.wrong("until", "a day not before `from`")
        phase = Phase(
            id=self._code(table, "id"),
            from_=first,
            until=last,
            situation=table.choice("situation", SITUATIONS),
            campus=table.text("campus", limit=40) if table.has("campus") else None,
            # 高一 and g10 are one grade; a grade that only this school has stays as it stands.
            grades=tuple(from_word("grade", x) or x for x in table.texts("grades")),
        )
        table.refuse_the_rest()
        return phase

    def _one_route_each(self, routes: tuple[Route, ...]) -> None:
        taken: dict[tuple[str, str, Severity | None], str] = {}
        for route in routes:
            for severity in sorted(route.severities, key=lambda s: -1 if s is None else s.rank):
                key = (route.on, route.purpose, severity)
                if key in taken:
                    word = NOT_ASSESSED if severity is None else severity.value
                    self.faults.add("PSY119", f"routes.{route.name}", severity=word)
                taken[key] = route.name
