"""Laws of scoring: an alarm is never lost, a gap never reads as low, worse never counts as less."""

from __future__ import annotations

import json
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from psysafe.builtin.scales import shipped_scales
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scales import Result, load_definition, result_to_plain, score
from psysafe.errors import ScaleError
from psysafe.testing.scales import sleep_scale
from psysafe.wire import decode_document, encode_document

PHQ9 = load_definition(next(r for r in shipped_scales() if r.name == "phq9").definition)
WHOLE = st.lists(st.integers(0, 3), min_size=9, max_size=9)
WITH_GAPS = st.lists(st.none() | st.integers(0, 3), min_size=8, max_size=8)


def total(result: Result) -> float:
    (value,) = result.scores
    return value.value


def alarm(answer: int | None) -> list[tuple[str, int | None]]:
    """What item 9 must raise, said apart from the definition."""
    if answer is None:
        return [("self_harm_unanswered", None)]
    return [("self_harm", answer)] if answer >= 1 else []


def raised(result: Result) -> list[tuple[str, int | None]]:
    return [(flag.code, flag.answer) for flag in result.flags]


def test_no_pattern_of_missing_answers_has_a_band_or_loses_the_alarm() -> None:
    for pattern in product((False, True), repeat=9):
        for others, ninth in product((0, 3), range(4)):
            answers = [None if gone else others for gone in pattern]
            answers[8] = None if pattern[8] else ninth
            result = score(PHQ9, answers)
            assert result.missing == tuple(n + 1 for n, gone in enumerate(pattern) if gone)
            assert (result.status == "complete") == (not any(pattern))
            assert (result.bands != ()) == (not any(pattern))
            assert (result.scores != ()) == (not any(pattern))
            assert raised(result) == alarm(answers[8])
            if any(pattern):
                assert result.status == "incomplete"
                assert result.cutoffs == ()


@pytest.mark.parametrize("ninth", [None, 0, 1, 2, 3])
@given(others=WITH_GAPS)
def test_the_alarm_on_item_nine_depends_on_item_nine_alone(
    ninth: int | None, others: list[int | None]
) -> None:
    assert raised(score(PHQ9, [*others, ninth])) == alarm(ninth)


@given(answers=WHOLE, place=st.integers(0, 8), worse=st.integers(0, 3))
def test_a_worse_answer_never_lowers_the_total_nor_takes_an_alarm_away(
    answers: list[int], place: int, worse: int
) -> None:
    assume(worse > answers[place])
    before = score(PHQ9, answers)
    after = score(PHQ9, [*answers[:place], worse, *answers[place + 1 :]])
    assert total(after) == total(before) + worse - answers[place]
    assert len(after.flags) >= len(before.flags)
    assert {c.cutoff for c in after.cutoffs} >= {c.cutoff for c in before.cutoffs}


@given(answers=WHOLE)
def test_a_total_is_the_sum_of_the_items_that_explain_it(answers: list[int]) -> None:
    result = score(PHQ9, answers)
    (parts,) = result.explanation
    assert total(result) == sum(answers[number - 1] for number in parts.items)
    assert parts.items == tuple(range(1, 10))
    assert (parts.reversed, parts.filled) == ((), ())


@given(answers=WHOLE, place=st.integers(0, 7))
def test_leaving_an_answer_out_changes_no_alarm_of_another_item(
    answers: list[int], place: int
) -> None:
    gap: list[int | None] = [*answers]
    gap[place] = None
    assert score(PHQ9, gap).flags == score(PHQ9, answers).flags


def filling(**rule: Any) -> Definition:
    data = sleep_scale()
    data["scores"][0]["missing"].update(rule)
    return load_definition(data)


SLEEP = filling()
SLEEP_FILLED = filling(at_most=2, fill="mean")
SLEEP_VOID = filling(at_most=1, fill="mean", beyond="invalid")


def test_every_sheet_of_a_small_scale_is_scored_by_its_rule_and_by_no_other() -> None:
    for answers in product((None, 1, 2, 3, 4), repeat=3):
        gaps = answers.count(None)
        states = [score(scale, answers).status for scale in (SLEEP, SLEEP_FILLED, SLEEP_VOID)]
        assert states[0] == ("complete" if gaps == 0 else "incomplete")
        assert states[1] == ("complete" if gaps == 0 else "prorated" if gaps < 3 else "incomplete")
        assert states[2] == ("complete" if gaps == 0 else "prorated" if gaps < 2 else "invalid")
        for scale in (SLEEP, SLEEP_FILLED, SLEEP_VOID):
            result = score(scale, answers)
            assert bool(result.bands) == (result.status in ("complete", "prorated"))
            assert all(3 <= value.value <= 12 for value in result.scores)
            assert result.flags == score(SLEEP, answers).flags
            assert bool(result.flags) == (answers[2] in (None, 4))


def test_turning_a_reversed_item_up_brings_the_score_down_and_only_there() -> None:
    for answers in product((1, 2, 3, 4), repeat=3):
        for place, step in ((0, 1), (1, -1), (2, 1)):
            if answers[place] == 4:
                continue
            more = list(answers)
            more[place] += 1
            assert total(score(SLEEP, more)) == total(score(SLEEP, answers)) + step


@given(
    edges=st.lists(st.integers(4, 12), unique=True, min_size=1, max_size=8).map(sorted),
    moved=st.data(),
)
def test_bands_load_when_they_touch_and_are_refused_when_one_edge_moves(
    edges: list[int], moved: st.DataObject
) -> None:
    data = sleep_scale()
    data["vectors"] = []
    bands = [
        {"code": f"b{i}", "from": low, "below": below}
        for i, (low, below) in enumerate(pairwise([3, *edges, 13]))
    ]
    data["bands"][0]["bands"] = bands
    scale = load_definition(data)
    for points in range(3, 13):
        holding = [b["code"] for b in bands if int(b["from"]) <= points < int(b["below"])]  # type: ignore[call-overload]
        assert [scale.tables[0].band(points)] == holding
    which = moved.draw(st.integers(0, len(bands) - 1))
    key = moved.draw(st.sampled_from(["from", "below"]))
    shift = moved.draw(st.integers(-12, 12).filter(bool))
    bands[which][key] += shift  # type: ignore[operator]
    with pytest.raises(ScaleError) as caught:
        load_definition(data)
    assert caught.value.code == "PSY302"


@given(
    answers=st.lists(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(min_size=1),
        min_size=9,
        max_size=10,
    )
)
def test_a_sheet_is_scored_or_refused_and_a_refusal_repeats_no_answer(answers: list[Any]) -> None:
    fits = all(a is None or (type(a) is int and 0 <= a <= 3) for a in answers)
    if fits:
        plain = result_to_plain(score(PHQ9, answers))
        assert json.loads(json.dumps(plain)) == plain
        return
    with pytest.raises(ScaleError) as caught:
        score(PHQ9, answers)
    assert caught.value.code == "PSY304"
    at = caught.value.finding.where["item"]
    assert caught.value.finding.facts == {
        "item": at,
        "allowed": "0, 1, 2, 3",
        "value": caught.value.finding.facts["value"],
    }
    assert caught.value.finding.facts["value"] in {
        "the number given",
        "true or false",
        "something that is no number",
    }


@given(answers=WITH_GAPS.map(lambda eight: [*eight, 2]), seed=st.randoms(use_true_random=False))
def test_the_order_in_which_numbered_answers_arrive_means_nothing(
    answers: list[int | None], seed: Any
) -> None:
    numbered = list(enumerate(answers, start=1))
    seed.shuffle(numbered)
    assert score(PHQ9, dict(numbered)) == score(PHQ9, answers)


@given(answers=WITH_GAPS.map(lambda eight: [*eight, 2]))
def test_a_result_comes_back_from_the_store_as_it_went_in(answers: list[int | None]) -> None:
    result = score(PHQ9, answers)
    assert decode_document(encode_document(result), Result) == result
