"""Reading a definition: what is wrong is refused with its place, what is unknown never ignored."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from psysafe.builtin.scales import shipped_scales
from psysafe.domain.scale_definition import ELSEWHERE
from psysafe.domain.scales import load_definition
from psysafe.errors import ScaleError
from psysafe.testing.scales import check_definition, sleep_scale


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = sleep_scale()
    change(data)
    return data


def test_the_hash_is_of_the_content_and_not_of_the_spelling() -> None:
    data = sleep_scale()
    turned = dict(reversed(list(data.items())))
    day = changed(lambda d: d["licence"].update(checked=date(2026, 11, 2)))
    same = {load_definition(each).sha256 for each in (data, turned, day)}
    spelt = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert same == {hashlib.sha256(spelt.encode()).hexdigest()}
    other = changed(lambda d: d["bands"][0]["bands"][0].update(code="lowest"))
    other["vectors"][0]["bands"]["total"] = "lowest"
    assert load_definition(other).sha256 not in same


def test_loading_leaves_the_data_as_it_was_and_later_changes_outside() -> None:
    data = sleep_scale()
    before = copy.deepcopy(data)
    scale = load_definition(data)
    assert data == before
    data["sources"]["here"] = "changed"
    assert scale.sources["here"] == "invented here"


GONE = object()
TWO = {1, 2}
CUTOFF = {"name": "x", "score": "total", "population": "y", "source": "here", "verified": True}

SAID = {"source": "here", "verified": True}
LIE = {"code": "v", "kind": "score", "score": "total", "at_least": 9, "effect": "void", **SAID}
RUN = {"code": "v", "kind": "same_answer", "at_least": 3, "effect": "doubt", **SAID}
TIME = {"code": "v", "kind": "time", "at_least": 20, "effect": "void", **SAID}
LEVELS = {"convention": False, **SAID}
DEEP = {"code": "deep", "when": [{"item": 1, "at_least": 3}]}
LOOSE = {"code": "loose", "when": [{"item": 4, "at_least": 3}]}
LAST: dict[str, Any] = {"code": "last", "when": []}
ASKED = "items.3.asked_if.at_least"
SKIPPED = "scores.0.items.2"
HIDES = "levels.steps.0.when"
OPEN = "levels.steps.0.when.0"

#: What is wrong, where it is put, what is put there, and the place that is named (None: the same).
BAD: list[tuple[str, str, object, str | None]] = [
    ("a newer format", "format", 2, None),
    ("no identity", "identity", GONE, None),
    ("no licence record", "licence", GONE, None),
    ("a licence without its day", "licence.checked", GONE, None),
    ("a day that is none", "licence.checked", "soon", None),
    ("a licence that does not say", "licence.text_shippable", "perhaps", None),
    ("an unknown key at the top", "colour", "red", None),
    ("an unknown key in a band", "bands.0.bands.1.to", 9, None),
    ("an unknown key in an item", "items.1.weight", 2, None),
    ("a misspelt rule", "critical.0.at_lest", 1, None),
    ("an id in capitals", "identity.id", "Sleep", None),
    ("no semantic version", "identity.version", "1", None),
    ("a title without its language", "identity.title", {}, "identity.title.en"),
    ("a language it does not have", "identity.title.fr", "sommeil", None),
    ("ages upside down", "identity.ages", {"from": 9, "to": 3}, None),
    ("an informant that is no code", "identity.informants.0", "My Self", None),
    ("answers not stored raw", "coding.stored", "reversed", None),
    ("a gap in the numbers", "items.2.number", 5, None),
    ("a number twice", "items.1.number", 1, None),
    ("a boolean number", "items.0.number", True, None),
    ("an item id twice", "items.1.id", "q1", "items.1"),
    ("a place on the form twice", "items.1.position", 1, "items.1"),
    ("a place beyond the form", "items.1.position", 9, None),
    ("an unknown use", "items.0.use", "sometimes", None),
    ("a required item nobody uses", "items.3.use", "required", None),
    ("an unknown response scale", "items.0.response", "x", None),
    ("text that may not be shipped", "items.0.text", {"en": "Do you sleep?"}, None),
    ("one answer only", "responses.0.options", [{"code": "a", "score": 1}], None),
    ("an answer score twice", "responses.0.options.1.score", 1, None),
    ("an answer code twice", "responses.0.options.1.code", "a1", None),
    ("no items", "items", [], "responses"),
    ("reversal over another range", "coding.reverse.low", 0, "coding.reverse.items"),
    ("reversal of no item", "coding.reverse.items", [7], None),
    ("reversal of an unscored item", "coding.reverse.items", [4], None),
    ("reversal off the scale", "responses.0.options.1.score", 0, "coding.reverse.items"),
    ("an item twice in a score", "scores.0.items", [1, 2, 2], "scores.0.items.2"),
    ("an item that does not exist", "scores.0.items", [1, 2, 3, 9], "scores.0.items.3"),
    ("item nought", "scores.0.items", [0, 1, 2], "scores.0.items.0"),
    ("a scored comment box", "scores.0.items", [1, 2, 3, 4], "scores.0.items.3"),
    ("an optional item in a sum", "items.0.use", "optional", "scores.0.items.0"),
    ("a range the items do not give", "scores.0.range", [0, 12], None),
    ("a range with three ends", "scores.0.range", [3, 8, 12], None),
    ("a factor that turns worse to better", "scores.0.multiply", -1, None),
    ("a factor that is no number", "scores.0.multiply", float("nan"), None),
    ("a number as text", "scores.0.multiply", "2", None),
    ("no missing rule", "scores.0.missing", GONE, None),
    ("missing items without a fill", "scores.0.missing.at_most", 1, "scores.0.missing.fill"),
    ("a share beside a number", "scores.0.missing.at_most_share", 0.2, "scores.0.missing.at_most"),
    ("a source that is not listed", "scores.0.missing.source", "hearsay", None),
    ("bands with a gap", "bands.0.bands.1.from", 9, None),
    ("bands sharing an edge", "bands.0.bands.1.from", 7, None),
    ("bands that begin too high", "bands.0.bands.0.from", 4, None),
    ("bands that end too low", "bands.0.bands.1.below", 12, None),
    ("bands far beyond the scores", "bands.0.bands.1.below", 40, None),
    ("an empty band", "bands.0.bands.0.below", 3, None),
    ("no bands", "bands.0.bands", [], None),
    ("a band code twice", "bands.0.bands.1.code", "low", "bands.0.bands.1"),
    ("no default table", "bands.0.default", False, None),
    ("a table of no score", "bands.0.score", "sum", None),
    ("a number nobody vouches for or disowns", "bands.0.verified", GONE, None),
    ("a cut-off all reach", "cutoffs", [{**CUTOFF, "at_least": 3}], "cutoffs.0"),
    ("a cut-off without an edge", "cutoffs", [CUTOFF], "cutoffs.0.at_least"),
    ("a critical rule for no item", "critical.0.item", 8, None),
    ("a threshold off the scale", "critical.0.at_least", 5, None),
    ("an alarm for every answer", "critical.0.at_least", 1, None),
    ("an alarm with two edges", "critical.0.at_most", 1, "critical.0.at_least"),
    ("an alarm with no edge", "critical.0.at_least", GONE, None),
    ("an alarm named like an empty one", "critical.0.code", "x_unanswered", None),
    ("an example that is too short", "vectors.0.answers", "1 4", None),
    ("an example that is too long", "vectors.0.answers", "1 4 1 1 1", None),
    ("an example with a word in it", "vectors.0.answers", "1 4 x", None),
    ("an example of no score", "vectors.0.scores.sum", 3, None),
    ("a table instead of a list", "scores", {}, None),
    ("a score nobody vouches for", "scores.0.source", GONE, None),
    ("a score that may be checked or not", "scores.0.verified", GONE, None),
    ("a reversal nobody vouches for", "coding.reverse.verified", GONE, None),
    ("a score called as levels are", "scores.0.id", "level", None),
    ("a kind that does not exist", "scores.0.kind", "median", None),
    ("a sum with weights", "scores.0.weights", [1, 1, 1], None),
    ("a sum with an edge to count from", "scores.0.count_at_least", 2, None),
    ("an instruction that may not be shipped", "identity.instruction", {"en": "Read."}, None),
    ("an urgency that is none", "critical.0.urgency", "high", None),
    ("no urgency", "critical.0.urgency", GONE, None),
    ("an alarm on two things at once", "critical.0.any_of", [1, 2], "critical.0.item"),
    ("more than all of them", "critical.0.count", 2, None),
    ("none of them", "critical.0.count", 0, None),
    ("a table for an informant it has not", "bands.0.informants", ["parent"], None),
    ("validity of a kind unknown", "validity", [{"code": "v", "kind": "odd"}], "validity.0.kind"),
    ("a sheet void by no score", "validity", [{**LIE, "score": "x"}], "validity.0.score"),
    ("every sheet void", "validity", [{**LIE, "at_least": 3}], "validity.0.at_least"),
    ("no sheet void", "validity", [{**LIE, "at_least": 13}], "validity.0.at_least"),
    ("a run of one answer", "validity", [{**RUN, "at_least": 1}], "validity.0.at_least"),
    ("a run longer than the form", "validity", [{**RUN, "at_least": 4}], "validity.0.at_least"),
    ("a time of nothing", "validity", [{**TIME, "at_least": 0}], "validity.0.at_least"),
    ("an effect that is none", "validity", [{**TIME, "effect": "warn"}], "validity.0.effect"),
    ("two rules of one name", "validity", [TIME, TIME], "validity.1"),
    ("an example with a fact unknown", "vectors.0.facts", {"height": 3}, "vectors.0.facts.height"),
    ("an example of an unknown cut-off", "vectors.0.cutoffs", ["x"], None),
    ("an item asked after itself", "items.3.asked_if", {"item": 4, "at_least": 2}, None),
    ("an item asked in any case", "items.3.asked_if", {"item": 1, "at_least": 1}, ASKED),
    ("a skipped item off its lowest", "items.2.asked_if", {"item": 1, "at_least": 2}, SKIPPED),
    ("levels that end nowhere", "levels", {"steps": [DEEP, DEEP], **LEVELS}, "levels.steps"),
    ("a step that hides the next", "levels", {"steps": [LAST, LAST], **LEVELS}, HIDES),
    ("a level by an item left empty", "levels", {"steps": [LOOSE, LAST], **LEVELS}, OPEN),
    ("endless nesting", "sources.a", [[[[[[[[[]]]]]]]]], "sources.a.0.0.0.0.0.0.0"),
    ("a key that is no text", "sources", {1: "x"}, None),
    ("a value of another kind", "sources.x", TWO, None),
]


def with_fault(data: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    *way, last = (int(step) if step.isdigit() else step for step in place.split("."))
    holder: Any = data
    for step in way:
        holder = holder[step]
    if value is GONE:
        del holder[last]
    else:
        holder[last] = value
    return data


@pytest.mark.parametrize(("place", "value", "named"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_definition_is_refused_with_its_place(
    place: str, value: object, named: str | None
) -> None:
    with pytest.raises(ScaleError) as caught:
        load_definition(with_fault(sleep_scale(), place, value))
    path = re.sub(r"\.(\d+)", r"[\1]", named or place)
    assert caught.value.code == "PSY302"
    assert caught.value.finding.where["path"] == path
    assert caught.value.finding.facts["problem"]
    assert path in str(caught.value)


def test_a_definition_that_judges_nothing_is_refused() -> None:
    data = {**sleep_scale(), "scores": [], "bands": [], "vectors": [], "critical": []}
    with pytest.raises(ScaleError) as caught:
        load_definition(data)
    assert caught.value.finding.where["path"] == "scores"


def missing(**rule: object) -> dict[str, Any]:
    return {**sleep_scale()["scores"][0]["missing"], **rule}


def made_score(**fields: Any) -> dict[str, Any]:
    common = {"id": "made", "kind": "of_scores", "direction": "higher_is_worse"}
    return {**common, "range": [3, 12], **SAID, **fields}


def norms(values: list[int]) -> dict[str, Any]:
    group = {"sex": "female", "grades": ["7"], "values": values}
    return {"kind": "norm", "of": ["total"], "norms": [group], "range": [0, 9]}


def algorithm(**fields: Any) -> dict[str, Any]:
    common = {"kind": "algorithm", "items": [1, 2, 3], "count_at_least": 3, "range": [0, 1]}
    return made_score(**{**common, "symptoms": 2, "core": [1], "missing": missing(), **fields})


def two_ranges(data: dict[str, Any]) -> None:
    yes_no = [{"code": "no", "score": 0}, {"code": "yes", "score": 1}]
    data["responses"].append({"id": "yn", "options": yes_no})
    data["items"][0]["response"] = "yn"
    data["scores"][0].update(range=[2, 9], missing=missing(at_most=1, fill="mean"))


COMBINED: list[tuple[str, str, Callable[[dict[str, Any]], object]]] = [
    (
        "a fill that scores an empty sheet",
        "scores[0].missing.at_most",
        lambda d: d["scores"][0].update(missing=missing(at_most=3, fill="mean")),
    ),
    (
        "a negative number of blanks",
        "scores[0].missing.at_most",
        lambda d: d["scores"][0].update(missing=missing(at_most=-1, fill="mean")),
    ),
    (
        "blanks that lie below the scale",
        "scores[0].missing.fill",
        lambda d: d["scores"][0].update(missing=missing(at_most=1, fill="ignore")),
    ),
    (
        "a mean whose blanks count as nothing",
        "scores[0].missing.fill",
        lambda d: d["scores"][0].update(
            kind="mean", range=[1, 4], missing=missing(at_most=1, fill="ignore")
        ),
    ),
    ("a common mean of different ranges", "scores[0].missing", two_ranges),
    (
        "a count of what is always so",
        "scores[0].count_at_least",
        lambda d: d["scores"][0].update(kind="count", count_at_least=1, range=[0, 3]),
    ),
    (
        "a count of what is never so",
        "scores[0].count_at_least",
        lambda d: d["scores"][0].update(kind="count", count_at_least=5, range=[0, 3]),
    ),
    (
        "a sheet void by answers that may be true",
        "validity[0].effect",
        lambda d: (
            d["coding"].pop("reverse"),
            d.update(validity=[{**RUN, "effect": "void"}], vectors=[]),
        ),
    ),
    (
        "nought where it is no answer",
        "scores[0].missing.fill",
        lambda d: d["scores"][0].update(missing=missing(at_most=1, fill="zero")),
    ),
    (
        "a common mean of different weights",
        "scores[0].missing.fill",
        lambda d: d["scores"][0].update(
            kind="weighted", weights=[1, 1, 1], missing=missing(at_most=1, fill="mean")
        ),
    ),
    (
        "a share of all",
        "scores[0].missing.at_most_share",
        lambda d: d["scores"][0].update(missing={"at_most_share": 1, "fill": "mean", **SAID}),
    ),
    (
        "a rounding of what is whole",
        "scores[0].missing.rounding",
        lambda d: d["scores"][0].update(missing=missing(rounding="down")),
    ),
    (
        "a weight of nothing",
        "scores[0].weights",
        lambda d: d["scores"][0].update(kind="weighted", weights=[1, 0, 1]),
    ),
    (
        "a score of a later one",
        "scores[0].of",
        lambda d: d["scores"].insert(0, made_score(of=["total"])),
    ),
    (
        "a score of one that runs the other way",
        "scores[1].of",
        lambda d: d["scores"].append(made_score(of=["total"], direction="higher_is_better")),
    ),
    (
        "norms for another range",
        "scores[1].norms[0].values",
        lambda d: d["scores"].append(made_score(**norms([1, 2, 3]))),
    ),
    (
        "norms that fall",
        "scores[1].norms[0].values",
        lambda d: d["scores"].append(made_score(**norms([*range(9), 3]))),
    ),
    (
        "two norms for one group",
        "scores[1].norms[1]",
        lambda d: d["scores"].append(
            made_score(**{**norms([*range(10)]), "norms": norms([*range(10)])["norms"] * 2})
        ),
    ),
    (
        "norms of a score with fractions",
        "scores[1].norms",
        lambda d: (
            d["scores"][0].update(missing=missing(at_most=1, fill="mean")),
            d["scores"].append(made_score(**norms([*range(10)]))),
        ),
    ),
    (
        "an algorithm without a core",
        "scores[1].core",
        lambda d: d["scores"].append(algorithm(core=[])),
    ),
    (
        "an algorithm of more symptoms than items",
        "scores[1].symptoms",
        lambda d: d["scores"].append(algorithm(symptoms=4)),
    ),
    (
        "an algorithm that guesses",
        "scores[1].missing.at_most",
        lambda d: d["scores"].append(algorithm(missing=missing(at_most=1, fill="ignore"))),
    ),
    (
        "an item asked after a later one",
        "items[3].asked_if",
        lambda d: (
            d["items"][0].update(position=4),
            d["items"][3].update(position=1, asked_if={"item": 1, "at_least": 2}),
        ),
    ),
    (
        "two tables for the same people",
        "bands[2]",
        lambda d: d["bands"].extend(
            {**d["bands"][0], "table": name, "default": False, "ages": ages}
            for name, ages in (("a", {"from": 12, "to": 15}), ("b", {"from": 15}))
        ),
    ),
    (
        "a band above every score",
        "bands[0].bands[2].from",
        lambda d: d["bands"][0]["bands"].append({"code": "top", "from": 13, "below": 13.5}),
    ),
]


@pytest.mark.parametrize(
    ("path", "change"), [c[1:] for c in COMBINED], ids=[c[0] for c in COMBINED]
)
def test_parts_that_do_not_go_together_are_refused(
    path: str, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(ScaleError) as caught:
        load_definition(changed(change))
    assert (caught.value.code, caught.value.finding.where["path"]) == ("PSY302", path)


def test_the_definition_that_the_bad_ones_come_from_is_good() -> None:
    assert check_definition(load_definition(sleep_scale())) == []


@pytest.mark.parametrize("key", sorted(ELSEWHERE))
def test_what_belongs_elsewhere_is_refused_and_not_ignored(key: str) -> None:
    with pytest.raises(ScaleError) as caught:
        load_definition(changed(lambda d: d.update({key: {}})))
    assert (caught.value.code, caught.value.finding.where["path"]) == ("PSY302", key)
    assert caught.value.finding.facts["problem"] == ELSEWHERE[key]


@pytest.mark.parametrize("data", [None, [], "phq9", 3, {}, {"identity": 5}])
def test_what_is_no_definition_at_all_is_refused_as_one(data: Any) -> None:
    with pytest.raises(ScaleError) as caught:
        load_definition(data)
    assert caught.value.code == "PSY302"


# the checker


def test_every_shipped_scale_passes_the_checker_that_plugin_authors_run() -> None:
    records = shipped_scales()
    assert records
    for record in records:
        scale = load_definition(record.definition)
        assert scale.id == record.name
        assert check_definition(scale) == []
        assert scale.licence.text_shippable or not any(one.text for one in scale.items)
