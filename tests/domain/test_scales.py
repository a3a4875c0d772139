"""Instruments: PHQ-9 to the point, small invented ones for what PHQ-9 does not have."""

from __future__ import annotations

import copy
import csv
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from psysafe.builtin.scales import shipped_scales
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scales import AnswerSheet, Result, load_definition, result_to_plain, score
from psysafe.errors import ScaleError
from psysafe.testing.scales import sleep_scale

SAID = {"source": "here", "verified": True}
SCREENING = Path(__file__).parents[3] / "shared" / "data" / "student-screening"


@pytest.fixture(scope="module")
def phq9() -> Definition:
    (record,) = [record for record in shipped_scales() if record.name == "phq9"]
    return load_definition(record.definition)


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = sleep_scale()
    change(data)
    return data


def with_missing_rule(**rule: object) -> Definition:
    return load_definition(
        changed(lambda d: d["scores"][0]["missing"].update(source="here", verified=True, **rule))
    )


def total(result: Result) -> float | None:
    return next((value.value for value in result.scores if value.score == "total"), None)


def band(result: Result) -> str | None:
    return next((reached.code for reached in result.bands), None)


def codes(result: Result) -> list[str]:
    return [flag.code for flag in result.flags]


# PHQ-9


def sheet_of(points: int) -> list[int]:
    """Nine answers with this total, item 9 filled last."""
    return [max(0, min(3, points - 3 * place)) for place in range(9)]


@pytest.mark.parametrize(
    ("points", "word"),
    [
        (0, "minimal"),
        (4, "minimal"),
        (5, "mild"),
        (9, "mild"),
        (10, "moderate"),
        (14, "moderate"),
        (15, "moderately_severe"),
        (19, "moderately_severe"),
        (20, "severe"),
        (27, "severe"),
    ],
)
def test_each_edge_of_the_phq9_bands_belongs_to_its_band(
    phq9: Definition, points: int, word: str
) -> None:
    result = score(phq9, sheet_of(points))
    assert (total(result), band(result)) == (points, word)


def test_every_phq9_total_has_exactly_the_published_band(phq9: Definition) -> None:
    words = Counter(band(score(phq9, sheet_of(points))) for points in range(28))
    assert words == {
        "minimal": 5,
        "mild": 5,
        "moderate": 5,
        "moderately_severe": 5,
        "severe": 8,
    }


@pytest.mark.parametrize("number", range(1, 10))
def test_each_phq9_item_alone_at_its_maximum_counts_three(phq9: Definition, number: int) -> None:
    result = score(phq9, [3 if place == number else 0 for place in range(1, 10)])
    assert total(result) == 3
    assert codes(result) == (["self_harm"] if number == 9 else [])


def test_the_cut_off_for_teenagers_is_one_higher_than_for_adults(phq9: Definition) -> None:
    reached = {
        points: [cutoff.cutoff for cutoff in score(phq9, sheet_of(points)).cutoffs]
        for points in (9, 10, 11)
    }
    assert reached == {9: [], 10: ["adult"], 11: ["adult", "adolescent"]}


def test_the_question_on_daily_function_may_be_left_off_and_changes_no_score(
    phq9: Definition,
) -> None:
    nine = [1, 0, 2, 0, 0, 0, 0, 0, 0]
    plain = [result_to_plain(score(phq9, [*nine, *more])) for more in ([], [None], [0], [3])]
    assert all(each == plain[0] for each in plain)
    assert plain[0]["status"] == "complete"
    assert plain[0]["missing"] == []


def test_a_phq9_sheet_without_item_nine_says_so_and_never_reads_as_no_risk(
    phq9: Definition,
) -> None:
    for answers in ([0] * 8 + [None], dict.fromkeys(range(1, 9), 0)):
        result = score(phq9, answers)
        assert result.status == "incomplete"
        assert codes(result) == ["self_harm_unanswered"]
        assert result.missing == (9,)
        assert result.bands == ()


def test_eight_answers_are_a_wrong_sheet_not_a_short_one(phq9: Definition) -> None:
    for answers in ([0] * 8, [0] * 11, [], "000000000"):
        with pytest.raises(ScaleError) as caught:
            score(phq9, answers)  # type: ignore[arg-type]
        assert caught.value.code == "PSY303"


@pytest.mark.parametrize("key", [0, 11, -1, "1", True, 1.0, None])
def test_an_item_that_does_not_exist_is_refused(phq9: Definition, key: Any) -> None:
    with pytest.raises(ScaleError) as caught:
        score(phq9, {**dict.fromkeys(range(2, 10), 0), key: 0})
    assert caught.value.code == "PSY303"


@pytest.mark.parametrize("answer", [4, -1, 22, True, False, 1.0, "1", "想死", b"1", [1]])
def test_an_answer_off_the_scale_is_refused_and_not_repeated(phq9: Definition, answer: Any) -> None:
    with pytest.raises(ScaleError) as caught:
        score(phq9, [0, 0, 0, 0, answer, 0, 0, 0, 0])
    assert caught.value.code == "PSY304"
    assert caught.value.finding.where == {"item": 5}
    facts = {k: v for k, v in caught.value.finding.facts.items() if k not in ("item", "allowed")}
    assert facts == {"value": facts["value"]}
    assert facts["value"] in {"the number given", "true or false", "something that is no number"}


def test_answers_are_the_same_by_order_and_by_item_number(phq9: Definition) -> None:
    answers = [0, 1, 2, 3, 0, None, 1, 2, 3]
    by_number = dict(zip(range(9, 0, -1), reversed(answers), strict=True))
    assert score(phq9, answers) == score(phq9, by_number)


def test_a_population_without_a_table_is_refused_and_none_means_the_default(
    phq9: Definition,
) -> None:
    assert score(phq9, [0] * 9, "adult").bands == score(phq9, [0] * 9).bands
    with pytest.raises(ScaleError) as caught:
        score(phq9, [0] * 9, "toddlers")
    assert caught.value.code == "PSY305"
    assert caught.value.finding.facts["known"] == "adult, adolescent"
    for private in ("张三", "Zhang San", "zhangsan", "13800000000"):
        with pytest.raises(ScaleError) as caught:
            score(phq9, [0] * 9, private)
        assert private not in str(caught.value)


def test_the_plain_result_is_what_the_score_command_writes(phq9: Definition) -> None:
    plain = result_to_plain(score(phq9, [1, 0, 0, 1, 0, 0, 0, 0, 1], "adult"))
    assert plain == {
        "status": "complete",
        "scores": {"total": 3},
        "bands": {"total": {"code": "minimal", "table": "adult"}},
        "flags": [{"code": "self_harm", "item": 9, "answer": 1}],
        "cutoffs": [],
        "missing": [],
        "validity": [],
        "unverified": [],
        "definition": {"id": "phq9", "version": phq9.version, "sha256": phq9.sha256},
    }
    assert '"total": 3}' in json.dumps(plain)


def test_a_result_shows_no_answer_and_no_level_in_its_repr(phq9: Definition) -> None:
    result = score(phq9, [3] * 9)
    sheet = AnswerSheet(
        scale="phq9",
        definition_version="1.0.0",
        informant="self",
        answered_at=datetime(2026, 11, 2, tzinfo=UTC),
        answers=(3,) * 9,
    )
    shown = repr(
        (result, *result.scores, *result.bands, *result.cutoffs, *result.flags, *result.explanation)
    ) + repr(sheet).replace("2026-11-02", "")
    for private in ("severe", "self_harm", "27", "(3,", "answer=", "adolescent"):
        assert private not in shown


def test_the_real_sheets_of_a_screening_are_flagged_by_item_nine_and_not_by_the_total(
    phq9: Definition,
) -> None:
    if not SCREENING.is_dir():
        pytest.skip("the screening data lies beside the repository, not in it, and is not here")
    with (SCREENING / "ukm_students_phq9_gad7_pss10.csv").open(encoding="utf-8", newline="") as f:
        rows = [row for row in csv.DictReader(f) if row["D1"]]
    results = [score(phq9, [int(row[f"D{n}"]) for n in range(1, 10)]) for row in rows]
    flagged = [result for result in results if result.flags]
    assert len(results) == 223
    assert {result.status for result in results} == {"complete"}
    assert Counter(flag.answer for result in flagged for flag in result.flags) == {
        1: 37,
        2: 18,
        3: 10,
    }
    assert len(flagged) == 65
    assert sum((total(result) or 0) < 10 for result in flagged) == 15


# what a definition can say and PHQ-9 does not


def test_a_reversed_item_counts_from_the_other_end_and_stays_raw_for_its_alarm() -> None:
    scale = load_definition(sleep_scale())
    assert total(score(scale, [1, 4, 1])) == 3
    assert total(score(scale, [4, 1, 4])) == 12
    data = changed(lambda d: d["critical"][0].update(item=2))
    assert codes(score(load_definition(data), [1, 4, 1])) == ["no_sleep"]


def test_a_sheet_with_a_gap_is_filled_only_by_the_rule_of_its_definition() -> None:
    strict = with_missing_rule()
    mean = with_missing_rule(at_most=1, fill="mean")
    assert score(strict, [2, None, 3]).status == "incomplete"
    filled = score(mean, [2, None, 3])
    assert (filled.status, total(filled), band(filled)) == ("prorated", 7.5, "low")
    assert filled.explanation[0].items == (1, 3)
    assert filled.explanation[0].filled == (2,)
    beyond = score(mean, [2, None, None])
    assert (beyond.status, beyond.scores, beyond.bands) == ("incomplete", (), ())
    assert codes(beyond) == ["no_sleep_unanswered"]


def test_a_void_sheet_still_raises_its_alarm() -> None:
    void = with_missing_rule(beyond="invalid")
    result = score(void, [None, 1, 4])
    assert (result.status, result.bands, codes(result)) == ("invalid", (), ["no_sleep"])


def test_blanks_count_as_nothing_only_where_a_rule_says_so() -> None:
    def from_zero(data: dict[str, Any]) -> None:
        for option in data["responses"][0]["options"]:
            option["score"] -= 1
        data["coding"]["reverse"].update(low=0, high=3)
        data["critical"][0]["at_least"] = 3
        data["scores"][0].update(range=[0, 9])
        data["scores"][0]["missing"].update(at_most=1, fill="ignore")
        data["bands"][0]["bands"] = [{"code": "any", "from": 0, "below": 10}]

    scale = load_definition(changed(from_zero))
    assert total(score(scale, [2, None, 3])) == 5
    assert score(scale, [2, None, 3]).status == "prorated"


@pytest.mark.parametrize(
    ("rounding", "index"), [("down", 52.0), ("half_up", 53.0), ("exact", 52.5)]
)
def test_an_index_of_five_quarters_is_rounded_as_its_definition_says(
    rounding: str, index: float
) -> None:
    # Raw 42 of a 20-item scale becomes 52.5: normal or mild by the rounding alone.
    def index_scale(data: dict[str, Any]) -> None:
        data["coding"] = {"stored": "raw"}
        data["items"] = [
            {"number": n, "id": f"q{n}", "use": "required", "response": "r"} for n in range(1, 21)
        ]
        data["scores"][0].update(
            items=list(range(1, 21)), multiply=1.25, rounding=rounding, range=[25, 100]
        )
        data["bands"][0]["bands"] = [
            {"code": "normal", "from": 25, "below": 53},
            {"code": "mild", "from": 53, "below": 101},
        ]
        data["vectors"] = []

    result = score(load_definition(changed(index_scale)), [3, 3] + [2] * 18)
    assert total(result) == index
    assert band(result) == ("mild" if index == 53 else "normal")


def test_a_mean_leaves_an_empty_optional_item_out_and_a_count_counts() -> None:
    def mean_and_count(data: dict[str, Any]) -> None:
        rule = data["scores"][0]["missing"]
        common = {"direction": "higher_is_worse", "missing": rule, **SAID}
        data["items"][3]["use"] = "optional"
        data["vectors"] = []
        data["scores"] += [
            {"id": "mean", "kind": "mean", "items": [1, 3, 4], "range": [1, 4], **common},
            {
                "id": "often",
                "kind": "count",
                "items": [1, 2, 3],
                "count_at_least": 3,
                "range": [0, 3],
                **common,
            },
        ]

    scale = load_definition(changed(mean_and_count))
    result = score(scale, [3, 1, 4, None])
    assert {value.score: value.value for value in result.scores} == {
        "total": 11,
        "mean": 3.5,
        "often": 3,
    }
    assert (result.status, result.missing) == ("complete", ())
    assert score(scale, [3, 1, 4, 2]).scores[1].value == 3.0


def two_subscales() -> dict[str, Any]:
    """Items 1 and 3 make a mean that may be filled, item 2 a sum that may not."""
    data = sleep_scale()
    rule = data["scores"][0]["missing"]
    data["scores"] = [
        {
            "id": "strict",
            "kind": "sum",
            "items": [2],
            "range": [1, 4],
            "direction": "higher_is_worse",
            "missing": rule,
            **SAID,
        },
        {
            "id": "mean",
            "kind": "mean",
            "items": [1, 3],
            "range": [1, 4],
            "direction": "higher_is_worse",
            "missing": {**rule, "at_most": 1, "fill": "mean"},
            **SAID,
        },
    ]
    data["bands"][0].update(score="mean", bands=[{"code": "any", "from": 1, "below": 5}])
    data["vectors"] = []
    return data


def test_one_unfinished_subscale_takes_the_bands_of_all_and_keeps_the_other_score() -> None:
    scale = load_definition(two_subscales())
    assert band(score(scale, [2, 2, 3])) == "any"
    result = score(scale, [2, None, 3])
    assert (result.status, result.bands) == ("incomplete", ())
    assert [(value.score, value.value) for value in result.scores] == [("mean", 2.5)]
    assert [parts.score for parts in result.explanation] == ["mean"]


def test_a_filled_mean_is_the_mean_of_what_was_answered() -> None:
    result = score(load_definition(two_subscales()), [None, 2, 3])
    assert result.status == "prorated"
    assert {value.score: value.value for value in result.scores} == {"strict": 3, "mean": 3}


def test_two_tables_for_two_populations_are_never_mixed() -> None:
    def second_table(data: dict[str, Any]) -> None:
        table = copy.deepcopy(data["bands"][0])
        table.update(table="adults", default=False)
        table["bands"][0]["below"] = table["bands"][1]["from"] = 9
        data["bands"].append(table)

    scale = load_definition(changed(second_table))
    words = [band(score(scale, [3, 2, 2], name)) for name in (None, "teens", "adults")]
    assert words == ["high", "high", "low"]


def test_an_unchecked_number_can_be_told_from_a_checked_one(phq9: Definition) -> None:
    assert score(phq9, [0] * 9).bands[0].verified
    (reached,) = score(load_definition(sleep_scale()), [1, 4, 1]).bands
    assert (reached.verified, reached.convention) == (False, True)


def comment(data: dict[str, Any]) -> dict[str, Any]:
    return {**data["critical"][0], "item": 4}


def test_a_critical_item_outside_every_score_cannot_be_left_off() -> None:
    scale = load_definition(changed(lambda d: d.update(vectors=[], critical=[comment(d)])))
    assert scale.shortest == 4
    result = score(scale, [1, 4, 1, None])
    assert (result.status, codes(result)) == ("complete", ["no_sleep_unanswered"])
    assert result.missing == (4,)


def test_an_instrument_without_a_total_is_incomplete_while_a_question_is_open() -> None:
    def questions_only(data: dict[str, Any]) -> None:
        rule = data["critical"][0]
        data.update(scores=[], bands=[], vectors=[], coding={"stored": "raw"})
        data["critical"] = [{**rule, "item": n, "code": f"yes_{n}"} for n in (1, 2, 3)]

    scale = load_definition(changed(questions_only))
    assert score(scale, [1, 1, 1]).status == "complete"
    result = score(scale, [4, None, 1])
    assert (result.status, codes(result)) == ("incomplete", ["yes_1", "yes_2_unanswered"])


def test_an_alarm_can_lie_at_the_low_end() -> None:
    def low_end(data: dict[str, Any]) -> None:
        del data["critical"][0]["at_least"]
        data["critical"][0]["at_most"] = 1

    scale = load_definition(changed(low_end))
    assert codes(score(scale, [2, 2, 1])) == ["no_sleep"]
    assert codes(score(scale, [2, 2, 2])) == []
