"""The instruments that come with the library: numbers against their sources, each edge, each trap.

Published worked examples with a stated total are few. Found and used: two GAD-7 responses of the
PACIO sample data (build.fhir.org/ig/paciowg/sample-data-fsh) and one of the German MII module PRO.
The PHQ-9 response of HL7 SDC states 13 for answers that add up to 10. For PHQ-A, PHQ-2, DASS-21
and SDS none was found: their examples follow from the scoring key alone.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, combinations, pairwise
from pathlib import Path

import pytest

from psysafe.builtin.plans import shipped_plans
from psysafe.builtin.scales import shipped_scales
from psysafe.domain.plan_reading import read_plan
from psysafe.domain.scales import Definition, Respondent, Result, load_definition, score
from psysafe.domain.severity import Severity

SCALES: Mapping[str, Definition] = {
    record.name: load_definition(record.definition) for record in shipped_scales()
}
#: Said apart from the definitions: items of each score, and what is done with their sum.
KEYS: Mapping[str, Mapping[str, Sequence[int]]] = {
    "phq9": {"total": range(1, 10)},
    "phq_a": {"total": range(1, 10)},
    "phq2": {"total": (1, 2)},
    "gad7": {"total": range(1, 8)},
    "dass21": {
        "depression": (3, 5, 10, 13, 16, 17, 21),
        "anxiety": (2, 4, 7, 9, 15, 19, 20),
        "stress": (1, 6, 8, 11, 12, 14, 18),
    },
    "sds": {"raw": range(1, 21), "index": range(1, 21)},
}
REVERSED = {"sds": {2, 5, 6, 11, 12, 14, 16, 17, 18, 20}}
#: Lower edges of the bands, from the second on.
EDGES: Mapping[tuple[str, str, str], tuple[int, ...]] = {
    ("phq9", "total", "adult"): (5, 10, 15, 20),
    ("phq_a", "total", "phq9"): (5, 10, 15, 20),
    ("gad7", "total", "adult"): (5, 10, 15),
    ("dass21", "depression", "adult"): (10, 14, 21, 28),
    ("dass21", "anxiety", "adult"): (8, 10, 15, 20),
    ("dass21", "stress", "adult"): (15, 19, 26, 34),
    ("sds", "index", "china"): (53, 63, 73),
    ("sds", "index", "original"): (50, 60, 70),
}
CUTOFFS: Mapping[tuple[str, str], tuple[int, tuple[int, int | None]]] = {
    ("phq9", "adult"): (10, (18, None)),
    ("phq9", "adolescent"): (11, (13, 17)),
    ("phq_a", "adolescent"): (11, (13, 17)),
    ("phq2", "adult"): (3, (18, None)),
    ("phq2", "adolescent"): (3, (13, 17)),
    ("gad7", "adult"): (10, (18, None)),
    ("gad7", "adolescent"): (11, (12, 17)),
}
#: What alarms: item and the answer from which on.
ALARMS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "phq9": {"self_harm": (9, 1)},
    "phq_a": {"self_harm": (9, 1), "suicide_thoughts": (12, 1), "suicide_attempt": (13, 1)},
    "phq2": {},
    "gad7": {},
    "dass21": {"life_meaningless": (21, 1)},
    "sds": {"better_off_dead": (19, 2)},
}


def by_hand(scale: str, answers: Sequence[int | None]) -> dict[str, int]:
    """Scores of a sheet, reckoned without the definition; a score with a gap is left out."""
    found = {}
    for name, items in KEYS[scale].items():
        counted = [
            5 - answer if number in REVERSED.get(scale, ()) and answer is not None else answer
            for number in items
            for answer in (answers[number - 1],)
        ]
        if None not in counted:
            total = sum(answer or 0 for answer in counted)
            total *= 2 if scale == "dass21" else 1
            found[name] = total * 5 // 4 if name == "index" else total
    return found


def alarms(scale: str, answers: Sequence[int | None]) -> list[str]:
    """Flags of a sheet, said apart from the definition."""
    raised = []
    for code, (item, edge) in ALARMS[scale].items():
        answer = answers[item - 1]
        if answer is None:
            raised.append(f"{code}_unanswered")
        elif answer >= edge:
            raised.append(code)
    return raised


def scored(result: Result) -> dict[str, float]:
    return {value.score: value.value for value in result.scores}


def flags(result: Result) -> list[str]:
    return [flag.code for flag in result.flags]


def best(scale: str) -> list[int]:
    """The whole sheet of somebody who has nothing."""
    lowest = 1 if scale == "sds" else 0
    return [4 if item.number in REVERSED.get(scale, ()) else lowest for item in SCALES[scale].items]


def worst(scale: str, number: int) -> int:
    item = SCALES[scale].items[number - 1]
    turned = number in REVERSED.get(scale, ())
    return min(item.response.scores) if turned else max(item.response.scores)


def sheet_of(scale: str, name: str, points: int) -> list[int]:
    """A sheet on which one score comes to these points before its transform."""
    sheet = best(scale)
    left = points - sum(1 for _ in KEYS[scale][name]) * (scale == "sds")
    for number in KEYS[scale][name]:
        step = min(3, left)
        sheet[number - 1] += -step if number in REVERSED.get(scale, ()) else step
        left -= step
    assert left == 0
    return sheet


def test_these_are_the_instruments_that_are_shipped() -> None:
    assert SCALES.keys() == KEYS.keys() == ALARMS.keys()
    for scale in SCALES.values():
        assert {score.id for score in scale.scores} == KEYS[scale.id].keys()
        assert {rule.code for rule in scale.critical} == ALARMS[scale.id].keys()
        told = {(s, c) for s, c in CUTOFFS if s == scale.id}
        assert {(scale.id, cutoff.name) for cutoff in scale.cutoffs} == told
    tables = {(s.id, t.score, t.name) for s in SCALES.values() for t in s.tables}
    assert tables == EDGES.keys()


@pytest.mark.parametrize(("scale", "name", "table"), EDGES)
def test_each_edge_of_each_table_belongs_to_the_band_above_it(
    scale: str, name: str, table: str
) -> None:
    definition = SCALES[scale]
    codes = next(
        [band.code for band in one.bands]
        for one in definition.tables
        if (one.score, one.name) == (name, table)
    )
    lowest, highest = (20, 80) if scale == "sds" else (0, 3 * len(KEYS[scale][name]))
    met = Counter[str]()
    for points in range(lowest, highest + 1):
        result = score(definition, sheet_of(scale, name, points), table)
        value = by_hand(scale, sheet_of(scale, name, points))[name]
        told = codes[sum(value >= edge for edge in EDGES[scale, name, table])]
        assert scored(result)[name] == value
        (band,) = [band for band in result.bands if band.score == name]
        assert (band.code, band.table) == (told, table)
        met[told] += 1
    assert met.keys() == set(codes)


@pytest.mark.parametrize(("scale", "name"), CUTOFFS)
def test_each_cut_off_is_reached_from_its_edge_on_by_those_it_is_for(scale: str, name: str) -> None:
    edge, (youngest, oldest) = CUTOFFS[scale, name]
    for points in (edge - 1, edge):
        for age in (youngest - 1, youngest, oldest or 40, (oldest or 40) + 1):
            result = score(
                SCALES[scale], sheet_of(scale, "total", points), respondent=Respondent(age=age)
            )
            inside = youngest <= age and (oldest is None or age <= oldest)
            reached = name in {cutoff.cutoff for cutoff in result.cutoffs}
            assert reached == (inside and points >= edge)


@pytest.mark.parametrize("scale", SCALES)
def test_each_item_alone_at_its_worst_counts_for_its_own_scores_only(scale: str) -> None:
    clean = score(SCALES[scale], best(scale))
    assert (clean.status, flags(clean)) == ("complete", [])
    for item in SCALES[scale].items:
        sheet = best(scale)
        sheet[item.number - 1] = worst(scale, item.number)
        result = score(SCALES[scale], sheet)
        assert scored(result) == by_hand(scale, sheet)
        moved = {name for name, value in scored(result).items() if value != scored(clean)[name]}
        assert moved == {name for name, items in KEYS[scale].items() if item.number in items}
        assert flags(result) == alarms(scale, sheet)


@pytest.mark.parametrize("scale", SCALES)
def test_no_one_or_two_missing_answers_give_a_band_or_hide_an_alarm(scale: str) -> None:
    definition = SCALES[scale]
    numbers = [item.number for item in definition.items]
    needed = {item.number for item in definition.items if item.use == "required"}
    sheets = [best(scale), [worst(scale, number) for number in numbers]]
    for whole in sheets:
        for gone in chain(((n,) for n in numbers), combinations(numbers, 2)):
            sheet: list[int | None] = [*whole]
            for number in gone:
                sheet[number - 1] = None
            result = score(definition, sheet)
            lost = tuple(number for number in gone if number in needed)
            assert (result.status, result.missing) == (
                ("incomplete" if lost else "complete"),
                lost,
            )
            assert not (lost and (result.bands or result.cutoffs))
            assert scored(result) == by_hand(scale, sheet)
            assert flags(result) == alarms(scale, sheet)


@pytest.mark.parametrize("scale", SCALES)
def test_texts_are_whole_in_a_language_or_the_record_says_what_is_left_out(scale: str) -> None:
    definition = SCALES[scale]
    licence = definition.licence
    for language in definition.identity.languages:
        without = [item.number for item in definition.items if not item.text.get(language)]
        if without:
            assert "left out" in licence.texts or "host supplies" in licence.texts
    if not licence.text_shippable:
        assert not any(item.text for item in definition.items)
        assert not definition.identity.instruction
        assert licence.texts.startswith("none")


# traps seen in real scorers


def test_sds_takes_the_integer_part_where_others_round() -> None:
    found = {}
    for raw in (41, 42, 43, 50, 58):
        result = score(SCALES["sds"], sheet_of("sds", "raw", raw))
        (band,) = result.bands
        found[raw] = (scored(result)["index"], band.code)
        assert "scores.index" in result.unverified
    assert found == {
        41: (51, "normal"),
        42: (52, "normal"),
        43: (53, "mild"),
        50: (62, "mild"),
        58: (72, "moderate"),
    }


def test_sds_reverses_each_item_exactly_once() -> None:
    middle = [2, 3] * 10
    for number in range(1, 21):
        values = []
        for answer in (1, 2, 3, 4):
            sheet = [*middle]
            sheet[number - 1] = answer
            values.append(scored(score(SCALES["sds"], sheet))["raw"])
        steps = {after - before for before, after in pairwise(values)}
        assert steps == ({-1} if number in REVERSED["sds"] else {1})


def test_dass_scores_are_doubled_before_the_table_is_read() -> None:
    five = score(SCALES["dass21"], sheet_of("dass21", "anxiety", 5))
    assert scored(five)["anxiety"] == 10
    assert {band.score: band.code for band in five.bands}["anxiety"] == "moderate"
    four = score(SCALES["dass21"], sheet_of("dass21", "anxiety", 4))
    assert {band.score: band.code for band in four.bands}["anxiety"] == "mild"


def test_phq_a_asks_in_another_order_than_phq9() -> None:
    names = {scale: [item.id for item in SCALES[scale].items[:9]] for scale in ("phq9", "phq_a")}
    assert names["phq_a"][:2] == ["mood", "interest"]
    assert names["phq_a"][3:5] == ["appetite", "energy"]
    assert sorted(names["phq_a"]) == sorted(names["phq9"])
    assert "irritable" in SCALES["phq_a"].items[0].text["en"]


def test_a_yes_to_a_suicide_question_of_phq_a_alarms_at_a_total_of_nought() -> None:
    sheet = [0] * 13
    for number, code in ((12, "suicide_thoughts"), (13, "suicide_attempt")):
        result = score(SCALES["phq_a"], {**dict(enumerate(sheet, start=1)), number: 1})
        assert (scored(result), flags(result)) == ({"total": 0}, [code])
        assert result.flags[0].urgency == "at_once"
        gap = score(SCALES["phq_a"], {**dict(enumerate(sheet, start=1)), number: None})
        assert (gap.status, gap.bands, flags(gap)) == ("incomplete", (), [f"{code}_unanswered"])


def test_scales_without_a_question_on_suicide_raise_none_and_say_so_in_their_file() -> None:
    for scale in ("phq2", "gad7"):
        assert SCALES[scale].critical == ()
        words = {word for item in SCALES[scale].items for word in item.text["en"].lower().split()}
        assert not words & {"dead", "hurting", "suicide", "die"}


@pytest.mark.parametrize("plan", ["one-to-one", "two-phase", "three-tier", "complete"])
def test_each_plan_says_what_each_flag_of_a_shipped_scale_means(plan: str) -> None:
    found = read_plan({"format": 1, "extends": f"{plan}@1"}, shipped_plans())[0]
    for scale, rules in ALARMS.items():
        for code, (item, edge) in rules.items():
            answers = [
                a for a in sorted(SCALES[scale].items[item - 1].response.scores) if a >= edge
            ]
            found_for = [found.triage_of(scale, code, answer) for answer in answers]
            severities = [triage.severity for triage in found_for if triage is not None]
            assert len(severities) == len(answers)
            assert severities == sorted(severities)
            empty = found.triage_of(scale, f"{code}_unanswered", None)
            assert empty is not None
            # What was left out could have been the worst of them (law 5).
            assert empty.severity >= severities[-1]
            if code != "life_meaningless":
                assert severities[0] >= Severity.MODERATE


# published examples


@pytest.mark.parametrize(
    ("answers", "total", "band"),
    [
        ([1, 1, 1, 1, 0, 1, 2], 7, "mild"),  # PACIO, BSJ1, October 2025: 7, mild anxiety
        ([1, 0, 0, 1, 0, 1, 1], 4, "minimal"),  # PACIO, BSJ1, January 2026: 4, minimal anxiety
        ([1, 1, 1, 2, 2, 0, 0], 7, "mild"),  # MII module PRO, GAD-7 response example: 7
    ],
)
def test_gad7_comes_out_as_published_examples_say(
    answers: list[int], total: int, band: str
) -> None:
    result = score(SCALES["gad7"], answers)
    assert scored(result) == {"total": total}
    assert [reached.code for reached in result.bands] == [band]


def test_a_total_that_somebody_states_is_never_taken_over() -> None:
    """HL7 SDC's example response to its PHQ-9 states 13; the answers in it come to 10."""
    result = score(SCALES["phq9"], [0, 0, 0, 1, 2, 1, 3, 2, 1])
    assert scored(result) == {"total": 10}
    assert flags(result) == ["self_harm"]


# real sheets


def test_the_real_sheets_of_a_screening_come_out_as_reckoned_by_hand(shared_data: Path) -> None:
    file = shared_data / "student-screening" / "ukm_students_phq9_gad7_pss10.csv"
    with file.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    met = Counter[str]()
    for scale, letter, items in (("phq9", "D", 9), ("gad7", "A", 7)):
        for row in rows:
            cells = [row.get(f"{letter}{n}", "") for n in range(1, items + 1)]
            answers = [int(cell) if cell else None for cell in cells]
            result = score(SCALES[scale], answers)
            assert scored(result) == by_hand(scale, answers)
            if None in answers:
                assert (result.status, result.bands) == ("incomplete", ())
                continue
            edges = EDGES[scale, "total", "adult"]
            (band,) = result.bands
            place = [b.code for b in SCALES[scale].tables[0].bands].index(band.code)
            assert place == sum(scored(result)["total"] >= edge for edge in edges)
            assert flags(result) == alarms(scale, answers)
            met[scale] += 1
    assert met["phq9"] == 223
    assert met["gad7"] >= 200
