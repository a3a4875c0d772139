"""What a definition can say beyond sums: weights, scores of scores, algorithms, norms, levels,
branching, validity, tables chosen by facts. Each on a small invented instrument."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from psysafe.domain.scales import (
    Definition,
    Respondent,
    Result,
    explanation_to_plain,
    load_definition,
    score,
)
from psysafe.errors import ScaleError
from psysafe.testing.scales import asking_scale, check_definition, sleep_scale

SAID = {"source": "here", "verified": True}
WORSE = {"direction": "higher_is_worse", **SAID}
OPEN = ["positive_unanswered", "acute_unanswered"]
WHOLE = {"at_most": 0, **SAID}


def changed(change: Callable[[dict[str, Any]], object]) -> Definition:
    data = sleep_scale()
    data["vectors"] = []
    change(data)
    return load_definition(data)


def scored(result: Result) -> dict[str, float]:
    return {value.score: value.value for value in result.scores}


def bands(result: Result) -> dict[str, str]:
    return {band.score: band.code for band in result.bands}


def codes(result: Result) -> list[str]:
    return [flag.code for flag in result.flags]


# kinds of scores


def added(**more: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        data["scores"].append({**WORSE, **more})

    return change


def test_each_item_counts_with_its_weight() -> None:
    scale = changed(
        added(
            id="w",
            kind="weighted",
            items=[1, 2, 3],
            weights=[1, 2, 0.5],
            range=[3.5, 14],
            missing=WHOLE,
        )
    )
    assert scored(score(scale, [2, 3, 4]))["w"] == 2 + 2 * (5 - 3) + 0.5 * 4
    assert check_definition(load_definition(sleep_scale())) == []


def test_a_score_of_scores_is_there_where_all_its_parts_are() -> None:
    def parts(data: dict[str, Any]) -> None:
        data["scores"] += [
            {**WORSE, "id": "a", "kind": "sum", "items": [1], "range": [1, 4], "missing": WHOLE},
            {**WORSE, "id": "b", "kind": "sum", "items": [2, 3], "range": [2, 8], "missing": WHOLE},
            {**WORSE, "id": "both", "kind": "of_scores", "of": ["a", "b"], "range": [3, 12]},
            {
                **WORSE,
                "id": "index",
                "kind": "of_scores",
                "of": ["a", "b"],
                "weights": [2, 1],
                "multiply": 1.25,
                "rounding": "down",
                "range": [5, 20],
            },
        ]

    scale = changed(parts)
    result = score(scale, [3, 2, 4])
    assert scored(result) == {"total": 10, "a": 3, "b": 7, "both": 10, "index": 16}
    made = {part.score: part.of for part in result.explanation}
    assert made["both"] == ("a", "b")
    result = score(scale, [3, None, 4])
    assert (result.status, scored(result)) == ("incomplete", {"a": 3})


def depressive() -> Definition:
    """At least three of five symptoms on most days, one of them a core one; the fifth at once."""

    def change(data: dict[str, Any]) -> None:
        options = [{"code": f"a{n}", "score": n} for n in range(4)]
        items = [
            {"number": n, "id": f"q{n}", "use": "required", "response": "r"} for n in range(1, 6)
        ]
        data.update(
            coding={"stored": "raw"},
            responses=[{"id": "r", "options": options}],
            items=items,
            bands=[],
            critical=[],
            scores=[
                {
                    **WORSE,
                    "id": "syndrome",
                    "kind": "algorithm",
                    "items": [1, 2, 3, 4, 5],
                    "count_at_least": 2,
                    "count_from": [{"item": 5, "at_least": 1}],
                    "symptoms": 3,
                    "core": [1, 2],
                    "range": [0, 1],
                    "missing": WHOLE,
                }
            ],
        )

    return changed(change)


def test_an_algorithm_wants_enough_symptoms_and_a_core_one_among_them() -> None:
    scale = depressive()
    for answers in product((0, 1, 2, 3), repeat=5):
        symptoms = [answer >= 2 for answer in answers[:4]] + [answers[4] >= 1]
        told = sum(symptoms) >= 3 and (symptoms[0] or symptoms[1])
        assert scored(score(scale, answers)) == {"syndrome": float(told)}
    assert score(scale, [3, 3, 3, 3, None]).scores == ()


def normed() -> Definition:
    def change(data: dict[str, Any]) -> None:
        rows = [
            {"sex": "female", "grades": ["7", "8"], "values": [40 + n for n in range(10)]},
            {"sex": "male", "grades": ["7"], "values": [45, 45, *range(50, 58)]},
        ]
        added(id="t", kind="norm", of=["total"], norms=rows, range=[40, 57])(data)
        data["bands"].append(
            {
                **data["bands"][0],
                "score": "t",
                "bands": [
                    {"code": "usual", "from": 40, "below": 48},
                    {"code": "raised", "from": 48, "below": 58},
                ],
            }
        )

    return changed(change)


def test_a_norm_is_looked_up_by_sex_and_grade_and_never_guessed() -> None:
    scale = normed()
    sheet = [3, 2, 2]  # 3 + 3 + 2 = 8, the sixth of the raw scores from 3 on
    found = {
        (sex, grade): scored(score(scale, sheet, respondent=Respondent(sex=sex, grade=grade))).get(
            "t"
        )
        for sex in ("female", "male", "")
        for grade in ("7", "8", "")
    }
    assert found == {
        ("female", "7"): 45,
        ("female", "8"): 45,
        ("female", ""): None,
        ("male", "7"): 53,
        ("male", "8"): None,
        ("male", ""): None,
        ("", "7"): None,
        ("", "8"): None,
        ("", ""): None,
    }
    without = score(scale, sheet)
    assert without.status == "complete"
    assert "t" not in bands(without)
    assert [(one.score, one.reason) for one in without.chosen] == [
        ("t", "no_norm"),
        ("total", "only"),
    ]
    assert bands(score(scale, sheet, respondent=Respondent(sex="male", grade="7"))) == {
        "total": "high",
        "t": "raised",
    }
    problems = [line.partition(":")[0] for line in check_definition(scale)]
    assert set(problems) == {"has_examples", "examples_show_each_alarm"}  # it has none


# missing answers


def test_a_share_of_missing_items_is_counted_down() -> None:
    def a_third(data: dict[str, Any]) -> None:
        data["scores"][0]["missing"] = {"at_most_share": 0.4, "fill": "mean", **SAID}

    scale = changed(a_third)
    assert scale.scores[0].missing is not None
    assert scale.scores[0].missing.at_most == 1
    assert score(scale, [2, None, 3]).status == "prorated"
    assert score(scale, [None, None, 3]).status == "incomplete"


@pytest.mark.parametrize(("rounding", "value"), [("exact", 7.5), ("down", 7), ("half_up", 8)])
def test_a_filled_sum_is_rounded_as_its_rule_says(rounding: str, value: float) -> None:
    def filled(data: dict[str, Any]) -> None:
        data["scores"][0]["missing"] = {
            "at_most": 1,
            "fill": "mean",
            "rounding": rounding,
            **SAID,
        }

    assert scored(score(changed(filled), [2, None, 3])) == {"total": value}
    assert scored(score(changed(filled), [2, 2, 3])) == {"total": 8}


def test_blank_counts_as_the_answer_nought_where_a_rule_says_so_even_if_reversed() -> None:
    def from_nought(data: dict[str, Any]) -> None:
        for option in data["responses"][0]["options"]:
            option["score"] -= 1
        data["coding"]["reverse"].update(low=0, high=3)
        data["critical"][0]["at_least"] = 3
        data["scores"][0].update(range=[0, 9], missing={"at_most": 2, "fill": "zero", **SAID})
        data["scores"][0]["missing"]["beyond"] = "invalid"
        data["bands"][0]["bands"] = [{"code": "any", "from": 0, "below": 10}]

    scale = changed(from_nought)
    result = score(scale, [None, None, 2])
    assert (result.status, scored(result)) == ("prorated", {"total": 0 + 3 + 2})
    assert result.explanation[0].filled == (1, 2)
    assert score(scale, [None, None, None]).status == "invalid"


# tables and cut-offs


def tables() -> Definition:
    def change(data: dict[str, Any]) -> None:
        first = data["bands"][0]
        data["identity"]["informants"] = ["self", "parent"]

        def table(name: str, edge: int, **whom: Any) -> dict[str, Any]:
            steps = [
                {"code": "low", "from": 3, "below": edge},
                {"code": "high", "from": edge, "below": 13},
            ]
            return {**first, "table": name, "default": False, "bands": steps, **whom}

        data["bands"] += [
            table("young", 6, ages={"from": 12, "to": 14}),
            table("parents", 9, informants=["parent"], ages={"from": 15}),
            table("old", 10, ages={"from": 15}),
        ]
        data["cutoffs"] = [
            {"name": "young", "score": "total", "population": "x", "at_least": 5, **SAID}
            | {"ages": {"from": 12, "to": 14}},
            {"name": "any", "score": "total", "population": "x", "at_least": 7, **SAID},
            {"name": "old", "score": "total", "population": "x", "at_least": 11, **SAID}
            | {"ages": {"from": 15}},
        ]

    return changed(change)


@pytest.mark.parametrize(
    ("population", "age", "informant", "table", "reason", "cutoffs"),
    [
        (None, None, "", "teens", "default", ("young", "any", "old")),
        (None, 13, "", "young", "age", ("young", "any")),
        (None, 14, "parent", "young", "age", ("young", "any")),
        (None, 15, "", "old", "age", ("any", "old")),
        (None, 15, "self", "old", "age", ("any", "old")),
        (None, 15, "parent", "parents", "age_informant", ("any", "old")),
        (None, None, "parent", "teens", "default", ("young", "any", "old")),
        ("teens", 13, "parent", "teens", "named", ("young", "any")),
        ("parents", None, "", "parents", "named", ("young", "any", "old")),
        ("young", 16, "", "young", "named", ("young",)),
        ("any", 16, "", "old", "age", ("any",)),
    ],
)
def test_the_table_is_chosen_by_name_or_by_told_facts_and_the_choice_is_told(
    population: str | None,
    age: int | None,
    informant: str,
    table: str,
    reason: str,
    cutoffs: tuple[str, ...],
) -> None:
    result = score(tables(), [2, 3, 2], population, Respondent(age=age, informant=informant))
    (chosen,) = result.chosen
    assert (chosen.table, chosen.reason, chosen.cutoffs) == (table, reason, cutoffs)
    (band,) = result.bands
    edge = {"teens": 8, "young": 6, "parents": 9, "old": 10}[table]
    assert (band.table, band.code) == (table, "high" if edge <= 6 else "low")
    assert {c.cutoff for c in result.cutoffs} == {name for name in cutoffs if name == "young"}


def test_an_informant_that_the_instrument_does_not_have_is_refused() -> None:
    for informant in ("teacher", "张三 13800000000"):
        with pytest.raises(ScaleError) as caught:
            score(tables(), [2, 3, 2], respondent=Respondent(informant=informant))
        assert caught.value.code == "PSY307"
        assert "张三" not in str(caught.value)


def test_a_default_for_other_people_is_used_and_says_so() -> None:
    scale = changed(lambda d: d["bands"][0].update(ages={"from": 12, "to": 15}))
    result = score(scale, [2, 3, 2], respondent=Respondent(age=17))
    assert [one.reason for one in result.chosen] == ["default_outside"]
    assert bands(result) == {"total": "low"}


def test_an_age_outside_the_instrument_is_doubted_and_the_sheet_still_scored() -> None:
    scale = load_definition(sleep_scale())
    for age, doubts in ((11, ["age_outside"]), (12, []), (18, []), (19, ["age_outside"])):
        result = score(scale, [2, 3, 2], respondent=Respondent(age=age))
        assert [found.code for found in result.validity] == doubts
        assert {found.effect for found in result.validity} <= {"doubt"}
        assert result.status == "complete"


# alarms


def test_any_yes_of_several_items_alarms_and_an_empty_one_leaves_it_open() -> None:
    def several(data: dict[str, Any]) -> None:
        rule = {**data["critical"][0], "code": "any", "any_of": [1, 3], "urgency": "at_once"}
        del rule["item"]
        data["critical"].append(rule)
        data["critical"].append({**rule, "code": "both", "count": 2})

    scale = changed(several)
    raised = {
        answers: [c for c in codes(score(scale, answers)) if not c.startswith("no_sleep")]
        for answers in product((None, 1, 4), (1,), (None, 1, 4))
    }
    assert raised == {
        (None, 1, None): ["any_unanswered", "both_unanswered"],
        (None, 1, 1): ["any_unanswered"],
        (None, 1, 4): ["any", "both_unanswered"],
        (1, 1, None): ["any_unanswered"],
        (1, 1, 1): [],
        (1, 1, 4): ["any"],
        (4, 1, None): ["any", "both_unanswered"],
        (4, 1, 1): ["any"],
        (4, 1, 4): ["any", "both"],
    }
    (flag,) = [flag for flag in score(scale, [4, 1, 4]).flags if flag.code == "both"]
    assert (flag.item, flag.answer, flag.items, flag.urgency) == (1, 4, (1, 3), "at_once")


# validity


def watched(**rule: Any) -> Definition:
    def change(data: dict[str, Any]) -> None:
        data["validity"] = [{"code": "watch", **SAID, **rule}]
        lie = {"id": "lie", "kind": "count", "items": [1, 3], "count_at_least": 4, "range": [0, 2]}
        added(**lie, missing=WHOLE)(data)

    return changed(change)


def test_a_lie_scale_voids_the_sheet_and_never_its_alarm() -> None:
    scale = watched(kind="score", score="lie", at_least=2, effect="void")
    assert score(scale, [4, 1, 3]).status == "complete"
    void = score(scale, [4, 1, 4])
    assert (void.status, void.bands, void.cutoffs) == ("invalid", (), ())
    assert scored(void) == {"total": 12, "lie": 2}
    assert codes(void) == ["no_sleep"]
    assert [(found.code, found.effect) for found in void.validity] == [("watch", "void")]


def test_the_same_answer_all_along_is_seen_on_raw_answers_in_the_order_of_the_form() -> None:
    scale = watched(kind="same_answer", at_least=3, effect="void")
    assert [score(scale, [n, n, n]).status for n in (1, 2, 3, 4)] == ["invalid"] * 4
    assert score(scale, [2, 3, 2]).status == "complete"
    assert score(scale, [2, None, 2]).status == "incomplete"
    moved = watched(kind="same_answer", at_least=2, effect="doubt")
    assert [found.effect for found in score(moved, [2, 3, 3]).validity] == ["doubt"]
    assert score(moved, [2, 3, 3]).status == "complete"
    assert score(moved, [2, 3, 2]).validity == ()


def test_a_sheet_filled_in_too_fast_is_void_and_an_unknown_time_is_not_held_against_it() -> None:
    scale = watched(kind="time", at_least=20, effect="void")
    found = {
        seconds: score(scale, [1, 1, 4], respondent=Respondent(seconds=seconds))
        for seconds in (None, 0, 19, 20, 300)
    }
    assert {seconds: result.status for seconds, result in found.items()} == {
        None: "complete",
        0: "invalid",
        19: "invalid",
        20: "complete",
        300: "complete",
    }
    assert {tuple(codes(result)) for result in found.values()} == {("no_sleep",)}


# branching and levels


@pytest.mark.parametrize(
    ("answers", "status", "level", "flags", "missing"),
    [
        ([0, 0, 0, 0, None], "complete", "negative", [], ()),
        ([0, 0, 0, 0], None, None, None, None),
        ([0, 1, 0, 0, 0], "complete", "not_acute", ["positive"], ()),
        ([0, 1, 0, 0, 1], "complete", "acute", ["positive", "acute"], ()),
        ([0, 1, 0, 0, None], "incomplete", None, ["positive", "acute_unanswered"], (5,)),
        # a gap among the first four is never a no
        (
            [0, None, 0, 0, None],
            "incomplete",
            None,
            ["positive_unanswered", "acute_unanswered"],
            (2, 5),
        ),
        ([0, None, 0, 0, 0], "incomplete", None, ["positive_unanswered"], (2,)),
        ([1, None, 0, 0, 1], "incomplete", None, ["positive", "acute"], (2,)),
        # who says yes to a question that was not to be asked is heard
        ([0, 0, 0, 0, 1], "complete", "acute", ["acute"], ()),
        ([2, 0, 0, 0, 0], "complete", "not_acute", ["positive"], ()),
    ],
)
def test_a_few_questions_lead_to_a_level_and_never_to_a_negative_by_silence(
    answers: list[int | None],
    status: str | None,
    level: str | None,
    flags: list[str] | None,
    missing: tuple[int, ...] | None,
) -> None:
    scale = load_definition(asking_scale())
    if status is None:
        with pytest.raises(ScaleError):
            score(scale, answers)
        return
    result = score(scale, answers)
    assert result.status == status
    assert bands(result) == ({"level": level} if level else {})
    assert codes(result) == flags
    assert result.missing == missing
    assert result.scores == ()


def test_the_worst_level_that_holds_is_the_result() -> None:
    scale = load_definition(asking_scale())
    for answers in product((0, 1, 2), repeat=5):
        level = bands(score(scale, answers))["level"]
        told = "acute" if answers[4] else "not_acute" if any(answers[:4]) else "negative"
        assert level == told


def test_questions_that_follow_each_other_are_skipped_in_a_row_and_count_nothing() -> None:
    """Two leads to three, three to four: a severity of thoughts with a sum of its own."""

    def chain(data: dict[str, Any]) -> None:
        options = [{"code": "no", "score": 0}, {"code": "yes", "score": 1}]
        items: list[dict[str, Any]] = [
            {"number": n, "id": f"q{n}", "use": "required", "response": "r"} for n in range(1, 5)
        ]
        items[2]["asked_if"] = {"item": 2, "at_least": 1}
        items[3]["asked_if"] = {"item": 3, "at_least": 1}
        total = {**WORSE, "id": "n", "kind": "sum", "items": [1, 2, 3, 4], "range": [0, 4]}
        data.update(
            coding={"stored": "raw"},
            responses=[{"id": "r", "options": options}],
            items=items,
            bands=[],
            critical=[{**data["critical"][0], "code": "plan", "item": 4, "at_least": 1}],
            scores=[{**total, "missing": WHOLE}],
        )

    scale = changed(chain)
    assert score(scale, [1, 0, None, None]).status == "complete"
    assert scored(score(scale, [1, 0, None, None])) == {"n": 1}
    assert score(scale, [1, 0, None, None]).explanation[0].not_asked == (3, 4)
    assert score(scale, [1, 1, 0, None]).status == "complete"
    assert score(scale, [1, 1, None, None]).missing == (3, 4)
    assert codes(score(scale, [1, 1, None, None])) == ["plan_unanswered"]
    assert codes(score(scale, [1, 0, None, None])) == []
    assert score(scale, [1, None, None, None]).missing == (2, 3, 4)
    assert score(scale, [1, 1, 1, 1]).status == "complete"
    # an answer to a question that was not to be asked is kept, scored and heard
    odd = score(scale, [1, 0, None, 1])
    assert (odd.status, scored(odd), codes(odd)) == ("complete", {"n": 2}, ["plan"])


# the form and the explanation


def test_the_order_of_the_form_is_apart_from_the_canonical_numbers() -> None:
    def turned(data: dict[str, Any]) -> None:
        for item, place in zip(data["items"], (3, 1, 4, 2), strict=True):
            item["position"] = place

    scale = changed(turned)
    assert scale.form == (2, 4, 1, 3)
    answers = {1: 2, 2: 3, 3: 4}
    by_form = {number: answers[number] for number in scale.form if number in answers}
    assert score(scale, by_form) == score(scale, [2, 3, 4])


def test_an_answer_has_a_code_on_the_form_and_a_score() -> None:
    response = load_definition(asking_scale()).items[0].response
    assert [response.score_of(code) for code in ("no", "yes", "refused", "perhaps")] == [
        0,
        1,
        2,
        None,
    ]


def test_options_may_score_nought_one_three_and_five() -> None:
    def impact(data: dict[str, Any]) -> None:
        for option, points in zip(data["responses"][0]["options"], (0, 1, 3, 5), strict=True):
            option["score"] = points
        del data["coding"]["reverse"]
        data["critical"][0]["at_least"] = 5
        data["scores"][0]["range"] = [0, 15]
        data["bands"][0]["bands"] = [{"code": "any", "from": 0, "below": 16}]

    scale = changed(impact)
    assert scored(score(scale, [1, 3, 5])) == {"total": 9}
    with pytest.raises(ScaleError):
        score(scale, [1, 2, 5])


def test_the_explanation_says_which_items_and_which_tables_made_the_result() -> None:
    plain = explanation_to_plain(score(tables(), [2, 3, 4], respondent=Respondent(age=16)))
    assert plain == {
        "scores": {
            "total": {
                "items": [1, 2, 3],
                "reversed": [2],
                "filled": [],
                "not_asked": [],
                "of": [],
            }
        },
        "chosen": {"total": {"table": "old", "reason": "age", "cutoffs": ["any", "old"]}},
        "flags": {"no_sleep": {"items": [3], "urgency": "within_a_day"}},
    }


def test_what_rests_on_unchecked_numbers_is_named_in_the_result() -> None:
    def unchecked(data: dict[str, Any]) -> None:
        data["scores"][0]["verified"] = False

    result = score(changed(unchecked), [4, 1, 4])
    assert result.unverified == ("scores.total", "bands.total", "flags.no_sleep")
    assert changed(unchecked).unverified == (
        "scores.total",
        "bands.total.teens",
        "critical.no_sleep",
    )
