"""A plan is printed in words: no code of it may be left without one, in either language."""

from __future__ import annotations

from psysafe import catalogue
from psysafe.builtin.plans import shipped_plans
from psysafe.cli import plan_words as words
from psysafe.domain.calendar import Unit, Within
from psysafe.domain.codes import ROLES
from psysafe.domain.plan import (
    COMMANDS,
    DEADLINES,
    HOLDERS,
    NEXT_STEP,
    ORIGINS,
    TRIGGERS,
    Origin,
    Plan,
)
from psysafe.domain.plan_reading import read_plan


def plans() -> list[Plan]:
    known = shipped_plans()
    return [read_plan({"format": 1, "extends": name}, known)[0] for name in known]


def of_signs(plan: Plan) -> list[Origin]:
    rule = plan.signs
    assert rule is not None
    return [one.origin for one in (rule.window, rule.moderate, rule.high, rule.death)]


def test_every_code_of_a_plan_has_a_word_in_both_languages() -> None:
    said = [(code, words.owed) for code in DEADLINES]
    said += [(code, words.holder) for code in HOLDERS | set(ROLES) | {NEXT_STEP}]
    said += [(code, words.permitted) for code in COMMANDS]
    said += [(code, words.trigger) for code in TRIGGERS]
    for code, word in said:
        assert word(code, "zh") != code
        assert "_" not in word(code, "en"), code
    for kind in ORIGINS:
        assert "X9" in words.origin(f"{kind} X9", "zh")


def test_a_time_limit_is_said_in_the_language_of_the_reader() -> None:
    for unit in Unit:
        limit = Within(unit, 0 if unit is Unit.AT_ONCE else 1)
        assert words.within(str(limit), "en") == str(limit)
        assert words.within(str(limit), "zh") != str(limit)
    assert words.within("3 school days", "zh") == "3 个上课日"


def test_what_a_shipped_plan_says_of_an_origin_is_said_in_chinese_too() -> None:
    remarks = {
        origin.ref
        for plan in plans()
        for origin in (
            *(d.origin for by_level in plan.deadlines.values() for d in by_level.values()),
            *(a.origin for a in plan.activities.values()),
            *(p.origin for p in plan.principles.values()),
            *(r.origin for r in plan.rights.values()),
            *(t.origin for t in plan.triage),
            *(route.origin for route in plan.routes),
            *(s.origin for route in plan.routes for s in (*route.steps, *route.end)),
            plan.closure_quiet.origin,
            *((plan.consent.guardian_below.origin,) if plan.consent else ()),
            *of_signs(plan),
        )
        if origin.kind != "clause"
    }
    assert [ref for ref in remarks if catalogue.sentence(ref, "zh") == ref] == []
    assert remarks <= set(words.REMARKS)
