"""Laws of scoring: an alarm is never lost, a gap never reads as low, worse never counts as less."""

from __future__ import annotations

import json
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from psysafe.builtin.scales import shipped_scales
from psysafe.domain.scale_columns import columns_from_packed, columns_of, score_columns
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_results import STATUSES
from psysafe.domain.scales import Respondent, Result, load_definition, result_to_plain, score
from psysafe.errors import ScaleError
from psysafe.testing.scales import asking_scale, sleep_scale
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


# every shipped instrument, and invented ones for what these do not have


def filled_from_nought() -> Definition:
    """Sums and a mean that are filled, an optional item, a reversed one, alarms on two items."""
    data = sleep_scale()
    rule = {"source": "here", "verified": True}
    for option in data["responses"][0]["options"]:
        option["score"] -= 1
    data["coding"]["reverse"].update(low=0, high=3)
    data["items"][3]["use"] = "optional"
    data["critical"][0].update(at_least=3)
    both = {**data["critical"][0], "code": "both", "any_of": [1, 3], "count": 2}
    del both["item"]
    data["critical"].append(both)
    total = data["scores"][0]
    total.update(range=[0, 9], missing={"at_most": 1, "fill": "mean", **rule})
    often = {**total, "id": "often", "kind": "count", "count_at_least": 2, "range": [0, 3]}
    mean = {**total, "id": "mean", "kind": "mean", "items": [1, 3, 4], "range": [0, 3]}
    data["scores"] += [often, mean]
    data["bands"][0]["bands"] = [
        {"code": "low", "from": 0, "below": 5},
        {"code": "high", "from": 5, "below": 10},
    ]
    data["cutoffs"] = [
        {"name": "teens", "score": "total", "population": "x", "at_least": 6, **rule}
    ]
    data["vectors"] = []
    return load_definition(data)


SHIPPED = [load_definition(record.definition) for record in shipped_scales()]
#: Examples an instrument; there are nine of them.
FEW = settings.default.max_examples * 3 // 8
ALL = [*SHIPPED, SLEEP_FILLED, filled_from_nought(), load_definition(asking_scale())]


def sheets(scale: Definition, gaps: bool = True) -> st.SearchStrategy[list[int | None]]:
    """Whole sheets, and where wanted sheets with some answers missing; one byte draws an answer."""
    choices: list[list[int | None]] = []
    for item in scale.items:
        answers: list[int | None] = [*sorted(item.response.scores)]
        choices.append(answers * 3 + [None] if gaps else answers)
    size = len(choices)
    return st.binary(min_size=size, max_size=size).map(
        lambda drawn: [each[byte % len(each)] for each, byte in zip(choices, drawn, strict=True)]
    )


def place(scale: Definition, result: Result, name: str) -> int | None:
    """How far up its table the band of a score lies."""
    found = next((band for band in result.bands if band.score == name), None)
    if found is None:
        return None
    table = next(t for t in scale.tables if (t.score, t.name) == (name, found.table))
    return [band.code for band in table.bands].index(found.code)


@pytest.mark.parametrize("scale", ALL, ids=lambda scale: scale.id)
@settings(max_examples=FEW)
@given(data=st.data())
def test_a_worse_answer_never_lowers_a_score_a_band_or_an_alarm(
    scale: Definition, data: st.DataObject
) -> None:
    sheet = data.draw(sheets(scale, gaps=False))
    item = data.draw(st.sampled_from(scale.items))
    turned = scale.reversal is not None and item.number in scale.reversal.items
    now = sheet[item.number - 1]
    assert now is not None
    worse = [a for a in item.response.scores if (a < now if turned else a > now)]
    assume(worse)
    after_sheet = [*sheet]
    after_sheet[item.number - 1] = data.draw(st.sampled_from(sorted(worse)))
    before, after = score(scale, sheet), score(scale, after_sheet)
    for one, other in zip(before.scores, after.scores, strict=True):
        assert other.value >= one.value
        assert (place(scale, after, one.score) or 0) >= (place(scale, before, one.score) or 0)
    assert {c.cutoff for c in after.cutoffs} >= {c.cutoff for c in before.cutoffs}
    if not turned:
        assert {f.code for f in after.flags} >= {f.code for f in before.flags}


@pytest.mark.parametrize("scale", ALL, ids=lambda scale: scale.id)
@settings(max_examples=FEW)
@given(data=st.data())
def test_leaving_an_answer_out_never_betters_a_sheet_and_hides_no_other_alarm(
    scale: Definition, data: st.DataObject
) -> None:
    sheet = data.draw(sheets(scale))
    item = data.draw(st.sampled_from(scale.items))
    assume(sheet[item.number - 1] is not None)
    gap = [*sheet]
    gap[item.number - 1] = None
    before, after = score(scale, sheet), score(scale, gap)
    if not scale.branching:
        order = [STATUSES.index(result.status) for result in (before, after)]  # type: ignore[arg-type]
        assert order[1] >= order[0]
    others = {rule.code for rule in scale.critical if item.number not in rule.when.items} & {
        flag.code for flag in before.flags
    }
    assert {flag.code for flag in after.flags} >= others
    own = [rule for rule in scale.critical if item.number in rule.when.items]
    if not scale.branching:
        for rule in own:
            raised = {flag.code for flag in after.flags}
            if rule.code in {flag.code for flag in before.flags}:
                assert raised & {rule.code, rule.unanswered}


@pytest.mark.parametrize("scale", ALL, ids=lambda scale: scale.id)
@settings(max_examples=FEW)
@given(data=st.data())
def test_the_order_of_the_form_and_of_the_answers_means_nothing(
    scale: Definition, data: st.DataObject
) -> None:
    sheet = data.draw(sheets(scale))
    numbers = [item.number for item in scale.items]
    data.draw(st.randoms(use_true_random=False)).shuffle(numbers)
    assert score(scale, {number: sheet[number - 1] for number in numbers}) == score(scale, sheet)


@pytest.mark.parametrize("scale", ALL, ids=lambda scale: scale.id)
@settings(max_examples=FEW)
@given(data=st.data(), age=st.none() | st.integers(10, 30))
def test_columns_score_as_the_sheets_in_them_one_by_one(
    scale: Definition, data: st.DataObject, age: int | None
) -> None:
    many = data.draw(st.lists(sheets(scale), min_size=1, max_size=8))
    about = Respondent(age=age)
    columns = columns_of(scale, many)
    found = score_columns(scale, columns, respondent=about)
    assert found.rows == len(many)
    for row, sheet in enumerate(many):
        one, alone = found.sheet(row), score(scale, sheet, respondent=about)
        assert one.status == alone.status
        assert one.scores == {value.score: value.value for value in alone.scores}
        assert one.bands == {band.score: band.code for band in alone.bands}
        assert set(one.cutoffs) == {(c.score, c.cutoff) for c in alone.cutoffs}
        assert one.flags == tuple((flag.code, flag.answer) for flag in alone.flags)
        for rule in scale.critical:
            assert (row in set(found.raised(rule.code))) == (rule.code in dict(one.flags))
    packed = bytes(column[row] for row in range(len(many)) for column in columns)
    assert columns_from_packed(scale, packed) == columns


@pytest.mark.parametrize("scale", ALL, ids=lambda scale: scale.id)
@settings(max_examples=FEW)
@given(data=st.data())
def test_an_answer_off_the_scale_in_a_column_is_refused_with_item_and_row(
    scale: Definition, data: st.DataObject
) -> None:
    many = data.draw(st.lists(sheets(scale), min_size=1, max_size=5))
    columns = [bytearray(column) for column in columns_of(scale, many)]
    item = data.draw(st.sampled_from(scale.items))
    row = data.draw(st.integers(0, len(many) - 1))
    strays = [byte for byte in range(255) if byte not in item.response.scores]
    columns[item.number - 1][row] = data.draw(st.sampled_from(strays))
    with pytest.raises(ScaleError) as caught:
        score_columns(scale, [bytes(column) for column in columns])
    assert caught.value.code == "PSY304"
    assert caught.value.finding.where == {"item": item.number, "row": row}


WRONG = [None, True, 0, -1, 3, 10**30, 0.5, 1e308, "", "total", [], {}, [1, 2], [{}], "norm"]


def loaded(data: dict[str, Any]) -> Definition | ScaleError:
    try:
        return load_definition(data)
    except ScaleError as error:
        return error


@given(seed=st.randoms(use_true_random=False))
def test_a_definition_with_a_value_changed_anywhere_loads_or_is_refused_with_its_place(
    seed: Any,
) -> None:
    data = seed.choice([sleep_scale, asking_scale])()
    holder: Any = data
    while True:
        key = seed.choice(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or seed.random() < 0.2:
            break
        holder = holder[key]
    holder[key] = seed.choice(WRONG)
    found = loaded(data)
    if isinstance(found, ScaleError):
        assert found.code == "PSY302"
        assert found.finding.facts["problem"]
    else:
        assert score(found, {}).bands == ()
