"""The plan: reading it strictly, asking it, checking it; and the shipped plan itself."""

import copy
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import attrs
import pytest

from psysafe.builtin.plans import shipped_plans
from psysafe.domain.calendar import parse_within
from psysafe.domain.codes import DUTIES, ROLES
from psysafe.domain.plan import COMMANDS, DEADLINES, NEXT_STEP, ORIGINS, TRIGGERS, Plan
from psysafe.domain.plan_check import check_plan
from psysafe.domain.plan_merging import DEPTH, merged
from psysafe.domain.plan_reading import read_plan
from psysafe.domain.severity import Severity
from psysafe.errors import InvalidDataError, PlanError

S = Severity
SITE = {"kind": "site", "ref": "leading group 2026-08-20"}
LEVELS: tuple[Severity | None, ...] = (*Severity, None)
#: Whatever is more than no concern, and what nobody has judged.
JUDGED = [level for level in LEVELS if level is not S.NONE]


def own(**changes: Any) -> dict[str, Any]:
    """A school's plan.toml: the shipped plan with these changes."""
    return {"format": 1, "extends": "three-tier@1", **changes}


def read(**changes: Any) -> Plan:
    return read_plan(own(**changes), shipped_plans())[0]


def faults(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    with pytest.raises(InvalidDataError) as refused:
        read_plan(data, shipped_plans())
    for finding in refused.value.findings:
        assert finding.what  # each fault has all facts that its sentences need
        assert finding.where["file"] == "plan.toml"
    return [(f.code, f.where["path"]) for f in refused.value.findings]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read()


# ---- the shipped plan ---------------------------------------------------------------------------


def tables(value: object, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield path, value
        for key, inner in value.items():
            yield from tables(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from tables(inner, f"{path}[{index}]")


def test_every_figure_and_rule_of_a_shipped_plan_has_an_origin() -> None:
    seen = 0
    for name, data in shipped_plans().items():
        read_plan_findings = read_plan({"format": 1, "extends": name}, shipped_plans())[1]
        assert read_plan_findings == ()
        for path, table in tables(data):
            if table.keys() & {"within", "cap", "every", "review_within", "for", "holders"}:
                seen += 1
                assert table["origin"]["kind"] in ORIGINS, (name, path)
                assert table["origin"]["ref"], (name, path)
    assert seen > 40


def test_no_figure_is_said_to_stand_in_a_clause_because_the_clauses_have_none(plan: Plan) -> None:
    kinds = {d.origin.kind for by_level in plan.deadlines.values() for d in by_level.values()}
    assert kinds <= {"suggestion", "practice", "law"}
    assert {entry.origin.kind for entry in plan.triage} == {"suggestion"}


def test_every_duty_has_a_deadline_and_a_fallback_at_every_severity(plan: Plan) -> None:
    # What a break is, and how long before it a plan is asked for, is nobody's to take over.
    for duty in DEADLINES - {"holiday_ahead", "holiday_break"}:
        for severity in LEVELS:
            deadline = plan.deadline(duty, severity)
            assert deadline.fallback in {*ROLES, NEXT_STEP}, (duty, severity)
    for duty in DUTIES:
        assert plan.deadline(duty, None).fallback in ROLES


@pytest.mark.parametrize(
    ("duty", "imminent", "high", "moderate", "attention"),
    [
        ("acknowledge", "10 min", "30 min", "1 school day", "3 school days"),
        ("triage", "1 h", "4 h", "1 school day", "3 school days"),
        ("review_signal", "1 h", "4 h", "1 school day", "3 school days"),
        ("tell_homeroom_teacher", "15 min", "1 h", "1 h", "1 h"),
        ("tell_guardian_try", "10 min", "30 min", "30 min", "30 min"),
        ("tell_guardian", "15 min", "60 min", "60 min", "60 min"),
        ("leading_group_report", "at once", "2 h", "2 h", "2 h"),
        ("full_analysis", "24 h", "24 h", "24 h", "24 h"),
        ("reassess", "1 day", "7 days", "30 days", "30 days"),
    ],
)
def test_the_figures_of_the_three_tier_plan(
    plan: Plan, duty: str, imminent: str, high: str, moderate: str, attention: str
) -> None:
    levels = (S.IMMINENT, S.HIGH, S.MODERATE, S.ATTENTION)
    found = [str(plan.deadline(duty, level).within) for level in levels]
    assert found == [imminent, high, moderate, attention]


def test_what_waits_for_school_days_is_capped_in_wall_time(plan: Plan) -> None:
    for duty, by_level in plan.deadlines.items():
        for deadline in by_level.values():
            if "school day" in str(deadline.within):
                longest = {"30 days"} if duty == "hand_over" else set()
                assert str(deadline.cap) in {"24 h", "72 h", "7 days"} | longest, duty
    assert str(plan.deadline("acknowledge", S.MODERATE).cap) == "72 h"
    assert str(plan.deadline("acknowledge", S.ATTENTION).cap) == "7 days"


def test_nobody_having_judged_waits_no_longer_than_moderate(plan: Plan) -> None:
    for duty in ("acknowledge", "triage", "review_signal"):
        assert plan.deadline(duty, None) == plan.deadline(duty, S.MODERATE)


@pytest.mark.parametrize(
    ("severity", "name"),
    [
        (S.IMMINENT, "linkage"),
        (S.HIGH, "linkage"),
        (S.MODERATE, "linkage_daytime"),
        (S.ATTENTION, "linkage_daytime"),
        (None, "linkage_daytime"),
    ],
)
def test_a_signal_takes_the_helping_linkage(
    plan: Plan, severity: Severity | None, name: str
) -> None:
    (route,) = plan.routes_on("signal", severity)
    assert route.name == name
    asked = [(step.role, step.relation) for step in route.steps]
    assert asked == [
        ("counselor", "of_grade"),
        ("grade_head", "of_grade"),
        ("student_affairs_head", "of_school"),
    ]


@pytest.mark.parametrize("severity", LEVELS)
def test_a_crisis_goes_to_the_homeroom_teacher_and_to_the_leading_group(
    plan: Plan, severity: Severity | None
) -> None:
    crisis, report = plan.routes_on("crisis", severity)
    assert [step.role for step in crisis.steps] == [
        "homeroom_teacher",
        "grade_head",
        "duty_adult",
        "student_affairs_head",
    ]
    assert report.purpose == "leading_group_report"
    assert report.steps[0].role == "leading_group_head"


@pytest.mark.parametrize("severity", LEVELS)
def test_an_opened_case_is_told_to_class_grade_and_center_from_moderate_on(
    plan: Plan, severity: Severity | None
) -> None:
    found = plan.routes_on("opened", severity)
    if severity not in (S.MODERATE, S.HIGH, S.IMMINENT):
        assert found == ()
        return
    (network,) = found
    assert network.purpose == "warning"
    assert [(step.role, step.answer, step.origin.ref) for step in network.steps] == [
        ("homeroom_teacher", "onward", "C4.1"),
        ("grade_head", "onward", "C4.2"),
        ("student_affairs_head", "onward", "C4.2"),
        ("counselor", "any", "C4.3"),
    ]


def test_school_days_of_a_step_are_bounded_by_the_cap_of_an_answer() -> None:
    step = {**STEP, "within": "2 school days", "origin": SITE}
    (mine,) = (r for r in read(**route(steps=[step])).routes if r.name == "mine")
    for severity, cap in ((S.MODERATE, "72 h"), (S.ATTENTION, "7 days")):
        assert str(read().step_deadline(mine.steps[0], severity).cap) == cap
    hours = attrs.evolve(mine.steps[0], within=parse_within("4 h"))
    assert read().step_deadline(hours, S.MODERATE).cap is None


def test_every_route_that_nobody_answers_ends_at_the_leading_group(plan: Plan) -> None:
    for route in plan.routes:
        assert [step.role for step in route.end] == [
            "leading_group_head",
            "leading_group_deputy",
            "leading_group_core",
        ]


def test_a_step_without_its_own_time_has_that_of_acknowledge(plan: Plan) -> None:
    step = plan.route("linkage").steps[0]
    assert str(plan.step_deadline(step, S.HIGH).within) == "30 min"
    assert str(plan.step_deadline(step, S.IMMINENT).within) == "10 min"
    assert plan.step_deadline(step, S.HIGH).fallback == NEXT_STEP


@pytest.mark.parametrize(
    ("flag", "answer", "severity"),
    [
        ("self_harm", 0, None),
        ("self_harm", None, None),
        ("self_harm", 1, S.MODERATE),
        ("self_harm", 2, S.HIGH),
        ("self_harm", 3, S.HIGH),
        ("self_harm_unanswered", None, S.HIGH),
        ("another", 3, None),
    ],
)
def test_the_most_severe_entry_that_matches_a_flag_counts(
    plan: Plan, flag: str, answer: int | None, severity: Severity | None
) -> None:
    found = plan.triage_of("phq9", flag, answer)
    assert (found and found.severity) is severity
    if found:
        assert (str(found.review_within), found.review_by) == ("24 h", "counselor")


@pytest.mark.parametrize(
    ("command", "may", "may_not"),
    [
        ("report", {"student", "guardian", "homeroom_teacher"}, {"registrar"}),
        ("acknowledge", {"route_target", "counselor"}, {"homeroom_teacher", "student"}),
        ("open", {"counselor"}, {"grade_head", "leading_group_head"}),
        ("dismiss", {"counselor", "grade_head"}, {"homeroom_teacher"}),
        ("dismiss_high", {"counselor"}, {"grade_head"}),
        ("declare", {"counselor"}, {"homeroom_teacher"}),
        ("declare_unanswered", {"homeroom_teacher", "duty_adult"}, {"student", "guardian"}),
        ("approve_closure", {"counselor", "leading_group_head"}, {"homeroom_teacher"}),
        ("guardian_log", {"duty_owner"}, {"homeroom_teacher"}),
        ("review_flag", {"counselor"}, {"homeroom_teacher"}),
    ],
)
def test_who_may_do_what(plan: Plan, command: str, may: set[str], may_not: set[str]) -> None:
    assert all(plan.may(command, holder) for holder in may)
    assert not any(plan.may(command, holder) for holder in may_not)


def test_the_shipped_plan_answers_for_every_command_and_permits_nothing_else(plan: Plan) -> None:
    assert set(plan.rights) == set(COMMANDS)
    assert not plan.may("no_such_command", "counselor")


# ---- a school's own plan ------------------------------------------------------------------------


def test_a_school_changes_one_figure_and_keeps_the_rest(plan: Plan) -> None:
    change = {"within": "8 min", "fallback": "next_step", "origin": SITE}
    changed = read(deadlines={"acknowledge": {"imminent": change}})
    assert str(changed.deadline("acknowledge", S.IMMINENT).within) == "8 min"
    assert str(changed.deadline("acknowledge", S.IMMINENT).origin) == "site " + SITE["ref"]
    assert changed.deadline("acknowledge", S.HIGH) == plan.deadline("acknowledge", S.HIGH)
    assert changed.routes == plan.routes
    assert changed.digest != plan.digest


def test_a_list_is_replaced_whole(plan: Plan) -> None:
    step = {"role": "counselor", "relation": "of_school", "channels": ["inbox", "mail"]}
    changed = read(routes={"linkage": {"steps": [step]}})
    assert len(changed.route("linkage").steps) == 1
    assert changed.route("linkage").end == plan.route("linkage").end


def test_a_changed_figure_does_not_keep_the_origin_of_the_old_one() -> None:
    changes = {"acknowledge": {"imminent": {"within": "1 h"}}}
    changed, findings = read_plan(own(deadlines=changes), shipped_plans())
    assert [(f.code, f.where["path"]) for f in findings] == [
        ("PSY105", "deadlines.acknowledge.imminent")
    ]
    assert changed.deadline("acknowledge", S.IMMINENT).origin.kind == "site"


def test_a_step_with_a_time_needs_its_own_origin_and_one_without_has_its_routes() -> None:
    step = {"role": "counselor", "relation": "of_grade", "channels": ["inbox"]}
    changed, findings = read_plan(
        own(routes={"linkage": {"steps": [step, {**step, "within": "5 min"}], "origin": SITE}}),
        shipped_plans(),
    )
    assert [f.where["path"] for f in findings] == ["routes.linkage.steps[1]"]
    route = changed.route("linkage")
    assert route.steps[0].origin == route.origin
    assert str(changed.step_deadline(route.steps[1], S.HIGH).within) == "5 min"


def test_steps_of_ones_own_never_keep_the_clause_of_the_steps_that_they_replace(
    plan: Plan,
) -> None:
    step = {"role": "counselor", "relation": "of_grade"}
    changed, findings = read_plan(own(routes={"linkage": {"steps": [step]}}), shipped_plans())
    assert {f.code for f in findings} == {"PSY105"}
    assert changed.route("linkage").steps[0].origin.kind == "site"
    assert changed.route("linkage").end == plan.route("linkage").end
    said = read(routes={"linkage": {"steps": [step], "origin": SITE}}).route("linkage")
    assert {str(s.origin) for s in said.steps} == {"site " + SITE["ref"]}
    assert said.end == plan.route("linkage").end


def test_a_step_goes_over_the_channels_of_the_plan_unless_it_names_its_own() -> None:
    plain, named = (
        {"role": "counselor", "relation": "of_grade", **more} for more in ({}, {"channels": ["a"]})
    )
    changed = read(
        delivery={"channels": ["inbox", "mail"], "imminent": {"channels": ["inbox", "sms"]}},
        routes={"linkage": {"steps": [plain, named], "origin": SITE}},
    )
    first, second = changed.route("linkage").steps
    assert changed.channels(S.HIGH, first) == changed.channels(None, first) == ("inbox", "mail")
    assert changed.channels(S.IMMINENT, first) == ("inbox", "sms")
    assert changed.channels(S.IMMINENT, second) == ("a",)
    assert changed.channels_of(changed.route("linkage"), first) == ("inbox", "mail", "sms")
    assert read().channels(S.IMMINENT) == ("inbox",)


def test_merging_changes_neither_of_the_two() -> None:
    base = {"a": {"within": "1 h", "origin": SITE}, "list": [1]}
    kept, mine = copy.deepcopy(base), {"a": {"within": "2 h"}, "list": [2]}
    assert merged(base, mine) == {"a": {"within": "2 h"}, "list": [2]}
    assert base == kept


def test_the_digest_follows_the_content_and_not_the_order_of_keys() -> None:
    data = {**shipped_plans()["three-tier@1"]}
    turned = dict(reversed(data.items()))
    found = [read_plan(each, shipped_plans())[0].digest for each in (data, turned)]
    assert found == [read().digest] * 2


def test_a_plan_stands_on_the_plan_that_its_own_base_stands_on() -> None:
    base = {"format": 1, "name": "low", "version": 1, "closure_quiet": quiet("7 days")}
    middle = {"format": 1, "name": "mid", "version": 4, "extends": "low@1"}
    shipped = {"low@1": base, "mid@4": {**middle, "phase": []}}
    found, _ = read_plan({"format": 1, "extends": "mid@4"}, shipped)
    assert (found.name, found.version) == ("mid", 4)
    assert str(found.closure_quiet.within) == "7 days"
    changed, _ = read_plan(
        {"format": 1, "extends": "mid@4", "closure_quiet": quiet("9 days")}, shipped
    )
    assert str(changed.closure_quiet.within) == "9 days"


def test_plans_that_stand_on_one_another_in_a_circle_are_refused() -> None:
    there = {"format": 1, "name": "a", "version": 1, "extends": "b@1"}
    back = {"format": 1, "name": "b", "version": 1, "extends": "a@1"}
    with pytest.raises(InvalidDataError) as refused:
        read_plan({"format": 1, "extends": "a@1"}, {"a@1": there, "b@1": back})
    assert [f.code for f in refused.value.findings] == ["PSY120"]
    assert all(f.what for f in refused.value.findings)


def test_a_tower_of_plans_is_refused() -> None:
    def on(number: int) -> dict[str, Any]:
        return {"format": 1, "extends": f"p@{number + 1}"}

    tower = {f"p@{number}": on(number) for number in range(1, DEPTH + 2)}
    with pytest.raises(InvalidDataError) as refused:
        read_plan(on(0), tower)
    assert [f.code for f in refused.value.findings] == ["PSY121"]
    assert refused.value.findings[0].what


def test_the_house_has_a_figure_for_everything_and_a_route_for_whatever_happens() -> None:
    house, findings = read_plan({"format": 1, "extends": "house@1"}, shipped_plans())
    assert findings == ()
    assert all(house.routes_on(on, level) for on in ("signal", "crisis") for level in JUDGED)
    assert set(house.deadlines) == DEADLINES
    assert set(house.rights) == set(COMMANDS)


def quiet(within: str) -> dict[str, Any]:
    return {"within": within, "origin": SITE}


def test_a_plan_may_stand_alone() -> None:
    data = {"format": 1, "name": "mine", "version": 3, "closure_quiet": quiet("14 days")}
    alone, _ = read_plan(data, {})
    assert (alone.name, alone.version, alone.routes) == ("mine", 3, ())
    with pytest.raises(PlanError) as refused:
        alone.deadline("triage", S.HIGH)
    assert refused.value.code == "PSY116"
    with pytest.raises(PlanError):
        alone.route("linkage")


def test_where_a_severity_has_no_line_the_tightest_there_is_holds() -> None:
    data = {
        "format": 1,
        "name": "mine",
        "version": 1,
        "closure_quiet": {"within": "14 days", "origin": SITE},
        "deadlines": {
            "triage": {
                "high": {"within": "4 h", "origin": SITE},
                "imminent": {"within": "1 h", "origin": SITE},
            }
        },
    }
    alone, _ = read_plan(data, {})
    assert str(alone.deadline("triage", S.MODERATE).within) == "1 h"
    assert str(alone.deadline("triage", None).within) == "1 h"
    assert str(alone.deadline("triage", S.HIGH).within) == "4 h"


def test_the_phase_begun_last_holds() -> None:
    phases = [
        {"id": "before", "from": date(2026, 3, 1), "until": date(2026, 8, 31), "situation": "high"},
        {"id": "after", "from": date(2026, 9, 1), "situation": "low"},
        {
            "id": "closed",
            "from": date(2026, 10, 1),
            "situation": "high",
            "campus": "east",
            "grades": ["g10"],
        },
    ]
    plan = read(phase=phases)

    def at(day: date, **where: Any) -> str | None:
        phase = plan.phase_at(day, **where)
        return phase.id if phase else None

    assert at(date(2026, 2, 28)) is None
    assert at(date(2026, 8, 31)) == "before"
    assert at(date(2026, 10, 2)) == "after"
    assert at(date(2026, 10, 2), campus="east", grade="g10") == "closed"
    assert at(date(2026, 10, 2), campus="east", grade="g11") == "after"


def test_one_for_a_campus_or_some_grades_goes_before_one_for_the_whole_school() -> None:
    phases = [
        {"id": "east", "from": date(2026, 9, 1), "situation": "high", "campus": "east"},
        {"id": "again", "from": date(2026, 9, 20), "situation": "low"},
    ]
    plan = read(phase=phases)
    found = [plan.phase_at(date(2026, 10, 1), campus=campus) for campus in ("east", "west", None)]
    assert [phase and phase.id for phase in found] == ["east", "again", "again"]


# ---- what is refused ----------------------------------------------------------------------------

DAY = date(2026, 9, 1)
STEP = {"role": "counselor", "relation": "of_grade", "channels": ["inbox"]}
TRIAGE = {
    "scale": "phq9",
    "flag": "self_harm",
    "severity": "high",
    "review_within": "24 h",
    "review_by": "counselor",
    "origin": SITE,
}
ROUTE = {"on": "signal", "for": ["none"], "steps": [STEP], "end": [STEP], "origin": SITE}


def deadline(**entry: Any) -> dict[str, Any]:
    return {"deadlines": {"triage": {"high": {"origin": SITE, **entry}}}}


def activity(**entry: Any) -> dict[str, Any]:
    return {"activities": {"hotline": {"origin": SITE, **entry}}}


def route(**entry: Any) -> dict[str, Any]:
    return {"routes": {"mine": {**ROUTE, **entry}}}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"deadlnes": {}}, "PSY102", "deadlnes"),
        ({"deadlines": 3}, "PSY103", "deadlines"),
        ({"deadlines": {"triag": {}}}, "PSY102", "deadlines.triag"),
        ({"deadlines": {"triage": {"worst": {}}}}, "PSY102", "deadlines.triage.worst"),
        (deadline(within="soon"), "PSY104", "deadlines.triage.high.within"),
        (deadline(within=10), "PSY103", "deadlines.triage.high.within"),
        (deadline(within="end of schooling + 1 year"), "PSY103", "deadlines.triage.high.within"),
        (deadline(cap="2 school days"), "PSY103", "deadlines.triage.high.cap"),
        (deadline(cap="1 month"), "PSY103", "deadlines.triage.high.cap"),
        (deadline(fallback="headmaster"), "PSY107", "deadlines.triage.high.fallback"),
        (deadline(fallback="next_step"), "PSY107", "deadlines.triage.high.fallback"),
        (deadline(witin="1 h"), "PSY102", "deadlines.triage.high.witin"),
        (
            deadline(within="1 h", origin={"kind": "rumour", "ref": "x"}),
            "PSY103",
            "deadlines.triage.high.origin.kind",
        ),
        (
            deadline(within="1 h", origin={"kind": "site"}),
            "PSY116",
            "deadlines.triage.high.origin.ref",
        ),
        (deadline(within="1 h", origin="site"), "PSY103", "deadlines.triage.high.origin"),
        (route(on="rumour"), "PSY103", "routes.mine.on"),
        ({"routes": {"mine": {"steps": [STEP]}}}, "PSY116", "routes.mine.on"),
        (route(**{"for": []}), "PSY103", "routes.mine.for"),
        (route(**{"for": ["worst"]}), "PSY103", "routes.mine.for"),
        (route(steps=[]), "PSY103", "routes.mine.steps"),
        (route(end=[]), "PSY103", "routes.mine.end"),
        (route(steps=[{**STEP, "role": "janitor"}]), "PSY107", "routes.mine.steps[0].role"),
        (route(steps=[STEP, {**STEP, "role": 7}]), "PSY103", "routes.mine.steps[1].role"),
        (route(steps=[{**STEP, "relation": "of"}]), "PSY103", "routes.mine.steps[0].relation"),
        (route(steps=[{**STEP, "answer": "most"}]), "PSY103", "routes.mine.steps[0].answer"),
        (route(steps=[{**STEP, "channels": []}]), "PSY103", "routes.mine.steps[0].channels"),
        (route(steps=[{**STEP, "channels": "inbox"}]), "PSY103", "routes.mine.steps[0].channels"),
        (route(steps=[{**STEP, "wihtin": "1 h"}]), "PSY102", "routes.mine.steps[0].wihtin"),
        (route(purpose="linkage", **{"for": ["high"]}), "PSY119", "routes.mine"),
        (route(steps=[{**STEP, "answer": "onward"}, STEP]), "PSY064", "routes.mine"),
        (route(on="opened", steps=[{**STEP, "answer": "onward"}]), "PSY064", "routes.mine"),
        (
            route(on="opened", end=[{**STEP, "answer": "onward"}]),
            "PSY064",
            "routes.mine",
        ),
        (route(steps=[{**STEP, "role": "student"}]), "PSY107", "routes.mine.steps[0].role"),
        (route(steps=[{**STEP, "role": "guardian"}]), "PSY107", "routes.mine.steps[0].role"),
        ({"triage": [{**TRIAGE, "severity": "bad"}]}, "PSY103", "triage[0].severity"),
        ({"triage": [{**TRIAGE, "answer_at_least": True}]}, "PSY103", "triage[0].answer_at_least"),
        ({"triage": [TRIAGE, {**TRIAGE, "review_by": "nurse"}]}, "PSY107", "triage[1].review_by"),
        ({"triage": {"phq9": TRIAGE}}, "PSY103", "triage"),
        ({"rights": {"fly": {"holders": ["counselor"]}}}, "PSY102", "rights.fly"),
        ({"rights": {"open": {"holders": ["janitor"]}}}, "PSY107", "rights.open.holders"),
        ({"phase": [{"id": "a", "situation": "low"}]}, "PSY116", "phase[0].from"),
        (
            {"phase": [{"id": "a", "situation": "low", "from": "2026-09-01"}]},
            "PSY103",
            "phase[0].from",
        ),
        (
            {"phase": [{"id": "a", "situation": "mild", "from": DAY}]},
            "PSY103",
            "phase[0].situation",
        ),
        ({"phase": [{"id": "A b", "situation": "low", "from": DAY}]}, "PSY103", "phase[0].id"),
        ({"activities": {"hotlin": {"origin": SITE}}}, "PSY122", "activities.hotlin"),
        ({"activities": {"Tee": {"name": "x", "origin": SITE}}}, "PSY122", "activities.Tee"),
        (activity(phases=["A b"]), "PSY103", "activities.hotline.phases"),
        (activity(situations=["mild"]), "PSY103", "activities.hotline.situations"),
        (activity(role="headmaster"), "PSY107", "activities.hotline.role"),
        (activity(off="yes"), "PSY103", "activities.hotline.off"),
        (activity(when="now"), "PSY102", "activities.hotline.when"),
        ({"principles": {"fun": {"origin": SITE}}}, "PSY102", "principles.fun"),
        ({"delivery": {"channels": []}}, "PSY103", "delivery.channels"),
        ({"delivery": {"imminent": {}}}, "PSY116", "delivery.imminent.channels"),
        ({"delivery": {"urgent": {}}}, "PSY102", "delivery.urgent"),
        ({"closure_quiet": {"within": "never"}}, "PSY104", "closure_quiet.within"),
        ({"format": 2}, "PSY108", "format"),
        ({"format": "1"}, "PSY103", "format"),
        ({"format": True}, "PSY103", "format"),
        ({"extends": "three-tier@9"}, "PSY109", "extends"),
        ({"version": "1"}, "PSY103", "version"),
    ],
)
def test_a_fault_of_the_plan_is_named_by_its_path(
    changes: dict[str, Any], code: str, path: str
) -> None:
    assert (code, path) in faults(own(**changes))


def test_all_faults_are_told_at_once() -> None:
    found = faults(own(one=1, deadlines={"triage": {"high": {"within": "soon", "fallback": "x"}}}))
    assert {code for code, _ in found} == {"PSY102", "PSY104", "PSY107"}


def test_a_plan_without_format_or_name_is_refused() -> None:
    assert faults({}) == [("PSY116", "format")]
    assert {path for _, path in faults({"format": 1})} == {"name", "version", "closure_quiet"}


def test_a_fault_never_repeats_what_may_be_a_name() -> None:
    with pytest.raises(InvalidDataError) as refused:
        read_plan(
            own(**{"王小明 老师": 1}, rights={"open": {"holders": ["王小明"]}}), shipped_plans()
        )
    told = "".join(str(f) + f.what for f in refused.value.findings) + str(refused.value)
    assert "王小明" not in told


# ---- checking it against the school -------------------------------------------------------------

EVERYBODY = {role: [f"staff:{role}-{n}" for n in (1, 2)] for role in ROLES}
BOTH = {"inbox": "inbox", "mail": "email", "desk": "webhook"}


def checked(plan: Plan, **changes: Any) -> list[tuple[str, str, Any]]:
    holders = {**EVERYBODY, **changes.pop("holders", {})}
    found = check_plan(plan, holders, changes.pop("channels", BOTH))
    assert all(f.what and f.why and f.cure for f in found)
    return [(f.code, f.severity, f.where.get("path", f.facts.get("holders"))) for f in found]


@pytest.fixture(scope="module")
def mailing() -> Plan:
    return read(delivery={"channels": ["inbox", "mail", "desk"]})


def test_a_school_that_holds_every_role_twice_has_nothing_to_mend(mailing: Plan) -> None:
    assert checked(mailing) == []


def test_a_role_that_nobody_holds_is_found_at_its_step(mailing: Plan) -> None:
    found = checked(mailing, holders={"duty_adult": []})
    path = "routes.crisis.steps[2], deadlines.postvention_dormitory.any.owner"
    assert found == [("PSY106", "warning", path)]


def test_a_role_that_is_missing_in_many_places_is_said_once(mailing: Plan) -> None:
    found = checked(mailing, holders={"counselor": ()})
    ((code, severity, path),) = found
    assert (code, severity) == ("PSY106", "error")
    assert path.startswith("routes.linkage.steps[0], routes.linkage_daytime.steps[0], ")
    assert "+" in path


def test_a_route_that_reaches_nobody_at_all_is_an_error(mailing: Plan) -> None:
    group = ("leading_group_head", "leading_group_deputy", "leading_group_core")
    found = checked(mailing, holders=dict.fromkeys(group, ()))
    assert [(code, severity) for code, severity, _ in found] == [("PSY106", "error")] * 3


def test_a_sole_holder_is_a_warning(mailing: Plan) -> None:
    found = checked(mailing, holders={"counselor": ["staff:t-002"], "registrar": ["staff:t-9"]})
    assert found == [("PSY111", "warning", "counselor staff:t-002")]


def test_a_channel_without_a_plugin_is_an_error_that_is_said_once() -> None:
    step = {**STEP, "channels": ["inbox", "sms"]}
    plan = read(
        routes={"linkage": {"steps": [step, step], "origin": SITE}},
        delivery={"channels": ["inbox", "mail", "desk"]},
    )
    (found,) = checked(plan)
    assert found == ("PSY113", "error", "routes.linkage.steps[0], routes.linkage.steps[1]")
    assert checked(plan, channels={**BOTH, "sms": "sms"}) == []
    plain = read(delivery={"channels": ["inbox", "mail", "desk", "sms"]})
    assert checked(plain) == [("PSY113", "error", "delivery")]


def test_an_imminent_alarm_needs_two_ways_that_do_not_stop_together(mailing: Plan) -> None:
    assert checked(read()) == [("PSY126", "warning", "delivery")]
    assert checked(mailing, channels={"inbox": "inbox", "mail": "email", "desk": "email"}) == [
        ("PSY126", "warning", "delivery")
    ]


def test_an_inbox_is_no_way_to_wake_somebody(mailing: Plan) -> None:
    assert checked(read(delivery={"channels": ["inbox", "mail"]})) == [
        ("PSY126", "warning", "delivery")
    ]
    assert checked(mailing) == []


def test_a_route_that_nothing_starts_is_an_error(mailing: Plan) -> None:
    route = {"on": "guardian", "for": ["high"], "steps": [STEP], "end": [STEP], "origin": SITE}
    plan = read(delivery={"channels": ["inbox", "mail", "desk"]}, routes={"family": route})
    assert checked(plan) == [("PSY092", "error", "routes.family.on")]
    assert checked(mailing) == []


def test_a_severity_that_starts_no_route_is_an_error(mailing: Plan) -> None:
    data = {"routes": {"linkage": {"for": ["high"], "origin": SITE}}}
    plan = read(delivery={"channels": ["inbox", "mail", "desk"]}, **data)
    assert checked(plan) == [("PSY131", "error", "routes")]
    assert checked(mailing) == []


def test_every_trigger_of_a_shipped_route_is_known(plan: Plan) -> None:
    assert {r.on for r in plan.routes} <= set(TRIGGERS)
